// SPDX-License-Identifier: GPL-3.0-or-later
#include <dirent.h>
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/random.h"
#include "desk/keep/lines.h"
#include "json/json.h"

#define MANIFEST_MAX ((size_t)16 << 20)

struct lines_out {
    mem_ctx *ctx;
    const char *folder;
    FILE *rows;  // of the table at hand
    FILE *blobs;
    struct db_table table;
    struct db_value *values;
    struct buf line;
    int64_t ids;
    int64_t blob_count;
    struct buf migrations, tables;  // of desk.json
    struct jw migrations_json, tables_json;
};

static void close_file(FILE **file)
{
    if (*file != NULL) {
        (void)fclose(*file);
        *file = NULL;
    }
}

static void close_all(void *handle)
{
    struct lines_out *out = handle;
    close_file(&out->rows);
    close_file(&out->blobs);
}

static bool write_fail(const char *path, struct error *err)
{
    int errnum = errno;
    return error_set(err, errnum == ENOSPC || errnum == EDQUOT ? ERR_NO_SPACE : ERR_UNAVAILABLE,
                     "Cannot write %s: %s", path, strerror(errnum));
}

static bool open_new(const char *path, FILE **ret, struct error *err)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    *ret = fd < 0 ? NULL : fdopen(fd, "w");
    if (*ret == NULL) {
        (void)write_fail(path, err);
        if (fd >= 0) {
            (void)close(fd);
        }
        return false;
    }
    return true;
}

static bool end_file(FILE **file, const char *path, struct error *err)
{
    bool ok =
        *file == NULL || (fflush(*file) == 0 && ferror(*file) == 0 && fsync(fileno(*file)) == 0);
    if (!ok) {
        (void)write_fail(path, err);
    }
    close_file(file);
    return ok;
}

static bool make_empty(const char *folder, struct error *err)
{
    if (mkdir(folder, 0700) != 0 && errno != EEXIST) {
        return error_set(err, ERR_UNAVAILABLE, "Cannot make the folder %s: %s", folder,
                         strerror(errno));
    }
    DIR *there = opendir(folder);
    bool empty = there != NULL;
    for (const struct dirent *entry = there == NULL ? NULL : readdir(there); empty && entry != NULL;
         entry = readdir(there)) {
        empty = strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0;
    }
    if (there != NULL) {
        (void)closedir(there);
    }
    return empty || error_set(err, ERR_CONFLICT,
                              "%s is not an empty folder. Name one that is not there yet: nothing "
                              "is ever written over.",
                              folder);
}

bool lines_out_open(mem_ctx *ctx, const char *folder, struct lines_out **ret, struct error *err)
{
    struct lines_out *out = mem_new(ctx, struct lines_out);
    const char *names[] = {"tables", "blobs"};
    out->ctx = ctx;
    out->folder = mem_text(ctx, folder);
    buf_init(&out->line, ctx, 4 * KEEP_RECORD_MAX);
    buf_init(&out->migrations, ctx, MANIFEST_MAX);
    buf_init(&out->tables, ctx, MANIFEST_MAX);
    jw_init(&out->migrations_json, &out->migrations);
    jw_init(&out->tables_json, &out->tables);
    jw_array_begin(&out->migrations_json);
    jw_array_begin(&out->tables_json);
    mem_on_free(ctx, close_all, out);
    if (!make_empty(folder, err)) {
        return false;
    }
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const char *path = mem_printf(ctx, "%s/%s", folder, names[i]);
        if (mkdir(path, 0700) != 0) {
            return write_fail(path, err);
        }
    }
    *ret = out;
    return open_new(mem_printf(ctx, "%s/blobs.jsonl", folder), &out->blobs, err);
}

// --- rows ---------------------------------------------------------------------------------------

static const char *type_name(enum db_type type)
{
    switch (type) {
    case DB_I64:
        return "integer";
    case DB_F64:
        return "number";
    case DB_BLOB:
        return "bytes";
    default:
        return "text";
    }
}

// "name column:type …", as backup_table_line() writes it.
static bool begin_table(struct lines_out *out, struct str line, struct error *err)
{
    struct str rest = str_dup(out->ctx, line);
    struct str word;
    if (!str_next(&rest, ' ', &word)) {
        return error_internal(err, "a table without a name");
    }
    out->table = (struct db_table){.name = mem_text_n(out->ctx, word.ptr, word.len)};
    jw_object_begin(&out->tables_json);
    jw_field_c(&out->tables_json, "name", out->table.name);
    jw_field_array(&out->tables_json, "columns");
    while (str_next(&rest, ' ', &word)) {
        struct str name;
        struct str type;
        int64_t number = 0;
        str_cut(word, ':', &name, &type);
        if (!str_to_i64(type, &number)) {
            return error_internal(err, "a column without a type");
        }
        int count = ++out->table.column_count;
        out->table.columns = mem_grow(out->ctx, out->table.columns, struct db_table_column, count);
        out->table.columns[count - 1] = (struct db_table_column){
            .name = mem_text_n(out->ctx, name.ptr, name.len), .type = (enum db_type)number};
        jw_object_begin(&out->tables_json);
        jw_field_str(&out->tables_json, "name", name);
        jw_field_c(&out->tables_json, "type", type_name((enum db_type)number));
        jw_object_end(&out->tables_json);
    }
    jw_array_end(&out->tables_json);
    out->values = mem_array(out->ctx, struct db_value, out->table.column_count + 1);
    return open_new(mem_printf(out->ctx, "%s/tables/%s.jsonl", out->folder, out->table.name),
                    &out->rows, err);
}

static void put_bytes(struct jw *w, mem_ctx *ctx, struct str bytes)
{
    jw_object_begin(w);
    jw_field_str(w, "base64", base64_encode(ctx, bytes));
    jw_object_end(w);
}

static void put_value(struct jw *w, mem_ctx *ctx, const struct db_value *value)
{
    struct str text = value->text.ptr == NULL ? STR("") : value->text;
    switch (value->type) {
    case DB_NULL:
        jw_null(w);
        break;
    case DB_I64:
        jw_i64(w, value->i64);
        break;
    case DB_F64:
        jw_f64(w, value->f64);
        break;
    case DB_TEXT:
        if (str_utf8_valid(text) && memchr(text.ptr, '\0', text.len) == NULL) {
            jw_str(w, text);
            break;
        }
        put_bytes(w, ctx, text);
        break;
    default:
        put_bytes(w, ctx, text);
        break;
    }
}

static bool put_line(struct lines_out *out, FILE *file, struct error *err)
{
    buf_put_char(&out->line, '\n');
    if (out->line.failed) {
        return error_internal(err, "a row of %s is too large for a line", out->table.name);
    }
    return fwrite(out->line.data, 1, out->line.len, file) == out->line.len ||
           write_fail(out->folder, err);
}

static bool put_row(struct lines_out *out, struct str bytes, struct error *err)
{
    struct jw w;
    if (out->rows == NULL || !db_row_take(&out->table, bytes, out->values)) {
        return error_internal(err, "a row that cannot be read");
    }
    mem_ctx *ctx = mem_ctx_new(out->ctx, "row");
    out->line.len = 0;
    jw_init(&w, &out->line);
    jw_object_begin(&w);
    for (int c = 0; c < out->table.column_count; c++) {
        jw_key(&w, out->table.columns[c].name);
        put_value(&w, ctx, &out->values[c]);
    }
    jw_object_end(&w);
    mem_free(ctx);
    return put_line(out, out->rows, err);
}

static bool end_table(struct lines_out *out, struct str bytes, struct error *err)
{
    uint64_t little = 0;
    if (bytes.len != sizeof little + KEEP_SUM_BYTES) {
        return error_internal(err, "a sum that cannot be read");
    }
    memcpy(&little, bytes.ptr, sizeof little);
    jw_field_i64(&out->tables_json, "rows", (int64_t)le64toh(little));
    jw_field_str(&out->tables_json, "blake2b",
                 hex_encode(out->ctx, str_from(bytes, sizeof little)));
    jw_object_end(&out->tables_json);
    return end_file(&out->rows, out->table.name, err);
}

// --- the rest -----------------------------------------------------------------------------------

static bool write_whole(struct lines_out *out, const char *name, struct str content,
                        struct error *err)
{
    const char *path = mem_printf(out->ctx, "%s/%s", out->folder, name);
    FILE *file = NULL;
    if (!open_new(path, &file, err)) {
        return false;
    }
    bool ok = fwrite(content.ptr, 1, content.len, file) == content.len || write_fail(path, err);
    if (!ok) {
        close_file(&file);
        return false;
    }
    return end_file(&file, path, err);
}

static bool put_file(struct lines_out *out, struct str bytes, struct error *err)
{
    struct str name;
    struct str content;
    str_cut(bytes, '\0', &name, &content);
    bool known = str_eq_c(name, "secret") || str_eq_c(name, "steward.conf");
    return known ? write_whole(out, mem_text_n(out->ctx, name.ptr, name.len), content, err)
                 : error_internal(err, "a file that exports do not have");
}

static bool put_blob(struct lines_out *out, struct str hash, struct error *err)
{
    struct jw w;
    out->line.len = 0;
    out->blob_count++;
    jw_init(&w, &out->line);
    jw_object_begin(&w);
    jw_field_str(&w, "hash", hash);
    jw_object_end(&w);
    return put_line(out, out->blobs, err);
}

bool lines_out_put(struct lines_out *out, enum keep_record kind, struct str bytes,
                   struct error *err)
{
    uint64_t little = 0;
    switch (kind) {
    case KEEP_FILE:
        return put_file(out, bytes, err);
    case KEEP_MIGRATION:
        jw_str(&out->migrations_json, bytes);
        return true;
    case KEEP_IDS:
        memcpy(&little, bytes.ptr, sizeof little);
        out->ids = (int64_t)le64toh(little);
        return true;
    case KEEP_TABLE:
        return begin_table(out, bytes, err);
    case KEEP_ROW:
        return put_row(out, bytes, err);
    case KEEP_SUM:
        return end_table(out, bytes, err);
    case KEEP_BLOB:
        return put_blob(out, bytes, err);
    }
    return error_internal(err, "a record that exports do not have");
}

bool lines_out_end(struct lines_out *out, int64_t now, struct error *err)
{
    struct buf desk;
    struct jw w;
    jw_array_end(&out->migrations_json);
    jw_array_end(&out->tables_json);
    buf_init(&desk, out->ctx, 3 * MANIFEST_MAX);
    jw_init(&w, &desk);
    jw_object_begin(&w);
    jw_field_c(&w, "format", LINES_FORMAT);
    jw_field_i64(&w, "version", LINES_VERSION);
    jw_field_time(&w, "made_at", now);
    jw_field_i64(&w, "next_id", out->ids);
    jw_field_i64(&w, "blobs", out->blob_count);
    jw_key(&w, "migrations");
    jw_raw(&w, buf_str(&out->migrations));
    jw_key(&w, "tables");
    jw_raw(&w, buf_str(&out->tables));
    jw_object_end(&w);
    buf_put_char(&desk, '\n');
    if (desk.failed || out->migrations.failed || out->tables.failed) {
        return error_internal(err, "desk.json is too large");
    }
    const char *unfinished = mem_printf(out->ctx, "%s/desk.json.unfinished", out->folder);
    const char *path = mem_printf(out->ctx, "%s/desk.json", out->folder);
    return end_file(&out->blobs, "blobs.jsonl", err) &&
           write_whole(out, "desk.json.unfinished", buf_str(&desk), err) &&
           (rename(unfinished, path) == 0 || write_fail(path, err));
}
