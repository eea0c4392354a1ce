// SPDX-License-Identifier: GPL-3.0-or-later
//
// The living desk that is taken over: what it answers to GET, one call after the other. It is
// waited for as long as it asks (429 and 503 with Retry-After); calls without an answer are tried
// again.
//
// The administrator names its address; where the addresses of files lead is up to strangers. So the
// key goes to that very desk (scheme, host and port) and nowhere else, redirects are only followed
// to files, and all other addresses are looked at after their names were resolved, as those of
// webhooks are.
#ifndef STEWARD_DESK_IMPORT_FAR_H
#define STEWARD_DESK_IMPORT_FAR_H

#include "base/error.h"
#include "base/str.h"

struct desk;
struct far;

struct far_access {
    struct str url;     // https, or http of this machine; with or without /api/v2
    struct str user;    // whose the secret is; absent: it is a bearer token
    struct str secret;  // an API token; a password with:
    bool password;
};

// INVALID for an address that is none, or that would send the secret in the open. `waits` is told
// each second that is waited, and of how many.
MUST_CHECK bool far_open(mem_ctx *ctx, const struct desk *desk, const struct far_access *access,
                         void (*waits)(void *arg, int64_t done_s, int64_t of_s), void *arg,
                         struct far **ret, struct error *err);
// Scheme, host and port, without a slash at the end.
struct str far_base(const struct far *far);
int64_t far_calls(const struct far *far);

// `path` begins with a slash and may have a query. The answer lives in `ctx` and has at most 256
// MB. UNAUTHENTICATED, FORBIDDEN, NOT_FOUND as it answers; UNAVAILABLE when it does not; INVALID
// for all else that it may say.
MUST_CHECK bool far_read(struct far *far, mem_ctx *ctx, struct str path, struct str *ret,
                         struct error *err);
// Makes a file of what is there, as a whole or not at all. Additionally FORBIDDEN when the address
// is none that may be called.
MUST_CHECK bool far_file(struct far *far, mem_ctx *ctx, struct str url, const char *path,
                         int64_t *ret_size, struct error *err);

#endif
