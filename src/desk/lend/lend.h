// SPDX-License-Identifier: GPL-3.0-or-later
//
// The lend room: things that people borrow, booked by themselves for days, handed out and taken
// back by agents with a look at their condition. No day of a thing is promised twice: booking looks
// and writes in one transaction, and what is out beyond its last day is taken until it is back.
// Days are those of the world's clock (UTC), counted from 1970-01-01.
#ifndef STEWARD_DESK_LEND_LEND_H
#define STEWARD_DESK_LEND_LEND_H

#include "desk/people/people.h"

struct desk;

enum {
    LEND_AHEAD_DAYS = 365,  // how long ahead something can be booked
    LEND_DAYS_MOST = 365,
    LEND_TEXT_MOST = 2000,
    LEND_NAME_MOST = 120,
    LEND_MAILS_MOST = 30,  // about one loan that does not come back
};
#define LEND_REMIND_MS HOURS_MS

struct lend_item {
    int64_t id;
    struct str name;
    struct str kind;
    struct str label;
    struct str place;
    int64_t days_most;
    struct str condition;  // for staff
    bool open;
};

enum loan_state { LOAN_BOOKED, LOAN_OUT, LOAN_BACK, LOAN_CANCELLED, LOAN_STATES };
struct loan {
    int64_t id;
    int64_t item;
    struct user_id user;
    int64_t from_day;
    int64_t to_day;  // the last one
    enum loan_state state;
    struct str condition_out;
    struct str condition_back;
    int64_t out_at;  // 0: not yet
    int64_t back_at;
};

int64_t lend_day(int64_t ms);
struct str lend_day_text(mem_ctx *ctx, int64_t day);  // "2026-11-24"
MUST_CHECK bool lend_day_parse(struct str text, int64_t *ret);
// Whether a loan that is not over keeps the thing on this day.
bool loan_takes(const struct loan *loan, int64_t day, int64_t today);

// --- reading ------------------------------------------------------------------------------------

// By kind and name; those that cannot be borrowed only for staff.
MUST_CHECK bool lend_items(struct db *db, mem_ctx *ctx, const struct actor *actor,
                           struct lend_item **ret, size_t *ret_count, struct error *err);
MUST_CHECK bool lend_item_load(struct db *db, mem_ctx *ctx, const struct actor *actor, int64_t id,
                               struct lend_item *ret, struct error *err);
// Loans that are not over, by their last day: of all things, or of one. Who borrows is for staff:
// whoever shows it to others leaves the names out.
MUST_CHECK bool loans_live(struct db *db, mem_ctx *ctx, struct loan **ret, size_t *ret_count,
                           struct error *err);
MUST_CHECK bool loans_of_item(struct db *db, mem_ctx *ctx, int64_t item, struct loan **ret,
                              size_t *ret_count, struct error *err);
// The last hundred of a thing, latest first. Staff: FORBIDDEN otherwise.
MUST_CHECK bool loans_history(struct db *db, mem_ctx *ctx, const struct actor *actor, int64_t item,
                              struct loan **ret, size_t *ret_count, struct error *err);
MUST_CHECK bool loans_of_person(struct db *db, mem_ctx *ctx, struct user_id user, struct loan **ret,
                                size_t *ret_count, struct error *err);

// --- borrowing ----------------------------------------------------------------------------------

// For the actor; agents also for others. INVALID in the past, too far ahead, too long, the wrong
// way round; CONFLICT where a day is taken. The borrower gets a mail.
struct booking {
    int64_t item;
    struct user_id user;
    int64_t from_day;
    int64_t to_day;
};
MUST_CHECK bool lend_book(struct desk *desk, struct db *tx, mem_ctx *ctx, const struct actor *actor,
                          const struct booking *booking, int64_t *ret, struct error *err);
// Their own for everybody, all for agents; CONFLICT once it was picked up. NOT_FOUND for others'.
MUST_CHECK bool lend_cancel(struct db *tx, mem_ctx *ctx, const struct actor *actor, int64_t loan,
                            struct error *err);
// Agents: handed out, taken back, with its condition. CONFLICT when it is not the time for it.
MUST_CHECK bool lend_hand_out(struct desk *desk, struct db *tx, mem_ctx *ctx,
                              const struct actor *actor, int64_t loan, struct str condition,
                              struct error *err);
MUST_CHECK bool lend_take_back(struct desk *desk, struct db *tx, mem_ctx *ctx,
                               const struct actor *actor, int64_t loan, struct str condition,
                               struct error *err);
// Timer: mails the day before, and each day that it is late; frees what was never fetched.
bool lend_remind(void *desk, mem_ctx *ctx, struct error *err);

// --- arranging; leads and administrators ---------------------------------------------------------

// A new one without id. INVALID without a name or kind.
MUST_CHECK bool lend_item_store(struct desk *desk, struct db *tx, mem_ctx *ctx,
                                const struct actor *actor, const struct lend_item *item,
                                int64_t *ret, struct error *err);

MUST_CHECK bool lend_person_moved(struct db *tx, struct user_id from, struct user_id to,
                                  struct error *err);

#endif
