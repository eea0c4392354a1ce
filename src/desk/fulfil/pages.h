// SPDX-License-Identifier: GPL-3.0-or-later
//
// View models of what stands between asking and having, and the room's routes.
#ifndef STEWARD_DESK_FULFIL_PAGES_H
#define STEWARD_DESK_FULFIL_PAGES_H

#include "app/app.h"
#include "desk/catalogue/catalogue.h"
#include "desk/fulfil/fulfil.h"
#include "desk/fulfil/orders.h"
#include "view/layout.h"

struct names;

// --- deciding (pages_decide.c) ------------------------------------------------------------------

struct vm_decide {
    struct vm_layout layout;
    struct str token;
    struct str requester;
    struct str subject;
    struct html said;
    struct str absent;  // for whom a deputy decides, or ""
    bool open;          // still to be decided
    bool agreed;        // else: how it was decided, by whom; "" when nobody did
    struct str decider;
    struct str reason;  // of the refusal, or typed
    struct str error;
};

struct vm_asked {
    struct str token;
    struct str requester;
    struct str subject;
    int64_t at;
};

struct vm_asks {
    struct vm_layout layout;
    struct vm_asked *asks;
    size_t count;
};

// --- at a request and at a ticket (pages_request.c, pages_ticket.c)
// -------------------------------

// One sentence of what requesters see.
struct vm_fulfil_line {
    struct str words;
    struct str more;  // what somebody said, or ""
    int64_t at;       // 0: no time is told
    bool done;
};

struct vm_fulfil_request {
    struct vm_fulfil_line *lines;
    size_t count;
};

// In plain words, for whoever may see the request. Nothing for tickets that needed nothing.
MUST_CHECK bool fulfil_fill_request(struct ctx *ctx, const struct ticket *ticket,
                                    struct vm_fulfil_request *ret, struct error *err);

// In the right column of a ticket's page: one small query.
struct vm_fulfil_side {
    struct ticket_id id;
    int64_t gates;
    int64_t agreed;
    bool refused;
    bool waiting;
    int64_t tasks;
    int64_t done;
    int64_t orders;
    int64_t orders_open;
};
MUST_CHECK bool fulfil_fill_side(struct ctx *ctx, struct ticket_id ticket,
                                 struct vm_fulfil_side *ret, struct error *err);
// What an event of the room says behind its author's name; absent for others.
struct str fulfil_event_words(struct ctx *ctx, const struct ticket_event *event);

struct vm_ask_line {
    struct str name;
    struct str deputy;
    struct str state;  // in words
    struct str reason;
    struct str decider;  // when it was somebody else
    int64_t at;          // asked, or decided
    int64_t told;
};

struct vm_gate {
    struct str name;
    struct str kind;  // in words
    struct str state;
    bool stuck;  // open, and nobody is asked
    struct vm_ask_line *asks;
    size_t ask_count;
};

struct vm_task {
    int64_t id;
    struct ticket_id ticket;
    struct str subject;  // of the ticket, "" where the reader may not see it
    int64_t stage;
    struct str name;
    struct str group;
    struct str assignee;
    struct str state;  // in words
    struct str note;
    struct str done_by;
    int64_t at;  // since when it waits, or done
    bool open;
    bool mine;
    bool ended;
};

struct vm_order {
    int64_t id;
    struct ticket_id ticket;
    struct str subject;  // of the ticket
    struct str requester;
    struct str kind;  // in words, as the state
    struct str state;
    struct str what;
    struct str place;
    int64_t from_at;  // 0: no window
    int64_t to_at;
    struct str from;  // as the form has it
    struct str to;
    struct str assignee;
    struct str parts;
    struct str note;
    struct str signed_name;
    int64_t signed_at;
    bool planned;
    bool open;  // and the reader may change it
};

struct vm_orders {
    struct vm_layout layout;
    struct vm_order *orders;
    size_t count;
};

struct vm_order_page {
    struct vm_layout layout;
    struct vm_order order;
    bool mine;
    struct str error;
    struct str address;  // of the slip's code
    struct str qr;
    int qr_size;
};

struct vm_tasks {
    struct vm_layout layout;
    struct vm_task *tasks;
    size_t count;
};

struct vm_fulfil_ticket {
    struct vm_layout layout;
    struct ticket_id id;
    struct str subject;
    bool can_edit;
    struct str email;  // typed
    struct str error;
    struct vm_gate *gates;
    size_t gate_count;
    struct vm_task *tasks;
    size_t task_count;
    struct vm_option *groups;
    size_t group_count;
    struct str task;  // typed
    struct vm_order *orders;
    size_t order_count;
    struct vm_order fresh;  // what a new order's form has
    struct vm_option kinds[ORDER_KINDS];
};

// --- arranging (pages_steps.c) ------------------------------------------------------------------

struct vm_step {
    int64_t id;
    struct str name;
    struct str people;  // addresses, a line each
    struct str limit;   // "" for none
    struct str summary;
    struct vm_option kinds[STEP_KINDS];
    struct vm_option *marks;
    size_t mark_count;
    bool first;
    bool last;
};

struct vm_plan {
    int64_t id;
    int64_t stage;
    struct str name;
    struct str group;
    struct str when;  // "They need a computer: yes", or ""
};

struct vm_steps {
    struct vm_layout layout;
    struct vm_plan *plans;
    size_t plan_count;
    struct vm_option *groups;
    size_t group_count;
    struct vm_option *questions;
    size_t question_count;
    struct object_id service;
    struct str name;
    struct str error;
    struct vm_step *steps;
    size_t count;
    struct vm_step added;
};

#define ROUTE(method, path, handler, kind, who, rate, limit)                                       \
    bool handler(struct ctx *ctx, struct error *err);
#include "desk/fulfil/routes.def"
#undef ROUTE

// Staff's groups, for a choice.
MUST_CHECK bool fulfil_group_options(struct ctx *ctx, struct vm_option **ret, size_t *ret_count,
                                     struct error *err);
// The tasks that requests of a service get, at the page of its steps.
MUST_CHECK bool fulfil_fill_plans(struct ctx *ctx, const struct form *form, struct vm_steps *vm,
                                  struct error *err);
// The page of a service's steps, with what is wrong with what was sent.
MUST_CHECK bool fulfil_show_steps(struct ctx *ctx, struct str mistake, struct error *err);
// The tasks of a ticket that the reader may see.
MUST_CHECK bool fulfil_fill_tasks(struct ctx *ctx, struct vm_fulfil_ticket *vm, struct error *err);
// Its work orders.
MUST_CHECK bool fulfil_fill_orders(struct ctx *ctx, struct vm_fulfil_ticket *vm, struct error *err);
// A ticket's page with what is wrong with what was sent.
MUST_CHECK bool fulfil_show_ticket(struct ctx *ctx, struct vm_fulfil_ticket *vm, struct error *err);
// By which requesters know this person: staff may have another name for them. "" for nobody.
struct str fulfil_name(const struct names *names, struct user_id user);

const struct route *fulfil_routes(size_t *ret_count);

#endif
