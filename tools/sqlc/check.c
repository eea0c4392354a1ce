// SPDX-License-Identifier: GPL-3.0-or-later
//
// Lets SQLite itself judge: the migrations are run, each query is prepared, and what SQLite knows
// of its columns is held against what "-- out:" says.
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sqlc.h"

static int line_at(struct str text, int first, int offset)
{
    int line = first;
    for (int i = 0; i < offset && (size_t)i < text.len; i++) {
        line += text.ptr[i] == '\n';
    }
    return line;
}

static void schema_apply(struct sqlc *sqlc, sqlite3 *db, const struct schema_file *file)
{
    struct str rest = migration_for(sqlc, file->text, ENGINE_SQLITE);
    struct str all = rest;
    sqlc->file = file->path;
    while (!str_empty(str_trim(rest))) {
        sqlite3_stmt *stmt = NULL;
        const char *tail = NULL;
        int rc = sqlite3_prepare_v2(db, rest.ptr, (int)rest.len, &stmt, &tail);
        if (rc == SQLITE_OK && stmt != NULL) {
            rc = sqlite3_step(stmt) == SQLITE_DONE ? SQLITE_OK : SQLITE_ERROR;
        }
        if (rc != SQLITE_OK) {
            int offset = sqlite3_error_offset(db);
            complain(sqlc, line_at(all, 1, (int)(rest.ptr - all.ptr) + (offset < 0 ? 0 : offset)),
                     "SQLite: %s", sqlite3_errmsg(db));
            (void)sqlite3_finalize(stmt);
            return;
        }
        (void)sqlite3_finalize(stmt);
        rest = str_from(rest, (size_t)(tail - rest.ptr));
    }
}

static bool kind_fits(enum kind kind, const char *declared)
{
    if (declared == NULL) {
        return true;  // an expression: only who wrote it knows
    }
    bool number = kind == KIND_I64 || kind == KIND_BOOL || kind == KIND_ID;
    if (strcmp(declared, "BIGINT") == 0 || strcmp(declared, "INTEGER") == 0) {
        return number;
    }
    if (strcmp(declared, "TEXT") == 0) {
        return kind == KIND_TEXT;
    }
    if (strcmp(declared, "BLOB") == 0) {
        return kind == KIND_BLOB;
    }
    return strcmp(declared, "REAL") != 0 || kind == KIND_F64;
}

// False for expressions, of which SQLite cannot tell.
static bool may_be_null(sqlite3 *db, sqlite3_stmt *stmt, int i)
{
    const char *table = sqlite3_column_table_name(stmt, i);
    const char *column = sqlite3_column_origin_name(stmt, i);
    int not_null = 0;
    int primary = 0;
    if (table == NULL || column == NULL || sqlite3_column_decltype(stmt, i) == NULL) {
        return false;
    }
    if (sqlite3_table_column_metadata(db, "main", table, column, NULL, NULL, &not_null, &primary,
                                      NULL) != SQLITE_OK) {
        return false;
    }
    return not_null == 0 && primary == 0;
}

static void columns_check(struct sqlc *sqlc, sqlite3 *db, sqlite3_stmt *stmt,
                          const struct query *query)
{
    int count = sqlite3_column_count(stmt);
    if (count != query->out.count) {
        complain(sqlc, query->line, "%s gives %d columns, '-- out:' lists %d", query->name.ptr,
                 count, query->out.count);
        return;
    }
    for (int i = 0; i < count; i++) {
        const struct column *column = &query->out.list[i];
        const char *declared = sqlite3_column_decltype(stmt, i);
        if (!str_eq_c(column->name, sqlite3_column_name(stmt, i))) {
            complain(sqlc, query->line,
                     "column %d of %s is '%s', '-- out:' says '" STR_FMT
                     "': put them in one order, or name it with AS",
                     i + 1, query->name.ptr, sqlite3_column_name(stmt, i), STR_ARG(column->name));
        } else if (!kind_fits(column->kind, declared)) {
            complain(sqlc, query->line, "'" STR_FMT "' of %s is " STR_FMT ", but the table says %s",
                     STR_ARG(column->name), query->name.ptr, STR_ARG(column->type), declared);
        } else if (!column->nullable && may_be_null(db, stmt, i)) {
            complain(sqlc, query->line, "'" STR_FMT "' of %s may be NULL: write " STR_FMT "?",
                     STR_ARG(column->name), query->name.ptr, STR_ARG(column->type));
        }
    }
}

static void query_check(struct sqlc *sqlc, sqlite3 *db, struct query *query)
{
    query_rewrite(sqlc, query);
    struct str sql = query->prepared[ENGINE_SQLITE];
    sqlite3_stmt *stmt = NULL;
    const char *tail = NULL;
    if (str_empty(str_trim(sql))) {
        return;  // complained of already
    }
    if (sqlite3_prepare_v2(db, sql.ptr, (int)sql.len, &stmt, &tail) != SQLITE_OK || stmt == NULL) {
        int offset = sqlite3_error_offset(db);
        complain(sqlc, line_at(sql, query->line, offset < 0 ? 0 : offset), "%s: %s",
                 query->name.ptr, sqlite3_errmsg(db));
        return;
    }
    if (!str_empty(str_trim(str_from(sql, (size_t)(tail - sql.ptr))))) {
        complain(sqlc, query->line, "%s is more than one statement: give each its own name",
                 query->name.ptr);
    }
    columns_check(sqlc, db, stmt, query);
    (void)sqlite3_finalize(stmt);
}

void queries_check(struct sqlc *sqlc, const struct schema_file *files, int count)
{
    const char *queries_file = sqlc->file;
    sqlite3 *db = NULL;
    if (sqlite3_open(":memory:", &db) != SQLITE_OK) {
        (void)fprintf(stderr, "sqlc: cannot open a database in memory\n");
        exit(1);
    }
    for (int i = 0; i < count; i++) {
        schema_apply(sqlc, db, &files[i]);
    }
    sqlc->file = queries_file;
    for (int i = 0; i < sqlc->query_count; i++) {
        query_check(sqlc, db, &sqlc->queries[i]);
    }
    (void)sqlite3_close(db);
}
