// SPDX-License-Identifier: GPL-3.0-or-later
//
// Bodies that describe people, organisations and memberships, bound and carried out inside a
// transaction: what single calls and bulk jobs share.
#ifndef STEWARD_DESK_PEOPLE_API_BIND_H
#define STEWARD_DESK_PEOPLE_API_BIND_H

#include "app/api.h"
#include "desk/people/people.h"

// Who is meant by a body's id, external_id or address; none (v == 0) when nobody.
MUST_CHECK bool api_user_meant(struct ctx *ctx, struct db *db, struct jr_value object,
                               struct user_id *ret, struct error *err);
// Makes a person (`id` none) or changes one. Passwords are set one by one only: INVALID.
MUST_CHECK bool api_user_apply(struct ctx *ctx, struct db *tx, struct jr_value object,
                               struct user_id id, struct user *ret, struct error *err);
// The same for organisations; meant by id, external_id or name.
MUST_CHECK bool api_organization_meant(struct ctx *ctx, struct db *db, struct jr_value object,
                                       struct organization_id *ret, struct error *err);
MUST_CHECK bool api_organization_apply(struct ctx *ctx, struct db *tx, struct jr_value object,
                                       struct organization_id id, struct organization *ret,
                                       struct error *err);

#endif
