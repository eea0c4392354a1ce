// SPDX-License-Identifier: GPL-3.0-or-later
//
// Shelves, articles and their words: reading and writing.
#include "desk/knowledge/knowledge_internal.h"

#include "desk/desk.h"
#include "mail/markdown.h"
#include "mail/sanitize.h"

enum { TITLE_MAX = 255, BODY_MAX = 2 << 20 };

static const char *const KINDS[] = {"category", "section", "article"};
static const char *const VISIBILITIES[] = {"all", "signed_in", "staff"};

struct str kb_visibility_word(enum kb_visibility visibility)
{
    return str_c(VISIBILITIES[visibility]);
}

bool kb_visibility_parse(struct str word, enum kb_visibility *ret)
{
    for (size_t i = 0; i < sizeof VISIBILITIES / sizeof *VISIBILITIES; i++) {
        if (str_eq_c(word, VISIBILITIES[i])) {
            *ret = (enum kb_visibility)i;
            return true;
        }
    }
    return false;
}

struct str kb_locale(mem_ctx *ctx, struct str locale)
{
    return str_empty(locale) ? STR("en-us") : str_lower(ctx, locale);
}

static bool writers_only(const struct actor *actor, struct error *err)
{
    return actor_is_agent(actor) ||
           error_set(err, ERR_FORBIDDEN, "Only agents change the knowledge.");
}

static bool no_such(struct error *err, enum kb_kind kind)
{
    return error_set(err, ERR_NOT_FOUND, "There is no such %s.", KINDS[kind]);
}

// --- shelves ------------------------------------------------------------------------------------

static bool load_categories(struct db *db, mem_ctx *ctx, struct kb_shelf **ret, size_t *ret_count,
                            struct error *err)
{
    struct kb_categories_all_row *rows = NULL;
    if (!kb_categories_all(db, ctx, &rows, ret_count, err)) {
        return false;
    }
    *ret = mem_array(ctx, struct kb_shelf, *ret_count + 1);
    for (size_t i = 0; i < *ret_count; i++) {
        (*ret)[i] = (struct kb_shelf){KB_CATEGORY,       rows[i].id.v,          0,
                                      rows[i].position,  rows[i].source_locale, rows[i].created_at,
                                      rows[i].updated_at};
    }
    return true;
}

bool kb_shelves(struct db *db, mem_ctx *ctx, enum kb_kind kind, int64_t parent,
                struct kb_shelf **ret, size_t *ret_count, struct error *err)
{
    struct kb_sections_all_row *rows = NULL;
    size_t count = 0;
    if (kind == KB_CATEGORY) {
        return load_categories(db, ctx, ret, ret_count, err);
    }
    if (!kb_sections_all(db, ctx, &rows, &count, err)) {
        return false;
    }
    *ret = mem_array(ctx, struct kb_shelf, count + 1);
    *ret_count = 0;
    for (size_t i = 0; i < count; i++) {
        if (parent == 0 || rows[i].category_id.v == parent) {
            (*ret)[(*ret_count)++] =
                (struct kb_shelf){KB_SECTION,        rows[i].id.v,          rows[i].category_id.v,
                                  rows[i].position,  rows[i].source_locale, rows[i].created_at,
                                  rows[i].updated_at};
        }
    }
    return true;
}

bool kb_shelf_load(struct db *db, mem_ctx *ctx, enum kb_kind kind, int64_t id, struct kb_shelf *ret,
                   struct error *err)
{
    struct kb_shelf *shelves = NULL;
    size_t count = 0;
    if (!kb_shelves(db, ctx, kind, 0, &shelves, &count, err)) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        if (shelves[i].id == id) {
            *ret = shelves[i];
            return true;
        }
    }
    return no_such(err, kind);
}

bool kb_shelf_save(struct desk *desk, struct db *tx, const struct actor *actor,
                   struct kb_shelf *shelf, struct error *err)
{
    mem_ctx *ctx = db_tx_ctx(tx);
    struct kb_shelf above;
    int64_t now = clock_now(desk->app->clock);
    bool section = shelf->kind == KB_SECTION;
    int64_t changes = 1;
    bool done = false;
    if (!writers_only(actor, err) ||
        (section && !kb_shelf_load(tx, ctx, KB_CATEGORY, shelf->parent, &above, err))) {
        return false;
    }
    shelf->updated_at = now;
    struct section_id section_id = {shelf->id};
    struct category_id category_id = {section ? shelf->parent : shelf->id};
    if (shelf->id == 0) {
        shelf->id = db_next_id(tx);
        shelf->created_at = now;
        shelf->source_locale = kb_locale(ctx, shelf->source_locale);
        section_id.v = shelf->id;
        category_id.v = section ? shelf->parent : shelf->id;
        done = section ? kb_section_insert(tx, section_id, category_id, shelf->position,
                                           shelf->source_locale, now, err)
                       : kb_category_insert(tx, category_id, shelf->position, shelf->source_locale,
                                            now, err);
    } else {
        done = section ? kb_section_update(tx, section_id, category_id, shelf->position, now,
                                           &changes, err)
                       : kb_category_update(tx, category_id, shelf->position, now, &changes, err);
    }
    return done && (changes == 1 || no_such(err, shelf->kind));
}

static bool delete_texts(struct db *tx, mem_ctx *ctx, enum kb_kind kind, int64_t id,
                         struct error *err)
{
    struct kb_text_row *rows = NULL;
    size_t count = 0;
    if (!kb_texts_of(tx, ctx, str_c(KINDS[kind]), &id, 1, &rows, &count, err)) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        if (!kb_text_delete(tx, rows[i].id, err)) {
            return false;
        }
    }
    return true;
}

bool kb_shelf_delete(struct db *tx, const struct actor *actor, const struct kb_shelf *shelf,
                     struct error *err)
{
    mem_ctx *ctx = db_tx_ctx(tx);
    struct kb_shelf *inside = NULL;
    struct kb_section_articles_count_row articles = {0};
    size_t count = 0;
    int64_t changes = 0;
    if (!writers_only(actor, err)) {
        return false;
    }
    bool looked =
        shelf->kind == KB_CATEGORY
            ? kb_shelves(tx, ctx, KB_SECTION, shelf->id, &inside, &count, err)
            : kb_section_articles_count(tx, ctx, (struct section_id){shelf->id}, &articles, err);
    if (!looked) {
        return false;
    }
    if (count + (size_t)articles.n > 0) {
        return error_set(err, ERR_CONFLICT,
                         "Something still stands here. Move or archive it first, so that nothing "
                         "is lost.");
    }
    bool gone = shelf->kind == KB_CATEGORY
                    ? kb_category_delete(tx, (struct category_id){shelf->id}, &changes, err)
                    : kb_section_delete(tx, (struct section_id){shelf->id}, &changes, err);
    return gone && (changes == 1 || no_such(err, shelf->kind)) &&
           delete_texts(tx, ctx, shelf->kind, shelf->id, err);
}

// --- articles -----------------------------------------------------------------------------------

static struct article article_from(const struct kb_article_row *row)
{
    struct article article = {
        .id = row->id,
        .section = row->section_id,
        .author = row->author_id,
        .position = row->position,
        .promoted = row->promoted,
        .draft = row->draft,
        .visibility = KB_STAFF,
        .comments_disabled = row->comments_disabled,
        .labels = row->labels,
        .source_locale = row->source_locale,
        .vote_sum = row->vote_sum,
        .vote_count = row->vote_count,
        .review_at = row->review_at.v,
        .created_at = row->created_at,
        .updated_at = row->updated_at,
        .edited_at = row->edited_at,
    };
    if (!kb_visibility_parse(row->visibility, &article.visibility)) {
        article.visibility = KB_STAFF;
    }
    return article;
}

bool kb_may_read(const struct actor *actor, const struct article *article)
{
    if (actor_is_staff(actor)) {
        return true;
    }
    bool known = actor->user.v != 0;
    return !article->draft &&
           (article->visibility == KB_ALL || (article->visibility == KB_SIGNED_IN && known));
}

static bool has_label(struct str labels, struct str wanted)
{
    struct str word;
    while (words_next(&wanted, &word)) {
        if (words_has(labels, word)) {
            return true;
        }
    }
    return false;
}

struct filter {
    const struct actor *actor;
    const struct article_query *query;
    const struct kb_shelf *sections;  // of the category, when one is asked for
    size_t section_count;
};

static bool on_shelf(const struct filter *f, struct section_id section)
{
    if (f->query->category.v == 0) {
        return f->query->section.v == 0 || f->query->section.v == section.v;
    }
    for (size_t i = 0; i < f->section_count; i++) {
        if (f->sections[i].id == section.v) {
            return true;
        }
    }
    return false;
}

static bool wanted(const struct filter *f, const struct article *article)
{
    const struct article_query *query = f->query;
    return kb_may_read(f->actor, article) && on_shelf(f, article->section) &&
           (query->author.v == 0 || query->author.v == article->author.v) &&
           (str_empty(query->labels) || has_label(article->labels, query->labels)) &&
           article->updated_at >= query->since;
}

bool articles_find(struct db *db, mem_ctx *ctx, const struct actor *actor,
                   const struct article_query *query, struct article **ret, size_t *ret_count,
                   struct error *err)
{
    struct kb_article_row *rows = NULL;
    struct kb_shelf *sections = NULL;
    struct filter filter = {.actor = actor, .query = query};
    size_t count = 0;
    if (query->category.v != 0 && !kb_shelves(db, ctx, KB_SECTION, query->category.v, &sections,
                                              &filter.section_count, err)) {
        return false;
    }
    filter.sections = sections;
    if (!kb_articles_all(db, ctx, &rows, &count, err)) {
        return false;
    }
    *ret = mem_array(ctx, struct article, count + 1);
    *ret_count = 0;
    for (size_t i = 0; i < count; i++) {
        struct article one = article_from(&rows[i]);
        if (wanted(&filter, &one)) {
            (*ret)[(*ret_count)++] = one;
        }
    }
    return true;
}

bool kb_articles_load(struct db *db, mem_ctx *ctx, const struct actor *actor, const int64_t *ids,
                      size_t count, struct article **ret, size_t *ret_count, struct error *err)
{
    struct kb_article_row *rows = NULL;
    size_t row_count = 0;
    if (!kb_articles_by_ids(db, ctx, ids, count, &rows, &row_count, err)) {
        return false;
    }
    *ret = mem_array(ctx, struct article, row_count + 1);
    *ret_count = 0;
    for (size_t i = 0; i < row_count; i++) {
        struct article one = article_from(&rows[i]);
        if (kb_may_read(actor, &one)) {
            (*ret)[(*ret_count)++] = one;
        }
    }
    return true;
}

bool article_load(struct db *db, mem_ctx *ctx, const struct actor *actor, struct article_id id,
                  struct article *ret, struct error *err)
{
    struct article *list = NULL;
    size_t count = 0;
    if (!kb_articles_load(db, ctx, actor, &id.v, 1, &list, &count, err)) {
        return false;
    }
    if (count == 0) {
        return no_such(err, KB_ARTICLE);
    }
    *ret = list[0];
    return true;
}

static struct kb_article_update_in update_of(const struct article *article, int64_t archived_at)
{
    return (struct kb_article_update_in){
        .id = article->id,
        .section_id = article->section,
        .author_id = article->author,
        .position = article->position,
        .promoted = article->promoted,
        .draft = article->draft,
        .visibility = kb_visibility_word(article->visibility),
        .comments_disabled = article->comments_disabled,
        .labels = article->labels,
        .source_locale = article->source_locale,
        .review_at = {article->review_at != 0, article->review_at},
        .updated_at = article->updated_at,
        .edited_at = article->edited_at,
        .archived_at = {archived_at != 0, archived_at},
    };
}

static bool insert_article(struct db *tx, struct article *article, struct error *err)
{
    article->id.v = db_next_id(tx);
    article->created_at = article->updated_at;
    article->edited_at = article->updated_at;
    article->source_locale = kb_locale(db_tx_ctx(tx), article->source_locale);
    struct kb_article_insert_in in = {
        .id = article->id,
        .section_id = article->section,
        .author_id = article->author,
        .position = article->position,
        .promoted = article->promoted,
        .draft = article->draft,
        .visibility = kb_visibility_word(article->visibility),
        .comments_disabled = article->comments_disabled,
        .labels = article->labels,
        .source_locale = article->source_locale,
        .review_at = {article->review_at != 0, article->review_at},
        .now = article->updated_at,
    };
    return kb_article_insert(tx, &in, err);
}

bool article_save(struct desk *desk, struct db *tx, const struct actor *actor,
                  struct article *article, struct error *err)
{
    mem_ctx *ctx = db_tx_ctx(tx);
    struct kb_shelf section;
    struct article before;
    bool is_new = article->id.v == 0;
    if (!writers_only(actor, err)) {
        return false;
    }
    if (!kb_shelf_load(tx, ctx, KB_SECTION, article->section.v, &section, err)) {
        return err->code == ERR_NOT_FOUND ? error_field(err, "section_id", "InvalidValue",
                                                        "Section: please choose one that is there.")
                                          : false;
    }
    article->updated_at = clock_now(desk->app->clock);
    article->labels = words_normalise(ctx, article->labels);
    if (article->author.v == 0) {
        article->author = actor->user;
    }
    if (is_new) {
        return insert_article(tx, article, err);
    }
    struct kb_article_update_in update = update_of(article, 0);
    return article_load(tx, ctx, actor, article->id, &before, err) &&
           kb_article_update(tx, &update, err) &&
           (str_eq(before.labels, article->labels) || kb_index_article(tx, ctx, article, err));
}

bool article_archive(struct desk *desk, struct db *tx, const struct actor *actor,
                     struct article_id id, struct error *err)
{
    mem_ctx *ctx = db_tx_ctx(tx);
    struct article article;
    int64_t now = clock_now(desk->app->clock);
    if (!writers_only(actor, err) || !article_load(tx, ctx, actor, id, &article, err)) {
        return false;
    }
    article.updated_at = now;
    struct kb_article_update_in update = update_of(&article, now);
    return kb_article_update(tx, &update, err) && kb_unindex_article(tx, ctx, id, err);
}

// --- words --------------------------------------------------------------------------------------

struct kb_text kb_text_from(const struct kb_text_row *row)
{
    struct kb_text text = {
        .id = row->id,
        .of = row->source_id,
        .locale = row->locale,
        .title = row->title,
        .body = {row->body},
        .source = row->source,
        .draft = row->draft,
        .outdated = row->outdated,
        .created_at = row->created_at,
        .updated_at = row->updated_at,
        .created_by = row->created_by,
        .updated_by = row->updated_by,
    };
    for (size_t i = 0; i < sizeof KINDS / sizeof *KINDS; i++) {
        if (str_eq_c(row->kind, KINDS[i])) {
            text.kind = (enum kb_kind)i;
        }
    }
    return text;
}

bool kb_texts(struct db *db, mem_ctx *ctx, const struct actor *actor, enum kb_kind kind,
              const int64_t *ids, size_t count, struct kb_text **ret, size_t *ret_count,
              struct error *err)
{
    struct kb_text_row *rows = NULL;
    size_t row_count = 0;
    if (!kb_texts_of(db, ctx, str_c(KINDS[kind]), ids, count, &rows, &row_count, err)) {
        return false;
    }
    *ret = mem_array(ctx, struct kb_text, row_count + 1);
    *ret_count = 0;
    for (size_t i = 0; i < row_count; i++) {
        if (!rows[i].draft || actor_is_staff(actor)) {
            (*ret)[(*ret_count)++] = kb_text_from(&rows[i]);
        }
    }
    return true;
}

// 4: this very locale … 1: any.
static int fits(const struct kb_text *text, struct str locale, struct str source_locale)
{
    struct str language;
    struct str own;
    struct str rest;
    str_cut(locale, '-', &language, &rest);
    str_cut(text->locale, '-', &own, &rest);
    return str_eq(text->locale, locale)          ? 4
           : str_eq(own, language)               ? 3
           : str_eq(text->locale, source_locale) ? 2
                                                 : 1;
}

const struct kb_text *kb_text_for(const struct kb_text *texts, size_t count, int64_t of,
                                  struct str locale, struct str source_locale)
{
    const struct kb_text *best = NULL;
    int best_fit = 0;
    for (size_t i = 0; i < count; i++) {
        int fit = texts[i].of == of ? fits(&texts[i], locale, source_locale) : 0;
        if (fit > best_fit) {
            best = &texts[i];
            best_fit = fit;
        }
    }
    return best;
}

// The first language of what the text belongs to; NOT_FOUND when that is not there.
static bool first_language(struct db *tx, mem_ctx *ctx, const struct actor *actor,
                           const struct kb_words *words, struct article *ret_article,
                           struct str *ret, struct error *err)
{
    struct kb_shelf shelf;
    if (words->kind == KB_ARTICLE) {
        bool found = article_load(tx, ctx, actor, (struct article_id){words->of}, ret_article, err);
        *ret = found ? ret_article->source_locale : STR_NONE;
        return found;
    }
    bool found = kb_shelf_load(tx, ctx, words->kind, words->of, &shelf, err);
    *ret = found ? shelf.source_locale : STR_NONE;
    return found;
}

static struct html safe_markup(mem_ctx *ctx, struct str markup)
{
    struct sanitize_options options = {.links = SANITIZE_LINKS_OUTSIDE,
                                       .composer = true,
                                       .own_prefix = STR("/"),
                                       .fold_label = STR("")};
    struct sanitized clean;
    html_sanitize(ctx, markup, &options, &clean);
    return clean.html;
}

static bool check_words(const struct kb_words *words, struct error *err)
{
    struct str title = str_trim(words->title);
    if (str_empty(title)) {
        return error_field(err, "title", "BlankValue", "Title: cannot be blank");
    }
    if (title.len > TITLE_MAX) {
        return error_field(err, "title", "TooLong", "Title: has at most %d bytes", TITLE_MAX);
    }
    if (words->markup.len > BODY_MAX || words->markdown.len > BODY_MAX) {
        return error_field(err, "body", "TooLong", "Body: is too long");
    }
    return true;
}

struct saving {
    struct db *tx;
    mem_ctx *ctx;
    const struct actor *actor;
    const struct kb_words *words;
    struct html body;
    struct str locale;
    int64_t now;
};

static bool insert_text(const struct saving *s, bool outdated, int64_t *ret_id, struct error *err)
{
    const struct kb_words *words = s->words;
    *ret_id = db_next_id(s->tx);
    struct kb_text_insert_in in = {
        .id = *ret_id,
        .kind = str_c(KINDS[words->kind]),
        .source_id = words->of,
        .locale = s->locale,
        .title = str_trim(words->title),
        .body = s->body.markup,
        .source = words->markdown,
        .draft = words->draft,
        .outdated = outdated,
        .now = s->now,
        .by = s->actor->user,
    };
    return kb_text_insert(s->tx, &in, err);
}

static bool replace_text(const struct saving *s, const struct kb_text_row *before,
                         struct error *err)
{
    struct kb_version_insert_in version = {
        .id = db_next_id(s->tx),
        .text_id = before->id,
        .title = before->title,
        .body = before->body,
        .source = before->source,
        .author_id = before->updated_by,
        .now = before->updated_at,
    };
    struct kb_text_update_in update = {
        .id = before->id,
        .title = str_trim(s->words->title),
        .body = s->body.markup,
        .source = s->words->markdown,
        .draft = s->words->draft,
        .outdated = false,
        .now = s->now,
        .by = s->actor->user,
    };
    bool same = str_eq(before->title, update.title) && str_eq(before->body, update.body);
    return (same || kb_version_insert(s->tx, &version, err)) && kb_text_update(s->tx, &update, err);
}

static bool article_was_edited(const struct saving *s, struct article *article, struct error *err)
{
    article->updated_at = s->now;
    article->edited_at = s->now;
    if (str_eq(article->source_locale, s->locale)) {
        article->draft = s->words->draft;
    }
    struct kb_article_update_in update = update_of(article, 0);
    return kb_article_update(s->tx, &update, err) && kb_index_article(s->tx, s->ctx, article, err);
}

static const struct kb_text_row *row_in(const struct kb_text_row *rows, size_t count,
                                        struct str locale)
{
    for (size_t i = 0; i < count; i++) {
        if (str_eq(rows[i].locale, locale)) {
            return &rows[i];
        }
    }
    return NULL;
}

bool kb_text_save(struct desk *desk, struct db *tx, mem_ctx *ctx, const struct actor *actor,
                  const struct kb_words *words, struct kb_text *ret, struct error *err)
{
    struct article article = {0};
    struct str first;
    struct kb_text_row *rows = NULL;
    struct kb_text_row row;
    size_t count = 0;
    bool found = false;
    struct saving s = {.tx = tx,
                       .ctx = ctx,
                       .actor = actor,
                       .words = words,
                       .locale = kb_locale(ctx, words->locale),
                       .now = clock_now(desk->app->clock)};
    if (!writers_only(actor, err) || !check_words(words, err) ||
        !first_language(tx, ctx, actor, words, &article, &first, err) ||
        !kb_texts_of(tx, ctx, str_c(KINDS[words->kind]), &words->of, 1, &rows, &count, err)) {
        return false;
    }
    s.body = str_none(words->markdown)
                 ? safe_markup(ctx, str_none(words->markup) ? STR("") : words->markup)
                 : markdown_to_html(ctx, words->markdown);
    const struct kb_text_row *before = row_in(rows, count, s.locale);
    int64_t id = before == NULL ? 0 : before->id;
    bool moves_on = str_eq(first, s.locale) && before != NULL &&
                    (!str_eq(before->body, s.body.markup) || !str_eq(before->title, words->title));
    bool done =
        (before == NULL ? insert_text(&s, false, &id, err) : replace_text(&s, before, err)) &&
        (!moves_on || kb_texts_outdate(tx, str_c(KINDS[words->kind]), words->of, s.locale, err)) &&
        (words->kind != KB_ARTICLE || article_was_edited(&s, &article, err)) &&
        kb_text_by_id(tx, ctx, id, &row, &found, err);
    if (done) {
        *ret = kb_text_from(&row);
    }
    return done;
}

bool kb_text_remove(struct db *tx, mem_ctx *ctx, const struct actor *actor, int64_t id,
                    struct error *err)
{
    struct kb_text_row row;
    struct article article = {0};
    struct str first;
    bool found = false;
    if (!writers_only(actor, err) || !kb_text_by_id(tx, ctx, id, &row, &found, err)) {
        return false;
    }
    if (!found) {
        return error_set(err, ERR_NOT_FOUND, "There is no such translation.");
    }
    struct kb_text text = kb_text_from(&row);
    struct kb_words of = {.kind = text.kind, .of = text.of};
    if (!first_language(tx, ctx, actor, &of, &article, &first, err)) {
        return false;
    }
    if (str_eq(first, text.locale)) {
        return error_set(err, ERR_CONFLICT,
                         "This is the first language, which the others are translated from.");
    }
    return kb_text_delete(tx, id, err) &&
           (text.kind != KB_ARTICLE || kb_index_article(tx, ctx, &article, err));
}

bool kb_versions(struct db *db, mem_ctx *ctx, const struct actor *actor, int64_t text,
                 struct kb_version **ret, size_t *ret_count, struct error *err)
{
    struct kb_versions_of_row *rows = NULL;
    if (!actor_is_staff(actor)) {
        return error_set(err, ERR_FORBIDDEN, "Only staff read earlier versions.");
    }
    if (!kb_versions_of(db, ctx, text, &rows, ret_count, err)) {
        return false;
    }
    *ret = mem_array(ctx, struct kb_version, *ret_count + 1);
    for (size_t i = 0; i < *ret_count; i++) {
        (*ret)[i] = (struct kb_version){rows[i].id,     rows[i].title,     {rows[i].body},
                                        rows[i].source, rows[i].author_id, rows[i].created_at};
    }
    return true;
}
