// SPDX-License-Identifier: GPL-3.0-or-later
//
// People by the search language: looked at in order of id, a round at a time.
#include "desk/tickets/api_search.h"

#include "base/words.h"

#define ROUND 500  // people looked at at a time

struct filter {
    struct ctx *ctx;
    const struct user *user;
};

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
    return search_has_text(user->name, value) || search_has_text(user->email, value) ||
           search_has_text(user->notes, value) || search_has_text(user->details, value) ||
           words_has(user->tags, value);
}

static bool fits_texts(const struct user *user, const struct search_term *term, bool *ret_known)
{
    *ret_known = true;
    if (term->key.len == 0) {
        return has_word(user, term->value);
    }
    if (str_eq_c(term->key, "name")) {
        return search_has_text(user->name, term->value);
    }
    if (str_eq_c(term->key, "email")) {
        return search_has_text(user->email, term->value);
    }
    if (str_eq_c(term->key, "notes")) {
        return search_has_text(user->notes, term->value);
    }
    if (str_eq_c(term->key, "details")) {
        return search_has_text(user->details, term->value);
    }
    if (str_eq_c(term->key, "phone")) {
        return search_has_text(user->phone, term->value);
    }
    *ret_known = false;
    return false;
}

static bool fits_term(const void *env, const struct search_term *term)
{
    const struct filter *f = env;
    const struct user *user = f->user;
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
        return search_has_id(user->organization.v, term->value);
    }
    if (str_eq_c(term->key, "group")) {
        return search_has_id(user->default_group.v, term->value);
    }
    if (str_eq_c(term->key, "created") || str_eq_c(term->key, "created_at")) {
        return search_has_time(f->ctx, user->created_at, term);
    }
    if (str_eq_c(term->key, "updated") || str_eq_c(term->key, "updated_at")) {
        return search_has_time(f->ctx, user->updated_at, term);
    }
    if (str_eq_c(term->key, "is_verified")) {
        return user->verified == str_ieq_c(term->value, "true");
    }
    if (str_eq_c(term->key, "is_suspended")) {
        return user->suspended == str_ieq_c(term->value, "true");
    }
    return str_eq_c(term->key, "id") && search_has_id(user->id.v, term->value);
}

bool search_for_users(struct ctx *ctx, const struct search_query *search, struct user_id after,
                      size_t most, struct user **ret, size_t *ret_count, struct error *err)
{
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
            const struct filter filter = {ctx, &users[i]};
            if (search_fits(search, fits_term, &filter)) {
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
