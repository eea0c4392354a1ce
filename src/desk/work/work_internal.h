// SPDX-License-Identifier: GPL-3.0-or-later
//
// Shared by the room's rules.
#ifndef STEWARD_DESK_WORK_WORK_INTERNAL_H
#define STEWARD_DESK_WORK_WORK_INTERNAL_H

#include "desk/work/work.h"

// Adds one event to the ticket's history, also of a closed one, and tells open pages.
MUST_CHECK bool work_note(struct desk *desk, struct db *tx, const struct actor *actor,
                          struct ticket_id ticket, const struct ticket_event *event,
                          struct error *err);
// The ticket, for agents who may see it.
MUST_CHECK bool work_ticket(struct db *tx, mem_ctx *ctx, const struct actor *actor,
                            struct ticket_id id, struct ticket *ret, struct error *err);
MUST_CHECK bool bonds_merged(struct db *tx, mem_ctx *ctx, struct ticket_id from,
                             struct ticket_id to, struct error *err);
// Of the observer: the job for what was put off by this change.
MUST_CHECK bool snooze_observe(struct db *tx, const struct ticket_applied *applied,
                               struct error *err);
MUST_CHECK bool later_ticket_purged(struct db *tx, struct ticket_id ticket, struct error *err);

#endif
