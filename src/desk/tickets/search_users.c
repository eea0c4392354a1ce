// SPDX-License-Identifier: GPL-3.0-or-later
//
// People by the search language: looked at in order of id, a round at a time.
#include "desk/tickets/api_search.h"

#include "base/words.h"

#define ROUND 500  // people looked at at a time

struct filter {
    struct ctx *ctx;
    const struct search_query *search;
};

static bool has_text(struct str text, struct str value)
{
    if (str_ieq_c(value, "none")) {
        return str_empty(text);
    }
    if (value.len > 1 && value.ptr[value.len - 1] == '*') {
        value = str_sub(value, 0, value.len - 1);
    }
    return !str_none(text) && str_ifind(text, value) >= 0;
}

static bool has_id(int64_t id, struct str value)
{
    int64_t wanted = 0;
    return str_ieq_c(value, "none") ? id == 0 : str_to_i64(value, &wanted) && id == wanted;
}

static bool has_time(const struct filter *f, int64_t at, const struct search_term *term)
{
    int64_t from = 0;
    int64_t to = 0;
    if (!search_time(term->value, clock_now(f->ctx->app->clock), &from, &to)) {
        return false;
    }
    switch (term->op) {
    case SEARCH_LESS:
        return at < from;
    case SEARCH_LESS_EQUAL:
        return at < (to > from ? to : from + 1);
    case SEARCH_GREATER:
        return at >= to;
    case SEARCH_GREATER_EQUAL:
        return at >= from;
    case SEARCH_IS:
        break;
    }
    return at >= from && at < (to > from ? to : from + DAYS_MS);
}

static bool has_role(const struct user *user, struct str value)
{
    bool agent = user->role >= ROLE_LIGHT_AGENT && user->role < ROLE_ADMIN;
    return str_ieq_c(value, "admin") ? user->role == ROLE_ADMIN
           : str_ieq_c(value, "agent")
               ? agent
               : str_ieq_c(value, "end-user") && user->role == ROLE_END_USER;
}

static bool has_word(const struct user *user, struct str value)
{
    return has_text(user->name, value) || has_text(user->email, value) ||
           has_text(user->notes, value) || has_text(user->details, value) ||
           words_has(user->tags, value);
}

static bool fits_texts(const struct user *user, const struct search_term *term, bool *ret_known)
{
    *ret_known = true;
    if (term->key.len == 0) {
        return has_word(user, term->value);
    }
    if (str_eq_c(term->key, "name")) {
        return has_text(user->name, term->value);
    }
    if (str_eq_c(term->key, "email")) {
        return has_text(user->email, term->value);
    }
    if (str_eq_c(term->key, "notes")) {
        return has_text(user->notes, term->value);
    }
    if (str_eq_c(term->key, "details")) {
        return has_text(user->details, term->value);
    }
    if (str_eq_c(term->key, "phone")) {
        return has_text(user->phone, term->value);
    }
    *ret_known = false;
    return false;
}

static bool fits_term(const struct filter *f, const struct user *user,
                      const struct search_term *term)
{
    bool known = false;
    bool fits = fits_texts(user, term, &known);
    if (known) {
        return fits;
    }
    if (str_eq_c(term->key, "role")) {
        return has_role(user, term->value);
    }
    if (str_eq_c(term->key, "tags")) {
        return str_ieq_c(term->value, "none")
                   ? user->tags.len == 0
                   : words_has(user->tags, str_lower(f->ctx->mem, term->value));
    }
    if (str_eq_c(term->key, "external_id")) {
        return str_ieq_c(term->value, "none") ? str_none(user->external_id)
                                              : str_ieq(user->external_id, term->value);
    }
    if (str_eq_c(term->key, "organization") || str_eq_c(term->key, "organization_id")) {
        return has_id(user->organization.v, term->value);
    }
    if (str_eq_c(term->key, "group")) {
        return has_id(user->default_group.v, term->value);
    }
    if (str_eq_c(term->key, "created") || str_eq_c(term->key, "created_at")) {
        return has_time(f, user->created_at, term);
    }
    if (str_eq_c(term->key, "updated") || str_eq_c(term->key, "updated_at")) {
        return has_time(f, user->updated_at, term);
    }
    if (str_eq_c(term->key, "is_verified")) {
        return user->verified == str_ieq_c(term->value, "true");
    }
    if (str_eq_c(term->key, "is_suspended")) {
        return user->suspended == str_ieq_c(term->value, "true");
    }
    return str_eq_c(term->key, "id") && has_id(user->id.v, term->value);
}

// A field given several times: one of them is enough.
static bool one_of(const struct filter *f, const struct user *user, size_t index)
{
    const struct search_term *term = &f->search->terms[index];
    for (size_t i = 0; i < f->search->count; i++) {
        const struct search_term *other = &f->search->terms[i];
        bool same = term->key.len > 0 && !other->negative && other->op == SEARCH_IS &&
                    term->op == SEARCH_IS && str_eq(other->key, term->key);
        if ((i == index || same) && fits_term(f, user, other)) {
            return true;
        }
    }
    return false;
}

static bool fits(const struct filter *f, const struct user *user)
{
    for (size_t i = 0; i < f->search->count; i++) {
        const struct search_term *term = &f->search->terms[i];
        if (term->negative ? fits_term(f, user, term) : !one_of(f, user, i)) {
            return false;
        }
    }
    return true;
}

bool search_for_users(struct ctx *ctx, const struct search_query *search, struct user_id after,
                      size_t most, struct user **ret, size_t *ret_count, struct error *err)
{
    struct filter filter = {ctx, search};
    struct user *found = mem_array(ctx->mem, struct user, most + 1);
    size_t count = 0;
    struct user_query query = {.external_id = STR_NONE, .after = after, .limit = ROUND};
    bool more = (search->types & SEARCH_USERS) != 0;
    while (more && count < most) {
        struct user *users = NULL;
        size_t read = 0;
        if (!users_list(ctx->db, ctx->mem, &ctx->actor, &query, &users, &read, err)) {
            return false;
        }
        for (size_t i = 0; i < read && count < most; i++) {
            if (fits(&filter, &users[i])) {
                found[count++] = users[i];
            }
        }
        more = read == ROUND;
        query.after = read > 0 ? users[read - 1].id : query.after;
    }
    *ret = found;
    *ret_count = count;
    return true;
}
