// SPDX-License-Identifier: GPL-3.0-or-later
#ifndef STEWARD_DESK_TRAIL_ROUTES_H
#define STEWARD_DESK_TRAIL_ROUTES_H

#include "app/app.h"

const struct route *trail_routes(size_t *ret_count);

#endif
