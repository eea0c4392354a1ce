// SPDX-License-Identifier: GPL-3.0-or-later
//
// View models, routes and handlers of the room.
#ifndef STEWARD_DESK_ASIDE_PAGES_H
#define STEWARD_DESK_ASIDE_PAGES_H

#include "app/app.h"
#include "desk/aside/aside.h"
#include "view/layout.h"
#include "view/url.h"

// One of a ticket's conversations in a list.
struct vm_aside_line {
    int64_t id;
    struct str subject;
    struct str people;
    struct str preview;
    bool closed;
    bool expert;
    bool answer;   // they have answered, it is our turn
    bool trouble;  // a mail came back
    int64_t message_at;
    struct str waited;  // of an expert: "answered after 12 min", "waiting for 5 min"; or ""
};

// At the ticket's page.
struct vm_asides {
    struct ticket_id ticket;
    struct vm_aside_line *lines;
    size_t count;
    bool can_begin;
};

// One small query; the ticket was loaded for the reader.
MUST_CHECK bool aside_fill(struct ctx *ctx, const struct ticket *ticket, struct vm_asides *ret,
                           struct error *err);

struct vm_aside_file {
    struct str name;
    int64_t size;
    struct str uuid;
};

struct vm_aside_event {
    int64_t id;
    bool is_message;
    struct user_id person;  // for the mark's colour
    struct str name;
    struct str address;  // they wrote from; "" when it is clear
    struct str to;       // to whom it was mailed, names; "" for nobody
    struct str words;    // of what is no message
    bool by_mail;
    bool automatic;
    bool stranger;  // nobody of the conversation
    int64_t at;
    struct html body;
    struct html quoted;
    bool has_quoted;
    struct vm_aside_file *files;
    size_t file_count;
};

struct vm_aside {
    struct vm_layout layout;
    struct ticket_id ticket;
    struct str ticket_subject;
    struct vm_aside_line line;
    int64_t created_at;
    struct str members;  // "Dana, Acme Support <help@acme.example>"
    struct vm_aside_event *events;
    size_t event_count;
    bool can_edit;
    struct str body;  // what was typed
    struct str to;
    struct str error;
};

struct vm_aside_new {
    struct vm_layout layout;
    struct ticket_id ticket;
    struct str ticket_subject;
    struct str requester;
    struct vm_option *people;
    size_t person_count;
    struct vm_option *groups;
    size_t group_count;
    struct str to;  // addresses, as typed
    struct str subject;
    struct str body;
    struct str error;
};

struct vm_expert_row {
    struct str people;
    int64_t asked;
    int64_t answered;
    int64_t waiting;
    struct str median;  // "12 min", or ""
    struct str longest;
};

struct vm_experts {
    struct vm_layout layout;
    struct vm_expert_row *rows;
    size_t count;
};

// "12 min", "3 h 5 min", "2 d 4 h"; minutes begun count.
struct str aside_span_words(mem_ctx *ctx, int64_t ms);

struct vm_aside_list {
    struct vm_layout layout;
    struct vm_asides asides;
    struct str ticket_subject;
};

// The answer to a program that began one: 201 with it.
MUST_CHECK bool aside_answer_begun(struct ctx *ctx, const struct aside *aside, struct error *err);

const struct route *aside_routes(size_t *ret_count);

#define ROUTE(method, path, handler, kind, who, rate, limit)                                       \
    bool handler(struct ctx *ctx, struct error *err);
#include "desk/aside/routes.def"
#undef ROUTE

#endif
