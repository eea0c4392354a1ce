// SPDX-License-Identifier: GPL-3.0-or-later
//
// Triggers: what happens by itself after a change.
#include "desk/desk.h"
#include "desk/rules/acting.h"

struct firing {
    struct acting acting;
    struct rule_facts facts;
    const struct rule_book *book;
    bool *fired;
};

// Tries the triggers from the first on; acts by one at most. *ret_acted says whether one did.
static bool try_all(struct firing *f, bool *ret_acted, struct error *err)
{
    *ret_acted = false;
    for (size_t i = 0; i < f->book->count; i++) {
        const struct rule *rule = &f->book->rules[i];
        bool matches = false;
        bool changed = false;
        if (rule->kind != RULE_TRIGGER || !rule->active || rule->broken || f->fired[i]) {
            continue;
        }
        f->facts.ticket = &f->acting.ticket;
        f->facts.changes = f->acting.changes;
        f->facts.change_count = f->acting.change_count;
        if (!conditions_match(&f->facts, &rule->conditions, &matches, err)) {
            return false;
        }
        if (!matches) {
            continue;
        }
        f->fired[i] = true;
        if (!rule_act(&f->acting, rule, &changed, err)) {
            return false;
        }
        // Where nothing changed, those before would answer as they did.
        if (changed) {
            f->facts.of[CUSTOM_OF_TICKET].loaded = false;
            *ret_acted = true;
            return true;
        }
    }
    return true;
}

bool triggers_observe(void *env, struct db *tx, const struct ticket_applied *applied,
                      struct error *err)
{
    struct desk *desk = env;
    struct ticket_outcome *outcome = applied->outcome;
    mem_ctx *ctx = applied->ctx;
    const struct rule_book *book = NULL;
    bool over = outcome->before.status == STATUS_CLOSED || outcome->after.deleted_at != 0;
    if (applied->change->import || over || outcome->audit.v == 0) {
        return true;
    }
    if (!rules_read(desk->rules, tx, ctx, &book, err)) {
        return false;
    }
    struct firing f = {
        .acting = {.desk = desk,
                   .tx = tx,
                   .ctx = ctx,
                   .actor = applied->actor,
                   .into = outcome->audit,
                   .ticket = outcome->after,
                   .quiet = applied->change->by_machine,
                   .changes = outcome->fields,
                   .change_count = outcome->field_count,
                   .now = applied->now},
        .facts = {.db = tx,
                  .ctx = ctx,
                  .before = &outcome->before,
                  .actor = applied->actor,
                  .comment = applied->change->comment,
                  .now = applied->now},
        .book = book,
        .fired = mem_array(ctx, bool, book->count + 1),
    };
    bool acted = true;
    while (acted) {
        if (!try_all(&f, &acted, err)) {
            return false;
        }
    }
    outcome->after = f.acting.ticket;
    outcome->fields = f.acting.changes;
    outcome->field_count = f.acting.change_count;
    return true;
}
