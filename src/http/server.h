// SPDX-License-Identifier: GPL-3.0-or-later
//
// The adapter to libmicrohttpd: sockets, TLS, threads and time. Requests come out as plain data
// (http.h), whole; answers go in the same way. Live connections are suspended and cost no thread.
// What libmicrohttpd refuses itself it answers itself, in one line of text: 400 for what is no
// HTTP, 414 for an address and 431 for headers that do not fit into a connection's 16 KiB.
#ifndef STEWARD_HTTP_SERVER_H
#define STEWARD_HTTP_SERVER_H

#include "http/http.h"

struct live_hub;
struct http_server;

struct http_app {
    void *env;
    // Before the body is read: how many bytes it may have; -1 when no such route exists.
    // *ret_stream: a raw body may go to a file (uploads).
    int64_t (*body_limit)(void *env, enum http_method method, struct str path, bool *ret_stream);
    void (*handle)(void *env, const struct http_request *request, struct http_response *response);
    // A request that could not be read; the message says why. The response's status is set.
    void (*refuse)(void *env, const struct http_request *request, const struct error *why,
                   struct http_response *response);
};

struct http_server_options {
    const struct str *listen;  // "HOST:PORT", "[::1]:8080", "/path/of/socket"; port 0 for any
    size_t listen_count;
    int threads;               // that answer; at least 2 are used
    unsigned max_connections;  // live ones included
    // From one address; IPv6 counts by /64. Loopback and trusted proxies are not limited. 0: no
    // limit.
    unsigned max_connections_per_address;
    unsigned idle_timeout_s;  // without a byte
    // How long, in seconds, a request's head may take to arrive, and how long its body or its
    // answer may take beyond one second for each 2 KiB. 0 for 20 and 60.
    unsigned head_timeout_s;
    unsigned slow_timeout_s;
    size_t memory_file_bytes;     // larger files of forms go to tmp_folder
    const char *tmp_folder;       // what earlier runs left there is removed at the start
    const char *tls_certificate;  // PEM, NULL for plain HTTP
    const char *tls_key;
    // Peers whose X-Forwarded-For, -Proto and -Host are believed: "192.0.2.7", "10.0.0.0/8",
    // "unix".
    const struct str *trusted_proxies;
    size_t trusted_proxy_count;
    struct http_app app;
    struct live_hub *live;  // NULL where nothing is live
};

// Binds all addresses and starts; UNAVAILABLE with what to do when one cannot be had. Raises the
// limit of open files as far as it may.
MUST_CHECK bool http_server_start(mem_ctx *ctx, const struct http_server_options *options,
                                  struct http_server **ret, struct error *err);
int http_server_port(const struct http_server *server, size_t index);
// From now on each answer ends its connection, so that a proxy makes new ones elsewhere.
void http_server_drain(struct http_server *server);
// Takes no more connections, finishes what is under way (at most grace_ms), ends live ones.
void http_server_stop(struct http_server *server, int64_t grace_ms);

struct http_stats {
    uint64_t requests;
    uint64_t under_way;  // live ones included
    uint64_t connections;
    uint64_t accepted;
    uint64_t refused;    // connections, too many from one address
    uint64_t timed_out;  // connections that were too slow
};
struct http_stats http_server_stats(const struct http_server *server);

#endif
