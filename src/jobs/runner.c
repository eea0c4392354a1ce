// SPDX-License-Identifier: GPL-3.0-or-later
//
// One coordinator thread claims what is due, as much as there are idle workers, and extends the
// leases of what they run. A timer is a job row that is never done: after each run it becomes due
// one period later, so leases keep it to one thread of the whole cluster.
#include <assert.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <time.h>

#include "base/log.h"
#include "base/random.h"
#include "jobs/jobs.h"
#include "jobs/jobs_internal.h"
#include "jobs/queries.h"

#define DEFAULT_THREADS 4
#define DEFAULT_LEASE_MS (60 * SECONDS_MS)
#define DEFAULT_POLL_MS SECONDS_MS
#define DEFAULT_ATTEMPTS 14
#define DEFAULT_BACKOFF_MS (20 * SECONDS_MS)
#define LONGEST_BACKOFF_MS (6 * HOURS_MS)
#define STEP_MS (10 * SECONDS_MS)  // a clock that moves so much by itself was set
#define HOLD_MOST_MS (2 * SECONDS_MS)
#define AHEAD_MS (60 * SECONDS_MS)  // clocks of several machines differ by less
// When another program was quicker to claim what was due.
#define OUTRUN_MS 20
#define TIMER_PREFIX "timer:"

enum slot_state { SLOT_FREE, SLOT_CLAIMED, SLOT_RUNNING };

// A worker thread and the job it has.
struct slot {
    struct jobs_runner *runner;
    pthread_t thread;
    enum slot_state state;  // by the lock
    mem_ctx *ctx;           // the job's memory: a root, for it passes from thread to thread
    struct job job;
    int64_t attempts;
};

struct jobs_runner {
    struct jobs_options options;
    struct str lease_by;
    struct str *kinds;  // names of kinds and timers, those that wait for other machines last
    size_t kind_count;
    size_t prompt_count;  // those that do not
    struct slot *slots;
    int slot_count;
    int threads_started;
    bool started;
    pthread_t coordinator;
    // The coordinator's own:
    int64_t extended_at_us;
    int64_t looked_at, looked_at_us;  // by either clock
    int64_t hold_until_us;            // nothing is claimed before that

    pthread_mutex_t lock;
    pthread_cond_t wake;  // of the coordinator; its clock is the monotonic one
    pthread_cond_t work;  // of the workers
    bool poked;
    bool stopping;       // nothing more is claimed
    bool workers_leave;  // set once the coordinator is gone
};

static int64_t now_of(const struct jobs_runner *runner)
{
    return clock_now(runner->options.clock);
}

// --- what kinds there are ---------------------------------------------------------------------

static const struct job_kind *kind_named(const struct jobs_runner *runner, struct str name)
{
    for (size_t i = 0; i < runner->options.kind_count; i++) {
        if (str_eq_c(name, runner->options.kinds[i].name)) {
            return &runner->options.kinds[i];
        }
    }
    return NULL;
}

static const struct job_timer *timer_named(const struct jobs_runner *runner, struct str name)
{
    if (!str_starts(name, STR(TIMER_PREFIX))) {
        return NULL;
    }
    struct str rest = str_from(name, sizeof TIMER_PREFIX - 1);
    for (size_t i = 0; i < runner->options.timer_count; i++) {
        if (str_eq_c(rest, runner->options.timers[i].name)) {
            return &runner->options.timers[i];
        }
    }
    return NULL;
}

static int attempts_of(const struct job_kind *kind)
{
    return kind->max_attempts == 0 ? DEFAULT_ATTEMPTS : kind->max_attempts;
}

// Twice as long after each failure, and a fifth more or less by chance, so that what failed
// together does not come back together.
static int64_t backoff_of(const struct job_kind *kind, int64_t attempt)
{
    int64_t wait = kind->backoff_ms == 0 ? DEFAULT_BACKOFF_MS : kind->backoff_ms;
    for (int64_t i = 1; i < attempt && wait < LONGEST_BACKOFF_MS; i++) {
        wait *= 2;
    }
    if (wait > LONGEST_BACKOFF_MS) {
        wait = LONGEST_BACKOFF_MS;
    }
    return wait - wait / 5 + (int64_t)random_below((uint64_t)(wait / 5 * 2 + 1));
}

// --- finishing a job --------------------------------------------------------------------------

struct outcome {
    const struct jobs_runner *runner;
    const struct slot *slot;
    const struct job_kind *kind;    // NULL for a timer
    const struct job_timer *timer;  // NULL for a job
    bool ok;
    bool hopeless;
    int64_t now;
    int64_t run_at;  // of the next try
    struct str error;
};

static bool begin_anew(struct db *tx, const struct outcome *outcome, struct db_opt_i64 run_at,
                       struct error *err)
{
    return job_begin_anew(tx, outcome->slot->job.id, outcome->runner->lease_by,
                          outcome->slot->attempts, run_at, outcome->error, err);
}

static bool finish_fn(struct db *tx, void *arg, struct error *err)
{
    const struct outcome *outcome = arg;
    struct job_id id = outcome->slot->job.id;
    struct str lease_by = outcome->runner->lease_by;
    int64_t attempts = outcome->slot->attempts;
    int64_t changes = 0;
    if (outcome->timer != NULL) {
        return begin_anew(tx, outcome, (struct db_opt_i64){true, outcome->run_at}, err);
    }
    if (!outcome->ok && !outcome->hopeless) {
        return job_try_later(tx, id, lease_by, attempts, outcome->run_at, outcome->error, err);
    }
    bool done = outcome->ok ? job_delete_done(tx, id, lease_by, attempts, &changes, err)
                            : job_park(tx, id, lease_by, attempts, outcome->error, &changes, err);
    if (!done || changes == 1) {
        return done;
    }
    // Asked for again meanwhile; or the lease was lost, and then this finds nothing either.
    return begin_anew(tx, outcome, (struct db_opt_i64){0}, err);
}

static void log_failure(const struct outcome *outcome)
{
    const struct job *job = &outcome->slot->job;
    LOG(outcome->hopeless ? LOG_LEVEL_ERROR : LOG_LEVEL_WARN,
        outcome->hopeless ? "job failed for good" : "job failed, will be tried again",
        LOG_TEXT("kind", job->kind), LOG_NUM("job", job->id.v), LOG_NUM("attempt", job->attempt),
        LOG_TEXT("error", outcome->error));
}

static bool hopeless(enum error_code code)
{
    return code == ERR_INVALID || code == ERR_BAD_REQUEST;
}

static void finish(const struct jobs_runner *runner, struct slot *slot, bool ok,
                   const struct error *failure)
{
    struct outcome outcome = {.runner = runner,
                              .slot = slot,
                              .kind = kind_named(runner, slot->job.kind),
                              .timer = timer_named(runner, slot->job.kind),
                              .ok = ok,
                              .now = now_of(runner)};
    if (outcome.timer != NULL) {
        outcome.run_at = outcome.now + outcome.timer->every_ms;
    } else if (!ok) {
        assert(outcome.kind != NULL);  // others are not claimed
        outcome.hopeless = slot->job.last_attempt || hopeless(failure->code);
        outcome.run_at = outcome.now + backoff_of(outcome.kind, slot->attempts);
    }
    if (!ok) {
        outcome.error = str_printf(slot->ctx, "%s%s%s", failure->message,
                                   failure->detail[0] == '\0' ? "" : " | ", failure->detail);
        log_failure(&outcome);
    }
    struct error err;
    if (!db_tx_run_loose(runner->options.db, "jobs.finish", finish_fn, &outcome, &err)) {
        // Its lease ends, and it runs again.
        log_error("the end of a job could not be recorded", &err);
    }
}

static void job_run(const struct jobs_runner *runner, struct slot *slot)
{
    const struct job_kind *kind = kind_named(runner, slot->job.kind);
    const struct job_timer *timer = timer_named(runner, slot->job.kind);
    struct error err = {0};
    bool ok;
    assert(kind != NULL || timer != NULL);
    if (timer != NULL) {
        ok = timer->run(runner->options.env, slot->ctx, &err);
    } else if (slot->attempts > attempts_of(kind)) {
        ok = error_internal(&err, "the program ended each time while it ran this job");
    } else {
        ok = kind->run(runner->options.env, slot->ctx, &slot->job, &err);
    }
    finish(runner, slot, ok, &err);
    mem_free(slot->ctx);
    slot->ctx = NULL;
}

// --- claiming ---------------------------------------------------------------------------------

struct claim {
    struct jobs_runner *runner;
    mem_ctx *ctx;
    int64_t now;
    int64_t most;
    size_t kind_count;  // how many of the runner's
    int64_t next_due;   // INT64_MAX when nothing waits
    struct job_claim_row *rows;
    size_t count;
};

static bool peek_fn(struct db *db, void *arg, struct error *err)
{
    struct claim *claim = arg;
    struct job_next_due_row row;
    bool found = false;
    if (!job_next_due(db, claim->ctx, claim->runner->kinds, claim->kind_count, &row, &found, err)) {
        return false;
    }
    claim->next_due = found ? row.run_at : INT64_MAX;
    return true;
}

static bool claim_fn(struct db *tx, void *arg, struct error *err)
{
    struct claim *claim = arg;
    const struct jobs_runner *runner = claim->runner;
    return job_claim(tx, claim->ctx, runner->kinds, claim->kind_count, claim->now,
                     claim->now + runner->options.lease_ms, runner->lease_by, claim->most,
                     &claim->rows, &claim->count, err);
}

// Finds up to `most` due jobs and makes them ours. Looks before it writes, for mostly there is
// nothing to do.
static bool claim_due(struct claim *claim, struct error *err)
{
    struct db_store *db = claim->runner->options.db;
    claim->now = now_of(claim->runner);
    if (!db_read(db, peek_fn, claim, err)) {
        return false;
    }
    return claim->next_due > claim->now || claim->most == 0 ||
           db_tx_run_loose(db, "jobs.claim", claim_fn, claim, err);
}

static void slot_fill(struct slot *slot, const struct job_claim_row *row)
{
    const struct job_kind *kind = kind_named(slot->runner, row->kind);
    slot->ctx = mem_ctx_new(NULL, "job");
    slot->attempts = row->attempts;
    slot->job = (struct job){.id = row->id,
                             .kind = str_dup(slot->ctx, row->kind),
                             .payload = str_dup(slot->ctx, row->payload),
                             .unique_key = str_dup(slot->ctx, row->unique_key),
                             .attempt = row->attempts,
                             .created_at = row->created_at,
                             .last_attempt = kind != NULL && row->attempts >= attempts_of(kind)};
}

// --- leases -----------------------------------------------------------------------------------

struct extension {
    const struct jobs_runner *runner;
    struct job_id *ids;
    size_t count;
};

static bool extend_fn(struct db *tx, void *arg, struct error *err)
{
    const struct extension *extension = arg;
    const struct jobs_runner *runner = extension->runner;
    return job_extend_leases(tx, extension->ids, extension->count, runner->lease_by,
                             now_of(runner) + runner->options.lease_ms, err);
}

static void leases_extend(struct jobs_runner *runner, bool at_once)
{
    int64_t now = clock_monotonic_us();
    if (!at_once && now - runner->extended_at_us < runner->options.lease_ms * 1000 / 3) {
        return;
    }
    runner->extended_at_us = now;
    mem_ctx *ctx = mem_ctx_new(NULL, "leases");
    struct extension extension = {.runner = runner,
                                  .ids = mem_array(ctx, struct job_id, (size_t)runner->slot_count)};
    (void)pthread_mutex_lock(&runner->lock);
    for (int i = 0; i < runner->slot_count; i++) {
        if (runner->slots[i].state != SLOT_FREE) {
            extension.ids[extension.count++] = runner->slots[i].job.id;
        }
    }
    (void)pthread_mutex_unlock(&runner->lock);
    struct error err;
    if (extension.count > 0 &&
        !db_tx_run_loose(runner->options.db, "jobs.extend", extend_fn, &extension, &err)) {
        log_error("the leases of running jobs could not be extended", &err);
    }
    mem_free(ctx);
}

// --- the coordinator --------------------------------------------------------------------------

static int64_t free_slots_locked(const struct jobs_runner *runner)
{
    int64_t count = 0;
    for (int i = 0; i < runner->slot_count; i++) {
        count += runner->slots[i].state == SLOT_FREE;
    }
    return count;
}

static void hand_out(struct jobs_runner *runner, const struct claim *claim)
{
    size_t next = 0;
    (void)pthread_mutex_lock(&runner->lock);
    for (int i = 0; i < runner->slot_count && next < claim->count; i++) {
        struct slot *slot = &runner->slots[i];
        if (slot->state == SLOT_FREE) {
            slot_fill(slot, &claim->rows[next++]);
            slot->state = SLOT_CLAIMED;
        }
    }
    assert(next == claim->count);
    (void)pthread_cond_broadcast(&runner->work);
    (void)pthread_mutex_unlock(&runner->lock);
}

// How long to wait before looking again, unless poked.
static int64_t pause_after(const struct jobs_runner *runner, const struct claim *claim, bool ok)
{
    int64_t longest = runner->options.poll_ms;
    if (longest > runner->options.lease_ms / 3) {
        longest = runner->options.lease_ms / 3;
    }
    if (!ok || claim->most == 0) {
        return longest;  // a worker that ends pokes
    }
    if (claim->next_due <= claim->now) {
        return claim->count > 0 ? 0 : OUTRUN_MS;
    }
    int64_t until = claim->next_due - claim->now;
    return until < longest ? until : longest;
}

// The last free worker is for those who wait for nobody.
static struct claim claim_for(struct jobs_runner *runner, int64_t free_slots)
{
    bool last = free_slots <= 1 && runner->slot_count > 1;
    return (struct claim){.runner = runner,
                          .ctx = mem_ctx_new(NULL, "claim"),
                          .most = last || runner->slot_count == 1 ? free_slots : free_slots - 1,
                          .kind_count = last ? runner->prompt_count : runner->kind_count};
}

static bool timers_put_fn(struct db *tx, void *arg, struct error *err)
{
    const struct jobs_runner *runner = arg;
    for (size_t i = 0; i < runner->options.timer_count; i++) {
        const char *kind =
            mem_printf(db_tx_ctx(tx), TIMER_PREFIX "%s", runner->options.timers[i].name);
        const struct job_new job = {.kind = kind, .now = now_of(runner), .unique_key = str_c(kind)};
        if (!jobs_add(tx, &job, NULL, err)) {
            return false;
        }
    }
    return true;
}

// All timers have their turn, and nothing waits for a time that a wrong clock gave it.
static bool times_put_right(struct db *tx, void *arg, struct error *err)
{
    const struct jobs_runner *runner = arg;
    int64_t now = now_of(runner);
    return job_clock_back(tx, now, now + AHEAD_MS, now + runner->options.lease_ms,
                          now + LONGEST_BACKOFF_MS, err) &&
           timers_put_fn(tx, arg, err);
}

// By how much the clock was set since the last look, in ms.
static int64_t clock_step(struct jobs_runner *runner)
{
    int64_t now = now_of(runner);
    int64_t now_us = clock_monotonic_us();
    int64_t step = runner->looked_at_us == 0
                       ? 0
                       : now - runner->looked_at - (now_us - runner->looked_at_us) / 1000;
    runner->looked_at = now;
    runner->looked_at_us = now_us;
    return step;
}

// Set ahead, all leases seem to be over: ours are extended, and others get the time to do the same
// before anything is claimed. Set back, everything seems to be far ahead.
static void mind_the_clock(struct jobs_runner *runner)
{
    struct error err;
    int64_t step = clock_step(runner);
    if (step > STEP_MS) {
        LOG(LOG_LEVEL_WARN, "the clock was set ahead", LOG_NUM("ms", step));
        leases_extend(runner, true);
        int64_t hold = 2 * runner->options.poll_ms;
        hold = hold < HOLD_MOST_MS ? hold : HOLD_MOST_MS;
        runner->hold_until_us = clock_monotonic_us() + hold * 1000;
    } else if (step < -STEP_MS) {
        LOG(LOG_LEVEL_WARN, "the clock was set back", LOG_NUM("ms", -step));
        if (!db_tx_run(runner->options.db, "jobs.clock", times_put_right, runner, &err)) {
            log_error("times of jobs could not be put right", &err);
        }
    }
}

static int64_t look_once(struct jobs_runner *runner, int64_t free_slots)
{
    struct error err;
    mind_the_clock(runner);
    int64_t hold = runner->hold_until_us - clock_monotonic_us();
    if (hold > 0) {
        return hold / 1000 + 1;
    }
    struct claim claim = claim_for(runner, free_slots);
    leases_extend(runner, false);
    bool ok = claim_due(&claim, &err);
    if (!ok) {
        log_error("due jobs could not be looked for", &err);
    } else {
        hand_out(runner, &claim);
    }
    int64_t pause = pause_after(runner, &claim, ok);
    mem_free(claim.ctx);
    return pause;
}

static void wait_locked(struct jobs_runner *runner, int64_t pause_ms)
{
    struct timespec until;
    (void)clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += pause_ms / 1000;
    until.tv_nsec += (long)(pause_ms % 1000) * 1000000;
    if (until.tv_nsec >= 1000000000) {
        until.tv_sec++;
        until.tv_nsec -= 1000000000;
    }
    int rc = 0;
    while (!runner->poked && !runner->stopping && rc == 0) {
        rc = pthread_cond_timedwait(&runner->wake, &runner->lock, &until);
    }
}

// Signals are for the main thread.
static void signals_block(void)
{
    sigset_t all;
    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_BLOCK, &all, NULL);
}

static void *coordinator_main(void *arg)
{
    struct jobs_runner *runner = arg;
    signals_block();
    (void)pthread_mutex_lock(&runner->lock);
    while (!runner->stopping) {
        runner->poked = false;
        int64_t free_slots = free_slots_locked(runner);
        (void)pthread_mutex_unlock(&runner->lock);
        int64_t pause = look_once(runner, free_slots);
        (void)pthread_mutex_lock(&runner->lock);
        wait_locked(runner, pause);
    }
    (void)pthread_mutex_unlock(&runner->lock);
    return NULL;
}

static void *worker_main(void *arg)
{
    struct slot *slot = arg;
    struct jobs_runner *runner = slot->runner;
    signals_block();
    (void)pthread_mutex_lock(&runner->lock);
    while (slot->state == SLOT_CLAIMED || !runner->workers_leave) {
        if (slot->state != SLOT_CLAIMED) {
            (void)pthread_cond_wait(&runner->work, &runner->lock);
            continue;
        }
        slot->state = SLOT_RUNNING;
        (void)pthread_mutex_unlock(&runner->lock);
        job_run(runner, slot);
        (void)pthread_mutex_lock(&runner->lock);
        slot->state = SLOT_FREE;
        runner->poked = true;
        (void)pthread_cond_signal(&runner->wake);
    }
    (void)pthread_mutex_unlock(&runner->lock);
    return NULL;
}

// --- starting and stopping --------------------------------------------------------------------

void jobs_poke(struct jobs_runner *runner)
{
    (void)pthread_mutex_lock(&runner->lock);
    runner->poked = true;
    (void)pthread_cond_signal(&runner->wake);
    (void)pthread_mutex_unlock(&runner->lock);
}

static void on_notice(void *arg, struct str payload UNUSED)
{
    jobs_poke(arg);
}

static void kinds_add(struct jobs_runner *runner, bool waits)
{
    for (size_t i = 0; i < runner->options.kind_count; i++) {
        if (runner->options.kinds[i].waits == waits) {
            runner->kinds[runner->kind_count++] = str_c(runner->options.kinds[i].name);
        }
    }
}

static struct jobs_runner *runner_new(mem_ctx *ctx, const struct jobs_options *options)
{
    struct jobs_runner *runner = mem_new(ctx, struct jobs_runner);
    runner->options = *options;
    runner->options.lease_ms = options->lease_ms == 0 ? DEFAULT_LEASE_MS : options->lease_ms;
    runner->options.poll_ms = options->poll_ms == 0 ? DEFAULT_POLL_MS : options->poll_ms;
    runner->lease_by = random_token(runner, 12);
    runner->kinds = mem_array(runner, struct str, options->kind_count + options->timer_count);
    for (size_t i = 0; i < options->timer_count; i++) {
        runner->kinds[runner->kind_count++] =
            str_printf(runner, TIMER_PREFIX "%s", options->timers[i].name);
    }
    kinds_add(runner, false);
    runner->prompt_count = runner->kind_count;
    kinds_add(runner, true);
    runner->slot_count = options->threads == 0 ? DEFAULT_THREADS : options->threads;
    runner->slots = mem_array(runner, struct slot, (size_t)runner->slot_count);
    for (int i = 0; i < runner->slot_count; i++) {
        runner->slots[i].runner = runner;
    }
    return runner;
}

static void locks_init(struct jobs_runner *runner)
{
    pthread_condattr_t monotonic;
    (void)pthread_mutex_init(&runner->lock, NULL);
    (void)pthread_cond_init(&runner->work, NULL);
    (void)pthread_condattr_init(&monotonic);
    (void)pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    (void)pthread_cond_init(&runner->wake, &monotonic);
    (void)pthread_condattr_destroy(&monotonic);
}

static bool threads_start(struct jobs_runner *runner, struct error *err)
{
    for (int i = 0; i < runner->slot_count; i++) {
        if (pthread_create(&runner->slots[i].thread, NULL, worker_main, &runner->slots[i]) != 0) {
            return error_internal(err, "no thread for a job worker");
        }
        runner->threads_started++;
    }
    if (pthread_create(&runner->coordinator, NULL, coordinator_main, runner) != 0) {
        return error_internal(err, "no thread for jobs");
    }
    runner->started = true;
    return true;
}

void jobs_stop(struct jobs_runner *runner)
{
    (void)pthread_mutex_lock(&runner->lock);
    runner->stopping = true;
    (void)pthread_cond_signal(&runner->wake);
    (void)pthread_mutex_unlock(&runner->lock);
    if (runner->started) {
        (void)pthread_join(runner->coordinator, NULL);
        runner->started = false;
    }
    (void)pthread_mutex_lock(&runner->lock);
    runner->workers_leave = true;
    (void)pthread_cond_broadcast(&runner->work);
    (void)pthread_mutex_unlock(&runner->lock);
    for (int i = 0; i < runner->threads_started; i++) {
        (void)pthread_join(runner->slots[i].thread, NULL);
    }
    runner->threads_started = 0;
}

static void runner_close(void *handle)
{
    struct jobs_runner *runner = handle;
    db_unlisten(runner->options.db, on_notice, runner);
    jobs_stop(runner);
    (void)pthread_mutex_destroy(&runner->lock);
    (void)pthread_cond_destroy(&runner->wake);
    (void)pthread_cond_destroy(&runner->work);
}

bool jobs_start(mem_ctx *ctx, const struct jobs_options *options, struct jobs_runner **ret,
                struct error *err)
{
    struct jobs_runner *runner = runner_new(ctx, options);
    locks_init(runner);
    mem_on_free(runner, runner_close, runner);
    db_listen(options->db, JOBS_CHANNEL, on_notice, runner);
    if (!db_tx_run(options->db, "jobs.timers", times_put_right, runner, err) ||
        !threads_start(runner, err)) {
        mem_free(runner);
        return false;
    }
    *ret = runner;
    return true;
}

bool jobs_run_due(const struct jobs_options *options, int64_t *ret_run, struct error *err)
{
    mem_ctx *ctx = mem_ctx_new(NULL, "jobs");
    struct jobs_runner *runner = runner_new(ctx, options);
    struct slot *slot = &runner->slots[0];
    int64_t run = 0;
    bool more = true;
    bool ok = true;
    while (ok && more) {
        struct claim claim = {.runner = runner,
                              .ctx = mem_ctx_new(NULL, "claim"),
                              .most = 1,
                              .kind_count = runner->kind_count};
        ok = claim_due(&claim, err);
        more = ok && claim.count == 1;
        if (more) {
            slot_fill(slot, &claim.rows[0]);
            job_run(runner, slot);
            run++;
        }
        mem_free(claim.ctx);
    }
    if (ok && ret_run != NULL) {
        *ret_run = run;
    }
    mem_free(ctx);
    return ok;
}
