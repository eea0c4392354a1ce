// SPDX-License-Identifier: GPL-3.0-or-later
//
// View models of the agents' workspace: what its templates show, ready to print.
#ifndef STEWARD_DESK_TICKETS_PAGES_H
#define STEWARD_DESK_TICKETS_PAGES_H

#include "app/app.h"
#include "desk/aside/pages.h"
#include "desk/catalogue/catalogue.h"
#include "desk/contact/pages.h"
#include "desk/day/play.h"
#include "desk/fulfil/pages.h"
#include "desk/records/pages.h"
#include "desk/tickets/tickets.h"
#include "desk/work/pages.h"
#include "view/layout.h"
#include "view/url.h"

struct vm_options {
    struct vm_option *items;
    size_t count;
};

struct vm_person {
    struct user_id id;
    struct str name;
    struct str email;
};

struct vm_ticket_row {
    struct str heading;  // of the group that begins here; "" within one
    struct ticket_id id;
    struct str subject;
    struct str excerpt;
    struct html snippet;  // search results: instead of the excerpt
    bool has_snippet;
    struct vm_person requester;
    struct vm_person steward;  // id none: nobody yet
    struct str status;         // the API's words
    struct str priority;
    bool high;  // high or urgent
    int64_t updated_at;
    struct str tags;
    struct str due;   // "due in 42 min", or ""
    struct str mood;  // of that: "late", "soon" or "fine"
    struct str cost;  // "25.00 an hour", or ""
};

// One of the things that are owed at a ticket.
struct vm_clock {
    struct str label;
    struct str words;
    struct str mood;
};

struct vm_ticket_list {
    struct vm_layout layout;
    struct str view;  // key of the shown one, or "search"
    struct str title;
    struct str query;  // what was searched for
    struct url self;   // this page
    struct vm_ticket_row *rows;
    size_t row_count;
    struct vm_pager pager;
    bool can_edit;
    struct vm_options agents;  // for acting on many
};

struct vm_file {
    struct str name;
    int64_t size;
    struct url link;
    bool is_image;
};

struct vm_comment {
    struct comment_id id;
    struct vm_person author;
    struct str for_name;  // of the steward whom the author stands in for; "" for nobody
    bool is_public;
    bool by_staff;
    bool is_first;
    struct str channel;  // "by mail", "by phone", "" for the web
    int64_t created_at;
    struct html fresh;   // what was written now
    struct html quoted;  // folded history, may be absent
    bool has_quoted;
    bool has_frame;       // markup from a stranger's mail: shown in a sandboxed frame
    bool has_remote;      // with blocked pictures
    struct str stranger;  // why a person unknown to the ticket was let in; "" otherwise
    struct vm_file *files;
    size_t file_count;
    struct str delivery;  // "sending", "failed: …", "" when all is well
    bool delivery_failed;
    bool can_undo;
    bool judged;  // by the requester or somebody in copy
    bool helped;
    struct str judged_word;
    struct str values;  // of the charter that colleagues saw in it, "" for none
    bool can_mark;      // with one of them
};

struct vm_event {
    struct str text;  // "Tom set status to solved"
    int64_t at;
};

// A line of the conversation: a comment or a change between comments.
struct vm_line {
    bool is_comment;
    struct vm_comment comment;
    struct vm_event event;
};

// Something that goes along with a message: "status=pending", "Status: Waiting".
struct vm_set {
    struct str value;
    struct str label;
};

struct vm_sets {
    struct vm_set *items;
    size_t count;
};

// Why a message should be looked at once more; kind: what is sent back to say that it was.
struct vm_warning {
    struct str kind;
    struct str words;
};

struct vm_warnings {
    struct vm_warning *items;
    size_t count;
};

// What a macro proposes.
struct vm_macro {
    bool has_text;
    bool is_public;
    struct html text;
    struct str body;  // the same, plain
    struct vm_sets sets;
};

// Macros (number and title) or colleagues (name and address) to choose from.
struct vm_macros {
    struct vm_layout layout;
    struct ticket_id ticket;
    struct str subject;
    struct str query;
    struct vm_option *items;
    size_t count;
};

// Custom fields of the ticket's form, its form, and its custom status.
struct vm_ticket_fields {
    struct vm_inputs inputs;
    struct vm_options forms;  // none: there is one form only
    struct str status_label;  // of a custom status, or ""
    struct str status_was;    // the choice that the page showed
};

struct vm_ticket_page {
    struct vm_layout layout;
    struct ticket_id id;
    int64_t version;
    struct str subject;
    struct str status;
    struct str channel;
    int64_t created_at;
    struct vm_person requester;
    struct str requester_zone_time;  // what the clock says at theirs, or ""
    int64_t requester_open;          // their unsolved tickets
    struct vm_person steward;
    struct vm_person assignee;
    struct str organization;
    struct vm_line *lines;
    size_t line_count;
    struct vm_options statuses;
    struct vm_options priorities;
    struct vm_options types;
    struct vm_options agents;
    struct vm_options groups;
    struct vm_options degrees;  // how it keeps people from their work
    int64_t people;
    struct str said;   // "stopped, 12 people" by the requester, or ""
    struct str spent;  // "84.50 so far, 25.00 an hour", or ""
    struct vm_clock *clocks;
    size_t clock_count;
    struct str tags;
    struct str copy;      // the people in copy as a line of addresses
    struct str copy_was;  // their numbers
    int64_t seen;         // the newest comment shown
    struct vm_sets sets;
    struct vm_warnings warnings;
    bool can_reply;  // publicly
    bool can_edit;
    bool closed;
    struct str draft;
    bool draft_public;
    struct str error;     // why the last thing sent was not taken; the draft has the text
    struct vm_lens lens;  // what the customer lens found in it
    struct waiting_upload *uploads;  // files that came already and go with it
    size_t upload_count;
    struct ticket_id followup_of;
    struct vm_work work;
    struct vm_play play;  // the round in which it was handed out
    struct vm_asides asides;
    struct vm_ticket_fields fields;
    struct asked_with asked;  // the form of a service
    struct vm_fulfil_side fulfil;
    struct vm_option *read;  // articles that the requester had read: address and title
    size_t read_count;
    struct vm_ticket_row *others;  // the requester's other tickets
    size_t other_count;
};

struct vm_new_ticket {
    struct vm_layout layout;
    struct ticket_id followup_of;  // of a closed ticket
    struct str email;
    struct str name;
    struct str subject;
    struct str body;
    struct str call;  // minutes on the phone, or ""
    struct str error;
};

struct vm_mail_frame {
    struct html markup;
};

// Where a file is fetched, with no sign-in: the token is the key.
struct url attachment_link(mem_ctx *ctx, const struct attachment *file);

#endif
