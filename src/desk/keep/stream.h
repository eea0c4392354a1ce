// SPDX-License-Identifier: GPL-3.0-or-later
//
// A file of a backup: bytes in pieces, sealed by a key or not, and at the end the hash of all of
// it, so that a file that was cut off or changed anywhere is never taken for a whole one.
//
//   "STEWARD BACKUP 1" and 'P' (plain) or 'S' (sealed), newline; sealed: libsodium's stream header
//   pieces: length (4 bytes, little endian), then so many bytes, sealed by secretstream
//   length 0, then BLAKE2b-256 of everything before
#ifndef STEWARD_DESK_KEEP_STREAM_H
#define STEWARD_DESK_KEEP_STREAM_H

#include "base/error.h"
#include "base/str.h"

#define KEEP_KEY_SIZE 32

struct keep_key {
    unsigned char bytes[KEEP_KEY_SIZE];
};

// The key file: one line of base64. Making one never writes over a file.
MUST_CHECK bool keep_key_new(mem_ctx *ctx, const char *path, struct error *err);
MUST_CHECK bool keep_key_read(mem_ctx *ctx, const char *path, struct keep_key *ret,
                              struct error *err);

struct keep_out;
struct keep_in;

// A new file; `key` may be NULL. Nothing is there under `path` until keep_out_end(), which makes it
// durable; without it, freeing ctx removes what was written.
MUST_CHECK bool keep_out_open(mem_ctx *ctx, const char *path, const struct keep_key *key,
                              struct keep_out **ret, struct error *err);
MUST_CHECK bool keep_out_put(struct keep_out *out, struct str bytes, struct error *err);
MUST_CHECK bool keep_out_end(struct keep_out *out, struct error *err);

// Reads all of the file first, so what is given out later is whole. INVALID when it is not, or the
// key does not fit.
MUST_CHECK bool keep_in_open(mem_ctx *ctx, const char *path, const struct keep_key *key,
                             struct keep_in **ret, struct error *err);
// Up to `most` bytes, valid until the next call; *ret is empty at the end.
MUST_CHECK bool keep_in_some(struct keep_in *in, size_t most, struct str *ret, struct error *err);
// Exactly `len` bytes into `to`.
MUST_CHECK bool keep_in_get(struct keep_in *in, void *to, size_t len, struct error *err);

#endif
