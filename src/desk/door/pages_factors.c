// SPDX-License-Identifier: GPL-3.0-or-later
//
// One's own second factors: adding, removing, recovery codes.
#include "app/rate.h"
#include "app/say.h"
#include "desk/door/door.html.h"
#include "desk/door/pages_internal.h"
#include "desk/people/people.h"

static void fill_passkey(struct ctx *ctx, struct vm_factors *vm)
{
    struct buf known;
    buf_init(&known, ctx->mem, (size_t)64 << 10);
    door_passkey_ask(ctx, ctx->actor.user, true, &vm->passkey);
    for (size_t i = 0; i < vm->factor_count; i++) {
        if (vm->factors[i].passkey) {
            buf_put(&known, vm->factors[i].credential);
            buf_put_char(&known, ' ');
        }
    }
    vm->passkey.credentials = str_trim(buf_str(&known));
}

struct loading {
    struct ctx *ctx;
    struct vm_factors *vm;
};

static bool load(struct db *db, void *arg, struct error *err)
{
    struct loading *l = arg;
    struct factor *all;
    bool ok = factors_of(db, l->ctx->mem, l->ctx->actor.user, &all, &l->vm->factor_count, err) &&
              recovery_codes_left(db, l->ctx->actor.user, &l->vm->codes_left, err);
    l->vm->factors = ok ? all : NULL;
    return ok;
}

bool door_show_factors(struct ctx *ctx, struct vm_factors *vm, struct error *err)
{
    struct view v;
    struct loading loading = {ctx, vm};
    if (!db_read(ctx->app->db, load, &loading, err)) {
        return false;
    }
    vm->person = ctx->actor.name;
    desk_page_begin(ctx, &v, &vm->layout, say_words(ctx, "Two steps to sign in"), "account");
    fill_passkey(ctx, vm);
    view_factors(&v, vm);
    return true;
}

static bool show_refused(struct ctx *ctx, struct vm_factors *vm, const struct error *why,
                         struct error *err)
{
    *err = *why;
    if (why->code != ERR_INVALID && why->code != ERR_CONFLICT) {
        return false;
    }
    vm->error = say_str(ctx, str_dup(ctx->mem, str_c(why->message)));
    ctx->resp->status = 422;
    return door_show_factors(ctx, vm, err);
}

// GET /account/factors
bool page_factors(struct ctx *ctx, struct error *err)
{
    struct vm_factors vm = {0};
    return door_show_factors(ctx, &vm, err);
}

static bool show_new_app(struct ctx *ctx, const struct error *why, struct error *err)
{
    struct vm_factors vm = {0};
    struct vm_app_new app = {.action = url_literal("/account/factors/app/add")};
    vm.app = &app;
    return door_app_new(ctx, ctx->actor.user, ctx->actor.email, &app, err) &&
           (why == NULL ? door_show_factors(ctx, &vm, err) : show_refused(ctx, &vm, why, err));
}

// POST /account/factors/app: shows a new secret.
bool page_factor_app(struct ctx *ctx, struct error *err)
{
    return show_new_app(ctx, NULL, err);
}

// --- adding -------------------------------------------------------------------------------------

struct adding {
    struct ctx *ctx;
    struct factors factors;
    struct str secret;  // of an app; absent: a passkey
    struct passkey key;
    struct str codes[RECOVERY_CODES];
    size_t code_count;
};

// With the first factor come the codes for the day when it is lost.
static bool add_tx(struct db *tx, void *arg, struct error *err)
{
    struct adding *a = arg;
    const struct actor *actor = &a->ctx->actor;
    int64_t left = 0;
    a->factors = door_factors(a->ctx);
    door_forget_passwords(a->ctx, tx);
    bool added = str_none(a->secret)
                     ? factor_add_passkey(&a->factors, tx, actor, &a->key, err)
                     : factor_add_app(&a->factors, tx, actor, http_form_text(a->ctx->req, "name"),
                                      a->secret, http_form_text(a->ctx->req, "code"), err);
    if (!added || !recovery_codes_left(tx, actor->user, &left, err)) {
        return false;
    }
    a->code_count = left == 0 ? RECOVERY_CODES : 0;
    return left > 0 || recovery_codes_make(&a->factors, tx, actor->user, a->codes, err);
}

static bool show_added(struct ctx *ctx, struct adding *a, struct error *err)
{
    if (a->code_count == 0) {
        http_redirect(ctx->resp, STR("/account/factors"));
        return true;
    }
    struct vm_factors vm = {.codes = a->codes, .code_count = a->code_count};
    return door_show_factors(ctx, &vm, err);
}

// POST /account/factors/app/add
bool page_factor_app_add(struct ctx *ctx, struct error *err)
{
    struct adding a = {.ctx = ctx};
    struct error why;
    if (!door_app_secret(ctx, ctx->actor.user, &a.secret, &why) ||
        !db_tx_run(ctx->app->db, "factor.add", add_tx, &a, &why)) {
        return show_new_app(ctx, &why, err);
    }
    return show_added(ctx, &a, err);
}

static bool key_read(struct ctx *ctx, struct adding *a, struct error *err)
{
    struct passkey_answer answer;
    struct str der;
    if (!door_passkey_answer(ctx, true, &answer, err)) {
        return false;
    }
    if (answer.user.v != ctx->actor.user.v ||
        !base64_decode(ctx->mem, http_form_text(ctx->req, "key"), &der) ||
        !webauthn_key_good(der) || http_form_text(ctx->req, "credential").len == 0) {
        return error_set(err, ERR_INVALID, "This kind of passkey is not known here.");
    }
    a->key = (struct passkey){.name = http_form_text(ctx->req, "name"),
                              .credential = http_form_text(ctx->req, "credential"),
                              .public_key = base64_encode(ctx->mem, der),
                              .counter = answer.data.counter};
    return true;
}

// POST /account/factors/passkey
bool page_factor_passkey_add(struct ctx *ctx, struct error *err)
{
    struct adding a = {.ctx = ctx, .secret = STR_NONE};
    struct vm_factors vm = {0};
    struct error why;
    if (!key_read(ctx, &a, &why) || !db_tx_run(ctx->app->db, "factor.add", add_tx, &a, &why)) {
        return show_refused(ctx, &vm, &why, err);
    }
    return show_added(ctx, &a, err);
}

// --- removing, codes ----------------------------------------------------------------------------

struct removing {
    struct ctx *ctx;
    struct str codes[RECOVERY_CODES];
};

// Whoever sits down at an open browser must not be able to take the second step away.
static bool confirmed(struct ctx *ctx, struct error *err)
{
    struct user self;
    bool has_password = false;
    struct limiter *limiter = ctx->app->limiter;
    int64_t now = clock_now(ctx->app->clock);
    if (!password_exists(ctx->db, ctx->actor.user, &has_password, err)) {
        return false;
    }
    if (!has_password) {
        return true;
    }
    if (!guess_allowed(limiter, ctx->actor.email, ctx->req->peer, now, err)) {
        return false;
    }
    if (password_check(ctx->db, ctx->mem, ctx->actor.email, http_form_text(ctx->req, "password"),
                       &self, err)) {
        guess_passed(limiter, ctx->actor.email, ctx->req->peer);
        return true;
    }
    guess_failed(limiter, ctx->actor.email, ctx->req->peer, now);
    return err->code != ERR_UNAUTHENTICATED
               ? false
               : error_set(err, ERR_INVALID, "That is not your present password.");
}

static bool remove_tx(struct db *tx, void *arg, struct error *err)
{
    struct removing *r = arg;
    struct factors f = door_factors(r->ctx);
    return factor_remove(&f, tx, &r->ctx->actor, (struct factor_id){r->ctx->path.ids[0]}, err);
}

// POST /account/factors/{factor:id}/remove
bool page_factor_remove(struct ctx *ctx, struct error *err)
{
    struct removing r = {.ctx = ctx};
    struct vm_factors vm = {0};
    struct error why;
    if (!confirmed(ctx, &why) || !db_tx_run(ctx->app->db, "factor.remove", remove_tx, &r, &why)) {
        return show_refused(ctx, &vm, &why, err);
    }
    http_redirect(ctx->resp, STR("/account/factors"));
    return true;
}

static bool codes_tx(struct db *tx, void *arg, struct error *err)
{
    struct removing *r = arg;
    struct factors f = door_factors(r->ctx);
    bool any = false;
    if (!factors_any(tx, r->ctx->mem, r->ctx->actor.user, &any, err)) {
        return false;
    }
    return any ? recovery_codes_make(&f, tx, r->ctx->actor.user, r->codes, err)
               : error_set(err, ERR_INVALID, "Add an app or a passkey first.");
}

// POST /account/factors/codes
bool page_factor_codes(struct ctx *ctx, struct error *err)
{
    struct removing r = {.ctx = ctx};
    struct vm_factors vm = {0};
    struct error why;
    if (!confirmed(ctx, &why) || !db_tx_run(ctx->app->db, "factor.codes", codes_tx, &r, &why)) {
        return show_refused(ctx, &vm, &why, err);
    }
    vm.codes = r.codes;
    vm.code_count = RECOVERY_CODES;
    return door_show_factors(ctx, &vm, err);
}

struct taking {
    struct ctx *ctx;
    struct user_id user;
};

static bool take_away_tx(struct db *tx, void *arg, struct error *err)
{
    struct taking *t = arg;
    struct factors f = door_factors(t->ctx);
    return factors_take_away(&f, tx, &t->ctx->actor, t->user, err);
}

// POST /people/{user:id}/factors/remove: for who lost theirs.
bool page_factors_take_away(struct ctx *ctx, struct error *err)
{
    struct taking t = {ctx, {ctx->path.ids[0]}};
    struct user user;
    if (!user_load(ctx->db, ctx->mem, &ctx->actor, t.user, &user, err) ||
        !db_tx_run(ctx->app->db, "factor.take_away", take_away_tx, &t, err)) {
        return false;
    }
    http_redirect(ctx->resp, str_printf(ctx->mem, "/people/%lld", (long long)t.user.v));
    return true;
}
