// SPDX-License-Identifier: GPL-3.0-or-later
//
// One call to another server that an administrator named, by libcurl: limited in time and size,
// without redirects and proxies. Not for addresses that others choose: desk/hooks and desk/import
// look at those before they are called.
#ifndef STEWARD_HTTP_FETCH_H
#define STEWARD_HTTP_FETCH_H

#include "base/error.h"
#include "base/str.h"

struct fetch_call {
    struct str url;            // https; http only for this very machine
    struct str form;           // sent by POST as a form; absent: GET
    struct str authorization;  // the header's value, or absent
    struct str ca;             // PEM, or absent for the system's authorities
    int64_t timeout_ms;        // 0: 30 s
};

struct fetch_answer {
    long status;
    struct str body;  // at most 256 KB
};

// Whether this host is this very machine, so that what is said to it stays inside: by number, or by
// the one name that cannot be another's (127.x.example can).
bool fetch_host_is_self(mem_ctx *ctx, struct str host);
// Whether the address may be called at all.
bool fetch_url_fine(mem_ctx *ctx, struct str url);
// UNAVAILABLE without an answer, with why; INVALID for an address that may not be called.
MUST_CHECK bool fetch(mem_ctx *ctx, const struct fetch_call *call, struct fetch_answer *ret,
                      struct error *err);

#endif
