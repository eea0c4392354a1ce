// SPDX-License-Identifier: GPL-3.0-or-later
//
// Time, errors, secrets and the log.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/error.h"
#include "base/log.h"
#include "base/random.h"

static void *root;

static int set_up(void **state)
{
    (void)state;
    random_init();
    root = mem_ctx_new(NULL, "test");
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    mem_free(root);
    return 0;
}

#define assert_str(actual, expected) assert_string_equal(str_cstr(root, (actual)), (expected))

static void times_are_written(void **state)
{
    (void)state;
    assert_str(time_iso(root, 0), "1970-01-01T00:00:00Z");
    assert_str(time_iso_ms(root, 951782399123), "2000-02-28T23:59:59.123Z");
    assert_str(time_http(root, 784111777000), "Sun, 06 Nov 1994 08:49:37 GMT");
    assert_str(time_iso(root, -1000), "1969-12-31T23:59:59Z");
}

static void times_are_read(void **state)
{
    (void)state;
    int64_t ms = 0;
    assert_true(time_parse_iso(STR("2024-02-29T12:00:00+05:30"), &ms));
    assert_str(time_iso(root, ms), "2024-02-29T06:30:00Z");
    assert_true(time_parse_iso(STR("2024-01-02"), &ms));
    assert_str(time_iso(root, ms), "2024-01-02T00:00:00Z");
    assert_true(time_parse_iso(STR("2024-01-02 03:04:05.6789Z"), &ms));
    assert_str(time_iso_ms(root, ms), "2024-01-02T03:04:05.678Z");
    const struct str wrong[] = {STR(""),
                                STR("2023-02-29"),
                                STR("2024-13-01"),
                                STR("2024-01-02T24:00:00Z"),
                                STR("2024-01-02T03:04:05Zx"),
                                STR("24-01-02")};
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        assert_false(time_parse_iso(wrong[i], &ms));
    }
}

static void calendar_there_and_back(void **state)
{
    (void)state;
    for (int64_t ms = -4000000000000; ms < 8000000000000; ms += 86399999 * 37LL) {
        struct civil c = time_civil(ms);
        int64_t again = time_from_civil(c.year, c.month, c.day, c.hour, c.minute, c.second);
        assert_true(ms - again >= 0 && ms - again < 1000);
    }
}

static void clock_can_be_set_and_frozen(void **state)
{
    (void)state;
    struct clock clock;
    clock_init(&clock);
    clock_freeze(&clock, 1000);
    assert_int_equal(clock_now(&clock), 1000);
    assert_int_equal(clock_now(&clock), 1000);
    clock_set(&clock, 5000);
    assert_in_range(clock_now(&clock), 5000, 6000);
}

static void errors_say_who_where_and_why(void **state)
{
    (void)state;
    struct error err;
    assert_false(error_field(&err, "email", "DuplicateValue", "%s is taken", "a@b.c"));
    assert_int_equal(err.code, ERR_INVALID);
    assert_string_equal(err.field, "email");
    assert_string_equal(err.message, "a@b.c is taken");
    assert_int_equal(error_http_status(err.code), 422);
    assert_false(error_internal(&err, "row %d", 7));
    assert_null(strstr(err.message, "7"));
    assert_string_equal(err.detail, "row 7");
    assert_true(error_retryable(ERR_BUSY) && !error_retryable(ERR_INTERNAL));
    assert_string_equal(error_api_word(ERR_NOT_FOUND), "RecordNotFound");
}

static void bytes_are_coded_and_decoded(void **state)
{
    (void)state;
    struct str bytes;
    assert_str(hash_hex(root, hash_sha256(STR("abc"))),
               "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    // RFC 4231, test case 2
    assert_str(hash_hex(root, hash_keyed(STR("Jefe"), STR("what do ya want for nothing?"))),
               "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    assert_true(hex_decode(root, STR("00fF"), &bytes));
    assert_memory_equal(bytes.ptr, "\x00\xff", 2);
    assert_false(hex_decode(root, STR("0"), &bytes) || hex_decode(root, STR("0g"), &bytes));
    assert_str(base64_encode(root, STR("\xfb\xff\xfe!")), "+//+IQ==");
    assert_str(base64url_encode(root, STR("\xfb\xff\xfe!")), "-__-IQ");
    assert_true(base64_decode(root, STR("+//\r\n+IQ"), &bytes));
    assert_str(bytes, "\xfb\xff\xfe!");
    assert_true(base64_decode(root, STR("-__-IQ=="), &bytes));
    assert_false(base64_decode(root, STR("a*b"), &bytes));
}

static void secrets(void **state)
{
    (void)state;
    struct str one = random_token(root, 32);
    assert_int_equal(one.len, 43);
    assert_false(str_eq(one, random_token(root, 32)));
    assert_true(secret_equal(STR("same"), STR("same")));
    assert_false(secret_equal(STR("same"), STR("samf")) || secret_equal(STR("a"), STR("ab")));
    for (int i = 0; i < 100; i++) {
        assert_true(random_below(3) < 3);
    }
    struct str stored = password_hash(root, STR("correct horse"));
    assert_true(str_starts(stored, STR("$argon2id$")));
    assert_true(password_verify(stored, STR("correct horse")));
    assert_false(password_verify(stored, STR("correct mule")));
    assert_false(password_verify(STR("rubbish"), STR("rubbish")));
}

static void no_input_forges_a_log_line(void **state)
{
    (void)state;
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    int saved = dup(STDERR_FILENO);
    dup2(ends[1], STDERR_FILENO);
    LOG(LOG_LEVEL_ERROR, "hello", LOG_TEXT("who", STR("x\nlevel=info \"y\"")), LOG_NUM("n", -3));
    dup2(saved, STDERR_FILENO);
    close(saved);
    close(ends[1]);
    char line[1000] = "";
    ssize_t got = read(ends[0], line, sizeof(line) - 1);
    close(ends[0]);
    assert_true(got > 0);
    assert_ptr_equal(strchr(line, '\n'), line + got - 1);
    assert_non_null(strstr(line, "level=error"));
    assert_non_null(strstr(line, "n=-3"));
    assert_non_null(strstr(line, "\\\"y\\\""));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(times_are_written),
        cmocka_unit_test(times_are_read),
        cmocka_unit_test(calendar_there_and_back),
        cmocka_unit_test(clock_can_be_set_and_frozen),
        cmocka_unit_test(errors_say_who_where_and_why),
        cmocka_unit_test(bytes_are_coded_and_decoded),
        cmocka_unit_test(secrets),
        cmocka_unit_test(no_input_forges_a_log_line),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
