// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/seen.h"

#include <pthread.h>
#include <string.h>

#include "app/queries.h"

#define PLACES 4096
#define WAYS 8  // places that one id may stand in

enum kind { KIND_NONE, KIND_SESSION, KIND_TOKEN };

struct use {
    enum kind kind;
    int64_t id;
    int64_t at;
};

struct seen {
    pthread_mutex_t lock;  // guards what follows
    struct use uses[PLACES];
    size_t count;
};

static void seen_destroy(void *handle)
{
    struct seen *seen = handle;
    (void)pthread_mutex_destroy(&seen->lock);
}

struct seen *seen_new(mem_ctx *ctx)
{
    struct seen *seen = mem_new(ctx, struct seen);
    (void)pthread_mutex_init(&seen->lock, NULL);
    mem_on_free(seen, seen_destroy, seen);
    return seen;
}

static void note(struct seen *seen, enum kind kind, int64_t id, int64_t now_ms)
{
    if (seen == NULL) {
        return;
    }
    (void)pthread_mutex_lock(&seen->lock);
    struct str key = {(const char *)&id, sizeof id};
    size_t start = str_hash(key) % PLACES;
    for (size_t i = 0; i < WAYS; i++) {
        struct use *use = &seen->uses[(start + i) % PLACES];
        if (use->kind == KIND_NONE || (use->kind == kind && use->id == id)) {
            seen->count += use->kind == KIND_NONE ? 1 : 0;
            *use = (struct use){kind, id, now_ms};
            break;
        }
    }
    (void)pthread_mutex_unlock(&seen->lock);
}

void seen_session(struct seen *seen, struct session_id id, int64_t now_ms)
{
    note(seen, KIND_SESSION, id.v, now_ms);
}

void seen_token(struct seen *seen, struct token_id id, int64_t now_ms)
{
    note(seen, KIND_TOKEN, id.v, now_ms);
}

static bool write_in_tx(struct db *tx, void *arg, struct error *err)
{
    const struct use *uses = arg;
    bool ok = true;
    for (size_t i = 0; i < PLACES && ok; i++) {
        switch (uses[i].kind) {
        case KIND_SESSION:
            ok = session_touch(tx, (struct session_id){uses[i].id}, uses[i].at, err);
            break;
        case KIND_TOKEN:
            ok = api_token_touch(tx, (struct token_id){uses[i].id}, uses[i].at, err);
            break;
        case KIND_NONE:
            break;
        }
    }
    return ok;
}

bool seen_flush(struct seen *seen, struct db_store *db, struct error *err)
{
    mem_ctx *ctx = mem_ctx_new(NULL, "seen");
    struct use *uses = mem_array(ctx, struct use, PLACES);
    (void)pthread_mutex_lock(&seen->lock);
    size_t count = seen->count;
    memcpy(uses, seen->uses, sizeof seen->uses);
    memset(seen->uses, 0, sizeof seen->uses);
    seen->count = 0;
    (void)pthread_mutex_unlock(&seen->lock);
    bool ok = count == 0 || db_tx_run(db, "seen.flush", write_in_tx, uses, err);
    mem_free(ctx);
    return ok;
}
