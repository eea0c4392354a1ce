// SPDX-License-Identifier: GPL-3.0-or-later
//
// Codes of authenticator apps: TOTP (RFC 6238) with what all apps understand, SHA-1, six digits and
// thirty seconds.
#ifndef STEWARD_DESK_DOOR_TOTP_H
#define STEWARD_DESK_DOOR_TOTP_H

#include "base/str.h"

#define TOTP_SECRET_BYTES 20  // as long as SHA-1's result (RFC 4226, 4)
#define TOTP_DIGITS 6

// The step that a moment lies in.
int64_t totp_step(int64_t ms);

// The code of a step, 0 … 999999. `secret` is the raw key.
int totp_code(struct str secret, int64_t step);

// The step whose code this is, looking one to each side of now for clocks that differ, but only
// beyond `used`: no code works twice (RFC 6238, 5.2). -1 for none. Blanks in `typed` are passed
// over.
int64_t totp_match(struct str secret, struct str typed, int64_t now_ms, int64_t used);

// The secret as people type it: base32 (RFC 4648) in groups of four.
struct str totp_secret_shown(mem_ctx *ctx, struct str secret);

// "otpauth://totp/…", what the QR code says (the format of Google Authenticator's Key URIs).
struct str totp_uri(mem_ctx *ctx, struct str secret, struct str issuer, struct str account);

#endif
