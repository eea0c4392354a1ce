// SPDX-License-Identifier: GPL-3.0-or-later
//
// JSON handlers of tickets, their comments, audits and tags.
#include "desk/tickets/api.h"

#include <string.h>

#include "desk/api/idempotency.h"
#include "desk/tickets/api_bulk.h"
#include "desk/tickets/api_internal.h"

bool api_path_ticket(struct ctx *ctx, struct ticket *ret, struct error *err)
{
    struct ticket_id id = {ctx->path.ids[0]};
    return ticket_load(ctx->db, ctx->mem, &ctx->actor, id, ret, err);
}

static enum ticket_column sort_column(struct str name, enum ticket_column otherwise)
{
    static const struct {
        const char *name;
        enum ticket_column column;
    } NAMES[] = {
        {"id", TC_ID},
        {"subject", TC_SUBJECT},
        {"created_at", TC_CREATED},
        {"updated_at", TC_UPDATED},
        {"status", TC_STATUS},
        {"requester", TC_REQUESTER},
        {"group", TC_GROUP},
        {"assignee", TC_ASSIGNEE},
        {"priority", TC_PRIORITY},
        {"created", TC_CREATED},
        {"updated", TC_UPDATED},
    };
    for (size_t i = 0; i < sizeof NAMES / sizeof *NAMES; i++) {
        if (!str_none(name) && str_eq_c(name, NAMES[i].name)) {
            return NAMES[i].column;
        }
    }
    return otherwise;
}

static struct api_key key_of(const struct ticket *ticket, enum ticket_column sort)
{
    return (struct api_key){ticket->id.v, ticket_sort_value(ticket, sort),
                            sort == TC_SUBJECT ? ticket->subject : STR_NONE};
}

bool api_ticket_query_answer(struct ctx *ctx, struct ticket_query *query, struct error *err)
{
    struct api_page page;
    struct api_found found = {0};
    struct ticket *tickets = NULL;
    struct api_tickets set;
    struct jw w;
    size_t count = 0;
    if (!api_page_parse(ctx, &page, err)) {
        return false;
    }
    query->sort = sort_column(page.sort, query->sort);
    query->descending = api_page_descending(&page, query->descending);
    // A cursor's place is in one order only.
    query->grouped = query->grouped && !page.cursor;
    query->limit = api_page_limit(&page);
    query->offset = page.offset;
    if (page.keyed) {
        query->after_id.v = page.key.id;
        query->after_value = page.key.value;
        query->after_text = page.key.text;
    }
    if (!tickets_find(ctx->db, ctx->mem, &ctx->actor, query, &tickets, &count, err)) {
        return false;
    }
    if (!page.cursor &&
        !tickets_count(ctx->db, ctx->mem, &ctx->actor, query, INT64_MAX, &found.total, err)) {
        return false;
    }
    api_page_cut(&page, tickets, sizeof *tickets, count, &found);
    if (found.count > 0) {
        found.first = key_of(&tickets[0], query->sort);
        found.last = key_of(&tickets[found.count - 1], query->sort);
    }
    if (!api_tickets_load(ctx, tickets, found.count, &set, err)) {
        return false;
    }
    api_begin(ctx, &w);
    api_ticket_list_write(ctx, &w, &set);
    if (!api_ticket_sideloads_write(ctx, &w, &set, err)) {
        return false;
    }
    api_page_write(ctx, &w, &page, &found);
    return api_end(ctx, &w, err);
}

// GET /api/v2/tickets
bool api_tickets_list(struct ctx *ctx, struct error *err)
{
    struct str external = http_param(ctx->req, "external_id");
    struct ticket_condition by_external = {
        .column = TC_EXTERNAL_ID, .op = OP_IS, .texts = &external, .count = 1};
    struct ticket_query query = {
        .all = &by_external, .all_count = str_none(external) ? 0 : 1, .sort = TC_ID};
    return api_ticket_query_answer(ctx, &query, err);
}

static bool list_by(struct ctx *ctx, enum ticket_column column, struct error *err)
{
    struct ticket_condition condition = {
        .column = column, .op = OP_IS, .numbers = &ctx->path.ids[0], .count = 1};
    struct ticket_query query = {.all = &condition, .all_count = 1, .sort = TC_ID};
    return api_ticket_query_answer(ctx, &query, err);
}

// GET /api/v2/users/{user:id}/tickets/requested
bool api_tickets_requested(struct ctx *ctx, struct error *err)
{
    return list_by(ctx, TC_REQUESTER, err);
}

// GET /api/v2/users/{user:id}/tickets/assigned
bool api_tickets_assigned(struct ctx *ctx, struct error *err)
{
    return list_by(ctx, TC_ASSIGNEE, err);
}

// GET /api/v2/users/{user:id}/tickets/ccd
bool api_tickets_ccd(struct ctx *ctx, struct error *err)
{
    return list_by(ctx, TC_CC, err);
}

// GET /api/v2/users/{user:id}/tickets/followed
bool api_tickets_followed(struct ctx *ctx, struct error *err)
{
    return list_by(ctx, TC_FOLLOWER, err);
}

// GET /api/v2/organizations/{organization:id}/tickets
bool api_tickets_of_organization(struct ctx *ctx, struct error *err)
{
    return list_by(ctx, TC_ORGANIZATION, err);
}

// GET /api/v2/problems
bool api_problems(struct ctx *ctx, struct error *err)
{
    static const int64_t PROBLEM = TYPE_PROBLEM;
    struct ticket_condition condition = {
        .column = TC_TYPE, .op = OP_IS, .numbers = &PROBLEM, .count = 1};
    struct ticket_query query = {.all = &condition, .all_count = 1, .sort = TC_ID};
    return api_ticket_query_answer(ctx, &query, err);
}

// POST /api/v2/problems/autocomplete {"text":"…"}: problems whose subject has it
bool api_problems_complete(struct ctx *ctx, struct error *err)
{
    static const int64_t PROBLEM = TYPE_PROBLEM;
    struct jr_value whole = JR_NONE;
    if (!api_body_whole(ctx, &whole, err)) {
        return false;
    }
    struct str said = jr_text(jr_get(whole, "text"));
    said = str_none(said) ? http_param(ctx->req, "text") : said;
    struct str text = str_lower(ctx->mem, str_none(said) ? STR("") : str_trim(said));
    const struct ticket_condition conditions[] = {
        {.column = TC_TYPE, .op = OP_IS, .numbers = &PROBLEM, .count = 1},
        {.column = TC_SUBJECT_PHRASE, .op = OP_IS, .texts = &text, .count = 1},
    };
    struct ticket_query query = {
        .all = conditions, .all_count = str_empty(text) ? 1 : 2, .sort = TC_ID};
    return api_ticket_query_answer(ctx, &query, err);
}

// GET /api/v2/tickets/{ticket:id}/incidents
bool api_ticket_incidents(struct ctx *ctx, struct error *err)
{
    struct ticket ticket;
    return api_path_ticket(ctx, &ticket, err) && list_by(ctx, TC_PROBLEM, err);
}

// GET /api/v2/tickets/count
bool api_tickets_total(struct ctx *ctx, struct error *err)
{
    struct ticket_query query = {.sort = TC_ID};
    int64_t count = 0;
    return tickets_count(ctx->db, ctx->mem, &ctx->actor, &query, INT64_MAX, &count, err) &&
           api_count_write(ctx, count, err);
}

// GET /api/v2/tickets/show_many?ids=
bool api_tickets_show_many(struct ctx *ctx, struct error *err)
{
    int64_t *ids = NULL;
    size_t count = 0;
    bool given = false;
    if (!api_ids(ctx, "ids", &ids, &count, &given, err)) {
        return false;
    }
    static const int64_t NONE = 0;
    struct ticket_condition condition = {.column = TC_ID,
                                         .op = OP_IS,
                                         .numbers = count > 0 ? ids : &NONE,
                                         .count = count > 0 ? count : 1};
    struct ticket_query query = {.all = &condition, .all_count = 1, .sort = TC_ID};
    return api_ticket_query_answer(ctx, &query, err);
}

static bool ticket_answer(struct ctx *ctx, struct db *db, const struct ticket *ticket,
                          struct audit_id audit_id, bool with_audit, struct error *err)
{
    struct ctx fresh = *ctx;
    struct api_tickets set;
    struct api_history history;
    struct jw w;
    fresh.db = db;
    if (!api_tickets_load(&fresh, ticket, 1, &set, err)) {
        return false;
    }
    if (with_audit && !api_history_load(&fresh, ticket, &history, err)) {
        return false;
    }
    api_begin(ctx, &w);
    jw_key(&w, "ticket");
    api_ticket_write(&fresh, &w, &set, ticket);
    if (with_audit) {
        jw_key(&w, "audit");
        const struct ticket_audit *audit = NULL;
        for (size_t i = 0; i < history.audit_count; i++) {
            audit = history.audits[i].id.v == audit_id.v ? &history.audits[i] : audit;
        }
        if (audit == NULL) {
            jw_null(&w);
        } else {
            api_audit_write(&fresh, &w, &history, audit);
        }
    } else if (!api_ticket_sideloads_write(&fresh, &w, &set, err)) {
        return false;
    }
    return api_end(ctx, &w, err);
}

// GET /api/v2/tickets/{ticket:id}
bool api_ticket_show(struct ctx *ctx, struct error *err)
{
    struct ticket ticket;
    return api_path_ticket(ctx, &ticket, err) &&
           ticket_answer(ctx, ctx->db, &ticket, (struct audit_id){0}, false, err);
}

// After a write the request's snapshot is old: the answer is read on a new one.
bool api_ticket_written(struct ctx *ctx, const struct ticket_outcome *outcome, bool with_audit,
                        struct error *err)
{
    struct db *db = NULL;
    if (!db_read_begin(ctx->app->db, &db, err)) {
        return false;
    }
    bool ok = ticket_answer(ctx, db, &outcome->after, outcome->audit, with_audit, err);
    db_read_end(db);
    return ok;
}

struct creating {
    struct api_change call;
    struct idempotency key;
};

static bool create_in_tx(struct db *tx, void *arg, struct error *err)
{
    struct creating *c = arg;
    if (!idempotency_begin(&c->key, tx, err)) {
        return false;
    }
    if (c->key.known) {
        struct ctx *ctx = c->call.ctx;
        return ticket_load(tx, ctx->mem, &ctx->actor, (struct ticket_id){c->key.object},
                           &c->call.outcome.after, err);
    }
    return api_change_apply(tx, &c->call, err) &&
           idempotency_done(&c->key, tx, c->call.outcome.after.id.v, err);
}

// ?async=true: the job makes it.
static bool create_later(struct ctx *ctx, struct jr_value body, struct error *err)
{
    struct bulk_call call = bulk_one(ctx, jr_dump(ctx->mem, body));
    return bulk_start(ctx, BULK_TICKETS_CREATE.name, &call, err);
}

// POST /api/v2/tickets
bool api_ticket_create(struct ctx *ctx, struct error *err)
{
    struct creating c = {.call = {.ctx = ctx}};
    if (!api_body(ctx, "ticket", &c.call.body, err) || !idempotency_read(ctx, &c.key, err)) {
        return false;
    }
    if (str_eq_c(http_param(ctx->req, "async"), "true")) {
        return create_later(ctx, c.call.body, err);
    }
    if (!db_tx_run(ctx->app->db, "api.ticket.create", create_in_tx, &c, err)) {
        return false;
    }
    long long id = (long long)c.call.outcome.after.id.v;
    api_created(ctx, api_url(ctx, "/api/v2/tickets/%lld.json", id));
    if (c.key.known && !str_none(c.key.answer)) {
        http_set_header_c(ctx->resp, "Content-Type", "application/json; charset=utf-8");
        buf_reset(&ctx->resp->body);
        buf_put(&ctx->resp->body, c.key.answer);
        return true;
    }
    return api_ticket_written(ctx, &c.call.outcome, true, err) && idempotency_keep(&c.key, err);
}

// POST /api/v2/imports/tickets
bool api_import_ticket(struct ctx *ctx, struct error *err)
{
    struct api_change call = {.ctx = ctx, .import = true};
    if (!api_body(ctx, "ticket", &call.body, err) ||
        !db_tx_run(ctx->app->db, "api.ticket.import", api_change_apply, &call, err)) {
        return false;
    }
    api_created(ctx, api_url(ctx, "/api/v2/tickets/%lld.json", (long long)call.outcome.after.id.v));
    return api_ticket_written(ctx, &call.outcome, false, err);
}

// PUT /api/v2/tickets/{ticket:id}
bool api_ticket_update(struct ctx *ctx, struct error *err)
{
    struct ticket ticket;
    struct api_change call = {.ctx = ctx, .ticket = {ctx->path.ids[0]}};
    if (!api_path_ticket(ctx, &ticket, err) || !api_body(ctx, "ticket", &call.body, err)) {
        return false;
    }
    if (!db_tx_run(ctx->app->db, "api.ticket.update", api_change_apply, &call, err)) {
        if (err->code == ERR_GONE) {
            err->code = ERR_INVALID;
        }
        return false;
    }
    return api_ticket_written(ctx, &call.outcome, true, err);
}

// DELETE /api/v2/tickets/{ticket:id}
bool api_ticket_delete(struct ctx *ctx, struct error *err)
{
    struct ticket_change change = {
        .ticket = {ctx->path.ids[0]}, .set = SET_DELETED, .deleted = true};
    struct ticket_outcome outcome;
    if (!ticket_apply_run(desk_tickets(ctx), ctx->app->db, ctx->mem, &ctx->actor, &change, &outcome,
                          err)) {
        return false;
    }
    api_no_content(ctx);
    return true;
}

// GET /api/v2/tickets/{ticket:id}/comments
bool api_ticket_comments(struct ctx *ctx, struct error *err)
{
    struct ticket ticket;
    struct api_page page;
    struct api_history history;
    struct jw w;
    if (!api_path_ticket(ctx, &ticket, err) || !api_page_parse(ctx, &page, err) ||
        !api_history_load(ctx, &ticket, &history, err)) {
        return false;
    }
    struct ticket_comment *list = NULL;
    struct api_found found = {0};
    if (!api_slice(ctx, &page, history.comments, sizeof *history.comments, history.comment_count,
                   offsetof(struct ticket_comment, id), (void **)&list, &found, err)) {
        return false;
    }
    struct api_parts parts = {.files = history.files, .file_count = history.file_count};
    if (!api_senders_load(ctx, list, found.count, &parts, err)) {
        return false;
    }
    api_begin(ctx, &w);
    jw_field_array(&w, "comments");
    for (size_t i = 0; i < found.count; i++) {
        api_comment_write(ctx, &w, &ticket, &list[i], &parts);
    }
    jw_array_end(&w);
    if (!api_author_sideloads_write(ctx, &w, list, found.count, err)) {
        return false;
    }
    api_page_write(ctx, &w, &page, &found);
    return api_end(ctx, &w, err);
}

// GET /api/v2/tickets/{ticket:id}/comments/count
bool api_ticket_comments_count(struct ctx *ctx, struct error *err)
{
    struct ticket ticket;
    struct ticket_comment *comments = NULL;
    size_t count = 0;
    return api_path_ticket(ctx, &ticket, err) &&
           ticket_comments(ctx->db, ctx->mem, &ctx->actor, ticket.id, &comments, &count, err) &&
           api_count_write(ctx, (int64_t)count, err);
}

// GET /api/v2/tickets/{ticket:id}/audits
bool api_ticket_audits(struct ctx *ctx, struct error *err)
{
    struct ticket ticket;
    struct api_page page;
    struct api_history history;
    struct jw w;
    if (!api_path_ticket(ctx, &ticket, err) || !api_page_parse(ctx, &page, err) ||
        !api_history_load(ctx, &ticket, &history, err)) {
        return false;
    }
    struct ticket_audit *list = NULL;
    struct api_found found = {0};
    if (!api_slice(ctx, &page, history.audits, sizeof *history.audits, history.audit_count,
                   offsetof(struct ticket_audit, id), (void **)&list, &found, err)) {
        return false;
    }
    api_begin(ctx, &w);
    jw_field_array(&w, "audits");
    for (size_t i = 0; i < found.count; i++) {
        api_audit_write(ctx, &w, &history, &list[i]);
    }
    jw_array_end(&w);
    api_page_write(ctx, &w, &page, &found);
    return api_end(ctx, &w, err);
}

// GET /api/v2/tickets/{ticket:id}/audits/{audit:id}
bool api_ticket_audit(struct ctx *ctx, struct error *err)
{
    struct ticket ticket;
    struct api_history history;
    struct jw w;
    if (!api_path_ticket(ctx, &ticket, err) || !api_history_load(ctx, &ticket, &history, err)) {
        return false;
    }
    for (size_t i = 0; i < history.audit_count; i++) {
        if (history.audits[i].id.v == ctx->path.ids[1]) {
            api_begin(ctx, &w);
            jw_key(&w, "audit");
            api_audit_write(ctx, &w, &history, &history.audits[i]);
            return api_end(ctx, &w, err);
        }
    }
    return error_set(err, ERR_NOT_FOUND, "There is no such audit.");
}

static bool tags_answer(struct ctx *ctx, struct str tags, struct error *err)
{
    struct jw w;
    api_begin(ctx, &w);
    jw_field_words(&w, "tags", tags);
    return api_end(ctx, &w, err);
}

// GET /api/v2/tickets/{ticket:id}/tags
bool api_ticket_tags(struct ctx *ctx, struct error *err)
{
    struct ticket ticket;
    return api_path_ticket(ctx, &ticket, err) && tags_answer(ctx, ticket.tags, err);
}

struct tags_body {
    struct jr_strs tags;
    struct jr_flag safe_update;
    struct jr_int updated_stamp;
};
static const struct jr_field TAGS_FIELDS[] = {
    JR_FIELD(WORDS, "tags", struct tags_body, tags),
    JR_FIELD(FLAG, "safe_update", struct tags_body, safe_update),
    JR_FIELD(TIME, "updated_stamp", struct tags_body, updated_stamp),
};
static const struct jr_spec TAGS_SPEC = JR_SPEC(TAGS_FIELDS);

// POST sets, PUT adds, DELETE removes.
bool api_ticket_tags_change(struct ctx *ctx, struct error *err)
{
    struct jr_value whole;
    struct tags_body in = {0};
    struct problems problems;
    struct ticket ticket;
    struct ticket_change change = {.ticket = {ctx->path.ids[0]}};
    struct ticket_outcome outcome;
    struct buf words;
    problems_init(&problems, ctx->mem);
    if (!api_path_ticket(ctx, &ticket, err) || !api_body_whole(ctx, &whole, err)) {
        return false;
    }
    if (!jr_bind(ctx->mem, whole, &TAGS_SPEC, &in, &problems)) {
        return problems_none(&problems, err);
    }
    buf_init(&words, ctx->mem, 64 * 1024);
    for (size_t i = 0; i < in.tags.count; i++) {
        buf_put_c(&words, " ");
        buf_put(&words, in.tags.v[i]);
    }
    change.expect_stamp = in.safe_update.v ? in.updated_stamp.v : 0;
    if (ctx->req->method == HTTP_POST) {
        change.set = SET_TAGS;
        change.tags = buf_str(&words);
        ctx->resp->status = 201;
    } else if (ctx->req->method == HTTP_PUT) {
        change.add_tags = buf_str(&words);
    } else {
        change.remove_tags = buf_str(&words);
    }
    return ticket_apply_run(desk_tickets(ctx), ctx->app->db, ctx->mem, &ctx->actor, &change,
                            &outcome, err) &&
           tags_answer(ctx, outcome.after.tags, err);
}

// GET /api/v2/tags
bool api_tags(struct ctx *ctx, struct error *err)
{
    struct tag_count *tags = NULL;
    struct api_page page;
    struct api_found found = {0};
    struct jw w;
    size_t count = 0;
    if (!api_page_parse(ctx, &page, err) ||
        !tags_list(ctx->db, ctx->mem, API_OFFSET_MOST, &tags, &count, err)) {
        return false;
    }
    struct tag_count *list = NULL;
    if (!api_slice(ctx, &page, tags, sizeof *tags, count, SIZE_MAX, (void **)&list, &found, err)) {
        return false;
    }
    api_begin(ctx, &w);
    jw_field_array(&w, "tags");
    for (size_t i = 0; i < found.count; i++) {
        jw_object_begin(&w);
        jw_field_str(&w, "name", list[i].tag);
        jw_field_i64(&w, "count", list[i].uses);
        jw_object_end(&w);
    }
    jw_array_end(&w);
    api_page_write(ctx, &w, &page, &found);
    return api_end(ctx, &w, err);
}

// GET and POST /api/v2/autocomplete/tags?name=
bool api_tags_complete(struct ctx *ctx, struct error *err)
{
    struct str name;
    struct str *tags = NULL;
    struct jw w;
    size_t count = 0;
    if (!api_said(ctx, "name", &name, err)) {
        return false;
    }
    if (name.len >= 2 && !tags_complete(ctx->db, ctx->mem, name, 30, &tags, &count, err)) {
        return false;
    }
    api_begin(ctx, &w);
    jw_field_array(&w, "tags");
    for (size_t i = 0; i < count; i++) {
        jw_str(&w, tags[i]);
    }
    jw_array_end(&w);
    return api_end(ctx, &w, err);
}
