// SPDX-License-Identifier: GPL-3.0-or-later
//
// Lists and objects of tickets in the API's shapes, for the answers of other rooms, too.
#ifndef STEWARD_DESK_TICKETS_API_LIST_H
#define STEWARD_DESK_TICKETS_API_LIST_H

#include "app/api.h"
#include "desk/tickets/api_fields.h"
#include "desk/tickets/tickets.h"
#include "json/json.h"

// What the objects of one answer need besides the tickets, read in a fixed number of statements.
struct api_tickets {
    const struct ticket *tickets;
    size_t count;
    struct ticket_text *descriptions;
    size_t description_count;
    struct collaborator *collaborators;
    size_t collaborator_count;
    struct ticket_extras extras;
    struct ticket_link *links;
    size_t link_count;
    struct ticket_metric *metrics;  // with ?include=metric_sets, one for each ticket
    struct ticket_clock *clocks;    // with ?include=slas, sorted by ticket
    size_t clock_count;
    struct user *senders;  // requesters of tickets that came by mail
    size_t sender_count;
    struct moment *ratings;  // what requesters thought, the latest of a ticket last
    size_t rating_count;
    bool results;  // each says its result_type, as search gives them
};

MUST_CHECK bool api_tickets_load(struct ctx *ctx, const struct ticket *tickets, size_t count,
                                 struct api_tickets *ret, struct error *err);
void api_ticket_write(struct ctx *ctx, struct jw *w, const struct api_tickets *set,
                      const struct ticket *ticket);
// The "tickets" array.
void api_ticket_list_write(struct ctx *ctx, struct jw *w, const struct api_tickets *set);

// Answers {"tickets":[…]} by the query, in the page, order and with the sideloads that were asked
// for.
MUST_CHECK bool api_ticket_query_answer(struct ctx *ctx, struct ticket_query *query,
                                        struct error *err);

#endif
