// SPDX-License-Identifier: GPL-3.0-or-later
//
// View models of what every page shares: layout.html and widgets.html.
#ifndef STEWARD_VIEW_LAYOUT_H
#define STEWARD_VIEW_LAYOUT_H

#include "view/assets.h"
#include "view/site.h"
#include "view/view.h"
#include "view/words.h"

// A saved view in the agents' second column.
struct vm_nav_view {
    struct url link;
    struct str title;
    int64_t count;
    bool active;
};

struct vm_layout {
    struct str title;     // of the page, also its h1 on plain pages
    const char *page;     // names the page for style and scripts: "ticket-show"
    struct str desk;      // the desk's name: "IT Service Desk"
    struct str mission;   // one sentence, portal footer; may be empty
    struct user_id user;  // none: nobody has signed in
    struct str user_name;
    const char *nav;  // the active entry: "tickets", "search", "admin" for agents; "requests" in
                      // the portal; "" for none
    bool is_admin;
    bool is_agent;                    // may change tickets
    bool is_lead;                     // reads reports
    bool is_staff;                    // in the portal: shows the way to the desk
    const struct vm_nav_view *views;  // agents' second column; none: the column is left out
    size_t view_count;
    struct str live_mark;  // see live/live.h
    struct str address;    // the page's own, as its reader came to it; may be empty
    struct str notice;     // what just happened, after a redirect; may be empty
    struct url undo;       // POSTed by the notice's undo button; empty: no button
    int64_t undo_seconds;  // how long it may be undone
    const struct words_language *languages;  // to choose from, where nobody has signed in
    size_t language_count;
    struct str path;  // of this page, to come back to
    struct url back;  // phones: where the way back leads; empty: none
};

// Keyed pagination: there is no page count, only the way on and the way back.
struct vm_pager {
    struct url newer;  // empty: this is the first page
    struct url older;  // empty: this is the last page
};

// One choice of a <select> or a group of radios.
struct vm_option {
    struct str value;
    struct str label;
    bool selected;
};

// "AR" of "Ana Ruiz"; "?" of nothing.
struct str view_initials(struct view *v, struct str name);
// 0…11, always the same for one person.
int view_hue(struct user_id user);
// "open" → "Open"; the API's status words and the words that agents read.
const char *view_status_word(struct str status);
const char *view_priority_word(struct str priority);
// "1.4 MB"
struct str view_size(struct view *v, int64_t bytes);

#endif
