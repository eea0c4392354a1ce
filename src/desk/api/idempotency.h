// SPDX-License-Identifier: GPL-3.0-or-later
//
// The header Idempotency-Key: a program that does not know whether its request arrived sends it
// again with the same key, and what it wants is still done once. Keys are one caller's, and are
// remembered for two hours.
//
//   struct idempotency key;
//   idempotency_read(ctx, &key, err)                     the header, and what the body was
//   in the transaction: idempotency_begin(&key, tx, err) when key.known, skip the work
//                       idempotency_done(&key, tx, id, err)
//   after the answer was written: idempotency_keep(&key, err)
#ifndef STEWARD_DESK_API_IDEMPOTENCY_H
#define STEWARD_DESK_API_IDEMPOTENCY_H

#include "app/api.h"

struct idempotency {
    struct ctx *ctx;
    struct str key;  // absent: the request brought none, and all of this does nothing
    struct str body_hash;
    bool known;         // this was done before
    int64_t object;     // what was made then
    struct str answer;  // what was answered; absent when that was not written down any more
};

// BAD_REQUEST for a key longer than 255 characters.
MUST_CHECK bool idempotency_read(struct ctx *ctx, struct idempotency *ret, struct error *err);
// BAD_REQUEST (IdempotentRequestError) when the key came with another body before. Sets the
// answer's header x-idempotency-lookup.
MUST_CHECK bool idempotency_begin(struct idempotency *key, struct db *tx, struct error *err);
MUST_CHECK bool idempotency_done(struct idempotency *key, struct db *tx, int64_t object,
                                 struct error *err);
// Remembers the answer as it stands in the response.
MUST_CHECK bool idempotency_keep(struct idempotency *key, struct error *err);

// Forgets old keys; for a timer.
bool idempotency_sweep(void *env, mem_ctx *ctx, struct error *err);

#endif
