// SPDX-License-Identifier: GPL-3.0-or-later
//
// A rule tried on what has happened already, before it is switched on. Nothing is written.
#ifndef STEWARD_DESK_RULES_REHEARSAL_H
#define STEWARD_DESK_RULES_REHEARSAL_H

#include "desk/rules/rules.h"

#define REHEARSAL_CHANGES 1000
#define REHEARSAL_SHOWN 20

struct rehearsal {
    int64_t tried;    // triggers: past changes; automations: tickets that could be meant
    int64_t matched;  // how many of them it would have acted on
    struct ticket tickets[REHEARSAL_SHOWN];  // the latest of these, each once
    size_t count;
};

// Triggers: the latest REHEARSAL_CHANGES changes are told again from the history: the ticket before
// and after each, who made it, what was written. Automations: the tickets as they are now.
MUST_CHECK bool rule_rehearse(struct db *db, mem_ctx *ctx, const struct actor *actor,
                              enum rule_kind kind, const struct conditions *conditions, int64_t now,
                              struct rehearsal *ret, struct error *err);

#endif
