// SPDX-License-Identifier: GPL-3.0-or-later
//
// What every request passes, in one order: route, session or token, who may, form token, rate,
// handler; and what every answer gets: errors in the right shape, security headers, log, metrics.
#include "app/api.h"
#include "app/config.h"
#include "app/metrics.h"
#include "app/rate.h"
#include "app/router.h"
#include "app/session.h"
#include "base/log.h"
#include "http/negotiate.h"

#include <string.h>

static const enum role LEAST_ROLE[] = {
    [WHO_ANYONE] = ROLE_NONE, [WHO_SIGNED_IN] = ROLE_END_USER, [WHO_STAFF] = ROLE_LIGHT_AGENT,
    [WHO_AGENT] = ROLE_AGENT, [WHO_LEAD] = ROLE_LEAD,          [WHO_ADMIN] = ROLE_ADMIN,
};

static bool is_api_path(struct str path)
{
    return str_starts(path, STR("/api/")) || str_starts(path, STR("/oauth/"));
}

static bool is_write(enum http_method method)
{
    return method != HTTP_GET && method != HTTP_HEAD && method != HTTP_OPTIONS;
}

// --- guards -------------------------------------------------------------------------------------

static bool access_require(struct ctx *ctx, const struct route *route, struct error *err)
{
    enum role least = LEAST_ROLE[route->who];
    if (ctx->actor.role >= least) {
        return true;
    }
    if (ctx->actor.role == ROLE_NONE) {
        return error_set(err, ERR_UNAUTHENTICATED,
                         route->kind == ROUTE_API ? "Couldn't authenticate you"
                                                  : "Please sign in to see this page.");
    }
    return error_set(err, ERR_FORBIDDEN,
                     "You do not have access to this page. Please contact the "
                     "account owner of this help desk for further help.");
}

static int64_t budget_of(const struct app *app, enum rate_class class)
{
    switch (class) {
    case RATE_PAGE:
        return app->config->rate_page;
    case RATE_API:
        return app->config->rate_api;
    case RATE_SIGN_IN:
        return app->config->rate_sign_in;
    case RATE_PUBLIC_FORM:
        return app->config->rate_public_form;
    case RATE_NONE:
        break;
    }
    return 0;
}

static void rate_headers(struct ctx *ctx, int64_t budget, int64_t left)
{
    struct str total = str_printf(ctx->mem, "%lld", (long long)(budget == 0 ? 1000000 : budget));
    struct str rest = str_printf(ctx->mem, "%lld", (long long)(budget == 0 ? 1000000 : left));
    http_set_header(ctx->resp, "X-Rate-Limit", total);
    http_set_header(ctx->resp, "X-Rate-Limit-Remaining", rest);
    http_set_header(ctx->resp, "ratelimit-limit", total);
    http_set_header(ctx->resp, "ratelimit-remaining", rest);
    http_set_header(ctx->resp, "ratelimit-reset", STR("60"));
}

static bool rate_check(struct ctx *ctx, const struct route *route, struct error *err)
{
    int64_t budget = budget_of(ctx->app, route->rate);
    int64_t left = 0;
    int64_t wait = 0;
    bool counted = route->rate != RATE_NONE &&
                   ((route->rate != RATE_SIGN_IN && route->rate != RATE_PUBLIC_FORM) ||
                    is_write(ctx->req->method));
    bool by_user = route->rate == RATE_API && ctx->actor.user.v != 0;
    bool ok = true;
    if (counted && budget > 0) {
        struct str key = by_user ? str_printf(ctx->mem, "u%lld", (long long)ctx->actor.user.v)
                                 : str_printf(ctx->mem, "%d:" STR_FMT, (int)route->rate,
                                              STR_ARG(ctx->req->peer));
        ok = rate_take(ctx->app->limiter, key, budget, clock_now(ctx->app->clock), &left, &wait);
    }
    if (route->kind == ROUTE_API) {
        rate_headers(ctx, budget, left);
    }
    if (!ok) {
        http_set_header(ctx->resp, "Retry-After", str_printf(ctx->mem, "%lld", (long long)wait));
        return error_set(err, ERR_RATE_LIMITED,
                         "That was too much in a short time. Please try again "
                         "in %lld seconds.",
                         (long long)wait);
    }
    return true;
}

static bool authenticate(struct ctx *ctx, const struct route *route, struct error *err)
{
    if (route->kind == ROUTE_PLAIN) {
        // Plain routes serve everybody alike, except that some ask who listens.
        return session_load(ctx, err);
    }
    if (route->kind == ROUTE_API) {
        if (api_authenticate(ctx, err)) {
            return true;
        }
        // Clients ask who they are with a wrong token and expect "nobody".
        return err->code == ERR_UNAUTHENTICATED && route->who == WHO_ANYONE &&
               str_eq_c(ctx->req->path, "/api/v2/users/me");
    }
    if (!session_load(ctx, err)) {
        return false;
    }
    if (ctx->session.len == 0) {
        csrf_anonymous(ctx);
    }
    return true;
}

static bool guards_pass(struct ctx *ctx, const struct route *route, struct error *err)
{
    if (!authenticate(ctx, route, err) || !access_require(ctx, route, err)) {
        return false;
    }
    bool by_cookie =
        route->kind == ROUTE_PAGE || (route->kind == ROUTE_API && ctx->session.len > 0);
    if (by_cookie && is_write(ctx->req->method) && !csrf_check(ctx, err)) {
        return false;
    }
    return rate_check(ctx, route, err);
}

// --- answers ------------------------------------------------------------------------------------

static void security_headers(struct ctx *ctx)
{
    struct http_response *resp = ctx->resp;
    if (str_none(http_response_header(resp, "Content-Security-Policy"))) {
        http_set_header(resp, "Content-Security-Policy",
                        STR("default-src 'none'; script-src 'self'; style-src 'self'; img-src "
                            "'self' data: blob:; connect-src 'self'; font-src 'self'; frame-src "
                            "'self'; manifest-src 'self'; form-action 'self'; frame-ancestors "
                            "'none'; base-uri 'none'"));
    }
    http_set_header(resp, "X-Content-Type-Options", STR("nosniff"));
    http_set_header(resp, "Referrer-Policy", STR("same-origin"));
    http_set_header(resp, "Cross-Origin-Opener-Policy", STR("same-origin"));
    if (str_none(http_response_header(resp, "Cross-Origin-Resource-Policy"))) {
        http_set_header(resp, "Cross-Origin-Resource-Policy", STR("same-origin"));
    }
    http_set_header(resp, "Permissions-Policy",
                    STR("camera=(), microphone=(), geolocation=(), interest-cohort=()"));
    if (str_eq_c(ctx->req->scheme, "https")) {
        http_set_header(resp, "Strict-Transport-Security", STR("max-age=31536000"));
    }
    http_set_header(resp, "X-Request-Id", str_c(ctx->req->id));
    if (str_none(http_response_header(resp, "Cache-Control"))) {
        http_set_header(resp, "Cache-Control", STR("no-store"));
    }
}

// A GET's answer by its content: clients that have it are told so (RFC 9110, 13.1.2).
static void etag_answer(struct ctx *ctx)
{
    bool read = ctx->req->method == HTTP_GET || ctx->req->method == HTTP_HEAD;
    if (!read || ctx->resp->status != 200 || ctx->resp->file >= 0 || ctx->resp->live != NULL) {
        return;
    }
    struct hash hash = hash_sha256(buf_str(&ctx->resp->body));
    struct str etag = str_printf(ctx->mem, "W/\"%.24s\"", hash_hex(ctx->mem, hash).ptr);
    http_set_header(ctx->resp, "ETag", etag);
    http_set_header(ctx->resp, "Cache-Control", STR("max-age=0, private, must-revalidate"));
    if (str_eq(http_header(ctx->req, "If-None-Match"), etag)) {
        ctx->resp->status = 304;
        buf_reset(&ctx->resp->body);
    }
}

static void log_failure(const struct ctx *ctx, const struct error *err)
{
    if (err->code == ERR_INTERNAL || err->detail[0] != '\0') {
        LOG(err->code == ERR_INTERNAL ? LOG_LEVEL_ERROR : LOG_LEVEL_WARN, "request failed",
            LOG_TEXT("request", str_c(ctx->req->id)), LOG_TEXT("path", ctx->req->path),
            LOG_TEXT("message", str_c(err->message)), LOG_TEXT("detail", str_c(err->detail)));
    }
}

static void answer_error(struct ctx *ctx, bool api, const struct error *err)
{
    struct http_response *resp = ctx->resp;
    log_failure(ctx, err);
    buf_reset(&resp->body);
    resp->static_body = STR_NONE;
    resp->status = error_http_status(err->code);
    if (api) {
        api_write_error(ctx, err);
        return;
    }
    bool wants_page = ctx->req->method == HTTP_GET && !ctx->fragment;
    if (err->code == ERR_UNAUTHENTICATED && wants_page) {
        struct buf to;
        buf_init(&to, ctx->mem, 8192);
        buf_put_c(&to, "/sign-in?next=");
        buf_put_percent(&to, ctx->req->path);
        http_redirect(resp, buf_str(&to));
        return;
    }
    http_set_header(resp, "Content-Type", STR("text/html; charset=utf-8"));
    ctx->app->render_error(ctx, err);
}

static void method_not_allowed(struct ctx *ctx, unsigned methods, struct error *err)
{
    static const char *const WORDS[HTTP_METHODS] = {"GET",   "HEAD",   "POST",   "PUT",
                                                    "PATCH", "DELETE", "OPTIONS"};
    struct buf allow;
    buf_init(&allow, ctx->mem, 256);
    for (int i = 0; i < HTTP_METHODS; i++) {
        if ((methods & 1u << i) != 0) {
            buf_put_c(&allow, allow.len > 0 ? ", " : "");
            buf_put_c(&allow, WORDS[i]);
        }
    }
    (void)error_set(err, ERR_NOT_FOUND, "This address does not take that kind of request.");
    if (methods != 0) {
        http_set_header(ctx->resp, "Allow", buf_str(&allow));
    }
}

static bool run_handler(struct ctx *ctx, const struct route *route, struct error *err)
{
    ctx->fragment = str_eq_c(http_header(ctx->req, "HX-Request"), "true");
    if (route->kind == ROUTE_PAGE) {
        http_set_header(ctx->resp, "Content-Type", STR("text/html; charset=utf-8"));
    }
    if (!guards_pass(ctx, route, err) || !route->handler(ctx, err)) {
        return false;
    }
    if (ctx->resp->body.failed) {
        return error_internal(err, "the answer is larger than %zu bytes", ctx->resp->body.max);
    }
    return true;
}

static void access_log(const struct ctx *ctx, int64_t micros)
{
    static const char *const WORDS[HTTP_METHODS] = {"GET",   "HEAD",   "POST",   "PUT",
                                                    "PATCH", "DELETE", "OPTIONS"};
    LOG(LOG_LEVEL_INFO, "request", LOG_TEXT("method", str_c(WORDS[ctx->req->method])),
        LOG_TEXT("path", ctx->req->path), LOG_NUM("status", ctx->resp->status),
        LOG_NUM("bytes", (int64_t)ctx->resp->body.len), LOG_NUM("us", micros),
        LOG_TEXT("request", str_c(ctx->req->id)), LOG_NUM("user", ctx->actor.user.v),
        LOG_TEXT("address", ctx->req->peer));
}

static void dispatch_route(struct ctx *ctx, const struct route *route, unsigned methods)
{
    struct error err;
    bool api = route == NULL ? is_api_path(ctx->req->path) : route->kind == ROUTE_API;
    if (api) {
        http_set_header(ctx->resp, "X-Zendesk-API-Version", STR("v2"));
    }
    if (route == NULL) {
        method_not_allowed(ctx, methods, &err);
        if (methods == 0) {
            (void)error_set(&err, ERR_NOT_FOUND, "There is no such page.");
            (void)snprintf(err.word, sizeof err.word, "InvalidEndpoint");
        }
        answer_error(ctx, api, &err);
        ctx->resp->status = methods == 0 || api ? 404 : 405;
        return;
    }
    if (!db_read_begin(ctx->app->db, &ctx->db, &err)) {
        answer_error(ctx, api, &err);
        return;
    }
    if (!run_handler(ctx, route, &err)) {
        answer_error(ctx, api, &err);
    } else if (api) {
        etag_answer(ctx);
    }
    db_read_end(ctx->db);
}

static void ctx_init(struct ctx *ctx, struct app *app, const struct http_request *request,
                     struct http_response *response)
{
    *ctx = (struct ctx){.app = app,
                        .mem = request->ctx,
                        .req = request,
                        .resp = response,
                        .csrf = STR(""),
                        .session = STR("")};
    ctx->actor.address = request->peer;
    ctx->actor.locale = STR("en-US");
    ctx->actor.time_zone = STR("UTC");
    ctx->actor.name = STR("");
    ctx->actor.email = STR("");
}

void dispatch_run(struct app *app, const struct http_request *request,
                  struct http_response *response)
{
    struct ctx ctx;
    unsigned methods = 0;
    int64_t began = clock_monotonic_us();
    ctx_init(&ctx, app, request, response);
    const struct route *route =
        route_find(app->routes, request->method, request->path, &ctx.path, &methods);
    dispatch_route(&ctx, route, methods);
    security_headers(&ctx);
    http_finish(request, response);
    int64_t micros = clock_monotonic_us() - began;
    metrics_request(app->metrics, route == NULL ? ROUTE_PLAIN : route->kind, response->status,
                    micros);
    access_log(&ctx, micros);
}

int64_t dispatch_body_limit(const struct app *app, enum http_method method, struct str path,
                            bool *ret_stream)
{
    struct path_params ignored;
    unsigned methods = 0;
    const struct route *route = route_find(app->routes, method, path, &ignored, &methods);
    *ret_stream = route != NULL && route->stream;
    if (route == NULL) {
        return -1;
    }
    // Clients send small bodies along with GET; they are read and passed over.
    return route->body_limit > 0 ? route->body_limit : 65536;
}

void dispatch_refuse(struct app *app, const struct http_request *request, const struct error *why,
                     struct http_response *response)
{
    struct ctx ctx;
    ctx_init(&ctx, app, request, response);
    answer_error(&ctx, is_api_path(request->path), why);
    security_headers(&ctx);
    http_finish(request, response);
    metrics_request(app->metrics, ROUTE_PLAIN, response->status, 0);
    access_log(&ctx, 0);
}
