// SPDX-License-Identifier: GPL-3.0-or-later
//
// Transactions are SERIALIZABLE, so that rules may reason as on SQLite, where one thread writes;
// those that ran into another one are run again. Counters would make all who create tickets
// collide, so a transaction known to use one first waits its turn, by locking a table: that is the
// one lock that can be waited for before the snapshot is taken, and it ends with the transaction.
//
// A transaction whose connection is lost is run again on a new one. Where it was lost at COMMIT,
// its mark tells whether the database has it (see postgres_committed()).
#include <assert.h>
#include <pthread.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/random.h"
#include "db/postgres_internal.h"

// Connections for transactions; more threads than that wait for one.
#define WRITERS_MAX 16
#define TRIES_MAX 12
// Names of transactions known to use a counter.
#define TURNS_MAX 16
// How long a transaction may look for a server that takes it, and for what became of it.
#define PATIENCE_MS 10000
#define PATIENCE_AFTER_COMMIT_MS 60000
#define PAUSE_WITHOUT_SERVER_MS 100
// How long all migrations of one start may wait for others, and one for a lock that it needs: who
// waits for a lock makes all wait that come after.
#define PATIENCE_MIGRATING_MS (10 * 60 * 1000)
// After so many commits their marks are forgotten.
#define MARKS_KEPT 1000

#define BEGIN_READING "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
#define BEGIN_LOOSE "BEGIN ISOLATION LEVEL READ COMMITTED"
#define BEGIN_WRITING "BEGIN ISOLATION LEVEL SERIALIZABLE"
// A serializable transaction that reads a whole table runs into everybody who writes to it. While
// tables are small, PostgreSQL would rather read them whole.
#define BY_INDEX "enable_seqscan = off"
#define TAKE_TURN "LOCK TABLE steward_turn IN EXCLUSIVE MODE"

struct postgres_store {
    struct db_store base;
    const char *url;
    struct per_thread readers;
    struct postgres_notices *notices;
    int64_t run;  // of this program, in marks

    pthread_mutex_t lock;  // of what follows
    pthread_cond_t writer_free;
    struct postgres_conn *writers;  // that nobody uses
    int writers_out;
    const char *turns[TURNS_MAX];
    int turn_count;
    struct tx *under_way;
    int64_t marks;
    int64_t marks_forgotten;

    pthread_mutex_t id_lock;
    int64_t next_id, id_limit;
};

struct reader {
    struct postgres_db db;
    int depth;  // reads inside reads share one snapshot
};

struct tx {
    struct postgres_db db;
    struct postgres_store *store;
    const char *name;
    bool doomed;  // no id could be had
    bool migrating;
    bool loose;
    int64_t number;  // of its mark
    struct tx *next;
};

enum outcome {
    TX_DONE,
    TX_FAILED,
    TX_AGAIN,    // it ran into another one
    TX_LOST,     // the connection is gone, and nothing was saved
    TX_UNKNOWN,  // gone at COMMIT
};

static const struct db_ops POSTGRES_OPS;

// --- readers ----------------------------------------------------------------------------------

static void reader_close(void *handle)
{
    struct reader *reader = handle;
    if (reader->db.conn != NULL) {
        postgres_conn_close(reader->db.conn);
    }
    mem_free(reader);
}

// Reads the answer to the COMMIT that ended the last snapshot.
static void reader_drain(struct postgres_conn *conn)
{
    if (conn->ending) {
        for (PGresult *result = PQgetResult(conn->handle); result != NULL;
             result = PQgetResult(conn->handle)) {
            PQclear(result);
        }
        conn->ending = false;
    }
}

// Nothing is sent before the first statement is.
static void snapshot_ahead(struct postgres_conn *conn)
{
    postgres_ahead(conn, BEGIN_READING);
    if (conn->pooled && conn->timeout_ms > 0) {
        postgres_ahead(conn, conn->timeout_sql);
    }
}

static bool reader_open(const struct postgres_store *store, struct reader *reader,
                        struct error *err)
{
    struct postgres_conn *conn = reader->db.conn;
    if (conn == NULL) {
        if (!postgres_conn_open(store->url, &conn, err)) {
            return false;
        }
        conn->reader = true;
        reader->db.conn = conn;
    }
    reader_drain(conn);
    return postgres_conn_timeout(conn, store->base.statement_timeout_ms, err);
}

static bool read_begin(struct db_store *base, struct db **ret, struct error *err)
{
    struct postgres_store *store = (struct postgres_store *)base;
    struct reader *reader = per_thread_get(&store->readers);
    if (reader == NULL) {
        reader = mem_new(NULL, struct reader);
        reader->db.base = (struct db){.ops = &POSTGRES_OPS, .store = base};
        per_thread_set(&store->readers, reader);
    }
    if (reader->depth == 0) {
        if (!reader_open(store, reader, err)) {
            return false;
        }
        snapshot_ahead(reader->db.conn);
        reader->db.base.outdated = false;
    }
    reader->depth++;
    *ret = &reader->db.base;
    return true;
}

static struct db *reading(struct db_store *base)
{
    struct reader *reader = per_thread_get(&((struct postgres_store *)base)->readers);
    return reader != NULL && reader->depth > 0 ? &reader->db.base : NULL;
}

static bool read_anew(struct db *db, struct error *err UNUSED)
{
    struct postgres_conn *conn = ((struct postgres_db *)db)->conn;
    if (conn->ahead_count == 0) {
        postgres_ahead(conn, "COMMIT");
        snapshot_ahead(conn);
    }
    return true;
}

// A shorter time than usual is not worth a statement: the server looks after its own files.
static void read_within(struct db *db, int ms)
{
    if (ms == 0) {
        postgres_ahead(((struct postgres_db *)db)->conn, "SET LOCAL statement_timeout = 0");
    }
}

static void read_end(struct db *db)
{
    struct reader *reader = (struct reader *)db;
    struct postgres_conn *conn = reader->db.conn;
    assert(reader->depth > 0);
    if (--reader->depth == 0) {
        assert(db->open_cursors == 0);
        bool snapshot = conn->ahead_count == 0 || strcmp(conn->ahead[0], "COMMIT") == 0;
        conn->ahead_count = 0;
        // Nobody waits for the answer.
        conn->ending = snapshot && PQsendQuery(conn->handle, "COMMIT") == 1;
    }
}

// --- the pool of writers ----------------------------------------------------------------------

static bool writer_open(const struct postgres_store *store, struct postgres_conn **ret,
                        struct error *err)
{
    if (!postgres_conn_open(store->url, ret, err)) {
        return false;
    }
    if ((*ret)->pooled || postgres_do(*ret, "SET " BY_INDEX, err)) {
        return true;
    }
    postgres_conn_close(*ret);
    return false;
}

static bool writer_take(struct postgres_store *store, struct postgres_conn **ret, struct error *err)
{
    (void)pthread_mutex_lock(&store->lock);
    while (store->writers == NULL && store->writers_out >= WRITERS_MAX) {
        (void)pthread_cond_wait(&store->writer_free, &store->lock);
    }
    struct postgres_conn *conn = store->writers;
    if (conn != NULL) {
        store->writers = conn->next;
    }
    store->writers_out++;
    (void)pthread_mutex_unlock(&store->lock);
    if (conn == NULL && !writer_open(store, &conn, err)) {
        (void)pthread_mutex_lock(&store->lock);
        store->writers_out--;
        (void)pthread_cond_signal(&store->writer_free);
        (void)pthread_mutex_unlock(&store->lock);
        return false;
    }
    *ret = conn;
    return true;
}

static void writers_close(struct postgres_conn *conn)
{
    while (conn != NULL) {
        struct postgres_conn *next = conn->next;
        postgres_conn_close(conn);
        conn = next;
    }
}

static void writer_give(struct postgres_store *store, struct postgres_conn *conn)
{
    struct postgres_conn *dead = NULL;
    bool lost = postgres_conn_lost(conn);
    (void)pthread_mutex_lock(&store->lock);
    if (lost) {
        // So are the others, most likely.
        dead = store->writers;
        store->writers = NULL;
        conn->next = dead;
        dead = conn;
    } else {
        conn->next = store->writers;
        store->writers = conn;
    }
    store->writers_out--;
    (void)pthread_cond_signal(&store->writer_free);
    (void)pthread_mutex_unlock(&store->lock);
    writers_close(dead);
}

// --- turns ------------------------------------------------------------------------------------

static bool has_turn(struct postgres_store *store, const char *name)
{
    bool found = false;
    (void)pthread_mutex_lock(&store->lock);
    for (int i = 0; i < store->turn_count && !found; i++) {
        found = strcmp(store->turns[i], name) == 0;
    }
    (void)pthread_mutex_unlock(&store->lock);
    return found;
}

static void number_wanted(struct db *db, const char *counter UNUSED)
{
    const struct tx *tx = (struct tx *)db;
    struct postgres_store *store = tx->store;
    if (has_turn(store, tx->name)) {
        return;
    }
    (void)pthread_mutex_lock(&store->lock);
    if (store->turn_count < TURNS_MAX) {
        store->turns[store->turn_count++] = mem_text(store, tx->name);
    }
    (void)pthread_mutex_unlock(&store->lock);
}

// --- marks ------------------------------------------------------------------------------------

static void mark_new(struct tx *tx)
{
    struct postgres_store *store = tx->store;
    (void)pthread_mutex_lock(&store->lock);
    tx->number = ++store->marks;
    (void)pthread_mutex_unlock(&store->lock);
}

static void under_way_add(struct tx *tx)
{
    struct postgres_store *store = tx->store;
    (void)pthread_mutex_lock(&store->lock);
    tx->number = ++store->marks;
    tx->next = store->under_way;
    store->under_way = tx;
    (void)pthread_mutex_unlock(&store->lock);
}

// *ret_below: marks below it are of no more use, and it is time to forget them; or 0.
static void under_way_remove(const struct tx *tx, int64_t *ret_below)
{
    struct postgres_store *store = tx->store;
    (void)pthread_mutex_lock(&store->lock);
    int64_t below = store->marks + 1;
    for (struct tx **link = &store->under_way; *link != NULL;) {
        if (*link == tx) {
            *link = tx->next;
        } else {
            below = (*link)->number < below ? (*link)->number : below;
            link = &(*link)->next;
        }
    }
    bool due = below > store->marks_forgotten + MARKS_KEPT;
    store->marks_forgotten = due ? below : store->marks_forgotten;
    (void)pthread_mutex_unlock(&store->lock);
    *ret_below = due ? below : 0;
}

// --- transactions -----------------------------------------------------------------------------

static bool fn_run(struct tx *tx, db_fn *fn, void *arg, struct error *err)
{
    struct db *db = &tx->db.base;
    db_tx_begin(db);
    tx->doomed = false;
    db_thread_in_tx(true);
    bool ok = fn(db, arg, err);
    db_thread_in_tx(false);
    assert(db->open_cursors == 0);
    assert(!ok || db->savepoints == 0);
    if (ok && tx->doomed) {
        return error_internal(err, "no id could be had");
    }
    return ok;
}

static enum outcome failed(const struct postgres_conn *conn)
{
    return postgres_conn_lost(conn) ? TX_LOST : conn->try_again ? TX_AGAIN : TX_FAILED;
}

// The lock is waited for before anything that others need is locked; then nothing is waited for
// long, since who waits for a table makes everybody wait who comes after.
static bool migration_begin(struct postgres_conn *conn, struct error *err)
{
    postgres_ahead(conn, "BEGIN");
    postgres_ahead(conn, "SET LOCAL lock_timeout = '600s'");
    postgres_ahead(conn, "SELECT pg_advisory_xact_lock(7310874361)");
    return postgres_do(conn, "SET LOCAL lock_timeout = '2s'", err);
}

static void begin_ahead(const struct tx *tx)
{
    postgres_ahead(tx->db.conn, tx->loose ? BEGIN_LOOSE : BEGIN_WRITING);
    if (tx->db.conn->pooled) {
        postgres_ahead(tx->db.conn, "SET LOCAL " BY_INDEX);
    }
    if (has_turn(tx->store, tx->name)) {
        postgres_ahead(tx->db.conn, TAKE_TURN);
    }
}

static enum outcome tx_try(struct tx *tx, db_fn *fn, void *arg, struct error *err)
{
    struct postgres_conn *conn = tx->db.conn;
    conn->try_again = false;
    conn->wrote = false;
    if (tx->migrating ? !migration_begin(conn, err) : (begin_ahead(tx), false)) {
        enum outcome outcome = failed(conn);
        postgres_rollback(conn);
        return outcome;
    }
    if (!fn_run(tx, fn, arg, err)) {
        enum outcome outcome = failed(conn);
        postgres_rollback(conn);
        return outcome;
    }
    if (postgres_commit(conn, (struct postgres_mark){tx->store->run, tx->number}, err)) {
        return TX_DONE;
    }
    if (postgres_conn_lost(conn)) {
        return conn->wrote ? TX_UNKNOWN : TX_LOST;
    }
    postgres_rollback(conn);
    return conn->try_again ? TX_AGAIN : TX_FAILED;
}

static void pause_us(int64_t us)
{
    const struct timespec pause = {.tv_sec = us / 1000000, .tv_nsec = us % 1000000 * 1000};
    (void)nanosleep(&pause, NULL);
}

// Longer after each try, and by chance, so that two do not meet again.
static void wait_before_try(int tries)
{
    int64_t most_us = INT64_C(500) << (tries < 8 ? tries : 8);
    pause_us((int64_t)random_below((uint64_t)most_us) + 100);
}

// After COMMIT was sent and the connection was lost: asks until somebody knows.
static enum outcome outcome_find(const struct tx *tx, struct error *err)
{
    const struct postgres_mark mark = {tx->store->run, tx->number};
    int64_t until = clock_monotonic_us() + PATIENCE_AFTER_COMMIT_MS * INT64_C(1000);
    while (clock_monotonic_us() < until) {
        struct postgres_conn *conn;
        struct error ignored;
        bool saved = false;
        bool known = false;
        if (writer_take(tx->store, &conn, &ignored)) {
            known = postgres_committed(conn, mark, &saved, &ignored);
            writer_give(tx->store, conn);
        }
        if (known) {
            return saved ? TX_DONE : TX_LOST;
        }
        pause_us(PAUSE_WITHOUT_SERVER_MS * INT64_C(1000));
    }
    (void)error_set(err, ERR_UNAVAILABLE,
                    "The connection to the database broke at the very end, so it is not known "
                    "whether this was saved. Please look before you try again.");
    return TX_FAILED;
}

static enum outcome tx_once(struct tx *tx, db_fn *fn, void *arg, struct error *err)
{
    if (!writer_take(tx->store, &tx->db.conn, err)) {
        return TX_LOST;
    }
    enum outcome outcome = tx_try(tx, fn, arg, err);
    writer_give(tx->store, tx->db.conn);
    if (outcome == TX_UNKNOWN) {
        outcome = outcome_find(tx, err);
        // The mark is used up.
        mark_new(tx);
    }
    return outcome;
}

static bool tx_loop(struct tx *tx, db_fn *fn, void *arg, struct error *err)
{
    int64_t patience = tx->migrating ? PATIENCE_MIGRATING_MS : PATIENCE_MS;
    int64_t until = clock_monotonic_us() + patience * 1000;
    enum outcome outcome = tx_once(tx, fn, arg, err);
    int tries = 1;
    while (outcome == TX_AGAIN || outcome == TX_LOST) {
        bool in_time = clock_monotonic_us() < until;
        if (outcome == TX_LOST && in_time) {
            pause_us(PAUSE_WITHOUT_SERVER_MS * INT64_C(1000));
        } else if (outcome == TX_AGAIN && (tx->migrating ? in_time : tries < TRIES_MAX)) {
            wait_before_try(tries++);
        } else {
            return false;
        }
        outcome = tx_once(tx, fn, arg, err);
    }
    return outcome == TX_DONE;
}

static void marks_forget(struct postgres_store *store, int64_t below)
{
    struct postgres_conn *conn;
    struct error ignored;
    if (below > 0 && writer_take(store, &conn, &ignored)) {
        postgres_marks_forget(conn, (struct postgres_mark){store->run, below});
        writer_give(store, conn);
    }
}

static bool run_tx(struct db_store *base, const char *name, bool loose, db_fn *fn, void *arg,
                   struct error *err)
{
    struct tx tx = {.store = (struct postgres_store *)base, .name = name, .loose = loose};
    tx.db.base = (struct db){.ops = &POSTGRES_OPS, .store = base, .writable = true};
    tx.migrating = strcmp(name, DB_MIGRATE_NAME) == 0;
    struct error failure = {0};
    int64_t below = 0;
    under_way_add(&tx);
    bool ok = tx_loop(&tx, fn, arg, &failure);
    under_way_remove(&tx, &below);
    if (ok) {
        db_after_run(&tx.db.base);
    } else {
        *err = failure;
    }
    db_tx_end(&tx.db.base);
    marks_forget(tx.store, below);
    return ok;
}

static bool tx_run(struct db_store *base, const char *name, db_fn *fn, void *arg, struct error *err)
{
    return run_tx(base, name, false, fn, arg, err);
}

static bool tx_run_loose(struct db_store *base, const char *name, db_fn *fn, void *arg,
                         struct error *err)
{
    return run_tx(base, name, true, fn, arg, err);
}

static struct postgres_conn *conn_of(struct db *db)
{
    return ((struct postgres_db *)db)->conn;
}

static bool savepoint(struct db *db, struct error *err)
{
    return postgres_do(conn_of(db), "SAVEPOINT part", err);
}

static void savepoint_keep(struct db *db)
{
    // Where these fail the transaction has failed, which COMMIT finds out.
    struct error ignored;
    (void)!postgres_do(conn_of(db), "RELEASE SAVEPOINT part", &ignored);
}

static void savepoint_undo(struct db *db)
{
    struct error ignored;
    (void)!postgres_do(conn_of(db), "ROLLBACK TO SAVEPOINT part", &ignored);
    (void)!postgres_do(conn_of(db), "RELEASE SAVEPOINT part", &ignored);
}

static bool script(struct db *db, const char *sql, struct error *err)
{
    return postgres_script(conn_of(db), sql, err);
}

// --- ids --------------------------------------------------------------------------------------

static bool id_block(struct db *db, int64_t *ret)
{
    static const struct db_query BLOCK = {.name = "db_id_block",
                                          .postgres = "SELECT nextval('steward_id')"};
    struct db_cursor *rows;
    struct error ignored;
    bool row = false;
    if (!postgres_start(db, &BLOCK, STR_NONE, NULL, 0, &rows, &ignored)) {
        return false;
    }
    (void)!postgres_step(rows, &row, &ignored);
    *ret = postgres_column_i64(rows, 0);
    postgres_end(rows);
    return true;
}

// The next id of the block at hand; 0 when it is used up.
static int64_t id_at_hand(struct postgres_store *store)
{
    (void)pthread_mutex_lock(&store->id_lock);
    int64_t id = store->next_id < store->id_limit ? store->next_id++ : 0;
    (void)pthread_mutex_unlock(&store->id_lock);
    return id;
}

// The sequence counts blocks; this program gives out the ids of its block. A sequence never goes
// back, whatever becomes of the transaction. No lock of ours is held while the server is asked:
// this may be the statement that waits for the transaction's turn, and whoever has it may want an
// id.
static int64_t next_id(struct db *db)
{
    struct tx *tx = (struct tx *)db;
    struct postgres_store *store = tx->store;
    int64_t id = id_at_hand(store);
    if (id != 0 || tx->doomed) {
        return id;
    }
    if (!id_block(db, &id)) {
        tx->doomed = true;
        return 0;
    }
    (void)pthread_mutex_lock(&store->id_lock);
    if (store->next_id >= store->id_limit) {
        store->next_id = id + 1;
        store->id_limit = id + DB_ID_RANGE;
    }
    (void)pthread_mutex_unlock(&store->id_lock);
    return id;
}

static void leave_ids(struct db *db)
{
    struct postgres_store *store = ((struct tx *)db)->store;
    (void)pthread_mutex_lock(&store->id_lock);
    store->next_id = store->id_limit;
    (void)pthread_mutex_unlock(&store->id_lock);
}

// --- notices ----------------------------------------------------------------------------------

static void tell(struct db_store *base, const char *channel, struct str payload)
{
    postgres_notices_tell(((struct postgres_store *)base)->notices, channel, payload);
}

static bool deaf(struct db_store *base)
{
    return !postgres_notices_hear(((struct postgres_store *)base)->notices);
}

// --- the store --------------------------------------------------------------------------------

// steward_turn is always empty: it is there to be locked.
static const char OWN_TABLES[] =
    "CREATE TABLE IF NOT EXISTS schema_migration (name TEXT PRIMARY KEY, hash TEXT NOT NULL, "
    "applied_at BIGINT NOT NULL);"
    "CREATE TABLE IF NOT EXISTS counter (name TEXT PRIMARY KEY, value BIGINT NOT NULL);"
    "CREATE TABLE IF NOT EXISTS steward_turn (nobody INTEGER);"
    "CREATE SEQUENCE IF NOT EXISTS steward_id START 1000000001 INCREMENT 1000";

static const struct db_ops POSTGRES_OPS = {.engine = DB_POSTGRES,
                                           .own_tables = OWN_TABLES,
                                           .read_begin = read_begin,
                                           .read_end = read_end,
                                           .read_within = read_within,
                                           .reading = reading,
                                           .read_anew = read_anew,
                                           .tx_run = tx_run,
                                           .tx_run_loose = tx_run_loose,
                                           .savepoint = savepoint,
                                           .savepoint_keep = savepoint_keep,
                                           .savepoint_undo = savepoint_undo,
                                           .next_id = next_id,
                                           .leave_ids = leave_ids,
                                           .number_wanted = number_wanted,
                                           .start = postgres_start,
                                           .step = postgres_step,
                                           .end = postgres_end,
                                           .exec = postgres_exec,
                                           .tell = tell,
                                           .deaf = deaf,
                                           .script = script,
                                           .column_null = postgres_column_null,
                                           .column_i64 = postgres_column_i64,
                                           .column_f64 = postgres_column_f64,
                                           .column_text = postgres_column_text};

static void store_close(void *handle)
{
    struct postgres_store *store = handle;
    mem_free(store->notices);
    per_thread_close(&store->readers);
    writers_close(store->writers);
    (void)pthread_mutex_destroy(&store->lock);
    (void)pthread_mutex_destroy(&store->id_lock);
    (void)pthread_cond_destroy(&store->writer_free);
}

// Found out here, where it can be said, that the server cannot be reached.
static bool first_connection(struct postgres_store *store, struct error *err)
{
    struct postgres_conn *conn;
    if (!writer_take(store, &conn, err)) {
        return false;
    }
    // Programs may start at once; the lock that migrations take is for this, too.
    bool ok = migration_begin(conn, err) && postgres_script(conn, POSTGRES_MARKS, err) &&
              postgres_do(conn, "COMMIT", err);
    if (ok) {
        postgres_marks_sweep(conn);
    } else {
        postgres_rollback(conn);
    }
    writer_give(store, conn);
    return ok;
}

bool postgres_store_open(mem_ctx *ctx, const char *url, const char *listen_url,
                         struct db_store **ret, struct error *err)
{
    struct postgres_store *store = mem_new(ctx, struct postgres_store);
    store->base.ops = &POSTGRES_OPS;
    store->base.listeners = db_listeners_new(store);
    store->url = mem_text(store, url);
    random_bytes(&store->run, sizeof store->run);
    if (!per_thread_init(&store->readers, reader_close, err)) {
        return false;
    }
    (void)pthread_mutex_init(&store->lock, NULL);
    (void)pthread_mutex_init(&store->id_lock, NULL);
    (void)pthread_cond_init(&store->writer_free, NULL);
    mem_on_free(ctx, store_close, store);
    bool direct = listen_url != NULL;
    if (!first_connection(store, err) ||
        !postgres_notices_start(NULL, &store->base, direct ? listen_url : url, direct,
                                &store->notices, err)) {
        return false;
    }
    *ret = &store->base;
    return true;
}
