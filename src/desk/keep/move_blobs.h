// SPDX-License-Identifier: GPL-3.0-or-later
//
// Files from one store to another, such as from a folder to S3 or back. What is there already is
// not copied again, so a move that was broken off is started again.
#ifndef STEWARD_DESK_KEEP_MOVE_BLOBS_H
#define STEWARD_DESK_KEEP_MOVE_BLOBS_H

#include "blob/blob.h"
#include "db/db.h"
#include "desk/keep/findings.h"

struct move_blobs_done {
    int64_t blobs;   // that rows name and that are there now
    int64_t copied;  // of these, this time
};

// Copies every blob that rows name, comparing each with its name. Those that the old store has lost
// or that are damaged are told of, and the rest goes on.
MUST_CHECK bool move_blobs(struct db_store *db, struct blob_store *from, struct blob_store *to,
                           const struct findings *findings, struct move_blobs_done *ret,
                           struct error *err);

#endif
