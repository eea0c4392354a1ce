// SPDX-License-Identifier: GPL-3.0-or-later
//
// The LMTP listener: sockets, threads and time around lmtp_session.h. One keeper thread accepts,
// watches deadlines and evicts; a fixed number of workers carry conversations and call the
// acceptor. Connections wait in epoll, so that an idle one costs some memory and no thread, and
// several workers deliver at once, which lets the database commit their mails together.
//
// A slow or silent peer is bounded three ways: each command must be complete within
// command_timeout, however the bytes drip; a message must arrive at min_bytes_per_second after a
// minute's grace; and when all places are taken, the connection that has been of no use for
// longest makes room.
#ifndef STEWARD_MAIL_LMTP_H
#define STEWARD_MAIL_LMTP_H

#include "base/error.h"
#include "mail/lmtp_session.h"

// What the listener asks. Called on worker threads, several at once. `ctx` lives for the call.
struct lmtp_acceptor {
    void *env;
    // Whether mail to `address` is taken here at all.
    struct lmtp_answer (*rcpt)(void *env, mem_ctx *ctx, struct str address);
    // Returns once the message is durable (or is not taken) for each recipient; fills
    // `answers[envelope->rcpt_count]`, which begin as LMTP_TRY_LATER.
    void (*deliver)(void *env, mem_ctx *ctx, const struct lmtp_envelope *envelope, struct str raw,
                    struct lmtp_answer *answers);
};

struct lmtp_options {
    const struct str *listen;  // "HOST:PORT", "[::1]:24", port 0 for any, or "/path" ("unix:/path")
    size_t listen_count;
    struct str host_name;
    struct str spill_folder;  // for messages too large for memory; must exist
    struct lmtp_acceptor acceptor;
    // Zero in any of these takes the default.
    int64_t max_message;           // bytes, 64 MiB
    size_t max_rcpts;              // 1000
    size_t max_connections;        // 256; beyond it 421
    size_t workers;                // 16
    int64_t command_timeout_ms;    // 5 minutes (RFC 5321, 4.5.3.2.7)
    int64_t min_bytes_per_second;  // 1024
    int64_t evict_after_ms;        // 10 seconds without use, when all places are taken
    int unix_mode;                 // 0666: the folder decides who may connect
};

struct lmtp_server;

// Binds and starts the threads; fails with what to do where an address cannot be had. A socket
// file left over by a process that is gone is replaced.
MUST_CHECK bool lmtp_server_start(mem_ctx *ctx, const struct lmtp_options *options,
                                  struct lmtp_server **ret, struct error *err);
// The port of listener `index` (0 for a socket file).
int lmtp_server_port(const struct lmtp_server *server, size_t index);
// Takes no more connections, closes the idle ones with 421, lets messages under way finish for at
// most grace_ms and joins the threads. What was not answered will be sent again by its sender.
void lmtp_server_stop(struct lmtp_server *server, int64_t grace_ms);

struct lmtp_stats {
    uint64_t connections;  // since the start
    uint64_t open;
    uint64_t turned_away;  // 421 for want of room
    uint64_t evicted;
    uint64_t timed_out;
    uint64_t messages;  // handed to the acceptor
    uint64_t accepted;  // recipients
    uint64_t refused;
    uint64_t put_off;
};

struct lmtp_stats lmtp_server_stats(const struct lmtp_server *server);

#endif
