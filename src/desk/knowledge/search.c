// SPDX-License-Identifier: GPL-3.0-or-later
//
// Search in articles. The index holds folded stems (stems.c), so both engines find the same; a word
// that no article has is replaced by its nearest neighbours.
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "desk/desk.h"
#include "desk/knowledge/knowledge_internal.h"
#include "mail/html_text.h"

enum {
    ANEW_PAGE = 100,
    QUERY_WORDS = 12,
    EXPRESSION_MAX = 8192,
    MISSES_KEPT = 1000,
    SCAN = 60,  // hits looked at for each that is wanted
    NEIGHBOURS = 3,
    SURE_LETTERS = 4  // shorter words are taken as they stand
};

// --- the index ----------------------------------------------------------------------------------

static int compare_words(const void *a, const void *b)
{
    return str_cmp(*(const struct str *)a, *(const struct str *)b);
}

// Each word once: a vocabulary wants no more.
static bool add_words(struct db *tx, mem_ctx *ctx, struct str stems, struct error *err)
{
    struct str *words = mem_array(ctx, struct str, stems.len / 2 + 2);
    size_t count = 0;
    struct str rest = stems;
    while (rest.len > 0) {
        str_cut(rest, ' ', &words[count], &rest);
        count += words[count].len > 0 ? 1 : 0;
    }
    qsort(words, count, sizeof *words, compare_words);
    for (size_t i = 0; i < count; i++) {
        bool again = i > 0 && str_eq(words[i], words[i - 1]);
        if (!again && !kb_word_add(tx, words[i], (int64_t)words[i].len, err)) {
            return false;
        }
    }
    return true;
}

struct anew {
    int64_t after;
    int64_t reached;
    size_t count;
};

static bool clear_index(struct db *tx, void *arg UNUSED, struct error *err)
{
    return kb_fts_clear(tx, err);
}

// The vocabulary is a table like others; only the index is made.
static bool index_page(struct db *tx, void *arg, struct error *err)
{
    struct anew *a = arg;
    mem_ctx *ctx = db_tx_ctx(tx);
    struct kb_fts_texts_row *rows = NULL;
    a->reached = a->after;
    bool ok = kb_fts_texts(tx, ctx, a->after, ANEW_PAGE, &rows, &a->count, err);
    for (size_t i = 0; ok && i < a->count; i++) {
        ok = kb_fts_insert(tx, rows[i].id, kb_stems(ctx, rows[i].locale, rows[i].title),
                           kb_stems(ctx, rows[i].locale, rows[i].labels),
                           kb_stems(ctx, rows[i].locale, html_to_text(ctx, rows[i].body)), err);
        a->reached = rows[i].id;
    }
    return ok;
}

bool knowledge_index_anew(struct db_store *store, struct error *err)
{
    struct anew a = {.after = INT64_MIN, .count = ANEW_PAGE};
    bool ok = db_tx_run(store, "keep.index", clear_index, NULL, err);
    while (ok && a.count == ANEW_PAGE) {
        ok = db_tx_run(store, "keep.index", index_page, &a, err);
        a.after = a.reached;
    }
    return ok;
}

static bool index_text(struct db *tx, mem_ctx *ctx, const struct article *article,
                       const struct kb_text_row *row, struct error *err)
{
    struct str title = kb_stems(ctx, row->locale, row->title);
    struct str labels = kb_stems(ctx, row->locale, article->labels);
    struct str body = kb_stems(ctx, row->locale, html_to_text(ctx, row->body));
    struct str all = str_printf(ctx, STR_FMT " " STR_FMT " " STR_FMT, STR_ARG(title),
                                STR_ARG(labels), STR_ARG(body));
    return kb_fts_insert(tx, row->id, title, labels, body, err) &&
           add_words(tx, ctx, str_trim(all), err);
}

bool kb_index_article(struct db *tx, mem_ctx *ctx, const struct article *article, struct error *err)
{
    struct kb_text_row *rows = NULL;
    size_t count = 0;
    if (!kb_unindex_article(tx, ctx, article->id, err) ||
        !kb_texts_of(tx, ctx, STR("article"), &article->id.v, 1, &rows, &count, err)) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        if (!index_text(tx, ctx, article, &rows[i], err)) {
            return false;
        }
    }
    return true;
}

bool kb_unindex_article(struct db *tx, mem_ctx *ctx, struct article_id id, struct error *err)
{
    struct kb_text_row *rows = NULL;
    size_t count = 0;
    if (!kb_texts_of(tx, ctx, STR("article"), &id.v, 1, &rows, &count, err)) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        if (!kb_fts_delete(tx, rows[i].id, err)) {
            return false;
        }
    }
    return true;
}

// --- what was meant -----------------------------------------------------------------------------

struct query_word {
    struct str word;
    bool prefix;
    struct str near[NEIGHBOURS];
    size_t near_count;
};

struct asked {
    struct db *db;
    mem_ctx *ctx;
    struct query_word words[QUERY_WORDS];
    size_t count;
    // The same words as the other languages of the articles shorten them.
    struct str others[QUERY_WORDS];
    size_t other_count;
};

static void split_query(struct asked *asked, struct str stems, bool typing)
{
    struct str rest = stems;
    struct str word;
    while (rest.len > 0 && asked->count < QUERY_WORDS) {
        str_cut(rest, ' ', &word, &rest);
        if (word.len > 0) {
            asked->words[asked->count++] = (struct query_word){.word = word};
        }
    }
    if (typing && asked->count > 0) {
        asked->words[asked->count - 1].prefix = true;
    }
}

static bool is_known(struct asked *asked, const struct query_word *word, bool *ret,
                     struct error *err)
{
    struct kb_words_known_row *same = NULL;
    struct kb_words_beginning_row *longer = NULL;
    size_t count = 0;
    if (!word->prefix) {
        bool done = kb_words_known(asked->db, asked->ctx, &word->word, 1, &same, &count, err);
        *ret = count > 0;
        return done;
    }
    // The last one of the words that begin so: nothing sorts behind this byte.
    struct str end = str_printf(asked->ctx, STR_FMT "\xf4\x8f\xbf\xbf", STR_ARG(word->word));
    bool done = kb_words_beginning(asked->db, asked->ctx, word->word, end, &longer, &count, err);
    *ret = count > 0;
    return done;
}

static void add_neighbour(struct query_word *word, struct str other)
{
    if (word->near_count < NEIGHBOURS) {
        word->near[word->near_count++] = other;
    }
}

static bool find_neighbours(struct asked *asked, struct query_word *word, struct error *err)
{
    struct kb_words_of_length_row *rows = NULL;
    size_t count = 0;
    int most = word->word.len >= 8 ? 2 : 1;
    int64_t len = (int64_t)word->word.len;
    if (word->word.len < SURE_LETTERS) {
        return true;
    }
    if (!kb_words_of_length(asked->db, asked->ctx, len - most, len + most, &rows, &count, err)) {
        return false;
    }
    for (int distance = 1; distance <= most && word->near_count == 0; distance++) {
        for (size_t i = 0; i < count; i++) {
            if (kb_distance(word->word, rows[i].word, distance) <= distance) {
                add_neighbour(word, rows[i].word);
            }
        }
    }
    return true;
}

static void put_term(struct buf *out, enum db_engine engine, struct str word, bool prefix)
{
    if (engine == DB_SQLITE) {
        buf_put_c(out, out->len > 0 ? " OR \"" : "\"");
        buf_put(out, word);
        buf_put_c(out, prefix ? "\"*" : "\"");
    } else {
        buf_put_c(out, out->len > 0 ? " | '" : "'");
        buf_put(out, word);
        buf_put_c(out, prefix ? "':*" : "'");
    }
}

// Stems hold letters and digits only, so nothing in them means anything to an engine.
static struct str expression(struct asked *asked)
{
    struct buf out;
    enum db_engine engine = db_engine_of(asked->db);
    buf_init(&out, asked->ctx, EXPRESSION_MAX);
    for (size_t i = 0; i < asked->count; i++) {
        const struct query_word *word = &asked->words[i];
        put_term(&out, engine, word->word, word->prefix);
        for (size_t k = 0; k < word->near_count; k++) {
            put_term(&out, engine, word->near[k], false);
        }
    }
    for (size_t i = 0; i < asked->other_count; i++) {
        put_term(&out, engine, asked->others[i], false);
    }
    return out.failed ? STR("") : buf_str(&out);
}

static bool is_asked(const struct asked *asked, struct str word)
{
    for (size_t i = 0; i < asked->count; i++) {
        if (str_eq(asked->words[i].word, word)) {
            return true;
        }
    }
    for (size_t i = 0; i < asked->other_count; i++) {
        if (str_eq(asked->others[i], word)) {
            return true;
        }
    }
    return false;
}

static bool add_languages(struct asked *asked, const struct kb_search *search, struct error *err)
{
    struct kb_languages_row *rows = NULL;
    size_t count = 0;
    if (!kb_languages(asked->db, asked->ctx, &rows, &count, err)) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        struct str rest = kb_stems(asked->ctx, rows[i].locale, search->words);
        struct str word;
        while (rest.len > 0 && asked->other_count < QUERY_WORDS) {
            str_cut(rest, ' ', &word, &rest);
            if (word.len > 0 && !is_asked(asked, word)) {
                asked->others[asked->other_count++] = word;
            }
        }
    }
    return true;
}

static bool understand(struct asked *asked, const struct kb_search *search, struct error *err)
{
    split_query(asked, kb_stems(asked->ctx, search->locale, search->words), search->typing);
    if (!add_languages(asked, search, err)) {
        return false;
    }
    for (size_t i = 0; i < asked->count; i++) {
        bool known = false;
        if (!is_known(asked, &asked->words[i], &known, err) ||
            (!known && !find_neighbours(asked, &asked->words[i], err))) {
            return false;
        }
    }
    return true;
}

// --- hits ---------------------------------------------------------------------------------------

struct hits {
    struct db *db;
    mem_ctx *ctx;
    const struct actor *actor;
    const struct kb_search *search;
    struct kb_hit *list;
    size_t count;
};

static const struct article *article_in(const struct article *articles, size_t count, int64_t id)
{
    for (size_t i = 0; i < count; i++) {
        if (articles[i].id.v == id) {
            return &articles[i];
        }
    }
    return NULL;
}

static bool has_hit(const struct hits *hits, int64_t id)
{
    for (size_t i = 0; i < hits->count; i++) {
        if (hits->list[i].article.id.v == id) {
            return true;
        }
    }
    return false;
}

static bool fill_hits(struct hits *hits, const struct kb_fts_find_row *rows, size_t row_count,
                      struct error *err)
{
    struct article *articles = NULL;
    struct kb_text *texts = NULL;
    size_t article_count = 0;
    size_t text_count = 0;
    int64_t *ids = mem_array(hits->ctx, int64_t, row_count + 1);
    for (size_t i = 0; i < row_count; i++) {
        ids[i] = rows[i].source_id;
    }
    if (!kb_articles_load(hits->db, hits->ctx, hits->actor, ids, row_count, &articles,
                          &article_count, err) ||
        !kb_texts(hits->db, hits->ctx, hits->actor, KB_ARTICLE, ids, row_count, &texts, &text_count,
                  err)) {
        return false;
    }
    for (size_t i = 0; i < row_count && hits->count < hits->search->most; i++) {
        const struct article *article = article_in(articles, article_count, rows[i].source_id);
        if (article == NULL || has_hit(hits, rows[i].source_id)) {
            continue;
        }
        const struct kb_text *text =
            kb_text_for(texts, text_count, rows[i].source_id,
                        kb_locale(hits->ctx, hits->search->locale), article->source_locale);
        if (text != NULL) {
            struct str plain = html_to_text(hits->ctx, text->body.markup);
            hits->list[hits->count++] = (struct kb_hit){
                *article, *text, search_snippet(hits->ctx, plain, hits->search->words)};
        }
    }
    return true;
}

bool kb_find(struct db *db, mem_ctx *ctx, const struct actor *actor, const struct kb_search *search,
             struct kb_hit **ret, size_t *ret_count, struct error *err)
{
    struct asked asked = {.db = db, .ctx = ctx};
    struct kb_fts_find_row *rows = NULL;
    size_t row_count = 0;
    struct hits hits = {db, ctx, actor, search, mem_array(ctx, struct kb_hit, search->most + 1), 0};
    *ret = hits.list;
    *ret_count = 0;
    if (!understand(&asked, search, err)) {
        return false;
    }
    struct str words = expression(&asked);
    if (str_empty(words)) {
        return true;
    }
    if (!kb_fts_find(db, ctx, words, (int64_t)search->most + SCAN, &rows, &row_count, err) ||
        (row_count > 0 && !fill_hits(&hits, rows, row_count, err))) {
        return false;
    }
    *ret_count = hits.count;
    return true;
}

// --- what was missed ----------------------------------------------------------------------------

struct missed {
    struct str words;
    int64_t now;
};

static bool note_in_tx(struct db *tx, void *arg, struct error *err)
{
    const struct missed *missed = arg;
    return kb_miss_note(tx, missed->words, missed->now, err) &&
           kb_misses_trim(tx, MISSES_KEPT, err);
}

bool kb_note_miss(struct desk *desk, mem_ctx *ctx, struct str words, struct error *err)
{
    enum { MISS_MAX = 100 };
    struct missed missed = {str_lower(ctx, str_one_line(ctx, words, MISS_MAX)),
                            clock_now(desk->app->clock)};
    return str_empty(missed.words) ||
           db_tx_run(desk->app->db, "knowledge.miss", note_in_tx, &missed, err);
}
