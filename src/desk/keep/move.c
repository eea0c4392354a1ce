// SPDX-License-Identifier: GPL-3.0-or-later
#include "desk/keep/move.h"

#include <sodium.h>
#include <string.h>

#include "app/seal.h"
#include "desk/knowledge/knowledge.h"
#include "desk/tickets/check.h"

#define BATCH 256
#define BATCH_BYTES ((size_t)16 << 20)
#define ROW_MAX ((size_t)1 << 30)
#define SUM_BYTES 32
#define SEAL_TABLE "desk_seal"

struct moving {
    const struct move_job *job;
    struct move_done *done;
    mem_ctx *ctx;
    struct db_store *to;
    struct db_table *tables;  // of where the rows come from
    size_t count;
    struct db_table *to_tables;
    size_t to_count;
    const struct db_table *table;  // of to_tables, being written
    const struct db_value **rows;
    size_t row_count;
    size_t row_bytes;
    int64_t ids;
    struct str seal;  // of the desk
    struct str to_seal;
    bool to_used;
};

static bool is_seal(const struct db_table *table)
{
    return strcmp(table->name, SEAL_TABLE) == 0;
}

static const struct db_table *table_like(const struct moving *m, const struct db_table *table)
{
    for (size_t i = 0; i < m->to_count; i++) {
        if (strcmp(m->to_tables[i].name, table->name) == 0) {
            return &m->to_tables[i];
        }
    }
    return NULL;
}

static bool same_shape(const struct db_table *a, const struct db_table *b)
{
    bool same = b != NULL && a->column_count == b->column_count && a->key_count == b->key_count;
    for (int c = 0; same && c < a->column_count; c++) {
        same = strcmp(a->columns[c].name, b->columns[c].name) == 0 &&
               a->columns[c].type == b->columns[c].type && a->columns[c].key == b->columns[c].key;
    }
    return same;
}

// --- the mark -----------------------------------------------------------------------------------

// Its one row is the desk's; columns are id and secret_hash.
static bool seal_read(struct moving *m, struct db *db, const struct db_table *table,
                      struct str *ret, struct error *err)
{
    mem_ctx *ctx = mem_ctx_new(m->ctx, "seal");
    struct db_reader reader;
    const struct db_value *row = NULL;
    db_reader_init(&reader, ctx, db, table);
    bool ok = db_reader_next(&reader, &row, err);
    *ret = ok && row != NULL ? str_dup(m->ctx, row[1].text) : STR("");
    mem_free(ctx);
    return ok;
}

static bool seal_write(struct db *tx, void *arg, struct error *err)
{
    const struct moving *m = arg;
    const struct db_value row[] = {DB_VALUE_I64(1), DB_VALUE_TEXT(m->to_seal)};
    const struct db_value *rows[] = {row};
    for (size_t i = 0; i < m->to_count; i++) {
        if (is_seal(&m->to_tables[i])) {
            return db_rows_write(tx, &m->to_tables[i], rows, 1, err);
        }
    }
    return error_internal(err, "there is no table " SEAL_TABLE);
}

static bool look_at_from(struct db *db, void *arg, struct error *err)
{
    struct moving *m = arg;
    bool ok = db_tables(db, &m->tables, &m->count, err);
    for (size_t i = 0; ok && i < m->count; i++) {
        ok = !is_seal(&m->tables[i]) || seal_read(m, db, &m->tables[i], &m->seal, err);
    }
    return ok;
}

static bool look_at_to(struct db *db, void *arg, struct error *err)
{
    struct moving *m = arg;
    bool ok = db_tables(db, &m->to_tables, &m->to_count, err);
    for (size_t i = 0; ok && i < m->to_count; i++) {
        const struct db_table *table = &m->to_tables[i];
        mem_ctx *ctx = mem_ctx_new(m->ctx, "look");
        struct db_reader reader;
        const struct db_value *row = NULL;
        if (is_seal(table)) {
            ok = seal_read(m, db, table, &m->to_seal, err);
        } else if (strcmp(table->name, "person") == 0) {
            db_reader_init(&reader, ctx, db, table);
            ok = db_reader_next(&reader, &row, err);
            m->to_used = row != NULL;
        }
        mem_free(ctx);
    }
    return ok;
}

// Marks the new database, or finds that it is ours from before.
static bool mark(struct moving *m, struct error *err)
{
    struct str ours = seal_unfinished(m->ctx, m->seal);
    if (str_eq(m->to_seal, ours)) {
        return true;
    }
    if (m->to_used || m->to_seal.len > 0) {
        return error_set(err, ERR_CONFLICT,
                         str_eq(m->to_seal, m->seal)
                             ? "This desk was moved there already. Should it be done again, name "
                               "an empty database."
                             : "There is another desk in that database. Name an empty one: "
                               "nothing is ever written over.");
    }
    m->to_seal = ours;
    return db_tx_run(m->to, "keep.move", seal_write, m, err);
}

// --- rows ---------------------------------------------------------------------------------------

static bool remove_batch(struct db *tx, void *arg, struct error *err)
{
    const struct moving *m = arg;
    bool ok = true;
    for (size_t i = 0; ok && i < m->row_count; i++) {
        ok = db_rows_remove(tx, m->table, m->rows[i], err);
    }
    return ok;
}

static bool write_batch(struct db *tx, void *arg, struct error *err)
{
    const struct moving *m = arg;
    return db_rows_write(tx, m->table, m->rows, m->row_count, err);
}

static bool flush(struct moving *m, mem_ctx **batch, db_fn *fn, struct error *err)
{
    bool ok = m->row_count == 0 || db_tx_run(m->to, "keep.move", fn, m, err);
    mem_ctx *parent = talloc_parent(*batch);
    mem_free(*batch);
    *batch = mem_ctx_new(parent, "batch");
    m->row_count = 0;
    m->row_bytes = 0;
    return ok;
}

static bool add(struct moving *m, mem_ctx **batch, const struct db_value *row, db_fn *fn,
                struct error *err)
{
    size_t columns = (size_t)m->table->column_count;
    struct db_value *copy = mem_array(*batch, struct db_value, columns);
    memcpy(copy, row, columns * sizeof *copy);
    for (size_t c = 0; c < columns; c++) {
        bool text = copy[c].type == DB_TEXT || copy[c].type == DB_BLOB;
        copy[c].text = text ? str_dup(*batch, row[c].text) : STR_NONE;
        m->row_bytes += copy[c].text.len;
    }
    m->rows[m->row_count++] = copy;
    return (m->row_count < BATCH && m->row_bytes < BATCH_BYTES) || flush(m, batch, fn, err);
}

static bool equal_rows(mem_ctx *ctx, const struct db_table *table, const struct db_value *a,
                       const struct db_value *b)
{
    struct buf x;
    struct buf y;
    mem_ctx *own = mem_ctx_new(ctx, "rows");
    buf_init(&x, own, ROW_MAX);
    buf_init(&y, own, ROW_MAX);
    db_row_put(&x, table, a);
    db_row_put(&y, table, b);
    bool same = str_eq(buf_str(&x), buf_str(&y));
    mem_free(own);
    return same;
}

struct pair {
    struct db_reader from;
    struct db_reader to;
    const struct db_value *a;  // NULL at the end
    const struct db_value *b;
};

static bool pair_begin(struct pair *p, mem_ctx *ctx, struct db *from, struct db *to,
                       const struct db_table *table, const struct db_table *to_table,
                       struct error *err)
{
    db_reader_init(&p->from, ctx, from, table);
    db_reader_init(&p->to, ctx, to, to_table);
    return db_reader_next(&p->from, &p->a, err) && db_reader_next(&p->to, &p->b, err);
}

// < 0: the row is only where it comes from; > 0: only where it goes; 0: in both.
static int pair_order(const struct pair *p, const struct db_table *table)
{
    return p->a == NULL ? 1 : p->b == NULL ? -1 : db_rows_compare(table, p->a, p->b);
}

static bool pair_next(struct pair *p, int order, struct error *err)
{
    return (order > 0 || db_reader_next(&p->from, &p->a, err)) &&
           (order < 0 || db_reader_next(&p->to, &p->b, err));
}

// One table: with `remove`, takes away what does not belong there; else adds what is missing and
// replaces what is different.
static bool move_table(struct moving *m, struct db *from, struct db *to,
                       const struct db_table *table, bool remove, struct error *err)
{
    mem_ctx *ctx = mem_ctx_new(m->ctx, "table");
    mem_ctx *batch = mem_ctx_new(ctx, "batch");
    db_fn *fn = remove ? remove_batch : write_batch;
    struct pair p;
    m->table = table_like(m, table);
    bool ok = pair_begin(&p, ctx, from, to, table, m->table, err);
    while (ok && (remove ? p.b != NULL : p.a != NULL)) {
        int order = pair_order(&p, table);
        bool put = !remove && (order < 0 || (order == 0 && !equal_rows(ctx, table, p.a, p.b)));
        bool take = remove && order > 0;
        m->done->written += put ? 1 : 0;
        m->done->removed += take ? 1 : 0;
        m->done->rows += !remove && order <= 0 ? 1 : 0;
        ok = (!put || add(m, &batch, p.a, fn, err)) && (!take || add(m, &batch, p.b, fn, err)) &&
             pair_next(&p, order, err);
        m->job->findings->progress(m->job->findings->arg, "rows", m->done->rows);
    }
    ok = ok && flush(m, &batch, fn, err);
    m->row_count = 0;
    mem_free(ctx);
    return ok;
}

struct both {
    struct moving *m;
    struct db *from;
};

// Rows that others refer to are there before them, and go after them.
static bool move_tables(struct db *to, void *arg, struct error *err)
{
    const struct both *both = arg;
    struct moving *m = both->m;
    bool ok = true;
    for (size_t i = m->count; ok && i > 0; i--) {
        const struct db_table *table = &m->tables[i - 1];
        if (!same_shape(table, table_like(m, table))) {
            return error_set(err, ERR_UNAVAILABLE,
                             "The table %s is not the same in both databases.", table->name);
        }
        ok = is_seal(table) || move_table(m, both->from, to, table, true, err);
    }
    for (size_t i = 0; ok && i < m->count; i++) {
        ok = is_seal(&m->tables[i]) || move_table(m, both->from, to, &m->tables[i], false, err);
    }
    m->done->tables = (int64_t)m->count;
    return ok;
}

static bool move_snapshot(struct db *from, void *arg, struct error *err)
{
    struct moving *m = arg;
    struct both both = {m, from};
    return db_ids_next(from, &m->ids, err) && db_read_long(m->to, move_tables, &both, err);
}

// --- comparing ----------------------------------------------------------------------------------

static bool table_sum(mem_ctx *parent, struct db *db, const struct db_table *table,
                      unsigned char sum[SUM_BYTES], struct error *err)
{
    mem_ctx *ctx = mem_ctx_new(parent, "sum");
    crypto_generichash_state state;
    struct db_reader reader;
    struct buf bytes;
    const struct db_value *row = NULL;
    (void)crypto_generichash_init(&state, NULL, 0, SUM_BYTES);
    buf_init(&bytes, ctx, ROW_MAX);
    db_reader_init(&reader, ctx, db, table);
    bool ok = db_reader_next(&reader, &row, err);
    while (ok && row != NULL) {
        bytes.len = 0;
        db_row_put(&bytes, table, row);
        (void)crypto_generichash_update(&state, (const unsigned char *)bytes.data, bytes.len);
        ok = db_reader_next(&reader, &row, err);
    }
    (void)crypto_generichash_final(&state, sum, SUM_BYTES);
    mem_free(ctx);
    return ok;
}

static bool compare_tables(struct db *to, void *arg, struct error *err)
{
    const struct both *both = arg;
    struct moving *m = both->m;
    for (size_t i = 0; i < m->count; i++) {
        unsigned char a[SUM_BYTES];
        unsigned char b[SUM_BYTES];
        const struct db_table *table = &m->tables[i];
        if (is_seal(table)) {
            continue;
        }
        m->job->findings->progress(m->job->findings->arg, "tables compared", (int64_t)i + 1);
        if (!table_sum(m->ctx, both->from, table, a, err) ||
            !table_sum(m->ctx, to, table_like(m, table), b, err)) {
            return false;
        }
        if (memcmp(a, b, sizeof a) != 0) {
            return error_set(err, ERR_BUSY,
                             "The desk was changed while it was moved (in the table %s). Stop all "
                             "its servers and workers and run this again: only what is different "
                             "is moved then.",
                             table->name);
        }
    }
    return true;
}

// Of a new snapshot: what was changed meanwhile is found.
static bool compare_snapshot(struct db *from, void *arg, struct error *err)
{
    struct moving *m = arg;
    struct both both = {m, from};
    return db_read_long(m->to, compare_tables, &both, err);
}

static bool raise_ids(struct db *tx, void *arg, struct error *err)
{
    return db_ids_raise(tx, ((const struct moving *)arg)->ids, err);
}

static bool run(struct moving *m, struct error *err)
{
    const struct db_options options = {.url = m->job->to,
                                       .migrations = m->job->migrations,
                                       .migration_count = m->job->migration_count};
    if (!db_read_long(m->job->from, look_at_from, m, err) ||
        !db_open(m->ctx, &options, &m->to, err) || !db_read_long(m->to, look_at_to, m, err) ||
        !mark(m, err) || !db_read_long(m->job->from, move_snapshot, m, err) ||
        !db_tx_run(m->to, "keep.move", raise_ids, m, err) ||
        !tickets_index_anew(m->to, m->ctx, m->job->findings, err) ||
        !knowledge_index_anew(m->to, err) ||
        !db_read_long(m->job->from, compare_snapshot, m, err)) {
        return false;
    }
    m->to_seal = m->seal;
    return db_tx_run(m->to, "keep.move", seal_write, m, err);
}

bool move_run(mem_ctx *ctx, const struct move_job *job, struct move_done *ret, struct error *err)
{
    struct moving m = {.job = job, .done = ret, .ctx = mem_ctx_new(ctx, "move")};
    *ret = (struct move_done){0};
    m.rows = mem_array(m.ctx, const struct db_value *, BATCH);
    bool ok = run(&m, err);
    mem_free(m.ctx);
    return ok;
}
