// SPDX-License-Identifier: GPL-3.0-or-later
#include "desk/keep/backup.h"

#include <dirent.h>
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "desk/keep/check.h"
#include "desk/keep/lines.h"
#include "desk/keep/queries.h"

#define COPY_PIECE ((size_t)64 * 1024)
#define NAMES_PAGE 500
#define SETTINGS_MAX ((size_t)1 << 20)

struct backing {
    const struct backup_job *job;
    struct backup_done *done;
    mem_ctx *ctx;
    struct keep_out *out;
    struct lines_out *lines;  // instead of it
    struct buf row;
    FILE *names;  // of the snapshot's blobs
};

const char *backup_blob_path(mem_ctx *ctx, const char *repository, const struct keep_key *key,
                             struct hash hash, bool folder_only)
{
    struct hash name = hash;
    if (key != NULL) {
        (void)crypto_generichash(name.bytes, sizeof name.bytes, hash.bytes, sizeof hash.bytes,
                                 key->bytes, sizeof key->bytes);
    }
    struct str hex = hash_hex(ctx, name);
    return folder_only ? mem_printf(ctx, "%s/blobs/%.2s", repository, hex.ptr)
                       : mem_printf(ctx, "%s/blobs/%.2s/" STR_FMT "%s", repository, hex.ptr,
                                    STR_ARG(hex), key != NULL ? ".sealed" : "");
}

struct str backup_table_line(mem_ctx *ctx, const struct db_table *table)
{
    struct buf line;
    buf_init(&line, ctx, 65536);
    buf_put_c(&line, table->name);
    for (int c = 0; c < table->column_count; c++) {
        buf_put_char(&line, ' ');
        buf_put_c(&line, table->columns[c].name);
        buf_put_char(&line, ':');
        buf_put_i64(&line, table->columns[c].type);
    }
    return buf_str(&line);
}

static bool make_folder(const char *path, struct error *err)
{
    return mkdir(path, 0700) == 0 || errno == EEXIST ||
           error_set(err, ERR_UNAVAILABLE, "Cannot make the folder %s: %s", path, strerror(errno));
}

static bool put_record(struct backing *b, enum keep_record kind, struct str bytes,
                       struct error *err)
{
    if (b->lines != NULL) {
        return lines_out_put(b->lines, kind, bytes, err);
    }
    char head[9] = {(char)kind};
    uint64_t little = htole64(bytes.len);
    memcpy(head + 1, &little, sizeof little);
    return keep_out_put(b->out, (struct str){head, sizeof head}, err) &&
           keep_out_put(b->out, bytes, err);
}

static bool put_number(struct backing *b, enum keep_record kind, int64_t number, struct error *err)
{
    uint64_t little = htole64((uint64_t)number);
    return put_record(b, kind, (struct str){(const char *)&little, sizeof little}, err);
}

// A file of the data folder; one that is not there is left out.
static bool put_file(struct backing *b, const char *name, struct error *err)
{
    const char *path = mem_printf(b->ctx, "%s/%s", b->job->data, name);
    FILE *file = fopen(path, "re");
    if (file == NULL) {
        return errno == ENOENT ||
               error_set(err, ERR_UNAVAILABLE, "Cannot read %s: %s", path, strerror(errno));
    }
    struct buf content;
    char piece[4096];
    size_t got = 1;
    buf_init(&content, b->ctx, SETTINGS_MAX);
    buf_put(&content, (struct str){name, strlen(name) + 1});
    while (got > 0) {
        got = fread(piece, 1, sizeof piece, file);
        buf_put(&content, (struct str){piece, got});
    }
    bool failed = ferror(file) != 0 || content.failed;
    (void)fclose(file);
    return failed ? error_set(err, ERR_UNAVAILABLE, "Cannot read %s.", path)
                  : put_record(b, KEEP_FILE, buf_str(&content), err);
}

// --- rows ---------------------------------------------------------------------------------------

static bool put_rows(struct backing *b, struct db *db, const struct db_table *table,
                     struct error *err)
{
    mem_ctx *ctx = mem_ctx_new(b->ctx, "table");
    crypto_generichash_state sum;
    struct db_reader reader;
    const struct db_value *row = NULL;
    int64_t count = 0;
    (void)crypto_generichash_init(&sum, NULL, 0, KEEP_SUM_BYTES);
    db_reader_init(&reader, ctx, db, table);
    bool ok = db_reader_next(&reader, &row, err);
    while (ok && row != NULL) {
        b->row.len = 0;
        db_row_put(&b->row, table, row);
        struct str bytes = buf_str(&b->row);
        (void)crypto_generichash_update(&sum, (const unsigned char *)bytes.ptr, bytes.len);
        count++;
        b->done->rows++;
        b->job->findings->progress(b->job->findings->arg, "rows", b->done->rows);
        ok = put_record(b, KEEP_ROW, bytes, err) && db_reader_next(&reader, &row, err);
    }
    mem_free(ctx);
    char end[8 + KEEP_SUM_BYTES];
    uint64_t little = htole64((uint64_t)count);
    memcpy(end, &little, sizeof little);
    (void)crypto_generichash_final(&sum, (unsigned char *)end + 8, KEEP_SUM_BYTES);
    return ok && put_record(b, KEEP_SUM, (struct str){end, sizeof end}, err);
}

static bool put_names(struct backing *b, struct db *db, struct error *err)
{
    char after[2 * HASH_SIZE + 1] = "";
    size_t count = NAMES_PAGE;
    bool ok = true;
    while (ok && count == NAMES_PAGE) {
        mem_ctx *ctx = mem_ctx_new(b->ctx, "names");
        struct blob_names_row *rows = NULL;
        ok = blob_names(db, ctx, str_c(after), NAMES_PAGE, &rows, &count, err);
        for (size_t i = 0; ok && i < count; i++) {
            ok = fprintf(b->names, STR_FMT "\n", STR_ARG(rows[i].hash)) > 0 ||
                 error_set(err, ERR_NO_SPACE, "There is no room for a temporary file.");
            (void)snprintf(after, sizeof after, STR_FMT, STR_ARG(rows[i].hash));
        }
        mem_free(ctx);
    }
    return ok;
}

static bool put_snapshot(struct db *db, void *arg, struct error *err)
{
    struct backing *b = arg;
    struct db_table *tables = NULL;
    size_t count = 0;
    int64_t ids = 0;
    bool ok = db_ids_next(db, &ids, err) && put_number(b, KEEP_IDS, ids, err) &&
              db_tables(db, &tables, &count, err);
    for (size_t i = 0; ok && i < count; i++) {
        ok = put_record(b, KEEP_TABLE, backup_table_line(b->ctx, &tables[i]), err) &&
             put_rows(b, db, &tables[i], err);
    }
    return ok && put_names(b, db, err);
}

// --- files --------------------------------------------------------------------------------------

static bool copy_fail(const char *path, struct error *err)
{
    int errnum = errno;
    return error_set(err, errnum == ENOSPC || errnum == EDQUOT ? ERR_NO_SPACE : ERR_UNAVAILABLE,
                     "Cannot write %s: %s", path, strerror(errnum));
}

static bool copy_plain(int fd, const char *path, mem_ctx *ctx, struct error *err)
{
    const char *unfinished = mem_printf(ctx, "%s.unfinished", path);
    char *piece = mem_array(ctx, char, COPY_PIECE);
    int to = open(unfinished, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (to < 0) {
        return copy_fail(unfinished, err);
    }
    ssize_t got = 1;
    bool ok = true;
    while (ok && got > 0) {
        got = read(fd, piece, COPY_PIECE);
        ok = got >= 0 && write(to, piece, (size_t)got) == got;
    }
    ok = ok && fsync(to) == 0;
    if (!ok) {
        (void)copy_fail(unfinished, err);
    }
    (void)close(to);
    return ok && (rename(unfinished, path) == 0 || copy_fail(path, err));
}

static bool copy_sealed(int fd, const char *path, const struct keep_key *key, mem_ctx *ctx,
                        struct error *err)
{
    char *piece = mem_array(ctx, char, COPY_PIECE);
    struct keep_out *out = NULL;
    bool ok = keep_out_open(ctx, path, key, &out, err);
    ssize_t got = 1;
    while (ok && got > 0) {
        got = read(fd, piece, COPY_PIECE);
        ok = got >= 0 ? keep_out_put(out, (struct str){piece, (size_t)got}, err)
                      : copy_fail(path, err);
    }
    return ok && keep_out_end(out, err);
}

static bool copy_blob(struct backing *b, mem_ctx *ctx, struct hash hash, const char *path,
                      struct error *err)
{
    int fd = -1;
    int64_t size = 0;
    if (!make_folder(backup_blob_path(ctx, b->job->to, b->job->key, hash, true), err) ||
        !blob_open_whole(b->job->blobs, hash, &fd, &size, err)) {
        return false;
    }
    bool ok = b->job->key == NULL ? copy_plain(fd, path, ctx, err)
                                  : copy_sealed(fd, path, b->job->key, ctx, err);
    (void)close(fd);
    b->done->blobs_new += ok ? 1 : 0;
    return ok;
}

// What cannot be copied because the desk itself has lost it is told of; the backup goes on.
static bool lost_blob(struct backing *b, mem_ctx *ctx, struct hash hash, const struct error *why,
                      struct error *err)
{
    bool named = true;
    bool gone = why->code == ERR_NOT_FOUND;
    if (!gone && why->code != ERR_UNAVAILABLE) {
        *err = *why;
        return false;
    }
    if (gone && !blob_is_named(b->job->db, hash, &named, err)) {
        return false;
    }
    if (named) {
        b->job->findings->violation(
            b->job->findings->arg,
            str_printf(ctx, "file " STR_FMT ": %s", STR_ARG(hash_hex(ctx, hash)), why->message),
            "it is not in this backup. `steward check` tells more.");
    }
    return true;
}

static bool put_blob(struct backing *b, mem_ctx *ctx, struct str name, struct error *err)
{
    struct hash hash;
    struct stat known;
    struct error why = {0};
    if (!blob_hash_parse(name, &hash)) {
        return true;  // `steward check` tells of it
    }
    const char *path = backup_blob_path(ctx, b->job->to, b->job->key, hash, false);
    b->done->blobs++;
    b->job->findings->progress(b->job->findings->arg, "files", b->done->blobs);
    if (stat(path, &known) != 0 && !copy_blob(b, ctx, hash, path, &why)) {
        return lost_blob(b, ctx, hash, &why, err);
    }
    return put_record(b, KEEP_BLOB, name, err);
}

static bool put_blobs(struct backing *b, struct error *err)
{
    char line[2 * HASH_SIZE + 2];
    bool ok = true;
    rewind(b->names);
    while (ok && fgets(line, sizeof line, b->names) != NULL) {
        mem_ctx *ctx = mem_ctx_new(b->ctx, "blob");
        struct str name = str_trim(str_c(line));
        ok = name.len == 0 || put_blob(b, ctx, name, err);
        mem_free(ctx);
    }
    return ok;
}

// --- all of it ----------------------------------------------------------------------------------

static bool put_all(struct backing *b, struct error *err)
{
    const struct backup_job *job = b->job;
    for (size_t i = 0; i < job->migration_count; i++) {
        if (!put_record(b, KEEP_MIGRATION, str_c(job->migrations[i].name), err)) {
            return false;
        }
    }
    // Rows first: what they name cannot change after that.
    if (!put_file(b, "secret", err) || !put_file(b, "steward.conf", err) ||
        !db_read_long(job->db, put_snapshot, b, err) || !put_blobs(b, err)) {
        return false;
    }
    sync();
    return b->lines != NULL ? lines_out_end(b->lines, job->now, err) : keep_out_end(b->out, err);
}

static const char *snapshot_path(mem_ctx *ctx, const struct backup_job *job)
{
    struct civil t = time_civil(job->now);
    return mem_printf(ctx, "%s/snapshots/%04lld-%02d-%02dT%02d%02d%02dZ", job->to,
                      (long long)t.year, t.month, t.day, t.hour, t.minute, t.second);
}

static bool open_snapshot(struct backing *b, struct error *err)
{
    const struct backup_job *job = b->job;
    struct stat known;
    if (job->lines) {
        b->done->snapshot = job->to;
        return lines_out_open(b->ctx, job->to, &b->lines, err);
    }
    if (!make_folder(job->to, err) || !make_folder(mem_printf(b->ctx, "%s/blobs", job->to), err) ||
        !make_folder(mem_printf(b->ctx, "%s/snapshots", job->to), err)) {
        return false;
    }
    if (stat(b->done->snapshot, &known) == 0) {
        return error_set(err, ERR_CONFLICT, "There is a snapshot of this very second already: %s.",
                         b->done->snapshot);
    }
    return keep_out_open(b->ctx, b->done->snapshot, job->key, &b->out, err);
}

bool backup_make(mem_ctx *ctx, const struct backup_job *job, struct backup_done *ret,
                 struct error *err)
{
    struct backing b = {.job = job, .done = ret, .ctx = mem_ctx_new(ctx, "backup")};
    *ret = (struct backup_done){.snapshot = snapshot_path(ctx, job)};
    buf_init(&b.row, b.ctx, KEEP_RECORD_MAX);
    b.names = tmpfile();
    if (b.names == NULL) {
        return error_set(err, ERR_UNAVAILABLE, "There is no room for a temporary file.");
    }
    bool ok = open_snapshot(&b, err) && put_all(&b, err);
    (void)fclose(b.names);
    mem_free(b.ctx);
    return ok;
}
