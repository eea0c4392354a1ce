// SPDX-License-Identifier: GPL-3.0-or-later
#include "desk/tickets/report.h"

#include <stdlib.h>

#include "desk/tickets/queries.h"

#define AGAIN_MS HOURS_MS
enum { DAYS_MOST = 800 };

// --- days and channels --------------------------------------------------------------------------

static int64_t day_of(const struct report_span *span, int64_t ms)
{
    return (ms + span->zone_offset_ms) / DAYS_MS;
}

bool report_days(struct db *db, mem_ctx *ctx, const struct report_span *span,
                 struct report_day **ret, size_t *ret_count, struct error *err)
{
    struct report_made_row *made = NULL;
    struct report_solved_row *solved = NULL;
    size_t made_count = 0;
    size_t solved_count = 0;
    if (!report_made(db, ctx, span->since, span->until, span->zone_offset_ms, span->group.v, &made,
                     &made_count, err) ||
        !report_solved(db, ctx, span->since, span->until, span->zone_offset_ms, span->group.v,
                       &solved, &solved_count, err)) {
        return false;
    }
    int64_t first = day_of(span, span->since);
    int64_t count = day_of(span, span->until - 1) - first + 1;
    count = count < 0 ? 0 : count > DAYS_MOST ? DAYS_MOST : count;
    *ret = mem_array(ctx, struct report_day, (size_t)count + 1);
    *ret_count = (size_t)count;
    for (int64_t i = 0; i < count; i++) {
        (*ret)[i].day = first + i;
    }
    for (size_t i = 0; i < made_count; i++) {
        int64_t at = made[i].day - first;
        (*ret)[at < count ? at : count].made += made[i].made;
    }
    for (size_t i = 0; i < solved_count; i++) {
        int64_t at = solved[i].day - first;
        (*ret)[at < count ? at : count].solved += solved[i].solved;
    }
    return true;
}

bool report_channels(struct db *db, mem_ctx *ctx, const struct report_span *span,
                     struct report_channel **ret, size_t *ret_count, struct error *err)
{
    struct report_made_row *rows = NULL;
    size_t count = 0;
    if (!report_made(db, ctx, span->since, span->until, 0, span->group.v, &rows, &count, err)) {
        return false;
    }
    struct report_channel *list = mem_array(ctx, struct report_channel, count + 1);
    *ret_count = 0;
    for (size_t i = 0; i < count; i++) {
        size_t k = 0;
        while (k < *ret_count && !str_eq(list[k].channel, rows[i].channel)) {
            k++;
        }
        *ret_count += k == *ret_count ? 1 : 0;
        list[k].channel = rows[i].channel;
        list[k].made += rows[i].made;
    }
    *ret = list;
    return true;
}

// --- waits --------------------------------------------------------------------------------------

static int compare_ms(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a;
    int64_t y = *(const int64_t *)b;
    return x < y ? -1 : x > y;
}

static struct report_wait wait_of(int64_t *list, size_t count)
{
    struct report_wait wait = {.count = (int64_t)count};
    if (count > 0) {
        qsort(list, count, sizeof *list, compare_ms);
        wait.median_ms = list[count / 2];
        wait.most_ms = list[count * 9 / 10];
    }
    return wait;
}

static int compare_user(const void *a, const void *b)
{
    return compare_ms(a, b);
}

bool report_tickets(struct db *db, mem_ctx *ctx, const struct report_span *span,
                    struct ticket **ret, size_t *ret_count, struct error *err)
{
    struct report_asked_row *rows = NULL;
    size_t count = 0;
    if (!report_asked(db, ctx, span->since, span->until, span->group.v, REPORT_TICKETS_MOST, &rows,
                      &count, err)) {
        return false;
    }
    *ret = mem_array(ctx, struct ticket, count + 1);
    *ret_count = count;
    for (size_t i = 0; i < count; i++) {
        (*ret)[i] = (struct ticket){.id = rows[i].id,
                                    .group = rows[i].group_id,
                                    .organization = rows[i].organization_id,
                                    .created_at = rows[i].created_at,
                                    .solved_at = rows[i].solved_at.set ? rows[i].solved_at.v : 0};
    }
    return true;
}

static struct ticket *find(struct ticket *tickets, size_t count, const struct ticket_id id)
{
    for (size_t low = 0, high = count; low < high;) {
        size_t middle = low + (high - low) / 2;
        if (tickets[middle].id.v == id.v) {
            return &tickets[middle];
        }
        low = tickets[middle].id.v < id.v ? middle + 1 : low;
        high = tickets[middle].id.v > id.v ? middle : high;
    }
    return NULL;
}

static int compare_ticket(const void *a, const void *b)
{
    const struct ticket *x = a;
    const struct ticket *y = b;
    return compare_ms(&x->id.v, &y->id.v);
}

bool report_waits(struct db *db, mem_ctx *ctx, const struct report_span *span,
                  const struct user_id *staff, size_t staff_count, struct report_wait *ret_word,
                  struct report_wait *ret_solution, struct error *err)
{
    struct report_answers_row *rows = NULL;
    struct ticket *tickets = NULL;
    size_t row_count = 0;
    size_t count = 0;
    if (!report_tickets(db, ctx, span, &tickets, &count, err) ||
        !report_answers(db, ctx, span->since, span->until, span->group.v, &rows, &row_count, err)) {
        return false;
    }
    qsort(tickets, count, sizeof *tickets, compare_ticket);
    int64_t *words = mem_array(ctx, int64_t, row_count + 1);
    int64_t *solutions = mem_array(ctx, int64_t, count + 1);
    size_t word_count = 0;
    size_t solution_count = 0;
    struct ticket_id answered = {0};
    for (size_t i = 0; i < row_count; i++) {
        const struct ticket *ticket = find(tickets, count, rows[i].ticket_id);
        if (ticket != NULL && rows[i].ticket_id.v != answered.v &&
            bsearch(&rows[i].author_id, staff, staff_count, sizeof *staff, compare_user) != NULL) {
            answered = rows[i].ticket_id;
            words[word_count++] = rows[i].first_at - ticket->created_at;
        }
    }
    for (size_t i = 0; i < count; i++) {
        if (tickets[i].solved_at != 0) {
            solutions[solution_count++] = tickets[i].solved_at - tickets[i].created_at;
        }
    }
    *ret_word = wait_of(words, word_count);
    *ret_solution = wait_of(solutions, solution_count);
    return true;
}

// --- hands --------------------------------------------------------------------------------------

bool report_moves(struct db *db, mem_ctx *ctx, const struct report_span *span,
                  struct report_moves *ret, struct error *err)
{
    struct report_moved_row *rows = NULL;
    struct report_repeated_row repeated;
    size_t count = 0;
    *ret = (struct report_moves){0};
    if (!report_moved(db, ctx, span->since, span->until, span->group.v, &rows, &count, err) ||
        !report_repeated(db, ctx, span->since, span->until, span->group.v, AGAIN_MS, &repeated,
                         err)) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        if (str_eq_c(rows[i].field, "steward_id")) {
            ret->steward_tickets = rows[i].tickets;
        } else if (str_eq_c(rows[i].field, "assignee_id")) {
            ret->assignee_times = rows[i].times;
            ret->assignee_tickets = rows[i].tickets;
        } else if (str_eq_c(rows[i].field, "group_id")) {
            ret->group_times = rows[i].times;
            ret->group_tickets = rows[i].tickets;
        } else {
            ret->reopened = rows[i].tickets;
        }
    }
    ret->repeated = repeated.tickets;
    return true;
}
