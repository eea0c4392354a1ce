// SPDX-License-Identifier: GPL-3.0-or-later
#include <assert.h>
#include <errno.h>
#include <stdio.h>

#include "base/clock.h"
#include "db/sqlite_internal.h"

// How long another program, such as a backup, may hold the file.
#define BUSY_TIMEOUT_MS 10000
// Statements check the clock every so many steps of SQLite's machine: some tens of microseconds.
#define STEPS_PER_CHECK 20000

struct statement {
    struct db_cursor base;
    struct sqlite_conn *conn;
    sqlite3_stmt *handle;
    const void *key;  // the db_query, or the literal of sqlite_conn_do(); NULL for built SQL
    const char *name;
    struct str text;  // built SQL only
    uint64_t used_at;
    bool busy;
    bool loose;  // not kept: finalised at its end
};

// --- connections ------------------------------------------------------------------------------

static int past_deadline(void *arg)
{
    const struct sqlite_conn *conn = arg;
    return conn->deadline_us != 0 && clock_monotonic_us() > conn->deadline_us;
}

static bool conn_setup(struct sqlite_conn *conn, bool read_only, struct error *err)
{
    // Readers map the file instead of copying pages; the writer's cache holds what it changes.
    static const char READER[] = "PRAGMA query_only = ON;"
                                 "PRAGMA mmap_size = 134217728;"
                                 "PRAGMA cache_size = -2048";
    static const char WRITER[] = "PRAGMA journal_mode = WAL;"
                                 "PRAGMA synchronous = FULL;"
                                 "PRAGMA wal_autocheckpoint = 0;"
                                 "PRAGMA journal_size_limit = 67108864;"
                                 "PRAGMA cache_size = -16384";
    (void)sqlite3_extended_result_codes(conn->handle, 1);
    (void)sqlite3_busy_timeout(conn->handle, BUSY_TIMEOUT_MS);
    (void)sqlite3_db_config(conn->handle, SQLITE_DBCONFIG_DQS_DML, 0, NULL);
    (void)sqlite3_db_config(conn->handle, SQLITE_DBCONFIG_DQS_DDL, 0, NULL);
    (void)sqlite3_db_config(conn->handle, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
    sqlite3_progress_handler(conn->handle, STEPS_PER_CHECK, past_deadline, conn);
    return sqlite_conn_script(conn, "PRAGMA foreign_keys = ON; PRAGMA temp_store = MEMORY", err) &&
           sqlite_conn_script(conn, read_only ? READER : WRITER, err);
}

bool sqlite_conn_open(const char *path, bool read_only, struct sqlite_conn **ret, struct error *err)
{
    mem_ctx *ctx = mem_ctx_new(NULL, "sqlite");
    struct sqlite_conn *conn = mem_new(ctx, struct sqlite_conn);
    conn->ctx = ctx;
    conn->slot_count = 64;
    conn->slots = mem_array(ctx, struct statement *, conn->slot_count);
    int flags = (read_only ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE) | SQLITE_OPEN_NOMUTEX;
    int rc = sqlite3_open_v2(path, &conn->handle, flags, NULL);
    if (rc != SQLITE_OK || !conn_setup(conn, read_only, err)) {
        if (rc != SQLITE_OK) {
            (void)sqlite_conn_fail(conn, path, err);
        }
        sqlite_conn_close(conn);
        return false;
    }
    *ret = conn;
    return true;
}

void sqlite_conn_close(struct sqlite_conn *conn)
{
    for (size_t i = 0; i < conn->slot_count; i++) {
        if (conn->slots[i] != NULL) {
            (void)sqlite3_finalize(conn->slots[i]->handle);
        }
    }
    for (size_t i = 0; i < SQLITE_BUILT_KEPT; i++) {
        if (conn->built[i] != NULL) {
            (void)sqlite3_finalize(conn->built[i]->handle);
        }
    }
    int rc = sqlite3_close(conn->handle);
    assert(rc == SQLITE_OK);  // else a cursor was never ended
    mem_free(conn->ctx);
}

// --- errors -----------------------------------------------------------------------------------

static bool disk_is_full(int code, int errnum)
{
    return code == SQLITE_FULL || errnum == ENOSPC || errnum == EDQUOT;
}

static void constraint_fail(int extended, struct error *err)
{
    if (extended == SQLITE_CONSTRAINT_UNIQUE || extended == SQLITE_CONSTRAINT_PRIMARYKEY) {
        (void)error_set(err, ERR_CONFLICT, "This already exists.");
        (void)snprintf(err->word, sizeof err->word, "DuplicateValue");
    } else {
        (void)error_internal(err, "constraint");
    }
}

bool sqlite_code_fail(int code, int errnum, const char *text, const char *what, struct error *err)
{
    switch (code & 0xff) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        (void)error_set(err, ERR_BUSY, "The database is busy. Please try again in a moment.");
        break;
    case SQLITE_INTERRUPT:
        (void)error_set(err, ERR_BUSY,
                        "This took the database too long and was stopped. Please ask for less at "
                        "once, or try again later.");
        break;
    case SQLITE_FULL:
    case SQLITE_IOERR:
    case SQLITE_CANTOPEN:
        if (disk_is_full(code & 0xff, errnum)) {
            (void)error_set(err, ERR_NO_SPACE,
                            "The server's disk is full, so nothing was saved. Please tell the "
                            "administrator; nothing stored before is lost.");
        } else {
            (void)error_set(err, ERR_UNAVAILABLE,
                            "The database file cannot be read or written. Please tell the "
                            "administrator to look at the server's disk and its log.");
        }
        break;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
        (void)error_set(err, ERR_UNAVAILABLE,
                        "The database file is damaged, or is no database. The administrator "
                        "should stop Steward, keep a copy of the file and restore a backup.");
        break;
    case SQLITE_PERM:
    case SQLITE_AUTH:
        (void)error_set(err, ERR_UNAVAILABLE,
                        "The database file may not be opened. Its owner must be the user that "
                        "Steward runs as.");
        break;
    case SQLITE_TOOBIG:
        (void)error_set(err, ERR_TOO_LARGE, "This is too large to be stored.");
        break;
    case SQLITE_CONSTRAINT:
        constraint_fail(code, err);
        break;
    default:
        (void)error_internal(err, "sqlite");
    }
    return error_detail(err, "%s: %s (sqlite %d, errno %d)", what, text, code, errnum);
}

bool sqlite_conn_fail(const struct sqlite_conn *conn, const char *what, struct error *err)
{
    if (conn->handle == NULL) {
        return sqlite_code_fail(SQLITE_NOMEM, 0, "out of memory", what, err);
    }
    (void)sqlite_code_fail(sqlite3_extended_errcode(conn->handle),
                           sqlite3_system_errno(conn->handle), sqlite3_errmsg(conn->handle), what,
                           err);
    return false;
}

// --- prepared statements ----------------------------------------------------------------------

static bool statement_new(struct sqlite_conn *conn, const char *name, struct str sql, bool keep,
                          struct statement **ret, struct error *err)
{
    sqlite3_stmt *handle = NULL;
    if (sqlite3_prepare_v3(conn->handle, sql.ptr, (int)sql.len,
                           keep ? SQLITE_PREPARE_PERSISTENT : 0, &handle, NULL) != SQLITE_OK) {
        (void)sqlite_conn_fail(conn, name, err);
        return false;
    }
    struct statement *statement = mem_new(conn->ctx, struct statement);
    statement->conn = conn;
    statement->handle = handle;
    statement->name = name;
    statement->loose = !keep;
    *ret = statement;
    return true;
}

static size_t slot_of(struct statement *const *slots, size_t count, const void *key)
{
    size_t i = ((uintptr_t)key >> 4) * UINT64_C(0x9E3779B97F4A7C15) >> 20 & (count - 1);
    while (slots[i] != NULL && slots[i]->key != key) {
        i = (i + 1) & (count - 1);
    }
    return i;
}

static void slots_grow(struct sqlite_conn *conn)
{
    size_t count = conn->slot_count * 2;
    struct statement **slots = mem_array(conn->ctx, struct statement *, count);
    for (size_t i = 0; i < conn->slot_count; i++) {
        if (conn->slots[i] != NULL) {
            slots[slot_of(slots, count, conn->slots[i]->key)] = conn->slots[i];
        }
    }
    mem_free(conn->slots);
    conn->slots = slots;
    conn->slot_count = count;
}

// The kept statement of `key`. One that is in use already (a query inside its own rows) gets a
// second, loose one.
static bool statement_kept(struct sqlite_conn *conn, const void *key, const char *name,
                           const char *sql, struct statement **ret, struct error *err)
{
    size_t slot = slot_of(conn->slots, conn->slot_count, key);
    struct statement *found = conn->slots[slot];
    if (found != NULL && !found->busy) {
        *ret = found;
        return true;
    }
    struct statement *made = NULL;
    if (!statement_new(conn, name, str_c(sql), found == NULL, &made, err)) {
        return false;
    }
    if (found == NULL) {
        made->key = key;
        conn->slots[slot] = made;
        conn->slots_used++;
        if (conn->slots_used * 2 > conn->slot_count) {
            slots_grow(conn);
        }
    }
    *ret = made;
    return true;
}

static void statement_drop(struct statement *statement)
{
    (void)sqlite3_finalize(statement->handle);
    mem_free(statement);
}

// Where a built statement is kept: its own place, a free one, or that of the longest unused. -1
// when all are in use.
static int built_place(const struct sqlite_conn *conn, struct str sql)
{
    int oldest = -1;
    for (int i = 0; i < SQLITE_BUILT_KEPT; i++) {
        const struct statement *statement = conn->built[i];
        if (statement == NULL) {
            return i;
        }
        if (!statement->busy && str_eq(statement->text, sql)) {
            return i;
        }
        if (!statement->busy && (oldest < 0 || statement->used_at < conn->built[oldest]->used_at)) {
            oldest = i;
        }
    }
    return oldest;
}

static bool statement_built(struct sqlite_conn *conn, struct str sql, struct statement **ret,
                            struct error *err)
{
    int place = built_place(conn, sql);
    if (place >= 0 && conn->built[place] != NULL && str_eq(conn->built[place]->text, sql)) {
        *ret = conn->built[place];
        return true;
    }
    struct statement *made = NULL;
    if (!statement_new(conn, "built query", sql, place >= 0, &made, err)) {
        return false;
    }
    if (place >= 0) {
        if (conn->built[place] != NULL) {
            statement_drop(conn->built[place]);
        }
        made->text = str_dup(made, sql);
        conn->built[place] = made;
    }
    *ret = made;
    return true;
}

// --- binding ----------------------------------------------------------------------------------

static void json_text_append(sqlite3_str *json, struct str text)
{
    sqlite3_str_appendchar(json, 1, '"');
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.ptr[i];
        if (c < 0x20) {
            sqlite3_str_appendf(json, "\\u%04x", c);
        } else {
            if (c == '"' || c == '\\') {
                sqlite3_str_appendchar(json, 1, '\\');
            }
            sqlite3_str_appendchar(json, 1, (char)c);
        }
    }
    sqlite3_str_appendchar(json, 1, '"');
}

// Arrays travel as JSON and are taken apart by json_each().
static int bind_array(sqlite3_stmt *handle, int index, const struct db_value *value)
{
    sqlite3_str *json = sqlite3_str_new(NULL);
    sqlite3_str_appendchar(json, 1, '[');
    for (int64_t i = 0; i < value->i64; i++) {
        if (i > 0) {
            sqlite3_str_appendchar(json, 1, ',');
        }
        if (value->type == DB_I64_ARRAY) {
            sqlite3_str_appendf(json, "%lld", (long long)((const int64_t *)value->array)[i]);
        } else {
            json_text_append(json, ((const struct str *)value->array)[i]);
        }
    }
    sqlite3_str_appendchar(json, 1, ']');
    char *text = sqlite3_str_finish(json);
    return text == NULL ? SQLITE_NOMEM : sqlite3_bind_text(handle, index, text, -1, sqlite3_free);
}

static int bind_one(sqlite3_stmt *handle, int index, const struct db_value *value)
{
    const char *bytes = value->text.ptr == NULL ? "" : value->text.ptr;
    switch (value->type) {
    case DB_NULL:
        return sqlite3_bind_null(handle, index);
    case DB_I64:
        return sqlite3_bind_int64(handle, index, value->i64);
    case DB_F64:
        return sqlite3_bind_double(handle, index, value->f64);
    case DB_TEXT:
        return sqlite3_bind_text64(handle, index, bytes, value->text.len, SQLITE_STATIC,
                                   SQLITE_UTF8);
    case DB_BLOB:
        return sqlite3_bind_blob64(handle, index, bytes, value->text.len, SQLITE_STATIC);
    case DB_I64_ARRAY:
    case DB_TEXT_ARRAY:
        break;
    }
    return bind_array(handle, index, value);
}

static bool statement_bind(struct statement *statement, const struct db_value *params, int count,
                           struct error *err)
{
    for (int i = 0; i < count; i++) {
        if (sqlite3_bind_parameter_count(statement->handle) < i + 1) {
            break;  // the last ones are only used by the other engine's text
        }
        if (bind_one(statement->handle, i + 1, &params[i]) != SQLITE_OK) {
            return sqlite_conn_fail(statement->conn, statement->name, err);
        }
    }
    return true;
}

// --- running ----------------------------------------------------------------------------------

bool sqlite_start(struct db *db, const struct db_query *query, struct str sql,
                  const struct db_value *params, int param_count, struct db_cursor **ret,
                  struct error *err)
{
    struct sqlite_conn *conn = ((struct sqlite_db *)db)->conn;
    struct statement *statement = NULL;
    if (db->writable && sqlite3_get_autocommit(conn->handle) != 0) {
        // SQLite gave up the whole transaction; a write now would stand alone.
        return error_set(err, ERR_BUSY, "The transaction was given up by the database.");
    }
    if (!(query != NULL ? statement_kept(conn, query, query->name, query->sqlite, &statement, err)
                        : statement_built(conn, sql, &statement, err))) {
        return false;
    }
    statement->base.db = db;
    statement->busy = true;
    statement->used_at = ++conn->turn;
    db->open_cursors++;
    if (!statement_bind(statement, params, param_count, err)) {
        sqlite_end(&statement->base);
        return false;
    }
    conn->deadline_us =
        conn->timeout_ms == 0 ? 0 : clock_monotonic_us() + (int64_t)conn->timeout_ms * 1000;
    *ret = &statement->base;
    return true;
}

bool sqlite_step(struct db_cursor *cursor, bool *ret_row, struct error *err)
{
    struct statement *statement = (struct statement *)cursor;
    int rc = sqlite3_step(statement->handle);
    if (rc != SQLITE_ROW && rc != SQLITE_DONE) {
        return sqlite_conn_fail(statement->conn, statement->name, err);
    }
    *ret_row = rc == SQLITE_ROW;
    return true;
}

void sqlite_end(struct db_cursor *cursor)
{
    struct statement *statement = (struct statement *)cursor;
    cursor->db->open_cursors--;
    statement->busy = false;
    if (statement->loose) {
        statement_drop(statement);
    } else {
        (void)sqlite3_reset(statement->handle);
    }
}

bool sqlite_exec(struct db *db, const struct db_query *query, const struct db_value *params,
                 int64_t *ret_changes, struct error *err)
{
    struct db_cursor *cursor = NULL;
    bool row = true;
    if (!sqlite_start(db, query, STR_NONE, params, query->param_count, &cursor, err)) {
        return false;
    }
    bool ok = true;
    while (ok && row) {
        ok = sqlite_step(cursor, &row, err);
    }
    if (ok && ret_changes != NULL) {
        *ret_changes = sqlite3_changes64(((struct sqlite_db *)db)->conn->handle);
    }
    sqlite_end(cursor);
    return ok;
}

bool sqlite_conn_do(struct sqlite_conn *conn, const char *sql, struct error *err)
{
    struct statement *statement = NULL;
    if (!statement_kept(conn, sql, sql, sql, &statement, err)) {
        return false;
    }
    conn->deadline_us = 0;
    bool ok = sqlite3_step(statement->handle) == SQLITE_DONE;
    if (!ok) {
        (void)sqlite_conn_fail(conn, sql, err);
    }
    (void)sqlite3_reset(statement->handle);
    return ok;
}

bool sqlite_conn_script(struct sqlite_conn *conn, const char *sql, struct error *err)
{
    conn->deadline_us = 0;
    return sqlite3_exec(conn->handle, sql, NULL, NULL, NULL) == SQLITE_OK ||
           sqlite_conn_fail(conn, "script", err);
}

// --- columns ----------------------------------------------------------------------------------

static sqlite3_stmt *handle_of(struct db_cursor *cursor)
{
    return ((struct statement *)cursor)->handle;
}

bool sqlite_column_is_null(struct db_cursor *cursor, int column)
{
    return sqlite3_column_type(handle_of(cursor), column) == SQLITE_NULL;
}

int64_t sqlite_column_i64(struct db_cursor *cursor, int column)
{
    return sqlite3_column_int64(handle_of(cursor), column);
}

double sqlite_column_f64(struct db_cursor *cursor, int column)
{
    return sqlite3_column_double(handle_of(cursor), column);
}

struct str sqlite_column_str(struct db_cursor *cursor, int column)
{
    sqlite3_stmt *handle = handle_of(cursor);
    int type = sqlite3_column_type(handle, column);
    if (type == SQLITE_NULL) {
        return STR_NONE;
    }
    // Pointer before length: the call that gives the pointer may convert.
    const void *bytes = type == SQLITE_BLOB ? sqlite3_column_blob(handle, column)
                                            : (const void *)sqlite3_column_text(handle, column);
    size_t len = (size_t)sqlite3_column_bytes(handle, column);
    return (struct str){bytes == NULL ? "" : bytes, len};
}
