// SPDX-License-Identifier: GPL-3.0-or-later
//
// Stock: what is used up. Agents take out and put in, each with a line in the history; when less
// than the minimum is left, leads get one mail, and the next only after it was filled up. For
// staff: nobody else sees it.
#ifndef STEWARD_DESK_LEND_STOCK_H
#define STEWARD_DESK_LEND_STOCK_H

#include "desk/tickets/tickets.h"

struct desk;

enum { STOCK_NAME_MOST = 120, STOCK_NOTE_MOST = 500, STOCK_MOST = 1000000 };

struct stock_item {
    int64_t id;
    struct str name;
    struct str place;
    int64_t amount;
    int64_t minimum;
    bool low;  // less than the minimum is left
};

struct stock_line {
    int64_t amount;
    struct user_id user;
    struct ticket_id ticket;  // or none
    struct str note;
    int64_t at;
};

// Staff: FORBIDDEN otherwise, as the next two.
MUST_CHECK bool stock_list(struct db *db, mem_ctx *ctx, const struct actor *actor,
                           struct stock_item **ret, size_t *ret_count, struct error *err);
MUST_CHECK bool stock_load(struct db *db, mem_ctx *ctx, const struct actor *actor, int64_t id,
                           struct stock_item *ret, struct error *err);
// The last hundred, latest first.
MUST_CHECK bool stock_history(struct db *db, mem_ctx *ctx, const struct actor *actor, int64_t id,
                              struct stock_line **ret, size_t *ret_count, struct error *err);
// Leads and administrators. Without id a new one, of which there is nothing yet; the amount changes
// by stock_change() alone.
MUST_CHECK bool stock_store(struct desk *desk, struct db *tx, mem_ctx *ctx,
                            const struct actor *actor, const struct stock_item *item, int64_t *ret,
                            struct error *err);
// Agents. INVALID for nothing, CONFLICT for more than there is, NOT_FOUND for a ticket that the
// actor may not see.
struct stock_change {
    int64_t item;
    int64_t amount;  // below 0: taken out
    struct ticket_id ticket;
    struct str note;
};
MUST_CHECK bool stock_change(struct desk *desk, struct db *tx, mem_ctx *ctx,
                             const struct actor *actor, const struct stock_change *change,
                             struct error *err);

MUST_CHECK bool stock_ticket_purged(struct db *tx, struct ticket_id ticket, struct error *err);

#endif
