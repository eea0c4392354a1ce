// SPDX-License-Identifier: GPL-3.0-or-later
#include "desk/tickets/api_bulk.h"

#include "desk/day/day.h"
#include "desk/tickets/api.h"
#include "desk/tickets/api_internal.h"

// --- items --------------------------------------------------------------------------------------

// The ticket an item names by number or by another system's.
static bool item_ticket(struct bulk_item *b, struct ticket_id *ret, struct error *err)
{
    struct ticket *tickets = NULL;
    size_t count = 0;
    if (jr_id(jr_get(b->item, "id"), &ret->v)) {
        return true;
    }
    struct str external = jr_text(jr_get(b->item, "external_id"));
    struct ticket_condition condition = {
        .column = TC_EXTERNAL_ID, .op = OP_IS, .texts = &external, .count = 1};
    struct ticket_query query = {.all = &condition, .all_count = 1, .sort = TC_ID, .limit = 1};
    if (str_empty(external)) {
        return error_set(err, ERR_BAD_REQUEST, "Each item needs an id.");
    }
    if (!tickets_find(b->tx, b->ctx->mem, &b->ctx->actor, &query, &tickets, &count, err)) {
        return false;
    }
    if (count == 0) {
        return error_set(err, ERR_NOT_FOUND, "There is no ticket with this external id.");
    }
    *ret = tickets[0].id;
    return true;
}

static void write_done(struct bulk_item *b, struct ticket_id id, const char *action,
                       const char *status)
{
    jw_field_c(b->result, "action", action);
    jw_field_i64(b->result, "id", id.v);
    jw_field_c(b->result, "status", status);
    jw_field_bool(b->result, "success", true);
}

static bool create(struct bulk_item *b, bool import, struct error *err)
{
    struct api_change call = {.ctx = b->ctx, .body = b->item, .import = import};
    if (!api_change_apply(b->tx, &call, err)) {
        return false;
    }
    jw_field_i64(b->result, "id", call.outcome.after.id.v);
    jw_field_i64(b->result, "account_id", 1);
    jw_field_bool(b->result, "success", true);
    return true;
}

static bool run_create(struct bulk_item *b, struct error *err)
{
    return create(b, false, err);
}

static bool run_import(struct bulk_item *b, struct error *err)
{
    return create(b, true, err);
}

static bool run_update(struct bulk_item *b, struct error *err)
{
    struct api_change call = {.ctx = b->ctx, .body = jr_none(b->common) ? b->item : b->common};
    if (!item_ticket(b, &call.ticket, err) || !api_change_apply(b->tx, &call, err)) {
        return false;
    }
    write_done(b, call.ticket, "update", "Updated");
    return true;
}

static bool run_delete(struct bulk_item *b, struct error *err)
{
    struct ticket_change change = {.set = SET_DELETED, .deleted = true};
    struct ticket_outcome outcome;
    if (!item_ticket(b, &change.ticket, err) ||
        !ticket_apply(desk_tickets(b->ctx), b->tx, b->ctx->mem, &b->ctx->actor, &change, &outcome,
                      err)) {
        return false;
    }
    write_done(b, change.ticket, "delete", "Deleted");
    return true;
}

static bool run_restore(struct bulk_item *b, struct error *err)
{
    struct ticket_id id;
    if (!item_ticket(b, &id, err) ||
        !day_restore(desk_of(b->ctx), b->tx, b->ctx->mem, &b->ctx->actor, id, err)) {
        return false;
    }
    write_done(b, id, "restore", "Restored");
    return true;
}

static bool run_purge(struct bulk_item *b, struct error *err)
{
    struct ticket_id id;
    if (!item_ticket(b, &id, err) ||
        !ticket_purge(desk_tickets(b->ctx), b->tx, b->ctx->mem, &b->ctx->actor, id, err)) {
        return false;
    }
    write_done(b, id, "delete", "Deleted");
    return true;
}

// As the API has it: the requester is suspended with it.
static bool mark_spam(struct ctx *ctx, struct db *tx, struct ticket_id id, struct error *err)
{
    return day_mark_spam(desk_of(ctx), tx, ctx->mem, &ctx->actor, id, true, err);
}

static bool run_spam(struct bulk_item *b, struct error *err)
{
    struct ticket_id id;
    if (!item_ticket(b, &id, err) || !mark_spam(b->ctx, b->tx, id, err)) {
        return false;
    }
    write_done(b, id, "update", "Updated");
    return true;
}

struct merge_body {
    struct jr_int id;
    struct jr_ids ids;
    struct jr_str target_comment;
    struct jr_str source_comment;
    struct jr_flag target_comment_is_public;
    struct jr_flag source_comment_is_public;
};

static const struct jr_field MERGE_FIELDS[] = {
    JR_FIELD(ID, "id", struct merge_body, id),
    JR_FIELD(IDS, "ids", struct merge_body, ids, .required = true, .max = API_BATCH_MAX),
    JR_FIELD(STR, "target_comment", struct merge_body, target_comment),
    JR_FIELD(STR, "source_comment", struct merge_body, source_comment),
    JR_FIELD(FLAG, "target_comment_is_public", struct merge_body, target_comment_is_public),
    JR_FIELD(FLAG, "source_comment_is_public", struct merge_body, source_comment_is_public),
};
static const struct jr_spec MERGE = JR_SPEC(MERGE_FIELDS);

static bool run_merge(struct bulk_item *b, struct error *err)
{
    struct merge_body in = {0};
    struct problems problems;
    struct ticket_outcome outcome;
    problems_init(&problems, b->ctx->mem);
    if (!jr_bind(b->ctx->mem, b->item, &MERGE, &in, &problems)) {
        return problems_none(&problems, err);
    }
    struct ticket_id *sources = mem_array(b->ctx->mem, struct ticket_id, in.ids.count + 1);
    for (size_t i = 0; i < in.ids.count; i++) {
        sources[i].v = in.ids.v[i];
    }
    struct ticket_merge merge = {.target = {in.id.v},
                                 .sources = sources,
                                 .source_count = in.ids.count,
                                 .target_comment = in.target_comment.v,
                                 .source_comment = in.source_comment.v,
                                 .target_public = in.target_comment_is_public.v,
                                 .source_public = in.source_comment_is_public.v};
    if (!ticket_merge(desk_tickets(b->ctx), b->tx, b->ctx->mem, &b->ctx->actor, &merge, &outcome,
                      err)) {
        return false;
    }
    write_done(b, merge.target, "merge", "Merged");
    return true;
}

const struct bulk_kind BULK_TICKETS_CREATE = {"tickets.create", "TicketCreateFailed", run_create};
const struct bulk_kind BULK_TICKETS_IMPORT = {"tickets.import", "TicketCreateFailed", run_import};
const struct bulk_kind BULK_TICKETS_UPDATE = {"tickets.update", "TicketUpdateFailed", run_update};
const struct bulk_kind BULK_TICKETS_DELETE = {"tickets.delete", "TicketDeleteFailed", run_delete};
const struct bulk_kind BULK_TICKETS_RESTORE = {"tickets.restore", "TicketRestoreFailed",
                                               run_restore};
const struct bulk_kind BULK_TICKETS_PURGE = {"tickets.purge", "TicketDeleteFailed", run_purge};
const struct bulk_kind BULK_TICKETS_SPAM = {"tickets.spam", "TicketUpdateFailed", run_spam};
const struct bulk_kind BULK_TICKETS_MERGE = {"tickets.merge", "TicketMergeFailed", run_merge};

// --- calls --------------------------------------------------------------------------------------

// POST /api/v2/tickets/create_many
bool api_tickets_create_many(struct ctx *ctx, struct error *err)
{
    struct bulk_call call;
    return bulk_read(ctx, "tickets", "", &call, err) &&
           bulk_start(ctx, BULK_TICKETS_CREATE.name, &call, err);
}

// POST /api/v2/imports/tickets/create_many
bool api_imports_create_many(struct ctx *ctx, struct error *err)
{
    struct bulk_call call;
    return bulk_read(ctx, "tickets", "", &call, err) &&
           bulk_start(ctx, BULK_TICKETS_IMPORT.name, &call, err);
}

// PUT /api/v2/tickets/update_many
bool api_tickets_update_many(struct ctx *ctx, struct error *err)
{
    struct bulk_call call;
    return bulk_read(ctx, "tickets", "ticket", &call, err) &&
           bulk_start(ctx, BULK_TICKETS_UPDATE.name, &call, err);
}

static bool start_by_ids(struct ctx *ctx, const struct bulk_kind *kind, struct error *err)
{
    struct bulk_call call;
    return bulk_read_ids(ctx, &call, err) && bulk_start(ctx, kind->name, &call, err);
}

// DELETE /api/v2/tickets/destroy_many?ids=
bool api_tickets_destroy_many(struct ctx *ctx, struct error *err)
{
    return start_by_ids(ctx, &BULK_TICKETS_DELETE, err);
}

// PUT /api/v2/tickets/mark_many_as_spam?ids=
bool api_tickets_mark_many_as_spam(struct ctx *ctx, struct error *err)
{
    return start_by_ids(ctx, &BULK_TICKETS_SPAM, err);
}

// DELETE /api/v2/deleted_tickets/destroy_many?ids=
bool api_deleted_destroy_many(struct ctx *ctx, struct error *err)
{
    return start_by_ids(ctx, &BULK_TICKETS_PURGE, err);
}

// PUT /api/v2/deleted_tickets/restore_many?ids=
bool api_deleted_restore_many(struct ctx *ctx, struct error *err)
{
    return start_by_ids(ctx, &BULK_TICKETS_RESTORE, err);
}

// DELETE /api/v2/deleted_tickets/{ticket:id}
bool api_deleted_destroy(struct ctx *ctx, struct error *err)
{
    struct bulk_call call =
        bulk_one(ctx, str_printf(ctx->mem, "{\"id\":%lld}", (long long)ctx->path.ids[0]));
    return bulk_start(ctx, BULK_TICKETS_PURGE.name, &call, err);
}

// POST /api/v2/tickets/{ticket:id}/merge
bool api_ticket_merge(struct ctx *ctx, struct error *err)
{
    struct ticket target;
    struct jr_value whole = JR_NONE;
    struct merge_body in = {0};
    struct problems problems;
    struct buf out;
    struct jw w;
    void *at = NULL;
    struct str key;
    struct jr_value value;
    problems_init(&problems, ctx->mem);
    if (!api_path_ticket(ctx, &target, err) || !api_body_whole(ctx, &whole, err)) {
        return false;
    }
    if (!jr_bind(ctx->mem, whole, &MERGE, &in, &problems)) {
        return api_write_problems(ctx, &problems);
    }
    buf_init(&out, ctx->mem, 4 << 20);
    jw_init(&w, &out);
    jw_object_begin(&w);
    jw_field_i64(&w, "id", target.id.v);
    while (jr_next(whole, &at, &key, &value)) {
        if (!str_eq_c(key, "id")) {
            jw_key_str(&w, key);
            jw_raw(&w, jr_dump(ctx->mem, value));
        }
    }
    jw_object_end(&w);
    struct bulk_call call = bulk_one(ctx, buf_str(&out));
    return bulk_start(ctx, BULK_TICKETS_MERGE.name, &call, err);
}

static bool spam_in_tx(struct db *tx, void *arg, struct error *err)
{
    struct ctx *ctx = arg;
    return mark_spam(ctx, tx, (struct ticket_id){ctx->path.ids[0]}, err);
}

static bool empty_answer(struct ctx *ctx, struct error *err)
{
    struct jw w;
    api_begin(ctx, &w);
    return api_end(ctx, &w, err);
}

// PUT /api/v2/tickets/{ticket:id}/mark_as_spam
bool api_ticket_mark_as_spam(struct ctx *ctx, struct error *err)
{
    return db_tx_run(ctx->app->db, "api.ticket.spam", spam_in_tx, ctx, err) &&
           empty_answer(ctx, err);
}

static bool restore_in_tx(struct db *tx, void *arg, struct error *err)
{
    struct ctx *ctx = arg;
    return day_restore(desk_of(ctx), tx, ctx->mem, &ctx->actor,
                       (struct ticket_id){ctx->path.ids[0]}, err);
}

// PUT /api/v2/deleted_tickets/{ticket:id}/restore
bool api_deleted_restore(struct ctx *ctx, struct error *err)
{
    return db_tx_run(ctx->app->db, "api.ticket.restore", restore_in_tx, ctx, err) &&
           empty_answer(ctx, err);
}
