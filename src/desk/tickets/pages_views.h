// SPDX-License-Identifier: GPL-3.0-or-later
//
// The workspace's left column, for the pages of other rooms, too.
#ifndef STEWARD_DESK_TICKETS_PAGES_VIEWS_H
#define STEWARD_DESK_TICKETS_PAGES_VIEWS_H

#include "app/app.h"
#include "view/layout.h"

// Puts all views with their counts into the left column.
MUST_CHECK bool desk_views(struct ctx *ctx, struct str active, struct vm_layout *layout,
                           struct error *err);

#endif
