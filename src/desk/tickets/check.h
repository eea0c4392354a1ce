// SPDX-License-Identifier: GPL-3.0-or-later
//
// Proof that tickets are what their history says, and the full-text index made anew.
#ifndef STEWARD_DESK_TICKETS_CHECK_H
#define STEWARD_DESK_TICKETS_CHECK_H

#include "db/db.h"
#include "desk/keep/findings.h"

// For each ticket: what its audits changed adds up to what its row has; its comments and tags are
// as many as it says. Tickets deleted for good have no history. Memory does not grow with the desk.
MUST_CHECK bool tickets_check(struct db *db, mem_ctx *ctx, const struct findings *findings,
                              struct error *err);

// Makes the index of all comments anew, in several transactions: until it is done, older comments
// are not found. After a restore, or when a check found it incomplete.
MUST_CHECK bool tickets_index_anew(struct db_store *store, mem_ctx *ctx,
                                   const struct findings *findings, struct error *err);

#endif
