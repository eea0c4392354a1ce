// SPDX-License-Identifier: GPL-3.0-or-later
//
// Stock, for staff: what there is, what is low, what came and went.
#include "app/say.h"
#include "desk/desk.h"
#include "desk/lend/pages.h"
#include "desk/lend/stock.html.h"
#include "desk/tickets/names.h"

static struct vm_stock vm_of(mem_ctx *ctx, const struct stock_item *item)
{
    return (struct vm_stock){.id = item->id,
                             .name = item->name,
                             .place = item->place,
                             .amount = item->amount,
                             .minimum = item->minimum,
                             .minimum_text = str_printf(ctx, "%lld", (long long)item->minimum),
                             .low = item->low};
}

static bool show_list(struct ctx *ctx, struct vm_stock_list *vm, struct error *err)
{
    struct stock_item *items = NULL;
    struct view v;
    if (!stock_list(ctx->db, ctx->mem, &ctx->actor, &items, &vm->count, err)) {
        return false;
    }
    vm->items = mem_array(ctx->mem, struct vm_stock, vm->count + 1);
    for (size_t i = 0; i < vm->count; i++) {
        vm->items[i] = vm_of(ctx->mem, &items[i]);
    }
    vm->may_arrange = ctx->actor.role >= ROLE_LEAD;
    desk_page_begin(ctx, &v, &vm->layout, say_words(ctx, "Stock"), "stock");
    view_stock_list(&v, vm);
    return true;
}

// GET /stock
bool page_stock(struct ctx *ctx, struct error *err)
{
    struct vm_stock_list vm = {.error = STR("")};
    return show_list(ctx, &vm, err);
}

static bool fill_history(struct ctx *ctx, struct vm_stock_page *vm, struct error *err)
{
    struct stock_line *lines = NULL;
    struct names names = {0};
    if (!stock_history(ctx->db, ctx->mem, &ctx->actor, vm->item.id, &lines, &vm->count, err)) {
        return false;
    }
    for (size_t i = 0; i < vm->count; i++) {
        names_want(&names, ctx->mem, lines[i].user);
    }
    if (!names_load(&names, ctx->db, ctx->mem, err)) {
        return false;
    }
    vm->lines = mem_array(ctx->mem, struct vm_stock_line, vm->count + 1);
    for (size_t i = 0; i < vm->count; i++) {
        vm->lines[i] = (struct vm_stock_line){
            .amount = str_printf(ctx->mem, "%+lld", (long long)lines[i].amount),
            .person = names_person(&names, lines[i].user).name,
            .ticket = lines[i].ticket,
            .note = lines[i].note,
            .at = lines[i].at};
    }
    return true;
}

static bool show_one(struct ctx *ctx, struct vm_stock_page *vm, struct error *err)
{
    struct stock_item item;
    struct view v;
    if (!stock_load(ctx->db, ctx->mem, &ctx->actor, ctx->path.ids[0], &item, err)) {
        return false;
    }
    vm->item = vm_of(ctx->mem, &item);
    vm->may_arrange = ctx->actor.role >= ROLE_LEAD;
    if (!fill_history(ctx, vm, err)) {
        return false;
    }
    desk_page_begin(ctx, &v, &vm->layout, item.name, "stock");
    view_stock_page(&v, vm);
    return true;
}

// GET /stock/{object:id}
bool page_stock_item(struct ctx *ctx, struct error *err)
{
    struct vm_stock_page vm = {.error = STR("")};
    return show_one(ctx, &vm, err);
}

// --- changing -----------------------------------------------------------------------------------

struct stocking {
    struct ctx *ctx;
    struct stock_item item;
    struct stock_change change;
    int64_t id;
};

static int64_t form_number(const struct ctx *ctx, const char *name, int64_t otherwise)
{
    int64_t number = 0;
    return str_to_i64(http_form_trimmed(ctx->req, name), &number) ? number : otherwise;
}

static bool store_in_tx(struct db *tx, void *arg, struct error *err)
{
    struct stocking *s = arg;
    struct ctx *ctx = s->ctx;
    return stock_store(desk_of(ctx), tx, ctx->mem, &ctx->actor, &s->item, &s->id, err);
}

static bool change_in_tx(struct db *tx, void *arg, struct error *err)
{
    struct stocking *s = arg;
    struct ctx *ctx = s->ctx;
    return stock_change(desk_of(ctx), tx, ctx->mem, &ctx->actor, &s->change, err);
}

static struct stocking read_item(struct ctx *ctx, int64_t id)
{
    return (struct stocking){.ctx = ctx,
                             .item = {.id = id,
                                      .name = http_form_trimmed(ctx->req, "name"),
                                      .place = http_form_trimmed(ctx->req, "place"),
                                      .minimum = form_number(ctx, "minimum", -1)}};
}

static bool go_to(struct ctx *ctx, int64_t id)
{
    http_redirect(ctx->resp, str_printf(ctx->mem, "/stock/%lld", (long long)id));
    return true;
}

// POST /stock
bool page_stock_add(struct ctx *ctx, struct error *err)
{
    struct stocking s = read_item(ctx, 0);
    struct vm_stock_list vm = {.error = STR("")};
    struct error why;
    if (!db_tx_run(ctx->app->db, "stock.store", store_in_tx, &s, &why)) {
        return say_mistake(ctx, &why, &vm.error, err) && show_list(ctx, &vm, err);
    }
    return go_to(ctx, s.id);
}

// POST /stock/{object:id}/edit
bool page_stock_save(struct ctx *ctx, struct error *err)
{
    struct stocking s = read_item(ctx, ctx->path.ids[0]);
    struct vm_stock_page vm = {.error = STR("")};
    struct error why;
    if (!db_tx_run(ctx->app->db, "stock.store", store_in_tx, &s, &why)) {
        return say_mistake(ctx, &why, &vm.error, err) && show_one(ctx, &vm, err);
    }
    return go_to(ctx, s.id);
}

// POST /stock/{object:id} do=take|put, amount=, ticket=, note=
bool page_stock_change(struct ctx *ctx, struct error *err)
{
    int64_t amount = form_number(ctx, "amount", 0);
    bool put = str_eq_c(http_form_text(ctx->req, "do"), "put");
    struct stocking s = {.ctx = ctx,
                         .change = {.item = ctx->path.ids[0],
                                    .ticket = {form_number(ctx, "ticket", 0)},
                                    .note = http_form_trimmed(ctx->req, "note")}};
    struct vm_stock_page vm = {.error = STR("")};
    struct error why;
    bool sane = amount > 0 && amount <= STOCK_MOST;
    s.change.amount = !sane ? 0 : put ? amount : -amount;
    if (!db_tx_run(ctx->app->db, "stock.change", change_in_tx, &s, &why)) {
        return say_mistake(ctx, &why, &vm.error, err) && show_one(ctx, &vm, err);
    }
    return go_to(ctx, ctx->path.ids[0]);
}
