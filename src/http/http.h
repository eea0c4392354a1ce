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
// The same for pages: "" when the form has no such field.
struct str http_form_text(const struct http_request *request, const char *name);
// And without white space around.
struct str http_form_trimmed(const struct http_request *request, const char *name);

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
    int64_t file_offset;     // where in the file to begin
    int64_t file_size;       // how many bytes of it to send
    struct live_subscription *live;  // keep open and send events as they come
};

void http_response_init(struct http_response *response, mem_ctx *ctx);
struct str http_response_header(const struct http_response *response, const char *name);
// `name` is a literal. Control characters in the value become spaces, so no value can start a
// header of its own. Replaces an earlier one of that name, except Set-Cookie, which adds up.
void http_set_header(struct http_response *response, const char *name, struct str value);
// The same for a literal value, which is not copied.
void http_set_header_c(struct http_response *response, const char *name, const char *value);
// Takes back all headers but the first `keep`, and the body, closing its file.
void http_response_cut(struct http_response *response, size_t keep);
// 303. What may not stand in an address (RFC 3986) is sent as %XX.
void http_redirect(struct http_response *response, struct str location);
// Content-Disposition: a file to save under this name, or one to show that may be saved under it
// (RFC 6266; other than ASCII by RFC 8187).
void http_set_file_name(struct http_response *response, bool save, struct str name);
// HttpOnly, SameSite=Lax, Path=/, Secure when the request came by https. max_age -1: session.
void http_set_cookie(struct http_response *response, const struct http_request *request,
                     const char *name, struct str value, int64_t max_age_s);

void http_pairs_add(mem_ctx *ctx, struct http_pairs *pairs, struct str name, struct str value);
MUST_CHECK bool http_method_parse(struct str word, enum http_method *ret);
const char *http_method_word(enum http_method method);
// Decodes a path; doubled slashes become one, a slash at the end goes, below /api also a final
// ".json". False for NUL, broken encoding, encoded slashes, backslashes and dot segments.
MUST_CHECK bool http_path_normalise(mem_ctx *ctx, struct str raw, struct str *ret);
bool http_host_valid(struct str host);
// What a request's headers must satisfy before anything else is believed: one Host, one length, no
// length together with chunks (RFC 9112, 6.3: two readers could disagree where it ends).
// BAD_REQUEST otherwise; the connection must then be closed.
MUST_CHECK bool http_head_check(const struct http_pairs *headers, struct error *err);

// Parsers of outside bytes (fuzzed together in tests/fuzz/fuzz_http_forms.c). `limit` bounds the
// number of pairs: BAD_REQUEST beyond. A broken %XX stands for itself, as in the URL Standard's
// parser of forms.
MUST_CHECK bool http_parse_query(mem_ctx *ctx, struct str raw, size_t limit, struct http_pairs *ret,
                                 struct error *err);
void http_parse_cookies(mem_ctx *ctx, struct str header, struct http_pairs *ret);
struct str http_form_decode(mem_ctx *ctx, struct str raw);
// For paths: false for a broken %XX and for NUL.
MUST_CHECK bool http_percent_decode(mem_ctx *ctx, struct str raw, struct str *ret);

#endif
