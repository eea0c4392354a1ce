// SPDX-License-Identifier: GPL-3.0-or-later
//
// Macros: a set of changes and a prepared text that a person looks at before sending.
#ifndef STEWARD_DESK_RULES_MACROS_H
#define STEWARD_DESK_RULES_MACROS_H

#include "desk/rules/acting.h"

// What a macro proposes for a ticket (id none: a new one). Nothing is written.
MUST_CHECK bool macro_change(struct desk *desk, struct db *db, mem_ctx *ctx,
                             const struct actor *actor, const struct ticket *ticket,
                             const struct rule *macro, struct ticket_change *ret,
                             struct error *err);

#endif
