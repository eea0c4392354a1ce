// SPDX-License-Identifier: GPL-3.0-or-later
#include "desk/reports/pages.h"

const struct route *reports_routes(size_t *ret_count)
{
    static const struct route ROUTES[] = {
#define ROUTE(method, path, handler, kind, who, rate, limit)                                       \
    {HTTP_##method, path, handler, ROUTE_##kind, WHO_##who, RATE_##rate, limit, false},
#include "desk/reports/routes.def"
#undef ROUTE
    };
    *ret_count = sizeof ROUTES / sizeof *ROUTES;
    return ROUTES;
}
