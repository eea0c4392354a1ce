// SPDX-License-Identifier: GPL-3.0-or-later
//
// What long commands tell a person: how far they are, on a terminal only, and what they find.
#ifndef STEWARD_CMD_REPORT_H
#define STEWARD_CMD_REPORT_H

#include "desk/keep/findings.h"

struct report {
    struct findings findings;  // violations are printed and counted here
    int64_t violations;
    bool quiet;  // standard error is no terminal
    int64_t shown_us;
    size_t width;  // of the line of progress that stands there
};

// The report must stay where it is.
void report_init(struct report *report);
// Takes the line of progress away, before anything else is printed.
void report_clear(struct report *report);

#endif
