// SPDX-License-Identifier: GPL-3.0-or-later
//
// What tplc refuses and where it says it, and the C that it writes.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "tplc.h"

struct refusal {
    const char *body;  // after {% template x(struct str s, struct url u, int n) %} on line 1
    const char *message;
};

static const struct refusal REFUSED[] = {
    // Places where no value may stand
    {"<{{ s }}>", "lone '<'"},
    {"<a{{ s }}>", "tag's name"},
    {"<p {{ s }}>x</p>", "between attributes"},
    {"<p data-{{ s }}=\"x\">", "attribute's name"},
    {"<p title={{ s }}>", "must stand in quotes"},
    {"<p title=x>", "must stand in quotes"},
    {"<p title = \"x\">", "not expected"},
    {"<!-- {{ s }} -->", "comment"},
    {"<!doctype {{ s }}>", "declaration"},
    {"<script>{{ s }}</script>", "in a script"},
    {"<script>alert(1)</script>", "must be empty"},
    {"<script type=\"text/javascript\">x</script>", "must be empty"},
    {"<script type=\"{{ s }}\"></script>", "literal text only"},
    {"<script type=\"application/json\">\"{{ s }}\"</script>", "brings its own"},
    {"<script type=\"application/json\">{\"a\": \"\\\"{{ s }}\"}</script>", "brings its own"},
    {"<script type=\"application/json\"></b></script>", "\\u003c"},
    {"<style>p {}</style>", "<style> is not allowed"},
    {"<p style=\"color: red\">", "style is not allowed"},
    {"<p STYLE=\"color: red\">", "style is not allowed"},
    {"<p onclick=\"x()\">", "onclick is not allowed"},
    {"<p OnClick=\"x()\">", "onclick is not allowed"},
    {"<p hx-on:click=\"x()\">", "hx-on:click is not allowed"},
    {"<iframe srcdoc=\"x\"></iframe>", "srcdoc is not allowed"},
    {"<iframe>{{ s }}</iframe>", "in a script"},
    {"<meta http-equiv=\"refresh\" content=\"0\">", "http-equiv is not allowed"},
    {"<base href=\"/x\">", "<base> is not allowed"},
    {"<object></object>", "<object> is not allowed"},
    {"<BASE href=\"/x\">", "<base> is not allowed"},
    {"<noscript>{{ s }}</noscript>", "<noscript> is not allowed"},
    {"<img srcset=\"{{ s }}\">", "literal text only"},
    {"<p hx-vals=\"{{ s }}\">", "literal text only"},
    {"<p hx-headers=\"{{ s }}\">", "literal text only"},
    {"<p hx-trigger=\"{{ s }}\">", "literal text only"},
    // URLs
    {"<a href=\"{{ u }}/x\">", "nothing may follow a whole URL"},
    {"<a href=\"x{{ s }}\">", "wants one whole struct url"},
    {"<a href=\" /x/{{ s }}\">", "wants one whole struct url"},
    {"<a href=\"/{{ s }}\">", "wants one whole struct url"},
    {"<a href=\"//{{ s }}\">", "wants one whole struct url"},
    {"<a href=\"//x/{{ s }}\">", "wants one whole struct url"},
    {"<a href=\"/\\x/{{ s }}\">", "wants one whole struct url"},
    {"<a href=\"https:{{ s }}\">", "wants one whole struct url"},
    {"<a href=\"https://{{ s }}/\">", "wants one whole struct url"},
    {"<a href=\"https:///{{ s }}\">", "wants one whole struct url"},
    {"<a href=\"javascript:{{ s }}\">", "wants one whole struct url"},
    {"<a href=\"javascript:x\">", "no javascript:"},
    {"<a href=\"{{ u }}{{ u }}\">", "wants one whole struct url"},
    {"<form action=\"x{{ s }}\">", "action wants"},
    {"<button formaction=\"x{{ s }}\">", "formaction wants"},
    {"<p hx-get=\"x{{ s }}\">", "hx-get wants"},
    {"<p data-save-url=\"x{{ s }}\">", "data-save-url wants"},
    {"<svg><use xlink:href=\"x{{ s }}\"/></svg>", "xlink:href wants"},
    {"<a href=\"{% t \"Words\" %}\">", "no words in a URL"},
    {"<a href=\"{% if n %}/{% else %}https:{% end %}x{{ s }}\">", "end differently"},
    // Structure
    {"<p>", "<p> of line 2 is still open"},
    {"</p>", "was not opened"},
    {"<b><i></b></i>", "</b> comes while <i>"},
    {"<p/>", "does not close itself"},
    {"{% if n %}<p>{% end %}</p>", "<p> of line 2 is still open"},
    {"<p>{% if n %}</p>{% end %}", "was not opened in this block"},
    {"<p {% if n %}>{% end %}", "still open"},
    {"<p title=\"{% if n %}\"{% end %}>", "end differently"},
    {"{% for x in a count n %}<a href=\"{% end %}", "end differently"},
    {"<p title=\"", "ends in an attribute's value"},
    {"<p ", "ends between attributes"},
    {"{% if n %}", "never ended"},
    {"{% end %}", "end without"},
    {"{% else %}", "else without"},
    {"{% if n %}{% else %}{% else %}{% end %}", "else without"},
    {"{% for x in a %}{% end %}", "write {% for"},
    {"{{ s", "never closed"},
    {"{% if n", "never closed"},
    {"{% nonsense %}", "no such statement"},
    {"{% body %}{% body %}", "stands once"},
    {"{% if n %}{% body %}{% end %}", "in wrap only"},
    {"<p title=\"{% include x() %}\">", "in text only"},
    {"<textarea>{% include x() %}</textarea>", "in text only"},
    {"<p {% fragment f() %}{% end %}>", "in text only"},
    {"<input checked?=\"x\">", "write checked?={{"},
    {"<input checked?={% if n %}x{% end %}>", "wants {{ condition }}"},
    // Expressions
    {"{{ }}", "missing"},
    {"{{ s = u }}", "more C"},
    {"{{ s; abort() }}", "more C"},
    {"{{ n++ }}", "more C"},
    {"{{ n == 1 }}", "more C"},
    {"{{ (struct html){s} }}", "more C"},
    {"{{ ({ s; }) }}", "more C"},
    {"{{ s, u }}", "more C"},
    {"{{ f(s }}", "do not match"},
    {"{{ s) }}", "more C"},
    {"{{ sizeof(n) }}", "more C"},
    {"{{ n ? s : u }}", "more C"},
    {"{% if n = 1 %}{% end %}", "more C"},
    {"{% let v = n %}{% end %}", "cannot be a variable"},
    {"{% include Bad-Name() %}", "cannot be the name"},
    {"{% include x %}", "write name("},
    // Words
    {"{% t Words %}", "write {% t"},
    {"{% t \"Hi {who}\" %}", "1 names in braces, but 0"},
    {"{% t \"Hi\" who=s %}", "{who} is not in the words"},
};

static bool compile(mem_ctx *ctx, const char *text, struct str *ret_source, struct error *err)
{
    struct str header;
    struct tplc_options options = {.header_name = "x.html.h"};
    return tplc_compile(ctx, "x.html", str_c(text), &options, &header, ret_source, err);
}

static void refuses_what_could_go_wrong(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof REFUSED / sizeof *REFUSED; i++) {
        mem_ctx *ctx = mem_ctx_new(NULL, "test");
        struct error err = {0};
        struct str source;
        const char *text = mem_printf(
            ctx, "{%% template x(struct str s, struct url u, int n) %%}\n%s\n", REFUSED[i].body);
        if (compile(ctx, text, &source, &err) || strstr(err.message, REFUSED[i].message) == NULL ||
            strncmp(err.message, "x.html:", 7) != 0) {
            print_error("%s\n  wanted: %s\n  got: %s\n", REFUSED[i].body, REFUSED[i].message,
                        err.message);
            fail();
        }
        mem_free(ctx);
    }
}

static void names_the_line(void **state)
{
    (void)state;
    mem_ctx *ctx = mem_ctx_new(NULL, "test");
    struct error err = {0};
    struct str source;
    assert_false(
        compile(ctx, "{% template x() %}\n<p>\n  <b\n   class=x></b>\n</p>", &source, &err));
    assert_non_null(strstr(err.message, "x.html:4: the value of class"));
    assert_false(compile(ctx, "\n\ntext", &source, &err));
    assert_non_null(strstr(err.message, "begin with"));
    mem_free(ctx);
}

static void mails_may_have_literal_style(void **state)
{
    (void)state;
    mem_ctx *ctx = mem_ctx_new(NULL, "test");
    struct error err = {0};
    struct str header;
    struct str source;
    struct str good = STR("{% template x() %}<p style=\"color: red\"></p>");
    struct tplc_options options = {.header_name = "a.h"};
    struct str bad = STR("{% template x(struct str s) %}<p style=\"color: {{ s }}\"></p>");
    assert_true(tplc_compile(ctx, "a_mail.html", good, &options, &header, &source, &err));
    assert_false(tplc_compile(ctx, "a_mail.html", bad, &options, &header, &source, &err));
    assert_non_null(strstr(err.message, "literal text only"));
    assert_false(tplc_compile(ctx, "a.html", good, &options, &header, &source, &err));
    mem_free(ctx);
}

static void words_stand_where_catalogues_find_them(void **state)
{
    (void)state;
    static const struct {
        const char *body;
        bool good;
    } CASES[] = {
        {"<p>{% t \"Words\" %} · {{ s }}: 3 × 4 &nbsp;&middot; A</p>", true},
        {"<code>steward doctor</code> <kbd>Ctrl K</kbd>", true},
        {"<p class=\"fine print\" id=\"ab\">1</p>", true},
        {"<p>Words</p>", false},
        {"<p>{{ s }} is here</p>", false},
        {"<a title=\"Go on\" href=\"/go\">1</a>", false},
        {"<input placeholder=\"Name\">", false},
        {"<input aria-label=\"{% t \"Name\" %}\">", true},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        mem_ctx *ctx = mem_ctx_new(NULL, "test");
        struct error err = {0};
        struct str header;
        struct str source;
        struct tplc_options options = {.header_name = "x.html.h", .words = true};
        struct str text = str_printf(ctx, "{%% template x(struct str s) %%}\n%s", CASES[i].body);
        bool good = tplc_compile(ctx, "x.html", text, &options, &header, &source, &err);
        assert_int_equal(good, CASES[i].good);
        assert_true(good || strstr(err.message, "x.html:2: words for people") != NULL);
        mem_free(ctx);
    }
}

static struct str code_of(mem_ctx *ctx, const char *body)
{
    struct error err = {0};
    struct str source = STR("");
    const char *text = mem_printf(ctx, "{%% template x(int n) %%}\n%s", body);
    if (!compile(ctx, text, &source, &err)) {
        print_error("%s\n", err.message);
        fail();
    }
    return source;
}

#define ASSERT_WRITES(body, c) assert_non_null(strstr(code_of(ctx, (body)).ptr, (c)))

static void writes_small_pages(void **state)
{
    (void)state;
    mem_ctx *ctx = mem_ctx_new(NULL, "test");
    ASSERT_WRITES("<ul>\n\n   <li>a   b</li>\n</ul>", "\"<ul>\\n<li>a b</li>\\n</ul>\"");
    ASSERT_WRITES("<pre>a\n   b</pre>", "\"<pre>\\na\\n   b</pre>\"");
    ASSERT_WRITES("<textarea>\n  a</textarea>", "\"<textarea>\\n  a</textarea>\"");
    ASSERT_WRITES("a<!-- gone -->b", "\"ab\"");
    ASSERT_WRITES("<br/><INPUT   TYPE='x' />", "\"<br><INPUT type='x'>\"");
    ASSERT_WRITES("a {# not {{ this }} #} b", "\"a b\"");
    ASSERT_WRITES("<a\n  class=\"b\"\n>c</a>", "\"<a class=\\\"b\\\">c</a>\"");
    ASSERT_WRITES("a\n   {% if n %}\n   b\n   {% end %}\nc", "STR(\"a\\n\")");
    mem_free(ctx);
}

static void chooses_the_macro_by_place(void **state)
{
    (void)state;
    mem_ctx *ctx = mem_ctx_new(NULL, "test");
    ASSERT_WRITES("{{ n }}", "VIEW_PUT_TEXT(v, n)");
    ASSERT_WRITES("<p title=\"{{ n }}\"></p>", "VIEW_PUT_ATTR(v, n)");
    ASSERT_WRITES("<title>{{ n }}</title>", "VIEW_PUT_ATTR(v, n)");
    ASSERT_WRITES("<a href=\"{{ n }}\"></a>", "VIEW_PUT_URL(v, n)");
    ASSERT_WRITES("<a href=\"/x/{{ n }}\"></a>", "VIEW_PUT_URL_PATH(v, n)");
    ASSERT_WRITES("<a href=\"/x?{{ n }}\"></a>", "VIEW_PUT_URL_QUERY(v, n)");
    ASSERT_WRITES("<a href=\"https://x/{{ n }}\"></a>", "VIEW_PUT_URL_PATH(v, n)");
    ASSERT_WRITES("<a href=\"/x{% if n %}?a{% end %}{{ n }}\"></a>", "VIEW_PUT_URL_PATH(v, n)");
    ASSERT_WRITES("<script type=\"application/json\">[{{ n }}]</script>", "VIEW_PUT_JSON(v, n)");
    ASSERT_WRITES("<input checked?={{ n > 1 && !n }}>", "if (n > 1 && !n) {");
    mem_free(ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(refuses_what_could_go_wrong),
        cmocka_unit_test(names_the_line),
        cmocka_unit_test(mails_may_have_literal_style),
        cmocka_unit_test(words_stand_where_catalogues_find_them),
        cmocka_unit_test(writes_small_pages),
        cmocka_unit_test(chooses_the_macro_by_place),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
