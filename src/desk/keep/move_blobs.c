// SPDX-License-Identifier: GPL-3.0-or-later
#include "desk/keep/move_blobs.h"

#include <unistd.h>

#include "desk/keep/check.h"

struct moving {
    struct db_store *db;
    struct blob_store *from, *to;
    const struct findings *findings;
    struct move_blobs_done *done;
};

// What the old store has lost is told of; a new store that does not take files ends it.
static bool lost(const struct moving *m, struct hash hash, const struct error *why,
                 struct error *err)
{
    bool gone = why->code == ERR_NOT_FOUND;
    bool named = true;
    if (!gone && why->code != ERR_UNAVAILABLE) {
        *err = *why;
        return false;
    }
    if (gone && !blob_is_named(m->db, hash, &named, err)) {
        return false;
    }
    if (named) {
        mem_ctx *ctx = mem_ctx_new(NULL, "lost");
        m->findings->violation(
            m->findings->arg,
            str_printf(ctx, "file " STR_FMT ": %s", STR_ARG(hash_hex(ctx, hash)), why->message),
            "it was not moved. `steward check` tells more.");
        mem_free(ctx);
    }
    return true;
}

static bool copy(const struct moving *m, struct hash hash, struct error *err)
{
    int fd = -1;
    int64_t size = 0;
    struct hash there;
    struct error why = {0};
    if (!blob_open_whole(m->from, hash, &fd, &size, &why)) {
        return lost(m, hash, &why, err);
    }
    bool ok = blob_put_file(m->to, fd, &there, &size, err);
    (void)close(fd);
    m->done->copied += ok ? 1 : 0;
    m->done->blobs += ok ? 1 : 0;
    return ok;
}

static bool take(void *arg, struct str name, struct error *err)
{
    struct moving *m = arg;
    struct hash hash;
    struct error why = {0};
    int64_t size = 0;
    if (!blob_hash_parse(name, &hash)) {
        return true;  // `steward check` tells of it
    }
    if (blob_size(m->to, hash, &size, &why)) {
        m->done->blobs++;
    } else if (why.code != ERR_NOT_FOUND) {
        *err = why;
        return false;
    } else if (!copy(m, hash, err)) {
        return false;
    }
    m->findings->progress(m->findings->arg, "files", m->done->blobs);
    return true;
}

bool move_blobs(struct db_store *db, struct blob_store *from, struct blob_store *to,
                const struct findings *findings, struct move_blobs_done *ret, struct error *err)
{
    struct moving m = {db, from, to, findings, ret};
    *ret = (struct move_blobs_done){0};
    return blobs_each_named(db, take, &m, err);
}
