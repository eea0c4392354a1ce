// SPDX-License-Identifier: GPL-3.0-or-later
//
// Work orders for those who do them: the list by window, one order, its slip on paper.
#include "app/config.h"
#include "app/say.h"
#include "desk/desk.h"
#include "desk/door/qr.h"
#include "desk/fulfil/orders.html.h"
#include "desk/fulfil/pages.h"
#include "desk/tickets/names.h"
#include "desk/work/pages.h"

static const char *const KIND_SAYS[ORDER_KINDS] = {WORDS("Delivery"), WORDS("Repair"),
                                                   WORDS("Duplication")};
static const char *const STATE_SAYS[ORDER_STATES] = {
    WORDS("Planned"), WORDS("Under way"), WORDS("Done"), WORDS("Failed"), WORDS("Called off")};

static bool fill_order(struct ctx *ctx, const struct work_order *order, struct vm_order *vm,
                       struct error *err)
{
    struct ticket ticket;
    struct names names = {0};
    names_want(&names, ctx->mem, order->assignee);
    if (!ticket_load(ctx->db, ctx->mem, &ctx->actor, order->ticket, &ticket, err)) {
        return false;
    }
    names_want(&names, ctx->mem, ticket.requester);
    if (!names_load(&names, ctx->db, ctx->mem, err)) {
        return false;
    }
    *vm = (struct vm_order){.id = order->id,
                            .ticket = order->ticket,
                            .subject = ticket.subject,
                            .requester = names_person(&names, ticket.requester).name,
                            .kind = say_words(ctx, KIND_SAYS[order->kind]),
                            .state = say_words(ctx, STATE_SAYS[order->state]),
                            .what = order->what,
                            .place = order->place,
                            .from_at = order->from_at,
                            .to_at = order->to_at,
                            .from = work_local_time(ctx, order->from_at),
                            .to = work_local_time(ctx, order->to_at),
                            .assignee = names_person(&names, order->assignee).name,
                            .parts = order->parts,
                            .note = order->note,
                            .signed_name = order->signed_name,
                            .signed_at = order->signed_at,
                            .planned = order->state == ORDER_PLANNED,
                            .open = order->state <= ORDER_UNDER_WAY &&
                                    ticket_may_edit(&ctx->actor, &ticket)};
    return true;
}

static bool fill_orders(struct ctx *ctx, const struct work_order *orders, size_t count,
                        struct vm_order **ret, struct error *err)
{
    *ret = mem_array(ctx->mem, struct vm_order, count + 1);
    for (size_t i = 0; i < count; i++) {
        if (!fill_order(ctx, &orders[i], &(*ret)[i], err)) {
            return false;
        }
    }
    return true;
}

bool fulfil_fill_orders(struct ctx *ctx, struct vm_fulfil_ticket *vm, struct error *err)
{
    struct work_order *orders = NULL;
    for (size_t i = 0; i < ORDER_KINDS; i++) {
        vm->kinds[i] = (struct vm_option){order_kind_word((enum order_kind)i),
                                          say_words(ctx, KIND_SAYS[i]), false};
    }
    return orders_of(ctx->db, ctx->mem, vm->id, &orders, &vm->order_count, err) &&
           fill_orders(ctx, orders, vm->order_count, &vm->orders, err);
}

// GET /orders
bool page_orders(struct ctx *ctx, struct error *err)
{
    struct vm_orders vm = {0};
    struct work_order *orders = NULL;
    struct view v;
    if (!orders_to_do(ctx->db, ctx->mem, &ctx->actor, &orders, &vm.count, err) ||
        !fill_orders(ctx, orders, vm.count, &vm.orders, err)) {
        return false;
    }
    desk_page_begin(ctx, &v, &vm.layout, say_words(ctx, "Work orders"), "orders");
    view_orders_page(&v, &vm);
    return true;
}

static bool show_order(struct ctx *ctx, struct vm_order_page *vm, struct error *err)
{
    struct work_order order;
    struct view v;
    if (!order_load(ctx->db, ctx->mem, &ctx->actor, ctx->path.ids[0], &order, err) ||
        !fill_order(ctx, &order, &vm->order, err)) {
        return false;
    }
    vm->mine = order.assignee.v == ctx->actor.user.v;
    desk_page_begin(ctx, &v, &vm->layout, order.what, "orders");
    view_order_page(&v, vm);
    return true;
}

// GET /orders/{object:id}
bool page_order(struct ctx *ctx, struct error *err)
{
    struct vm_order_page vm = {.error = STR("")};
    return show_order(ctx, &vm, err);
}

// GET /orders/{object:id}/slip
bool page_order_slip(struct ctx *ctx, struct error *err)
{
    struct vm_order_page vm = {.error = STR("")};
    struct work_order order;
    struct view v;
    struct str address =
        str_printf(ctx->mem, STR_FMT "/orders/%lld", STR_ARG(ctx->app->config->public_url),
                   (long long)ctx->path.ids[0]);
    if (!order_load(ctx->db, ctx->mem, &ctx->actor, ctx->path.ids[0], &order, err) ||
        !fill_order(ctx, &order, &vm.order, err) ||
        !qr_path(ctx->mem, address, &vm.qr, &vm.qr_size, err)) {
        return false;
    }
    vm.address = address;
    desk_page_begin(ctx, &v, &vm.layout, order.what, "orders");
    view_order_slip(&v, &vm);
    return true;
}

// --- changing -----------------------------------------------------------------------------------

struct ordering {
    struct ctx *ctx;
    struct work_order order;
    struct order_step step;
    int64_t id;
};

static bool read_order(struct ctx *ctx, struct work_order *order, struct error *err)
{
    order->what = http_form_trimmed(ctx->req, "what");
    order->place = http_form_trimmed(ctx->req, "place");
    order->parts = http_form_trimmed(ctx->req, "parts");
    order->note = http_form_trimmed(ctx->req, "note");
    bool mine = http_form_text(ctx->req, "mine").len > 0;
    if (mine || order->assignee.v == ctx->actor.user.v) {
        order->assignee = mine ? ctx->actor.user : (struct user_id){0};
    }
    return work_parse_local(ctx, http_form_trimmed(ctx->req, "from"), &order->from_at, err) &&
           work_parse_local(ctx, http_form_trimmed(ctx->req, "to"), &order->to_at, err);
}

static bool store_in_tx(struct db *tx, void *arg, struct error *err)
{
    struct ordering *o = arg;
    struct ctx *ctx = o->ctx;
    return order_store(desk_of(ctx), tx, ctx->mem, &ctx->actor, &o->order, &o->id, err);
}

static bool step_in_tx(struct db *tx, void *arg, struct error *err)
{
    struct ordering *o = arg;
    struct ctx *ctx = o->ctx;
    return order_go(desk_of(ctx), tx, ctx->mem, &ctx->actor, &o->step, err);
}

static void keep_typed(struct ctx *ctx, struct vm_order *vm)
{
    vm->what = http_form_trimmed(ctx->req, "what");
    vm->place = http_form_trimmed(ctx->req, "place");
    vm->from = http_form_trimmed(ctx->req, "from");
    vm->to = http_form_trimmed(ctx->req, "to");
    vm->parts = http_form_trimmed(ctx->req, "parts");
    vm->note = http_form_trimmed(ctx->req, "note");
}

// POST /tickets/{ticket:id}/orders
bool page_order_make(struct ctx *ctx, struct error *err)
{
    struct ordering o = {.ctx = ctx, .order = {.ticket = {ctx->path.ids[0]}}};
    struct vm_fulfil_ticket vm = {.email = STR(""), .task = STR(""), .error = STR("")};
    struct error why;
    if (!order_kind_parse(http_form_text(ctx->req, "kind"), &o.order.kind)) {
        o.order.kind = ORDER_DELIVERY;
    }
    if (!read_order(ctx, &o.order, &why) ||
        !db_tx_run(ctx->app->db, "fulfil.order", store_in_tx, &o, &why)) {
        keep_typed(ctx, &vm.fresh);
        return say_mistake(ctx, &why, &vm.error, err) && fulfil_show_ticket(ctx, &vm, err);
    }
    http_redirect(ctx->resp, str_printf(ctx->mem, "/orders/%lld", (long long)o.id));
    return true;
}

// POST /orders/{object:id} do=save|under_way|done|failed|cancelled
bool page_order_change(struct ctx *ctx, struct error *err)
{
    struct ordering o = {
        .ctx = ctx,
        .order = {.id = ctx->path.ids[0]},
        .step = {.id = ctx->path.ids[0], .name = http_form_trimmed(ctx->req, "name")}};
    struct vm_order_page vm = {.error = STR("")};
    struct error why;
    bool step = order_state_parse(http_form_text(ctx->req, "do"), &o.step.state);
    // Whoever else does it goes on doing it.
    if (!order_load(ctx->db, ctx->mem, &ctx->actor, ctx->path.ids[0], &o.order, err)) {
        return false;
    }
    bool done = step ? db_tx_run(ctx->app->db, "fulfil.order", step_in_tx, &o, &why)
                     : read_order(ctx, &o.order, &why) &&
                           db_tx_run(ctx->app->db, "fulfil.order", store_in_tx, &o, &why);
    if (!done) {
        return say_mistake(ctx, &why, &vm.error, err) && show_order(ctx, &vm, err);
    }
    http_redirect(ctx->resp, str_printf(ctx->mem, "/orders/%lld", (long long)ctx->path.ids[0]));
    return true;
}
