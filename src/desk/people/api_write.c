// SPDX-License-Identifier: GPL-3.0-or-later
#include "desk/people/api_write.h"

#include "desk/records/records.h"

// --- users --------------------------------------------------------------------------------------

static struct str object_url(struct ctx *ctx, const char *kind, int64_t id)
{
    return api_url(ctx, "/api/v2/%s/%lld.json", kind, (long long)id);
}

// 0 custom agent, 1 light agent, 4 administrator; null for end users.
static void write_role_type(struct jw *w, enum role role)
{
    jw_key(w, "role_type");
    if (role <= ROLE_END_USER) {
        jw_null(w);
    } else {
        jw_i64(w, role == ROLE_LIGHT_AGENT ? 1 : role >= ROLE_ADMIN ? 4 : 0);
    }
}

// The values that administrators' own fields have for these people or organisations. On a snapshot
// of its own, for after a write the request's is old. These functions write in the middle of an
// answer: what goes wrong here spoils the answer as a whole.
static void load_values(struct ctx *ctx, const char *kind, const int64_t *ids, size_t count,
                        struct keyed_values *ret)
{
    struct db *db = NULL;
    struct error err;
    *ret = (struct keyed_values){0};
    if (!db_read_begin(ctx->app->db, &db, &err)) {
        ctx->resp->body.failed = true;
        return;
    }
    if (!keyed_values_load(db, ctx->mem, kind, ids, count, ret, &err)) {
        ctx->resp->body.failed = true;
    }
    db_read_end(db);
}

static void write_locale(struct jw *w, const struct user *user)
{
    // Locale 1 is the account's own; others have no number yet.
    jw_field_id(w, "locale_id", str_eq_c(user->locale, "en-US") ? 1 : 0);
    jw_field_str(w, "locale", user->locale);
}

static void write_staff_part(struct jw *w, const struct user *user,
                             const struct keyed_values *values)
{
    struct str restriction = scope_word(user->scope);
    jw_field_str(w, "external_id", user->external_id);
    jw_field_words(w, "tags", user->tags);
    jw_field_str(w, "alias", user->alias);
    jw_field_bool(w, "active", user->active);
    jw_field_bool(w, "shared", false);
    jw_field_bool(w, "shared_agent", false);
    jw_field_time(w, "last_login_at", user->last_login_at);
    jw_field_bool(w, "two_factor_auth_enabled", false);
    jw_field_str(w, "signature", user->signature);
    jw_field_str(w, "details", user->details);
    jw_field_str(w, "notes", user->notes);
    write_role_type(w, user->role);
    jw_field_null(w, "custom_role_id");
    jw_field_bool(w, "moderator", user->moderator);
    jw_field_str(w, "ticket_restriction", restriction.len == 0 ? STR_NONE : restriction);
    jw_field_bool(w, "only_private_comments", user->only_private_comments);
    jw_field_bool(w, "restricted_agent", user->role > ROLE_END_USER && user->scope != SCOPE_ALL);
    jw_field_bool(w, "suspended", user->suspended);
    jw_field_id(w, "default_group_id", user->default_group.v);
    jw_field_bool(w, "report_csv", user->role >= ROLE_ADMIN);
    keyed_values_write(w, "user_fields", values, user->id.v);
}

static void write_user(struct ctx *ctx, struct jw *w, const struct user *user, bool result,
                       const struct keyed_values *values)
{
    bool whole = actor_is_staff(&ctx->actor);
    bool self = user->id.v != 0 && user->id.v == ctx->actor.user.v;
    jw_object_begin(w);
    jw_field_id(w, "id", user->id.v);
    jw_field_str(w, "url", object_url(ctx, "users", user->id.v));
    jw_field_str(w, "name", !whole && !str_none(user->alias) && !self ? user->alias : user->name);
    if (whole || self) {
        jw_field_str(w, "email", user->email);
    }
    jw_field_time(w, "created_at", user->created_at);
    jw_field_time(w, "updated_at", user->updated_at);
    if (whole || self) {
        jw_field_str(w, "time_zone", user->time_zone);
        jw_field_str(w, "iana_time_zone", user->time_zone);
        jw_field_str(w, "phone", user->phone);
        jw_key(w, "shared_phone_number");
        if (str_none(user->phone)) {
            jw_null(w);
        } else {
            jw_bool(w, user->shared_phone);
        }
    }
    jw_field_null(w, "photo");
    if (whole || self) {
        write_locale(w, user);
        jw_field_id(w, "organization_id", user->organization.v);
        jw_field_str(w, "role", role_word(user->role));
        jw_field_bool(w, "verified", user->verified);
    }
    if (whole) {
        write_staff_part(w, user, values);
    }
    if (self && str_eq_c(ctx->req->path, "/api/v2/users/me")) {
        jw_field_str(w, "authenticity_token", ctx->csrf.len == 0 ? STR_NONE : ctx->csrf);
    }
    if (result) {
        jw_field_c(w, "result_type", "user");
    }
    jw_object_end(w);
}

void api_user_write(struct ctx *ctx, struct jw *w, const struct user *user)
{
    struct keyed_values values;
    load_values(ctx, "user_fields", &user->id.v, 1, &values);
    write_user(ctx, w, user, false, &values);
}

void api_user_result_write(struct ctx *ctx, struct jw *w, const struct user *user)
{
    struct keyed_values values;
    load_values(ctx, "user_fields", &user->id.v, 1, &values);
    write_user(ctx, w, user, true, &values);
}

void api_users_write(struct ctx *ctx, struct jw *w, const char *key, const struct user *users,
                     size_t count)
{
    struct keyed_values values;
    int64_t *ids = mem_array(ctx->mem, int64_t, count + 1);
    for (size_t i = 0; i < count; i++) {
        ids[i] = users[i].id.v;
    }
    load_values(ctx, "user_fields", ids, count, &values);
    jw_field_array(w, key);
    for (size_t i = 0; i < count; i++) {
        write_user(ctx, w, &users[i], false, &values);
    }
    jw_array_end(w);
}

void api_identity_write(struct ctx *ctx, struct jw *w, const struct identity *identity)
{
    jw_object_begin(w);
    jw_field_str(w, "url",
                 api_url(ctx, "/api/v2/users/%lld/identities/%lld.json",
                         (long long)identity->user.v, (long long)identity->id.v));
    jw_field_i64(w, "id", identity->id.v);
    jw_field_i64(w, "user_id", identity->user.v);
    jw_field_str(w, "type", identity->type);
    jw_field_str(w, "value", identity->value);
    jw_field_bool(w, "verified", identity->verified);
    jw_field_bool(w, "primary", identity->primary);
    jw_field_time(w, "created_at", identity->created_at);
    jw_field_time(w, "updated_at", identity->updated_at);
    jw_field_time(w, "verified_at", identity->verified_at);
    jw_field_null(w, "verification_method");
    if (str_eq_c(identity->type, "email")) {
        jw_field_str(w, "deliverable_state", identity->deliverable_state);
        jw_field_i64(w, "undeliverable_count", identity->undeliverable_count);
    }
    jw_object_end(w);
}

// --- organisations and groups -------------------------------------------------------------------

static void write_organization(struct ctx *ctx, struct jw *w, const struct organization *one,
                               bool result, const struct keyed_values *values)
{
    jw_object_begin(w);
    jw_field_str(w, "url", object_url(ctx, "organizations", one->id.v));
    jw_field_i64(w, "id", one->id.v);
    jw_field_str(w, "name", one->name);
    jw_field_bool(w, "shared_tickets", one->shared_tickets);
    jw_field_bool(w, "shared_comments", one->shared_comments);
    jw_field_time(w, "created_at", one->created_at);
    jw_field_time(w, "updated_at", one->updated_at);
    if (actor_is_staff(&ctx->actor)) {
        jw_field_str(w, "external_id", one->external_id);
        jw_field_words(w, "domain_names", one->domains);
        jw_field_str(w, "details", one->details);
        jw_field_str(w, "notes", one->notes);
        jw_field_id(w, "group_id", one->group.v);
        jw_field_words(w, "tags", one->tags);
        keyed_values_write(w, "organization_fields", values, one->id.v);
    }
    if (one->deleted_at != 0) {
        jw_field_time(w, "deleted_at", one->deleted_at);
    }
    if (result) {
        jw_field_c(w, "result_type", "organization");
    }
    jw_object_end(w);
}

void api_organization_write(struct ctx *ctx, struct jw *w, const struct organization *one)
{
    struct keyed_values values;
    load_values(ctx, "organization_fields", &one->id.v, 1, &values);
    write_organization(ctx, w, one, false, &values);
}

void api_organization_result_write(struct ctx *ctx, struct jw *w, const struct organization *one)
{
    struct keyed_values values;
    load_values(ctx, "organization_fields", &one->id.v, 1, &values);
    write_organization(ctx, w, one, true, &values);
}

void api_organizations_write(struct ctx *ctx, struct jw *w, const struct organization *list,
                             size_t count)
{
    struct keyed_values values;
    int64_t *ids = mem_array(ctx->mem, int64_t, count + 1);
    for (size_t i = 0; i < count; i++) {
        ids[i] = list[i].id.v;
    }
    load_values(ctx, "organization_fields", ids, count, &values);
    jw_field_array(w, "organizations");
    for (size_t i = 0; i < count; i++) {
        write_organization(ctx, w, &list[i], false, &values);
    }
    jw_array_end(w);
}

static void write_group(struct ctx *ctx, struct jw *w, const struct group *group, bool result)
{
    jw_object_begin(w);
    jw_field_str(w, "url", object_url(ctx, "groups", group->id.v));
    jw_field_i64(w, "id", group->id.v);
    jw_field_bool(w, "is_public", group->is_public);
    jw_field_str(w, "name", group->name);
    jw_field_str(w, "description", group->description);
    jw_field_bool(w, "default", group->is_default);
    jw_field_bool(w, "deleted", group->deleted);
    jw_field_time(w, "created_at", group->created_at);
    jw_field_time(w, "updated_at", group->updated_at);
    if (result) {
        jw_field_c(w, "result_type", "group");
    }
    jw_object_end(w);
}

void api_group_write(struct ctx *ctx, struct jw *w, const struct group *group)
{
    write_group(ctx, w, group, false);
}

void api_group_result_write(struct ctx *ctx, struct jw *w, const struct group *group)
{
    write_group(ctx, w, group, true);
}

void api_groups_write(struct ctx *ctx, struct jw *w, const struct group *groups, size_t count)
{
    jw_field_array(w, "groups");
    for (size_t i = 0; i < count; i++) {
        api_group_write(ctx, w, &groups[i]);
    }
    jw_array_end(w);
}

void api_group_membership_write(struct ctx *ctx, struct jw *w, const struct group_membership *one)
{
    jw_object_begin(w);
    jw_field_str(w, "url", object_url(ctx, "group_memberships", one->id.v));
    jw_field_i64(w, "id", one->id.v);
    jw_field_i64(w, "user_id", one->user.v);
    jw_field_i64(w, "group_id", one->group.v);
    jw_field_bool(w, "default", one->is_default);
    jw_field_time(w, "created_at", one->created_at);
    jw_field_time(w, "updated_at", one->updated_at);
    jw_object_end(w);
}

void api_organization_membership_write(struct ctx *ctx, struct jw *w,
                                       const struct organization_membership *one)
{
    jw_object_begin(w);
    jw_field_str(w, "url", object_url(ctx, "organization_memberships", one->id.v));
    jw_field_i64(w, "id", one->id.v);
    jw_field_i64(w, "user_id", one->user.v);
    jw_field_i64(w, "organization_id", one->organization.v);
    jw_field_bool(w, "default", one->is_default);
    jw_field_time(w, "created_at", one->created_at);
    jw_field_str(w, "organization_name", one->organization_name);
    jw_field_time(w, "updated_at", one->updated_at);
    jw_field_bool(w, "view_tickets", true);
    jw_object_end(w);
}

// --- sideloads ----------------------------------------------------------------------------------

bool api_users_sideload(struct ctx *ctx, struct db *db, struct jw *w, const struct user_id *ids,
                        size_t count, struct error *err)
{
    struct user *users = NULL;
    size_t found = 0;
    if (!users_by_ids(db, ctx->mem, ids, count, &users, &found, err)) {
        return false;
    }
    api_users_write(ctx, w, "users", users, found);
    return true;
}

bool api_organizations_sideload(struct ctx *ctx, struct db *db, struct jw *w,
                                const struct organization_id *ids, size_t count, struct error *err)
{
    struct organization *list = NULL;
    size_t found = 0;
    if (!organizations_by_ids(db, ctx->mem, ids, count, &list, &found, err)) {
        return false;
    }
    api_organizations_write(ctx, w, list, found);
    return true;
}

static bool is_among(struct group_id id, const struct group_id *ids, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (ids[i].v == id.v) {
            return true;
        }
    }
    return false;
}

bool api_groups_sideload(struct ctx *ctx, struct db *db, struct jw *w, const struct group_id *ids,
                         size_t count, struct error *err)
{
    struct group *groups = NULL;
    size_t found = 0;
    const struct list_query all = {.limit = INT64_MAX, .also_deleted = true};
    const struct actor system = actor_system(CHANNEL_SYSTEM);
    if (!groups_list(db, ctx->mem, &system, &all, &groups, &found, err)) {
        return false;
    }
    jw_field_array(w, "groups");
    for (size_t i = 0; i < found; i++) {
        if (is_among(groups[i].id, ids, count)) {
            api_group_write(ctx, w, &groups[i]);
        }
    }
    jw_array_end(w);
    return true;
}
