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

struct vm_later {
    int64_t id;
    struct str author;
    struct str text;
    struct str status;  // that it sets, or ""
    int64_t at;
};

// At the ticket's page: the menu in its head, and parts of the right column.
struct vm_work {
    struct ticket_id id;
    bool can_edit;  // an agent, who also may change what is closed
    bool closed;
    bool done;  // solved or closed
    int64_t snoozed_until;
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
    struct str time_all;       // "1 h 20 min", "" for none
    struct str time_own;
    struct vm_later *later;  // answers that leave later
    size_t later_count;
};

// Fills it in two small queries, one more for problems, for closed tickets, and where there are
// bonds.
MUST_CHECK bool work_fill(struct ctx *ctx, const struct ticket *ticket, struct vm_work *ret,
                          struct error *err);

// What an event of the room says behind its author's name; absent for others.
struct str work_event_words(struct ctx *ctx, const struct ticket_event *event);

// "2026-11-23T14:02" in the reader's time zone, as <input type="datetime-local"> has it; "" for 0.
struct str work_local_time(struct ctx *ctx, int64_t ms);
// For people: "Monday, 23 November 2026, 14:02", of a time as histories have it (RFC 3339).
struct str work_time_words(struct ctx *ctx, struct str iso);
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

// Putting off.
struct vm_snooze_choice {
    struct str key;
    struct str label;
    int64_t at;
};

struct vm_snooze {
    struct vm_work_page page;
    struct vm_snooze_choice *choices;
    size_t count;
    struct str input;  // what was typed
    int64_t until;     // it is put off already
};

struct vm_snoozed_line {
    struct vm_bond ticket;
    int64_t until;
};

struct vm_snoozed {
    struct vm_layout layout;
    struct vm_snoozed_line *lines;
    size_t count;
};

// Time.
struct vm_time_line {
    int64_t id;
    struct str person;
    struct str words;
    bool call;
    struct str note;
    int64_t at;
    bool own;
};

struct vm_time {
    struct vm_work_page page;
    struct vm_time_line *lines;
    size_t count;
    struct str sum;
    struct str minutes;  // what was typed
    struct str note;
};

struct vm_time_total {
    struct str person;
    struct str words;
    struct str calls;
    int64_t entries;
};

struct vm_times {
    struct vm_layout layout;
    int64_t days;
    struct vm_time_total *lines;
    size_t count;
    struct str sum;
};

struct vm_signature {
    struct group_id group;
    struct str name;
    struct str words;
};

struct vm_signatures {
    struct vm_layout layout;
    struct vm_signature *lines;
    size_t count;
    struct str error;
    bool saved;
};

// What the composer's form says of leaving later: the time as typed, absent where it is to leave
// now.
struct str later_wanted(struct ctx *ctx);
MUST_CHECK bool later_read(struct ctx *ctx, const struct new_comment *comment,
                           struct ticket_id ticket, struct str status, struct later_plan *ret,
                           struct error *err);

const struct route *work_routes(size_t *ret_count);

#endif
