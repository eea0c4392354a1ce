// SPDX-License-Identifier: GPL-3.0-or-later
//
// OpenID Connect as the side that relies on it: the code flow with PKCE (OpenID Connect Core 1.0,
// section 3.1; RFC 7636), discovery (OpenID Connect Discovery 1.0, section 4), and the reading of
// ID tokens (RFC 7519, RFC 7515). Only RS256 and ES256 signatures count; "none" and keyed hashes
// never do. oidc_token_read() has no sockets, so tests and the fuzzer drive it as it is.
#ifndef STEWARD_DESK_SSO_OIDC_H
#define STEWARD_DESK_SSO_OIDC_H

#include "base/error.h"
#include "base/str.h"

// What a provider says of itself.
struct oidc_place {
    struct str issuer;
    struct str authorize_url;
    struct str token_url;
    struct str userinfo_url;  // "" for none
    struct str keys;          // its JSON Web Key Set (RFC 7517)
    bool secret_in_form;      // it takes the client's secret in the form only
};

// UNAVAILABLE when it does not answer, or not as a provider does; the text says what is wrong.
MUST_CHECK bool oidc_discover(mem_ctx *ctx, struct str issuer, struct str ca,
                              struct oidc_place *ret, struct error *err);

struct oidc_client {
    struct str id;
    struct str secret;  // "" for none
    struct str redirect_uri;
    struct str ca;
};

// What one sign-in keeps between leaving and coming back.
struct oidc_attempt {
    struct str state;
    struct str nonce;
    struct str verifier;
};
struct oidc_attempt oidc_attempt_new(mem_ctx *ctx);
// Where the browser goes.
struct str oidc_leave(mem_ctx *ctx, const struct oidc_place *place,
                      const struct oidc_client *client, const struct oidc_attempt *attempt);

struct oidc_claims {
    struct str subject;
    struct str email;  // "" for none
    bool email_verified;
    struct str name;  // "" for none
    struct str locale;
};
// What came back to it.
struct oidc_return {
    const struct oidc_place *place;
    const struct oidc_client *client;
    const struct oidc_attempt *attempt;
    struct str code;
    int64_t now;
};
// Trades the code for tokens, and reads who it is: from the ID token, and, when that has no
// address, from the provider's userinfo. UNAUTHENTICATED when anything about it is not right.
MUST_CHECK bool oidc_come_back(mem_ctx *ctx, const struct oidc_return *back,
                               struct oidc_claims *ret, struct error *err);

struct oidc_expected {
    struct str issuer;
    struct str client;
    struct str nonce;
    struct str keys;
    int64_t now;
};
// Signature, issuer, audience, times and nonce. UNAUTHENTICATED otherwise; *ret_no_key (may be
// NULL) says that it was signed by a key that is not among those: the provider may have new ones.
MUST_CHECK bool oidc_token_read(mem_ctx *ctx, struct str token,
                                const struct oidc_expected *expected, struct oidc_claims *ret,
                                bool *ret_no_key, struct error *err);

#endif
