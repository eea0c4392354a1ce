// SPDX-License-Identifier: GPL-3.0-or-later
//
// JSON handlers that make and change people.
#include "app/rate.h"
#include "base/words.h"
#include "desk/people/api_bind.h"
#include "desk/people/api_internal.h"
#include "desk/records/records.h"

// --- bodies -------------------------------------------------------------------------------------

struct organization_body {
    enum jr_presence is;
    struct jr_str name;
};

struct user_body {
    struct jr_str name, email, role, external_id, phone, alias, details, notes, signature;
    struct jr_str time_zone, iana_time_zone, locale, ticket_restriction, password;
    struct jr_int organization_id, default_group_id;
    struct jr_flag verified, suspended, moderator, only_private_comments, shared_phone_number;
    struct jr_strs tags;
    struct jr_value identities;
    struct jr_value user_fields;
    struct organization_body organization;
};

static const struct jr_field ORGANIZATION_FIELDS[] = {
    JR_FIELD(STR, "name", struct organization_body, name, .not_blank = true, .max = 255),
};
static const struct jr_spec ORGANIZATION = JR_SPEC(ORGANIZATION_FIELDS);

static const struct jr_field USER_FIELDS[] = {
    JR_FIELD(STR, "name", struct user_body, name, .not_blank = true),
    JR_FIELD(STR, "email", struct user_body, email),
    JR_FIELD(STR, "role", struct user_body, role),
    JR_FIELD(STR, "external_id", struct user_body, external_id),
    JR_FIELD(STR, "phone", struct user_body, phone),
    JR_FIELD(STR, "alias", struct user_body, alias),
    JR_FIELD(STR, "details", struct user_body, details),
    JR_FIELD(STR, "notes", struct user_body, notes),
    JR_FIELD(STR, "signature", struct user_body, signature),
    JR_FIELD(STR, "time_zone", struct user_body, time_zone),
    JR_FIELD(STR, "iana_time_zone", struct user_body, iana_time_zone),
    JR_FIELD(STR, "locale", struct user_body, locale),
    JR_FIELD(STR, "ticket_restriction", struct user_body, ticket_restriction),
    JR_FIELD(STR, "password", struct user_body, password),
    JR_FIELD(ID, "organization_id", struct user_body, organization_id),
    JR_FIELD(ID, "default_group_id", struct user_body, default_group_id),
    JR_FIELD(FLAG, "verified", struct user_body, verified),
    JR_FIELD(FLAG, "suspended", struct user_body, suspended),
    JR_FIELD(FLAG, "moderator", struct user_body, moderator),
    JR_FIELD(FLAG, "only_private_comments", struct user_body, only_private_comments),
    JR_FIELD(FLAG, "shared_phone_number", struct user_body, shared_phone_number),
    JR_FIELD(WORDS, "tags", struct user_body, tags),
    JR_FIELD(RAW, "identities", struct user_body, identities),
    JR_FIELD(RAW, "user_fields", struct user_body, user_fields),
    JR_CHILD("organization", struct user_body, organization, &ORGANIZATION),
};
static const struct jr_spec USER = JR_SPEC(USER_FIELDS);

// Members that are simply carried over.
struct carry {
    unsigned bit;
    size_t from;
    size_t to;
};

static const struct carry TEXTS[] = {
    {USER_NAME, offsetof(struct user_body, name), offsetof(struct user, name)},
    {USER_EMAIL, offsetof(struct user_body, email), offsetof(struct user, email)},
    {USER_EXTERNAL_ID, offsetof(struct user_body, external_id), offsetof(struct user, external_id)},
    {USER_PHONE, offsetof(struct user_body, phone), offsetof(struct user, phone)},
    {USER_ALIAS, offsetof(struct user_body, alias), offsetof(struct user, alias)},
    {USER_DETAILS, offsetof(struct user_body, details), offsetof(struct user, details)},
    {USER_NOTES, offsetof(struct user_body, notes), offsetof(struct user, notes)},
    {USER_SIGNATURE, offsetof(struct user_body, signature), offsetof(struct user, signature)},
    {USER_TIME_ZONE, offsetof(struct user_body, time_zone), offsetof(struct user, time_zone)},
    {USER_TIME_ZONE, offsetof(struct user_body, iana_time_zone), offsetof(struct user, time_zone)},
    {USER_LOCALE, offsetof(struct user_body, locale), offsetof(struct user, locale)},
};

static const struct carry FLAGS[] = {
    {USER_VERIFIED, offsetof(struct user_body, verified), offsetof(struct user, verified)},
    {USER_SUSPENDED, offsetof(struct user_body, suspended), offsetof(struct user, suspended)},
    {USER_MODERATOR, offsetof(struct user_body, moderator), offsetof(struct user, moderator)},
    {USER_PRIVATE_COMMENTS, offsetof(struct user_body, only_private_comments),
     offsetof(struct user, only_private_comments)},
    {USER_SHARED_PHONE, offsetof(struct user_body, shared_phone_number),
     offsetof(struct user, shared_phone)},
};

static void carry_members(const struct user_body *body, struct user_change *change)
{
    for (size_t i = 0; i < sizeof TEXTS / sizeof TEXTS[0]; i++) {
        const struct jr_str *from =
            (const struct jr_str *)(const void *)((const char *)body + TEXTS[i].from);
        struct str *to = (struct str *)(void *)((char *)&change->values + TEXTS[i].to);
        bool may_clear = TEXTS[i].bit != USER_TIME_ZONE && TEXTS[i].bit != USER_LOCALE;
        if (from->is == JR_SET || (from->is == JR_CLEARED && may_clear)) {
            *to = from->is == JR_SET ? from->v : STR("");
            change->set |= TEXTS[i].bit;
        }
    }
    for (size_t i = 0; i < sizeof FLAGS / sizeof FLAGS[0]; i++) {
        const struct jr_flag *from =
            (const struct jr_flag *)(const void *)((const char *)body + FLAGS[i].from);
        bool *to = (bool *)(void *)((char *)&change->values + FLAGS[i].to);
        if (from->is == JR_SET) {
            *to = from->v;
            change->set |= FLAGS[i].bit;
        }
    }
}

// `before` has role NONE for a new person.
static void carry_role(const struct user_body *body, const struct user *before,
                       struct user_change *change, struct problems *problems)
{
    struct user *values = &change->values;
    if (body->role.is == JR_SET && !str_eq(body->role.v, role_word(before->role))) {
        if (role_parse(body->role.v, &values->role)) {
            change->set |= USER_ROLE;
        } else {
            problems_add(problems, STR("role"), "InvalidValue",
                         "Role: is none of end-user, agent, admin");
        }
    }
    if (body->ticket_restriction.is != JR_UNSET) {
        struct str word =
            body->ticket_restriction.is == JR_SET ? body->ticket_restriction.v : STR("");
        if (scope_parse(word, &values->scope)) {
            change->set |= USER_SCOPE;
        } else {
            problems_add(problems, STR("ticket_restriction"), "InvalidValue",
                         "Ticket restriction: is none of organization, groups, assigned, "
                         "requested");
        }
    }
}

static void carry_places(mem_ctx *ctx, const struct user_body *body, struct user_change *change)
{
    if (body->organization_id.is != JR_UNSET) {
        change->set |= USER_ORGANIZATION;
        change->values.organization.v = body->organization_id.v;
    }
    if (body->default_group_id.is == JR_SET) {
        change->set |= USER_DEFAULT_GROUP;
        change->values.default_group.v = body->default_group_id.v;
    }
    if (body->tags.is == JR_UNSET) {
        return;
    }
    struct buf tags;
    buf_init(&tags, ctx, 1 << 20);
    for (size_t i = 0; i < body->tags.count; i++) {
        buf_put(&tags, body->tags.v[i]);
        buf_put_char(&tags, ' ');
    }
    change->set |= USER_TAGS;
    change->values.tags = buf_str(&tags);
}

// --- one call -----------------------------------------------------------------------------------

struct user_call {
    struct ctx *ctx;
    struct user_body body;
    struct user_change change;
    struct user before;  // id none: create
    struct str password_hash;
    struct user after;
};

// What the body wants of `before`; false when something is wrong with it.
static bool bind_call(struct user_call *call, struct jr_value object, struct problems *problems)
{
    (void)jr_bind(call->ctx->mem, object, &USER, &call->body, problems);
    carry_members(&call->body, &call->change);
    carry_role(&call->body, &call->before, &call->change, problems);
    carry_places(call->ctx->mem, &call->body, &call->change);
    return problems->count == 0;
}

// *ret_answered: everything that was wrong has been told.
static bool read_call(struct user_call *call, bool *ret_answered, struct error *err)
{
    struct ctx *ctx = call->ctx;
    struct jr_value object = JR_NONE;
    struct problems problems;
    problems_init(&problems, ctx->mem);
    *ret_answered = false;
    if (!api_body(ctx, "user", &object, err)) {
        return false;
    }
    if (bind_call(call, object, &problems) && call->body.password.is == JR_SET) {
        struct user person = call->before.id.v == 0 ? call->change.values : call->before;
        return password_prepare(ctx->mem, call->body.password.v, &person, &call->password_hash,
                                err);
    }
    *ret_answered = problems.count > 0 && api_write_problems(ctx, &problems);
    return true;
}

static bool find_organization(struct user_call *call, struct db *tx, struct error *err)
{
    struct ctx *ctx = call->ctx;
    struct organization *list = NULL;
    struct organization made;
    size_t count = 0;
    struct str name = call->body.organization.name.v;
    const struct list_query query = {.limit = 100, .words = name};
    if (call->body.organization.is != JR_SET || str_none(name)) {
        return true;
    }
    if (!organizations_list(tx, ctx->mem, &ctx->actor, &query, &list, &count, err)) {
        return false;
    }
    struct organization_id id = {0};
    for (size_t i = 0; i < count; i++) {
        id = str_ieq(list[i].name, str_trim(name)) ? list[i].id : id;
    }
    if (id.v == 0) {
        const struct organization_change change = {.set = ORGANIZATION_NAME,
                                                   .values = {.name = name}};
        if (!organization_create(desk_people(ctx), tx, ctx->mem, &ctx->actor, &change, &made,
                                 err)) {
            return false;
        }
        id = made.id;
    }
    call->change.set |= USER_ORGANIZATION;
    call->change.values.organization = id;
    return true;
}

struct identity_body {
    struct jr_str type, value;
    struct jr_flag verified, primary;
};

static const struct jr_field IDENTITY_FIELDS[] = {
    JR_FIELD(STR, "type", struct identity_body, type, .required = true),
    JR_FIELD(STR, "value", struct identity_body, value, .required = true),
    JR_FIELD(FLAG, "verified", struct identity_body, verified),
    JR_FIELD(FLAG, "primary", struct identity_body, primary),
};
static const struct jr_spec IDENTITY = JR_SPEC(IDENTITY_FIELDS);

static bool add_identities(struct user_call *call, struct db *tx, struct error *err)
{
    struct ctx *ctx = call->ctx;
    for (size_t i = 0; i < jr_count(call->body.identities); i++) {
        struct identity_body body = {0};
        struct problems problems;
        struct identity made;
        problems_init(&problems, ctx->mem);
        if (!jr_bind(ctx->mem, jr_at(call->body.identities, i), &IDENTITY, &body, &problems)) {
            return problems_none(&problems, err);
        }
        struct new_identity add = {.user = call->after.id,
                                   .type = body.type.v,
                                   .value = body.value.v,
                                   .verified = body.verified.v};
        bool same = str_eq_c(add.type, "email") && !str_none(call->after.email) &&
                    str_ieq(str_trim(add.value), call->after.email);
        if (!same && !identity_add(desk_people(ctx), tx, ctx->mem, &ctx->actor, &add, &made, err)) {
            return false;
        }
    }
    return jr_count(call->body.identities) == 0 ||
           user_load(tx, ctx->mem, &ctx->actor, call->after.id, &call->after, err);
}

static bool store_fields(struct user_call *call, struct db *tx, struct error *err)
{
    struct ctx *ctx = call->ctx;
    bool changed = false;
    if (!actor_is_agent(&ctx->actor)) {
        return true;
    }
    return keyed_values_store(tx, ctx->mem, "user_fields", call->after.id.v, call->body.user_fields,
                              &changed, err) &&
           (!changed || (user_touch(desk_people(ctx), tx, call->after.id, err) &&
                         user_load(tx, ctx->mem, &ctx->actor, call->after.id, &call->after, err)));
}

static bool user_call_tx(struct db *tx, void *arg, struct error *err)
{
    struct user_call *call = arg;
    struct ctx *ctx = call->ctx;
    const struct people *room = desk_people(ctx);
    if (!find_organization(call, tx, err)) {
        return false;
    }
    bool fine = call->before.id.v == 0
                    ? user_create(room, tx, ctx->mem, &ctx->actor, &call->change, &call->after, err)
                    : user_update(room, tx, ctx->mem, &ctx->actor, call->before.id, &call->change,
                                  &call->after, err);
    if (!fine || !add_identities(call, tx, err) || !store_fields(call, tx, err)) {
        return false;
    }
    const struct new_password set = {
        .user = call->after.id, .hash = call->password_hash, .keep_session = ctx->session};
    return str_none(call->password_hash) ||
           password_set(room, tx, ctx->mem, &ctx->actor, &set, err);
}

static struct user_call new_call(struct ctx *ctx)
{
    return (struct user_call){
        .ctx = ctx, .change = {.values = {.email = STR_NONE}}, .password_hash = STR_NONE};
}

static bool run_call(struct user_call *call, struct error *err)
{
    struct ctx *ctx = call->ctx;
    if (!db_tx_run(ctx->app->db, "api.user", user_call_tx, call, err)) {
        return false;
    }
    if (call->before.id.v == 0) {
        api_created(ctx, api_url(ctx, "/api/v2/users/%lld.json", (long long)call->after.id.v));
    }
    return api_user_answer(ctx, &call->after, err);
}

// POST /api/v2/users
bool api_user_create(struct ctx *ctx, struct error *err)
{
    struct user_call call = new_call(ctx);
    bool answered = false;
    return read_call(&call, &answered, err) && (answered || run_call(&call, err));
}

// PUT /api/v2/users/{user:id}
bool api_user_update(struct ctx *ctx, struct error *err)
{
    struct user_call call = new_call(ctx);
    bool answered = false;
    return user_load(ctx->db, ctx->mem, &ctx->actor, (struct user_id){ctx->path.ids[0]},
                     &call.before, err) &&
           read_call(&call, &answered, err) && (answered || run_call(&call, err));
}

bool api_user_meant(struct ctx *ctx, struct db *db, struct jr_value object, struct user_id *ret,
                    struct error *err)
{
    struct user *users = NULL;
    struct user person;
    size_t count = 0;
    bool found = false;
    *ret = (struct user_id){0};
    if (jr_id(jr_get(object, "id"), &ret->v)) {
        return true;
    }
    struct str email = jr_text(jr_get(object, "email"));
    struct user_query query = {.external_id = jr_text(jr_get(object, "external_id"))};
    if (!str_empty(query.external_id)) {
        if (!users_list(db, ctx->mem, &ctx->actor, &query, &users, &count, err)) {
            return false;
        }
        ret->v = count > 0 ? users[0].id.v : 0;
    }
    if (ret->v != 0 || str_empty(email)) {
        return true;
    }
    if (!user_by_email(db, ctx->mem, email, &person, &found, err)) {
        return false;
    }
    ret->v = found ? person.id.v : 0;
    return true;
}

bool api_user_apply(struct ctx *ctx, struct db *tx, struct jr_value object, struct user_id id,
                    struct user *ret, struct error *err)
{
    struct user_call *call = mem_new(ctx->mem, struct user_call);
    struct problems problems;
    *call = new_call(ctx);
    problems_init(&problems, ctx->mem);
    if (id.v != 0 && !user_load(tx, ctx->mem, &ctx->actor, id, &call->before, err)) {
        return false;
    }
    if (!bind_call(call, object, &problems)) {
        return problems_none(&problems, err);
    }
    if (call->body.password.is == JR_SET) {
        return error_field(err, "password", "InvalidValue",
                           "Password: can be set for one person at a time only");
    }
    if (!user_call_tx(tx, call, err)) {
        return false;
    }
    *ret = call->after;
    return true;
}

// Who is meant by the body, in whole.
static bool find_meant(struct ctx *ctx, struct user *ret, struct error *err)
{
    struct jr_value object = JR_NONE;
    struct user_id id;
    return api_body(ctx, "user", &object, err) && api_user_meant(ctx, ctx->db, object, &id, err) &&
           (id.v == 0 || user_load(ctx->db, ctx->mem, &ctx->actor, id, ret, err));
}

// POST /api/v2/users/create_or_update
bool api_user_create_or_update(struct ctx *ctx, struct error *err)
{
    struct user_call call = new_call(ctx);
    bool answered = false;
    if (!actor_is_agent(&ctx->actor)) {
        return error_set(err, ERR_FORBIDDEN, "This is for agents only.");
    }
    return find_meant(ctx, &call.before, err) && read_call(&call, &answered, err) &&
           (answered || run_call(&call, err));
}

// --- deleting, tags, passwords ------------------------------------------------------------------

static bool delete_tx(struct db *tx, void *arg, struct error *err)
{
    struct user_call *call = arg;
    return user_delete(desk_people(call->ctx), tx, call->ctx->mem, &call->ctx->actor,
                       (struct user_id){call->ctx->path.ids[0]}, &call->after, err);
}

// DELETE /api/v2/users/{user:id}
bool api_user_delete(struct ctx *ctx, struct error *err)
{
    struct user_call call = new_call(ctx);
    return db_tx_run(ctx->app->db, "api.user.delete", delete_tx, &call, err) &&
           api_user_answer(ctx, &call.after, err);
}

// POST sets all, PUT adds, DELETE takes away: /api/v2/users/{user:id}/tags
bool api_user_tags_change(struct ctx *ctx, struct error *err)
{
    struct user_call call = new_call(ctx);
    struct str tags;
    if (!user_load(ctx->db, ctx->mem, &ctx->actor, (struct user_id){ctx->path.ids[0]}, &call.before,
                   err) ||
        !api_tags_body(ctx, &tags, err)) {
        return false;
    }
    bool remove = ctx->req->method == HTTP_DELETE;
    struct str base = ctx->req->method == HTTP_POST ? STR("") : call.before.tags;
    call.change.set = USER_TAGS;
    call.change.values.tags =
        words_combine(ctx->mem, base, remove ? STR("") : tags, remove ? tags : STR(""));
    if (!db_tx_run(ctx->app->db, "api.user.tags", user_call_tx, &call, err)) {
        return false;
    }
    if (ctx->req->method == HTTP_POST) {
        ctx->resp->status = 201;
    }
    return api_tags_answer(ctx, call.after.tags, err);
}

struct password_body {
    struct jr_str password, previous_password;
};

static const struct jr_field PASSWORD_FIELDS[] = {
    JR_FIELD(STR, "password", struct password_body, password, .required = true),
    JR_FIELD(STR, "previous_password", struct password_body, previous_password),
};
static const struct jr_spec PASSWORD = JR_SPEC(PASSWORD_FIELDS);

static bool password_tx(struct db *tx, void *arg, struct error *err)
{
    struct user_call *call = arg;
    const struct new_password set = {
        .user = call->before.id, .hash = call->password_hash, .keep_session = call->ctx->session};
    return password_set(desk_people(call->ctx), tx, call->ctx->mem, &call->ctx->actor, &set, err);
}

static bool previous_password_right(struct ctx *ctx, const struct user *person, struct str password,
                                    struct error *err)
{
    struct user self;
    struct error why;
    int64_t now = clock_now(ctx->app->clock);
    struct str account = str_none(person->email) ? STR("") : person->email;
    if (!guess_allowed(ctx->app->limiter, account, ctx->req->peer, now, err)) {
        return false;
    }
    if (password_check(ctx->db, ctx->mem, account, password, &self, &why)) {
        guess_passed(ctx->app->limiter, account, ctx->req->peer);
        return true;
    }
    guess_failed(ctx->app->limiter, account, ctx->req->peer, now);
    return error_field(err, "previous_password", "InvalidValue", "Previous password: is not right");
}

// POST (administrators) and PUT (one's own) /api/v2/users/{user:id}/password
bool api_user_password(struct ctx *ctx, struct error *err)
{
    struct user_call call = new_call(ctx);
    struct password_body body = {0};
    struct jr_value whole = JR_NONE;
    struct problems problems;
    struct jw w;
    problems_init(&problems, ctx->mem);
    if (!user_load(ctx->db, ctx->mem, &ctx->actor, (struct user_id){ctx->path.ids[0]}, &call.before,
                   err) ||
        !api_body_whole(ctx, &whole, err)) {
        return false;
    }
    if (!jr_bind(ctx->mem, whole, &PASSWORD, &body, &problems)) {
        return api_write_problems(ctx, &problems);
    }
    bool own = ctx->req->method == HTTP_PUT;
    if (own != (call.before.id.v == ctx->actor.user.v)) {
        return error_set(err, ERR_FORBIDDEN, "You may not change this password in this way.");
    }
    if (own && !previous_password_right(ctx, &call.before, body.previous_password.v, err)) {
        return false;
    }
    if (!password_prepare(ctx->mem, body.password.v, &call.before, &call.password_hash, err) ||
        !db_tx_run(ctx->app->db, "api.user.password", password_tx, &call, err)) {
        return false;
    }
    api_begin(ctx, &w);
    return api_end(ctx, &w, err);
}

// GET /api/v2/users/{user:id}/password/requirements
bool api_password_requirements(struct ctx *ctx, struct error *err)
{
    struct jw w;
    api_begin(ctx, &w);
    jw_field_array(&w, "requirements");
    jw_str(&w, str_printf(ctx->mem, "must be at least %d characters", PASSWORD_LEAST));
    jw_str(&w, str_printf(ctx->mem, "must be fewer than %d characters", PASSWORD_MOST + 1));
    jw_c(&w, "must not be one of the most used passwords");
    jw_c(&w, "must be different from email address");
    jw_array_end(&w);
    return api_end(ctx, &w, err);
}
