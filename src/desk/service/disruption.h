// SPDX-License-Identifier: GPL-3.0-or-later
//
// What a ticket costs in people's time: how many are kept from their work, how badly, and what an
// hour of one of them is worth in their organisation. It counts in working hours from the creation
// of the ticket until it is solved, also while it waits for the requester: they cannot work
// meanwhile. The requester says it in plain words, staff correct it; requesters see no money.
#ifndef STEWARD_DESK_SERVICE_DISRUPTION_H
#define STEWARD_DESK_SERVICE_DISRUPTION_H

#include "desk/tickets/tickets.h"

struct desk;

// Slowed people lose half of their time, those who ask for later nothing.
enum disruption_degree { DEGREE_UNSAID, DEGREE_STOPPED, DEGREE_SLOWED, DEGREE_LATER, DEGREE_COUNT };

// Money as people read it: "12.50".
struct str disruption_money(mem_ctx *ctx, int64_t cents);

struct str degree_word(enum disruption_degree degree);  // "stopped"; "" unless said
MUST_CHECK bool degree_parse(struct str word, enum disruption_degree *ret);

#define DISRUPTED_MOST 1000000

struct disruption {
    enum disruption_degree degree;
    int64_t people;
    enum disruption_degree said_degree;  // by the requester
    int64_t said_people;
    struct user_id corrected_by;
    int64_t cents_an_hour;
    int64_t cents;  // until now
};

// How the ticket was described so far; *ret_found false: nobody said anything.
MUST_CHECK bool disruption_find(struct desk *desk, struct db *db, mem_ctx *ctx,
                                const struct ticket *ticket, struct disruption *ret,
                                bool *ret_found, struct error *err);

// Says it, or corrects it: agents for every ticket that they may change, the requester only the
// first word (later ones are ignored). Of `said`, degree and people count. What it cost so far
// stays. INVALID for numbers of people below 1 or above DISRUPTED_MOST.
MUST_CHECK bool disruption_say(struct desk *desk, struct db *tx, mem_ctx *ctx,
                               const struct actor *actor, struct ticket *ticket,
                               const struct disruption *said, struct error *err);

// Observer of tickets: solving ends it, reopening lets it go on. Costs nothing where nobody said
// anything.
bool disruption_observe(void *desk, struct db *tx, const struct ticket_applied *applied,
                        struct error *err);

// What each of these tickets cost until now, in their order; of a ticket, id and group count.
MUST_CHECK bool disruption_costs(struct desk *desk, struct db *db, mem_ctx *ctx,
                                 const struct ticket *tickets, size_t count, int64_t **ret_cents,
                                 struct error *err);

struct disruption_price {
    struct organization_id organization;  // none: everybody else
    int64_t cents;                        // an hour of one person
};
MUST_CHECK bool disruption_prices(struct db *db, mem_ctx *ctx, struct disruption_price **ret,
                                  size_t *ret_count, struct error *err);
// Administrators only. Counts for what is said from now on.
MUST_CHECK bool disruption_price_set(struct db *tx, const struct actor *actor,
                                     const struct disruption_price *price, struct error *err);

#endif
