// SPDX-License-Identifier: GPL-3.0-or-later
//
// Reads queries.sql line by line, and rewrites SQL text token by token: parameters, arrays and
// types differ between the engines, everything else is passed on as written. Line breaks are kept
// throughout, so that an offset in rewritten text still names its line.
#include <ctype.h>
#include <string.h>

#include "base/ids.h"
#include "sqlc.h"

static const char *const ID_TYPES[] = {
#define ID(name) #name "_id",
    ID_KINDS
#undef ID
};

// Names that generated functions use themselves, and words of C.
static const char *const TAKEN[] = {
    "db",       "ctx",    "in",       "ret",    "ret_found", "ret_count", "ret_changes", "err",
    "auto",     "break",  "case",     "char",   "const",     "continue",  "default",     "do",
    "double",   "else",   "enum",     "extern", "float",     "for",       "goto",        "if",
    "inline",   "int",    "long",     "return", "register",  "short",     "signed",      "sizeof",
    "static",   "struct", "switch",   "bool",   "typedef",   "union",     "unsigned",    "void",
    "volatile", "while",  "restrict", "true",   "false"};

struct reader {
    struct sqlc *sqlc;
    struct query *query;  // NULL before the first
    struct buf body[2];
    struct buf doc;
    bool sql_seen;
    int mode;  // engine of the twin being read, or -1 for both
    int line;
};

static bool is_ident(char c)
{
    return isalnum((unsigned char)c) || c == '_';
}

static bool name_ok(struct str name)
{
    for (size_t i = 0; i < name.len; i++) {
        if (!is_ident(name.ptr[i]) || isupper((unsigned char)name.ptr[i])) {
            return false;
        }
    }
    if (name.len == 0 || isdigit((unsigned char)name.ptr[0])) {
        return false;
    }
    for (size_t i = 0; i < sizeof TAKEN / sizeof TAKEN[0]; i++) {
        if (str_eq_c(name, TAKEN[i])) {
            return false;
        }
    }
    return true;
}

static bool kind_parse(struct str type, enum kind *ret)
{
    static const char *const NAMES[] = {"i64", "f64", "text", "blob", "bool"};
    for (size_t i = 0; i < sizeof NAMES / sizeof NAMES[0]; i++) {
        if (str_eq_c(type, NAMES[i])) {
            *ret = (enum kind)i;
            return true;
        }
    }
    for (size_t i = 0; i < sizeof ID_TYPES / sizeof ID_TYPES[0]; i++) {
        if (str_eq_c(type, ID_TYPES[i])) {
            *ret = KIND_ID;
            return true;
        }
    }
    return false;
}

static bool modifiers_ok(const struct column *column, bool output)
{
    if (column->array) {
        return !output && !column->nullable && column->kind != KIND_F64 &&
               column->kind != KIND_BLOB && column->kind != KIND_BOOL;
    }
    return !column->nullable || column->kind != KIND_F64;
}

// One "name type" with "?" or "[]" after the type.
static void column_parse(struct reader *r, struct columns *columns, struct str text, bool output)
{
    struct column column = {0};
    struct str type;
    str_cut(text, ' ', &column.name, &type);
    type = str_trim(type);
    if (str_ends(type, STR("[]"))) {
        column.array = true;
        type.len -= 2;
    }
    if (str_ends(type, STR("?"))) {
        column.nullable = true;
        type.len -= 1;
    }
    column.type = type;
    if (!name_ok(column.name)) {
        complain(r->sqlc, r->line,
                 "'" STR_FMT "' is no name: use small letters, digits and _, and "
                 "no word of C",
                 STR_ARG(column.name));
        return;
    }
    if (str_none(type) || !kind_parse(type, &column.kind)) {
        complain(r->sqlc, r->line,
                 "'" STR_FMT "' has no known type: i64, f64, text, blob, bool or "
                 "an id of base/ids.h, then ? where it may be NULL",
                 STR_ARG(column.name));
        return;
    }
    if (!modifiers_ok(&column, output)) {
        complain(r->sqlc, r->line,
                 "'" STR_FMT "': arrays are inputs of i64, text or ids, and f64 "
                 "is never NULL",
                 STR_ARG(column.name));
        return;
    }
    for (int i = 0; i < columns->count; i++) {
        if (str_eq(columns->list[i].name, column.name)) {
            complain(r->sqlc, r->line, "'" STR_FMT "' is listed twice", STR_ARG(column.name));
            return;
        }
    }
    columns->list =
        mem_grow(r->sqlc->ctx, columns->list, struct column, (size_t)columns->count + 1);
    columns->list[columns->count++] = column;
}

static void columns_parse(struct reader *r, struct columns *columns, struct str text, bool output)
{
    struct str part;
    while (str_next(&text, ',', &part)) {
        part = str_trim(part);
        if (part.len > 0) {  // a comma may end a line that goes on in the next "-- in:"
            column_parse(r, columns, part, output);
        }
    }
}

static void query_finish(struct reader *r)
{
    struct query *query = r->query;
    if (query == NULL) {
        return;
    }
    for (int e = 0; e < 2; e++) {
        query->body[e] = str_dup(r->sqlc->ctx, buf_str(&r->body[e]));
        if (str_empty(str_trim(query->body[e]))) {
            complain(r->sqlc, query->line, "%s has no SQL for %s", query->name.ptr,
                     e == ENGINE_SQLITE ? "SQLite" : "PostgreSQL");
        }
    }
    bool rows = query->cardinality != CARD_EXEC && query->cardinality != CARD_CHANGES;
    if (rows != (query->out.count > 0)) {
        complain(r->sqlc, query->line,
                 rows ? "%s needs '-- out:'"
                      : "%s gives no rows: leave out "
                        "'-- out:' or make it :one, :opt or :many",
                 query->name.ptr);
    }
}

static bool cardinality_parse(struct str word, enum cardinality *ret)
{
    static const char *const WORDS[] = {":one", ":opt", ":many", ":exec", ":changes"};
    for (size_t i = 0; i < sizeof WORDS / sizeof WORDS[0]; i++) {
        if (str_eq_c(word, WORDS[i])) {
            *ret = (enum cardinality)i;
            return true;
        }
    }
    return false;
}

static void query_begin(struct reader *r, struct str text)
{
    struct sqlc *sqlc = r->sqlc;
    query_finish(r);
    sqlc->queries = mem_grow(sqlc->ctx, sqlc->queries, struct query, (size_t)sqlc->query_count + 1);
    r->query = &sqlc->queries[sqlc->query_count++];
    struct str name;
    struct str word;
    str_cut(text, ' ', &name, &word);
    *r->query = (struct query){.name = str_dup(sqlc->ctx, name),
                               .row = str_printf(sqlc->ctx, STR_FMT "_row", STR_ARG(name)),
                               .doc = str_dup(sqlc->ctx, buf_str(&r->doc)),
                               .line = r->line};
    buf_reset(&r->doc);
    for (int e = 0; e < 2; e++) {
        buf_reset(&r->body[e]);
    }
    r->mode = -1;
    r->sql_seen = false;
    if (!name_ok(name) || !cardinality_parse(str_trim(word), &r->query->cardinality)) {
        complain(sqlc, r->line,
                 "write '-- name: small_letters :one', or :opt, :many, :exec, "
                 ":changes");
    }
    for (int i = 0; i < sqlc->query_count - 1; i++) {
        if (str_eq(sqlc->queries[i].name, name)) {
            complain(sqlc, r->line, STR_FMT " is already the name of the query in line %d",
                     STR_ARG(name), sqlc->queries[i].line);
        }
    }
}

// A "-- word: rest" line that belongs to a query. False when the word is none of ours.
static bool directive(struct reader *r, struct str word, struct str rest)
{
    struct query *query = r->query;
    if (str_eq_c(word, "in")) {
        columns_parse(r, &query->in, rest, false);
    } else if (str_eq_c(word, "out")) {
        columns_parse(r, &query->out, rest, true);
    } else if (str_eq_c(word, "row")) {
        query->row = str_dup(r->sqlc->ctx, rest);
        if (!name_ok(rest)) {
            complain(r->sqlc, r->line, "write '-- row: attachment_row': the struct's name");
        }
    } else if (str_eq_c(word, "sqlite")) {
        r->mode = ENGINE_SQLITE;
        query->twins = true;
    } else if (str_eq_c(word, "postgres")) {
        r->mode = ENGINE_POSTGRES;
        query->twins = true;
    } else {
        return false;
    }
    return true;
}

static void comment_line(struct reader *r, struct str line)
{
    struct str text = str_trim(str_from(line, 2));
    struct str word;
    struct str rest;
    str_cut(text, ':', &word, &rest);
    if (str_eq_c(word, "name") && !str_none(rest)) {
        query_begin(r, str_trim(rest));
        return;
    }
    if (r->query != NULL && !str_none(rest) && directive(r, word, str_trim(rest))) {
        buf_reset(&r->doc);
        return;
    }
    if (r->query != NULL && !r->sql_seen && str_find_char(word, ' ') < 0 && !str_none(rest)) {
        complain(r->sqlc, r->line,
                 "'" STR_FMT ":' is no word of sqlc: name, in, out, row, sqlite, "
                 "postgres",
                 STR_ARG(word));
    }
    buf_put(&r->doc, text);
    buf_put_char(&r->doc, '\n');
}

void queries_parse(struct sqlc *sqlc, struct str text)
{
    struct reader r = {.sqlc = sqlc, .mode = -1};
    buf_init(&r.body[0], sqlc->ctx, SQLC_MAX_TEXT);
    buf_init(&r.body[1], sqlc->ctx, SQLC_MAX_TEXT);
    buf_init(&r.doc, sqlc->ctx, SQLC_MAX_TEXT);
    struct str line;
    while (str_next(&text, '\n', &line)) {
        r.line++;
        struct str trimmed = str_trim(line);
        bool sql = false;
        if (str_starts(trimmed, STR("--"))) {
            comment_line(&r, trimmed);
        } else {
            buf_reset(&r.doc);
            sql = trimmed.len > 0;
        }
        if (sql && r.query == NULL) {
            complain(sqlc, r.line, "SQL before the first '-- name:'");
            return;
        }
        r.sql_seen = r.sql_seen || sql;
        for (int e = 0; e < 2; e++) {
            if (sql && (r.mode < 0 || r.mode == e)) {
                buf_put(&r.body[e], line);
            }
            buf_put_char(&r.body[e], '\n');
        }
    }
    query_finish(&r);
}

// --- rewriting --------------------------------------------------------------------------------

struct rewriter {
    struct sqlc *sqlc;
    struct query *query;  // NULL in a migration
    enum engine engine;
    struct str in;
    size_t at;
    int line;
    struct buf out;
};

static struct str rewrite(struct rewriter *w);

struct str migration_for(struct sqlc *sqlc, struct str text, enum engine engine)
{
    struct buf body;
    buf_init(&body, sqlc->ctx, SQLC_MAX_TEXT);
    int mode = -1;
    struct str line;
    while (str_next(&text, '\n', &line)) {
        struct str trimmed = str_trim(line);
        if (str_eq_c(trimmed, "-- sqlite:")) {
            mode = ENGINE_SQLITE;
        } else if (str_eq_c(trimmed, "-- postgres:")) {
            mode = ENGINE_POSTGRES;
        } else if (str_eq_c(trimmed, "-- both:")) {
            mode = -1;
        } else if (mode < 0 || mode == (int)engine) {
            buf_put(&body, line);
        }
        buf_put_char(&body, '\n');
    }
    struct rewriter w = {.sqlc = sqlc, .engine = engine, .in = buf_str(&body), .line = 1};
    return rewrite(&w);
}

static char peek(const struct rewriter *w, size_t ahead)
{
    return w->at + ahead < w->in.len ? w->in.ptr[w->at + ahead] : '\0';
}

// Copies a quoted token; a doubled quote inside is two tokens, which comes to the same.
static void rewrite_quoted(struct rewriter *w)
{
    char quote = peek(w, 0);
    do {
        w->line += peek(w, 0) == '\n';
        buf_put_char(&w->out, peek(w, 0));
        w->at++;
    } while (w->at < w->in.len && peek(w, 0) != quote);
    buf_put_char(&w->out, quote);
    w->at++;
}

static void rewrite_comment(struct rewriter *w)
{
    bool block = peek(w, 0) == '/';
    while (w->at < w->in.len &&
           (block ? !(peek(w, 0) == '*' && peek(w, 1) == '/') : peek(w, 0) != '\n')) {
        if (peek(w, 0) == '\n') {
            w->line++;
            buf_put_char(&w->out, '\n');
        }
        w->at++;
    }
    w->at += block ? 2 : 0;
}

static void out_trim(struct rewriter *w)
{
    while (w->out.len > 0 && isspace((unsigned char)w->out.data[w->out.len - 1])) {
        w->out.len--;
    }
}

// Takes `word` off the end of what was written, if it is there.
static bool out_take(struct rewriter *w, struct str word)
{
    size_t kept = w->out.len;
    out_trim(w);
    size_t from = w->out.len - word.len;
    if (w->out.len < word.len || !str_ieq((struct str){w->out.data + from, word.len}, word)) {
        w->out.len = kept;
        return false;
    }
    w->out.len = from;
    return true;
}

// "IN (:ids)" and "NOT IN (:ids)".
static void rewrite_array(struct rewriter *w, const struct column *column, int index)
{
    if (!out_take(w, STR("(")) || !out_take(w, STR("IN"))) {
        complain(w->sqlc, w->line, ":" STR_FMT " is an array: write IN (:" STR_FMT ")",
                 STR_ARG(column->name), STR_ARG(column->name));
        return;
    }
    if (w->engine == ENGINE_SQLITE) {
        buf_printf(&w->out, "IN (SELECT value FROM json_each(?%d)", index);
    } else if (out_take(w, STR("NOT"))) {
        buf_printf(&w->out, " <> ALL ($%d", index);
    } else {
        buf_printf(&w->out, "= ANY ($%d", index);
    }
}

static struct str rewrite_word(struct rewriter *w)
{
    size_t from = w->at;
    while (w->at < w->in.len && is_ident(peek(w, 0))) {
        w->at++;
    }
    return str_sub(w->in, from, w->at - from);
}

static void rewrite_parameter(struct rewriter *w)
{
    w->at++;
    struct str name = rewrite_word(w);
    struct columns *in = &w->query->in;
    for (int i = 0; i < in->count; i++) {
        if (str_eq(in->list[i].name, name)) {
            in->list[i].used = true;
            if (in->list[i].array) {
                rewrite_array(w, &in->list[i], i + 1);
            } else {
                buf_printf(&w->out, "%c%d", w->engine == ENGINE_SQLITE ? '?' : '$', i + 1);
            }
            return;
        }
    }
    complain(w->sqlc, w->line, ":" STR_FMT " is not listed in '-- in:' of " STR_FMT, STR_ARG(name),
             STR_ARG(w->query->name));
}

// Migrations use SQLite's type names.
static void rewrite_type(struct rewriter *w)
{
    static const char *const NAMES[][2] = {
        {"INTEGER", "BIGINT"}, {"BLOB", "BYTEA"}, {"REAL", "DOUBLE PRECISION"}};
    struct str word = rewrite_word(w);
    for (size_t i = 0; i < sizeof NAMES / sizeof NAMES[0]; i++) {
        if (w->query == NULL && w->engine == ENGINE_POSTGRES && str_eq_c(word, NAMES[i][0])) {
            word = str_c(NAMES[i][1]);
            break;
        }
    }
    buf_put(&w->out, word);
}

static void rewrite_token(struct rewriter *w)
{
    char c = peek(w, 0);
    char next = peek(w, 1);
    if (c == '\'' || c == '"') {
        rewrite_quoted(w);
    } else if ((c == '-' && next == '-') || (c == '/' && next == '*')) {
        rewrite_comment(w);
    } else if (c == ':' && next == ':') {
        buf_put_c(&w->out, "::");
        w->at += 2;
    } else if (w->query != NULL && c == ':' && is_ident(next)) {
        rewrite_parameter(w);
    } else if (is_ident(c)) {
        rewrite_type(w);
    } else {
        w->line += c == '\n';
        buf_put_char(&w->out, c);
        w->at++;
    }
}

static struct str rewrite(struct rewriter *w)
{
    buf_init(&w->out, w->sqlc->ctx, SQLC_MAX_TEXT);
    while (w->at < w->in.len) {
        rewrite_token(w);
    }
    return buf_str(&w->out);
}

void query_rewrite(struct sqlc *sqlc, struct query *query)
{
    for (int e = 0; e < 2; e++) {
        struct rewriter w = {.sqlc = sqlc,
                             .query = query,
                             .engine = (enum engine)e,
                             .in = query->body[e],
                             .line = query->line};
        int complaints = sqlc->complaints;
        query->prepared[e] = rewrite(&w);
        if (sqlc->complaints > complaints) {
            query->prepared[ENGINE_SQLITE] = STR_NONE;  // nothing to prepare
            return;
        }
    }
    for (int i = 0; i < query->in.count; i++) {
        if (!query->in.list[i].used) {
            complain(sqlc, query->line,
                     "'" STR_FMT "' is listed in '-- in:' but " STR_FMT " does not use it",
                     STR_ARG(query->in.list[i].name), STR_ARG(query->name));
        }
    }
}
