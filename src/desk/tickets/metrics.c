// SPDX-License-Identifier: GPL-3.0-or-later
//
// Figures of tickets, from their history: nothing is kept that could disagree with it.
#include "desk/people/people.h"
#include "desk/service/calendar.h"
#include "desk/tickets/queries.h"
#include "desk/tickets/tickets_internal.h"

static int64_t *ids_of(mem_ctx *ctx, const struct ticket *tickets, size_t count)
{
    int64_t *ids = mem_array(ctx, int64_t, count + 1);
    for (size_t i = 0; i < count; i++) {
        ids[i] = tickets[i].id.v;
    }
    return ids;
}

struct span {
    int64_t since;
    enum ticket_status status;
    const struct calendar *calendar;
};

static const struct metric_span NO_SPAN = {-1, -1};

static struct metric_span span_between(const struct calendar *calendar, int64_t from, int64_t to)
{
    int64_t wall_ms = to > from ? to - from : 0;
    return (struct metric_span){wall_ms,
                                calendar == NULL ? wall_ms : calendar_between(calendar, from, to)};
}

static void span_add(struct metric_span *sum, struct metric_span one)
{
    sum->wall_ms += one.wall_ms;
    sum->open_ms += one.open_ms;
}

static void close_span(struct ticket_metric *m, const struct span *span, int64_t until)
{
    if (span->status >= STATUS_SOLVED) {
        return;
    }
    struct metric_span length = span_between(span->calendar, span->since, until);
    if (span->status == STATUS_PENDING) {
        span_add(&m->agent_wait, length);
        return;
    }
    span_add(&m->requester_wait, length);
    if (span->status == STATUS_HOLD) {
        span_add(&m->on_hold, length);
    }
}

static void count_status(struct ticket_metric *m, struct span *span, enum ticket_status next,
                         const struct ticket *ticket, int64_t at)
{
    close_span(m, span, at);
    bool was_done = span->status >= STATUS_SOLVED;
    if (next >= STATUS_SOLVED && !was_done) {
        m->full_resolution = span_between(span->calendar, ticket->created_at, at);
        if (m->first_resolution.wall_ms < 0) {
            m->first_resolution = m->full_resolution;
        }
    }
    if (next < STATUS_SOLVED && was_done) {
        m->reopens++;
        m->full_resolution = NO_SPAN;
    }
    span->since = at;
    span->status = next;
}

// The part of the rows that is this ticket's, from *at on.
static void count_events(struct ticket_metric *m, const struct ticket *ticket,
                         const struct figure_events_row *rows, size_t count,
                         const struct calendar *calendar, int64_t now)
{
    struct span span = {ticket->created_at, STATUS_NEW, calendar};
    for (size_t i = 0; i < count; i++) {
        enum ticket_status status;
        if (rows[i].ticket_id.v != ticket->id.v) {
            continue;
        }
        if (str_eq_c(rows[i].field, "assignee_id") && !str_none(rows[i].value)) {
            m->assignee_stations++;
            m->initially_assigned_at =
                m->initially_assigned_at == 0 ? rows[i].created_at : m->initially_assigned_at;
        } else if (str_eq_c(rows[i].field, "group_id") && !str_none(rows[i].value)) {
            m->group_stations++;
        } else if (str_eq_c(rows[i].field, "status") && !str_none(rows[i].value) &&
                   ticket_status_parse(rows[i].value, &status)) {
            count_status(m, &span, status, ticket, rows[i].created_at);
        }
    }
    close_span(m, &span, now);
}

static bool is_staff(const struct user *users, size_t count, struct user_id id)
{
    for (size_t i = 0; i < count; i++) {
        if (users[i].id.v == id.v) {
            return users[i].role >= ROLE_LIGHT_AGENT;
        }
    }
    return false;
}

// Who wrote the comments of a page of tickets.
struct authors {
    struct user *users;
    size_t count;
};

static void count_comments(struct ticket_metric *m, const struct ticket *ticket,
                           const struct figure_comments_row *rows, size_t count,
                           const struct calendar *calendar, const struct authors *authors)
{
    bool first = true;
    for (size_t i = 0; i < count; i++) {
        if (rows[i].ticket_id.v != ticket->id.v) {
            continue;
        }
        m->latest_comment_at = rows[i].created_at;
        bool reply = !first && rows[i].is_public && rows[i].author_id.v != ticket->requester.v &&
                     is_staff(authors->users, authors->count, rows[i].author_id);
        if (reply) {
            m->replies++;
            if (m->reply.wall_ms < 0) {
                m->reply = span_between(calendar, ticket->created_at, rows[i].created_at);
            }
        }
        first = false;
    }
}

static bool load_authors(struct db *db, mem_ctx *ctx, const struct figure_comments_row *rows,
                         size_t count, struct user **ret, size_t *ret_count, struct error *err)
{
    struct user_id *ids = mem_array(ctx, struct user_id, count + 1);
    for (size_t i = 0; i < count; i++) {
        ids[i] = rows[i].author_id;
    }
    return users_by_ids(db, ctx, ids, count, ret, ret_count, err);
}

bool ticket_metrics(struct db *db, mem_ctx *ctx, const struct ticket *tickets, size_t count,
                    const struct metric_hours *hours, struct ticket_metric **ret, struct error *err)
{
    struct figure_events_row *events = NULL;
    struct figure_comments_row *comments = NULL;
    struct authors wrote = {NULL, 0};
    size_t event_count = 0;
    size_t comment_count = 0;
    const int64_t *ids = ids_of(ctx, tickets, count);
    struct ticket_metric *list = mem_array(ctx, struct ticket_metric, count + 1);
    if (count > 0 &&
        (!figure_events(db, ctx, ids, count, &events, &event_count, err) ||
         !figure_comments(db, ctx, ids, count, &comments, &comment_count, err) ||
         !load_authors(db, ctx, comments, comment_count, &wrote.users, &wrote.count, err))) {
        return false;
    }
    // Rows are in order of tickets; each ticket's stand together.
    for (size_t i = 0; i < count; i++) {
        size_t from = 0;
        size_t rows = 0;
        struct ticket_metric *m = &list[i];
        *m = (struct ticket_metric){.ticket = tickets[i].id,
                                    .reply = NO_SPAN,
                                    .first_resolution = NO_SPAN,
                                    .full_resolution = NO_SPAN};
        const struct calendar *calendar = hours->calendars[i];
        while (from < event_count && events[from].ticket_id.v != tickets[i].id.v) {
            from++;
        }
        while (from + rows < event_count && events[from + rows].ticket_id.v == tickets[i].id.v) {
            rows++;
        }
        count_events(m, &tickets[i], events + from, rows, calendar, hours->now);
        for (from = 0; from < comment_count && comments[from].ticket_id.v != tickets[i].id.v;) {
            from++;
        }
        for (rows = 0;
             from + rows < comment_count && comments[from + rows].ticket_id.v == tickets[i].id.v;) {
            rows++;
        }
        count_comments(m, &tickets[i], comments + from, rows, calendar, &wrote);
    }
    *ret = list;
    return true;
}

bool ticket_links(struct db *db, mem_ctx *ctx, const struct ticket *tickets, size_t count,
                  struct ticket_link **ret, size_t *ret_count, struct error *err)
{
    struct incident_counts_row *incidents = NULL;
    struct followups_of_row *followups = NULL;
    size_t incident_count = 0;
    size_t followup_count = 0;
    const int64_t *ids = ids_of(ctx, tickets, count);
    if (!incident_counts(db, ctx, ids, count, &incidents, &incident_count, err) ||
        !followups_of(db, ctx, ids, count, &followups, &followup_count, err)) {
        return false;
    }
    struct ticket_link *list =
        mem_array(ctx, struct ticket_link, incident_count + followup_count + 1);
    for (size_t i = 0; i < incident_count; i++) {
        list[i] =
            (struct ticket_link){.ticket = incidents[i].problem_id, .incidents = incidents[i].n};
    }
    for (size_t i = 0; i < followup_count; i++) {
        list[incident_count + i] =
            (struct ticket_link){.ticket = followups[i].followup_of, .followup = followups[i].id};
    }
    *ret = list;
    *ret_count = incident_count + followup_count;
    return true;
}
