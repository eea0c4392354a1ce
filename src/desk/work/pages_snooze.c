// SPDX-License-Identifier: GPL-3.0-or-later
//
// Putting a ticket off, and what is put off.
#include "app/say.h"
#include "desk/desk.h"
#include "desk/tickets/pages_views.h"
#include "desk/work/pages_internal.h"
#include "desk/work/snooze.html.h"

#define SNOOZED_MOST 200
#define MORNING 8

// That hour of the reader's day, `days` from today.
static int64_t day_at(struct ctx *ctx, int64_t days, int hour)
{
    struct str today = work_local_time(ctx, clock_now(ctx->app->clock));
    int64_t midnight = 0;
    int64_t ret = 0;
    struct error ignored;
    if (!time_parse_iso(str_sub(today, 0, 10), &midnight)) {
        return 0;
    }
    struct civil c = time_civil(midnight + days * DAYS_MS);
    struct str wanted =
        str_printf(ctx->mem, "%04lld-%02d-%02dT%02d:00", (long long)c.year, c.month, c.day, hour);
    return work_parse_local(ctx, wanted, &ret, &ignored) ? ret : 0;
}

static int64_t days_to_monday(struct ctx *ctx)
{
    int64_t now = 0;
    struct str today = work_local_time(ctx, clock_now(ctx->app->clock));
    if (!time_parse_iso(str_sub(today, 0, 10), &now)) {
        return 7;
    }
    int weekday = time_civil(now).weekday;
    return weekday == 0 ? 1 : 8 - weekday;
}

static void fill_choices(struct ctx *ctx, struct vm_snooze *vm)
{
    int64_t now = clock_now(ctx->app->clock);
    const struct vm_snooze_choice all[] = {
        {STR("hour"), STR("In an hour"), now + HOURS_MS},
        {STR("hours"), STR("In four hours"), now + 4 * HOURS_MS},
        {STR("tomorrow"), STR("Tomorrow morning"), day_at(ctx, 1, MORNING)},
        {STR("monday"), STR("Monday morning"), day_at(ctx, days_to_monday(ctx), MORNING)},
        {STR("week"), STR("In a week"), day_at(ctx, 7, MORNING)},
    };
    vm->choices = mem_array(ctx->mem, struct vm_snooze_choice, sizeof all / sizeof *all);
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        bool again = vm->count > 0 && vm->choices[vm->count - 1].at == all[i].at;
        if (all[i].at > now && !again) {
            vm->choices[vm->count++] = all[i];
        }
    }
}

static bool show(struct ctx *ctx, struct vm_snooze *vm, struct error *err)
{
    struct ticket ticket;
    struct view v;
    if (!work_page_begin(ctx, &vm->page, &ticket, err)) {
        return false;
    }
    fill_choices(ctx, vm);
    vm->until = ticket.snoozed_until;
    desk_page_begin(ctx, &v, &vm->page.layout, say_words(ctx, "Put off"), "tickets");
    view_work_snooze(&v, vm);
    return true;
}

// GET /tickets/{id}/snooze
bool page_snooze(struct ctx *ctx, struct error *err)
{
    struct vm_snooze vm = {.input = STR("")};
    return show(ctx, &vm, err);
}

// POST /tickets/{id}/snooze choice=KEY or until=TIME; neither wakes it
bool page_snooze_do(struct ctx *ctx, struct error *err)
{
    struct ticket_change change = {.ticket = {ctx->path.ids[0]}, .set = SET_SNOOZE};
    struct ticket_outcome outcome;
    struct vm_snooze vm = {.input = work_field(ctx, "until")};
    struct vm_snooze offered = {.input = STR("")};
    struct str choice = work_field(ctx, "choice");
    struct error why;
    bool ok = work_parse_local(ctx, vm.input, &change.snoozed_until, &why);
    fill_choices(ctx, &offered);
    for (size_t i = 0; i < offered.count; i++) {
        change.snoozed_until =
            str_eq(offered.choices[i].key, choice) ? offered.choices[i].at : change.snoozed_until;
    }
    if (!ok || !ticket_apply_run(desk_tickets(ctx), ctx->app->db, ctx->mem, &ctx->actor, &change,
                                 &outcome, &why)) {
        return work_mistake(ctx, &why, &vm.page, err) && show(ctx, &vm, err);
    }
    work_go(ctx, change.ticket, "");
    return true;
}

// GET /tickets/snoozed
bool page_snoozed(struct ctx *ctx, struct error *err)
{
    struct vm_snoozed vm = {0};
    struct view v;
    struct ticket *list = NULL;
    struct ticket_condition asleep = {.column = TC_SNOOZED, .op = OP_ANY};
    struct ticket_query query = {
        .all = &asleep, .all_count = 1, .sort = TC_SNOOZED, .limit = SNOOZED_MOST};
    if (!tickets_find(ctx->db, ctx->mem, &ctx->actor, &query, &list, &vm.count, err) ||
        !desk_views(ctx, STR(""), &vm.layout, err)) {
        return false;
    }
    vm.lines = mem_array(ctx->mem, struct vm_snoozed_line, vm.count + 1);
    for (size_t i = 0; i < vm.count; i++) {
        vm.lines[i] = (struct vm_snoozed_line){work_line(&list[i]), list[i].snoozed_until};
    }
    desk_page_begin(ctx, &v, &vm.layout, say_words(ctx, "Put off"), "tickets");
    view_work_snoozed(&v, &vm);
    return true;
}
