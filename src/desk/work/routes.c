// SPDX-License-Identifier: GPL-3.0-or-later
#include "desk/work/pages.h"
#include "desk/work/pages_internal.h"

const struct route *work_routes(size_t *ret_count)
{
    static const struct route ROUTES[] = {
#define ROUTE(method, path, handler, kind, who, rate, limit, stream)                               \
    {HTTP_##method, path, handler, ROUTE_##kind, WHO_##who, RATE_##rate, limit, stream},
#include "desk/work/routes.def"
#undef ROUTE
    };
    *ret_count = sizeof ROUTES / sizeof *ROUTES;
    return ROUTES;
}
