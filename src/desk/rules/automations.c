// SPDX-License-Identifier: GPL-3.0-or-later
//
// Automations: what happens by itself when time passes.
#include "desk/desk.h"
#include "desk/rules/acting.h"
#include "desk/rules/queries.h"

#define PAGE_TICKETS 50

struct turn {
    struct desk *desk;
    mem_ctx *ctx;
    struct rule_id rule;
    struct ticket *tickets;  // candidates of this page
    size_t count;
    struct ticket_id after;
    int64_t acted;
};

static bool matches_now(struct turn *t, struct db *db, const struct rule *rule,
                        const struct ticket *ticket, bool *ret, struct error *err)
{
    struct actor system = actor_system(CHANNEL_RULE);
    struct rule_facts facts = {.db = db,
                               .ctx = t->ctx,
                               .ticket = ticket,
                               .actor = &system,
                               .now = clock_now(t->desk->app->clock)};
    return conditions_match(&facts, &rule->conditions, ret, err);
}

static bool was_done(struct db *tx, mem_ctx *ctx, struct rule_id rule, const struct ticket *ticket,
                     bool *ret, struct error *err)
{
    struct rule_done_version_row row;
    bool found = false;
    if (!rule_done_version(tx, ctx, rule, ticket->id, &row, &found, err)) {
        return false;
    }
    *ret = found && row.version == ticket->version;
    return true;
}

static bool act_on(struct turn *t, struct db *tx, const struct rule *rule,
                   const struct ticket *ticket, struct error *err)
{
    struct actor system = actor_system(CHANNEL_RULE);
    struct acting acting = {.desk = t->desk,
                            .tx = tx,
                            .ctx = t->ctx,
                            .actor = &system,
                            .ticket = *ticket,
                            .now = clock_now(t->desk->app->clock)};
    bool changed = false;
    bool still = false;
    t->acted++;
    return rule_act(&acting, rule, &changed, err) &&
           matches_now(t, tx, rule, &acting.ticket, &still, err) &&
           (!still || rule_done_write(tx, rule->id, ticket->id, acting.ticket.version, err));
}

// One page in one transaction. The candidates were read before: each is looked at again.
static bool run_page(struct db *tx, void *arg, struct error *err)
{
    struct turn *t = arg;
    struct actor system = actor_system(CHANNEL_RULE);
    const struct rule_book *book = NULL;
    int64_t acted = 0;
    if (!rules_read(t->desk->rules, tx, t->ctx, &book, err)) {
        return false;
    }
    const struct rule *rule = rule_in_book(book, RULE_AUTOMATION, t->rule);
    if (rule == NULL || !rule->active || rule->broken) {
        return true;
    }
    t->acted = 0;
    for (size_t i = 0; i < t->count; i++) {
        struct ticket ticket;
        struct error why;
        bool now = false;
        bool done = false;
        if (!ticket_load(tx, t->ctx, &system, t->tickets[i].id, &ticket, &why)) {
            if (why.code == ERR_NOT_FOUND) {
                continue;  // deleted meanwhile
            }
            *err = why;
            return false;
        }
        if (ticket.status == STATUS_CLOSED) {
            continue;
        }
        if (!matches_now(t, tx, rule, &ticket, &now, err) ||
            (now && !was_done(tx, t->ctx, rule->id, &ticket, &done, err)) ||
            (now && !done && !act_on(t, tx, rule, &ticket, err))) {
            return false;
        }
        acted = t->acted;
    }
    t->acted = acted;
    return true;
}

static bool find_page(struct turn *t, const struct rule *rule, struct error *err)
{
    static const int64_t CLOSED = STATUS_CLOSED;
    struct actor system = actor_system(CHANNEL_RULE);
    struct db *db = NULL;
    struct ticket_query query =
        conditions_filter(t->ctx, &rule->conditions, &system, clock_now(t->desk->app->clock), NULL);
    struct ticket_condition *all = mem_array(t->ctx, struct ticket_condition, query.all_count + 1);
    for (size_t i = 0; i < query.all_count; i++) {
        all[i] = query.all[i];
    }
    all[query.all_count++] = (struct ticket_condition){
        .column = TC_STATUS, .op = OP_LESS, .numbers = &CLOSED, .count = 1};
    query.all = all;
    query.sort = TC_ID;
    query.limit = PAGE_TICKETS;
    query.after_id = t->after;
    query.after_value = t->after.v;
    if (!db_read_begin(t->desk->app->db, &db, err)) {
        return false;
    }
    bool ok = tickets_find(db, t->ctx, &system, &query, &t->tickets, &t->count, err);
    db_read_end(db);
    return ok;
}

static bool run_one(struct desk *desk, mem_ctx *ctx, const struct rule *rule, struct error *err)
{
    struct turn t = {.desk = desk, .rule = rule->id};
    int64_t acted = 0;
    bool more = true;
    while (more && acted < AUTOMATION_MOST && !atomic_load(&desk->stopping)) {
        t.ctx = mem_ctx_new(ctx, "automation page");
        bool ok = find_page(&t, rule, err) &&
                  (t.count == 0 || db_tx_run(desk->app->db, "automation", run_page, &t, err));
        more = ok && t.count == PAGE_TICKETS;
        acted += t.acted;
        if (t.count > 0 && ok) {
            t.after = t.tickets[t.count - 1].id;
        }
        mem_free(t.ctx);
        if (!ok) {
            return false;
        }
    }
    return true;
}

bool automations_run(void *env, mem_ctx *ctx, struct error *err)
{
    struct desk *desk = env;
    const struct rule_book *book = NULL;
    struct db *db = NULL;
    if (!db_read_begin(desk->app->db, &db, err)) {
        return false;
    }
    bool ok = rules_read(desk->rules, db, ctx, &book, err);
    db_read_end(db);
    for (size_t i = 0; ok && i < book->count; i++) {
        const struct rule *rule = &book->rules[i];
        if (rule->kind == RULE_AUTOMATION && rule->active && !rule->broken) {
            ok = run_one(desk, ctx, rule, err);
        }
    }
    return ok;
}
