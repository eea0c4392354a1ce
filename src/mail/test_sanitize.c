// SPDX-License-Identifier: GPL-3.0-or-later
//
// The sanitiser against some hundred attacks (tests/mail/html/vectors.txt): whatever goes in, what
// comes out is read again by a parser and may hold only what is allowed; and doing it twice
// changes nothing. Then single rules with their exact result.
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/random.h"
#include "mail/sanitize.h"
#include "mail/sanitize_check.h"

static struct str own_image(void *state UNUSED, mem_ctx *ctx, struct str id)
{
    return str_eq_c(id, "known") ? str_printf(ctx, "/attachments/1") : STR_NONE;
}

static struct str clean(mem_ctx *ctx, const char *dirty)
{
    struct sanitize_options options = {.resolve_cid = own_image};
    struct sanitized result;
    html_sanitize(ctx, str_c(dirty), &options, &result);
    return result.html.markup;
}

static void becomes(const char *dirty, const char *expected)
{
    mem_ctx *ctx = mem_ctx_new(NULL, "test");
    assert_string_equal(str_cstr(ctx, clean(ctx, dirty)), expected);
    mem_free(ctx);
}

static void put_escape(mem_ctx *ctx, struct buf *out, struct str *rest)
{
    static const char FROM[] = "ntrf0\\'";
    static const char TO[] = "\n\t\r\f\0\\'";
    const char *at = strchr(FROM, rest->ptr[0]);
    struct str bytes;
    if (at != NULL) {
        buf_put_char(out, TO[at - FROM]);
    } else if (rest->ptr[0] == 'x' && hex_decode(ctx, str_sub(*rest, 1, 2), &bytes)) {
        buf_put(out, bytes);
        *rest = str_from(*rest, 2);
    } else {
        buf_put_char(out, '\\');
        return;
    }
    *rest = str_from(*rest, 1);
}

static struct str unescape(mem_ctx *ctx, struct str line)
{
    struct buf out;
    buf_init(&out, ctx, line.len + 1);
    while (line.len > 0) {
        char c = line.ptr[0];
        line = str_from(line, 1);
        if (c == '\\' && line.len > 0) {
            put_escape(ctx, &out, &line);
        } else {
            buf_put_char(&out, c);
        }
    }
    return buf_str(&out);
}

static bool vector_holds(mem_ctx *ctx, struct str dirty, const struct sanitize_options *options)
{
    struct sanitized once;
    struct sanitized twice;
    html_sanitize(ctx, dirty, options, &once);
    const char *wrong = sanitize_check(ctx, once.html.markup);
    html_sanitize(ctx, once.html.markup, options, &twice);
    if (wrong == NULL && !str_eq(once.html.markup, twice.html.markup)) {
        wrong = mem_printf(ctx, "changes again to " STR_FMT, STR_ARG(twice.html.markup));
    }
    if (wrong != NULL) {
        print_error(STR_FMT "\n  gives " STR_FMT "\n  %s\n", STR_ARG(dirty),
                    STR_ARG(once.html.markup), wrong);
    }
    return wrong == NULL;
}

static void test_vectors(void **state UNUSED)
{
    FILE *file = fopen(STEWARD_SOURCE "/tests/mail/html/vectors.txt", "r");
    assert_non_null(file);
    char *line = NULL;
    size_t room = 0;
    ssize_t len;
    int count = 0;
    int wrong = 0;
    static const struct sanitize_options OPTIONS[] = {
        {.resolve_cid = own_image},
        {.composer = true, .own_prefix = STR_INIT("/attachments/")},
        {.show_remote_images = true, .fold_quotes = true},
        {.links = SANITIZE_LINKS_NONE},
    };
    while ((len = getline(&line, &room, file)) > 0) {
        mem_ctx *ctx = mem_ctx_new(NULL, "vector");
        struct str text = {line, (size_t)len - 1};
        for (size_t i = 0; i < 4 && !str_starts(text, STR("# ")); i++) {
            wrong += !vector_holds(ctx, unescape(ctx, text), &OPTIONS[i]);
            count++;
        }
        mem_free(ctx);
    }
    free(line);
    (void)fclose(file);
    assert_true(count > 1200);
    assert_int_equal(wrong, 0);
}

// The proof itself must not let everything pass.
static void test_check(void **state UNUSED)
{
    static const char *const BAD[] = {"<script>x</script>",
                                      "<p onclick=x>x</p>",
                                      "<a href='javascript:x'>x</a>",
                                      "<!-- x -->",
                                      "<svg></svg>",
                                      "<x>y</x>",
                                      "<p style='position: fixed'>x</p>",
                                      "<img src='x'>",
                                      "<div class=x>y</div>"};
    for (size_t i = 0; i < sizeof BAD / sizeof BAD[0]; i++) {
        mem_ctx *ctx = mem_ctx_new(NULL, "test");
        assert_non_null(sanitize_check(ctx, str_c(BAD[i])));
        mem_free(ctx);
    }
}

static void test_words_stay(void **state UNUSED)
{
    becomes("<form>Your name: <input name=x> <button>Send</button></form>", "Your name:  Send");
    becomes("<custom-tag>words</custom-tag><o:p>more</o:p>", "wordsmore");
    becomes("<svg><text>gone</text></svg>stays", "stays");
    becomes("<table><tr><td>a<td>b</table>",
            "<table><tbody><tr><td>a</td><td>b</td></tr></tbody></table>");
}

static void test_links(void **state UNUSED)
{
    becomes("<a href=https://x.example/a?b=1&c=2>x</a>",
            "<a href=\"https://x.example/a?b=1&amp;c=2\" rel=\"noopener noreferrer nofollow\" "
            "target=\"_blank\">x</a>");
    becomes("<a href='java\nscript:alert(1)'>x</a>", "<a>x</a>");
    becomes("<a href='//evil.example'>x</a>", "<a>x</a>");
    becomes("<a href='HTTPS://x.example/\"><script>'>x</a>",
            "<a href=\"https://x.example/%22%3E%3Cscript%3E\" rel=\"noopener noreferrer nofollow\" "
            "target=\"_blank\">x</a>");
}

static void test_images(void **state UNUSED)
{
    mem_ctx *ctx = mem_ctx_new(NULL, "test");
    becomes("<img src=cid:known alt=a>", "<img alt=\"a\" src=\"/attachments/1\">");
    becomes("<img src=cid:other alt=a>", "<img alt=\"a\">");
    struct sanitize_options options = {.show_remote_images = false};
    struct sanitized blocked;
    html_sanitize(ctx, STR("<img src=https://x.example/i><img src=http://y.example/j>"), &options,
                  &blocked);
    assert_int_equal(blocked.blocked_images, 2);
    options.show_remote_images = true;
    struct sanitized shown;
    html_sanitize(ctx, blocked.html.markup, &options, &shown);
    assert_int_equal(shown.blocked_images, 0);
    assert_true(str_find(shown.html.markup, STR(" src=\"https://x.example/i\"")) > 0);
    assert_true(str_find(shown.html.markup, STR("referrerpolicy=\"no-referrer\"")) > 0);
    mem_free(ctx);
}

static void test_styles(void **state UNUSED)
{
    mem_ctx *ctx = mem_ctx_new(NULL, "test");
    static const char *const CASES[][2] = {
        {"color:red", "color: red"},
        {"COLOR: #FFF ; Width:10PX", "color: #fff; width: 10px"},
        {"color:red;background:url(x);width:5px", "color: red; width: 5px"},
        {"position:fixed", ""},
        {"width:expression(alert(1))", ""},
        {"w\\69 dth:1px", ""},
        {"color:red;/**/width:1px", ""},
        {"margin:-5px", ""},
        {"margin:0 auto", "margin: 0 auto"},
        {"font-family:Arial,\"Segoe UI\",sans-serif", "font-family: Arial, 'Segoe UI', sans-serif"},
        {"font-family:url(x)", ""},
        {"color:rgb(1, 2, 3)", "color: rgb(1, 2, 3)"},
        {"color:rgb(1,url(x),3)", ""},
        {"border:1px solid #CCC", "border: 1px solid #ccc"},
        {"color:red !important", "color: red"},
        {"width:99999px", ""},
        {"", ""},
        {";;;:", ""},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        struct str got = css_sanitize(ctx, str_c(CASES[i][0]));
        assert_string_equal(str_cstr(ctx, got), CASES[i][1]);
        assert_true(str_eq(css_sanitize(ctx, got), got));
    }
    mem_free(ctx);
}

static void test_composer(void **state UNUSED)
{
    mem_ctx *ctx = mem_ctx_new(NULL, "test");
    struct sanitize_options options = {.composer = true, .own_prefix = STR("/attachments/")};
    struct sanitized result;
    html_sanitize(
        ctx,
        STR("<div style='color:red;text-align:center'><font color=red>Hi</font> <strong>you"
            "</strong><img src=/attachments/5><img src=/attachments/../x></div>"),
        &options, &result);
    assert_string_equal(str_cstr(ctx, result.html.markup),
                        "<div style=\"text-align: center\">Hi <strong>you</strong>"
                        "<img src=\"/attachments/5\"><img></div>");
    mem_free(ctx);
}

static void test_too_many_links(void **state UNUSED)
{
    mem_ctx *ctx = mem_ctx_new(NULL, "test");
    struct buf html;
    buf_init(&html, ctx, 1 << 20);
    for (int i = 0; i < 5001; i++) {
        buf_put_c(&html, "<a href=https://x.example/>x</a> ");
    }
    struct sanitize_options options = {.links = SANITIZE_LINKS_OUTSIDE};
    struct sanitized result;
    html_sanitize(ctx, buf_str(&html), &options, &result);
    assert_true(result.replaced);
    assert_true(str_find(result.html.markup, STR("<a ")) < 0);
    mem_free(ctx);
}

// Html that makes parsers work hard: each must end soon, and in words.
static void test_bombs(void **state UNUSED)
{
    static const char *const PIECES[] = {"<div>",
                                         "<b>",
                                         "<a href=x>",
                                         "<table><tr><td>",
                                         "<font a=1>",
                                         "<p><font size=1>",
                                         "<svg><g>",
                                         "</p>",
                                         "<x ",
                                         "<ul><li>",
                                         "<blockquote type=cite>x",
                                         "<table>",
                                         "<b><p>",
                                         "<!--"};
    for (size_t i = 0; i < sizeof PIECES / sizeof PIECES[0]; i++) {
        mem_ctx *ctx = mem_ctx_new(NULL, "bomb");
        struct buf html;
        buf_init(&html, ctx, (size_t)4 << 20);
        buf_put_c(&html, "<p>hello</p>");
        for (int n = 0; n < 100000; n++) {
            buf_put_c(&html, PIECES[i]);
        }
        struct sanitize_options options = {.fold_quotes = true};
        struct sanitized result;
        html_sanitize(ctx, buf_str(&html), &options, &result);
        assert_null(sanitize_check(ctx, result.html.markup));
        mem_free(ctx);
    }
}

int main(void)
{
    random_init();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_check),      cmocka_unit_test(test_vectors),
        cmocka_unit_test(test_words_stay), cmocka_unit_test(test_links),
        cmocka_unit_test(test_images),     cmocka_unit_test(test_styles),
        cmocka_unit_test(test_composer),   cmocka_unit_test(test_too_many_links),
        cmocka_unit_test(test_bombs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
