// SPDX-License-Identifier: GPL-3.0-or-later
#ifndef STEWARD_APP_ROUTER_H
#define STEWARD_APP_ROUTER_H

#include "app/app.h"

// The route of a path, with its parameters; HEAD is served by GET's. NULL when there is none:
// *ret_methods then has a bit (1 << method) for each method that the path does take.
const struct route *route_find(const struct route_table *table, enum http_method method,
                               struct str path, struct path_params *params, unsigned *ret_methods);

#endif
