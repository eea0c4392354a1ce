// SPDX-License-Identifier: GPL-3.0-or-later
//
// Shared by the workspace's pages.
#ifndef STEWARD_DESK_TICKETS_PAGES_INTERNAL_H
#define STEWARD_DESK_TICKETS_PAGES_INTERNAL_H

#include "desk/tickets/names.h"
#include "desk/tickets/pages.h"
#include "desk/tickets/pages_views.h"
#include "view/view.h"

// Choices of the right column.
struct vm_options page_status_options(mem_ctx *ctx, const struct ticket *ticket);
struct vm_options page_priority_options(mem_ctx *ctx, enum ticket_priority current);
struct vm_options page_type_options(mem_ctx *ctx, enum ticket_type current);
MUST_CHECK bool page_agent_options(struct ctx *ctx, struct user_id current, struct vm_options *ret,
                                   struct error *err);
MUST_CHECK bool page_group_options(struct ctx *ctx, struct group_id current, struct vm_options *ret,
                                   struct error *err);

#endif
