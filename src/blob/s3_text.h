// SPDX-License-Identifier: GPL-3.0-or-later
//
// The texts of S3: where a store is, as settings name it, and what a listing or a refusal says.
// Nothing here connects to anything.
#ifndef STEWARD_BLOB_S3_TEXT_H
#define STEWARD_BLOB_S3_TEXT_H

#include "base/error.h"
#include "base/str.h"

struct s3_place {
    struct str bucket;
    struct str prefix;    // "" or "some/prefix/"
    struct str endpoint;  // "https://host[:port]", nothing behind it
    struct str region;
    int64_t wait_s;  // the longest silence within one exchange
};

// "s3://bucket[/prefix][?endpoint=https://host&region=eu-central-1&wait=10]". Without an endpoint
// it is Amazon's of that region. INVALID with what is wrong.
MUST_CHECK bool s3_place_parse(mem_ctx *ctx, struct str url, struct s3_place *ret,
                               struct error *err);

struct s3_object {
    struct str key;
    int64_t size;
    int64_t changed_at;  // ms
};

struct s3_listing {
    struct s3_object *objects;
    size_t count;
    struct str next;  // "" at the end, else what asks for the rest
};

// The answer to ListObjectsV2. BUSY when it is none.
MUST_CHECK bool s3_listing_parse(mem_ctx *ctx, struct str xml, struct s3_listing *ret,
                                 struct error *err);

// The text of the first element of that name, without its five entities; absent when there is none.
struct str s3_element(mem_ctx *ctx, struct str xml, const char *name);

#endif
