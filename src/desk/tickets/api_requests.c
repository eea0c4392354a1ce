// SPDX-License-Identifier: GPL-3.0-or-later
//
// /requests: tickets as the person who asked sees them. Whoever calls is a requester here, members
// of staff with their own requests, too; internal notes do not exist.
#include "desk/people/api_write.h"
#include "desk/tickets/api.h"
#include "desk/tickets/api_internal.h"

// The caller as somebody who asks: no more rights than that.
static struct actor as_requester(const struct ctx *ctx)
{
    struct actor actor = ctx->actor;
    actor.role = actor.role == ROLE_NONE ? ROLE_NONE : ROLE_END_USER;
    actor.scope = SCOPE_OWN;
    return actor;
}

// To the requester a ticket on hold is open: what we wait for is our business.
static struct str status_shown(const struct ticket *t)
{
    return ticket_status_word(t->status == STATUS_HOLD ? STATUS_OPEN : t->status);
}

// Fields that requesters do not see do not exist for them.
static bool load(struct ctx *ctx, const struct ticket *tickets, size_t count,
                 struct api_tickets *ret, struct error *err)
{
    if (!api_tickets_load(ctx, tickets, count, ret, err)) {
        return false;
    }
    ticket_extras_for_requester(&ret->extras, false);
    return true;
}

static bool can_solve(const struct ctx *ctx, const struct ticket *t)
{
    return t->requester.v == ctx->actor.user.v && t->assignee.v != 0 && t->status < STATUS_SOLVED;
}

static void write_request(struct ctx *ctx, struct jw *w, const struct api_tickets *set,
                          const struct ticket *t)
{
    struct str type = ticket_type_word(t->type);
    struct str priority = ticket_priority_word(t->priority);
    struct ticket shown = *t;
    if (t->status == STATUS_HOLD) {
        shown.status = STATUS_OPEN;
        shown.custom_status = 0;
    }
    jw_object_begin(w);
    jw_field_str(w, "url", api_url(ctx, "/api/v2/requests/%lld.json", (long long)t->id.v));
    jw_field_i64(w, "id", t->id.v);
    jw_field_str(w, "status", ticket_status_word(shown.status));
    jw_field_str(w, "priority", priority.len == 0 ? STR_NONE : priority);
    jw_field_str(w, "type", type.len == 0 ? STR_NONE : type);
    jw_field_str(w, "subject", t->subject.len == 0 ? STR_NONE : t->subject);
    jw_field_str(w, "description", api_ticket_description(set, t->id));
    jw_field_id(w, "organization_id", t->organization.v);
    api_via_write(w, t->channel);
    ticket_fields_write(w, "custom_fields", &set->extras, t->id);
    ticket_choices_write(w, &set->extras, &shown);
    jw_field_i64(w, "requester_id", t->requester.v);
    api_collaborators_write(w, "collaborator_ids", set, t->id, true, false);
    api_collaborators_write(w, "email_cc_ids", set, t->id, true, false);
    jw_field_bool(w, "is_public", t->is_public);
    jw_field_time(w, "due_at", t->due_at);
    jw_field_bool(w, "can_be_solved_by_me", can_solve(ctx, t));
    jw_field_time(w, "created_at", t->created_at);
    jw_field_time(w, "updated_at", t->updated_at);
    jw_field_str(w, "recipient", t->recipient);
    jw_field_id(w, "followup_source_id", t->followup_of.v);
    jw_field_id(w, "assignee_id", t->assignee.v);
    jw_field_id(w, "group_id", t->group.v);
    jw_object_end(w);
}

// --- lists --------------------------------------------------------------------------------------

static bool list_answer(struct ctx *ctx, const struct actor *actor, struct ticket_query *query,
                        struct error *err)
{
    struct api_page page;
    struct api_found found = {0};
    struct ticket *tickets = NULL;
    struct api_tickets set;
    size_t count = 0;
    struct jw w;
    if (!api_page_parse(ctx, &page, err)) {
        return false;
    }
    query->sort = str_eq_c(page.sort, "updated_at")   ? TC_UPDATED
                  : str_eq_c(page.sort, "created_at") ? TC_CREATED
                                                      : TC_ID;
    query->descending = api_page_descending(&page, false);
    query->limit = api_page_limit(&page);
    query->offset = page.offset;
    if (page.keyed) {
        query->after_id.v = page.key.id;
        query->after_value = page.key.value;
    }
    if (!tickets_find(ctx->db, ctx->mem, actor, query, &tickets, &count, err) ||
        (!page.cursor &&
         !tickets_count(ctx->db, ctx->mem, actor, query, INT64_MAX, &found.total, err))) {
        return false;
    }
    api_page_cut(&page, tickets, sizeof *tickets, count, &found);
    if (found.count > 0) {
        const struct ticket *last = &tickets[found.count - 1];
        found.first = (struct api_key){.id = tickets[0].id.v,
                                       .value = ticket_sort_value(&tickets[0], query->sort)};
        found.last =
            (struct api_key){.id = last->id.v, .value = ticket_sort_value(last, query->sort)};
    }
    if (!load(ctx, tickets, found.count, &set, err)) {
        return false;
    }
    api_begin(ctx, &w);
    jw_field_array(&w, "requests");
    for (size_t i = 0; i < found.count; i++) {
        write_request(ctx, &w, &set, &tickets[i]);
    }
    jw_array_end(&w);
    if (!api_ticket_sideloads_write(ctx, &w, &set, err)) {
        return false;
    }
    api_page_write(ctx, &w, &page, &found);
    return api_end(ctx, &w, err);
}

static struct ticket_condition status_condition(bool solved)
{
    static const int64_t SOLVED = STATUS_SOLVED;
    return (struct ticket_condition){.column = TC_STATUS,
                                     .op = solved ? OP_GREATER_EQUAL : OP_LESS,
                                     .numbers = &SOLVED,
                                     .count = 1};
}

// GET /api/v2/requests, /open, /solved and /ccd
bool api_requests(struct ctx *ctx, struct error *err)
{
    struct actor actor = as_requester(ctx);
    bool ccd = str_ends(ctx->req->path, STR("/ccd"));
    bool solved = str_ends(ctx->req->path, STR("/solved"));
    bool open = str_ends(ctx->req->path, STR("/open"));
    struct ticket_condition conditions[] = {
        {.column = ccd ? TC_CC : TC_REQUESTER,
         .op = OP_IS,
         .numbers = &ctx->actor.user.v,
         .count = 1},
        status_condition(solved),
    };
    struct ticket_query query = {.all = conditions, .all_count = solved || open ? 2 : 1};
    return list_answer(ctx, &actor, &query, err);
}

// GET /api/v2/users/{user:id}/requests and /api/v2/organizations/{organization:id}/requests: for
// staff, of somebody else.
bool api_requests_of(struct ctx *ctx, struct error *err)
{
    bool organization = str_starts(ctx->req->path, STR("/api/v2/organizations/"));
    struct ticket_condition condition = {.column = organization ? TC_ORGANIZATION : TC_REQUESTER,
                                         .op = OP_IS,
                                         .numbers = &ctx->path.ids[0],
                                         .count = 1};
    struct ticket_query query = {.all = &condition, .all_count = 1};
    return list_answer(ctx, &ctx->actor, &query, err);
}

// GET /api/v2/requests/search?query=&status=&organization_id=&cc_id=
bool api_requests_search(struct ctx *ctx, struct error *err)
{
    struct actor actor = as_requester(ctx);
    struct ticket_condition conditions[4];
    int64_t numbers[3] = {0};
    size_t count = 0;
    enum ticket_status status;
    struct str words = http_param(ctx->req, "query");
    struct str word = http_param(ctx->req, "status");
    struct ticket_query query = {.all = conditions};
    if (!str_empty(words)) {
        conditions[count++] =
            (struct ticket_condition){.column = TC_TEXT, .op = OP_IS, .texts = &words, .count = 1};
    }
    if (!str_empty(word) && ticket_status_parse(word, &status)) {
        numbers[0] = (int64_t)status;
        conditions[count++] = (struct ticket_condition){
            .column = TC_STATUS, .op = OP_IS, .numbers = &numbers[0], .count = 1};
    }
    if (str_to_i64(http_param(ctx->req, "organization_id"), &numbers[1])) {
        conditions[count++] = (struct ticket_condition){
            .column = TC_ORGANIZATION, .op = OP_IS, .numbers = &numbers[1], .count = 1};
    }
    if (str_to_i64(http_param(ctx->req, "cc_id"), &numbers[2])) {
        conditions[count++] = (struct ticket_condition){
            .column = TC_CC, .op = OP_IS, .numbers = &numbers[2], .count = 1};
    }
    query.all_count = count;
    return list_answer(ctx, &actor, &query, err);
}

// --- one ----------------------------------------------------------------------------------------

static bool request_answer(struct ctx *ctx, struct db *db, struct ticket_id id, struct error *err)
{
    struct ctx fresh = *ctx;
    struct actor actor = as_requester(ctx);
    struct ticket ticket;
    struct api_tickets set;
    struct jw w;
    fresh.db = db;
    if (!ticket_load(db, ctx->mem, &actor, id, &ticket, err) ||
        !load(&fresh, &ticket, 1, &set, err)) {
        return false;
    }
    api_begin(ctx, &w);
    jw_key(&w, "request");
    write_request(&fresh, &w, &set, &ticket);
    if (!api_ticket_sideloads_write(&fresh, &w, &set, err)) {
        return false;
    }
    return api_end(ctx, &w, err);
}

// GET /api/v2/requests/{ticket:id}
bool api_request_show(struct ctx *ctx, struct error *err)
{
    return request_answer(ctx, ctx->db, (struct ticket_id){ctx->path.ids[0]}, err);
}

static bool written_answer(struct ctx *ctx, struct ticket_id id, struct error *err)
{
    struct db *db = NULL;
    if (!db_read_begin(ctx->app->db, &db, err)) {
        return false;
    }
    bool ok = request_answer(ctx, db, id, err);
    db_read_end(db);
    return ok;
}

struct asking {
    struct ctx asker;  // the request with whoever asks as its actor
    struct jr_value body;
    struct api_change call;
};

// Nobody signed in: the body says who asks. Having a name in a form proves nothing, so they are an
// end user, whatever else that address may be.
static bool find_stranger(struct asking *a, struct db *tx, struct error *err)
{
    struct ctx *ctx = &a->asker;
    struct jr_value requester = jr_get(a->body, "requester");
    struct sender sender = {.email = jr_text(jr_get(requester, "email")),
                            .name = jr_text(jr_get(requester, "name")),
                            .locale = STR_NONE};
    struct user person;
    bool created = false;
    if (str_empty(sender.email)) {
        return error_field(err, "requester", "BlankValue", "Requester: Email: cannot be blank");
    }
    if (str_empty(sender.name)) {
        return error_field(err, "requester", "TooShort",
                           "Requester: Name: is too short (minimum one character)");
    }
    if (!user_find_or_create(desk_people(ctx), tx, ctx->mem, &sender, &person, &created, err)) {
        return false;
    }
    if (person.suspended) {
        return error_set(err, ERR_FORBIDDEN, "This address cannot be used to ask for help.");
    }
    ctx->actor.user = person.id;
    ctx->actor.organization = person.organization;
    ctx->actor.role = ROLE_END_USER;
    return true;
}

// What somebody who asks may say, as a ticket's body.
static struct str allowed_body(struct ctx *ctx, struct jr_value body, bool create)
{
    static const char *const CREATE[] = {"subject",  "comment", "description",
                                         "priority", "type",    "custom_fields"};
    struct buf out;
    struct jw w;
    bool solved = false;
    buf_init(&out, ctx->mem, 8 << 20);
    jw_init(&w, &out);
    jw_object_begin(&w);
    for (size_t i = 0; i < sizeof CREATE / sizeof *CREATE; i++) {
        struct jr_value value = jr_get(body, CREATE[i]);
        bool comment = str_eq_c(str_c(CREATE[i]), "comment");
        if (!jr_none(value) && (create || comment)) {
            jw_key(&w, CREATE[i]);
            jw_raw(&w, jr_dump(ctx->mem, value));
        }
    }
    if (!create && jr_bool(jr_get(body, "solved"), &solved) && solved) {
        jw_field_c(&w, "status", "solved");
    }
    struct jr_value people = jr_get(body, "additional_collaborators");
    people = jr_none(people) ? jr_get(body, "collaborators") : people;
    if (!jr_none(people)) {
        jw_key(&w, "additional_collaborators");
        jw_raw(&w, jr_dump(ctx->mem, people));
    }
    jw_object_end(&w);
    return buf_str(&out);
}

static bool ask_in_tx(struct db *tx, void *arg, struct error *err)
{
    struct asking *a = arg;
    if (a->asker.actor.user.v == 0 && !find_stranger(a, tx, err)) {
        return false;
    }
    return api_change_apply(tx, &a->call, err);
}

static bool begin(struct ctx *ctx, struct asking *a, struct ticket_id id, struct error *err)
{
    *a = (struct asking){.asker = *ctx};
    a->asker.actor = as_requester(ctx);
    if (!api_body(ctx, "request", &a->body, err)) {
        return false;
    }
    a->call.ctx = &a->asker;
    a->call.ticket = id;
    return jr_parse(ctx->mem, allowed_body(ctx, a->body, id.v == 0), &a->call.body, err);
}

// Whoever is not signed in is told the number, and nothing that they could not have known.
static bool stranger_answer(struct ctx *ctx, const struct asking *a, struct error *err)
{
    const struct ticket *t = &a->call.outcome.after;
    struct jw w;
    api_begin(ctx, &w);
    jw_field_object(&w, "request");
    jw_field_str(&w, "url", api_url(ctx, "/api/v2/requests/%lld.json", (long long)t->id.v));
    jw_field_i64(&w, "id", t->id.v);
    jw_field_str(&w, "status", status_shown(t));
    jw_field_str(&w, "subject", t->subject);
    jw_field_time(&w, "created_at", t->created_at);
    jw_field_time(&w, "updated_at", t->updated_at);
    jw_object_end(&w);
    return api_end(ctx, &w, err);
}

// POST /api/v2/requests
bool api_request_create(struct ctx *ctx, struct error *err)
{
    struct asking a;
    if (!begin(ctx, &a, (struct ticket_id){0}, err) ||
        !db_tx_run(ctx->app->db, "api.request.create", ask_in_tx, &a, err)) {
        return false;
    }
    long long id = (long long)a.call.outcome.after.id.v;
    api_created(ctx, api_url(ctx, "/api/v2/requests/%lld.json", id));
    return ctx->actor.user.v == 0 ? stranger_answer(ctx, &a, err)
                                  : written_answer(ctx, a.call.outcome.after.id, err);
}

// PUT /api/v2/requests/{ticket:id}
bool api_request_update(struct ctx *ctx, struct error *err)
{
    struct asking a;
    struct ticket ticket;
    struct ticket_id id = {ctx->path.ids[0]};
    struct actor actor = as_requester(ctx);
    if (!ticket_load(ctx->db, ctx->mem, &actor, id, &ticket, err) || !begin(ctx, &a, id, err)) {
        return false;
    }
    if (!db_tx_run(ctx->app->db, "api.request.update", ask_in_tx, &a, err)) {
        err->code = err->code == ERR_GONE ? ERR_INVALID : err->code;
        return false;
    }
    return written_answer(ctx, id, err);
}

// --- its comments -------------------------------------------------------------------------------

static bool load_history(struct ctx *ctx, struct ticket *ret, struct api_history *history,
                         struct error *err)
{
    struct actor actor = as_requester(ctx);
    struct ticket_id id = {ctx->path.ids[0]};
    *history = (struct api_history){.ticket = ret};
    return ticket_load(ctx->db, ctx->mem, &actor, id, ret, err) &&
           ticket_comments(ctx->db, ctx->mem, &actor, id, &history->comments,
                           &history->comment_count, err) &&
           ticket_attachments(ctx->db, ctx->mem, id, &history->files, &history->file_count, err);
}

// GET /api/v2/requests/{ticket:id}/comments
bool api_request_comments(struct ctx *ctx, struct error *err)
{
    struct ticket ticket;
    struct api_history history;
    struct api_page page;
    struct api_found found = {0};
    struct ticket_comment *list = NULL;
    struct jw w;
    if (!load_history(ctx, &ticket, &history, err) || !api_page_parse(ctx, &page, err) ||
        !api_slice(ctx, &page, history.comments, sizeof *history.comments, history.comment_count,
                   offsetof(struct ticket_comment, id), (void **)&list, &found, err)) {
        return false;
    }
    struct user_id *authors = mem_array(ctx->mem, struct user_id, found.count + 1);
    const struct api_parts parts = {.files = history.files, .file_count = history.file_count};
    api_begin(ctx, &w);
    jw_field_array(&w, "comments");
    for (size_t i = 0; i < found.count; i++) {
        authors[i] = list[i].author;
        api_comment_write(ctx, &w, &ticket, &list[i], &parts);
    }
    jw_array_end(&w);
    if (!api_users_sideload(ctx, ctx->db, &w, authors, found.count, err)) {
        return false;
    }
    api_page_write(ctx, &w, &page, &found);
    return api_end(ctx, &w, err);
}

// GET /api/v2/requests/{ticket:id}/comments/{comment:id}
bool api_request_comment(struct ctx *ctx, struct error *err)
{
    struct ticket ticket;
    struct api_history history;
    struct jw w;
    if (!load_history(ctx, &ticket, &history, err)) {
        return false;
    }
    const struct api_parts parts = {.files = history.files, .file_count = history.file_count};
    for (size_t i = 0; i < history.comment_count; i++) {
        if (history.comments[i].id.v == ctx->path.ids[1]) {
            api_begin(ctx, &w);
            jw_key(&w, "comment");
            api_comment_write(ctx, &w, &ticket, &history.comments[i], &parts);
            return api_end(ctx, &w, err);
        }
    }
    return error_set(err, ERR_NOT_FOUND, "There is no such comment.");
}
