// SPDX-License-Identifier: GPL-3.0-or-later
//
// Proof that a desk is whole: `steward check`, and the last step of a backup's verification.
#ifndef STEWARD_DESK_KEEP_CHECK_H
#define STEWARD_DESK_KEEP_CHECK_H

#include "blob/blob.h"
#include "db/db.h"
#include "desk/keep/findings.h"

struct check_counts {
    int64_t tickets, comments, audits, events, people, files, mails;
    int64_t blobs;    // that rows name
    int64_t unnamed;  // blobs that no row names, on their way in or to be collected
};

// Looks through all of it: the database's own structure, tickets against their history, rows that
// point nowhere, the search index, and each blob that is named (all of its content unless `quick`,
// then only that it is there). May run beside servers: the rows are one snapshot. Memory does not
// grow with the desk. False only when it could not be done.
MUST_CHECK bool desk_check(struct db_store *db, struct blob_store *blobs, bool quick,
                           const struct findings *findings, struct check_counts *ret,
                           struct error *err);

// Whether rows name the blob, seen now.
MUST_CHECK bool blob_is_named(struct db_store *db, struct hash hash, bool *ret, struct error *err);

// Calls fn for every blob that rows name, by name, once; fn returning false ends it. What comes and
// goes meanwhile may be seen or not. No snapshot is held while fn works.
typedef bool blob_named_fn(void *arg, struct str name, struct error *err);
MUST_CHECK bool blobs_each_named(struct db_store *db, blob_named_fn *fn, void *arg,
                                 struct error *err);

#endif
