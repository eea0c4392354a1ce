// SPDX-License-Identifier: GPL-3.0-or-later
//
// The book of schedules and policies: all of them in memory, compiled, shared by all threads.
// Whoever finds another stamp in the database reads a new one; the old one goes when its last
// reader has let go of it.
#include <pthread.h>

#include "base/random.h"
#include "desk/service/queries.h"
#include "desk/service/service_internal.h"

struct shared_book {
    struct service_room *room;
    int readers;  // and one more while it is the room's
    struct service_book book;
};

struct service_room {
    struct clock *clock;
    pthread_mutex_t lock;      // guards what follows
    struct shared_book *book;  // NULL until first asked for
};

static void let_go(void *handle)
{
    struct shared_book *shared = handle;
    struct service_room *room = shared->room;
    (void)pthread_mutex_lock(&room->lock);
    bool last = --shared->readers == 0;
    (void)pthread_mutex_unlock(&room->lock);
    if (last) {
        mem_free(shared);
    }
}

static void close_room(void *handle)
{
    struct service_room *room = handle;
    if (room->book != NULL) {
        let_go(room->book);
    }
    (void)pthread_mutex_destroy(&room->lock);
}

struct service_room *service_new(mem_ctx *ctx, struct clock *clock)
{
    struct service_room *room = mem_new(ctx, struct service_room);
    room->clock = clock;
    (void)pthread_mutex_init(&room->lock, NULL);
    mem_on_free(room, close_room, room);
    return room;
}

static struct shared_book *take(struct service_room *room, int64_t stamp)
{
    struct shared_book *shared = NULL;
    (void)pthread_mutex_lock(&room->lock);
    if (room->book != NULL && room->book->book.stamp == stamp) {
        shared = room->book;
        shared->readers++;
    }
    (void)pthread_mutex_unlock(&room->lock);
    return shared;
}

static void replace(struct service_room *room, struct shared_book *fresh)
{
    (void)pthread_mutex_lock(&room->lock);
    struct shared_book *old = room->book;
    room->book = fresh;
    (void)pthread_mutex_unlock(&room->lock);
    if (old != NULL) {
        let_go(old);
    }
}

static bool book_load(struct db *db, mem_ctx *ctx, int64_t stamp, struct service_book *ret,
                      struct error *err);

bool service_read(struct service_room *room, struct db *db, mem_ctx *ctx,
                  const struct service_book **ret, struct error *err)
{
    struct service_stamp_read_row row;
    if (!service_stamp_read(db, ctx, &row, err)) {
        return false;
    }
    struct shared_book *shared = take(room, row.stamp);
    if (shared == NULL) {
        shared = mem_new(NULL, struct shared_book);
        shared->room = room;
        shared->readers = 2;  // the room and this reader
        if (!book_load(db, shared, row.stamp, &shared->book, err)) {
            mem_free(shared);
            return false;
        }
        replace(room, shared);
    }
    mem_on_free(ctx, let_go, shared);
    *ret = &shared->book;
    return true;
}

bool service_book_changed(struct db *tx, struct error *err)
{
    // Random, not counted: a stamp of a transaction that was undone must never come again.
    return service_stamp_write(tx, (int64_t)random_below(INT64_MAX), err);
}

bool service_defined_changed(struct db *tx, struct error *err)
{
    return service_book_changed(tx, err);
}

const struct schedule *schedule_in_book(const struct service_book *book, struct schedule_id id)
{
    for (size_t i = 0; i < book->schedule_count; i++) {
        if (book->schedules[i].id.v == id.v) {
            return &book->schedules[i];
        }
    }
    return NULL;
}

const struct policy *policy_in_book(const struct service_book *book, struct policy_id id)
{
    for (size_t i = 0; i < book->policy_count; i++) {
        if (book->policies[i].id.v == id.v) {
            return &book->policies[i];
        }
    }
    return NULL;
}

const struct schedule *schedule_of_group(const struct service_book *book, struct group_id group)
{
    for (size_t i = 0; i < book->schedule_count && group.v != 0; i++) {
        for (size_t k = 0; k < book->schedules[i].group_count; k++) {
            if (book->schedules[i].groups[k].v == group.v) {
                return &book->schedules[i];
            }
        }
    }
    return book->schedule_count > 0 ? &book->schedules[0] : NULL;
}

// --- schedules ----------------------------------------------------------------------------------

bool schedule_calendar(mem_ctx *ctx, const struct schedule *schedule, struct calendar **ret,
                       struct error *err)
{
    struct calendar_holiday *days =
        mem_array(ctx, struct calendar_holiday, schedule->holiday_count + 1);
    for (size_t i = 0; i < schedule->holiday_count; i++) {
        days[i] = schedule->holidays[i].days;
    }
    return calendar_new(ctx, schedule->time_zone, schedule->intervals, schedule->interval_count,
                        days, schedule->holiday_count, ret, err);
}

struct schedule_rows {
    struct schedule_interval_rows_row *intervals;
    size_t interval_count;
    struct schedule_holiday_rows_row *holidays;
    size_t holiday_count;
    struct schedule_group_rows_row *groups;
    size_t group_count;
};

static void fill_schedule(mem_ctx *ctx, const struct schedule_rows *rows, struct schedule *s)
{
    struct calendar_interval *intervals =
        mem_array(ctx, struct calendar_interval, rows->interval_count + 1);
    struct schedule_holiday *holidays =
        mem_array(ctx, struct schedule_holiday, rows->holiday_count + 1);
    struct group_id *groups = mem_array(ctx, struct group_id, rows->group_count + 1);
    for (size_t i = 0; i < rows->interval_count; i++) {
        if (rows->intervals[i].schedule_id.v == s->id.v) {
            intervals[s->interval_count++] = (struct calendar_interval){
                (int)rows->intervals[i].start_minute, (int)rows->intervals[i].end_minute};
        }
    }
    for (size_t i = 0; i < rows->holiday_count; i++) {
        if (rows->holidays[i].schedule_id.v == s->id.v) {
            holidays[s->holiday_count++] = (struct schedule_holiday){
                rows->holidays[i].id,
                rows->holidays[i].name,
                {rows->holidays[i].first_day, rows->holidays[i].last_day}};
        }
    }
    for (size_t i = 0; i < rows->group_count; i++) {
        if (rows->groups[i].schedule_id.v == s->id.v) {
            groups[s->group_count++] = rows->groups[i].group_id;
        }
    }
    s->intervals = intervals;
    s->holidays = holidays;
    s->groups = groups;
}

static bool load_schedules(struct db *db, mem_ctx *ctx, struct service_book *book,
                           struct error *err)
{
    struct schedule_rows_row *list = NULL;
    struct schedule_rows rows = {0};
    if (!schedule_rows(db, ctx, &list, &book->schedule_count, err) ||
        !schedule_interval_rows(db, ctx, &rows.intervals, &rows.interval_count, err) ||
        !schedule_holiday_rows(db, ctx, &rows.holidays, &rows.holiday_count, err) ||
        !schedule_group_rows(db, ctx, &rows.groups, &rows.group_count, err)) {
        return false;
    }
    book->schedules = mem_array(ctx, struct schedule, book->schedule_count + 1);
    for (size_t i = 0; i < book->schedule_count; i++) {
        struct schedule *s = &book->schedules[i];
        struct calendar *calendar = NULL;
        *s = (struct schedule){.id = list[i].id,
                               .name = list[i].name,
                               .time_zone = list[i].time_zone,
                               .created_at = list[i].created_at,
                               .updated_at = list[i].updated_at};
        fill_schedule(ctx, &rows, s);
        if (!schedule_calendar(ctx, s, &calendar, err)) {
            return false;
        }
        s->calendar = calendar;
    }
    return true;
}

// --- policies -----------------------------------------------------------------------------------

// Rows of one term stand together, its parts in order.
static size_t add_term(mem_ctx *ctx, struct policy *policy, const struct policy_term_rows_row *rows,
                       size_t count)
{
    size_t parts = 1;
    while (parts < count && rows[parts].policy_id.v == rows->policy_id.v &&
           rows[parts].ordinal == rows->ordinal) {
        parts++;
    }
    struct str *values = mem_array(ctx, struct str, parts);
    size_t used = 0;
    for (size_t i = 0; i < parts; i++) {
        if (rows[i].part >= 0) {
            values[used++] = str_none(rows[i].value) ? STR("") : rows[i].value;
        }
    }
    struct rule *rule = &policy->rule;
    struct rule_term *terms = mem_grow(ctx, (struct rule_term *)(uintptr_t)rule->terms,
                                       struct rule_term, rule->term_count + 1);
    terms[rule->term_count++] = (struct rule_term){
        .place = str_eq_c(rows->place, "all") ? PLACE_ALL : PLACE_ANY,
        .field = rows->field,
        .op = rows->operator,
        .values = values,
        .count = used,
        .list = rows->is_list,
    };
    rule->terms = terms;
    return parts;
}

struct policy_parts {
    struct policy_term_rows_row *terms;
    size_t term_count;
    struct policy_target_rows_row *targets;
    size_t target_count;
};

static void fill_policy(mem_ctx *ctx, const struct rule_defined *defined,
                        const struct policy_parts *rows, struct policy *p)
{
    struct policy_target *targets = mem_array(ctx, struct policy_target, rows->target_count + 1);
    for (size_t i = 0; i < rows->term_count;) {
        i += rows->terms[i].policy_id.v == p->id.v
                 ? add_term(ctx, p, &rows->terms[i], rows->term_count - i)
                 : 1;
    }
    for (size_t i = 0; i < rows->target_count; i++) {
        const struct policy_target_rows_row *row = &rows->targets[i];
        if (row->policy_id.v == p->id.v && row->metric >= 0 && row->metric < METER_COUNT) {
            targets[p->target_count++] =
                (struct policy_target){(enum ticket_priority)row->priority, (enum meter)row->metric,
                                       row->target_ms, row->business};
        }
    }
    p->targets = targets;
    struct problems problems;
    problems_init(&problems, ctx);
    p->broken = !conditions_compile(ctx, RULE_POLICY, defined, p->rule.terms, p->rule.term_count,
                                    &p->conditions, &problems);
}

static bool load_policies(struct db *db, mem_ctx *ctx, struct service_book *book, struct error *err)
{
    struct policy_rows_row *list = NULL;
    struct policy_parts rows = {0};
    if (!policy_rows(db, ctx, &list, &book->policy_count, err) ||
        !policy_term_rows(db, ctx, &rows.terms, &rows.term_count, err) ||
        !policy_target_rows(db, ctx, &rows.targets, &rows.target_count, err) ||
        !rule_defined_load(db, ctx, &book->defined, err)) {
        return false;
    }
    book->policies = mem_array(ctx, struct policy, book->policy_count + 1);
    for (size_t i = 0; i < book->policy_count; i++) {
        book->policies[i] = (struct policy){
            .id = list[i].id,
            .description = list[i].description,
            .position = list[i].position,
            .created_at = list[i].created_at,
            .updated_at = list[i].updated_at,
            .rule = {.kind = RULE_POLICY, .title = list[i].title},
        };
        fill_policy(ctx, &book->defined, &rows, &book->policies[i]);
    }
    return true;
}

static bool book_load(struct db *db, mem_ctx *ctx, int64_t stamp, struct service_book *ret,
                      struct error *err)
{
    struct service_book book = {.stamp = stamp};
    if (!load_schedules(db, ctx, &book, err) || !load_policies(db, ctx, &book, err)) {
        return false;
    }
    *ret = book;
    return true;
}
