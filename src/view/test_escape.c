// SPDX-License-Identifier: GPL-3.0-or-later
//
// Hundreds of hostile texts through every place of a template: the page a browser sees has the same
// elements and attributes as with a harmless text, and the text itself, unchanged.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "view/test_contexts.h"

static const char *const HOSTILE[] = {
    "<script>alert(1)</script>",
    "</script><script>alert(1)</script>",
    "</ScRiPt ><svg/onload=alert(1)>",
    "\"><img src=x onerror=alert(1)>",
    "'><img src=x onerror=alert(1)>",
    "\" onmouseover=\"alert(1)",
    "' onfocus='alert(1)' autofocus='",
    "` onclick=`alert(1)`",
    "javascript:alert(1)",
    "JaVaScRiPt:alert(1)",
    "java\tscript:alert(1)",
    "java\nscript:alert(1)",
    " javascript:alert(1)",
    "data:text/html,<script>alert(1)</script>",
    "vbscript:msgbox(1)",
    "//evil.example/x",
    "/\\evil.example/x",
    "\\\\evil.example\\x",
    "https://evil.example/",
    "..",
    ".",
    "../../admin",
    "..%2f..%2fadmin",
    "%2e%2e",
    "%",
    "%00",
    "%3Cscript%3E",
    "?x=y",
    "#frag",
    "a&b",
    "&lt;script&gt;",
    "&#60;script&#62;",
    "&#x3c;script&#x3e;",
    "&amp;amp;",
    "&quot;",
    "&quot",
    "&notit;",
    "&ampersand",
    "</textarea><script>alert(1)</script>",
    "</title><script>alert(1)</script>",
    "</pre><b>",
    "<!--",
    "-->",
    "--!>",
    "<!-- --> <script>",
    "<![CDATA[",
    "]]>",
    "<?xml version=\"1.0\"?>",
    "<!doctype html>",
    "<plaintext>",
    "<base href=//evil.example>",
    "<meta http-equiv=refresh content=0;url=//evil.example>",
    "<form action=//evil.example><button>",
    "<svg><script>alert(1)</script></svg>",
    "<math><mtext><table><mglyph><style><img src=x onerror=alert(1)>",
    "<noscript><p title=\"</noscript><img src=x onerror=alert(1)>\">",
    "<a href=\"javascript&colon;alert(1)\">",
    "<iframe srcdoc=\"<script>alert(1)</script>\">",
    "{{constructor.constructor('alert(1)')()}}",
    "{% include x() %}",
    "${alert(1)}",
    "\\u003cscript\\u003e",
    "\\\"-alert(1)//",
    "\",\"evil\":\"x",
    "\"}</script><script>alert(1)</script>",
    "\\",
    "\xE2\x80\xA8",
    "\342\200\251alert(1)",
    "\xEF\xBB\xBF<script>",
    "\357\274\234script\357\274\236",
    "\nleading line break",
    "\n\n",
    "\r\nSet-Cookie: x=y",
    "\r",
    "\t",
    "a b  c",
    "Ana Ruiz",
    "O'Brien & S\xC3\xB8n <\"desk\">",
    "\xD9\x85\xD8\xB4\xD9\x83\xD9\x84\xD8\xA9",
    "\xF0\x9F\x96\xA8\xEF\xB8\x8F",
    "=cmd|' /C calc'!A0",
    "one|many",
    "{who}",
    "{n}",
};

static const char *const AROUND[][2] = {{"", ""},   {"x", "y"}, {"\"", "\""}, {"'", "'"},
                                        {"<", ">"}, {"&", ";"}, {"\n", "\n"}, {"/", "/"}};

static bool is_white(struct str text)
{
    return str_trim(text).len == 0;
}

static void keeps_hostile_text_in_its_place(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof HOSTILE / sizeof *HOSTILE; i++) {
        for (size_t j = 0; j < sizeof AROUND / sizeof *AROUND; j++) {
            mem_ctx *ctx = mem_ctx_new(NULL, "test");
            struct str evil = str_printf(ctx, "%s%s%s", AROUND[j][0], HOSTILE[i], AROUND[j][1]);
            const char *wrong = is_white(evil) ? NULL : contexts_escape(ctx, evil);
            if (wrong != NULL) {
                print_error("%s differs for: " STR_FMT "\n" STR_FMT "\n", wrong, STR_ARG(evil),
                            STR_ARG(contexts_page(ctx, evil)));
            }
            assert_null(wrong);
            mem_free(ctx);
        }
    }
}

static void keeps_each_single_character_in_its_place(void **state)
{
    (void)state;
    for (int c = 1; c < 0x7F; c++) {
        mem_ctx *ctx = mem_ctx_new(NULL, "test");
        struct str evil = str_utf8_mend(ctx, str_printf(ctx, "a%cb%c", c, c));
        const char *wrong = contexts_escape(ctx, evil);
        if (wrong != NULL) {
            print_error("%s differs for character %d\n", wrong, c);
        }
        assert_null(wrong);
        mem_free(ctx);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keeps_hostile_text_in_its_place),
        cmocka_unit_test(keeps_each_single_character_in_its_place),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
