// SPDX-License-Identifier: GPL-3.0-or-later
//
// Handlers of the people room; routes.def says who is called for what. Those that begin with api_
// speak JSON (api_*.c), the others HTML (pages*.c).
#ifndef STEWARD_DESK_PEOPLE_API_H
#define STEWARD_DESK_PEOPLE_API_H

#include "app/app.h"

#define ROUTE(method, path, handler, kind, who, rate, limit, stream)                               \
    bool handler(struct ctx *ctx, struct error *err);
#include "desk/people/routes.def"
#undef ROUTE

#endif
