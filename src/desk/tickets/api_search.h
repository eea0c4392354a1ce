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

// The same for organisations and groups.
MUST_CHECK bool search_for_organizations(struct ctx *ctx, const struct search_query *search,
                                         struct organization_id after, size_t most,
                                         struct organization **ret, size_t *ret_count,
                                         struct error *err);
MUST_CHECK bool search_for_groups(struct ctx *ctx, const struct search_query *search,
                                  struct group_id after, size_t most, struct group **ret,
                                  size_t *ret_count, struct error *err);

// --- matching one record ------------------------------------------------------------------------

// Whether all terms fit, where fits_term() says it of one: several of one field are alternatives,
// negated ones must all fail.
bool search_fits(const struct search_query *search,
                 bool (*fits_term)(const void *env, const struct search_term *term),
                 const void *env);
bool search_has_text(struct str text, struct str value);  // "none", beginnings*, parts
bool search_has_id(int64_t id, struct str value);
bool search_has_time(struct ctx *ctx, int64_t at, const struct search_term *term);

#endif
