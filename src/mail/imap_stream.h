// SPDX-License-Identifier: GPL-3.0-or-later
//
// The connection below libetpan's IMAP: our own sockets and TLS, so that every wait has an end, a
// certificate is checked before a word is said, and a stop is heard at once. libetpan's own streams
// wait in select(), which a process with many descriptors must not do, and check no certificate.
#ifndef STEWARD_MAIL_IMAP_STREAM_H
#define STEWARD_MAIL_IMAP_STREAM_H

#include <libetpan/mailstream.h>

#include "base/error.h"
#include "base/str.h"

struct imap_stream;

struct imap_stream_options {
    struct str host;
    int port;
    struct str ca;  // PEM of the authority that vouches for the server; "": the system's
    int stop_fd;    // readable: end at once; -1 for none
    int64_t connect_timeout_ms;
    int64_t answer_timeout_ms;  // for each piece of an answer
};

// Connects. UNAVAILABLE with what to look at.
MUST_CHECK bool imap_stream_open(mem_ctx *ctx, const struct imap_stream_options *options,
                                 struct imap_stream **ret, struct error *err);
// Goes over to TLS and checks the certificate. On failure nothing more can be said.
MUST_CHECK bool imap_stream_tls(struct imap_stream *stream, struct error *err);
// For libetpan, which frees it with its session; the socket is closed with the context.
mailstream *imap_stream_etpan(struct imap_stream *stream);
// The next commands must be through by then (clock_monotonic_us), however the server drips.
void imap_stream_deadline(struct imap_stream *stream, int64_t at_us);
// Why reading or writing failed; false when it has not.
bool imap_stream_failed(const struct imap_stream *stream, struct error *err);

enum imap_wait { IMAP_WAIT_DATA, IMAP_WAIT_TIMEOUT, IMAP_WAIT_STOPPED };
// Waits until there is something to read.
enum imap_wait imap_stream_wait(struct imap_stream *stream, int64_t ms);

#endif
