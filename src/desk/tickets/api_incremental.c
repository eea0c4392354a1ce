// SPDX-License-Identifier: GPL-3.0-or-later
//
// Incremental exports of tickets and of what happened to them, and the list of all audits.
#include "app/api_export.h"
#include "desk/people/api_write.h"
#include "desk/tickets/api.h"
#include "desk/tickets/api_internal.h"

#define EXPORT_MOST 1000
#define AUDITS_MOST 1000

// --- tickets ------------------------------------------------------------------------------------

static bool fetch_tickets(struct ctx *ctx, const struct api_key *after, int64_t before_ms,
                          int64_t limit, void **ret, size_t *ret_count, struct error *err)
{
    struct ticket_condition before = {
        .column = TC_GENERATED, .op = OP_LESS, .numbers = &before_ms, .count = 1};
    struct ticket_query query = {.all = &before,
                                 .all_count = before_ms == INT64_MAX ? 0 : 1,
                                 .also_deleted = true,
                                 .sort = TC_GENERATED,
                                 .limit = limit,
                                 .after_id = {after->id},
                                 .after_value = after->value};
    struct ticket *tickets = NULL;
    if (!tickets_find(ctx->db, ctx->mem, &ctx->actor, &query, &tickets, ret_count, err)) {
        return false;
    }
    *ret = tickets;
    return true;
}

static const struct api_export_source TICKETS = {
    .fetch = fetch_tickets,
    .row_size = sizeof(struct ticket),
    .id_at = offsetof(struct ticket, id),
    .time_at = offsetof(struct ticket, generated_at),
    .most = EXPORT_MOST,
};

static bool export_tickets(struct ctx *ctx, bool by_cursor, struct error *err)
{
    struct api_export found;
    struct api_tickets set;
    void *rows = NULL;
    struct jw w;
    if (!api_export_read(ctx, &TICKETS, by_cursor, &found, &rows, err) ||
        !api_tickets_load(ctx, rows, found.count, &set, err)) {
        return false;
    }
    api_begin(ctx, &w);
    api_ticket_list_write(ctx, &w, &set);
    if (!api_ticket_sideloads_write(ctx, &w, &set, err)) {
        return false;
    }
    api_export_write(ctx, &w, &found);
    return api_end(ctx, &w, err);
}

// GET /api/v2/incremental/tickets?start_time=, also by its older names
bool api_incremental_tickets(struct ctx *ctx, struct error *err)
{
    return export_tickets(ctx, false, err);
}

// GET /api/v2/incremental/tickets/cursor?start_time= or cursor=
bool api_incremental_tickets_cursor(struct ctx *ctx, struct error *err)
{
    return export_tickets(ctx, true, err);
}

// --- what happened ------------------------------------------------------------------------------

static bool fetch_audits(struct ctx *ctx, const struct api_key *after, int64_t before_ms,
                         int64_t limit, void **ret, size_t *ret_count, struct error *err)
{
    struct audit_range range = {
        .at = after->value, .id = after->id, .before = before_ms, .limit = limit};
    struct ticket_audit *audits = NULL;
    if (!audits_changed(ctx->db, ctx->mem, &ctx->actor, &range, &audits, ret_count, err)) {
        return false;
    }
    *ret = audits;
    return true;
}

static const struct api_export_source AUDITS = {
    .fetch = fetch_audits,
    .row_size = sizeof(struct ticket_audit),
    .id_at = offsetof(struct ticket_audit, id),
    .time_at = offsetof(struct ticket_audit, created_at),
    .most = EXPORT_MOST,
};

// The channel in the words of this export.
static const char *via_words(struct str channel)
{
    static const struct {
        const char *channel;
        const char *words;
    } WORDS[] = {
        {"web", "Web form"}, {"help_center", "Web form"}, {"email", "Mail"},
        {"rule", "Rule"},    {"system", "System"},        {"voice", "Phone call (incoming)"},
        {"chat", "Chat"},
    };
    for (size_t i = 0; i < sizeof WORDS / sizeof *WORDS; i++) {
        if (str_eq_c(channel, WORDS[i].channel)) {
            return WORDS[i].words;
        }
    }
    return "Web service";
}

static const struct ticket_comment *comment_of(const struct api_history *history, int64_t id)
{
    size_t low = 0;
    size_t high = history->comment_count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (history->comments[middle].id.v < id) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    bool found = low < history->comment_count && history->comments[low].id.v == id;
    return found ? &history->comments[low] : NULL;
}

static void write_child_comment(struct ctx *ctx, struct jw *w, const struct api_history *history,
                                const struct ticket_comment *comment)
{
    jw_field_bool(w, "comment_present", true);
    jw_field_bool(w, "comment_public", comment->is_public);
    if (!api_includes(ctx, "comment_events")) {
        return;
    }
    jw_field_c(w, "type", "Comment");
    api_comment_text_write(ctx, w, comment);
    jw_field_i64(w, "audit_id", comment->audit.v);
    jw_field_array(w, "attachments");
    for (size_t i = 0; i < history->file_count; i++) {
        if (history->files[i].comment.v == comment->id.v) {
            api_attachment_write(ctx, w, &history->files[i]);
        }
    }
    jw_array_end(w);
}

static void write_child_value(struct jw *w, struct str key, struct str field, struct str value)
{
    jw_key_str(w, key);
    if (str_eq_c(field, "tags")) {
        jw_words(w, str_none(value) ? STR("") : value);
    } else {
        jw_str(w, value);
    }
}

static void write_child(struct ctx *ctx, struct jw *w, const struct api_history *history,
                        const struct ticket_audit *audit, const struct ticket_event *event)
{
    const struct ticket_comment *comment = NULL;
    jw_object_begin(w);
    jw_field_i64(w, "id", event->id.v);
    jw_field_c(w, "via", via_words(event->rule.v != 0 ? STR("rule") : audit->channel));
    jw_field_id(w, "via_reference_id", event->rule.v);
    jw_field_str(w, "event_type", event->kind);
    if (str_eq_c(event->kind, "Comment")) {
        comment = comment_of(history, event->id.v);
    }
    if (comment != NULL) {
        write_child_comment(ctx, w, history, comment);
    } else if (!str_empty(event->field)) {
        write_child_value(w, event->field, event->field, event->value);
        if (!str_eq_c(event->kind, "Create")) {
            write_child_value(w, STR("previous_value"), event->field, event->previous);
        }
    } else if (!str_none(event->value)) {
        jw_field_str(w, "value", event->value);
    }
    jw_object_end(w);
}

// Events stand sorted by audit.
static void write_ticket_event(struct ctx *ctx, struct jw *w, const struct api_history *history,
                               const struct ticket_audit *audit)
{
    jw_object_begin(w);
    jw_field_i64(w, "id", audit->id.v);
    jw_field_i64(w, "ticket_id", audit->ticket.v);
    jw_field_i64(w, "timestamp", audit->created_at / SECONDS_MS);
    jw_field_time(w, "created_at", audit->created_at);
    jw_field_i64(w, "updater_id", audit->author.v == 0 ? -1 : audit->author.v);
    jw_field_c(w, "via", via_words(audit->channel));
    jw_field_object(w, "system");
    jw_field_null(w, "client");
    jw_field_null(w, "location");
    if (!str_none(audit->address)) {
        jw_field_str(w, "ip_address", audit->address);
    }
    jw_object_end(w);
    jw_field_object(w, "metadata");
    if (!str_none(audit->custom)) {
        jw_key(w, "custom");
        jw_raw(w, audit->custom);
    }
    jw_object_end(w);
    jw_field_c(w, "event_type", "Audit");
    jw_field_array(w, "child_events");
    size_t low = 0;
    size_t high = history->event_count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (history->events[middle].audit.v < audit->id.v) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    for (; low < history->event_count && history->events[low].audit.v == audit->id.v; low++) {
        write_child(ctx, w, history, audit, &history->events[low]);
    }
    jw_array_end(w);
    jw_object_end(w);
}

// GET /api/v2/incremental/ticket_events?start_time=
bool api_incremental_ticket_events(struct ctx *ctx, struct error *err)
{
    struct api_export found;
    struct api_history history;
    void *rows = NULL;
    struct jw w;
    if (!api_export_read(ctx, &AUDITS, false, &found, &rows, err) ||
        !api_audits_load(ctx, rows, found.count, &history, err)) {
        return false;
    }
    api_begin(ctx, &w);
    jw_field_array(&w, "ticket_events");
    for (size_t i = 0; i < found.count; i++) {
        write_ticket_event(ctx, &w, &history, &history.audits[i]);
    }
    jw_array_end(&w);
    api_export_write(ctx, &w, &found);
    return api_end(ctx, &w, err);
}

// --- all audits ---------------------------------------------------------------------------------

// The older way of this list: limit and cursor, newest first, older ones by before_url.
static void write_older_page(struct ctx *ctx, struct jw *w, const struct api_found *found)
{
    struct str before = found->count > 0 ? api_cursor(ctx->mem, &found->last) : STR_NONE;
    struct str after = found->count > 0 ? api_cursor(ctx->mem, &found->first) : STR_NONE;
    jw_field_str(w, "before_cursor", found->more ? before : STR_NONE);
    jw_field_str(w, "before_url", found->more ? api_link(ctx, "cursor", before) : STR_NONE);
    jw_field_str(w, "after_cursor", after);
    jw_field_null(w, "after_url");
}

static bool audits_page(struct ctx *ctx, bool *ret_older, struct api_page *page, struct error *err)
{
    struct str limit = http_param(ctx->req, "limit");
    struct str cursor = http_param(ctx->req, "cursor");
    *ret_older = !str_none(limit) || !str_none(cursor);
    if (!api_page_parse(ctx, page, err)) {
        return false;
    }
    if (!*ret_older) {
        page->cursor = true;
        return true;
    }
    *page = (struct api_page){.cursor = true, .size = API_BATCH_MAX};
    int64_t size = 0;
    if (!str_none(limit) && str_to_i64(str_trim(limit), &size) && size > 0) {
        page->size = size < AUDITS_MOST ? size : AUDITS_MOST;
    }
    page->keyed = !str_empty(cursor);
    return !page->keyed || api_cursor_parse(ctx->mem, cursor, &page->key) ||
           error_set(err, ERR_BAD_REQUEST, "cursor is not valid");
}

// GET /api/v2/ticket_audits: newest first
bool api_all_audits(struct ctx *ctx, struct error *err)
{
    struct api_page page;
    struct api_found found = {0};
    struct api_history history;
    struct ticket_audit *audits = NULL;
    struct jw w;
    size_t count = 0;
    bool older = false;
    if (!audits_page(ctx, &older, &page, err)) {
        return false;
    }
    struct audit_range range = {.at = page.keyed ? page.key.value : INT64_MAX,
                                .id = page.keyed ? page.key.id : INT64_MAX,
                                .before = INT64_MAX,
                                .limit = api_page_limit(&page),
                                .backwards = !page.backwards};
    if (!audits_changed(ctx->db, ctx->mem, &ctx->actor, &range, &audits, &count, err)) {
        return false;
    }
    api_page_cut(&page, audits, sizeof *audits, count, &found);
    if (found.count > 0) {
        const struct ticket_audit *last = &audits[found.count - 1];
        found.first = (struct api_key){.id = audits[0].id.v, .value = audits[0].created_at};
        found.last = (struct api_key){.id = last->id.v, .value = last->created_at};
    }
    if (!api_audits_load(ctx, audits, found.count, &history, err)) {
        return false;
    }
    api_begin(ctx, &w);
    jw_field_array(&w, "audits");
    for (size_t i = 0; i < found.count; i++) {
        api_audit_write(ctx, &w, &history, &audits[i]);
    }
    jw_array_end(&w);
    if (older) {
        write_older_page(ctx, &w, &found);
    } else {
        api_page_write(ctx, &w, &page, &found);
    }
    return api_end(ctx, &w, err);
}
