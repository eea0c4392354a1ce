// SPDX-License-Identifier: GPL-3.0-or-later
//
// People, groups and organisations of another desk.
#include "desk/import/run.h"
#include "desk/people/api_bind.h"

#define BODY_MAX (4U << 20)

#define CARRY(ctx, w, item, keys) import_carry(ctx, w, item, keys, sizeof(keys) / sizeof *(keys))

// A mapped id under `key`, unless it was dropped or is not known here, which is noted.
static bool carry_id(struct import *run, struct ctx *ctx, struct jw *w, struct import_item *item,
                     enum import_kind kind, const char *key, struct error *err)
{
    int64_t foreign = import_id(item->object, key);
    int64_t own = 0;
    if (foreign == 0 || import_dropped(item, key)) {
        return true;
    }
    if (!import_find(run, ctx->db, kind, foreign, &own, err)) {
        return false;
    }
    if (own == 0) {
        import_note(item, key, STR("The export does not have what this names."));
        return true;
    }
    jw_field_i64(w, key, own);
    return true;
}

// --- groups -------------------------------------------------------------------------------------

static bool group_named(struct ctx *ctx, struct str name, int64_t *ret, struct error *err)
{
    struct group *groups = NULL;
    size_t count = 0;
    if (!groups_all(ctx->db, ctx->mem, &groups, &count, err)) {
        return false;
    }
    *ret = 0;
    for (size_t i = 0; i < count; i++) {
        *ret = str_ieq(groups[i].name, str_trim(name)) ? groups[i].id.v : *ret;
    }
    return true;
}

static bool apply_group(struct import *run, struct ctx *ctx, struct import_item *item,
                        struct error *err)
{
    const struct people *room = &run->desk->people;
    struct group_change change = {
        .set = GROUP_NAME | GROUP_DESCRIPTION,
        .values = {.name = jr_text(jr_get(item->object, "name")), .description = STR("")}};
    struct str description = jr_text(jr_get(item->object, "description"));
    struct group after;
    int64_t same = 0;
    bool deleted = false;
    (void)!jr_bool(jr_get(item->object, "deleted"), &deleted);
    if (deleted && item->own == 0) {
        item->outcome = IMPORT_GONE;
        return true;
    }
    change.values.description = str_none(description) ? STR("") : description;
    if (jr_bool(jr_get(item->object, "is_public"), &change.values.is_public)) {
        change.set |= GROUP_PUBLIC;
    }
    if (item->own == 0 && !group_named(ctx, change.values.name, &same, err)) {
        return false;
    }
    if (same != 0) {
        import_was_here(item, same);
        return true;
    }
    bool ok = item->own == 0
                  ? group_create(room, ctx->db, ctx->mem, &ctx->actor, &change, &after, err)
                  : group_update(room, ctx->db, ctx->mem, &ctx->actor, (struct group_id){item->own},
                                 &change, &after, err);
    if (ok) {
        import_became(item, after.id.v);
    }
    return ok;
}

const struct import_way IMPORT_WAY_GROUP = {NULL, apply_group};

// --- organisations ------------------------------------------------------------------------------

static bool organization_body(struct import *run, struct ctx *ctx, struct import_item *item,
                              struct jr_value *ret, struct error *err)
{
    static const char *const PLAIN[] = {"name",           "external_id",    "details",
                                        "notes",          "tags",           "domain_names",
                                        "shared_tickets", "shared_comments"};
    struct buf out;
    struct jw w;
    buf_init(&out, ctx->mem, BODY_MAX);
    jw_init(&w, &out);
    jw_object_begin(&w);
    CARRY(ctx->mem, &w, item, PLAIN);
    if (!carry_id(run, ctx, &w, item, IMPORT_GROUP, "group_id", err) ||
        !import_keyed_fields(run, ctx, &w, item, IMPORT_ORGANIZATION_FIELD, err)) {
        return false;
    }
    jw_object_end(&w);
    return import_written(ctx->mem, &out, ret, err);
}

static bool organization_named(struct ctx *ctx, struct str name, int64_t *ret, struct error *err)
{
    struct buf out;
    struct jw w;
    struct jr_value body = JR_NONE;
    struct organization_id id = {0};
    buf_init(&out, ctx->mem, BODY_MAX);
    jw_init(&w, &out);
    jw_object_begin(&w);
    jw_field_str(&w, "name", name);
    jw_object_end(&w);
    bool ok = import_written(ctx->mem, &out, &body, err) &&
              api_organization_meant(ctx, ctx->db, body, &id, err);
    *ret = id.v;
    return ok;
}

static bool apply_organization(struct import *run, struct ctx *ctx, struct import_item *item,
                               struct error *err)
{
    struct jr_value body = JR_NONE;
    struct organization after;
    struct organization_id own = {item->own};
    int64_t same = 0;
    if (!str_none(jr_text(jr_get(item->object, "deleted_at")))) {
        item->outcome = own.v == 0 ? IMPORT_GONE : IMPORT_UPDATED;
        return own.v == 0 ||
               organization_delete(&run->desk->people, ctx->db, &ctx->actor, own, err);
    }
    if (own.v == 0 && !organization_named(ctx, jr_text(jr_get(item->object, "name")), &same, err)) {
        return false;
    }
    if (same != 0) {
        import_was_here(item, same);
        return true;
    }
    if (!organization_body(run, ctx, item, &body, err) ||
        !api_organization_apply(ctx, ctx->db, body, own, &after, err)) {
        return false;
    }
    import_became(item, after.id.v);
    return true;
}

const struct import_way IMPORT_WAY_ORGANIZATION = {NULL, apply_organization};

// --- people -------------------------------------------------------------------------------------

static bool is_false(struct jr_value object, const char *key)
{
    bool value = true;
    return jr_bool(jr_get(object, key), &value) && !value;
}

// Light agents are agents there, told apart by the kind of their role.
static void write_role(struct jw *w, const struct import_item *item)
{
    int64_t type = -1;
    struct str role = jr_text(jr_get(item->object, "role"));
    bool light = jr_i64(jr_get(item->object, "role_type"), &type) && type == 1;
    if (str_eq_c(role, "agent") && light) {
        role = STR("light-agent");
    }
    jw_field_str(w, "role", str_none(role) ? STR("end-user") : role);
}

static void write_name(struct ctx *ctx, struct jw *w, const struct import_item *item)
{
    struct str name = str_trim(jr_text(jr_get(item->object, "name")));
    struct str email = jr_text(jr_get(item->object, "email"));
    if (str_empty(name)) {
        name =
            !str_empty(email) ? email : str_printf(ctx->mem, "Person %lld", (long long)item->key);
    }
    jw_field_str(w, "name", name);
}

static bool user_body(struct import *run, struct ctx *ctx, struct import_item *item, bool deleted,
                      struct jr_value *ret, struct error *err)
{
    static const char *const PLAIN[] = {
        "external_id",
        "phone",
        "alias",
        "details",
        "notes",
        "signature",
        "tags",
        "iana_time_zone",
        "locale",
        "verified",
        "suspended",
        "moderator",
        "shared_phone_number",
    };
    static const char *const OF_LIVING[] = {"email", "ticket_restriction"};
    struct buf out;
    struct jw w;
    buf_init(&out, ctx->mem, BODY_MAX);
    jw_init(&w, &out);
    jw_object_begin(&w);
    write_name(ctx, &w, item);
    CARRY(ctx->mem, &w, item, PLAIN);
    if (!deleted) {
        CARRY(ctx->mem, &w, item, OF_LIVING);
        write_role(&w, item);
        if (!carry_id(run, ctx, &w, item, IMPORT_ORGANIZATION, "organization_id", err) ||
            !import_keyed_fields(run, ctx, &w, item, IMPORT_USER_FIELD, err)) {
            return false;
        }
    }
    jw_object_end(&w);
    return import_written(ctx->mem, &out, ret, err);
}

static bool remove_user(struct import *run, struct ctx *ctx, struct user *user, struct error *err)
{
    return !user->active ||
           user_delete(&run->desk->people, ctx->db, ctx->mem, &ctx->actor, user->id, user, err);
}

// Whoever is deleted there comes by name only, because conversations name them.
static bool apply_user(struct import *run, struct ctx *ctx, struct import_item *item,
                       struct error *err)
{
    struct jr_value body = JR_NONE;
    struct user person;
    struct user_id own = {item->own};
    bool known = false;
    bool deleted = is_false(item->object, "active");
    struct str email = jr_text(jr_get(item->object, "email"));
    if (own.v == 0 && !deleted && !str_empty(email) && !import_dropped(item, "email") &&
        !user_by_email(ctx->db, ctx->mem, email, &person, &known, err)) {
        return false;
    }
    if (known) {
        import_was_here(item, person.id.v);
        return true;
    }
    if (own.v != 0 && !user_load(ctx->db, ctx->mem, &ctx->actor, own, &person, err)) {
        return false;
    }
    if (own.v != 0 && (deleted || !person.active)) {
        import_became(item, own.v);
        return !deleted || remove_user(run, ctx, &person, err);
    }
    if (!user_body(run, ctx, item, deleted, &body, err) ||
        !api_user_apply(ctx, ctx->db, body, own, &person, err)) {
        return false;
    }
    import_became(item, person.id.v);
    return !deleted || remove_user(run, ctx, &person, err);
}

const struct import_way IMPORT_WAY_USER = {NULL, apply_user};

static bool make_nobody(struct import *run, struct ctx *ctx, int64_t *ret, struct error *err)
{
    struct user person;
    const struct user_change change = {
        .set = USER_NAME,
        .values = {.name = STR("Somebody of the former desk"), .email = STR_NONE}};
    struct import_comment row = {.key = 0};
    if (!user_create(&run->desk->people, ctx->db, ctx->mem, &ctx->actor, &change, &person, err)) {
        return false;
    }
    row.own = person.id.v;
    *ret = row.own;
    return import_put(run, ctx->db, IMPORT_USER, &row, err);
}

bool import_person(struct import *run, struct ctx *ctx, struct import_item *item, int64_t key,
                   const char *field, struct user_id *ret, struct error *err)
{
    if (!import_find(run, ctx->db, IMPORT_USER, key, &ret->v, err)) {
        return false;
    }
    if (ret->v != 0) {
        return true;
    }
    import_note(item, field, STR("The export does not have this person."));
    return import_nobody(run, ctx->db, ctx->mem, &ret->v, err) &&
           (ret->v != 0 || make_nobody(run, ctx, &ret->v, err));
}

// --- further addresses --------------------------------------------------------------------------

static bool apply_identity(struct import *run, struct ctx *ctx, struct import_item *item,
                           struct error *err)
{
    struct identity *have = NULL;
    struct identity made;
    size_t count = 0;
    struct new_identity add = {.type = jr_text(jr_get(item->object, "type")),
                               .value = jr_text(jr_get(item->object, "value"))};
    (void)!jr_bool(jr_get(item->object, "verified"), &add.verified);
    if (!import_find(run, ctx->db, IMPORT_USER, import_id(item->object, "user_id"), &add.user.v,
                     err)) {
        return false;
    }
    if (add.user.v == 0) {
        return error_field(err, "user_id", "RecordNotFound",
                           "The export does not have this person.");
    }
    if (!identities_of_users(ctx->db, ctx->mem, &add.user, 1, &have, &count, err)) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        if (str_eq(have[i].type, add.type) && str_ieq(have[i].value, str_trim(add.value))) {
            import_was_here(item, have[i].id.v);
            return true;
        }
    }
    if (!identity_add(&run->desk->people, ctx->db, ctx->mem, &ctx->actor, &add, &made, err)) {
        return false;
    }
    import_became(item, made.id.v);
    return true;
}

const struct import_way IMPORT_WAY_IDENTITY = {NULL, apply_identity};

// --- memberships --------------------------------------------------------------------------------

static bool read_membership(struct import *run, struct ctx *ctx, struct import_item *item,
                            enum import_kind of, const char *key, struct new_membership *ret,
                            struct error *err)
{
    int64_t place = 0;
    if (!import_find(run, ctx->db, IMPORT_USER, import_id(item->object, "user_id"), &ret->user.v,
                     err) ||
        !import_find(run, ctx->db, of, import_id(item->object, key), &place, err)) {
        return false;
    }
    (void)!jr_bool(jr_get(item->object, "default"), &ret->is_default);
    ret->group.v = of == IMPORT_GROUP ? place : 0;
    ret->organization.v = of == IMPORT_ORGANIZATION ? place : 0;
    if (ret->user.v == 0 || place == 0) {
        return error_field(err, place == 0 ? key : "user_id", "RecordNotFound",
                           "The export does not have what this names.");
    }
    return true;
}

static bool make_default_group(struct import *run, struct ctx *ctx,
                               const struct new_membership *add, struct error *err)
{
    const struct user_change change = {.set = USER_DEFAULT_GROUP,
                                       .values = {.default_group = add->group}};
    struct user after;
    return !add->is_default || user_update(&run->desk->people, ctx->db, ctx->mem, &ctx->actor,
                                           add->user, &change, &after, err);
}

static bool apply_group_membership(struct import *run, struct ctx *ctx, struct import_item *item,
                                   struct error *err)
{
    struct new_membership add = {0};
    struct group_membership made;
    struct group_membership *have = NULL;
    size_t count = 0;
    if (!read_membership(run, ctx, item, IMPORT_GROUP, "group_id", &add, err)) {
        return false;
    }
    const struct list_query theirs = {.user = add.user, .limit = INT64_MAX};
    if (!group_memberships_list(ctx->db, ctx->mem, &ctx->actor, &theirs, &have, &count, err)) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        if (have[i].group.v == add.group.v) {
            import_was_here(item, have[i].id.v);
            return make_default_group(run, ctx, &add, err);
        }
    }
    if (!group_membership_add(&run->desk->people, ctx->db, ctx->mem, &ctx->actor, &add, &made,
                              err)) {
        return false;
    }
    import_became(item, made.id.v);
    return make_default_group(run, ctx, &add, err);
}

const struct import_way IMPORT_WAY_GROUP_MEMBERSHIP = {NULL, apply_group_membership};

static bool apply_organization_membership(struct import *run, struct ctx *ctx,
                                          struct import_item *item, struct error *err)
{
    struct new_membership add = {0};
    struct organization_membership made;
    struct organization_membership *have = NULL;
    size_t count = 0;
    if (!read_membership(run, ctx, item, IMPORT_ORGANIZATION, "organization_id", &add, err)) {
        return false;
    }
    const struct list_query theirs = {.user = add.user, .limit = INT64_MAX};
    if (!organization_memberships_list(ctx->db, ctx->mem, &ctx->actor, &theirs, &have, &count,
                                       err)) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        if (have[i].organization.v == add.organization.v) {
            import_was_here(item, have[i].id.v);
            return true;
        }
    }
    if (!organization_membership_add(&run->desk->people, ctx->db, ctx->mem, &ctx->actor, &add,
                                     &made, err)) {
        return false;
    }
    import_became(item, made.id.v);
    return true;
}

const struct import_way IMPORT_WAY_ORGANIZATION_MEMBERSHIP = {NULL, apply_organization_membership};
