// SPDX-License-Identifier: GPL-3.0-or-later
//
// What stands before every handler.
#include "app/config.h"
#include "app/dispatch_internal.h"
#include "app/oauth.h"
#include "app/rate.h"
#include "app/session.h"

static const enum role LEAST_ROLE[] = {
    [WHO_ANYONE] = ROLE_NONE, [WHO_SIGNED_IN] = ROLE_END_USER, [WHO_STAFF] = ROLE_LIGHT_AGENT,
    [WHO_AGENT] = ROLE_AGENT, [WHO_LEAD] = ROLE_LEAD,          [WHO_ADMIN] = ROLE_ADMIN,
};

bool is_api_path(struct str path)
{
    return str_starts(path, STR("/api/")) || str_starts(path, STR("/oauth/"));
}

bool is_write(enum http_method method)
{
    return method != HTTP_GET && method != HTTP_HEAD && method != HTTP_OPTIONS;
}

// --- who ----------------------------------------------------------------------------------------

static bool authenticate_api(struct ctx *ctx, const struct route *route, struct error *err)
{
    if (api_authenticate(ctx, err)) {
        return true;
    }
    // Clients ask who they are with a wrong token and expect "nobody".
    return err->code == ERR_UNAUTHENTICATED && route->who == WHO_ANYONE &&
           str_eq_c(ctx->req->path, "/api/v2/users/me");
}

static bool authenticate(struct ctx *ctx, const struct route *route, struct error *err)
{
    switch (route->kind) {
    case ROUTE_STATIC:
        return true;
    case ROUTE_API:
        return authenticate_api(ctx, route, err);
    case ROUTE_PLAIN:
        return session_load(ctx, err);
    case ROUTE_PAGE:
        break;
    }
    if (!session_load(ctx, err)) {
        return false;
    }
    if (ctx->session.len == 0) {
        csrf_anonymous(ctx);
    }
    return true;
}

static bool access_require(struct ctx *ctx, const struct route *route, struct error *err)
{
    if (ctx->actor.role >= LEAST_ROLE[route->who]) {
        return true;
    }
    if (ctx->actor.role == ROLE_NONE) {
        return error_set(err, ERR_UNAUTHENTICATED,
                         route->kind == ROUTE_API ? "Couldn't authenticate you"
                                                  : "Please sign in to see this page.");
    }
    return error_set(err, ERR_FORBIDDEN,
                     "You do not have access to this page. Please contact the account owner of "
                     "this help desk for further help.");
}

// --- how often ----------------------------------------------------------------------------------

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

// Looking at a sign-in page or an empty form costs nothing of its budget.
static bool is_counted(const struct ctx *ctx, enum rate_class class)
{
    bool writes_only = class == RATE_SIGN_IN || class == RATE_PUBLIC_FORM;
    return class != RATE_NONE && (!writes_only || is_write(ctx->req->method));
}

// Each token is counted alone, so that one program does not use up another's share; who is known
// without one by who they are, wherever they sit; strangers by their address.
static struct str rate_key(const struct ctx *ctx, enum rate_class class)
{
    if (class == RATE_API && ctx->token != 0) {
        return str_printf(ctx->mem, "%d:token:%lld", (int)class, (long long)ctx->token);
    }
    bool by_user = (class == RATE_API || class == RATE_PAGE) && ctx->actor.user.v != 0;
    if (by_user) {
        return str_printf(ctx->mem, "%d:user:%lld", (int)class, (long long)ctx->actor.user.v);
    }
    return str_printf(ctx->mem, "%d:" STR_FMT, (int)class,
                      STR_ARG(rate_address(ctx->mem, ctx->req->peer)));
}

#define UNLIMITED 1000000

static void rate_headers(struct ctx *ctx, int64_t budget, int64_t left)
{
    struct http_response *resp = ctx->resp;
    int64_t total = budget == 0 ? UNLIMITED : budget;
    int64_t rest = budget == 0 ? UNLIMITED : left;
    struct str total_text = str_printf(ctx->mem, "%lld", (long long)total);
    struct str rest_text = str_printf(ctx->mem, "%lld", (long long)rest);
    http_set_header(resp, "X-Rate-Limit", total_text);
    http_set_header(resp, "X-Rate-Limit-Remaining", rest_text);
    http_set_header(resp, "ratelimit-limit", total_text);
    http_set_header(resp, "ratelimit-remaining", rest_text);
    // Until the budget is full again: it refills steadily, all of it in a minute.
    http_set_header(resp, "ratelimit-reset",
                    str_printf(ctx->mem, "%lld", (long long)((total - rest) * 60 / total)));
}

// All API calls of one address together; what is left of it is told to nobody.
static bool address_take(struct ctx *ctx, const struct route *route, int64_t *ret_wait)
{
    int64_t budget = ctx->app->config->rate_api_address;
    int64_t left = 0;
    if (route->kind != ROUTE_API || budget == 0) {
        return true;
    }
    struct str key =
        str_printf(ctx->mem, "all:" STR_FMT, STR_ARG(rate_address(ctx->mem, ctx->req->peer)));
    return rate_take(ctx->app->limiter, key, budget, clock_now(ctx->app->clock), &left, ret_wait);
}

static bool rate_check(struct ctx *ctx, const struct route *route, struct error *err)
{
    int64_t budget = budget_of(ctx->app, route->rate);
    int64_t left = budget;
    int64_t wait = 0;
    bool ok = true;
    if (is_counted(ctx, route->rate) && budget > 0) {
        ok = rate_take(ctx->app->limiter, rate_key(ctx, route->rate), budget,
                       clock_now(ctx->app->clock), &left, &wait);
    }
    if (route->kind == ROUTE_API) {
        rate_headers(ctx, budget, left);
    }
    ok = ok && address_take(ctx, route, &wait);
    return ok || error_wait(err, ERR_RATE_LIMITED, wait,
                            "That was too much in a short time. Please try again in %lld second%s.",
                            (long long)wait, wait == 1 ? "" : "s");
}

bool guards_pass(struct ctx *ctx, const struct route *route, struct error *err)
{
    if (!authenticate(ctx, route, err) || !access_require(ctx, route, err)) {
        return false;
    }
    if (route->kind == ROUTE_API && !oauth_scope_check(ctx, err)) {
        return false;
    }
    bool by_cookie =
        route->kind == ROUTE_PAGE || (route->kind == ROUTE_API && ctx->session.len > 0);
    if (by_cookie && is_write(ctx->req->method) && !csrf_check(ctx, err)) {
        return false;
    }
    return rate_check(ctx, route, err);
}
