// SPDX-License-Identifier: GPL-3.0-or-later
//
// An LMTP conversation from a stranger. However the bytes are cut into pieces, the answers and the
// messages delivered are the same; answers are whole lines that begin with a code; no message is
// larger than the limit or delivered without recipients.
#include <string.h>

#include "base/buf.h"
#include "fuzz.h"
#include "mail/lmtp_session.h"

enum { MESSAGE_MAX = 300 };

struct talk {
    mem_ctx *ctx;
    struct lmtp_session *session;
    struct buf body;
    struct buf delivered;
    struct buf out;
};

static struct lmtp_answer verdict_of(struct str address)
{
    static const enum lmtp_verdict VERDICTS[] = {LMTP_ACCEPTED, LMTP_ACCEPTED, LMTP_REFUSED,
                                                 LMTP_TRY_LATER};
    return (struct lmtp_answer){.verdict = VERDICTS[address.len % 4], .text = address};
}

static void deliver(struct talk *talk)
{
    struct lmtp_envelope envelope = lmtp_session_envelope(talk->session);
    assert(envelope.rcpt_count > 0 && envelope.rcpt_count <= 5);
    assert(talk->body.len <= MESSAGE_MAX && !talk->body.failed);
    struct lmtp_answer *answers = mem_array(talk->ctx, struct lmtp_answer, envelope.rcpt_count);
    buf_put(&talk->delivered, envelope.mail_from);
    for (size_t i = 0; i < envelope.rcpt_count; i++) {
        assert(envelope.rcpts[i].len > 0 && str_utf8_valid(envelope.rcpts[i]));
        assert(str_find_char(envelope.rcpts[i], '\n') < 0);
        buf_put_char(&talk->delivered, '>');
        buf_put(&talk->delivered, envelope.rcpts[i]);
        answers[i] = verdict_of(envelope.rcpts[i]);
    }
    buf_put_char(&talk->delivered, '\n');
    buf_put(&talk->delivered, buf_str(&talk->body));
    buf_reset(&talk->body);
    lmtp_session_delivered(talk->session, answers);
}

// False when the session is over.
static bool feed(struct talk *talk, struct str input)
{
    for (;;) {
        switch (lmtp_session_run(talk->session, &input)) {
        case LMTP_WANT_INPUT:
            assert(input.len == 0);
            return true;
        case LMTP_WANT_CLOSE:
            return false;
        case LMTP_WANT_RCPT:
            lmtp_session_rcpt_answer(talk->session, verdict_of(lmtp_session_rcpt(talk->session)));
            break;
        case LMTP_HAS_DATA:
            assert(lmtp_session_receiving(talk->session));
            buf_put(&talk->body, lmtp_session_data(talk->session));
            break;
        case LMTP_DROP_DATA:
            buf_reset(&talk->body);
            break;
        case LMTP_WANT_DELIVERY:
            deliver(talk);
            break;
        }
    }
}

static struct talk converse(mem_ctx *ctx, struct str input, size_t step)
{
    const struct lmtp_limits limits = {
        .host_name = STR("desk"), .max_message = MESSAGE_MAX, .max_rcpts = 5};
    struct talk talk = {.ctx = ctx, .session = lmtp_session_new(ctx, &limits, STR("peer"))};
    buf_init(&talk.body, ctx, 1 << 24);
    buf_init(&talk.delivered, ctx, 1 << 24);
    buf_init(&talk.out, ctx, 1 << 24);
    bool open = true;
    for (size_t at = 0; open && at < input.len; at += step) {
        open = feed(&talk, str_sub(input, at, step));
        struct str out = lmtp_session_output(talk.session);
        buf_put(&talk.out, out);
        lmtp_session_sent(talk.session, out.len);
    }
    if (open && !lmtp_session_receiving(talk.session)) {
        lmtp_session_shut(talk.session, "enough");
        assert(!feed(&talk, STR("NOOP\r\n")));
    }
    return talk;
}

static void check_answers(struct str out)
{
    while (out.len > 0) {
        ptrdiff_t end = str_find(out, STR("\r\n"));
        assert(end >= 4);
        assert(out.ptr[0] >= '2' && out.ptr[0] <= '5');
        assert(out.ptr[3] == ' ' || out.ptr[3] == '-');
        for (ptrdiff_t i = 0; i < end; i++) {
            assert(out.ptr[i] >= ' ' && out.ptr[i] <= '~');
        }
        out = str_from(out, (size_t)end + 2);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0) {
        return 0;
    }
    mem_ctx *ctx = mem_ctx_new(NULL, "fuzz");
    struct str input = fuzz_input(data + 1, size - 1);
    struct talk whole = converse(ctx, input, input.len + 1);
    struct talk pieces = converse(ctx, input, (size_t)data[0] % 17 + 1);
    check_answers(buf_str(&whole.out));
    assert(str_eq(buf_str(&whole.out), buf_str(&pieces.out)));
    assert(str_eq(buf_str(&whole.delivered), buf_str(&pieces.delivered)));
    mem_free(ctx);
    return 0;
}
