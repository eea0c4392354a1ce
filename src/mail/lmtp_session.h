// SPDX-License-Identifier: GPL-3.0-or-later
//
// The LMTP conversation (RFC 2033, with the SMTP it stands on, RFC 5321) of one connection, as a
// pure machine: bytes in, bytes out and questions to the caller. It knows no socket, no clock and
// no database, so tests and the fuzzer drive it directly; lmtp.h puts it on the network.
//
// Only CR LF ends a line and only CR LF . CR LF ends a message: a lone CR or LF is an error in a
// command and plain content in a message, so that no reader before or after us can see another
// boundary than we do ("SMTP smuggling").
#ifndef STEWARD_MAIL_LMTP_SESSION_H
#define STEWARD_MAIL_LMTP_SESSION_H

#include "base/str.h"

struct lmtp_limits {
    struct str host_name;  // in the greeting
    int64_t max_message;   // bytes of a message, announced as SIZE
    size_t max_rcpts;      // of one message; RFC 5321 wants at least 100
};

// Zero means try later, so that an answer that nobody filled in loses no mail.
enum lmtp_verdict { LMTP_TRY_LATER, LMTP_ACCEPTED, LMTP_REFUSED };

struct lmtp_answer {
    enum lmtp_verdict verdict;
    struct str
        text;  // for the sending system's log; one line of ASCII, mended otherwise; may be ""
};

struct lmtp_envelope {
    struct str mail_from;  // "" is the null sender of bounces
    const struct str *rcpts;
    size_t rcpt_count;
    bool utf8;          // SMTPUTF8 was asked for (RFC 6531)
    struct str client;  // what the client called itself
    struct str peer;    // its network address as the server saw it, "unix" for a local socket
};

struct lmtp_session;

// Below ctx. The greeting is at once in the output.
struct lmtp_session *lmtp_session_new(mem_ctx *ctx, const struct lmtp_limits *limits,
                                      struct str peer);

enum lmtp_want {
    LMTP_WANT_INPUT,     // everything given was used up
    LMTP_WANT_RCPT,      // ask whether lmtp_session_rcpt() is ours, then lmtp_session_rcpt_answer()
    LMTP_HAS_DATA,       // lmtp_session_data() is the next piece of the message
    LMTP_DROP_DATA,      // forget the pieces so far: the message is over the limit
    LMTP_WANT_DELIVERY,  // the message is whole: deliver, then lmtp_session_delivered()
    LMTP_WANT_CLOSE,     // send the output, then hang up
};

// Uses up what it can of *input and says what it needs next; to be called again until it says
// LMTP_WANT_INPUT or LMTP_WANT_CLOSE.
MUST_CHECK enum lmtp_want lmtp_session_run(struct lmtp_session *session, struct str *input);

struct str lmtp_session_rcpt(const struct lmtp_session *session);
void lmtp_session_rcpt_answer(struct lmtp_session *session, struct lmtp_answer answer);
// Borrows from the input or from a constant; transparency dots are removed, line ends kept.
struct str lmtp_session_data(const struct lmtp_session *session);
// Valid until the answer is given.
struct lmtp_envelope lmtp_session_envelope(const struct lmtp_session *session);
// One answer a recipient, in the envelope's order.
void lmtp_session_delivered(struct lmtp_session *session, const struct lmtp_answer *answers);

// Bytes that wait to be sent; take off what was sent.
struct str lmtp_session_output(struct lmtp_session *session);
void lmtp_session_sent(struct lmtp_session *session, size_t bytes);

// Says 421 and closes, where a message is not just being received.
void lmtp_session_shut(struct lmtp_session *session, const char *reason);
// Between DATA and the answers to it.
bool lmtp_session_receiving(const struct lmtp_session *session);
// Grows with every command and every message completed: a peer that sends bytes without getting
// anywhere does not move it.
uint64_t lmtp_session_progress(const struct lmtp_session *session);

#endif
