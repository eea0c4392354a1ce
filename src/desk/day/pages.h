// SPDX-License-Identifier: GPL-3.0-or-later
//
// View models of the room's pages, and what it adds to others.
#ifndef STEWARD_DESK_DAY_PAGES_H
#define STEWARD_DESK_DAY_PAGES_H

#include "app/app.h"
#include "desk/day/day.h"
#include "desk/day/play.h"
#include "desk/tickets/pages.h"

const struct route *day_routes(size_t *ret_count);

// After tickets were thrown away or fetched back: says so on the page that follows
// (?done=WORD&ids=1,2), with a way to undo it that leads back `here`.
void day_notice(struct ctx *ctx, struct vm_layout *layout, struct url here);

// GET /desk without a view: what needs this person now, what waits on others, what was solved, and
// what people said of it.
MUST_CHECK bool day_home(struct ctx *ctx, struct error *err);

// --- removal.html -------------------------------------------------------------------------------

struct vm_removed {
    struct ticket_id id;
    struct str subject;
    struct vm_person requester;
    struct str remover;
    int64_t deleted_at;
    int64_t gone_at;  // for good
    bool spam;
};

struct vm_removed_list {
    struct vm_layout layout;
    struct vm_removed *lines;
    size_t count;
    struct vm_pager pager;
    bool is_admin;
};

struct vm_spam {
    struct vm_layout layout;
    struct str ids;
    struct url back;
    struct vm_removed *lines;
    size_t count;
    int64_t senders;  // who could be suspended
    struct str error;
};

// --- redact.html --------------------------------------------------------------------------------

struct vm_redact {
    struct vm_layout layout;
    struct ticket_id id;
    struct str subject;
    struct comment_id comment;
    struct vm_person author;
    struct str text;
    struct attachment *files;
    size_t file_count;
    bool as_mail;
    struct str words;  // what was typed
    bool everywhere;
    struct str error;
};

// --- play.html ----------------------------------------------------------------------------------

struct vm_played {
    struct vm_layout layout;
    struct str view;
    struct str title;
    int64_t count;   // handed out in this round
    int64_t others;  // passed over, because somebody has them open
};

// --- board.html ---------------------------------------------------------------------------------

struct vm_board_card {
    struct vm_ticket_row row;
    struct vm_person assignee;
};

struct vm_board_column {
    struct str word;  // the API's word for the status
    bool target;      // tickets can be put there
    struct str count;
    struct vm_board_card *cards;
    size_t card_count;
    struct url newer;
    struct url older;
};

struct vm_board {
    struct vm_layout layout;
    struct str view;
    struct str title;
    struct url self;
    struct vm_board_column *columns;
    size_t column_count;
    bool can_edit;
    struct str error;
};

// --- home.html ----------------------------------------------------------------------------------

struct vm_home_moment {
    struct ticket_id ticket;
    struct str subject;
    struct str who;
    bool good;
    struct str word;
    int64_t at;
};

struct vm_home_part {
    struct vm_ticket_row *rows;
    size_t count;
    int64_t more;  // that are not shown
};

struct vm_home {
    struct vm_layout layout;
    struct vm_home_part now;
    struct vm_home_part waiting;
    struct vm_home_part solved;
    struct vm_home_moment *moments;
    size_t moment_count;
    bool first_steps;  // the desk has no ticket yet, and who looks can do something about it
    struct str mission;
    int64_t sign;  // the version of the charter that waits for their signature; 0: none
    bool acknowledge;
    bool review;  // is due, and a lead looks
};

// --- print.html ---------------------------------------------------------------------------------

struct vm_print {
    struct vm_layout layout;
    struct ticket ticket;
    struct vm_person requester;
    struct vm_person assignee;
    struct vm_person steward;
    struct str organization;
    struct vm_line *lines;
    size_t line_count;
    int64_t hidden;  // notes that are left out
    bool notes;
};

#endif
