// SPDX-License-Identifier: GPL-3.0-or-later
//
// The day room: how an agent goes through a day. What is thrown away and fetched back, what is made
// unreadable, what is printed. The tickets room says what a change is and who may; here stands what
// people choose.
#ifndef STEWARD_DESK_DAY_DAY_H
#define STEWARD_DESK_DAY_DAY_H

#include "desk/tickets/tickets.h"

struct desk;

// Of a deleted ticket that was marked as spam; restoring takes it away.
#define DAY_SPAM_TAG STR("spam")

// Agents: deletes the ticket as spam; `suspend` also keeps its requester from writing again,
// INVALID for a member of staff.
MUST_CHECK bool day_mark_spam(struct desk *desk, struct db *tx, mem_ctx *ctx,
                              const struct actor *actor, struct ticket_id id, bool suspend,
                              struct error *err);
// Agents: brings a deleted ticket back as it was; NOT_FOUND when it is gone for good.
MUST_CHECK bool day_restore(struct desk *desk, struct db *tx, mem_ctx *ctx,
                            const struct actor *actor, struct ticket_id id, struct error *err);
// The timer that deletes for good what was deleted TICKET_RESTORE_MS ago; `env` is the desk. Each
// ticket is one transaction.
bool day_purge(void *env, mem_ctx *ctx, struct error *err);

#endif
