// SPDX-License-Identifier: GPL-3.0-or-later
//
// Signing in and out, by password and by mailed link.
#include "app/rate.h"
#include "app/say.h"
#include "app/session.h"
#include "desk/people/pages_internal.h"
#include "desk/people/sign_in.html.h"
#include "desk/trail/trail.h"

struct str page_message(struct ctx *ctx, const struct error *why)
{
    struct str whole = say_str(ctx, str_dup(ctx->mem, str_c(why->message)));
    ptrdiff_t colon = str_find(whole, STR(": "));
    if (colon <= 0 || colon > 30 || why->field[0] == '\0') {
        return whole;
    }
    struct str rest = str_from(whole, (size_t)colon + 2);
    char *text = mem_text_n(ctx->mem, rest.ptr, rest.len);
    if (text[0] >= 'a' && text[0] <= 'z') {
        text[0] = (char)(text[0] - 'a' + 'A');
    }
    return (struct str){text, rest.len};
}

bool page_note(struct ctx *ctx, const struct vm_note *note, struct str title)
{
    struct view v;
    struct vm_note vm = *note;
    desk_page_begin(ctx, &v, &vm.layout, title, "sign-in");
    view_note(&v, &vm);
    return true;
}

// --- starting a session -------------------------------------------------------------------------

struct arrival {
    struct ctx *ctx;
    const struct user *user;
};

static bool arrive_tx(struct db *tx, void *arg, struct error *err)
{
    struct arrival *arrival = arg;
    const struct user *user = arrival->user;
    struct ctx *ctx = arrival->ctx;
    const struct actor actor = {
        .user = user->id, .name = user->name, .address = ctx->actor.address};
    const struct trail_note note = {.action = "login",
                                    .source_type = "user",
                                    .source_id = user->id.v,
                                    .source_label = user->name,
                                    .change = STR_NONE};
    return user_signed_in(desk_people(ctx), tx, user->id, err) &&
           (user->role < ROLE_LIGHT_AGENT ||
            trail_add(tx, &actor, clock_now(ctx->app->clock), &note, err));
}

bool page_arrive(struct ctx *ctx, const struct user *user, struct str next, struct error *err)
{
    bool answered = false;
    if (ctx->app->arrives != NULL && !ctx->app->arrives(ctx, user->id, next, &answered, err)) {
        return false;
    }
    return answered || page_let_in(ctx, user, next, err);
}

bool page_let_in(struct ctx *ctx, const struct user *user, struct str next, struct error *err)
{
    struct arrival arrival = {ctx, user};
    struct url home =
        user->role >= ROLE_LIGHT_AGENT ? url_literal("/desk") : url_literal("/requests");
    if (!db_tx_run(ctx->app->db, "sign_in", arrive_tx, &arrival, err) ||
        !session_start(ctx, user->id, err)) {
        return false;
    }
    http_redirect(ctx->resp, url_own_or(next, home).text);
    return true;
}

// --- by password --------------------------------------------------------------------------------

static bool show_sign_in(struct ctx *ctx, struct vm_sign_in *vm, const struct error *why,
                         struct error *err)
{
    struct view v;
    if (why != NULL) {
        vm->error = say_str(ctx, str_dup(ctx->mem, str_c(why->message)));
        ctx->resp->status =
            error_http_status(why->code) == 401 ? 422 : error_http_status(why->code);
    }
    if (ctx->app->passkey_ask != NULL) {
        ctx->app->passkey_ask(ctx, &vm->passkey_challenge, &vm->passkey_ticket, &vm->passkey_rp);
    }
    if (ctx->app->sign_in_places != NULL &&
        !ctx->app->sign_in_places(ctx, vm->next, &vm->places, &vm->place_count, &vm->names, err)) {
        return false;
    }
    desk_page_begin(ctx, &v, &vm->layout, say_words(ctx, "Sign in"), "sign-in");
    view_sign_in(&v, vm);
    return true;
}

// GET /sign-in
bool page_sign_in(struct ctx *ctx, struct error *err)
{
    struct str next = http_param(ctx->req, "next");
    struct vm_sign_in vm = {.next = str_none(next) ? STR("") : next};
    bool needed = false;
    if (!setup_needed(ctx->db, &needed, err)) {
        return false;
    }
    if (needed) {
        http_redirect(ctx->resp, STR("/setup"));
        return true;
    }
    if (ctx->actor.user.v != 0) {
        struct url home = actor_is_staff(&ctx->actor) ? url_literal("/desk") : url_literal("/");
        http_redirect(ctx->resp, url_own_or(vm.next, home).text);
        return true;
    }
    if (!str_none(http_param(ctx->req, "passkey"))) {
        struct error why;
        (void)error_set(&why, ERR_UNAUTHENTICATED, "This passkey is not known here.");
        return show_sign_in(ctx, &vm, &why, err);
    }
    return show_sign_in(ctx, &vm, NULL, err);
}

// The desk's own password, or one that it is told elsewhere. What is said of a wrong one is the
// same in both cases: it does not tell who is known where.
static bool whose_password(struct ctx *ctx, struct str name, struct user *ret, struct error *err)
{
    struct str password = http_form_text(ctx->req, "password");
    struct user_id id = {0};
    struct error why;
    bool found = false;
    if (password_check(ctx->db, ctx->mem, str_lower(ctx->mem, name), password, ret, err)) {
        return true;
    }
    if (err->code != ERR_UNAUTHENTICATED || ctx->app->password_elsewhere == NULL) {
        return false;
    }
    if (!ctx->app->password_elsewhere(ctx, name, password, &id, &why)) {
        *err = why.code == ERR_NOT_FOUND ? *err : why;
        return false;
    }
    return user_find(ctx->db, ctx->mem, id, ret, &found, err) &&
           (found || error_internal(err, "a person who just signed in is not there"));
}

// POST /sign-in
bool page_sign_in_post(struct ctx *ctx, struct error *err)
{
    struct vm_sign_in vm = {.email = str_trim(http_form_text(ctx->req, "email")),
                            .next = http_form_text(ctx->req, "next")};
    struct limiter *limiter = ctx->app->limiter;
    int64_t now = clock_now(ctx->app->clock);
    struct str account = str_lower(ctx->mem, str_utf8_clip(vm.email, 254));
    struct user user;
    struct error why;
    if (!guess_allowed(limiter, account, ctx->req->peer, now, &why)) {
        return show_sign_in(ctx, &vm, &why, err);
    }
    if (whose_password(ctx, str_utf8_clip(vm.email, 254), &user, &why)) {
        guess_passed(limiter, account, ctx->req->peer);
        return page_arrive(ctx, &user, vm.next, err);
    }
    if (why.code != ERR_UNAUTHENTICATED && why.code != ERR_UNAVAILABLE) {
        *err = why;
        return false;
    }
    guess_failed(limiter, account, ctx->req->peer, now);
    return show_sign_in(ctx, &vm, &why, err);
}

// POST /sign-out
bool page_sign_out(struct ctx *ctx, struct error *err)
{
    if (!session_end(ctx, err)) {
        return false;
    }
    http_redirect(ctx->resp, STR("/"));
    return true;
}

// --- by link ------------------------------------------------------------------------------------

struct link_call {
    struct ctx *ctx;
    enum link_purpose purpose;
    struct str email;
    struct str token;
    struct link link;
    struct user user;
};

static bool mail_link_tx(struct db *tx, void *arg, struct error *err)
{
    struct link_call *call = arg;
    return link_mail(desk_people(call->ctx), tx, call->purpose, call->email,
                     http_form_text(call->ctx->req, "next"), err);
}

bool page_mail_link(struct ctx *ctx, enum link_purpose purpose, struct error *err)
{
    struct link_call call = {
        .ctx = ctx, .purpose = purpose, .email = str_trim(http_form_text(ctx->req, "email"))};
    if (!db_tx_run(ctx->app->db, "link.mail", mail_link_tx, &call, err)) {
        return false;
    }
    // The same for everybody: it does not tell who has an account.
    const struct vm_note note = {
        .text = str_printf(ctx->mem,
                           "If " STR_FMT " is known here, a link is on its way there. It works "
                           "once, for a short time.",
                           STR_ARG(str_one_line(ctx->mem, call.email, 100))),
        .more = say_words(
            ctx, "Nothing came? Look among the unwanted mails, or try the address from which "
                 "you wrote to us."),
        .link = url_literal("/"),
        .link_label = say_words(ctx, "Back to the start page")};
    return page_note(ctx, &note, say_words(ctx, "Look at your mail"));
}

// POST /sign-in/link
bool page_link_ask(struct ctx *ctx, struct error *err)
{
    struct str ignored;
    struct vm_sign_in vm = {.email = str_trim(http_form_text(ctx->req, "email")),
                            .next = http_form_text(ctx->req, "next")};
    struct error why;
    if (!email_normalise(ctx->mem, vm.email, &ignored)) {
        (void)error_set(&why, ERR_INVALID,
                        "Give your mail address, so that we can send you a link.");
        return show_sign_in(ctx, &vm, &why, err);
    }
    return page_mail_link(ctx, LINK_SIGN_IN, err);
}

bool page_link_gone(struct ctx *ctx, const struct error *why)
{
    const struct vm_note note = {.text = str_dup(ctx->mem, str_c(why->message)),
                                 .more = STR(""),
                                 .link = url_literal("/sign-in"),
                                 .link_label = say_words(ctx, "Sign in")};
    ctx->resp->status = error_http_status(why->code);
    return page_note(ctx, &note, say_words(ctx, "This link is over"));
}

// GET /sign-in/link?token=: shows a button; programs that open links in mails press none.
bool page_link_show(struct ctx *ctx, struct error *err)
{
    struct vm_link_confirm vm = {.token = http_param(ctx->req, "token")};
    struct link link;
    struct user user;
    struct error why;
    struct view v;
    bool found = false;
    if (!link_peek(desk_people(ctx), ctx->db, ctx->mem, LINK_SIGN_IN, vm.token, &link, &why)) {
        *err = why;
        return why.code == ERR_GONE && page_link_gone(ctx, &why);
    }
    if (!user_find(ctx->db, ctx->mem, link.user, &user, &found, err)) {
        return false;
    }
    vm.name = user.name;
    vm.email = str_none(user.email) ? STR("") : user.email;
    desk_page_begin(ctx, &v, &vm.layout, say_words(ctx, "Sign in"), "sign-in");
    view_link_confirm(&v, &vm);
    return true;
}

static bool use_link_tx(struct db *tx, void *arg, struct error *err)
{
    struct link_call *call = arg;
    bool found = false;
    return link_use(desk_people(call->ctx), tx, call->ctx->mem, call->purpose, call->token,
                    &call->link, err) &&
           user_find(tx, call->ctx->mem, call->link.user, &call->user, &found, err);
}

// POST /sign-in/link/use
bool page_link_use(struct ctx *ctx, struct error *err)
{
    struct link_call call = {
        .ctx = ctx, .purpose = LINK_SIGN_IN, .token = http_form_text(ctx->req, "token")};
    struct error why;
    if (!db_tx_run(ctx->app->db, "link.use", use_link_tx, &call, &why)) {
        *err = why;
        return why.code == ERR_GONE && page_link_gone(ctx, &why);
    }
    return page_arrive(ctx, &call.user, call.link.next, err);
}
