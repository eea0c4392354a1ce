// SPDX-License-Identifier: GPL-3.0-or-later
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <libpq-fe.h>

#include "base/log.h"
#include "base/random.h"
#include "jobs/jobs.h"
#include "migrations.h"

#define START INT64_C(1800000000000)

struct world {
    mem_ctx *ctx;
    const char *folder;
    struct db_store *db;
    struct clock clock;
    struct jobs_options options;

    pthread_mutex_t lock;
    pthread_cond_t changed;
    int runs;       // of any kind
    char last[64];  // payload of the last run
    int64_t last_attempt;
    int failures_left;  // how many runs of "shaky" fail
    enum error_code failure;
    bool gate_open;  // "slow" waits for it
    int inside;      // how many "slow" run
    int ticks;
};

// --- what jobs do in these tests --------------------------------------------------------------

static void note_run(struct world *w, const struct job *job)
{
    (void)pthread_mutex_lock(&w->lock);
    w->runs++;
    w->last_attempt = job->attempt;
    (void)snprintf(w->last, sizeof w->last, STR_FMT, STR_ARG(job->payload));
    (void)pthread_cond_broadcast(&w->changed);
    (void)pthread_mutex_unlock(&w->lock);
}

static bool run_plain(void *env, mem_ctx *ctx UNUSED, const struct job *job,
                      struct error *err UNUSED)
{
    note_run(env, job);
    return true;
}

static bool run_shaky(void *env, mem_ctx *ctx UNUSED, const struct job *job, struct error *err)
{
    struct world *w = env;
    note_run(w, job);
    if (w->failures_left == 0) {
        return true;
    }
    w->failures_left--;
    return error_set(err, w->failure, "It rains.");
}

static bool run_slow(void *env, mem_ctx *ctx UNUSED, const struct job *job,
                     struct error *err UNUSED)
{
    struct world *w = env;
    (void)pthread_mutex_lock(&w->lock);
    w->inside++;
    (void)pthread_cond_broadcast(&w->changed);
    while (!w->gate_open) {
        (void)pthread_cond_wait(&w->changed, &w->lock);
    }
    w->inside--;
    (void)pthread_mutex_unlock(&w->lock);
    note_run(w, job);
    return true;
}

static bool tick(void *env, mem_ctx *ctx UNUSED, struct error *err)
{
    struct world *w = env;
    (void)pthread_mutex_lock(&w->lock);
    w->ticks++;
    (void)pthread_cond_broadcast(&w->changed);
    (void)pthread_mutex_unlock(&w->lock);
    return error_set(err, ERR_INVALID, "Failing does not stop a timer.");
}

static const struct job_kind KINDS[] = {
    {.name = "plain", .run = run_plain},
    {.name = "shaky", .run = run_shaky, .max_attempts = 3, .backoff_ms = 1000},
    {.name = "slow", .run = run_slow},
    {.name = "remote", .run = run_slow, .waits = true},
};

static const struct job_timer TIMERS[] = {{.name = "tick", .every_ms = 60000, .run = tick}};

// --- the world --------------------------------------------------------------------------------

// Where with_postgres.sh has started a server; NULL when the tests are for SQLite.
static const char *postgres_url(void)
{
    return getenv("STEWARD_TEST_POSTGRES");
}

static void postgres_admin(const char *sql)
{
    PGconn *conn = PQconnectdb(postgres_url());
    PQclear(PQexec(conn, "SET client_min_messages = warning"));
    PQclear(PQexec(conn, sql));
    PQfinish(conn);
}

static int setup(void **state)
{
    random_init();
    log_set_level(LOG_LEVEL_ERROR + 1);
    mem_ctx *ctx = mem_ctx_new(NULL, "test");
    struct world *w = mem_new(ctx, struct world);
    struct error err = {0};
    w->ctx = ctx;
    w->folder = mkdtemp(mem_text(ctx, "/tmp/steward-test-XXXXXX"));
    assert_non_null(w->folder);
    if (postgres_url() != NULL) {
        postgres_admin("CREATE SCHEMA desk");
    }
    const struct db_options options = {
        .url = postgres_url() == NULL
                   ? mem_printf(ctx, "sqlite:%s/steward.db", w->folder)
                   : mem_printf(ctx, "%s&options=-csearch_path%%3Ddesk", postgres_url()),
        .migrations = MIGRATIONS,
        .migration_count = MIGRATION_COUNT};
    if (!db_open(ctx, &options, &w->db, &err)) {
        fail_msg("%s (%s)", err.message, err.detail);
    }
    clock_init(&w->clock);
    clock_freeze(&w->clock, START);
    (void)pthread_mutex_init(&w->lock, NULL);
    (void)pthread_cond_init(&w->changed, NULL);
    w->failure = ERR_UNAVAILABLE;
    w->options = (struct jobs_options){.db = w->db,
                                       .clock = &w->clock,
                                       .env = w,
                                       .kinds = KINDS,
                                       .kind_count = sizeof KINDS / sizeof KINDS[0],
                                       .threads = 2};
    *state = w;
    return 0;
}

static int teardown(void **state)
{
    struct world *w = *state;
    char folder[64];
    (void)snprintf(folder, sizeof folder, "%s", w->folder);
    mem_free(w->ctx);
    if (postgres_url() != NULL) {
        postgres_admin("DROP SCHEMA desk CASCADE");
    }
    static const char *const NAMES[] = {"steward.db", "steward.db-wal", "steward.db-shm"};
    for (size_t i = 0; i < 3; i++) {
        char path[128];
        (void)snprintf(path, sizeof path, "%s/%s", folder, NAMES[i]);
        (void)unlink(path);
    }
    (void)rmdir(folder);
    return 0;
}

struct adding {
    struct job_new job;
    struct job_id id;
    struct str cancel;
    struct job_id retry;
    struct job_id forget;
    bool roll_back;
};

static bool add_fn(struct db *tx, void *arg, struct error *err)
{
    struct adding *adding = arg;
    if (!str_none(adding->cancel) && !jobs_cancel_key(tx, adding->cancel, err)) {
        return false;
    }
    if (adding->job.kind != NULL && !jobs_add(tx, &adding->job, &adding->id, err)) {
        return false;
    }
    if (adding->retry.v != 0 && !jobs_retry(tx, adding->retry, err)) {
        return false;
    }
    if (adding->forget.v != 0 && !jobs_delete_dead(tx, adding->forget, err)) {
        return false;
    }
    return !adding->roll_back || error_set(err, ERR_INVALID, "no");
}

static struct job_id add(struct world *w, struct job_new job)
{
    struct error err = {0};
    struct adding adding = {.job = job};
    adding.job.now = clock_now(&w->clock);
    if (!db_tx_run(w->db, "add", add_fn, &adding, &err)) {
        fail_msg("%s (%s)", err.message, err.detail);
    }
    return adding.id;
}

static int64_t run_due(struct world *w)
{
    struct error err = {0};
    int64_t run = -1;
    if (!jobs_run_due(&w->options, &run, &err)) {
        fail_msg("%s (%s)", err.message, err.detail);
    }
    return run;
}

static void wait_for(struct world *w, const int *what, int wanted)
{
    struct timespec until;
    (void)clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += 20;
    (void)pthread_mutex_lock(&w->lock);
    int rc = 0;
    while (*what != wanted && rc == 0) {
        rc = pthread_cond_timedwait(&w->changed, &w->lock, &until);
    }
    int found = *what;
    (void)pthread_mutex_unlock(&w->lock);
    assert_int_equal(found, wanted);
}

struct counting {
    struct world *world;
    struct job_counts counts;
    struct job_dead *dead;
    size_t dead_count;
};

static bool count_fn(struct db *db, void *arg, struct error *err)
{
    struct counting *counting = arg;
    return jobs_count(db, counting->world->ctx, clock_now(&counting->world->clock),
                      &counting->counts, err) &&
           jobs_dead_list(db, counting->world->ctx, 10, &counting->dead, &counting->dead_count,
                          err);
}

static struct counting counts(struct world *w)
{
    struct error err = {0};
    struct counting counting = {.world = w};
    if (!db_read(w->db, count_fn, &counting, &err)) {
        fail_msg("%s (%s)", err.message, err.detail);
    }
    return counting;
}

// --- the queue --------------------------------------------------------------------------------

static void test_runs_once(void **state)
{
    struct world *w = *state;
    (void)add(w, (struct job_new){.kind = "plain", .payload = STR("{\"a\":1}")});
    assert_int_equal(counts(w).counts.due, 1);
    assert_int_equal(run_due(w), 1);
    assert_string_equal(w->last, "{\"a\":1}");
    assert_int_equal(w->last_attempt, 1);
    assert_int_equal(run_due(w), 0);
    assert_int_equal(counts(w).counts.waiting, 0);
}

static void test_rolled_back_is_not_there(void **state)
{
    struct world *w = *state;
    struct error err = {0};
    struct adding adding = {.job = {.kind = "plain"}, .roll_back = true};
    assert_false(db_tx_run(w->db, "add", add_fn, &adding, &err));
    assert_int_equal(run_due(w), 0);
}

static void test_waits_for_its_time(void **state)
{
    struct world *w = *state;
    (void)add(w, (struct job_new){.kind = "plain", .payload = STR("late"), .run_at = START + 2000});
    (void)add(w, (struct job_new){.kind = "plain", .payload = STR("soon"), .run_at = START + 1000});
    assert_int_equal(run_due(w), 0);
    clock_freeze(&w->clock, START + 1000);
    assert_int_equal(counts(w).counts.oldest_due_at.v, START + 1000);
    assert_int_equal(run_due(w), 1);
    assert_string_equal(w->last, "soon");
    clock_freeze(&w->clock, START + 2000);
    assert_int_equal(run_due(w), 1);
    assert_string_equal(w->last, "late");
}

static void test_unknown_kind_is_left(void **state)
{
    struct world *w = *state;
    (void)add(w, (struct job_new){.kind = "of a newer version"});
    assert_int_equal(run_due(w), 0);
    assert_int_equal(counts(w).counts.due, 1);
}

static void test_key_is_unique(void **state)
{
    struct world *w = *state;
    struct job_new job = {
        .kind = "plain", .payload = STR("1"), .unique_key = STR("k"), .run_at = START + 1000};
    struct job_id first = add(w, job);
    job.payload = STR("2");
    job.run_at = START + 500;
    struct job_id second = add(w, job);
    assert_int_equal(first.v, second.v);
    job.run_at = START + 2000;  // later does not count
    (void)add(w, job);
    clock_freeze(&w->clock, START + 500);
    assert_int_equal(run_due(w), 1);
    assert_string_equal(w->last, "2");
    assert_true(add(w, job).v != first.v);  // done, so the key is free
    job.reschedule = true;
    job.run_at = START + 9000;
    (void)add(w, job);
    clock_freeze(&w->clock, START + 8999);
    assert_int_equal(run_due(w), 0);
    clock_freeze(&w->clock, START + 9000);
    assert_int_equal(run_due(w), 1);
}

static void test_cancel(void **state)
{
    struct world *w = *state;
    struct error err = {0};
    struct adding adding = {.cancel = STR("k")};
    (void)add(w, (struct job_new){.kind = "plain", .unique_key = STR("k")});
    (void)add(w, (struct job_new){.kind = "plain", .unique_key = STR("other")});
    assert_true(db_tx_run(w->db, "cancel", add_fn, &adding, &err));
    assert_true(db_tx_run(w->db, "cancel", add_fn, &adding, &err));
    assert_int_equal(run_due(w), 1);
}

// --- failing ----------------------------------------------------------------------------------

static void test_retries_then_parks(void **state)
{
    struct world *w = *state;
    struct error err = {0};
    w->failures_left = 3;
    struct job_id id = add(w, (struct job_new){.kind = "shaky", .payload = STR("p")});
    assert_int_equal(run_due(w), 1);
    clock_freeze(&w->clock, START + 799);
    assert_int_equal(run_due(w), 0);
    clock_freeze(&w->clock, START + 1200);
    assert_int_equal(run_due(w), 1);
    clock_freeze(&w->clock, START + 1200 + 1599);
    assert_int_equal(run_due(w), 0);
    clock_freeze(&w->clock, START + 1200 + 2400);
    assert_int_equal(run_due(w), 1);
    assert_int_equal(w->last_attempt, 3);
    clock_freeze(&w->clock, START + DAYS_MS);
    assert_int_equal(run_due(w), 0);
    struct counting found = counts(w);
    assert_int_equal(found.counts.dead, 1);
    assert_int_equal(found.counts.waiting, 0);
    assert_int_equal(found.dead_count, 1);
    assert_int_equal(found.dead[0].id.v, id.v);
    assert_true(str_eq_c(found.dead[0].last_error, "It rains."));

    struct adding retry = {.retry = id};
    assert_true(db_tx_run(w->db, "retry", add_fn, &retry, &err));
    assert_int_equal(run_due(w), 1);
    assert_int_equal(w->last_attempt, 1);
    assert_int_equal(counts(w).counts.dead, 0);
    assert_false(db_tx_run(w->db, "retry", add_fn, &retry, &err));
    assert_int_equal(err.code, ERR_NOT_FOUND);
}

static void test_hopeless_is_parked_at_once(void **state)
{
    struct world *w = *state;
    struct error err = {0};
    w->failures_left = 1;
    w->failure = ERR_BAD_REQUEST;
    struct job_id id = add(w, (struct job_new){.kind = "shaky", .unique_key = STR("k")});
    assert_int_equal(run_due(w), 1);
    assert_int_equal(counts(w).counts.dead, 1);
    // A new one of the same key does not mind the dead one, but keeps it from coming back.
    (void)add(w, (struct job_new){.kind = "shaky", .unique_key = STR("k"), .run_at = START + 1});
    struct adding retry = {.retry = id};
    assert_false(db_tx_run(w->db, "retry", add_fn, &retry, &err));
    struct adding forget = {.forget = id};
    assert_true(db_tx_run(w->db, "forget", add_fn, &forget, &err));
    assert_false(db_tx_run(w->db, "forget", add_fn, &forget, &err));
    assert_int_equal(counts(w).counts.dead, 0);
}

// --- the runner -------------------------------------------------------------------------------

static struct jobs_runner *start(struct world *w)
{
    struct error err = {0};
    struct jobs_runner *runner;
    if (!jobs_start(w->ctx, &w->options, &runner, &err)) {
        fail_msg("%s (%s)", err.message, err.detail);
    }
    return runner;
}

static void open_gate(struct world *w)
{
    (void)pthread_mutex_lock(&w->lock);
    w->gate_open = true;
    (void)pthread_cond_broadcast(&w->changed);
    (void)pthread_mutex_unlock(&w->lock);
}

static void test_runner_wakes_at_commit(void **state)
{
    struct world *w = *state;
    w->options.poll_ms = 3600 * 1000;  // so only the commit can have woken it
    w->options.lease_ms = 4 * 3600 * 1000;
    struct jobs_runner *runner = start(w);
    for (int i = 1; i <= 20; i++) {
        (void)add(w, (struct job_new){.kind = "plain"});
        wait_for(w, &w->runs, i);
    }
    mem_free(runner);
    assert_int_equal(counts(w).counts.waiting, 0);
}

static void test_runner_sees_the_clock(void **state)
{
    struct world *w = *state;
    w->options.poll_ms = 3600 * 1000;
    w->options.lease_ms = 4 * 3600 * 1000;
    struct jobs_runner *runner = start(w);
    (void)add(w, (struct job_new){.kind = "plain", .run_at = START + DAYS_MS});
    clock_freeze(&w->clock, START + DAYS_MS);
    jobs_poke(runner);
    wait_for(w, &w->runs, 1);
    mem_free(runner);
}

static void test_stop_waits_for_what_runs(void **state)
{
    struct world *w = *state;
    struct jobs_runner *runner = start(w);
    (void)add(w, (struct job_new){.kind = "slow"});
    (void)add(w, (struct job_new){.kind = "slow"});
    (void)add(w, (struct job_new){.kind = "plain"});  // no thread is left for it
    wait_for(w, &w->inside, 2);
    assert_int_equal(counts(w).counts.running, 2);
    open_gate(w);
    wait_for(w, &w->runs, 3);
    jobs_stop(runner);
    (void)add(w, (struct job_new){.kind = "plain"});
    mem_free(runner);
    assert_int_equal(w->runs, 3);
    assert_int_equal(counts(w).counts.waiting, 1);
}

static void test_asked_again_while_running(void **state)
{
    struct world *w = *state;
    struct jobs_runner *runner = start(w);
    struct job_new job = {.kind = "slow", .payload = STR("1"), .unique_key = STR("k")};
    (void)add(w, job);
    wait_for(w, &w->inside, 1);
    job.payload = STR("2");
    (void)add(w, job);
    (void)add(w, job);
    open_gate(w);
    wait_for(w, &w->runs, 2);
    assert_string_equal(w->last, "2");
    mem_free(runner);
    assert_int_equal(w->runs, 2);
    assert_int_equal(counts(w).counts.waiting, 0);
}

static void test_lease_of_a_dead_runner_ends(void **state)
{
    struct world *w = *state;
    w->options.lease_ms = HOURS_MS;
    w->options.poll_ms = HOURS_MS;
    struct jobs_runner *one = start(w);
    (void)add(w, (struct job_new){.kind = "slow"});
    wait_for(w, &w->inside, 1);
    assert_int_equal(run_due(w), 0);
    // Another program whose clock says that the lease is over.
    struct clock later;
    clock_init(&later);
    clock_freeze(&later, START + HOURS_MS);
    w->options.clock = &later;
    struct jobs_runner *two = start(w);
    wait_for(w, &w->inside, 2);
    open_gate(w);
    wait_for(w, &w->runs, 2);
    mem_free(one);
    mem_free(two);
    assert_int_equal(counts(w).counts.waiting, 0);
}

static void test_timer(void **state)
{
    struct world *w = *state;
    w->options.timers = TIMERS;
    w->options.timer_count = 1;
    struct jobs_runner *runner = start(w);
    wait_for(w, &w->ticks, 1);
    jobs_stop(runner);
    clock_freeze(&w->clock, START + 59999);
    assert_int_equal(run_due(w), 0);
    clock_freeze(&w->clock, START + 60000);
    assert_int_equal(run_due(w), 1);
    assert_int_equal(run_due(w), 0);
    assert_int_equal(w->ticks, 2);
    mem_free(runner);
}

static void wait_for_looks(const struct world *w)
{
    const struct timespec looks = {.tv_nsec = 8 * w->options.poll_ms * 1000000};
    (void)nanosleep(&looks, NULL);
}

// The leases of what runs seem to be over, and it is not begun again all the same.
static void test_clock_set_ahead(void **state)
{
    struct world *w = *state;
    w->options.poll_ms = 20;
    w->options.threads = 3;
    struct jobs_runner *one = start(w);
    (void)add(w, (struct job_new){.kind = "slow"});
    wait_for(w, &w->inside, 1);
    struct jobs_runner *two = start(w);
    wait_for_looks(w);
    clock_freeze(&w->clock, START + DAYS_MS);
    wait_for_looks(w);
    assert_int_equal(w->inside, 1);
    (void)add(w, (struct job_new){.kind = "plain"});
    wait_for(w, &w->runs, 1);
    open_gate(w);
    wait_for(w, &w->runs, 2);
    mem_free(one);
    mem_free(two);
    assert_int_equal(w->runs, 2);
    assert_int_equal(counts(w).counts.waiting, 0);
}

// Jobs, attempts and timers of a clock that was a day ahead do not wait for that day.
static void test_clock_set_back(void **state)
{
    struct world *w = *state;
    w->options.poll_ms = 20;
    w->options.timers = TIMERS;
    w->options.timer_count = 1;
    w->failures_left = 1;
    clock_freeze(&w->clock, START + DAYS_MS);
    struct jobs_runner *runner = start(w);
    wait_for(w, &w->ticks, 1);
    (void)add(w, (struct job_new){.kind = "shaky"});
    wait_for(w, &w->runs, 1);
    (void)add(w, (struct job_new){.kind = "plain", .run_at = START + DAYS_MS + 90000});
    wait_for_looks(w);
    clock_freeze(&w->clock, START);
    wait_for(w, &w->ticks, 2);
    clock_freeze(&w->clock, START + 5000);  // the second attempt comes soon after the first
    wait_for(w, &w->runs, 2);
    wait_for_looks(w);
    assert_int_equal(w->runs, 2);
    clock_freeze(&w->clock, START + 90000);  // as long as it was to wait
    wait_for(w, &w->runs, 3);
    mem_free(runner);
}

// The same when nothing ran in the meantime.
static void test_clock_set_back_while_stopped(void **state)
{
    struct world *w = *state;
    w->options.poll_ms = 20;
    clock_freeze(&w->clock, START + DAYS_MS);
    (void)add(w, (struct job_new){.kind = "plain", .run_at = START + DAYS_MS + 1000});
    clock_freeze(&w->clock, START);
    struct jobs_runner *runner = start(w);
    clock_freeze(&w->clock, START + 1000);
    wait_for(w, &w->runs, 1);
    mem_free(runner);
}

static void test_who_waits_leaves_a_worker(void **state)
{
    struct world *w = *state;
    w->options.threads = 3;
    struct jobs_runner *runner = start(w);
    for (int i = 0; i < 5; i++) {
        (void)add(w, (struct job_new){.kind = "remote"});
    }
    wait_for(w, &w->inside, 2);
    for (int i = 1; i <= 3; i++) {
        (void)add(w, (struct job_new){.kind = "plain"});
        wait_for(w, &w->runs, i);
    }
    assert_int_equal(w->inside, 2);
    open_gate(w);
    wait_for(w, &w->runs, 8);
    mem_free(runner);
    // The only worker does everything.
    w->options.threads = 1;
    runner = start(w);
    (void)add(w, (struct job_new){.kind = "remote"});
    wait_for(w, &w->runs, 9);
    mem_free(runner);
}

static void test_many(void **state)
{
    struct world *w = *state;
    struct jobs_runner *one = start(w);
    struct jobs_runner *two = start(w);
    for (int i = 0; i < 100; i++) {
        (void)add(w, (struct job_new){.kind = "plain"});
    }
    wait_for(w, &w->runs, 100);
    mem_free(one);
    mem_free(two);
    assert_int_equal(w->runs, 100);
    assert_int_equal(counts(w).counts.waiting, 0);
}

int main(void)
{
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_runs_once),
        TEST(test_rolled_back_is_not_there),
        TEST(test_waits_for_its_time),
        TEST(test_unknown_kind_is_left),
        TEST(test_key_is_unique),
        TEST(test_cancel),
        TEST(test_retries_then_parks),
        TEST(test_hopeless_is_parked_at_once),
        TEST(test_runner_wakes_at_commit),
        TEST(test_runner_sees_the_clock),
        TEST(test_stop_waits_for_what_runs),
        TEST(test_asked_again_while_running),
        TEST(test_lease_of_a_dead_runner_ends),
        TEST(test_timer),
        TEST(test_clock_set_ahead),
        TEST(test_clock_set_back),
        TEST(test_clock_set_back_while_stopped),
        TEST(test_who_waits_leaves_a_worker),
        TEST(test_many),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
