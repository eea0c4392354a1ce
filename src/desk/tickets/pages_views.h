// SPDX-License-Identifier: GPL-3.0-or-later
//
// What pages of other rooms show, too: the workspace's left column, a ticket's conversation.
#ifndef STEWARD_DESK_TICKETS_PAGES_VIEWS_H
#define STEWARD_DESK_TICKETS_PAGES_VIEWS_H

#include "app/app.h"
#include "view/layout.h"

// Puts all views with their counts into the left column.
MUST_CHECK bool desk_views(struct ctx *ctx, struct str active, struct vm_layout *layout,
                           struct error *err);

// The conversation: comments and, between them, what changed. Loads `names`, with whom the caller
// wanted.
struct ticket;
struct names;
struct vm_line;
MUST_CHECK bool page_conversation(struct ctx *ctx, const struct ticket *ticket, struct names *names,
                                  struct vm_line **ret, size_t *ret_count, struct error *err);

#endif
