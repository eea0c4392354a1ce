// SPDX-License-Identifier: GPL-3.0-or-later
//
// The PostgreSQL engine in two parts: postgres_conn.c is one connection with its prepared
// statements, values in PostgreSQL's binary format, errors by SQLSTATE; postgres.c the store:
// readers of threads, the pool of writers, transactions that are tried again, notices.
#ifndef STEWARD_DB_POSTGRES_INTERNAL_H
#define STEWARD_DB_POSTGRES_INTERNAL_H

#include <libpq-fe.h>

#include "db/db_internal.h"

#define POSTGRES_BUILT_KEPT 32

struct postgres_built {
    struct str text;
    uint64_t used_at;
};

struct postgres_conn {
    mem_ctx *ctx;  // a root of its own: connections are used by different threads
    PGconn *handle;
    const struct db_query **prepared;  // a set by address
    size_t prepared_room;              // a power of two
    size_t prepared_count;
    struct postgres_built built[POSTGRES_BUILT_KEPT];
    uint64_t turn;
    int timeout_ms;  // as set on the server
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
// Statements without parameters or rows.
MUST_CHECK bool postgres_do(struct postgres_conn *conn, const char *sql, struct error *err);
// COMMIT; false as well when the server rolled back instead.
MUST_CHECK bool postgres_commit(struct postgres_conn *conn, struct error *err);

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

#endif
