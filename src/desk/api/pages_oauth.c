// SPDX-License-Identifier: GPL-3.0-or-later
//
// Letting a program act for oneself: the consent page and what follows. Nothing is sent to an
// address that was not registered for the program.
#include "app/oauth.h"
#include "app/say.h"
#include "base/words.h"
#include "desk/api/handlers.h"
#include "desk/api/oauth.html.h"
#include "desk/api/oauth_pages.h"
#include "desk/desk.h"

struct asked {
    struct oauth_client client;
    struct str client_id;
    struct str redirect_uri;
    struct str scope;
    struct str state;
    struct str challenge;  // absent without PKCE
};

static struct str or_empty(struct str text)
{
    return str_none(text) ? STR("") : text;
}

// Checks what must be right before anything may be sent back to the program.
static bool read_asked(struct ctx *ctx, struct asked *ret, struct str method, struct error *err)
{
    struct error why;
    if (!oauth_client_by_identifier(ctx->db, ctx->mem, ret->client_id, &ret->client, &why)) {
        return error_set(err, ERR_BAD_REQUEST,
                         "This desk does not know the program that sent you.");
    }
    if (!oauth_redirect_known(&ret->client, ret->redirect_uri)) {
        return error_set(err, ERR_BAD_REQUEST,
                         "The program that sent you named an address that is not its own.");
    }
    ret->scope = oauth_scopes(ctx->mem, ret->scope);
    if (str_none(ret->scope)) {
        return error_set(err, ERR_BAD_REQUEST, "The program asked for something unknown.");
    }
    bool pkce = !str_empty(ret->challenge);
    if ((ret->client.is_public && !pkce) || (pkce && !str_eq_c(method, "S256"))) {
        return error_set(err, ERR_BAD_REQUEST,
                         "The program must prove itself (code_challenge by S256).");
    }
    return true;
}

static struct str origin_of(struct str uri)
{
    ptrdiff_t scheme = str_find(uri, STR("://"));
    size_t from = scheme < 0 ? 0 : (size_t)scheme + 3;
    ptrdiff_t path = str_find_char(str_from(uri, from), '/');
    return path < 0 ? uri : str_sub(uri, 0, from + (size_t)path);
}

// The form's answer leads to the program, which the page's policy must allow.
static void allow_redirect(struct ctx *ctx, struct str uri)
{
    http_set_header(ctx->resp, "Content-Security-Policy",
                    str_printf(ctx->mem,
                               "default-src 'none'; script-src 'self'; style-src 'self'; img-src "
                               "'self' data:; connect-src 'self'; font-src 'self'; form-action "
                               "'self' " STR_FMT "; frame-ancestors 'none'; base-uri 'none'",
                               STR_ARG(origin_of(uri))));
}

// GET /oauth/authorizations/new
bool page_oauth_consent(struct ctx *ctx, struct error *err)
{
    struct asked asked = {.client_id = http_param(ctx->req, "client_id"),
                          .redirect_uri = http_param(ctx->req, "redirect_uri"),
                          .scope = or_empty(http_param(ctx->req, "scope")),
                          .state = or_empty(http_param(ctx->req, "state")),
                          .challenge = or_empty(http_param(ctx->req, "code_challenge"))};
    struct vm_consent vm;
    struct view v;
    if (!str_eq_c(http_param(ctx->req, "response_type"), "code")) {
        return error_set(err, ERR_BAD_REQUEST, "The program must ask for a code.");
    }
    if (!read_asked(ctx, &asked, http_param(ctx->req, "code_challenge_method"), err)) {
        return false;
    }
    bool writes = words_has(asked.scope, STR("write")) || str_find(asked.scope, STR(":write")) >= 0;
    vm = (struct vm_consent){
        .client = asked.client.name,
        .company = or_empty(asked.client.company),
        .user = ctx->actor.name,
        .may = writes ? say_words(ctx, "It could read and change what you can.")
                      : say_words(ctx, "It could read what you can, and change nothing."),
        .where = origin_of(asked.redirect_uri),
        .client_id = asked.client_id,
        .redirect_uri = asked.redirect_uri,
        .scope = asked.scope,
        .state = asked.state,
        .challenge = asked.challenge,
    };
    desk_page_begin(ctx, &v, &vm.layout, say_words(ctx, "Let a program in?"), "oauth");
    allow_redirect(ctx, asked.redirect_uri);
    view_consent(&v, &vm);
    return true;
}

struct granting {
    struct ctx *ctx;
    struct oauth_grant grant;
    struct str code;
};

static bool grant_tx(struct db *tx, void *arg, struct error *err)
{
    struct granting *g = arg;
    return oauth_code_make(tx, g->ctx->mem, &g->grant, clock_now(g->ctx->app->clock), &g->code,
                           err);
}

static void send_back(struct ctx *ctx, const struct asked *asked, const char *name,
                      struct str value)
{
    struct buf to;
    bool has_query = str_find_char(asked->redirect_uri, '?') >= 0;
    buf_init(&to, ctx->mem, 65536);
    buf_put(&to, asked->redirect_uri);
    buf_put_c(&to, has_query ? "&" : "?");
    buf_put_c(&to, name);
    buf_put_c(&to, "=");
    buf_put_percent(&to, value);
    if (asked->state.len > 0) {
        buf_put_c(&to, "&state=");
        buf_put_percent(&to, asked->state);
    }
    http_redirect(ctx->resp, buf_str(&to));
}

// POST /oauth/authorizations
bool page_oauth_grant(struct ctx *ctx, struct error *err)
{
    struct asked asked = {.client_id = http_form(ctx->req, "client_id"),
                          .redirect_uri = http_form(ctx->req, "redirect_uri"),
                          .scope = or_empty(http_form(ctx->req, "scope")),
                          .state = or_empty(http_form(ctx->req, "state")),
                          .challenge = or_empty(http_form(ctx->req, "code_challenge"))};
    struct granting granting = {.ctx = ctx};
    if (!read_asked(ctx, &asked, STR("S256"), err)) {
        return false;
    }
    if (!str_eq_c(http_form(ctx->req, "answer"), "allow")) {
        send_back(ctx, &asked, "error", STR("access_denied"));
        return true;
    }
    granting.grant =
        (struct oauth_grant){.client = asked.client.id,
                             .user = ctx->actor.user,
                             .scopes = asked.scope,
                             .redirect_uri = asked.redirect_uri,
                             .challenge = asked.challenge.len > 0 ? asked.challenge : STR_NONE};
    if (!db_tx_run(ctx->app->db, "oauth.grant", grant_tx, &granting, err)) {
        return false;
    }
    send_back(ctx, &asked, "code", granting.code);
    return true;
}
