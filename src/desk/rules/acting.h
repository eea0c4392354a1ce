// SPDX-License-Identifier: GPL-3.0-or-later
//
// Rules at work: an observer of changes runs the triggers, a timer the automations. What they do
// goes the same one way as what people do (ticket_apply()), mails and calls are rows and jobs.
#ifndef STEWARD_DESK_RULES_ACTING_H
#define STEWARD_DESK_RULES_ACTING_H

#include "desk/rules/rules.h"
#include "desk/tickets/tickets.h"
#include "jobs/jobs.h"

struct desk;

// Observer of tickets. Triggers are tried in their order; after one has acted, those that have not
// are tried again from the first, on the ticket as it is then: each acts at most once for a change,
// so it ends. What they do stands in the change's own audit, marked with the rule. A rule that
// cannot do something (its group is gone) leaves a note in the audit and harms nothing else. Rules
// never act on imports, nor on tickets that were closed or deleted before.
bool triggers_observe(void *desk, struct db *tx, const struct ticket_applied *applied,
                      struct error *err);

// The timer: tries every active automation on the tickets that are not closed, at most
// AUTOMATION_MOST each in one turn; who is left comes in the next. A ticket on which one acted
// without changing what it matches is left alone until something else changes it.
#define AUTOMATION_MOST 1000
bool automations_run(void *desk, mem_ctx *ctx, struct error *err);

// --- what both do -------------------------------------------------------------------------------

struct acting {
    struct desk *desk;
    struct db *tx;
    mem_ctx *ctx;
    const struct actor *actor;  // who made the change; the desk itself for automations
    struct audit_id into;       // none: the rule's changes make an audit of their own
    struct ticket ticket;       // as it is now
    bool quiet;                 // a machine caused it: people outside get no mail
    // Custom fields that the change and its rules have changed so far, in that order.
    const struct ticket_field_change *changes;
    size_t change_count;
    int64_t now;
};

// Does what the rule says; a->ticket is the ticket afterwards, and *ret_changed says whether it is
// another.
MUST_CHECK bool rule_act(struct acting *a, const struct rule *rule, bool *ret_changed,
                         struct error *err);

// The actions as a change of fields and comment, placeholders filled; for macros, too. People that
// are "the current user" are the actor.
MUST_CHECK bool rule_change_of(struct acting *a, const struct rule *rule, struct ticket_change *ret,
                               struct error *err);

#endif
