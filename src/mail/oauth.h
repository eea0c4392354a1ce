// SPDX-License-Identifier: GPL-3.0-or-later
//
// Access tokens for mailboxes (XOAUTH2), by libcurl: the code that an administrator brought from
// the provider is exchanged for a refresh token (RFC 6749, section 4.1.3), once; that is exchanged
// for short-lived access tokens (section 6).
#ifndef STEWARD_MAIL_OAUTH_H
#define STEWARD_MAIL_OAUTH_H

#include "base/error.h"
#include "base/str.h"

struct oauth_request {
    struct str token_url;  // https; http only for this very machine
    struct str client;
    struct str client_secret;  // "" for none
    struct str refresh_token;
    struct str code;  // in its place, with those two: what the provider sent back
    struct str redirect_uri;
    struct str verifier;  // of the code's challenge (RFC 7636)
    struct str scope;     // "" for the one it was granted with
    struct str ca;        // PEM, "" for the system's authorities
    int64_t timeout_ms;   // 0: 30 s
};

struct oauth_answer {
    struct str access_token;
    struct str refresh_token;  // a new one that takes the old one's place; "" for none
    int64_t expires_s;         // 0: not said
};

// UNAUTHENTICATED when the refresh token is not valid any more: an administrator must grant access
// anew; UNAVAILABLE for all that may pass; INVALID for a token_url that is none.
MUST_CHECK bool oauth_refresh(mem_ctx *ctx, const struct oauth_request *request,
                              struct oauth_answer *ret, struct error *err);
// The same for a code; the answer has a refresh token, else it is INVALID.
MUST_CHECK bool oauth_code_exchange(mem_ctx *ctx, const struct oauth_request *request,
                                    struct oauth_answer *ret, struct error *err);
MUST_CHECK bool oauth_url_check(mem_ctx *ctx, struct str url, struct error *err);

#endif
