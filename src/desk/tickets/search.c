// SPDX-License-Identifier: GPL-3.0-or-later
//
// Full-text search: people's words become an expression of the engine's, hits come newest first,
// and each ticket once with a line of its text.
#include "desk/tickets/tickets_internal.h"

#include "desk/tickets/queries.h"

#define SEARCH_ROUND 200   // comments read at a time; the first time few more than hits are wanted
#define SEARCH_SPARE 4     // a quarter more, for tickets with several hits
#define SEARCH_ROUNDS 10   // then older hits are left to a narrower question
#define SNIPPET_BEFORE 60  // bytes of text before the first hit
#define SNIPPET_LENGTH 220
#define TERMS_MAX 20

struct term {
    struct str text;  // without quotes, '-' and '*'
    bool negative;
    bool prefix;
};

static bool is_space(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

// Whether the full-text engines would find a word in it at all.
static bool has_word(struct str s)
{
    for (size_t i = 0; i < s.len; i++) {
        unsigned char c = (unsigned char)s.ptr[i];
        if (c >= 0x80 || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
            (c >= 'A' && c <= 'Z')) {
            return true;
        }
    }
    return false;
}

static bool next_term(struct str *rest, struct term *ret)
{
    *rest = str_trim(*rest);
    *ret = (struct term){0};
    if (rest->len > 1 && rest->ptr[0] == '-') {
        ret->negative = true;
        *rest = str_from(*rest, 1);
    }
    if (rest->len == 0) {
        return false;
    }
    if (rest->ptr[0] == '"') {
        str_cut(str_from(*rest, 1), '"', &ret->text, rest);
        return true;
    }
    size_t len = 0;
    while (len < rest->len && !is_space(rest->ptr[len]) && rest->ptr[len] != '"') {
        len++;
    }
    ret->text = str_sub(*rest, 0, len);
    *rest = str_from(*rest, len);
    if (ret->text.len > 1 && ret->text.ptr[ret->text.len - 1] == '*') {
        ret->prefix = true;
        ret->text = str_sub(ret->text, 0, ret->text.len - 1);
    }
    return true;
}

static size_t parse_terms(struct str words, struct term terms[TERMS_MAX])
{
    size_t count = 0;
    struct term term;
    while (count < TERMS_MAX && next_term(&words, &term)) {
        if (has_word(term.text)) {
            terms[count++] = term;
        }
    }
    return count;
}

// SQLite, "FTS5 Full-text Query Syntax": strings in double quotes, '*' for prefixes, NOT is binary.
static void put_fts5_term(struct buf *out, const struct term *term)
{
    buf_put_char(out, '"');
    for (size_t i = 0; i < term->text.len; i++) {
        char c = term->text.ptr[i];
        buf_put_char(out, c == '"' ? ' ' : c);
    }
    buf_put_c(out, term->prefix ? "\"*" : "\"");
}

// PostgreSQL's tsquery: words in single quotes, phrases by <->.
static void put_tsquery_term(struct buf *out, const struct term *term)
{
    struct str rest = term->text;
    bool first = true;
    buf_put_c(out, term->negative ? "!(" : "(");
    while (rest.len > 0) {
        size_t len = 0;
        while (len < rest.len && !is_space(rest.ptr[len])) {
            len++;
        }
        if (has_word(str_sub(rest, 0, len))) {
            buf_put_c(out, first ? "'" : " <-> '");
            for (size_t i = 0; i < len; i++) {
                char c = rest.ptr[i];
                buf_put_char(out, (char)(c == '\'' || c == '\\' ? ' ' : c));
            }
            buf_put_c(out, term->prefix ? "':*" : "'");
            first = false;
        }
        rest = str_trim(str_from(rest, len));
    }
    buf_put_c(out, ")");
}

struct str search_expression(mem_ctx *ctx, enum db_engine engine, struct str words)
{
    struct term terms[TERMS_MAX];
    size_t count = parse_terms(words, terms);
    struct buf out;
    size_t positive = 0;
    buf_init(&out, ctx, 16384);
    for (int negative = 0; negative < 2; negative++) {
        for (size_t i = 0; i < count; i++) {
            if (terms[i].negative != (negative == 1) || (negative == 1 && positive == 0)) {
                continue;
            }
            if (engine == DB_SQLITE) {
                buf_put_c(&out, negative == 1 ? " NOT " : positive > 0 ? " AND " : "");
                put_fts5_term(&out, &terms[i]);
            } else {
                buf_put_c(&out, out.len > 0 ? " & " : "");
                put_tsquery_term(&out, &terms[i]);
            }
            positive += negative == 0 ? 1 : 0;
        }
    }
    return positive == 0 || out.failed ? STR_NONE : buf_str(&out);
}

static bool word_char(char c)
{
    return (unsigned char)c >= 0x80 || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
           (c >= 'A' && c <= 'Z');
}

// Length of the term that stands at `at` as the beginning of a word, or 0.
static size_t term_at(struct str text, size_t at, const struct term *terms, size_t count)
{
    if (at > 0 && word_char(text.ptr[at - 1])) {
        return 0;
    }
    for (size_t i = 0; i < count; i++) {
        if (!terms[i].negative && str_istarts(str_from(text, at), terms[i].text)) {
            return terms[i].text.len;
        }
    }
    return 0;
}

// The single words to mark: a phrase's words may stand in the text with other signs between them.
static size_t words_to_mark(const struct term *terms, size_t count, struct term marks[TERMS_MAX])
{
    size_t marked = 0;
    for (size_t i = 0; i < count; i++) {
        struct str rest = terms[i].text;
        while (!terms[i].negative && rest.len > 0 && marked < TERMS_MAX) {
            size_t len = 0;
            while (len < rest.len && word_char(rest.ptr[len])) {
                len++;
            }
            if (len > 0) {
                marks[marked++] = (struct term){.text = str_sub(rest, 0, len)};
            }
            rest = str_from(rest, len + 1);
        }
    }
    return marked;
}

static void put_marked(struct buf *out, struct str line, const struct term *terms, size_t count)
{
    size_t start = 0;
    for (size_t i = 0; i < line.len; i++) {
        size_t len = term_at(line, i, terms, count);
        if (len > 0) {
            buf_put_html_text(out, str_sub(line, start, i - start));
            buf_put_c(out, "<mark>");
            buf_put_html_text(out, str_sub(line, i, len));
            buf_put_c(out, "</mark>");
            start = i + len;
            i = start - 1;
        }
    }
    buf_put_html_text(out, str_from(line, start));
}

struct html search_snippet(mem_ctx *ctx, struct str text, struct str words)
{
    struct term parsed[TERMS_MAX];
    struct term terms[TERMS_MAX];
    size_t count = words_to_mark(parsed, parse_terms(words, parsed), terms);
    struct buf out;
    size_t hit = 0;
    while (hit < text.len && term_at(text, hit, terms, count) == 0) {
        hit++;
    }
    size_t from = hit == text.len || hit < SNIPPET_BEFORE ? 0 : hit - SNIPPET_BEFORE;
    while (from > 0 && !is_space(text.ptr[from - 1]) && hit - from < 2 * SNIPPET_BEFORE) {
        from--;
    }
    while (from < text.len && ((unsigned char)text.ptr[from] & 0xc0) == 0x80) {
        from++;
    }
    struct str line = str_one_line(ctx, str_from(text, from), SNIPPET_LENGTH);
    buf_init(&out, ctx, SNIPPET_LENGTH * 40 + 64);
    buf_put_c(&out, from > 0 ? "\xe2\x80\xa6 " : "");
    put_marked(&out, line, terms, count);
    return (struct html){buf_str(&out)};
}

struct search {
    struct db *db;
    mem_ctx *ctx;
    const struct actor *actor;
    struct str words;
    struct str expression;
    struct ticket_hit *hits;
    size_t count;
    size_t most;
};

static bool hit_already(const struct search *s, struct ticket_id id)
{
    for (size_t i = 0; i < s->count; i++) {
        if (s->hits[i].ticket.id.v == id.v) {
            return true;
        }
    }
    return false;
}

// Loads those tickets of a round that the actor may see, in one statement.
static bool load_round(struct search *s, const struct search_comments_row *rows, size_t count,
                       struct ticket **ret, size_t *ret_count, struct error *err)
{
    int64_t *ids = mem_array(s->ctx, int64_t, count);
    for (size_t i = 0; i < count; i++) {
        ids[i] = rows[i].ticket_id.v;
    }
    struct ticket_condition by_id = {.column = TC_ID, .op = OP_IS, .numbers = ids, .count = count};
    struct ticket_query query = {
        .all = &by_id, .all_count = 1, .sort = TC_ID, .limit = (int64_t)count};
    return tickets_find(s->db, s->ctx, s->actor, &query, ret, ret_count, err);
}

static void add_hits(struct search *s, const struct search_comments_row *rows, size_t count,
                     const struct ticket *tickets, size_t ticket_count)
{
    for (size_t i = 0; i < count && s->count < s->most; i++) {
        if (hit_already(s, rows[i].ticket_id)) {
            continue;
        }
        for (size_t k = 0; k < ticket_count; k++) {
            if (tickets[k].id.v == rows[i].ticket_id.v) {
                s->hits[s->count++] =
                    (struct ticket_hit){tickets[k], search_snippet(s->ctx, rows[i].body, s->words)};
                break;
            }
        }
    }
}

bool tickets_search(struct db *db, mem_ctx *ctx, const struct actor *actor, struct str words,
                    int64_t most, struct ticket_hit **ret, size_t *ret_count, struct error *err)
{
    struct search s = {db,
                       ctx,
                       actor,
                       words,
                       search_expression(ctx, db_engine_of(db), words),
                       mem_array(ctx, struct ticket_hit, most + 1),
                       0,
                       (size_t)most};
    int64_t before = INT64_MAX;
    int64_t least_public = actor_is_staff(actor) ? 0 : 1;
    for (int round = 0; round < SEARCH_ROUNDS && !str_none(s.expression); round++) {
        struct search_comments_row *rows = NULL;
        size_t count = 0;
        struct ticket *tickets = NULL;
        size_t ticket_count = 0;
        int64_t few = most + most / SEARCH_SPARE;
        int64_t wanted = round == 0 && few < SEARCH_ROUND ? few : SEARCH_ROUND;
        if (!search_comments(db, ctx, s.expression, before, least_public, wanted, &rows, &count,
                             err)) {
            return false;
        }
        if (count == 0) {
            break;
        }
        if (!load_round(&s, rows, count, &tickets, &ticket_count, err)) {
            return false;
        }
        add_hits(&s, rows, count, tickets, ticket_count);
        before = rows[count - 1].id.v;
        if (s.count == s.most || (int64_t)count < wanted) {
            break;
        }
    }
    *ret = s.hits;
    *ret_count = s.count;
    return true;
}
