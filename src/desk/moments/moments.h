// SPDX-License-Identifier: GPL-3.0-or-later
//
// The moments room: every answer of the desk is a moment of truth, which the person it went to can
// judge by one click, without signing in. A bad one sets a recovery going: leads are told, the
// steward answers, the outcome is noted. Verdicts are never summed by agent.
#ifndef STEWARD_DESK_MOMENTS_MOMENTS_H
#define STEWARD_DESK_MOMENTS_MOMENTS_H

#include "desk/tickets/tickets.h"

struct desk;

enum recovery { RECOVERY_NONE, RECOVERY_OPEN, RECOVERY_ANSWERED, RECOVERY_CLOSED };

struct moment {
    struct moment_id id;
    struct ticket_id ticket;
    struct comment_id comment;
    struct user_id user;
    bool good;
    struct str word;  // "" when nothing was said
    int64_t created_at;
    int64_t updated_at;
    enum recovery recovery;
    struct str outcome;
    struct user_id closed_by;
    int64_t closed_at;
};

// What a link to judge an answer carries: who may judge which answer. A keyed hash (HMAC-SHA-256
// cut to 128 bits) under the desk's secret; whoever holds it may judge, and nothing else.
struct str moment_token(mem_ctx *ctx, struct str secret, struct comment_id comment,
                        struct user_id user);
MUST_CHECK bool moment_token_read(mem_ctx *ctx, struct str secret, struct str token,
                                  struct comment_id *ret_comment, struct user_id *ret_user);

// The verdict so far of this person on this answer.
MUST_CHECK bool moment_find(struct db *db, mem_ctx *ctx, struct comment_id comment,
                            struct user_id user, struct moment *ret, bool *ret_found,
                            struct error *err);

// A verdict, or a change of mind. The caller has made sure that it is this person who judges.
// `word` may be absent: what was said before stays. NOT_FOUND unless the comment is a public answer
// of staff that has not been taken back. The first bad verdict notes it in the ticket's history,
// opens the recovery and tells the leads.
struct verdict {
    struct comment_id comment;
    struct user_id user;
    bool good;
    struct str word;
};
MUST_CHECK bool moment_judge(struct desk *desk, struct db *tx, mem_ctx *ctx,
                             const struct verdict *verdict, struct moment *ret, struct error *err);

// Observer of tickets: a public answer of staff after a bad moment is the steward's answer to it.
bool moments_observe(void *desk, struct db *tx, const struct ticket_applied *applied,
                     struct error *err);

// Of tickets that the caller may see, by ticket, the latest last.
MUST_CHECK bool moments_of(struct db *db, mem_ctx *ctx, const int64_t *tickets, size_t count,
                           struct moment **ret, size_t *ret_count, struct error *err);

// Leads and administrators only, as all below: FORBIDDEN otherwise.
MUST_CHECK bool moments_waiting(struct db *db, mem_ctx *ctx, const struct actor *actor,
                                int64_t most, struct moment **ret, size_t *ret_count,
                                struct error *err);
MUST_CHECK bool moments_last(struct db *db, mem_ctx *ctx, const struct actor *actor, int64_t most,
                             struct moment **ret, size_t *ret_count, struct error *err);
struct moment_sum {
    int64_t good;
    int64_t bad;
};
MUST_CHECK bool moments_sum(struct db *db, mem_ctx *ctx, const struct actor *actor, int64_t since,
                            int64_t until, struct moment_sum *ret, struct error *err);
// What came of it; INVALID when nothing is said. CONFLICT when it is closed already.
MUST_CHECK bool moment_recovered(struct desk *desk, const struct actor *actor, struct moment_id id,
                                 struct str outcome, struct error *err);

// For the API, in order of id.
struct moment_query {
    struct moment_id after;
    int64_t since;
    int64_t until;
    struct str score;  // "good", "bad" or "" for both
    int with_word;     // 1, 0, or -1 for either
    int64_t most;
};
MUST_CHECK bool moments_list(struct db *db, mem_ctx *ctx, const struct moment_query *query,
                             struct moment **ret, size_t *ret_count, struct error *err);
MUST_CHECK bool moment_load(struct db *db, mem_ctx *ctx, struct moment_id id, struct moment *ret,
                            struct error *err);

// A ticket was deleted for good: what was said of it still counts, without its words.
MUST_CHECK bool moments_ticket_purged(struct db *tx, struct ticket_id ticket, struct error *err);

#endif
