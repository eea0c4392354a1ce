// SPDX-License-Identifier: GPL-3.0-or-later
//
// How often: budgets for requests, and the slow-down on guessing passwords. All in memory of fixed
// size; when it is full, whoever was quiet longest is forgotten. Nobody is ever locked out: waiting
// always helps.
#ifndef STEWARD_APP_RATE_H
#define STEWARD_APP_RATE_H

#include "base/error.h"
#include "base/ids.h"
#include "base/random.h"

struct limiter;
struct limiter *limiter_new(mem_ctx *ctx);

// Takes one of `per_minute` from that key's budget (which refills steadily and holds one minute's
// worth). False when there is none left: *ret_wait_s says when there will be. per_minute 0 means
// no limit. *ret_left is what is left.
bool rate_take(struct limiter *limiter, struct str key, int64_t per_minute, int64_t now_ms,
               int64_t *ret_left, int64_t *ret_wait_s);
// What stands for an address in such keys: itself, or for IPv6 its /64.
struct str rate_address(mem_ctx *ctx, struct str address);

// Before a password is checked: RATE_LIMITED while this account, from this address, has to wait.
// After five wrong ones from one address the wait for that account there doubles from one second to
// at most five minutes; the same after forty from one address for whatever accounts. From elsewhere
// the account's owner gets in as ever, until a hundred wrong ones from anywhere: then everybody
// waits, at most thirty seconds.
MUST_CHECK bool guess_allowed(struct limiter *limiter, struct str account, struct str address,
                              int64_t now_ms, struct error *err);
void guess_failed(struct limiter *limiter, struct str account, struct str address, int64_t now_ms);
void guess_passed(struct limiter *limiter, struct str account, struct str address);

// Passwords that API clients send with every call are checked by the slow hash once in a while
// only. The key is a keyed hash of both; forgotten after a minute, and all of them at once by
// rate_forget_verified() when anybody's password changes (after the commit). Other programs on the
// same database forget within the minute.
bool rate_verified(struct limiter *limiter, struct hash key, int64_t now_ms, struct user_id *ret);
// `epoch` is what rate_verified_epoch() said before the password's hash was read: what was checked
// against a password that has changed meanwhile is not kept.
uint64_t rate_verified_epoch(struct limiter *limiter);
void rate_verified_add(struct limiter *limiter, struct hash key, uint64_t epoch, int64_t now_ms,
                       struct user_id user);
void rate_forget_verified(struct limiter *limiter);

#endif
