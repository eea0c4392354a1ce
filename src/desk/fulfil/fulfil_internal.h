// SPDX-License-Identifier: GPL-3.0-or-later
//
// Shared by the room's files.
#ifndef STEWARD_DESK_FULFIL_FULFIL_INTERNAL_H
#define STEWARD_DESK_FULFIL_FULFIL_INTERNAL_H

#include "desk/catalogue/catalogue.h"
#include "desk/desk.h"
#include "desk/fulfil/fulfil.h"
#include "desk/fulfil/queries.h"

// One request on its way, inside a transaction.
struct way {
    struct desk *desk;
    struct db *tx;
    mem_ctx *ctx;
    const struct ticket *ticket;
    int64_t now;
};

struct fulfil_ask fulfil_ask_of_row(const struct ask_row *row);
// Steps without asking who reads.
MUST_CHECK bool fulfil_steps_load(struct db *db, mem_ctx *ctx, struct object_id service,
                                  struct fulfil_step **ret, size_t *ret_count, struct error *err);
// Goes as far as it can: closes the step that is decided, opens the next, tells the requester.
MUST_CHECK bool fulfil_advance(const struct way *way, struct error *err);
// An entry in the ticket's history.
MUST_CHECK bool fulfil_note(const struct way *way, const char *field, struct str value,
                            struct error *err);

// The same, by somebody.
MUST_CHECK bool fulfil_note_by(const struct way *way, const struct actor *actor, const char *field,
                               struct str value, struct error *err);

// --- tasks (tasks.c) ----------------------------------------------------------------------------

// The tasks of the request's service, which wait until they are started.
MUST_CHECK bool fulfil_tasks_prepare(const struct way *way, const struct answers *answers,
                                     struct error *err);
// Opens the next stage where none is open. Agreement is the caller's business.
MUST_CHECK bool fulfil_tasks_start(const struct way *way, struct error *err);
// Whether nobody is left to agree, and nobody refused.
MUST_CHECK bool fulfil_agreed(const struct way *way, bool *ret, struct error *err);

// --- mails (letters.c) --------------------------------------------------------------------------

// Asks, or reminds, one person: and their deputy, whom `ask` names.
MUST_CHECK bool fulfil_letter_ask(const struct way *way, const struct fulfil_ask *ask,
                                  struct error *err);
// Tells the requester how it ended: with the ask that refused it, or NULL when all agreed.
MUST_CHECK bool fulfil_letter_end(const struct way *way, const struct fulfil_ask *refusal,
                                  struct error *err);

#endif
