// SPDX-License-Identifier: GPL-3.0-or-later
//
// Shared by the files of the service room only.
#ifndef STEWARD_DESK_SERVICE_INTERNAL_H
#define STEWARD_DESK_SERVICE_INTERNAL_H

#include "desk/service/service.h"

// Lets everybody read the book anew.
MUST_CHECK bool service_book_changed(struct db *tx, struct error *err);
MUST_CHECK bool schedule_calendar(mem_ctx *ctx, const struct schedule *schedule,
                                  struct calendar **ret, struct error *err);

#endif
