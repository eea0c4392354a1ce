// SPDX-License-Identifier: GPL-3.0-or-later
//
// multipart/form-data (RFC 7578) read in pieces as they arrive: fields to memory, files to memory
// up to a limit and beyond it to a temporary file that is removed with the request. No sockets, so
// that it can be fuzzed: however the bytes are cut, the result is the same.
#ifndef STEWARD_HTTP_MULTIPART_H
#define STEWARD_HTTP_MULTIPART_H

#include "http/http.h"

struct multipart_limits {
    size_t fields;        // fields and files together
    size_t field_bytes;   // of one field
    size_t memory_bytes;  // of all files together; the rest goes to disk
    const char *tmp_folder;
};

struct multipart;

// `content_type` is the header with its boundary; BAD_REQUEST without one. Results go to
// request->form and request->files; all lives below request->ctx.
MUST_CHECK bool multipart_begin(struct http_request *request, struct str content_type,
                                const struct multipart_limits *limits, struct multipart **ret,
                                struct error *err);
MUST_CHECK bool multipart_feed(struct multipart *m, struct str bytes, struct error *err);
// BAD_REQUEST when the end is missing.
MUST_CHECK bool multipart_end(struct multipart *m, struct error *err);

#endif
