// SPDX-License-Identifier: GPL-3.0-or-later
//
// Templates as the build makes them: what comes out of test_contexts.html.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "view/test_contexts.html.h"

static void writes_each_place_by_its_rule(void **state)
{
    (void)state;
    mem_ctx *ctx = mem_ctx_new(NULL, "test");
    struct buf out;
    buf_init(&out, ctx, 1 << 16);
    struct view v;
    view_init(&v, &out, ctx);
    struct vm_test_row rows[2] = {{{1}, STR("a<b")}, {{2}, STR("c")}};
    struct vm_test vm = {STR("<i>\"'&"), "w", {STR("<b>x</b>")}, {STR("/a?b&c")}, 3, true, rows, 2};
    view_test_contexts(&v, &vm);
    const char *page = buf_str(&out).ptr;
    assert_non_null(strstr(page, "title=\"&lt;i&gt;&quot;&#39;&amp;\""));
    assert_non_null(strstr(page, "w <b>x</b>"));
    assert_non_null(strstr(page, "href=\"/a?b&amp;c\""));
    assert_non_null(strstr(page, "/tickets/%3Ci%3E%22%27%26?q=%3Ci%3E%22%27%26&amp;n=3#"));
    assert_non_null(strstr(page, "\"evil\": \"\\u003ci\\u003e\\u0022\\u0027\\u0026\", \"n\": 3"));
    assert_non_null(strstr(page, "name=\"a\" checked>"));
    assert_non_null(strstr(page, "3 tickets of &lt;i"));
    mem_free(ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(writes_each_place_by_its_rule),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
