// SPDX-License-Identifier: GPL-3.0-or-later
//
// The work room: what agents do with tickets beside answering them. Bonds between tickets, making a
// ticket of one comment, putting off, time, signatures, answers that leave later. Everything asks
// whether the actor may, for the very tickets.
#ifndef STEWARD_DESK_WORK_WORK_H
#define STEWARD_DESK_WORK_WORK_H

#include "desk/people/people.h"
#include "desk/tickets/tickets.h"
#include "jobs/jobs.h"

struct desk;

// --- bonds --------------------------------------------------------------------------------------

// As one ticket sees it: "this one blocks #7", "this one is blocked by #7".
enum bond_side {
    BOND_RELATED,
    BOND_DUPLICATES,
    BOND_DUPLICATED,
    BOND_BLOCKS,
    BOND_BLOCKED,
    BOND_PARENT,  // this one is the parent
    BOND_CHILD,
    BOND_SIDES
};
// "blocks", "is blocked by" …; parsing takes exactly what bond_side_key() gives ("blocked").
struct str bond_side_words(enum bond_side side);
struct str bond_side_key(enum bond_side side);
MUST_CHECK bool bond_side_parse(struct str key, enum bond_side *ret);

struct bond {
    int64_t id;
    enum bond_side side;
    struct ticket other;
};
// Those whose other end the actor may see, in order of making. For who may see the ticket.
MUST_CHECK bool bonds_list(struct db *db, mem_ctx *ctx, const struct actor *actor,
                           struct ticket_id ticket, struct bond **ret, size_t *ret_count,
                           struct error *err);
// Agents who may see both. Tying what is tied that way already does nothing. INVALID for a ticket
// with itself, a second parent, or a circle of parents. Both histories say so.
struct tie {
    struct ticket_id ticket;
    enum bond_side side;
    struct ticket_id other;
};
MUST_CHECK bool bond_make(struct desk *desk, struct db *tx, mem_ctx *ctx, const struct actor *actor,
                          const struct tie *tie, struct error *err);
// NOT_FOUND when it is not the ticket's, or its other end is not to be seen.
MUST_CHECK bool bond_undo(struct desk *desk, struct db *tx, mem_ctx *ctx, const struct actor *actor,
                          struct ticket_id ticket, int64_t bond, struct error *err);

// --- splitting ----------------------------------------------------------------------------------

// Makes a new ticket of a comment, with its markup and files, in the name of who wrote it, or of
// the requester where that was staff. The comment stays where it is; both tickets are tied and say
// what happened. Agents only; NOT_FOUND for a comment that is not the ticket's.
struct split {
    struct ticket_id ticket;
    struct comment_id comment;
    struct str subject;  // "": made of the text
};
MUST_CHECK bool ticket_split(struct desk *desk, struct db *tx, mem_ctx *ctx,
                             const struct actor *actor, const struct split *split,
                             struct ticket_id *ret, struct error *err);

// --- snoozing -----------------------------------------------------------------------------------

// Wakes a ticket when its time has come: written by the observer whenever it is put off. The
// payload is its number and that time.
#define TICKET_WAKE_JOB "ticket_wake"
bool ticket_wake_job(void *desk, mem_ctx *ctx, const struct job *job, struct error *err);

// --- time ---------------------------------------------------------------------------------------

enum time_kind { TIME_WORK, TIME_CALL };

#define TIME_MOST_SECONDS (24 * 60 * 60)

struct time_spent {
    struct ticket_id ticket;
    enum time_kind kind;
    int64_t seconds;
    struct str note;
};
// The actor's own; staff who may see the ticket. The history says how much.
MUST_CHECK bool time_add(struct desk *desk, struct db *tx, mem_ctx *ctx, const struct actor *actor,
                         const struct time_spent *spent, struct error *err);
struct time_entry {
    int64_t id;
    struct user_id user;
    enum time_kind kind;
    int64_t seconds;
    struct str note;
    int64_t at;
};
// For staff who may see the ticket.
MUST_CHECK bool time_list(struct db *db, mem_ctx *ctx, struct ticket_id ticket,
                          struct time_entry **ret, size_t *ret_count, struct error *err);
MUST_CHECK bool time_of(struct db *db, mem_ctx *ctx, const struct actor *actor,
                        struct ticket_id ticket, int64_t *ret_all, int64_t *ret_own,
                        struct error *err);
// Its own entry; administrators anybody's.
MUST_CHECK bool time_remove(struct desk *desk, struct db *tx, mem_ctx *ctx,
                            const struct actor *actor, int64_t entry, struct ticket_id *ret_ticket,
                            struct error *err);
struct time_range {
    int64_t since;
    int64_t until;
};
struct time_total {
    struct user_id user;
    int64_t seconds;
    int64_t call_seconds;  // of them
    int64_t entries;
};
// Leads see everybody, others themselves.
MUST_CHECK bool time_by_person(struct db *db, mem_ctx *ctx, const struct actor *actor,
                               const struct time_range *range, struct time_total **ret,
                               size_t *ret_count, struct error *err);
// "1 h 20 min"; minutes begun count.
struct str time_words(mem_ctx *ctx, int64_t seconds);

// --- signatures ---------------------------------------------------------------------------------

#define SIGNATURE_MOST 2000

// What stands below an answer: its author's own words, or the group's, in which "{name}" is the
// author; "" for neither.
MUST_CHECK bool signature_words(struct db *db, mem_ctx *ctx, const struct user *author,
                                struct group_id group, struct str *ret, struct error *err);
struct group_words {
    struct group_id group;
    struct str words;
};
MUST_CHECK bool signatures_of_groups(struct db *db, mem_ctx *ctx, struct group_words **ret,
                                     size_t *ret_count, struct error *err);
// Administrators; "" takes it away.
MUST_CHECK bool signature_set(struct db *tx, const struct actor *actor, struct group_id group,
                              struct str words, struct error *err);

// --- answers that leave later -------------------------------------------------------------------

#define LATER_SEND_JOB "later_send"
bool later_send_job(void *desk, mem_ctx *ctx, const struct job *job, struct error *err);

struct later {
    int64_t id;
    struct ticket_id ticket;
    struct user_id author;
    struct str body;
    struct html html;
    struct str status;  // that it sets, or ""
    int64_t send_at;
};
struct later_plan {
    struct ticket_id ticket;
    const struct new_comment *comment;
    struct str status;
    struct comment_id seen;  // the newest comment that its author saw
    int64_t send_at;
};
// A public reply of an agent who may see the ticket. When its time has come and somebody else wrote
// meanwhile, or it may not be written any more, it becomes its author's draft and they are told.
MUST_CHECK bool later_plan(struct desk *desk, struct db *tx, mem_ctx *ctx,
                           const struct actor *actor, const struct later_plan *plan,
                           struct error *err);
// Any agent who may see the ticket; it becomes its author's draft.
MUST_CHECK bool later_take_back(struct desk *desk, struct db *tx, mem_ctx *ctx,
                                const struct actor *actor, int64_t reply,
                                struct ticket_id *ret_ticket, struct error *err);
// For staff who may see the ticket; and for a person themselves.
MUST_CHECK bool later_at_ticket(struct db *db, mem_ctx *ctx, struct ticket_id ticket,
                                struct later **ret, size_t *ret_count, struct error *err);
MUST_CHECK bool later_of_person(struct db *db, mem_ctx *ctx, struct user_id author, int64_t most,
                                struct later **ret, size_t *ret_count, struct error *err);

// --- ends ---------------------------------------------------------------------------------------

// Observer of tickets: the bonds of what was merged go over to where it lives on; what is put off
// gets the job that wakes it.
bool work_observe(void *desk, struct db *tx, const struct ticket_applied *applied,
                  struct error *err);
// Two people became one; a ticket was deleted for good.
MUST_CHECK bool work_person_moved(struct db *tx, struct user_id from, struct user_id to,
                                  struct error *err);
MUST_CHECK bool work_ticket_purged(struct db *tx, struct ticket_id ticket, struct error *err);

#endif
