// SPDX-License-Identifier: GPL-3.0-or-later
//
// When sessions and API tokens were last used: noted in memory by requests, written to the database
// now and then by seen_flush(), so that no request waits for it and reading stays reading. What was
// not yet written when the program dies is forgotten: a minute of somebody's presence.
//
// Shared by all threads, guarded by its own lock.
#ifndef STEWARD_APP_SEEN_H
#define STEWARD_APP_SEEN_H

#include "base/ids.h"
#include "db/db.h"

// A use is worth writing down when the last one written is this old.
#define SEEN_EVERY_MS 60000

struct seen;
struct seen *seen_new(mem_ctx *ctx);
// At most some thousand wait to be written; more are passed over. `seen` may be NULL: nobody notes.
void seen_session(struct seen *seen, struct session_id id, int64_t now_ms);
void seen_token(struct seen *seen, struct token_id id, int64_t now_ms);
// Writes what waits, in one transaction.
MUST_CHECK bool seen_flush(struct seen *seen, struct db_store *db, struct error *err);

#endif
