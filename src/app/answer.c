// SPDX-License-Identifier: GPL-3.0-or-later
//
// What every answer gets: errors in the right shape, headers that keep browsers safe.
#include <stdio.h>

#include "app/api.h"
#include "app/dispatch_internal.h"
#include "base/log.h"
#include "base/random.h"
#include "live/live.h"

#define DEFAULT_WAIT_S 5

#define PAGE_POLICY                                                                                \
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; "        \
    "connect-src 'self'; font-src 'self'; frame-src 'self'; manifest-src 'self'; form-action "     \
    "'self'; frame-ancestors 'none'; base-uri 'none'"
#define API_POLICY "default-src 'none'; frame-ancestors 'none'"

#define API_METHODS "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS"
#define API_REQUEST_HEADERS                                                                        \
    "Authorization, Content-Type, Idempotency-Key, If-None-Match, X-On-Behalf-Of"
#define API_RESPONSE_HEADERS                                                                       \
    "ETag, Location, Retry-After, X-Rate-Limit, X-Rate-Limit-Remaining, X-Request-Id"

// --- errors -------------------------------------------------------------------------------------

static void log_failure(const struct ctx *ctx, const struct error *err)
{
    if (err->code == ERR_INTERNAL || err->detail[0] != '\0') {
        LOG(err->code == ERR_INTERNAL ? LOG_LEVEL_ERROR : LOG_LEVEL_WARN, "request failed",
            LOG_TEXT("request", str_c(ctx->req->id)), LOG_TEXT("path", ctx->req->path),
            LOG_TEXT("message", str_c(err->message)), LOG_TEXT("detail", str_c(err->detail)));
    }
}

static void redirect_to_sign_in(struct ctx *ctx)
{
    struct buf to;
    buf_init(&to, ctx->mem, 65536);
    buf_put_c(&to, "/sign-in?next=");
    buf_put_percent(&to, ctx->req->path);
    if (ctx->req->query.len > 0) {
        buf_put_percent(&to, STR("?"));
        buf_put_percent(&to, ctx->req->query);
    }
    http_redirect(ctx->resp, buf_str(&to));
}

void answer_error(struct ctx *ctx, bool api, size_t keep, const struct error *err)
{
    struct http_response *resp = ctx->resp;
    log_failure(ctx, err);
    http_response_cut(resp, keep);
    if (resp->live != NULL) {
        live_unsubscribe(resp->live);
        resp->live = NULL;
    }
    resp->status = error_http_status(err->code);
    if (resp->status == 429 || resp->status == 503) {
        int wait = err->wait_s > 0 ? err->wait_s : DEFAULT_WAIT_S;
        http_set_header(resp, "Retry-After", str_printf(ctx->mem, "%d", wait));
    }
    if (api) {
        api_write_error(ctx, err);
        return;
    }
    bool wants_page = ctx->req->method == HTTP_GET && !ctx->fragment;
    if (err->code == ERR_UNAUTHENTICATED && wants_page) {
        redirect_to_sign_in(ctx);
        return;
    }
    http_set_header_c(resp, "Content-Type", "text/html; charset=utf-8");
    ctx->app->render_error(ctx, err);
}

static struct str method_list(struct ctx *ctx, unsigned methods)
{
    struct buf list;
    buf_init(&list, ctx->mem, 256);
    methods |= (methods & 1u << HTTP_GET) != 0 ? 1u << HTTP_HEAD : 0;
    methods |= 1u << HTTP_OPTIONS;
    for (int i = 0; i < HTTP_METHODS; i++) {
        if ((methods & 1u << i) != 0) {
            buf_put_c(&list, list.len > 0 ? ", " : "");
            buf_put_c(&list, http_method_word((enum http_method)i));
        }
    }
    return buf_str(&list);
}

void answer_no_route(struct ctx *ctx, unsigned methods, struct error *err)
{
    if (methods == 0) {
        (void)error_set(err, ERR_NOT_FOUND, "There is no such page.");
    } else {
        (void)error_set(err, ERR_METHOD, "This address does not take that kind of request.");
        http_set_header(ctx->resp, "Allow", method_list(ctx, methods));
    }
    (void)snprintf(err->word, sizeof err->word, "InvalidEndpoint");
}

// --- other origins ------------------------------------------------------------------------------

// Pages of other sites may use the API with a token that they were given, never with the cookie of
// whoever looks at them.
static void allow_origin(struct ctx *ctx)
{
    http_set_header_c(ctx->resp, "Access-Control-Allow-Origin", "*");
    http_set_header_c(ctx->resp, "Access-Control-Expose-Headers", API_RESPONSE_HEADERS);
}

void answer_options(struct ctx *ctx, unsigned methods)
{
    ctx->resp->status = 204;
    http_set_header(ctx->resp, "Allow", method_list(ctx, methods));
    if (is_api_path(ctx->req->path) && !str_none(http_header(ctx->req, "Origin"))) {
        allow_origin(ctx);
        http_set_header_c(ctx->resp, "Access-Control-Allow-Methods", API_METHODS);
        http_set_header_c(ctx->resp, "Access-Control-Allow-Headers", API_REQUEST_HEADERS);
        http_set_header_c(ctx->resp, "Access-Control-Max-Age", "600");
    }
}

// --- headers ------------------------------------------------------------------------------------

void answer_etag(struct ctx *ctx)
{
    struct http_response *resp = ctx->resp;
    bool plain = str_none(resp->static_body) && resp->file < 0 && resp->live == NULL;
    if (is_write(ctx->req->method) || resp->status != 200 || !plain) {
        return;
    }
    uint64_t hash = hash_quick(ctx->app->secret, buf_str(&resp->body));
    http_set_header(resp, "ETag", str_printf(ctx->mem, "W/\"%016llx\"", (unsigned long long)hash));
    http_set_header_c(resp, "Cache-Control", "max-age=0, private, must-revalidate");
}

static void set_unless_there(struct http_response *resp, const char *name, const char *value)
{
    if (str_none(http_response_header(resp, name))) {
        http_set_header_c(resp, name, value);
    }
}

void answer_headers(struct ctx *ctx, bool api)
{
    struct http_response *resp = ctx->resp;
    set_unless_there(resp, "Content-Security-Policy", api ? API_POLICY : PAGE_POLICY);
    set_unless_there(resp, "Cross-Origin-Resource-Policy", "same-origin");
    set_unless_there(resp, "Cache-Control", "no-store");
    http_set_header_c(resp, "X-Content-Type-Options", "nosniff");
    http_set_header_c(resp, "X-Request-Id", ctx->req->id);
    if (api) {
        http_set_header_c(resp, "X-Zendesk-API-Version", "v2");
        if (str_istarts(http_header(ctx->req, "Authorization"), STR("Bearer "))) {
            allow_origin(ctx);
        }
    } else {
        http_set_header_c(resp, "Referrer-Policy", "same-origin");
        http_set_header_c(resp, "Cross-Origin-Opener-Policy", "same-origin");
        http_set_header_c(resp, "Permissions-Policy",
                          "camera=(), microphone=(), geolocation=(), interest-cohort=()");
    }
    if (str_eq_c(ctx->req->scheme, "https")) {
        http_set_header_c(resp, "Strict-Transport-Security", "max-age=31536000");
    }
}
