// SPDX-License-Identifier: GPL-3.0-or-later
//
// The second step of signing in. Between the two steps nobody is signed in: a sealed cookie says
// who took the first one, and for ten minutes.
#include "app/config.h"
#include "app/rate.h"
#include "app/say.h"
#include "base/random.h"
#include "desk/door/door.html.h"
#include "desk/door/pages_internal.h"
#include "desk/people/pages.h"
#include "desk/people/people.h"

#define COOKIE "second"
#define PLACE "sign in: second step"
#define COOKIE_SECONDS 600

// --- between the steps --------------------------------------------------------------------------

struct halfway {
    struct ctx *ctx;
    struct user user;
    struct str next;
    struct factor *factors;
    size_t count;
};

static bool must_have(const struct ctx *ctx, const struct user *user)
{
    return str_eq_c(ctx->app->config->two_factors, "staff") && user->role >= ROLE_LIGHT_AGENT;
}

bool door_password_alone(struct ctx *ctx, struct str email, struct str password, struct user *ret,
                         struct error *err)
{
    bool any = false;
    if (!password_check(ctx->db, ctx->mem, email, password, ret, err) ||
        !factors_any(ctx->db, ctx->mem, ret->id, &any, err)) {
        return false;
    }
    return (!any && !must_have(ctx, ret)) ||
           error_set(err, ERR_UNAUTHENTICATED, "A password alone is not enough here.");
}

bool door_arrives(struct ctx *ctx, struct user_id id, struct str next, bool *ret_answered,
                  struct error *err)
{
    struct user user;
    bool any = false;
    bool found = false;
    *ret_answered = false;
    if (!factors_any(ctx->db, ctx->mem, id, &any, err) ||
        !user_find(ctx->db, ctx->mem, id, &user, &found, err)) {
        return false;
    }
    if (!any && !must_have(ctx, &user)) {
        return true;
    }
    http_set_cookie(ctx->resp, ctx->req, COOKIE,
                    door_give_out(ctx, PLACE, id, str_none(next) ? STR("") : next), COOKIE_SECONDS);
    http_redirect(ctx->resp, STR("/sign-in/second"));
    *ret_answered = true;
    return true;
}

// Who took the first step; *ret_over when that is too long ago.
static bool load_halfway(struct ctx *ctx, struct halfway *h, bool *ret_over, struct error *err)
{
    struct user_id id = {0};
    struct str cookie = http_cookie(ctx->req, COOKIE);
    bool found = false;
    h->ctx = ctx;
    *ret_over = !door_take_back(ctx, PLACE, str_none(cookie) ? STR("") : cookie, &id, &h->next);
    if (*ret_over) {
        http_redirect(ctx->resp, STR("/sign-in"));
        return true;
    }
    if (!user_find(ctx->db, ctx->mem, id, &h->user, &found, err) ||
        !factors_of(ctx->db, ctx->mem, id, &h->factors, &h->count, err)) {
        return false;
    }
    return found || error_set(err, ERR_NOT_FOUND, "There is no such person.");
}

static bool let_in(struct ctx *ctx, const struct user *user, struct str next, struct error *err)
{
    http_set_cookie(ctx->resp, ctx->req, COOKIE, STR(""), 0);
    return page_let_in(ctx, user, next, err);
}

// --- the page -----------------------------------------------------------------------------------

static void fill_second(struct ctx *ctx, const struct halfway *h, struct vm_second *vm)
{
    struct buf known;
    buf_init(&known, ctx->mem, (size_t)64 << 10);
    for (size_t i = 0; i < h->count; i++) {
        vm->has_app = vm->has_app || !h->factors[i].passkey;
        if (h->factors[i].passkey) {
            buf_put(&known, h->factors[i].credential);
            buf_put_char(&known, ' ');
        }
    }
    if (known.len > 0) {
        door_passkey_ask(ctx, h->user.id, false, &vm->passkey);
        vm->passkey.credentials = str_trim(buf_str(&known));
    }
}

// Staff who must have a second step and have none make one before they are in.
static bool show_first_app(struct ctx *ctx, const struct halfway *h, struct str error,
                           struct error *err)
{
    struct view v;
    struct vm_app_new app = {.action = url_literal("/sign-in/second/app"), .error = error};
    struct vm_factors vm = {.app = &app};
    struct str account = str_none(h->user.email) ? h->user.name : h->user.email;
    if (!door_app_new(ctx, h->user.id, account, &app, err)) {
        return false;
    }
    if (app.name.len == 0) {
        app.name = say_words(ctx, "My phone");
    }
    desk_page_begin(ctx, &v, &vm.layout, say_words(ctx, "A second step to sign in"), "sign-in");
    view_second_app(&v, &vm);
    return true;
}

static bool show(struct ctx *ctx, const struct halfway *h, const struct error *why,
                 struct error *err)
{
    struct view v;
    struct vm_second vm = {.error = STR("")};
    if (why != NULL) {
        vm.error = say_str(ctx, str_dup(ctx->mem, str_c(why->message)));
        ctx->resp->status =
            error_http_status(why->code) == 401 ? 422 : error_http_status(why->code);
    }
    if (h->count == 0) {
        return show_first_app(ctx, h, vm.error, err);
    }
    fill_second(ctx, h, &vm);
    desk_page_begin(ctx, &v, &vm.layout, say_words(ctx, "The second step"), "sign-in");
    view_second(&v, &vm);
    return true;
}

// GET /sign-in/second
bool page_second(struct ctx *ctx, struct error *err)
{
    struct halfway h;
    bool over = false;
    return load_halfway(ctx, &h, &over, err) && (over || show(ctx, &h, NULL, err));
}

// --- answers ------------------------------------------------------------------------------------

struct use {
    struct halfway *h;
    struct passkey_answer answer;
    struct factor factor;
    bool good;
};

static bool code_tx(struct db *tx, void *arg, struct error *err)
{
    struct use *use = arg;
    struct ctx *ctx = use->h->ctx;
    struct factors f = door_factors(ctx);
    return factor_code_use(&f, tx, use->h->user.id, http_form_text(ctx->req, "code"), &use->good,
                           err);
}

static bool passkey_tx(struct db *tx, void *arg, struct error *err)
{
    struct use *use = arg;
    struct factors f = door_factors(use->h->ctx);
    return factor_passkey_use(&f, tx, &use->factor, use->answer.data.counter, use->answer.challenge,
                              &use->good, err);
}

// Whether the passkey named by the form answered what it was asked, for `user` (0: for its owner).
static bool passkey_check(struct ctx *ctx, struct use *use, struct user_id user, struct error *err)
{
    bool found = false;
    struct str der;
    struct str signature;
    if (!door_passkey_answer(ctx, false, &use->answer, err) ||
        !factor_of_credential(ctx->db, ctx->mem, http_form_text(ctx->req, "credential"),
                              &use->factor, &found, err)) {
        return false;
    }
    bool theirs = found && use->answer.user.v == user.v &&
                  (user.v == 0 || use->factor.user.v == user.v) &&
                  base64_decode(ctx->mem, use->factor.public_key, &der) &&
                  base64_decode(ctx->mem, http_form_text(ctx->req, "signature"), &signature);
    if (!theirs ||
        !webauthn_signed(der, use->answer.client_json, use->answer.authenticator, signature)) {
        return error_set(err, ERR_UNAUTHENTICATED, "This passkey is not known here.");
    }
    return db_tx_run(ctx->app->db, "factor.use", passkey_tx, use, err);
}

// POST /sign-in/second
bool page_second_send(struct ctx *ctx, struct error *err)
{
    struct halfway h;
    struct use use = {.h = &h};
    struct error why;
    bool over = false;
    if (!load_halfway(ctx, &h, &over, err) || over) {
        return over;
    }
    struct limiter *limiter = ctx->app->limiter;
    int64_t now = clock_now(ctx->app->clock);
    struct str account = str_printf(ctx->mem, "second step %lld", (long long)h.user.id.v);
    bool passkey = http_form_text(ctx->req, "credential").len > 0;
    if (!guess_allowed(limiter, account, ctx->req->peer, now, &why)) {
        return show(ctx, &h, &why, err);
    }
    bool ran = passkey ? passkey_check(ctx, &use, h.user.id, &why)
                       : db_tx_run(ctx->app->db, "factor.use", code_tx, &use, &why);
    if (ran && use.good) {
        guess_passed(limiter, account, ctx->req->peer);
        return let_in(ctx, &h.user, h.next, err);
    }
    if (!ran && why.code != ERR_INVALID && why.code != ERR_UNAUTHENTICATED) {
        *err = why;
        return false;
    }
    guess_failed(limiter, account, ctx->req->peer, now);
    if (ran) {
        (void)error_set(&why, ERR_UNAUTHENTICATED,
                        "That is not right. Wait for the next code, or use a recovery code.");
    }
    return show(ctx, &h, &why, err);
}

// --- the first app of who must have one
// -----------------------------------------------------------

struct first {
    struct halfway *h;
    struct str secret;
    struct actor actor;
    struct str codes[RECOVERY_CODES];
};

static bool first_tx(struct db *tx, void *arg, struct error *err)
{
    struct first *first = arg;
    struct ctx *ctx = first->h->ctx;
    struct factors f = door_factors(ctx);
    bool any = false;
    door_forget_passwords(ctx, tx);
    if (!factors_any(tx, ctx->mem, first->h->user.id, &any, err)) {
        return false;
    }
    if (any) {
        return error_set(err, ERR_CONFLICT, "You have a second step already. Sign in again.");
    }
    return factor_add_app(&f, tx, &first->actor, http_form_text(ctx->req, "name"), first->secret,
                          http_form_text(ctx->req, "code"), err) &&
           recovery_codes_make(&f, tx, first->h->user.id, first->codes, err);
}

// POST /sign-in/second/app
bool page_second_app(struct ctx *ctx, struct error *err)
{
    struct halfway h;
    struct first first = {.h = &h};
    struct error why;
    bool over = false;
    if (!load_halfway(ctx, &h, &over, err) || over) {
        return over;
    }
    if (!ctx->app->load_actor(ctx->db, ctx->mem, h.user.id, &first.actor, err)) {
        return false;
    }
    if (!door_app_secret(ctx, h.user.id, &first.secret, &why) ||
        !db_tx_run(ctx->app->db, "factor.first", first_tx, &first, &why)) {
        *err = why;
        return (why.code == ERR_INVALID || why.code == ERR_CONFLICT) && show(ctx, &h, &why, err);
    }
    if (!let_in(ctx, &h.user, h.next, err)) {
        return false;
    }
    // In, and shown the codes before anything else.
    struct view v;
    struct vm_factors vm = {.codes = first.codes, .code_count = RECOVERY_CODES};
    ctx->resp->status = 200;
    desk_page_begin(ctx, &v, &vm.layout, say_words(ctx, "Keep these codes"), "sign-in");
    view_second_codes(&v, &vm);
    return true;
}

// --- by a passkey alone -------------------------------------------------------------------------

// POST /sign-in/passkey: it checks who holds it, so it is both steps in one.
bool page_passkey_sign_in(struct ctx *ctx, struct error *err)
{
    struct halfway h = {.ctx = ctx};
    struct use use = {.h = &h};
    struct user user;
    struct error why;
    bool found = false;
    if (!passkey_check(ctx, &use, (struct user_id){0}, &why) || !use.good) {
        *err = why;
        http_redirect(ctx->resp, STR("/sign-in?passkey=unknown"));
        return use.answer.user.v == 0;
    }
    if (!user_find(ctx->db, ctx->mem, use.factor.user, &user, &found, err)) {
        return false;
    }
    struct actor actor;
    if (!ctx->app->load_actor(ctx->db, ctx->mem, use.factor.user, &actor, err)) {
        return false;
    }
    if (!found || actor.user.v == 0) {
        http_redirect(ctx->resp, STR("/sign-in?passkey=unknown"));
        return true;
    }
    return page_let_in(ctx, &user, http_form_text(ctx->req, "next"), err);
}
