// SPDX-License-Identifier: GPL-3.0-or-later
//
// Transactions are SERIALIZABLE, so that rules may reason as on SQLite, where one thread writes;
// those that ran into another one are run again. Counters would make all who create tickets
// collide, so a transaction known to use one first waits its turn on an advisory lock.
#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "base/random.h"
#include "db/postgres_internal.h"

// Connections for transactions; more threads than that wait for one.
#define WRITERS_MAX 16
#define TRIES_MAX 12
// Names of transactions known to use a counter.
#define TURNS_MAX 16
#define RECONNECT_MS 1000
#define SNAPSHOT "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
#define NOTICE_MAX 7000
#define NOTICE_CHANNEL "steward"

struct turn {
    const char *name;
    int64_t key;
};

struct postgres_store {
    struct db_store base;
    const char *url;
    struct per_thread readers;

    pthread_mutex_t lock;  // of what follows
    pthread_cond_t writer_free;
    struct postgres_conn *writers;  // that nobody uses
    int writers_out;
    struct turn turns[TURNS_MAX];
    int turn_count;

    pthread_mutex_t id_lock;
    int64_t next_id, id_limit;

    struct str token;  // marks our own notices
    pthread_t listener;
    bool listening;
    int stop_event;
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
};

enum outcome { TX_DONE, TX_FAILED, TX_AGAIN };

static const struct db_ops POSTGRES_OPS;
static const enum db_type TEXT_PARAM[] = {DB_TEXT};
static const enum db_type KEY_PARAM[] = {DB_I64};

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

static bool timeout_set(struct postgres_conn *conn, struct postgres_db *db, int timeout_ms,
                        struct error *err)
{
    static const struct db_query SET = {.name = "db_timeout",
                                        .postgres =
                                            "SELECT set_config('statement_timeout', $1, false)",
                                        .params = TEXT_PARAM,
                                        .param_count = 1};
    if (conn->timeout_ms == timeout_ms) {
        return true;
    }
    mem_ctx *ctx = mem_ctx_new(NULL, "timeout");
    const struct db_value params[] = {DB_VALUE_TEXT(str_printf(ctx, "%d", timeout_ms))};
    bool ok = postgres_exec(&db->base, &SET, params, NULL, err);
    mem_free(ctx);
    if (ok) {
        conn->timeout_ms = timeout_ms;
    }
    return ok;
}

static bool snapshot_begin(struct postgres_store *store, struct reader *reader, struct error *err)
{
    if (reader->db.conn == NULL && !postgres_conn_open(store->url, &reader->db.conn, err)) {
        return false;
    }
    reader_drain(reader->db.conn);
    return timeout_set(reader->db.conn, &reader->db, store->base.statement_timeout_ms, err) &&
           postgres_do(reader->db.conn, SNAPSHOT, err);
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
    bool ok = reader->depth > 0 || snapshot_begin(store, reader, err);
    if (!ok && reader->db.conn != NULL && postgres_conn_lost(reader->db.conn)) {
        // The server was started again since; nothing was read yet, so a new connection will do.
        postgres_conn_close(reader->db.conn);
        reader->db.conn = NULL;
        ok = snapshot_begin(store, reader, err);
    }
    if (!ok) {
        return false;
    }
    if (reader->depth == 0) {
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

static bool read_anew(struct db *db, struct error *err)
{
    struct postgres_conn *conn = ((struct postgres_db *)db)->conn;
    return postgres_do(conn, "COMMIT", err) && postgres_do(conn, SNAPSHOT, err);
}

static void read_end(struct db *db)
{
    struct reader *reader = (struct reader *)db;
    assert(reader->depth > 0);
    if (--reader->depth == 0) {
        assert(db->open_cursors == 0);
        // Nobody waits for the answer.
        reader->db.conn->ending = PQsendQuery(reader->db.conn->handle, "COMMIT") == 1;
    }
}

// --- the pool of writers ----------------------------------------------------------------------

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
    if (conn == NULL && !postgres_conn_open(store->url, &conn, err)) {
        (void)pthread_mutex_lock(&store->lock);
        store->writers_out--;
        (void)pthread_cond_signal(&store->writer_free);
        (void)pthread_mutex_unlock(&store->lock);
        return false;
    }
    *ret = conn;
    return true;
}

static void writer_give(struct postgres_store *store, struct postgres_conn *conn)
{
    bool lost = postgres_conn_lost(conn);
    if (lost) {
        postgres_conn_close(conn);
    }
    (void)pthread_mutex_lock(&store->lock);
    if (!lost) {
        conn->next = store->writers;
        store->writers = conn;
    }
    store->writers_out--;
    (void)pthread_cond_signal(&store->writer_free);
    (void)pthread_mutex_unlock(&store->lock);
}

// --- turns ------------------------------------------------------------------------------------

// The advisory lock that the transaction waits on, 0 for none.
static int64_t turn_of(struct postgres_store *store, const char *name)
{
    int64_t key = 0;
    (void)pthread_mutex_lock(&store->lock);
    for (int i = 0; i < store->turn_count && key == 0; i++) {
        if (strcmp(store->turns[i].name, name) == 0) {
            key = store->turns[i].key;
        }
    }
    (void)pthread_mutex_unlock(&store->lock);
    return key;
}

static int64_t turn_key(const char *counter)
{
    return (int64_t)(str_hash(str_c(counter)) | 1);
}

static void turn_learn(struct postgres_store *store, const char *name, int64_t key)
{
    if (turn_of(store, name) != 0) {
        return;
    }
    (void)pthread_mutex_lock(&store->lock);
    if (store->turn_count < TURNS_MAX) {
        store->turns[store->turn_count++] =
            (struct turn){.name = mem_text(store, name), .key = key};
    }
    (void)pthread_mutex_unlock(&store->lock);
}

static void number_wanted(struct db *db, const char *counter)
{
    const struct tx *tx = (struct tx *)db;
    turn_learn(tx->store, tx->name, turn_key(counter));
}

static const struct db_query TURN_WAIT = {.name = "db_turn_wait",
                                          .postgres = "SELECT pg_advisory_lock($1)",
                                          .params = KEY_PARAM,
                                          .param_count = 1};
static const struct db_query TURN_END = {.name = "db_turn_end",
                                         .postgres = "SELECT pg_advisory_unlock($1)",
                                         .params = KEY_PARAM,
                                         .param_count = 1};

static bool turn_do(struct tx *tx, const struct db_query *query, int64_t key, struct error *err)
{
    const struct db_value params[] = {DB_VALUE_I64(key)};
    return key == 0 || postgres_exec(&tx->db.base, query, params, NULL, err);
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

// What to do after a failure that happened before COMMIT was sent, so nothing can have been saved.
static enum outcome failed_before_commit(const struct postgres_conn *conn)
{
    return conn->try_again || postgres_conn_lost(conn) ? TX_AGAIN : TX_FAILED;
}

static enum outcome commit(struct postgres_conn *conn, struct error *err)
{
    if (postgres_commit(conn, err)) {
        return TX_DONE;
    }
    if (postgres_conn_lost(conn)) {
        // Doing it again could do it twice.
        (void)error_set(err, ERR_UNAVAILABLE,
                        "The connection to the database broke at the very end, so it is not "
                        "known whether this was saved. Please look before you try again.");
        return TX_FAILED;
    }
    return conn->try_again ? TX_AGAIN : TX_FAILED;
}

static enum outcome tx_try(struct tx *tx, db_fn *fn, void *arg, struct error *err)
{
    struct postgres_conn *conn = tx->db.conn;
    struct error ignored;
    conn->try_again = false;
    int64_t key = turn_of(tx->store, tx->name);
    if (!turn_do(tx, &TURN_WAIT, key, err)) {
        return failed_before_commit(conn);
    }
    enum outcome outcome;
    if (!postgres_do(conn, "BEGIN ISOLATION LEVEL SERIALIZABLE", err)) {
        outcome = failed_before_commit(conn);
    } else if (fn_run(tx, fn, arg, err)) {
        outcome = commit(conn, err);
    } else {
        outcome = failed_before_commit(conn);
        (void)!postgres_do(conn, "ROLLBACK", &ignored);
    }
    // A connection that is lost has lost its locks too.
    (void)!turn_do(tx, &TURN_END, key, &ignored);
    return outcome;
}

// Longer after each try, and by chance, so that two do not meet again.
static void wait_before_try(int tries)
{
    int64_t most_us = INT64_C(500) << (tries < 8 ? tries : 8);
    int64_t us = (int64_t)random_below((uint64_t)most_us) + 100;
    const struct timespec pause = {.tv_sec = us / 1000000, .tv_nsec = us % 1000000 * 1000};
    (void)nanosleep(&pause, NULL);
}

static bool tx_run(struct db_store *base, const char *name, db_fn *fn, void *arg, struct error *err)
{
    struct tx tx = {.store = (struct postgres_store *)base, .name = name};
    tx.db.base = (struct db){.ops = &POSTGRES_OPS, .store = base, .writable = true};
    struct error failure = {0};
    enum outcome outcome = TX_AGAIN;
    for (int tries = 1; outcome == TX_AGAIN && tries <= TRIES_MAX; tries++) {
        if (!writer_take(tx.store, &tx.db.conn, &failure)) {
            break;
        }
        outcome = tx_try(&tx, fn, arg, &failure);
        writer_give(tx.store, tx.db.conn);
        if (outcome == TX_AGAIN) {
            wait_before_try(tries);
        }
    }
    if (outcome == TX_DONE) {
        db_after_run(&tx.db.base);
    } else {
        *err = failure;
    }
    db_tx_end(&tx.db.base);
    return outcome == TX_DONE;
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
    return postgres_do(conn_of(db), sql, err);
}

// --- ids --------------------------------------------------------------------------------------

// The sequence counts blocks; this program gives out the ids of its block. A sequence never goes
// back, whatever becomes of the transaction.
static int64_t next_id(struct db *db)
{
    static const struct db_query BLOCK = {.name = "db_id_block",
                                          .postgres = "SELECT nextval('steward_id')"};
    struct tx *tx = (struct tx *)db;
    struct postgres_store *store = tx->store;
    (void)pthread_mutex_lock(&store->id_lock);
    if (store->next_id >= store->id_limit) {
        struct db_cursor *rows;
        struct error ignored;
        bool row = false;
        if (postgres_start(db, &BLOCK, STR_NONE, NULL, 0, &rows, &ignored)) {
            (void)!postgres_step(rows, &row, &ignored);
            store->next_id = postgres_column_i64(rows, 0);
            store->id_limit = store->next_id + DB_ID_RANGE;
            postgres_end(rows);
        } else {
            tx->doomed = true;
        }
    }
    int64_t id = tx->doomed ? 0 : store->next_id++;
    (void)pthread_mutex_unlock(&store->id_lock);
    return id;
}

// --- notices ----------------------------------------------------------------------------------

static void notify(struct db *db, const char *channel, struct str payload)
{
    static const struct db_query SEND = {.name = "db_notify",
                                         .postgres = "SELECT pg_notify('" NOTICE_CHANNEL "', $1)",
                                         .params = TEXT_PARAM,
                                         .param_count = 1};
    const struct tx *tx = (struct tx *)db;
    struct error ignored;
    if (payload.len > NOTICE_MAX) {
        payload = STR("");
    }
    const struct db_value params[] = {DB_VALUE_TEXT(str_printf(
        db->ctx, STR_FMT " %s " STR_FMT, STR_ARG(tx->store->token), channel, STR_ARG(payload)))};
    // Where this fails the transaction has failed, which COMMIT finds out.
    (void)!postgres_exec(db, &SEND, params, NULL, &ignored);
}

static void notice_take(struct postgres_store *store, const char *text)
{
    struct str token;
    struct str rest;
    struct str channel;
    struct str payload;
    str_cut(str_c(text), ' ', &token, &rest);
    str_cut(rest, ' ', &channel, &payload);
    if (!str_eq(token, store->token)) {
        mem_ctx *ctx = mem_ctx_new(NULL, "notice");
        db_notify_local(&store->base, str_cstr(ctx, channel), payload);
        mem_free(ctx);
    }
}

// True when the store is to be closed.
static bool stop_wait(const struct postgres_store *store, int fd, int timeout_ms)
{
    struct pollfd fds[] = {{.fd = store->stop_event, .events = POLLIN},
                           {.fd = fd, .events = POLLIN}};
    return poll(fds, fd < 0 ? 1 : 2, timeout_ms) > 0 && (fds[0].revents & POLLIN) != 0;
}

static bool notices_take(struct postgres_store *store, const struct postgres_conn *conn)
{
    if (PQconsumeInput(conn->handle) != 1) {
        return false;
    }
    for (PGnotify *notice = PQnotifies(conn->handle); notice != NULL;
         notice = PQnotifies(conn->handle)) {
        notice_take(store, notice->extra);
        PQfreemem(notice);
    }
    return true;
}

static void *listener_main(void *arg)
{
    struct postgres_store *store = arg;
    struct postgres_conn *conn = NULL;
    sigset_t all;
    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_BLOCK, &all, NULL);
    bool stop = false;
    while (!stop) {
        struct error ignored;
        if (conn == NULL && (!postgres_conn_open(store->url, &conn, &ignored) ||
                             !postgres_do(conn, "LISTEN " NOTICE_CHANNEL, &ignored))) {
            if (conn != NULL) {
                postgres_conn_close(conn);
                conn = NULL;
            }
            stop = stop_wait(store, -1, RECONNECT_MS);
            continue;
        }
        stop = stop_wait(store, PQsocket(conn->handle), -1);
        if (!stop && !notices_take(store, conn)) {
            postgres_conn_close(conn);
            conn = NULL;
        }
    }
    if (conn != NULL) {
        postgres_conn_close(conn);
    }
    return NULL;
}

// --- the store --------------------------------------------------------------------------------

static const char OWN_TABLES[] =
    "CREATE TABLE IF NOT EXISTS schema_migration (name TEXT PRIMARY KEY, hash TEXT NOT NULL, "
    "applied_at BIGINT NOT NULL);"
    "CREATE TABLE IF NOT EXISTS counter (name TEXT PRIMARY KEY, value BIGINT NOT NULL);"
    "CREATE SEQUENCE IF NOT EXISTS steward_id START 1000000001 INCREMENT 1000";

static const struct db_ops POSTGRES_OPS = {.engine = DB_POSTGRES,
                                           .own_tables = OWN_TABLES,
                                           .read_begin = read_begin,
                                           .read_end = read_end,
                                           .reading = reading,
                                           .read_anew = read_anew,
                                           .tx_run = tx_run,
                                           .savepoint = savepoint,
                                           .savepoint_keep = savepoint_keep,
                                           .savepoint_undo = savepoint_undo,
                                           .next_id = next_id,
                                           .number_wanted = number_wanted,
                                           .start = postgres_start,
                                           .step = postgres_step,
                                           .end = postgres_end,
                                           .exec = postgres_exec,
                                           .notify = notify,
                                           .script = script,
                                           .column_null = postgres_column_null,
                                           .column_i64 = postgres_column_i64,
                                           .column_f64 = postgres_column_f64,
                                           .column_text = postgres_column_text};

static void store_close(void *handle)
{
    struct postgres_store *store = handle;
    if (store->listening) {
        (void)eventfd_write(store->stop_event, 1);
        (void)pthread_join(store->listener, NULL);
    }
    if (store->stop_event >= 0) {
        (void)close(store->stop_event);
    }
    per_thread_close(&store->readers);
    for (struct postgres_conn *conn = store->writers; conn != NULL;) {
        struct postgres_conn *next = conn->next;
        postgres_conn_close(conn);
        conn = next;
    }
    (void)pthread_mutex_destroy(&store->lock);
    (void)pthread_mutex_destroy(&store->id_lock);
    (void)pthread_cond_destroy(&store->writer_free);
}

bool postgres_store_open(mem_ctx *ctx, const char *url, struct db_store **ret, struct error *err)
{
    struct postgres_store *store = mem_new(ctx, struct postgres_store);
    store->base.ops = &POSTGRES_OPS;
    store->base.listeners = db_listeners_new(store);
    store->url = mem_text(store, url);
    store->token = random_token32(store, 10);
    if (!per_thread_init(&store->readers, reader_close, err)) {
        return false;
    }
    (void)pthread_mutex_init(&store->lock, NULL);
    (void)pthread_mutex_init(&store->id_lock, NULL);
    (void)pthread_cond_init(&store->writer_free, NULL);
    turn_learn(store, DB_MIGRATE_NAME, turn_key(DB_MIGRATE_NAME));
    store->stop_event = eventfd(0, EFD_CLOEXEC);
    mem_on_free(ctx, store_close, store);
    // Found out here, where it can be said, that the server cannot be reached.
    struct postgres_conn *conn;
    if (!writer_take(store, &conn, err)) {
        return false;
    }
    writer_give(store, conn);
    if (store->stop_event < 0 ||
        pthread_create(&store->listener, NULL, listener_main, store) != 0) {
        return error_internal(err, "no thread for the database's notices");
    }
    store->listening = true;
    *ret = &store->base;
    return true;
}
