// SPDX-License-Identifier: GPL-3.0-or-later
//
// Bytes that are too many for the database: attachments, raw mails, pictures. A blob is named by
// the SHA-256 of its content and by nothing else, so the same file sent twice is stored once, no
// name from outside ever becomes a name on disk, and damage can be noticed. A blob never changes.
// File names, types and who may see it are the business of whoever keeps the hash.
//
// All calls may come from any thread. They block on the disk or on the network: never inside
// db_tx_run(). Put first,
// then commit the row that names the hash; a crash between leaves a blob that nobody names.
#ifndef STEWARD_BLOB_BLOB_H
#define STEWARD_BLOB_BLOB_H

#include "base/error.h"
#include "base/random.h"

struct blob_store;

// "file:/folder": blobs lie in /folder/blobs/ab/cd/<hash in hex>; half-written files of a crash are
// removed once they are a day old. "s3://bucket/prefix?endpoint=https://host&region=word": they are
// objects PREFIX/blobs/ab/cd/<hash in hex> (s3.c); opening does not ask the store anything, and
// calls are BUSY while it does not answer or refuses.
struct blob_place {
    const char *url;
    // Of S3 alone: a folder for files that have no name, and what signs.
    const char *scratch;
    struct str access_key, secret_key;
};

// The store lives below ctx.
MUST_CHECK bool blob_store_open(mem_ctx *ctx, const struct blob_place *place,
                                struct blob_store **ret, struct error *err);

// Each returns once the content is durable. A blob that is there already is not written again, but
// its time is set to now, so that a collector of unnamed blobs leaves it alone.
MUST_CHECK bool blob_put_bytes(struct blob_store *store, struct str bytes, struct hash *ret,
                               struct error *err);
// All of the file, whatever the descriptor's position, which is not moved.
MUST_CHECK bool blob_put_file(struct blob_store *store, int fd, struct hash *ret, int64_t *ret_size,
                              struct error *err);
MUST_CHECK bool blob_put_path(struct blob_store *store, const char *path, struct hash *ret,
                              int64_t *ret_size, struct error *err);

// A descriptor to read from, which the caller closes. NOT_FOUND when there is no such blob.
MUST_CHECK bool blob_open(struct blob_store *store, struct hash hash, int *ret_fd,
                          int64_t *ret_size, struct error *err);
// The content, in ctx; TOO_LARGE when it has more than `limit` bytes.
MUST_CHECK bool blob_read(mem_ctx *ctx, struct blob_store *store, struct hash hash, size_t limit,
                          struct str *ret, struct error *err);
// How large it is, without reading it. NOT_FOUND when there is no such blob.
MUST_CHECK bool blob_size(struct blob_store *store, struct hash hash, int64_t *ret,
                          struct error *err);
// Reads it all and compares: UNAVAILABLE when the content is damaged.
MUST_CHECK bool blob_verify(struct blob_store *store, struct hash hash, struct error *err);
// As blob_open(), after comparing as blob_verify() does.
MUST_CHECK bool blob_open_whole(struct blob_store *store, struct hash hash, int *ret_fd,
                                int64_t *ret_size, struct error *err);

// --- going through all of them ------------------------------------------------------------------

struct blob_info {
    struct hash hash;
    int64_t size;
    int64_t changed_at;  // ms: when it was last put, or set aside
    bool aside;
};

// Calls fn for every blob, in no order; fn returning false ends it. Blobs that come and go
// meanwhile may be seen or not. fn may set aside, bring back and remove the blob that it is told
// of, and look for others.
typedef bool blob_each_fn(void *arg, const struct blob_info *info, struct error *err);
MUST_CHECK bool blob_each(struct blob_store *store, blob_each_fn *fn, void *arg, struct error *err);

// A blob that no row names cannot simply be removed: somebody may just be putting the same content
// and name it a moment later. So it is first set aside, where blob_open() still finds it but a put
// does not (it is written again), and removed from there a day later, if it is still unnamed; or
// brought back. One that is not there is no error.
MUST_CHECK bool blob_set_aside(struct blob_store *store, struct hash hash, struct error *err);
MUST_CHECK bool blob_bring_back(struct blob_store *store, struct hash hash, struct error *err);
MUST_CHECK bool blob_remove_aside(struct blob_store *store, struct hash hash, struct error *err);

// The hash as columns store it (64 hex digits, hash_hex()), read back. False for anything else.
MUST_CHECK bool blob_hash_parse(struct str hex, struct hash *ret);

#endif
