// SPDX-License-Identifier: GPL-3.0-or-later
//
// Handlers of the service room; routes.def says who is called for what.
#ifndef STEWARD_DESK_SERVICE_API_H
#define STEWARD_DESK_SERVICE_API_H

#include "app/app.h"

#define ROUTE(method, path, handler, kind, who, rate, limit, stream)                               \
    bool handler(struct ctx *ctx, struct error *err);
#include "desk/service/routes.def"
#undef ROUTE

#endif
