// SPDX-License-Identifier: GPL-3.0-or-later
//
// View models of the customer lens, and its routes.
#ifndef STEWARD_DESK_CONTACT_PAGES_H
#define STEWARD_DESK_CONTACT_PAGES_H

#include "app/app.h"
#include "desk/contact/contact.h"
#include "view/layout.h"

struct vm_lens_hit {
    struct str phrase;
    struct str kind;  // in plain words
    struct str reason;
    struct str wording;
};

struct vm_lens {
    struct vm_lens_hit *hits;
    size_t count;
};

struct vm_lens_sum {
    struct str kind;
    int64_t found;
    int64_t asked;
};

struct vm_lens_page {
    struct vm_layout layout;
    struct vm_lens_sum *sums;
    size_t sum_count;
    struct lens_finding *findings;
    size_t finding_count;
    struct str rules;
    struct str error;
    bool saved;
};

// What the lens says of a reply that is about to leave, ready to show.
MUST_CHECK bool lens_panel_fill(struct ctx *ctx, const struct ticket *ticket, struct str text,
                                struct vm_lens *ret, struct error *err);

const struct route *contact_routes(size_t *ret_count);

#endif
