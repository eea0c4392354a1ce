// SPDX-License-Identifier: GPL-3.0-or-later
//
// Reading tickets and what hangs on them, for one actor.
#include "desk/tickets/tickets_internal.h"

#include <stdlib.h>

#include "desk/tickets/queries.h"

const char TICKET_COLUMNS[] =
    "t.id, t.version, t.external_id, t.subject, t.status, t.priority, t.type, t.requester_id, "
    "t.submitter_id, t.assignee_id, t.steward_id, t.group_id, t.organization_id, t.problem_id, "
    "t.followup_of, t.merged_into, t.channel, t.recipient, t.tags, t.is_public, t.comment_count, "
    "t.excerpt, t.created_at, t.updated_at, t.generated_at, t.requester_updated_at, "
    "t.assignee_updated_at, t.status_updated_at, t.assigned_at, t.solved_at, t.due_at, "
    "t.deleted_at, t.deleted_by, t.purged_at, t.breach_at, t.cost_rate, "
    "t.snoozed_until, t.custom_status_id, t.form_id, t.brand_id";

static struct str column_copy(struct db_cursor *cursor, mem_ctx *ctx, int column)
{
    return str_dup(ctx, db_column_text(cursor, column));
}

void ticket_read_row(struct db_cursor *cursor, mem_ctx *ctx, struct ticket *ret)
{
    *ret = (struct ticket){
        .id = {db_column_i64(cursor, 0)},
        .version = db_column_i64(cursor, 1),
        .external_id = column_copy(cursor, ctx, 2),
        .subject = column_copy(cursor, ctx, 3),
        .status = (enum ticket_status)db_column_i64(cursor, 4),
        .priority = (enum ticket_priority)db_column_i64(cursor, 5),
        .type = (enum ticket_type)db_column_i64(cursor, 6),
        .requester = {db_column_i64(cursor, 7)},
        .submitter = {db_column_i64(cursor, 8)},
        .assignee = {db_column_i64(cursor, 9)},
        .steward = {db_column_i64(cursor, 10)},
        .group = {db_column_i64(cursor, 11)},
        .organization = {db_column_i64(cursor, 12)},
        .problem = {db_column_i64(cursor, 13)},
        .followup_of = {db_column_i64(cursor, 14)},
        .merged_into = {db_column_i64(cursor, 15)},
        .channel = column_copy(cursor, ctx, 16),
        .recipient = column_copy(cursor, ctx, 17),
        .tags = column_copy(cursor, ctx, 18),
        .is_public = db_column_i64(cursor, 19) != 0,
        .comment_count = db_column_i64(cursor, 20),
        .excerpt = column_copy(cursor, ctx, 21),
        .created_at = db_column_i64(cursor, 22),
        .updated_at = db_column_i64(cursor, 23),
        .generated_at = db_column_i64(cursor, 24),
        .requester_updated_at = db_column_i64(cursor, 25),
        .assignee_updated_at = db_column_i64(cursor, 26),
        .status_updated_at = db_column_i64(cursor, 27),
        .assigned_at = db_column_i64(cursor, 28),
        .solved_at = db_column_i64(cursor, 29),
        .due_at = db_column_i64(cursor, 30),
        .deleted_at = db_column_i64(cursor, 31),
        .deleted_by = {db_column_i64(cursor, 32)},
        .purged_at = db_column_i64(cursor, 33),
        .breach_at = db_column_i64(cursor, 34),
        .cost_rate = db_column_i64(cursor, 35),
        .snoozed_until = db_column_i64(cursor, 36),
        .custom_status = db_column_i64(cursor, 37),
        .form = db_column_i64(cursor, 38),
        .brand = db_column_i64(cursor, 39),
    };
}

static bool run_find(struct db *db, mem_ctx *ctx, struct where *where, struct ticket **ret,
                     size_t *ret_count, struct error *err)
{
    struct db_cursor *cursor = NULL;
    struct ticket *rows = NULL;
    size_t count = 0;
    bool more = false;
    if (where->sql.failed) {
        return error_set(err, ERR_INVALID, "The filter is too long; leave out some conditions.");
    }
    if (!db_query_built(db, buf_str(&where->sql), where->values, where->count, &cursor, err)) {
        return false;
    }
    bool ok = db_query_step(cursor, &more, err);
    while (ok && more) {
        if ((count & (count + 1)) == 0 || rows == NULL) {
            rows = mem_grow(ctx, rows, struct ticket, (count + 1) * 2);
        }
        ticket_read_row(cursor, ctx, &rows[count++]);
        ok = db_query_step(cursor, &more, err);
    }
    db_query_end(cursor);
    if (ok) {
        *ret = rows;
        *ret_count = count;
    }
    return ok;
}

static void turn_round(struct ticket *rows, size_t count)
{
    for (size_t i = 0; i < count / 2; i++) {
        struct ticket row = rows[i];
        rows[i] = rows[count - 1 - i];
        rows[count - 1 - i] = row;
    }
}

bool tickets_find(struct db *db, mem_ctx *ctx, const struct actor *actor,
                  const struct ticket_query *query, struct ticket **ret, size_t *ret_count,
                  struct error *err)
{
    struct where where;
    where_init(&where, ctx);
    buf_put_c(&where.sql, "SELECT ");
    buf_put_c(&where.sql, TICKET_COLUMNS);
    buf_put_c(&where.sql, " FROM ticket t");
    where_put(&where, db, actor, query);
    where_put_page(&where, db, query);
    if (!run_find(db, ctx, &where, ret, ret_count, err)) {
        return false;
    }
    if (query->backwards) {
        turn_round(*ret, *ret_count);
    }
    return true;
}

bool tickets_count(struct db *db, mem_ctx *ctx, const struct actor *actor,
                   const struct ticket_query *query, int64_t most, int64_t *ret, struct error *err)
{
    struct where where;
    struct db_cursor *cursor = NULL;
    bool row = false;
    where_init(&where, ctx);
    buf_put_c(&where.sql, "SELECT COUNT(*) FROM (SELECT 1 FROM ticket t");
    where_put(&where, db, actor, query);
    buf_put_c(&where.sql, " LIMIT ");
    where_bind(&where, db, DB_VALUE_I64(most));
    buf_put_c(&where.sql, ") AS matching");
    if (!db_query_built(db, buf_str(&where.sql), where.values, where.count, &cursor, err)) {
        return false;
    }
    bool ok = db_query_step(cursor, &row, err);
    if (ok && row) {
        *ret = db_column_i64(cursor, 0);
    }
    db_query_end(cursor);
    return ok;
}

int64_t ticket_sort_value(const struct ticket *ticket, enum ticket_column sort)
{
    switch (sort) {
    case TC_STATUS:
        return (int64_t)ticket->status;
    case TC_PRIORITY:
        return (int64_t)ticket->priority;
    case TC_REQUESTER:
        return ticket->requester.v;
    case TC_ASSIGNEE:
        return ticket->assignee.v;
    case TC_GROUP:
        return ticket->group.v;
    case TC_CREATED:
        return ticket->created_at;
    case TC_UPDATED:
        return ticket->updated_at;
    case TC_GENERATED:
        return ticket->generated_at;
    case TC_SOLVED:
        return ticket->solved_at;
    case TC_DUE:
        return ticket->due_at;
    case TC_SNOOZED:
        return ticket->snoozed_until;
    case TC_BREACH:
        return ticket->breach_at;
    case TC_COST:
        return ticket->cost_rate;
    case TC_TYPE:
        return (int64_t)ticket->type;
    case TC_SUBMITTER:
        return ticket->submitter.v;
    case TC_STEWARD:
        return ticket->steward.v;
    case TC_ORGANIZATION:
        return ticket->organization.v;
    case TC_PROBLEM:
        return ticket->problem.v;
    case TC_STATUS_UPDATED:
        return ticket->status_updated_at;
    case TC_REQUESTER_UPDATED:
        return ticket->requester_updated_at;
    case TC_ASSIGNEE_UPDATED:
        return ticket->assignee_updated_at;
    case TC_ASSIGNED:
        return ticket->assigned_at;
    default:
        return ticket->id.v;
    }
}

bool ticket_load_any(struct db *db, mem_ctx *ctx, struct ticket_id id, struct ticket *ret,
                     bool *ret_found, struct error *err)
{
    struct where where;
    struct ticket *rows = NULL;
    size_t count = 0;
    where_init(&where, ctx);
    buf_put_c(&where.sql, "SELECT ");
    buf_put_c(&where.sql, TICKET_COLUMNS);
    buf_put_c(&where.sql, " FROM ticket t WHERE t.id = ");
    where_bind(&where, db, DB_VALUE_I64(id.v));
    if (!run_find(db, ctx, &where, &rows, &count, err)) {
        return false;
    }
    *ret_found = count == 1;
    if (count == 1) {
        *ret = rows[0];
    }
    return true;
}

bool ticket_load(struct db *db, mem_ctx *ctx, const struct actor *actor, struct ticket_id id,
                 struct ticket *ret, struct error *err)
{
    struct ticket ticket;
    bool found = false;
    if (!ticket_load_any(db, ctx, id, &ticket, &found, err)) {
        return false;
    }
    if (!found || ticket.deleted_at != 0 || !ticket_may_see(db, actor, &ticket)) {
        return error_set(err, ERR_NOT_FOUND, "There is no ticket %lld that you can see.",
                         (long long)id.v);
    }
    *ret = ticket;
    return true;
}

struct ticket_comment comment_from_row(const struct comment_row *row)
{
    return (struct ticket_comment){
        .id = row->id,
        .ticket = row->ticket_id,
        .audit = row->audit_id,
        .author = row->author_id,
        .is_public = row->is_public,
        .body = row->body,
        .html = {row->html},
        .quoted_from = row->quoted_from.set ? row->quoted_from.v : -1,
        .channel = row->channel,
        .mail = row->mail_id,
        .stranger = row->stranger,
        .remote_images = row->remote_images,
        .created_at = row->created_at,
        .withdrawn = row->withdrawn_at.set,
        .held = row->held_until.set,
        .speaks_for = row->for_id,
    };
}

bool comment_load(struct db *db, mem_ctx *ctx, const struct actor *actor, struct comment_id id,
                  struct ticket_comment *ret, struct error *err)
{
    struct comment_row row;
    struct ticket ticket;
    bool found = false;
    if (!comment_by_id(db, ctx, id, &row, &found, err)) {
        return false;
    }
    bool shown = found && row.is_public && !row.held_until.set;
    if (!found || !(shown || actor_is_staff(actor))) {
        return error_set(err, ERR_NOT_FOUND, "There is no such comment.");
    }
    if (!ticket_load(db, ctx, actor, row.ticket_id, &ticket, err)) {
        return false;
    }
    *ret = comment_from_row(&row);
    return true;
}

bool ticket_comments(struct db *db, mem_ctx *ctx, const struct actor *actor, struct ticket_id id,
                     struct ticket_comment **ret, size_t *ret_count, struct error *err)
{
    struct comment_row *rows = NULL;
    size_t count = 0;
    int64_t least_public = actor_is_staff(actor) ? 0 : 1;
    if (!comments_of_ticket(db, ctx, id, least_public, &rows, &count, err)) {
        return false;
    }
    struct ticket_comment *comments = mem_array(ctx, struct ticket_comment, count + 1);
    for (size_t i = 0; i < count; i++) {
        comments[i] = comment_from_row(&rows[i]);
    }
    *ret = comments;
    *ret_count = count;
    return true;
}

bool ticket_audits(struct db *db, mem_ctx *ctx, struct ticket_id id, struct ticket_audit **ret,
                   size_t *ret_count, struct ticket_event **ret_events, size_t *ret_event_count,
                   struct error *err)
{
    struct audits_of_ticket_row *rows = NULL;
    struct events_of_ticket_row *events = NULL;
    size_t count = 0;
    size_t event_count = 0;
    if (!audits_of_ticket(db, ctx, id, (struct audit_id){0}, INT32_MAX, &rows, &count, err) ||
        !events_of_ticket(db, ctx, id, &events, &event_count, err)) {
        return false;
    }
    struct ticket_audit *audits = mem_array(ctx, struct ticket_audit, count + 1);
    for (size_t i = 0; i < count; i++) {
        audits[i] =
            (struct ticket_audit){rows[i].id,         rows[i].ticket_id, rows[i].author_id,
                                  rows[i].channel,    rows[i].address,   rows[i].custom,
                                  rows[i].created_at, rows[i].rel,       rows[i].from_ticket};
    }
    struct ticket_event *list = mem_array(ctx, struct ticket_event, event_count + 1);
    for (size_t i = 0; i < event_count; i++) {
        list[i] = (struct ticket_event){events[i].id,     events[i].audit_id, events[i].kind,
                                        events[i].field,  events[i].value,    events[i].previous,
                                        events[i].rule_id};
    }
    *ret = audits;
    *ret_count = count;
    *ret_events = list;
    *ret_event_count = event_count;
    return true;
}

static int64_t *ids_of(mem_ctx *ctx, const struct ticket *tickets, size_t count);

bool tickets_held(struct db *db, mem_ctx *ctx, const struct ticket *tickets, size_t count,
                  bool *ret, struct error *err)
{
    struct tickets_with_held_row *rows = NULL;
    size_t row_count = 0;
    if (!tickets_with_held(db, ctx, ids_of(ctx, tickets, count), count, &rows, &row_count, err)) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        ret[i] = false;
        for (size_t k = 0; k < row_count; k++) {
            ret[i] = ret[i] || rows[k].ticket_id.v == tickets[i].id.v;
        }
    }
    return true;
}

static int64_t *ids_of(mem_ctx *ctx, const struct ticket *tickets, size_t count)
{
    int64_t *ids = mem_array(ctx, int64_t, count + 1);
    for (size_t i = 0; i < count; i++) {
        ids[i] = tickets[i].id.v;
    }
    return ids;
}

bool ticket_collaborators(struct db *db, mem_ctx *ctx, const struct ticket *tickets, size_t count,
                          struct collaborator **ret, size_t *ret_count, struct error *err)
{
    struct collaborator_row *rows = NULL;
    size_t row_count = 0;
    // One ticket has a statement of its own: a list of ids costs SQLite several times as much.
    bool ok = count == 1 ? collaborators_of_one(db, ctx, tickets[0].id, &rows, &row_count, err)
                         : collaborators_of_tickets(db, ctx, ids_of(ctx, tickets, count), count,
                                                    &rows, &row_count, err);
    if (!ok) {
        return false;
    }
    struct collaborator *list = mem_array(ctx, struct collaborator, row_count + 1);
    for (size_t i = 0; i < row_count; i++) {
        bool follower = str_eq_c(rows[i].kind, "follower");
        list[i] = (struct collaborator){rows[i].ticket_id, rows[i].user_id,
                                        follower ? COLLABORATOR_FOLLOWER : COLLABORATOR_CC};
    }
    *ret = list;
    *ret_count = row_count;
    return true;
}

bool ticket_descriptions(struct db *db, mem_ctx *ctx, const struct ticket *tickets, size_t count,
                         struct ticket_text **ret, size_t *ret_count, struct error *err)
{
    struct first_comments_of_tickets_row *rows = NULL;
    size_t row_count = 0;
    if (!first_comments_of_tickets(db, ctx, ids_of(ctx, tickets, count), count, &rows, &row_count,
                                   err)) {
        return false;
    }
    struct ticket_text *list = mem_array(ctx, struct ticket_text, row_count + 1);
    for (size_t i = 0; i < row_count; i++) {
        list[i] = (struct ticket_text){rows[i].ticket_id, rows[i].body};
    }
    *ret = list;
    *ret_count = row_count;
    return true;
}

bool ticket_newer_comment(struct db *db, mem_ctx *ctx, const struct actor *actor,
                          struct ticket_id ticket, struct comment_id seen, struct comment_id *ret,
                          struct user_id *ret_author, struct error *err)
{
    struct comment_newer_row row;
    bool found = false;
    if (!comment_newer(db, ctx, ticket, seen, actor->user, &row, &found, err)) {
        return false;
    }
    *ret = row.id;
    *ret_author = row.author_id;
    return true;
}
