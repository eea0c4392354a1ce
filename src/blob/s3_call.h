// SPDX-License-Identifier: GPL-3.0-or-later
//
// One exchange with a store that speaks S3: signed (AWS Signature Version 4, by libcurl), limited
// in time, tried again when that can help. What is sent carries the SHA-256 of its body in the
// signed header x-amz-content-sha256, so the store refuses a body that was changed on its way.
//
// A store that does not answer is left alone for a moment: calls then fail at once, so that the
// threads of a desk do not all wait for it.
#ifndef STEWARD_BLOB_S3_CALL_H
#define STEWARD_BLOB_S3_CALL_H

#include "base/buf.h"
#include "base/random.h"
#include "blob/s3_text.h"

struct s3_link;

// The link lives below ctx; calls may come from any thread.
struct s3_link *s3_link_new(mem_ctx *ctx, const struct s3_place *place, struct str access_key,
                            struct str secret_key);

struct str s3_link_prefix(const struct s3_link *link);

enum s3_method { S3_GET, S3_HEAD, S3_PUT, S3_DELETE };

struct s3_call {
    enum s3_method method;
    struct str key;        // of the object, behind the place's prefix; "" for the bucket itself:
    struct str query;      // then what is asked of it, encoded and sorted
    struct str copy_from;  // S3_PUT: a key to copy from, in place of a body; "" for none
    // S3_PUT: `fd` from its beginning (or `bytes` when it is -1), `size` of it, and its hash.
    int fd;
    struct str bytes;
    int64_t size;
    struct hash hash;
    int to;  // S3_GET: a file that the object is written to; -1: it comes as `answer`
};

struct s3_result {
    long status;        // 200, 204, 206, or 404 when the object is not there
    int64_t size;       // of the object: S3_HEAD, and S3_GET into a file
    struct hash hash;   // S3_GET into a file: of what was written
    struct str answer;  // in ctx: what came otherwise, at most a few MB
};

// True when the store has done it or says that the object is not there. BUSY for everything that
// may pass or that an administrator must mend (it does not answer, it refuses the key, there is no
// such bucket), NO_SPACE when either side is full.
MUST_CHECK bool s3_call(mem_ctx *ctx, struct s3_link *link, const struct s3_call *call,
                        struct s3_result *ret, struct error *err);

#endif
