// SPDX-License-Identifier: GPL-3.0-or-later
//
// JSON handlers of a person's identities.
#include "desk/people/api_internal.h"

struct identity_call {
    struct ctx *ctx;
    struct user_id user;
    struct identity_id id;
    struct new_identity add;
    bool verify;
    struct identity result;
};

static struct identity_call new_call(struct ctx *ctx)
{
    return (struct identity_call){.ctx = ctx, .user = {ctx->path.ids[0]}, .id = {ctx->path.ids[1]}};
}

static bool answer_one(struct ctx *ctx, const struct identity *identity, struct error *err)
{
    struct jw w;
    api_begin(ctx, &w);
    jw_key(&w, "identity");
    api_identity_write(ctx, &w, identity);
    return api_end(ctx, &w, err);
}

static int64_t identity_key(const struct identity *identity)
{
    return identity->id.v;
}

// All of a person's, in pages cut here: there are few.
static bool answer_list(struct ctx *ctx, struct db *db, bool paged, struct error *err)
{
    struct api_page page = {.number = 1, .size = API_BATCH_MAX};
    struct api_found found = {0};
    struct identity *list = NULL;
    struct jw w;
    size_t count = 0;
    size_t from = 0;
    if ((paged && !api_page_parse(ctx, &page, err)) ||
        !identities_list(db, ctx->mem, &ctx->actor, (struct user_id){ctx->path.ids[0]}, &list,
                         &count, err)) {
        return false;
    }
    for (size_t i = 0; page.keyed && i < count; i++) {
        from = identity_key(&list[i]) == page.key.id ? i + 1 : from;
    }
    from = page.cursor ? from : (size_t)page.offset;
    from = from > count ? count : from;
    found.total = (int64_t)count;
    found.count = count - from;
    found.more = found.count > (size_t)page.size;
    found.count = found.more ? (size_t)page.size : found.count;
    page.backwards = false;
    api_begin(ctx, &w);
    jw_field_array(&w, "identities");
    for (size_t i = 0; i < found.count; i++) {
        api_identity_write(ctx, &w, &list[from + i]);
    }
    jw_array_end(&w);
    if (found.count > 0) {
        found.first.id = identity_key(&list[from]);
        found.last.id = identity_key(&list[from + found.count - 1]);
    }
    api_page_write(ctx, &w, &page, &found);
    return api_end(ctx, &w, err);
}

// GET /api/v2/users/{user:id}/identities
bool api_identities_list(struct ctx *ctx, struct error *err)
{
    return answer_list(ctx, ctx->db, true, err);
}

// GET /api/v2/users/{user:id}/identities/{identity:id}
bool api_identity_show(struct ctx *ctx, struct error *err)
{
    struct identity_call call = new_call(ctx);
    return identity_load(ctx->db, ctx->mem, &ctx->actor, call.user, call.id, &call.result, err) &&
           answer_one(ctx, &call.result, err);
}

// --- changing -----------------------------------------------------------------------------------

struct identity_body {
    struct jr_str type, value;
    struct jr_flag verified, primary, skip_verify_email;
};

static const struct jr_field FIELDS[] = {
    JR_FIELD(STR, "type", struct identity_body, type),
    JR_FIELD(STR, "value", struct identity_body, value),
    JR_FIELD(FLAG, "verified", struct identity_body, verified),
    JR_FIELD(FLAG, "primary", struct identity_body, primary),
    JR_FIELD(FLAG, "skip_verify_email", struct identity_body, skip_verify_email),
};
static const struct jr_spec SPEC = JR_SPEC(FIELDS);

static bool add_tx(struct db *tx, void *arg, struct error *err)
{
    struct identity_call *call = arg;
    struct ctx *ctx = call->ctx;
    return identity_add(desk_people(ctx), tx, ctx->mem, &ctx->actor, &call->add, &call->result,
                        err);
}

// POST /api/v2/users/{user:id}/identities
bool api_identity_create(struct ctx *ctx, struct error *err)
{
    struct identity_call call = new_call(ctx);
    struct identity_body body = {0};
    struct jr_value object = JR_NONE;
    struct problems problems;
    problems_init(&problems, ctx->mem);
    if (!api_body(ctx, "identity", &object, err)) {
        return false;
    }
    bool fine = jr_bind(ctx->mem, object, &SPEC, &body, &problems);
    if (str_empty(body.type.v)) {
        problems_add(&problems, STR("type"), "BlankValue", "Type: cannot be blank");
    }
    if (str_empty(body.value.v)) {
        problems_add(&problems, STR("value"), "BlankValue", "Value: cannot be blank");
    }
    if (!fine || problems.count > 0) {
        return api_write_problems(ctx, &problems);
    }
    call.add = (struct new_identity){.user = call.user,
                                     .type = body.type.v,
                                     .value = body.value.v,
                                     .verified = body.verified.v,
                                     .primary = body.primary.v};
    if (!db_tx_run(ctx->app->db, "api.identity.create", add_tx, &call, err)) {
        return false;
    }
    api_created(ctx, api_url(ctx, "/api/v2/users/%lld/identities/%lld.json", (long long)call.user.v,
                             (long long)call.result.id.v));
    return answer_one(ctx, &call.result, err);
}

static bool primary_tx(struct db *tx, void *arg, struct error *err)
{
    struct identity_call *call = arg;
    struct ctx *ctx = call->ctx;
    return identity_make_primary(desk_people(ctx), tx, ctx->mem, &ctx->actor, call->user, call->id,
                                 err);
}

// PUT /api/v2/users/{user:id}/identities/{identity:id}/make_primary
bool api_identity_make_primary(struct ctx *ctx, struct error *err)
{
    struct identity_call call = new_call(ctx);
    struct db *db = NULL;
    if (!db_tx_run(ctx->app->db, "api.identity.primary", primary_tx, &call, err) ||
        !db_read_begin(ctx->app->db, &db, err)) {
        return false;
    }
    // The request's own snapshot is from before.
    bool fine = answer_list(ctx, db, false, err);
    db_read_end(db);
    return fine;
}

static bool verify_tx(struct db *tx, void *arg, struct error *err)
{
    struct identity_call *call = arg;
    struct ctx *ctx = call->ctx;
    if (call->verify &&
        !identity_verify(desk_people(ctx), tx, ctx->mem, &ctx->actor, call->user, call->id, err)) {
        return false;
    }
    return identity_load(tx, ctx->mem, &ctx->actor, call->user, call->id, &call->result, err);
}

// PUT /api/v2/users/{user:id}/identities/{identity:id}/verify
bool api_identity_verify(struct ctx *ctx, struct error *err)
{
    struct identity_call call = new_call(ctx);
    call.verify = true;
    return db_tx_run(ctx->app->db, "api.identity.verify", verify_tx, &call, err) &&
           answer_one(ctx, &call.result, err);
}

// PUT /api/v2/users/{user:id}/identities/{identity:id}: verified can be set, the value not.
bool api_identity_update(struct ctx *ctx, struct error *err)
{
    struct identity_call call = new_call(ctx);
    struct identity_body body = {0};
    struct jr_value object = JR_NONE;
    struct problems problems;
    problems_init(&problems, ctx->mem);
    if (!identity_load(ctx->db, ctx->mem, &ctx->actor, call.user, call.id, &call.result, err) ||
        !api_body(ctx, "identity", &object, err)) {
        return false;
    }
    if (!jr_bind(ctx->mem, object, &SPEC, &body, &problems)) {
        return api_write_problems(ctx, &problems);
    }
    call.verify = body.verified.v && !call.result.verified;
    return db_tx_run(ctx->app->db, "api.identity.update", verify_tx, &call, err) &&
           answer_one(ctx, &call.result, err);
}

static bool remove_tx(struct db *tx, void *arg, struct error *err)
{
    struct identity_call *call = arg;
    struct ctx *ctx = call->ctx;
    return identity_remove(desk_people(ctx), tx, ctx->mem, &ctx->actor, call->user, call->id, err);
}

// DELETE /api/v2/users/{user:id}/identities/{identity:id}
bool api_identity_delete(struct ctx *ctx, struct error *err)
{
    struct identity_call call = new_call(ctx);
    if (!db_tx_run(ctx->app->db, "api.identity.delete", remove_tx, &call, err)) {
        return false;
    }
    api_no_content(ctx);
    return true;
}

static bool request_tx(struct db *tx, void *arg, struct error *err)
{
    struct identity_call *call = arg;
    struct ctx *ctx = call->ctx;
    if (!identity_load(tx, ctx->mem, &ctx->actor, call->user, call->id, &call->result, err)) {
        return false;
    }
    // Signing in by the mailed link shows that the address is theirs.
    return !str_eq_c(call->result.type, "email") ||
           link_mail(desk_people(ctx), tx, LINK_SIGN_IN, call->result.value, STR_NONE, err);
}

// PUT /api/v2/users/{user:id}/identities/{identity:id}/request_verification
bool api_identity_request_verification(struct ctx *ctx, struct error *err)
{
    struct identity_call call = new_call(ctx);
    return db_tx_run(ctx->app->db, "api.identity.request", request_tx, &call, err) &&
           answer_one(ctx, &call.result, err);
}
