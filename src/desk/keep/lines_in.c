// SPDX-License-Identifier: GPL-3.0-or-later
#include <endian.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/random.h"
#include "desk/keep/lines.h"
#include "json/json.h"

#define MANIFEST_MAX ((size_t)16 << 20)
#define SETTINGS_MAX ((size_t)1 << 20)
#define LINE_MAX_BYTES (2 * KEEP_RECORD_MAX)

// What comes next.
enum stage { AT_SECRET, AT_SETTINGS, AT_MIGRATIONS, AT_IDS, AT_TABLE, AT_ROWS, AT_BLOBS, AT_END };

struct lines_in {
    mem_ctx *ctx;
    const char *folder;
    enum stage stage;
    struct jr_value desk;
    size_t at;   // in the migrations, then in the tables
    FILE *file;  // of the rows, then of the blobs
    const char *file_name;
    int64_t line;
    int64_t blobs;
    mem_ctx *table_ctx;
    struct db_table table;
    struct db_value *values;
};

static bool broken(const struct lines_in *in, const char *what, struct error *err)
{
    return in->line > 0 ? error_set(err, ERR_INVALID, "%s/%s, line %lld: %s.", in->folder,
                                    in->file_name, (long long)in->line, what)
                        : error_set(err, ERR_INVALID, "%s/desk.json: %s.", in->folder, what);
}

static void close_file(struct lines_in *in)
{
    if (in->file != NULL) {
        (void)fclose(in->file);
        in->file = NULL;
    }
    in->line = 0;
}

static void close_all(void *handle)
{
    close_file(handle);
}

// *ret_there is false without the file.
static bool whole_file(struct lines_in *in, mem_ctx *ctx, const char *name, size_t max,
                       struct str *ret, bool *ret_there, struct error *err)
{
    const char *path = mem_printf(ctx, "%s/%s", in->folder, name);
    FILE *file = fopen(path, "re");
    *ret_there = file != NULL;
    if (file == NULL) {
        return errno == ENOENT ||
               error_set(err, ERR_UNAVAILABLE, "Cannot read %s: %s", path, strerror(errno));
    }
    struct buf content;
    char piece[4096];
    size_t got = 1;
    buf_init(&content, ctx, max);
    while (got > 0) {
        got = fread(piece, 1, sizeof piece, file);
        buf_put(&content, (struct str){piece, got});
    }
    bool failed = ferror(file) != 0 || content.failed;
    (void)fclose(file);
    *ret = buf_str(&content);
    return !failed || error_set(err, ERR_INVALID, "%s cannot be read or is too large.", path);
}

bool lines_in_open(mem_ctx *ctx, const char *folder, struct lines_in **ret, struct error *err)
{
    struct lines_in *in = mem_new(ctx, struct lines_in);
    struct str text = STR("");
    bool there = false;
    int64_t version = 0;
    in->ctx = ctx;
    in->folder = mem_text(ctx, folder);
    mem_on_free(ctx, close_all, in);
    if (!whole_file(in, ctx, "desk.json", MANIFEST_MAX, &text, &there, err)) {
        return false;
    }
    if (!there) {
        return error_set(err, ERR_NOT_FOUND,
                         "%s has no desk.json: it is not an export, or one that was not finished.",
                         folder);
    }
    if (!jr_parse(ctx, text, &in->desk, err)) {
        err->code = ERR_INVALID;
        return false;
    }
    if (!str_eq_c(jr_text(jr_get(in->desk, "format")), LINES_FORMAT) ||
        !jr_i64(jr_get(in->desk, "version"), &version) || version != LINES_VERSION) {
        return broken(in, "it is no export of a version that can be read", err);
    }
    *ret = in;
    return true;
}

// --- lines --------------------------------------------------------------------------------------

static bool open_lines(struct lines_in *in, const char *name, struct error *err)
{
    const char *path = mem_printf(in->ctx, "%s/%s", in->folder, name);
    in->file_name = mem_text(in->ctx, name);
    in->line = 0;
    in->file = fopen(path, "re");
    return in->file != NULL ||
           error_set(err, ERR_INVALID, "Cannot read %s: %s", path, strerror(errno));
}

// One line as JSON; *ret is JR_NONE at the end of the file.
static bool next_line(struct lines_in *in, mem_ctx *ctx, struct jr_value *ret, struct error *err)
{
    struct buf line;
    int c = 0;
    buf_init(&line, ctx, LINE_MAX_BYTES);
    in->line++;
    while ((c = getc_unlocked(in->file)) != EOF && c != '\n') {
        buf_put_char(&line, (char)c);
    }
    if (ferror(in->file) != 0 || line.failed) {
        return broken(in, "it cannot be read or is too long", err);
    }
    if (c == EOF && line.len == 0) {
        *ret = JR_NONE;
        return true;
    }
    if (!jr_parse(ctx, buf_str(&line), ret, err)) {
        struct error why = *err;
        return broken(in, why.message, err);
    }
    return jr_kind(*ret) == JR_OBJECT || broken(in, "it is no object", err);
}

// --- rows ---------------------------------------------------------------------------------------

static bool plain_name(struct str name)
{
    for (size_t i = 0; i < name.len; i++) {
        char c = name.ptr[i];
        if ((c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '_') {
            return false;
        }
    }
    return name.len > 0 && name.len <= 63;
}

static bool type_named(struct str name, enum db_type *ret)
{
    static const struct {
        const char *name;
        enum db_type type;
    } TYPES[] = {{"integer", DB_I64}, {"number", DB_F64}, {"text", DB_TEXT}, {"bytes", DB_BLOB}};
    for (size_t i = 0; i < sizeof TYPES / sizeof *TYPES; i++) {
        if (str_eq_c(name, TYPES[i].name)) {
            *ret = TYPES[i].type;
            return true;
        }
    }
    return false;
}

static bool begin_table(struct lines_in *in, mem_ctx *ctx, struct jr_value table,
                        struct str *ret_bytes, struct error *err)
{
    struct str name = jr_text(jr_get(table, "name"));
    struct jr_value columns = jr_get(table, "columns");
    size_t count = jr_count(columns);
    if (!plain_name(name) || count == 0 || count > 1000) {
        return broken(in, "it has a table that cannot be", err);
    }
    mem_free(in->table_ctx);
    in->table_ctx = mem_ctx_new(in->ctx, "table");
    in->table = (struct db_table){
        .name = mem_text_n(in->table_ctx, name.ptr, name.len),
        .columns = mem_array(in->table_ctx, struct db_table_column, count),
        .column_count = (int)count,
    };
    in->values = mem_array(in->table_ctx, struct db_value, count);
    for (size_t c = 0; c < count; c++) {
        struct str column = jr_text(jr_get(jr_at(columns, c), "name"));
        if (!plain_name(column) ||
            !type_named(jr_text(jr_get(jr_at(columns, c), "type")), &in->table.columns[c].type)) {
            return broken(in, "it has a column that cannot be", err);
        }
        in->table.columns[c].name = mem_text_n(in->table_ctx, column.ptr, column.len);
    }
    *ret_bytes = backup_table_line(ctx, &in->table);
    in->stage = AT_ROWS;
    return open_lines(in, mem_printf(in->table_ctx, "tables/%s.jsonl", in->table.name), err);
}

static bool take_bytes(mem_ctx *ctx, struct jr_value value, struct str *ret)
{
    struct jr_value packed = jr_get(value, "base64");
    return jr_kind(packed) == JR_TEXT && base64_decode(ctx, jr_text(packed), ret);
}

static bool take_value(mem_ctx *ctx, enum db_type type, struct jr_value value, struct db_value *ret)
{
    enum jr_kind kind = jr_kind(value);
    *ret = (struct db_value){.type = kind == JR_NULL ? DB_NULL : type};
    switch (kind) {
    case JR_NULL:
        return true;
    case JR_I64:
        if (type == DB_F64) {
            return jr_f64(value, &ret->f64);
        }
        return type == DB_I64 && jr_i64(value, &ret->i64);
    case JR_F64:
        return type == DB_F64 && jr_f64(value, &ret->f64);
    case JR_TEXT:
        ret->text = jr_text(value);
        return type == DB_TEXT;
    case JR_OBJECT:
        return (type == DB_TEXT || type == DB_BLOB) && take_bytes(ctx, value, &ret->text);
    default:
        return false;
    }
}

static bool end_table(struct lines_in *in, mem_ctx *ctx, struct str *ret_bytes, struct error *err)
{
    struct jr_value table = jr_at(jr_get(in->desk, "tables"), in->at);
    struct str sum;
    struct buf bytes;
    int64_t rows = 0;
    close_file(in);
    if (!jr_i64(jr_get(table, "rows"), &rows) ||
        !hex_decode(ctx, jr_text(jr_get(table, "blake2b")), &sum) || sum.len != KEEP_SUM_BYTES) {
        return broken(in, "it has a table without its checksum", err);
    }
    uint64_t little = htole64((uint64_t)rows);
    buf_init(&bytes, ctx, 256);
    buf_put(&bytes, (struct str){(const char *)&little, sizeof little});
    buf_put(&bytes, sum);
    *ret_bytes = buf_str(&bytes);
    in->at++;
    in->stage = AT_TABLE;
    return true;
}

static bool next_row(struct lines_in *in, mem_ctx *ctx, enum keep_record *ret_kind,
                     struct str *ret_bytes, struct error *err)
{
    struct jr_value row;
    struct buf bytes;
    if (!next_line(in, ctx, &row, err)) {
        return false;
    }
    if (jr_absent(row)) {
        *ret_kind = KEEP_SUM;
        return end_table(in, ctx, ret_bytes, err);
    }
    for (int c = 0; c < in->table.column_count; c++) {
        const struct db_table_column *column = &in->table.columns[c];
        if (!take_value(ctx, column->type, jr_get(row, column->name), &in->values[c])) {
            return broken(in, mem_printf(ctx, "there is no value of %s", column->name), err);
        }
    }
    buf_init(&bytes, ctx, KEEP_RECORD_MAX);
    db_row_put(&bytes, &in->table, in->values);
    *ret_kind = KEEP_ROW;
    *ret_bytes = buf_str(&bytes);
    return !bytes.failed || broken(in, "it is too large", err);
}

// --- all of it ----------------------------------------------------------------------------------

static bool take_file(struct lines_in *in, mem_ctx *ctx, const char *name, bool *ret_there,
                      struct str *ret_bytes, struct error *err)
{
    struct str content = STR("");
    struct buf bytes;
    buf_init(&bytes, ctx, 2 * SETTINGS_MAX);
    if (!whole_file(in, ctx, name, SETTINGS_MAX, &content, ret_there, err)) {
        return false;
    }
    buf_put(&bytes, (struct str){name, strlen(name) + 1});
    buf_put(&bytes, content);
    *ret_bytes = buf_str(&bytes);
    return true;
}

static bool take_ids(struct lines_in *in, mem_ctx *ctx, struct str *ret_bytes, struct error *err)
{
    int64_t next = 0;
    if (!jr_i64(jr_get(in->desk, "next_id"), &next) || next < 0) {
        return broken(in, "next_id is missing", err);
    }
    uint64_t little = htole64((uint64_t)next);
    *ret_bytes = str_dup(ctx, (struct str){(const char *)&little, sizeof little});
    in->stage = AT_TABLE;
    return true;
}

static bool next_blob(struct lines_in *in, mem_ctx *ctx, struct str *ret_bytes, bool *ret_end,
                      struct error *err)
{
    struct jr_value blob;
    int64_t expected = 0;
    if (!next_line(in, ctx, &blob, err)) {
        return false;
    }
    *ret_bytes = jr_text(jr_get(blob, "hash"));
    *ret_end = jr_absent(blob);
    if (*ret_end) {
        in->stage = AT_END;
        return (jr_i64(jr_get(in->desk, "blobs"), &expected) && expected == in->blobs) ||
               broken(in, "files are missing in the list", err);
    }
    in->blobs++;
    return true;
}

static bool next_migration(struct lines_in *in, struct str *ret_bytes)
{
    struct jr_value migrations = jr_get(in->desk, "migrations");
    if (in->at == jr_count(migrations)) {
        in->at = 0;
        in->stage = AT_IDS;
        return false;
    }
    *ret_bytes = jr_text(jr_at(migrations, in->at++));
    return true;
}

bool lines_in_next(struct lines_in *in, mem_ctx *ctx, enum keep_record *ret_kind,
                   struct str *ret_bytes, bool *ret_end, struct error *err)
{
    bool there = false;
    *ret_end = false;
    while (in->stage == AT_SECRET || in->stage == AT_SETTINGS) {
        const char *name = in->stage == AT_SECRET ? "secret" : "steward.conf";
        in->stage = in->stage == AT_SECRET ? AT_SETTINGS : AT_MIGRATIONS;
        *ret_kind = KEEP_FILE;
        if (!take_file(in, ctx, name, &there, ret_bytes, err)) {
            return false;
        }
        if (there) {
            return true;
        }
    }
    if (in->stage == AT_MIGRATIONS && next_migration(in, ret_bytes)) {
        *ret_kind = KEEP_MIGRATION;
        return true;
    }
    switch (in->stage) {
    case AT_IDS:
        *ret_kind = KEEP_IDS;
        return take_ids(in, ctx, ret_bytes, err);
    case AT_TABLE:
        if (in->at < jr_count(jr_get(in->desk, "tables"))) {
            *ret_kind = KEEP_TABLE;
            return begin_table(in, ctx, jr_at(jr_get(in->desk, "tables"), in->at), ret_bytes, err);
        }
        in->stage = AT_BLOBS;
        if (!open_lines(in, "blobs.jsonl", err)) {
            return false;
        }
        *ret_kind = KEEP_BLOB;
        return next_blob(in, ctx, ret_bytes, ret_end, err);
    case AT_ROWS:
        return next_row(in, ctx, ret_kind, ret_bytes, err);
    case AT_BLOBS:
        *ret_kind = KEEP_BLOB;
        return next_blob(in, ctx, ret_bytes, ret_end, err);
    default:
        *ret_end = true;
        return true;
    }
}
