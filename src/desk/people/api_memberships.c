// SPDX-License-Identifier: GPL-3.0-or-later
//
// JSON handlers of memberships: of organisations and of groups.
#include "desk/people/api_internal.h"

struct membership_call {
    struct ctx *ctx;
    struct membership_id id;
    struct new_membership add;
    struct group_membership in_group;
    struct organization_membership in_organization;
};

struct membership_body {
    struct jr_int user_id, group_id, organization_id;
    struct jr_flag is_default;
};

static const struct jr_field FIELDS[] = {
    JR_FIELD(ID, "user_id", struct membership_body, user_id),
    JR_FIELD(ID, "group_id", struct membership_body, group_id),
    JR_FIELD(ID, "organization_id", struct membership_body, organization_id),
    JR_FIELD(FLAG, "default", struct membership_body, is_default),
};
static const struct jr_spec SPEC = JR_SPEC(FIELDS);

// Below /users/{id} the path names the person.
static struct user_id path_user(const struct ctx *ctx)
{
    bool below = str_starts(ctx->req->path, STR("/api/v2/users/"));
    return (struct user_id){below ? ctx->path.ids[0] : 0};
}

static struct membership_id path_membership(const struct ctx *ctx)
{
    return (struct membership_id){path_user(ctx).v != 0 ? ctx->path.ids[1] : ctx->path.ids[0]};
}

static bool read_body(struct membership_call *call, const char *key, bool *ret_answered,
                      struct error *err)
{
    struct ctx *ctx = call->ctx;
    struct membership_body body = {0};
    struct jr_value object = JR_NONE;
    struct problems problems;
    problems_init(&problems, ctx->mem);
    *ret_answered = false;
    if (!api_body(ctx, key, &object, err)) {
        return false;
    }
    (void)jr_bind(ctx->mem, object, &SPEC, &body, &problems);
    struct user_id user = path_user(ctx);
    call->add.user.v = user.v != 0 ? user.v : body.user_id.v;
    call->add.group.v = body.group_id.v;
    call->add.organization.v = body.organization_id.v;
    call->add.is_default = body.is_default.v;
    if (call->add.user.v == 0) {
        problems_add(&problems, STR("user_id"), "BlankValue", "User: cannot be blank");
    }
    *ret_answered = problems.count > 0 && api_write_problems(ctx, &problems);
    return true;
}

// --- of groups ----------------------------------------------------------------------------------

static bool answer_group_memberships(struct ctx *ctx, struct db *db, struct list_query *query,
                                     bool paged, struct error *err)
{
    struct api_page page = {.number = 1, .size = API_BATCH_MAX};
    struct api_found found = {0};
    struct group_membership *list = NULL;
    struct jw w;
    size_t count = 0;
    if (paged && !api_page_parse(ctx, &page, err)) {
        return false;
    }
    struct list_query paging = api_list_query(&page);
    paging.user = query->user;
    paging.group = query->group;
    if (!group_memberships_list(db, ctx->mem, &ctx->actor, &paging, &list, &count, err) ||
        !group_memberships_count(db, ctx->mem, &ctx->actor, &paging, &found.total, err)) {
        return false;
    }
    api_page_cut(&page, list, sizeof *list, count, &found);
    api_page_keys(&found, list, id.v);
    struct user_id *users = mem_array(ctx->mem, struct user_id, found.count + 1);
    struct group_id *groups = mem_array(ctx->mem, struct group_id, found.count + 1);
    api_begin(ctx, &w);
    jw_field_array(&w, "group_memberships");
    for (size_t i = 0; i < found.count; i++) {
        api_group_membership_write(ctx, &w, &list[i]);
        users[i] = list[i].user;
        groups[i] = list[i].group;
    }
    jw_array_end(&w);
    if ((api_includes(ctx, "users") && !api_users_sideload(ctx, db, &w, users, found.count, err)) ||
        (api_includes(ctx, "groups") &&
         !api_groups_sideload(ctx, db, &w, groups, found.count, err))) {
        return false;
    }
    api_page_write(ctx, &w, &page, &found);
    return api_end(ctx, &w, err);
}

// GET /api/v2/group_memberships, /assignable and /api/v2/users/{user:id}/group_memberships
bool api_group_memberships_list(struct ctx *ctx, struct error *err)
{
    struct list_query query = {.user = path_user(ctx)};
    return answer_group_memberships(ctx, ctx->db, &query, true, err);
}

// GET /api/v2/groups/{group:id}/memberships and …/assignable
bool api_group_memberships_of_group(struct ctx *ctx, struct error *err)
{
    struct list_query query = {.group = {ctx->path.ids[0]}};
    return answer_group_memberships(ctx, ctx->db, &query, true, err);
}

static bool answer_group_membership(struct ctx *ctx, const struct group_membership *one,
                                    struct error *err)
{
    struct jw w;
    api_begin(ctx, &w);
    jw_key(&w, "group_membership");
    api_group_membership_write(ctx, &w, one);
    return api_end(ctx, &w, err);
}

// GET /api/v2/group_memberships/{membership:id}, also below a person
bool api_group_membership_show(struct ctx *ctx, struct error *err)
{
    struct group_membership one;
    struct user_id user = path_user(ctx);
    if (!group_membership_load(ctx->db, ctx->mem, &ctx->actor, path_membership(ctx), &one, err)) {
        return false;
    }
    if (user.v != 0 && user.v != one.user.v) {
        return error_set(err, ERR_NOT_FOUND, "There is no such membership.");
    }
    return answer_group_membership(ctx, &one, err);
}

static bool join_group_tx(struct db *tx, void *arg, struct error *err)
{
    struct membership_call *call = arg;
    struct ctx *ctx = call->ctx;
    return group_membership_add(desk_people(ctx), tx, ctx->mem, &ctx->actor, &call->add,
                                &call->in_group, err);
}

// POST /api/v2/group_memberships, also below a person
bool api_group_membership_create(struct ctx *ctx, struct error *err)
{
    struct membership_call call = {.ctx = ctx};
    bool answered = false;
    if (!read_body(&call, "group_membership", &answered, err)) {
        return false;
    }
    if (answered) {
        return true;
    }
    if (!db_tx_run(ctx->app->db, "api.group_membership", join_group_tx, &call, err)) {
        return false;
    }
    api_created(ctx,
                api_url(ctx, "/api/v2/group_memberships/%lld.json", (long long)call.in_group.id.v));
    return answer_group_membership(ctx, &call.in_group, err);
}

static bool leave_group_tx(struct db *tx, void *arg, struct error *err)
{
    struct membership_call *call = arg;
    struct ctx *ctx = call->ctx;
    return group_membership_remove(desk_people(ctx), tx, ctx->mem, &ctx->actor, call->id, err);
}

// DELETE /api/v2/group_memberships/{membership:id}, also below a person
bool api_group_membership_delete(struct ctx *ctx, struct error *err)
{
    struct membership_call call = {.ctx = ctx, .id = path_membership(ctx)};
    if (!db_tx_run(ctx->app->db, "api.group_membership.delete", leave_group_tx, &call, err)) {
        return false;
    }
    api_no_content(ctx);
    return true;
}

static bool default_group_tx(struct db *tx, void *arg, struct error *err)
{
    struct membership_call *call = arg;
    struct ctx *ctx = call->ctx;
    return group_membership_make_default(desk_people(ctx), tx, ctx->mem, &ctx->actor, call->id,
                                         err);
}

// PUT /api/v2/users/{user:id}/group_memberships/{membership:id}/make_default
bool api_group_membership_make_default(struct ctx *ctx, struct error *err)
{
    struct membership_call call = {.ctx = ctx, .id = path_membership(ctx)};
    struct list_query query = {.user = path_user(ctx)};
    struct db *db = NULL;
    if (!db_tx_run(ctx->app->db, "api.group_membership.default", default_group_tx, &call, err) ||
        !db_read_begin(ctx->app->db, &db, err)) {
        return false;
    }
    bool fine = answer_group_memberships(ctx, db, &query, false, err);
    db_read_end(db);
    return fine;
}

// --- of organisations ---------------------------------------------------------------------------

static bool answer_organization_memberships(struct ctx *ctx, struct db *db,
                                            struct list_query *query, bool paged, struct error *err)
{
    struct api_page page = {.number = 1, .size = API_BATCH_MAX};
    struct api_found found = {0};
    struct organization_membership *list = NULL;
    struct jw w;
    size_t count = 0;
    if (paged && !api_page_parse(ctx, &page, err)) {
        return false;
    }
    struct list_query paging = api_list_query(&page);
    paging.user = query->user;
    paging.organization = query->organization;
    if (!organization_memberships_list(db, ctx->mem, &ctx->actor, &paging, &list, &count, err) ||
        (!page.cursor &&
         !organization_memberships_count(db, ctx->mem, &ctx->actor, &paging, &found.total, err))) {
        return false;
    }
    api_page_cut(&page, list, sizeof *list, count, &found);
    api_page_keys(&found, list, id.v);
    struct user_id *users = mem_array(ctx->mem, struct user_id, found.count + 1);
    struct organization_id *places = mem_array(ctx->mem, struct organization_id, found.count + 1);
    api_begin(ctx, &w);
    jw_field_array(&w, "organization_memberships");
    for (size_t i = 0; i < found.count; i++) {
        api_organization_membership_write(ctx, &w, &list[i]);
        users[i] = list[i].user;
        places[i] = list[i].organization;
    }
    jw_array_end(&w);
    if ((api_includes(ctx, "users") && !api_users_sideload(ctx, db, &w, users, found.count, err)) ||
        (api_includes(ctx, "organizations") &&
         !api_organizations_sideload(ctx, db, &w, places, found.count, err))) {
        return false;
    }
    api_page_write(ctx, &w, &page, &found);
    return api_end(ctx, &w, err);
}

// GET /api/v2/organization_memberships, also below a person
bool api_organization_memberships_list(struct ctx *ctx, struct error *err)
{
    struct list_query query = {.user = path_user(ctx)};
    return answer_organization_memberships(ctx, ctx->db, &query, true, err);
}

// GET /api/v2/organizations/{organization:id}/organization_memberships
bool api_organization_memberships_of(struct ctx *ctx, struct error *err)
{
    struct list_query query = {.organization = {ctx->path.ids[0]}};
    return answer_organization_memberships(ctx, ctx->db, &query, true, err);
}

static bool answer_organization_membership(struct ctx *ctx,
                                           const struct organization_membership *one,
                                           struct error *err)
{
    struct jw w;
    api_begin(ctx, &w);
    jw_key(&w, "organization_membership");
    api_organization_membership_write(ctx, &w, one);
    return api_end(ctx, &w, err);
}

// GET /api/v2/organization_memberships/{membership:id}, also below a person
bool api_organization_membership_show(struct ctx *ctx, struct error *err)
{
    struct organization_membership one;
    struct user_id user = path_user(ctx);
    if (!organization_membership_load(ctx->db, ctx->mem, &ctx->actor, path_membership(ctx), &one,
                                      err)) {
        return false;
    }
    if (user.v != 0 && user.v != one.user.v) {
        return error_set(err, ERR_NOT_FOUND, "There is no such membership.");
    }
    return answer_organization_membership(ctx, &one, err);
}

static bool join_organization_tx(struct db *tx, void *arg, struct error *err)
{
    struct membership_call *call = arg;
    struct ctx *ctx = call->ctx;
    return organization_membership_add(desk_people(ctx), tx, ctx->mem, &ctx->actor, &call->add,
                                       &call->in_organization, err);
}

// POST /api/v2/organization_memberships, also below a person
bool api_organization_membership_create(struct ctx *ctx, struct error *err)
{
    struct membership_call call = {.ctx = ctx};
    bool answered = false;
    if (!read_body(&call, "organization_membership", &answered, err)) {
        return false;
    }
    if (answered) {
        return true;
    }
    if (!db_tx_run(ctx->app->db, "api.organization_membership", join_organization_tx, &call, err)) {
        return false;
    }
    api_created(ctx, api_url(ctx, "/api/v2/organization_memberships/%lld.json",
                             (long long)call.in_organization.id.v));
    return answer_organization_membership(ctx, &call.in_organization, err);
}

static bool leave_organization_tx(struct db *tx, void *arg, struct error *err)
{
    struct membership_call *call = arg;
    struct ctx *ctx = call->ctx;
    return organization_membership_remove(desk_people(ctx), tx, ctx->mem, &ctx->actor, call->id,
                                          err);
}

// DELETE /api/v2/organization_memberships/{membership:id}, also below a person
bool api_organization_membership_delete(struct ctx *ctx, struct error *err)
{
    struct membership_call call = {.ctx = ctx, .id = path_membership(ctx)};
    if (!db_tx_run(ctx->app->db, "api.organization_membership.delete", leave_organization_tx, &call,
                   err)) {
        return false;
    }
    api_no_content(ctx);
    return true;
}

static bool default_organization_tx(struct db *tx, void *arg, struct error *err)
{
    struct membership_call *call = arg;
    struct ctx *ctx = call->ctx;
    return organization_membership_make_default(desk_people(ctx), tx, ctx->mem, &ctx->actor,
                                                call->id, err);
}

// PUT /api/v2/users/{user:id}/organization_memberships/{membership:id}/make_default
bool api_organization_membership_make_default(struct ctx *ctx, struct error *err)
{
    struct membership_call call = {.ctx = ctx, .id = path_membership(ctx)};
    struct list_query query = {.user = path_user(ctx)};
    struct db *db = NULL;
    if (!db_tx_run(ctx->app->db, "api.organization_membership.default", default_organization_tx,
                   &call, err) ||
        !db_read_begin(ctx->app->db, &db, err)) {
        return false;
    }
    bool fine = answer_organization_memberships(ctx, db, &query, false, err);
    db_read_end(db);
    return fine;
}

// --- by person and organisation -----------------------------------------------------------------

// The membership that a path with both means.
static bool path_both(struct ctx *ctx, struct organization_membership *ret, struct error *err)
{
    const struct list_query query = {.user = {ctx->path.ids[0]}, .limit = API_OFFSET_MOST};
    struct organization_membership *list = NULL;
    size_t count = 0;
    if (!organization_memberships_list(ctx->db, ctx->mem, &ctx->actor, &query, &list, &count,
                                       err)) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        if (list[i].organization.v == ctx->path.ids[1]) {
            *ret = list[i];
            return true;
        }
    }
    return error_set(err, ERR_NOT_FOUND, "This person is not in that organisation.");
}

// PUT /api/v2/users/{user:id}/organizations/{organization:id}/make_default
bool api_user_organization_make_default(struct ctx *ctx, struct error *err)
{
    struct organization_membership one;
    if (!path_both(ctx, &one, err)) {
        return false;
    }
    ctx->path.ids[1] = one.id.v;
    return api_organization_membership_make_default(ctx, err);
}

// DELETE /api/v2/users/{user:id}/organizations/{organization:id}
bool api_user_organization_leave(struct ctx *ctx, struct error *err)
{
    struct organization_membership one;
    if (!path_both(ctx, &one, err)) {
        return false;
    }
    ctx->path.ids[1] = one.id.v;
    return api_organization_membership_delete(ctx, err);
}
