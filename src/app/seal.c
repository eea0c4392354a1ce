// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/seal.h"

#include "app/queries.h"
#include "base/random.h"

struct sealing {
    struct str secret;
    bool replace;
    bool good;
    bool found;
    bool unfinished;
};

#define UNFINISHED "move not finished, "

static struct str seal_of(mem_ctx *ctx, struct str secret)
{
    return hash_hex(ctx, hash_sha256(str_printf(ctx, "seal of the desk " STR_FMT,
                                                STR_ARG(base64_encode(ctx, secret)))));
}

static bool look(struct db *db, void *arg, struct error *err)
{
    struct sealing *s = arg;
    mem_ctx *ctx = mem_ctx_new(NULL, "seal");
    struct seal_get_row row;
    bool ok = seal_get(db, ctx, &row, &s->found, err);
    s->good = ok && s->found && str_eq(row.secret_hash, seal_of(ctx, s->secret));
    s->unfinished = ok && s->found && str_starts(row.secret_hash, STR(UNFINISHED));
    mem_free(ctx);
    return ok;
}

static bool put(struct db *tx, void *arg, struct error *err)
{
    struct sealing *s = arg;
    if (!look(tx, s, err)) {
        return false;
    }
    if (s->good || s->unfinished || (s->found && !s->replace)) {
        return true;
    }
    s->good = true;
    return seal_put(tx, seal_of(db_tx_ctx(tx), s->secret), err);
}

bool seal_check(struct db_store *db, struct str secret, bool replace, struct error *err)
{
    struct sealing s = {.secret = secret, .replace = replace};
    if (!db_read(db, look, &s, err)) {
        return false;
    }
    if (s.unfinished) {
        return error_set(
            err, ERR_UNAVAILABLE,
            "This database is not whole: a desk is being moved to it, and that has not "
            "ended. Run the same `steward move-db` again.");
    }
    if (!s.good && (!s.found || replace) && !db_tx_run(db, "seal.put", put, &s, err)) {
        return false;
    }
    return s.good ||
           error_set(err, ERR_UNAVAILABLE,
                     "The desk in this database is used with another secret. Copy the file "
                     "`secret` from the data folder of a server that runs, or from a backup. If it "
                     "is lost for good, `steward serve --new-secret` goes on with this one; then "
                     "links in mails sent so far, and forms open now, do not work any more.");
}

struct str seal_unfinished(mem_ctx *ctx, struct str seal)
{
    return str_printf(ctx, UNFINISHED STR_FMT, STR_ARG(seal));
}
