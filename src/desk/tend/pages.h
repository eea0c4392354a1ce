// SPDX-License-Identifier: GPL-3.0-or-later
//
// The room's routes and handlers.
#ifndef STEWARD_DESK_TEND_PAGES_H
#define STEWARD_DESK_TEND_PAGES_H

#include "app/app.h"
#include "desk/tend/tend.h"

const struct route *tend_routes(size_t *ret_count);

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
