// SPDX-License-Identifier: GPL-3.0-or-later
//
// The database, whichever engine. A `struct db_store` is the opened database; a `struct db` is one
// connection as code sees it: a read-only one (db_read) or the one inside a transaction
// (db_tx_run). Rooms do not call this header's query functions by hand: tools/sqlc writes a typed
// C function for each named query of their queries.sql, prepared against the migrated schema at
// build time. The one exception is the filter builder for saved views and searches.
#ifndef STEWARD_DB_DB_H
#define STEWARD_DB_DB_H

#include "base/error.h"
#include "base/str.h"

struct db_store;
struct db;

enum db_engine { DB_SQLITE, DB_POSTGRES };

struct db_migration {
    const char *name;  // "tickets/0050_ticket": room and number; applied in the array's order
    const char *sqlite;
    const char *postgres;
};

struct db_options {
    const char *url;  // "sqlite:/path/steward.db" or "postgres://…"
    // PostgreSQL behind a pooler: the server's own address, for hearing what other servers tell.
    // NULL: url leads to it.
    const char *listen_url;
    const struct db_migration *migrations;
    size_t migration_count;
    int statement_timeout_ms;  // readers; 0 means none
};

// Opens and migrates (each migration in its own transaction, its SHA-256 stored; a changed or
// unknown one is refused with what to do). The store lives below ctx; freeing ctx finishes waiting
// transactions and closes.
MUST_CHECK bool db_open(mem_ctx *ctx, const struct db_options *options, struct db_store **ret,
                        struct error *err);
enum db_engine db_engine_of(const struct db *db);

// --- reading ----------------------------------------------------------------------------------

// Runs fn over one consistent read-only snapshot on this thread's reader connection. A write inside
// is an error in every build. A read inside a read shares its snapshot; only after this thread has
// run a transaction is a new one taken, so that it sees what it wrote.
typedef bool db_fn(struct db *db, void *arg, struct error *err);
MUST_CHECK bool db_read(struct db_store *store, db_fn *fn, void *arg, struct error *err);
// The same for looking through all of a database: its statements may take as long as they need.
MUST_CHECK bool db_read_long(struct db_store *store, db_fn *fn, void *arg, struct error *err);
// The same as begin and end, for the dispatcher: a request's whole GET runs on one snapshot.
MUST_CHECK bool db_read_begin(struct db_store *store, struct db **ret, struct error *err);
void db_read_end(struct db *db);

// A number that grows with every commit of this program: what a read found is still so for another
// read with the same number, unless another program wrote to the file meanwhile (as subcommands
// do), which nobody is told of: keep nothing long. 0, which says nothing, in transactions and on
// PostgreSQL, where other servers write.
uint64_t db_changes(const struct db *db);

// Asks the database for nothing, to see whether it answers.
MUST_CHECK bool db_answers(struct db *db, struct error *err);

// Looks through the whole database for damage, which takes as long as reading it. UNAVAILABLE with
// what was found in err->detail. A PostgreSQL server looks after its own files; there this only
// asks whether it answers. With `within_ms` above 0 a file that is too large for that time (64 MiB
// a second) is not looked at, and counts as whole.
MUST_CHECK bool db_verify(struct db_store *store, int within_ms, struct error *err);

// --- writing ----------------------------------------------------------------------------------

// Runs fn in a transaction and returns true once it is durable. fn may run more than once (lost
// connection, serialisation failure, or because another transaction of its group failed to commit)
// so it must compute the same from the same inputs and have no effect but through `db`. It is
// never committed twice: where the connection broke at the very end, it is found out first whether
// the database has it. After a statement failed, fn returns false or undoes a savepoint begun
// before; nothing else is possible then on PostgreSQL. fn
// returning false rolls its own work back and db_tx_run returns false with fn's error. On SQLite,
// fn runs on the writer thread, in a savepoint, and one fsync makes a group of them durable.
// Memory that outlives fn must come from a context that `arg` brings.
MUST_CHECK bool db_tx_run(struct db_store *store, const char *name, db_fn *fn, void *arg,
                          struct error *err);
// For transactions that rely on nothing but each statement by itself, such as those that claim
// rows: they see what was committed when a statement began, and do not run into others for what
// they read.
MUST_CHECK bool db_tx_run_loose(struct db_store *store, const char *name, db_fn *fn, void *arg,
                                struct error *err);
// Inside fn: call after(arg) once this transaction is durable, on the thread that called
// db_tx_run; dropped when it rolls back.
void db_after_commit(struct db *db, void (*after)(void *arg), void *arg);
// Inside fn: once this transaction is durable, tells all listeners of the channel, also those of
// other programs on the same database where the engine can carry it (PostgreSQL; up to 7,000
// bytes, soon after). A hint, not a queue: what must not be lost is a row.
void db_notify(struct db *db, const char *channel, struct str payload);
// The same at once, outside of a transaction, and only to other programs.
void db_tell(struct db_store *store, const char *channel, struct str payload);
// True when this program cannot hear the others: it runs behind a pooler and was not given the
// server's own address.
bool db_deaf(struct db_store *store);
// Called on the thread whose transaction committed, or on the engine's; quick, and without calling
// the database. An absent payload says that notices of others may have been missed, because the
// connection was lost for a time. `channel` is a literal. Until db_unlisten(), after which no call
// is under way.
typedef void db_listener_fn(void *arg, struct str payload);
void db_listen(struct db_store *store, const char *channel, db_listener_fn *fn, void *arg);
void db_unlisten(struct db_store *store, db_listener_fn *fn, void *arg);
// A context that lives until this run of the transaction ends.
mem_ctx *db_tx_ctx(struct db *db);
// A partial rollback inside fn: work between the two calls is kept or undone.
MUST_CHECK bool db_savepoint(struct db *db, struct error *err);
void db_savepoint_keep(struct db *db);
void db_savepoint_undo(struct db *db);

// The next id of the one sequence of large numbers that all records but tickets share.
int64_t db_next_id(struct db *db);
// The same, above `least`: each program gives out ids of a range of its own, so that what one
// writes after another may have the smaller id. For rows whose order is the order of their ids.
int64_t db_next_id_above(struct db *db, int64_t least);
// The next number of a gapless counter such as "ticket"; rolled back with the transaction.
MUST_CHECK bool db_next_number(struct db *db, const char *counter, int64_t *ret, struct error *err);

// --- what sqlc's output calls -----------------------------------------------------------------

enum db_type { DB_NULL, DB_I64, DB_F64, DB_TEXT, DB_BLOB, DB_I64_ARRAY, DB_TEXT_ARRAY };

struct db_opt_i64 {
    bool set;
    int64_t v;
};

struct db_value {
    enum db_type type;
    int64_t i64;  // also the number of elements of an array
    double f64;
    struct str text;    // also blobs; an absent one that is not DB_NULL is bound as empty
    const void *array;  // int64_t (or typed ids, which are one) or struct str
};

#define DB_VALUE_I64(v) ((struct db_value){.type = DB_I64, .i64 = (v)})
#define DB_VALUE_F64(v) ((struct db_value){.type = DB_F64, .f64 = (v)})
// An absent text binds NULL.
#define DB_VALUE_TEXT(s) ((struct db_value){.type = str_none(s) ? DB_NULL : DB_TEXT, .text = (s)})
#define DB_VALUE_BLOB(s) ((struct db_value){.type = str_none(s) ? DB_NULL : DB_BLOB, .text = (s)})
#define DB_VALUE_TEXT_SET(s) ((struct db_value){.type = DB_TEXT, .text = (s)})
#define DB_VALUE_BLOB_SET(s) ((struct db_value){.type = DB_BLOB, .text = (s)})
#define DB_VALUE_OPT(o) ((struct db_value){.type = (o).set ? DB_I64 : DB_NULL, .i64 = (o).v})
// An id, or no id.
#define DB_VALUE_ID(v) ((struct db_value){.type = (v) == 0 ? DB_NULL : DB_I64, .i64 = (v)})
#define DB_VALUE_I64S(p, n)                                                                        \
    ((struct db_value){.type = DB_I64_ARRAY, .array = (p), .i64 = (int64_t)(n)})
#define DB_VALUE_TEXTS(p, n)                                                                       \
    ((struct db_value){.type = DB_TEXT_ARRAY, .array = (p), .i64 = (int64_t)(n)})
#define DB_VALUE_NULL ((struct db_value){.type = DB_NULL})

struct db_query {
    const char *name;
    const char *sqlite;    // parameters ?1, ?2 …
    const char *postgres;  // parameters $1, $2 …, NULL when not generated
    const enum db_type *params;
    int param_count;
};

// A cursor over rows; text columns are valid until the next step. Text of the parameters must stay
// where it is until db_query_end().
struct db_cursor;
MUST_CHECK bool db_query_start(struct db *db, const struct db_query *query,
                               const struct db_value *params, struct db_cursor **ret,
                               struct error *err);
// *ret_row says whether there was another row.
MUST_CHECK bool db_query_step(struct db_cursor *cursor, bool *ret_row, struct error *err);
void db_query_end(struct db_cursor *cursor);
bool db_column_null(struct db_cursor *cursor, int column);
int64_t db_column_i64(struct db_cursor *cursor, int column);
double db_column_f64(struct db_cursor *cursor, int column);
struct str db_column_text(struct db_cursor *cursor, int column);
// For statements without rows; *ret_changes may be NULL.
MUST_CHECK bool db_exec(struct db *db, const struct db_query *query, const struct db_value *params,
                        int64_t *ret_changes, struct error *err);
// SQL put together at run time by the one audited builder (desk/tickets/where.c); the text is
// cached as a prepared statement like the others.
MUST_CHECK bool db_query_built(struct db *db, struct str sql, const struct db_value *params,
                               int param_count, struct db_cursor **ret, struct error *err);

// Statements run on this thread since it started: tests catch growing lists with it.
uint64_t db_statement_count(void);

#endif
