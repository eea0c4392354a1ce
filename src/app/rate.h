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

// Before a password is checked: RATE_LIMITED while this account or this address has to wait. After
// five wrong ones the wait doubles from one second to at most five minutes.
MUST_CHECK bool guess_allowed(struct limiter *limiter, struct str account, struct str address,
                              int64_t now_ms, struct error *err);
void guess_failed(struct limiter *limiter, struct str account, struct str address, int64_t now_ms);
void guess_passed(struct limiter *limiter, struct str account);

// Passwords that API clients send with every call are checked by the slow hash once in a while
// only. The key is a keyed hash of both; forgotten after a minute, and all of them at once by
// rate_forget_verified() when anybody's password changes.
bool rate_verified(struct limiter *limiter, struct hash key, int64_t now_ms, struct user_id *ret);
void rate_verified_add(struct limiter *limiter, struct hash key, int64_t now_ms,
                       struct user_id user);
void rate_forget_verified(struct limiter *limiter);

#endif
