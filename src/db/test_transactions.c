// SPDX-License-Identifier: GPL-3.0-or-later
//
// Transactions of many threads at once, and what can go wrong with some of them.
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "db/sqlite_internal.h"
#include "db/test_world.h"

static const struct db_query INSERT_PART = {
    .name = "insert_part",
    .sqlite = "INSERT INTO part (id, thing_id) VALUES (?1, ?2)",
    .postgres = "INSERT INTO part (id, thing_id) VALUES ($1, $2)",
    .params = (const enum db_type[]){DB_I64, DB_I64},
    .param_count = 2};

// --- many threads -----------------------------------------------------------------------------

#define THREADS 8
#define ROUNDS 40

struct worker {
    struct world *world;
    int number;
    int good, bad;
    pthread_t thread;
};

static void *worker_main(void *arg)
{
    struct worker *worker = arg;
    for (int i = 0; i < ROUNDS; i++) {
        char name[32];
        struct error err = {0};
        (void)snprintf(name, sizeof name, "%d-%d", worker->number, i);
        struct thing thing = {.name = name, .then_fail = i % 5 == 4};
        if (db_tx_run(worker->world->store, "insert", insert_thing, &thing, &err)) {
            worker->good++;
        } else {
            worker->bad += err.code == ERR_FORBIDDEN;
        }
        int64_t count = 0;
        assert_true(db_read(worker->world->store, count_fn, &count, &err));
        assert_true(count >= worker->good);  // durable means visible
    }
    return NULL;
}

static void test_many_threads(void **state)
{
    struct world *w = *state;
    struct worker workers[THREADS] = {0};
    for (int i = 0; i < THREADS; i++) {
        workers[i].world = w;
        workers[i].number = i;
        assert_int_equal(pthread_create(&workers[i].thread, NULL, worker_main, &workers[i]), 0);
    }
    for (int i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_join(workers[i].thread, NULL), 0);
        assert_int_equal(workers[i].good, ROUNDS / 5 * 4);
        assert_int_equal(workers[i].bad, ROUNDS / 5);
    }
    assert_int_equal(count_now(w), THREADS * ROUNDS / 5 * 4);
    reopen(w);
    assert_int_equal(count_now(w), THREADS * ROUNDS / 5 * 4);
}

// A group is made by keeping the writer busy until all its members wait.
struct member {
    struct world *world;
    db_fn *fn;
    struct thing thing;
    bool ok;
    struct error err;
    pthread_t thread;
    struct holder *holder;
};

struct holder {
    atomic_int runs;
    atomic_int started;
    int wanted;
    db_fn *then;
};

static void *member_main(void *arg)
{
    struct member *member = arg;
    while (atomic_load(&member->holder->runs) == 0) {
        (void)usleep(100);
    }
    atomic_fetch_add(&member->holder->started, 1);
    member->ok =
        db_tx_run(member->world->store, "member", member->fn, &member->thing, &member->err);
    return NULL;
}

static bool hold(struct db *db, void *arg, struct error *err)
{
    struct holder *holder = arg;
    atomic_fetch_add(&holder->runs, 1);
    while (atomic_load(&holder->started) < holder->wanted) {
        (void)usleep(1000);
    }
    (void)usleep(2000);
    return holder->then == NULL || holder->then(db, NULL, err);
}

#define MEMBERS 6

static void run_group(struct world *w, struct member *members, struct holder *holder)
{
    struct error err = {0};
    holder->wanted = MEMBERS;
    for (int i = 0; i < MEMBERS; i++) {
        members[i].world = w;
        members[i].holder = holder;
        assert_int_equal(pthread_create(&members[i].thread, NULL, member_main, &members[i]), 0);
    }
    if (!db_tx_run(w->store, "hold", hold, holder, &err)) {
        fail_msg("%s (%s)", err.message, err.detail);
    }
    for (int i = 0; i < MEMBERS; i++) {
        assert_int_equal(pthread_join(members[i].thread, NULL), 0);
    }
}

static bool insert_orphan(struct db *db, void *arg, struct error *err)
{
    struct thing *thing = arg;
    const struct db_value params[] = {DB_VALUE_I64(db_next_id(db)), DB_VALUE_I64(-1)};
    thing->seen++;
    return db_exec(db, &INSERT_PART, params, NULL, err);
}

static void test_one_that_cannot_commit(void **state)
{
    struct world *w = *state;
    static const char *const NAMES[MEMBERS] = {"a", "b", "c", "d", "e", "f"};
    struct member members[MEMBERS] = {0};
    struct holder holder = {0};
    for (int i = 0; i < MEMBERS; i++) {
        members[i].fn = i == 3 ? insert_orphan : insert_thing;
        members[i].thing.name = NAMES[i];
    }
    run_group(w, members, &holder);
    for (int i = 0; i < MEMBERS; i++) {
        assert_int_equal(members[i].ok, i != 3);
    }
    assert_int_equal(members[3].err.code, ERR_INTERNAL);
    assert_int_equal(count_now(w), MEMBERS - 1);
}

static bool limit_size(struct db *db, void *arg UNUSED, struct error *err)
{
    return db->ops->script(db, "PRAGMA max_page_count = 60", err);
}

static bool insert_big(struct db *db, void *arg, struct error *err)
{
    struct thing *thing = arg;
    thing->seen++;
    struct str big = {mem_array(db_tx_ctx(db), char, 1000000), 1000000};
    return insert_named(db, db_next_id(db), thing->name, big, err);
}

static void test_full_disk_hurts_only_the_big_one(void **state)
{
    struct world *w = *state;
    static const char *const NAMES[MEMBERS] = {"a", "b", "c", "d", "e", "f"};
    struct member members[MEMBERS] = {0};
    struct holder holder = {.then = limit_size};
    for (int i = 0; i < MEMBERS; i++) {
        members[i].fn = i == 2 ? insert_big : insert_thing;
        members[i].thing.name = NAMES[i];
    }
    run_group(w, members, &holder);
    for (int i = 0; i < MEMBERS; i++) {
        assert_int_equal(members[i].ok, i != 2);
    }
    assert_int_equal(members[2].err.code, ERR_NO_SPACE);
    assert_int_equal(count_now(w), MEMBERS - 1);
}

static int commit_refuse_twice(void *arg)
{
    int *refused = arg;
    return (*refused)++ < 2;
}

static int refused_count;

static bool refuse_commits(struct db *db, void *arg UNUSED, struct error *err UNUSED)
{
    if (refused_count == 0) {
        (void)sqlite3_commit_hook(((struct sqlite_db *)db)->conn->handle, commit_refuse_twice,
                                  &refused_count);
    }
    return true;
}

static bool forget_hook(struct db *db, void *arg UNUSED, struct error *err UNUSED)
{
    (void)sqlite3_commit_hook(((struct sqlite_db *)db)->conn->handle, NULL, NULL);
    return true;
}

static void test_commit_that_fails(void **state)
{
    struct world *w = *state;
    struct error err = {0};
    struct hooks hooks = {0};
    refused_count = 0;
    // The first COMMIT is refused for the group of one, the second for its run alone.
    assert_false(db_tx_run(w->store, "refuse", refuse_commits, NULL, &err));
    assert_int_equal(err.code, ERR_INTERNAL);
    assert_int_equal(refused_count, 2);
    assert_true(db_tx_run(w->store, "hooks", with_hooks, &hooks, &err));
    assert_int_equal(hooks.order, 2);
    assert_true(db_tx_run(w->store, "forget", forget_hook, NULL, &err));
    assert_int_equal(count_now(w), 1);
}

static bool take_number_and_insert(struct db *db, void *arg, struct error *err)
{
    struct thing *thing = arg;
    return db_next_number(db, "ticket", &thing->seen, err) &&
           insert_named(db, thing->seen, mem_printf(db_tx_ctx(db), "%ld", (long)thing->seen),
                        STR_NONE, err);
}

static void *number_main(void *arg)
{
    struct worker *worker = arg;
    for (int i = 0; i < ROUNDS; i++) {
        struct error err = {0};
        struct thing thing = {0};
        if (db_tx_run(worker->world->store, "number", take_number_and_insert, &thing, &err)) {
            worker->good++;
        }
    }
    return NULL;
}

// All take numbers at once: none fails, none is left out.
static void test_numbers_of_many(void **state)
{
    struct world *w = *state;
    struct error err = {0};
    struct worker workers[THREADS] = {0};
    for (int i = 0; i < THREADS; i++) {
        workers[i].world = w;
        assert_int_equal(pthread_create(&workers[i].thread, NULL, number_main, &workers[i]), 0);
    }
    for (int i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_join(workers[i].thread, NULL), 0);
        assert_int_equal(workers[i].good, ROUNDS);
    }
    struct thing thing = {0};
    assert_true(db_tx_run(w->store, "number", take_number_and_insert, &thing, &err));
    assert_int_equal(thing.seen, THREADS * ROUNDS + 1);
}

static bool take_ids_and_number(struct db *db, void *arg, struct error *err)
{
    for (int i = 0; i < 300; i++) {
        if (db_next_id(db) == 0) {
            return error_internal(err, "no id");
        }
    }
    return take_number_and_insert(db, arg, err) && db_next_id(db) != 0;
}

static void *ids_main(void *arg)
{
    struct worker *worker = arg;
    for (int i = 0; i < ROUNDS; i++) {
        struct error err = {0};
        struct thing thing = {0};
        worker->good +=
            db_tx_run(worker->world->store, "ids", take_ids_and_number, &thing, &err) ? 1 : 0;
    }
    return NULL;
}

// Whoever waits for its turn to take a number keeps nobody from taking ids.
static void test_ids_while_waiting_for_numbers(void **state)
{
    struct world *w = *state;
    struct worker workers[THREADS] = {0};
    for (int i = 0; i < THREADS; i++) {
        workers[i].world = w;
        assert_int_equal(pthread_create(&workers[i].thread, NULL, ids_main, &workers[i]), 0);
    }
    for (int i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_join(workers[i].thread, NULL), 0);
        assert_int_equal(workers[i].good, ROUNDS);
    }
}

// --- PostgreSQL only --------------------------------------------------------------------------

struct losing {
    int runs;
    bool lost;
};

static bool lose_connection_once(struct db *db, void *arg, struct error *err)
{
    struct losing *losing = arg;
    losing->runs++;
    if (!insert_named(db, 1, "a", STR_NONE, err)) {
        return false;
    }
    if (!losing->lost) {
        losing->lost = true;
        postgres_admin("SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                       "WHERE application_name = 'steward'");
    }
    return insert_named(db, 2, "b", STR_NONE, err);
}

static void test_lost_connection(void **state)
{
    struct world *w = *state;
    struct error err = {0};
    struct losing losing = {0};
    assert_int_equal(count_now(w), 0);
    assert_true(db_tx_run(w->store, "lose", lose_connection_once, &losing, &err));
    assert_int_equal(losing.runs, 2);
    assert_int_equal(count_now(w), 2);  // the reader's was lost too
}

// Two transactions each read what the other writes: one has to run again.
struct skew {
    struct world *world;
    pthread_barrier_t *barrier;
    const char *name;
    int runs;
    int64_t seen;
};

static bool skew_fn(struct db *db, void *arg, struct error *err)
{
    struct skew *skew = arg;
    if (!count_things(db, &skew->seen, err)) {
        return false;
    }
    if (++skew->runs == 1) {
        (void)pthread_barrier_wait(skew->barrier);
    }
    return insert_named(db, db_next_id(db), skew->name, STR_NONE, err);
}

static void *skew_main(void *arg)
{
    struct skew *skew = arg;
    struct error err = {0};
    if (!db_tx_run(skew->world->store, "skew", skew_fn, skew, &err)) {
        fail_msg("%s (%s)", err.message, err.detail);
    }
    return NULL;
}

static void test_serializable(void **state)
{
    struct world *w = *state;
    pthread_barrier_t barrier;
    assert_int_equal(pthread_barrier_init(&barrier, NULL, 2), 0);
    struct skew one = {.world = w, .barrier = &barrier, .name = "a"};
    struct skew two = {.world = w, .barrier = &barrier, .name = "b"};
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, skew_main, &one), 0);
    (void)skew_main(&two);
    assert_int_equal(pthread_join(thread, NULL), 0);
    assert_int_equal(one.runs + two.runs, 3);
    assert_int_equal(one.seen + two.seen, 1);  // as one after the other
    (void)pthread_barrier_destroy(&barrier);
}

static bool server_types(struct db *db, void *arg UNUSED, struct error *err)
{
    static const struct db_query TYPES = {
        .name = "types",
        .postgres = "SELECT 7::int2, -8::int4, true, SUM(x), AVG(x)::float8, 2.5::float4, "
                    "-12345678.25::numeric FROM (VALUES (1::int8), (2)) AS v (x)"};
    struct db_cursor *rows;
    bool row = false;
    if (!db_query_start(db, &TYPES, NULL, &rows, err) || !db_query_step(rows, &row, err)) {
        return false;
    }
    assert_int_equal(db_column_i64(rows, 0), 7);
    assert_int_equal(db_column_i64(rows, 1), -8);
    assert_int_equal(db_column_i64(rows, 2), 1);
    assert_int_equal(db_column_i64(rows, 3), 3);
    assert_true(db_column_f64(rows, 4) == 1.5);
    assert_true(db_column_f64(rows, 5) == 2.5);
    assert_true(db_column_f64(rows, 6) == -12345678.25);
    assert_true(db_column_f64(rows, 1) == -8.0);
    db_query_end(rows);
    return true;
}

static void test_server_types(void **state)
{
    struct world *w = *state;
    struct error err = {0};
    if (!db_read(w->store, server_types, NULL, &err)) {
        fail_msg("%s (%s)", err.message, err.detail);
    }
}

int main(void)
{
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, world_setup, world_teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_many_threads),
        TEST(test_one_that_cannot_commit),
        TEST(test_numbers_of_many),
        TEST(test_ids_while_waiting_for_numbers),
    };
    const struct CMUnitTest sqlite_tests[] = {
        TEST(test_full_disk_hurts_only_the_big_one),
        TEST(test_commit_that_fails),
    };
    const struct CMUnitTest postgres_tests[] = {
        TEST(test_lost_connection),
        TEST(test_serializable),
        TEST(test_server_types),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    return failed + (postgres_url() == NULL ? cmocka_run_group_tests(sqlite_tests, NULL, NULL)
                                            : cmocka_run_group_tests(postgres_tests, NULL, NULL));
}
