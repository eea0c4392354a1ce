// SPDX-License-Identifier: GPL-3.0-or-later
//
// The trail: who changed how the desk is set up, and who signed in. Other rooms note what they do
// inside their own transaction, so that the trail says exactly what happened; nothing changes or
// removes an entry. Programs read it as audit logs.
#ifndef STEWARD_DESK_TRAIL_TRAIL_H
#define STEWARD_DESK_TRAIL_TRAIL_H

#include "app/actor.h"
#include "base/error.h"
#include "base/ids.h"
#include "db/db.h"

struct trail_note {
    const char *action;       // create, update, destroy, login, exported
    const char *source_type;  // "user", "trigger", "webhook" …
    int64_t source_id;        // 0 where it has no number
    struct str source_label;  // its name
    struct str change;        // in words; absent when the action says it all
};

// Inside the transaction of what is noted.
MUST_CHECK bool trail_add(struct db *tx, const struct actor *actor, int64_t now,
                          const struct trail_note *note, struct error *err);

struct trail_entry {
    int64_t id;
    struct str action;
    struct user_id actor;  // none: the desk itself
    struct str actor_name;
    struct str source_type;
    int64_t source_id;
    struct str source_label;
    struct str change;
    struct str address;
    int64_t created_at;
};

struct trail_query {
    struct str action;  // "" for any, as the next ones
    struct str source_type;
    struct str address;
    int64_t source_id;  // -1: any
    int64_t actor;      // -1: any, 0: the desk itself
    int64_t since;      // both count in
    int64_t until;
    int64_t above;  // ids beyond this one and
    int64_t below;  // before this one
    bool descending;
    int64_t limit;
    int64_t offset;
};

// Administrators only: FORBIDDEN otherwise. Counting passes over above and below.
MUST_CHECK bool trail_list(struct db *db, mem_ctx *ctx, const struct actor *actor,
                           const struct trail_query *query, struct trail_entry **ret,
                           size_t *ret_count, struct error *err);
MUST_CHECK bool trail_count(struct db *db, mem_ctx *ctx, const struct actor *actor,
                            const struct trail_query *query, int64_t *ret, struct error *err);
MUST_CHECK bool trail_load(struct db *db, mem_ctx *ctx, const struct actor *actor, int64_t id,
                           struct trail_entry *ret, struct error *err);

#endif
