// SPDX-License-Identifier: GPL-3.0-or-later
//
// All rows of a database as they are, whatever they mean: how a desk moves between engines and into
// a backup. Tables and columns are found in the database itself, so a table that is added tomorrow
// is moved like the others.
//
// Left out is what an engine or this part keeps for itself (migrations, marks of commits, ranges of
// ids: see db_ids_next()), and full-text tables, named …_fts, whose words stand in other tables:
// whoever puts rows makes them anew.
#ifndef STEWARD_DB_ROWS_H
#define STEWARD_DB_ROWS_H

#include "base/buf.h"
#include "db/db.h"

struct db_table_column {
    const char *name;
    enum db_type type;  // I64, F64, TEXT or BLOB
    int key;            // place in the primary key, from 1; 0: not in it
};

struct db_table_queries;

struct db_table {
    const char *name;
    struct db_table_column *columns;  // by name, so that both engines have one order
    int column_count;
    int *keys;  // columns of the primary key in its order; every table has one
    int key_count;
    struct db_table_queries *queries;
};

// Those that others refer to come before them. The list lives as long as the store.
MUST_CHECK bool db_tables(struct db *db, struct db_table **ret, size_t *ret_count,
                          struct error *err);

// Reads a table in order of its key, some rows at a time; the same order on both engines.
struct db_reader {
    struct db *db;
    const struct db_table *table;
    mem_ctx *ctx;           // of the reader
    mem_ctx *page;          // of the rows at hand
    struct db_value *rows;  // column_count each
    size_t count, at;
    bool last;
    struct db_value *after;
};

void db_reader_init(struct db_reader *reader, mem_ctx *ctx, struct db *db,
                    const struct db_table *table);
// *ret_row is NULL at the end; valid until the next call. What was read is given back with ctx.
MUST_CHECK bool db_reader_next(struct db_reader *reader, const struct db_value **ret_row,
                               struct error *err);
// By key, as both engines sort.
int db_rows_compare(const struct db_table *table, const struct db_value *a,
                    const struct db_value *b);
// The row as bytes, the same on both engines; and back. `row` has column_count values, whose texts
// lie in `bytes`.
void db_row_put(struct buf *out, const struct db_table *table, const struct db_value *row);
MUST_CHECK bool db_row_take(const struct db_table *table, struct str bytes, struct db_value *row);

// Inserts rows, or replaces those of the same key. `rows` are pointers to column_count values each.
MUST_CHECK bool db_rows_write(struct db *tx, const struct db_table *table,
                              const struct db_value *const *rows, size_t count, struct error *err);
MUST_CHECK bool db_rows_remove(struct db *tx, const struct db_table *table,
                               const struct db_value *row, struct error *err);

// A column that names a row of another table by its id. Names and condition are the program's own.
struct db_reference {
    const char *table, *column;
    const char *target;
    const char *also;   // another table that it may name, or NULL
    const char *where;  // SQL of the rows that are meant, t being the row; NULL: all
};
// Told of each id that rows name (neither 0 nor NULL) and that is not there: by how many rows, and
// the least key of these as text. At most a thousand ids.
typedef void db_missing_fn(void *arg, struct str key, int64_t id, int64_t rows);
MUST_CHECK bool db_rows_missing(struct db *db, const struct db_table *table,
                                const struct db_reference *reference, db_missing_fn *fn, void *arg,
                                struct error *err);

// db_next_id() will give no id below this; and: never will from now on. Programs that run have
// their own ranges, so this is for databases that nobody uses.
MUST_CHECK bool db_ids_next(struct db *db, int64_t *ret, struct error *err);
MUST_CHECK bool db_ids_raise(struct db *tx, int64_t next, struct error *err);

#endif
