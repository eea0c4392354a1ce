// SPDX-License-Identifier: GPL-3.0-or-later
#include <dirent.h>
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "desk/keep/backup.h"
#include "desk/keep/lines.h"
#include "desk/knowledge/knowledge.h"
#include "desk/tickets/check.h"

#define BATCH 256
#define BATCH_BYTES ((size_t)16 << 20)

struct sum {
    int64_t rows;
    unsigned char hash[KEEP_SUM_BYTES];
};

struct restoring {
    const struct restore_job *job;
    struct restore_done *done;
    mem_ctx *ctx;
    const char *repository;
    struct keep_in *in;
    struct lines_in *lines;        // instead of it
    struct db_migration *applied;  // those of the backup
    size_t applied_count;
    bool settled;       // steward.conf is written
    struct str secret;  // written last
    mem_ctx *db_ctx;
    struct db_store *db;
    struct blob_store *blobs;
    int64_t ids;
    struct db_table *tables;
    size_t table_count;
    struct sum *sums;  // of each table, as the backup has it
    const struct db_table *table;
    mem_ctx *batch;  // rows on their way
    struct db_value **rows;
    size_t row_count;
    size_t row_bytes;
};

struct record {
    enum keep_record kind;
    struct str bytes;
};

static bool unreadable(const struct restoring *r, const char *what, struct error *err)
{
    return error_set(err, ERR_INVALID, "%s: %s.", r->done->snapshot, what);
}

// --- which snapshot -----------------------------------------------------------------------------

static const char *newest(mem_ctx *ctx, const char *folder)
{
    const char *best = NULL;
    DIR *all = opendir(folder);
    for (const struct dirent *entry = all == NULL ? NULL : readdir(all); entry != NULL;
         entry = readdir(all)) {
        struct str name = str_c(entry->d_name);
        bool whole = name.len > 0 && name.ptr[name.len - 1] == 'Z';
        if (whole && (best == NULL || strcmp(entry->d_name, best) > 0)) {
            best = mem_text(ctx, entry->d_name);
        }
    }
    if (all != NULL) {
        (void)closedir(all);
    }
    return best;
}

static bool find_snapshot(struct restoring *r, struct error *err)
{
    const char *snapshots = mem_printf(r->ctx, "%s/snapshots", r->job->from);
    const char *name = newest(r->ctx, snapshots);
    struct stat info;
    if (name != NULL) {
        r->repository = r->job->from;
        r->done->snapshot = mem_printf(r->ctx, "%s/%s", snapshots, name);
        return true;
    }
    if (stat(r->job->from, &info) != 0 || !S_ISREG(info.st_mode)) {
        return error_set(err, ERR_NOT_FOUND, "There is no snapshot in %s.", r->job->from);
    }
    r->done->snapshot = r->job->from;
    char *folder = mem_text(r->ctx, r->job->from);
    for (int up = 0; up < 2; up++) {
        char *slash = strrchr(folder, '/');
        if (slash == NULL) {
            return error_set(err, ERR_INVALID,
                             "Name the snapshot with its folders: "
                             "BACKUP/snapshots/%s.",
                             r->job->from);
        }
        *slash = '\0';
    }
    r->repository = folder;
    return true;
}

// --- records ------------------------------------------------------------------------------------

static bool record_next(struct restoring *r, mem_ctx *ctx, struct record *ret, bool *ret_end,
                        struct error *err)
{
    struct str kind;
    uint64_t little = 0;
    if (r->lines != NULL) {
        return lines_in_next(r->lines, ctx, &ret->kind, &ret->bytes, ret_end, err);
    }
    *ret_end = false;
    if (!keep_in_some(r->in, 1, &kind, err)) {
        return false;
    }
    if (kind.len == 0) {
        *ret_end = true;
        return true;
    }
    ret->kind = (enum keep_record)kind.ptr[0];
    if (!keep_in_get(r->in, &little, sizeof little, err)) {
        return false;
    }
    uint64_t len = le64toh(little);
    if (len > KEEP_RECORD_MAX) {
        return unreadable(r, "a record is too large", err);
    }
    char *bytes = mem_array(ctx, char, len + 1);
    ret->bytes = (struct str){bytes, (size_t)len};
    return keep_in_get(r->in, bytes, (size_t)len, err);
}

// --- the folder ---------------------------------------------------------------------------------

static bool folder_is_empty(const char *path)
{
    DIR *folder = opendir(path);
    bool empty = true;
    for (const struct dirent *entry = folder == NULL ? NULL : readdir(folder);
         empty && entry != NULL; entry = readdir(folder)) {
        empty = strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0;
    }
    if (folder != NULL) {
        (void)closedir(folder);
    }
    return empty;
}

static bool make_data(const struct restoring *r, struct error *err)
{
    const char *data = r->job->data;
    if (mkdir(data, 0700) != 0 && errno != EEXIST) {
        return error_set(err, ERR_UNAVAILABLE, "Cannot make the folder %s: %s", data,
                         strerror(errno));
    }
    return folder_is_empty(data) ||
           error_set(err, ERR_CONFLICT,
                     "%s is not empty. Name a folder that is not there yet: nothing is ever "
                     "written over.",
                     data);
}

static bool file_write(const struct restoring *r, const char *name, struct str content,
                       struct error *err)
{
    const char *path = mem_printf(r->ctx, "%s/%s", r->job->data, name);
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    bool ok =
        fd >= 0 && write(fd, content.ptr, content.len) == (ssize_t)content.len && fsync(fd) == 0;
    int errnum = errno;
    if (fd >= 0) {
        (void)close(fd);
    }
    return ok || error_set(err, ERR_UNAVAILABLE, "Cannot write %s: %s", path, strerror(errnum));
}

// Settings come back as they were but for where the data is: the old database and the old store of
// files may well be in use, or be what was lost.
static struct str settings_elsewhere(const struct restoring *r, struct str settings)
{
    struct buf out;
    struct str line;
    buf_init(&out, r->ctx, settings.len * 2 + 4096);
    for (struct str rest = settings; str_next(&rest, '\n', &line);) {
        struct str name;
        struct str value;
        str_cut(line, '=', &name, &value);
        name = str_trim(name);
        bool place = str_eq_c(name, "db") || str_eq_c(name, "db_listen") || str_eq_c(name, "blobs");
        buf_put_c(&out, place ? "# before the restore: " : "");
        buf_put(&out, line);
        buf_put_char(&out, '\n');
    }
    if (r->job->db != NULL) {
        buf_put_c(&out, "db = ");
        buf_put_c(&out, r->job->db);
        buf_put_char(&out, '\n');
    }
    if (r->job->blobs_elsewhere) {
        buf_put_c(&out, "blobs = ");
        buf_put_c(&out, r->job->blobs.url);
        buf_put_char(&out, '\n');
    }
    return buf_str(&out);
}

static bool take_file(struct restoring *r, struct str bytes, struct error *err)
{
    struct str name;
    struct str content;
    str_cut(bytes, '\0', &name, &content);
    if (str_eq_c(name, "secret")) {
        r->secret = str_dup(r->ctx, content);
        return true;
    }
    if (!str_eq_c(name, "steward.conf")) {
        return true;
    }
    r->settled = true;
    return file_write(r, "steward.conf", settings_elsewhere(r, content), err);
}

// A desk that had no settings has them now, if it is to find its data elsewhere.
static bool settle_places(struct restoring *r, struct error *err)
{
    return r->settled || (r->job->db == NULL && !r->job->blobs_elsewhere) ||
           file_write(r, "steward.conf", settings_elsewhere(r, STR("")), err);
}

// --- the database -------------------------------------------------------------------------------

static bool take_migration(struct restoring *r, struct str name, struct error *err)
{
    for (size_t i = 0; i < r->job->migration_count; i++) {
        if (str_eq_c(name, r->job->migrations[i].name)) {
            r->applied = mem_grow(r->ctx, r->applied, struct db_migration, r->applied_count + 1);
            r->applied[r->applied_count++] = r->job->migrations[i];
            return true;
        }
    }
    return error_set(err, ERR_INVALID,
                     "The backup is of a newer version of Steward: this one does not know " STR_FMT
                     ".",
                     STR_ARG(name));
}

static const char *db_url(const struct restoring *r)
{
    return r->job->db != NULL ? r->job->db
                              : mem_printf(r->ctx, "sqlite:%s/steward.db", r->job->data);
}

// A new database has what migrations put there, and nobody; that makes room for what was.
static bool remove_seeds(struct db *tx, void *arg, struct error *err)
{
    struct restoring *r = arg;
    bool ok = true;
    for (size_t i = r->table_count; ok && i > 0; i--) {
        const struct db_table *table = &r->tables[i - 1];
        mem_ctx *ctx = mem_ctx_new(db_tx_ctx(tx), "seeds");
        struct db_reader reader;
        const struct db_value *row = NULL;
        db_reader_init(&reader, ctx, tx, table);
        ok = db_reader_next(&reader, &row, err);
        if (ok && row != NULL && strcmp(table->name, "person") == 0) {
            return error_set(err, ERR_CONFLICT,
                             "The database has a desk already. Name an empty one: nothing is ever "
                             "written over.");
        }
        while (ok && row != NULL) {
            ok = db_rows_remove(tx, table, row, err) && db_reader_next(&reader, &row, err);
        }
        mem_free(ctx);
    }
    return ok;
}

static bool list_tables(struct db *db, void *arg, struct error *err)
{
    struct restoring *r = arg;
    return db_tables(db, &r->tables, &r->table_count, err);
}

static bool open_database(struct restoring *r, struct error *err)
{
    const struct db_options options = {
        .url = db_url(r), .migrations = r->applied, .migration_count = r->applied_count};
    r->db_ctx = mem_ctx_new(r->ctx, "db");
    if (!db_open(r->db_ctx, &options, &r->db, err) || !db_read(r->db, list_tables, r, err) ||
        !db_tx_run(r->db, "keep.restore", remove_seeds, r, err)) {
        return false;
    }
    r->sums = mem_array(r->ctx, struct sum, r->table_count + 1);
    return true;
}

static bool write_batch(struct db *tx, void *arg, struct error *err)
{
    const struct restoring *r = arg;
    return db_rows_write(tx, r->table, (const struct db_value *const *)r->rows, r->row_count, err);
}

static bool flush(struct restoring *r, struct error *err)
{
    bool ok = r->row_count == 0 || db_tx_run(r->db, "keep.restore", write_batch, r, err);
    mem_free(r->batch);
    r->batch = mem_ctx_new(r->ctx, "batch");
    r->row_count = 0;
    r->row_bytes = 0;
    return ok;
}

static bool take_table(struct restoring *r, struct str line, struct error *err)
{
    for (size_t i = 0; i < r->table_count; i++) {
        if (str_eq(line, backup_table_line(r->ctx, &r->tables[i]))) {
            r->table = &r->tables[i];
            r->done->tables++;
            return true;
        }
    }
    return unreadable(r, "it has a table that this version does not know", err);
}

static bool take_row(struct restoring *r, struct str bytes, struct error *err)
{
    if (r->table == NULL) {
        return unreadable(r, "it has a row of no table", err);
    }
    struct db_value *row = mem_array(r->batch, struct db_value, r->table->column_count);
    if (!db_row_take(r->table, bytes, row)) {
        return unreadable(r, "it has a row that cannot be read", err);
    }
    r->rows[r->row_count++] = row;
    r->row_bytes += bytes.len;
    r->done->rows++;
    r->job->findings->progress(r->job->findings->arg, "rows", r->done->rows);
    return (r->row_count < BATCH && r->row_bytes < BATCH_BYTES) || flush(r, err);
}

static bool take_sum(struct restoring *r, struct str bytes, struct error *err)
{
    uint64_t little = 0;
    if (r->table == NULL || bytes.len != sizeof little + KEEP_SUM_BYTES) {
        return unreadable(r, "it has a sum that cannot be read", err);
    }
    struct sum *sum = &r->sums[r->table - r->tables];
    memcpy(&little, bytes.ptr, sizeof little);
    sum->rows = (int64_t)le64toh(little);
    memcpy(sum->hash, bytes.ptr + sizeof little, KEEP_SUM_BYTES);
    return flush(r, err);
}

// --- files --------------------------------------------------------------------------------------

static bool unseal(struct restoring *r, mem_ctx *ctx, const char *path, FILE *to, struct error *err)
{
    struct keep_in *in = NULL;
    struct str some = STR("x");
    bool ok = keep_in_open(ctx, path, r->job->key, &in, err);
    while (ok && some.len > 0) {
        ok = keep_in_some(in, 65536, &some, err) &&
             (fwrite(some.ptr, 1, some.len, to) == some.len ||
              error_set(err, ERR_NO_SPACE, "There is no room for a temporary file."));
    }
    return ok && (fflush(to) == 0 ||
                  error_set(err, ERR_NO_SPACE, "There is no room for a temporary file."));
}

static bool put_sealed(struct restoring *r, mem_ctx *ctx, const char *path, struct hash *ret,
                       struct error *err)
{
    int64_t size = 0;
    FILE *plain = tmpfile();
    if (plain == NULL) {
        return error_set(err, ERR_UNAVAILABLE, "There is no room for a temporary file.");
    }
    bool ok =
        unseal(r, ctx, path, plain, err) && blob_put_file(r->blobs, fileno(plain), ret, &size, err);
    (void)fclose(plain);
    return ok;
}

static bool take_blob(struct restoring *r, mem_ctx *ctx, struct str name, struct error *err)
{
    struct hash hash;
    struct hash found = {{0}};
    int64_t size = 0;
    if (!blob_hash_parse(name, &hash)) {
        return unreadable(r, "it names a file that cannot be", err);
    }
    const char *path = backup_blob_path(ctx, r->repository, r->job->key, hash, false);
    bool ok = r->job->key != NULL ? put_sealed(r, ctx, path, &found, err)
                                  : blob_put_path(r->blobs, path, &found, &size, err);
    if (ok && memcmp(found.bytes, hash.bytes, HASH_SIZE) != 0) {
        ok = error_set(err, ERR_INVALID, "%s is damaged: its content is not that of its name.",
                       path);
    } else if (!ok && access(path, R_OK) != 0) {
        ok = error_set(err, ERR_INVALID, "%s is missing in the backup.", path);
    }
    r->done->blobs++;
    r->job->findings->progress(r->job->findings->arg, "files", r->done->blobs);
    return ok;
}

// --- all of it ----------------------------------------------------------------------------------

static bool take_record(struct restoring *r, mem_ctx *ctx, const struct record *record,
                        struct error *err)
{
    uint64_t little = 0;
    switch (record->kind) {
    case KEEP_FILE:
        return take_file(r, record->bytes, err);
    case KEEP_MIGRATION:
        return take_migration(r, record->bytes, err);
    case KEEP_IDS:
        if (record->bytes.len != sizeof little) {
            return unreadable(r, "it has a number that cannot be read", err);
        }
        memcpy(&little, record->bytes.ptr, sizeof little);
        r->ids = (int64_t)le64toh(little);
        return open_database(r, err);
    case KEEP_TABLE:
        return take_table(r, record->bytes, err);
    case KEEP_ROW:
        return take_row(r, record->bytes, err);
    case KEEP_SUM:
        return take_sum(r, record->bytes, err);
    case KEEP_BLOB:
        return take_blob(r, ctx, record->bytes, err);
    }
    return unreadable(r, "it has a record that this version does not know", err);
}

static bool take_records(struct restoring *r, struct error *err)
{
    bool end = false;
    bool ok = true;
    while (ok && !end) {
        struct record record;
        mem_ctx *ctx = mem_ctx_new(NULL, "record");
        bool row = false;
        ok = record_next(r, ctx, &record, &end, err);
        if (ok && !end) {
            row = record.kind == KEEP_ROW;
            if (row) {  // its texts stay until the batch is written
                record.bytes = str_dup(r->batch, record.bytes);
            }
            ok = take_record(r, ctx, &record, err);
        }
        mem_free(ctx);
    }
    return ok;
}

static bool compare_table(struct db *db, const struct db_table *table, const struct sum *sum,
                          struct error *err)
{
    mem_ctx *ctx = mem_ctx_new(NULL, "compare");
    crypto_generichash_state state;
    unsigned char hash[KEEP_SUM_BYTES];
    struct db_reader reader;
    struct buf bytes;
    const struct db_value *row = NULL;
    int64_t rows = 0;
    (void)crypto_generichash_init(&state, NULL, 0, KEEP_SUM_BYTES);
    buf_init(&bytes, ctx, KEEP_RECORD_MAX);
    db_reader_init(&reader, ctx, db, table);
    bool ok = db_reader_next(&reader, &row, err);
    while (ok && row != NULL) {
        bytes.len = 0;
        db_row_put(&bytes, table, row);
        (void)crypto_generichash_update(&state, (const unsigned char *)bytes.data, bytes.len);
        rows++;
        ok = db_reader_next(&reader, &row, err);
    }
    (void)crypto_generichash_final(&state, hash, sizeof hash);
    mem_free(ctx);
    if (ok && (rows != sum->rows || memcmp(hash, sum->hash, sizeof hash) != 0)) {
        return error_set(err, ERR_INVALID,
                         "The table %s came out otherwise than it was (%lld rows, %lld before).",
                         table->name, (long long)rows, (long long)sum->rows);
    }
    return ok;
}

static bool compare(struct db *db, void *arg, struct error *err)
{
    const struct restoring *r = arg;
    bool ok = true;
    for (size_t i = 0; ok && i < r->table_count; i++) {
        r->job->findings->progress(r->job->findings->arg, "tables compared", (int64_t)i + 1);
        ok = compare_table(db, &r->tables[i], &r->sums[i], err);
    }
    return ok;
}

static bool raise_ids(struct db *tx, void *arg, struct error *err)
{
    return db_ids_raise(tx, ((const struct restoring *)arg)->ids, err);
}

// By a later version than made the backup, the schema goes on from there.
static bool finish(struct restoring *r, struct error *err)
{
    const struct db_options options = {.url = db_url(r),
                                       .migrations = r->job->migrations,
                                       .migration_count = r->job->migration_count};
    struct db_store *db = NULL;
    mem_free(r->db_ctx);
    r->db_ctx = mem_ctx_new(r->ctx, "db");
    return db_open(r->db_ctx, &options, &db, err) &&
           tickets_index_anew(db, r->ctx, r->job->findings, err) && knowledge_index_anew(db, err) &&
           file_write(r, "secret", r->secret, err);
}

static bool is_used(void *arg UNUSED, const struct blob_info *info UNUSED, struct error *err)
{
    return error_set(err, ERR_CONFLICT,
                     "There are files in the store already. Name a prefix of its own: two desks on "
                     "one would throw away each other's files.");
}

static bool open_blobs(struct restoring *r, struct error *err)
{
    return blob_store_open(r->ctx, &r->job->blobs, &r->blobs, err) &&
           (!r->job->blobs_elsewhere || blob_each(r->blobs, is_used, NULL, err));
}

static bool open_source(struct restoring *r, struct error *err)
{
    if (r->job->lines) {
        r->repository = r->job->from;
        r->done->snapshot = r->job->from;
        return lines_in_open(r->ctx, r->job->from, &r->lines, err);
    }
    return find_snapshot(r, err) &&
           keep_in_open(r->ctx, r->done->snapshot, r->job->key, &r->in, err);
}

static bool run(struct restoring *r, struct error *err)
{
    if (!open_source(r, err) || !make_data(r, err) || !open_blobs(r, err) ||
        !take_records(r, err)) {
        return false;
    }
    if (r->db == NULL || str_none(r->secret)) {
        return unreadable(r, "it has no rows or no secret", err);
    }
    return db_read_long(r->db, compare, r, err) &&
           db_tx_run(r->db, "keep.restore", raise_ids, r, err) && settle_places(r, err) &&
           finish(r, err);
}

bool restore_run(mem_ctx *ctx, const struct restore_job *job, struct restore_done *ret,
                 struct error *err)
{
    struct restoring r = {.job = job, .done = ret, .ctx = mem_ctx_new(ctx, "restore")};
    *ret = (struct restore_done){0};
    r.batch = mem_ctx_new(r.ctx, "batch");
    r.rows = mem_array(r.ctx, struct db_value *, BATCH);
    bool ok = run(&r, err);
    ret->snapshot = mem_text(ctx, ret->snapshot == NULL ? job->from : ret->snapshot);
    mem_free(r.ctx);
    return ok;
}
