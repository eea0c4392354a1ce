// SPDX-License-Identifier: GPL-3.0-or-later
//
// One thread writes. It takes the transactions that wait, runs each in a savepoint of one
// transaction of SQLite, commits all with one fsync and then wakes who waited. What one of them
// does wrong undoes only its own savepoint. Where the commit itself fails, or SQLite gives up the
// whole transaction, each of the group is run again on its own, so that only those fail that
// cannot succeed.
//
// A second thread copies the write-ahead log into the file while writing goes on, so that a commit
// seldom has to.
#include <assert.h>
#include <pthread.h>
#include <signal.h>

#include "base/clock.h"
#include "db/sqlite_internal.h"

#define GROUP_MAX 256
// A group takes in newcomers for so long; then those who wait are served.
#define GROUP_US 10000
// Pages of the log (4 KiB each) at which the checkpoint thread starts, and at which the writer
// finishes its work, which lets the log begin anew.
#define CHECKPOINT_PAGES 1000
#define LOG_PAGES 4000

struct task {
    struct sqlite_db db;
    struct sqlite_writer *writer;
    const char *name;
    db_fn *fn;
    void *arg;
    struct error err;
    bool ok;
    bool done;  // by the lock
    uint64_t statements;
    pthread_cond_t wake;
    struct task *next;
};

struct sqlite_writer {
    mem_ctx *ctx;
    struct sqlite_conn *conn;
    pthread_t thread;

    pthread_mutex_t lock;  // of what follows
    pthread_cond_t work;
    struct task *first, *last;
    bool stopping;
    pthread_cond_t checkpoint_work;
    bool checkpoint_wanted;
    bool checkpoint_stopping;

    // The writer thread's own.
    struct task *group[GROUP_MAX];
    int group_count;
    int64_t next_id, id_limit;  // ids from next_id up to the limit are ours alone
    bool ids_changed;           // the limit is not in the database yet
    int log_pages;
    int log_pages_limit;

    pthread_t checkpoint_thread;
    struct sqlite_conn *checkpoint_conn;
};

// --- ids --------------------------------------------------------------------------------------

static bool id_range_read(struct db *db, int64_t *ret, struct error *err)
{
    static const struct db_query READ = {.name = "db_id_range",
                                         .sqlite = "SELECT next FROM id_range WHERE one = 1"};
    struct db_cursor *rows;
    bool row = false;
    if (!sqlite_start(db, &READ, STR_NONE, NULL, 0, &rows, err)) {
        return false;
    }
    bool ok = sqlite_step(rows, &row, err);
    if (ok && row) {
        *ret = sqlite_column_i64(rows, 0);
    }
    sqlite_end(rows);
    return ok && row;
}

// The limit is written at the end of the group that first went beyond the old one, outside of all
// savepoints: no id that a commit makes durable can be given out again after a crash, and two
// programs on one file never share a range.
int64_t sqlite_writer_next_id(struct db *db)
{
    struct sqlite_writer *w = ((struct task *)db)->writer;
    if (w->next_id >= w->id_limit) {
        struct error err;
        int64_t recorded = DB_FIRST_ID;
        // Fails only with the whole transaction, which is noticed at its end.
        (void)!id_range_read(db, &recorded, &err);
        if (w->next_id < recorded) {
            w->next_id = recorded;
        }
        w->id_limit = w->next_id + DB_ID_RANGE;
        w->ids_changed = true;
    }
    return w->next_id++;
}

void sqlite_writer_leave_ids(struct db *db)
{
    struct sqlite_writer *w = ((struct task *)db)->writer;
    if (!w->ids_changed) {  // else it was taken in this very transaction: nobody has a later one
        w->next_id = w->id_limit;
    }
}

static bool id_range_write(struct sqlite_writer *w, struct db *db, struct error *err)
{
    static const enum db_type PARAMS[] = {DB_I64};
    static const struct db_query WRITE = {.name = "db_id_range_write",
                                          .sqlite = "UPDATE id_range SET next = ?1 WHERE one = 1",
                                          .params = PARAMS,
                                          .param_count = 1};
    const struct db_value params[] = {DB_VALUE_I64(w->id_limit)};
    return !w->ids_changed || sqlite_exec(db, &WRITE, params, NULL, err);
}

// --- one transaction --------------------------------------------------------------------------

static bool given_up(const struct sqlite_writer *w)
{
    return sqlite3_get_autocommit(w->conn->handle) != 0;
}

// Runs the task in its savepoint. False when SQLite gave up the whole transaction.
static bool task_run(struct sqlite_writer *w, struct task *task)
{
    struct db *db = &task->db.base;
    db_tx_begin(db);
    task->ok = false;
    if (!sqlite_conn_do(w->conn, "SAVEPOINT task", &task->err)) {
        return !given_up(w);
    }
    uint64_t before = db_statement_count();
    bool ok = task->fn(db, task->arg, &task->err);
    task->statements += db_statement_count() - before;
    assert(db->open_cursors == 0);
    if (given_up(w)) {
        if (ok) {
            (void)error_set(&task->err, ERR_BUSY, "The database gave up. Please try again.");
        }
        return false;
    }
    assert(!ok || db->savepoints == 0);
    struct error ignored;
    if (!ok) {
        (void)!sqlite_conn_do(w->conn, "ROLLBACK TO task", &ignored);
    }
    task->ok = sqlite_conn_do(w->conn, "RELEASE task", ok ? &task->err : &ignored) && ok;
    return !given_up(w);
}

// --- groups -----------------------------------------------------------------------------------

static struct task *task_take(struct sqlite_writer *w)
{
    (void)pthread_mutex_lock(&w->lock);
    struct task *task = w->first;
    if (task != NULL) {
        w->first = task->next;
        if (w->first == NULL) {
            w->last = NULL;
        }
    }
    (void)pthread_mutex_unlock(&w->lock);
    return task;
}

// Runs waiting transactions until none waits or the group is full. False when SQLite gave up.
static bool group_fill(struct sqlite_writer *w)
{
    int64_t until = clock_monotonic_us() + GROUP_US;
    while (w->group_count < GROUP_MAX && clock_monotonic_us() < until) {
        struct task *task = task_take(w);
        if (task == NULL) {
            return true;
        }
        w->group[w->group_count++] = task;
        if (!task_run(w, task)) {
            return false;
        }
    }
    return true;
}

static bool any_ok(const struct sqlite_writer *w)
{
    for (int i = 0; i < w->group_count; i++) {
        if (w->group[i]->ok) {
            return true;
        }
    }
    return false;
}

// What was handed out of an unrecorded range is left behind.
static void ids_forget_range(struct sqlite_writer *w)
{
    if (w->ids_changed) {
        w->id_limit = w->next_id;
        w->ids_changed = false;
    }
}

static bool group_commit(struct sqlite_writer *w, struct error *err)
{
    struct error ignored;
    if (!any_ok(w)) {
        (void)!sqlite_conn_do(w->conn, "ROLLBACK", &ignored);
        ids_forget_range(w);
        return true;
    }
    bool ok =
        id_range_write(w, &w->group[0]->db.base, err) && sqlite_conn_do(w->conn, "COMMIT", err);
    if (ok) {
        w->ids_changed = false;
        (void)atomic_fetch_add(&w->group[0]->db.base.store->changes, 1);
    } else if (!given_up(w)) {
        (void)!sqlite_conn_do(w->conn, "ROLLBACK", &ignored);
    }
    return ok;
}

static void group_fail(struct sqlite_writer *w, const struct error *err)
{
    for (int i = 0; i < w->group_count; i++) {
        w->group[i]->ok = false;
        w->group[i]->err = *err;
    }
}

static void task_run_alone(struct sqlite_writer *w, struct task *task)
{
    w->group[0] = task;
    w->group_count = 1;
    struct error err;
    if (!sqlite_conn_do(w->conn, "BEGIN IMMEDIATE", &err)) {
        group_fail(w, &err);
    } else if (!task_run(w, task)) {
        task->ok = false;  // its own error stands
        ids_forget_range(w);
    } else if (!group_commit(w, &err)) {
        group_fail(w, &err);
        ids_forget_range(w);
    }
}

static void group_run_again(struct sqlite_writer *w)
{
    struct task *group[GROUP_MAX];
    int count = w->group_count;
    for (int i = 0; i < count; i++) {
        group[i] = w->group[i];
    }
    ids_forget_range(w);
    for (int i = 0; i < count; i++) {
        task_run_alone(w, group[i]);
    }
    for (int i = 0; i < count; i++) {
        w->group[i] = group[i];
    }
    w->group_count = count;
}

static void group_wake(struct sqlite_writer *w)
{
    (void)pthread_mutex_lock(&w->lock);
    for (int i = 0; i < w->group_count; i++) {
        w->group[i]->done = true;
        (void)pthread_cond_signal(&w->group[i]->wake);
    }
    if (w->log_pages >= CHECKPOINT_PAGES && !w->checkpoint_wanted) {
        w->checkpoint_wanted = true;
        (void)pthread_cond_signal(&w->checkpoint_work);
    }
    (void)pthread_mutex_unlock(&w->lock);
}

// All of a group who wait when even BEGIN fails.
static void group_take_waiting(struct sqlite_writer *w)
{
    while (w->group_count < GROUP_MAX) {
        struct task *task = task_take(w);
        if (task == NULL) {
            return;
        }
        w->group[w->group_count++] = task;
    }
}

static void group_run(struct sqlite_writer *w)
{
    struct error err;
    w->group_count = 0;
    if (!sqlite_conn_do(w->conn, "BEGIN IMMEDIATE", &err)) {
        group_take_waiting(w);
        group_fail(w, &err);
    } else if (!group_fill(w) || !group_commit(w, &err)) {
        group_run_again(w);
    }
    group_wake(w);
}

// --- the log ----------------------------------------------------------------------------------

static int log_grown(void *arg, sqlite3 *handle UNUSED, const char *name UNUSED, int pages)
{
    struct sqlite_writer *w = arg;
    w->log_pages = pages;
    return SQLITE_OK;
}

// The checkpoint thread has copied nearly all; once the rest is copied too and nobody reads from
// the log, the next commit writes at its beginning.
static void log_finish(struct sqlite_writer *w)
{
    if (w->log_pages < w->log_pages_limit) {
        if (w->log_pages < LOG_PAGES) {
            w->log_pages_limit = LOG_PAGES;
        }
        return;
    }
    int pages = 0;
    int copied = 0;
    int rc = sqlite3_wal_checkpoint_v2(w->conn->handle, NULL, SQLITE_CHECKPOINT_PASSIVE, &pages,
                                       &copied);
    bool finished = rc == SQLITE_OK && pages == copied;
    // Where a reader holds an old snapshot, trying at each commit would only cost.
    w->log_pages_limit = finished ? LOG_PAGES : w->log_pages + LOG_PAGES / 4;
}

// Signals are for the main thread.
static void signals_block(void)
{
    sigset_t all;
    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_BLOCK, &all, NULL);
}

static void *checkpoint_main(void *arg)
{
    signals_block();
    struct sqlite_writer *w = arg;
    (void)pthread_mutex_lock(&w->lock);
    while (!w->checkpoint_stopping) {
        if (!w->checkpoint_wanted) {
            (void)pthread_cond_wait(&w->checkpoint_work, &w->lock);
            continue;
        }
        (void)pthread_mutex_unlock(&w->lock);
        // A failure leaves the pages in the log, where they are as safe; the next one tries again.
        (void)sqlite3_wal_checkpoint_v2(w->checkpoint_conn->handle, NULL, SQLITE_CHECKPOINT_PASSIVE,
                                        NULL, NULL);
        (void)pthread_mutex_lock(&w->lock);
        w->checkpoint_wanted = false;
    }
    (void)pthread_mutex_unlock(&w->lock);
    return NULL;
}

// --- the thread -------------------------------------------------------------------------------

static bool wait_for_work(struct sqlite_writer *w)
{
    (void)pthread_mutex_lock(&w->lock);
    while (w->first == NULL && !w->stopping) {
        (void)pthread_cond_wait(&w->work, &w->lock);
    }
    bool work = w->first != NULL;
    (void)pthread_mutex_unlock(&w->lock);
    return work;
}

static void *writer_main(void *arg)
{
    struct sqlite_writer *w = arg;
    signals_block();
    db_thread_in_tx(true);
    while (wait_for_work(w)) {
        group_run(w);
        log_finish(w);
    }
    return NULL;
}

bool sqlite_writer_run(struct sqlite_writer *writer, struct db_store *store, const char *name,
                       db_fn *fn, void *arg, struct error *err)
{
    struct task task = {.writer = writer, .name = name, .fn = fn, .arg = arg};
    task.db.base = (struct db){.ops = store->ops, .store = store, .writable = true};
    task.db.conn = writer->conn;
    (void)pthread_cond_init(&task.wake, NULL);
    (void)pthread_mutex_lock(&writer->lock);
    assert(!writer->stopping);
    if (writer->last == NULL) {
        writer->first = &task;
        (void)pthread_cond_signal(&writer->work);
    } else {
        writer->last->next = &task;
    }
    writer->last = &task;
    while (!task.done) {
        (void)pthread_cond_wait(&task.wake, &writer->lock);
    }
    (void)pthread_mutex_unlock(&writer->lock);
    (void)pthread_cond_destroy(&task.wake);
    db_statements_add(task.statements);
    if (task.ok) {
        db_after_run(&task.db.base);
    } else {
        *err = task.err;
    }
    db_tx_end(&task.db.base);
    return task.ok;
}

void sqlite_writer_free(struct sqlite_writer *w)
{
    if (w->checkpoint_conn != NULL) {
        sqlite_conn_close(w->checkpoint_conn);
    }
    if (w->conn != NULL) {
        sqlite_conn_close(w->conn);
    }
    mem_free(w->ctx);
}

bool sqlite_writer_start(const char *path, struct sqlite_writer **ret, struct error *err)
{
    mem_ctx *ctx = mem_ctx_new(NULL, "sqlite writer");
    struct sqlite_writer *w = mem_new(ctx, struct sqlite_writer);
    w->ctx = ctx;
    w->log_pages_limit = LOG_PAGES;
    if (!sqlite_conn_open(path, false, &w->conn, err) ||
        !sqlite_conn_open(path, false, &w->checkpoint_conn, err)) {
        sqlite_writer_free(w);
        return false;
    }
    (void)sqlite3_wal_hook(w->conn->handle, log_grown, w);
    (void)pthread_mutex_init(&w->lock, NULL);
    (void)pthread_cond_init(&w->work, NULL);
    (void)pthread_cond_init(&w->checkpoint_work, NULL);
    if (pthread_create(&w->thread, NULL, writer_main, w) != 0) {
        sqlite_writer_free(w);
        return error_internal(err, "no thread for the database writer");
    }
    if (pthread_create(&w->checkpoint_thread, NULL, checkpoint_main, w) != 0) {
        w->checkpoint_thread = w->thread;
        sqlite_writer_stop(w);
        sqlite_writer_free(w);
        return error_internal(err, "no thread for database checkpoints");
    }
    *ret = w;
    return true;
}

void sqlite_writer_stop(struct sqlite_writer *w)
{
    (void)pthread_mutex_lock(&w->lock);
    w->stopping = true;
    w->checkpoint_stopping = true;
    (void)pthread_cond_signal(&w->work);
    (void)pthread_cond_signal(&w->checkpoint_work);
    (void)pthread_mutex_unlock(&w->lock);
    (void)pthread_join(w->thread, NULL);
    if (!pthread_equal(w->checkpoint_thread, w->thread)) {
        (void)pthread_join(w->checkpoint_thread, NULL);
    }
    (void)pthread_mutex_destroy(&w->lock);
    (void)pthread_cond_destroy(&w->work);
    (void)pthread_cond_destroy(&w->checkpoint_work);
}
