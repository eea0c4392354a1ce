// SPDX-License-Identifier: GPL-3.0-or-later
//
// The help centre of another desk: categories, sections, articles and their translations. Words
// that somebody changed here since are left as they are; where an article stands is only said once.
#include "base/words.h"
#include "desk/desk.h"
#include "desk/import/run.h"
#include "desk/knowledge/knowledge.h"

static bool flag_of(const struct import_item *item, const char *key)
{
    bool value = false;
    return jr_bool(jr_get(item->object, key), &value) && value;
}

static struct str text_of(const struct import_item *item, const char *key)
{
    struct str text = jr_text(jr_get(item->object, key));
    return str_none(text) ? STR("") : text;
}

static struct str locale_of(const struct import_item *item)
{
    struct str source = jr_text(jr_get(item->object, "source_locale"));
    return str_none(source) ? jr_text(jr_get(item->object, "locale")) : source;
}

static int64_t position_of(const struct import_item *item)
{
    int64_t position = 0;
    return jr_i64(jr_get(item->object, "position"), &position) && position > 0 ? position : 0;
}

// --- words --------------------------------------------------------------------------------------

// Whether somebody here wrote what stands in this language. Imports have no name.
static bool is_touched(struct ctx *ctx, const struct kb_words *words, bool *ret, struct error *err)
{
    struct kb_text *texts = NULL;
    size_t count = 0;
    struct str locale = kb_locale(ctx->mem, words->locale);
    *ret = false;
    if (!kb_texts(ctx->db, ctx->mem, &ctx->actor, words->kind, &words->of, 1, &texts, &count,
                  err)) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        *ret = *ret || (str_eq(texts[i].locale, locale) && texts[i].updated_by.v != 0);
    }
    return true;
}

static bool save_words(struct import *run, struct ctx *ctx, struct import_item *item,
                       const struct kb_words *words, struct error *err)
{
    struct kb_text text;
    bool touched = false;
    if (!is_touched(ctx, words, &touched, err)) {
        return false;
    }
    if (touched) {
        import_note(item, "", STR("It was changed here since and is left as it is."));
        return true;
    }
    if (str_ifind(words->markup, STR("<img")) >= 0) {
        import_note(item, "body", STR("Its pictures are still those of the old desk."));
    }
    return kb_text_save(run->desk, ctx->db, ctx->mem, &ctx->actor, words, &text, err);
}

static bool words_of_own(struct import *run, struct ctx *ctx, struct import_item *item,
                         enum kb_kind kind, int64_t of, struct error *err)
{
    struct str title = text_of(item, "name");
    const struct kb_words words = {
        .kind = kind,
        .of = of,
        .locale = locale_of(item),
        .title = str_empty(title) ? text_of(item, "title") : title,
        .markup = text_of(item, kind == KB_ARTICLE ? "body" : "description"),
        .markdown = STR_NONE,
        .draft = flag_of(item, "draft"),
    };
    return save_words(run, ctx, item, &words, err);
}

// --- shelves ------------------------------------------------------------------------------------

static bool apply_shelf(struct import *run, struct ctx *ctx, struct import_item *item,
                        enum kb_kind kind, struct error *err)
{
    struct kb_shelf shelf = {.kind = kind,
                             .id = item->own,
                             .position = position_of(item),
                             .source_locale = locale_of(item)};
    if (kind == KB_SECTION &&
        !import_find(run, ctx->db, IMPORT_CATEGORY, import_id(item->object, "category_id"),
                     &shelf.parent, err)) {
        return false;
    }
    if (kind == KB_SECTION && shelf.parent == 0) {
        return error_field(err, "category_id", "RecordNotFound",
                           "The export does not have what this names.");
    }
    if (import_id(item->object, "parent_section_id") != 0) {
        import_note(item, "parent_section_id", STR("Sections stand beside each other here."));
    }
    if ((item->own == 0 && !kb_shelf_save(run->desk, ctx->db, &ctx->actor, &shelf, err)) ||
        !words_of_own(run, ctx, item, kind, shelf.id, err)) {
        return false;
    }
    import_became(item, shelf.id);
    return true;
}

static bool apply_category(struct import *run, struct ctx *ctx, struct import_item *item,
                           struct error *err)
{
    return apply_shelf(run, ctx, item, KB_CATEGORY, err);
}

static bool apply_section(struct import *run, struct ctx *ctx, struct import_item *item,
                          struct error *err)
{
    return apply_shelf(run, ctx, item, KB_SECTION, err);
}

const struct import_way IMPORT_WAY_CATEGORY = {NULL, apply_category};
const struct import_way IMPORT_WAY_SECTION = {NULL, apply_section};

// --- articles -----------------------------------------------------------------------------------

static struct str labels_of(mem_ctx *ctx, const struct import_item *item)
{
    struct jr_value names = jr_get(item->object, "label_names");
    struct str labels = STR("");
    for (size_t i = 0; i < jr_count(names); i++) {
        struct str name = jr_text(jr_at(names, i));
        labels = str_none(name) ? labels : words_combine(ctx, labels, name, STR(""));
    }
    return labels;
}

static bool make_article(struct import *run, struct ctx *ctx, struct import_item *item,
                         struct article *ret, struct error *err)
{
    bool narrow = !jr_none(jr_get(item->object, "user_segment_id")) ||
                  jr_count(jr_get(item->object, "user_segment_ids")) > 0;
    *ret = (struct article){.position = position_of(item),
                            .promoted = flag_of(item, "promoted"),
                            .draft = flag_of(item, "draft"),
                            .visibility = narrow ? KB_STAFF : KB_ALL,
                            .comments_disabled = flag_of(item, "comments_disabled"),
                            .labels = labels_of(ctx->mem, item),
                            .source_locale = locale_of(item)};
    if (!import_find(run, ctx->db, IMPORT_SECTION, import_id(item->object, "section_id"),
                     &ret->section.v, err) ||
        !import_person(run, ctx, item, import_id(item->object, "author_id"), "author_id",
                       &ret->author, err)) {
        return false;
    }
    if (narrow) {
        import_note(item, "user_segment_id",
                    STR("It was for some readers only; until you say who, it is for staff."));
    }
    return article_save(run->desk, ctx->db, &ctx->actor, ret, err);
}

static bool apply_article(struct import *run, struct ctx *ctx, struct import_item *item,
                          struct error *err)
{
    struct article article = {.id = {item->own}};
    if ((item->own == 0 && !make_article(run, ctx, item, &article, err)) ||
        !words_of_own(run, ctx, item, KB_ARTICLE, article.id.v, err)) {
        return false;
    }
    import_became(item, article.id.v);
    return true;
}

const struct import_way IMPORT_WAY_ARTICLE = {NULL, apply_article};

// --- translations -------------------------------------------------------------------------------

static bool source_of(struct import *run, struct ctx *ctx, const struct import_item *item,
                      enum kb_kind *ret_kind, int64_t *ret, struct error *err)
{
    struct str type = text_of(item, "source_type");
    enum import_kind kind = str_ieq_c(type, "category")  ? IMPORT_CATEGORY
                            : str_ieq_c(type, "section") ? IMPORT_SECTION
                                                         : IMPORT_ARTICLE;
    *ret_kind = kind == IMPORT_CATEGORY  ? KB_CATEGORY
                : kind == IMPORT_SECTION ? KB_SECTION
                                         : KB_ARTICLE;
    return import_find(run, ctx->db, kind, import_id(item->object, "source_id"), ret, err) &&
           (*ret != 0 || error_field(err, "source_id", "RecordNotFound",
                                     "The export does not have what this names."));
}

// The first language came with the article.
static bool is_first(struct ctx *ctx, enum kb_kind kind, int64_t of, struct str locale, bool *ret,
                     struct error *err)
{
    struct article article = {0};
    struct kb_shelf shelf = {0};
    bool ok = kind == KB_ARTICLE ? article_load(ctx->db, ctx->mem, &ctx->actor,
                                                (struct article_id){of}, &article, err)
                                 : kb_shelf_load(ctx->db, ctx->mem, kind, of, &shelf, err);
    struct str first = kind == KB_ARTICLE ? article.source_locale : shelf.source_locale;
    *ret = ok && str_eq(kb_locale(ctx->mem, first), kb_locale(ctx->mem, locale));
    return ok;
}

static bool apply_translation(struct import *run, struct ctx *ctx, struct import_item *item,
                              struct error *err)
{
    struct kb_words words = {.locale = text_of(item, "locale"),
                             .title = text_of(item, "title"),
                             .markup = text_of(item, "body"),
                             .markdown = STR_NONE,
                             .draft = flag_of(item, "draft")};
    bool first = false;
    if (!source_of(run, ctx, item, &words.kind, &words.of, err) ||
        !is_first(ctx, words.kind, words.of, words.locale, &first, err)) {
        return false;
    }
    if (first) {
        import_was_here(item, words.of);
        return true;
    }
    import_became(item, words.of);
    return save_words(run, ctx, item, &words, err);
}

const struct import_way IMPORT_WAY_TRANSLATION = {NULL, apply_translation};
