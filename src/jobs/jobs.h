// SPDX-License-Identifier: GPL-3.0-or-later
//
// Work that happens after and outside of a transaction: mails to send, clocks to look at, feeds to
// fetch. A job is a row written by the transaction that wants it, so it exists exactly when that
// commits. A runner claims due jobs by a lease and runs each *at least once*: after a crash a job
// runs again, so its function must be idempotent (by the job's key, by a row that it checks).
#ifndef STEWARD_JOBS_JOBS_H
#define STEWARD_JOBS_JOBS_H

#include "base/clock.h"
#include "base/ids.h"
#include "db/db.h"

// --- asking for work --------------------------------------------------------------------------

struct job_new {
    const char *kind;
    struct str payload;  // JSON, or whatever the kind reads; may be absent
    int64_t now;         // recorded as the time of creation
    int64_t run_at;      // not before then; 0 is at once
    // At most one unfinished job has this key; absent for none. Asking again while the first waits
    // keeps it, with the newer payload and the earlier time; asking while it runs makes it run once
    // more after that, so no change that came too late for the first run is missed.
    struct str unique_key;
    bool reschedule;  // with a key: the newer time counts, also when it is later
};

// Inside a transaction. Runners of this program look at once when it commits. *ret_id may be NULL.
MUST_CHECK bool jobs_add(struct db *tx, const struct job_new *job, struct job_id *ret_id,
                         struct error *err);
// Takes back what waits under the key. A run that has begun goes on to its end.
MUST_CHECK bool jobs_cancel_key(struct db *tx, struct str unique_key, struct error *err);

// --- what an administrator sees ---------------------------------------------------------------

struct job_dead {
    struct job_id id;
    struct str kind;
    struct str payload;
    int64_t attempts;
    struct str last_error;
    int64_t created_at;
};

struct job_counts {
    int64_t waiting;  // all that are not dead: later, due and running
    int64_t due;      // should run now but have not begun
    int64_t running;
    int64_t dead;
    struct db_opt_i64 oldest_due_at;
};

// Newest first.
MUST_CHECK bool jobs_dead_list(struct db *db, mem_ctx *ctx, int64_t most, struct job_dead **ret,
                               size_t *ret_count, struct error *err);
// Lets a dead job begin anew. NOT_FOUND when it is not dead any more, or an unfinished job has
// taken its key.
MUST_CHECK bool jobs_retry(struct db *tx, struct job_id id, struct error *err);
MUST_CHECK bool jobs_delete_dead(struct db *tx, struct job_id id, struct error *err);
MUST_CHECK bool jobs_count(struct db *db, mem_ctx *ctx, int64_t now, struct job_counts *ret,
                           struct error *err);

// --- running ----------------------------------------------------------------------------------

struct job {
    struct job_id id;
    struct str kind;
    struct str payload;
    struct str unique_key;
    int64_t attempt;  // 1 for the first
    int64_t created_at;
    bool last_attempt;  // parked if this one fails
};

// Runs on a job thread with a context of its own. `env` is what jobs_start() was given. Returning
// false means trying again later, but INVALID and BAD_REQUEST park the job at once: trying again
// cannot help.
typedef bool job_fn(void *env, mem_ctx *ctx, const struct job *job, struct error *err);

struct job_kind {
    const char *name;
    job_fn *run;
    int max_attempts;    // 0: 14 (with the default waits about a day)
    int64_t backoff_ms;  // wait after the first failure, doubled each time up to 6 h; 0: 20 s
    bool waits;          // on other machines, perhaps for minutes: where there are two threads or
                         // more, one is always left to those that do not, and to timers
};

// Run every so often in the whole cluster, by one thread at a time; and when a program starts. A
// failure is logged, and the next turn comes in its time.
struct job_timer {
    const char *name;
    int64_t every_ms;
    bool (*run)(void *env, mem_ctx *ctx, struct error *err);
};

struct jobs_options {
    struct db_store *db;
    struct clock *clock;
    void *env;
    const struct job_kind *kinds;
    size_t kind_count;
    const struct job_timer *timers;
    size_t timer_count;
    int threads;       // 0: 4
    int64_t lease_ms;  // 0: 60 s; held leases are extended, so it only says how soon a job of a
                       // runner that died runs again
    int64_t poll_ms;   // 0: 1 s; how soon jobs of other programs, and clocks that are set, are seen
};

// Clocks may be set while it runs. Ahead: what runs is not begun a second time, since leases are
// extended before anything is claimed. Back: what was put, tried or leased in what is the future
// now is given times that are near again, here and at jobs_start().
struct jobs_runner;

// Only kinds given here are claimed. The runner lives below ctx; freeing it stops it.
MUST_CHECK bool jobs_start(mem_ctx *ctx, const struct jobs_options *options,
                           struct jobs_runner **ret, struct error *err);
// Claims nothing more and waits until the jobs that run have ended.
void jobs_stop(struct jobs_runner *runner);
// Runs, on the calling thread, what is due and what that makes due, until nothing is; for tests and
// commands. Timers run only if a runner has put them there. *ret_run may be NULL.
MUST_CHECK bool jobs_run_due(const struct jobs_options *options, int64_t *ret_run,
                             struct error *err);
// Looks for due jobs now; after setting the clock.
void jobs_poke(struct jobs_runner *runner);

#endif
