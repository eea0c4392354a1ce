// SPDX-License-Identifier: GPL-3.0-or-later
//
// View models of signing in, the first run, and one's own account.
#ifndef STEWARD_DESK_PEOPLE_PAGES_H
#define STEWARD_DESK_PEOPLE_PAGES_H

#include "app/app.h"
#include "desk/people/people.h"
#include "view/layout.h"
#include "view/url.h"

struct vm_sign_in {
    struct vm_layout layout;
    struct str email;
    struct str next;               // where to go afterwards; may be empty
    struct str error;              // for the whole form
    bool forgotten;                // asks for an address only
    struct str passkey_challenge;  // empty: not offered
    struct str passkey_ticket;
    struct str passkey_rp;
    struct sign_in_place *places;  // elsewhere
    size_t place_count;
    bool names;  // that are no addresses count, too
};

// A page that only says something.
struct vm_note {
    struct vm_layout layout;
    struct str text;
    struct str more;  // a second paragraph; may be empty
    struct url link;
    struct str link_label;
};

// What a mailed link opens: one button, so that opening it changes nothing.
struct vm_link_confirm {
    struct vm_layout layout;
    struct str name;
    struct str email;
    struct str token;
};

struct vm_new_password {
    struct vm_layout layout;
    struct url action;
    struct str token;
    struct str text;
    struct str email;  // for password managers
    struct str error;
};

struct vm_setup {
    struct vm_layout layout;
    struct str code;
    struct str name;
    struct str email;
    struct str error_code;
    struct str error_name;
    struct str error_email;
    struct str error_password;
};

struct vm_session {
    struct session_id id;
    struct str browser;  // "Firefox on Linux"
    struct str address;
    int64_t seen_at;
    bool current;
};

struct vm_account {
    struct vm_layout layout;
    bool staff;
    bool has_password;
    struct str name;
    struct str alias;
    struct str email;
    struct str phone;
    struct str locale;
    struct vm_option *languages;
    size_t language_count;
    struct str time_zone;
    struct str signature;
    struct str error_name;
    struct str error_phone;
    struct str error_locale;
    struct str error_time_zone;
    struct str error_previous;
    struct str error_password;
    struct vm_session *sessions;
    size_t session_count;
};

// --- people as agents see them ------------------------------------------------------------------

struct vm_people_row {
    struct user_id id;
    struct str name;
    struct str email;         // "" when none
    struct str organization;  // "" when none
    struct str role;          // "Agent"; "" for requesters
    bool suspended;
    int64_t seen_at;  // last sign-in; 0: never
};

struct vm_people {
    struct vm_layout layout;
    struct str query;
    bool staff_only;
    bool may_add;
    struct vm_people_row *rows;
    size_t row_count;
    struct vm_pager pager;
};

struct vm_person_ticket {
    int64_t id;
    struct str subject;
    struct str status;
    int64_t updated_at;
};

struct vm_person_page {
    struct vm_layout layout;
    struct vm_people_row person;
    struct str phone;
    struct str time_zone;
    struct str details;
    struct str notes;
    struct str tags;
    struct str groups;     // names, comma between
    struct str addresses;  // further ones, comma between
    struct user_id manager;
    struct str manager_name;  // "" for none
    bool verified;
    bool deleted;
    bool may_edit;
    bool may_suspend;
    bool may_invite;
    int64_t created_at;
    struct vm_person_ticket *tickets;
    size_t ticket_count;
};

struct vm_person_form {
    struct vm_layout layout;
    struct user_id id;  // none: a new person
    struct url action;
    struct str name;
    struct str email;
    struct str phone;
    struct str organization;
    struct str manager;  // the address
    struct str details;
    struct str notes;
    struct str tags;
    struct vm_option roles[5];
    size_t role_count;  // 0: the role is not offered
    struct str error;   // what belongs to no field below
    struct str error_name;
    struct str error_email;
    struct str error_organization;
    struct str error_manager;
};

// Begins a session and goes to `next` or this person's home, unless a second step is due: then
// the answer asks for it.
MUST_CHECK bool page_arrive(struct ctx *ctx, const struct user *user, struct str next,
                            struct error *err);
// The end of every way in: begins a session and goes to `next` or this person's home, without
// asking for anything more.
MUST_CHECK bool page_let_in(struct ctx *ctx, const struct user *user, struct str next,
                            struct error *err);

// "Firefox on Linux" of a browser's long self-description.
struct str account_browser_name(mem_ctx *ctx, struct str agent);

#endif
