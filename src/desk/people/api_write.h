// SPDX-License-Identifier: GPL-3.0-or-later
//
// The API's shapes of people, organisations and groups, for the answers of other rooms, too.
#ifndef STEWARD_DESK_PEOPLE_API_WRITE_H
#define STEWARD_DESK_PEOPLE_API_WRITE_H

#include "app/api.h"
#include "desk/people/people.h"

// One object each. End users are shown the short form of everybody but themselves.
void api_user_write(struct ctx *ctx, struct jw *w, const struct user *user);
// With "result_type", as search gives it.
void api_user_result_write(struct ctx *ctx, struct jw *w, const struct user *user);
void api_organization_result_write(struct ctx *ctx, struct jw *w, const struct organization *one);
void api_group_result_write(struct ctx *ctx, struct jw *w, const struct group *group);
void api_identity_write(struct ctx *ctx, struct jw *w, const struct identity *identity);
void api_organization_write(struct ctx *ctx, struct jw *w, const struct organization *one);
void api_group_write(struct ctx *ctx, struct jw *w, const struct group *group);
void api_group_membership_write(struct ctx *ctx, struct jw *w, const struct group_membership *one);
void api_organization_membership_write(struct ctx *ctx, struct jw *w,
                                       const struct organization_membership *one);

// A key and an array of them.
void api_users_write(struct ctx *ctx, struct jw *w, const char *key, const struct user *users,
                     size_t count);
void api_organizations_write(struct ctx *ctx, struct jw *w, const struct organization *list,
                             size_t count);
void api_groups_write(struct ctx *ctx, struct jw *w, const struct group *groups, size_t count);

// Sideloads: "users", "organizations" and "groups" of the given ids, each once; ids of 0 and double
// ones may be among them. One statement each.
MUST_CHECK bool api_users_sideload(struct ctx *ctx, struct db *db, struct jw *w,
                                   const struct user_id *ids, size_t count, struct error *err);
MUST_CHECK bool api_organizations_sideload(struct ctx *ctx, struct db *db, struct jw *w,
                                           const struct organization_id *ids, size_t count,
                                           struct error *err);
MUST_CHECK bool api_groups_sideload(struct ctx *ctx, struct db *db, struct jw *w,
                                    const struct group_id *ids, size_t count, struct error *err);

#endif
