// SPDX-License-Identifier: GPL-3.0-or-later
//
// Handlers of the marks room; routes.def says who is called for what.
#ifndef STEWARD_DESK_MARKS_API_H
#define STEWARD_DESK_MARKS_API_H

#include "app/app.h"

#define ROUTE(method, path, handler, kind, who, rate, limit, stream)                               \
    bool handler(struct ctx *ctx, struct error *err);
#include "desk/marks/routes.def"
#undef ROUTE

#endif
