// SPDX-License-Identifier: GPL-3.0-or-later
//
// Writing in the help centre through the API: shelves, articles, translations, votes, labels.
#include "desk/knowledge/api_internal.h"

#include "base/words.h"
#include "desk/desk.h"
#include "desk/knowledge/pages.h"

// --- bodies -------------------------------------------------------------------------------------

struct hc_body {
    struct jr_str name, title, description, body, locale, source_locale;
    struct jr_int section_id, category_id, position, user_segment_id, author_id;
    struct jr_flag promoted, draft, comments_disabled, outdated;
    struct jr_strs label_names;
};

static const struct jr_field FIELDS[] = {
    JR_FIELD(STR, "name", struct hc_body, name),
    JR_FIELD(STR, "title", struct hc_body, title),
    JR_FIELD(STR, "description", struct hc_body, description),
    JR_FIELD(STR, "body", struct hc_body, body),
    JR_FIELD(STR, "locale", struct hc_body, locale),
    JR_FIELD(STR, "source_locale", struct hc_body, source_locale),
    JR_FIELD(ID, "section_id", struct hc_body, section_id),
    JR_FIELD(ID, "category_id", struct hc_body, category_id),
    JR_FIELD(INT, "position", struct hc_body, position),
    JR_FIELD(ID, "user_segment_id", struct hc_body, user_segment_id),
    JR_FIELD(ID, "author_id", struct hc_body, author_id),
    JR_FIELD(FLAG, "promoted", struct hc_body, promoted),
    JR_FIELD(FLAG, "draft", struct hc_body, draft),
    JR_FIELD(FLAG, "comments_disabled", struct hc_body, comments_disabled),
    JR_FIELD(FLAG, "outdated", struct hc_body, outdated),
    JR_FIELD(STRS, "label_names", struct hc_body, label_names),
};
static const struct jr_spec SPEC = JR_SPEC(FIELDS);

struct hc_call {
    struct ctx *ctx;
    enum kb_kind kind;
    struct hc_body body;
    struct kb_shelf shelf;
    struct article article;
    bool with_words;
    struct kb_text text;
    int64_t of;  // translations: of what
    int value;   // votes
    struct kb_vote vote;
};

// False: *err is set, or the request is answered already (*ret_answered).
static bool read_body(struct hc_call *call, const char *key, bool *ret_answered, struct error *err)
{
    struct ctx *ctx = call->ctx;
    struct jr_value object = JR_NONE;
    struct problems problems;
    problems_init(&problems, ctx->mem);
    *ret_answered = false;
    if (!api_body(ctx, key, &object, err)) {
        return false;
    }
    if (!jr_bind(ctx->mem, object, &SPEC, &call->body, &problems)) {
        *ret_answered = api_write_problems(ctx, &problems);
        return false;
    }
    return true;
}

static struct str given(const struct jr_str *text)
{
    return text->is == JR_SET ? text->v : STR_NONE;
}

static struct str title_of(const struct hc_body *body)
{
    struct str title = given(&body->title);
    title = str_none(title) ? given(&body->name) : title;
    return str_none(title) ? STR("") : title;
}

static struct kb_words words_of(const struct hc_call *call, int64_t of, struct str locale)
{
    const struct hc_body *body = &call->body;
    struct str markup = call->kind == KB_ARTICLE || str_none(given(&body->description))
                            ? given(&body->body)
                            : given(&body->description);
    return (struct kb_words){.kind = call->kind,
                             .of = of,
                             .locale = locale,
                             .title = title_of(body),
                             .markup = str_none(markup) ? STR("") : markup,
                             .markdown = STR_NONE,
                             .draft = body->draft.is == JR_SET && body->draft.v};
}

static struct str locale_of(const struct hc_call *call)
{
    struct str locale = given(&call->body.locale);
    return str_empty(locale) ? hc_locale(call->ctx) : kb_locale(call->ctx->mem, locale);
}

// --- shelves ------------------------------------------------------------------------------------

static bool shelf_in_tx(struct db *tx, void *arg, struct error *err)
{
    struct hc_call *call = arg;
    struct ctx *ctx = call->ctx;
    struct kb_text text;
    struct kb_shelf shelf = call->shelf;
    bool is_new = shelf.id == 0;
    if (!kb_shelf_save(desk_of(ctx), tx, &ctx->actor, &shelf, err)) {
        return false;
    }
    bool named = is_new || title_of(&call->body).len > 0;
    struct kb_words words =
        words_of(call, shelf.id, is_new ? shelf.source_locale : locale_of(call));
    if (named && !kb_text_save(desk_of(ctx), tx, ctx->mem, &ctx->actor, &words, &text, err)) {
        return false;
    }
    call->of = shelf.id;
    return kb_shelf_load(tx, ctx->mem, shelf.kind, shelf.id, &call->shelf, err) &&
           hc_answer_shelf(ctx, tx, &call->shelf, err);
}

static bool save_shelf(struct hc_call *call, struct error *err)
{
    struct ctx *ctx = call->ctx;
    bool answered = false;
    bool section = call->kind == KB_SECTION;
    if (!read_body(call, section ? "section" : "category", &answered, err)) {
        return answered;
    }
    bool is_new = call->shelf.id == 0;
    call->shelf.kind = call->kind;
    if (call->body.position.is == JR_SET) {
        call->shelf.position = call->body.position.v;
    }
    if (section && call->body.category_id.is == JR_SET) {
        call->shelf.parent = call->body.category_id.v;
    }
    if (is_new) {
        call->shelf.source_locale = locale_of(call);
        ctx->resp->status = 201;
    }
    return db_tx_run(ctx->app->db, "api.help_center.shelf", shelf_in_tx, call, err);
}

// POST …/categories
bool api_hc_category_create(struct ctx *ctx, struct error *err)
{
    struct hc_call call = {.ctx = ctx, .kind = KB_CATEGORY};
    return save_shelf(&call, err);
}

// POST …/categories/{category:id}/sections
bool api_hc_section_create(struct ctx *ctx, struct error *err)
{
    struct hc_call call = {.ctx = ctx, .kind = KB_SECTION};
    call.shelf.parent = ctx->path.ids[0];
    return save_shelf(&call, err);
}

static bool change_shelf(struct ctx *ctx, enum kb_kind kind, struct error *err)
{
    struct hc_call call = {.ctx = ctx, .kind = kind};
    return kb_shelf_load(ctx->db, ctx->mem, kind, ctx->path.ids[0], &call.shelf, err) &&
           save_shelf(&call, err);
}

// PUT …/categories/{category:id}
bool api_hc_category_update(struct ctx *ctx, struct error *err)
{
    return change_shelf(ctx, KB_CATEGORY, err);
}

// PUT …/sections/{section:id}
bool api_hc_section_update(struct ctx *ctx, struct error *err)
{
    return change_shelf(ctx, KB_SECTION, err);
}

static bool delete_in_tx(struct db *tx, void *arg, struct error *err)
{
    struct hc_call *call = arg;
    struct ctx *ctx = call->ctx;
    return call->kind == KB_ARTICLE
               ? article_archive(desk_of(ctx), tx, &ctx->actor, call->article.id, err)
               : kb_shelf_delete(tx, &ctx->actor, &call->shelf, err);
}

static bool delete_it(struct hc_call *call, struct error *err)
{
    if (!db_tx_run(call->ctx->app->db, "api.help_center.delete", delete_in_tx, call, err)) {
        return false;
    }
    api_no_content(call->ctx);
    return true;
}

// DELETE …/categories/{category:id}
bool api_hc_category_delete(struct ctx *ctx, struct error *err)
{
    struct hc_call call = {.ctx = ctx, .kind = KB_CATEGORY};
    return kb_shelf_load(ctx->db, ctx->mem, KB_CATEGORY, ctx->path.ids[0], &call.shelf, err) &&
           delete_it(&call, err);
}

// DELETE …/sections/{section:id}
bool api_hc_section_delete(struct ctx *ctx, struct error *err)
{
    struct hc_call call = {.ctx = ctx, .kind = KB_SECTION};
    return kb_shelf_load(ctx->db, ctx->mem, KB_SECTION, ctx->path.ids[0], &call.shelf, err) &&
           delete_it(&call, err);
}

// --- articles -----------------------------------------------------------------------------------

static void lay_over(struct ctx *ctx, const struct hc_body *body, struct article *article)
{
    if (body->section_id.is == JR_SET) {
        article->section.v = body->section_id.v;
    }
    if (body->position.is == JR_SET) {
        article->position = body->position.v;
    }
    if (body->author_id.is == JR_SET) {
        article->author.v = body->author_id.v;
    }
    if (body->promoted.is == JR_SET) {
        article->promoted = body->promoted.v;
    }
    if (body->comments_disabled.is == JR_SET) {
        article->comments_disabled = body->comments_disabled.v;
    }
    if (body->label_names.is == JR_SET) {
        article->labels = STR("");
        for (size_t i = 0; i < body->label_names.count; i++) {
            article->labels =
                words_combine(ctx->mem, article->labels, body->label_names.v[i], STR(""));
        }
    }
    if (body->user_segment_id.is != JR_UNSET) {
        int64_t segment = body->user_segment_id.is == JR_SET ? body->user_segment_id.v : 0;
        article->visibility = segment == 0                      ? KB_ALL
                              : segment == HC_SEGMENT_SIGNED_IN ? KB_SIGNED_IN
                                                                : KB_STAFF;
    }
}

static bool article_in_tx(struct db *tx, void *arg, struct error *err)
{
    struct hc_call *call = arg;
    struct ctx *ctx = call->ctx;
    struct kb_text text;
    struct article article = call->article;
    if (!article_save(desk_of(ctx), tx, &ctx->actor, &article, err)) {
        return false;
    }
    struct kb_words words = words_of(call, article.id.v, article.source_locale);
    if (call->with_words &&
        !kb_text_save(desk_of(ctx), tx, ctx->mem, &ctx->actor, &words, &text, err)) {
        return false;
    }
    return article_load(tx, ctx->mem, &ctx->actor, article.id, &article, err) &&
           hc_answer_article(ctx, tx, &article, err);
}

// POST …/sections/{section:id}/articles
bool api_hc_article_create(struct ctx *ctx, struct error *err)
{
    struct hc_call call = {.ctx = ctx, .kind = KB_ARTICLE, .with_words = true};
    bool answered = false;
    if (!read_body(&call, "article", &answered, err)) {
        return answered;
    }
    call.article.section.v = ctx->path.ids[0];
    call.article.labels = STR("");
    call.article.source_locale = locale_of(&call);
    lay_over(ctx, &call.body, &call.article);
    call.article.draft = call.body.draft.is == JR_SET && call.body.draft.v;
    ctx->resp->status = 201;
    return db_tx_run(ctx->app->db, "api.help_center.article", article_in_tx, &call, err);
}

// PUT …/articles/{article:id}: its properties; words are changed by translations.
bool api_hc_article_update(struct ctx *ctx, struct error *err)
{
    struct hc_call call = {.ctx = ctx, .kind = KB_ARTICLE};
    bool answered = false;
    if (!article_load(ctx->db, ctx->mem, &ctx->actor, (struct article_id){ctx->path.ids[0]},
                      &call.article, err)) {
        return false;
    }
    if (!read_body(&call, "article", &answered, err)) {
        return answered;
    }
    lay_over(ctx, &call.body, &call.article);
    return db_tx_run(ctx->app->db, "api.help_center.article", article_in_tx, &call, err);
}

// DELETE …/articles/{article:id}
bool api_hc_article_delete(struct ctx *ctx, struct error *err)
{
    struct hc_call call = {.ctx = ctx, .kind = KB_ARTICLE, .article.id = {ctx->path.ids[0]}};
    return delete_it(&call, err);
}

// --- translations -------------------------------------------------------------------------------

static void write_translation(struct ctx *ctx, struct jw *w, const struct kb_text *text)
{
    static const char *const TYPES[] = {"Category", "Section", "Article"};
    static const char *const PATHS[] = {"categories", "sections", "articles"};
    jw_object_begin(w);
    jw_field_id(w, "id", text->id);
    jw_field_str(w, "url",
                 api_url(ctx, "/api/v2/help_center/%s/%lld/translations/" STR_FMT ".json",
                         PATHS[text->kind], (long long)text->of, STR_ARG(text->locale)));
    jw_field_str(w, "html_url",
                 text->kind == KB_ARTICLE ? api_url(ctx, "/help/articles/%lld", (long long)text->of)
                                          : api_url(ctx, "/help"));
    jw_field_id(w, "source_id", text->of);
    jw_field_c(w, "source_type", TYPES[text->kind]);
    jw_field_str(w, "locale", text->locale);
    jw_field_str(w, "title", text->title);
    jw_field_str(w, "body", text->body.markup);
    jw_field_bool(w, "outdated", text->outdated);
    jw_field_bool(w, "draft", text->draft);
    jw_field_time(w, "created_at", text->created_at);
    jw_field_time(w, "updated_at", text->updated_at);
    jw_field_id(w, "created_by_id", text->created_by.v);
    jw_field_id(w, "updated_by_id", text->updated_by.v);
    jw_object_end(w);
}

static bool answer_translation(struct ctx *ctx, const struct kb_text *text, struct error *err)
{
    struct jw w;
    api_begin(ctx, &w);
    jw_key(&w, "translation");
    write_translation(ctx, &w, text);
    return api_end(ctx, &w, err);
}

// Which of the three kinds of things the path is about; NOT_FOUND when it is not there.
static bool path_thing(struct ctx *ctx, enum kb_kind *ret, struct error *err)
{
    struct article article;
    struct kb_shelf shelf;
    int64_t id = ctx->path.ids[0];
    *ret = str_find(ctx->req->path, STR("/categories/")) >= 0 ? KB_CATEGORY
           : str_find(ctx->req->path, STR("/sections/")) >= 0 ? KB_SECTION
                                                              : KB_ARTICLE;
    return *ret == KB_ARTICLE ? article_load(ctx->db, ctx->mem, &ctx->actor,
                                             (struct article_id){id}, &article, err)
                              : kb_shelf_load(ctx->db, ctx->mem, *ret, id, &shelf, err);
}

static bool load_texts(struct ctx *ctx, enum kb_kind *ret_kind, struct kb_text **ret,
                       size_t *ret_count, struct error *err)
{
    int64_t id = ctx->path.ids[0];
    return path_thing(ctx, ret_kind, err) &&
           kb_texts(ctx->db, ctx->mem, &ctx->actor, *ret_kind, &id, 1, ret, ret_count, err);
}

// GET …/articles/{article:id}/translations
bool api_hc_translations(struct ctx *ctx, struct error *err)
{
    struct kb_text *texts = NULL;
    size_t count = 0;
    size_t from = 0;
    enum kb_kind kind = KB_ARTICLE;
    struct api_page page;
    struct api_found found = {0};
    struct jw w;
    if (!load_texts(ctx, &kind, &texts, &count, err) || !hc_page_parse(ctx, &page, err)) {
        return false;
    }
    int64_t *ids = mem_array(ctx->mem, int64_t, count + 1);
    for (size_t i = 0; i < count; i++) {
        ids[i] = texts[i].id;
    }
    hc_slice(&page, ids, count, &from, &found);
    api_begin(ctx, &w);
    jw_field_array(&w, "translations");
    for (size_t i = from; i < from + found.count; i++) {
        write_translation(ctx, &w, &texts[i]);
    }
    jw_array_end(&w);
    hc_page_write(ctx, &w, &page, &found);
    return api_end(ctx, &w, err);
}

// GET …/translations/missing: of the languages that the knowledge has at all.
bool api_hc_translations_missing(struct ctx *ctx, struct error *err)
{
    struct kb_text *texts = NULL;
    struct article *articles = NULL;
    const struct article_query all = {.labels = STR("")};
    size_t count = 0;
    size_t article_count = 0;
    enum kb_kind kind = KB_ARTICLE;
    struct jw w;
    struct str missing = STR("");
    struct str there = STR("");
    if (!load_texts(ctx, &kind, &texts, &count, err) ||
        !articles_find(ctx->db, ctx->mem, &ctx->actor, &all, &articles, &article_count, err)) {
        return false;
    }
    for (size_t i = 0; i < article_count; i++) {
        missing = words_combine(ctx->mem, missing, articles[i].source_locale, STR(""));
    }
    for (size_t i = 0; i < count; i++) {
        there = words_combine(ctx->mem, there, texts[i].locale, STR(""));
    }
    api_begin(ctx, &w);
    jw_field_words(&w, "locales", words_combine(ctx->mem, missing, STR(""), there));
    return api_end(ctx, &w, err);
}

static const struct kb_text *in_locale(struct ctx *ctx, const struct kb_text *texts, size_t count,
                                       struct str locale)
{
    struct str wanted = kb_locale(ctx->mem, locale);
    for (size_t i = 0; i < count; i++) {
        if (str_eq(texts[i].locale, wanted)) {
            return &texts[i];
        }
    }
    return NULL;
}

// GET …/translations/{name}
bool api_hc_translation(struct ctx *ctx, struct error *err)
{
    struct kb_text *texts = NULL;
    size_t count = 0;
    enum kb_kind kind = KB_ARTICLE;
    if (!load_texts(ctx, &kind, &texts, &count, err)) {
        return false;
    }
    const struct kb_text *text = in_locale(ctx, texts, count, ctx->path.texts[0]);
    return text == NULL ? error_set(err, ERR_NOT_FOUND, "There is no such translation.")
                        : answer_translation(ctx, text, err);
}

static bool translate_in_tx(struct db *tx, void *arg, struct error *err)
{
    struct hc_call *call = arg;
    struct ctx *ctx = call->ctx;
    struct kb_words words = words_of(call, call->of, call->text.locale);
    if (call->body.title.is != JR_SET && call->body.name.is != JR_SET) {
        words.title = call->text.title;
    }
    if (call->body.body.is != JR_SET && call->body.description.is != JR_SET) {
        words.markup = call->text.body.markup;
    }
    if (call->body.draft.is != JR_SET) {
        words.draft = call->text.draft;
    }
    return kb_text_save(desk_of(ctx), tx, ctx->mem, &ctx->actor, &words, &call->text, err);
}

static bool save_translation(struct ctx *ctx, struct str locale, bool is_new, struct error *err)
{
    struct hc_call call = {.ctx = ctx, .of = ctx->path.ids[0]};
    struct kb_text *texts = NULL;
    size_t count = 0;
    bool answered = false;
    if (!load_texts(ctx, &call.kind, &texts, &count, err)) {
        return false;
    }
    if (!read_body(&call, "translation", &answered, err)) {
        return answered;
    }
    struct str wish = is_new ? given(&call.body.locale) : locale;
    if (str_empty(wish)) {
        return error_field(err, "locale", "BlankValue", "Locale: cannot be blank");
    }
    const struct kb_text *before = in_locale(ctx, texts, count, wish);
    if (is_new == (before != NULL)) {
        return is_new ? error_field(err, "locale", "DuplicateValue",
                                    "Locale: there is a translation already; change it with PUT")
                      : error_set(err, ERR_NOT_FOUND, "There is no such translation.");
    }
    call.text = before != NULL ? *before : (struct kb_text){.title = STR(""), .body = {STR("")}};
    call.text.locale = kb_locale(ctx->mem, wish);
    if (!db_tx_run(ctx->app->db, "api.help_center.translation", translate_in_tx, &call, err)) {
        return false;
    }
    ctx->resp->status = is_new ? 201 : 200;
    return answer_translation(ctx, &call.text, err);
}

// POST …/translations
bool api_hc_translation_create(struct ctx *ctx, struct error *err)
{
    return save_translation(ctx, STR_NONE, true, err);
}

// PUT …/translations/{name}
bool api_hc_translation_update(struct ctx *ctx, struct error *err)
{
    return save_translation(ctx, ctx->path.texts[0], false, err);
}

static bool remove_in_tx(struct db *tx, void *arg, struct error *err)
{
    struct ctx *ctx = arg;
    return kb_text_remove(tx, ctx->mem, &ctx->actor, ctx->path.ids[0], err);
}

// DELETE …/translations/{translation:id}
bool api_hc_translation_delete(struct ctx *ctx, struct error *err)
{
    if (!db_tx_run(ctx->app->db, "api.help_center.untranslate", remove_in_tx, ctx, err)) {
        return false;
    }
    api_no_content(ctx);
    return true;
}

// --- votes and labels ---------------------------------------------------------------------------

static void write_vote(struct ctx *ctx, struct jw *w, const struct kb_vote *vote)
{
    jw_object_begin(w);
    jw_field_id(w, "id", vote->id);
    jw_field_str(w, "url",
                 api_url(ctx, "/api/v2/help_center/votes/%lld.json", (long long)vote->id));
    jw_field_id(w, "user_id", vote->user.v);
    jw_field_i64(w, "value", vote->value);
    jw_field_id(w, "item_id", vote->article.v);
    jw_field_c(w, "item_type", "Article");
    jw_field_time(w, "created_at", vote->created_at);
    jw_field_time(w, "updated_at", vote->updated_at);
    jw_object_end(w);
}

static bool vote_in_tx(struct db *tx, void *arg, struct error *err)
{
    struct hc_call *call = arg;
    struct ctx *ctx = call->ctx;
    return article_vote(desk_of(ctx), tx, ctx->mem, &ctx->actor, call->article.id, call->value,
                        &call->vote, err);
}

static bool vote(struct ctx *ctx, int value, struct error *err)
{
    struct hc_call call = {.ctx = ctx, .value = value, .article.id = {ctx->path.ids[0]}};
    struct jw w;
    if (!db_tx_run(ctx->app->db, "api.help_center.vote", vote_in_tx, &call, err)) {
        return false;
    }
    api_begin(ctx, &w);
    jw_key(&w, "vote");
    write_vote(ctx, &w, &call.vote);
    return api_end(ctx, &w, err);
}

// POST …/articles/{article:id}/up
bool api_hc_vote_up(struct ctx *ctx, struct error *err)
{
    return vote(ctx, 1, err);
}

// POST …/articles/{article:id}/down
bool api_hc_vote_down(struct ctx *ctx, struct error *err)
{
    return vote(ctx, -1, err);
}

// GET …/articles/{article:id}/votes
bool api_hc_votes(struct ctx *ctx, struct error *err)
{
    struct kb_vote *votes = NULL;
    size_t count = 0;
    struct jw w;
    if (!article_votes(ctx->db, ctx->mem, &ctx->actor, (struct article_id){ctx->path.ids[0]},
                       &votes, &count, err)) {
        return false;
    }
    api_begin(ctx, &w);
    jw_field_array(&w, "votes");
    for (size_t i = 0; i < count; i++) {
        write_vote(ctx, &w, &votes[i]);
    }
    jw_array_end(&w);
    jw_field_i64(&w, "count", (int64_t)count);
    jw_field_null(&w, "next_page");
    jw_field_null(&w, "previous_page");
    return api_end(ctx, &w, err);
}

// GET …/locales
bool api_hc_locales(struct ctx *ctx, struct error *err)
{
    const struct article_query all = {.labels = STR("")};
    struct article *articles = NULL;
    size_t count = 0;
    struct jw w;
    struct str locales = STR("en-us");
    if (!articles_find(ctx->db, ctx->mem, &ctx->actor, &all, &articles, &count, err)) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        locales = words_combine(ctx->mem, locales, articles[i].source_locale, STR(""));
    }
    api_begin(ctx, &w);
    jw_field_words(&w, "locales", locales);
    jw_field_c(&w, "default_locale", "en-us");
    return api_end(ctx, &w, err);
}
