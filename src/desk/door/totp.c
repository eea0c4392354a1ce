// SPDX-License-Identifier: GPL-3.0-or-later
#include "desk/door/totp.h"

#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/random.h"

#define STEP_MS 30000
#define MODULUS 1000000
#define SHA1_BYTES 20

int64_t totp_step(int64_t ms)
{
    return ms / STEP_MS;
}

int totp_code(struct str secret, int64_t step)
{
    unsigned char message[8];
    unsigned char mac[SHA1_BYTES];
    for (size_t i = 0; i < sizeof message; i++) {
        message[i] = (unsigned char)((uint64_t)step >> (8 * (7 - i)));
    }
    if (gnutls_hmac_fast(GNUTLS_MAC_SHA1, secret.ptr, secret.len, message, sizeof message, mac) !=
        0) {
        abort();  // a build of GnuTLS without SHA-1: no code would ever be right
    }
    size_t at = mac[SHA1_BYTES - 1] & 0x0F;
    uint32_t bits = (uint32_t)(mac[at] & 0x7F) << 24 | (uint32_t)mac[at + 1] << 16 |
                    (uint32_t)mac[at + 2] << 8 | mac[at + 3];
    return (int)(bits % MODULUS);
}

// -1 for what is no code.
static int typed_code(struct str typed)
{
    int code = 0;
    int digits = 0;
    for (size_t i = 0; i < typed.len; i++) {
        char c = typed.ptr[i];
        if (c >= '0' && c <= '9' && digits < TOTP_DIGITS) {
            code = code * 10 + (c - '0');
            digits++;
        } else if (c != ' ') {
            return -1;
        }
    }
    return digits == TOTP_DIGITS ? code : -1;
}

int64_t totp_match(struct str secret, struct str typed, int64_t now_ms, int64_t used)
{
    int code = typed_code(typed);
    int64_t now = totp_step(now_ms);
    for (int64_t step = now - 1; step <= now + 1 && code >= 0; step++) {
        if (step > used && totp_code(secret, step) == code) {
            return step;
        }
    }
    return -1;
}

static struct str base32_upper(mem_ctx *ctx, struct str bytes)
{
    struct str lower = base32_encode(ctx, bytes);
    char *upper = mem_text_n(ctx, lower.ptr, lower.len);
    for (size_t i = 0; i < lower.len; i++) {
        upper[i] = (char)(upper[i] >= 'a' && upper[i] <= 'z' ? upper[i] - 'a' + 'A' : upper[i]);
    }
    return (struct str){upper, lower.len};
}

struct str totp_secret_shown(mem_ctx *ctx, struct str secret)
{
    struct str letters = base32_upper(ctx, secret);
    struct buf out;
    buf_init(&out, ctx, 2 * letters.len + 1);
    for (size_t i = 0; i < letters.len; i++) {
        if (i > 0 && i % 4 == 0) {
            buf_put_char(&out, ' ');
        }
        buf_put_char(&out, letters.ptr[i]);
    }
    return buf_str(&out);
}

struct str totp_uri(mem_ctx *ctx, struct str secret, struct str issuer, struct str account)
{
    struct buf out;
    buf_init(&out, ctx, 4096);
    buf_put_c(&out, "otpauth://totp/");
    buf_put_percent(&out, issuer);
    buf_put_c(&out, ":");
    buf_put_percent(&out, account);
    buf_put_c(&out, "?secret=");
    buf_put(&out, base32_upper(ctx, secret));
    buf_put_c(&out, "&issuer=");
    buf_put_percent(&out, issuer);
    return buf_str(&out);
}
