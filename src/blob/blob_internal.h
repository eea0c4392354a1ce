// SPDX-License-Identifier: GPL-3.0-or-later
//
// What a kind of blob store gives to blob.c; it embeds `struct blob_store` as its first member.
#ifndef STEWARD_BLOB_BLOB_INTERNAL_H
#define STEWARD_BLOB_BLOB_INTERNAL_H

#include "blob/blob.h"

// Content on its way in: bytes, or a whole file when fd is not -1.
struct blob_source {
    struct str bytes;
    int fd;
};

struct blob_ops {
    bool (*put)(struct blob_store *store, const struct blob_source *source, struct hash *ret,
                int64_t *ret_size, struct error *err);
    bool (*open)(struct blob_store *store, struct hash hash, int *ret_fd, int64_t *ret_size,
                 struct error *err);
    bool (*size)(struct blob_store *store, struct hash hash, int64_t *ret, struct error *err);
    bool (*each)(struct blob_store *store, blob_each_fn *fn, void *arg, struct error *err);
    bool (*set_aside)(struct blob_store *store, struct hash hash, struct error *err);
    bool (*bring_back)(struct blob_store *store, struct hash hash, struct error *err);
    bool (*remove_aside)(struct blob_store *store, struct hash hash, struct error *err);
    bool opens_whole;  // open() has compared the content with its name
};

struct blob_store {
    const struct blob_ops *ops;
};

// 64 hex digits and a NUL, without memory of a context.
void blob_hash_text(struct hash hash, char out[2 * HASH_SIZE + 1]);
// Fills *err from errno: a full disk, or a disk that cannot be used. Returns false.
bool blob_fail(const char *what, struct error *err);
// Another content than its name says. Returns false.
bool blob_damaged(struct hash hash, struct error *err);

MUST_CHECK bool blob_files_open(mem_ctx *ctx, const char *folder, struct blob_store **ret,
                                struct error *err);
MUST_CHECK bool blob_s3_open(mem_ctx *ctx, const struct blob_place *place, struct blob_store **ret,
                             struct error *err);

#endif
