// SPDX-License-Identifier: GPL-3.0-or-later
//
// Where agents hand things out and take them back, and leads say what is lent.
#include "app/say.h"
#include "base/clock.h"
#include "desk/desk.h"
#include "desk/lend/lending.html.h"
#include "desk/lend/pages.h"
#include "desk/tickets/names.h"

static const char *const STATE_SAYS[LOAN_STATES] = {WORDS("Booked"), WORDS("Picked up"),
                                                    WORDS("Brought back"), WORDS("Cancelled")};

bool lend_fill_loans(struct ctx *ctx, const struct loan *loans, size_t count, struct vm_loan **ret,
                     struct error *err)
{
    struct actor system = actor_system(CHANNEL_SYSTEM);
    int64_t today = lend_day(clock_now(ctx->app->clock));
    struct lend_item *items = NULL;
    struct names names = {0};
    size_t item_count = 0;
    for (size_t i = 0; i < count; i++) {
        names_want(&names, ctx->mem, loans[i].user);
    }
    *ret = mem_array(ctx->mem, struct vm_loan, count + 1);
    if (count > 0 && (!names_load(&names, ctx->db, ctx->mem, err) ||
                      !lend_items(ctx->db, ctx->mem, &system, &items, &item_count, err))) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        const struct loan *loan = &loans[i];
        struct vm_loan *vm = &(*ret)[i];
        bool late = loan->state == LOAN_OUT && loan->to_day < today;
        *vm = (struct vm_loan){.id = loan->id,
                               .item = loan->item,
                               .name = STR(""),
                               .label = STR(""),
                               .person = names_person(&names, loan->user).name,
                               .user = loan->user,
                               .from = lend_day_text(ctx->mem, loan->from_day),
                               .to = lend_day_text(ctx->mem, loan->to_day),
                               .state = late ? say_words(ctx, "Too late")
                                             : say_words(ctx, STATE_SAYS[loan->state]),
                               .condition_out = loan->condition_out,
                               .condition_back = loan->condition_back,
                               .booked = loan->state == LOAN_BOOKED,
                               .out = loan->state == LOAN_OUT,
                               .late = late};
        for (size_t k = 0; k < item_count; k++) {
            if (items[k].id == loan->item) {
                vm->name = items[k].name;
                vm->label = items[k].label;
            }
        }
    }
    return true;
}

static bool show_lending(struct ctx *ctx, struct vm_loans *vm, struct error *err)
{
    struct lend_item *items = NULL;
    struct loan *loans = NULL;
    struct view v;
    if (!lend_items(ctx->db, ctx->mem, &ctx->actor, &items, &vm->item_count, err) ||
        !loans_live(ctx->db, ctx->mem, &loans, &vm->loan_count, err) ||
        !lend_fill_loans(ctx, loans, vm->loan_count, &vm->loans, err)) {
        return false;
    }
    vm->may_arrange = ctx->actor.role >= ROLE_LEAD;
    vm->items = mem_array(ctx->mem, struct vm_lend_item, vm->item_count + 1);
    for (size_t i = 0; i < vm->item_count; i++) {
        vm->items[i] = lend_vm_item(ctx->mem, &items[i]);
    }
    desk_page_begin(ctx, &v, &vm->layout, say_words(ctx, "Loans"), "lending");
    view_lending_page(&v, vm);
    return true;
}

// GET /lending
bool page_lending(struct ctx *ctx, struct error *err)
{
    struct vm_loans vm = {.error = STR("")};
    return show_lending(ctx, &vm, err);
}

struct acting {
    struct ctx *ctx;
    struct str what;
    struct str condition;
};

static bool act_in_tx(struct db *tx, void *arg, struct error *err)
{
    const struct acting *acting = arg;
    struct ctx *ctx = acting->ctx;
    int64_t id = ctx->path.ids[0];
    if (str_eq_c(acting->what, "out")) {
        return lend_hand_out(desk_of(ctx), tx, ctx->mem, &ctx->actor, id, acting->condition, err);
    }
    if (str_eq_c(acting->what, "back")) {
        return lend_take_back(desk_of(ctx), tx, ctx->mem, &ctx->actor, id, acting->condition, err);
    }
    return lend_cancel(tx, ctx->mem, &ctx->actor, id, err);
}

// POST /lending/loans/{object:id} do=out|back|cancel, condition=
bool page_lending_act(struct ctx *ctx, struct error *err)
{
    struct acting acting = {ctx, http_form_text(ctx->req, "do"),
                            http_form_trimmed(ctx->req, "condition")};
    struct vm_loans vm = {.error = STR("")};
    struct error why;
    if (!db_tx_run(ctx->app->db, "lend.act", act_in_tx, &acting, &why)) {
        return say_mistake(ctx, &why, &vm.error, err) && show_lending(ctx, &vm, err);
    }
    http_redirect(ctx->resp, STR("/lending"));
    return true;
}

// --- things -------------------------------------------------------------------------------------

static bool show_edit(struct ctx *ctx, struct vm_lend_edit *vm, struct error *err)
{
    struct loan *loans = NULL;
    struct view v;
    if (vm->item.id != 0 && (!loans_history(ctx->db, ctx->mem, &ctx->actor, vm->item.id, &loans,
                                            &vm->loan_count, err) ||
                             !lend_fill_loans(ctx, loans, vm->loan_count, &vm->loans, err))) {
        return false;
    }
    desk_page_begin(ctx, &v, &vm->layout,
                    vm->item.id == 0 ? say_words(ctx, "Something new to lend") : vm->item.name,
                    "lending");
    view_lending_edit(&v, vm);
    return true;
}

// GET /lending/items/new
bool page_lending_new(struct ctx *ctx, struct error *err)
{
    const struct lend_item fresh = {.name = STR(""),
                                    .kind = STR(""),
                                    .label = STR(""),
                                    .place = STR(""),
                                    .condition = STR(""),
                                    .days_most = 14,
                                    .open = true};
    struct vm_lend_edit vm = {.item = lend_vm_item(ctx->mem, &fresh), .error = STR("")};
    return show_edit(ctx, &vm, err);
}

// GET /lending/items/{object:id}
bool page_lending_item(struct ctx *ctx, struct error *err)
{
    struct lend_item item;
    if (!lend_item_load(ctx->db, ctx->mem, &ctx->actor, ctx->path.ids[0], &item, err)) {
        return false;
    }
    struct vm_lend_edit vm = {.item = lend_vm_item(ctx->mem, &item), .error = STR("")};
    return show_edit(ctx, &vm, err);
}

struct storing {
    struct ctx *ctx;
    struct lend_item item;
    int64_t id;
};

static bool store_in_tx(struct db *tx, void *arg, struct error *err)
{
    struct storing *s = arg;
    struct ctx *ctx = s->ctx;
    return lend_item_store(desk_of(ctx), tx, ctx->mem, &ctx->actor, &s->item, &s->id, err);
}

static bool store(struct ctx *ctx, int64_t id, struct error *err)
{
    struct storing s = {.ctx = ctx,
                        .item = {.id = id,
                                 .name = http_form_trimmed(ctx->req, "name"),
                                 .kind = http_form_trimmed(ctx->req, "kind"),
                                 .label = http_form_trimmed(ctx->req, "label"),
                                 .place = http_form_trimmed(ctx->req, "place"),
                                 .condition = http_form_trimmed(ctx->req, "condition"),
                                 .open = http_form_text(ctx->req, "open").len > 0}};
    struct error why;
    if (!str_to_i64(http_form_trimmed(ctx->req, "days"), &s.item.days_most)) {
        s.item.days_most = 0;
    }
    if (!db_tx_run(ctx->app->db, "lend.store", store_in_tx, &s, &why)) {
        struct vm_lend_edit vm = {.item = lend_vm_item(ctx->mem, &s.item), .error = STR("")};
        vm.item.days = http_form_trimmed(ctx->req, "days");
        return say_mistake(ctx, &why, &vm.error, err) && show_edit(ctx, &vm, err);
    }
    http_redirect(ctx->resp, STR("/lending"));
    return true;
}

// POST /lending/items/new
bool page_lending_add(struct ctx *ctx, struct error *err)
{
    return store(ctx, 0, err);
}

// POST /lending/items/{object:id}
bool page_lending_save(struct ctx *ctx, struct error *err)
{
    return store(ctx, ctx->path.ids[0], err);
}
