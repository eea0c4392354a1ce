// SPDX-License-Identifier: GPL-3.0-or-later
//
// Tickets of people and organisations that were merged into others. Each ticket's history tells of
// it, as of every change.
#include "base/clock.h"
#include "desk/tickets/queries.h"
#include "desk/tickets/tickets_internal.h"

static struct str id_text(mem_ctx *ctx, int64_t id)
{
    return str_printf(ctx, "%lld", (long long)id);
}

static bool tell(const struct tickets *room, struct db *tx, struct ticket_id ticket,
                 const char *field, struct str before, struct str after, struct error *err)
{
    struct ticket_event event = {
        .kind = STR("Change"), .field = str_c(field), .value = after, .previous = before};
    return ticket_note_event(room, tx, ticket, &event, err);
}

static bool tell_requester(const struct tickets *room, struct db *tx, struct user_id from,
                           struct user_id to, struct error *err)
{
    mem_ctx *ctx = db_tx_ctx(tx);
    struct tickets_of_requester_row *rows = NULL;
    size_t count = 0;
    bool ok = tickets_of_requester(tx, ctx, from, &rows, &count, err);
    for (size_t i = 0; ok && i < count; i++) {
        ok = tell(room, tx, rows[i].id, "requester_id", id_text(ctx, from.v), id_text(ctx, to.v),
                  err);
    }
    return ok;
}

static bool tell_collaborators(const struct tickets *room, struct db *tx, struct user_id from,
                               struct user_id to, struct error *err)
{
    mem_ctx *ctx = db_tx_ctx(tx);
    struct collaborations_row *rows = NULL;
    size_t count = 0;
    bool ok = collaborations(tx, ctx, from, to, &rows, &count, err);
    for (size_t i = 0; ok && i < count; i++) {
        const char *field = str_eq_c(rows[i].kind, "cc") ? "email_cc_ids" : "follower_ids";
        ok = tell(room, tx, rows[i].ticket_id, field, id_text(ctx, from.v),
                  rows[i].there != 0 ? STR_NONE : id_text(ctx, to.v), err);
    }
    return ok;
}

bool tickets_move_person(const struct tickets *room, struct db *tx, struct user_id from,
                         struct user_id to, struct error *err)
{
    return tell_requester(room, tx, from, to, err) && tell_collaborators(room, tx, from, to, err) &&
           comments_change_author(tx, from, to, err) &&
           tickets_change_person(tx, from, to, clock_now(room->clock), err) &&
           collaborators_change_person(tx, from, to, err) &&
           collaborators_drop_person(tx, from, err);
}

bool tickets_move_organization(const struct tickets *room, struct db *tx,
                               struct organization_id from, struct organization_id to,
                               struct error *err)
{
    mem_ctx *ctx = db_tx_ctx(tx);
    struct tickets_of_organization_row *rows = NULL;
    size_t count = 0;
    bool ok = tickets_of_organization(tx, ctx, from, &rows, &count, err);
    for (size_t i = 0; ok && i < count; i++) {
        ok = tell(room, tx, rows[i].id, "organization_id", id_text(ctx, from.v), id_text(ctx, to.v),
                  err);
    }
    return ok && tickets_change_organization(tx, from, to, clock_now(room->clock), err);
}
