// SPDX-License-Identifier: GPL-3.0-or-later
//
// The adapter to libmicrohttpd: sockets, TLS, threads and time. Requests come out as plain data
// (http.h), whole; answers go in the same way. Live connections are suspended and cost no thread.
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
    const struct str *listen;  // "HOST:PORT", "[::1]:8080"; port 0 for any
    size_t listen_count;
    int threads;
    unsigned max_connections;
    unsigned idle_timeout_s;
    size_t memory_file_bytes;  // larger files of forms go to tmp_folder
    const char *tmp_folder;
    const char *tls_certificate;  // PEM, NULL for plain HTTP
    const char *tls_key;
    // Peers whose X-Forwarded-For, -Proto and -Host are believed: addresses.
    const struct str *trusted_proxies;
    size_t trusted_proxy_count;
    struct http_app app;
    struct live_hub *live;
};

// Binds all addresses and starts; UNAVAILABLE with what to do when one cannot be had.
MUST_CHECK bool http_server_start(mem_ctx *ctx, const struct http_server_options *options,
                                  struct http_server **ret, struct error *err);
int http_server_port(const struct http_server *server, size_t index);
// Takes no more connections, finishes what is under way (at most grace_ms), ends live ones.
void http_server_stop(struct http_server *server, int64_t grace_ms);

struct http_stats {
    uint64_t requests;
    uint64_t under_way;
};
struct http_stats http_server_stats(const struct http_server *server);

#endif
