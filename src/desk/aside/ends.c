// SPDX-License-Identifier: GPL-3.0-or-later
//
// What becomes of side conversations when their ticket is merged, deleted for good or redacted, and
// when two people become one.
#include "desk/aside/aside_internal.h"

#include "desk/aside/queries.h"
#include "mail/spool.h"

bool aside_observe(void *desk UNUSED, struct db *tx, const struct ticket_applied *applied,
                   struct error *err)
{
    const struct ticket_change *change = applied->change;
    bool merged = (change->set & SET_MERGED) != 0 && change->merged_into.v != 0;
    if (!merged) {
        return true;
    }
    aside_publish(tx, change->merged_into);
    return aside_ticket_move(tx, applied->outcome->after.id, change->merged_into, err);
}

bool aside_person_moved(struct db *tx, struct user_id from, struct user_id to, struct error *err)
{
    return aside_members_move(tx, from, to, err) && aside_events_move(tx, from, to, err) &&
           aside_files_move(tx, from, to, err) && aside_makers_move(tx, from, to, err);
}

struct ending {
    struct db *tx;
    mem_ctx *ctx;
    int64_t *ids;
    size_t count;
    struct aside_event_row *events;
    size_t event_count;
};

static bool load_ending(struct ending *e, struct ticket_id ticket, struct error *err)
{
    struct aside_ids_of_ticket_row *rows = NULL;
    if (!aside_ids_of_ticket(e->tx, e->ctx, ticket, &rows, &e->count, err)) {
        return false;
    }
    e->ids = mem_array(e->ctx, int64_t, e->count + 1);
    for (size_t i = 0; i < e->count; i++) {
        e->ids[i] = rows[i].id;
    }
    return e->count == 0 ||
           aside_events_of(e->tx, e->ctx, e->ids, e->count, &e->events, &e->event_count, err);
}

static bool forget_mails(struct ending *e, struct error *err)
{
    struct aside_mail_row *mails = NULL;
    size_t count = 0;
    if (!aside_mails_of(e->tx, e->ctx, e->ids, e->count, &mails, &count, err)) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        if (!mail_outbox_scrub(e->tx, mails[i].outmail_id, err)) {
            return false;
        }
    }
    for (size_t i = 0; i < e->event_count; i++) {
        if (e->events[i].mail_id.v != 0 && !mail_spool_forget(e->tx, e->events[i].mail_id, err)) {
            return false;
        }
    }
    return true;
}

bool aside_ticket_purged(struct db *tx, struct ticket_id ticket, struct error *err)
{
    struct ending e = {.tx = tx, .ctx = db_tx_ctx(tx)};
    if (!load_ending(&e, ticket, err)) {
        return false;
    }
    return e.count == 0 ||
           (forget_mails(&e, err) && aside_files_forget(tx, e.ids, e.count, err) &&
            aside_mails_forget(tx, e.ids, e.count, err) &&
            aside_events_forget(tx, e.ids, e.count, err) &&
            aside_members_forget(tx, e.ids, e.count, err) && aside_forget(tx, e.ids, e.count, err));
}

bool aside_redacted(struct db *tx, const struct redacted *what, struct error *err)
{
    struct ending e = {.tx = tx, .ctx = db_tx_ctx(tx)};
    if (str_none(what->text)) {
        return true;
    }
    if (!load_ending(&e, what->ticket, err)) {
        return false;
    }
    for (size_t i = 0; i < e.event_count; i++) {
        const struct aside_event_row *event = &e.events[i];
        bool has = str_find(event->body, what->text) >= 0 ||
                   (!str_none(event->new_subject) && str_find(event->new_subject, what->text) >= 0);
        if (has && (!aside_event_blacken(tx, event->id, what->text, what->black, err) ||
                    (event->mail_id.v != 0 && !mail_spool_scrub(tx, event->mail_id, err)))) {
            return false;
        }
    }
    return e.count == 0 || aside_blacken(tx, what->ticket, what->text, what->black, err);
}
