// SPDX-License-Identifier: GPL-3.0-or-later
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <string.h>
#include <unistd.h>

#include "db/sqlite_internal.h"

struct reader {
    struct sqlite_db db;
    int depth;  // reads inside reads share one snapshot
};

struct sqlite_store {
    struct db_store base;
    const char *path;
    struct sqlite_writer *writer;
    struct per_thread readers;
};

static const struct db_ops SQLITE_OPS;

// --- readers ----------------------------------------------------------------------------------

static void reader_close(void *handle)
{
    // The reader itself lives in its connection's memory.
    sqlite_conn_close(((struct reader *)handle)->db.conn);
}

static bool reader_of_thread(struct sqlite_store *store, struct reader **ret, struct error *err)
{
    struct reader *reader = per_thread_get(&store->readers);
    if (reader != NULL) {
        *ret = reader;
        return true;
    }
    struct sqlite_conn *conn;
    if (!sqlite_conn_open(store->path, true, &conn, err)) {
        return false;
    }
    reader = mem_new(conn->ctx, struct reader);
    reader->db.base = (struct db){.ops = &SQLITE_OPS, .store = &store->base};
    reader->db.conn = conn;
    per_thread_set(&store->readers, reader);
    *ret = reader;
    return true;
}

static bool read_begin(struct db_store *base, struct db **ret, struct error *err)
{
    struct sqlite_store *store = (struct sqlite_store *)base;
    struct reader *reader;
    if (!reader_of_thread(store, &reader, err)) {
        return false;
    }
    reader->db.conn->timeout_ms = base->statement_timeout_ms;
    if (reader->depth == 0) {
        reader->db.base.outdated = false;
        reader->db.base.changes = atomic_load(&base->changes);
        if (!sqlite_conn_do(reader->db.conn, "BEGIN", err)) {
            return false;
        }
    }
    reader->depth++;
    *ret = &reader->db.base;
    return true;
}

static struct db *reading(struct db_store *base)
{
    struct reader *reader = per_thread_get(&((struct sqlite_store *)base)->readers);
    return reader != NULL && reader->depth > 0 ? &reader->db.base : NULL;
}

static bool read_anew(struct db *db, struct error *err)
{
    struct sqlite_conn *conn = ((struct sqlite_db *)db)->conn;
    db->changes = atomic_load(&db->store->changes);
    return sqlite_conn_do(conn, "COMMIT", err) && sqlite_conn_do(conn, "BEGIN", err);
}

static void read_end(struct db *db)
{
    struct reader *reader = (struct reader *)db;
    assert(reader->depth > 0);
    if (--reader->depth == 0) {
        assert(db->open_cursors == 0);
        // Nothing was written, so there is nothing that could fail and matter.
        struct error ignored;
        (void)!sqlite_conn_do(reader->db.conn, "COMMIT", &ignored);
    }
}

static void read_within(struct db *db, int ms)
{
    ((struct sqlite_db *)db)->conn->timeout_ms = ms;  // until the next read begins
}

// --- operations of a transaction --------------------------------------------------------------

static bool tx_run(struct db_store *base, const char *name, db_fn *fn, void *arg, struct error *err)
{
    return sqlite_writer_run(((struct sqlite_store *)base)->writer, base, name, fn, arg, err);
}

static bool savepoint(struct db *db, struct error *err)
{
    return sqlite_conn_do(((struct sqlite_db *)db)->conn, "SAVEPOINT part", err);
}

static void savepoint_keep(struct db *db)
{
    // Fails only when SQLite gave up the transaction, which the writer notices at its end.
    struct error ignored;
    (void)!sqlite_conn_do(((struct sqlite_db *)db)->conn, "RELEASE part", &ignored);
}

static void savepoint_undo(struct db *db)
{
    struct error ignored;
    (void)!sqlite_conn_do(((struct sqlite_db *)db)->conn, "ROLLBACK TO part", &ignored);
    (void)!sqlite_conn_do(((struct sqlite_db *)db)->conn, "RELEASE part", &ignored);
}

static bool script(struct db *db, const char *sql, struct error *err)
{
    return sqlite_conn_script(((struct sqlite_db *)db)->conn, sql, err);
}

// id_range.next: ids below it may have been given out.
static const char OWN_TABLES[] =
    "CREATE TABLE IF NOT EXISTS schema_migration (name TEXT PRIMARY KEY, hash TEXT NOT NULL, "
    "applied_at BIGINT NOT NULL);"
    "CREATE TABLE IF NOT EXISTS counter (name TEXT PRIMARY KEY, value BIGINT NOT NULL);"
    "CREATE TABLE IF NOT EXISTS id_range (one INTEGER PRIMARY KEY, next BIGINT NOT NULL);"
    "INSERT INTO id_range (one, next) VALUES (1, 1000000001) ON CONFLICT DO NOTHING";

static const struct db_ops SQLITE_OPS = {.engine = DB_SQLITE,
                                         .own_tables = OWN_TABLES,
                                         .read_begin = read_begin,
                                         .read_end = read_end,
                                         .reading = reading,
                                         .read_anew = read_anew,
                                         .read_within = read_within,
                                         .tx_run = tx_run,
                                         .savepoint = savepoint,
                                         .savepoint_keep = savepoint_keep,
                                         .savepoint_undo = savepoint_undo,
                                         .next_id = sqlite_writer_next_id,
                                         .leave_ids = sqlite_writer_leave_ids,
                                         .start = sqlite_start,
                                         .step = sqlite_step,
                                         .end = sqlite_end,
                                         .exec = sqlite_exec,
                                         .script = script,
                                         .column_null = sqlite_column_is_null,
                                         .column_i64 = sqlite_column_i64,
                                         .column_f64 = sqlite_column_f64,
                                         .column_text = sqlite_column_str};

// --- the store --------------------------------------------------------------------------------

static void store_close(void *handle)
{
    struct sqlite_store *store = handle;
    if (store->writer != NULL) {
        sqlite_writer_stop(store->writer);
    }
    per_thread_close(&store->readers);
    if (store->writer != NULL) {
        sqlite_writer_free(store->writer);
    }
}

static bool open_fail(const char *path, struct error *err)
{
    int errnum = errno;
    return sqlite_code_fail(errnum == EACCES || errnum == EPERM ? SQLITE_PERM : SQLITE_CANTOPEN,
                            errnum, strerror(errnum), path, err);
}

// A new file is only for us to read, and its name is durable before anything is in it.
static bool file_make(mem_ctx *ctx, const char *path, struct error *err)
{
    int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0) {
        // One that exists is not opened here: closing it would drop SQLite's locks on it.
        return errno == EEXIST || open_fail(path, err);
    }
    (void)close(fd);
    char *folder = mem_text(ctx, path);
    char *slash = strrchr(folder, '/');
    if (slash != NULL) {
        slash[slash == folder ? 1 : 0] = '\0';
    }
    fd = open(slash == NULL ? "." : folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool ok = fd >= 0 && fsync(fd) == 0;
    if (!ok) {
        (void)open_fail(folder, err);
    }
    if (fd >= 0) {
        (void)close(fd);
    }
    return ok;
}

// Counting its memory makes SQLite take one lock for all threads at each allocation.
static void stop_counting(void)
{
    (void)sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
}

bool sqlite_store_open(mem_ctx *ctx, const char *path, struct db_store **ret, struct error *err)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    struct sqlite_store *store = mem_new(ctx, struct sqlite_store);
    (void)pthread_once(&once, stop_counting);
    store->base.ops = &SQLITE_OPS;
    store->base.listeners = db_listeners_new(store);
    atomic_init(&store->base.changes, 1);
    store->path = mem_text(store, path);
    if (!file_make(store, store->path, err)) {
        return false;
    }
    if (!per_thread_init(&store->readers, reader_close, err)) {
        return false;
    }
    mem_on_free(ctx, store_close, store);
    // The closer above is called before `store` is freed: talloc frees children newest first.
    if (!sqlite_writer_start(store->path, &store->writer, err)) {
        return false;
    }
    *ret = &store->base;
    return true;
}
