// SPDX-License-Identifier: GPL-3.0-or-later
//
// OAuth 2.0: programs registered by administrators, codes from the consent page, tokens with scopes
// (RFC 6749, PKCE by RFC 7636). Bearer tokens of requests are looked up in session.c; what a
// token's scopes allow is asked by the guards.
#ifndef STEWARD_APP_OAUTH_H
#define STEWARD_APP_OAUTH_H

#include "app/app.h"

struct oauth_client {
    int64_t id;
    struct str identifier;
    struct str name;
    struct str company;        // absent when none
    struct str description;    // absent when none
    struct str redirect_uris;  // one a line
    bool is_public;            // cannot keep a secret: PKCE instead
    struct user_id user;
    int64_t created_at;
    int64_t updated_at;
    struct str secret_hash;
};

MUST_CHECK bool oauth_clients(struct db *db, mem_ctx *ctx, struct oauth_client **ret,
                              size_t *ret_count, struct error *err);
// NOT_FOUND when there is none.
MUST_CHECK bool oauth_client_load(struct db *db, mem_ctx *ctx, int64_t id, struct oauth_client *ret,
                                  struct error *err);
MUST_CHECK bool oauth_client_by_identifier(struct db *db, mem_ctx *ctx, struct str identifier,
                                           struct oauth_client *ret, struct error *err);
// Makes (id 0) or changes one; INVALID with the field. *ret_secret is the only clear copy, of a new
// one.
MUST_CHECK bool oauth_client_store(struct db *tx, mem_ctx *ctx, struct oauth_client *client,
                                   int64_t now, struct str *ret_secret, struct error *err);
MUST_CHECK bool oauth_client_new_secret(struct db *tx, mem_ctx *ctx, int64_t id, int64_t now,
                                        struct str *ret_secret, struct error *err);
// Its codes and tokens go with it.
MUST_CHECK bool oauth_client_remove(struct db *tx, int64_t id, struct error *err);
// Whether the program named this address when it was registered; exactly that one.
bool oauth_redirect_known(const struct oauth_client *client, struct str uri);
// Scopes that this desk knows, normalised; absent when one is unknown. "" means read and write.
struct str oauth_scopes(mem_ctx *ctx, struct str wanted);

struct oauth_grant {
    int64_t client;
    struct user_id user;
    struct str scopes;
    struct str redirect_uri;
    struct str challenge;  // absent without PKCE
};
// Ten minutes, once.
MUST_CHECK bool oauth_code_make(struct db *tx, mem_ctx *ctx, const struct oauth_grant *grant,
                                int64_t now, struct str *ret_code, struct error *err);
// INVALID (word invalid_grant) unless the code is this client's, fresh, for this address, and the
// verifier fits.
struct oauth_proof {
    struct str code;
    struct str redirect_uri;
    struct str verifier;
};
MUST_CHECK bool oauth_code_use(struct db *tx, mem_ctx *ctx, const struct oauth_client *client,
                               const struct oauth_proof *proof, int64_t now,
                               struct oauth_grant *ret, struct error *err);

struct oauth_token {
    int64_t id;
    int64_t client;
    struct user_id user;
    struct str shown;  // its first characters
    struct str scopes;
    int64_t expires_at;          // 0: never
    int64_t refresh_expires_at;  // 0: never
    int64_t created_at;
    struct str access;   // the clear token, only when it was just made
    struct str refresh;  // the same; absent when there is none
};
// expires_s 0: the token lives until it is deleted.
MUST_CHECK bool oauth_token_make(struct db *tx, mem_ctx *ctx, const struct oauth_grant *grant,
                                 int64_t expires_s, bool with_refresh, int64_t now,
                                 struct oauth_token *ret, struct error *err);
// A new pair for the old one, which ends.
MUST_CHECK bool oauth_token_refresh(struct db *tx, mem_ctx *ctx, const struct oauth_client *client,
                                    struct str refresh, int64_t expires_s, int64_t now,
                                    struct oauth_token *ret, struct error *err);
MUST_CHECK bool oauth_tokens(struct db *db, mem_ctx *ctx, struct user_id user,
                             struct oauth_token **ret, size_t *ret_count, struct error *err);
MUST_CHECK bool oauth_token_remove(struct db *tx, int64_t id, struct error *err);
// The living token of a bearer header; *ret_found false otherwise.
MUST_CHECK bool oauth_token_find(struct db *db, mem_ctx *ctx, struct str access, int64_t now,
                                 struct oauth_token *ret, bool *ret_found, struct error *err);

// FORBIDDEN (word MissingScope) when the request's token does not allow what it asks for.
MUST_CHECK bool oauth_scope_check(const struct ctx *ctx, struct error *err);

#endif
