// SPDX-License-Identifier: GPL-3.0-or-later
//
// Time spent, phone calls, and the signatures of groups.
#include "app/say.h"
#include "desk/desk.h"
#include "desk/tickets/names.h"
#include "desk/tickets/pages_views.h"
#include "desk/work/pages_internal.h"
#include "desk/work/time.html.h"

#define DAYS_SHOWN 7

static bool read_minutes(struct ctx *ctx, const char *name, int64_t *ret_seconds, struct error *err)
{
    int64_t minutes = 0;
    *ret_seconds = 0;
    if (!str_to_i64(work_field(ctx, name), &minutes) || minutes <= 0 ||
        minutes > TIME_MOST_SECONDS / 60) {
        return error_field(err, name, "InvalidValue",
                           "Minutes: a whole number from 1 to %lld, please.",
                           (long long)(TIME_MOST_SECONDS / 60));
    }
    *ret_seconds = minutes * 60;
    return true;
}

// --- a ticket's time ----------------------------------------------------------------------------

static bool show_time(struct ctx *ctx, struct vm_time *vm, struct error *err)
{
    struct ticket ticket;
    struct names names = {0};
    struct time_entry *list = NULL;
    struct view v;
    if (!work_page_begin_staff(ctx, &vm->page, &ticket, err) ||
        !time_list(ctx->db, ctx->mem, ticket.id, &list, &vm->count, err)) {
        return false;
    }
    for (size_t i = 0; i < vm->count; i++) {
        names_want(&names, ctx->mem, list[i].user);
    }
    if (!names_load(&names, ctx->db, ctx->mem, err)) {
        return false;
    }
    int64_t sum = 0;
    vm->lines = mem_array(ctx->mem, struct vm_time_line, vm->count + 1);
    for (size_t i = 0; i < vm->count; i++) {
        sum += list[i].seconds;
        vm->lines[i] = (struct vm_time_line){
            .id = list[i].id,
            .person = names_person(&names, list[i].user).name,
            .words = time_words(ctx->mem, list[i].seconds),
            .call = list[i].kind == TIME_CALL,
            .note = list[i].note,
            .at = list[i].at,
            .own = list[i].user.v == ctx->actor.user.v || actor_is_admin(&ctx->actor),
        };
    }
    vm->sum = time_words(ctx->mem, sum);
    desk_page_begin(ctx, &v, &vm->page.layout, say_words(ctx, "Time spent"), "tickets");
    view_work_time(&v, vm);
    return true;
}

// GET /tickets/{id}/time
bool page_time(struct ctx *ctx, struct error *err)
{
    struct vm_time vm = {.minutes = STR(""), .note = STR("")};
    return show_time(ctx, &vm, err);
}

struct timing {
    struct ctx *ctx;
    struct time_spent spent;
    int64_t entry;
    struct ticket_id ticket;
};

static bool add_in_tx(struct db *tx, void *arg, struct error *err)
{
    struct timing *t = arg;
    return time_add(desk_of(t->ctx), tx, t->ctx->mem, &t->ctx->actor, &t->spent, err);
}

// POST /tickets/{id}/time
bool page_time_add(struct ctx *ctx, struct error *err)
{
    struct vm_time vm = {.minutes = work_field(ctx, "minutes"), .note = work_field(ctx, "note")};
    struct timing t = {.ctx = ctx, .spent = {.ticket = {ctx->path.ids[0]}, .note = vm.note}};
    struct error why;
    if (!read_minutes(ctx, "minutes", &t.spent.seconds, &why) ||
        !db_tx_run(ctx->app->db, "work.time", add_in_tx, &t, &why)) {
        return work_mistake(ctx, &why, &vm.page, err) && show_time(ctx, &vm, err);
    }
    work_go(ctx, t.spent.ticket, str_eq_c(work_field(ctx, "back"), "ticket") ? "" : "/time");
    return true;
}

static bool remove_in_tx(struct db *tx, void *arg, struct error *err)
{
    struct timing *t = arg;
    return time_remove(desk_of(t->ctx), tx, t->ctx->mem, &t->ctx->actor, t->entry, &t->ticket, err);
}

// POST /time/{entry}/remove
bool page_time_remove(struct ctx *ctx, struct error *err)
{
    struct timing t = {.ctx = ctx, .entry = ctx->path.ids[0]};
    if (!db_tx_run(ctx->app->db, "work.time.remove", remove_in_tx, &t, err)) {
        return false;
    }
    work_go(ctx, t.ticket, "/time");
    return true;
}

// --- everybody's time ---------------------------------------------------------------------------

// GET /time?days=7
bool page_times(struct ctx *ctx, struct error *err)
{
    struct vm_times vm = {.days = DAYS_SHOWN};
    struct names names = {0};
    struct time_total *list = NULL;
    struct view v;
    int64_t days = 0;
    if (str_to_i64(http_param(ctx->req, "days"), &days) && days > 0 && days <= 366) {
        vm.days = days;
    }
    int64_t now = clock_now(ctx->app->clock);
    struct time_range range = {now - vm.days * DAYS_MS, now + 1};
    if (!time_by_person(ctx->db, ctx->mem, &ctx->actor, &range, &list, &vm.count, err) ||
        !desk_views(ctx, STR(""), &vm.layout, err)) {
        return false;
    }
    for (size_t i = 0; i < vm.count; i++) {
        names_want(&names, ctx->mem, list[i].user);
    }
    if (!names_load(&names, ctx->db, ctx->mem, err)) {
        return false;
    }
    int64_t sum = 0;
    vm.lines = mem_array(ctx->mem, struct vm_time_total, vm.count + 1);
    for (size_t i = 0; i < vm.count; i++) {
        sum += list[i].seconds;
        vm.lines[i] = (struct vm_time_total){
            .person = names_person(&names, list[i].user).name,
            .words = time_words(ctx->mem, list[i].seconds),
            .calls = time_words(ctx->mem, list[i].call_seconds),
            .entries = list[i].entries,
        };
    }
    vm.sum = time_words(ctx->mem, sum);
    desk_page_begin(ctx, &v, &vm.layout, say_words(ctx, "Time spent"), "tickets");
    view_work_times(&v, &vm);
    return true;
}

// --- calls --------------------------------------------------------------------------------------

static bool show_call(struct ctx *ctx, struct vm_time *vm, struct error *err)
{
    struct ticket ticket;
    struct view v;
    if (!work_page_begin(ctx, &vm->page, &ticket, err)) {
        return false;
    }
    desk_page_begin(ctx, &v, &vm->page.layout, say_words(ctx, "Record a phone call"), "tickets");
    view_work_call(&v, vm);
    return true;
}

// GET /tickets/{id}/call
bool page_call(struct ctx *ctx, struct error *err)
{
    struct vm_time vm = {.minutes = STR(""), .note = STR("")};
    return show_call(ctx, &vm, err);
}

struct calling {
    struct ctx *ctx;
    struct actor caller;  // the actor, on the phone
    struct new_comment comment;
    struct time_spent spent;
};

static bool call_in_tx(struct db *tx, void *arg, struct error *err)
{
    struct calling *c = arg;
    struct ctx *ctx = c->ctx;
    struct ticket_outcome outcome;
    struct ticket_change change = {.ticket = c->spent.ticket, .comment = &c->comment};
    return ticket_apply(desk_tickets(ctx), tx, ctx->mem, &c->caller, &change, &outcome, err) &&
           time_add(desk_of(ctx), tx, ctx->mem, &c->caller, &c->spent, err);
}

// POST /tickets/{id}/call
bool page_call_do(struct ctx *ctx, struct error *err)
{
    struct vm_time vm = {.minutes = work_field(ctx, "minutes"), .note = work_field(ctx, "body")};
    struct calling c = {.ctx = ctx,
                        .caller = ctx->actor,
                        .comment = {.body = vm.note, .quoted_from = -1},
                        .spent = {.ticket = {ctx->path.ids[0]}, .kind = TIME_CALL}};
    struct error why;
    c.caller.channel = CHANNEL_VOICE;
    c.comment.is_public = str_eq_c(work_field(ctx, "public"), "1");
    vm.page.tell = c.comment.is_public;
    c.comment.held_until = c.comment.is_public ? desk_undo_until(ctx) : 0;
    c.spent.note = str_eq_c(work_field(ctx, "way"), "out") ? STR("We called") : STR("They called");
    if (!read_minutes(ctx, "minutes", &c.spent.seconds, &why) ||
        !db_tx_run(ctx->app->db, "work.call", call_in_tx, &c, &why)) {
        return work_mistake(ctx, &why, &vm.page, err) && show_call(ctx, &vm, err);
    }
    work_go(ctx, c.spent.ticket, "");
    return true;
}

// --- signatures of groups -----------------------------------------------------------------------

static bool show_signatures(struct ctx *ctx, struct vm_signatures *vm, struct error *err)
{
    struct group *groups = NULL;
    struct group_words *words = NULL;
    size_t count = 0;
    struct view v;
    if (!groups_all(ctx->db, ctx->mem, &groups, &vm->count, err) ||
        !signatures_of_groups(ctx->db, ctx->mem, &words, &count, err)) {
        return false;
    }
    vm->lines = mem_array(ctx->mem, struct vm_signature, vm->count + 1);
    for (size_t i = 0; i < vm->count; i++) {
        vm->lines[i] = (struct vm_signature){groups[i].id, groups[i].name, STR("")};
        for (size_t k = 0; k < count; k++) {
            if (words[k].group.v == groups[i].id.v) {
                vm->lines[i].words = words[k].words;
            }
        }
    }
    desk_page_begin(ctx, &v, &vm->layout, say_words(ctx, "Signatures of groups"), "admin");
    view_work_signatures(&v, vm);
    return true;
}

// GET /admin/signatures
bool page_signatures(struct ctx *ctx, struct error *err)
{
    struct vm_signatures vm = {.error = STR(""),
                               .saved = str_eq_c(http_param(ctx->req, "saved"), "1")};
    return show_signatures(ctx, &vm, err);
}

struct signing {
    struct ctx *ctx;
    struct group_id group;
    struct str words;
};

static bool sign_in_tx(struct db *tx, void *arg, struct error *err)
{
    struct signing *s = arg;
    return signature_set(tx, &s->ctx->actor, s->group, s->words, err);
}

// POST /admin/signatures/{group}
bool page_signature_set(struct ctx *ctx, struct error *err)
{
    struct signing s = {ctx, {ctx->path.ids[0]}, work_field(ctx, "words")};
    struct error why;
    if (!db_tx_run(ctx->app->db, "work.signature", sign_in_tx, &s, &why)) {
        struct vm_signatures vm = {.error = str_dup(ctx->mem, str_c(why.message))};
        if (why.code != ERR_INVALID) {
            *err = why;
            return false;
        }
        ctx->resp->status = 422;
        return show_signatures(ctx, &vm, err);
    }
    http_redirect(ctx->resp, STR("/admin/signatures?saved=1"));
    return true;
}
