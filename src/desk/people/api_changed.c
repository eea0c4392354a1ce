// SPDX-License-Identifier: GPL-3.0-or-later
//
// Incremental exports of people and organisations.
#include "app/api_export.h"
#include "desk/people/api_internal.h"

#define EXPORT_MOST 1000

static struct changed_query query_of(const struct api_key *after, int64_t before_ms, int64_t limit)
{
    return (struct changed_query){after->value, after->id, before_ms, limit};
}

static bool fetch_users(struct ctx *ctx, const struct api_key *after, int64_t before_ms,
                        int64_t limit, void **ret, size_t *ret_count, struct error *err)
{
    const struct changed_query query = query_of(after, before_ms, limit);
    struct user *users = NULL;
    if (!users_changed(ctx->db, ctx->mem, &ctx->actor, &query, &users, ret_count, err)) {
        return false;
    }
    *ret = users;
    return true;
}

static const struct api_export_source USERS = {
    .fetch = fetch_users,
    .row_size = sizeof(struct user),
    .id_at = offsetof(struct user, id),
    .time_at = offsetof(struct user, updated_at),
    .most = EXPORT_MOST,
};

static bool export_users(struct ctx *ctx, bool by_cursor, struct error *err)
{
    struct api_export found;
    void *rows = NULL;
    struct jw w;
    if (!api_export_read(ctx, &USERS, by_cursor, &found, &rows, err)) {
        return false;
    }
    api_begin(ctx, &w);
    api_users_write(ctx, &w, "users", rows, found.count);
    if (!api_users_sideloads_write(ctx, &w, rows, found.count, err)) {
        return false;
    }
    api_export_write(ctx, &w, &found);
    return api_end(ctx, &w, err);
}

// GET /api/v2/incremental/users?start_time=
bool api_incremental_users(struct ctx *ctx, struct error *err)
{
    return export_users(ctx, false, err);
}

// GET /api/v2/incremental/users/cursor?start_time= or cursor=
bool api_incremental_users_cursor(struct ctx *ctx, struct error *err)
{
    return export_users(ctx, true, err);
}

static bool fetch_organizations(struct ctx *ctx, const struct api_key *after, int64_t before_ms,
                                int64_t limit, void **ret, size_t *ret_count, struct error *err)
{
    const struct changed_query query = query_of(after, before_ms, limit);
    struct organization *list = NULL;
    if (!organizations_changed(ctx->db, ctx->mem, &ctx->actor, &query, &list, ret_count, err)) {
        return false;
    }
    *ret = list;
    return true;
}

static const struct api_export_source ORGANIZATIONS = {
    .fetch = fetch_organizations,
    .row_size = sizeof(struct organization),
    .id_at = offsetof(struct organization, id),
    .time_at = offsetof(struct organization, updated_at),
    .most = EXPORT_MOST,
};

// GET /api/v2/incremental/organizations?start_time=
bool api_incremental_organizations(struct ctx *ctx, struct error *err)
{
    struct api_export found;
    void *rows = NULL;
    struct jw w;
    if (!api_export_read(ctx, &ORGANIZATIONS, false, &found, &rows, err)) {
        return false;
    }
    api_begin(ctx, &w);
    api_organizations_write(ctx, &w, rows, found.count);
    api_export_write(ctx, &w, &found);
    return api_end(ctx, &w, err);
}
