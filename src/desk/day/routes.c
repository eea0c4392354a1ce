// SPDX-License-Identifier: GPL-3.0-or-later
#include "desk/day/pages.h"
#include "desk/day/pages_internal.h"

const struct route *day_routes(size_t *ret_count)
{
    static const struct route ROUTES[] = {
#define ROUTE(method, path, handler, kind, who, rate, limit, stream)                               \
    {HTTP_##method, path, handler, ROUTE_##kind, WHO_##who, RATE_##rate, limit, stream},
#include "desk/day/routes.def"
#undef ROUTE
    };
    *ret_count = sizeof ROUTES / sizeof *ROUTES;
    return ROUTES;
}
