// SPDX-License-Identifier: GPL-3.0-or-later
//
// The statements for a table are put together once, from names that the database itself gave, and
// kept with the store: engines know prepared statements by their address.
#include "db/rows.h"

#include <assert.h>
#include <endian.h>
#include <string.h>

#include "db/db_internal.h"

#define PAGE 256
#define SQL_MAX ((size_t)1 << 16)
// Both engines take more; this is enough to make round trips rare.
#define PARAMS_MAX 120

struct db_table_queries {
    struct db_query first;   // most
    struct db_query next;    // the key's values, most
    struct db_query put;     // one row
    struct db_query many;    // `batch` rows
    struct db_query remove;  // the key's values
    size_t batch;
};

// --- statements ---------------------------------------------------------------------------------

struct writing {
    struct buf sql;
    const struct db_table *table;
    bool postgres;
    int param;
};

static void put_name(struct writing *w, const char *name)
{
    buf_put_char(&w->sql, '"');
    buf_put_c(&w->sql, name);
    buf_put_char(&w->sql, '"');
}

static void put_param(struct writing *w)
{
    buf_put_char(&w->sql, w->postgres ? '$' : '?');
    buf_put_i64(&w->sql, ++w->param);
}

// Sorted byte by byte on both engines.
static void put_key(struct writing *w, int key)
{
    const struct db_table_column *column = &w->table->columns[w->table->keys[key]];
    put_name(w, column->name);
    if (w->postgres && column->type == DB_TEXT) {
        buf_put_c(&w->sql, " COLLATE \"C\"");
    }
}

static void put_keys(struct writing *w)
{
    for (int k = 0; k < w->table->key_count; k++) {
        buf_put_c(&w->sql, k == 0 ? "" : ", ");
        put_key(w, k);
    }
}

static void put_columns(struct writing *w)
{
    for (int c = 0; c < w->table->column_count; c++) {
        buf_put_c(&w->sql, c == 0 ? "" : ", ");
        put_name(w, w->table->columns[c].name);
    }
}

static void put_select(struct writing *w, bool after)
{
    const struct db_table *t = w->table;
    buf_put_c(&w->sql, "SELECT ");
    put_columns(w);
    buf_put_c(&w->sql, " FROM ");
    put_name(w, t->name);
    if (after) {
        // The first part alone lets the engine use the index, whatever it makes of the rest.
        buf_put_c(&w->sql, " WHERE ");
        put_key(w, 0);
        buf_put_c(&w->sql, w->postgres ? " >= $1 AND (" : " >= ?1 AND (");
        put_keys(w);
        buf_put_c(&w->sql, ") > (");
        for (int k = 0; k < t->key_count; k++) {
            buf_put_c(&w->sql, k == 0 ? "" : ", ");
            put_param(w);
        }
        buf_put_char(&w->sql, ')');
    }
    buf_put_c(&w->sql, " ORDER BY ");
    put_keys(w);
    buf_put_c(&w->sql, " LIMIT ");
    put_param(w);
}

static void put_insert(struct writing *w, size_t rows)
{
    const struct db_table *t = w->table;
    buf_put_c(&w->sql, "INSERT INTO ");
    put_name(w, t->name);
    buf_put_c(&w->sql, " (");
    put_columns(w);
    buf_put_c(&w->sql, ") VALUES ");
    for (size_t r = 0; r < rows; r++) {
        buf_put_c(&w->sql, r == 0 ? "(" : ", (");
        for (int c = 0; c < t->column_count; c++) {
            buf_put_c(&w->sql, c == 0 ? "" : ", ");
            put_param(w);
        }
        buf_put_char(&w->sql, ')');
    }
    buf_put_c(&w->sql, " ON CONFLICT (");
    for (int k = 0; k < t->key_count; k++) {
        buf_put_c(&w->sql, k == 0 ? "" : ", ");
        put_name(w, t->columns[t->keys[k]].name);
    }
    buf_put_c(&w->sql, t->key_count == t->column_count ? ") DO NOTHING" : ") DO UPDATE SET ");
    bool first = true;
    for (int c = 0; c < t->column_count; c++) {
        if (t->columns[c].key == 0) {
            buf_put_c(&w->sql, first ? "" : ", ");
            put_name(w, t->columns[c].name);
            buf_put_c(&w->sql, " = excluded.");
            put_name(w, t->columns[c].name);
            first = false;
        }
    }
}

static void put_delete(struct writing *w)
{
    buf_put_c(&w->sql, "DELETE FROM ");
    put_name(w, w->table->name);
    for (int k = 0; k < w->table->key_count; k++) {
        buf_put_c(&w->sql, k == 0 ? " WHERE " : " AND ");
        put_name(w, w->table->columns[w->table->keys[k]].name);
        buf_put_c(&w->sql, " = ");
        put_param(w);
    }
}

static void query_end(mem_ctx *ctx, struct writing *w, struct db_query *ret)
{
    const char *text = str_cstr(ctx, buf_str(&w->sql));
    *ret = (struct db_query){
        .name = w->table->name, .sqlite = text, .postgres = text, .param_count = w->param};
    w->sql.len = 0;
    w->param = 0;
}

static const enum db_type *key_types(mem_ctx *ctx, const struct db_table *t)
{
    enum db_type *types = mem_array(ctx, enum db_type, t->key_count + 1);
    for (int k = 0; k < t->key_count; k++) {
        types[k] = t->columns[t->keys[k]].type;
    }
    types[t->key_count] = DB_I64;
    return types;
}

static void queries_make(mem_ctx *ctx, struct db_table *t, bool postgres)
{
    static const enum db_type MOST[] = {DB_I64};
    struct writing w = {.table = t, .postgres = postgres};
    struct db_table_queries *q = mem_new(ctx, struct db_table_queries);
    size_t columns = (size_t)t->column_count;
    t->queries = q;
    q->batch = columns > PARAMS_MAX / 2 ? 1 : PARAMS_MAX / columns;
    enum db_type *types = mem_array(ctx, enum db_type, q->batch * columns);
    for (size_t i = 0; i < q->batch * columns; i++) {
        types[i] = t->columns[i % columns].type;
    }
    buf_init(&w.sql, ctx, SQL_MAX);
    put_select(&w, false);
    query_end(ctx, &w, &q->first);
    put_select(&w, true);
    query_end(ctx, &w, &q->next);
    put_insert(&w, 1);
    query_end(ctx, &w, &q->put);
    put_insert(&w, q->batch);
    query_end(ctx, &w, &q->many);
    put_delete(&w);
    query_end(ctx, &w, &q->remove);
    assert(!w.sql.failed);
    q->first.params = MOST;
    q->next.params = key_types(ctx, t);
    q->remove.params = q->next.params;
    q->put.params = types;
    q->many.params = types;
}

// --- tables -------------------------------------------------------------------------------------

static enum db_type type_named(struct str name)
{
    if (str_ieq_c(name, "text") || str_ieq_c(name, "character varying")) {
        return DB_TEXT;
    }
    if (str_ieq_c(name, "blob") || str_ieq_c(name, "bytea")) {
        return DB_BLOB;
    }
    if (str_ieq_c(name, "real") || str_ieq_c(name, "double precision") ||
        str_ieq_c(name, "double")) {
        return DB_F64;
    }
    return str_ieq_c(name, "bigint") || str_ieq_c(name, "integer") || str_ieq_c(name, "smallint")
               ? DB_I64
               : DB_NULL;
}

// Text is folded to tell one from a table of full text only; names are the program's own.
static bool is_ours(struct str name)
{
    static const char *const OWN[] = {"schema_migration", "id_range", "steward_turn",
                                      "steward_commit"};
    for (size_t i = 0; i < sizeof OWN / sizeof *OWN; i++) {
        if (str_eq_c(name, OWN[i])) {
            return false;
        }
    }
    return str_find(name, STR("_fts")) < 0;
}

struct listing {
    mem_ctx *ctx;
    struct db_table *tables;
    size_t count;
};

static bool take_column(struct listing *list, struct db_cursor *rows, struct error *err)
{
    struct str table = db_column_text(rows, 0);
    struct db_table *t = list->count == 0 ? NULL : &list->tables[list->count - 1];
    if (!is_ours(table)) {
        return true;
    }
    if (t == NULL || !str_eq_c(table, t->name)) {
        list->tables = mem_grow(list->ctx, list->tables, struct db_table, list->count + 1);
        t = &list->tables[list->count++];
        *t = (struct db_table){.name = str_cstr(list->ctx, table)};
    }
    t->columns = mem_grow(list->ctx, t->columns, struct db_table_column, t->column_count + 1);
    struct db_table_column *column = &t->columns[t->column_count++];
    *column = (struct db_table_column){.name = str_cstr(list->ctx, db_column_text(rows, 1)),
                                       .type = type_named(db_column_text(rows, 2)),
                                       .key = (int)db_column_i64(rows, 3)};
    t->key_count += column->key > 0 ? 1 : 0;
    if (column->type == DB_NULL) {
        (void)error_internal(err, "column %s.%s has a type that is not known here", t->name,
                             column->name);
        return false;
    }
    return true;
}

static bool take_columns(struct db *db, struct listing *list, struct error *err)
{
    static const struct db_query COLUMNS = {
        .name = "db_columns",
        .sqlite = "SELECT m.name, p.name, p.type, p.pk FROM sqlite_master m, "
                  "pragma_table_info(m.name) p WHERE m.type = 'table' "
                  "AND m.name NOT LIKE 'sqlite\\_%' ESCAPE '\\' AND m.sql NOT LIKE '%VIRTUAL%' "
                  "ORDER BY m.name, p.name",
        .postgres =
            "SELECT c.relname::text, a.attname::text, format_type(a.atttypid, NULL)::text, "
            "COALESCE(array_position(i.indkey::int2[], a.attnum) + 1, 0)::bigint "
            "FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
            "JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped "
            "LEFT JOIN pg_index i ON i.indrelid = c.oid AND i.indisprimary "
            "WHERE n.nspname = current_schema() AND c.relkind = 'r' "
            "ORDER BY c.relname::text COLLATE \"C\", a.attname::text COLLATE \"C\""};
    struct db_cursor *rows;
    bool row = false;
    if (!db_query_start(db, &COLUMNS, NULL, &rows, err)) {
        return false;
    }
    bool ok = db_query_step(rows, &row, err);
    while (ok && row) {
        ok = take_column(list, rows, err) && db_query_step(rows, &row, err);
    }
    db_query_end(rows);
    return ok;
}

static bool find_keys(struct listing *list, struct error *err)
{
    for (size_t i = 0; i < list->count; i++) {
        struct db_table *t = &list->tables[i];
        t->keys = mem_array(list->ctx, int, t->key_count + 1);
        for (int c = 0; c < t->column_count; c++) {
            if (t->columns[c].key > 0) {
                t->keys[t->columns[c].key - 1] = c;
            }
        }
        if (t->key_count == 0) {
            return error_internal(err, "table %s has no primary key", t->name);
        }
    }
    return true;
}

struct reference {
    struct str child;
    struct str parent;
};

static bool take_references(struct db *db, mem_ctx *ctx, struct reference **ret, size_t *ret_count,
                            struct error *err)
{
    static const struct db_query REFERENCES = {
        .name = "db_references",
        .sqlite = "SELECT m.name, f.\"table\" FROM sqlite_master m, "
                  "pragma_foreign_key_list(m.name) f WHERE m.type = 'table'",
        .postgres = "SELECT c.relname::text, p.relname::text FROM pg_constraint k "
                    "JOIN pg_class c ON c.oid = k.conrelid JOIN pg_class p ON p.oid = k.confrelid "
                    "JOIN pg_namespace n ON n.oid = c.relnamespace "
                    "WHERE k.contype = 'f' AND n.nspname = current_schema()"};
    struct db_cursor *rows;
    bool row = false;
    if (!db_query_start(db, &REFERENCES, NULL, &rows, err)) {
        return false;
    }
    bool ok = db_query_step(rows, &row, err);
    while (ok && row) {
        *ret = mem_grow(ctx, *ret, struct reference, *ret_count + 1);
        (*ret)[(*ret_count)++] = (struct reference){str_dup(ctx, db_column_text(rows, 0)),
                                                    str_dup(ctx, db_column_text(rows, 1))};
        ok = db_query_step(rows, &row, err);
    }
    db_query_end(rows);
    return ok;
}

static size_t place_of_table(const struct db_table *tables, size_t count, struct str name)
{
    size_t i = 0;
    while (i < count && !str_eq_c(name, tables[i].name)) {
        i++;
    }
    return i;
}

// Moves each table behind those that it refers to. References make no circles, so this ends.
static void sort_by_reference(struct listing *list, const struct reference *refs, size_t ref_count)
{
    bool moved = true;
    for (size_t round = 0; moved && round < list->count; round++) {
        moved = false;
        for (size_t r = 0; r < ref_count; r++) {
            size_t child = place_of_table(list->tables, list->count, refs[r].child);
            size_t parent = place_of_table(list->tables, list->count, refs[r].parent);
            if (parent < list->count && child < parent) {
                struct db_table table = list->tables[child];
                memmove(&list->tables[child], &list->tables[child + 1],
                        (parent - child) * sizeof table);
                list->tables[parent] = table;
                moved = true;
            }
        }
    }
}

bool db_tables(struct db *db, struct db_table **ret, size_t *ret_count, struct error *err)
{
    struct listing list = {.ctx = db->store};
    struct reference *refs = NULL;
    size_t ref_count = 0;
    mem_ctx *ctx = mem_ctx_new(NULL, "tables");
    bool ok = take_columns(db, &list, err) && find_keys(&list, err) &&
              take_references(db, ctx, &refs, &ref_count, err);
    if (ok) {
        sort_by_reference(&list, refs, ref_count);
        for (size_t i = 0; i < list.count; i++) {
            queries_make(list.ctx, &list.tables[i], db->ops->engine == DB_POSTGRES);
        }
        *ret = list.tables;
        *ret_count = list.count;
    }
    mem_free(ctx);
    return ok;
}

// --- references ---------------------------------------------------------------------------------

static void put_there(struct writing *w, const char *target, const char *column)
{
    buf_put_c(&w->sql, " AND NOT EXISTS (SELECT 1 FROM ");
    put_name(w, target);
    buf_put_c(&w->sql, " o WHERE o.id = t.");
    put_name(w, column);
    buf_put_char(&w->sql, ')');
}

static void put_missing(struct writing *w, const struct db_reference *ref)
{
    const struct db_table *t = w->table;
    buf_put_c(&w->sql, "SELECT CAST(MIN(t.");
    put_name(w, t->columns[t->keys[0]].name);
    buf_put_c(&w->sql, ") AS TEXT), t.");
    put_name(w, ref->column);
    buf_put_c(&w->sql, ", COUNT(*) FROM ");
    put_name(w, t->name);
    buf_put_c(&w->sql, " t WHERE t.");
    put_name(w, ref->column);
    buf_put_c(&w->sql, " <> 0");
    put_there(w, ref->target, ref->column);
    if (ref->also != NULL) {
        put_there(w, ref->also, ref->column);
    }
    if (ref->where != NULL) {
        buf_put_c(&w->sql, " AND ");
        buf_put_c(&w->sql, ref->where);
    }
    buf_put_c(&w->sql, " GROUP BY 2 ORDER BY 2 LIMIT 1000");
}

bool db_rows_missing(struct db *db, const struct db_table *table,
                     const struct db_reference *reference, db_missing_fn *fn, void *arg,
                     struct error *err)
{
    struct writing w = {.table = table, .postgres = db->ops->engine == DB_POSTGRES};
    struct db_query *query = mem_new(db->store, struct db_query);
    struct db_cursor *rows;
    bool row = false;
    buf_init(&w.sql, db->store, SQL_MAX);
    put_missing(&w, reference);
    assert(!w.sql.failed);
    query_end(db->store, &w, query);
    if (!db_query_start(db, query, NULL, &rows, err)) {
        return false;
    }
    bool ok = db_query_step(rows, &row, err);
    while (ok && row) {
        fn(arg, db_column_text(rows, 0), db_column_i64(rows, 1), db_column_i64(rows, 2));
        ok = db_query_step(rows, &row, err);
    }
    db_query_end(rows);
    return ok;
}

// --- reading ------------------------------------------------------------------------------------

void db_reader_init(struct db_reader *reader, mem_ctx *ctx, struct db *db,
                    const struct db_table *table)
{
    *reader = (struct db_reader){.db = db, .table = table, .ctx = ctx};
    reader->after = mem_array(ctx, struct db_value, table->key_count + 1);
}

static struct db_value value_of(mem_ctx *ctx, struct db_cursor *rows, int column, enum db_type type)
{
    if (db_column_null(rows, column)) {
        return DB_VALUE_NULL;
    }
    switch (type) {
    case DB_I64:
        return DB_VALUE_I64(db_column_i64(rows, column));
    case DB_F64:
        return DB_VALUE_F64(db_column_f64(rows, column));
    default:
        return (struct db_value){.type = type, .text = str_dup(ctx, db_column_text(rows, column))};
    }
}

static bool page_fill(struct db_reader *r, struct db_cursor *rows, struct error *err)
{
    const struct db_table *t = r->table;
    bool row = false;
    bool ok = db_query_step(rows, &row, err);
    while (ok && row) {
        struct db_value *values = &r->rows[r->count++ * (size_t)t->column_count];
        for (int c = 0; c < t->column_count; c++) {
            values[c] = value_of(r->page, rows, c, t->columns[c].type);
        }
        ok = db_query_step(rows, &row, err);
    }
    return ok;
}

static bool page_read(struct db_reader *r, struct error *err)
{
    const struct db_table *t = r->table;
    bool begin = r->page == NULL;
    const struct db_query *query = begin ? &t->queries->first : &t->queries->next;
    // The key of the last row stays where it is until the cursor is done with it.
    mem_ctx *before = r->page;
    for (int k = 0; !begin && k < t->key_count; k++) {
        r->after[k] = r->rows[(r->count - 1) * (size_t)t->column_count + (size_t)t->keys[k]];
    }
    r->after[begin ? 0 : t->key_count] = DB_VALUE_I64(PAGE);
    r->page = mem_ctx_new(r->ctx, "page");
    r->rows = mem_array(r->page, struct db_value, PAGE * (size_t)t->column_count);
    r->count = 0;
    r->at = 0;
    struct db_cursor *rows;
    bool ok = db_query_start(r->db, query, r->after, &rows, err);
    if (ok) {
        ok = page_fill(r, rows, err);
        db_query_end(rows);
    }
    r->last = r->count < PAGE;
    mem_free(before);
    return ok;
}

bool db_reader_next(struct db_reader *r, const struct db_value **ret_row, struct error *err)
{
    *ret_row = NULL;
    if (r->at == r->count && !r->last && !page_read(r, err)) {
        return false;
    }
    if (r->at < r->count) {
        *ret_row = &r->rows[r->at++ * (size_t)r->table->column_count];
    }
    return true;
}

int db_rows_compare(const struct db_table *table, const struct db_value *a,
                    const struct db_value *b)
{
    for (int k = 0; k < table->key_count; k++) {
        const struct db_value *x = &a[table->keys[k]];
        const struct db_value *y = &b[table->keys[k]];
        int order =
            x->type == DB_I64 ? (x->i64 > y->i64) - (x->i64 < y->i64) : str_cmp(x->text, y->text);
        if (order != 0) {
            return order;
        }
    }
    return 0;
}

// --- as bytes -----------------------------------------------------------------------------------

static void put_u64(struct buf *out, uint64_t value)
{
    uint64_t little = htole64(value);
    buf_put(out, (struct str){(const char *)&little, sizeof little});
}

void db_row_put(struct buf *out, const struct db_table *table, const struct db_value *row)
{
    for (int c = 0; c < table->column_count; c++) {
        uint64_t bits = (uint64_t)row[c].i64;
        buf_put_char(out, (char)row[c].type);
        switch (row[c].type) {
        case DB_F64:
            memcpy(&bits, &row[c].f64, sizeof bits);
            put_u64(out, bits);
            break;
        case DB_I64:
            put_u64(out, bits);
            break;
        case DB_NULL:
            break;
        default:
            put_u64(out, row[c].text.len);
            buf_put(out, row[c].text);
            break;
        }
    }
}

static bool take_u64(struct str *rest, uint64_t *ret)
{
    if (rest->len < sizeof *ret) {
        return false;
    }
    memcpy(ret, rest->ptr, sizeof *ret);
    *ret = le64toh(*ret);
    *rest = str_from(*rest, sizeof *ret);
    return true;
}

bool db_row_take(const struct db_table *table, struct str bytes, struct db_value *row)
{
    struct str rest = bytes;
    for (int c = 0; c < table->column_count; c++) {
        uint64_t bits = 0;
        if (rest.len == 0) {
            return false;
        }
        enum db_type type = (enum db_type)rest.ptr[0];
        rest = str_from(rest, 1);
        row[c] = DB_VALUE_NULL;
        if (type == DB_NULL) {
            continue;
        }
        if (type != table->columns[c].type || !take_u64(&rest, &bits)) {
            return false;
        }
        row[c].type = type;
        if (type == DB_I64) {
            row[c].i64 = (int64_t)bits;
        } else if (type == DB_F64) {
            memcpy(&row[c].f64, &bits, sizeof bits);
        } else if (bits <= rest.len) {
            row[c].text = str_sub(rest, 0, (size_t)bits);
            rest = str_from(rest, (size_t)bits);
        } else {
            return false;
        }
    }
    return rest.len == 0;
}

// --- writing ------------------------------------------------------------------------------------

bool db_rows_write(struct db *tx, const struct db_table *table, const struct db_value *const *rows,
                   size_t count, struct error *err)
{
    const struct db_table_queries *q = table->queries;
    size_t columns = (size_t)table->column_count;
    struct db_value *values = mem_array(db_tx_ctx(tx), struct db_value, q->batch * columns);
    size_t done = 0;
    while (done < count) {
        size_t now = count - done >= q->batch ? q->batch : 1;
        for (size_t i = 0; i < now; i++) {
            memcpy(&values[i * columns], rows[done + i], columns * sizeof *values);
        }
        if (!db_exec(tx, now == 1 ? &q->put : &q->many, values, NULL, err)) {
            return false;
        }
        done += now;
    }
    return true;
}

bool db_rows_remove(struct db *tx, const struct db_table *table, const struct db_value *row,
                    struct error *err)
{
    struct db_value *values = mem_array(db_tx_ctx(tx), struct db_value, table->key_count);
    for (int k = 0; k < table->key_count; k++) {
        values[k] = row[table->keys[k]];
    }
    return db_exec(tx, &table->queries->remove, values, NULL, err);
}

// --- ids ----------------------------------------------------------------------------------------

static bool one_number(struct db *db, const struct db_query *query, const struct db_value *params,
                       int64_t *ret, struct error *err)
{
    struct db_cursor *rows;
    bool row = false;
    if (!db_query_start(db, query, params, &rows, err)) {
        return false;
    }
    bool ok = db_query_step(rows, &row, err);
    *ret = ok && row ? db_column_i64(rows, 0) : 0;
    db_query_end(rows);
    return ok;
}

bool db_ids_next(struct db *db, int64_t *ret, struct error *err)
{
    static const struct db_query NEXT = {
        .name = "db_ids_next",
        .sqlite = "SELECT next FROM id_range",
        .postgres = "SELECT CASE WHEN is_called THEN last_value + 1000 ELSE last_value END "
                    "FROM steward_id"};
    return one_number(db, &NEXT, NULL, ret, err);
}

bool db_ids_raise(struct db *tx, int64_t next, struct error *err)
{
    static const enum db_type PARAMS[] = {DB_I64};
    static const struct db_query RAISE = {
        .name = "db_ids_raise",
        .sqlite = "UPDATE id_range SET next = MAX(next, ?1) RETURNING next",
        .postgres = "SELECT setval('steward_id', GREATEST($1, (SELECT CASE WHEN is_called "
                    "THEN last_value + 1000 ELSE last_value END FROM steward_id)), false)",
        .params = PARAMS,
        .param_count = 1};
    const struct db_value params[] = {DB_VALUE_I64(next)};
    int64_t ignored = 0;
    return one_number(tx, &RAISE, params, &ignored, err);
}
