// SPDX-License-Identifier: GPL-3.0-or-later
//
// Who is told what a check finds. A check goes on after a violation; only what makes it impossible
// is an error.
#ifndef STEWARD_DESK_KEEP_FINDINGS_H
#define STEWARD_DESK_KEEP_FINDINGS_H

#include "base/str.h"

struct findings {
    void *arg;
    // `what` names the thing and what is wrong with it, `advice` what to do about it.
    void (*violation)(void *arg, struct str what, const char *advice);
    // So many were looked at so far; called often, must be quick.
    void (*progress)(void *arg, const char *what, int64_t done);
};

#endif
