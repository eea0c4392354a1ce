// SPDX-License-Identifier: GPL-3.0-or-later
//
// Writes the C: for each query a row struct, a description for both engines and one function.
#include "sqlc.h"

static const char HEAD[] = "// Written by tools/sqlc; change the .sql instead.\n";

// --- types ------------------------------------------------------------------------------------

static const char *type_of(struct sqlc *sqlc, const struct column *column)
{
    switch (column->kind) {
    case KIND_I64:
        return column->nullable ? "struct db_opt_i64" : "int64_t";
    case KIND_BOOL:
        return column->nullable ? "struct db_opt_i64" : "bool";
    case KIND_F64:
        return "double";
    case KIND_TEXT:
    case KIND_BLOB:
        return "struct str";
    case KIND_ID:
        break;
    }
    return mem_printf(sqlc->ctx, "struct " STR_FMT, STR_ARG(column->type));
}

static const char *db_type_of(const struct column *column)
{
    switch (column->kind) {
    case KIND_F64:
        return "DB_F64";
    case KIND_TEXT:
        return column->array ? "DB_TEXT_ARRAY" : "DB_TEXT";
    case KIND_BLOB:
        return "DB_BLOB";
    case KIND_I64:
    case KIND_BOOL:
    case KIND_ID:
        break;
    }
    return column->array ? "DB_I64_ARRAY" : "DB_I64";
}

static void member(struct sqlc *sqlc, struct buf *out, const struct column *column)
{
    const char *type = type_of(sqlc, column);
    if (column->array) {
        buf_printf(out, "    const %s *" STR_FMT ";\n    size_t " STR_FMT "_count;\n", type,
                   STR_ARG(column->name), STR_ARG(column->name));
    } else {
        buf_printf(out, "    %s " STR_FMT ";\n", type, STR_ARG(column->name));
    }
}

static void struct_emit(struct sqlc *sqlc, struct buf *out, const char *name,
                        const struct columns *columns)
{
    buf_printf(out, "struct %s {\n", name);
    for (int i = 0; i < columns->count; i++) {
        member(sqlc, out, &columns->list[i]);
    }
    buf_put_c(out, "};\n");
}

static bool columns_same(const struct columns *a, const struct columns *b)
{
    if (a->count != b->count) {
        return false;
    }
    for (int i = 0; i < a->count; i++) {
        if (!str_eq(a->list[i].name, b->list[i].name) ||
            !str_eq(a->list[i].type, b->list[i].type) ||
            a->list[i].nullable != b->list[i].nullable) {
            return false;
        }
    }
    return true;
}

// True when an earlier query has already given this row struct.
static bool row_known(struct sqlc *sqlc, const struct query *query)
{
    for (const struct query *q = sqlc->queries; q != query; q++) {
        if (q->out.count > 0 && str_eq(q->row, query->row)) {
            if (!columns_same(&q->out, &query->out)) {
                complain(sqlc, query->line,
                         "struct %s has other columns in line %d: list the same "
                         "or name another row",
                         query->row.ptr, q->line);
            }
            return true;
        }
    }
    return false;
}

// --- functions --------------------------------------------------------------------------------

static bool wants_struct(const struct query *query)
{
    return query->in.count > SQLC_MAX_ARGUMENTS;
}

static void inputs_emit(struct sqlc *sqlc, struct buf *out, const struct query *query)
{
    if (wants_struct(query)) {
        buf_printf(out, "const struct %s_in *in, ", query->name.ptr);
        return;
    }
    for (int i = 0; i < query->in.count; i++) {
        const struct column *column = &query->in.list[i];
        buf_printf(out, column->array ? "const %s *" STR_FMT ", " : "%s " STR_FMT ", ",
                   type_of(sqlc, column), STR_ARG(column->name));
        if (column->array) {
            buf_printf(out, "size_t " STR_FMT "_count, ", STR_ARG(column->name));
        }
    }
}

static void signature_emit(struct sqlc *sqlc, struct buf *out, const struct query *query)
{
    buf_printf(out, "bool %s(struct db *db, %s", query->name.ptr,
               query->out.count > 0 ? "mem_ctx *ctx, " : "");
    inputs_emit(sqlc, out, query);
    switch (query->cardinality) {
    case CARD_ONE:
        buf_printf(out, "struct %s *ret, ", query->row.ptr);
        break;
    case CARD_OPT:
        buf_printf(out, "struct %s *ret, bool *ret_found, ", query->row.ptr);
        break;
    case CARD_MANY:
        buf_printf(out, "struct %s **ret, size_t *ret_count, ", query->row.ptr);
        break;
    case CARD_CHANGES:
        buf_put_c(out, "int64_t *ret_changes, ");
        break;
    case CARD_EXEC:
        break;
    }
    buf_put_c(out, "struct error *err)");
}

static void value_emit(struct buf *out, const struct query *query, const struct column *column)
{
    struct str name = column->name;
    const char *from = wants_struct(query) ? "in->" : "";
    if (column->array) {
        buf_printf(out, "DB_VALUE_%sS(%s" STR_FMT ", %s" STR_FMT "_count)",
                   column->kind == KIND_TEXT ? "TEXT" : "I64", from, STR_ARG(name), from,
                   STR_ARG(name));
        return;
    }
    const char *macro = "DB_VALUE_I64";
    const char *suffix = column->kind == KIND_ID ? ".v" : "";
    switch (column->kind) {
    case KIND_TEXT:
        macro = column->nullable ? "DB_VALUE_TEXT" : "DB_VALUE_TEXT_SET";
        break;
    case KIND_BLOB:
        macro = column->nullable ? "DB_VALUE_BLOB" : "DB_VALUE_BLOB_SET";
        break;
    case KIND_F64:
        macro = "DB_VALUE_F64";
        break;
    case KIND_ID:
        macro = column->nullable ? "DB_VALUE_ID" : macro;
        break;
    case KIND_I64:
    case KIND_BOOL:
        macro = column->nullable ? "DB_VALUE_OPT" : macro;
        break;
    }
    buf_printf(out, "%s(%s" STR_FMT "%s)", macro, from, STR_ARG(name), suffix);
}

static void params_emit(struct buf *out, const struct query *query)
{
    if (query->in.count == 0) {
        buf_put_c(out, "    const struct db_value *params_ = NULL;\n");
        return;
    }
    buf_put_c(out, "    const struct db_value params_[] = {\n");
    for (int i = 0; i < query->in.count; i++) {
        buf_put_c(out, "        ");
        value_emit(out, query, &query->in.list[i]);
        buf_put_c(out, ",\n");
    }
    buf_put_c(out, "    };\n");
}

static void reader_column_emit(struct buf *out, const struct column *column, int i)
{
    buf_printf(out, "    ret->" STR_FMT " = ", STR_ARG(column->name));
    switch (column->kind) {
    case KIND_I64:
    case KIND_BOOL:
        if (column->nullable) {
            buf_printf(out,
                       "(struct db_opt_i64){!db_column_null(rows, %d), "
                       "db_column_i64(rows, %d)};\n",
                       i, i);
        } else {
            buf_printf(out, "db_column_i64(rows, %d)%s;\n", i,
                       column->kind == KIND_BOOL ? " != 0" : "");
        }
        break;
    case KIND_F64:
        buf_printf(out, "db_column_f64(rows, %d);\n", i);
        break;
    case KIND_TEXT:
    case KIND_BLOB:
        buf_printf(out, "str_dup(ctx, db_column_text(rows, %d));\n", i);
        break;
    case KIND_ID:
        buf_printf(out, "(struct " STR_FMT "){db_column_i64(rows, %d)};\n", STR_ARG(column->type),
                   i);
        break;
    }
}

static void reader_emit(struct buf *out, const struct query *query)
{
    bool text = false;
    for (int i = 0; i < query->out.count; i++) {
        enum kind kind = query->out.list[i].kind;
        text = text || kind == KIND_TEXT || kind == KIND_BLOB;
    }
    buf_printf(out,
               "static void read_%s(struct db_cursor *rows, mem_ctx *ctx%s, struct %s *ret)\n"
               "{\n",
               query->row.ptr, text ? "" : " UNUSED", query->row.ptr);
    for (int i = 0; i < query->out.count; i++) {
        reader_column_emit(out, &query->out.list[i], i);
    }
    buf_put_c(out, "}\n\n");
}

static void body_single_emit(struct buf *out, const struct query *query)
{
    bool opt = query->cardinality == CARD_OPT;
    buf_printf(out,
               "    struct db_cursor *rows_;\n"
               "    bool found_ = false;\n"
               "    if (!db_query_start(db, &QUERY_%s, params_, &rows_, err)) {\n"
               "        return false;\n"
               "    }\n"
               "    bool ok_ = db_query_step(rows_, &found_, err);\n"
               "    if (ok_ && found_) {\n"
               "        read_%s(rows_, ctx, ret);\n"
               "    }\n"
               "    db_query_end(rows_);\n",
               query->name.ptr, query->row.ptr);
    if (opt) {
        buf_printf(out,
                   "    if (!ok_) {\n"
                   "        return false;\n"
                   "    }\n"
                   "    if (!found_) {\n"
                   "        *ret = (struct %s){0};\n"
                   "    }\n"
                   "    *ret_found = found_;\n"
                   "    return true;\n",
                   query->row.ptr);
    } else {
        buf_printf(out,
                   "    if (ok_ && !found_) {\n"
                   "        (void)error_set(err, ERR_NOT_FOUND, \"There is no such record.\");\n"
                   "        return error_detail(err, \"no row for query %s\");\n"
                   "    }\n"
                   "    return ok_;\n",
                   query->name.ptr);
    }
}

static void body_many_emit(struct buf *out, const struct query *query)
{
    buf_printf(out,
               "    struct db_cursor *rows_;\n"
               "    if (!db_query_start(db, &QUERY_%s, params_, &rows_, err)) {\n"
               "        return false;\n"
               "    }\n"
               "    struct %s *list_ = NULL;\n"
               "    size_t count_ = 0;\n"
               "    size_t room_ = 0;\n"
               "    bool more_ = false;\n"
               "    bool ok_ = db_query_step(rows_, &more_, err);\n"
               "    while (ok_ && more_) {\n"
               "        if (count_ == room_) {\n"
               "            room_ = room_ == 0 ? 16 : room_ * 2;\n"
               "            list_ = mem_grow(ctx, list_, struct %s, room_);\n"
               "        }\n"
               "        read_%s(rows_, ctx, &list_[count_++]);\n"
               "        ok_ = db_query_step(rows_, &more_, err);\n"
               "    }\n"
               "    db_query_end(rows_);\n"
               "    if (ok_) {\n"
               "        *ret = list_;\n"
               "        *ret_count = count_;\n"
               "    }\n"
               "    return ok_;\n",
               query->name.ptr, query->row.ptr, query->row.ptr, query->row.ptr);
}

// --- files ------------------------------------------------------------------------------------

static void literal_line(struct buf *out, struct str line)
{
    buf_put_c(out, "        \"");
    for (size_t i = 0; i < line.len; i++) {
        if (line.ptr[i] == '"' || line.ptr[i] == '\\') {
            buf_put_char(out, '\\');
        }
        buf_put_char(out, line.ptr[i]);
    }
    buf_put_c(out, "\\n\"\n");
}

// A C string of several lines, without blank ones; the last ";" of a query is left out.
static void literal_emit(struct buf *out, struct str sql)
{
    sql = str_trim(sql);
    if (str_ends(sql, STR(";"))) {
        sql.len--;
    }
    struct str line;
    bool some = false;
    while (str_next(&sql, '\n', &line)) {
        while (line.len > 0 && (line.ptr[line.len - 1] == ' ' || line.ptr[line.len - 1] == '\t')) {
            line.len--;
        }
        if (line.len > 0) {
            literal_line(out, line);
            some = true;
        }
    }
    if (!some) {
        buf_put_c(out, "        \"\"\n");
    }
}

static void description_emit(struct buf *out, const struct query *query)
{
    const char *name = query->name.ptr;
    if (query->in.count > 0) {
        buf_printf(out, "static const enum db_type PARAMS_%s[] = {", name);
        for (int i = 0; i < query->in.count; i++) {
            buf_printf(out, "%s%s", i == 0 ? "" : ", ", db_type_of(&query->in.list[i]));
        }
        buf_put_c(out, "};\n");
    }
    buf_printf(out,
               "static const struct db_query QUERY_%s = {\n    .name = \"%s\",\n    .sqlite =\n",
               name, name);
    literal_emit(out, query->prepared[ENGINE_SQLITE]);
    buf_put_c(out, "        ,\n    .postgres =\n");
    literal_emit(out, query->prepared[ENGINE_POSTGRES]);
    buf_put_c(out, "        ,\n");
    if (query->in.count > 0) {
        buf_printf(out, "    .params = PARAMS_%s,\n    .param_count = %d,\n", name,
                   query->in.count);
    }
    buf_put_c(out, "};\n\n");
}

static void function_emit(struct sqlc *sqlc, struct buf *out, const struct query *query)
{
    signature_emit(sqlc, out, query);
    buf_put_c(out, "\n{\n");
    params_emit(out, query);
    switch (query->cardinality) {
    case CARD_ONE:
    case CARD_OPT:
        body_single_emit(out, query);
        break;
    case CARD_MANY:
        body_many_emit(out, query);
        break;
    case CARD_EXEC:
    case CARD_CHANGES:
        buf_printf(out, "    return db_exec(db, &QUERY_%s, params_, %s, err);\n", query->name.ptr,
                   query->cardinality == CARD_CHANGES ? "ret_changes" : "NULL");
        break;
    }
    buf_put_c(out, "}\n\n");
}

static void doc_emit(struct buf *out, struct str doc)
{
    struct str line;
    doc = str_trim(doc);
    while (doc.len > 0 && str_next(&doc, '\n', &line)) {
        buf_printf(out, "// " STR_FMT "\n", STR_ARG(line));
    }
}

static void query_emit(struct sqlc *sqlc, const struct query *query, struct buf *header,
                       struct buf *source)
{
    bool rows = query->out.count > 0;
    if (rows && !row_known(sqlc, query)) {
        struct_emit(sqlc, header, query->row.ptr, &query->out);
        reader_emit(source, query);
    }
    if (wants_struct(query)) {
        struct_emit(sqlc, header, mem_printf(sqlc->ctx, "%s_in", query->name.ptr), &query->in);
    }
    doc_emit(header, query->doc);
    buf_put_c(header, "MUST_CHECK ");
    signature_emit(sqlc, header, query);
    buf_put_c(header, ";\n\n");
    description_emit(source, query);
    function_emit(sqlc, source, query);
}

void queries_emit(struct sqlc *sqlc, struct str guard, struct buf *header, struct buf *source)
{
    buf_printf(header, "%s#ifndef " STR_FMT "\n#define " STR_FMT "\n\n", HEAD, STR_ARG(guard),
               STR_ARG(guard));
    buf_put_c(header, "#include \"base/ids.h\"\n#include \"db/db.h\"\n\n");
    buf_printf(source, "%s#include \"queries.h\"\n\n", HEAD);
    for (int i = 0; i < sqlc->query_count; i++) {
        query_emit(sqlc, &sqlc->queries[i], header, source);
    }
    buf_put_c(header, "#endif\n");
}

// Statements that make a PostgreSQL server judge the queries as check.c lets SQLite do it.
void prepare_emit(struct sqlc *sqlc, const struct schema_file *files, int count, struct buf *out)
{
    static const char *const TYPES[] = {"bigint", "double precision", "text",
                                        "bytea",  "bigint",           "bigint"};
    buf_put_c(out, "BEGIN;\n");
    for (int i = 0; i < count; i++) {
        buf_put(out, migration_for(sqlc, files[i].text, ENGINE_POSTGRES));
    }
    for (const struct query *q = sqlc->queries; q < sqlc->queries + sqlc->query_count; q++) {
        buf_printf(out, "-- %s:%d\nPREPARE %s", sqlc->file, q->line, q->name.ptr);
        for (int i = 0; i < q->in.count; i++) {
            buf_printf(out, "%s%s%s", i == 0 ? " (" : ", ", TYPES[q->in.list[i].kind],
                       q->in.list[i].array ? "[]" : "");
        }
        struct str sql = str_trim(q->prepared[ENGINE_POSTGRES]);
        sql.len -= str_ends(sql, STR(";")) ? 1 : 0;
        buf_printf(out, "%s AS\n", q->in.count > 0 ? ")" : "");
        buf_put(out, sql);
        buf_put_c(out, ";\n");
    }
    buf_put_c(out, "ROLLBACK;\n");
}

void migrations_emit(struct sqlc *sqlc, const struct schema_file *files, int count,
                     struct buf *header, struct buf *source)
{
    buf_printf(header,
               "%s#ifndef STEWARD_MIGRATIONS_H\n#define STEWARD_MIGRATIONS_H\n\n"
               "#include \"db/db.h\"\n\n"
               "extern const struct db_migration MIGRATIONS[];\n"
               "extern const size_t MIGRATION_COUNT;\n\n#endif\n",
               HEAD);
    buf_printf(source,
               "%s#include \"migrations.h\"\n\n"
               "const struct db_migration MIGRATIONS[] = {\n",
               HEAD);
    for (int i = 0; i < count; i++) {
        buf_printf(source, "    {\n        \"" STR_FMT "\",\n", STR_ARG(files[i].name));
        literal_emit(source, migration_for(sqlc, files[i].text, ENGINE_SQLITE));
        buf_put_c(source, "        ,\n");
        literal_emit(source, migration_for(sqlc, files[i].text, ENGINE_POSTGRES));
        buf_put_c(source, "    },\n");
    }
    if (count == 0) {
        buf_put_c(source, "    {NULL, NULL, NULL},\n");
    }
    buf_printf(source, "};\nconst size_t MIGRATION_COUNT = %d;\n", count);
}
