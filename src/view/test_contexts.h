// SPDX-License-Identifier: GPL-3.0-or-later
//
// The view model of test_contexts.html.
#ifndef STEWARD_VIEW_TEST_CONTEXTS_H
#define STEWARD_VIEW_TEST_CONTEXTS_H

#include "view/view.h"

struct vm_test_row {
    struct ticket_id id;
    struct str subject;
};

struct vm_test {
    struct str evil;  // stands in every place a text may stand in
    const char *word;
    struct html markup;
    struct url link;
    int64_t number;
    bool on;
    const struct vm_test_row *rows;
    size_t row_count;
};

#endif
