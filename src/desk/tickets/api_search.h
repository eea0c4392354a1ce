// SPDX-License-Identifier: GPL-3.0-or-later
//
// What a search (search_query.h) means: for tickets as conditions of a ticket_query, for people as
// a filter.
#ifndef STEWARD_DESK_TICKETS_API_SEARCH_H
#define STEWARD_DESK_TICKETS_API_SEARCH_H

#include "desk/desk.h"
#include "desk/tickets/search_query.h"

// The conditions of the search; *ret_none when no ticket can fit, because a field is not one of
// tickets or names somebody who does not exist. Lives in ctx->mem.
MUST_CHECK bool search_for_tickets(struct ctx *ctx, const struct search_query *search,
                                   struct ticket_query *ret, bool *ret_none, struct error *err);

// People that fit, in order of id, those beyond `after` and at most `most`; looks at
// everybody, since every field may be asked for.
MUST_CHECK bool search_for_users(struct ctx *ctx, const struct search_query *search,
                                 struct user_id after, size_t most, struct user **ret,
                                 size_t *ret_count, struct error *err);

#endif
