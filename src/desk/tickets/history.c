// SPDX-License-Identifier: GPL-3.0-or-later
//
// The history of all tickets in order of time, for exports.
#include "desk/tickets/queries.h"
#include "desk/tickets/tickets_internal.h"

static struct ticket_audit *audits_from(mem_ctx *ctx, const struct audit_row *rows, size_t count)
{
    struct ticket_audit *list = mem_array(ctx, struct ticket_audit, count + 1);
    for (size_t i = 0; i < count; i++) {
        list[i] = (struct ticket_audit){.id = rows[i].id,
                                        .ticket = rows[i].ticket_id,
                                        .author = rows[i].author_id,
                                        .channel = rows[i].channel,
                                        .address = rows[i].address,
                                        .custom = rows[i].custom,
                                        .created_at = rows[i].created_at,
                                        .rel = rows[i].rel,
                                        .from_ticket = rows[i].from_ticket};
    }
    return list;
}

static bool need_admin(const struct actor *actor, struct error *err)
{
    return actor_is_admin(actor) ||
           error_set(err, ERR_FORBIDDEN, "This is for administrators only.");
}

bool audits_changed(struct db *db, mem_ctx *ctx, const struct actor *actor,
                    const struct audit_range *range, struct ticket_audit **ret, size_t *ret_count,
                    struct error *err)
{
    struct audit_row *rows = NULL;
    size_t count = 0;
    struct audit_id id = {range->id};
    if (!need_admin(actor, err)) {
        return false;
    }
    bool ok =
        range->backwards
            ? audits_until(db, ctx, range->at, id, range->limit, &rows, &count, err)
            : audits_since(db, ctx, range->at, id, range->before, range->limit, &rows, &count, err);
    if (!ok) {
        return false;
    }
    *ret = audits_from(ctx, rows, count);
    *ret_count = count;
    return true;
}

bool audits_events(struct db *db, mem_ctx *ctx, const struct ticket_audit *audits, size_t count,
                   struct ticket_event **ret, size_t *ret_count, struct error *err)
{
    struct events_of_audits_row *rows = NULL;
    size_t found = 0;
    int64_t *ids = mem_array(ctx, int64_t, count + 1);
    for (size_t i = 0; i < count; i++) {
        ids[i] = audits[i].id.v;
    }
    if (!events_of_audits(db, ctx, ids, count, &rows, &found, err)) {
        return false;
    }
    struct ticket_event *list = mem_array(ctx, struct ticket_event, found + 1);
    for (size_t i = 0; i < found; i++) {
        list[i] =
            (struct ticket_event){rows[i].id,    rows[i].audit_id, rows[i].kind,   rows[i].field,
                                  rows[i].value, rows[i].previous, rows[i].rule_id};
    }
    *ret = list;
    *ret_count = found;
    return true;
}

bool events_comments(struct db *db, mem_ctx *ctx, const struct ticket_event *events, size_t count,
                     struct ticket_comment **ret, size_t *ret_count, struct error *err)
{
    struct comment_row *rows = NULL;
    size_t found = 0;
    size_t wanted = 0;
    int64_t *ids = mem_array(ctx, int64_t, count + 1);
    for (size_t i = 0; i < count; i++) {
        if (str_eq_c(events[i].kind, "Comment")) {
            ids[wanted++] = events[i].id.v;
        }
    }
    if (wanted > 0 && !comments_by_ids(db, ctx, ids, wanted, &rows, &found, err)) {
        return false;
    }
    struct ticket_comment *list = mem_array(ctx, struct ticket_comment, found + 1);
    for (size_t i = 0; i < found; i++) {
        list[i] = comment_from_row(&rows[i]);
    }
    *ret = list;
    *ret_count = found;
    return true;
}
