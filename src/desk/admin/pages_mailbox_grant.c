// SPDX-License-Identifier: GPL-3.0-or-later
//
// The way to the provider of a mailbox and back, to grant access to it (OAuth).
#include "app/config.h"
#include "app/say.h"
#include "desk/admin/mailboxes.html.h"
#include "desk/admin/routes.h"
#include "desk/channels/inbox.h"
#include "desk/desk.h"
#include "view/url.h"

struct str mailbox_redirect_uri(const struct ctx *ctx)
{
    struct str base = ctx->app->config->public_url;
    if (base.len == 0) {
        return STR_NONE;
    }
    base = str_sub(base, 0, base.len - (str_ends(base, STR("/")) ? 1 : 0));
    return str_printf(ctx->mem, STR_FMT "/admin/mailboxes/granted", STR_ARG(base));
}

// --- there --------------------------------------------------------------------------------------

struct going {
    struct ctx *ctx;
    struct inbox_grant grant;
    struct inbox box;
    struct str url;
};

static bool going_tx(struct db *tx, void *arg, struct error *err)
{
    struct going *going = arg;
    struct ctx *ctx = going->ctx;
    struct str url;
    if (!inbox_get(tx, ctx->mem, going->grant.id, &going->box, err) ||
        !inbox_grant_begin(desk_of(ctx), tx, &ctx->actor, &going->grant, &url, err)) {
        return false;
    }
    going->url = str_dup(ctx->mem, url);
    return true;
}

static struct str host_of(struct str url)
{
    struct str host = str_from(url, (size_t)(str_find(url, STR("://")) + 3));
    struct str rest;
    str_cut(host, '/', &host, &rest);
    return host;
}

// POST /admin/mailboxes/{inbox:id}/grant. The page's policy lets no form lead elsewhere, and
// whoever goes should see where to: so a link, not a redirect.
bool page_mailbox_grant(struct ctx *ctx, struct error *err)
{
    struct going going = {.ctx = ctx,
                          .grant = {.id = {ctx->path.ids[0]},
                                    .session = ctx->session,
                                    .redirect_uri = mailbox_redirect_uri(ctx)}};
    struct vm_mailbox_grant vm = {.id = going.grant.id, .redirect_uri = going.grant.redirect_uri};
    struct view v;
    if (str_none(going.grant.redirect_uri)) {
        return error_set(err, ERR_INVALID,
                         "Set public_url in the configuration first: the provider sends you back "
                         "there.");
    }
    if (!db_tx_run(ctx->app->db, "mailbox.grant", going_tx, &going, err)) {
        return false;
    }
    if (!url_checked(going.url, &vm.link)) {
        return error_set(err, ERR_INVALID,
                         "The address where access is granted begins with https://");
    }
    vm.provider = host_of(going.url);
    vm.user = going.box.settings.user;
    desk_page_begin(ctx, &v, &vm.layout, say_words(ctx, "Grant access"), "admin");
    view_mailbox_grant(&v, &vm);
    return true;
}

// --- and back -----------------------------------------------------------------------------------

struct coming {
    struct ctx *ctx;
    struct str state;
    struct inbox_grant grant;
};

static bool coming_tx(struct db *tx, void *arg, struct error *err)
{
    struct coming *coming = arg;
    struct ctx *ctx = coming->ctx;
    struct inbox_grant grant = {.session = ctx->session};
    if (!inbox_grant_take(desk_of(ctx), tx, &ctx->actor, coming->state, &grant, err)) {
        return false;
    }
    coming->grant = (struct inbox_grant){.id = grant.id,
                                         .session = ctx->session,
                                         .redirect_uri = str_dup(ctx->mem, grant.redirect_uri),
                                         .verifier = str_dup(ctx->mem, grant.verifier)};
    return true;
}

static struct str param_of(struct ctx *ctx, const char *name)
{
    struct str text = http_param(ctx->req, name);
    return str_none(text) ? STR("") : text;
}

static bool show_refusal(struct ctx *ctx, struct inbox_id id, struct str why, struct error *err)
{
    ctx->resp->status = 422;
    return mailbox_show(ctx, id, why, STR(""), err);
}

// GET /admin/mailboxes/granted: the provider sends the administrator here. Nothing happens without
// the state, which this session alone was given.
bool page_mailbox_granted(struct ctx *ctx, struct error *err)
{
    struct coming coming = {.ctx = ctx, .state = param_of(ctx, "state")};
    struct str refused = param_of(ctx, "error");
    struct str code = param_of(ctx, "code");
    struct error why;
    if (!db_tx_run(ctx->app->db, "mailbox.granted", coming_tx, &coming, err)) {
        return false;
    }
    if (refused.len > 0 || code.len == 0) {
        struct str words = param_of(ctx, "error_description");
        return show_refusal(
            ctx, coming.grant.id,
            str_printf(ctx->mem, "%s " STR_FMT " " STR_FMT,
                       str_cstr(ctx->mem, say_words(ctx, "The provider granted no access:")),
                       STR_ARG(str_one_line(ctx->mem, refused, 60)),
                       STR_ARG(str_one_line(ctx->mem, words, 200))),
            err);
    }
    if (!inbox_grant_finish(desk_of(ctx), ctx->mem, &ctx->actor, &coming.grant, code, &why)) {
        return show_refusal(ctx, coming.grant.id, str_dup(ctx->mem, str_c(why.message)), err);
    }
    http_redirect(ctx->resp,
                  str_printf(ctx->mem, "/admin/mailboxes/%lld", (long long)coming.grant.id.v));
    return true;
}
