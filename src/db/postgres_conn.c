// SPDX-License-Identifier: GPL-3.0-or-later
//
// Values travel in the binary format of PostgreSQL 15 (chapter "Frontend/Backend Protocol" and the
// types' send and receive functions): integers and floats big-endian, text and bytea as they are.
#include "db/postgres_internal.h"

#include <assert.h>
#include <endian.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"

// OIDs of pg_type, which are fixed.
enum {
    OID_BOOL = 16,
    OID_BYTEA = 17,
    OID_INT8 = 20,
    OID_INT2 = 21,
    OID_INT4 = 23,
    OID_TEXT = 25,
    OID_FLOAT4 = 700,
    OID_FLOAT8 = 701,
    OID_TEXT_ARRAY = 1009,
    OID_INT8_ARRAY = 1016,
    OID_NUMERIC = 1700
};

#define MAX_PARAMS 128
#define MAX_VALUE ((size_t)1 << 30)

struct cursor {
    struct db_cursor base;
    struct postgres_conn *conn;
    PGresult *result;
    int row;  // -1 before the first
    int rows;
};

// --- errors -----------------------------------------------------------------------------------

struct state_row {
    const char *prefix;  // of SQLSTATE; the first that fits decides
    enum error_code code;
    bool try_again;
    const char *message;
};

#define LOST_MESSAGE                                                                               \
    "The database server does not answer. Please try again in a moment; the administrator finds "  \
    "the reason in the log."

static const struct state_row STATES[] = {
    {"23505", ERR_CONFLICT, false, "This already exists."},
    {"40", ERR_BUSY, true, "The database is busy. Please try again in a moment."},
    {"55P03", ERR_BUSY, true, "The database is busy. Please try again in a moment."},
    {"57014", ERR_BUSY, false,
     "This took the database too long and was stopped. Please ask for less at once, or try again "
     "later."},
    {"53100", ERR_NO_SPACE, false,
     "The database server's disk is full, so nothing was saved. Please tell the administrator; "
     "nothing stored before is lost."},
    {"53", ERR_UNAVAILABLE, false, LOST_MESSAGE},
    {"57P", ERR_UNAVAILABLE, false, LOST_MESSAGE},
    {"08", ERR_UNAVAILABLE, false, LOST_MESSAGE},
    {"58", ERR_UNAVAILABLE, false, LOST_MESSAGE},
    {"XX001", ERR_UNAVAILABLE, false,
     "The database is damaged. The administrator should see its log."},
    {"54", ERR_TOO_LARGE, false, "This is too large to be stored."},
    {"22021", ERR_INVALID, false, "This text has characters that cannot be stored."},
};

static bool result_fail(struct postgres_conn *conn, const PGresult *result, const char *what,
                        struct error *err)
{
    const char *state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
    const char *text = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
    if (state == NULL) {
        // libpq's own: the connection broke.
        (void)error_set(err, ERR_UNAVAILABLE, LOST_MESSAGE);
        return error_detail(err, "%s: %s", what, PQerrorMessage(conn->handle));
    }
    (void)error_internal(err, "postgres");
    for (size_t i = 0; i < sizeof STATES / sizeof STATES[0]; i++) {
        if (strncmp(state, STATES[i].prefix, strlen(STATES[i].prefix)) == 0) {
            (void)error_set(err, STATES[i].code, "%s", STATES[i].message);
            conn->try_again = conn->try_again || STATES[i].try_again;
            break;
        }
    }
    if (err->code == ERR_CONFLICT) {
        (void)snprintf(err->word, sizeof err->word, "DuplicateValue");
    }
    return error_detail(err, "%s: %s (%s)", what, text == NULL ? "" : text, state);
}

bool postgres_conn_lost(const struct postgres_conn *conn)
{
    return PQstatus(conn->handle) != CONNECTION_OK;
}

// --- connections ------------------------------------------------------------------------------

static void ignore_notice(void *arg UNUSED, const PGresult *result UNUSED)
{
}

bool postgres_conn_open(const char *url, struct postgres_conn **ret, struct error *err)
{
    // The last word for a keyword wins, so the URL cannot change the encoding.
    static const char *const KEYWORDS[] = {"dbname", "client_encoding", "fallback_application_name",
                                           NULL};
    const char *const values[] = {url, "UTF8", "steward", NULL};
    mem_ctx *ctx = mem_ctx_new(NULL, "postgres");
    struct postgres_conn *conn = mem_new(ctx, struct postgres_conn);
    conn->ctx = ctx;
    conn->prepared_room = 256;
    conn->prepared = mem_array(ctx, const struct db_query *, conn->prepared_room);
    conn->handle = PQconnectdbParams(KEYWORDS, values, 1);
    mem_check_(conn->handle);
    if (PQstatus(conn->handle) != CONNECTION_OK) {
        (void)error_set(err, ERR_UNAVAILABLE,
                        "The database server cannot be reached, or does not let Steward in.");
        (void)error_detail(err, "%s", PQerrorMessage(conn->handle));
        postgres_conn_close(conn);
        return false;
    }
    (void)PQsetNoticeReceiver(conn->handle, ignore_notice, NULL);
    *ret = conn;
    return true;
}

void postgres_conn_close(struct postgres_conn *conn)
{
    PQfinish(conn->handle);
    mem_free(conn->ctx);
}

bool postgres_do(struct postgres_conn *conn, const char *sql, struct error *err)
{
    PGresult *result = PQexec(conn->handle, sql);
    ExecStatusType status = PQresultStatus(result);
    bool ok =
        status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK || status == PGRES_EMPTY_QUERY;
    if (!ok) {
        (void)result_fail(conn, result, sql, err);
    }
    PQclear(result);
    return ok;
}

bool postgres_commit(struct postgres_conn *conn, struct error *err)
{
    PGresult *result = PQexec(conn->handle, "COMMIT");
    bool ok = PQresultStatus(result) == PGRES_COMMAND_OK;
    if (!ok) {
        (void)result_fail(conn, result, "COMMIT", err);
    } else if (strcmp(PQcmdStatus(result), "COMMIT") != 0) {
        (void)error_internal(err, "a statement failed and its transaction went on nevertheless");
        ok = false;
    }
    PQclear(result);
    return ok;
}

// --- parameters -------------------------------------------------------------------------------

static Oid oid_of(enum db_type type)
{
    switch (type) {
    case DB_I64:
        return OID_INT8;
    case DB_F64:
        return OID_FLOAT8;
    case DB_BLOB:
        return OID_BYTEA;
    case DB_I64_ARRAY:
        return OID_INT8_ARRAY;
    case DB_TEXT_ARRAY:
        return OID_TEXT_ARRAY;
    case DB_TEXT:
    case DB_NULL:
        break;
    }
    return OID_TEXT;
}

static void put_u32(struct buf *out, uint32_t value)
{
    uint32_t big = htobe32(value);
    buf_put(out, (struct str){(const char *)&big, sizeof big});
}

static void put_u64(struct buf *out, uint64_t value)
{
    uint64_t big = htobe64(value);
    buf_put(out, (struct str){(const char *)&big, sizeof big});
}

// array_recv(): dimensions, has-null flag, element type, length and lower bound, elements.
static void put_array(struct buf *out, const struct db_value *value)
{
    bool numbers = value->type == DB_I64_ARRAY;
    put_u32(out, value->i64 == 0 ? 0 : 1);
    put_u32(out, 0);
    put_u32(out, numbers ? OID_INT8 : OID_TEXT);
    if (value->i64 == 0) {
        return;
    }
    put_u32(out, (uint32_t)value->i64);
    put_u32(out, 1);
    for (int64_t i = 0; i < value->i64; i++) {
        if (numbers) {
            put_u32(out, sizeof(int64_t));
            put_u64(out, (uint64_t)((const int64_t *)value->array)[i]);
        } else {
            struct str text = ((const struct str *)value->array)[i];
            put_u32(out, (uint32_t)text.len);
            buf_put(out, text);
        }
    }
}

struct params {
    Oid types[MAX_PARAMS];
    const char *values[MAX_PARAMS];
    int lengths[MAX_PARAMS];
    int formats[MAX_PARAMS];
    size_t offsets[MAX_PARAMS];
    struct buf bytes;
};

static void param_set(struct params *p, int i, const struct db_value *value)
{
    uint64_t bits = 0;
    p->formats[i] = 1;
    p->offsets[i] = p->bytes.len;
    switch (value->type) {
    case DB_NULL:
        return;
    case DB_I64:
        put_u64(&p->bytes, (uint64_t)value->i64);
        break;
    case DB_F64:
        memcpy(&bits, &value->f64, sizeof bits);
        put_u64(&p->bytes, bits);
        break;
    case DB_TEXT:
    case DB_BLOB:
        p->values[i] = value->text.ptr == NULL ? "" : value->text.ptr;
        p->lengths[i] = (int)value->text.len;
        return;
    case DB_I64_ARRAY:
    case DB_TEXT_ARRAY:
        put_array(&p->bytes, value);
        break;
    }
    p->lengths[i] = (int)(p->bytes.len - p->offsets[i]);
}

static void params_set(struct params *p, mem_ctx *ctx, const struct db_value *values, int count)
{
    buf_init(&p->bytes, ctx, MAX_VALUE);
    for (int i = 0; i < count; i++) {
        param_set(p, i, &values[i]);
    }
    // Only now, for the buffer may have moved.
    for (int i = 0; i < count; i++) {
        if (values[i].type != DB_NULL && p->values[i] == NULL) {
            p->values[i] = p->bytes.data + p->offsets[i];
        }
    }
}

// --- prepared statements ----------------------------------------------------------------------

static bool prepare(struct postgres_conn *conn, const char *name, const char *sql,
                    const struct params *p, int count, struct error *err)
{
    PGresult *result = PQprepare(conn->handle, name, sql, count, p->types);
    bool ok = PQresultStatus(result) == PGRES_COMMAND_OK;
    if (!ok) {
        (void)result_fail(conn, result, sql, err);
    }
    PQclear(result);
    return ok;
}

static size_t prepared_slot(const struct postgres_conn *conn, const struct db_query *query)
{
    size_t mask = conn->prepared_room - 1;
    size_t i = ((uintptr_t)query >> 4) * UINT64_C(0x9E3779B97F4A7C15) >> 20 & mask;
    while (conn->prepared[i] != NULL && conn->prepared[i] != query) {
        i = (i + 1) & mask;
    }
    return i;
}

static void prepared_add(struct postgres_conn *conn, const struct db_query *query)
{
    conn->prepared[prepared_slot(conn, query)] = query;
    conn->prepared_count++;
    if (conn->prepared_count * 2 <= conn->prepared_room) {
        return;
    }
    const struct db_query **old = conn->prepared;
    size_t old_room = conn->prepared_room;
    conn->prepared_room *= 2;
    conn->prepared = mem_array(conn->ctx, const struct db_query *, conn->prepared_room);
    for (size_t i = 0; i < old_room; i++) {
        if (old[i] != NULL) {
            conn->prepared[prepared_slot(conn, old[i])] = old[i];
        }
    }
    mem_free(old);
}

static bool prepare_query(struct postgres_conn *conn, const struct db_query *query,
                          struct params *p, char name[32], struct error *err)
{
    (void)snprintf(name, 32, "q%llx", (unsigned long long)(uintptr_t)query);
    if (conn->prepared[prepared_slot(conn, query)] != NULL) {
        return true;
    }
    assert(query->postgres != NULL);
    for (int i = 0; i < query->param_count; i++) {
        p->types[i] = oid_of(query->params[i]);
    }
    if (!prepare(conn, name, query->postgres, p, query->param_count, err)) {
        return false;
    }
    prepared_add(conn, query);
    return true;
}

static bool built_forget(struct postgres_conn *conn, int place, struct error *err)
{
    char sql[64];
    if (str_none(conn->built[place].text)) {
        return true;
    }
    (void)snprintf(sql, sizeof sql, "DEALLOCATE b%d", place);
    if (!postgres_do(conn, sql, err)) {
        return false;
    }
    mem_free((void *)conn->built[place].text.ptr);
    conn->built[place].text = STR_NONE;
    return true;
}

static bool prepare_built(struct postgres_conn *conn, struct str sql, struct params *p,
                          const struct db_value *values, int count, char name[32],
                          struct error *err)
{
    int place = 0;
    for (int i = 0; i < POSTGRES_BUILT_KEPT; i++) {
        if (!str_none(conn->built[i].text) && str_eq(conn->built[i].text, sql)) {
            conn->built[i].used_at = ++conn->turn;
            (void)snprintf(name, 32, "b%d", i);
            return true;
        }
        if (conn->built[i].used_at < conn->built[place].used_at) {
            place = i;
        }
    }
    (void)snprintf(name, 32, "b%d", place);
    for (int i = 0; i < count; i++) {
        p->types[i] = oid_of(values[i].type);
    }
    struct str text = str_dup(conn->ctx, sql);
    if (!built_forget(conn, place, err) || !prepare(conn, name, text.ptr, p, count, err)) {
        return false;
    }
    conn->built[place] = (struct postgres_built){.text = text, .used_at = ++conn->turn};
    return true;
}

// --- running ----------------------------------------------------------------------------------

static bool run(struct db *db, const struct db_query *query, struct str sql,
                const struct db_value *values, int count, PGresult **ret, struct error *err)
{
    struct postgres_conn *conn = ((struct postgres_db *)db)->conn;
    struct params p = {0};
    char name[32];
    assert(count <= MAX_PARAMS);
    if (!(query != NULL ? prepare_query(conn, query, &p, name, err)
                        : prepare_built(conn, sql, &p, values, count, name, err))) {
        return false;
    }
    mem_ctx *ctx = mem_ctx_new(NULL, "params");
    params_set(&p, ctx, values, count);
    PGresult *result = PQexecPrepared(conn->handle, name, count, p.values, p.lengths, p.formats, 1);
    mem_free(ctx);
    ExecStatusType status = PQresultStatus(result);
    if (status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK) {
        (void)result_fail(conn, result, query == NULL ? "built query" : query->name, err);
        PQclear(result);
        return false;
    }
    *ret = result;
    return true;
}

bool postgres_start(struct db *db, const struct db_query *query, struct str sql,
                    const struct db_value *params, int param_count, struct db_cursor **ret,
                    struct error *err)
{
    PGresult *result = NULL;
    if (!run(db, query, sql, params, param_count, &result, err)) {
        return false;
    }
    struct postgres_conn *conn = ((struct postgres_db *)db)->conn;
    struct cursor *cursor = mem_new(conn->ctx, struct cursor);
    *cursor = (struct cursor){
        .base.db = db, .conn = conn, .result = result, .row = -1, .rows = PQntuples(result)};
    db->open_cursors++;
    *ret = &cursor->base;
    return true;
}

bool postgres_step(struct db_cursor *cursor, bool *ret_row, struct error *err UNUSED)
{
    struct cursor *c = (struct cursor *)cursor;
    c->row++;
    *ret_row = c->row < c->rows;
    return true;
}

void postgres_end(struct db_cursor *cursor)
{
    struct cursor *c = (struct cursor *)cursor;
    cursor->db->open_cursors--;
    PQclear(c->result);
    mem_free(c);
}

bool postgres_exec(struct db *db, const struct db_query *query, const struct db_value *params,
                   int64_t *ret_changes, struct error *err)
{
    PGresult *result = NULL;
    if (!run(db, query, STR_NONE, params, query->param_count, &result, err)) {
        return false;
    }
    int64_t changes = 0;
    // "" for statements that change no rows.
    if (ret_changes != NULL && !str_to_i64(str_c(PQcmdTuples(result)), &changes)) {
        changes = 0;
    }
    PQclear(result);
    if (ret_changes != NULL) {
        *ret_changes = changes;
    }
    return true;
}

// --- columns ----------------------------------------------------------------------------------

static uint64_t get_bits(const char *bytes, int len)
{
    uint64_t bits = 0;
    for (int i = 0; i < len; i++) {
        bits = bits << 8 | (unsigned char)bytes[i];
    }
    return bits;
}

// numeric_send(): count of base-10000 digits, weight of the first, sign, scale, digits. Enough for
// SUM() of integers and AVG().
static double numeric_get(const char *bytes, int len)
{
    if (len < 8) {
        return 0;
    }
    int digits = (int)get_bits(bytes, 2);
    int weight = (int16_t)get_bits(bytes + 2, 2);
    bool negative = get_bits(bytes + 4, 2) == 0x4000;
    double value = 0;
    for (int i = 0; i < digits && 8 + 2 * i + 2 <= len; i++) {
        value += (double)get_bits(bytes + 8 + (ptrdiff_t)2 * i, 2) * pow(10000, weight - i);
    }
    return negative ? -value : value;
}

bool postgres_column_null(struct db_cursor *cursor, int column)
{
    const struct cursor *c = (struct cursor *)cursor;
    return PQgetisnull(c->result, c->row, column) != 0;
}

int64_t postgres_column_i64(struct db_cursor *cursor, int column)
{
    const struct cursor *c = (struct cursor *)cursor;
    const char *bytes = PQgetvalue(c->result, c->row, column);
    int len = PQgetlength(c->result, c->row, column);
    if (PQgetisnull(c->result, c->row, column) != 0) {
        return 0;
    }
    switch (PQftype(c->result, column)) {
    case OID_BOOL:
    case OID_INT8:
        return (int64_t)get_bits(bytes, len);
    case OID_INT4:
        return (int32_t)get_bits(bytes, len);
    case OID_INT2:
        return (int16_t)get_bits(bytes, len);
    default:
        return (int64_t)postgres_column_f64(cursor, column);
    }
}

double postgres_column_f64(struct db_cursor *cursor, int column)
{
    const struct cursor *c = (struct cursor *)cursor;
    const char *bytes = PQgetvalue(c->result, c->row, column);
    int len = PQgetlength(c->result, c->row, column);
    uint64_t bits = get_bits(bytes, len > 8 ? 8 : len);
    uint32_t bits32 = (uint32_t)bits;
    double value = 0;
    float small = 0;
    if (PQgetisnull(c->result, c->row, column) != 0) {
        return 0;
    }
    switch (PQftype(c->result, column)) {
    case OID_FLOAT8:
        memcpy(&value, &bits, sizeof value);
        return value;
    case OID_FLOAT4:
        memcpy(&small, &bits32, sizeof small);
        return (double)small;
    case OID_NUMERIC:
        return numeric_get(bytes, len);
    case OID_BOOL:
    case OID_INT8:
    case OID_INT4:
    case OID_INT2:
        return (double)postgres_column_i64(cursor, column);
    default:
        return 0;
    }
}

struct str postgres_column_text(struct db_cursor *cursor, int column)
{
    const struct cursor *c = (struct cursor *)cursor;
    if (PQgetisnull(c->result, c->row, column) != 0) {
        return STR_NONE;
    }
    return (struct str){PQgetvalue(c->result, c->row, column),
                        (size_t)PQgetlength(c->result, c->row, column)};
}
