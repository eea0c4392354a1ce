// SPDX-License-Identifier: GPL-3.0-or-later
//
// Handlers of records; routes.def says who is called for what. The path names the kind.
#ifndef STEWARD_DESK_RECORDS_API_RECORDS_H
#define STEWARD_DESK_RECORDS_API_RECORDS_H

#include "app/app.h"

#define ROUTE(method, path, handler, kind, who, rate, limit, stream)                               \
    bool handler(struct ctx *ctx, struct error *err);
#include "desk/records/routes.def"
#undef ROUTE

#endif
