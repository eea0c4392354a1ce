// SPDX-License-Identifier: GPL-3.0-or-later
//
// What can be done to many people, organisations and memberships in one call.
#ifndef STEWARD_DESK_API_PEOPLE_BULK_H
#define STEWARD_DESK_API_PEOPLE_BULK_H

#include "desk/api/bulk.h"

extern const struct bulk_kind BULK_USERS_CREATE;
extern const struct bulk_kind BULK_USERS_UPSERT;
extern const struct bulk_kind BULK_USERS_UPDATE;
extern const struct bulk_kind BULK_USERS_DELETE;
extern const struct bulk_kind BULK_ORGANIZATIONS_CREATE;
extern const struct bulk_kind BULK_ORGANIZATIONS_UPDATE;
extern const struct bulk_kind BULK_ORGANIZATIONS_DELETE;
extern const struct bulk_kind BULK_GROUP_MEMBERSHIPS_CREATE;
extern const struct bulk_kind BULK_GROUP_MEMBERSHIPS_DELETE;
extern const struct bulk_kind BULK_ORGANIZATION_MEMBERSHIPS_CREATE;
extern const struct bulk_kind BULK_ORGANIZATION_MEMBERSHIPS_DELETE;

#endif
