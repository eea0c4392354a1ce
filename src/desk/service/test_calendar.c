// SPDX-License-Identifier: GPL-3.0-or-later
#include "desk/service/calendar.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <glib.h>
#include <stdlib.h>

static const struct calendar_interval OFFICE[] = {
    // Monday to Friday 9-12 and 13-17
    {1440 + 540, 1440 + 720},  {1440 + 780, 1440 + 1020}, {2880 + 540, 2880 + 720},
    {2880 + 780, 2880 + 1020}, {4320 + 540, 4320 + 720},  {4320 + 780, 4320 + 1020},
    {5760 + 540, 5760 + 720},  {5760 + 780, 5760 + 1020}, {7200 + 540, 7200 + 720},
    {7200 + 780, 7200 + 1020},
};
static const struct calendar_interval ALWAYS[] = {{0, CALENDAR_WEEK_MINUTES}};
static const struct calendar_interval NIGHTS[] = {{1260, 1440 + 360}, {7200 + 1320, 8640 + 300}};

static void *root;

static int set_up(void **state)
{
    (void)state;
    root = mem_ctx_new(NULL, "test");
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    mem_free(root);
    return 0;
}

static struct calendar *make(const char *zone, const struct calendar_interval *intervals, size_t n,
                             const struct calendar_holiday *holidays, size_t holiday_count)
{
    struct calendar *calendar = NULL;
    struct error err;
    assert_true(
        calendar_new(root, str_c(zone), intervals, n, holidays, holiday_count, &calendar, &err));
    return calendar;
}

static int64_t at(const char *iso)
{
    int64_t ms = 0;
    assert_true(time_parse_iso(str_c(iso), &ms));
    return ms;
}

static void office_hours_have_a_lunch_break(void **state)
{
    (void)state;
    struct calendar *c = make("Europe/Berlin", OFFICE, 10, NULL, 0);
    // Monday 2026-11-23, 11:30 to 13:30 local is one hour of work.
    assert_int_equal(
        calendar_between(c, at("2026-11-23T11:30:00+01:00"), at("2026-11-23T13:30:00+01:00")),
        HOURS_MS);
    // Friday 16:00 plus two hours is Monday 10:00.
    assert_int_equal(calendar_after(c, at("2026-11-27T16:00:00+01:00"), 2 * HOURS_MS),
                     at("2026-11-30T10:00:00+01:00"));
    assert_true(calendar_open_at(c, at("2026-11-23T09:00:00+01:00")));
    assert_false(calendar_open_at(c, at("2026-11-23T12:00:00+01:00")));
    assert_false(calendar_open_at(c, at("2026-11-22T10:00:00+01:00")));
    mem_free(c);
}

static void around_the_clock_loses_nothing_at_midnight(void **state)
{
    (void)state;
    struct calendar *c = make("America/New_York", ALWAYS, 1, NULL, 0);
    int64_t from = at("2026-10-30T12:34:56Z");
    assert_int_equal(calendar_between(c, from, from + 10 * DAYS_MS), 10 * DAYS_MS);
    assert_int_equal(calendar_after(c, from, 10 * DAYS_MS), from + 10 * DAYS_MS);
    mem_free(c);
}

static void days_of_clock_changes_have_23_and_25_hours(void **state)
{
    (void)state;
    struct calendar *c = make("Europe/Berlin", ALWAYS, 1, NULL, 0);
    assert_int_equal(
        calendar_between(c, at("2026-03-29T00:00:00+01:00"), at("2026-03-30T00:00:00+02:00")),
        23 * HOURS_MS);
    assert_int_equal(
        calendar_between(c, at("2026-10-25T00:00:00+02:00"), at("2026-10-26T00:00:00+01:00")),
        25 * HOURS_MS);
    mem_free(c);
}

static void holidays_are_closed(void **state)
{
    (void)state;
    struct calendar_holiday christmas = {time_from_civil(2026, 12, 24, 0, 0, 0) / DAYS_MS,
                                         time_from_civil(2026, 12, 26, 0, 0, 0) / DAYS_MS};
    struct calendar *c = make("Europe/Berlin", OFFICE, 10, &christmas, 1);
    assert_int_equal(calendar_after(c, at("2026-12-23T16:30:00+01:00"), HOURS_MS),
                     at("2026-12-28T09:30:00+01:00"));
    mem_free(c);
}

static void impossible_calendars_are_refused(void **state)
{
    (void)state;
    struct calendar *c = NULL;
    struct error err;
    struct calendar_interval overlap[] = {{0, 100}, {50, 200}};
    struct calendar_interval backwards[] = {{100, 50}};
    assert_false(calendar_new(root, STR("Mars/Olympus"), ALWAYS, 1, NULL, 0, &c, &err));
    assert_string_equal(err.field, "time_zone");
    assert_false(calendar_new(root, STR("UTC"), overlap, 2, NULL, 0, &c, &err));
    assert_false(calendar_new(root, STR("UTC"), backwards, 1, NULL, 0, &c, &err));
    c = make("UTC", NULL, 0, NULL, 0);
    assert_int_equal(calendar_after(c, 0, 1), CALENDAR_NEVER);
    mem_free(c);
}

// The slow second opinion: asks GLib for the local time of every minute.
static int64_t slow_between(const char *zone_name, const struct calendar_interval *intervals,
                            size_t n, int64_t from, int64_t to)
{
    GTimeZone *zone = g_time_zone_new_identifier(zone_name);
    int64_t sum = 0;
    for (int64_t t = from; t < to; t += MINUTES_MS) {
        GDateTime *utc = g_date_time_new_from_unix_utc(t / 1000);
        GDateTime *local = g_date_time_to_timezone(utc, zone);
        int minute = (g_date_time_get_day_of_week(local) % 7) * 1440 +
                     g_date_time_get_hour(local) * 60 + g_date_time_get_minute(local);
        for (size_t i = 0; i < n; i++) {
            sum += minute >= intervals[i].start && minute < intervals[i].end ? MINUTES_MS : 0;
        }
        g_date_time_unref(local);
        g_date_time_unref(utc);
    }
    g_time_zone_unref(zone);
    return sum;
}

static void agrees_with_counting_minutes(void **state)
{
    (void)state;
    static const char *const ZONES[] = {"Europe/Berlin", "America/New_York",
                                        "Asia/Kolkata",  "Pacific/Auckland",
                                        "UTC",           "America/St_Johns"};
    static const struct {
        const struct calendar_interval *intervals;
        size_t n;
    } SETS[] = {{OFFICE, 10}, {ALWAYS, 1}, {NIGHTS, 2}};
    srandom(7);
    for (size_t z = 0; z < 6; z++) {
        for (size_t s = 0; s < 3; s++) {
            struct calendar *c = make(ZONES[z], SETS[s].intervals, SETS[s].n, NULL, 0);
            for (int i = 0; i < 12; i++) {
                // Around the clock changes of 2026, to the minute.
                int64_t centre =
                    i % 2 == 0 ? at("2026-03-29T00:00:00Z") : at("2026-10-28T00:00:00Z");
                int64_t from = centre + ((int64_t)(random() % 20000) - 14000) * MINUTES_MS;
                int64_t to = from + (int64_t)(random() % 14000) * MINUTES_MS;
                int64_t fast = calendar_between(c, from, to);
                assert_int_equal(fast,
                                 slow_between(ZONES[z], SETS[s].intervals, SETS[s].n, from, to));
                if (fast > 0) {
                    int64_t end = calendar_after(c, from, fast);
                    assert_true(end <= to);
                    assert_int_equal(calendar_between(c, from, end), fast);
                }
            }
            mem_free(c);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(office_hours_have_a_lunch_break),
        cmocka_unit_test(around_the_clock_loses_nothing_at_midnight),
        cmocka_unit_test(days_of_clock_changes_have_23_and_25_hours),
        cmocka_unit_test(holidays_are_closed),
        cmocka_unit_test(impossible_calendars_are_refused),
        cmocka_unit_test(agrees_with_counting_minutes),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
