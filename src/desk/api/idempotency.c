// SPDX-License-Identifier: GPL-3.0-or-later
#include "desk/api/idempotency.h"

#include "base/random.h"
#include "desk/api/queries.h"
#include "desk/desk.h"

#define KEY_MOST 255
#define LIFE_MS (2 * HOURS_MS)

bool idempotency_read(struct ctx *ctx, struct idempotency *ret, struct error *err)
{
    struct str key = http_header(ctx->req, "Idempotency-Key");
    *ret = (struct idempotency){.ctx = ctx, .key = STR_NONE, .answer = STR_NONE};
    if (str_empty(key)) {
        return true;
    }
    if (key.len > KEY_MOST || !str_utf8_valid(key)) {
        (void)error_set(err, ERR_BAD_REQUEST,
                        "Idempotency-Key: must have between 1 and 255 characters");
        (void)snprintf(err->word, sizeof err->word, "IdempotentRequestError");
        return false;
    }
    ret->key = key;
    ret->body_hash = hash_hex(ctx->mem, hash_sha256(ctx->req->body));
    return true;
}

bool idempotency_begin(struct idempotency *key, struct db *tx, struct error *err)
{
    struct idempotency_get_row row;
    struct ctx *ctx = key->ctx;
    bool found = false;
    if (str_none(key->key)) {
        return true;
    }
    if (!idempotency_get(tx, ctx->mem, ctx->actor.user, key->key,
                         clock_now(ctx->app->clock) - LIFE_MS, &row, &found, err)) {
        return false;
    }
    if (found && !str_eq(row.body_hash, key->body_hash)) {
        (void)error_set(err, ERR_BAD_REQUEST,
                        "The Idempotency-Key was used before with other parameters. Use a new "
                        "key, or send the same request.");
        (void)snprintf(err->word, sizeof err->word, "IdempotentRequestError");
        return false;
    }
    key->known = found;
    if (found) {
        key->object = row.object_id;
        key->answer = row.answer;
    }
    http_set_header_c(ctx->resp, "x-idempotency-lookup", found ? "hit" : "miss");
    return true;
}

bool idempotency_done(struct idempotency *key, struct db *tx, int64_t object, struct error *err)
{
    struct ctx *ctx = key->ctx;
    key->object = object;
    return str_none(key->key) || idempotency_put(tx, ctx->actor.user, key->key, key->body_hash,
                                                 object, clock_now(ctx->app->clock), err);
}

static bool keep_in_tx(struct db *tx, void *arg, struct error *err)
{
    struct idempotency *key = arg;
    return idempotency_set_answer(tx, key->ctx->actor.user, key->key, key->answer, err);
}

bool idempotency_keep(struct idempotency *key, struct error *err)
{
    if (str_none(key->key)) {
        return true;
    }
    key->answer = buf_str(&key->ctx->resp->body);
    return db_tx_run(key->ctx->app->db, "api.idempotency", keep_in_tx, key, err);
}

static bool sweep_in_tx(struct db *tx, void *arg, struct error *err)
{
    struct desk *desk = arg;
    return idempotency_delete(tx, clock_now(desk->app->clock) - LIFE_MS, err);
}

bool idempotency_sweep(void *env, mem_ctx *ctx, struct error *err)
{
    (void)ctx;
    struct desk *desk = env;
    return db_tx_run(desk->app->db, "api.idempotency.sweep", sweep_in_tx, desk, err);
}
