// SPDX-License-Identifier: GPL-3.0-or-later
//
// View models of the room's pages, and what it adds to others.
#ifndef STEWARD_DESK_DAY_PAGES_H
#define STEWARD_DESK_DAY_PAGES_H

#include "app/app.h"
#include "desk/day/day.h"
#include "desk/tickets/pages.h"

const struct route *day_routes(size_t *ret_count);

// After tickets were thrown away or fetched back: says so on the page that follows
// (?done=WORD&ids=1,2), with a way to undo it that leads back `here`.
void day_notice(struct ctx *ctx, struct vm_layout *layout, struct url here);

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
