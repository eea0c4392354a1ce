// SPDX-License-Identifier: GPL-3.0-or-later
//
// Text and buffers: what the edge of the program relies on.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/str.h"
#include "base/words.h"

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

#define assert_str(actual, expected) assert_string_equal(str_cstr(root, (actual)), (expected))

static void absent_differs_from_empty(void **state)
{
    (void)state;
    assert_true(str_none(STR_NONE));
    assert_false(str_none(STR("")));
    assert_true(str_empty(STR_NONE) && str_empty(STR("")));
    assert_true(str_none(str_c(NULL)) && str_none(str_dup(root, STR_NONE)));
    assert_true(str_eq(STR_NONE, STR("")));
}

static void comparing(void **state)
{
    (void)state;
    assert_true(str_ieq(STR("Re: AbC"), STR("rE: aBc")));
    assert_false(str_ieq(STR("abc"), STR("abcd")));
    assert_true(str_starts(STR("ticket:42"), STR("ticket:")));
    assert_true(str_ends(STR("a.json"), STR(".json")));
    assert_false(str_ends(STR("n"), STR(".json")));
    assert_true(str_cmp(STR("a"), STR("ab")) < 0 && str_cmp(STR("b"), STR("ab")) > 0);
    assert_int_equal(str_find(STR("hello"), STR("lo")), 3);
    assert_int_equal(str_find(STR("hello"), STR("xy")), -1);
    assert_int_equal(str_ifind(STR("Hello"), STR("LLO")), 2);
}

static void cutting(void **state)
{
    (void)state;
    struct str head;
    struct str tail;
    str_cut(STR("a=b=c"), '=', &head, &tail);
    assert_str(head, "a");
    assert_str(tail, "b=c");
    str_cut(STR("abc"), '=', &head, &tail);
    assert_true(str_eq_c(head, "abc") && str_none(tail));
    assert_int_equal(str_sub(STR("abc"), 2, 99).len, 1);
    assert_int_equal(str_from(STR("abc"), 99).len, 0);
    assert_str(str_trim(STR(" \t\r\n a b \n")), "a b");
}

static void parts_of_a_list(void **state)
{
    (void)state;
    struct str rest = STR("a,,b");
    struct str part;
    assert_true(str_next(&rest, ',', &part) && str_eq_c(part, "a"));
    assert_true(str_next(&rest, ',', &part) && str_empty(part));
    assert_true(str_next(&rest, ',', &part) && str_eq_c(part, "b"));
    assert_false(str_next(&rest, ',', &part));
}

static void whole_numbers_only(void **state)
{
    (void)state;
    int64_t value = 7;
    assert_true(str_to_i64(STR("-9223372036854775807"), &value));
    assert_int_equal(value, -9223372036854775807LL);
    assert_true(str_to_i64(STR("9223372036854775807"), &value));
    value = 7;
    const struct str wrong[] = {STR(""),    STR("-"),   STR("1 "),
                                STR("0x1"), STR("1.0"), STR("99999999999999999999")};
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        assert_false(str_to_i64(wrong[i], &value));
        assert_int_equal(value, 7);
    }
}

static void broken_utf8_is_mended(void **state)
{
    (void)state;
    const struct str good = STR("Gr\xc3\xbc\xc3\x9f \xf0\x9f\x98\x80");
    assert_true(str_utf8_valid(good));
    assert_ptr_equal(str_utf8_mend(root, good).ptr, good.ptr);
    // overlong, surrogate, beyond Unicode, cut off
    const struct str wrong[] = {STR("\xc0\xaf"), STR("\xed\xa0\x80"), STR("\xf4\x90\x80\x80"),
                                STR("\xe2\x82")};
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        assert_false(str_utf8_valid(wrong[i]));
        assert_true(str_utf8_valid(str_utf8_mend(root, wrong[i])));
    }
    assert_str(str_utf8_mend(root, STR("a\0b\x01\t\xff")), "ab\t\xef\xbf\xbd");
}

static void no_character_is_cut_in_two(void **state)
{
    (void)state;
    assert_str(str_utf8_clip(STR("a\xc3\xbc"), 2), "a");
    assert_str(str_utf8_clip(STR("a\xc3\xbc"), 3), "a\xc3\xbc");
    assert_str(str_one_line(root, STR(" a \r\n b\tc "), 9), "a b c");
    assert_str(str_one_line(root, STR("\xc3\xbc\xc3\xbc\xc3\xbc"), 2),
               "\xc3\xbc\xc3\xbc\xe2\x80\xa6");
}

static void markup_is_escaped(void **state)
{
    (void)state;
    assert_str(html_escape(root, STR("<a href=\"x\">'&'</a>")).markup,
               "&lt;a href=&quot;x&quot;&gt;&#39;&amp;&#39;&lt;/a&gt;");
}

static void buffer_fails_once_and_stays_failed(void **state)
{
    (void)state;
    struct buf b;
    buf_init(&b, root, 5);
    buf_put_c(&b, "abc");
    assert_false(b.failed);
    buf_put_c(&b, "def");
    assert_true(b.failed);
    buf_put_char(&b, 'x');
    assert_str(buf_str(&b), "abc");
    buf_reset(&b);
    buf_put_c(&b, "12345");
    assert_false(b.failed);
    assert_str(buf_str(&b), "12345");
}

static void buffer_writes_numbers_and_formats(void **state)
{
    (void)state;
    struct buf b;
    buf_init(&b, root, 1000);
    buf_put_i64(&b, INT64_MIN);
    buf_put_char(&b, ' ');
    buf_put_i64(&b, 0);
    buf_printf(&b, " %s-%d", "x", 7);
    buf_put_percent(&b, STR(" a/\xc3\xbc~"));
    assert_str(buf_str(&b), "-9223372036854775808 0 x-7%20a%2F%C3%BC~");
}

static void words_are_a_sorted_set(void **state)
{
    (void)state;
    mem_ctx *ctx = mem_ctx_new(NULL, "test");
    assert_true(str_eq_c(words_combine(ctx, STR("vip b"), STR("A,b\tc"), STR("C x")), "a b vip"));
    assert_true(str_eq_c(words_normalise(ctx, STR(" , ")), ""));
    assert_true(words_has(STR("one two"), STR("two")) && !words_has(STR("one two"), STR("tw")));
    mem_free(ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(absent_differs_from_empty),
        cmocka_unit_test(comparing),
        cmocka_unit_test(cutting),
        cmocka_unit_test(parts_of_a_list),
        cmocka_unit_test(whole_numbers_only),
        cmocka_unit_test(broken_utf8_is_mended),
        cmocka_unit_test(no_character_is_cut_in_two),
        cmocka_unit_test(markup_is_escaped),
        cmocka_unit_test(buffer_fails_once_and_stays_failed),
        cmocka_unit_test(buffer_writes_numbers_and_formats),
        cmocka_unit_test(words_are_a_sorted_set),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
