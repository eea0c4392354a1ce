// SPDX-License-Identifier: GPL-3.0-or-later
//
// The SQLite engine in three parts: sqlite_conn.c is one connection with its prepared statements,
// sqlite_writer.c the writer thread that commits transactions in groups, sqlite.c the store:
// files, readers of threads, the operations that db.c calls.
#ifndef STEWARD_DB_SQLITE_INTERNAL_H
#define STEWARD_DB_SQLITE_INTERNAL_H

#include <sqlite3.h>

#include "db/db_internal.h"

struct statement;
struct sqlite_writer;

// Prepared statements of the program stay, in a hash table by address; those of built SQL
// are kept while they are among the last used.
#define SQLITE_BUILT_KEPT 32

struct sqlite_conn {
    mem_ctx *ctx;  // a root of its own: connections are used by different threads
    sqlite3 *handle;
    struct statement **slots;
    size_t slot_count;  // a power of two
    size_t slots_used;
    struct statement *built[SQLITE_BUILT_KEPT];
    uint64_t turn;  // counts uses, for "last used"
    int timeout_ms;
    int64_t deadline_us;
};

struct sqlite_db {
    struct db base;
    struct sqlite_conn *conn;
};

// --- sqlite_conn.c ----------------------------------------------------------------------------

// Opens the file, which exists. A read-only connection cannot write even by mistake.
MUST_CHECK bool sqlite_conn_open(const char *path, bool read_only, struct sqlite_conn **ret,
                                 struct error *err);
void sqlite_conn_close(struct sqlite_conn *conn);
// Fills *err from the connection's last failure; returns false.
bool sqlite_conn_fail(const struct sqlite_conn *conn, const char *what, struct error *err);
bool sqlite_code_fail(int code, int errnum, const char *text, const char *what, struct error *err);
// One of the engine's own statements, such as "COMMIT"; `sql` is a literal.
MUST_CHECK bool sqlite_conn_do(struct sqlite_conn *conn, const char *sql, struct error *err);
MUST_CHECK bool sqlite_conn_script(struct sqlite_conn *conn, const char *sql, struct error *err);

bool sqlite_start(struct db *db, const struct db_query *query, struct str sql,
                  const struct db_value *params, int param_count, struct db_cursor **ret,
                  struct error *err);
bool sqlite_step(struct db_cursor *cursor, bool *ret_row, struct error *err);
void sqlite_end(struct db_cursor *cursor);
bool sqlite_exec(struct db *db, const struct db_query *query, const struct db_value *params,
                 int64_t *ret_changes, struct error *err);
bool sqlite_column_is_null(struct db_cursor *cursor, int column);
int64_t sqlite_column_i64(struct db_cursor *cursor, int column);
double sqlite_column_f64(struct db_cursor *cursor, int column);
struct str sqlite_column_str(struct db_cursor *cursor, int column);

// --- sqlite_writer.c --------------------------------------------------------------------------

MUST_CHECK bool sqlite_writer_start(const char *path, struct sqlite_writer **ret,
                                    struct error *err);
// Finishes waiting transactions, then stops.
void sqlite_writer_stop(struct sqlite_writer *writer);
// Closes its connections; after the readers, so that a connection that may write is the last one
// and puts the whole log into the file.
void sqlite_writer_free(struct sqlite_writer *writer);
bool sqlite_writer_run(struct sqlite_writer *writer, struct db_store *store, const char *name,
                       db_fn *fn, void *arg, struct error *err);
int64_t sqlite_writer_next_id(struct db *db);
void sqlite_writer_leave_ids(struct db *db);

#endif
