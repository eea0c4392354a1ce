// SPDX-License-Identifier: GPL-3.0-or-later
//
// What web push asks of a sender's mathematics: messages that only the browser can open (RFC 8291
// with RFC 8188) and tokens that say who sends (VAPID, RFC 8292). No sockets, no rows, no clock.
#ifndef STEWARD_DESK_NOTICES_WEBPUSH_H
#define STEWARD_DESK_NOTICES_WEBPUSH_H

#include "base/error.h"
#include "base/str.h"

#define WEBPUSH_POINT 65   // an uncompressed point of P-256
#define WEBPUSH_SCALAR 32  // a private key
#define WEBPUSH_AUTH 16
#define WEBPUSH_SALT 16
// What fits into one message: push services take 4096 bytes.
#define WEBPUSH_TEXT_MOST 3800

// The public key of a private one; false when it is none (0, or beyond the curve's order).
MUST_CHECK bool webpush_public(const unsigned char scalar[WEBPUSH_SCALAR],
                               unsigned char ret_point[WEBPUSH_POINT]);
// A private key from a secret: the same secret gives the same one.
void webpush_derive(struct str secret, const char *label, unsigned char ret_scalar[WEBPUSH_SCALAR]);

struct webpush_seal {
    struct str browser_key;                // WEBPUSH_POINT bytes
    struct str auth;                       // WEBPUSH_AUTH bytes
    unsigned char scalar[WEBPUSH_SCALAR];  // for this message alone
    unsigned char salt[WEBPUSH_SALT];      // the same
};

// One aes128gcm record with its header. INVALID when the browser's keys are none, or the text is
// too long.
MUST_CHECK bool webpush_seal(mem_ctx *ctx, const struct webpush_seal *seal, struct str text,
                             struct str *ret, struct error *err);

// "vapid t=TOKEN, k=KEY", good for `audience` (the push service's origin) until expires_s;
// `subject` is how its operators reach the sender: an address of https or mailto.
MUST_CHECK bool webpush_authorization(mem_ctx *ctx, const unsigned char scalar[WEBPUSH_SCALAR],
                                      struct str audience, struct str subject, int64_t expires_s,
                                      struct str *ret, struct error *err);

#endif
