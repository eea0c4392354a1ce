// SPDX-License-Identifier: GPL-3.0-or-later
//
// View models of the portal: what people who need help see. No internal word may be in them; what
// a requester reads about a ticket is made in portal/words.c and nowhere else.
#ifndef STEWARD_DESK_PORTAL_PAGES_H
#define STEWARD_DESK_PORTAL_PAGES_H

#include "app/app.h"
#include "desk/fulfil/pages.h"
#include "desk/records/pages.h"
#include "desk/tickets/tickets.h"
#include "view/layout.h"
#include "view/url.h"

struct vm_portal_row {
    struct ticket_id id;
    struct str subject;
    struct user_id steward;
    struct str steward_name;
    struct str happening;  // one plain sentence
    int64_t updated_at;
    bool done;
};

struct vm_portal_home {
    struct vm_layout layout;
    struct vm_portal_row *rows;
    size_t row_count;
};

struct vm_ask {
    struct vm_layout layout;
    bool known;  // signed in: name and address are not asked for
    struct str name;
    struct str email;
    struct str subject;
    struct str body;
    struct str error;
    struct str error_email;
    struct str error_body;
    struct str degree;    // how it keeps them from their work: "stopped", "slowed", "later" or ""
    struct str people;    // how many
    const int64_t *read;  // articles that were read before asking
    size_t read_count;
    int64_t form;  // 0: the default one
    struct vm_option *forms;
    size_t form_count;
    struct vm_inputs fields;
    bool sent;
    struct ticket_id ticket;  // where to find it, for those signed in
};

struct vm_portal_file {
    struct str name;
    int64_t size;
    struct url link;
};

struct vm_portal_comment {
    struct comment_id id;
    struct user_id author;
    struct str author_name;
    struct str for_name;  // of the steward whom the author stands in for; "" for nobody
    bool own;
    bool by_desk;
    struct str judge;  // token of the link to judge it, "" when this reader does not
    bool judged;
    bool helped;
    struct html text;
    struct html quoted;
    bool has_quoted;
    int64_t created_at;
    struct vm_portal_file *files;
    size_t file_count;
};

struct vm_request {
    struct vm_layout layout;
    struct ticket_id id;
    struct str subject;
    struct user_id steward;
    struct str steward_name;
    struct str happening;
    bool done;
    bool closed;
    struct vm_portal_comment *comments;
    size_t comment_count;
    struct str draft;
    struct str error;
    struct vm_inputs fields;
    struct vm_fulfil_request fulfil;
    bool preview;  // an agent looks at it as the requester would
    int64_t created_at;
};

// Who asks by a form of the portal: whoever has signed in, else the person with that address, who
// is made where there is none. Nobody has shown to be that person, so they ask as an end user,
// whatever else they are. FORBIDDEN for suspended people.
MUST_CHECK bool portal_asker(struct ctx *ctx, struct db *tx, struct str email, struct str name,
                             struct actor *ret, struct error *err);

#endif
