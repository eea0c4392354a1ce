// SPDX-License-Identifier: GPL-3.0-or-later
//
// The contract of db.h.
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/random.h"
#include "db/sqlite_internal.h"

struct world {
    mem_ctx *ctx;  // freed at the end
    mem_ctx *open;
    const char *folder;
    const char *url;
    struct db_store *store;
};

static const struct db_migration MIGRATIONS_1[] = {
    {"test/0001_thing",
     "CREATE TABLE thing (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, picture BLOB);"
     "CREATE TABLE part (id INTEGER PRIMARY KEY, thing_id BIGINT NOT NULL "
     "REFERENCES thing (id) DEFERRABLE INITIALLY DEFERRED)",
     "CREATE TABLE thing (id BIGINT PRIMARY KEY, name TEXT NOT NULL UNIQUE, picture BYTEA);"
     "CREATE TABLE part (id BIGINT PRIMARY KEY, thing_id BIGINT NOT NULL "
     "REFERENCES thing (id) DEFERRABLE INITIALLY DEFERRED)"},
    {"test/0002_more", "CREATE TABLE more (id INTEGER PRIMARY KEY)",
     "CREATE TABLE more (id BIGINT PRIMARY KEY)"},
};

static const enum db_type ID_NAME[] = {DB_I64, DB_TEXT, DB_BLOB};
static const struct db_query INSERT = {
    .name = "insert",
    .sqlite = "INSERT INTO thing (id, name, picture) VALUES (?1, ?2, ?3)",
    .postgres = "INSERT INTO thing (id, name, picture) VALUES ($1, $2, $3)",
    .params = ID_NAME,
    .param_count = 3};
static const struct db_query INSERT_PART = {
    .name = "insert_part",
    .sqlite = "INSERT INTO part (id, thing_id) VALUES (?1, ?2)",
    .postgres = "INSERT INTO part (id, thing_id) VALUES ($1, $2)",
    .params = (const enum db_type[]){DB_I64, DB_I64},
    .param_count = 2};
static const struct db_query COUNT = {.name = "count",
                                      .sqlite = "SELECT COUNT(*) FROM thing",
                                      .postgres = "SELECT COUNT(*) FROM thing"};
static const struct db_query BY_NAME = {
    .name = "by_name",
    .sqlite = "SELECT id, name, picture FROM thing WHERE name = ?1",
    .postgres = "SELECT id, name, picture FROM thing WHERE name = $1",
    .params = (const enum db_type[]){DB_TEXT},
    .param_count = 1};
static const struct db_query BY_IDS = {
    .name = "by_ids",
    .sqlite = "SELECT id FROM thing WHERE id IN (SELECT value FROM json_each(?1)) ORDER BY id",
    .postgres = "SELECT id FROM thing WHERE id = ANY ($1) ORDER BY id",
    .params = (const enum db_type[]){DB_I64_ARRAY},
    .param_count = 1};
static const struct db_query BY_NAMES = {
    .name = "by_names",
    .sqlite = "SELECT id FROM thing WHERE name IN (SELECT value FROM json_each(?1)) ORDER BY id",
    .postgres = "SELECT id FROM thing WHERE name = ANY ($1) ORDER BY id",
    .params = (const enum db_type[]){DB_TEXT_ARRAY},
    .param_count = 1};
static const struct db_query DELETE_ALL = {
    .name = "delete", .sqlite = "DELETE FROM thing", .postgres = "DELETE FROM thing"};
static const struct db_query ENDLESS = {
    .name = "endless",
    .sqlite = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) "
              "SELECT COUNT(*) FROM n",
    .postgres = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) "
                "SELECT COUNT(*) FROM n"};

// --- the world --------------------------------------------------------------------------------

static bool try_open(struct world *w, const struct db_migration *migrations, size_t count,
                     struct error *err)
{
    const struct db_options options = {.url = w->url,
                                       .migrations = migrations,
                                       .migration_count = count,
                                       .statement_timeout_ms = 200};
    w->open = mem_ctx_new(w->ctx, "open");
    return db_open(w->open, &options, &w->store, err);
}

static void reopen(struct world *w)
{
    struct error err = {0};
    mem_free(w->open);
    if (!try_open(w, MIGRATIONS_1, 2, &err)) {
        fail_msg("%s (%s)", err.message, err.detail);
    }
}

static int setup(void **state)
{
    random_init();
    mem_ctx *ctx = mem_ctx_new(NULL, "test");
    struct world *w = mem_new(ctx, struct world);
    w->ctx = ctx;
    char *folder = mem_text(ctx, "/tmp/steward-test-XXXXXX");
    w->folder = mkdtemp(folder);
    assert_non_null(w->folder);
    w->url = mem_printf(ctx, "sqlite:%s/steward.db", folder);
    reopen(w);
    *state = w;
    return 0;
}

static int teardown(void **state)
{
    struct world *w = *state;
    mem_free(w->open);
    static const char *const NAMES[] = {"steward.db", "steward.db-wal", "steward.db-shm"};
    for (size_t i = 0; i < 3; i++) {
        (void)unlink(mem_printf(w->ctx, "%s/%s", w->folder, NAMES[i]));
    }
    (void)rmdir(w->folder);
    mem_free(w->ctx);
    return 0;
}

// --- what transactions do in these tests ------------------------------------------------------

struct thing {
    const char *name;
    struct str picture;
    int64_t id;      // of what was inserted
    bool then_fail;  // after writing
    int64_t seen;    // rows counted inside
};

static bool count_things(struct db *db, int64_t *ret, struct error *err)
{
    struct db_cursor *rows;
    bool row = false;
    if (!db_query_start(db, &COUNT, NULL, &rows, err)) {
        return false;
    }
    bool ok = db_query_step(rows, &row, err) && row;
    if (ok) {
        *ret = db_column_i64(rows, 0);
    }
    db_query_end(rows);
    return ok;
}

static bool insert_named(struct db *db, int64_t id, const char *name, struct str picture,
                         struct error *err)
{
    const struct db_value params[] = {DB_VALUE_I64(id), DB_VALUE_TEXT(str_c(name)),
                                      DB_VALUE_BLOB(picture)};
    int64_t changes = 0;
    return db_exec(db, &INSERT, params, &changes, err) && changes == 1;
}

static bool insert_thing(struct db *db, void *arg, struct error *err)
{
    struct thing *thing = arg;
    thing->id = db_next_id(db);
    if (!insert_named(db, thing->id, thing->name, thing->picture, err) ||
        !count_things(db, &thing->seen, err)) {
        return false;
    }
    return !thing->then_fail || error_set(err, ERR_FORBIDDEN, "changed my mind");
}

static bool count_fn(struct db *db, void *arg, struct error *err)
{
    return count_things(db, arg, err);
}

static int64_t count_now(struct world *w)
{
    int64_t count = -1;
    struct error err = {0};
    if (!db_read(w->store, count_fn, &count, &err)) {
        fail_msg("%s (%s)", err.message, err.detail);
    }
    return count;
}

static void must_insert(struct world *w, const char *name)
{
    struct error err = {0};
    struct thing thing = {.name = name};
    if (!db_tx_run(w->store, "insert", insert_thing, &thing, &err)) {
        fail_msg("%s (%s)", err.message, err.detail);
    }
}

// --- tests ------------------------------------------------------------------------------------

static void test_files_are_private(void **state)
{
    struct world *w = *state;
    struct stat info;
    must_insert(w, "a");
    assert_int_equal(stat(mem_printf(w->ctx, "%s/steward.db", w->folder), &info), 0);
    assert_int_equal(info.st_mode & 0777, 0600);
    assert_int_equal(stat(mem_printf(w->ctx, "%s/steward.db-wal", w->folder), &info), 0);
    assert_int_equal(info.st_mode & 0777, 0600);
}

static bool read_pictures(struct db *db, void *arg UNUSED, struct error *err)
{
    const struct db_value params[] = {DB_VALUE_TEXT(STR("empty"))};
    static const char *const NAMES[] = {"none", "empty", "nul"};
    for (int i = 0; i < 3; i++) {
        struct db_value name = DB_VALUE_TEXT(str_c(NAMES[i]));
        struct db_cursor *rows;
        bool row = false;
        if (!db_query_start(db, &BY_NAME, i == 1 ? params : &name, &rows, err) ||
            !db_query_step(rows, &row, err)) {
            return false;
        }
        assert_true(row);
        struct str picture = db_column_text(rows, 2);
        assert_int_equal(db_column_null(rows, 2), i == 0);
        assert_int_equal(str_none(picture), i == 0);
        assert_int_equal(picture.len, i == 2 ? 3 : 0);
        assert_true(str_eq_c(db_column_text(rows, 1), NAMES[i]));
        db_query_end(rows);
    }
    return true;
}

static void test_values(void **state)
{
    struct world *w = *state;
    struct error err = {0};
    struct thing things[] = {{.name = "none"},
                             {.name = "empty", .picture = STR("")},
                             {.name = "nul", .picture = {"a\0b", 3}}};
    for (int i = 0; i < 3; i++) {
        assert_true(db_tx_run(w->store, "insert", insert_thing, &things[i], &err));
        assert_int_equal(things[i].seen, i + 1);  // its own write
    }
    assert_true(db_read(w->store, read_pictures, NULL, &err));
}

static bool read_arrays(struct db *db, void *arg, struct error *err)
{
    const struct thing *things = arg;
    const int64_t ids[] = {things[2].id, 7, things[0].id};
    const struct str names[] = {str_c("x"), str_c("quoted \"and\" \\{odd},\n"), STR("")};
    const struct db_value by_ids[] = {DB_VALUE_I64S(ids, 3)};
    const struct db_value by_names[] = {DB_VALUE_TEXTS(names, 3)};
    const struct db_value by_none[] = {DB_VALUE_I64S(NULL, 0)};
    const struct {
        const struct db_query *query;
        const struct db_value *params;
        int rows;
    } cases[] = {{&BY_IDS, by_ids, 2}, {&BY_NAMES, by_names, 2}, {&BY_IDS, by_none, 0}};
    for (int i = 0; i < 3; i++) {
        struct db_cursor *rows;
        bool row = true;
        int count = 0;
        if (!db_query_start(db, cases[i].query, cases[i].params, &rows, err)) {
            return false;
        }
        while (db_query_step(rows, &row, err) && row) {
            count++;
        }
        db_query_end(rows);
        assert_int_equal(count, cases[i].rows);
    }
    return true;
}

static void test_arrays(void **state)
{
    struct world *w = *state;
    struct error err = {0};
    struct thing things[] = {{.name = "x"}, {.name = "y"}, {.name = "quoted \"and\" \\{odd},\n"}};
    for (int i = 0; i < 3; i++) {
        assert_true(db_tx_run(w->store, "insert", insert_thing, &things[i], &err));
    }
    assert_true(db_read(w->store, read_arrays, things, &err));
}

static void test_failure_rolls_back(void **state)
{
    struct world *w = *state;
    struct error err = {0};
    struct thing thing = {.name = "a", .then_fail = true};
    assert_false(db_tx_run(w->store, "insert", insert_thing, &thing, &err));
    assert_int_equal(err.code, ERR_FORBIDDEN);
    assert_int_equal(thing.seen, 1);
    assert_int_equal(count_now(w), 0);
}

static void test_duplicate_is_conflict(void **state)
{
    struct world *w = *state;
    struct error err = {0};
    struct thing thing = {.name = "a"};
    must_insert(w, "a");
    assert_false(db_tx_run(w->store, "insert", insert_thing, &thing, &err));
    assert_int_equal(err.code, ERR_CONFLICT);
    assert_string_equal(err.word, "DuplicateValue");
}

static void test_reader_cannot_write(void **state)
{
    struct world *w = *state;
    struct error err = {0};
    struct db *db;
    must_insert(w, "a");
    assert_true(db_read_begin(w->store, &db, &err));
    assert_false(db_exec(db, &DELETE_ALL, NULL, NULL, &err));
    assert_int_equal(err.code, ERR_INTERNAL);
    db_read_end(db);
    assert_int_equal(count_now(w), 1);
}

static void test_reader_sees_one_snapshot(void **state)
{
    struct world *w = *state;
    struct error err = {0};
    struct db *db;
    int64_t count = -1;
    must_insert(w, "a");
    assert_true(db_read_begin(w->store, &db, &err));
    assert_true(count_things(db, &count, &err));
    must_insert(w, "b");
    assert_true(count_things(db, &count, &err));
    assert_int_equal(count, 1);
    assert_int_equal(count_now(w), 1);  // a read inside a read shares it
    db_read_end(db);
    assert_int_equal(count_now(w), 2);
}

static bool endless(struct db *db, void *arg UNUSED, struct error *err)
{
    struct db_cursor *rows;
    bool row = false;
    if (!db_query_start(db, &ENDLESS, NULL, &rows, err)) {
        return false;
    }
    bool ok = db_query_step(rows, &row, err);
    db_query_end(rows);
    return ok;
}

static void test_slow_statement_is_stopped(void **state)
{
    struct world *w = *state;
    struct error err = {0};
    assert_false(db_read(w->store, endless, NULL, &err));
    assert_int_equal(err.code, ERR_BUSY);
    assert_int_equal(count_now(w), 0);
}

static bool savepoints(struct db *db, void *arg UNUSED, struct error *err)
{
    // a, (b, (c) kept) undone, (d) kept
    if (!insert_named(db, 1, "a", STR_NONE, err) || !db_savepoint(db, err) ||
        !insert_named(db, 2, "b", STR_NONE, err) || !db_savepoint(db, err) ||
        !insert_named(db, 3, "c", STR_NONE, err)) {
        return false;
    }
    db_savepoint_keep(db);
    db_savepoint_undo(db);
    if (!db_savepoint(db, err) || !insert_named(db, 4, "d", STR_NONE, err)) {
        return false;
    }
    db_savepoint_keep(db);
    // A failed statement inside a savepoint can be undone alone.
    struct error inner = {0};
    if (!db_savepoint(db, err)) {
        return false;
    }
    assert_false(insert_named(db, 5, "a", STR_NONE, &inner));
    db_savepoint_undo(db);
    int64_t count = 0;
    return count_things(db, &count, err) && count == 2;
}

static void test_savepoints(void **state)
{
    struct world *w = *state;
    struct error err = {0};
    assert_true(db_tx_run(w->store, "savepoints", savepoints, NULL, &err));
    assert_int_equal(count_now(w), 2);
}

struct hooks {
    int order;
    int first, second;
    pthread_t thread;
};

static void hook_first(void *arg)
{
    struct hooks *hooks = arg;
    hooks->first = ++hooks->order;
    hooks->thread = pthread_self();
}

static void hook_second(void *arg)
{
    struct hooks *hooks = arg;
    hooks->second = ++hooks->order;
}

static bool with_hooks(struct db *db, void *arg, struct error *err)
{
    struct hooks *hooks = arg;
    db_after_commit(db, hook_first, hooks);
    db_after_commit(db, hook_second, hooks);
    assert_int_equal(hooks->order, 0);
    return insert_named(db, db_next_id(db), mem_text(db_tx_ctx(db), "a"), STR_NONE, err);
}

static void test_after_commit(void **state)
{
    struct world *w = *state;
    struct error err = {0};
    struct hooks hooks = {0};
    assert_true(db_tx_run(w->store, "hooks", with_hooks, &hooks, &err));
    assert_int_equal(hooks.first, 1);
    assert_int_equal(hooks.second, 2);
    assert_true(pthread_equal(hooks.thread, pthread_self()));
    hooks = (struct hooks){0};
    assert_false(db_tx_run(w->store, "hooks", with_hooks, &hooks, &err));  // "a" exists
    assert_int_equal(hooks.order, 0);
}

static bool take_number(struct db *db, void *arg, struct error *err)
{
    struct thing *thing = arg;
    return db_next_number(db, "ticket", &thing->seen, err) &&
           (!thing->then_fail || error_set(err, ERR_INVALID, "no"));
}

static void test_numbers_have_no_gap(void **state)
{
    struct world *w = *state;
    struct error err = {0};
    struct thing thing = {0};
    assert_true(db_tx_run(w->store, "number", take_number, &thing, &err));
    assert_int_equal(thing.seen, 1);
    thing.then_fail = true;
    assert_false(db_tx_run(w->store, "number", take_number, &thing, &err));
    assert_int_equal(thing.seen, 2);
    thing.then_fail = false;
    reopen(w);
    assert_true(db_tx_run(w->store, "number", take_number, &thing, &err));
    assert_int_equal(thing.seen, 2);
}

static bool take_ids(struct db *db, void *arg, struct error *err)
{
    int64_t *last = arg;
    for (int i = 0; i < 2500; i++) {
        int64_t id = db_next_id(db);
        if (id <= *last) {
            return error_set(err, ERR_INTERNAL, "id went back");
        }
        *last = id;
    }
    return insert_named(db, *last, mem_printf(db_tx_ctx(db), "%ld", (long)*last), STR_NONE, err);
}

static bool take_ids_and_fail(struct db *db, void *arg, struct error *err)
{
    return take_ids(db, arg, err) && error_set(err, ERR_INVALID, "no");
}

static void test_ids_never_repeat(void **state)
{
    struct world *w = *state;
    struct error err = {0};
    int64_t last = 1000000000;
    for (int i = 0; i < 3; i++) {
        assert_true(db_tx_run(w->store, "ids", take_ids, &last, &err));
        assert_false(db_tx_run(w->store, "ids", take_ids_and_fail, &last, &err));
        assert_int_equal(err.code, ERR_INVALID);
    }
    assert_true(db_tx_run(w->store, "ids", take_ids, &last, &err));
    reopen(w);
    assert_true(db_tx_run(w->store, "ids", take_ids, &last, &err));
}

static bool insert_some(struct db *db, void *arg UNUSED, struct error *err)
{
    for (int i = 0; i < 300; i++) {
        int64_t id = db_next_id(db);
        if (!insert_named(db, id, mem_printf(db_tx_ctx(db), "%ld", (long)id), STR_NONE, err)) {
            return false;
        }
    }
    return true;
}

static void test_programs_share_ids(void **state)
{
    struct world *w = *state;
    struct error err = {0};
    struct world other = *w;
    assert_true(try_open(&other, MIGRATIONS_1, 2, &err));
    for (int i = 0; i < 8; i++) {
        assert_true(db_tx_run(other.store, "ids", insert_some, NULL, &err));
        assert_true(db_tx_run(w->store, "ids", insert_some, NULL, &err));
    }
    mem_free(other.open);
}

static void test_migrations_are_checked(void **state)
{
    struct world *w = *state;
    struct error err = {0};
    struct db_migration changed[] = {MIGRATIONS_1[0], MIGRATIONS_1[1]};
    changed[1].sqlite = changed[1].postgres = "CREATE TABLE other (id BIGINT PRIMARY KEY)";
    must_insert(w, "a");
    mem_free(w->open);
    assert_false(try_open(w, changed, 2, &err));
    assert_non_null(strstr(err.message, "test/0002_more"));
    mem_free(w->open);
    assert_false(try_open(w, MIGRATIONS_1, 1, &err));
    assert_non_null(strstr(err.message, "newer version"));
    mem_free(w->open);
    const struct db_migration broken[] = {MIGRATIONS_1[0],
                                          MIGRATIONS_1[1],
                                          {"test/0003_broken", "CREATE TABLE x (id BIGINT); OOPS",
                                           "CREATE TABLE x (id BIGINT); OOPS"}};
    assert_false(try_open(w, broken, 3, &err));
    assert_non_null(strstr(err.detail, "test/0003_broken"));
    w->open = NULL;
    reopen(w);
    assert_int_equal(count_now(w), 1);
}

static void test_unusable_files_are_explained(void **state)
{
    struct world *w = *state;
    struct error err = {0};
    struct world other = {.ctx = w->ctx};
    other.url = mem_printf(w->ctx, "sqlite:%s/none/steward.db", w->folder);
    assert_false(try_open(&other, MIGRATIONS_1, 2, &err));
    assert_int_equal(err.code, ERR_UNAVAILABLE);
    const char *path = mem_printf(w->ctx, "%s/junk", w->folder);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    for (int i = 0; i < 1000; i++) {
        (void)fputs("This is no database.", file);
    }
    assert_int_equal(fclose(file), 0);
    other.url = mem_printf(w->ctx, "sqlite:%s", path);
    assert_false(try_open(&other, MIGRATIONS_1, 2, &err));
    assert_int_equal(err.code, ERR_UNAVAILABLE);
    assert_non_null(strstr(err.message, "damaged"));
    assert_int_equal(unlink(path), 0);
}

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

static bool built(struct db *db, void *arg, struct error *err)
{
    mem_ctx *ctx = arg;
    for (int round = 0; round < 2; round++) {
        for (int i = 0; i < 100; i++) {
            struct str sql = str_printf(
                ctx, db_engine_of(db) == DB_SQLITE ? "SELECT %d + ?1" : "SELECT %d + $1", i);
            const struct db_value params[] = {DB_VALUE_I64(1000)};
            struct db_cursor *rows;
            struct db_cursor *inner;
            bool row = false;
            if (!db_query_built(db, sql, params, 1, &rows, err) ||
                !db_query_built(db, sql, params, 1, &inner, err) ||
                !db_query_step(rows, &row, err) || !db_query_step(inner, &row, err)) {
                return false;
            }
            assert_int_equal(db_column_i64(rows, 0), 1000 + i);
            assert_int_equal(db_column_i64(inner, 0), 1000 + i);
            db_query_end(inner);
            db_query_end(rows);
        }
    }
    return true;
}

static void test_built_queries(void **state)
{
    struct world *w = *state;
    struct error err = {0};
    uint64_t before = db_statement_count();
    assert_true(db_read(w->store, built, w->ctx, &err));
    assert_int_equal(db_statement_count() - before, 400);
    must_insert(w, "counted too");
    assert_int_equal(db_statement_count() - before, 402);
}

int main(void)
{
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_files_are_private),
        TEST(test_values),
        TEST(test_arrays),
        TEST(test_failure_rolls_back),
        TEST(test_duplicate_is_conflict),
        TEST(test_reader_cannot_write),
        TEST(test_reader_sees_one_snapshot),
        TEST(test_slow_statement_is_stopped),
        TEST(test_savepoints),
        TEST(test_after_commit),
        TEST(test_numbers_have_no_gap),
        TEST(test_ids_never_repeat),
        TEST(test_programs_share_ids),
        TEST(test_migrations_are_checked),
        TEST(test_unusable_files_are_explained),
        TEST(test_many_threads),
        TEST(test_one_that_cannot_commit),
        TEST(test_full_disk_hurts_only_the_big_one),
        TEST(test_commit_that_fails),
        TEST(test_built_queries),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
