// SPDX-License-Identifier: GPL-3.0-or-later
//
// Replies that show a value of the charter.
#include "desk/charter/charter_internal.h"
#include "desk/desk.h"

static void from_rows(mem_ctx *ctx, const struct charter_mark_row *rows, size_t count,
                      struct charter_mark **ret)
{
    *ret = mem_array(ctx, struct charter_mark, count + 1);
    for (size_t i = 0; i < count; i++) {
        (*ret)[i] = (struct charter_mark){rows[i].id,       rows[i].ticket_id,  rows[i].comment_id,
                                          rows[i].value_id, rows[i].value_name, rows[i].marked_by,
                                          rows[i].note,     rows[i].created_at};
    }
}

static bool agents_only(const struct actor *actor, struct error *err)
{
    return charter_staff_only(actor, err) &&
           (actor_is_agent(actor) || error_set(err, ERR_FORBIDDEN, "Only agents mark replies."));
}

// A public reply of staff that this actor may see.
static bool load_reply(struct db *db, mem_ctx *ctx, const struct actor *actor, struct comment_id id,
                       struct ticket_comment *ret, struct error *err)
{
    struct user author;
    struct ticket ticket;
    bool found = false;
    if (!comment_load(db, ctx, actor, id, ret, err) ||
        !ticket_load(db, ctx, actor, ret->ticket, &ticket, err) ||
        !user_find(db, ctx, ret->author, &author, &found, err)) {
        return false;
    }
    bool reply = found && author.role >= ROLE_LIGHT_AGENT && ret->is_public && !ret->withdrawn;
    return reply || error_set(err, ERR_NOT_FOUND, "There is no such reply.");
}

bool charter_mark_add(struct desk *desk, struct db *tx, mem_ctx *ctx, const struct actor *actor,
                      const struct charter_new_mark *mark, int64_t *ret_id, struct error *err)
{
    struct ticket_comment comment;
    struct value_in_force_row value;
    bool found = false;
    int64_t changed = 0;
    if (!agents_only(actor, err) || !load_reply(tx, ctx, actor, mark->comment, &comment, err) ||
        !value_in_force(tx, ctx, mark->value, &value, &found, err)) {
        return false;
    }
    if (!found) {
        return error_field(err, "value", "InvalidValue", "Please choose one of our values.");
    }
    struct charter_mark_insert_in in = {.id = db_next_id(tx),
                                        .ticket_id = comment.ticket,
                                        .comment_id = comment.id,
                                        .value_id = value.id,
                                        .origin = value.origin,
                                        .marked_by = actor->user,
                                        .note =
                                            str_utf8_clip(str_trim(mark->note), CHARTER_LINE_MOST),
                                        .now = clock_now(desk->app->clock)};
    if (!charter_mark_insert(tx, &in, &changed, err)) {
        return false;
    }
    *ret_id = in.id;
    return changed > 0 ||
           error_set(err, ERR_CONFLICT, "This reply is marked with that value already.");
}

bool charter_mark_remove(struct desk *desk UNUSED, struct db *tx, mem_ctx *ctx,
                         const struct actor *actor, int64_t id, struct error *err)
{
    struct charter_mark_row row;
    struct ticket ticket;
    bool found = false;
    if (!agents_only(actor, err) || !charter_mark_by_id(tx, ctx, id, &row, &found, err)) {
        return false;
    }
    if (!found) {
        return error_set(err, ERR_NOT_FOUND, "There is no such mark.");
    }
    if (!ticket_load(tx, ctx, actor, row.ticket_id, &ticket, err)) {
        return false;
    }
    if (row.marked_by.v != actor->user.v && actor->role < ROLE_LEAD) {
        return error_set(err, ERR_FORBIDDEN, "Only who set it, and leads, take a mark away.");
    }
    return charter_mark_delete(tx, id, err);
}

bool charter_marks_of(struct db *db, mem_ctx *ctx, struct ticket_id ticket,
                      struct charter_mark **ret, size_t *ret_count, bool *ret_in_force,
                      struct error *err)
{
    struct charter_marks_of_ticket_row *rows = NULL;
    size_t count = 0;
    if (!charter_marks_of_ticket(db, ctx, ticket, &rows, &count, err)) {
        return false;
    }
    *ret = mem_array(ctx, struct charter_mark, count + 1);
    *ret_count = 0;
    *ret_in_force = false;
    for (size_t i = 0; i < count; i++) {
        if (!rows[i].id.set) {
            *ret_in_force = true;
            continue;
        }
        (*ret)[(*ret_count)++] = (struct charter_mark){.id = rows[i].id.v,
                                                       .ticket = ticket,
                                                       .comment = rows[i].comment_id,
                                                       .value_name = rows[i].value_name};
    }
    return true;
}

// Which of these tickets the actor sees, in one query.
static bool seen_tickets(struct db *db, mem_ctx *ctx, const struct actor *actor,
                         const struct charter_mark *marks, size_t count, struct ticket **ret,
                         size_t *ret_count, struct error *err)
{
    int64_t *ids = mem_array(ctx, int64_t, count + 1);
    for (size_t i = 0; i < count; i++) {
        ids[i] = marks[i].ticket.v;
    }
    struct ticket_condition one = {.column = TC_ID, .numbers = ids, .count = count};
    struct ticket_query query = {
        .all = &one, .all_count = 1, .sort = TC_ID, .limit = (int64_t)count + 1};
    *ret_count = 0;
    return count == 0 || tickets_find(db, ctx, actor, &query, ret, ret_count, err);
}

bool charter_marks(struct db *db, mem_ctx *ctx, const struct actor *actor, int64_t origin,
                   int64_t most, struct charter_mark **ret, size_t *ret_count, struct error *err)
{
    struct charter_mark_row *rows = NULL;
    struct charter_mark *all = NULL;
    struct ticket *tickets = NULL;
    size_t count = 0;
    size_t ticket_count = 0;
    if (!charter_staff_only(actor, err) ||
        !(origin == 0 ? charter_marks_latest(db, ctx, most, &rows, &count, err)
                      : charter_marks_of_value(db, ctx, origin, most, &rows, &count, err))) {
        return false;
    }
    from_rows(ctx, rows, count, &all);
    if (!seen_tickets(db, ctx, actor, all, count, &tickets, &ticket_count, err)) {
        return false;
    }
    *ret = all;
    *ret_count = 0;
    for (size_t i = 0; i < count; i++) {
        for (size_t k = 0; k < ticket_count; k++) {
            if (tickets[k].id.v == all[i].ticket.v) {
                all[(*ret_count)++] = all[i];
                break;
            }
        }
    }
    return true;
}

bool charter_mark_counts(struct db *db, mem_ctx *ctx, const struct actor *actor,
                         const struct charter *charter, int64_t since, int64_t **ret,
                         struct error *err)
{
    struct charter_marks_counted_row *rows = NULL;
    size_t count = 0;
    if (!charter_staff_only(actor, err) ||
        !charter_marks_counted(db, ctx, since, &rows, &count, err)) {
        return false;
    }
    *ret = mem_array(ctx, int64_t, charter->value_count + 1);
    for (size_t i = 0; i < charter->value_count; i++) {
        for (size_t k = 0; k < count; k++) {
            if (rows[k].origin == charter->values[i].origin) {
                (*ret)[i] = rows[k].marks;
            }
        }
    }
    return true;
}

bool charter_ticket_purged(struct db *tx, struct ticket_id ticket, struct error *err)
{
    return charter_marks_scrub_ticket(tx, ticket, err);
}
