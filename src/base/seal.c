// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/seal.h"

#include <sodium.h>

#include "base/random.h"

enum {
    NONCE_BYTES = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES,
    TAG_BYTES = crypto_aead_xchacha20poly1305_ietf_ABYTES,
};
_Static_assert(crypto_aead_xchacha20poly1305_ietf_KEYBYTES == HASH_SIZE, "a hash is a key");

static struct hash key_of(struct str desk_secret)
{
    return hash_keyed(desk_secret, STR("steward sealed secrets 1"));
}

struct str seal_text(mem_ctx *ctx, struct str desk_secret, struct str place, struct str text)
{
    unsigned long long len = 0;
    if (text.len == 0) {
        return STR("");
    }
    struct hash key = key_of(desk_secret);
    unsigned char *out = mem_array(ctx, unsigned char, NONCE_BYTES + text.len + TAG_BYTES);
    random_bytes(out, NONCE_BYTES);
    crypto_aead_xchacha20poly1305_ietf_encrypt(
        out + NONCE_BYTES, &len, (const unsigned char *)text.ptr, text.len,
        (const unsigned char *)place.ptr, place.len, NULL, out, key.bytes);
    sodium_memzero(&key, sizeof key);
    return base64url_encode(ctx, (struct str){(const char *)out, NONCE_BYTES + (size_t)len});
}

bool seal_open(mem_ctx *ctx, struct str desk_secret, struct str place, struct str sealed,
               struct str *ret, struct error *err)
{
    struct str bytes;
    unsigned long long len = 0;
    if (sealed.len == 0) {
        *ret = STR("");
        return true;
    }
    if (!base64_decode(ctx, sealed, &bytes) || bytes.len < NONCE_BYTES + TAG_BYTES) {
        return error_set(err, ERR_UNAVAILABLE, "A stored password is damaged. Enter it again.");
    }
    struct hash key = key_of(desk_secret);
    const unsigned char *in = (const unsigned char *)bytes.ptr;
    unsigned char *out = mem_array(ctx, unsigned char, bytes.len);
    int wrong = crypto_aead_xchacha20poly1305_ietf_decrypt(
        out, &len, NULL, in + NONCE_BYTES, bytes.len - NONCE_BYTES,
        (const unsigned char *)place.ptr, place.len, in, key.bytes);
    sodium_memzero(&key, sizeof key);
    if (wrong != 0) {
        return error_set(err, ERR_UNAVAILABLE,
                         "A stored password was sealed under another key (the file \"secret\" of "
                         "the data folder). Enter it again.");
    }
    *ret = (struct str){(const char *)out, (size_t)len};
    return true;
}
