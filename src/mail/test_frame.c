// SPDX-License-Identifier: GPL-3.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "mail/frame.h"

#define ASSERT_HAS(text, part) assert_true(str_find((text), STR(part)) >= 0)
#define ASSERT_LACKS(text, part) assert_true(str_find((text), STR(part)) < 0)

static void all_parts_in_both_forms(void **state)
{
    (void)state;
    mem_ctx *ctx = mem_ctx_new(NULL, "test");
    const struct mail_earlier earlier[] = {
        {STR("Anna <b>"),
         STR("Monday & more"),
         STR("My printer\n> burns\n\n"),
         {STR("<p>My printer</p>")}},
        {STR("Tom"), STR("Sunday"), STR("Hello"), {STR("<p>Hello</p>")}},
    };
    const struct mail_frame frame = {
        .locale = STR("en-US"),
        .text = STR("Use water.\n"),
        .html = {STR("<p>Use <b>water</b>.</p>")},
        .link_words = STR("See it on the web"),
        .link = {STR("https://desk.example/r/1?a=1&b=2")},
        .earlier = earlier,
        .earlier_count = 2,
        .footer = STR("We care <a lot>."),
        .unsubscribe_words = STR("No more of these"),
        .unsubscribe = {STR("https://desk.example/u/1")},
    };
    struct str text;
    struct html html;
    mail_frame_render(ctx, &frame, &text, &html);
    assert_string_equal(text.ptr, "Use water.\n"
                                  "\nSee it on the web:\nhttps://desk.example/r/1?a=1&b=2\n"
                                  "\n-- \nWe care <a lot>.\n"
                                  "\nNo more of these:\nhttps://desk.example/u/1\n"
                                  "\nOn Monday & more, Anna <b> wrote:\n> My printer\n>> burns\n"
                                  "\nOn Sunday, Tom wrote:\n> Hello\n");
    struct str markup = html.markup;
    ASSERT_HAS(markup, "<p>Use <b>water</b>.</p>");
    ASSERT_HAS(markup, "href=\"https://desk.example/r/1?a=1&amp;b=2\"");
    ASSERT_HAS(markup, "We care &lt;a lot&gt;.");
    ASSERT_HAS(markup, "On Monday &amp; more, Anna &lt;b&gt; wrote:");
    ASSERT_HAS(markup, "lang=\"en");
    mem_free(ctx);
}

static void only_the_words(void **state)
{
    (void)state;
    mem_ctx *ctx = mem_ctx_new(NULL, "test");
    const struct mail_frame frame = {.text = STR("Hi"), .html = {STR("<p>Hi</p>")}};
    struct str text;
    struct html html;
    mail_frame_render(ctx, &frame, &text, &html);
    assert_string_equal(text.ptr, "Hi\n");
    ASSERT_LACKS(html.markup, "<a ");
    ASSERT_LACKS(html.markup, "blockquote");
    mem_free(ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_parts_in_both_forms),
        cmocka_unit_test(only_the_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
