// SPDX-License-Identifier: GPL-3.0-or-later
//
// The search language over single records, and organisations and groups by it.
#include "desk/tickets/api_search.h"

#include "base/words.h"

#define ROUND 500  // organisations looked at at a time

// --- matching -----------------------------------------------------------------------------------

bool search_has_text(struct str text, struct str value)
{
    if (str_ieq_c(value, "none")) {
        return str_empty(text);
    }
    if (value.len > 1 && value.ptr[value.len - 1] == '*') {
        value = str_sub(value, 0, value.len - 1);
    }
    return !str_none(text) && str_ifind(text, value) >= 0;
}

bool search_has_id(int64_t id, struct str value)
{
    int64_t wanted = 0;
    return str_ieq_c(value, "none") ? id == 0 : str_to_i64(value, &wanted) && id == wanted;
}

bool search_has_time(struct ctx *ctx, int64_t at, const struct search_term *term)
{
    int64_t from = 0;
    int64_t to = 0;
    if (!search_time(term->value, clock_now(ctx->app->clock), &from, &to)) {
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

typedef bool fits_fn(const void *env, const struct search_term *term);

static bool one_of(const struct search_query *search, size_t index, fits_fn *fits_term,
                   const void *env)
{
    const struct search_term *term = &search->terms[index];
    for (size_t i = 0; i < search->count; i++) {
        const struct search_term *other = &search->terms[i];
        bool same = term->key.len > 0 && !other->negative && other->op == SEARCH_IS &&
                    term->op == SEARCH_IS && str_eq(other->key, term->key);
        if ((i == index || same) && fits_term(env, other)) {
            return true;
        }
    }
    return false;
}

bool search_fits(const struct search_query *search, fits_fn *fits_term, const void *env)
{
    for (size_t i = 0; i < search->count; i++) {
        const struct search_term *term = &search->terms[i];
        if (term->negative ? fits_term(env, term) : !one_of(search, i, fits_term, env)) {
            return false;
        }
    }
    return true;
}

// --- organisations ------------------------------------------------------------------------------

struct organization_filter {
    struct ctx *ctx;
    const struct organization *one;
};

static bool organization_fits(const void *env, const struct search_term *term)
{
    const struct organization_filter *f = env;
    const struct organization *one = f->one;
    struct str key = term->key;
    if (key.len == 0) {
        return search_has_text(one->name, term->value) ||
               search_has_text(one->details, term->value) ||
               search_has_text(one->notes, term->value) || words_has(one->tags, term->value) ||
               search_has_id(one->id.v, term->value);
    }
    if (str_eq_c(key, "name")) {
        return search_has_text(one->name, term->value);
    }
    if (str_eq_c(key, "notes")) {
        return search_has_text(one->notes, term->value);
    }
    if (str_eq_c(key, "details")) {
        return search_has_text(one->details, term->value);
    }
    if (str_eq_c(key, "tags")) {
        return str_ieq_c(term->value, "none")
                   ? one->tags.len == 0
                   : words_has(one->tags, str_lower(f->ctx->mem, term->value));
    }
    if (str_eq_c(key, "external_id")) {
        return str_ieq_c(term->value, "none") ? str_none(one->external_id)
                                              : str_ieq(one->external_id, term->value);
    }
    if (str_eq_c(key, "created") || str_eq_c(key, "created_at")) {
        return search_has_time(f->ctx, one->created_at, term);
    }
    if (str_eq_c(key, "updated") || str_eq_c(key, "updated_at")) {
        return search_has_time(f->ctx, one->updated_at, term);
    }
    return str_eq_c(key, "id") && search_has_id(one->id.v, term->value);
}

bool search_for_organizations(struct ctx *ctx, const struct search_query *search,
                              struct organization_id after, size_t most, struct organization **ret,
                              size_t *ret_count, struct error *err)
{
    struct organization *found = mem_array(ctx->mem, struct organization, most + 1);
    size_t count = 0;
    struct list_query query = {.after = after.v, .limit = ROUND, .words = STR_NONE};
    bool more = (search->types & SEARCH_ORGANIZATIONS) != 0;
    while (more && count < most) {
        struct organization *list = NULL;
        size_t read = 0;
        if (!organizations_list(ctx->db, ctx->mem, &ctx->actor, &query, &list, &read, err)) {
            return false;
        }
        for (size_t i = 0; i < read && count < most; i++) {
            const struct organization_filter filter = {ctx, &list[i]};
            if (search_fits(search, organization_fits, &filter)) {
                found[count++] = list[i];
            }
        }
        more = read == ROUND;
        query.after = read > 0 ? list[read - 1].id.v : query.after;
    }
    *ret = found;
    *ret_count = count;
    return true;
}

// --- groups -------------------------------------------------------------------------------------

struct group_filter {
    struct ctx *ctx;
    const struct group *group;
};

static bool group_fits(const void *env, const struct search_term *term)
{
    const struct group_filter *f = env;
    if (term->key.len == 0) {
        return search_has_text(f->group->name, term->value) ||
               search_has_text(f->group->description, term->value);
    }
    if (str_eq_c(term->key, "name")) {
        return search_has_text(f->group->name, term->value);
    }
    if (str_eq_c(term->key, "created") || str_eq_c(term->key, "created_at")) {
        return search_has_time(f->ctx, f->group->created_at, term);
    }
    return str_eq_c(term->key, "id") && search_has_id(f->group->id.v, term->value);
}

bool search_for_groups(struct ctx *ctx, const struct search_query *search, struct group_id after,
                       size_t most, struct group **ret, size_t *ret_count, struct error *err)
{
    struct group *list = NULL;
    struct group *found = mem_array(ctx->mem, struct group, most + 1);
    size_t count = 0;
    size_t read = 0;
    const struct list_query query = {.after = after.v, .limit = INT64_MAX};
    if ((search->types & SEARCH_GROUPS) != 0 &&
        !groups_list(ctx->db, ctx->mem, &ctx->actor, &query, &list, &read, err)) {
        return false;
    }
    for (size_t i = 0; i < read && count < most; i++) {
        const struct group_filter filter = {ctx, &list[i]};
        if (search_fits(search, group_fits, &filter)) {
            found[count++] = list[i];
        }
    }
    *ret = found;
    *ret_count = count;
    return true;
}
