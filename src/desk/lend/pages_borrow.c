// SPDX-License-Identifier: GPL-3.0-or-later
//
// What people see who want to borrow something: what there is, what is free when, their own loans.
// Who else has a thing is not told.
#include "app/say.h"
#include "base/clock.h"
#include "desk/desk.h"
#include "desk/lend/borrow.html.h"
#include "desk/lend/pages.h"

struct vm_lend_item lend_vm_item(mem_ctx *ctx, const struct lend_item *item)
{
    return (struct vm_lend_item){.id = item->id,
                                 .name = item->name,
                                 .kind = item->kind,
                                 .label = item->label,
                                 .place = item->place,
                                 .condition = item->condition,
                                 .days_most = item->days_most,
                                 .days = str_printf(ctx, "%lld", (long long)item->days_most),
                                 .open = item->open,
                                 .free = STR("")};
}

static int64_t today_of(const struct ctx *ctx)
{
    return lend_day(clock_now(ctx->app->clock));
}

static bool is_taken(const struct loan *loans, size_t count, int64_t item, int64_t day,
                     int64_t today)
{
    for (size_t i = 0; i < count; i++) {
        if (loans[i].item == item && loan_takes(&loans[i], day, today)) {
            return true;
        }
    }
    return false;
}

// The first free day from today on.
static struct str free_words(struct ctx *ctx, const struct loan *loans, size_t count, int64_t item)
{
    int64_t today = today_of(ctx);
    int64_t day = today;
    while (day < today + LEND_AHEAD_DAYS && is_taken(loans, count, item, day, today)) {
        day++;
    }
    const struct view_arg arg = {"day", view_value_str(lend_day_text(ctx->mem, day))};
    return day == today ? say_words(ctx, "Free today")
                        : say_with(ctx, WORDS("Free again on {day}"), &arg, 1);
}

static bool fill_items(struct ctx *ctx, struct vm_loans *vm, struct error *err)
{
    struct lend_item *items = NULL;
    struct loan *loans = NULL;
    struct actor reader = ctx->actor;
    size_t count = 0;
    // Here everybody is somebody who may want to borrow something.
    reader.role = ROLE_END_USER;
    if (!lend_items(ctx->db, ctx->mem, &reader, &items, &vm->item_count, err) ||
        !loans_live(ctx->db, ctx->mem, &loans, &count, err)) {
        return false;
    }
    vm->items = mem_array(ctx->mem, struct vm_lend_item, vm->item_count + 1);
    for (size_t i = 0; i < vm->item_count; i++) {
        vm->items[i] = lend_vm_item(ctx->mem, &items[i]);
        vm->items[i].free = free_words(ctx, loans, count, items[i].id);
        if (i > 0 && str_eq(items[i].kind, items[i - 1].kind)) {
            vm->items[i].kind = STR("");
        }
    }
    return true;
}

static bool fill_own(struct ctx *ctx, struct vm_loans *vm, struct error *err)
{
    struct loan *loans = NULL;
    return loans_of_person(ctx->db, ctx->mem, ctx->actor.user, &loans, &vm->loan_count, err) &&
           lend_fill_loans(ctx, loans, vm->loan_count, &vm->loans, err);
}

// GET /loans
bool page_loans(struct ctx *ctx, struct error *err)
{
    struct vm_loans vm = {.error = STR("")};
    struct view v;
    if (!fill_items(ctx, &vm, err) || (ctx->actor.user.v != 0 && !fill_own(ctx, &vm, err))) {
        return false;
    }
    desk_page_begin(ctx, &v, &vm.layout, say_words(ctx, "Borrow something"), "services");
    view_lend_borrow(&v, &vm);
    return true;
}

// --- one thing ----------------------------------------------------------------------------------

static int64_t monday_of(int64_t day)
{
    return day - (time_civil(day * DAYS_MS).weekday + 6) % 7;
}

static void fill_weeks(struct ctx *ctx, const struct loan *loans, size_t count,
                       struct vm_lend_page *vm)
{
    int64_t today = today_of(ctx);
    int64_t first = 0;
    if (!lend_day_parse(http_param(ctx->req, "week"), &first) || first < today ||
        first > today + LEND_AHEAD_DAYS) {
        first = today;
    }
    int64_t monday = monday_of(first);
    for (int week = 0; week < CALENDAR_WEEKS; week++) {
        vm->weeks[week].monday = lend_day_text(ctx->mem, monday + 7 * week);
        for (int i = 0; i < 7; i++) {
            int64_t day = monday + 7 * week + i;
            vm->weeks[week].days[i] =
                (struct vm_day){.number = time_civil(day * DAYS_MS).day,
                                .taken = is_taken(loans, count, vm->item.id, day, today),
                                .past = day < today};
        }
    }
    int64_t span = INT64_C(7) * CALENDAR_WEEKS;
    vm->earlier = monday <= today ? STR("") : lend_day_text(ctx->mem, monday - span);
    vm->later =
        monday + span > today + LEND_AHEAD_DAYS ? STR("") : lend_day_text(ctx->mem, monday + span);
    if (monday > today && monday - span < today) {
        vm->earlier = lend_day_text(ctx->mem, today);
    }
    vm->today = lend_day_text(ctx->mem, today);
}

static bool show_item(struct ctx *ctx, struct vm_lend_page *vm, struct error *err)
{
    struct lend_item item;
    struct loan *loans = NULL;
    struct view v;
    size_t count = 0;
    if (!lend_item_load(ctx->db, ctx->mem, &ctx->actor, ctx->path.ids[0], &item, err) ||
        !loans_of_item(ctx->db, ctx->mem, item.id, &loans, &count, err)) {
        return false;
    }
    vm->item = lend_vm_item(ctx->mem, &item);
    vm->known = ctx->actor.user.v != 0;
    fill_weeks(ctx, loans, count, vm);
    desk_page_begin(ctx, &v, &vm->layout, item.name, "services");
    view_lend_item(&v, vm);
    return true;
}

// GET /loans/{object:id}?week=2026-11-23
bool page_lend_item(struct ctx *ctx, struct error *err)
{
    struct vm_lend_page vm = {.from = STR(""), .to = STR(""), .error = STR("")};
    return show_item(ctx, &vm, err);
}

struct lending {
    struct ctx *ctx;
    struct booking booking;
    int64_t loan;
};

static bool book_in_tx(struct db *tx, void *arg, struct error *err)
{
    struct lending *l = arg;
    struct ctx *ctx = l->ctx;
    return lend_book(desk_of(ctx), tx, ctx->mem, &ctx->actor, &l->booking, &l->loan, err);
}

// POST /loans/{object:id} from=, to=
bool page_lend_book(struct ctx *ctx, struct error *err)
{
    struct vm_lend_page vm = {.from = http_form_trimmed(ctx->req, "from"),
                              .to = http_form_trimmed(ctx->req, "to"),
                              .error = STR("")};
    struct lending l = {.ctx = ctx, .booking = {.item = ctx->path.ids[0], .user = ctx->actor.user}};
    struct error why;
    if (!lend_day_parse(vm.from, &l.booking.from_day) ||
        !lend_day_parse(vm.to, &l.booking.to_day)) {
        ctx->resp->status = 422;
        vm.error = say_words(ctx, "Please give both days, such as 2026-11-30.");
        return show_item(ctx, &vm, err);
    }
    if (!db_tx_run(ctx->app->db, "lend.book", book_in_tx, &l, &why)) {
        return say_mistake(ctx, &why, &vm.error, err) && show_item(ctx, &vm, err);
    }
    http_redirect(ctx->resp, STR("/loans#mine"));
    return true;
}

static bool cancel_in_tx(struct db *tx, void *arg, struct error *err)
{
    struct ctx *ctx = arg;
    return lend_cancel(tx, ctx->mem, &ctx->actor, ctx->path.ids[0], err);
}

// POST /loans/mine/{object:id}/cancel
bool page_lend_cancel(struct ctx *ctx, struct error *err)
{
    if (!db_tx_run(ctx->app->db, "lend.cancel", cancel_in_tx, ctx, err)) {
        return false;
    }
    http_redirect(ctx->resp, STR("/loans#mine"));
    return true;
}
