// SPDX-License-Identifier: GPL-3.0-or-later
//
// JSON handlers of webhooks.
#include "desk/hooks/api.h"

#include "app/api.h"
#include "base/random.h"
#include "desk/desk.h"
#include "desk/hooks/hooks.h"
#include "json/json.h"

// --- writing ------------------------------------------------------------------------------------

static void write_ms(struct ctx *ctx, struct jw *w, const char *key, int64_t ms)
{
    jw_field_str(w, key, ms == 0 ? STR_NONE : time_iso_ms(ctx->mem, ms));
}

static void write_person(struct ctx *ctx, struct jw *w, const char *key, struct user_id id)
{
    jw_field_str(w, key, id.v == 0 ? STR_NONE : str_printf(ctx->mem, "%lld", (long long)id.v));
}

// What proves who calls is never shown: of the data only names.
static void write_authentication(struct ctx *ctx, struct jw *w, const struct hook *hook)
{
    struct jr_value auth = JR_NONE;
    struct error ignored;
    if (str_empty(hook->auth) || !jr_parse(ctx->mem, hook->auth, &auth, &ignored)) {
        jw_field_null(w, "authentication");
        return;
    }
    struct jr_value data = jr_get(auth, "data");
    jw_field_object(w, "authentication");
    jw_field_str(w, "type", jr_text(jr_get(auth, "type")));
    jw_field_c(w, "add_position", "header");
    jw_field_object(w, "data");
    if (!jr_none(jr_get(data, "username"))) {
        jw_field_str(w, "username", jr_text(jr_get(data, "username")));
    }
    if (!jr_none(jr_get(data, "name"))) {
        jw_field_str(w, "name", jr_text(jr_get(data, "name")));
    }
    jw_object_end(w);
    jw_object_end(w);
}

static void write_headers(struct jw *w, struct str lines)
{
    struct str line;
    jw_field_object(w, "custom_headers");
    while (!str_empty(lines) && str_next(&lines, '\n', &line)) {
        struct str name;
        struct str value;
        str_cut(line, ':', &name, &value);
        if (!str_empty(str_trim(name)) && !str_none(value)) {
            jw_key_str(w, str_trim(name));
            jw_str(w, str_trim(value));
        }
    }
    jw_object_end(w);
}

static void write_hook(struct ctx *ctx, struct jw *w, const struct hook *hook)
{
    jw_object_begin(w);
    jw_field_str(w, "id", hook->id);
    jw_field_str(w, "name", hook->name);
    jw_field_str(w, "description", hook->description);
    jw_field_c(w, "status", hook->active ? "active" : "inactive");
    jw_field_words(w, "subscriptions", hook->subscriptions);
    write_ms(ctx, w, "created_at", hook->created_at);
    write_person(ctx, w, "created_by", hook->created_by);
    write_ms(ctx, w, "updated_at", hook->updated_at);
    write_person(ctx, w, "updated_by", hook->updated_by);
    jw_field_str(w, "endpoint", hook->endpoint);
    jw_field_str(w, "http_method", hook->method);
    jw_field_str(w, "request_format", hook->format);
    write_authentication(ctx, w, hook);
    write_headers(w, hook->headers);
    jw_object_end(w);
}

static bool answer_one(struct ctx *ctx, const struct hook *hook, struct error *err)
{
    struct jw w;
    api_begin(ctx, &w);
    jw_key(&w, "webhook");
    write_hook(ctx, &w, hook);
    return api_end(ctx, &w, err);
}

// --- reading ------------------------------------------------------------------------------------

static bool load(struct ctx *ctx, struct hook *ret, struct error *err)
{
    return hook_load(desk_of(ctx), ctx->db, ctx->mem, &ctx->actor, ctx->path.texts[0], ret, err);
}

// GET /api/v2/webhooks
bool api_webhooks_list(struct ctx *ctx, struct error *err)
{
    struct hook *hooks = NULL;
    struct hook *list = NULL;
    struct api_page page;
    struct api_found found = {0};
    struct jw w;
    size_t count = 0;
    size_t used = 0;
    struct str name = http_param(ctx->req, "filter[name_contains]");
    struct str status = http_param(ctx->req, "filter[status]");
    if (!api_page_parse(ctx, &page, err) ||
        !hooks_list(desk_of(ctx), ctx->db, ctx->mem, &ctx->actor, &hooks, &count, err)) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        bool fits = (str_empty(name) || str_ifind(hooks[i].name, name) >= 0) &&
                    (str_empty(status) || hooks[i].active == str_eq_c(status, "active"));
        if (fits) {
            hooks[used++] = hooks[i];
        }
    }
    page.cursor = true;  // this family knows no other
    if (!api_slice(ctx, &page, hooks, sizeof *hooks, used, SIZE_MAX, (void **)&list, &found, err)) {
        return false;
    }
    api_begin(ctx, &w);
    jw_field_array(&w, "webhooks");
    for (size_t i = 0; i < found.count; i++) {
        write_hook(ctx, &w, &list[i]);
    }
    jw_array_end(&w);
    api_page_write(ctx, &w, &page, &found);
    return api_end(ctx, &w, err);
}

// GET /api/v2/webhooks/{name}
bool api_webhook_show(struct ctx *ctx, struct error *err)
{
    struct hook hook;
    return load(ctx, &hook, err) && answer_one(ctx, &hook, err);
}

static struct str header_lines(mem_ctx *ctx, struct jr_value headers)
{
    struct buf out;
    struct str key;
    struct jr_value value;
    void *at = NULL;
    buf_init(&out, ctx, 16384);
    while (jr_next(headers, &at, &key, &value)) {
        bool clean = str_find_char(key, '\n') < 0 && str_find_char(jr_text(value), '\n') < 0;
        if (clean) {
            buf_put(&out, key);
            buf_put_c(&out, ": ");
            buf_put(&out, jr_text(value));
            buf_put_c(&out, "\n");
        }
    }
    return buf_str(&out);
}

static struct str words_of(mem_ctx *ctx, struct jr_value list)
{
    struct buf out;
    buf_init(&out, ctx, 16384);
    for (size_t i = 0; i < jr_count(list); i++) {
        buf_put_c(&out, i > 0 ? " " : "");
        buf_put(&out, jr_text(jr_at(list, i)));
    }
    return buf_str(&out);
}

// An authentication whose secret was left out keeps the one that is there.
static struct str authentication(mem_ctx *ctx, struct str before, struct jr_value given)
{
    struct jr_value old = JR_NONE;
    struct error ignored;
    struct jr_value data = jr_get(given, "data");
    bool has_secret = !jr_none(jr_get(data, "password")) || !jr_none(jr_get(data, "token")) ||
                      !jr_none(jr_get(data, "value"));
    if (!has_secret && !str_empty(before) && jr_parse(ctx, before, &old, &ignored) &&
        str_eq(jr_text(jr_get(old, "type")), jr_text(jr_get(given, "type")))) {
        return before;
    }
    return jr_dump(ctx, given);
}

static void read_text(struct jr_value object, const char *key, struct str *ret)
{
    if (!jr_absent(jr_get(object, key))) {
        struct str text = jr_text(jr_get(object, key));
        *ret = str_none(text) ? STR("") : text;
    }
}

static bool read_hook(struct ctx *ctx, struct jr_value object, struct hook *ret, struct error *err)
{
    struct jr_value auth = jr_get(object, "authentication");
    struct str status = jr_text(jr_get(object, "status"));
    struct str type = jr_text(jr_get(auth, "type"));
    read_text(object, "name", &ret->name);
    read_text(object, "endpoint", &ret->endpoint);
    read_text(object, "http_method", &ret->method);
    read_text(object, "request_format", &ret->format);
    if (!jr_absent(jr_get(object, "description"))) {
        ret->description = jr_text(jr_get(object, "description"));
    }
    ret->active = str_none(status) ? ret->active : str_eq_c(status, "active");
    if (!jr_absent(jr_get(object, "subscriptions"))) {
        ret->subscriptions = words_of(ctx->mem, jr_get(object, "subscriptions"));
    }
    if (!jr_absent(jr_get(object, "custom_headers"))) {
        ret->headers = header_lines(ctx->mem, jr_get(object, "custom_headers"));
    }
    bool known =
        str_eq_c(type, "basic_auth") || str_eq_c(type, "bearer_token") || str_eq_c(type, "api_key");
    if (!jr_none(auth) && !known) {
        return error_field(err, "authentication", "InvalidValue",
                           "Authentication: the type is basic_auth, bearer_token or api_key.");
    }
    if (!jr_absent(auth)) {
        ret->auth = jr_none(auth) ? STR("") : authentication(ctx->mem, ret->auth, auth);
    }
    return true;
}

static struct hook blank_hook(void)
{
    return (struct hook){.id = STR(""),
                         .name = STR(""),
                         .description = STR_NONE,
                         .active = true,
                         .endpoint = STR(""),
                         .method = STR("POST"),
                         .format = STR("json"),
                         .auth = STR(""),
                         .headers = STR(""),
                         .subscriptions = STR("")};
}

// --- changing -----------------------------------------------------------------------------------

struct hook_call_arg {
    struct ctx *ctx;
    struct hook hook;
    struct str secret;
};

static bool store_tx(struct db *tx, void *arg, struct error *err)
{
    struct hook_call_arg *call = arg;
    return hook_store(desk_of(call->ctx), tx, call->ctx->mem, &call->ctx->actor, &call->hook, err);
}

// POST /api/v2/webhooks
bool api_webhook_create(struct ctx *ctx, struct error *err)
{
    struct hook_call_arg call = {.ctx = ctx, .hook = blank_hook()};
    struct jr_value object = JR_NONE;
    struct str other = http_param(ctx->req, "clone_webhook_id");
    if (!str_empty(other)) {
        if (!hook_load(desk_of(ctx), ctx->db, ctx->mem, &ctx->actor, other, &call.hook, err)) {
            return false;
        }
        call.hook.id = STR("");
    } else if (!api_body(ctx, "webhook", &object, err) ||
               !read_hook(ctx, object, &call.hook, err)) {
        return false;
    }
    if (!db_tx_run(ctx->app->db, "api.webhook", store_tx, &call, err)) {
        return false;
    }
    api_created(ctx, api_url(ctx, "/api/v2/webhooks/%.*s", STR_ARG(call.hook.id)));
    return answer_one(ctx, &call.hook, err);
}

// PUT (whole) and PATCH (parts) /api/v2/webhooks/{name}
bool api_webhook_update(struct ctx *ctx, struct error *err)
{
    struct hook_call_arg call = {.ctx = ctx};
    struct jr_value object = JR_NONE;
    struct hook before;
    if (!load(ctx, &before, err) || !api_body(ctx, "webhook", &object, err)) {
        return false;
    }
    call.hook = before;
    if (ctx->req->method == HTTP_PUT) {
        call.hook = blank_hook();
        call.hook.id = before.id;
        call.hook.secret = before.secret;
        call.hook.auth = before.auth;
    }
    if (!read_hook(ctx, object, &call.hook, err)) {
        return false;
    }
    if (ctx->req->method == HTTP_PUT && jr_none(jr_get(object, "authentication"))) {
        call.hook.auth = STR("");
    }
    if (!db_tx_run(ctx->app->db, "api.webhook", store_tx, &call, err)) {
        return false;
    }
    api_no_content(ctx);
    return true;
}

static bool delete_tx(struct db *tx, void *arg, struct error *err)
{
    struct hook_call_arg *call = arg;
    return hook_delete(desk_of(call->ctx), tx, call->ctx->mem, &call->ctx->actor,
                       call->ctx->path.texts[0], err);
}

// DELETE /api/v2/webhooks/{name}
bool api_webhook_delete(struct ctx *ctx, struct error *err)
{
    struct hook_call_arg call = {.ctx = ctx};
    if (!db_tx_run(ctx->app->db, "api.webhook.delete", delete_tx, &call, err)) {
        return false;
    }
    api_no_content(ctx);
    return true;
}

// --- secrets ------------------------------------------------------------------------------------

static bool secret_answer(struct ctx *ctx, struct str secret, struct error *err)
{
    struct jw w;
    api_begin(ctx, &w);
    jw_field_object(&w, "signing_secret");
    jw_field_str(&w, "secret", secret);
    jw_field_c(&w, "algorithm", "SHA256");
    jw_object_end(&w);
    return api_end(ctx, &w, err);
}

// GET /api/v2/webhooks/{name}/signing_secret
bool api_webhook_secret(struct ctx *ctx, struct error *err)
{
    struct hook hook;
    return load(ctx, &hook, err) && secret_answer(ctx, hook.secret, err);
}

static bool secret_tx(struct db *tx, void *arg, struct error *err)
{
    struct hook_call_arg *call = arg;
    return hook_new_secret(desk_of(call->ctx), tx, call->ctx->mem, &call->ctx->actor,
                           call->ctx->path.texts[0], &call->secret, err);
}

// POST /api/v2/webhooks/{name}/signing_secret
bool api_webhook_secret_reset(struct ctx *ctx, struct error *err)
{
    struct hook_call_arg call = {.ctx = ctx};
    if (!db_tx_run(ctx->app->db, "api.webhook.secret", secret_tx, &call, err)) {
        return false;
    }
    ctx->resp->status = 201;
    return secret_answer(ctx, call.secret, err);
}

// --- the log ------------------------------------------------------------------------------------

// GET /api/v2/webhooks/{name}/invocations
bool api_webhook_invocations(struct ctx *ctx, struct error *err)
{
    struct hook hook;
    struct hook_invocation *all = NULL;
    struct hook_invocation *list = NULL;
    struct api_page page;
    struct api_found found = {0};
    struct jw w;
    size_t count = 0;
    if (!load(ctx, &hook, err) || !api_page_parse(ctx, &page, err) ||
        !hook_invocations(ctx->db, ctx->mem, &ctx->actor, hook.id, &all, &count, err)) {
        return false;
    }
    page.cursor = true;
    if (!api_slice(ctx, &page, all, sizeof *all, count, SIZE_MAX, (void **)&list, &found, err)) {
        return false;
    }
    api_begin(ctx, &w);
    jw_field_array(&w, "invocations");
    for (size_t i = 0; i < found.count; i++) {
        jw_object_begin(&w);
        jw_field_str(&w, "id", list[i].id);
        jw_field_str(&w, "status", list[i].status);
        jw_field_id(&w, "status_code", list[i].status_code);
        write_ms(ctx, &w, "latest_completed_at", list[i].completed_at);
        jw_object_end(&w);
    }
    jw_array_end(&w);
    api_page_write(ctx, &w, &page, &found);
    return api_end(ctx, &w, err);
}

// GET /api/v2/webhooks/{name}/invocations/{name}/attempts
bool api_webhook_attempts(struct ctx *ctx, struct error *err)
{
    struct hook hook;
    struct hook_attempt *list = NULL;
    struct jw w;
    size_t count = 0;
    if (!load(ctx, &hook, err) ||
        !hook_attempts(ctx->db, ctx->mem, &ctx->actor, ctx->path.texts[1], &list, &count, err)) {
        return false;
    }
    api_begin(ctx, &w);
    jw_field_array(&w, "attempts");
    for (size_t i = 0; i < count; i++) {
        jw_object_begin(&w);
        jw_field_str(&w, "id", list[i].id);
        jw_field_str(&w, "invocation_id", list[i].invocation);
        jw_field_str(&w, "status", list[i].status);
        jw_field_id(&w, "status_code", list[i].status_code);
        jw_field_object(&w, "response");
        jw_field_str(&w, "payload", list[i].answer);
        jw_object_end(&w);
        write_ms(ctx, &w, "completed_at", list[i].completed_at);
        jw_object_end(&w);
    }
    jw_array_end(&w);
    return api_end(ctx, &w, err);
}

// --- a try --------------------------------------------------------------------------------------

static void write_received(struct jw *w, struct str lines)
{
    struct str line;
    jw_field_array(w, "headers");
    while (!str_empty(lines) && str_next(&lines, '\n', &line)) {
        struct str name;
        struct str value;
        str_cut(line, ':', &name, &value);
        if (!str_none(value)) {
            jw_object_begin(w);
            jw_field_str(w, "key", str_trim(name));
            jw_field_str(w, "value", str_trim(value));
            jw_object_end(w);
        }
    }
    jw_array_end(w);
}

// POST /api/v2/webhooks/test?webhook_id=: calls at once and shows what came back.
bool api_webhook_test(struct ctx *ctx, struct error *err)
{
    struct jr_value object = JR_NONE;
    struct hook hook = blank_hook();
    struct hook_answer answer;
    struct jw w;
    struct str id = http_param(ctx->req, "webhook_id");
    if (!str_empty(id) &&
        !hook_load(desk_of(ctx), ctx->db, ctx->mem, &ctx->actor, id, &hook, err)) {
        return false;
    }
    if (!api_body(ctx, "request", &object, err) || !read_hook(ctx, object, &hook, err)) {
        return false;
    }
    if (str_empty(hook.endpoint)) {
        return error_field(err, "endpoint", "BlankValue", "Endpoint: cannot be blank");
    }
    hook.secret = str_none(hook.secret) ? random_token(ctx->mem, 16) : hook.secret;
    struct str payload = jr_text(jr_get(object, "payload"));
    hook_call(desk_of(ctx), ctx->mem, &hook, STR("test"), str_none(payload) ? STR("") : payload,
              &answer);
    if (answer.status_code == 0) {
        return error_field(err, "endpoint", "InvalidValue", "Endpoint: %.*s",
                           STR_ARG(answer.trouble));
    }
    api_begin(ctx, &w);
    jw_field_object(&w, "response");
    write_received(&w, answer.headers);
    jw_field_i64(&w, "status_code", answer.status_code);
    jw_field_str(&w, "payload", answer.body);
    jw_object_end(&w);
    return api_end(ctx, &w, err);
}
