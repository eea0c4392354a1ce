// SPDX-License-Identifier: GPL-3.0-or-later
//
// What every request passes, in one order: route, session or token, who may, form token, rate,
// handler; and what every answer gets: errors in the right shape, security headers, log, metrics.
#include "app/dispatch_internal.h"
#include "app/metrics.h"
#include "app/rate.h"
#include "app/router.h"
#include "base/log.h"
#include "http/negotiate.h"
#include "live/live.h"
#include "view/words.h"

static bool run_handler(struct ctx *ctx, const struct route *route, size_t *ret_keep,
                        struct error *err)
{
    bool passed = guards_pass(ctx, route, err);
    *ret_keep = ctx->resp->headers.count;
    if (!passed) {
        return false;
    }
    if (route->kind == ROUTE_PAGE) {
        http_set_header_c(ctx->resp, "Content-Type", "text/html; charset=utf-8");
    }
    if (!route->handler(ctx, err)) {
        return false;
    }
    if (ctx->resp->body.failed) {
        return error_internal(err, "the answer is larger than %zu bytes", ctx->resp->body.max);
    }
    return true;
}

static void run_route(struct ctx *ctx, const struct route *route)
{
    struct error err;
    size_t keep = 0;
    bool api = route->kind == ROUTE_API;
    bool reads = route->kind != ROUTE_STATIC;
    ctx->live_mark = route->kind == ROUTE_PAGE ? live_mark(ctx->app->live, ctx->mem) : STR("");
    if (reads && !db_read_begin(ctx->app->db, &ctx->db, &err)) {
        answer_error(ctx, api, 0, &err);
        return;
    }
    if (!run_handler(ctx, route, &keep, &err)) {
        answer_error(ctx, api, keep, &err);
    } else if (api) {
        answer_etag(ctx);
    }
    if (reads) {
        db_read_end(ctx->db);
    }
}

static void run_no_route(struct ctx *ctx, unsigned methods)
{
    struct error err;
    if (ctx->req->method == HTTP_OPTIONS && methods != 0) {
        answer_options(ctx, methods);
        return;
    }
    answer_no_route(ctx, methods, &err);
    answer_error(ctx, is_api_path(ctx->req->path), ctx->resp->headers.count, &err);
}

static void ctx_init(struct ctx *ctx, struct app *app, const struct http_request *request,
                     struct http_response *response)
{
    *ctx = (struct ctx){.app = app,
                        .mem = request->ctx,
                        .req = request,
                        .resp = response,
                        .csrf = STR(""),
                        .session = STR(""),
                        .scopes = STR_NONE,
                        .verified_epoch = rate_verified_epoch(app->limiter)};
    ctx->fragment = str_eq_c(http_header(request, "HX-Request"), "true");
    ctx->actor.address = request->peer;
    ctx->actor.locale = words_accepted(http_header(request, "Accept-Language"));
    ctx->actor.time_zone = STR("UTC");
    ctx->actor.name = STR("");
    ctx->actor.email = STR("");
}

static int64_t answer_bytes(const struct http_response *response)
{
    return response->file >= 0                ? response->file_size
           : !str_none(response->static_body) ? (int64_t)response->static_body.len
                                              : (int64_t)response->body.len;
}

// Texts in a path can be secrets, as in links of mails: of such a path its pattern is logged.
static void access_log(const struct ctx *ctx, const struct route *route, int64_t micros)
{
    bool told = route == NULL || str_none(ctx->path.texts[0]);
    LOG(LOG_LEVEL_INFO, "request", LOG_TEXT("method", str_c(http_method_word(ctx->req->method))),
        LOG_TEXT("path", told ? ctx->req->path : str_c(route->path)),
        LOG_NUM("status", ctx->resp->status), LOG_NUM("bytes", answer_bytes(ctx->resp)),
        LOG_NUM("us", micros), LOG_TEXT("request", str_c(ctx->req->id)),
        LOG_NUM("user", ctx->actor.user.v), LOG_TEXT("address", ctx->req->peer));
}

// Headers, the last touch, log and figures.
static void finish(struct ctx *ctx, const struct route *route, int64_t began_us)
{
    bool api = route == NULL ? is_api_path(ctx->req->path) : route->kind == ROUTE_API;
    answer_headers(ctx, api);
    http_finish(ctx->req, ctx->resp);
    int64_t micros = clock_monotonic_us() - began_us;
    enum route_kind kind = route == NULL ? ROUTE_PLAIN : route->kind;
    metrics_request(ctx->app->metrics, kind, ctx->resp->status, micros);
    access_log(ctx, route, micros);
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
    if (route == NULL) {
        run_no_route(&ctx, methods);
    } else {
        run_route(&ctx, route);
    }
    finish(&ctx, route, began);
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
    return route->body_limit > 0 ? route->body_limit : ROUTE_SMALL_BODY;
}

void dispatch_refuse(struct app *app, const struct http_request *request, const struct error *why,
                     struct http_response *response)
{
    struct ctx ctx;
    int64_t began = clock_monotonic_us();
    ctx_init(&ctx, app, request, response);
    answer_error(&ctx, is_api_path(request->path), 0, why);
    finish(&ctx, NULL, began);
}
