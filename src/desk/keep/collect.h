// SPDX-License-Identifier: GPL-3.0-or-later
//
// Blobs that no row names: of uploads that broke off, of programs that were killed between file and
// row, of drafts thrown away. They are set aside when they are a day old and removed a day later;
// see blob_set_aside() for why it takes two steps.
#ifndef STEWARD_DESK_KEEP_COLLECT_H
#define STEWARD_DESK_KEEP_COLLECT_H

#include "blob/blob.h"
#include "db/db.h"

struct collected {
    int64_t seen;
    int64_t set_aside;
    int64_t brought_back;
    int64_t removed;
};

MUST_CHECK bool blobs_collect(struct db_store *db, struct blob_store *blobs, int64_t now,
                              struct collected *ret, struct error *err);
// How many no row names at present, young ones and those set aside included.
MUST_CHECK bool blobs_unnamed_count(struct db_store *db, struct blob_store *blobs, int64_t *ret,
                                    struct error *err);
// The timer; `env` is the desk.
bool blobs_collect_timer(void *env, mem_ctx *ctx, struct error *err);

#endif
