// SPDX-License-Identifier: GPL-3.0-or-later
//
// What pages of other rooms show, too: the workspace's left column, a ticket's conversation.
#ifndef STEWARD_DESK_TICKETS_PAGES_VIEWS_H
#define STEWARD_DESK_TICKETS_PAGES_VIEWS_H

#include "app/app.h"
#include "view/layout.h"

struct names;
struct ticket;
struct vm_ticket_row;

// Puts all views with their counts into the left column.
MUST_CHECK bool desk_views(struct ctx *ctx, struct str active, struct vm_layout *layout,
                           struct error *err);

// The view of that name in addresses: the word of one that is there from the start, else its
// number. NOT_FOUND when there is none for this actor.
struct rule;
MUST_CHECK bool desk_view_find(struct ctx *ctx, struct str key, const struct rule **ret,
                               struct error *err);
struct str desk_view_key(mem_ctx *ctx, const struct rule *view);

// A ticket as a line of a list, with what of it is due soon.
struct vm_ticket_row page_ticket_row(const struct names *names, const struct ticket *ticket);
void page_ticket_due(struct ctx *ctx, const struct ticket *ticket, struct vm_ticket_row *row);
// How what is due in that time is marked.
struct str page_mood(int64_t left_ms);

// The conversation: comments and, between them, what changed. Loads `names`, with whom the caller
// wanted.
struct vm_line;
MUST_CHECK bool page_conversation(struct ctx *ctx, const struct ticket *ticket, struct names *names,
                                  struct vm_line **ret, size_t *ret_count, struct error *err);

#endif
