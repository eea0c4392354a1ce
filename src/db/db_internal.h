// SPDX-License-Identifier: GPL-3.0-or-later
//
// What an engine gives to db.c. An engine embeds `struct db_store`, `struct db` and
// `struct db_cursor` as the first member of its own and fills `ops`.
#ifndef STEWARD_DB_DB_INTERNAL_H
#define STEWARD_DB_DB_INTERNAL_H

#include <pthread.h>
#include <stdatomic.h>

#include "db/db.h"

// Ids given out by db_next_id() begin here, well clear of the tickets' small numbers.
#define DB_FIRST_ID INT64_C(1000000001)
// How many ids are reserved at a time; at most so many are skipped when the program starts again.
#define DB_ID_RANGE 1000

struct db_ops {
    enum db_engine engine;
    // Makes schema_migration, counter, and what next_id needs, where they are not there yet.
    const char *own_tables;
    bool (*read_begin)(struct db_store *store, struct db **ret, struct error *err);
    void (*read_end)(struct db *db);
    // The handle that this thread is reading with, or NULL; and: takes a new snapshot for it.
    struct db *(*reading)(struct db_store *store);
    bool (*read_anew)(struct db *db, struct error *err);
    // How long the statements of this read may take, 0 for as long as they need; said before the
    // first.
    void (*read_within)(struct db *db, int ms);
    bool (*tx_run)(struct db_store *store, const char *name, db_fn *fn, void *arg,
                   struct error *err);
    // The same for db_tx_run_loose(); NULL where there is no difference.
    bool (*tx_run_loose)(struct db_store *store, const char *name, db_fn *fn, void *arg,
                         struct error *err);
    bool (*savepoint)(struct db *db, struct error *err);
    void (*savepoint_keep)(struct db *db);
    void (*savepoint_undo)(struct db *db);
    int64_t (*next_id)(struct db *db);
    // Gives out no more of the range at hand: the next is above all that anybody has.
    void (*leave_ids)(struct db *db);
    // Told before the counter is used; may be NULL.
    void (*number_wanted)(struct db *db, const char *counter);
    // `query` is NULL for built SQL, and then `sql` is its text.
    bool (*start)(struct db *db, const struct db_query *query, struct str sql,
                  const struct db_value *params, int param_count, struct db_cursor **ret,
                  struct error *err);
    bool (*step)(struct db_cursor *cursor, bool *ret_row, struct error *err);
    void (*end)(struct db_cursor *cursor);
    bool (*exec)(struct db *db, const struct db_query *query, const struct db_value *params,
                 int64_t *ret_changes, struct error *err);
    // Carries a notice to other programs, soon; NULL where there are none.
    void (*tell)(struct db_store *store, const char *channel, struct str payload);
    bool (*deaf)(struct db_store *store);  // NULL where there is nothing to hear
    // Several statements without parameters: migrations.
    bool (*script)(struct db *db, const char *sql, struct error *err);
    bool (*column_null)(struct db_cursor *cursor, int column);
    int64_t (*column_i64)(struct db_cursor *cursor, int column);
    double (*column_f64)(struct db_cursor *cursor, int column);
    struct str (*column_text)(struct db_cursor *cursor, int column);
};

struct db_listeners;

struct db_store {
    const struct db_ops *ops;
    int statement_timeout_ms;
    struct db_listeners *listeners;
    // Counted up after each commit, before whoever waits for it is woken; 0 for ever where other
    // programs write as well.
    _Atomic uint64_t changes;
};

struct db_after {
    void (*fn)(void *arg);
    void *arg;
    struct db_after *next;
};

struct db {
    const struct db_ops *ops;
    struct db_store *store;
    bool writable;
    bool outdated;  // this thread has run a transaction since the snapshot was taken
    mem_ctx *ctx;   // of this run of the transaction; NULL when reading
    struct db_after *after_first, *after_last;
    int open_cursors;
    int savepoints;
    uint64_t changes;  // the store's, taken before the snapshot; 0 in a transaction
};

struct db_cursor {
    struct db *db;
};

// --- engines ----------------------------------------------------------------------------------

// `path` is what follows "sqlite:"; `url` the whole "postgres://…". The store is opened below ctx
// and closed with it, but not yet migrated.
MUST_CHECK bool sqlite_store_open(mem_ctx *ctx, const char *path, struct db_store **ret,
                                  struct error *err);

MUST_CHECK bool postgres_store_open(mem_ctx *ctx, const char *url, const char *listen_url,
                                    struct db_store **ret, struct error *err);

// --- per_thread.c: a handle for each thread that asks -----------------------------------------

struct per_thread {
    pthread_key_t key;
    pthread_mutex_t lock;
    struct per_thread_entry *first;
    void (*close)(void *handle);
};

MUST_CHECK bool per_thread_init(struct per_thread *all, void (*close)(void *handle),
                                struct error *err);
// This thread's handle, NULL before per_thread_set(). It is closed when the thread ends, or by
// per_thread_close(), when no thread uses its handle any more.
void *per_thread_get(struct per_thread *all);
void per_thread_set(struct per_thread *all, void *handle);
void per_thread_close(struct per_thread *all);

// --- db.c: bookkeeping of every engine --------------------------------------------------------

// Starts a transaction's handle (or starts it again), and clears it; after_run calls what
// db_after_commit() collected.
void db_tx_begin(struct db *db);
void db_tx_end(struct db *db);
void db_after_run(struct db *db);
// An engine makes its store's list first, so that it goes last.
struct db_listeners *db_listeners_new(mem_ctx *ctx);
// Tells this program's listeners.
void db_notify_local(struct db_store *store, const char *channel, struct str payload);
// Tells all of them, of whatever channel, that notices were missed.
void db_notices_missed(struct db_store *store);
// Marks this thread as running a transaction, where db_tx_run() and db_read() are mistakes.
void db_thread_in_tx(bool inside);
void db_statements_add(uint64_t count);

// The name of the transactions that change the schema; one at a time in all programs.
#define DB_MIGRATE_NAME "db.migrate"

// --- migrate.c --------------------------------------------------------------------------------

MUST_CHECK bool db_migrate(struct db_store *store, const struct db_options *options,
                           struct error *err);

#endif
