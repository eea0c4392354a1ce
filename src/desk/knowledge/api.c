// SPDX-License-Identifier: GPL-3.0-or-later
//
// The knowledge as programs know it: categories, sections and articles of a help centre. Paths may
// name a language (/help_center/en-us/articles); without one it is the reader's.
#include "desk/knowledge/api_internal.h"

#include <stdlib.h>

#include "base/words.h"
#include "desk/desk.h"
#include "desk/knowledge/pages.h"

enum { DEFAULT_SIZE = 30 };

// --- what is asked for --------------------------------------------------------------------------

struct str hc_locale(struct ctx *ctx)
{
    struct str wish = ctx->path.texts[0];
    if (str_empty(wish)) {
        wish = http_param(ctx->req, "locale");
    }
    return kb_locale(ctx->mem, str_empty(wish) ? ctx->actor.locale : wish);
}

static struct str html_url(struct ctx *ctx, const char *what, int64_t id)
{
    return str_eq_c(str_c(what), "articles") ? api_url(ctx, "/help/articles/%lld", (long long)id)
                                             : api_url(ctx, "/help");
}

// --- records ------------------------------------------------------------------------------------

static void write_common(struct ctx *ctx, struct jw *w, const char *plural, int64_t id,
                         const struct kb_text *text)
{
    jw_field_id(w, "id", id);
    jw_field_str(w, "url",
                 api_url(ctx, "/api/v2/help_center/" STR_FMT "/%s/%lld.json",
                         STR_ARG(text == NULL ? hc_locale(ctx) : text->locale), plural,
                         (long long)id));
    jw_field_str(w, "html_url", html_url(ctx, plural, id));
}

static void write_shelf(struct ctx *ctx, struct jw *w, const struct kb_shelf *shelf,
                        const struct kb_text *text)
{
    bool section = shelf->kind == KB_SECTION;
    jw_object_begin(w);
    write_common(ctx, w, section ? "sections" : "categories", shelf->id, text);
    jw_field_i64(w, "position", shelf->position);
    jw_field_time(w, "created_at", shelf->created_at);
    jw_field_time(w, "updated_at", shelf->updated_at);
    jw_field_str(w, "name", text == NULL ? STR("") : text->title);
    jw_field_str(w, "description", text == NULL ? STR("") : text->body.markup);
    jw_field_str(w, "locale", text == NULL ? shelf->source_locale : text->locale);
    jw_field_str(w, "source_locale", shelf->source_locale);
    jw_field_bool(w, "outdated", text != NULL && text->outdated);
    if (section) {
        jw_field_id(w, "category_id", shelf->parent);
        jw_field_null(w, "parent_section_id");
        jw_field_c(w, "sorting", "manual");
        jw_field_c(w, "theme_template", "section_page");
    }
    jw_object_end(w);
}

static void write_article_text(struct jw *w, const struct hc_set *set,
                               const struct article *article, const struct kb_text *text)
{
    jw_field_str(w, "name", text->title);
    jw_field_str(w, "title", text->title);
    jw_field_str(w, "source_locale", article->source_locale);
    jw_field_str(w, "locale", text->locale);
    jw_field_bool(w, "outdated", text->outdated);
    jw_field_array(w, "outdated_locales");
    for (size_t i = 0; i < set->text_count; i++) {
        if (set->texts[i].of == article->id.v && set->texts[i].outdated) {
            jw_str(w, set->texts[i].locale);
        }
    }
    jw_array_end(w);
    jw_field_str(w, "body", text->body.markup);
}

static void write_article_fields(struct ctx *ctx, struct jw *w, const struct hc_set *set,
                                 const struct article *article)
{
    const struct kb_text *text = kb_text_for(set->texts, set->text_count, article->id.v,
                                             set->locale, article->source_locale);
    write_common(ctx, w, "articles", article->id.v, text);
    jw_field_id(w, "author_id", article->author.v);
    jw_field_bool(w, "comments_disabled", article->comments_disabled);
    jw_field_bool(w, "draft", article->draft);
    jw_field_bool(w, "promoted", article->promoted);
    jw_field_i64(w, "position", article->position);
    jw_field_i64(w, "vote_sum", article->vote_sum);
    jw_field_i64(w, "vote_count", article->vote_count);
    jw_field_id(w, "section_id", article->section.v);
    jw_field_time(w, "created_at", article->created_at);
    jw_field_time(w, "updated_at", article->updated_at);
    jw_field_time(w, "edited_at", article->edited_at);
    jw_field_words(w, "label_names", article->labels);
    jw_field_empty_array(w, "content_tag_ids");
    jw_field_id(w, "permission_group_id", HC_PERMISSION_GROUP);
    // Everybody, or one of the two segments that are always there.
    int64_t segment = article->visibility == KB_ALL         ? 0
                      : article->visibility == KB_SIGNED_IN ? HC_SEGMENT_SIGNED_IN
                                                            : HC_SEGMENT_STAFF;
    jw_field_id(w, "user_segment_id", segment);
    jw_field_array(w, "user_segment_ids");
    if (segment != 0) {
        jw_i64(w, segment);
    }
    jw_array_end(w);
    if (text != NULL) {
        write_article_text(w, set, article, text);
    }
}

void hc_article_write(struct ctx *ctx, struct jw *w, const struct hc_set *set,
                      const struct article *article)
{
    jw_object_begin(w);
    write_article_fields(ctx, w, set, article);
    jw_object_end(w);
}

bool hc_set_load(struct ctx *ctx, struct db *db, const struct article *articles, size_t count,
                 struct hc_set *ret, struct error *err)
{
    int64_t *ids = mem_array(ctx->mem, int64_t, count + 1);
    for (size_t i = 0; i < count; i++) {
        ids[i] = articles[i].id.v;
    }
    ret->locale = hc_locale(ctx);
    return kb_texts(db, ctx->mem, &ctx->actor, KB_ARTICLE, ids, count, &ret->texts,
                    &ret->text_count, err);
}

// --- lists --------------------------------------------------------------------------------------

void hc_page_write(struct ctx *ctx, struct jw *w, const struct api_page *page,
                   const struct api_found *found)
{
    if (!page->cursor) {
        int64_t pages = page->size > 0 ? (found->total + page->size - 1) / page->size : 0;
        jw_field_i64(w, "page", page->number);
        jw_field_i64(w, "per_page", page->size);
        jw_field_i64(w, "page_count", pages);
        jw_field_str(w, "sort_by", str_none(page->sort) ? STR("position") : page->sort);
        jw_field_c(w, "sort_order", page->descending ? "desc" : "asc");
    }
    api_page_write(ctx, w, page, found);
}

bool hc_page_parse(struct ctx *ctx, struct api_page *ret, struct error *err)
{
    if (!api_page_parse(ctx, ret, err)) {
        return false;
    }
    if (!ret->cursor && str_none(http_param(ctx->req, "per_page"))) {
        ret->size = DEFAULT_SIZE;
        ret->offset = (ret->number - 1) * ret->size;
    }
    return true;
}

// The part of a whole list, in its order, that the page asks for.
void hc_slice(const struct api_page *page, const int64_t *ids, size_t count, size_t *ret_from,
              struct api_found *ret)
{
    size_t size = (size_t)page->size;
    size_t from = page->cursor ? 0 : (size_t)page->offset;
    size_t end = count;
    if (page->cursor && page->keyed) {
        size_t place = 0;
        while (place < count && ids[place] != page->key.id) {
            place++;
        }
        end = page->backwards ? place : count;
        from = page->backwards ? (end > size ? end - size : 0) : place + 1;
    }
    from = from < end ? from : end;
    ret->more = page->backwards ? from > 0 : end - from > size;
    ret->count = end - from > size ? size : end - from;
    ret->total = (int64_t)count;
    if (ret->count > 0) {
        ret->first.id = ids[from];
        ret->last.id = ids[from + ret->count - 1];
    }
    *ret_from = from;
}

struct sortable {
    const struct article *article;
    struct str title;
    char by;
    bool descending;
};

static int compare_articles(const void *a, const void *b)
{
    const struct sortable *x = a;
    const struct sortable *y = b;
    int64_t left = x->by == 'c'   ? x->article->created_at
                   : x->by == 'u' ? x->article->updated_at
                   : x->by == 'e' ? x->article->edited_at
                                  : x->article->position;
    int64_t right = x->by == 'c'   ? y->article->created_at
                    : x->by == 'u' ? y->article->updated_at
                    : x->by == 'e' ? y->article->edited_at
                                   : y->article->position;
    int order = x->by == 't' ? str_cmp(x->title, y->title) : (left > right) - (left < right);
    if (order == 0) {
        order = (x->article->id.v > y->article->id.v) - (x->article->id.v < y->article->id.v);
    }
    return x->descending ? -order : order;
}

static struct article *sort_articles(struct ctx *ctx, const struct hc_set *set,
                                     const struct api_page *page, const struct article *list,
                                     size_t count)
{
    struct sortable *order = mem_array(ctx->mem, struct sortable, count + 1);
    struct article *sorted = mem_array(ctx->mem, struct article, count + 1);
    for (size_t i = 0; i < count; i++) {
        const struct kb_text *text = kb_text_for(set->texts, set->text_count, list[i].id.v,
                                                 set->locale, list[i].source_locale);
        order[i] =
            (struct sortable){&list[i], text == NULL ? STR("") : text->title,
                              str_empty(page->sort) ? 'p' : page->sort.ptr[0], page->descending};
    }
    qsort(order, count, sizeof *order, compare_articles);
    for (size_t i = 0; i < count; i++) {
        sorted[i] = *order[i].article;
    }
    return sorted;
}

static bool list_articles(struct ctx *ctx, struct article_query query, struct error *err)
{
    struct api_page page;
    struct api_found found = {0};
    struct hc_set set;
    struct article *list = NULL;
    size_t count = 0;
    size_t from = 0;
    struct jw w;
    struct str labels = http_param(ctx->req, "label_names");
    query.labels = str_none(labels) ? STR("") : str_lower(ctx->mem, labels);
    if (!hc_page_parse(ctx, &page, err) ||
        !articles_find(ctx->db, ctx->mem, &ctx->actor, &query, &list, &count, err) ||
        !hc_set_load(ctx, ctx->db, list, count, &set, err)) {
        return false;
    }
    list = sort_articles(ctx, &set, &page, list, count);
    int64_t *ids = mem_array(ctx->mem, int64_t, count + 1);
    for (size_t i = 0; i < count; i++) {
        ids[i] = list[i].id.v;
    }
    hc_slice(&page, ids, count, &from, &found);
    api_begin(ctx, &w);
    jw_field_array(&w, "articles");
    for (size_t i = from; i < from + found.count; i++) {
        hc_article_write(ctx, &w, &set, &list[i]);
    }
    jw_array_end(&w);
    hc_page_write(ctx, &w, &page, &found);
    return api_end(ctx, &w, err);
}

// GET …/articles
bool api_hc_articles(struct ctx *ctx, struct error *err)
{
    return list_articles(ctx, (struct article_query){0}, err);
}

// GET …/sections/{section:id}/articles
bool api_hc_articles_of_section(struct ctx *ctx, struct error *err)
{
    struct kb_shelf shelf;
    int64_t id = ctx->path.ids[0];
    return kb_shelf_load(ctx->db, ctx->mem, KB_SECTION, id, &shelf, err) &&
           list_articles(ctx, (struct article_query){.section = {id}}, err);
}

// GET …/categories/{category:id}/articles
bool api_hc_articles_of_category(struct ctx *ctx, struct error *err)
{
    struct kb_shelf shelf;
    int64_t id = ctx->path.ids[0];
    return kb_shelf_load(ctx->db, ctx->mem, KB_CATEGORY, id, &shelf, err) &&
           list_articles(ctx, (struct article_query){.category = {id}}, err);
}

// GET …/users/{user:id}/articles
bool api_hc_articles_of_user(struct ctx *ctx, struct error *err)
{
    return list_articles(ctx, (struct article_query){.author = {ctx->path.ids[0]}}, err);
}

// GET …/incremental/articles?start_time=
bool api_hc_incremental(struct ctx *ctx, struct error *err)
{
    struct article_query query = {.labels = STR("")};
    struct hc_set set;
    struct article *list = NULL;
    size_t count = 0;
    int64_t start = 0;
    struct jw w;
    if (!str_to_i64(http_param(ctx->req, "start_time"), &start) || start < 0 ||
        start > INT64_MAX / SECONDS_MS) {
        return error_set(err, ERR_BAD_REQUEST, "start_time must be a time in seconds since 1970.");
    }
    query.since = start * SECONDS_MS;
    if (!articles_find(ctx->db, ctx->mem, &ctx->actor, &query, &list, &count, err) ||
        !hc_set_load(ctx, ctx->db, list, count, &set, err)) {
        return false;
    }
    int64_t end = start;
    api_begin(ctx, &w);
    jw_field_array(&w, "articles");
    for (size_t i = 0; i < count; i++) {
        int64_t at = list[i].updated_at / SECONDS_MS;
        end = at > end ? at : end;
        hc_article_write(ctx, &w, &set, &list[i]);
    }
    jw_array_end(&w);
    jw_field_i64(&w, "count", (int64_t)count);
    jw_field_i64(&w, "end_time", end);
    jw_field_null(&w, "next_page");
    return api_end(ctx, &w, err);
}

// --- one article --------------------------------------------------------------------------------

bool hc_answer_article(struct ctx *ctx, struct db *db, const struct article *article,
                       struct error *err)
{
    struct hc_set set;
    struct jw w;
    if (!hc_set_load(ctx, db, article, 1, &set, err)) {
        return false;
    }
    api_begin(ctx, &w);
    jw_key(&w, "article");
    hc_article_write(ctx, &w, &set, article);
    return api_end(ctx, &w, err);
}

// GET …/articles/{article:id}
bool api_hc_article(struct ctx *ctx, struct error *err)
{
    struct article article;
    return article_load(ctx->db, ctx->mem, &ctx->actor, (struct article_id){ctx->path.ids[0]},
                        &article, err) &&
           hc_answer_article(ctx, ctx->db, &article, err);
}

// --- shelves ------------------------------------------------------------------------------------

static bool write_shelves(struct ctx *ctx, struct jw *w, enum kb_kind kind,
                          const struct kb_shelf *shelves, size_t count, struct error *err)
{
    struct kb_text *texts = NULL;
    size_t text_count = 0;
    int64_t *ids = mem_array(ctx->mem, int64_t, count + 1);
    for (size_t i = 0; i < count; i++) {
        ids[i] = shelves[i].id;
    }
    if (!kb_texts(ctx->db, ctx->mem, &ctx->actor, kind, ids, count, &texts, &text_count, err)) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        write_shelf(ctx, w, &shelves[i],
                    kb_text_for(texts, text_count, shelves[i].id, hc_locale(ctx),
                                shelves[i].source_locale));
    }
    return true;
}

static bool list_shelves(struct ctx *ctx, enum kb_kind kind, int64_t parent, struct error *err)
{
    struct api_page page;
    struct api_found found = {0};
    struct kb_shelf *shelves = NULL;
    size_t count = 0;
    size_t from = 0;
    struct jw w;
    if (!hc_page_parse(ctx, &page, err) ||
        !kb_shelves(ctx->db, ctx->mem, kind, parent, &shelves, &count, err)) {
        return false;
    }
    int64_t *ids = mem_array(ctx->mem, int64_t, count + 1);
    for (size_t i = 0; i < count; i++) {
        ids[i] = shelves[i].id;
    }
    hc_slice(&page, ids, count, &from, &found);
    api_begin(ctx, &w);
    jw_field_array(&w, kind == KB_CATEGORY ? "categories" : "sections");
    if (!write_shelves(ctx, &w, kind, shelves + from, found.count, err)) {
        return false;
    }
    jw_array_end(&w);
    hc_page_write(ctx, &w, &page, &found);
    return api_end(ctx, &w, err);
}

// GET …/categories
bool api_hc_categories(struct ctx *ctx, struct error *err)
{
    return list_shelves(ctx, KB_CATEGORY, 0, err);
}

// GET …/sections
bool api_hc_sections(struct ctx *ctx, struct error *err)
{
    return list_shelves(ctx, KB_SECTION, 0, err);
}

// GET …/categories/{category:id}/sections
bool api_hc_sections_of_category(struct ctx *ctx, struct error *err)
{
    struct kb_shelf shelf;
    int64_t id = ctx->path.ids[0];
    return kb_shelf_load(ctx->db, ctx->mem, KB_CATEGORY, id, &shelf, err) &&
           list_shelves(ctx, KB_SECTION, id, err);
}

bool hc_answer_shelf(struct ctx *ctx, struct db *db, const struct kb_shelf *shelf,
                     struct error *err)
{
    struct jw w;
    struct kb_text *texts = NULL;
    size_t count = 0;
    if (!kb_texts(db, ctx->mem, &ctx->actor, shelf->kind, &shelf->id, 1, &texts, &count, err)) {
        return false;
    }
    api_begin(ctx, &w);
    jw_key(&w, shelf->kind == KB_CATEGORY ? "category" : "section");
    write_shelf(ctx, &w, shelf,
                kb_text_for(texts, count, shelf->id, hc_locale(ctx), shelf->source_locale));
    return api_end(ctx, &w, err);
}

static bool show_shelf(struct ctx *ctx, enum kb_kind kind, struct error *err)
{
    struct kb_shelf shelf;
    return kb_shelf_load(ctx->db, ctx->mem, kind, ctx->path.ids[0], &shelf, err) &&
           hc_answer_shelf(ctx, ctx->db, &shelf, err);
}

// GET …/categories/{category:id}
bool api_hc_category(struct ctx *ctx, struct error *err)
{
    return show_shelf(ctx, KB_CATEGORY, err);
}

// GET …/sections/{section:id}
bool api_hc_section(struct ctx *ctx, struct error *err)
{
    return show_shelf(ctx, KB_SECTION, err);
}

// --- search -------------------------------------------------------------------------------------

// GET …/articles/search?query=
bool api_hc_search(struct ctx *ctx, struct error *err)
{
    enum { MOST = 1000 };
    struct api_page page;
    struct api_found found = {0};
    struct kb_hit *hits = NULL;
    size_t count = 0;
    size_t from = 0;
    struct jw w;
    struct str words = http_param(ctx->req, "query");
    if (str_empty(words)) {
        return error_set(err, ERR_BAD_REQUEST, "query is missing: say what to search for.");
    }
    struct kb_search search = {.words = words, .locale = hc_locale(ctx), .most = MOST};
    if (!hc_page_parse(ctx, &page, err) ||
        !kb_find(ctx->db, ctx->mem, &ctx->actor, &search, &hits, &count, err)) {
        return false;
    }
    int64_t *ids = mem_array(ctx->mem, int64_t, count + 1);
    for (size_t i = 0; i < count; i++) {
        ids[i] = hits[i].article.id.v;
    }
    hc_slice(&page, ids, count, &from, &found);
    api_begin(ctx, &w);
    jw_field_array(&w, "results");
    for (size_t i = from; i < from + found.count; i++) {
        struct hc_set set = {.locale = search.locale, .texts = &hits[i].text, .text_count = 1};
        jw_object_begin(&w);
        write_article_fields(ctx, &w, &set, &hits[i].article);
        jw_field_c(&w, "result_type", "article");
        jw_field_str(&w, "snippet", hits[i].snippet.markup);
        jw_object_end(&w);
    }
    jw_array_end(&w);
    hc_page_write(ctx, &w, &page, &found);
    return api_end(ctx, &w, err);
}
