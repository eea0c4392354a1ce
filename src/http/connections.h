// SPDX-License-Identifier: GPL-3.0-or-later
//
// Listening sockets, and a book of the connections that came in by them. libmicrohttpd could listen
// itself, but then whichever of its threads wakes first takes a connection for good, so that a few
// busy ones can end up behind each other; it knows only one address to listen on; and its time
// limit starts again with each byte. So one thread accepts, hands each connection to the next
// worker, and ends those that are too slow.
//
// Shared by all threads: the list of connections and the counts by address, under the book's own
// lock, taken when a connection begins and ends. Deadlines are atomic.
#ifndef STEWARD_HTTP_CONNECTIONS_H
#define STEWARD_HTTP_CONNECTIONS_H

#include "http/address.h"

struct sockaddr;
struct book;
struct connection;

struct book_options {
    const struct str *listen;  // "HOST:PORT", "[::1]:8080", "/path/of/socket"; port 0 for any
    size_t listen_count;
    unsigned
        per_address;  // open connections from one address; loopback and trusted are not counted
    struct address_rules trusted;
    // Takes a new connection over. Called on the book's thread, not after book_stop_accepting().
    void (*take)(void *env, int fd, const struct sockaddr *peer, unsigned peer_size);
    // About once a second, on the book's thread.
    void (*tick)(void *env);
    void *env;
};

#define LISTEN_MAX 16

// Binds all addresses. UNAVAILABLE or INVALID with what to do when one cannot be had.
MUST_CHECK bool book_open(mem_ctx *ctx, const struct book_options *options, struct book **ret,
                          struct error *err);
// Accepts from now on, on a thread of its own.
MUST_CHECK bool book_start(struct book *book, struct error *err);
// Whether one more connection from there is welcome; counts a refusal.
bool book_has_room(struct book *book, const struct address *peer);
int book_port(const struct book *book, size_t index);  // 0 for a local socket
// Closes the listening sockets. Connections go on; their deadlines are still kept.
void book_stop_accepting(struct book *book);
// Ends the thread; after the last connection ended.
void book_close(struct book *book);

struct book_stats {
    uint64_t open;
    uint64_t accepted;
    uint64_t refused;    // too many from one address
    uint64_t timed_out;  // too slow
};
struct book_stats book_stats(struct book *book);

// --- for the worker that owns the connection ----------------------------------------------------

struct connection *connection_begin(struct book *book, int fd, const struct sockaddr *peer);
// Before its socket is closed.
void connection_end(struct connection *connection);
// From now on the connection has `ms` to get to the next call; 0: no limit. Any thread.
void connection_deadline(struct connection *connection, int64_t ms);
const struct address *connection_peer(const struct connection *connection);

#endif
