// SPDX-License-Identifier: GPL-3.0-or-later
//
// What the room's parts share, and what it hears of.
#include "desk/work/work_internal.h"

#include "desk/channels/channels.h"
#include "desk/desk.h"
#include "desk/work/queries.h"

bool work_ticket(struct db *tx, mem_ctx *ctx, const struct actor *actor, struct ticket_id id,
                 struct ticket *ret, struct error *err)
{
    return ticket_load(tx, ctx, actor, id, ret, err) &&
           (ticket_may_edit(actor, ret) ||
            error_set(err, ERR_FORBIDDEN, "Only agents can change tickets."));
}

bool work_note(struct desk *desk, struct db *tx, const struct actor *actor, struct ticket_id ticket,
               const struct ticket_event *event, struct error *err)
{
    struct audit_id audit;
    channels_publish_ticket(tx, ticket);
    return ticket_audit_begin(&desk->tickets, tx, actor, ticket, &audit, err) &&
           ticket_event_add(tx, ticket, audit, event, err);
}

bool work_observe(void *desk UNUSED, struct db *tx, const struct ticket_applied *applied,
                  struct error *err)
{
    const struct ticket_change *change = applied->change;
    bool merged = (change->set & SET_MERGED) != 0 && change->merged_into.v != 0;
    return snooze_observe(tx, applied, err) &&
           (!merged ||
            bonds_merged(tx, applied->ctx, applied->outcome->after.id, change->merged_into, err));
}

bool work_person_moved(struct db *tx, struct user_id from, struct user_id to, struct error *err)
{
    return bonds_move_person(tx, from, to, err) && time_move_person(tx, from, to, err) &&
           later_move_person(tx, from, to, err);
}

bool work_ticket_purged(struct db *tx, struct ticket_id ticket, struct error *err)
{
    return bonds_forget_ticket(tx, ticket, err) && time_forget_ticket(tx, ticket, err) &&
           later_ticket_purged(tx, ticket, err);
}
