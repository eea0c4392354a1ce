// SPDX-License-Identifier: GPL-3.0-or-later
//
// Secrets and hashes, by libsodium. Tokens that people or programs show us are stored only as
// their hash; passwords as argon2id.
#ifndef STEWARD_BASE_RANDOM_H
#define STEWARD_BASE_RANDOM_H

#include "base/str.h"

#define HASH_SIZE 32

struct hash {
    unsigned char bytes[HASH_SIZE];
};

// Once, before threads start; ends the program when the machine has no randomness.
void random_init(void);
void random_bytes(void *out, size_t len);
uint64_t random_below(uint64_t bound);
// Unguessable text of `bytes` random bytes: base64url, or lower-case base32 for mail addresses
// (case-proof).
struct str random_token(const mem_ctx *ctx, size_t bytes);
struct str random_token32(const mem_ctx *ctx, size_t bytes);

struct hash hash_sha256(struct str data);
// Keyed hash (HMAC-SHA-256, RFC 2104).
struct hash hash_keyed(struct str key, struct str data);
// SipHash-2-4 under the first 16 bytes of `key`: quick, for telling contents apart, not for
// secrets.
uint64_t hash_quick(struct str key, struct str data);
struct str hash_hex(const mem_ctx *ctx, struct hash hash);
struct str hex_encode(const mem_ctx *ctx, struct str bytes);
MUST_CHECK bool hex_decode(const mem_ctx *ctx, struct str hex, struct str *ret_bytes);
struct str base64_encode(const mem_ctx *ctx, struct str bytes);
struct str base64url_encode(const mem_ctx *ctx, struct str bytes);
struct str base32_encode(const mem_ctx *ctx, struct str bytes);
// Both alphabets, padding optional, white space passed over.
MUST_CHECK bool base64_decode(const mem_ctx *ctx, struct str text, struct str *ret_bytes);
// In constant time for equal lengths.
bool secret_equal(struct str a, struct str b);

// argon2id with libsodium's interactive limits; takes tens of milliseconds on purpose.
struct str password_hash(const mem_ctx *ctx, struct str password);
bool password_verify(struct str stored_hash, struct str password);

#endif
