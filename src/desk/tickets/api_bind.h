// SPDX-License-Identifier: GPL-3.0-or-later
//
// Bodies that describe tickets, bound and carried out inside a transaction, for rooms that bring
// tickets from elsewhere.
#ifndef STEWARD_DESK_TICKETS_API_BIND_H
#define STEWARD_DESK_TICKETS_API_BIND_H

#include "app/api.h"
#include "desk/tickets/tickets.h"

// What POST /api/v2/imports/tickets does with its "ticket"; `id` none makes one, else that ticket
// is changed as if it had been then (`created_at` of the body or of its comment): `status` must be
// given again, and `updated_at` is what the ticket says afterwards. Observers stay silent.
MUST_CHECK bool api_ticket_import(struct ctx *ctx, struct db *tx, struct jr_value body,
                                  struct ticket_id id, struct ticket_outcome *ret,
                                  struct error *err);

#endif
