// SPDX-License-Identifier: GPL-3.0-or-later
//
// HTTP as plain data: a request that was read whole (bodies above a limit stand in a file), a
// response to fill. No sockets here, so tests and fuzzers drive it without any. server.h is the
// adapter to libmicrohttpd.
#ifndef STEWARD_HTTP_HTTP_H
#define STEWARD_HTTP_HTTP_H

#include "base/buf.h"
#include "base/error.h"

enum http_method {
    HTTP_GET,
    HTTP_HEAD,
    HTTP_POST,
    HTTP_PUT,
    HTTP_PATCH,
    HTTP_DELETE,
    HTTP_OPTIONS
};
#define HTTP_METHODS 7

struct http_pair {
    struct str name;
    struct str value;
};

struct http_pairs {
    struct http_pair *items;
    size_t count;
};

// One part of multipart/form-data with a file name, or a raw body that was streamed to disk.
struct http_file {
    struct str field;
    struct str name;  // as sent: never use as a path
    struct str type;  // as sent: never trust
    int64_t size;
    struct str bytes;      // the content when it was kept in memory, else absent
    const char *tmp_path;  // the content otherwise; removed with the request's context
};

struct http_files {
    struct http_file *items;
    size_t count;
};

struct http_request {
    mem_ctx *ctx;  // lives as long as the request
    char id[24];   // X-Request-Id
    enum http_method method;
    struct str path;   // percent-decoded, "/tickets/42"; never contains NUL or ".." segments
    struct str query;  // raw, without '?'
    struct http_pairs params;   // of the query string, decoded
    struct http_pairs headers;  // names as sent
    struct http_pairs cookies;
    struct http_pairs form;   // urlencoded and multipart fields
    struct http_files files;  // multipart files
    struct str body;          // raw body for JSON and others, when in memory
    struct http_file *raw;    // raw body of a streaming route (uploads)
    struct str peer;          // address, after trusted proxies
    struct str scheme;        // "http" or "https"
    struct str host;          // host[:port] the client used, checked for its characters
};

// The last value of that name, or absent.
struct str http_param(const struct http_request *request, const char *name);
struct str http_header(const struct http_request *request, const char *name);
struct str http_cookie(const struct http_request *request, const char *name);
struct str http_form(const struct http_request *request, const char *name);

// The largest answer put together in memory; files are sent from disk.
#define HTTP_BODY_MAX ((size_t)64 << 20)

struct live_subscription;  // live/live.h

struct http_response {
    mem_ctx *ctx;
    int status;
    struct http_pairs headers;
    struct buf body;
    struct str static_body;  // used instead of `body` when present: bytes that outlive the request
    int file;                // descriptor to send instead of `body`, -1 for none; closed by server
    int64_t file_size;
    struct live_subscription *live;  // keep open and send events as they come
};

void http_response_init(struct http_response *response, mem_ctx *ctx);
struct str http_response_header(const struct http_response *response, const char *name);
// Values with line breaks are refused by assertion: they are built by us.
void http_set_header(struct http_response *response, const char *name, struct str value);
void http_redirect(struct http_response *response, struct str location);  // 303
// HttpOnly, SameSite=Lax, Path=/, Secure when the request came by https. max_age -1: session.
void http_set_cookie(struct http_response *response, const struct http_request *request,
                     const char *name, struct str value, int64_t max_age_s);

void http_pairs_add(mem_ctx *ctx, struct http_pairs *pairs, struct str name, struct str value);
MUST_CHECK bool http_method_parse(struct str word, enum http_method *ret);
// Decodes a path; doubled slashes become one, below /api a final ".json" goes. False for NUL,
// broken encoding, backslashes and dot segments.
MUST_CHECK bool http_path_normalise(mem_ctx *ctx, struct str raw, struct str *ret);
bool http_host_valid(struct str host);

// Parsers of outside bytes (each has a fuzz target). `limit` bounds the number of pairs.
MUST_CHECK bool http_parse_query(mem_ctx *ctx, struct str raw, size_t limit, struct http_pairs *ret,
                                 struct error *err);
void http_parse_cookies(mem_ctx *ctx, struct str header, struct http_pairs *ret);
MUST_CHECK bool http_percent_decode(mem_ctx *ctx, struct str raw, bool plus_is_space,
                                    struct str *ret);

#endif
