// SPDX-License-Identifier: GPL-3.0-or-later
//
// Side conversations as programs know them.
#include "app/api.h"

#include "blob/blob.h"
#include "desk/aside/aside_internal.h"
#include "desk/aside/pages.h"
#include "mail/html_text.h"
#include "mail/sanitize.h"

#define PREVIEW_MOST 160

// --- answers ------------------------------------------------------------------------------------

static void field_time_ms(struct ctx *ctx, struct jw *w, const char *key, int64_t ms)
{
    jw_field_str(w, key, ms == 0 ? STR_NONE : time_iso_ms(ctx->mem, ms));
}

static struct str aside_url(struct ctx *ctx, const struct aside *aside)
{
    return api_url(ctx, "/api/v2/tickets/%lld/side_conversations/" STR_FMT,
                   (long long)aside->ticket.v, STR_ARG(aside->uuid));
}

static void write_participant(struct jw *w, const struct aside_member *one)
{
    jw_object_begin(w);
    jw_field_id(w, "user_id", one->person.v);
    jw_field_id(w, "support_group_id", one->group.v);
    jw_field_null(w, "support_agent_id");
    jw_field_null(w, "slack_workspace_id");
    jw_field_null(w, "slack_channel_id");
    jw_field_null(w, "msteams_channel_id");
    jw_field_str(w, "name", one->name);
    jw_field_str(w, "email", one->address.len > 0 ? one->address : STR_NONE);
    jw_object_end(w);
}

static void write_aside(struct ctx *ctx, struct jw *w, const struct aside *aside,
                        const struct aside_whole *whole)
{
    jw_object_begin(w);
    jw_field_str(w, "url", aside_url(ctx, aside));
    jw_field_str(w, "id", aside->uuid);
    jw_field_id(w, "ticket_id", aside->ticket.v);
    jw_field_str(w, "subject", aside->subject);
    jw_field_str(w, "preview_text", aside->preview);
    jw_field_c(w, "state", aside->closed ? "closed" : "open");
    jw_field_array(w, "participants");
    for (size_t i = 0; i < whole->member_count; i++) {
        if (whole->members[i].aside == aside->id && whole->members[i].through == 0) {
            write_participant(w, &whole->members[i]);
        }
    }
    jw_array_end(w);
    field_time_ms(ctx, w, "created_at", aside->created_at);
    field_time_ms(ctx, w, "updated_at", aside->updated_at);
    field_time_ms(ctx, w, "message_added_at", aside->message_at);
    field_time_ms(ctx, w, "state_updated_at", aside->state_at);
    jw_key(w, "external_ids");
    jw_raw(w, aside->external_ids);
    jw_field_str(w, "kind", aside_kind_word(aside->kind));
    jw_field_str(w, "news", aside_news_word(aside->news));
    field_time_ms(ctx, w, "answered_at", aside->answered_at);
    jw_object_end(w);
}

static void write_file(struct ctx *ctx, struct jw *w, const struct aside_file *file)
{
    jw_object_begin(w);
    jw_field_str(w, "id", file->uuid);
    jw_field_str(w, "file_name", file->file_name);
    jw_field_str(w, "content_type", file->content_type);
    jw_field_i64(w, "size", file->size);
    jw_field_str(w, "content_url",
                 api_url(ctx, "/api/v2/tickets/side_conversations/attachments/" STR_FMT,
                         STR_ARG(file->uuid)));
    jw_field_bool(w, "inline", false);
    jw_object_end(w);
}

static void write_actor(struct jw *w, const struct aside_whole *whole,
                        const struct aside_event *event)
{
    const struct aside_member *member = aside_member_of(whole, event->member);
    struct str address = event->address.len > 0 ? event->address
                         : member != NULL       ? member->address
                                                : STR("");
    const struct aside_member one = {
        .person = event->person, .name = event->name, .address = address};
    write_participant(w, &one);
}

// To whom a message was mailed, groups instead of their people.
static void write_to(struct jw *w, const struct aside_whole *whole, int64_t event)
{
    int64_t group = 0;
    for (size_t i = 0; i < whole->sent_count; i++) {
        const struct aside_member *member = aside_member_of(whole, whole->sent[i].member);
        bool named = whole->sent[i].event == event && member != NULL;
        if (named && member->through != 0) {
            bool again = member->through == group;
            group = member->through;
            member = again ? NULL : aside_member_of(whole, group);
        }
        if (named && member != NULL) {
            write_participant(w, member);
        }
    }
}

static void write_message(struct ctx *ctx, struct jw *w, const struct aside *aside,
                          const struct aside_whole *whole, const struct aside_event *event)
{
    jw_object_begin(w);
    jw_field_str(w, "subject", aside->subject);
    jw_field_str(w, "preview_text", str_one_line(ctx->mem, event->body, PREVIEW_MOST));
    jw_key(w, "from");
    write_actor(w, whole, event);
    jw_field_array(w, "to");
    write_to(w, whole, event->id);
    jw_array_end(w);
    jw_field_str(w, "body", event->body);
    jw_field_str(w, "html_body", text_to_html(ctx->mem, event->body).markup);
    jw_field_empty_object(w, "external_ids");
    jw_field_array(w, "attachments");
    for (size_t i = 0; i < whole->file_count; i++) {
        if (whole->files[i].event == event->id) {
            write_file(ctx, w, &whole->files[i]);
        }
    }
    jw_array_end(w);
    jw_object_end(w);
}

static void write_updates(struct jw *w, const struct aside_event *event)
{
    jw_object_begin(w);
    if (!str_none(event->new_state)) {
        jw_field_str(w, "state", event->new_state);
    }
    if (!str_none(event->new_subject)) {
        jw_field_str(w, "subject", event->new_subject);
    }
    if (event->type == ASIDE_FAILED) {
        jw_field_str(w, "undelivered_to", event->address);
        jw_field_str(w, "reason", event->body);
    }
    jw_object_end(w);
}

static void write_event(struct ctx *ctx, struct jw *w, const struct aside *aside,
                        const struct aside_whole *whole, const struct aside_event *event)
{
    static const char *const TYPES[] = {[ASIDE_CREATE] = "create",
                                        [ASIDE_REPLY] = "reply",
                                        [ASIDE_UPDATE] = "update",
                                        [ASIDE_FAILED] = "update"};
    bool message = event->type == ASIDE_CREATE || event->type == ASIDE_REPLY;
    bool mail = str_eq_c(event->channel, "email");
    jw_object_begin(w);
    jw_field_str(w, "id", event->uuid);
    jw_field_str(w, "side_conversation_id", aside->uuid);
    jw_key(w, "actor");
    write_actor(w, whole, event);
    jw_field_c(w, "type", TYPES[event->type]);
    jw_field_c(w, "via", mail ? "email" : "support");
    field_time_ms(ctx, w, "created_at", event->created_at);
    jw_key(w, "message");
    if (message) {
        write_message(ctx, w, aside, whole, event);
    } else {
        jw_null(w);
    }
    jw_key(w, "updates");
    write_updates(w, event);
    jw_field_id(w, "ticket_id", aside->ticket.v);
    jw_field_str(w, "url",
                 str_printf(ctx->mem, STR_FMT "/events/" STR_FMT, STR_ARG(aside_url(ctx, aside)),
                            STR_ARG(event->uuid)));
    jw_object_end(w);
}

static void write_included(struct ctx *ctx, struct jw *w, const struct aside *asides, size_t count,
                           const struct aside_whole *whole)
{
    if (!api_includes(ctx, "side_conversation_events")) {
        return;
    }
    jw_field_array(w, "side_conversation_events");
    for (size_t i = 0; i < whole->event_count; i++) {
        for (size_t k = 0; k < count; k++) {
            if (asides[k].id == whole->events[i].aside) {
                write_event(ctx, w, &asides[k], whole, &whole->events[i]);
            }
        }
    }
    jw_array_end(w);
}

static bool answer_one(struct ctx *ctx, const struct aside *aside, int64_t event, struct error *err)
{
    struct aside_whole whole;
    struct jw w;
    if (!asides_whole(ctx->db, ctx->mem, aside, 1, &whole, err)) {
        return false;
    }
    api_begin(ctx, &w);
    jw_key(&w, "side_conversation");
    write_aside(ctx, &w, aside, &whole);
    for (size_t i = 0; i < whole.event_count; i++) {
        if (whole.events[i].id == event) {
            jw_key(&w, "event");
            write_event(ctx, &w, aside, &whole, &whole.events[i]);
        }
    }
    write_included(ctx, &w, aside, 1, &whole);
    return api_end(ctx, &w, err);
}

static bool load(struct ctx *ctx, struct aside *ret, struct error *err)
{
    struct ticket_id ticket = {ctx->path.ids[0]};
    return aside_load_uuid(ctx->db, ctx->mem, &ctx->actor, ticket, ctx->path.texts[0], ret, err);
}

// GET /api/v2/tickets/{ticket:id}/side_conversations
bool api_asides(struct ctx *ctx, struct error *err)
{
    struct ticket_id id = {ctx->path.ids[0]};
    struct ticket ticket;
    struct aside *all = NULL;
    size_t count = 0;
    struct api_page page;
    struct api_found found;
    struct aside_whole whole;
    void *shown = NULL;
    struct jw w;
    if (!api_page_parse(ctx, &page, err) ||
        !ticket_load(ctx->db, ctx->mem, &ctx->actor, id, &ticket, err) ||
        !asides_of_ticket(ctx->db, ctx->mem, &ctx->actor, id, &all, &count, err)) {
        return false;
    }
    struct aside *ordered = mem_array(ctx->mem, struct aside, count + 1);
    for (size_t i = 0; i < count; i++) {
        ordered[i] = all[count - 1 - i];
    }
    if (!api_slice(ctx, &page, ordered, sizeof *ordered, count, offsetof(struct aside, id), &shown,
                   &found, err)) {
        return false;
    }
    const struct aside *asides = shown;
    if (!asides_whole(ctx->db, ctx->mem, asides, found.count, &whole, err)) {
        return false;
    }
    api_begin(ctx, &w);
    jw_field_array(&w, "side_conversations");
    for (size_t i = 0; i < found.count; i++) {
        write_aside(ctx, &w, &asides[i], &whole);
    }
    jw_array_end(&w);
    write_included(ctx, &w, asides, found.count, &whole);
    api_page_write(ctx, &w, &page, &found);
    return api_end(ctx, &w, err);
}

// GET /api/v2/tickets/{ticket:id}/side_conversations/{name}
bool api_aside(struct ctx *ctx, struct error *err)
{
    struct aside aside;
    return load(ctx, &aside, err) && answer_one(ctx, &aside, 0, err);
}

// GET /api/v2/tickets/{ticket:id}/side_conversations/{name}/events
bool api_aside_events(struct ctx *ctx, struct error *err)
{
    struct aside aside;
    struct aside_whole whole;
    struct api_page page;
    struct api_found found;
    void *shown = NULL;
    struct jw w;
    if (!api_page_parse(ctx, &page, err) || !load(ctx, &aside, err) ||
        !asides_whole(ctx->db, ctx->mem, &aside, 1, &whole, err) ||
        !api_slice(ctx, &page, whole.events, sizeof *whole.events, whole.event_count,
                   offsetof(struct aside_event, id), &shown, &found, err)) {
        return false;
    }
    const struct aside_event *events = shown;
    api_begin(ctx, &w);
    jw_field_array(&w, "events");
    for (size_t i = 0; i < found.count; i++) {
        write_event(ctx, &w, &aside, &whole, &events[i]);
    }
    jw_array_end(&w);
    api_page_write(ctx, &w, &page, &found);
    return api_end(ctx, &w, err);
}

// --- bodies -------------------------------------------------------------------------------------

static struct str text_of(struct jr_value object, const char *name)
{
    struct str text = jr_text(jr_get(object, name));
    return str_none(text) ? STR("") : text;
}

static struct str body_of(struct ctx *ctx, struct jr_value message)
{
    struct str html = text_of(message, "html_body");
    struct str body = text_of(message, "body");
    if (body.len > 0 || html.len == 0) {
        return body;
    }
    struct sanitize_options options = {
        .links = SANITIZE_LINKS_OUTSIDE, .own_prefix = STR(""), .fold_label = STR("")};
    struct sanitized clean;
    html_sanitize(ctx->mem, html, &options, &clean);
    return html_to_text(ctx->mem, clean.html.markup);
}

static bool read_targets(struct ctx *ctx, struct jr_value list, struct aside_message *ret,
                         struct error *err)
{
    size_t count = jr_count(list);
    struct aside_target *to = mem_array(ctx->mem, struct aside_target, count + 1);
    if (count > ASIDE_MEMBERS_MOST) {
        return error_field(err, "to", "TooLong", "To: at most %d can take part.",
                           ASIDE_MEMBERS_MOST);
    }
    for (size_t i = 0; i < count; i++) {
        struct jr_value one = jr_at(list, i);
        to[i] =
            (struct aside_target){.address = text_of(one, "email"), .name = text_of(one, "name")};
        bool known = jr_id(jr_get(one, "support_group_id"), &to[i].group.v) ||
                     jr_id(jr_get(one, "user_id"), &to[i].person.v) ||
                     jr_id(jr_get(one, "support_agent_id"), &to[i].person.v) ||
                     to[i].address.len > 0;
        if (!known) {
            return error_field(err, "to", "InvalidValue",
                               "To: user_id, support_group_id or email, please.");
        }
    }
    ret->to = to;
    ret->to_count = count;
    return true;
}

static bool read_message(struct ctx *ctx, struct jr_value message, struct aside_message *ret,
                         struct error *err)
{
    struct jr_value files = jr_get(message, "attachment_ids");
    struct str *uploads = mem_array(ctx->mem, struct str, jr_count(files) + 1);
    *ret = (struct aside_message){.body = body_of(ctx, message), .uploads = uploads};
    for (size_t i = 0; i < jr_count(files); i++) {
        uploads[ret->upload_count++] = jr_text(jr_at(files, i));
        if (str_none(uploads[i])) {
            return error_field(err, "attachment_ids", "InvalidValue",
                               "attachment_ids: the ids of attachments, as texts");
        }
    }
    return read_targets(ctx, jr_get(message, "to"), ret, err);
}

struct api_call {
    struct ctx *ctx;
    struct aside_begin begin;
    struct aside_message message;
    struct aside aside;
    struct aside_setting setting;
    struct new_file file;
    struct aside_file upload;
    int64_t event;
};

static bool begin_in_tx(struct db *tx, void *arg, struct error *err)
{
    struct api_call *call = arg;
    return aside_begin(desk_of(call->ctx), tx, call->ctx->mem, &call->ctx->actor, &call->begin,
                       &call->aside, err);
}

// What was written is read in the very transaction's wake: the snapshot of the request is older.
static bool answer_in_read(struct db *db, void *arg, struct error *err)
{
    struct api_call *call = arg;
    struct aside fresh;
    struct db *before = call->ctx->db;
    call->ctx->db = db;
    bool answered = aside_load(db, call->ctx->mem, &call->ctx->actor, call->aside.ticket,
                               call->aside.id, &fresh, err) &&
                    answer_one(call->ctx, &fresh, call->event, err);
    call->ctx->db = before;
    return answered;
}

static bool answer_fresh(struct api_call *call, struct error *err)
{
    return db_read(call->ctx->app->db, answer_in_read, call, err);
}

bool aside_answer_begun(struct ctx *ctx, const struct aside *aside, struct error *err)
{
    struct api_call call = {.ctx = ctx, .aside = *aside};
    api_created(ctx, aside_url(ctx, aside));
    return answer_fresh(&call, err);
}

static bool create(struct ctx *ctx, bool import, struct error *err)
{
    struct api_call call = {.ctx = ctx};
    struct jr_value body = JR_NONE;
    struct ticket ticket;
    if (!ticket_load(ctx->db, ctx->mem, &ctx->actor, (struct ticket_id){ctx->path.ids[0]}, &ticket,
                     err) ||
        !api_body_whole(ctx, &body, err)) {
        return false;
    }
    struct jr_value message = jr_get(body, "message");
    struct jr_value external = jr_get(body, "external_ids");
    if (jr_kind(message) != JR_OBJECT) {
        return error_set(err, ERR_BAD_REQUEST, "The body must have an object \"message\".");
    }
    if (!jr_none(external) && jr_kind(external) != JR_OBJECT) {
        return error_field(err, "external_ids", "InvalidValue", "external_ids: an object, please");
    }
    if (!read_message(ctx, message, &call.message, err)) {
        return false;
    }
    call.begin = (struct aside_begin){
        .ticket = {ctx->path.ids[0]},
        .subject = text_of(message, "subject"),
        .message = &call.message,
        .external_ids = jr_none(external) ? STR_NONE : jr_dump(ctx->mem, external),
        .from_name = STR(""),
        .from_address = STR(""),
    };
    if (import) {
        struct jr_value from = jr_get(message, "from");
        call.begin.from_name = text_of(from, "name");
        call.begin.from_address = text_of(from, "email");
        if (!time_parse_iso(text_of(body, "created_at"), &call.begin.created_at) ||
            call.begin.created_at <= 0) {
            return error_field(err, "created_at", "InvalidValue",
                               "created_at: a time such as 2026-11-23T08:00:00Z");
        }
    }
    if (!db_tx_run(ctx->app->db, "aside.begin", begin_in_tx, &call, err)) {
        return false;
    }
    return aside_answer_begun(ctx, &call.aside, err);
}

// POST /api/v2/tickets/{ticket:id}/side_conversations
bool api_aside_create(struct ctx *ctx, struct error *err)
{
    return create(ctx, false, err);
}

// POST /api/v2/tickets/{ticket:id}/side_conversations/import: as it was then; nobody is mailed.
bool api_aside_import(struct ctx *ctx, struct error *err)
{
    return create(ctx, true, err);
}

static bool write_in_tx(struct db *tx, void *arg, struct error *err)
{
    struct api_call *call = arg;
    return aside_write(desk_of(call->ctx), tx, call->ctx->mem, &call->ctx->actor, &call->aside,
                       &call->message, &call->event, err);
}

// POST /api/v2/tickets/{ticket:id}/side_conversations/{name}/reply
bool api_aside_reply(struct ctx *ctx, struct error *err)
{
    struct api_call call = {.ctx = ctx};
    struct jr_value message = JR_NONE;
    if (!load(ctx, &call.aside, err) || !api_body(ctx, "message", &message, err) ||
        !read_message(ctx, message, &call.message, err) ||
        !db_tx_run(ctx->app->db, "aside.write", write_in_tx, &call, err)) {
        return false;
    }
    ctx->resp->status = 201;
    return answer_fresh(&call, err);
}

static bool set_in_tx(struct db *tx, void *arg, struct error *err)
{
    struct api_call *call = arg;
    return aside_set(desk_of(call->ctx), tx, call->ctx->mem, &call->ctx->actor, &call->aside,
                     &call->setting, err);
}

// PUT /api/v2/tickets/{ticket:id}/side_conversations/{name}
bool api_aside_update(struct ctx *ctx, struct error *err)
{
    struct api_call call = {.ctx = ctx};
    struct jr_value object = JR_NONE;
    if (!load(ctx, &call.aside, err) || !api_body(ctx, "side_conversation", &object, err)) {
        return false;
    }
    struct str state = text_of(object, "state");
    if (state.len > 0 && !str_eq_c(state, "open") && !str_eq_c(state, "closed")) {
        return error_field(err, "state", "InvalidValue", "State: open or closed, please.");
    }
    call.setting = (struct aside_setting){.set_closed = state.len > 0,
                                          .closed = str_eq_c(state, "closed"),
                                          .subject = jr_text(jr_get(object, "subject"))};
    return db_tx_run(ctx->app->db, "aside.set", set_in_tx, &call, err) && answer_fresh(&call, err);
}

// --- files --------------------------------------------------------------------------------------

static bool upload_in_tx(struct db *tx, void *arg, struct error *err)
{
    struct api_call *call = arg;
    return aside_upload(desk_of(call->ctx), tx, call->ctx->mem, &call->ctx->actor, &call->file,
                        &call->upload, err);
}

// POST /api/v2/tickets/side_conversations/attachments
bool api_aside_upload(struct ctx *ctx, struct error *err)
{
    struct api_call call = {.ctx = ctx};
    struct jw w;
    if (ctx->req->files.count == 0) {
        return error_field(err, "file", "BlankValue", "File: send it as multipart/form-data");
    }
    if (!desk_store_file(ctx, &ctx->req->files.items[0], &call.file, err) ||
        !db_tx_run(ctx->app->db, "aside.upload", upload_in_tx, &call, err)) {
        return false;
    }
    ctx->resp->status = 201;
    api_begin(ctx, &w);
    jw_key(&w, "attachment");
    write_file(ctx, &w, &call.upload);
    return api_end(ctx, &w, err);
}

// Always saved, never shown in place: it comes from a stranger.
static bool send_file(struct ctx *ctx, struct error *err)
{
    struct aside_file file;
    struct hash hash;
    if (!aside_file_load(ctx->db, ctx->mem, &ctx->actor, ctx->path.texts[0], &file, err)) {
        return false;
    }
    if (!blob_hash_parse(file.hash, &hash)) {
        return error_internal(err, "a file of a side conversation has no hash");
    }
    if (!blob_open(ctx->app->blobs, hash, &ctx->resp->file, &ctx->resp->file_size, err)) {
        return false;
    }
    http_set_file_name(ctx->resp, true, file.file_name);
    http_set_header_c(ctx->resp, "Content-Type", "application/octet-stream");
    http_set_header_c(ctx->resp, "Content-Security-Policy", "default-src 'none'; sandbox");
    http_set_header_c(ctx->resp, "Cache-Control", "private, no-store");
    return true;
}

// GET /api/v2/tickets/side_conversations/attachments/{name}
bool api_aside_file(struct ctx *ctx, struct error *err)
{
    return send_file(ctx, err);
}

// GET /asides/files/{name}
bool page_aside_file(struct ctx *ctx, struct error *err)
{
    return send_file(ctx, err);
}
