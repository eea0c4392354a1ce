// SPDX-License-Identifier: GPL-3.0-or-later
//
// Sessions of browsers, tokens of programs, and the tokens in forms that keep other sites out.
#ifndef STEWARD_APP_SESSION_H
#define STEWARD_APP_SESSION_H

#include "app/app.h"

// Signs the person in: a new session (256 random bits, stored as a hash) and its cookie in the
// response. Any session that the request brought is ended: tokens are never carried over a sign-in.
MUST_CHECK bool session_start(struct ctx *ctx, struct user_id user, struct error *err);
// Ends the request's session and clears its cookie.
MUST_CHECK bool session_end(struct ctx *ctx, struct error *err);
// Ends all sessions of a person but the one whose id (struct ctx.session) is `except` (may be
// absent). Inside a transaction: for changes of password and roles.
MUST_CHECK bool session_end_others(struct db *tx, struct user_id user, struct str except,
                                   struct error *err);

struct session_info {
    struct session_id id;
    struct user_id user;
    struct str address;
    struct str agent;  // the browser's own words
    int64_t created_at;
    int64_t seen_at;
    bool current;
};
MUST_CHECK bool session_list(struct ctx *ctx, struct session_info **ret, size_t *ret_count,
                             struct error *err);
// Those of a person, or everybody's with none (v == 0); whoever calls has asked who may.
MUST_CHECK bool session_list_of(struct ctx *ctx, struct user_id user, struct session_info **ret,
                                size_t *ret_count, struct error *err);
MUST_CHECK bool session_end_of(struct ctx *ctx, struct user_id user, struct session_id id,
                               struct error *err);
// One of the actor's own.
MUST_CHECK bool session_end_one(struct ctx *ctx, struct session_id id, struct error *err);
// Removes sessions that are over; for a timer.
MUST_CHECK bool session_sweep(struct app *app, struct error *err);

// Makes an API token and returns its only clear copy.
MUST_CHECK bool api_token_create(struct db *tx, mem_ctx *ctx, struct user_id user, struct str name,
                                 int64_t now, struct str *ret_token, struct error *err);

struct api_token {
    struct token_id id;
    struct str name;
    int64_t created_at;
    int64_t used_at;  // 0: never; late by a minute or two
};
// Those of a user that are not revoked, newest first.
MUST_CHECK bool api_token_list(struct db *db, mem_ctx *ctx, struct user_id user,
                               struct api_token **ret, size_t *ret_count, struct error *err);
// NOT_FOUND when this user has no such token.
MUST_CHECK bool api_token_revoke(struct db *tx, struct token_id id, struct user_id user,
                                 int64_t now, struct error *err);
MUST_CHECK bool api_token_revoke_all(struct db *tx, struct user_id user, int64_t now,
                                     struct error *err);

// --- for dispatch -------------------------------------------------------------------------------

// Fills ctx->actor, ctx->session and ctx->csrf from the request's cookie; anonymous without one.
MUST_CHECK bool session_load(struct ctx *ctx, struct error *err);
// The same from the Authorization header of API requests. UNAUTHENTICATED when it is wrong.
MUST_CHECK bool api_authenticate(struct ctx *ctx, struct error *err);
// Whether a changing request brought its token and comes from our own pages. FORBIDDEN otherwise.
MUST_CHECK bool csrf_check(struct ctx *ctx, struct error *err);
// The form token of whoever has no session; sets the cookie that it is bound to.
void csrf_anonymous(struct ctx *ctx);

#endif
