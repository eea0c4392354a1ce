// SPDX-License-Identifier: GPL-3.0-or-later
//
// Pages with made-up content, to look at the style sheet and to hold the frames and widgets to
// their golden files. Not part of the program.
#ifndef STEWARD_VIEW_SAMPLE_H
#define STEWARD_VIEW_SAMPLE_H

#include "view/layout.h"

struct vm_sample_row {
    struct ticket_id id;
    struct str subject;
    struct str excerpt;
    struct user_id requester;
    struct str requester_name;
    struct user_id steward;
    struct str steward_name;
    struct str status;
    struct str priority;
    struct str clock;
    const char *clock_class;
    int64_t at;
    bool read;
};

struct vm_sample {
    struct vm_layout layout;
    const struct vm_sample_row *rows;
    size_t row_count;
    struct vm_pager pager;
    const struct vm_option *statuses;
    size_t status_count;
    int64_t at;
};

struct user_id sample_user(int number);

#endif
