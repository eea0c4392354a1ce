// SPDX-License-Identifier: GPL-3.0-or-later
#include "desk/keep/collect.h"

#include "base/clock.h"
#include "base/log.h"
#include "desk/desk.h"
#include "desk/keep/queries.h"

#define AGE_MS DAYS_MS
#define BATCH 500

struct collecting {
    struct db_store *db;
    struct blob_store *blobs;
    int64_t now;
    bool count_only;
    struct collected *done;
    int64_t unnamed;
    struct blob_info batch[BATCH];
    size_t count;
    bool named[BATCH];
};

static bool look_for_names(struct db *db, void *arg, struct error *err)
{
    struct collecting *c = arg;
    mem_ctx *ctx = mem_ctx_new(NULL, "collect");
    struct str *names = mem_array(ctx, struct str, c->count + 1);
    struct blobs_named_row *rows = NULL;
    size_t found = 0;
    for (size_t i = 0; i < c->count; i++) {
        names[i] = hash_hex(ctx, c->batch[i].hash);
        c->named[i] = false;
    }
    bool ok = blobs_named(db, ctx, names, c->count, &rows, &found, err);
    for (size_t r = 0; ok && r < found; r++) {
        for (size_t i = 0; i < c->count; i++) {
            c->named[i] = c->named[i] || str_eq(names[i], rows[r].hash);
        }
    }
    mem_free(ctx);
    return ok;
}

static bool settle(struct collecting *c, const struct blob_info *info, bool named,
                   struct error *err)
{
    bool old = info->changed_at < c->now - AGE_MS;
    if (info->aside && named) {
        c->done->brought_back++;
        return blob_bring_back(c->blobs, info->hash, err);
    }
    if (info->aside && old) {
        c->done->removed++;
        return blob_remove_aside(c->blobs, info->hash, err);
    }
    if (!info->aside && !named && old) {
        c->done->set_aside++;
        return blob_set_aside(c->blobs, info->hash, err);
    }
    return true;
}

static bool settle_batch(struct collecting *c, struct error *err)
{
    bool ok = c->count == 0 || db_read(c->db, look_for_names, c, err);
    for (size_t i = 0; ok && i < c->count; i++) {
        c->unnamed += c->named[i] ? 0 : 1;
        ok = c->count_only || settle(c, &c->batch[i], c->named[i], err);
    }
    c->count = 0;
    return ok;
}

static bool take(void *arg, const struct blob_info *info, struct error *err)
{
    struct collecting *c = arg;
    c->done->seen++;
    c->batch[c->count++] = *info;
    return c->count < BATCH || settle_batch(c, err);
}

static bool collect(struct collecting *c, struct error *err)
{
    return blob_each(c->blobs, take, c, err) && settle_batch(c, err);
}

bool blobs_collect(struct db_store *db, struct blob_store *blobs, int64_t now,
                   struct collected *ret, struct error *err)
{
    mem_ctx *ctx = mem_ctx_new(NULL, "collect");
    struct collecting *c = mem_new(ctx, struct collecting);
    *ret = (struct collected){0};
    c->db = db;
    c->blobs = blobs;
    c->now = now;
    c->done = ret;
    bool ok = collect(c, err);
    mem_free(ctx);
    return ok;
}

bool blobs_unnamed_count(struct db_store *db, struct blob_store *blobs, int64_t *ret,
                         struct error *err)
{
    mem_ctx *ctx = mem_ctx_new(NULL, "collect");
    struct collecting *c = mem_new(ctx, struct collecting);
    struct collected ignored = {0};
    c->db = db;
    c->blobs = blobs;
    c->count_only = true;
    c->done = &ignored;
    bool ok = collect(c, err);
    *ret = c->unnamed;
    mem_free(ctx);
    return ok;
}

bool blobs_collect_timer(void *env, mem_ctx *ctx UNUSED, struct error *err)
{
    const struct desk *desk = env;
    struct collected done;
    if (!blobs_collect(desk->app->db, desk->app->blobs, clock_now(desk->app->clock), &done, err)) {
        return false;
    }
    LOG(LOG_LEVEL_DEBUG, "blobs collected", LOG_NUM("seen", done.seen),
        LOG_NUM("set_aside", done.set_aside), LOG_NUM("removed", done.removed),
        LOG_NUM("brought_back", done.brought_back));
    return true;
}
