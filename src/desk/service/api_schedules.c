// SPDX-License-Identifier: GPL-3.0-or-later
//
// JSON handlers of schedules and their holidays.
#include "app/api.h"
#include "desk/desk.h"
#include "desk/service/api.h"
#include "desk/service/service.h"

enum { INTERVALS_MAX = 7 * 24, HOLIDAYS_MAX = 1000 };

// --- writing ------------------------------------------------------------------------------------

static void write_intervals(struct jw *w, const struct schedule *s)
{
    jw_field_array(w, "intervals");
    for (size_t i = 0; i < s->interval_count; i++) {
        jw_object_begin(w);
        jw_field_i64(w, "start_time", s->intervals[i].start);
        jw_field_i64(w, "end_time", s->intervals[i].end);
        jw_object_end(w);
    }
    jw_array_end(w);
}

static void write_schedule(struct jw *w, const struct schedule *s)
{
    jw_object_begin(w);
    jw_field_i64(w, "id", s->id.v);
    jw_field_str(w, "name", s->name);
    jw_field_str(w, "time_zone", s->time_zone);
    write_intervals(w, s);
    jw_field_array(w, "group_ids");
    for (size_t i = 0; i < s->group_count; i++) {
        jw_i64(w, s->groups[i].v);
    }
    jw_array_end(w);
    jw_field_time(w, "created_at", s->created_at);
    jw_field_time(w, "updated_at", s->updated_at);
    jw_object_end(w);
}

static void write_holiday(struct ctx *ctx, struct jw *w, const struct schedule_holiday *h)
{
    jw_object_begin(w);
    jw_field_i64(w, "id", h->id);
    jw_field_str(w, "name", h->name);
    jw_field_str(w, "start_date", str_sub(time_iso(ctx->mem, h->days.first_day * DAYS_MS), 0, 10));
    jw_field_str(w, "end_date", str_sub(time_iso(ctx->mem, h->days.last_day * DAYS_MS), 0, 10));
    jw_object_end(w);
}

static bool answer_schedule(struct ctx *ctx, const struct schedule *s, struct error *err)
{
    struct jw w;
    api_begin(ctx, &w);
    jw_key(&w, "schedule");
    write_schedule(&w, s);
    return api_end(ctx, &w, err);
}

// --- reading ------------------------------------------------------------------------------------

static bool load(struct ctx *ctx, struct schedule *ret, struct error *err)
{
    const struct service_book *book = NULL;
    if (!service_read(desk_of(ctx)->service, ctx->db, ctx->mem, &book, err)) {
        return false;
    }
    const struct schedule *found = schedule_in_book(book, (struct schedule_id){ctx->path.ids[0]});
    if (found == NULL) {
        return error_set(err, ERR_NOT_FOUND, "There is no such schedule.");
    }
    *ret = *found;
    return true;
}

// GET /api/v2/business_hours/schedules
bool api_schedules_list(struct ctx *ctx, struct error *err)
{
    const struct service_book *book = NULL;
    struct jw w;
    if (!service_read(desk_of(ctx)->service, ctx->db, ctx->mem, &book, err)) {
        return false;
    }
    api_begin(ctx, &w);
    jw_field_array(&w, "schedules");
    for (size_t i = 0; i < book->schedule_count; i++) {
        write_schedule(&w, &book->schedules[i]);
    }
    jw_array_end(&w);
    jw_field_str(&w, "url", api_url(ctx, "/api/v2/business_hours/schedules.json"));
    jw_field_i64(&w, "count", (int64_t)book->schedule_count);
    jw_field_null(&w, "next_page");
    jw_field_null(&w, "previous_page");
    return api_end(ctx, &w, err);
}

// GET /api/v2/business_hours/schedules/{schedule:id}
bool api_schedule_show(struct ctx *ctx, struct error *err)
{
    struct schedule schedule;
    return load(ctx, &schedule, err) && answer_schedule(ctx, &schedule, err);
}

static void read_text(struct jr_value object, const char *key, struct str *ret)
{
    if (!jr_absent(jr_get(object, key))) {
        struct str text = jr_text(jr_get(object, key));
        *ret = str_none(text) ? STR("") : text;
    }
}

static bool read_intervals(struct ctx *ctx, struct jr_value list, struct schedule *ret,
                           struct error *err)
{
    size_t count = jr_count(list);
    if (jr_absent(list)) {
        return true;
    }
    if (jr_kind(list) != JR_LIST || count > INTERVALS_MAX) {
        return error_field(err, "intervals", "InvalidValue",
                           "Intervals: must be a list of at most %d.", INTERVALS_MAX);
    }
    struct calendar_interval *intervals = mem_array(ctx->mem, struct calendar_interval, count + 1);
    for (size_t i = 0; i < count; i++) {
        int64_t start = -1;
        int64_t end = -1;
        bool fine = jr_i64(jr_get(jr_at(list, i), "start_time"), &start) &&
                    jr_i64(jr_get(jr_at(list, i), "end_time"), &end);
        if (!fine || start < 0 || end > CALENDAR_WEEK_MINUTES || start >= end) {
            return error_field(err, "intervals", "InvalidValue",
                               "Intervals: start_time and end_time are minutes since Sunday, the "
                               "start before the end.");
        }
        intervals[i] = (struct calendar_interval){(int)start, (int)end};
    }
    ret->intervals = intervals;
    ret->interval_count = count;
    return true;
}

static bool read_groups(struct ctx *ctx, struct jr_value list, struct schedule *ret,
                        struct error *err)
{
    if (jr_absent(list)) {
        return true;
    }
    struct group_id *groups = mem_array(ctx->mem, struct group_id, jr_count(list) + 1);
    ret->group_count = 0;
    for (size_t i = 0; i < jr_count(list) && i < API_BATCH_MAX; i++) {
        if (!jr_id(jr_at(list, i), &groups[ret->group_count++].v)) {
            return error_field(err, "group_ids", "InvalidValue", "These are not ids.");
        }
    }
    ret->groups = groups;
    return true;
}

static bool read_schedule(struct ctx *ctx, struct jr_value object, struct schedule *ret,
                          struct error *err)
{
    read_text(object, "name", &ret->name);
    read_text(object, "time_zone", &ret->time_zone);
    return read_intervals(ctx, jr_get(object, "intervals"), ret, err) &&
           read_groups(ctx, jr_get(object, "group_ids"), ret, err);
}

// --- changing -----------------------------------------------------------------------------------

struct storing {
    struct ctx *ctx;
    struct schedule schedule;
};

static bool store_tx(struct db *tx, void *arg, struct error *err)
{
    struct storing *s = arg;
    struct schedule again = s->schedule;  // a transaction may run twice
    if (!schedule_store(desk_of(s->ctx), tx, s->ctx->mem, &s->ctx->actor, &again, err)) {
        return false;
    }
    s->schedule = again;
    return true;
}

static bool store(struct ctx *ctx, struct schedule *schedule, struct error *err)
{
    struct storing storing = {ctx, *schedule};
    if (!db_tx_run(ctx->app->db, "api.schedule", store_tx, &storing, err)) {
        return false;
    }
    *schedule = storing.schedule;
    return true;
}

// POST /api/v2/business_hours/schedules: Monday to Friday, 9 to 17, where nothing else is said.
bool api_schedule_create(struct ctx *ctx, struct error *err)
{
    static const struct calendar_interval WEEK[] = {
        {1980, 2460}, {3420, 3900}, {4860, 5340}, {6300, 6780}, {7740, 8220}};
    struct calendar_interval *week = mem_array(ctx->mem, struct calendar_interval, 5);
    struct jr_value object = JR_NONE;
    for (int i = 0; i < 5; i++) {
        week[i] = WEEK[i];
    }
    struct schedule schedule = {
        .name = STR(""), .time_zone = STR("UTC"), .intervals = week, .interval_count = 5};
    if (!api_body(ctx, "schedule", &object, err) || !read_schedule(ctx, object, &schedule, err) ||
        !store(ctx, &schedule, err)) {
        return false;
    }
    api_created(
        ctx, api_url(ctx, "/api/v2/business_hours/schedules/%lld.json", (long long)schedule.id.v));
    return answer_schedule(ctx, &schedule, err);
}

// PUT /api/v2/business_hours/schedules/{schedule:id}
bool api_schedule_update(struct ctx *ctx, struct error *err)
{
    struct schedule schedule;
    struct jr_value object = JR_NONE;
    return load(ctx, &schedule, err) && api_body(ctx, "schedule", &object, err) &&
           read_schedule(ctx, object, &schedule, err) && store(ctx, &schedule, err) &&
           answer_schedule(ctx, &schedule, err);
}

// PUT /api/v2/business_hours/schedules/{schedule:id}/workweek
bool api_schedule_workweek(struct ctx *ctx, struct error *err)
{
    struct schedule schedule;
    struct jr_value object = JR_NONE;
    struct jw w;
    if (!load(ctx, &schedule, err) || !api_body(ctx, "workweek", &object, err) ||
        !read_intervals(ctx, jr_get(object, "intervals"), &schedule, err) ||
        !store(ctx, &schedule, err)) {
        return false;
    }
    api_begin(ctx, &w);
    jw_field_object(&w, "workweek");
    write_intervals(&w, &schedule);
    jw_object_end(&w);
    return api_end(ctx, &w, err);
}

static bool delete_tx(struct db *tx, void *arg, struct error *err)
{
    struct storing *s = arg;
    return schedule_delete(desk_of(s->ctx), tx, s->ctx->mem, &s->ctx->actor, s->schedule.id, err);
}

// DELETE /api/v2/business_hours/schedules/{schedule:id}
bool api_schedule_delete(struct ctx *ctx, struct error *err)
{
    struct storing storing = {.ctx = ctx};
    if (!load(ctx, &storing.schedule, err) ||
        !db_tx_run(ctx->app->db, "api.schedule.delete", delete_tx, &storing, err)) {
        return false;
    }
    api_no_content(ctx);
    return true;
}

// --- holidays -----------------------------------------------------------------------------------

static struct schedule_holiday *find_holiday(struct schedule_holiday *list, size_t count,
                                             int64_t id)
{
    for (size_t i = 0; i < count; i++) {
        if (list[i].id == id) {
            return &list[i];
        }
    }
    return NULL;
}

// The schedule with room for one more holiday, and the one in the address.
static bool load_holiday(struct ctx *ctx, struct schedule *ret, struct schedule_holiday **ret_one,
                         struct error *err)
{
    if (!load(ctx, ret, err)) {
        return false;
    }
    struct schedule_holiday *list =
        mem_array(ctx->mem, struct schedule_holiday, ret->holiday_count + 1);
    for (size_t i = 0; i < ret->holiday_count; i++) {
        list[i] = ret->holidays[i];
    }
    ret->holidays = list;
    *ret_one = ctx->path.ids[1] != 0 ? find_holiday(list, ret->holiday_count, ctx->path.ids[1])
                                     : &list[ret->holiday_count];
    return *ret_one != NULL || error_set(err, ERR_NOT_FOUND, "There is no such holiday.");
}

// GET /api/v2/business_hours/schedules/{schedule:id}/holidays
bool api_holidays_list(struct ctx *ctx, struct error *err)
{
    struct schedule schedule;
    struct jw w;
    if (!load(ctx, &schedule, err)) {
        return false;
    }
    api_begin(ctx, &w);
    jw_field_array(&w, "holidays");
    for (size_t i = 0; i < schedule.holiday_count; i++) {
        write_holiday(ctx, &w, &schedule.holidays[i]);
    }
    jw_array_end(&w);
    jw_field_i64(&w, "count", (int64_t)schedule.holiday_count);
    jw_field_null(&w, "next_page");
    jw_field_null(&w, "previous_page");
    return api_end(ctx, &w, err);
}

static bool answer_holiday(struct ctx *ctx, const struct schedule_holiday *h, struct error *err)
{
    struct jw w;
    api_begin(ctx, &w);
    jw_key(&w, "holiday");
    write_holiday(ctx, &w, h);
    return api_end(ctx, &w, err);
}

// GET /api/v2/business_hours/schedules/{schedule:id}/holidays/{holiday:id}
bool api_holiday_show(struct ctx *ctx, struct error *err)
{
    struct schedule schedule;
    struct schedule_holiday *one = NULL;
    return load_holiday(ctx, &schedule, &one, err) && answer_holiday(ctx, one, err);
}

static bool read_day(struct jr_value object, const char *key, int64_t *ret, struct error *err)
{
    int64_t ms = 0;
    if (jr_absent(jr_get(object, key))) {
        return true;
    }
    if (!time_parse_iso(jr_text(jr_get(object, key)), &ms) || ms < 0) {
        return error_field(err, key, "InvalidValue", "Dates are written 2026-12-24.");
    }
    *ret = ms / DAYS_MS;
    return true;
}

static bool read_holiday(struct ctx *ctx, struct schedule_holiday *ret, struct error *err)
{
    struct jr_value object = JR_NONE;
    if (!api_body(ctx, "holiday", &object, err)) {
        return false;
    }
    read_text(object, "name", &ret->name);
    if (!read_day(object, "start_date", &ret->days.first_day, err)) {
        return false;
    }
    bool one_day = ret->id == 0 && jr_absent(jr_get(object, "end_date"));
    ret->days.last_day = one_day ? ret->days.first_day : ret->days.last_day;
    return read_day(object, "end_date", &ret->days.last_day, err);
}

// POST /api/v2/business_hours/schedules/{schedule:id}/holidays
bool api_holiday_create(struct ctx *ctx, struct error *err)
{
    struct schedule schedule;
    struct schedule_holiday *one = NULL;
    if (!load_holiday(ctx, &schedule, &one, err)) {
        return false;
    }
    if (schedule.holiday_count >= HOLIDAYS_MAX) {
        return error_field(err, "base", "TooLong", "A schedule holds at most %d holidays.",
                           HOLIDAYS_MAX);
    }
    *one = (struct schedule_holiday){.name = STR("")};
    if (!read_holiday(ctx, one, err)) {
        return false;
    }
    if (one->days.first_day == 0) {
        return error_field(err, "start_date", "BlankValue", "Start date: cannot be blank");
    }
    schedule.holiday_count++;
    if (!store(ctx, &schedule, err)) {
        return false;
    }
    ctx->resp->status = 201;
    return answer_holiday(ctx, &schedule.holidays[schedule.holiday_count - 1], err);
}

// PUT /api/v2/business_hours/schedules/{schedule:id}/holidays/{holiday:id}
bool api_holiday_update(struct ctx *ctx, struct error *err)
{
    struct schedule schedule;
    struct schedule_holiday *one = NULL;
    return load_holiday(ctx, &schedule, &one, err) && read_holiday(ctx, one, err) &&
           store(ctx, &schedule, err) && answer_holiday(ctx, one, err);
}

// DELETE /api/v2/business_hours/schedules/{schedule:id}/holidays/{holiday:id}
bool api_holiday_delete(struct ctx *ctx, struct error *err)
{
    struct schedule schedule;
    struct schedule_holiday *one = NULL;
    if (!load_holiday(ctx, &schedule, &one, err)) {
        return false;
    }
    *one = schedule.holidays[--schedule.holiday_count];
    if (!store(ctx, &schedule, err)) {
        return false;
    }
    api_no_content(ctx);
    return true;
}
