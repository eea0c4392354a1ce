// SPDX-License-Identifier: GPL-3.0-or-later
//
// /suspended_tickets: mails that wait for an administrator, each with the reason, and what is
// decided about them. For administrators, like the list on the page.
#include "desk/api/handlers.h"
#include "desk/channels/channels.h"
#include "desk/desk.h"
#include "desk/people/api_write.h"
#include "desk/tickets/api_list.h"
#include "mail/message.h"
#include "mail/spool.h"

#define LISTED_MOST 1000
#define CONTENT_MOST 65536

// A reason's number in the API: only that there is one matters to clients, so all that this desk
// holds back by its own judgement has one.
#define CAUSE_HELD_BACK 10

// The plain text of the mail; absent when its bytes are gone.
static struct str content_of(struct ctx *ctx, const struct mail_record *record,
                             struct mail_message **ret)
{
    struct mail_limits limits = mail_limits_default(clock_now(ctx->app->clock));
    struct error ignored;
    struct str raw;
    limits.max_text = CONTENT_MOST;
    *ret = NULL;
    if (!mail_spool_raw(ctx->db, ctx->app->blobs, ctx->mem, record, &raw, &ignored) ||
        !mail_parse(ctx->mem, raw, &limits, ret, &ignored)) {
        *ret = NULL;
        return STR_NONE;
    }
    return (*ret)->text;
}

static void write_author(struct jw *w, const struct mail_record *record,
                         const struct mail_message *message)
{
    bool known = message != NULL && message->from.count > 0;
    jw_field_object(w, "author");
    jw_field_null(w, "id");
    jw_field_str(w, "name", known ? message->from.items[0].name : record->sender);
    jw_field_str(w, "email", known ? message->from.items[0].address : record->envelope_from);
    jw_object_end(w);
}

static void write_suspended(struct ctx *ctx, struct jw *w, const struct mail_record *record)
{
    struct mail_message *message = NULL;
    struct str content = content_of(ctx, record, &message);
    jw_object_begin(w);
    jw_field_str(w, "url",
                 api_url(ctx, "/api/v2/suspended_tickets/%lld.json", (long long)record->id.v));
    jw_field_i64(w, "id", record->id.v);
    write_author(w, record, message);
    jw_field_str(w, "subject", record->subject);
    jw_field_str(w, "content", content);
    jw_field_str(w, "cause", record->reason);
    jw_field_i64(w, "cause_id", CAUSE_HELD_BACK);
    jw_field_str(w, "message_id", record->message_id.len == 0 ? STR_NONE : record->message_id);
    jw_field_id(w, "ticket_id", record->ticket.v);
    jw_field_time(w, "created_at", record->received_at);
    jw_field_time(w, "updated_at", record->received_at);
    jw_field_object(w, "via");
    jw_field_c(w, "channel", "email");
    jw_field_object(w, "source");
    jw_field_object(w, "from");
    jw_field_str(w, "address", record->envelope_from);
    jw_object_end(w);
    jw_field_object(w, "to");
    jw_field_str(w, "address", record->recipient);
    jw_object_end(w);
    jw_field_null(w, "rel");
    jw_object_end(w);
    jw_object_end(w);
    jw_field_null(w, "brand_id");
    jw_field_str(w, "recipient", record->recipient);
    jw_field_null(w, "error_messages");
    jw_object_end(w);
}

static bool all_suspended(struct ctx *ctx, struct mail_record **ret, size_t *ret_count,
                          struct error *err)
{
    return mail_spool_list(ctx->db, ctx->mem, MAIL_QUARANTINED, (struct mail_id){0}, LISTED_MOST,
                           ret, ret_count, err);
}

// GET /api/v2/suspended_tickets
bool api_suspended(struct ctx *ctx, struct error *err)
{
    struct mail_record *list = NULL;
    struct mail_record *shown = NULL;
    struct api_page page;
    struct api_found found = {0};
    size_t count = 0;
    struct jw w;
    if (!api_page_parse(ctx, &page, err) || !all_suspended(ctx, &list, &count, err) ||
        !api_slice(ctx, &page, list, sizeof *list, count, offsetof(struct mail_record, id),
                   (void **)&shown, &found, err)) {
        return false;
    }
    api_begin(ctx, &w);
    jw_field_array(&w, "suspended_tickets");
    for (size_t i = 0; i < found.count; i++) {
        write_suspended(ctx, &w, &shown[i]);
    }
    jw_array_end(&w);
    api_page_write(ctx, &w, &page, &found);
    return api_end(ctx, &w, err);
}

static bool find_suspended(struct ctx *ctx, struct mail_id id, struct mail_record *ret,
                           struct error *err)
{
    return mail_spool_get(ctx->db, ctx->mem, id, ret, err) &&
           (ret->state == MAIL_QUARANTINED ||
            error_set(err, ERR_NOT_FOUND, "This mail does not wait any more."));
}

// GET /api/v2/suspended_tickets/{mail:id}
bool api_suspended_show(struct ctx *ctx, struct error *err)
{
    struct mail_record record;
    struct jw w;
    if (!find_suspended(ctx, (struct mail_id){ctx->path.ids[0]}, &record, err)) {
        return false;
    }
    api_begin(ctx, &w);
    jw_key(&w, "suspended_ticket");
    write_suspended(ctx, &w, &record);
    return api_end(ctx, &w, err);
}

// --- deciding -----------------------------------------------------------------------------------

// Lets mails in; *ret are the tickets they became part of.
static bool recover(struct ctx *ctx, const int64_t *ids, size_t count, struct ticket *ret,
                    size_t *ret_count, struct db **ret_db, struct error *err)
{
    struct mail_record record;
    *ret_count = 0;
    for (size_t i = 0; i < count; i++) {
        if (!find_suspended(ctx, (struct mail_id){ids[i]}, &record, err) ||
            !intake_release(desk_of(ctx), ctx->mem, &ctx->actor, record.id, err)) {
            return false;
        }
    }
    if (!db_read_begin(ctx->app->db, ret_db, err)) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        struct error ignored;
        if (mail_spool_get(*ret_db, ctx->mem, (struct mail_id){ids[i]}, &record, &ignored) &&
            record.ticket.v != 0 &&
            ticket_load(*ret_db, ctx->mem, &ctx->actor, record.ticket, &ret[*ret_count],
                        &ignored)) {
            ++*ret_count;
        }
    }
    return true;
}

static bool recover_answer(struct ctx *ctx, const int64_t *ids, size_t count, const char *key,
                           struct error *err)
{
    struct ticket *tickets = mem_array(ctx->mem, struct ticket, count + 1);
    struct ctx fresh = *ctx;
    struct api_tickets set;
    size_t found = 0;
    struct jw w;
    if (!recover(ctx, ids, count, tickets, &found, &fresh.db, err)) {
        return false;
    }
    bool ok = api_tickets_load(&fresh, tickets, found, &set, err);
    if (ok) {
        api_begin(ctx, &w);
        jw_field_array(&w, key);
        for (size_t i = 0; i < found; i++) {
            api_ticket_write(&fresh, &w, &set, &tickets[i]);
        }
        jw_array_end(&w);
        ok = api_end(ctx, &w, err);
    }
    db_read_end(fresh.db);
    return ok;
}

// PUT /api/v2/suspended_tickets/{mail:id}/recover
bool api_suspended_recover(struct ctx *ctx, struct error *err)
{
    return recover_answer(ctx, &ctx->path.ids[0], 1, "ticket", err);
}

// PUT /api/v2/suspended_tickets/recover_many?ids=
bool api_suspended_recover_many(struct ctx *ctx, struct error *err)
{
    int64_t *ids = NULL;
    size_t count = 0;
    bool given = false;
    return api_ids(ctx, "ids", &ids, &count, &given, err) &&
           recover_answer(ctx, ids, count, "tickets", err);
}

struct deleting {
    struct ctx *ctx;
    const int64_t *ids;
    size_t count;
};

static bool delete_in_tx(struct db *tx, void *arg, struct error *err)
{
    struct deleting *d = arg;
    int64_t now = clock_now(d->ctx->app->clock);
    for (size_t i = 0; i < d->count; i++) {
        struct str blob;
        if (!mail_spool_delete(tx, d->ctx->mem, (struct mail_id){d->ids[i]}, now, &blob, err)) {
            return false;
        }
    }
    return true;
}

static bool delete_all(struct ctx *ctx, const int64_t *ids, size_t count, struct error *err)
{
    struct deleting deleting = {ctx, ids, count};
    if (!db_tx_run(ctx->app->db, "api.suspended.delete", delete_in_tx, &deleting, err)) {
        err->code = err->code == ERR_CONFLICT ? ERR_NOT_FOUND : err->code;
        return false;
    }
    api_no_content(ctx);
    return true;
}

// DELETE /api/v2/suspended_tickets/{mail:id}
bool api_suspended_delete(struct ctx *ctx, struct error *err)
{
    return delete_all(ctx, &ctx->path.ids[0], 1, err);
}

// DELETE /api/v2/suspended_tickets/destroy_many?ids=
bool api_suspended_destroy_many(struct ctx *ctx, struct error *err)
{
    int64_t *ids = NULL;
    size_t count = 0;
    bool given = false;
    return api_ids(ctx, "ids", &ids, &count, &given, err) && delete_all(ctx, ids, count, err);
}
