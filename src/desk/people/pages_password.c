// SPDX-License-Identifier: GPL-3.0-or-later
//
// New passwords by a mailed link, invitations, and the first run.
#include "app/say.h"
#include "desk/people/pages_internal.h"
#include "desk/people/sign_in.html.h"

// GET /password/forgotten
bool page_forgotten(struct ctx *ctx, struct error *err)
{
    (void)err;
    struct vm_sign_in vm = {.forgotten = true};
    struct view v;
    desk_page_begin(ctx, &v, &vm.layout, say_words(ctx, "A new password"), "sign-in");
    view_forgotten(&v, &vm);
    return true;
}

// POST /password/forgotten
bool page_forgotten_post(struct ctx *ctx, struct error *err)
{
    struct str ignored;
    struct vm_sign_in vm = {.email = str_trim(http_form_text(ctx->req, "email")),
                            .forgotten = true};
    struct view v;
    if (email_normalise(ctx->mem, vm.email, &ignored)) {
        return page_mail_link(ctx, LINK_RESET, err);
    }
    vm.error = say_words(ctx, "That is no mail address. Please look at it again.");
    ctx->resp->status = 422;
    desk_page_begin(ctx, &v, &vm.layout, say_words(ctx, "A new password"), "sign-in");
    view_forgotten(&v, &vm);
    return true;
}

// --- choosing one -------------------------------------------------------------------------------

struct password_call {
    struct ctx *ctx;
    enum link_purpose purpose;
    struct str token;
    struct str hash;
    struct user user;
};

// Whose link it is. *ret_answered: the link is over, and the page says so.
static bool open_link(struct password_call *call, bool *ret_answered, struct error *err)
{
    struct ctx *ctx = call->ctx;
    struct link link;
    struct error why;
    bool found = false;
    *ret_answered = false;
    if (!link_peek(desk_people(ctx), ctx->db, ctx->mem, call->purpose, call->token, &link, &why)) {
        *ret_answered = why.code == ERR_GONE && page_link_gone(ctx, &why);
        *err = why;
        return *ret_answered;
    }
    return user_find(ctx->db, ctx->mem, link.user, &call->user, &found, err);
}

static bool show(struct password_call *call, const struct error *why)
{
    struct ctx *ctx = call->ctx;
    bool invited = call->purpose == LINK_INVITE;
    struct vm_new_password vm = {
        .action = invited ? url_literal("/invitation") : url_literal("/password/reset"),
        .token = call->token,
        .text = say_with(ctx,
                         invited ? WORDS("Hello {name}, choose a password to begin.")
                                 : WORDS("Hello {name}, choose a new password. You will be signed "
                                         "out everywhere else."),
                         &(struct view_arg){"name", view_value_str(call->user.name)}, 1),
        .email = str_none(call->user.email) ? STR("") : call->user.email};
    struct view v;
    if (why != NULL) {
        vm.error = page_message(ctx, why);
        ctx->resp->status = 422;
    }
    desk_page_begin(ctx, &v, &vm.layout,
                    invited ? say_words(ctx, "Welcome") : say_words(ctx, "A new password"),
                    "sign-in");
    view_new_password(&v, &vm);
    return true;
}

static bool show_link(struct ctx *ctx, enum link_purpose purpose, struct error *err)
{
    struct str token = http_param(ctx->req, "token");
    struct password_call call = {
        .ctx = ctx, .purpose = purpose, .token = str_none(token) ? STR("") : token};
    bool answered = false;
    return open_link(&call, &answered, err) && (answered || show(&call, NULL));
}

static bool choose_tx(struct db *tx, void *arg, struct error *err)
{
    struct password_call *call = arg;
    struct ctx *ctx = call->ctx;
    const struct people *room = desk_people(ctx);
    struct link link;
    const struct actor system = actor_system(CHANNEL_WEB);
    if (!link_use(room, tx, ctx->mem, call->purpose, call->token, &link, err)) {
        return false;
    }
    const struct new_password set = {
        .user = link.user, .hash = call->hash, .keep_session = STR_NONE};
    return password_set(room, tx, ctx->mem, &system, &set, err);
}

static bool use_link(struct ctx *ctx, enum link_purpose purpose, struct error *err)
{
    struct password_call call = {
        .ctx = ctx, .purpose = purpose, .token = http_form_text(ctx->req, "token")};
    struct error why;
    bool answered = false;
    if (!open_link(&call, &answered, err) || answered) {
        return answered;
    }
    if (!password_prepare(ctx->mem, http_form_text(ctx->req, "password"), &call.user, &call.hash,
                          &why)) {
        return show(&call, &why);
    }
    if (!db_tx_run(ctx->app->db, "password.choose", choose_tx, &call, &why)) {
        *err = why;
        return why.code == ERR_GONE && page_link_gone(ctx, &why);
    }
    return page_arrive(ctx, &call.user, STR_NONE, err);
}

// GET /password/reset?token=
bool page_reset(struct ctx *ctx, struct error *err)
{
    return show_link(ctx, LINK_RESET, err);
}

// POST /password/reset
bool page_reset_post(struct ctx *ctx, struct error *err)
{
    return use_link(ctx, LINK_RESET, err);
}

// GET /invitation?token=
bool page_invitation(struct ctx *ctx, struct error *err)
{
    return show_link(ctx, LINK_INVITE, err);
}

// POST /invitation
bool page_invitation_post(struct ctx *ctx, struct error *err)
{
    return use_link(ctx, LINK_INVITE, err);
}

// --- the first run ------------------------------------------------------------------------------

static bool show_setup(struct ctx *ctx, struct vm_setup *vm)
{
    struct view v;
    desk_page_begin(ctx, &v, &vm->layout, say_words(ctx, "Welcome to your new help desk"), "setup");
    view_setup(&v, vm);
    return true;
}

static bool setup_over(struct ctx *ctx, bool *ret, struct error *err)
{
    bool needed = false;
    if (!setup_needed(ctx->db, &needed, err)) {
        return false;
    }
    *ret = !needed;
    if (!needed) {
        http_redirect(ctx->resp, STR("/sign-in"));
    }
    return true;
}

// GET /setup
bool page_setup(struct ctx *ctx, struct error *err)
{
    struct str code = http_param(ctx->req, "code");
    struct vm_setup vm = {.code = str_none(code) ? STR("") : code};
    bool over = false;
    return setup_over(ctx, &over, err) && (over || show_setup(ctx, &vm));
}

struct setup_call {
    struct ctx *ctx;
    struct setup setup;
    struct user user;
};

static bool setup_tx(struct db *tx, void *arg, struct error *err)
{
    struct setup_call *call = arg;
    return setup_finish(desk_people(call->ctx), tx, call->ctx->mem, &call->setup, &call->user, err);
}

// All that is wrong at once.
static bool check_setup(struct ctx *ctx, struct setup *setup, struct vm_setup *vm)
{
    struct str ignored;
    struct error why;
    struct user person = {.name = setup->name, .email = setup->email};
    struct str password = http_form_text(ctx->req, "password");
    if (!setup_code_check(desk_people(ctx), ctx->db, setup->code, &why)) {
        vm->error_code = page_message(ctx, &why);
    }
    if (setup->name.len == 0) {
        vm->error_name = say_words(ctx, "Your name: requesters will read it.");
    }
    if (!email_normalise(ctx->mem, setup->email, &ignored)) {
        vm->error_email = say_words(ctx, "That is no mail address. Please look at it again.");
    }
    // Hashing is slow: only for who has the code.
    if (vm->error_code.len == 0 &&
        !password_prepare(ctx->mem, password, &person, &setup->password_hash, &why)) {
        vm->error_password = page_message(ctx, &why);
    }
    return vm->error_code.len + vm->error_name.len + vm->error_email.len + vm->error_password.len ==
           0;
}

// POST /setup
bool page_setup_post(struct ctx *ctx, struct error *err)
{
    struct setup_call call = {.ctx = ctx,
                              .setup = {.code = http_form_text(ctx->req, "code"),
                                        .name = str_trim(http_form_text(ctx->req, "name")),
                                        .email = str_trim(http_form_text(ctx->req, "email"))}};
    struct vm_setup vm = {
        .code = call.setup.code, .name = call.setup.name, .email = call.setup.email};
    bool over = false;
    if (!setup_over(ctx, &over, err) || over) {
        return over;
    }
    if (!check_setup(ctx, &call.setup, &vm)) {
        ctx->resp->status = 422;
        return show_setup(ctx, &vm);
    }
    return db_tx_run(ctx->app->db, "setup", setup_tx, &call, err) &&
           page_arrive(ctx, &call.user, STR_NONE, err);
}
