// SPDX-License-Identifier: GPL-3.0-or-later
#include "db/db.h"

#include <assert.h>
#include <pthread.h>
#include <string.h>

#include "db/db_internal.h"

// Of the thread, because they are about what the thread is in the middle of.
static _Thread_local bool thread_in_tx;
static _Thread_local uint64_t thread_statements;

struct db_listener {
    const char *channel;
    db_listener_fn *fn;
    void *arg;
};

#define LISTENERS_MAX 64

struct db_listeners {
    pthread_mutex_t lock;  // held while they are called
    struct db_listener list[LISTENERS_MAX];
    size_t count;
};

static bool store_open(mem_ctx *ctx, const struct db_options *options, struct db_store **ret,
                       struct error *err)
{
    struct str text = str_c(options->url);
    if (str_starts(text, STR("sqlite:"))) {
        return sqlite_store_open(ctx, options->url + strlen("sqlite:"), ret, err);
    }
    if (str_starts(text, STR("postgres://")) || str_starts(text, STR("postgresql://"))) {
        return postgres_store_open(ctx, options->url, options->listen_url, ret, err);
    }
    return error_set(err, ERR_INVALID,
                     "The database address must be sqlite:/path/to/steward.db or "
                     "postgres://user@host/name.");
}

bool db_open(mem_ctx *ctx, const struct db_options *options, struct db_store **ret,
             struct error *err)
{
    mem_ctx *own = mem_ctx_new(ctx, "db");
    struct db_store *store;
    if (!store_open(own, options, &store, err) || !db_migrate(store, options, err)) {
        mem_free(own);
        return false;
    }
    store->statement_timeout_ms = options->statement_timeout_ms;
    *ret = store;
    return true;
}

enum db_engine db_engine_of(const struct db *db)
{
    return db->ops->engine;
}

// --- reading ----------------------------------------------------------------------------------

bool db_read_begin(struct db_store *store, struct db **ret, struct error *err)
{
    assert(!thread_in_tx);
    return store->ops->read_begin(store, ret, err);
}

void db_read_end(struct db *db)
{
    db->ops->read_end(db);
}

bool db_read(struct db_store *store, db_fn *fn, void *arg, struct error *err)
{
    struct db *db;
    if (!db_read_begin(store, &db, err)) {
        return false;
    }
    bool ok = fn(db, arg, err);
    db_read_end(db);
    return ok;
}

static bool read_within(struct db_store *store, int ms, db_fn *fn, void *arg, struct error *err)
{
    struct db *db;
    if (!db_read_begin(store, &db, err)) {
        return false;
    }
    db->ops->read_within(db, ms);
    bool ok = fn(db, arg, err);
    db_read_end(db);
    return ok;
}

bool db_read_long(struct db_store *store, db_fn *fn, void *arg, struct error *err)
{
    return read_within(store, 0, fn, arg, err);
}

uint64_t db_changes(const struct db *db)
{
    return db->changes;
}

bool db_answers(struct db *db, struct error *err)
{
    static const struct db_query ASK = {
        .name = "db_answers", .sqlite = "SELECT 1", .postgres = "SELECT 1"};
    struct db_cursor *rows;
    bool row = false;
    if (!db_query_start(db, &ASK, NULL, &rows, err)) {
        return false;
    }
    bool ok = db_query_step(rows, &row, err);
    db_query_end(rows);
    return ok;
}

static bool verify(struct db *db, void *arg UNUSED, struct error *err)
{
    static const struct db_query CHECK = {.name = "db_verify",
                                          .sqlite = "SELECT * FROM pragma_quick_check(1)",
                                          .postgres = "SELECT 'ok'"};
    struct db_cursor *rows;
    bool row = false;
    if (!db_query_start(db, &CHECK, NULL, &rows, err)) {
        return false;
    }
    bool ok = db_query_step(rows, &row, err);
    if (ok) {
        struct str found = row ? db_column_text(rows, 0) : STR("no answer");
        ok = str_eq_c(found, "ok");
        if (!ok) {
            (void)error_set(err, ERR_UNAVAILABLE,
                            "The database file is damaged. The administrator should stop Steward, "
                            "keep a copy of the file and restore a backup.");
            (void)error_detail(err, STR_FMT, STR_ARG(found));
        }
    }
    db_query_end(rows);
    return ok;
}

struct verifying {
    int64_t most_bytes;  // of the file; 0: any
};

static bool verify_small(struct db *db, void *arg, struct error *err)
{
    static const struct db_query SIZE = {
        .name = "db_size",
        .sqlite = "SELECT page_count * page_size FROM pragma_page_count, pragma_page_size",
        .postgres = "SELECT CAST(0 AS BIGINT)"};
    const struct verifying *verifying = arg;
    struct db_cursor *rows;
    bool row = false;
    if (!db_query_start(db, &SIZE, NULL, &rows, err)) {
        return false;
    }
    bool ok = db_query_step(rows, &row, err);
    bool small = ok && row &&
                 (verifying->most_bytes == 0 || db_column_i64(rows, 0) <= verifying->most_bytes);
    db_query_end(rows);
    return ok && (!small || verify(db, NULL, err));
}

bool db_verify(struct db_store *store, int within_ms, struct error *err)
{
    // What a slow disk reads in a millisecond. The engine cannot be stopped within its check, so a
    // file for which the time would not do is not begun.
    static const int64_t BYTES_IN_MS = 65536;
    struct verifying verifying = {.most_bytes = within_ms * BYTES_IN_MS};
    return read_within(store, 0, verify_small, &verifying, err);
}

// --- writing ----------------------------------------------------------------------------------

static bool tx_run(struct db_store *store, const char *name, bool loose, db_fn *fn, void *arg,
                   struct error *err)
{
    // A transaction inside a transaction would wait for itself.
    assert(!thread_in_tx);
    bool ok = loose && store->ops->tx_run_loose != NULL
                  ? store->ops->tx_run_loose(store, name, fn, arg, err)
                  : store->ops->tx_run(store, name, fn, arg, err);
    // Also after a failure: what it ran into may be newer than the snapshot.
    struct db *reading = store->ops->reading(store);
    if (reading != NULL) {
        reading->outdated = true;
    }
    return ok;
}

bool db_tx_run(struct db_store *store, const char *name, db_fn *fn, void *arg, struct error *err)
{
    return tx_run(store, name, false, fn, arg, err);
}

bool db_tx_run_loose(struct db_store *store, const char *name, db_fn *fn, void *arg,
                     struct error *err)
{
    return tx_run(store, name, true, fn, arg, err);
}

void db_thread_in_tx(bool inside)
{
    thread_in_tx = inside;
}

void db_tx_begin(struct db *db)
{
    mem_free(db->ctx);
    db->ctx = mem_ctx_new(NULL, "transaction");
    db->after_first = NULL;
    db->after_last = NULL;
    db->savepoints = 0;
    db->open_cursors = 0;
}

void db_tx_end(struct db *db)
{
    mem_free(db->ctx);
    db->ctx = NULL;
}

mem_ctx *db_tx_ctx(struct db *db)
{
    assert(db->writable);
    return db->ctx;
}

void db_after_commit(struct db *db, void (*after)(void *arg), void *arg)
{
    assert(db->writable);
    struct db_after *entry = mem_new(db->ctx, struct db_after);
    *entry = (struct db_after){.fn = after, .arg = arg};
    if (db->after_last == NULL) {
        db->after_first = entry;
    } else {
        db->after_last->next = entry;
    }
    db->after_last = entry;
}

void db_after_run(struct db *db)
{
    for (const struct db_after *entry = db->after_first; entry != NULL; entry = entry->next) {
        entry->fn(entry->arg);
    }
}

// --- notices ----------------------------------------------------------------------------------

static void listeners_free(void *handle)
{
    (void)pthread_mutex_destroy(&((struct db_listeners *)handle)->lock);
}

struct db_listeners *db_listeners_new(mem_ctx *ctx)
{
    struct db_listeners *listeners = mem_new(ctx, struct db_listeners);
    (void)pthread_mutex_init(&listeners->lock, NULL);
    mem_on_free(listeners, listeners_free, listeners);
    return listeners;
}

void db_listen(struct db_store *store, const char *channel, db_listener_fn *fn, void *arg)
{
    struct db_listeners *listeners = store->listeners;
    (void)pthread_mutex_lock(&listeners->lock);
    assert(listeners->count < LISTENERS_MAX);
    listeners->list[listeners->count++] = (struct db_listener){channel, fn, arg};
    (void)pthread_mutex_unlock(&listeners->lock);
}

void db_unlisten(struct db_store *store, db_listener_fn *fn, void *arg)
{
    struct db_listeners *listeners = store->listeners;
    (void)pthread_mutex_lock(&listeners->lock);
    size_t kept = 0;
    for (size_t i = 0; i < listeners->count; i++) {
        if (listeners->list[i].fn != fn || listeners->list[i].arg != arg) {
            listeners->list[kept++] = listeners->list[i];
        }
    }
    listeners->count = kept;
    (void)pthread_mutex_unlock(&listeners->lock);
}

void db_notify_local(struct db_store *store, const char *channel, struct str payload)
{
    struct db_listeners *listeners = store->listeners;
    (void)pthread_mutex_lock(&listeners->lock);
    for (size_t i = 0; i < listeners->count; i++) {
        if (strcmp(listeners->list[i].channel, channel) == 0) {
            listeners->list[i].fn(listeners->list[i].arg, payload);
        }
    }
    (void)pthread_mutex_unlock(&listeners->lock);
}

void db_notices_missed(struct db_store *store)
{
    struct db_listeners *listeners = store->listeners;
    (void)pthread_mutex_lock(&listeners->lock);
    for (size_t i = 0; i < listeners->count; i++) {
        listeners->list[i].fn(listeners->list[i].arg, STR_NONE);
    }
    (void)pthread_mutex_unlock(&listeners->lock);
}

void db_tell(struct db_store *store, const char *channel, struct str payload)
{
    if (store->ops->tell != NULL) {
        store->ops->tell(store, channel, payload);
    }
}

bool db_deaf(struct db_store *store)
{
    return store->ops->deaf != NULL && store->ops->deaf(store);
}

struct notice {
    struct db_store *store;
    const char *channel;
    struct str payload;
};

static void notice_deliver(void *arg)
{
    const struct notice *notice = arg;
    db_notify_local(notice->store, notice->channel, notice->payload);
    db_tell(notice->store, notice->channel, notice->payload);
}

void db_notify(struct db *db, const char *channel, struct str payload)
{
    assert(db->writable);
    struct notice *notice = mem_new(db->ctx, struct notice);
    *notice = (struct notice){db->store, channel, str_dup(db->ctx, payload)};
    db_after_commit(db, notice_deliver, notice);
}

// --- savepoints and numbers -------------------------------------------------------------------

bool db_savepoint(struct db *db, struct error *err)
{
    assert(db->writable);
    if (!db->ops->savepoint(db, err)) {
        return false;
    }
    db->savepoints++;
    return true;
}

void db_savepoint_keep(struct db *db)
{
    assert(db->savepoints > 0);
    db->savepoints--;
    db->ops->savepoint_keep(db);
}

void db_savepoint_undo(struct db *db)
{
    assert(db->savepoints > 0);
    db->savepoints--;
    db->ops->savepoint_undo(db);
}

int64_t db_next_id(struct db *db)
{
    assert(db->writable);
    return db->ops->next_id(db);
}

int64_t db_next_id_above(struct db *db, int64_t least)
{
    int64_t id = db_next_id(db);
    if (id > least || id == 0) {
        return id;
    }
    db->ops->leave_ids(db);
    return db_next_id(db);
}

bool db_next_number(struct db *db, const char *counter, int64_t *ret, struct error *err)
{
    static const enum db_type PARAMS[] = {DB_TEXT};
    static const struct db_query NEXT = {
        .name = "db_next_number",
        .sqlite = "INSERT INTO counter (name, value) VALUES (?1, 1) "
                  "ON CONFLICT (name) DO UPDATE SET value = counter.value + 1 RETURNING value",
        .postgres = "INSERT INTO counter (name, value) VALUES ($1, 1) "
                    "ON CONFLICT (name) DO UPDATE SET value = counter.value + 1 RETURNING value",
        .params = PARAMS,
        .param_count = 1};
    assert(db->writable);
    if (db->ops->number_wanted != NULL) {
        db->ops->number_wanted(db, counter);
    }
    const struct db_value params[] = {DB_VALUE_TEXT(str_c(counter))};
    struct db_cursor *rows;
    bool row = false;
    if (!db_query_start(db, &NEXT, params, &rows, err)) {
        return false;
    }
    bool ok = db_query_step(rows, &row, err);
    if (ok) {
        assert(row);
        *ret = db_column_i64(rows, 0);
    }
    db_query_end(rows);
    return ok;
}

// --- statements -------------------------------------------------------------------------------

void db_statements_add(uint64_t count)
{
    thread_statements += count;
}

uint64_t db_statement_count(void)
{
    return thread_statements;
}

static bool snapshot_check(struct db *db, struct error *err)
{
    if (!db->outdated || db->open_cursors > 0) {
        return true;
    }
    db->outdated = false;
    return db->ops->read_anew(db, err);
}

bool db_query_start(struct db *db, const struct db_query *query, const struct db_value *params,
                    struct db_cursor **ret, struct error *err)
{
    thread_statements++;
    return snapshot_check(db, err) &&
           db->ops->start(db, query, STR_NONE, params, query->param_count, ret, err);
}

bool db_query_built(struct db *db, struct str sql, const struct db_value *params, int param_count,
                    struct db_cursor **ret, struct error *err)
{
    thread_statements++;
    return snapshot_check(db, err) && db->ops->start(db, NULL, sql, params, param_count, ret, err);
}

bool db_query_step(struct db_cursor *cursor, bool *ret_row, struct error *err)
{
    return cursor->db->ops->step(cursor, ret_row, err);
}

void db_query_end(struct db_cursor *cursor)
{
    cursor->db->ops->end(cursor);
}

bool db_exec(struct db *db, const struct db_query *query, const struct db_value *params,
             int64_t *ret_changes, struct error *err)
{
    thread_statements++;
    return db->ops->exec(db, query, params, ret_changes, err);
}

bool db_column_null(struct db_cursor *cursor, int column)
{
    return cursor->db->ops->column_null(cursor, column);
}

int64_t db_column_i64(struct db_cursor *cursor, int column)
{
    return cursor->db->ops->column_i64(cursor, column);
}

double db_column_f64(struct db_cursor *cursor, int column)
{
    return cursor->db->ops->column_f64(cursor, column);
}

struct str db_column_text(struct db_cursor *cursor, int column)
{
    return cursor->db->ops->column_text(cursor, column);
}
