// SPDX-License-Identifier: GPL-3.0-or-later
//
// Shared by the room's pages.
#ifndef STEWARD_DESK_DAY_PAGES_INTERNAL_H
#define STEWARD_DESK_DAY_PAGES_INTERNAL_H

#include "desk/day/pages.h"

#define ROUTE(method, path, handler, kind, who, rate, limit, stream)                               \
    bool handler(struct ctx *ctx, struct error *err);
#include "desk/day/routes.def"
#undef ROUTE

// The field's text, trimmed; "" when the form has none.
struct str day_field(struct ctx *ctx, const char *name);
// Where the form's `back` leads, with what was done there: desk pages show day_notice().
void day_go_back(struct ctx *ctx, const char *done, struct str ids);

#endif
