// SPDX-License-Identifier: GPL-3.0-or-later
//
// View models of what the room shows at a ticket, and of its own pages.
#ifndef STEWARD_DESK_WORK_PAGES_H
#define STEWARD_DESK_WORK_PAGES_H

#include "app/app.h"
#include "desk/work/work.h"
#include "view/layout.h"

struct vm_bond {
    int64_t id;
    struct str words;  // "is blocked by"
    struct ticket_id ticket;
    struct str subject;
    struct str status;
};

// At the ticket's page: the menu in its head, and parts of the right column.
struct vm_work {
    struct ticket_id id;
    bool can_edit;  // an agent, who also may change what is closed
    bool closed;
    struct ticket_id merged_into;
    struct vm_bond *bonds;
    size_t bond_count;
    struct vm_bond *followups;
    size_t followup_count;
    struct vm_bond *incidents;  // of a problem
    size_t incident_count;
    struct ticket_id problem;  // of an incident
    int64_t due_at;            // 0: none
    struct str due_input;      // as the form wants it, in the reader's zone
};

// Fills it in two small queries, one more for problems, for closed tickets, and where there are
// bonds.
MUST_CHECK bool work_fill(struct ctx *ctx, const struct ticket *ticket, struct vm_work *ret,
                          struct error *err);

// "2026-11-23T14:02" in the reader's time zone, as <input type="datetime-local"> has it; "" for 0.
struct str work_local_time(struct ctx *ctx, int64_t ms);
// The other way; INVALID where it is no such time. "" is 0.
MUST_CHECK bool work_parse_local(struct ctx *ctx, struct str text, int64_t *ret, struct error *err);

// --- the room's own pages -----------------------------------------------------------------------

// What every page of one ticket's action shows.
struct vm_work_page {
    struct vm_layout layout;
    struct ticket_id id;
    struct str subject;
    struct str status;
    struct str requester;
    struct str error;
    struct vm_bond *choices;  // tickets that may be meant
    size_t choice_count;
    struct vm_bond *bonds;
    size_t bond_count;
    struct vm_option *sides;
    size_t side_count;
    struct str other;  // what was typed
    bool into_this;
    bool tell;
    struct comment_id comment;
    struct str author;
    struct str text;
    struct str title;  // of the ticket to be made
};

const struct route *work_routes(size_t *ret_count);

#endif
