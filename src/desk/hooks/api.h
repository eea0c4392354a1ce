// SPDX-License-Identifier: GPL-3.0-or-later
//
// Handlers of the hooks room; routes.def says who is called for what.
#ifndef STEWARD_DESK_HOOKS_API_H
#define STEWARD_DESK_HOOKS_API_H

#include "app/app.h"

#define ROUTE(method, path, handler, kind, who, rate, limit, stream)                               \
    bool handler(struct ctx *ctx, struct error *err);
#include "desk/hooks/routes.def"
#undef ROUTE

#endif
