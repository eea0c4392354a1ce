// SPDX-License-Identifier: GPL-3.0-or-later
#include "desk/api/people_bulk.h"

#include "desk/api/handlers.h"
#include "desk/desk.h"
#include "desk/people/api_bind.h"

static void write_done(struct bulk_item *b, int64_t id, const char *action, const char *status)
{
    jw_field_i64(b->result, "id", id);
    jw_field_c(b->result, "action", action);
    jw_field_c(b->result, "status", status);
    jw_field_bool(b->result, "success", true);
}

static struct jr_value body_of(const struct bulk_item *b)
{
    return jr_none(b->common) ? b->item : b->common;
}

// --- people -------------------------------------------------------------------------------------

static bool put_user(struct bulk_item *b, struct user_id id, struct error *err)
{
    struct user user;
    if (!api_user_apply(b->ctx, b->tx, body_of(b), id, &user, err)) {
        return false;
    }
    bool created = id.v == 0;
    write_done(b, user.id.v, created ? "create" : "update", created ? "Created" : "Updated");
    if (created) {
        jw_field_str(b->result, "email", user.email);
        jw_field_str(b->result, "external_id", user.external_id);
    }
    return true;
}

static bool create_user(struct bulk_item *b, struct error *err)
{
    return put_user(b, (struct user_id){0}, err);
}

static bool upsert_user(struct bulk_item *b, struct error *err)
{
    struct user_id id;
    return api_user_meant(b->ctx, b->tx, b->item, &id, err) && put_user(b, id, err);
}

static bool meant_user(struct bulk_item *b, struct user_id *ret, struct error *err)
{
    return api_user_meant(b->ctx, b->tx, b->item, ret, err) &&
           (ret->v != 0 || error_set(err, ERR_NOT_FOUND, "There is no such person."));
}

static bool update_user(struct bulk_item *b, struct error *err)
{
    struct user_id id;
    return meant_user(b, &id, err) && put_user(b, id, err);
}

static bool delete_user(struct bulk_item *b, struct error *err)
{
    struct user_id id;
    struct user user;
    if (!meant_user(b, &id, err) ||
        !user_delete(desk_people(b->ctx), b->tx, b->ctx->mem, &b->ctx->actor, id, &user, err)) {
        return false;
    }
    write_done(b, id.v, "delete", "Deleted");
    return true;
}

const struct bulk_kind BULK_USERS_CREATE = {"users.create", "UserCreateFailed", create_user};
const struct bulk_kind BULK_USERS_UPSERT = {"users.upsert", "UserCreateFailed", upsert_user};
const struct bulk_kind BULK_USERS_UPDATE = {"users.update", "UserUpdateFailed", update_user};
const struct bulk_kind BULK_USERS_DELETE = {"users.delete", "UserDeleteFailed", delete_user};

static bool start(struct ctx *ctx, const char *plural, const char *singular,
                  const struct bulk_kind *kind, struct error *err)
{
    struct bulk_call call;
    return bulk_read(ctx, plural, singular, &call, err) && bulk_start(ctx, kind->name, &call, err);
}

static bool start_by_ids(struct ctx *ctx, const struct bulk_kind *kind, struct error *err)
{
    struct bulk_call call;
    return bulk_read_ids(ctx, &call, err) && bulk_start(ctx, kind->name, &call, err);
}

// POST /api/v2/users/create_many
bool api_users_create_many(struct ctx *ctx, struct error *err)
{
    return start(ctx, "users", "", &BULK_USERS_CREATE, err);
}

// POST /api/v2/users/create_or_update_many
bool api_users_create_or_update_many(struct ctx *ctx, struct error *err)
{
    return start(ctx, "users", "", &BULK_USERS_UPSERT, err);
}

// PUT /api/v2/users/update_many
bool api_users_update_many(struct ctx *ctx, struct error *err)
{
    return start(ctx, "users", "user", &BULK_USERS_UPDATE, err);
}

// DELETE /api/v2/users/destroy_many?ids=
bool api_users_destroy_many(struct ctx *ctx, struct error *err)
{
    return start_by_ids(ctx, &BULK_USERS_DELETE, err);
}

// --- organisations ------------------------------------------------------------------------------

static bool put_organization(struct bulk_item *b, struct organization_id id, struct error *err)
{
    struct organization one;
    if (!api_organization_apply(b->ctx, b->tx, body_of(b), id, &one, err)) {
        return false;
    }
    bool created = id.v == 0;
    write_done(b, one.id.v, created ? "create" : "update", created ? "Created" : "Updated");
    return true;
}

static bool create_organization(struct bulk_item *b, struct error *err)
{
    return put_organization(b, (struct organization_id){0}, err);
}

static bool meant_organization(struct bulk_item *b, struct organization_id *ret, struct error *err)
{
    return api_organization_meant(b->ctx, b->tx, b->item, ret, err) &&
           (ret->v != 0 || error_set(err, ERR_NOT_FOUND, "There is no such organization."));
}

static bool update_organization(struct bulk_item *b, struct error *err)
{
    struct organization_id id;
    return meant_organization(b, &id, err) && put_organization(b, id, err);
}

static bool delete_organization(struct bulk_item *b, struct error *err)
{
    struct organization_id id;
    if (!meant_organization(b, &id, err) ||
        !organization_delete(desk_people(b->ctx), b->tx, &b->ctx->actor, id, err)) {
        return false;
    }
    write_done(b, id.v, "delete", "Deleted");
    return true;
}

const struct bulk_kind BULK_ORGANIZATIONS_CREATE = {
    "organizations.create", "OrganizationCreateFailed", create_organization};
const struct bulk_kind BULK_ORGANIZATIONS_UPDATE = {
    "organizations.update", "OrganizationUpdateFailed", update_organization};
const struct bulk_kind BULK_ORGANIZATIONS_DELETE = {
    "organizations.delete", "OrganizationDeleteFailed", delete_organization};

// POST /api/v2/organizations/create_many
bool api_organizations_create_many(struct ctx *ctx, struct error *err)
{
    return start(ctx, "organizations", "", &BULK_ORGANIZATIONS_CREATE, err);
}

// PUT /api/v2/organizations/update_many
bool api_organizations_update_many(struct ctx *ctx, struct error *err)
{
    return start(ctx, "organizations", "organization", &BULK_ORGANIZATIONS_UPDATE, err);
}

// DELETE /api/v2/organizations/destroy_many?ids=
bool api_organizations_destroy_many(struct ctx *ctx, struct error *err)
{
    return start_by_ids(ctx, &BULK_ORGANIZATIONS_DELETE, err);
}

// --- memberships --------------------------------------------------------------------------------

static bool read_membership(struct bulk_item *b, struct new_membership *ret, struct error *err)
{
    *ret = (struct new_membership){0};
    if (!jr_id(jr_get(b->item, "user_id"), &ret->user.v)) {
        return error_field(err, "user_id", "BlankValue", "User: cannot be blank");
    }
    (void)!jr_id(jr_get(b->item, "group_id"), &ret->group.v);
    (void)!jr_id(jr_get(b->item, "organization_id"), &ret->organization.v);
    (void)!jr_bool(jr_get(b->item, "default"), &ret->is_default);
    return true;
}

static bool join_group(struct bulk_item *b, struct error *err)
{
    struct new_membership add;
    struct group_membership made;
    if (!read_membership(b, &add, err) ||
        !group_membership_add(desk_people(b->ctx), b->tx, b->ctx->mem, &b->ctx->actor, &add, &made,
                              err)) {
        return false;
    }
    write_done(b, made.id.v, "create", "Created");
    return true;
}

static bool join_organization(struct bulk_item *b, struct error *err)
{
    struct new_membership add;
    struct organization_membership made;
    if (!read_membership(b, &add, err) ||
        !organization_membership_add(desk_people(b->ctx), b->tx, b->ctx->mem, &b->ctx->actor, &add,
                                     &made, err)) {
        return false;
    }
    write_done(b, made.id.v, "create", "Created");
    return true;
}

static bool leave_group(struct bulk_item *b, struct error *err)
{
    struct membership_id id = {0};
    if (!jr_id(jr_get(b->item, "id"), &id.v) ||
        !group_membership_remove(desk_people(b->ctx), b->tx, b->ctx->mem, &b->ctx->actor, id,
                                 err)) {
        return id.v != 0 ? false : error_set(err, ERR_BAD_REQUEST, "Each item needs an id.");
    }
    write_done(b, id.v, "delete", "Deleted");
    return true;
}

static bool leave_organization(struct bulk_item *b, struct error *err)
{
    struct membership_id id = {0};
    if (!jr_id(jr_get(b->item, "id"), &id.v) ||
        !organization_membership_remove(desk_people(b->ctx), b->tx, b->ctx->mem, &b->ctx->actor, id,
                                        err)) {
        return id.v != 0 ? false : error_set(err, ERR_BAD_REQUEST, "Each item needs an id.");
    }
    write_done(b, id.v, "delete", "Deleted");
    return true;
}

const struct bulk_kind BULK_GROUP_MEMBERSHIPS_CREATE = {"group_memberships.create",
                                                        "GroupMembershipCreateFailed", join_group};
const struct bulk_kind BULK_GROUP_MEMBERSHIPS_DELETE = {"group_memberships.delete",
                                                        "GroupMembershipDeleteFailed", leave_group};
const struct bulk_kind BULK_ORGANIZATION_MEMBERSHIPS_CREATE = {
    "organization_memberships.create", "OrganizationMembershipCreateFailed", join_organization};
const struct bulk_kind BULK_ORGANIZATION_MEMBERSHIPS_DELETE = {
    "organization_memberships.delete", "OrganizationMembershipDeleteFailed", leave_organization};

// POST /api/v2/group_memberships/create_many
bool api_group_memberships_create_many(struct ctx *ctx, struct error *err)
{
    return start(ctx, "group_memberships", "", &BULK_GROUP_MEMBERSHIPS_CREATE, err);
}

// DELETE /api/v2/group_memberships/destroy_many?ids=
bool api_group_memberships_destroy_many(struct ctx *ctx, struct error *err)
{
    return start_by_ids(ctx, &BULK_GROUP_MEMBERSHIPS_DELETE, err);
}

// POST /api/v2/organization_memberships/create_many
bool api_organization_memberships_create_many(struct ctx *ctx, struct error *err)
{
    return start(ctx, "organization_memberships", "", &BULK_ORGANIZATION_MEMBERSHIPS_CREATE, err);
}

// DELETE /api/v2/organization_memberships/destroy_many?ids=
bool api_organization_memberships_destroy_many(struct ctx *ctx, struct error *err)
{
    return start_by_ids(ctx, &BULK_ORGANIZATION_MEMBERSHIPS_DELETE, err);
}
