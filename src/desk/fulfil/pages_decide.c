// SPDX-License-Identifier: GPL-3.0-or-later
//
// Deciding by the link of a mail, or by the list of what waits for whoever has signed in. Looking
// at a link decides nothing: mail scanners look at links, too.
#include "app/say.h"
#include "desk/desk.h"
#include "desk/fulfil/decide.html.h"
#include "desk/fulfil/pages.h"
#include "desk/tickets/names.h"
#include "mail/html_text.h"

struct deciding {
    struct ctx *ctx;
    struct fulfil_decision decision;
};

static bool read_token(struct ctx *ctx, struct fulfil_decision *ret, struct error *err)
{
    return fulfil_token_read(ctx->mem, ctx->app->secret, ctx->path.texts[0], &ret->ask,
                             &ret->user) ||
           error_set(err, ERR_NOT_FOUND,
                     "This link is not complete. Please take the whole link from the mail.");
}

static bool show_question(struct ctx *ctx, const struct fulfil_decision *who, struct vm_decide *vm,
                          struct error *err)
{
    struct fulfil_question question;
    struct names names = {0};
    struct view v;
    if (!fulfil_question(ctx->db, ctx->mem, who->ask, who->user, &question, err)) {
        return false;
    }
    const struct fulfil_ask *ask = &question.ask;
    names_want(&names, ctx->mem, ask->user);
    names_want(&names, ctx->mem, ask->decided_by);
    if (!names_load(&names, ctx->db, ctx->mem, err)) {
        return false;
    }
    vm->token = ctx->path.texts[0];
    vm->requester = question.requester.name;
    vm->subject = question.ticket.subject;
    vm->said = text_to_html(ctx->mem, question.said);
    vm->absent = ask->user.v == who->user.v ? STR("") : fulfil_name(&names, ask->user);
    vm->open = ask->state == ASK_OPEN && !question.ended;
    vm->agreed = ask->state == ASK_YES_SAID;
    vm->decider = fulfil_name(&names, ask->decided_by);
    if (!vm->open) {
        vm->reason = ask->reason;
    }
    desk_page_begin(ctx, &v, &vm->layout, say_words(ctx, "Do you agree?"), "approve");
    view_fulfil_decide(&v, vm);
    return true;
}

// GET /approve/{token}
bool page_decide(struct ctx *ctx, struct error *err)
{
    struct vm_decide vm = {.reason = STR(""), .error = STR("")};
    struct fulfil_decision who = {0};
    return read_token(ctx, &who, err) && show_question(ctx, &who, &vm, err);
}

static bool decide_in_tx(struct db *tx, void *arg, struct error *err)
{
    struct deciding *deciding = arg;
    struct ctx *ctx = deciding->ctx;
    return fulfil_decide(desk_of(ctx), tx, ctx->mem, &deciding->decision, err);
}

// POST /approve/{token} answer=yes|no, reason=
bool page_decide_send(struct ctx *ctx, struct error *err)
{
    struct deciding deciding = {.ctx = ctx};
    struct vm_decide vm = {.reason = http_form_trimmed(ctx->req, "reason"), .error = STR("")};
    struct str answer = http_form_text(ctx->req, "answer");
    struct error why;
    if (!read_token(ctx, &deciding.decision, err)) {
        return false;
    }
    if (!str_eq_c(answer, "yes") && !str_eq_c(answer, "no")) {
        return error_set(err, ERR_INVALID, "Please say whether you agree.");
    }
    deciding.decision.yes = str_eq_c(answer, "yes");
    deciding.decision.reason = vm.reason;
    if (!db_tx_run(ctx->app->db, "fulfil.decide", decide_in_tx, &deciding, &why)) {
        return say_mistake(ctx, &why, &vm.error, err) &&
               show_question(ctx, &deciding.decision, &vm, err);
    }
    http_redirect(ctx->resp,
                  str_printf(ctx->mem, "/approve/" STR_FMT, STR_ARG(ctx->path.texts[0])));
    return true;
}

// GET /approvals
bool page_approvals(struct ctx *ctx, struct error *err)
{
    struct vm_asks vm = {0};
    struct fulfil_ask *asks = NULL;
    size_t count = 0;
    struct view v;
    if (!fulfil_asks_of(ctx->db, ctx->mem, ctx->actor.user, &asks, &count, err)) {
        return false;
    }
    vm.asks = mem_array(ctx->mem, struct vm_asked, count + 1);
    for (size_t i = 0; i < count; i++) {
        struct fulfil_question question;
        struct error gone;
        if (!fulfil_question(ctx->db, ctx->mem, asks[i].id, ctx->actor.user, &question, &gone)) {
            if (gone.code == ERR_NOT_FOUND) {
                continue;
            }
            *err = gone;
            return false;
        }
        vm.asks[vm.count++] = (struct vm_asked){
            .token = fulfil_token(ctx->mem, ctx->app->secret, asks[i].id, ctx->actor.user),
            .requester = question.requester.name,
            .subject = question.ticket.subject,
            .at = asks[i].asked_at,
        };
    }
    desk_page_begin(ctx, &v, &vm.layout, say_words(ctx, "What waits for your agreement"),
                    "approvals");
    view_fulfil_asks(&v, &vm);
    return true;
}
