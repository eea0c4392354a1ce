// SPDX-License-Identifier: GPL-3.0-or-later
//
// Handlers of what belongs to the API alone; routes.def says who is called for what.
#ifndef STEWARD_DESK_API_HANDLERS_H
#define STEWARD_DESK_API_HANDLERS_H

#include "app/app.h"

#define ROUTE(method, path, handler, kind, who, rate, limit, stream)                               \
    bool handler(struct ctx *ctx, struct error *err);
#include "desk/api/routes.def"
#undef ROUTE

#endif
