// SPDX-License-Identifier: GPL-3.0-or-later
//
// Comma-separated values: RFC 4180's own cases, and what it forbids.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/csv.h"

// All records as text: fields in brackets, one record a line; "!" and the message on failure.
static struct str read_all(mem_ctx *ctx, struct str text)
{
    struct buf out;
    buf_init(&out, ctx, 10000);
    struct csv_reader reader;
    csv_init(&reader, text);
    struct csv_record record;
    struct error err = {0};
    for (bool found = true; found;) {
        if (!csv_next(&reader, ctx, &record, &found, &err)) {
            buf_printf(&out, "!%s", err.message);
            break;
        }
        for (size_t i = 0; found && i < record.count; i++) {
            buf_printf(&out, "[" STR_FMT "]", STR_ARG(record.fields[i]));
        }
        buf_put_c(&out, found ? "\n" : "");
    }
    return buf_str(&out);
}

static void reads_what_rfc_4180_has(void **state)
{
    static const struct {
        struct str text;
        const char *records;
    } cases[] = {
        {STR_INIT("a,b\r\nc,d\r\n"), "[a][b]\n[c][d]\n"},
        {STR_INIT("a,b\nc,d"), "[a][b]\n[c][d]\n"},
        {STR_INIT("\xEF\xBB\xBFtext,category\n"), "[text][category]\n"},
        {STR_INIT("\"a,b\",\"c\"\"d\",\"e\r\nf\"\n"), "[a,b][c\"d][e\r\nf]\n"},
        {STR_INIT("\"\"\"\"\n"), "[\"]\n"},
        {STR_INIT(",,\n\n\n\"\"\n"), "[][][]\n[]\n"},
        {STR_INIT("a,"), "[a][]\n"},
        {STR_INIT(""), ""},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        mem_ctx *ctx = mem_ctx_new(*state, "case");
        assert_string_equal(read_all(ctx, cases[i].text).ptr, cases[i].records);
        mem_free(ctx);
    }
}

static void names_the_line_of_what_is_wrong(void **state)
{
    assert_string_equal(read_all(*state, STR("a\n\"b\nc\"\nd\"e\n")).ptr,
                        "[a]\n[b\nc]\n!Line 4: a quote inside a field without quotes.");
    assert_string_equal(read_all(*state, STR("a\n\"b")).ptr,
                        "[a]\n!Line 2: a quoted field is never closed.");
    assert_string_equal(read_all(*state, STR("\"a\"b")).ptr,
                        "!Line 1: text after a closing quote.");
}

static void bounds_the_fields_of_a_record(void **state)
{
    struct buf line;
    buf_init(&line, *state, 1000);
    for (int i = 0; i < CSV_MAX_FIELDS; i++) {
        buf_put_char(&line, ',');
    }
    assert_string_equal(read_all(*state, buf_str(&line)).ptr, "!Line 1 has more than 256 fields.");
}

static int set_up(void **state)
{
    *state = mem_ctx_new(NULL, "test");
    return 0;
}

static int tear_down(void **state)
{
    mem_free(*state);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_what_rfc_4180_has),
        cmocka_unit_test(names_the_line_of_what_is_wrong),
        cmocka_unit_test(bounds_the_fields_of_a_record),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
