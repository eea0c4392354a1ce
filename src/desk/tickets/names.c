// SPDX-License-Identifier: GPL-3.0-or-later
#include "desk/tickets/names.h"

#include <stdlib.h>

void names_want(struct names *names, mem_ctx *ctx, struct user_id id)
{
    if (id.v == 0) {
        return;
    }
    for (size_t i = 0; i < names->wanted_count; i++) {
        if (names->wanted[i].v == id.v) {
            return;
        }
    }
    names->wanted = mem_grow(ctx, names->wanted, struct user_id, names->wanted_count + 1);
    names->wanted[names->wanted_count++] = id;
}

void names_want_ticket(struct names *names, mem_ctx *ctx, const struct ticket *ticket)
{
    names_want(names, ctx, ticket->requester);
    names_want(names, ctx, ticket->steward);
    names_want(names, ctx, ticket->assignee);
}

bool names_load(struct names *names, struct db *db, mem_ctx *ctx, struct error *err)
{
    return users_by_ids(db, ctx, names->wanted, names->wanted_count, &names->users,
                        &names->user_count, err);
}

const struct user *names_user(const struct names *names, struct user_id id)
{
    for (size_t i = 0; i < names->user_count; i++) {
        if (names->users[i].id.v == id.v) {
            return &names->users[i];
        }
    }
    return NULL;
}

struct vm_person names_person(const struct names *names, struct user_id id)
{
    const struct user *user = names_user(names, id);
    if (user == NULL) {
        return (struct vm_person){{0}, STR(""), STR("")};
    }
    return (struct vm_person){user->id, user->name, str_none(user->email) ? STR("") : user->email};
}
