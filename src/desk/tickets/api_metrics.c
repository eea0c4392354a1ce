// SPDX-License-Identifier: GPL-3.0-or-later
//
// Figures of tickets: /ticket_metrics, /tickets/{id}/metrics, and metric_set in tickets.
#include "desk/service/service.h"
#include "desk/tickets/api.h"
#include "desk/tickets/api_internal.h"

static void write_figure(struct jw *w, const char *key, int64_t ms, int64_t unit_ms)
{
    if (ms < 0) {
        jw_field_null(w, key);
    } else {
        jw_field_i64(w, key, ms / unit_ms);
    }
}

// `calendar` counts every minute, `business` those of the schedule that the ticket's group works by
// now; without any schedule both are the same.
static void write_span(struct jw *w, const char *key, struct metric_span span)
{
    jw_field_object(w, key);
    write_figure(w, "calendar", span.wall_ms, MINUTES_MS);
    write_figure(w, "business", span.open_ms, MINUTES_MS);
    jw_object_end(w);
}

bool api_metrics_load(struct ctx *ctx, const struct ticket *tickets, size_t count,
                      struct ticket_metric **ret, struct error *err)
{
    const struct service_book *book = NULL;
    if (!service_read(desk_of(ctx)->service, ctx->db, ctx->mem, &book, err)) {
        return false;
    }
    const struct calendar **calendars = mem_array(ctx->mem, const struct calendar *, count + 1);
    for (size_t i = 0; i < count; i++) {
        const struct schedule *one = schedule_of_group(book, tickets[i].group);
        calendars[i] = one == NULL ? NULL : one->calendar;
    }
    struct metric_hours hours = {.now = clock_now(ctx->app->clock), .calendars = calendars};
    return ticket_metrics(ctx->db, ctx->mem, tickets, count, &hours, ret, err);
}

void api_metric_write(struct ctx *ctx, struct jw *w, const struct ticket *t,
                      const struct ticket_metric *m)
{
    jw_object_begin(w);
    jw_field_str(w, "url", api_url(ctx, "/api/v2/ticket_metrics/%lld.json", (long long)t->id.v));
    jw_field_i64(w, "id", t->id.v);
    jw_field_i64(w, "ticket_id", t->id.v);
    jw_field_time(w, "created_at", t->created_at);
    jw_field_time(w, "updated_at", t->updated_at);
    jw_field_i64(w, "group_stations", m->group_stations);
    jw_field_i64(w, "assignee_stations", m->assignee_stations);
    jw_field_i64(w, "reopens", m->reopens);
    jw_field_i64(w, "replies", m->replies);
    jw_field_time(w, "assignee_updated_at", t->assignee_updated_at);
    jw_field_time(w, "requester_updated_at", t->requester_updated_at);
    jw_field_time(w, "status_updated_at", t->status_updated_at);
    jw_field_time(w, "initially_assigned_at", m->initially_assigned_at);
    jw_field_time(w, "assigned_at", t->assigned_at);
    jw_field_time(w, "solved_at", t->solved_at);
    jw_field_time(w, "latest_comment_added_at", m->latest_comment_at);
    jw_field_time(w, "custom_status_updated_at", t->status_updated_at);
    write_span(w, "reply_time_in_minutes", m->reply);
    write_span(w, "first_resolution_time_in_minutes", m->first_resolution);
    write_span(w, "full_resolution_time_in_minutes", m->full_resolution);
    write_span(w, "agent_wait_time_in_minutes", m->agent_wait);
    write_span(w, "requester_wait_time_in_minutes", m->requester_wait);
    write_span(w, "on_hold_time_in_minutes", m->on_hold);
    jw_field_object(w, "reply_time_in_seconds");
    write_figure(w, "calendar", m->reply.wall_ms, SECONDS_MS);
    jw_object_end(w);
    jw_object_end(w);
}

// GET /api/v2/ticket_metrics/{ticket:id} and /api/v2/tickets/{ticket:id}/metrics: a metric has its
// ticket's number.
bool api_ticket_metric(struct ctx *ctx, struct error *err)
{
    struct ticket ticket;
    struct ticket_metric *metric = NULL;
    struct jw w;
    if (!api_path_ticket(ctx, &ticket, err) || !api_metrics_load(ctx, &ticket, 1, &metric, err)) {
        return false;
    }
    api_begin(ctx, &w);
    jw_key(&w, "ticket_metric");
    api_metric_write(ctx, &w, &ticket, metric);
    return api_end(ctx, &w, err);
}

// GET /api/v2/ticket_metrics
bool api_ticket_metrics(struct ctx *ctx, struct error *err)
{
    struct api_page page;
    struct api_found found = {0};
    struct ticket *tickets = NULL;
    struct ticket_metric *metrics = NULL;
    struct jw w;
    size_t count = 0;
    if (!api_page_parse(ctx, &page, err)) {
        return false;
    }
    struct ticket_query query = {.sort = TC_ID,
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
    if (!api_metrics_load(ctx, tickets, found.count, &metrics, err)) {
        return false;
    }
    api_begin(ctx, &w);
    jw_field_array(&w, "ticket_metrics");
    for (size_t i = 0; i < found.count; i++) {
        api_metric_write(ctx, &w, &tickets[i], &metrics[i]);
    }
    jw_array_end(&w);
    api_page_write(ctx, &w, &page, &found);
    return api_end(ctx, &w, err);
}
