// SPDX-License-Identifier: GPL-3.0-or-later
//
// What a passkey says (W3C Web Authentication, level 2), as plain bytes. Attestation is not asked
// for: whoever adds a passkey has signed in, and could only deceive themselves.
#ifndef STEWARD_DESK_DOOR_WEBAUTHN_H
#define STEWARD_DESK_DOOR_WEBAUTHN_H

#include "base/error.h"
#include "base/str.h"

struct webauthn_expected {
    bool creates;          // a registration; else an assertion
    struct str challenge;  // base64url
    struct str origin;     // "https://help.example.org"
    struct str rp_id;      // "help.example.org"
    bool verified;         // the device must have checked who holds it
};

struct webauthn_data {
    bool verified;
    int64_t counter;  // 0: the device counts none
};

// Checks a CollectedClientData (5.8.1) and an authenticator data (6.1) against what was asked (7.1
// and 7.2). INVALID says what does not fit.
MUST_CHECK bool webauthn_check(mem_ctx *ctx, const struct webauthn_expected *expected,
                               struct str client_json, struct str authenticator,
                               struct webauthn_data *ret, struct error *err);

// Whether these bytes are a public key (SubjectPublicKeyInfo) of a kind whose signatures we check:
// ECDSA on P-256, RSA from 2048 bits, Ed25519.
bool webauthn_key_good(struct str public_key);

// Whether the key signed this assertion (7.2, 20 and 21).
bool webauthn_signed(struct str public_key, struct str client_json, struct str authenticator,
                     struct str signature);

#endif
