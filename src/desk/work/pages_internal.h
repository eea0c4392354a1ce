// SPDX-License-Identifier: GPL-3.0-or-later
//
// Shared by the room's pages.
#ifndef STEWARD_DESK_WORK_PAGES_INTERNAL_H
#define STEWARD_DESK_WORK_PAGES_INTERNAL_H

#include "desk/work/pages.h"

#define ROUTE(method, path, handler, kind, who, rate, limit, stream)                               \
    bool handler(struct ctx *ctx, struct error *err);
#include "desk/work/routes.def"
#undef ROUTE

// The ticket of the path, for agents, and the head of the page that is about it.
MUST_CHECK bool work_page_begin(struct ctx *ctx, struct vm_work_page *vm, struct ticket *ticket,
                                struct error *err);
// The same for light agents, too.
MUST_CHECK bool work_page_begin_staff(struct ctx *ctx, struct vm_work_page *vm,
                                      struct ticket *ticket, struct error *err);
struct vm_bond work_line(const struct ticket *ticket);
// The field's text; "" when the form has none.
struct str work_field(struct ctx *ctx, const char *name);
void work_go(struct ctx *ctx, struct ticket_id id, const char *anchor);
// Whether a mistake is the person's own and can be shown at the form; else it goes into *err.
MUST_CHECK bool work_mistake(struct ctx *ctx, const struct error *why, struct vm_work_page *vm,
                             struct error *err);
// Tickets by number, as far as the actor may see them.
MUST_CHECK bool work_tickets_by(struct ctx *ctx, enum ticket_column column, int64_t value,
                                bool unsolved, int64_t limit, struct ticket **ret,
                                size_t *ret_count, struct error *err);

#endif
