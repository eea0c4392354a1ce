// SPDX-License-Identifier: GPL-3.0-or-later
//
// The PostgreSQL engine in four parts: postgres_conn.c is one connection with its prepared
// statements, several of which go in one round trip, and errors by SQLSTATE; postgres_values.c
// values in PostgreSQL's binary format; postgres_notices.c what servers tell each other;
// postgres.c the store: readers of threads, the pool of writers, transactions that are tried again.
//
// Behind a pooler such as pgbouncer a connection may be another one in each transaction, so there
// nothing is used that outlives one: no prepared statements, settings, locks of sessions, LISTEN.
#ifndef STEWARD_DB_POSTGRES_INTERNAL_H
#define STEWARD_DB_POSTGRES_INTERNAL_H

#include <libpq-fe.h>

#include "base/buf.h"
#include "db/db_internal.h"

#define POSTGRES_BUILT_KEPT 32
#define POSTGRES_AHEAD 4
#define POSTGRES_PARAMS_MAX 128

struct postgres_built {
    struct str text;
    uint64_t number;  // in the statement's name
    uint64_t used_at;
};

struct postgres_conn {
    mem_ctx *ctx;  // a root of its own: connections are used by different threads
    const char *url;
    PGconn *handle;
    bool pooled;  // we do not talk to the server itself
    bool broken;  // the server has said that it ends this connection
    bool reader;  // may be opened anew by itself while nothing was read
    bool wrote;   // the transaction has changed rows
    // Sent together with the next statement: BEGIN and the like.
    const char *ahead[POSTGRES_AHEAD];
    int ahead_count;
    const struct db_query **prepared;  // a set by address
    size_t prepared_room;              // a power of two
    size_t prepared_count;
    struct postgres_built built[POSTGRES_BUILT_KEPT];
    uint64_t turn;
    int timeout_ms;  // of statements; 0 for none
    char timeout_sql[64];
    bool try_again;  // the transaction ran into another one; it may succeed next time
    bool ending;     // the end of a reading transaction was sent, its answer not yet read
    struct postgres_conn *next;  // in the pool
};

struct postgres_db {
    struct db base;
    struct postgres_conn *conn;
};

MUST_CHECK bool postgres_conn_open(const char *url, struct postgres_conn **ret, struct error *err);
void postgres_conn_close(struct postgres_conn *conn);
bool postgres_conn_lost(const struct postgres_conn *conn);
// How long a statement may take from now on; no effect inside a transaction.
MUST_CHECK bool postgres_conn_timeout(struct postgres_conn *conn, int timeout_ms,
                                      struct error *err);
// Has `sql`, which must stay, go ahead of the next statement in the same round trip.
void postgres_ahead(struct postgres_conn *conn, const char *sql);
// One statement without parameters or rows.
MUST_CHECK bool postgres_do(struct postgres_conn *conn, const char *sql, struct error *err);
void postgres_rollback(struct postgres_conn *conn);
// Several statements.
MUST_CHECK bool postgres_script(struct postgres_conn *conn, const char *sql, struct error *err);

// The name of a commit: unique among all programs of a database.
struct postgres_mark {
    int64_t run;  // of the program that made it
    int64_t number;
};
// COMMIT; where rows were changed, with the mark written in the same transaction. False as well
// when the server rolled back instead.
MUST_CHECK bool postgres_commit(struct postgres_conn *conn, struct postgres_mark mark,
                                struct error *err);
// Whether the transaction of that mark was committed. If it was not, it never can be from now on.
MUST_CHECK bool postgres_committed(struct postgres_conn *conn, struct postgres_mark mark, bool *ret,
                                   struct error *err);
// Forgets marks of the same run below this one.
void postgres_marks_forget(struct postgres_conn *conn, struct postgres_mark below);
// Deletes what programs left that were killed, after a week.
void postgres_marks_sweep(struct postgres_conn *conn);
// The table of marks.
extern const char POSTGRES_MARKS[];

bool postgres_start(struct db *db, const struct db_query *query, struct str sql,
                    const struct db_value *params, int param_count, struct db_cursor **ret,
                    struct error *err);
bool postgres_step(struct db_cursor *cursor, bool *ret_row, struct error *err);
void postgres_end(struct db_cursor *cursor);
bool postgres_exec(struct db *db, const struct db_query *query, const struct db_value *params,
                   int64_t *ret_changes, struct error *err);
bool postgres_column_null(struct db_cursor *cursor, int column);
int64_t postgres_column_i64(struct db_cursor *cursor, int column);
double postgres_column_f64(struct db_cursor *cursor, int column);
struct str postgres_column_text(struct db_cursor *cursor, int column);

// --- postgres_values.c ------------------------------------------------------------------------

struct postgres_cursor {
    struct db_cursor base;
    struct postgres_conn *conn;
    PGresult *result;
    int row;  // -1 before the first
    int rows;
};

struct postgres_params {
    Oid types[POSTGRES_PARAMS_MAX];
    const char *values[POSTGRES_PARAMS_MAX];
    int lengths[POSTGRES_PARAMS_MAX];
    int formats[POSTGRES_PARAMS_MAX];
    size_t offsets[POSTGRES_PARAMS_MAX];
    struct buf bytes;
};

// `types` are those of a query, NULL to go by the values.
void postgres_params_set(struct postgres_params *p, mem_ctx *ctx, const enum db_type *types,
                         const struct db_value *values, int count);

// --- postgres_notices.c -----------------------------------------------------------------------

struct postgres_notices;

// Starts the thread that hears and tells by a connection of its own; freeing ctx stops it. It only
// tells when `url` leads to a pooler, unless `direct` says that the address was given for this.
MUST_CHECK bool postgres_notices_start(mem_ctx *ctx, struct db_store *store, const char *url,
                                       bool direct, struct postgres_notices **ret,
                                       struct error *err);
bool postgres_notices_hear(const struct postgres_notices *notices);
void postgres_notices_tell(struct postgres_notices *notices, const char *channel,
                           struct str payload);

#endif
