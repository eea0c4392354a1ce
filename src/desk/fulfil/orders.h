// SPDX-License-Identifier: GPL-3.0-or-later
//
// Work orders: something that somebody goes and does for a ticket, at a place and in a window of
// time. The requester reads what happens with it, in the mails that each change of state sends and
// at the request; parts and notes are for staff.
#ifndef STEWARD_DESK_FULFIL_ORDERS_H
#define STEWARD_DESK_FULFIL_ORDERS_H

#include "desk/fulfil/fulfil.h"
#include "view/view.h"

enum { ORDER_TEXT_MOST = 2000, ORDER_LINE_MOST = 200 };

enum order_kind { ORDER_DELIVERY, ORDER_REPAIR, ORDER_DUPLICATION, ORDER_KINDS };
enum order_state {
    ORDER_PLANNED,
    ORDER_UNDER_WAY,
    ORDER_DONE,
    ORDER_FAILED,  // nobody was there, or it cannot be repaired
    ORDER_CANCELLED,
    ORDER_STATES
};
struct str order_kind_word(enum order_kind kind);  // delivery, repair, duplication
MUST_CHECK bool order_kind_parse(struct str word, enum order_kind *ret);
struct str order_state_word(enum order_state state);  // planned, under_way …
MUST_CHECK bool order_state_parse(struct str word, enum order_state *ret);

struct work_order {
    int64_t id;
    struct ticket_id ticket;
    enum order_kind kind;
    enum order_state state;
    struct str what;   // the requester reads it, as the place
    struct str place;  // "Building and room"
    int64_t from_at;   // the window; 0: none
    int64_t to_at;
    struct user_id assignee;  // or none
    struct str parts;         // a line each
    struct str note;
    struct str signed_name;  // who received it, or ""
    int64_t signed_at;
    int64_t created_at;
};

// Of a ticket that the caller may see.
MUST_CHECK bool orders_of(struct db *db, mem_ctx *ctx, struct ticket_id ticket,
                          struct work_order **ret, size_t *ret_count, struct error *err);
// What is to be done on tickets that this agent may see, by its window.
MUST_CHECK bool orders_to_do(struct db *db, mem_ctx *ctx, const struct actor *actor,
                             struct work_order **ret, size_t *ret_count, struct error *err);
// NOT_FOUND where the actor may not see the ticket.
MUST_CHECK bool order_load(struct db *db, mem_ctx *ctx, const struct actor *actor, int64_t id,
                           struct work_order *ret, struct error *err);

// Without id a new one, else its texts, window and assignee. Agents who may change the ticket.
// INVALID without what it is about, or with half a window. Whoever asked hears of a window that is
// new or another one.
MUST_CHECK bool order_store(struct desk *desk, struct db *tx, mem_ctx *ctx,
                            const struct actor *actor, const struct work_order *order, int64_t *ret,
                            struct error *err);
// Planned and under way lead anywhere, what has ended nowhere: CONFLICT. `name` is who received it,
// for ORDER_DONE, or "". The requester gets a mail.
struct order_step {
    int64_t id;
    enum order_state state;
    struct str name;
};
MUST_CHECK bool order_go(struct desk *desk, struct db *tx, mem_ctx *ctx, const struct actor *actor,
                         const struct order_step *step, struct error *err);

// What happens with it, for the requester, in the view's language and zone.
struct str order_words(struct view *v, const struct work_order *order);

#endif
