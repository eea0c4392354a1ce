// SPDX-License-Identifier: GPL-3.0-or-later
#include "desk/service/written.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define ASSERT_STR(text, expected) assert_true(str_eq_c((text), (expected)))

static mem_ctx *root;

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

static void hours_of_a_day_are_read_and_written(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *back;  // NULL: refused
    } CASES[] = {
        {"9-17", "09:00-17:00"},
        {" 09:00 - 12:30 ,13:30-17 ", "09:00-12:30, 13:30-17:00"},
        {"0-24", "00:00-24:00"},
        {"", ""},
        {" , ", ""},
        {"9", NULL},
        {"17-9", NULL},
        {"9-9", NULL},
        {"9-25", NULL},
        {"9:5-10", NULL},
        {"9:60-11", NULL},
        {"-1-5", NULL},
        {"nine to five", NULL},
        {"23:59-24:01", NULL},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        struct calendar_interval list[HOURS_MOST];
        size_t count = 0;
        struct error err;
        bool good = hours_read(str_c(CASES[i].text), 3, list, &count, &err);
        assert_int_equal(good, CASES[i].back != NULL);
        if (good) {
            ASSERT_STR(hours_write(root, list, count, 3), CASES[i].back);
            ASSERT_STR(hours_write(root, list, count, 4), "");
        }
    }
}

static void a_night_shows_in_both_of_its_days(void **state)
{
    (void)state;
    const struct calendar_interval night = {(24 + 22) * 60, (48 + 6) * 60};
    ASSERT_STR(hours_write(root, &night, 1, 1), "22:00-24:00");
    ASSERT_STR(hours_write(root, &night, 1, 2), "00:00-06:00");
}

static void free_days_are_lines(void **state)
{
    (void)state;
    struct free_days *list = NULL;
    size_t count = 0;
    struct error err;
    assert_true(free_days_read(
        root, STR("2026-12-24 Christmas Eve\r\n\n 2026-12-25..2026-12-26  Christmas "), &list,
        &count, &err));
    assert_int_equal(count, 2);
    ASSERT_STR(free_days_write(root, list[0].name, list[0].days), "2026-12-24 Christmas Eve\n");
    ASSERT_STR(free_days_write(root, list[1].name, list[1].days),
               "2026-12-25..2026-12-26 Christmas\n");
    static const char *const WRONG[] = {
        "2026-12-24",    "2026-13-24 X", "24.12.2026 X", "Christmas", "2026-12-26..2026-12-25 X",
        "2026-12-24.. X"};
    for (size_t i = 0; i < sizeof WRONG / sizeof *WRONG; i++) {
        assert_false(free_days_read(root, str_c(WRONG[i]), &list, &count, &err));
    }
}

static void spans_of_time(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        int64_t minutes;  // 0: refused
        const char *back;
    } CASES[] = {
        {"30m", 30, "30m"},
        {"90", 90, "1h 30m"},
        {"4 h", 240, "4h"},
        {"1d 4h", 1680, "1d 4h"},
        {" 1d4h5m ", 1685, "1d 4h 5m"},
        {"", 0, NULL},
        {"0m", 0, NULL},
        {"-5m", 0, NULL},
        {"5x", 0, NULL},
        {"h", 0, NULL},
        {"99999999d", 0, NULL},
        {"4000d", 0, NULL},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        int64_t ms = 0;
        struct error err;
        assert_int_equal(span_read(str_c(CASES[i].text), &ms, &err), CASES[i].minutes > 0);
        if (CASES[i].minutes > 0) {
            assert_int_equal(ms, CASES[i].minutes * MINUTES_MS);
            ASSERT_STR(span_write(root, ms), CASES[i].back);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hours_of_a_day_are_read_and_written),
        cmocka_unit_test(a_night_shows_in_both_of_its_days),
        cmocka_unit_test(free_days_are_lines),
        cmocka_unit_test(spans_of_time),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
