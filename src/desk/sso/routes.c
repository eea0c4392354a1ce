// SPDX-License-Identifier: GPL-3.0-or-later
#include "desk/sso/pages_internal.h"

const struct route *sso_routes(size_t *ret_count)
{
    static const struct route ROUTES[] = {
#define ROUTE(method, path, handler, kind, who, rate, limit, stream)                               \
    {HTTP_##method, path, handler, ROUTE_##kind, WHO_##who, RATE_##rate, limit, stream},
#include "desk/sso/routes.def"
#undef ROUTE
    };
    *ret_count = sizeof ROUTES / sizeof *ROUTES;
    return ROUTES;
}
