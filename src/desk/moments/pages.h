// SPDX-License-Identifier: GPL-3.0-or-later
//
// View models of moments, and the room's routes.
#ifndef STEWARD_DESK_MOMENTS_PAGES_H
#define STEWARD_DESK_MOMENTS_PAGES_H

#include "app/app.h"
#include "desk/moments/moments.h"
#include "view/layout.h"

struct vm_rate {
    struct vm_layout layout;
    struct str token;
    struct str author;   // whose answer it was
    struct str subject;  // of the request
    struct str word;
    bool judged;  // there is a verdict: `good`
    bool good;
    bool arrived;  // it came by the link just now: to be sent at once
};

struct vm_moment {
    struct moment_id id;
    struct ticket_id ticket;
    struct comment_id comment;
    struct str subject;
    struct str person;
    struct str steward;
    bool good;
    struct str word;
    int64_t at;
    bool answered;
    bool waits;
    struct str outcome;
};

struct vm_moments {
    struct vm_layout layout;
    struct vm_moment *waiting;
    size_t waiting_count;
    struct vm_moment *latest;
    size_t latest_count;
    int64_t good;
    int64_t bad;
    struct str error;
};

const struct route *moments_routes(size_t *ret_count);

// JSON handlers (api.c).
bool api_ratings_list(struct ctx *ctx, struct error *err);
bool api_ratings_received(struct ctx *ctx, struct error *err);
bool api_ratings_count(struct ctx *ctx, struct error *err);
bool api_rating_show(struct ctx *ctx, struct error *err);
bool api_rating_create(struct ctx *ctx, struct error *err);
bool api_rating_reasons(struct ctx *ctx, struct error *err);

#endif
