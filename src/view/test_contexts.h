// SPDX-License-Identifier: GPL-3.0-or-later
//
// The view model of test_contexts.html, and the proof that a text stays where it was put.
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

// The page with `evil` in every place.
struct str contexts_page(mem_ctx *ctx, struct str evil);

// Parses the page as browsers do and compares it with the page of a harmless text: the same
// elements with the same attributes, and in each place exactly `evil`. Returns NULL, or what
// differs. `evil` is text as it stands past the edge of the program: valid UTF-8, no controls.
const char *contexts_escape(mem_ctx *ctx, struct str evil);

#endif
