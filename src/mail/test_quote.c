// SPDX-License-Identifier: GPL-3.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "mail/html_text.h"
#include "mail/quote.h"
#include "mail/quote_words.h"
#include "mail/sanitize.h"

struct fold_case {
    const char *visible;
    const char *quoted;
};

// Each line of `announcements` is how a mail program in some language begins a quotation.
static void test_attributions(void **state UNUSED)
{
    static const char *const LINES[] = {
        "On Fri, Nov 20, 2026 at 9:00 AM Jane Doe <jane@x.example> wrote:",
        "On 20/11/2026 09:00, Jane Doe wrote:",
        "Am 20.11.2026 um 09:00 schrieb Jane Doe:",
        "Am Fr., 20. Nov. 2026 um 09:00 Uhr schrieb Jane <jane@x.example>:",
        "Jane Doe <jane@x.example> schrieb am Fr., 20. Nov. 2026, 09:00:",
        "Le ven. 20 nov. 2026 à 09:00, Jane Doe <jane@x.example> a écrit :",
        "El vie, 20 nov 2026 a las 9:00, Jane (<jane@x.example>) escribió:",
        "Il giorno ven 20 nov 2026 alle ore 09:00 Jane <jane@x.example> ha scritto:",
        "Op vr 20 nov 2026 om 09:00 schreef Jane <jane@x.example>:",
        "Em sex., 20 de nov. de 2026 às 09:00, Jane <jane@x.example> escreveu:",
        "pt., 20 lis 2026 o 09:00 Jane <jane@x.example> napisał(a):",
        "W dniu 20.11.2026 o 09:00, Jane Doe pisze:",
        "пт, 20 нояб. 2026 г. в 09:00, Иван <ivan@x.example>:",
        "20.11.2026 09:00, Иван Петров пишет:",
        "Den fre 20 nov. 2026 kl 09:00 skrev Jane <jane@x.example>:",
        "pe 20. marrask. 2026 klo 9.00 Jane (jane@x.example) kirjoitti:",
        "pá 20. 11. 2026 v 9:00 odesílatel Jane <jane@x.example> napsal:",
        "2026年11月20日(金) 9:00 山田太郎 <yamada@x.example>:",
        "2026年11月20日(金) 9:00 山田太郎さんは書きました:",
        "在 2026年11月20日，王小明 <wang@x.example> 写道：",
        "於 2026年11月20日 週五 上午9:00寫道：",
        "2026년 11월 20일 (금) 오전 9:00, 김철수 <kim@x.example>님이 작성:",
        "في الجمعة، 20 نوفمبر 2026 في 9:00 ص كتب أحمد <ahmad@x.example>:",
        "ב-יום ו׳, 20 בנוב׳ 2026 ב-9:00 מאת דנה ‏<dana@x.example>‏ כתבה:",
        "Jane <jane@x.example>, 20 Kas 2026 Cum, 09:00 tarihinde şunu yazdı:",
    };
    for (size_t i = 0; i < sizeof LINES / sizeof LINES[0]; i++) {
        mem_ctx *ctx = mem_ctx_new(NULL, "test");
        if (!quote_attribution(str_c(LINES[i]))) {
            print_error("not seen: %s\n", LINES[i]);
            fail();
        }
        struct str text =
            str_printf(ctx, "Thanks, it works.\n\n%s\n> Did you restart it?\n", LINES[i]);
        struct mail_fold fold = mail_fold_text(ctx, text);
        assert_string_equal(str_cstr(ctx, fold.visible), "Thanks, it works.\n\n");
        mem_free(ctx);
    }
}

static void test_no_attribution(void **state UNUSED)
{
    static const char *const LINES[] = {
        "I wrote a letter on 20 November 2026.",
        "Please note the following:",
        "Steps taken on 20.11.2026:",
        "The manual says how to reset it at 10:00:",
        "wrote:",
    };
    for (size_t i = 0; i < sizeof LINES / sizeof LINES[0]; i++) {
        assert_false(quote_attribution(str_c(LINES[i])));
    }
}

// What stays visible is the first, what is folded the second.
static void test_text_folds(void **state UNUSED)
{
    static const struct fold_case CASES[] = {
        {"Only new words.\n", ""},
        {"Top.\n\n", "-----Original Message-----\nFrom: a\nSent: b\nTo: c\n\nOld words\n"},
        {"Oben.\n\n", "-----Ursprüngliche Nachricht-----\nVon: a\nalt\n"},
        {"Oben.\n", "________________________________\nVon: Support <s@x.example>\n"
                    "Gesendet: Freitag\nAn: Jane\nBetreff: x\n\nalt\n"},
        {"En haut.\n", "De : Support\nEnvoyé : vendredi\nÀ : Jane\nObjet : x\n\nvieux\n"},
        {"Сверху.\n", "От: Support\nОтправлено: 20.11.2026\nКому: Jane\nТема: x\n\nстарое\n"},
        {"上面\n", "发件人： Support\n发送时间： 2026年11月20日\n收件人： Jane\n主题： x\n\n旧\n"},
        {"上\n", "差出人: Support\n送信日時: 2026年11月20日\n宛先: Jane\n件名: x\n\n古い\n"},
        {"Top.\n\n",
         "From: *Support* <s@x.example>\n*Sent:* Friday\n*To:* Jane\n*Subject:* x\n\nold\n"},
        {"New.\n", "> old\n> older\n"},
        {"New.\n", "-- \nJane Doe\nCustomer Inc.\n"},
        {"New.\n\n", "-- \nJane\n\nOn 20 Nov 2026, Support <s@x.example> wrote:\n> old\n"},
        {"New.\n\n", "Sent from my iPhone\n"},
        {"Neu.\n\n",
         "Von meinem iPhone gesendet\n\nAm 20.11.2026 um 9:00 schrieb S <s@x.example>:\n> alt\n"},
        {"New.\n\n",
         "Get Outlook for iOS<https://aka.ms/o0ukef>\n________________________________\n"
         "From: S <s@x.example>\nSent: Friday\nTo: J\nSubject: x\n\nold\n"},
        {"新しい。\n\n", "iPhoneから送信\n"},
        {"Top.\n\n",
         "On Fri, 20 Nov 2026 at 9:00 AM, Support Desk of Example <support@desk.example>\n"
         "wrote:\n\nold words without marks\n"},
        // Answers between the lines stay with their questions.
        {"On 20 Nov 2026, S <s@x.example> wrote:\n> First?\n\nYes.\n\n> Second?\n\nNo.\n", ""},
        {"Hi,\n\nOn 20 Nov 2026, S <s@x.example> wrote:\n> First?\nYes.\n> Second?\nNo.\n", ""},
        {"> Which floor?\n\nThe third.\n\n", "-- \nJane\n"},
        // Answered below, with a rest of the quotation at the end.
        {"> Which floor?\nThe third.\n\n", "> Your desk\n"},
        // Nothing new: everything stays.
        {"> old\n> older\n", ""},
        {"On 20 Nov 2026, S <s@x.example> wrote:\n> old\n", ""},
        {"-----Original Message-----\nFrom: a\nSent: b\nTo: c\n\nOld words\n", ""},
        {"-- \nJane\n", ""},
        // Forwarded to be read.
        {"FYI\n\n---------- Forwarded message ---------\nFrom: a <a@x.example>\nDate: "
         "Fri\nSubject: "
         "x\nTo: b\n\nwords\n",
         ""},
        {"Von meinem Standpunkt aus ist das falsch.\nBitte ändern.\n", ""},
        {"a -- b\n--- c\nd\n", ""},
        {"", ""},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        mem_ctx *ctx = mem_ctx_new(NULL, "test");
        struct str text = str_printf(ctx, "%s%s", CASES[i].visible, CASES[i].quoted);
        struct mail_fold fold = mail_fold_text(ctx, text);
        assert_string_equal(str_cstr(ctx, fold.visible), CASES[i].visible);
        assert_string_equal(str_cstr(ctx, fold.quoted), CASES[i].quoted);
        mem_free(ctx);
    }
}

// In the html stands NEW where words must stay visible and OLD where they must be folded.
static void test_html_folds(void **state UNUSED)
{
    static const char *const FOLDED[] = {
        "<div>NEW</div><div class=gmail_quote><div class=gmail_attr>On x "
        "wrote:</div><blockquote>OLD"
        "</blockquote></div>",
        "<div>NEW</div><div class='x_gmail_quote'>OLD</div>",
        "<p>NEW</p><div class=protonmail_quote>OLD</div>",
        "<p>NEW</p><div id=appendonsend></div><hr><div id=divRplyFwdMsg>From: "
        "x</div><div>OLD</div>",
        "<p>NEW</p><div class=yahoo_quoted>OLD</div>",
        "<p>NEW</p><blockquote type=cite>OLD</blockquote>",
        "<p>NEW</p><div class=moz-cite-prefix>Jane said OLD</div><blockquote type=cite "
        "cite='mid:x'>OLD</blockquote>",
        "<p>NEW</p><div>Am 20.11.2026 um 09:00 schrieb OLD &lt;o@x.example&gt;:</div><blockquote "
        "type=cite>OLD</blockquote>",
        "<div><p>NEW</p><div><div style='border:none;border-top:solid #E1E1E1 1.0pt;padding:3.0pt "
        "0in "
        "0in 0in'><p><b>From:</b> OLD</p></div></div><p>OLD</p></div>",
        "<p>NEW</p><div>------------------&nbsp;原始邮件&nbsp;------------------</div><div>OLD</"
        "div>",
        "<p>NEW</p><p>-----Original Message-----</p><p>OLD</p>",
        "<p>NEW</p><div><b>Von:</b> a<br><b>Gesendet:</b> b<br><b>An:</b> c<br><b>Betreff:</b> "
        "OLD</div><p>OLD</p>",
        "<p>NEW</p><details class=quoted><summary>s</summary>OLD</details>",
        "<div class=gmail_quote>OLD first</div><p>NEW</p><div class=gmail_quote>OLD</div>",
    };
    static const char *const OPEN[] = {
        "<p>words only</p>",
        "<blockquote type=cite>all</blockquote>",
        "<div class=gmail_quote>all</div>",
        ("<p>a</p><blockquote type=cite>q1</blockquote><p>answer</p><blockquote "
         "type=cite>q2</blockquote><p>answer</p>"),
        "<p>a</p><div class=gmail_quote>On x wrote:<blockquote>q</blockquote><p>answer</p></div>",
        "<p>FYI</p><div class=gmail_quote>---------- Forwarded message ---------<br>From: x</div>",
        "<blockquote>not a quotation of a mail</blockquote><p>x</p>",
    };
    for (size_t i = 0; i < sizeof FOLDED / sizeof FOLDED[0]; i++) {
        mem_ctx *ctx = mem_ctx_new(NULL, "test");
        struct sanitize_options options = {.fold_quotes = true, .fold_label = STR("Earlier")};
        struct sanitized clean;
        html_sanitize(ctx, str_c(FOLDED[i]), &options, &clean);
        struct str out = clean.html.markup;
        ptrdiff_t fold = str_find(out, STR("<details class=\"quoted\">"));
        ptrdiff_t fresh = str_find(out, STR("NEW"));
        ptrdiff_t old = fold < 0 ? -1 : str_find(str_from(out, (size_t)fold), STR("OLD"));
        bool right = fold > fresh && fresh >= 0 && old >= 0 &&
                     str_find(str_sub(out, (size_t)fresh, (size_t)(fold - fresh)), STR("OLD")) < 0;
        if (!right) {
            print_error("%s\n gives " STR_FMT "\n", FOLDED[i], STR_ARG(out));
            fail();
        }
        mem_free(ctx);
    }
    for (size_t i = 0; i < sizeof OPEN / sizeof OPEN[0]; i++) {
        mem_ctx *ctx = mem_ctx_new(NULL, "test");
        struct sanitize_options options = {.fold_quotes = true};
        struct sanitized clean;
        html_sanitize(ctx, str_c(OPEN[i]), &options, &clean);
        if (clean.folded) {
            print_error("%s\n gives " STR_FMT "\n", OPEN[i], STR_ARG(clean.html.markup));
            fail();
        }
        mem_free(ctx);
    }
}

static void test_html_to_text(void **state UNUSED)
{
    static const char *const CASES[][2] = {
        {"<p>One</p><p>Two</p>", "One\n\nTwo"},
        {"a<br>b<br><br>c", "a\nb\n\nc"},
        {"<ul><li>a<ul><li>b</ul><li>c</ul>", "* a\n  * b\n* c"},
        {"<ol start=3><li>a<li>b</ol>", "3. a\n4. b"},
        {"<a href='https://x.example/'>x.example</a>", "x.example"},
        {"<a href='https://x.example/y'>here</a>", "here <https://x.example/y>"},
        {"<a href='mailto:a@x.example?subject=y'>write</a>", "write <a@x.example>"},
        {"<a href='javascript:x'>no</a>", "no"},
        {"<blockquote>q1<br>q2<blockquote>q3</blockquote></blockquote>after",
         "> q1\n> q2\n>\n> > q3\n\nafter"},
        {"<pre>a\n  b\n\nc</pre>d", "a\n  b\n\nc\n\nd"},
        {"<table><tr><td>a<td>b<tr><td>c</table>", "a b\nc"},
        {"<style>x</style><script>y</script><title>z</title>t", "t"},
        {"<img alt='A picture' src=x> &amp; &lt;b&gt;", "A picture & <b>"},
        {"a&nbsp;b \xe2\x80\x8b\xe2\x80\x8b c", "a b c"},
        {"<h1>T</h1>x<hr>y", "T\n\nx\n----------\ny"},
        {"", ""},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        mem_ctx *ctx = mem_ctx_new(NULL, "test");
        struct str text = html_to_text(ctx, str_c(CASES[i][0]));
        assert_string_equal(str_cstr(ctx, text), CASES[i][1]);
        mem_free(ctx);
    }
}

#define A(href, words)                                                                             \
    "<a href=\"" href "\" rel=\"noopener noreferrer nofollow\" target=\"_blank\">" words "</a>"

static void test_text_to_html(void **state UNUSED)
{
    static const char *const CASES[][2] = {
        {"One\nline\n\nTwo", "<p>One<br>\nline</p>\n<p>Two</p>\n"},
        {"<script>&", "<p>&lt;script&gt;&amp;</p>\n"},
        {"> q\n>> r\nx",
         "<blockquote><p>q</p>\n<blockquote><p>r</p>\n</blockquote>\n</blockquote>\n"
         "<p>x</p>\n"},
        {"see https://x.example/a?b=1&c.",
         "<p>see " A("https://x.example/a?b=1&amp;c", "https://x.example/a?b=1&amp;c") ".</p>\n"},
        {"(www.x.example)", "<p>(" A("https://www.x.example", "www.x.example") ")</p>\n"},
        {"write to jane.doe@x.example, please",
         "<p>write to " A("mailto:jane.doe@x.example", "jane.doe@x.example") ", please</p>\n"},
        {"javascript:alert(1) a@b", "<p>javascript:alert(1) a@b</p>\n"},
        {"http://x/\"onclick=y", "<p>" A("http://x/", "http://x/") "&quot;onclick=y</p>\n"},
        {"", ""},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        mem_ctx *ctx = mem_ctx_new(NULL, "test");
        struct html html = text_to_html(ctx, str_c(CASES[i][0]));
        assert_string_equal(str_cstr(ctx, html.markup), CASES[i][1]);
        mem_free(ctx);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_attributions), cmocka_unit_test(test_no_attribution),
        cmocka_unit_test(test_text_folds),   cmocka_unit_test(test_html_folds),
        cmocka_unit_test(test_html_to_text), cmocka_unit_test(test_text_to_html),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
