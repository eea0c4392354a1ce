// SPDX-License-Identifier: GPL-3.0-or-later
//
// Where agents write articles and set up shelves.
#include "desk/desk.h"
#include "desk/knowledge/knowledge.html.h"
#include "desk/knowledge/pages.h"
#include "desk/tickets/names.h"

enum { MISSED = 30, ASKED = 20, REPORT_DAYS = 30 };

static struct str param_or(struct ctx *ctx, const char *name, struct str otherwise)
{
    struct str text = http_param(ctx->req, name);
    return str_empty(text) ? otherwise : text;
}

// --- the list -----------------------------------------------------------------------------------

static struct str title_of(const struct vm_kb_desk *vm, struct article_id id)
{
    for (size_t c = 0; c < vm->category_count; c++) {
        for (size_t s = 0; s < vm->categories[c].section_count; s++) {
            const struct vm_kb_section *section = &vm->categories[c].sections[s];
            for (size_t i = 0; i < section->article_count; i++) {
                if (section->articles[i].id.v == id.v) {
                    return section->articles[i].title;
                }
            }
        }
    }
    return STR_NONE;
}

static bool fill_reports(struct ctx *ctx, struct vm_kb_desk *vm, struct error *err)
{
    struct kb_miss *missed = NULL;
    struct kb_unhelpful *asked = NULL;
    size_t asked_count = 0;
    int64_t since = clock_now(ctx->app->clock) - REPORT_DAYS * DAYS_MS;
    if (!kb_misses(ctx->db, ctx->mem, &ctx->actor, MISSED, &missed, &vm->missed_count, err) ||
        !kb_asked_anyway(ctx->db, ctx->mem, &ctx->actor, since, ASKED, &asked, &asked_count, err)) {
        return false;
    }
    vm->missed = mem_array(ctx->mem, struct vm_kb_missed, vm->missed_count + 1);
    for (size_t i = 0; i < vm->missed_count; i++) {
        vm->missed[i] = (struct vm_kb_missed){missed[i].words, missed[i].uses, missed[i].last_at};
    }
    vm->asked = mem_array(ctx->mem, struct vm_kb_asked, asked_count + 1);
    for (size_t i = 0; i < asked_count; i++) {
        struct str title = title_of(vm, asked[i].article);
        if (!str_none(title)) {
            vm->asked[vm->asked_count++] =
                (struct vm_kb_asked){asked[i].article, title, asked[i].asked, asked[i].last};
        }
    }
    return true;
}

static bool show_desk(struct ctx *ctx, struct str message, struct error *err)
{
    struct vm_kb_desk vm = {.error = message};
    struct view v;
    if (!kb_fill_shelves(ctx, true, &vm.categories, &vm.category_count, err) ||
        !fill_reports(ctx, &vm, err)) {
        return false;
    }
    desk_page_begin(ctx, &v, &vm.layout, STR("Knowledge"), "knowledge");
    view_kb_desk(&v, &vm);
    return true;
}

// GET /knowledge
bool page_kb_desk(struct ctx *ctx, struct error *err)
{
    return show_desk(ctx, STR(""), err);
}

// --- shelves ------------------------------------------------------------------------------------

struct shelf_call {
    struct ctx *ctx;
    struct kb_shelf shelf;
    struct str title;
};

static bool shelf_in_tx(struct db *tx, void *arg, struct error *err)
{
    struct shelf_call *call = arg;
    struct ctx *ctx = call->ctx;
    struct kb_text text;
    struct kb_shelf shelf = call->shelf;
    if (!kb_shelf_save(desk_of(ctx), tx, &ctx->actor, &shelf, err)) {
        return false;
    }
    struct kb_words words = {.kind = shelf.kind,
                             .of = shelf.id,
                             .locale = shelf.source_locale,
                             .title = call->title,
                             .markup = STR(""),
                             .markdown = STR_NONE};
    return kb_text_save(desk_of(ctx), tx, ctx->mem, &ctx->actor, &words, &text, err);
}

// POST /knowledge/shelves: a section of `category`, or a new category.
bool page_kb_shelf(struct ctx *ctx, struct error *err)
{
    struct shelf_call call = {.ctx = ctx, .title = http_form_trimmed(ctx->req, "title")};
    struct error why;
    struct str above = http_form_trimmed(ctx->req, "category");
    call.shelf.kind = str_to_i64(above, &call.shelf.parent) ? KB_SECTION : KB_CATEGORY;
    call.shelf.source_locale = kb_locale(ctx->mem, ctx->actor.locale);
    if (!db_tx_run(ctx->app->db, "knowledge.shelf", shelf_in_tx, &call, &why)) {
        if (why.code != ERR_INVALID) {
            *err = why;
            return false;
        }
        ctx->resp->status = 422;
        return show_desk(ctx, str_dup(ctx->mem, str_c(why.message)), err);
    }
    http_redirect(ctx->resp, STR("/knowledge"));
    return true;
}

// --- one article --------------------------------------------------------------------------------

static bool fill_choices(struct ctx *ctx, struct section_id section, enum kb_visibility visibility,
                         struct vm_kb_edit *vm, struct error *err)
{
    static const char *const LABELS[] = {"Everybody", "People who signed in", "Staff"};
    struct vm_kb_category *categories = NULL;
    size_t count = 0;
    if (!kb_fill_shelves(ctx, true, &categories, &count, err)) {
        return false;
    }
    for (size_t c = 0; c < count; c++) {
        for (size_t s = 0; s < categories[c].section_count; s++) {
            const struct vm_kb_section *one = &categories[c].sections[s];
            vm->sections =
                mem_grow(ctx->mem, vm->sections, struct vm_option, vm->section_count + 1);
            vm->sections[vm->section_count++] =
                (struct vm_option){str_printf(ctx->mem, "%lld", (long long)one->id),
                                   str_printf(ctx->mem, STR_FMT " › " STR_FMT,
                                              STR_ARG(categories[c].title), STR_ARG(one->title)),
                                   one->id == section.v};
        }
    }
    vm->visibilities = mem_array(ctx->mem, struct vm_option, 3);
    for (int i = 0; i < 3; i++) {
        vm->visibilities[vm->visibility_count++] = (struct vm_option){
            kb_visibility_word((enum kb_visibility)i), str_c(LABELS[i]), (int)visibility == i};
    }
    return true;
}

static bool show_edit(struct ctx *ctx, struct vm_kb_edit *vm)
{
    struct view v;
    desk_page_begin(ctx, &v, &vm->layout, vm->id.v == 0 ? STR("New article") : STR("Article"),
                    "knowledge");
    view_kb_edit(&v, vm);
    return true;
}

// What the desk last said in a ticket is often half of the article.
static bool from_ticket(struct ctx *ctx, struct vm_kb_edit *vm, struct error *err)
{
    struct ticket ticket;
    struct ticket_comment *comments = NULL;
    size_t count = 0;
    if (!ticket_load(ctx->db, ctx->mem, &ctx->actor, vm->ticket, &ticket, err) ||
        !ticket_comments(ctx->db, ctx->mem, &ctx->actor, ticket.id, &comments, &count, err)) {
        return false;
    }
    vm->title = ticket.subject;
    for (size_t i = count; i > 0 && vm->source.len == 0; i--) {
        const struct ticket_comment *one = &comments[i - 1];
        if (one->is_public && !one->withdrawn && one->author.v != ticket.requester.v) {
            vm->source = one->body;
        }
    }
    return true;
}

// GET /knowledge/new?ticket=42
bool page_kb_new(struct ctx *ctx, struct error *err)
{
    struct vm_kb_edit vm = {.title = STR(""),
                            .source = STR(""),
                            .labels = STR(""),
                            .review = STR(""),
                            .error = STR(""),
                            .locale = kb_locale(ctx->mem, ctx->actor.locale)};
    struct section_id section = {0};
    if (!str_to_i64(param_or(ctx, "section", STR("0")), &section.v) ||
        !str_to_i64(param_or(ctx, "ticket", STR("0")), &vm.ticket.v)) {
        return error_set(err, ERR_BAD_REQUEST, "This link is not complete.");
    }
    return (vm.ticket.v == 0 || from_ticket(ctx, &vm, err)) &&
           fill_choices(ctx, section, KB_ALL, &vm, err) && show_edit(ctx, &vm);
}

struct article_call {
    struct ctx *ctx;
    struct article article;
    struct kb_words words;
    struct article saved;
};

static bool article_in_tx(struct db *tx, void *arg, struct error *err)
{
    struct article_call *call = arg;
    struct ctx *ctx = call->ctx;
    struct kb_text text;
    call->saved = call->article;
    struct kb_words words = call->words;
    if (!article_save(desk_of(ctx), tx, &ctx->actor, &call->saved, err)) {
        return false;
    }
    words.of = call->saved.id.v;
    return kb_text_save(desk_of(ctx), tx, ctx->mem, &ctx->actor, &words, &text, err);
}

// What the form says, laid over `article`.
static bool read_article(struct ctx *ctx, struct article *article, struct kb_words *words,
                         struct error *err)
{
    struct str section = http_form_trimmed(ctx->req, "section");
    struct str review = http_form_trimmed(ctx->req, "review");
    bool published = str_eq_c(http_form_trimmed(ctx->req, "published"), "1");
    bool markup = str_eq_c(http_form_trimmed(ctx->req, "is_markup"), "1");
    struct str source = http_form(ctx->req, "source");
    source = str_none(source) ? STR("") : source;
    article->labels = http_form_trimmed(ctx->req, "labels");
    article->promoted = str_eq_c(http_form_trimmed(ctx->req, "promoted"), "1");
    *words = (struct kb_words){.kind = KB_ARTICLE,
                               .locale = kb_locale(ctx->mem, http_form_trimmed(ctx->req, "locale")),
                               .title = http_form_trimmed(ctx->req, "title"),
                               .markup = markup ? source : STR_NONE,
                               .markdown = markup ? STR_NONE : source,
                               .draft = !published};
    if (article->id.v == 0) {
        article->draft = !published;
        article->source_locale = words->locale;
    }
    article->review_at = 0;
    if (review.len > 0 && !time_parse_iso(review, &article->review_at)) {
        return error_field(err, "review", "InvalidValue", "Please give the day as 2027-01-31.");
    }
    if (!str_to_i64(section, &article->section.v) ||
        !kb_visibility_parse(http_form_trimmed(ctx->req, "visibility"), &article->visibility)) {
        return error_field(err, "section", "InvalidValue",
                           "Please choose where the article stands and who may read it.");
    }
    return true;
}

static bool show_again(struct ctx *ctx, const struct article_call *call, const struct error *why,
                       struct error *err)
{
    bool markup = !str_none(call->words.markup);
    struct vm_kb_edit vm = {.id = call->article.id,
                            .title = call->words.title,
                            .source = markup ? call->words.markup : call->words.markdown,
                            .is_markup = markup,
                            .labels = call->article.labels,
                            .review = http_form_trimmed(ctx->req, "review"),
                            .locale = call->words.locale,
                            .promoted = call->article.promoted,
                            .published = !call->words.draft,
                            .error = str_dup(ctx->mem, str_c(why->message))};
    if (why->code != ERR_INVALID) {
        *err = *why;
        return false;
    }
    ctx->resp->status = 422;
    return fill_choices(ctx, call->article.section, call->article.visibility, &vm, err) &&
           show_edit(ctx, &vm);
}

static bool save_call(struct ctx *ctx, struct article_call *call, struct error *err)
{
    struct error why;
    if (!read_article(ctx, &call->article, &call->words, &why) ||
        !db_tx_run(ctx->app->db, "knowledge.article", article_in_tx, call, &why)) {
        return show_again(ctx, call, &why, err);
    }
    http_redirect(ctx->resp,
                  str_printf(ctx->mem, "/knowledge/articles/%lld", (long long)call->saved.id.v));
    return true;
}

// POST /knowledge/articles
bool page_kb_create(struct ctx *ctx, struct error *err)
{
    struct article_call call = {.ctx = ctx};
    return save_call(ctx, &call, err);
}

// POST /knowledge/articles/{article:id}
bool page_kb_save(struct ctx *ctx, struct error *err)
{
    struct article_call call = {.ctx = ctx};
    return article_load(ctx->db, ctx->mem, &ctx->actor, (struct article_id){ctx->path.ids[0]},
                        &call.article, err) &&
           save_call(ctx, &call, err);
}

static bool fill_versions(struct ctx *ctx, const struct kb_text *text, struct vm_kb_edit *vm,
                          struct error *err)
{
    struct kb_version *versions = NULL;
    struct names names = {0};
    if (!kb_versions(ctx->db, ctx->mem, &ctx->actor, text->id, &versions, &vm->version_count,
                     err)) {
        return false;
    }
    for (size_t i = 0; i < vm->version_count; i++) {
        names_want(&names, ctx->mem, versions[i].author);
    }
    if (!names_load(&names, ctx->db, ctx->mem, err)) {
        return false;
    }
    vm->versions = mem_array(ctx->mem, struct vm_kb_version, vm->version_count + 1);
    for (size_t i = 0; i < vm->version_count; i++) {
        vm->versions[i] = (struct vm_kb_version){versions[i].id, versions[i].title,
                                                 names_person(&names, versions[i].author).name,
                                                 versions[i].created_at, versions[i].body};
    }
    return true;
}

static void fill_languages(struct ctx *ctx, const struct kb_text *texts, size_t count,
                           struct vm_kb_edit *vm)
{
    vm->languages = mem_array(ctx->mem, struct vm_option, count + 1);
    for (size_t i = 0; i < count; i++) {
        struct str label = texts[i].outdated
                               ? str_printf(ctx->mem, STR_FMT " (behind)", STR_ARG(texts[i].locale))
                               : texts[i].locale;
        vm->languages[vm->language_count++] =
            (struct vm_option){texts[i].locale, label, str_eq(texts[i].locale, vm->locale)};
    }
}

// GET /knowledge/articles/{article:id}?locale=de
bool page_kb_edit(struct ctx *ctx, struct error *err)
{
    struct article article;
    struct kb_text *texts = NULL;
    size_t count = 0;
    struct article_id id = {ctx->path.ids[0]};
    if (!article_load(ctx->db, ctx->mem, &ctx->actor, id, &article, err) ||
        !kb_texts(ctx->db, ctx->mem, &ctx->actor, KB_ARTICLE, &id.v, 1, &texts, &count, err)) {
        return false;
    }
    struct str wish = param_or(ctx, "locale", article.source_locale);
    const struct kb_text *text =
        kb_text_for(texts, count, id.v, kb_locale(ctx->mem, wish), article.source_locale);
    struct vm_kb_edit vm = {.id = id,
                            .title = STR(""),
                            .source = STR(""),
                            .labels = article.labels,
                            .review = article.review_at == 0
                                          ? STR("")
                                          : str_sub(time_iso(ctx->mem, article.review_at), 0, 10),
                            .locale = kb_locale(ctx->mem, wish),
                            .promoted = article.promoted,
                            .error = STR("")};
    if (text != NULL) {
        vm.title = text->title;
        vm.locale = text->locale;
        vm.is_markup = str_none(text->source);
        vm.source = vm.is_markup ? text->body.markup : text->source;
        vm.published = !text->draft;
        vm.outdated = text->outdated;
        if (!fill_versions(ctx, text, &vm, err)) {
            return false;
        }
    }
    fill_languages(ctx, texts, count, &vm);
    return fill_choices(ctx, article.section, article.visibility, &vm, err) && show_edit(ctx, &vm);
}

static bool archive_in_tx(struct db *tx, void *arg, struct error *err)
{
    struct ctx *ctx = arg;
    return article_archive(desk_of(ctx), tx, &ctx->actor, (struct article_id){ctx->path.ids[0]},
                           err);
}

// POST /knowledge/articles/{article:id}/archive
bool page_kb_archive(struct ctx *ctx, struct error *err)
{
    if (!db_tx_run(ctx->app->db, "knowledge.archive", archive_in_tx, ctx, err)) {
        return false;
    }
    http_redirect(ctx->resp, STR("/knowledge"));
    return true;
}
