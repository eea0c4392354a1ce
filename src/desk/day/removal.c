// SPDX-License-Identifier: GPL-3.0-or-later
//
// Spam, restoring, and the end of what nobody restored.
#include "desk/day/day.h"
#include "desk/desk.h"

#define PURGE_AT_ONCE 200

bool day_mark_spam(struct desk *desk, struct db *tx, mem_ctx *ctx, const struct actor *actor,
                   struct ticket_id id, bool suspend, struct error *err)
{
    struct ticket ticket;
    struct user person;
    struct ticket_outcome outcome;
    struct user_change suspension = {.set = USER_SUSPENDED, .values = {.suspended = true}};
    struct ticket_change change = {
        .ticket = id, .set = SET_DELETED, .deleted = true, .add_tags = DAY_SPAM_TAG};
    bool found = false;
    if (!ticket_load(tx, ctx, actor, id, &ticket, err) ||
        !user_find(tx, ctx, ticket.requester, &person, &found, err)) {
        return false;
    }
    if (suspend && found && person.role >= ROLE_LIGHT_AGENT) {
        return error_field(err, "requester", "InvalidValue",
                           "Requester: a member of staff cannot be marked as a sender of spam.");
    }
    bool again = suspend && found && person.active && !person.suspended;
    return (!again ||
            user_update(&desk->people, tx, ctx, actor, person.id, &suspension, &person, err)) &&
           ticket_apply(&desk->tickets, tx, ctx, actor, &change, &outcome, err);
}

bool day_restore(struct desk *desk, struct db *tx, mem_ctx *ctx, const struct actor *actor,
                 struct ticket_id id, struct error *err)
{
    struct ticket_outcome outcome;
    struct ticket_change change = {
        .ticket = id, .set = SET_DELETED, .deleted = false, .remove_tags = DAY_SPAM_TAG};
    return ticket_apply(&desk->tickets, tx, ctx, actor, &change, &outcome, err);
}

struct purging {
    struct desk *desk;
    mem_ctx *ctx;
    struct ticket_id id;
    int64_t before;
};

// It may have been restored since it was listed.
static bool purge_in_tx(struct db *tx, void *arg, struct error *err)
{
    struct purging *p = arg;
    struct actor actor = actor_system(CHANNEL_SYSTEM);
    struct error why;
    if (ticket_purge(&p->desk->tickets, tx, p->ctx, &actor, p->id, &why)) {
        return true;
    }
    *err = why;
    return why.code == ERR_NOT_FOUND;
}

bool day_purge(void *env, mem_ctx *ctx, struct error *err)
{
    struct purging p = {.desk = env, .ctx = ctx};
    p.before = clock_now(p.desk->app->clock) - TICKET_RESTORE_MS;
    for (;;) {
        struct db *db = NULL;
        struct ticket_id *ids = NULL;
        size_t count = 0;
        if (!db_read_begin(p.desk->app->db, &db, err)) {
            return false;
        }
        bool ok = tickets_outdated(db, ctx, p.before, PURGE_AT_ONCE, &ids, &count, err);
        db_read_end(db);
        if (!ok) {
            return false;
        }
        for (size_t i = 0; i < count; i++) {
            p.id = ids[i];
            if (!db_tx_run(p.desk->app->db, "day.purge", purge_in_tx, &p, err)) {
                return false;
            }
        }
        if (count < PURGE_AT_ONCE) {
            return true;
        }
    }
}
