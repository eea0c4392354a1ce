// SPDX-License-Identifier: GPL-3.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/random.h"
#include "db/postgres_internal.h"
#include "db/test_world.h"

const struct db_migration WORLD_MIGRATIONS[2] = {
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
static const struct db_query COUNT = {.name = "count",
                                      .sqlite = "SELECT COUNT(*) FROM thing",
                                      .postgres = "SELECT COUNT(*) FROM thing"};

// --- the world --------------------------------------------------------------------------------

bool try_open(struct world *w, const struct db_migration *migrations, size_t count,
              struct error *err)
{
    const struct db_options options = {.url = w->url,
                                       .migrations = migrations,
                                       .migration_count = count,
                                       .statement_timeout_ms = 200};
    w->open = mem_ctx_new(w->ctx, "open");
    return db_open(w->open, &options, &w->store, err);
}

void reopen(struct world *w)
{
    struct error err = {0};
    mem_free(w->open);
    if (!try_open(w, WORLD_MIGRATIONS, 2, &err)) {
        fail_msg("%s (%s)", err.message, err.detail);
    }
}

// Where with_postgres.sh has started a server; NULL when the tests are for SQLite.
const char *postgres_url(void)
{
    return getenv("STEWARD_TEST_POSTGRES");
}

void postgres_admin(const char *sql)
{
    PGconn *conn = PQconnectdb(postgres_url());
    PQclear(PQexec(conn, "SET client_min_messages = warning"));
    PGresult *result = PQexec(conn, sql);
    if (PQresultStatus(result) != PGRES_COMMAND_OK && PQresultStatus(result) != PGRES_TUPLES_OK) {
        fail_msg("%s", PQerrorMessage(conn));
    }
    PQclear(result);
    PQfinish(conn);
}

int world_setup(void **state)
{
    random_init();
    mem_ctx *ctx = mem_ctx_new(NULL, "test");
    struct world *w = mem_new(ctx, struct world);
    w->ctx = ctx;
    w->folder = mkdtemp(mem_text(ctx, "/tmp/steward-test-XXXXXX"));
    assert_non_null(w->folder);
    if (postgres_url() != NULL) {
        postgres_admin("CREATE SCHEMA desk");
        w->url = mem_printf(ctx, "%s&options=-csearch_path%%3Ddesk", postgres_url());
    } else {
        w->url = mem_printf(ctx, "sqlite:%s/steward.db", w->folder);
    }
    reopen(w);
    *state = w;
    return 0;
}

int world_teardown(void **state)
{
    struct world *w = *state;
    mem_free(w->open);
    if (postgres_url() != NULL) {
        postgres_admin("DROP SCHEMA desk CASCADE");
    }
    static const char *const NAMES[] = {"steward.db", "steward.db-wal", "steward.db-shm"};
    for (size_t i = 0; i < 3; i++) {
        (void)unlink(mem_printf(w->ctx, "%s/%s", w->folder, NAMES[i]));
    }
    (void)rmdir(w->folder);
    mem_free(w->ctx);
    return 0;
}

// --- what transactions do in these tests ------------------------------------------------------

bool count_things(struct db *db, int64_t *ret, struct error *err)
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

bool insert_named(struct db *db, int64_t id, const char *name, struct str picture,
                  struct error *err)
{
    const struct db_value params[] = {DB_VALUE_I64(id), DB_VALUE_TEXT(str_c(name)),
                                      DB_VALUE_BLOB(picture)};
    int64_t changes = 0;
    return db_exec(db, &INSERT, params, &changes, err) && changes == 1;
}

bool insert_thing(struct db *db, void *arg, struct error *err)
{
    struct thing *thing = arg;
    thing->id = db_next_id(db);
    if (!insert_named(db, thing->id, thing->name, thing->picture, err) ||
        !count_things(db, &thing->seen, err)) {
        return false;
    }
    return !thing->then_fail || error_set(err, ERR_FORBIDDEN, "changed my mind");
}

bool count_fn(struct db *db, void *arg, struct error *err)
{
    return count_things(db, arg, err);
}

int64_t count_now(struct world *w)
{
    int64_t count = -1;
    struct error err = {0};
    if (!db_read(w->store, count_fn, &count, &err)) {
        fail_msg("%s (%s)", err.message, err.detail);
    }
    return count;
}

void must_insert(struct world *w, const char *name)
{
    struct error err = {0};
    struct thing thing = {.name = name};
    if (!db_tx_run(w->store, "insert", insert_thing, &thing, &err)) {
        fail_msg("%s (%s)", err.message, err.detail);
    }
}

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

bool with_hooks(struct db *db, void *arg, struct error *err)
{
    struct hooks *hooks = arg;
    db_after_commit(db, hook_first, hooks);
    db_after_commit(db, hook_second, hooks);
    assert_int_equal(hooks->order, 0);
    return insert_named(db, db_next_id(db), mem_text(db_tx_ctx(db), "a"), STR_NONE, err);
}
