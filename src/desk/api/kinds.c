// SPDX-License-Identifier: GPL-3.0-or-later
#include "desk/api/bulk.h"
#include "desk/tickets/api_bulk.h"

const struct bulk_kind *const BULK_KINDS[] = {
    &BULK_TICKETS_CREATE,  &BULK_TICKETS_IMPORT, &BULK_TICKETS_UPDATE, &BULK_TICKETS_DELETE,
    &BULK_TICKETS_RESTORE, &BULK_TICKETS_PURGE,  &BULK_TICKETS_SPAM,   &BULK_TICKETS_MERGE,
};
const size_t BULK_KIND_COUNT = sizeof BULK_KINDS / sizeof *BULK_KINDS;
