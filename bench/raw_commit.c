// SPDX-License-Identifier: GPL-3.0-or-later
//
// raw_commit BEFORE AFTER CLIENTS SECONDS TEXTFILE: the limit for durable changes. AFTER is a copy
// of the data base BEFORE with one change in it (a ticket more, say). The rows that differ are the
// pattern: they are written again and again into BEFORE, with new ids, by clients that each wait
// for their commit and one writer that commits what waits together, with synchronous=FULL. Nothing
// is computed, checked or read. Full-text tables without content get the text of TEXTFILE.
// Prints transactions= rows= seconds= rate= p50_us= p99_us=.
//
// BEFORE is changed: give it a copy. Both must be of a server that was stopped.
#include <pthread.h>
#include <sqlite3.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench.h"

#define MAX_TABLES 300
#define MAX_COLUMNS 64
#define MAX_ROWS 1000

struct table {
    char *name;
    bool full_text;
    int columns;
    char *names[MAX_COLUMNS];
    bool key[MAX_COLUMNS];     // part of the primary key
    bool unique[MAX_COLUMNS];  // part of any unique index
    sqlite3_stmt *insert;
};

struct row {
    const struct table *table;
    bool is_new;  // false: a row that was there before and changed
    sqlite3_value *values[MAX_COLUMNS];
};

struct pattern {
    sqlite3 *db;
    struct table tables[MAX_TABLES];
    int table_count;
    struct row rows[MAX_ROWS];
    int row_count;
    int64_t ids[MAX_ROWS];  // new integer keys: where they stand in any row, they are made anew
    int id_count;
    int64_t stride;
    char *text;
};

static void check(sqlite3 *db, int code)
{
    if (code != SQLITE_OK && code != SQLITE_DONE && code != SQLITE_ROW) {
        die("raw_commit: %s", sqlite3_errmsg(db));
    }
}

static sqlite3_stmt *prepare(sqlite3 *db, char *sql)
{
    sqlite3_stmt *statement = NULL;
    int code = sqlite3_prepare_v2(db, sql, -1, &statement, NULL);
    if (code != SQLITE_OK) {
        die("raw_commit: %s in %s", sqlite3_errmsg(db), sql);
    }
    sqlite3_free(sql);
    return statement;
}

static void run(sqlite3 *db, const char *sql)
{
    check(db, sqlite3_exec(db, sql, NULL, NULL, NULL));
}

// The parts of full-text tables are tables too, written by writing the whole.
static bool is_shadow(const struct pattern *pattern, const char *name)
{
    for (int i = 0; i < pattern->table_count; i++) {
        const struct table *table = &pattern->tables[i];
        size_t length = strlen(table->name);
        if (table->full_text && strncmp(name, table->name, length) == 0 && name[length] == '_') {
            return true;
        }
    }
    return false;
}

static void read_columns(struct pattern *pattern, struct table *table)
{
    sqlite3_stmt *info =
        prepare(pattern->db, sqlite3_mprintf("PRAGMA main.table_info(\"%w\")", table->name));
    while (sqlite3_step(info) == SQLITE_ROW && table->columns < MAX_COLUMNS) {
        table->names[table->columns] = must(strdup((const char *)sqlite3_column_text(info, 1)));
        table->key[table->columns] = sqlite3_column_int(info, 5) > 0;
        table->columns++;
    }
    sqlite3_finalize(info);
    sqlite3_stmt *unique =
        prepare(pattern->db, sqlite3_mprintf("SELECT DISTINCT c.cid FROM pragma_index_list(%Q) l, "
                                             "pragma_index_info(l.name) c WHERE l.\"unique\"",
                                             table->name));
    while (sqlite3_step(unique) == SQLITE_ROW) {
        int column = sqlite3_column_int(unique, 0);
        if (column >= 0 && column < table->columns) {
            table->unique[column] = true;
        }
    }
    sqlite3_finalize(unique);
}

static void prepare_insert(struct pattern *pattern, struct table *table)
{
    char *names = sqlite3_mprintf(table->full_text ? "rowid" : "");
    char *marks = sqlite3_mprintf(table->full_text ? "?" : "");
    for (int i = 0; i < table->columns; i++) {
        const char *comma = names[0] == '\0' ? "" : ", ";
        names = sqlite3_mprintf("%z%s\"%w\"", names, comma, table->names[i]);
        marks = sqlite3_mprintf("%z%s?", marks, comma);
    }
    const char *how = table->full_text ? "INSERT" : "INSERT OR REPLACE";
    table->insert = prepare(pattern->db, sqlite3_mprintf("%s INTO main.\"%w\" (%z) VALUES (%z)",
                                                         how, table->name, names, marks));
}

static void read_tables(struct pattern *pattern)
{
    sqlite3_stmt *list = prepare(
        pattern->db,
        sqlite3_mprintf("SELECT name, sql LIKE 'CREATE VIRTUAL%%' AS v FROM main.sqlite_schema "
                        "WHERE type = 'table' AND name NOT LIKE 'sqlite_%%' ORDER BY v DESC"));
    while (sqlite3_step(list) == SQLITE_ROW) {
        const char *name = (const char *)sqlite3_column_text(list, 0);
        if (is_shadow(pattern, name)) {
            continue;
        }
        if (pattern->table_count == MAX_TABLES) {
            die("raw_commit: too many tables");
        }
        struct table *table = &pattern->tables[pattern->table_count++];
        table->name = must(strdup(name));
        table->full_text = sqlite3_column_int(list, 1) != 0;
        read_columns(pattern, table);
        prepare_insert(pattern, table);
    }
    sqlite3_finalize(list);
}

// "m.a IS n.a AND m.b IS n.b", or "0" for a table without a key: then every row counts as new.
static char *same_key(const struct table *table)
{
    char *sql = NULL;
    for (int i = 0; i < table->columns; i++) {
        if (table->key[i]) {
            const char *and = sql == NULL ? "" : " AND ";
            sql = sqlite3_mprintf("%z%sm.\"%w\" IS n.\"%w\"", sql, and, table->names[i],
                                  table->names[i]);
        }
    }
    return sql == NULL ? sqlite3_mprintf("0") : sql;
}

static void add_row(struct pattern *pattern, const struct table *table, sqlite3_stmt *from)
{
    if (pattern->row_count == MAX_ROWS) {
        die("raw_commit: the two data bases differ by too many rows");
    }
    struct row *row = &pattern->rows[pattern->row_count++];
    row->table = table;
    row->is_new = sqlite3_column_int(from, 0) == 0;
    int columns = table->full_text ? 1 : table->columns;
    for (int i = 0; i < columns; i++) {
        row->values[i] = must(sqlite3_value_dup(sqlite3_column_value(from, i + 1)));
        bool id = table->full_text || (table->key[i] && row->is_new);
        if (id && sqlite3_value_type(row->values[i]) == SQLITE_INTEGER) {
            pattern->ids[pattern->id_count++ % MAX_ROWS] = sqlite3_value_int64(row->values[i]);
        }
    }
}

static void read_rows(struct pattern *pattern)
{
    for (int i = 0; i < pattern->table_count; i++) {
        const struct table *table = &pattern->tables[i];
        char *sql;
        if (table->full_text) {
            sql = sqlite3_mprintf("SELECT 0, rowid FROM a.\"%w\" WHERE rowid NOT IN "
                                  "(SELECT rowid FROM main.\"%w\")",
                                  table->name, table->name);
        } else {
            sql = sqlite3_mprintf("SELECT EXISTS (SELECT 1 FROM main.\"%w\" m WHERE %z), n.* FROM "
                                  "(SELECT * FROM a.\"%w\" EXCEPT SELECT * FROM main.\"%w\") n",
                                  table->name, same_key(table), table->name, table->name);
        }
        sqlite3_stmt *rows = prepare(pattern->db, sql);
        while (sqlite3_step(rows) == SQLITE_ROW) {
            add_row(pattern, table, rows);
        }
        sqlite3_finalize(rows);
    }
}

static void find_stride(struct pattern *pattern)
{
    int64_t least = INT64_MAX;
    int64_t most = 0;
    for (int i = 0; i < pattern->id_count; i++) {
        least = pattern->ids[i] < least ? pattern->ids[i] : least;
        most = pattern->ids[i] > most ? pattern->ids[i] : most;
    }
    pattern->stride = pattern->id_count == 0 ? 1 : most - least + 1;
}

static bool is_id(const struct pattern *pattern, int64_t value)
{
    for (int i = 0; i < pattern->id_count; i++) {
        if (pattern->ids[i] == value) {
            return true;
        }
    }
    return false;
}

// Text and bytes that must be unique differ in their end.
static void bind_unique(sqlite3_stmt *insert, int at, sqlite3_value *value, int64_t number)
{
    int size = sqlite3_value_bytes(value);
    const char *bytes = sqlite3_value_blob(value);
    char *copy = sqlite3_mprintf("%.*s%012lld", size, "", (long long)number);
    bool text = sqlite3_value_type(value) == SQLITE_TEXT;
    if (text) {
        sqlite3_free(copy);
        copy = sqlite3_mprintf("%.*s-%012lld", size, bytes, (long long)number);
        sqlite3_bind_text(insert, at, copy, -1, sqlite3_free);
        return;
    }
    char *blob = sqlite3_malloc(size + 1);
    memcpy(must(blob), bytes, (size_t)size);
    memcpy(blob, copy, strlen(copy) < (size_t)size ? strlen(copy) : (size_t)size);
    sqlite3_free(copy);
    sqlite3_bind_blob(insert, at, blob, size, sqlite3_free);
}

static void bind_value(const struct pattern *pattern, const struct row *row, int column,
                       int64_t number)
{
    sqlite3_stmt *insert = row->table->insert;
    sqlite3_value *value = row->values[column];
    int type = sqlite3_value_type(value);
    if (type == SQLITE_INTEGER && is_id(pattern, sqlite3_value_int64(value))) {
        sqlite3_bind_int64(insert, column + 1,
                           sqlite3_value_int64(value) + number * pattern->stride);
    } else if (row->is_new && row->table->unique[column] &&
               (type == SQLITE_TEXT || type == SQLITE_BLOB)) {
        bind_unique(insert, column + 1, value, number);
    } else {
        sqlite3_bind_value(insert, column + 1, value);
    }
}

static void write_row(const struct pattern *pattern, const struct row *row, int64_t number)
{
    sqlite3_stmt *insert = row->table->insert;
    if (row->table->full_text) {
        sqlite3_bind_int64(insert, 1,
                           sqlite3_value_int64(row->values[0]) + number * pattern->stride);
        for (int i = 0; i < row->table->columns; i++) {
            sqlite3_bind_text(insert, i + 2, pattern->text, i == 0 ? 40 : -1, SQLITE_STATIC);
        }
    } else {
        for (int i = 0; i < row->table->columns; i++) {
            bind_value(pattern, row, i, number);
        }
    }
    check(pattern->db, sqlite3_step(insert));
    sqlite3_reset(insert);
}

// The clients' side: each waits until its transaction is on disk.
struct queue {
    pthread_mutex_t lock;
    pthread_cond_t wanted;
    pthread_cond_t done;
    long asked;      // transactions that were asked for
    long committed;  // of these, on disk
    bool ended;
    double end;
};

struct client {
    struct queue *queue;
    pthread_t thread;
    struct samples samples;
};

static void *ask(void *cls)
{
    struct client *client = cls;
    struct queue *queue = client->queue;
    while (now_s() < queue->end) {
        double begun = now_s();
        pthread_mutex_lock(&queue->lock);
        long mine = ++queue->asked;
        pthread_cond_signal(&queue->wanted);
        while (queue->committed < mine) {
            pthread_cond_wait(&queue->done, &queue->lock);
        }
        pthread_mutex_unlock(&queue->lock);
        samples_add(&client->samples, now_s() - begun);
    }
    return NULL;
}

struct writer {
    struct queue *queue;
    const struct pattern *pattern;
};

static void *write_all(void *cls)
{
    const struct writer *writer = cls;
    struct queue *queue = writer->queue;
    const struct pattern *pattern = writer->pattern;
    pthread_mutex_lock(&queue->lock);
    while (!queue->ended) {
        if (queue->asked == queue->committed) {
            pthread_cond_wait(&queue->wanted, &queue->lock);
            continue;
        }
        long from = queue->committed;
        long to = queue->asked;
        pthread_mutex_unlock(&queue->lock);
        run(pattern->db, "BEGIN IMMEDIATE");
        for (long number = from + 1; number <= to; number++) {
            for (int i = 0; i < pattern->row_count; i++) {
                write_row(pattern, &pattern->rows[i], number);
            }
        }
        run(pattern->db, "COMMIT");
        pthread_mutex_lock(&queue->lock);
        queue->committed = to;
        pthread_cond_broadcast(&queue->done);
    }
    pthread_mutex_unlock(&queue->lock);
    return NULL;
}

static void measure(const struct pattern *pattern, size_t clients, double seconds)
{
    struct queue queue = {.lock = PTHREAD_MUTEX_INITIALIZER,
                          .wanted = PTHREAD_COND_INITIALIZER,
                          .done = PTHREAD_COND_INITIALIZER};
    struct writer writer = {&queue, pattern};
    struct client *all = must(calloc(clients, sizeof(*all)));
    pthread_t thread;
    double begun = now_s();
    queue.end = begun + seconds;
    (void)pthread_create(&thread, NULL, write_all, &writer);
    for (size_t i = 0; i < clients; i++) {
        all[i].queue = &queue;
        (void)pthread_create(&all[i].thread, NULL, ask, &all[i]);
    }
    struct samples samples = {0};
    for (size_t i = 0; i < clients; i++) {
        (void)pthread_join(all[i].thread, NULL);
        for (size_t k = 0; k < all[i].samples.count; k++) {
            samples_add(&samples, all[i].samples.us[k] / 1e6);
        }
    }
    double took = now_s() - begun;
    pthread_mutex_lock(&queue.lock);
    queue.ended = true;
    pthread_cond_signal(&queue.wanted);
    pthread_mutex_unlock(&queue.lock);
    (void)pthread_join(thread, NULL);
    printf("transactions=%ld rows=%d seconds=%.3f rate=%.1f p50_us=%u p99_us=%u\n", queue.committed,
           pattern->row_count, took, (double)queue.committed / took,
           samples_percentile(&samples, 0.5), samples_percentile(&samples, 0.99));
}

int main(int argc, char **argv)
{
    if (argc != 6) {
        die("raw_commit BEFORE AFTER CLIENTS SECONDS TEXTFILE");
    }
    static struct pattern pattern;
    size_t size = 0;
    pattern.text = read_file(argv[5], &size);
    check(pattern.db, sqlite3_open(argv[1], &pattern.db));
    run(pattern.db, "PRAGMA journal_mode = WAL");
    run(pattern.db, "PRAGMA synchronous = FULL");
    run(pattern.db, "PRAGMA foreign_keys = OFF");
    char *attach = sqlite3_mprintf("ATTACH %Q AS a", argv[2]);
    run(pattern.db, attach);
    sqlite3_free(attach);
    read_tables(&pattern);
    read_rows(&pattern);
    find_stride(&pattern);
    if (pattern.row_count == 0) {
        die("raw_commit: the two data bases do not differ");
    }
    for (int i = 0; i < pattern.row_count; i++) {
        fprintf(stderr, "%s%s\n", pattern.rows[i].table->name,
                pattern.rows[i].is_new ? "" : " (changed)");
    }
    run(pattern.db, "DETACH a");
    measure(&pattern, strtoul(argv[3], NULL, 10), strtod(argv[4], NULL));
    return 0;
}
