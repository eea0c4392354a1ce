// SPDX-License-Identifier: GPL-3.0-or-later
//
// Values travel in the binary format of PostgreSQL 15 (chapter "Frontend/Backend Protocol" and the
// types' send and receive functions): integers and floats big-endian, text and bytea as they are.
#include <assert.h>
#include <endian.h>
#include <math.h>
#include <string.h>

#include "db/postgres_internal.h"

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

#define MAX_VALUE ((size_t)1 << 30)

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

static void param_set(struct postgres_params *p, int i, const struct db_value *value)
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

void postgres_params_set(struct postgres_params *p, mem_ctx *ctx, const enum db_type *types,
                         const struct db_value *values, int count)
{
    assert(count <= POSTGRES_PARAMS_MAX);
    buf_init(&p->bytes, ctx, MAX_VALUE);
    for (int i = 0; i < count; i++) {
        p->types[i] = oid_of(types == NULL ? values[i].type : types[i]);
        param_set(p, i, &values[i]);
    }
    // Only now, for the buffer may have moved.
    for (int i = 0; i < count; i++) {
        if (values[i].type != DB_NULL && p->values[i] == NULL) {
            p->values[i] = p->bytes.data + p->offsets[i];
        }
    }
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
    const struct postgres_cursor *c = (struct postgres_cursor *)cursor;
    return PQgetisnull(c->result, c->row, column) != 0;
}

int64_t postgres_column_i64(struct db_cursor *cursor, int column)
{
    const struct postgres_cursor *c = (struct postgres_cursor *)cursor;
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
    const struct postgres_cursor *c = (struct postgres_cursor *)cursor;
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
    const struct postgres_cursor *c = (struct postgres_cursor *)cursor;
    if (PQgetisnull(c->result, c->row, column) != 0) {
        return STR_NONE;
    }
    return (struct str){PQgetvalue(c->result, c->row, column),
                        (size_t)PQgetlength(c->result, c->row, column)};
}
