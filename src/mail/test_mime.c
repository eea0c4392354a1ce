// SPDX-License-Identifier: GPL-3.0-or-later
//
// The parts of reading a mail one by one; whole mails are in test_corpus.c.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/random.h"
#include "mail/address.h"
#include "mail/charset.h"
#include "mail/classify.h"
#include "mail/headers.h"
#include "mail/ids.h"
#include "mail/message.h"
#include "mail/mime_body.h"
#include "mail/mime_part.h"

#define NOW_MS INT64_C(1795395600000)

static mem_ctx *ctx;

static int setup(void **state UNUSED)
{
    ctx = mem_ctx_new(NULL, "test");
    return 0;
}

static int teardown(void **state UNUSED)
{
    mem_free(ctx);
    return 0;
}

static void same(struct str got, const char *expected)
{
    assert_false(str_none(got));
    assert_string_equal(str_cstr(ctx, got), expected);
}

static void test_charset(void **state UNUSED)
{
    same(charset_to_utf8(ctx, STR("utf-8"), STR("h\xc3\xa9")), "hé");
    same(charset_to_utf8(ctx, STR("\"UTF-8\""), STR("h\xc3\xa9")), "hé");
    same(charset_to_utf8(ctx, STR("iso-8859-1"), STR("h\xe9 \x80")), "hé €");
    same(charset_to_utf8(ctx, STR("iso-8859-15"), STR("\xa4")), "€");
    same(charset_to_utf8(ctx, STR("utf-8"), STR("\xef\xbb\xbfx")), "x");
    same(charset_to_utf8(ctx, STR_NONE, STR("\x1b$B%F%9%H\x1b(B")), "テスト");
    same(charset_to_utf8(ctx, STR("iso-2022-jp"), STR("\x1b(I1\x1b(B")), "ｱ");
    same(charset_to_utf8(ctx, STR("../../etc/passwd"), STR("x\xe9")), "xé");
    same(charset_to_utf8(ctx, STR("utf-8,swaplfnl"), STR("h\xc3\xa9")), "hé");
    same(charset_to_utf8(ctx, STR("x"), STR("a\0b")), "ab");
    same(charset_to_utf8(ctx, STR("gb2312"), STR("\x81\x30\x81\x30")), "\xc2\x80");
    assert_true(charset_known(STR("KS_C_5601-1987")));
    assert_true(charset_known(STR("iso-2022-jp-ms")));
    assert_false(charset_known(STR("x-unknown")));
    assert_false(charset_known(STR("")));
}

static void test_decode(void **state UNUSED)
{
    same(header_decode(ctx, STR(" =?utf-8?q?a_b=3D?=\r\n")), "a b=");
    same(header_decode(ctx, STR("a\r\n b\r\n\tc")), "a b c");
    same(header_decode(ctx, STR("=?utf-8*en?Q?x?=")), "x");
    same(header_decode(ctx, STR("x=?utf-8?Q?y?=z")), "xyz");
    same(header_decode(ctx, STR("=?utf-8?Q?a?= =?utf-8?Q?b?=")), "ab");
    same(header_decode(ctx, STR("=?utf-8?Q?a?= b")), "a b");
    same(header_decode(ctx, STR("=?utf-8?B?4pyT?=")), "✓");
    same(header_decode(ctx, STR("=?utf-8?B?4p?= =?utf-8?B?yT?=")), "✓");
    same(header_decode(ctx, STR("=?utf-8?Q?with blanks inside?=")), "with blanks inside");
    same(header_decode(ctx, STR("=??Q?x?= =?utf-8?Q?")), "=??Q?x?= =?utf-8?Q?");
    same(header_decode(ctx, STR("")), "");
}

static void test_params(void **state UNUSED)
{
    same(header_token(ctx, STR(" Text/HTML ; charset=x")), "text/html");
    same(header_token(ctx, STR("")), "");
    same(header_param(ctx, STR("a; Name=\"x;y\"; b=2"), "name"), "x;y");
    same(header_param(ctx, STR("a; name=plain words; b=2"), "name"), "plain words");
    same(header_param(ctx, STR("a; name*=utf-8'de'%C3%A4; name=plain"), "name"), "ä");
    same(header_param(ctx, STR("a; name*1=\"b c\"; name*0=a"), "name"), "ab c");
    same(header_param(ctx, STR("a; name*0*=iso-8859-1''%E4; name*1=b"), "name"), "äb");
    same(header_param(ctx, STR("a; name=\"=?utf-8?Q?=C3=A4?=\""), "name"), "ä");
    same(header_param(ctx, STR("a; name=\"utf-8''%C3%A4\""), "name"), "ä");
    same(header_param(ctx, STR("a; name=\"never closed"), "name"), "never closed");
    same(header_param(ctx, STR("a; name=\"a\\\"b\""), "name"), "a\"b");
    same(header_param(ctx, STR("a; name=\"C:\\tmp\\f\""), "name"), "C:\\tmp\\f");
    assert_true(str_none(header_param(ctx, STR("a; names=x; other"), "name")));
    assert_true(str_none(header_param(ctx, STR(""), "name")));
}

static void test_file_names(void **state UNUSED)
{
    same(file_name_safe(ctx, STR("/etc/passwd")), "passwd");
    same(file_name_safe(ctx, STR("a/../..\\b.txt")), "b.txt");
    same(file_name_safe(ctx, STR("..")), "");
    same(file_name_safe(ctx, STR(".htaccess")), "htaccess");
    same(file_name_safe(ctx, STR("\xe2\x80\x8b.htaccess")), "htaccess");
    same(file_name_safe(ctx, STR("a\r\nb: c?.txt")), "ab_ c_.txt");
    same(file_name_safe(ctx, STR("x\xe2\x80\xaegnp.exe")), "xgnp.exe");
    same(file_name_safe(ctx, STR("name. . ")), "name");
    same(file_name_safe(ctx, STR("Übersicht €.pdf")), "Übersicht €.pdf");
}

static void test_addresses(void **state UNUSED)
{
    assert_true(address_valid(STR("a@b.example")));
    assert_true(address_valid(STR("\"a b\"@b.example")));
    assert_true(address_valid(STR("a@[127.0.0.1]")));
    assert_true(address_valid(STR("jürgen@b.example")));
    static const char *const BAD[] = {"",        "a",      "@b",     "a@",   "a b@c",
                                      "a@-b",    "a@b..c", "a@b\nc", "a<@b", "a@b>",
                                      "a@b@c d", "a,b@c",  "a@b c",  "a@.b", "a@b_-.c-"};
    for (size_t i = 0; i < sizeof BAD / sizeof BAD[0]; i++) {
        assert_false(address_valid(str_c(BAD[i])));
    }
    same(address_normal(ctx, STR(" Jane@EXAMPLE.com. ")), "Jane@example.com");
    same(address_normal(ctx, STR("x@MÜNCHEN.example")), "x@xn--mnchen-3ya.example");
    assert_true(str_none(address_normal(ctx, STR("x@a\xff.example"))));
    struct mail_addresses many = address_list(ctx, STR("a@x.example, b@x.example, A@X.example"), 5);
    assert_int_equal(many.count, 2);
    assert_int_equal(address_list(ctx, STR("a@x.example, b@x.example"), 1).count, 1);
    assert_int_equal(address_list(ctx, STR("((((\\"), 5).count, 0);
    assert_int_equal(address_list(ctx, STR("\"<\\"), 5).count, 0);
}

static void test_flowed(void **state UNUSED)
{
    same(text_unflow(ctx, STR("a \nb\nc"), false), "a b\nc");
    same(text_unflow(ctx, STR("\na"), false), "\na");
    same(text_unflow(ctx, STR("a \n\nb"), false), "a \nb");
    same(text_unflow(ctx, STR("a\n-- \nb"), false), "a\n-- \nb");
    same(text_unflow(ctx, STR(" From x"), false), "From x");
    same(text_unflow(ctx, STR("> a \n> b\nc"), false), "> a b\nc");
}

static void test_never_answer(void **state UNUSED)
{
    static const char *const NEVER[] = {"MAILER-DAEMON@x.example", "noreply@x.example",
                                        "no-reply+1@x.example",    "root@x.example",
                                        "donotreply@x.example",    "bounces+12@x.example",
                                        "shop-noreply@x.example",  "postmaster@x.example"};
    static const char *const ANSWER[] = {"jane@x.example", "rooty@x.example", "abused@x.example",
                                         "info@noreply.example", "bouncer@x.example"};
    for (size_t i = 0; i < sizeof NEVER / sizeof NEVER[0]; i++) {
        assert_true(address_never_answer(str_c(NEVER[i])));
    }
    for (size_t i = 0; i < sizeof ANSWER / sizeof ANSWER[0]; i++) {
        assert_false(address_never_answer(str_c(ANSWER[i])));
    }
}

static void test_subjects(void **state UNUSED)
{
    same(subject_bare(STR("Re: AW: Re[2]: FWD: x")), "x");
    same(subject_bare(STR("回复：答复: x")), "x");
    same(subject_bare(STR("Report: x")), "Report: x");
    same(subject_bare(STR("Re:")), "");
    same(subject_bare(STR("")), "");
}

static struct mail_message *parsed(struct str raw)
{
    struct mail_limits limits = mail_limits_default(NOW_MS);
    struct mail_message *message = NULL;
    struct error err;
    assert_true(mail_parse(ctx, raw, &limits, &message, &err));
    return message;
}

static void test_own_loop(void **state UNUSED)
{
    struct str secret = STR("our secret");
    struct str own_list[] = {STR("support@desk.example")};
    struct own_addresses own = {own_list, 1, secret};
    struct ticket_id ticket = {42};
    struct comment_id comment = {7};
    struct str id = mail_message_id(ctx, secret, ticket, comment, STR("desk.example"));
    struct mail_message *m =
        parsed(str_printf(ctx, "From: x@y.example\nMessage-ID: " STR_FMT "\n\nx\n", STR_ARG(id)));
    assert_true(mail_classify(ctx, m, &own).own_loop);
    struct str mark = mail_loop_mark(ctx, secret);
    m = parsed(
        str_printf(ctx, "From: x@y.example\nX-Steward-Loop: " STR_FMT "\n\nx\n", STR_ARG(mark)));
    assert_true(mail_classify(ctx, m, &own).own_loop);
    own.secret = STR("another desk's");
    assert_false(mail_classify(ctx, m, &own).own_loop);
    // An answer to ours is none of ours.
    m = parsed(str_printf(ctx, "From: x@y.example\nIn-Reply-To: " STR_FMT "\n\nx\n", STR_ARG(id)));
    own.secret = secret;
    assert_false(mail_classify(ctx, m, &own).own_loop);
    assert_true(own_address(&own, STR("Support+token@Desk.Example")));
    assert_false(own_address(&own, STR("support2@desk.example")));
    // Ours attached to what a machine sends with a null sender: it could not be delivered.
    m = parsed(
        str_printf(ctx,
                   "Return-Path: <>\nFrom: it@y.example\nContent-Type: multipart/mixed; "
                   "boundary=b\n\n--b\n\nNot delivered\n--b\nContent-Type: message/rfc822\n\n"
                   "Message-ID: " STR_FMT "\nSubject: x\n\ny\n--b--\n",
                   STR_ARG(id)));
    struct mail_verdict verdict = mail_classify(ctx, m, &own);
    assert_true(verdict.is_bounce);
    assert_true(str_eq(verdict.bounce.original_message_id, id));
}

static void test_made_id_is_stable(void **state UNUSED)
{
    struct mail_message *a = parsed(STR("Received: by one\nFrom: a@b.example\n\nbody\n"));
    struct mail_message *b = parsed(STR("Received: by two\nFrom: a@b.example\n\nbody\n"));
    struct mail_message *c = parsed(STR("From: a@b.example\n\nother body\n"));
    assert_true(a->message_id_made && str_eq(a->message_id, b->message_id));
    assert_false(str_eq(a->message_id, c->message_id));
}

static bool add_length(void *state, struct str piece, struct error *err UNUSED)
{
    *(size_t *)state += piece.len;
    assert_true(piece.len <= 1024 * 1024);
    return true;
}

static bool refuse(void *state UNUSED, struct str piece UNUSED, struct error *err)
{
    return error_set(err, ERR_NO_SPACE, "The disk is full.");
}

static void test_large_attachment(void **state UNUSED)
{
    enum { LINES = 700000 };  // 51 MB encoded
    struct buf raw;
    buf_init(&raw, ctx, (size_t)64 << 20);
    buf_put_c(&raw, "From: a@b.example\nContent-Type: application/zip; name=big.zip\n"
                    "Content-Transfer-Encoding: base64\n\n");
    for (int i = 0; i < LINES; i++) {
        buf_put_c(&raw,
                  "QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVphYmNkZWZnaGlqa2xtbm9wcXJzdHV2d3h5ejAx\n");
    }
    mem_ctx *outer = ctx;
    ctx = mem_ctx_new(outer, "message");
    struct mail_message *m = parsed(buf_str(&raw));
    assert_int_equal(m->part_count, 1);
    // The message borrows: beside the raw mail it needs next to nothing.
    assert_true(talloc_total_size(ctx) < 256 * 1024);
    size_t length = 0;
    struct error err;
    assert_true(mail_part_stream(&m->parts[0], add_length, &length, &err));
    assert_int_equal(length, LINES * 54);
    struct str bytes;
    assert_false(mail_part_bytes(ctx, &m->parts[0], 1000, &bytes, &err));
    assert_int_equal(err.code, ERR_TOO_LARGE);
    assert_false(mail_part_stream(&m->parts[0], refuse, NULL, &err));
    assert_int_equal(err.code, ERR_NO_SPACE);
    mem_free(ctx);
    ctx = outer;
}

static void test_limits(void **state UNUSED)
{
    struct buf raw;
    buf_init(&raw, ctx, (size_t)16 << 20);
    buf_put_c(&raw, "From: a@b.example\nContent-Type: multipart/mixed; boundary=b\n");
    for (int i = 0; i < 3000; i++) {
        buf_printf(&raw, "X-%d: y\n", i);
    }
    buf_put_c(&raw, "\n");
    for (int i = 0; i < 1500; i++) {
        buf_put_c(&raw, "--b\nContent-Type: image/png\n\nx\n");
    }
    struct mail_message *m = parsed(buf_str(&raw));
    assert_true(m->part_count > 900 && m->part_count <= 1000);
    assert_int_equal(m->headers.count, 2000);
    assert_true(m->problems.len > 0);
    struct mail_limits limits = mail_limits_default(NOW_MS);
    limits.max_text = 100;
    struct error err;
    struct str long_text = str_printf(ctx, "From: a@b.example\n\n%0500d\n", 1);
    assert_true(mail_parse(ctx, long_text, &limits, &m, &err));
    assert_int_equal(m->text.len, 100);
    assert_false(mail_parse(ctx, STR(""), &limits, &m, &err));
    assert_int_equal(err.code, ERR_BAD_REQUEST);
}

static void test_statuses(void **state UNUSED)
{
    struct mail_bounce b = delivery_status_read(
        ctx, STR("Reporting-MTA: x\n\n\n\nFinal-Recipient: rfc822;a@b.example\nAction: Failed\n"
                 "Status: 5.2.2 (mailbox full)\n\nFinal-Recipient: rfc822;c@d.example\n"
                 "Action: delayed\nStatus: 4.0.0\n"));
    assert_int_equal(b.delivery, DELIVERY_PERMANENT);
    same(b.recipient, "a@b.example");
    same(b.status, "5.2.2");
    b = delivery_status_read(ctx, STR("Original-Recipient: a@b.example\nDiagnostic-Code: smtp;421 "
                                      "4.7.0 try later"));
    assert_int_equal(b.delivery, DELIVERY_TEMPORARY);
    same(b.recipient, "a@b.example");
    assert_int_equal(delivery_status_read(ctx, STR("")).delivery, DELIVERY_NONE);
}

int main(void)
{
    random_init();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_charset),          cmocka_unit_test(test_decode),
        cmocka_unit_test(test_params),           cmocka_unit_test(test_file_names),
        cmocka_unit_test(test_addresses),        cmocka_unit_test(test_flowed),
        cmocka_unit_test(test_never_answer),     cmocka_unit_test(test_subjects),
        cmocka_unit_test(test_own_loop),         cmocka_unit_test(test_made_id_is_stable),
        cmocka_unit_test(test_large_attachment), cmocka_unit_test(test_limits),
        cmocka_unit_test(test_statuses),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
