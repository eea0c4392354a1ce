// SPDX-License-Identifier: GPL-3.0-or-later
//
// The way to a provider and back. Between the two nobody is signed in; a sealed cookie has what
// must come back unchanged: without it, a link with somebody else's code signs nobody in.
#include "desk/sso/pages.h"

#include "app/say.h"
#include "base/random.h"
#include "desk/desk.h"
#include "desk/door/pages.h"
#include "desk/people/pages.h"
#include "desk/sso/pages_internal.h"
#include "desk/sso/sso.html.h"
#include "view/url.h"

#define COOKIE "sso"
#define PLACE "sign in: elsewhere"
#define COOKIE_SECONDS 600

bool sso_offer(struct ctx *ctx, struct str next, struct sign_in_place **ret, size_t *ret_count,
               bool *ret_names, struct error *err)
{
    struct sso_provider *all = NULL;
    size_t count = 0;
    if (!sso_providers(desk_of(ctx), ctx->db, ctx->mem, &all, &count, err) ||
        !sso_any_directory(ctx, ret_names, err)) {
        return false;
    }
    *ret = mem_array(ctx->mem, struct sign_in_place, count + 1);
    *ret_count = 0;
    for (size_t i = 0; i < count; i++) {
        struct url_builder link;
        if (!all[i].active) {
            continue;
        }
        url_begin(&link, ctx->mem, "/sign-in/with");
        url_segment_i64(&link, all[i].id.v);
        if (!str_empty(next)) {
            url_param(&link, "next", next);
        }
        (*ret)[(*ret_count)++] = (struct sign_in_place){all[i].name, url_end(&link)};
    }
    return true;
}

static bool show_refused(struct ctx *ctx, const struct error *why)
{
    struct vm_sso_refused vm = {.text = say_str(ctx, str_dup(ctx->mem, str_c(why->message)))};
    struct view v;
    int status = error_http_status(why->code);
    ctx->resp->status = status == 401 || status == 404 ? 422 : status;
    desk_page_begin(ctx, &v, &vm.layout, say_words(ctx, "Signing in did not work"), "sign-in");
    view_sso_refused(&v, &vm);
    return true;
}

static bool load_active(struct ctx *ctx, struct provider_id id, struct sso_provider *ret,
                        struct error *err)
{
    return sso_provider_load(desk_of(ctx), ctx->db, ctx->mem, id, ret, err) &&
           (ret->active || error_set(err, ERR_NOT_FOUND, "There is no such place to sign in."));
}

static struct oidc_client client_of(const struct ctx *ctx, const struct sso_provider *provider)
{
    return (struct oidc_client){.id = provider->client,
                                .secret = provider->secret,
                                .redirect_uri = sso_redirect_uri(ctx),
                                .ca = provider->ca};
}

static void forget_cookie(struct ctx *ctx)
{
    http_set_cookie(ctx->resp, ctx->req, COOKIE, STR(""), 0);
}

// GET /sign-in/with/{provider:id}
bool page_sso_leave(struct ctx *ctx, struct error *err)
{
    struct sso_provider provider;
    struct oidc_place place;
    struct error why;
    struct str next = http_param(ctx->req, "next");
    if (!load_active(ctx, (struct provider_id){ctx->path.ids[0]}, &provider, err)) {
        return false;
    }
    struct oidc_client client = client_of(ctx, &provider);
    if (str_empty(client.redirect_uri)) {
        return error_set(err, ERR_UNAVAILABLE,
                         "Set public_url in the configuration first: the provider sends people "
                         "back there.");
    }
    if (!sso_place(desk_of(ctx)->sso, ctx->mem, &provider, &place, &why)) {
        return show_refused(ctx, &why);
    }
    struct oidc_attempt attempt = oidc_attempt_new(ctx->mem);
    struct str kept =
        str_printf(ctx->mem, STR_FMT " " STR_FMT " " STR_FMT " " STR_FMT, STR_ARG(attempt.state),
                   STR_ARG(attempt.nonce), STR_ARG(attempt.verifier),
                   STR_ARG(str_none(next) ? STR("") : str_utf8_clip(next, 500)));
    http_set_cookie(ctx->resp, ctx->req, COOKIE,
                    door_give_out(ctx, PLACE, (struct user_id){provider.id.v}, kept),
                    COOKIE_SECONDS);
    http_redirect(ctx->resp, oidc_leave(ctx->mem, &place, &client, &attempt));
    return true;
}

// --- and back -----------------------------------------------------------------------------------

struct coming {
    struct ctx *ctx;
    struct sso_provider provider;
    struct oidc_attempt attempt;
    struct str next;
    struct oidc_claims claims;
    struct user user;
};

// What the cookie kept for exactly this answer.
static bool read_cookie(struct coming *c, struct provider_id *ret, struct error *err)
{
    struct ctx *ctx = c->ctx;
    struct user_id id = {0};
    struct str kept = STR("");
    struct str cookie = http_cookie(ctx->req, COOKIE);
    struct str state = http_param(ctx->req, "state");
    bool fine = door_take_back(ctx, PLACE, str_none(cookie) ? STR("") : cookie, &id, &kept);
    str_cut(kept, ' ', &c->attempt.state, &kept);
    if (fine && !str_none(kept)) {
        str_cut(kept, ' ', &c->attempt.nonce, &kept);
    }
    if (fine && !str_none(kept)) {
        str_cut(kept, ' ', &c->attempt.verifier, &c->next);
    }
    ret->v = id.v;
    return (fine && !str_none(c->next) && !str_empty(state) &&
            secret_equal(state, c->attempt.state)) ||
           error_set(err, ERR_INVALID,
                     "This answer belongs to no sign-in that was begun here in the last ten "
                     "minutes. Begin anew.");
}

static bool person_tx(struct db *tx, void *arg, struct error *err)
{
    struct coming *c = arg;
    return sso_person(desk_of(c->ctx), tx, c->ctx->mem, &c->provider, &c->claims, &c->user, err);
}

static bool find_person(struct coming *c, struct error *err)
{
    struct ctx *ctx = c->ctx;
    struct provider_id id = {0};
    struct oidc_place place;
    struct str code = http_param(ctx->req, "code");
    struct str issuer = http_param(ctx->req, "iss");
    if (!read_cookie(c, &id, err) || !load_active(ctx, id, &c->provider, err)) {
        return false;
    }
    if (!str_none(http_param(ctx->req, "error")) || str_empty(code)) {
        return error_set(err, ERR_UNAUTHENTICATED, "The other side did not let you in.");
    }
    struct oidc_client client = client_of(ctx, &c->provider);
    if (!sso_place(desk_of(ctx)->sso, ctx->mem, &c->provider, &place, err)) {
        return false;
    }
    if (!str_none(issuer) && !str_eq(issuer, place.issuer)) {  // RFC 9207, section 2.4
        return error_set(err, ERR_UNAUTHENTICATED, "This answer comes from somebody else.");
    }
    const struct oidc_return back = {.place = &place,
                                     .client = &client,
                                     .attempt = &c->attempt,
                                     .code = code,
                                     .now = clock_now(ctx->app->clock)};
    return sso_come_back(desk_of(ctx)->sso, ctx->mem, &back, &c->claims, err) &&
           db_tx_run(ctx->app->db, "sso.person", person_tx, c, err);
}

// GET /sign-in/came-back
bool page_sso_back(struct ctx *ctx, struct error *err)
{
    struct coming c = {.ctx = ctx};
    struct error why;
    forget_cookie(ctx);
    if (!find_person(&c, &why)) {
        return why.code == ERR_INTERNAL ? (*err = why, false) : show_refused(ctx, &why);
    }
    return c.provider.second_step ? page_let_in(ctx, &c.user, c.next, err)
                                  : page_arrive(ctx, &c.user, c.next, err);
}
