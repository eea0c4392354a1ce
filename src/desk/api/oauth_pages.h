// SPDX-License-Identifier: GPL-3.0-or-later
//
// View models of the pages about programs: the one on which people let one act for them, and the
// list of calls.
#ifndef STEWARD_DESK_API_OAUTH_PAGES_H
#define STEWARD_DESK_API_OAUTH_PAGES_H

#include "view/layout.h"

struct vm_consent {
    struct vm_layout layout;
    struct str client;   // its name
    struct str company;  // "" when none
    struct str user;
    struct str may;    // what it may do, in words
    struct str where;  // the host it sends to
    struct str client_id;
    struct str redirect_uri;
    struct str scope;
    struct str state;
    struct str challenge;
};

struct vm_api_call {
    struct str method;
    struct str path;
    struct str who;
};
struct vm_api_group {
    struct str name;
    const struct vm_api_call *calls;
    size_t call_count;
};
struct vm_api_reference {
    struct vm_layout layout;
    const struct vm_api_group *groups;
    size_t group_count;
};

#endif
