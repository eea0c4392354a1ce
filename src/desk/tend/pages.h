// SPDX-License-Identifier: GPL-3.0-or-later
//
// The room's routes and handlers.
#ifndef STEWARD_DESK_TEND_PAGES_H
#define STEWARD_DESK_TEND_PAGES_H

#include "app/app.h"
#include "desk/tend/tend.h"
#include "view/layout.h"

struct vm_tend_person {
    struct user_id user;
    struct str name;
    bool chosen;
};

struct vm_absence {
    int64_t id;
    struct str name;
    struct str deputy;  // "" for nobody
    struct str note;
    int64_t from_at;
    int64_t to_at;
    bool can_remove;
};

struct vm_absences {
    struct vm_layout layout;
    struct vm_absence *lines;
    size_t count;
    bool for_others;
    struct vm_tend_person *people;
    struct vm_tend_person *deputies;
    size_t person_count;
    struct str from;
    struct str to;
    struct str note;
    struct str error;
};

struct vm_handover {
    struct vm_layout layout;
    struct ticket_id id;
    struct str subject;
    struct str requester;
    struct str refusal;  // why this reader cannot; "" when they can
    struct vm_tend_person *people;
    size_t person_count;
    struct str body;
    struct str error;
};

const struct route *tend_routes(size_t *ret_count);

// Pages (pages.c).
bool page_absences(struct ctx *ctx, struct error *err);
bool page_absence_add(struct ctx *ctx, struct error *err);
bool page_absence_remove(struct ctx *ctx, struct error *err);
bool page_handover(struct ctx *ctx, struct error *err);
bool page_handover_do(struct ctx *ctx, struct error *err);

// JSON handlers (api.c).
bool api_stewards(struct ctx *ctx, struct error *err);
bool api_steward_write(struct ctx *ctx, struct error *err);
bool api_steward_delete(struct ctx *ctx, struct error *err);
bool api_needs(struct ctx *ctx, struct error *err);
bool api_needs_write(struct ctx *ctx, struct error *err);
bool api_group_routes(struct ctx *ctx, struct error *err);
bool api_group_route_write(struct ctx *ctx, struct error *err);
bool api_absences(struct ctx *ctx, struct error *err);
bool api_absence_create(struct ctx *ctx, struct error *err);
bool api_absence_delete(struct ctx *ctx, struct error *err);

#endif
