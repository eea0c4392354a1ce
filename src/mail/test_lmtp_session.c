// SPDX-License-Identifier: GPL-3.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "base/buf.h"
#include "mail/lmtp_session.h"

// Drives a session the way the server does. Recipients that contain "no" are refused, "later" is
// put off; what was delivered is written down as "from>to,to|body;".
struct talk {
    struct lmtp_session *session;
    struct buf body;
    struct buf delivered;
    struct buf out;
};

static struct lmtp_answer verdict(struct str rcpt)
{
    if (str_find(rcpt, STR("no")) >= 0) {
        return (struct lmtp_answer){.verdict = LMTP_REFUSED};
    }
    if (str_find(rcpt, STR("later")) >= 0) {
        return (struct lmtp_answer){.verdict = LMTP_TRY_LATER};
    }
    return (struct lmtp_answer){.verdict = LMTP_ACCEPTED};
}

static void deliver(struct talk *talk, mem_ctx *ctx)
{
    struct lmtp_envelope envelope = lmtp_session_envelope(talk->session);
    struct lmtp_answer *answers = mem_array(ctx, struct lmtp_answer, envelope.rcpt_count);
    buf_put(&talk->delivered, envelope.mail_from);
    for (size_t i = 0; i < envelope.rcpt_count; i++) {
        buf_put_char(&talk->delivered, i == 0 ? '>' : ',');
        buf_put(&talk->delivered, envelope.rcpts[i]);
        bool bad = str_find(envelope.rcpts[i], STR("bad")) >= 0;
        answers[i] = bad ? (struct lmtp_answer){LMTP_REFUSED, STR("not\r\nthis")}
                         : (struct lmtp_answer){LMTP_ACCEPTED, STR_NONE};
    }
    buf_put_char(&talk->delivered, '|');
    buf_put(&talk->delivered, buf_str(&talk->body));
    buf_put_char(&talk->delivered, ';');
    buf_reset(&talk->body);
    lmtp_session_delivered(talk->session, answers);
}

static bool feed(struct talk *talk, mem_ctx *ctx, struct str input)
{
    for (;;) {
        switch (lmtp_session_run(talk->session, &input)) {
        case LMTP_WANT_INPUT:
        case LMTP_WANT_CLOSE: {
            struct str out = lmtp_session_output(talk->session);
            buf_put(&talk->out, out);
            lmtp_session_sent(talk->session, out.len);
            return input.len == 0;
        }
        case LMTP_WANT_RCPT:
            lmtp_session_rcpt_answer(talk->session, verdict(lmtp_session_rcpt(talk->session)));
            break;
        case LMTP_HAS_DATA:
            buf_put(&talk->body, lmtp_session_data(talk->session));
            break;
        case LMTP_DROP_DATA:
            buf_reset(&talk->body);
            break;
        case LMTP_WANT_DELIVERY:
            deliver(talk, ctx);
            break;
        }
    }
}

static struct talk talk_new(mem_ctx *ctx)
{
    static const struct lmtp_limits LIMITS = {
        .host_name = STR_INIT("desk.example"), .max_message = 100, .max_rcpts = 3};
    struct talk talk = {.session = lmtp_session_new(ctx, &LIMITS, STR("unix"))};
    buf_init(&talk.body, ctx, 1 << 20);
    buf_init(&talk.delivered, ctx, 1 << 20);
    buf_init(&talk.out, ctx, 1 << 20);
    return talk;
}

// The codes of the answers in order, "220 250- 250 354", without their texts.
static struct str codes(mem_ctx *ctx, struct str out)
{
    struct buf list;
    buf_init(&list, ctx, out.len + 1);
    struct str line;
    while (str_next(&out, '\n', &line)) {
        if (line.len >= 4 && line.ptr[3] != '-') {
            if (list.len > 0) {
                buf_put_char(&list, ' ');
            }
            buf_put(&list, str_sub(line, 0, 3));
        }
    }
    return buf_str(&list);
}

#define BEGIN "LHLO mx.example\r\nMAIL FROM:<a@x>\r\n"

struct conversation {
    struct str input;
    const char *codes;
    const char *delivered;
};

#define CASE(in, out, mails)                                                                       \
    {                                                                                              \
        STR_INIT(in), out, mails                                                                   \
    }

static const struct conversation CASES[] = {
    CASE(BEGIN "RCPT TO:<b@y>\r\nDATA\r\nhello\r\n.\r\nQUIT\r\n", "220 250 250 250 354 250 221",
         "a@x>b@y|hello\r\n;"),
    // Per-recipient answers, in the order of the accepted recipients.
    CASE(BEGIN "RCPT TO:<b@y>\r\nRCPT TO:<no@y>\r\nRCPT TO:<bad@y>\r\nRCPT TO:<later@y>\r\nDATA\r\n"
               "x\r\n.\r\nNOOP\r\n",
         "220 250 250 250 550 250 451 354 250 554 250", "a@x>b@y,bad@y|x\r\n;"),
    // Transparency.
    CASE(BEGIN "RCPT TO:<b@y>\r\nDATA\r\n..\r\n.x\r\n...\r\n\r\n.\r\n", "220 250 250 250 354 250",
         "a@x>b@y|.\r\nx\r\n..\r\n\r\n;"),
    CASE(BEGIN "RCPT TO:<b@y>\r\nDATA\r\n.\r\n", "220 250 250 250 354 250", "a@x>b@y|;"),
    CASE(BEGIN "RCPT TO:<b@y>\r\nDATA\r\n.\rx\r\n.\r\r\n.\r\n", "220 250 250 250 354 250",
         "a@x>b@y|\rx\r\n\r\r\n;"),
    // Nothing but CR LF . CR LF ends a message.
    CASE(BEGIN "RCPT TO:<b@y>\r\nDATA\r\na\n.\nMAIL FROM:<c@z>\n.\r\nb\r\n.\nc\r.\r\nd\r\n.\r\n",
         "220 250 250 250 354 250", "a@x>b@y|a\n.\nMAIL FROM:<c@z>\n.\r\nb\r\n\nc\r.\r\nd\r\n;"),
    // Lone LF and CR, NUL and broken UTF-8 in commands.
    CASE("LHLO x\nMAIL FROM:<a@x>\r\nNOOP\rNOOP\r\nNOOP\0\r\nNOOP \xff\r\n", "220 500 500 500 500",
         ""),
    // Order of commands.
    CASE("MAIL FROM:<a@x>\r\nEHLO x\r\nHELO x\r\nLHLO\r\nLHLO x\r\nRCPT TO:<b@y>\r\nDATA\r\n"
         "MAIL FROM:<a@x>\r\nMAIL FROM:<a@x>\r\nDATA\r\nRSET\r\nDATA\r\nVRFY b\r\nFOO\r\n",
         "220 503 500 500 501 250 503 503 250 503 503 250 503 252 500", ""),
    CASE("LHLO x\r\nMAIL FROM:<>\r\nRCPT TO:<no@y>\r\nDATA\r\nRCPT TO:<b@y>\r\nDATA x\r\nDATA\r\n"
         ".\r\n",
         "220 250 250 550 503 250 501 354 250", ">b@y|;"),
    // Parameters.
    CASE("LHLO x\r\nMAIL FROM:<a@x> SIZE=101\r\nMAIL FROM:<a@x> SIZE=x\r\nMAIL FROM:<a@x> "
         "BODY=BINARYMIME\r\nMAIL FROM:<a@x> FOO\r\nMAIL FROM:<a@x> SIZE=100 BODY=8BITMIME\r\n"
         "RCPT TO:<b@y> NOTIFY=NEVER\r\n",
         "220 250 552 501 501 555 250 555", ""),
    CASE("LHLO x\r\nMAIL FROM:<\xc3\xbc@x>\r\nMAIL FROM:<\xc3\xbc@x> SMTPUTF8\r\n"
         "RCPT TO:<\xc3\xa4@y>\r\nDATA\r\n.\r\n",
         "220 250 553 250 250 354 250", "\xc3\xbc@x>\xc3\xa4@y|;"),
    CASE("LHLO x\r\nMAIL FROM:<a@x>\r\nRCPT TO:<\xc3\xa4@y>\r\n", "220 250 250 553", ""),
    // Paths.
    CASE("LHLO x\r\nMAIL FROM: <@r,@s:a@x>\r\nRCPT TO:<\"b > c\"@y>\r\nRCPT TO:<>\r\n"
         "RCPT TO:<b c@y>\r\nRCPT TO:b@y\r\nRCPT TO:<b@y\r\nRCPT TO:<b@y>x\r\nDATA\r\n.\r\n",
         "220 250 250 250 501 501 501 501 501 354 250", "a@x>\"b > c\"@y|;"),
    CASE(BEGIN "RCPT TO:<1@y>\r\nRCPT TO:<2@y>\r\nRCPT TO:<3@y>\r\nRCPT TO:<4@y>\r\n",
         "220 250 250 250 250 250 452", ""),
    // Two messages over one connection; LHLO forgets a begun one.
    CASE(BEGIN "RCPT TO:<b@y>\r\nLHLO x\r\nRCPT TO:<b@y>\r\nMAIL FROM:<1@x>\r\nRCPT TO:<b@y>\r\n"
               "DATA\r\n1\r\n.\r\nMAIL FROM:<2@x>\r\nRCPT TO:<b@y>\r\nDATA\r\n2\r\n.\r\n",
         "220 250 250 250 250 503 250 250 354 250 250 250 354 250", "1@x>b@y|1\r\n;2@x>b@y|2\r\n;"),
};

static void conversations_whole_and_byte_by_byte(void **state UNUSED)
{
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        for (size_t step = 1; step <= 4096; step = step < 8 ? step + 1 : step * 8) {
            mem_ctx *ctx = mem_ctx_new(NULL, "test");
            struct talk talk = talk_new(ctx);
            for (size_t at = 0; at < CASES[i].input.len; at += step) {
                (void)feed(&talk, ctx, str_sub(CASES[i].input, at, step));
            }
            assert_string_equal(codes(ctx, buf_str(&talk.out)).ptr, CASES[i].codes);
            assert_string_equal(buf_str(&talk.delivered).ptr, CASES[i].delivered);
            mem_free(ctx);
        }
    }
}

static void too_large_messages_keep_the_protocol_in_step(void **state UNUSED)
{
    mem_ctx *ctx = mem_ctx_new(NULL, "test");
    struct talk talk = talk_new(ctx);
    assert_true(feed(&talk, ctx, STR(BEGIN "RCPT TO:<b@y>\r\nRCPT TO:<c@y>\r\nDATA\r\n")));
    for (int i = 0; i < 50; i++) {
        assert_true(feed(&talk, ctx, STR("0123456789\r\n")));
        assert_true(talk.body.len <= 100);
    }
    assert_true(
        feed(&talk, ctx, STR(".\r\nMAIL FROM:<a@x>\r\nRCPT TO:<b@y>\r\nDATA\r\nx\r\n.\r\n")));
    assert_string_equal(codes(ctx, buf_str(&talk.out)).ptr,
                        "220 250 250 250 250 354 552 552 250 250 354 250");
    assert_string_equal(buf_str(&talk.delivered).ptr, "a@x>b@y|x\r\n;");
    mem_free(ctx);
}

static void exactly_the_limit_is_taken(void **state UNUSED)
{
    mem_ctx *ctx = mem_ctx_new(NULL, "test");
    struct talk talk = talk_new(ctx);
    assert_true(feed(&talk, ctx, STR(BEGIN "RCPT TO:<b@y>\r\nDATA\r\n")));
    for (int i = 0; i < 10; i++) {
        assert_true(feed(&talk, ctx, STR(".12345678\r\n")));
    }
    assert_true(feed(&talk, ctx, STR(".\r\n")));
    assert_int_equal(talk.delivered.len, 100 + sizeof "a@x>b@y|;" - 1);
    mem_free(ctx);
}

static void long_lines_are_refused_and_passed_over(void **state UNUSED)
{
    for (size_t step = 1; step < 6000; step = step * 3) {
        mem_ctx *ctx = mem_ctx_new(NULL, "test");
        struct talk talk = talk_new(ctx);
        struct buf input;
        buf_init(&input, ctx, 1 << 16);
        buf_put(&input, STR("NOOP "));
        for (int i = 0; i < 9000; i++) {
            buf_put_char(&input, i % 70 == 0 ? '\n' : i % 70 == 35 ? '\r' : 'x');
        }
        buf_put(&input, STR("\r\nNOOP\r\n"));
        for (size_t at = 0; at < input.len; at += step) {
            (void)feed(&talk, ctx, str_sub(buf_str(&input), at, step));
        }
        assert_string_equal(codes(ctx, buf_str(&talk.out)).ptr, "220 500 250");
        mem_free(ctx);
    }
}

static void nuisances_are_hung_up_on(void **state UNUSED)
{
    mem_ctx *ctx = mem_ctx_new(NULL, "test");
    struct talk talk = talk_new(ctx);
    int taken = 0;
    while (feed(&talk, ctx, STR("FOO\r\n")) && taken < 100) {
        taken++;
    }
    assert_in_range(taken, 15, 25);
    assert_true(str_ends(buf_str(&talk.out), STR("421 4.7.0 Too many errors\r\n")));
    talk = talk_new(ctx);
    taken = 0;
    while (feed(&talk, ctx, STR("NOOP\r\n")) && taken < 1000) {
        taken++;
    }
    assert_in_range(taken, 100, 600);
    mem_free(ctx);
}

static void shutting_spares_a_message_being_received(void **state UNUSED)
{
    mem_ctx *ctx = mem_ctx_new(NULL, "test");
    struct talk talk = talk_new(ctx);
    assert_true(feed(&talk, ctx, STR(BEGIN "RCPT TO:<b@y>\r\nDATA\r\nx\r\n")));
    assert_true(lmtp_session_receiving(talk.session));
    lmtp_session_shut(talk.session, "Shutting down");
    assert_true(feed(&talk, ctx, STR(".\r\n")));
    assert_false(lmtp_session_receiving(talk.session));
    assert_string_equal(buf_str(&talk.delivered).ptr, "a@x>b@y|x\r\n;");
    lmtp_session_shut(talk.session, "Shutting down");
    assert_false(feed(&talk, ctx, STR("NOOP\r\n")));
    assert_true(str_ends(buf_str(&talk.out), STR("421 4.3.2 Shutting down\r\n")));
    mem_free(ctx);
}

static void answers_cannot_forge_lines(void **state UNUSED)
{
    mem_ctx *ctx = mem_ctx_new(NULL, "test");
    struct talk talk = talk_new(ctx);
    assert_true(feed(&talk, ctx, STR(BEGIN "RCPT TO:<bad@y>\r\nDATA\r\n.\r\n")));
    assert_true(str_ends(buf_str(&talk.out), STR("\r\n554 5.6.0 not??this\r\n")));
    mem_free(ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(conversations_whole_and_byte_by_byte),
        cmocka_unit_test(too_large_messages_keep_the_protocol_in_step),
        cmocka_unit_test(exactly_the_limit_is_taken),
        cmocka_unit_test(long_lines_are_refused_and_passed_over),
        cmocka_unit_test(nuisances_are_hung_up_on),
        cmocka_unit_test(shutting_spares_a_message_being_received),
        cmocka_unit_test(answers_cannot_forge_lines),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
