// SPDX-License-Identifier: GPL-3.0-or-later
//
// Names of the people that a page mentions, read in one statement.
#ifndef STEWARD_DESK_TICKETS_NAMES_H
#define STEWARD_DESK_TICKETS_NAMES_H

#include "desk/people/people.h"
#include "desk/tickets/pages.h"

struct names {
    struct user_id *wanted;
    size_t wanted_count;
    struct user *users;  // sorted by id, after names_load()
    size_t user_count;
};

void names_want(struct names *names, mem_ctx *ctx, struct user_id id);
void names_want_ticket(struct names *names, mem_ctx *ctx, const struct ticket *ticket);
MUST_CHECK bool names_load(struct names *names, struct db *db, mem_ctx *ctx, struct error *err);
// NULL when unknown (a person that was removed).
const struct user *names_user(const struct names *names, struct user_id id);
struct vm_person names_person(const struct names *names, struct user_id id);

#endif
