// SPDX-License-Identifier: GPL-3.0-or-later
//
// View models of the page on which people let a program act for them.
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

#endif
