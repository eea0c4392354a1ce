// SPDX-License-Identifier: GPL-3.0-or-later
//
// JSON handlers of targets.
#include "app/api.h"
#include "desk/desk.h"
#include "desk/hooks/api.h"
#include "desk/hooks/targets.h"
#include "json/json.h"

struct target_body {
    struct jr_str title;
    struct jr_str type;
    struct jr_flag active;
    struct jr_str target_url;
    struct jr_str method;
    struct jr_str content_type;
    struct jr_str attribute;
    struct jr_str username;
    struct jr_str password;
};
static const struct jr_field FIELDS[] = {
    JR_FIELD(STR, "title", struct target_body, title, .not_blank = true, .max = 255),
    JR_FIELD(STR, "type", struct target_body, type, .not_blank = true),
    JR_FIELD(FLAG, "active", struct target_body, active),
    JR_FIELD(STR, "target_url", struct target_body, target_url, .not_blank = true, .max = 2000),
    JR_FIELD(STR, "method", struct target_body, method),
    JR_FIELD(STR, "content_type", struct target_body, content_type),
    JR_FIELD(STR, "attribute", struct target_body, attribute, .max = 255),
    JR_FIELD(STR, "username", struct target_body, username, .max = 255),
    JR_FIELD(STR, "password", struct target_body, password, .max = 2000),
};
static const struct jr_spec SPEC = JR_SPEC(FIELDS);

static bool is_http(const struct target *target)
{
    return str_eq_c(target->type, "http_target");
}

// --- writing ------------------------------------------------------------------------------------

static struct str secret_part(mem_ctx *ctx, const struct hook *hook, const char *name)
{
    struct jr_value auth = JR_NONE;
    struct error ignored;
    if (str_empty(hook->auth) || !jr_parse(ctx, hook->auth, &auth, &ignored)) {
        return STR_NONE;
    }
    return jr_text(jr_get(jr_get(auth, "data"), name));
}

static const char *content_type(const struct hook *hook)
{
    return str_eq_c(hook->format, "xml")            ? "application/xml"
           : str_eq_c(hook->format, "form_encoded") ? "application/x-www-form-urlencoded"
                                                    : "application/json";
}

static void write_target(struct ctx *ctx, struct jw *w, const struct target *target)
{
    const struct hook *hook = &target->hook;
    jw_object_begin(w);
    jw_field_str(w, "url", api_url(ctx, "/api/v2/targets/%lld.json", (long long)target->id));
    jw_field_id(w, "id", target->id);
    jw_field_str(w, "title", hook->name);
    jw_field_str(w, "type", target->type);
    jw_field_bool(w, "active", hook->active);
    jw_field_time(w, "created_at", hook->created_at);
    jw_field_str(w, "target_url", hook->endpoint);
    jw_field_str(w, "method", str_lower(ctx->mem, hook->method));
    if (is_http(target)) {
        jw_field_c(w, "content_type", content_type(hook));
    } else {
        jw_field_str(w, "attribute", target->attribute);
    }
    jw_field_str(w, "username", secret_part(ctx->mem, hook, "username"));
    jw_field_null(w, "password");
    jw_object_end(w);
}

static bool answer_one(struct ctx *ctx, const struct target *target, struct error *err)
{
    struct jw w;
    api_begin(ctx, &w);
    jw_key(&w, "target");
    write_target(ctx, &w, target);
    return api_end(ctx, &w, err);
}

// --- reading ------------------------------------------------------------------------------------

static bool load(struct ctx *ctx, struct target *ret, struct error *err)
{
    return target_load(desk_of(ctx), ctx->db, ctx->mem, &ctx->actor, ctx->path.ids[0], ret, err);
}

// A user name without a password keeps the one that is there.
static void read_secret(mem_ctx *ctx, const struct target_body *body, struct hook *hook)
{
    struct str name =
        body->username.is == JR_UNSET ? secret_part(ctx, hook, "username") : body->username.v;
    struct str password =
        body->password.is == JR_SET ? body->password.v : secret_part(ctx, hook, "password");
    struct buf out;
    struct jw w;
    if (str_empty(name)) {
        hook->auth = STR("");
        return;
    }
    buf_init(&out, ctx, 65536);
    jw_init(&w, &out);
    jw_object_begin(&w);
    jw_field_c(&w, "type", "basic_auth");
    jw_field_c(&w, "add_position", "header");
    jw_field_object(&w, "data");
    jw_field_str(&w, "username", name);
    jw_field_str(&w, "password", str_none(password) ? STR("") : password);
    jw_object_end(&w);
    jw_object_end(&w);
    hook->auth = buf_str(&out);
}

static struct str format_of(const struct target *target, const struct target_body *body)
{
    struct str type = body->content_type.v;
    if (!is_http(target)) {
        return STR("form_encoded");
    }
    if (body->content_type.is != JR_SET) {
        return str_eq_c(target->hook.method, "GET") ? STR("form_encoded") : target->hook.format;
    }
    return str_starts(type, STR("application/xml"))                     ? STR("xml")
           : str_starts(type, STR("application/x-www-form-urlencoded")) ? STR("form_encoded")
                                                                        : STR("json");
}

// Programs write it small.
static struct str method_of(struct str given)
{
    static const char *const METHODS[] = {"GET", "POST", "PUT", "PATCH", "DELETE"};
    for (size_t i = 0; i < sizeof METHODS / sizeof *METHODS; i++) {
        if (str_ieq_c(given, METHODS[i])) {
            return str_c(METHODS[i]);
        }
    }
    return given;
}

// What is not said stays. False when the request is answered or failed.
static bool read_target(struct ctx *ctx, struct target *target, bool *ret_answered,
                        struct error *err)
{
    struct target_body body = {0};
    struct problems problems;
    struct jr_value object = JR_NONE;
    struct hook *hook = &target->hook;
    problems_init(&problems, ctx->mem);
    if (!api_body(ctx, "target", &object, err)) {
        return false;
    }
    if (!jr_bind(ctx->mem, object, &SPEC, &body, &problems)) {
        *ret_answered = true;
        return api_write_problems(ctx, &problems);
    }
    hook->name = body.title.is == JR_SET ? body.title.v : hook->name;
    target->type = body.type.is == JR_SET ? body.type.v : target->type;
    hook->active = body.active.is == JR_SET ? body.active.v : hook->active;
    hook->endpoint = body.target_url.is == JR_SET ? body.target_url.v : hook->endpoint;
    hook->method = body.method.is == JR_SET ? method_of(body.method.v) : hook->method;
    hook->format = format_of(target, &body);
    if (is_http(target)) {
        target->attribute = STR("");
    } else if (body.attribute.is == JR_SET) {
        target->attribute = body.attribute.v;
    }
    read_secret(ctx->mem, &body, hook);
    return true;
}

// GET /api/v2/targets
bool api_targets(struct ctx *ctx, struct error *err)
{
    struct target *targets = NULL;
    struct target *list = NULL;
    struct api_page page;
    struct api_found found = {0};
    struct jw w;
    size_t count = 0;
    if (!api_page_parse(ctx, &page, err) ||
        !targets_list(desk_of(ctx), ctx->db, ctx->mem, &ctx->actor, &targets, &count, err) ||
        !api_slice(ctx, &page, targets, sizeof *targets, count, SIZE_MAX, (void **)&list, &found,
                   err)) {
        return false;
    }
    api_begin(ctx, &w);
    jw_field_array(&w, "targets");
    for (size_t i = 0; i < found.count; i++) {
        write_target(ctx, &w, &list[i]);
    }
    jw_array_end(&w);
    api_page_write(ctx, &w, &page, &found);
    return api_end(ctx, &w, err);
}

// GET /api/v2/targets/{target:id}
bool api_target(struct ctx *ctx, struct error *err)
{
    struct target target;
    return load(ctx, &target, err) && answer_one(ctx, &target, err);
}

// --- changing -----------------------------------------------------------------------------------

struct target_call {
    struct ctx *ctx;
    struct target given;   // what shall be
    struct target target;  // what is, afterwards: a transaction may run twice
};

static bool store_tx(struct db *tx, void *arg, struct error *err)
{
    struct target_call *call = arg;
    struct ctx *ctx = call->ctx;
    call->target = call->given;
    return target_store(desk_of(ctx), tx, ctx->mem, &ctx->actor, &call->target, err);
}

// POST /api/v2/targets
bool api_target_create(struct ctx *ctx, struct error *err)
{
    struct target_call call = {.ctx = ctx,
                               .given = {.type = STR(""),
                                         .attribute = STR(""),
                                         .hook = {.id = STR(""),
                                                  .name = STR(""),
                                                  .description = STR_NONE,
                                                  .active = true,
                                                  .endpoint = STR(""),
                                                  .method = STR("POST"),
                                                  .format = STR("json"),
                                                  .auth = STR(""),
                                                  .headers = STR(""),
                                                  .subscriptions = STR(HOOK_BY_RULES)}}};
    bool answered = false;
    if (!read_target(ctx, &call.given, &answered, err)) {
        return false;
    }
    if (answered) {
        return true;
    }
    if (!db_tx_run(ctx->app->db, "api.target", store_tx, &call, err)) {
        return false;
    }
    api_created(ctx, api_url(ctx, "/api/v2/targets/%lld.json", (long long)call.target.id));
    return answer_one(ctx, &call.target, err);
}

// PUT /api/v2/targets/{target:id}
bool api_target_update(struct ctx *ctx, struct error *err)
{
    struct target_call call = {.ctx = ctx};
    bool answered = false;
    if (!load(ctx, &call.given, err) || !read_target(ctx, &call.given, &answered, err)) {
        return false;
    }
    return answered || (db_tx_run(ctx->app->db, "api.target", store_tx, &call, err) &&
                        answer_one(ctx, &call.target, err));
}

static bool delete_tx(struct db *tx, void *arg, struct error *err)
{
    struct target_call *call = arg;
    struct ctx *ctx = call->ctx;
    return target_delete(desk_of(ctx), tx, ctx->mem, &ctx->actor, ctx->path.ids[0], err);
}

// DELETE /api/v2/targets/{target:id}
bool api_target_delete(struct ctx *ctx, struct error *err)
{
    struct target_call call = {.ctx = ctx};
    if (!db_tx_run(ctx->app->db, "api.target.delete", delete_tx, &call, err)) {
        return false;
    }
    api_no_content(ctx);
    return true;
}

// --- failures -----------------------------------------------------------------------------------

static void write_failure(struct ctx *ctx, struct jw *w, const struct target_failure *one)
{
    jw_object_begin(w);
    jw_field_str(w, "url", api_url(ctx, "/api/v2/target_failures/%.*s.json", STR_ARG(one->id)));
    jw_field_str(w, "id", one->id);
    jw_field_str(w, "target_name", one->target);
    jw_key(w, "status_code");
    if (one->status_code == 0) {
        jw_null(w);
    } else {
        jw_i64(w, one->status_code);
    }
    jw_field_str(w, "raw_response", one->answer);
    jw_field_time(w, "created_at", one->at);
    jw_object_end(w);
}

// GET /api/v2/target_failures and /api/v2/target_failures/{name}
bool api_target_failures(struct ctx *ctx, struct error *err)
{
    struct target_failure *all = NULL;
    struct target_failure *list = NULL;
    struct str wanted = ctx->path.texts[0];
    struct api_page page;
    struct api_found found = {0};
    struct jw w;
    size_t count = 0;
    if (!api_page_parse(ctx, &page, err) ||
        !target_failures(ctx->db, ctx->mem, &ctx->actor, &all, &count, err)) {
        return false;
    }
    for (size_t i = 0; !str_empty(wanted) && i < count; i++) {
        if (str_eq(all[i].id, wanted)) {
            api_begin(ctx, &w);
            jw_key(&w, "target_failure");
            write_failure(ctx, &w, &all[i]);
            return api_end(ctx, &w, err);
        }
    }
    if (!str_empty(wanted)) {
        return error_set(err, ERR_NOT_FOUND, "Not found");
    }
    if (!api_slice(ctx, &page, all, sizeof *all, count, SIZE_MAX, (void **)&list, &found, err)) {
        return false;
    }
    api_begin(ctx, &w);
    jw_field_array(&w, "target_failures");
    for (size_t i = 0; i < found.count; i++) {
        write_failure(ctx, &w, &list[i]);
    }
    jw_array_end(&w);
    api_page_write(ctx, &w, &page, &found);
    return api_end(ctx, &w, err);
}
