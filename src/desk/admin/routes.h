// SPDX-License-Identifier: GPL-3.0-or-later
#ifndef STEWARD_DESK_ADMIN_ROUTES_H
#define STEWARD_DESK_ADMIN_ROUTES_H

#include "app/app.h"

const struct route *admin_routes(size_t *ret_count);
const struct route *mailbox_routes(size_t *ret_count);

#endif
