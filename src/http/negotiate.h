// SPDX-License-Identifier: GPL-3.0-or-later
//
// What client and server agree on by headers: codings, languages, whether the client has the answer
// already, and which part of a file it wants (RFC 9110).
#ifndef STEWARD_HTTP_NEGOTIATE_H
#define STEWARD_HTTP_NEGOTIATE_H

#include "http/http.h"

// Whether an Accept-Encoding header (or none) takes this coding (section 12.5.3). Without a header
// only the plain form is sure to be understood, so false.
bool http_accepts_coding(struct str header, const char *coding);

// The index of the offered language ("en-US", "de") that an Accept-Language header likes best, by
// its weights and then by the order of `offered`; a range also fits longer tags, and a tag also
// fits a range that begins with its first subtag. `otherwise` when none fits.
size_t http_choose_language(struct str header, const struct str *offered, size_t count,
                            size_t otherwise);

// Whether an If-None-Match header names this entity tag (13.1.2; weak comparison) or is "*".
bool http_etag_matches(struct str header, struct str etag);

enum http_range { HTTP_RANGE_ALL, HTTP_RANGE_PART, HTTP_RANGE_OUTSIDE };

// Reads a Range header for `size` bytes (14.2). ALL: absent, not understood, or several ranges at
// once, which may be ignored. PART sets the outputs. OUTSIDE: nothing of it exists.
enum http_range http_range_parse(struct str header, int64_t size, int64_t *ret_from,
                                 int64_t *ret_len);

// The last touch to an answer whose headers, status and body are set: 304 where the client has it
// by its ETag, part of a file where it asked for that, gzip where that is wanted and worth it.
void http_finish(const struct http_request *request, struct http_response *response);

#endif
