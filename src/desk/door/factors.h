// SPDX-License-Identifier: GPL-3.0-or-later
//
// Second factors: what somebody shows besides a password or a mailed link when they sign in.
// An authenticator app (TOTP), passkeys, and ten codes for the day when the phone is lost. Whoever
// has one is asked for it at every sign-in in a browser, and their password alone opens no API.
#ifndef STEWARD_DESK_DOOR_FACTORS_H
#define STEWARD_DESK_DOOR_FACTORS_H

#include "app/actor.h"
#include "base/error.h"
#include "base/ids.h"
#include "db/db.h"

#define RECOVERY_CODES 10
#define FACTORS_MOST 20       // of one person
#define FACTOR_NAME_MOST 120  // bytes

struct factor {
    struct factor_id id;
    struct user_id user;
    bool passkey;  // else an authenticator app
    struct str name;
    struct str secret;  // sealed
    struct str credential;
    struct str public_key;
    int64_t counter;
    struct str challenge;
    int64_t created_at;
    int64_t used_at;  // 0: never
};

// What the functions below work with.
struct factors {
    mem_ctx *ctx;
    struct str desk_secret;
    int64_t now;
};

MUST_CHECK bool factors_of(struct db *db, mem_ctx *ctx, struct user_id user, struct factor **ret,
                           size_t *ret_count, struct error *err);
MUST_CHECK bool factors_any(struct db *db, mem_ctx *ctx, struct user_id user, bool *ret,
                            struct error *err);
MUST_CHECK bool factor_of_credential(struct db *db, mem_ctx *ctx, struct str credential,
                                     struct factor *ret, bool *ret_found, struct error *err);
MUST_CHECK bool recovery_codes_left(struct db *db, struct user_id user, int64_t *ret,
                                    struct error *err);

// --- inside a transaction; each is noted in the trail where the person is staff
// -------------------

struct passkey {
    struct str name;
    struct str credential;  // base64url
    struct str public_key;  // base64 of SubjectPublicKeyInfo
    int64_t counter;
};

// INVALID when `code` is not of `secret` (raw bytes) now. The code is used up.
MUST_CHECK bool factor_add_app(const struct factors *f, struct db *tx, const struct actor *actor,
                               struct str name, struct str secret, struct str code,
                               struct error *err);
// CONFLICT when this passkey is known already.
MUST_CHECK bool factor_add_passkey(const struct factors *f, struct db *tx,
                                   const struct actor *actor, const struct passkey *key,
                                   struct error *err);
// Of the actor's own. With the last one their recovery codes go, too.
MUST_CHECK bool factor_remove(const struct factors *f, struct db *tx, const struct actor *actor,
                              struct factor_id id, struct error *err);
// All of somebody who lost theirs: administrators only.
MUST_CHECK bool factors_take_away(const struct factors *f, struct db *tx, const struct actor *actor,
                                  struct user_id user, struct error *err);
// When people are merged or gone for good.
MUST_CHECK bool factors_forget(struct db *tx, struct user_id user, struct error *err);

// Ten new codes in place of what there was: the only time that they can be read.
MUST_CHECK bool recovery_codes_make(const struct factors *f, struct db *tx, struct user_id user,
                                    struct str ret[RECOVERY_CODES], struct error *err);

// Whether this is a code of the person's app, or one of their recovery codes; it is used up.
MUST_CHECK bool factor_code_use(const struct factors *f, struct db *tx, struct user_id user,
                                struct str code, bool *ret, struct error *err);
// Notes a passkey's answer that was checked. False in *ret when its count went back (it may have
// been copied: W3C Web Authentication, 6.1.1) or the challenge was answered before.
MUST_CHECK bool factor_passkey_use(const struct factors *f, struct db *tx,
                                   const struct factor *factor, int64_t counter,
                                   struct str challenge, bool *ret, struct error *err);

#endif
