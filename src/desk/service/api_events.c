// SPDX-License-Identifier: GPL-3.0-or-later
//
// What happened to clocks, for programs.
#include <stddef.h>

#include "app/api_export.h"
#include "desk/desk.h"
#include "desk/service/api.h"
#include "desk/service/service.h"

enum { EXPORT_MOST = 1000 };

static void write_minutes(struct jw *w, const char *key, int64_t ms)
{
    jw_field_i64(w, key, ms / MINUTES_MS);
}

static void write_record(struct jw *w, const struct metric_record *r)
{
    jw_object_begin(w);
    jw_field_i64(w, "id", r->id);
    jw_field_i64(w, "ticket_id", r->ticket.v);
    jw_field_str(w, "metric", meter_metric_word(r->meter));
    jw_field_i64(w, "instance_id", r->instance);
    jw_field_str(w, "type", meter_event_word(r->event));
    jw_field_time(w, "time", r->at);
    if (r->event == METER_APPLY_SLA) {
        jw_field_object(w, "sla");
        write_minutes(w, "target", r->target_ms);
        jw_field_i64(w, "target_in_seconds", r->target_ms / SECONDS_MS);
        jw_field_bool(w, "business_hours", r->business);
        jw_field_object(w, "policy");
        jw_field_i64(w, "id", r->policy.v);
        jw_field_str(w, "title", r->policy_title);
        jw_field_null(w, "description");
        jw_object_end(w);
        jw_object_end(w);
    }
    if (r->event == METER_UPDATE_STATUS) {
        jw_field_object(w, "status");
        write_minutes(w, "calendar", r->calendar_ms);
        write_minutes(w, "business", r->business_ms);
        jw_object_end(w);
    }
    jw_object_end(w);
}

static bool fetch(struct ctx *ctx, const struct api_key *after, int64_t before_ms, int64_t limit,
                  void **ret, size_t *ret_count, struct error *err)
{
    struct metric_range range = {
        .after_at = after->value, .after_id = after->id, .before = before_ms, .limit = limit};
    struct metric_record *rows = NULL;
    if (!metric_records(ctx->db, ctx->mem, &range, &rows, ret_count, err)) {
        return false;
    }
    *ret = rows;
    return true;
}

static const struct api_export_source EVENTS = {
    .fetch = fetch,
    .row_size = sizeof(struct metric_record),
    .id_at = offsetof(struct metric_record, id),
    .time_at = offsetof(struct metric_record, noted_at),
    .most = EXPORT_MOST,
};

static void write_events(struct jw *w, const struct metric_record *rows, size_t count)
{
    jw_field_array(w, "ticket_metric_events");
    for (size_t i = 0; i < count; i++) {
        write_record(w, &rows[i]);
    }
    jw_array_end(w);
}

// Some clients page this export by page[size] and page[after], as they do lists.
static bool events_by_cursor(struct ctx *ctx, struct error *err)
{
    struct api_page page;
    struct api_found found = {0};
    struct metric_record *rows = NULL;
    struct jw w;
    size_t count = 0;
    int64_t start = 0;
    if (!api_page_parse(ctx, &page, err)) {
        return false;
    }
    struct str since = http_param(ctx->req, "start_time");
    if (!str_empty(since) &&
        (!str_to_i64(since, &start) || start < 0 || start > INT64_MAX / 2000)) {
        return error_set(err, ERR_BAD_REQUEST, "start_time must be seconds since 1970.");
    }
    struct metric_range range = {.after_at = page.keyed ? page.key.value : start * SECONDS_MS - 1,
                                 .after_id = page.keyed ? page.key.id : INT64_MAX,
                                 .before = INT64_MAX,
                                 .limit = api_page_limit(&page)};
    if (!metric_records(ctx->db, ctx->mem, &range, &rows, &count, err)) {
        return false;
    }
    api_page_cut(&page, rows, sizeof *rows, count, &found);
    if (found.count > 0) {
        found.first = (struct api_key){.id = rows[0].id, .value = rows[0].noted_at};
        found.last = (struct api_key){.id = rows[found.count - 1].id,
                                      .value = rows[found.count - 1].noted_at};
    }
    api_begin(ctx, &w);
    write_events(&w, rows, found.count);
    api_page_write(ctx, &w, &page, &found);
    return api_end(ctx, &w, err);
}

// GET /api/v2/incremental/ticket_metric_events?start_time= or page[size]=
bool api_metric_events(struct ctx *ctx, struct error *err)
{
    struct api_export found;
    void *rows = NULL;
    struct jw w;
    if (!str_none(http_param(ctx->req, "page[size]")) ||
        !str_none(http_param(ctx->req, "page[after]"))) {
        return events_by_cursor(ctx, err);
    }
    if (!api_export_read(ctx, &EVENTS, false, &found, &rows, err)) {
        return false;
    }
    api_begin(ctx, &w);
    write_events(&w, rows, found.count);
    api_export_write(ctx, &w, &found);
    return api_end(ctx, &w, err);
}

// GET /api/v2/tickets/{ticket:id}/metric_events
bool api_ticket_metric_events(struct ctx *ctx, struct error *err)
{
    struct ticket ticket;
    struct metric_record *rows = NULL;
    size_t count = 0;
    struct jw w;
    if (!ticket_load(ctx->db, ctx->mem, &ctx->actor, (struct ticket_id){ctx->path.ids[0]}, &ticket,
                     err) ||
        !metric_records_of(ctx->db, ctx->mem, &ticket, 1, &rows, &count, err)) {
        return false;
    }
    api_begin(ctx, &w);
    write_events(&w, rows, count);
    jw_field_i64(&w, "count", (int64_t)count);
    jw_field_null(&w, "next_page");
    jw_field_null(&w, "previous_page");
    return api_end(ctx, &w, err);
}
