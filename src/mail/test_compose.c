// SPDX-License-Identifier: GPL-3.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "mail/compose.h"

static const struct compose_address ANNA = {STR_INIT("Anna Beck"), STR_INIT("anna@example.org")};

static struct compose_mail sample(void)
{
    return (struct compose_mail){
        .from = {STR("Tom Berg via Support"), STR("support@desk.example")},
        .to = &ANNA,
        .to_count = 1,
        .subject = STR("Printer on fire [#42]"),
        .message_id = STR("<t42.c1.x.y@desk.example>"),
        .date = INT64_C(1795399261000),
        .text = STR("Hello Anna,\nplease use water.\n"),
    };
}

static struct composed compose(mem_ctx *ctx, const struct compose_mail *mail)
{
    struct composed composed;
    struct error err = {0};
    if (!mail_compose(ctx, mail, &composed, &err)) {
        fail_msg("%s", err.message);
    }
    return composed;
}

// Rules every mail keeps: CR LF only in pairs, no line over 998 bytes, no byte beyond ASCII.
static void check_wire(struct str raw, bool seven_bit)
{
    size_t line = 0;
    for (size_t i = 0; i < raw.len; i++) {
        unsigned char c = (unsigned char)raw.ptr[i];
        if (c == '\n') {
            assert_true(i > 0 && raw.ptr[i - 1] == '\r');
            line = 0;
        } else {
            assert_true(c != '\r' || (i + 1 < raw.len && raw.ptr[i + 1] == '\n'));
            assert_true(c != '\0');
            assert_true(!seven_bit || c < 0x80);
            line++;
            assert_true(line <= 999);  // with its CR
        }
    }
    assert_true(str_ends(raw, STR("\r\n")));
}

// The header block's field, unfolded; STR_NONE without it. *ret_count says how many there are.
static struct str header(mem_ctx *ctx, struct str raw, const char *name, int *ret_count)
{
    ptrdiff_t end = str_find(raw, STR("\r\n\r\n"));
    assert_true(end > 0);
    struct str rest = str_sub(raw, 0, (size_t)end);
    struct buf value;
    buf_init(&value, ctx, 1 << 16);
    bool inside = false;
    int count = 0;
    struct str line;
    struct str wanted = str_printf(ctx, "%s:", name);
    while (str_next(&rest, '\n', &line)) {
        if (line.len > 0 && (line.ptr[0] == ' ' || line.ptr[0] == '\t')) {
            if (inside) {
                buf_put_char(&value, ' ');
                buf_put(&value, str_trim(line));
            }
            continue;
        }
        inside = str_istarts(line, wanted);
        if (inside) {
            count++;
            buf_put(&value, str_trim(str_from(line, wanted.len)));
        }
    }
    if (ret_count != NULL) {
        *ret_count = count;
    }
    return count == 0 ? STR_NONE : buf_str(&value);
}

#define ASSERT_HEADER(raw, name, wanted)                                                           \
    assert_string_equal(header(ctx, raw, name, NULL).ptr, wanted)
#define ASSERT_NO_HEADER(raw, name) assert_true(str_none(header(ctx, raw, name, NULL)))
#define ASSERT_HAS(raw, text) assert_true(str_find(raw, STR(text)) >= 0)
#define ASSERT_LACKS(raw, text) assert_true(str_find(raw, STR(text)) < 0)

static void a_plain_mail(void **state UNUSED)
{
    mem_ctx *ctx = mem_ctx_new(NULL, "test");
    struct compose_mail mail = sample();
    mail.reply_to = STR("support+token@desk.example");
    mail.in_reply_to = STR("<first@example.org>");
    struct str references[] = {STR("<first@example.org>")};
    mail.references = references;
    mail.reference_count = 1;
    struct str raw = compose(ctx, &mail).raw;
    check_wire(raw, true);
    ASSERT_HEADER(raw, "From", "Tom Berg via Support <support@desk.example>");
    ASSERT_HEADER(raw, "Reply-To", "Tom Berg via Support <support+token@desk.example>");
    ASSERT_HEADER(raw, "To", "Anna Beck <anna@example.org>");
    ASSERT_HEADER(raw, "Subject", "Printer on fire [#42]");
    ASSERT_HEADER(raw, "Message-Id", "<t42.c1.x.y@desk.example>");
    ASSERT_HEADER(raw, "In-Reply-To", "<first@example.org>");
    ASSERT_HEADER(raw, "References", "<first@example.org>");
    ASSERT_HEADER(raw, "Date", "Mon, 23 Nov 2026 02:01:01 +0000");
    ASSERT_HEADER(raw, "MIME-Version", "1.0");
    ASSERT_HEADER(raw, "Content-Type", "text/plain; charset=utf-8");
    ASSERT_NO_HEADER(raw, "Auto-Submitted");
    ASSERT_NO_HEADER(raw, "Precedence");
    assert_true(str_ends(raw, STR("\r\n\r\nHello Anna,\r\nplease use water.\r\n")));
    mem_free(ctx);
}

static void automatic_mails_say_so(void **state UNUSED)
{
    mem_ctx *ctx = mem_ctx_new(NULL, "test");
    struct compose_mail mail = sample();
    mail.origin = COMPOSE_AUTO_REPLIED;
    mail.loop_mark = STR("abcdef");
    mail.unsubscribe_url = STR("https://desk.example/unsubscribe/x");
    mail.unsubscribe_mail = STR("support+token@desk.example");
    struct str raw = compose(ctx, &mail).raw;
    ASSERT_HEADER(raw, "Auto-Submitted", "auto-replied");
    ASSERT_HEADER(raw, "X-Auto-Response-Suppress", "All");
    ASSERT_HEADER(raw, "Precedence", "auto_reply");
    ASSERT_HEADER(raw, "X-Steward-Loop", "abcdef");
    ASSERT_HEADER(raw, "List-Unsubscribe",
                  "<https://desk.example/unsubscribe/x>, "
                  "<mailto:support%2Btoken@desk.example?subject=unsubscribe>");
    ASSERT_HEADER(raw, "List-Unsubscribe-Post", "List-Unsubscribe=One-Click");
    mail.origin = COMPOSE_AUTO_GENERATED;
    mail.unsubscribe_url = STR("https://desk.example/x\r\nBcc: all@example.org");
    raw = compose(ctx, &mail).raw;
    ASSERT_HEADER(raw, "Auto-Submitted", "auto-generated");
    ASSERT_LACKS(raw, "Bcc");
    ASSERT_NO_HEADER(raw, "List-Unsubscribe-Post");
    mem_free(ctx);
}

static const struct str HOSTILE[] = {
    STR_INIT("x\r\nBcc: victim@example.org"),
    STR_INIT("x\nBcc: victim@example.org"),
    STR_INIT("x\rBcc: victim@example.org"),
    STR_INIT("x\r\n\r\nBody of mine\r\nBcc: victim@example.org"),
    STR_INIT("x\0\r\nBcc: victim@example.org"),
    STR_INIT("x\xe2\x80\xa8"
             "Bcc: victim@example.org"),
    STR_INIT("x\xc2\x85"
             "Bcc: victim@example.org"),
    STR_INIT("x\xff\xfe\r\n Bcc: victim@example.org"),
    STR_INIT("=?utf-8?Q?x=0D=0ABcc:_victim@example.org?="),
    STR_INIT("x\v\f\x1b\r\n\tBcc: victim@example.org"),
    STR_INIT("\"x\" <victim@example.org>, y\r\nBcc: victim@example.org"),
    STR_INIT("x\x00\x00\x0a"),
};

static void headers_cannot_be_injected(void **state UNUSED)
{
    for (size_t i = 0; i < sizeof HOSTILE / sizeof HOSTILE[0]; i++) {
        mem_ctx *ctx = mem_ctx_new(NULL, "test");
        struct compose_mail mail = sample();
        struct compose_address to = {HOSTILE[i], STR("anna@example.org")};
        struct compose_file files[] = {
            {.name = HOSTILE[i], .type = HOSTILE[i], .content = STR("x")},
            {.name = STR("a.png"), .type = STR("image/png"), .content_id = HOSTILE[i]},
        };
        mail.to = &to;
        mail.from.name = HOSTILE[i];
        mail.subject = HOSTILE[i];
        mail.in_reply_to = HOSTILE[i];
        struct str references[] = {HOSTILE[i], STR("<good@x>"), HOSTILE[i]};
        mail.references = references;
        mail.reference_count = 3;
        mail.loop_mark = HOSTILE[i];
        mail.unsubscribe_url = HOSTILE[i];
        mail.unsubscribe_mail = HOSTILE[i];
        mail.html = (struct html){STR("<p>x</p>")};
        mail.files = files;
        mail.file_count = 2;
        struct str raw = compose(ctx, &mail).raw;
        check_wire(raw, true);
        ASSERT_NO_HEADER(raw, "Bcc");
        ASSERT_LACKS(raw, "\r\nBcc");
        ASSERT_LACKS(raw, "\r\n\r\nBody of mine");
        ASSERT_HEADER(raw, "References", "<good@x>");
        ASSERT_NO_HEADER(raw, "In-Reply-To");
        static const char *const ONCE[] = {"From",       "To",           "Subject",     "Date",
                                           "Message-Id", "MIME-Version", "Content-Type"};
        for (size_t j = 0; j < sizeof ONCE / sizeof ONCE[0]; j++) {
            int count = 0;
            (void)header(ctx, raw, ONCE[j], &count);
            assert_int_equal(count, 1);
        }
        mem_free(ctx);
    }
}

static void hostile_addresses_are_refused(void **state UNUSED)
{
    static const char *const BAD[] = {
        "",
        "anna",
        "anna@",
        "@example.org",
        "anna@example.org\r\nBcc: x@y",
        "an na@example.org",
        "anna@exa mple.org",
        "anna@example..org",
        "anna@example.org>",
        "<anna@example.org",
        "anna@example.org,bob@example.org",
        "anna@-\n",
        "a@b\x01",
        "a\x7f@b.c",
        "a@b@c d",
        "\"a@b.c",
        "\"a\"b\"@b.c",
        "a@[1.2.3.4",
        "anna@.",
        "anna@example.org.",
        "a\xff@b.c",
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa@b.c",
    };
    for (size_t i = 0; i < sizeof BAD / sizeof BAD[0]; i++) {
        mem_ctx *ctx = mem_ctx_new(NULL, "test");
        struct compose_address to = {STR("x"), str_c(BAD[i])};
        struct compose_mail mail = sample();
        mail.cc = &to;
        mail.cc_count = 1;
        struct composed composed;
        struct error err = {0};
        assert_false(mail_compose(ctx, &mail, &composed, &err));
        assert_string_equal(err.field, "cc");
        assert_int_equal(err.code, ERR_INVALID);
        mem_free(ctx);
    }
}

static void international_addresses(void **state UNUSED)
{
    static const struct {
        const char *address;
        const char *wire;
        bool utf8;
    } CASES[] = {
        {"anna@example.org", "anna@example.org", false},
        {"anna@m\xc3\xbcnchen.example", "anna@xn--mnchen-3ya.example", false},
        {"j\xc3\xbcrgen@m\xc3\xbcnchen.example", "j\xc3\xbcrgen@xn--mnchen-3ya.example", true},
        {"\xe7\x94\xa8\xe6\x88\xb7@\xe4\xbe\x8b\xe5\xad\x90.\xe6\xb5\x8b\xe8\xaf\x95",
         "\xe7\x94\xa8\xe6\x88\xb7@xn--fsqu00a.xn--0zwm56d", true},
        {"o'brien+x@example.org", "o'brien+x@example.org", false},
        {"\"a b\"@example.org", "\"a b\"@example.org", false},
        {"x@[192.0.2.1]", "x@[192.0.2.1]", false},
        {"x@localhost", "x@localhost", false},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        mem_ctx *ctx = mem_ctx_new(NULL, "test");
        struct str wire;
        bool utf8 = false;
        assert_true(compose_address_wire(ctx, str_c(CASES[i].address), &wire, &utf8));
        assert_string_equal(wire.ptr, CASES[i].wire);
        assert_int_equal(utf8, CASES[i].utf8);
        struct compose_address to = {STR("J\xc3\xbcrgen"), str_c(CASES[i].address)};
        struct compose_mail mail = sample();
        mail.to = &to;
        struct composed composed = compose(ctx, &mail);
        assert_int_equal(composed.utf8, CASES[i].utf8);
        check_wire(composed.raw, !CASES[i].utf8);
        struct str header_to = header(ctx, composed.raw, "To", NULL);
        struct str in_header = str_printf(ctx, "<%s>", CASES[i].wire);
        if (str_find(header_to, in_header) < 0) {
            fail_msg("To: %s lacks %s", header_to.ptr, in_header.ptr);
        }
        mem_free(ctx);
    }
}

static void references_keep_the_first_and_the_last(void **state UNUSED)
{
    mem_ctx *ctx = mem_ctx_new(NULL, "test");
    struct str *references = mem_array(ctx, struct str, 500);
    for (int i = 0; i < 500; i++) {
        references[i] = str_printf(ctx, "<%d.%0200d@example.org>", i, 7);
    }
    struct compose_mail mail = sample();
    mail.references = references;
    for (size_t count = 0; count <= 500; count = count < 30 ? count + 1 : count + 235) {
        mail.reference_count = count;
        struct str raw = compose(ctx, &mail).raw;
        check_wire(raw, true);
        struct str list = header(ctx, raw, "References", NULL);
        size_t found = 0;
        int last = -1;
        struct str id;
        while (str_next(&list, ' ', &id)) {
            int number = (int)strtol(id.ptr + 1, NULL, 10);
            assert_true(number > last);
            last = number;
            found++;
        }
        assert_int_equal(found, count <= 21 ? count : 21);
        assert_int_equal(last, (int)count - 1);
    }
    mem_free(ctx);
}

static void html_images_and_files(void **state UNUSED)
{
    mem_ctx *ctx = mem_ctx_new(NULL, "test");
    struct buf bytes;
    buf_init(&bytes, ctx, 1 << 20);
    for (int i = 0; i < 100000; i++) {
        buf_put_char(&bytes, (char)(i * 7));
    }
    struct compose_file files[] = {
        {STR("Gr\xc3\xbc\xc3\x9f"
             "e.pdf"),
         STR("application/pdf"), STR_NONE, buf_str(&bytes)},
        {STR("logo.png"), STR("image/png"), STR("logo@desk"), STR("png")},
        {STR("../../etc/passwd"), STR("text/plain"), STR_NONE, STR("a\nb\r\n\r.\n")},
        {STR(""), STR("message/rfc822"), STR_NONE, STR("From: x\r\n\r\ny")},
    };
    struct compose_mail mail = sample();
    mail.html = (struct html){STR("<p>Hello <img src=\"cid:logo@desk\"></p>")};
    mail.files = files;
    mail.file_count = 4;
    struct str raw = compose(ctx, &mail).raw;
    check_wire(raw, true);
    ptrdiff_t at[] = {
        str_find(raw, STR("multipart/mixed")),    str_find(raw, STR("multipart/alternative")),
        str_find(raw, STR("text/plain")),         str_find(raw, STR("multipart/related")),
        str_find(raw, STR("text/html; charset")), str_find(raw, STR("image/png")),
        str_find(raw, STR("application/pdf"))};
    for (size_t i = 0; i < sizeof at / sizeof at[0]; i++) {
        assert_true(at[i] > (i == 0 ? -1 : at[i - 1]));
    }
    ASSERT_HAS(raw, "Content-Id: <logo@desk>\r\n");
    ASSERT_HAS(raw, "filename*=UTF-8''Gr%C3%BC%C3%9Fe.pdf");
    ASSERT_HAS(raw, " name=\"=?");
    ASSERT_HAS(raw, "filename=.._.._etc_passwd\r\n");
    ASSERT_LACKS(raw, "message/rfc822");
    ASSERT_HAS(raw, "YQpiDQoNLgo=");
    mem_free(ctx);
}

static void bodies_of_every_kind(void **state UNUSED)
{
    static const struct {
        struct str text;
        const char *encoding;
        const char *contains;
    } CASES[] = {
        {STR_INIT("plain\r\nlines\rmixed\n"), "7bit", "\r\n\r\nplain\r\nlines\r\nmixed\r\n"},
        {STR_INIT("Gr\xc3\xbc\xc3\x9f"
                  "e aus der Ferne, mein Bester\n"),
         "quoted-printable", "Gr=C3=BC=C3=9Fe aus"},
        {STR_INIT("\xd0\x9f\xd1\x80\xd0\xb8\xd0\xb2\xd0\xb5\xd1\x82\n\n."), "base64",
         "0J/RgNC40LLQtdGCDQoNCi4NCg=="},
        {STR_INIT("."), "7bit", "\r\n\r\n.\r\n"},
        {STR_INIT(""), "7bit", "\r\n\r\n\r\n"},
        {STR_INIT("nul\0 and \x1b[31m"), "7bit", "nul and [31m\r\n"},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        mem_ctx *ctx = mem_ctx_new(NULL, "test");
        struct compose_mail mail = sample();
        mail.text = CASES[i].text;
        struct str raw = compose(ctx, &mail).raw;
        check_wire(raw, true);
        ASSERT_HEADER(raw, "Content-Transfer-Encoding", CASES[i].encoding);
        if (str_find(raw, str_c(CASES[i].contains)) < 0) {
            fail_msg("%s\nlacks %s", raw.ptr, CASES[i].contains);
        }
        mem_free(ctx);
    }
}

static void long_lines_and_subjects_are_folded(void **state UNUSED)
{
    mem_ctx *ctx = mem_ctx_new(NULL, "test");
    struct buf text;
    buf_init(&text, ctx, 1 << 20);
    for (int i = 0; i < 5000; i++) {
        buf_put(&text, i % 9 == 0 ? STR(" ") : STR("x"));
    }
    struct compose_mail mail = sample();
    mail.text = buf_str(&text);
    mail.subject = buf_str(&text);
    mail.from.name = buf_str(&text);
    check_wire(compose(ctx, &mail).raw, true);
    buf_reset(&text);
    for (int i = 0; i < 5000; i++) {
        buf_put(&text, STR("\xf0\x9f\x94\xa5"));
    }
    mail.text = buf_str(&text);
    mail.subject = buf_str(&text);
    mail.from.name = buf_str(&text);
    check_wire(compose(ctx, &mail).raw, true);
    buf_reset(&text);
    for (int i = 0; i < 5000; i++) {
        buf_put_char(&text, 'x');
    }
    mail.text = buf_str(&text);
    mail.subject = buf_str(&text);
    mail.from.name = buf_str(&text);
    struct compose_file file = {buf_str(&text), buf_str(&text), STR_NONE, buf_str(&text)};
    mail.files = &file;
    mail.file_count = 1;
    check_wire(compose(ctx, &mail).raw, true);
    mem_free(ctx);
}

static void names_of_the_sender(void **state UNUSED)
{
    mem_ctx *ctx = mem_ctx_new(NULL, "test");
    assert_string_equal(compose_from_name(ctx, STR("Tom Berg"), STR("Support")).ptr,
                        "Tom Berg via Support");
    assert_string_equal(compose_from_name(ctx, STR(""), STR("Support")).ptr, "Support");
    assert_string_equal(compose_from_name(ctx, STR("Tom"), STR("")).ptr, "Tom");
    struct compose_mail mail = sample();
    mail.from.name = STR("Berg, Tom (\"T\") <x@y> @ IT");
    struct str raw = compose(ctx, &mail).raw;
    ASSERT_HEADER(raw, "From", "\"Berg, Tom (\\\"T\\\") <x@y> @ IT\" <support@desk.example>");
    mem_free(ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_plain_mail),
        cmocka_unit_test(automatic_mails_say_so),
        cmocka_unit_test(headers_cannot_be_injected),
        cmocka_unit_test(hostile_addresses_are_refused),
        cmocka_unit_test(international_addresses),
        cmocka_unit_test(references_keep_the_first_and_the_last),
        cmocka_unit_test(html_images_and_files),
        cmocka_unit_test(bodies_of_every_kind),
        cmocka_unit_test(long_lines_and_subjects_are_folded),
        cmocka_unit_test(names_of_the_sender),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
