// SPDX-License-Identifier: GPL-3.0-or-later
//
// What can be done to many tickets in one call (desk/api/bulk.h).
#ifndef STEWARD_DESK_TICKETS_API_BULK_H
#define STEWARD_DESK_TICKETS_API_BULK_H

#include "desk/api/bulk.h"

extern const struct bulk_kind BULK_TICKETS_CREATE;
extern const struct bulk_kind BULK_TICKETS_IMPORT;
extern const struct bulk_kind BULK_TICKETS_UPDATE;
extern const struct bulk_kind BULK_TICKETS_DELETE;
extern const struct bulk_kind BULK_TICKETS_RESTORE;
extern const struct bulk_kind BULK_TICKETS_PURGE;
extern const struct bulk_kind BULK_TICKETS_SPAM;
extern const struct bulk_kind BULK_TICKETS_MERGE;

#endif
