// SPDX-License-Identifier: GPL-3.0-or-later
//
// Calls for many changes at once (…_many, merge, permanent deletion): answered at once with a
// job_status, carried out in the background by one job that takes the items one after the other.
// Each item is one transaction together with its result, so nothing is done twice when the program
// stops in the middle. An item that fails does not stop the others.
//
//   struct bulk_call call;
//   return bulk_read(ctx, "tickets", "ticket", &call, err) &&
//          bulk_start(ctx, &BULK_TICKETS_UPDATE, &call, err);
#ifndef STEWARD_DESK_API_BULK_H
#define STEWARD_DESK_API_BULK_H

#include "app/api.h"
#include "jobs/jobs.h"

// One item on its way. `ctx` is whoever called, with what they may do today, and without a request;
// ctx->db is the transaction.
struct bulk_item {
    struct ctx *ctx;
    struct db *tx;
    size_t index;
    struct jr_value item;    // one of the list
    struct jr_value common;  // what all share, absent when each brings its own
    struct jw *result;       // an open object that has "index" already
};

struct bulk_kind {
    const char *name;
    const char *failure;  // the API's word for an item that failed, such as TicketUpdateFailed
    // Does one item and writes the members of its result. What it wrote is thrown away when it
    // fails. Runs inside a transaction, perhaps more than once.
    bool (*run)(struct bulk_item *item, struct error *err);
};

// What a call wants done.
struct bulk_call {
    struct str items;   // a JSON array
    struct str common;  // a JSON value, or absent
    size_t count;
};

// The kinds of all rooms (kinds.c).
extern const struct bulk_kind *const BULK_KINDS[];
extern const size_t BULK_KIND_COUNT;

// {"tickets":[{…},…]}, or ?ids=1,2 (or ?external_ids=) with {"ticket":{…}} for all of them: items
// are then {"id":1} or {"external_id":"x"}. BAD_REQUEST when there is neither, or for more than
// API_BATCH_MAX.
MUST_CHECK bool bulk_read(struct ctx *ctx, const char *plural, const char *singular,
                          struct bulk_call *ret, struct error *err);
// ?ids= (or external_ids) alone, for what needs no body.
MUST_CHECK bool bulk_read_ids(struct ctx *ctx, struct bulk_call *ret, struct error *err);
// One item of that JSON object.
struct bulk_call bulk_one(struct ctx *ctx, struct str item);

// Writes the job down and answers 200 {"job_status":{… "status":"queued" …}}. RATE_LIMITED when
// thirty are under way.
MUST_CHECK bool bulk_start(struct ctx *ctx, const char *kind, const struct bulk_call *call,
                           struct error *err);

#define BULK_JOB "api.bulk"
// `env` is the desk.
bool bulk_job(void *env, mem_ctx *ctx, const struct job *job, struct error *err);
// Results are kept for a day.
bool bulk_sweep(void *env, mem_ctx *ctx, struct error *err);

#endif
