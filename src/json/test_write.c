// SPDX-License-Identifier: GPL-3.0-or-later
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "json/json.h"

static mem_ctx *ctx;

static int set_up(void **state)
{
    (void)state;
    ctx = mem_ctx_new(NULL, "test");
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    mem_free(ctx);
    return 0;
}

static void test_object(void **state)
{
    (void)state;
    struct buf out;
    buf_init(&out, ctx, 4096);
    struct jw w;
    jw_init(&w, &out);
    jw_object_begin(&w);
    jw_field_i64(&w, "id", -42);
    jw_field_str(&w, "name", STR_NONE);
    jw_field_id(&w, "group_id", 0);
    jw_field_time(&w, "created_at", 1795399271123);
    jw_field_time(&w, "never", 0);
    jw_field_words(&w, "tags", STR("a b"));
    jw_field_array(&w, "list");
    jw_bool(&w, true);
    jw_null(&w);
    jw_object_begin(&w);
    jw_object_end(&w);
    jw_array_end(&w);
    jw_field_f64(&w, "half", 0.5);
    jw_field_f64(&w, "tenth", 0.1);
    jw_field_f64(&w, "nan", NAN);
    jw_object_end(&w);
    assert_true(jw_done(&w));
    assert_string_equal(buf_str(&out).ptr,
                        "{\"id\":-42,\"name\":null,\"group_id\":null,"
                        "\"created_at\":\"2026-11-23T02:01:11Z\",\"never\":null,"
                        "\"tags\":[\"a\",\"b\"],\"list\":[true,null,{}],\"half\":0.5,"
                        "\"tenth\":0.1,\"nan\":null}");
}

static void check_text(struct str text, const char *expected)
{
    struct buf out;
    buf_init(&out, ctx, 4096);
    struct jw w;
    jw_init(&w, &out);
    jw_str(&w, text);
    assert_string_equal(buf_str(&out).ptr, expected);
}

static void test_escapes(void **state)
{
    (void)state;
    check_text(STR(""), "\"\"");
    check_text(STR("a\"b\\c/d"), "\"a\\\"b\\\\c/d\"");
    check_text(STR("\b\t\n\v\f\r\x01\x7f"), "\"\\b\\t\\n\\u000b\\f\\r\\u0001\\u007f\"");
    check_text(STR("</script><!--"), "\"<\\/script><\\u0021--\"");
    check_text(STR("\u2028\u2029\u2030\u20ac"), "\"\\u2028\\u2029\u2030\u20ac\"");
    check_text(STR("a\0b"), "\"a\\u0000b\"");
}

static void test_too_much_fails_the_buffer(void **state)
{
    (void)state;
    struct buf out;
    buf_init(&out, ctx, 10);
    struct jw w;
    jw_init(&w, &out);
    jw_str(&w, STR("eleven bytes"));
    assert_true(out.failed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_object, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_escapes, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_too_much_fails_the_buffer, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
