// SPDX-License-Identifier: GPL-3.0-or-later
//
// JSON handlers of what hangs on a ticket: people in copy, related tickets, deleted ones, and what
// is taken back from comments.
#include "base/random.h"
#include "blob/blob.h"
#include "desk/people/api_write.h"
#include "desk/tickets/api.h"
#include "desk/tickets/api_internal.h"

// --- people -------------------------------------------------------------------------------------

bool api_people_answer(struct ctx *ctx, const struct user_id *ids, size_t count, struct error *err)
{
    struct user *users = NULL;
    size_t found = 0;
    struct api_page page;
    struct api_found part = {0};
    struct user *list = NULL;
    struct jw w;
    if (!api_page_parse(ctx, &page, err) ||
        !users_by_ids(ctx->db, ctx->mem, ids, count, &users, &found, err) ||
        !api_slice(ctx, &page, users, sizeof *users, found, offsetof(struct user, id),
                   (void **)&list, &part, err)) {
        return false;
    }
    api_begin(ctx, &w);
    api_users_write(ctx, &w, "users", list, part.count);
    api_page_write(ctx, &w, &page, &part);
    return api_end(ctx, &w, err);
}

static bool collaborators_answer(struct ctx *ctx, bool ccs, bool followers, struct error *err)
{
    struct ticket ticket;
    struct collaborator *list = NULL;
    size_t count = 0;
    size_t wanted = 0;
    if (!api_path_ticket(ctx, &ticket, err) ||
        !ticket_collaborators(ctx->db, ctx->mem, &ticket, 1, &list, &count, err)) {
        return false;
    }
    struct user_id *ids = mem_array(ctx->mem, struct user_id, count + 1);
    for (size_t i = 0; i < count; i++) {
        if (list[i].kind == COLLABORATOR_CC ? ccs : followers) {
            ids[wanted++] = list[i].user;
        }
    }
    return api_people_answer(ctx, ids, wanted, err);
}

// GET /api/v2/tickets/{ticket:id}/collaborators
bool api_ticket_collaborators(struct ctx *ctx, struct error *err)
{
    return collaborators_answer(ctx, true, true, err);
}

// GET /api/v2/tickets/{ticket:id}/email_ccs
bool api_ticket_email_ccs(struct ctx *ctx, struct error *err)
{
    return collaborators_answer(ctx, true, false, err);
}

// GET /api/v2/tickets/{ticket:id}/followers
bool api_ticket_followers(struct ctx *ctx, struct error *err)
{
    return collaborators_answer(ctx, false, true, err);
}

// --- related ------------------------------------------------------------------------------------

static bool count_by(struct ctx *ctx, enum ticket_column column, int64_t value, int64_t *ret,
                     struct error *err)
{
    struct ticket_condition condition = {
        .column = column, .op = OP_IS, .numbers = &value, .count = 1};
    struct ticket_query query = {.all = &condition, .all_count = 1, .sort = TC_ID};
    return tickets_count(ctx->db, ctx->mem, &ctx->actor, &query, INT64_MAX, ret, err);
}

// GET /api/v2/tickets/{ticket:id}/related
bool api_ticket_related(struct ctx *ctx, struct error *err)
{
    struct ticket ticket;
    int64_t incidents = 0;
    struct jw w;
    if (!api_path_ticket(ctx, &ticket, err) ||
        !count_by(ctx, TC_PROBLEM, ticket.id.v, &incidents, err)) {
        return false;
    }
    api_begin(ctx, &w);
    jw_field_object(&w, "ticket_related");
    jw_field_str(&w, "url",
                 api_url(ctx, "/api/v2/tickets/%lld/related.json", (long long)ticket.id.v));
    jw_field_null(&w, "topic_id");
    jw_field_empty_array(&w, "jira_issue_ids");
    jw_field_array(&w, "followup_source_ids");
    if (ticket.followup_of.v != 0) {
        jw_str(&w, str_printf(ctx->mem, "%lld", (long long)ticket.followup_of.v));
    }
    jw_array_end(&w);
    jw_field_bool(&w, "from_archive", false);
    jw_field_i64(&w, "incidents", incidents);
    jw_field_empty_object(&w, "twitter");
    jw_object_end(&w);
    return api_end(ctx, &w, err);
}

// GET /api/v2/tickets/recent: what the caller changed last as an agent: their own queue by time.
bool api_tickets_recent(struct ctx *ctx, struct error *err)
{
    struct ticket_condition condition = {
        .column = TC_ASSIGNEE, .op = OP_IS, .numbers = &ctx->actor.user.v, .count = 1};
    struct ticket_query query = {
        .all = &condition, .all_count = 1, .sort = TC_UPDATED, .descending = true};
    return api_ticket_query_answer(ctx, &query, err);
}

// --- deleted ------------------------------------------------------------------------------------

static bool write_deleted(struct ctx *ctx, struct jw *w, const struct ticket *tickets, size_t count,
                          struct error *err)
{
    struct user_id *ids = mem_array(ctx->mem, struct user_id, count + 1);
    struct user *users = NULL;
    size_t user_count = 0;
    for (size_t i = 0; i < count; i++) {
        ids[i] = tickets[i].deleted_by;
    }
    if (!users_by_ids(ctx->db, ctx->mem, ids, count, &users, &user_count, err)) {
        return false;
    }
    jw_field_array(w, "deleted_tickets");
    for (size_t i = 0; i < count; i++) {
        jw_object_begin(w);
        jw_field_i64(w, "id", tickets[i].id.v);
        jw_field_str(w, "subject", tickets[i].subject);
        jw_field_object(w, "actor");
        jw_field_id(w, "id", tickets[i].deleted_by.v);
        struct str name = STR_NONE;
        for (size_t k = 0; k < user_count; k++) {
            name = users[k].id.v == tickets[i].deleted_by.v ? users[k].name : name;
        }
        jw_field_str(w, "name", name);
        jw_object_end(w);
        jw_field_time(w, "deleted_at", tickets[i].deleted_at);
        jw_field_str(w, "previous_state", ticket_status_word(tickets[i].status));
        jw_object_end(w);
    }
    jw_array_end(w);
    return true;
}

// GET /api/v2/deleted_tickets
bool api_deleted_tickets(struct ctx *ctx, struct error *err)
{
    struct api_page page;
    struct api_found found = {0};
    struct ticket *tickets = NULL;
    struct jw w;
    size_t count = 0;
    if (!api_page_parse(ctx, &page, err)) {
        return false;
    }
    struct ticket_query query = {.deleted = true,
                                 .sort = TC_ID,
                                 .descending = api_page_descending(&page, false),
                                 .limit = api_page_limit(&page),
                                 .offset = page.offset,
                                 .after_id = {page.keyed ? page.key.id : 0},
                                 .after_value = page.key.id};
    if (!tickets_find(ctx->db, ctx->mem, &ctx->actor, &query, &tickets, &count, err) ||
        (!page.cursor &&
         !tickets_count(ctx->db, ctx->mem, &ctx->actor, &query, INT64_MAX, &found.total, err))) {
        return false;
    }
    api_page_cut(&page, tickets, sizeof *tickets, count, &found);
    api_page_keys(&found, tickets, id.v);
    api_begin(ctx, &w);
    if (!write_deleted(ctx, &w, tickets, found.count, err)) {
        return false;
    }
    api_page_write(ctx, &w, &page, &found);
    return api_end(ctx, &w, err);
}

// --- comments -----------------------------------------------------------------------------------

struct taking {
    struct ctx *ctx;
    struct ticket_id ticket;
    struct comment_id comment;
    struct attachment_id file;
    struct str text;
    struct new_file empty;
    struct str hash;
};

static struct taking taking_of(struct ctx *ctx)
{
    return (struct taking){
        .ctx = ctx, .ticket = {ctx->path.ids[0]}, .comment = {ctx->path.ids[1]}, .hash = STR_NONE};
}

static bool hide_in_tx(struct db *tx, void *arg, struct error *err)
{
    struct taking *t = arg;
    return comment_hide(desk_tickets(t->ctx), tx, t->ctx->mem, &t->ctx->actor, t->ticket,
                        t->comment, err);
}

static bool empty_answer(struct ctx *ctx, struct error *err)
{
    struct jw w;
    api_begin(ctx, &w);
    return api_end(ctx, &w, err);
}

// PUT /api/v2/tickets/{ticket:id}/comments/{comment:id}/make_private
bool api_comment_make_private(struct ctx *ctx, struct error *err)
{
    struct taking t = taking_of(ctx);
    return db_tx_run(ctx->app->db, "api.comment.hide", hide_in_tx, &t, err) &&
           empty_answer(ctx, err);
}

// PUT /api/v2/tickets/{ticket:id}/audits/{audit:id}/make_private
bool api_audit_make_private(struct ctx *ctx, struct error *err)
{
    struct taking t = taking_of(ctx);
    struct ticket_comment *comments = NULL;
    struct ticket ticket;
    size_t count = 0;
    if (!api_path_ticket(ctx, &ticket, err) ||
        !ticket_comments(ctx->db, ctx->mem, &ctx->actor, ticket.id, &comments, &count, err)) {
        return false;
    }
    t.comment.v = 0;
    for (size_t i = 0; i < count; i++) {
        t.comment = comments[i].audit.v == ctx->path.ids[1] ? comments[i].id : t.comment;
    }
    if (t.comment.v == 0) {
        return error_set(err, ERR_NOT_FOUND, "This audit has no comment.");
    }
    return db_tx_run(ctx->app->db, "api.comment.hide", hide_in_tx, &t, err) &&
           empty_answer(ctx, err);
}

static bool redact_in_tx(struct db *tx, void *arg, struct error *err)
{
    struct taking *t = arg;
    const struct comment_place place = {.ticket = t->ticket, .comment = t->comment};
    return comment_redact(desk_tickets(t->ctx), tx, t->ctx->mem, &t->ctx->actor, &place, t->text,
                          err);
}

static bool comment_answer(struct ctx *ctx, struct comment_id id, struct error *err)
{
    struct ctx fresh = *ctx;
    struct ticket_comment comment;
    struct ticket ticket;
    struct api_parts parts = {0};
    struct jw w;
    if (!db_read_begin(ctx->app->db, &fresh.db, err)) {
        return false;
    }
    bool ok =
        comment_load(fresh.db, ctx->mem, &ctx->actor, id, &comment, err) &&
        ticket_load(fresh.db, ctx->mem, &ctx->actor, comment.ticket, &ticket, err) &&
        ticket_attachments(fresh.db, ctx->mem, ticket.id, &parts.files, &parts.file_count, err) &&
        api_senders_load(&fresh, &comment, 1, &parts, err);
    if (ok) {
        api_begin(ctx, &w);
        jw_key(&w, "comment");
        api_comment_write(&fresh, &w, &ticket, &comment, &parts);
        ok = api_end(ctx, &w, err);
    }
    db_read_end(fresh.db);
    return ok;
}

// PUT /api/v2/tickets/{ticket:id}/comments/{comment:id}/redact
bool api_comment_redact(struct ctx *ctx, struct error *err)
{
    struct taking t = taking_of(ctx);
    struct jr_value whole = JR_NONE;
    if (!api_body_whole(ctx, &whole, err)) {
        return false;
    }
    t.text = jr_text(jr_get(whole, "text"));
    return db_tx_run(ctx->app->db, "api.comment.redact", redact_in_tx, &t, err) &&
           comment_answer(ctx, t.comment, err);
}

static bool redact_file_in_tx(struct db *tx, void *arg, struct error *err)
{
    struct taking *t = arg;
    const struct comment_place place = {t->ticket, t->comment, t->file};
    return attachment_redact(desk_tickets(t->ctx), tx, t->ctx->mem, &t->ctx->actor, &place,
                             &t->empty, err);
}

// The file becomes an empty one, and its bytes go when nothing else names them.
static bool empty_file(struct taking *t, struct error *err)
{
    struct ctx *ctx = t->ctx;
    struct hash hash;
    if (!blob_put_bytes(ctx->app->blobs, STR(""), &hash, err)) {
        return false;
    }
    t->empty = (struct new_file){.hash = hash_hex(ctx->mem, hash),
                                 .file_name = STR("redacted.txt"),
                                 .content_type = STR("text/plain")};
    return db_tx_run(ctx->app->db, "api.attachment.redact", redact_file_in_tx, t, err);
}

// DELETE /api/v2/attachments/{attachment:id}
bool api_attachment_delete(struct ctx *ctx, struct error *err)
{
    struct attachment file;
    struct attachment_id id = {ctx->path.ids[0]};
    if (!attachment_load(ctx->db, ctx->mem, &ctx->actor, id, &file, err)) {
        return false;
    }
    struct taking t = {.ctx = ctx, .ticket = file.ticket, .comment = file.comment, .file = id};
    if (!empty_file(&t, err)) {
        return false;
    }
    api_no_content(ctx);
    return true;
}

// PUT /api/v2/tickets/{ticket:id}/comments/{comment:id}/attachments/{attachment:id}/redact
bool api_attachment_redact(struct ctx *ctx, struct error *err)
{
    struct taking t = taking_of(ctx);
    t.file.v = ctx->path.ids[2];
    if (!empty_file(&t, err)) {
        return false;
    }
    struct ctx fresh = *ctx;
    struct attachment file;
    struct jw w;
    if (!db_read_begin(ctx->app->db, &fresh.db, err)) {
        return false;
    }
    bool ok = attachment_load(fresh.db, ctx->mem, &ctx->actor, t.file, &file, err);
    db_read_end(fresh.db);
    if (!ok) {
        return false;
    }
    api_begin(ctx, &w);
    jw_key(&w, "attachment");
    api_attachment_write(ctx, &w, &file);
    return api_end(ctx, &w, err);
}

// --- counts -------------------------------------------------------------------------------------

// GET /api/v2/tags/count
bool api_tags_total(struct ctx *ctx, struct error *err)
{
    struct tag_count *tags = NULL;
    size_t count = 0;
    return tags_list(ctx->db, ctx->mem, API_OFFSET_MOST, &tags, &count, err) &&
           api_count_write(ctx, (int64_t)count, err);
}

// GET /api/v2/tickets/{ticket:id}/audits/count
bool api_ticket_audits_total(struct ctx *ctx, struct error *err)
{
    struct ticket ticket;
    struct api_history history;
    return api_path_ticket(ctx, &ticket, err) && api_history_load(ctx, &ticket, &history, err) &&
           api_count_write(ctx, (int64_t)history.audit_count, err);
}
