// SPDX-License-Identifier: GPL-3.0-or-later
#ifndef STEWARD_DESK_SERVICE_ROUTES_H
#define STEWARD_DESK_SERVICE_ROUTES_H

#include "app/app.h"

const struct route *service_routes(size_t *ret_count);

#endif
