// SPDX-License-Identifier: GPL-3.0-or-later
#include "desk/lend/stock.h"

#include "app/config.h"
#include "desk/channels/channels.h"
#include "desk/desk.h"
#include "desk/lend/queries.h"

enum { LEADS_MOST = 50 };

static struct stock_item from_row(const struct stock_item_row *row)
{
    return (struct stock_item){row->id,     row->name,    row->place,
                               row->amount, row->minimum, row->amount < row->minimum};
}

static bool staff_only(const struct actor *actor, struct error *err)
{
    return actor_is_staff(actor) || error_set(err, ERR_FORBIDDEN, "Stock is for staff.");
}

bool stock_list(struct db *db, mem_ctx *ctx, const struct actor *actor, struct stock_item **ret,
                size_t *ret_count, struct error *err)
{
    struct stock_item_row *rows = NULL;
    if (!staff_only(actor, err) || !stock_items_all(db, ctx, &rows, ret_count, err)) {
        return false;
    }
    *ret = mem_array(ctx, struct stock_item, *ret_count + 1);
    for (size_t i = 0; i < *ret_count; i++) {
        (*ret)[i] = from_row(&rows[i]);
    }
    return true;
}

static bool find(struct db *db, mem_ctx *ctx, int64_t id, struct stock_item_row *ret,
                 struct error *err)
{
    bool found = false;
    return stock_item_by_id(db, ctx, id, ret, &found, err) &&
           (found || error_set(err, ERR_NOT_FOUND, "There is no such thing in stock."));
}

bool stock_load(struct db *db, mem_ctx *ctx, const struct actor *actor, int64_t id,
                struct stock_item *ret, struct error *err)
{
    struct stock_item_row row;
    if (!staff_only(actor, err) || !find(db, ctx, id, &row, err)) {
        return false;
    }
    *ret = from_row(&row);
    return true;
}

bool stock_history(struct db *db, mem_ctx *ctx, const struct actor *actor, int64_t id,
                   struct stock_line **ret, size_t *ret_count, struct error *err)
{
    struct stock_moves_of_row *rows = NULL;
    if (!staff_only(actor, err) || !stock_moves_of(db, ctx, id, &rows, ret_count, err)) {
        return false;
    }
    *ret = mem_array(ctx, struct stock_line, *ret_count + 1);
    for (size_t i = 0; i < *ret_count; i++) {
        (*ret)[i] = (struct stock_line){rows[i].amount, rows[i].user_id, rows[i].ticket_id,
                                        rows[i].note, rows[i].created_at};
    }
    return true;
}

// --- changing -----------------------------------------------------------------------------------

bool stock_store(struct desk *desk, struct db *tx, mem_ctx *ctx, const struct actor *actor,
                 const struct stock_item *item, int64_t *ret, struct error *err)
{
    struct stock_item_row row;
    if (actor->role < ROLE_LEAD) {
        return error_set(err, ERR_FORBIDDEN, "Only leads and administrators say what is in stock.");
    }
    if (item->name.len == 0 || item->name.len > STOCK_NAME_MOST ||
        item->place.len > STOCK_NAME_MOST) {
        return error_field(err, "name", "BlankValue", "Please give it a short name.");
    }
    if (item->minimum < 0 || item->minimum > STOCK_MOST) {
        return error_field(err, "minimum", "InvalidValue", "Please give a whole number.");
    }
    *ret = item->id == 0 ? db_next_id(tx) : item->id;
    return item->id == 0
               ? stock_item_insert(tx, *ret, item->name, item->place, item->minimum,
                                   clock_now(desk->app->clock), err)
               : find(tx, ctx, item->id, &row, err) &&
                     stock_item_update(tx, item->id, item->name, item->place, item->minimum, err);
}

static bool tell_leads(struct desk *desk, struct db *tx, mem_ctx *ctx,
                       const struct stock_item_row *item, int64_t left, struct error *err)
{
    const struct user_query query = {.roles = 1U << ROLE_LEAD | 1U << ROLE_ADMIN,
                                     .limit = LEADS_MOST};
    struct actor system = actor_system(CHANNEL_SYSTEM);
    struct user *people = NULL;
    size_t count = 0;
    struct str subject = str_printf(ctx, "Stock is low: " STR_FMT, STR_ARG(item->name));
    struct str text =
        str_printf(ctx, STR_FMT ": %lld left, the minimum is %lld.\n\n" STR_FMT "/stock/%lld\n",
                   STR_ARG(item->name), (long long)left, (long long)item->minimum,
                   STR_ARG(desk->app->config->public_url), (long long)item->id);
    if (!users_list(tx, ctx, &system, &query, &people, &count, err)) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        if (!people[i].suspended && !str_empty(people[i].email) &&
            !channels_tell(desk, tx, &people[i], subject, text, err)) {
            return false;
        }
    }
    return true;
}

bool stock_change(struct desk *desk, struct db *tx, mem_ctx *ctx, const struct actor *actor,
                  const struct stock_change *change, struct error *err)
{
    struct stock_item_row row;
    struct ticket ticket;
    int64_t now = clock_now(desk->app->clock);
    struct str note = str_utf8_clip(str_trim(change->note), STOCK_NOTE_MOST);
    if (!actor_is_agent(actor)) {
        return error_set(err, ERR_FORBIDDEN, "Only agents take out of stock.");
    }
    if (!find(tx, ctx, change->item, &row, err) ||
        (change->ticket.v != 0 && !ticket_load(tx, ctx, actor, change->ticket, &ticket, err))) {
        return false;
    }
    if (change->amount == 0 || change->amount > STOCK_MOST || change->amount < -STOCK_MOST) {
        return error_field(err, "amount", "InvalidValue", "Please give a whole number.");
    }
    int64_t left = row.amount + change->amount;
    if (left < 0) {
        return error_set(err, ERR_CONFLICT, "There is not as much in stock.");
    }
    bool low = left < row.minimum;
    const struct stock_move_insert_in in = {
        db_next_id(tx), row.id, change->amount, actor->user, change->ticket, note, now};
    return stock_move_insert(tx, &in, err) && stock_item_count(tx, row.id, left, low, err) &&
           (!low || row.told || tell_leads(desk, tx, ctx, &row, left, err));
}

bool stock_ticket_purged(struct db *tx, struct ticket_id ticket, struct error *err)
{
    return stock_forget_ticket(tx, ticket, err);
}
