// SPDX-License-Identifier: GPL-3.0-or-later
//
// Who may see and change which ticket. where.c has the same rules as SQL, for lists.
#include "desk/tickets/tickets_internal.h"

#include "desk/tickets/queries.h"

static bool is_collaborator(struct db *db, const struct actor *actor, struct ticket_id id)
{
    struct error ignored;
    bool found = false;
    mem_ctx *ctx = mem_ctx_new(NULL, "collaborator check");
    struct collaborator_is_row row;
    // An error here reads as "no": access is given only by a row that was found.
    bool ok = collaborator_is(db, ctx, id, actor->user, &row, &found, &ignored);
    mem_free(ctx);
    return ok && found;
}

static bool end_user_may_see(struct db *db, const struct actor *actor, const struct ticket *ticket)
{
    if (actor->user.v == 0 || !ticket->is_public) {
        return false;
    }
    if (ticket->requester.v == actor->user.v) {
        return true;
    }
    if (actor->sees_organization && actor->organization.v != 0 &&
        actor->organization.v == ticket->organization.v) {
        return true;
    }
    return is_collaborator(db, actor, ticket->id);
}

bool ticket_may_see(struct db *db, const struct actor *actor, const struct ticket *ticket)
{
    if (!actor_is_staff(actor)) {
        return end_user_may_see(db, actor, ticket);
    }
    if (actor->scope == SCOPE_ALL || actor->role == ROLE_SYSTEM) {
        return true;
    }
    if (ticket->assignee.v == actor->user.v || ticket->steward.v == actor->user.v ||
        ticket->requester.v == actor->user.v) {
        return true;
    }
    switch (actor->scope) {
    case SCOPE_GROUPS:
        return ticket->group.v != 0 && actor_in_group(actor, ticket->group);
    case SCOPE_ORGANIZATION:
        return actor->organization.v != 0 && actor->organization.v == ticket->organization.v;
    case SCOPE_ALL:
    case SCOPE_ASSIGNED:
    case SCOPE_OWN:
        break;
    }
    return false;
}

bool ticket_may_edit(const struct actor *actor, const struct ticket *ticket)
{
    (void)ticket;
    return actor_is_agent(actor);
}

bool ticket_may_comment(const struct actor *actor, bool is_public)
{
    if (actor_is_agent(actor)) {
        return true;
    }
    bool light = actor_is_staff(actor);
    return light ? !is_public : is_public;
}
