// SPDX-License-Identifier: GPL-3.0-or-later
//
// A desk's rows moved to another database, of either engine: `steward move-db`. What is there
// already is compared and left, so that a run that was broken off is simply started again, and one
// on a desk in use is followed by a short one when it is stopped. Until everything is the same the
// new database is marked as unfinished, and no program starts with it (see app/seal.h).
#ifndef STEWARD_DESK_KEEP_MOVE_H
#define STEWARD_DESK_KEEP_MOVE_H

#include "db/rows.h"
#include "desk/keep/findings.h"

struct move_job {
    struct db_store *from;
    const char *to;  // URL: empty, or of a run that was broken off
    const struct db_migration *migrations;
    size_t migration_count;
    const struct findings *findings;  // progress only
};

struct move_done {
    int64_t tables;
    int64_t rows;     // that the desk has
    int64_t written;  // this time
    int64_t removed;  // this time
};

// CONFLICT when the other database has another desk, or is finished already; BUSY when all was
// moved but the desk was changed meanwhile.
MUST_CHECK bool move_run(mem_ctx *ctx, const struct move_job *job, struct move_done *ret,
                         struct error *err);

#endif
