// SPDX-License-Identifier: GPL-3.0-or-later
//
// Shared by the JSON handlers of the people room.
#ifndef STEWARD_DESK_PEOPLE_API_INTERNAL_H
#define STEWARD_DESK_PEOPLE_API_INTERNAL_H

#include "desk/desk.h"
#include "desk/people/api.h"
#include "desk/people/api_write.h"

// A page of a list in order of ids, as the room's list functions want it.
struct list_query api_list_query(const struct api_page *page);

// Answers {"users":[…]} with its page and sideloads.
MUST_CHECK bool api_users_answer(struct ctx *ctx, const struct api_page *page,
                                 const struct api_found *found, const struct user *users,
                                 struct error *err);
// ?include= of a list of people.
MUST_CHECK bool api_users_sideloads_write(struct ctx *ctx, struct jw *w, const struct user *users,
                                          size_t count, struct error *err);
// {"user":{…}}
MUST_CHECK bool api_user_answer(struct ctx *ctx, const struct user *user, struct error *err);

// The tags of a body: {"tags":["a","b"]}.
MUST_CHECK bool api_tags_body(struct ctx *ctx, struct str *ret, struct error *err);
MUST_CHECK bool api_tags_answer(struct ctx *ctx, struct str tags, struct error *err);

#endif
