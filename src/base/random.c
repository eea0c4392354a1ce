// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/random.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"

void random_init(void)
{
    if (sodium_init() < 0) {
        fputs("level=error msg=\"no randomness on this machine: /dev/urandom cannot be read\"\n",
              stderr);
        abort();
    }
}

void random_bytes(void *out, size_t len)
{
    randombytes_buf(out, len);
}

uint64_t random_below(uint64_t bound)
{
    if (bound <= UINT32_MAX) {
        return randombytes_uniform((uint32_t)bound);
    }
    uint64_t value = 0;
    randombytes_buf(&value, sizeof value);
    return value % bound;
}

struct str random_token(const mem_ctx *ctx, size_t bytes)
{
    char *raw = mem_array(ctx, char, bytes);
    randombytes_buf(raw, bytes);
    return base64url_encode(ctx, (struct str){raw, bytes});
}

struct str random_token32(const mem_ctx *ctx, size_t bytes)
{
    char *raw = mem_array(ctx, char, bytes);
    randombytes_buf(raw, bytes);
    return base32_encode(ctx, (struct str){raw, bytes});
}

struct hash hash_sha256(struct str data)
{
    struct hash hash;
    crypto_hash_sha256(hash.bytes, (const unsigned char *)data.ptr, data.len);
    return hash;
}

struct hash hash_keyed(struct str key, struct str data)
{
    struct hash hash;
    crypto_auth_hmacsha256_state state;
    crypto_auth_hmacsha256_init(&state, (const unsigned char *)key.ptr, key.len);
    crypto_auth_hmacsha256_update(&state, (const unsigned char *)data.ptr, data.len);
    crypto_auth_hmacsha256_final(&state, hash.bytes);
    return hash;
}

uint64_t hash_quick(struct str key, struct str data)
{
    unsigned char short_key[crypto_shorthash_KEYBYTES] = {0};
    uint64_t value = 0;
    if (key.len > 0) {
        memcpy(short_key, key.ptr, key.len < sizeof short_key ? key.len : sizeof short_key);
    }
    crypto_shorthash((unsigned char *)&value, (const unsigned char *)data.ptr, data.len, short_key);
    return value;
}

struct str hash_hex(const mem_ctx *ctx, struct hash hash)
{
    return hex_encode(ctx, (struct str){(const char *)hash.bytes, HASH_SIZE});
}

struct str hex_encode(const mem_ctx *ctx, struct str bytes)
{
    char *out = mem_array(ctx, char, bytes.len * 2 + 1);
    sodium_bin2hex(out, bytes.len * 2 + 1, (const unsigned char *)bytes.ptr, bytes.len);
    return (struct str){out, bytes.len * 2};
}

bool hex_decode(const mem_ctx *ctx, struct str hex, struct str *ret_bytes)
{
    char *out = mem_array(ctx, char, hex.len / 2 + 1);
    size_t len = 0;
    if (hex.len % 2 != 0 || sodium_hex2bin((unsigned char *)out, hex.len / 2, hex.ptr, hex.len,
                                           NULL, &len, NULL) != 0) {
        return false;
    }
    *ret_bytes = (struct str){out, len};
    return len == hex.len / 2;
}

static struct str base64_variant(const mem_ctx *ctx, struct str bytes, int variant)
{
    size_t room = sodium_base64_encoded_len(bytes.len, variant);
    char *out = mem_array(ctx, char, room);
    sodium_bin2base64(out, room, (const unsigned char *)bytes.ptr, bytes.len, variant);
    return str_c(out);
}

struct str base64_encode(const mem_ctx *ctx, struct str bytes)
{
    return base64_variant(ctx, bytes, sodium_base64_VARIANT_ORIGINAL);
}

struct str base64url_encode(const mem_ctx *ctx, struct str bytes)
{
    return base64_variant(ctx, bytes, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
}

struct str base32_encode(const mem_ctx *ctx, struct str bytes)
{
    static const char ALPHABET[] = "abcdefghijklmnopqrstuvwxyz234567";
    struct buf out;
    buf_init(&out, ctx, bytes.len * 2 + 8);
    unsigned pending = 0;
    int bits = 0;
    for (size_t i = 0; i < bytes.len; i++) {
        pending = (pending << 8 | (unsigned char)bytes.ptr[i]) & 0xffff;
        bits += 8;
        while (bits >= 5) {
            bits -= 5;
            buf_put_char(&out, ALPHABET[pending >> bits & 31]);
        }
    }
    if (bits > 0) {
        buf_put_char(&out, ALPHABET[pending << (5 - bits) & 31]);
    }
    return buf_str(&out);
}

bool base64_decode(const mem_ctx *ctx, struct str text, struct str *ret_bytes)
{
    // One alphabet, no padding, no white space: then libsodium's strict decoder judges the rest.
    char *plain = mem_array(ctx, char, text.len + 1);
    size_t plain_len = 0;
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        if (c == '=' || c == ' ' || c == '\r' || c == '\n' || c == '\t') {
            continue;
        }
        plain[plain_len++] = (char)(c == '+' ? '-' : c == '/' ? '_' : c);
    }
    char *out = mem_array(ctx, char, plain_len + 1);
    size_t len = 0;
    const char *end = NULL;
    if (sodium_base642bin((unsigned char *)out, plain_len + 1, plain, plain_len, NULL, &len, &end,
                          sodium_base64_VARIANT_URLSAFE_NO_PADDING) != 0 ||
        end != plain + plain_len) {
        return false;
    }
    *ret_bytes = (struct str){out, len};
    return true;
}

bool secret_equal(struct str a, struct str b)
{
    return a.len == b.len && (a.len == 0 || sodium_memcmp(a.ptr, b.ptr, a.len) == 0);
}

struct str password_hash(const mem_ctx *ctx, struct str password)
{
    char *out = mem_array(ctx, char, crypto_pwhash_STRBYTES);
    // STEWARD_TEST_FAST_HASH exists so that suites with hundreds of accounts stay short; it lowers
    // the cost of new hashes only.
    bool fast = getenv("STEWARD_TEST_FAST_HASH") != NULL;
    unsigned long long ops = fast ? crypto_pwhash_OPSLIMIT_MIN : crypto_pwhash_OPSLIMIT_INTERACTIVE;
    size_t memory = fast ? crypto_pwhash_MEMLIMIT_MIN : crypto_pwhash_MEMLIMIT_INTERACTIVE;
    if (crypto_pwhash_str_alg(out, password.ptr, password.len, ops, memory,
                              crypto_pwhash_ALG_ARGON2ID13) != 0) {
        mem_check_(NULL);
    }
    return str_c(out);
}

bool password_verify(struct str stored_hash, struct str password)
{
    char hash[crypto_pwhash_STRBYTES] = {0};
    if (stored_hash.len == 0 || stored_hash.len >= sizeof hash) {
        return false;
    }
    memcpy(hash, stored_hash.ptr, stored_hash.len);
    return crypto_pwhash_str_verify(hash, password.ptr, password.len) == 0;
}
