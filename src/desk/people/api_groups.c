// SPDX-License-Identifier: GPL-3.0-or-later
//
// JSON handlers of groups.
#include "desk/people/api_internal.h"

static bool answer_one(struct ctx *ctx, const struct group *group, struct error *err)
{
    struct jw w;
    api_begin(ctx, &w);
    jw_key(&w, "group");
    api_group_write(ctx, &w, group);
    return api_end(ctx, &w, err);
}

// The people of these groups.
static bool write_members(struct ctx *ctx, struct jw *w, const struct group *groups, size_t count,
                          struct error *err)
{
    struct group_membership *list = NULL;
    size_t found = 0;
    size_t wanted = 0;
    const struct list_query all = {.limit = INT64_MAX};
    if (!group_memberships_list(ctx->db, ctx->mem, &ctx->actor, &all, &list, &found, err)) {
        return false;
    }
    struct user_id *users = mem_array(ctx->mem, struct user_id, found + 1);
    for (size_t i = 0; i < found; i++) {
        bool listed = false;
        for (size_t k = 0; k < count && !listed; k++) {
            listed = groups[k].id.v == list[i].group.v;
        }
        if (listed) {
            users[wanted++] = list[i].user;
        }
    }
    return api_users_sideload(ctx, ctx->db, w, users, wanted, err);
}

static bool list_answer(struct ctx *ctx, struct user_id user, struct error *err)
{
    struct api_page page;
    struct api_found found = {0};
    struct group *groups = NULL;
    struct jw w;
    size_t count = 0;
    if (!api_page_parse(ctx, &page, err)) {
        return false;
    }
    struct list_query query = api_list_query(&page);
    query.user = user;
    query.also_deleted = str_eq_c(http_param(ctx->req, "exclude_deleted"), "false");
    if (!groups_list(ctx->db, ctx->mem, &ctx->actor, &query, &groups, &count, err) ||
        !groups_count(ctx->db, ctx->mem, &ctx->actor, &query, &found.total, err)) {
        return false;
    }
    api_page_cut(&page, groups, sizeof *groups, count, &found);
    api_page_keys(&found, groups, id.v);
    api_begin(ctx, &w);
    api_groups_write(ctx, &w, groups, found.count);
    if (api_includes(ctx, "users") && !write_members(ctx, &w, groups, found.count, err)) {
        return false;
    }
    api_page_write(ctx, &w, &page, &found);
    return api_end(ctx, &w, err);
}

// GET /api/v2/groups and /api/v2/groups/assignable
bool api_groups_list(struct ctx *ctx, struct error *err)
{
    return list_answer(ctx, (struct user_id){0}, err);
}

// GET /api/v2/users/{user:id}/groups
bool api_groups_of_user(struct ctx *ctx, struct error *err)
{
    return list_answer(ctx, (struct user_id){ctx->path.ids[0]}, err);
}

// GET /api/v2/groups/count and /api/v2/users/{user:id}/groups/count
bool api_groups_total(struct ctx *ctx, struct error *err)
{
    const struct list_query query = {.user = {ctx->path.ids[0]}};
    int64_t total = 0;
    return groups_count(ctx->db, ctx->mem, &ctx->actor, &query, &total, err) &&
           api_count_write(ctx, total, err);
}

// GET /api/v2/groups/{group:id}
bool api_group_show(struct ctx *ctx, struct error *err)
{
    struct group group;
    return group_load(ctx->db, ctx->mem, &ctx->actor, (struct group_id){ctx->path.ids[0]}, &group,
                      err) &&
           answer_one(ctx, &group, err);
}

// --- changing -----------------------------------------------------------------------------------

struct group_body {
    struct jr_str name, description;
    struct jr_flag is_public, is_default;
};

static const struct jr_field FIELDS[] = {
    JR_FIELD(STR, "name", struct group_body, name, .not_blank = true, .max = 255),
    JR_FIELD(STR, "description", struct group_body, description),
    JR_FIELD(FLAG, "is_public", struct group_body, is_public),
    JR_FIELD(FLAG, "default", struct group_body, is_default),
};
static const struct jr_spec SPEC = JR_SPEC(FIELDS);

struct group_call {
    struct ctx *ctx;
    struct group_id id;  // none: create
    struct group_change change;
    struct group after;
};

static struct group_change change_of(const struct group_body *body)
{
    struct group_change change = {0};
    if (body->name.is == JR_SET) {
        change.set |= GROUP_NAME;
        change.values.name = body->name.v;
    }
    if (body->description.is != JR_UNSET) {
        change.set |= GROUP_DESCRIPTION;
        change.values.description = body->description.v;
    }
    if (body->is_public.is == JR_SET) {
        change.set |= GROUP_PUBLIC;
        change.values.is_public = body->is_public.v;
    }
    if (body->is_default.is == JR_SET) {
        change.set |= GROUP_DEFAULT;
        change.values.is_default = body->is_default.v;
    }
    return change;
}

static bool call_tx(struct db *tx, void *arg, struct error *err)
{
    struct group_call *call = arg;
    struct ctx *ctx = call->ctx;
    const struct people *room = desk_people(ctx);
    return call->id.v == 0
               ? group_create(room, tx, ctx->mem, &ctx->actor, &call->change, &call->after, err)
               : group_update(room, tx, ctx->mem, &ctx->actor, call->id, &call->change,
                              &call->after, err);
}

static bool run_call(struct ctx *ctx, struct group_id id, struct error *err)
{
    struct group_call call = {.ctx = ctx, .id = id};
    struct group_body body = {0};
    struct jr_value object = JR_NONE;
    struct problems problems;
    problems_init(&problems, ctx->mem);
    if (!api_body(ctx, "group", &object, err)) {
        return false;
    }
    if (!jr_bind(ctx->mem, object, &SPEC, &body, &problems)) {
        return api_write_problems(ctx, &problems);
    }
    call.change = change_of(&body);
    if (!db_tx_run(ctx->app->db, "api.group", call_tx, &call, err)) {
        return false;
    }
    if (id.v == 0) {
        api_created(ctx, api_url(ctx, "/api/v2/groups/%lld.json", (long long)call.after.id.v));
    }
    return answer_one(ctx, &call.after, err);
}

// POST /api/v2/groups
bool api_group_create(struct ctx *ctx, struct error *err)
{
    return run_call(ctx, (struct group_id){0}, err);
}

// PUT /api/v2/groups/{group:id}
bool api_group_update(struct ctx *ctx, struct error *err)
{
    return run_call(ctx, (struct group_id){ctx->path.ids[0]}, err);
}

static bool delete_tx(struct db *tx, void *arg, struct error *err)
{
    struct group_call *call = arg;
    struct ctx *ctx = call->ctx;
    return group_delete(desk_people(ctx), tx, ctx->mem, &ctx->actor, call->id, err);
}

// DELETE /api/v2/groups/{group:id}
bool api_group_delete(struct ctx *ctx, struct error *err)
{
    struct group_call call = {.ctx = ctx, .id = {ctx->path.ids[0]}};
    if (!db_tx_run(ctx->app->db, "api.group.delete", delete_tx, &call, err)) {
        return false;
    }
    api_no_content(ctx);
    return true;
}
