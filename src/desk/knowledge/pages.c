// SPDX-License-Identifier: GPL-3.0-or-later
//
// The knowledge as readers meet it. A person is one step away on every page.
#include "desk/knowledge/pages.h"

#include "app/say.h"
#include "desk/desk.h"
#include "desk/knowledge/knowledge.html.h"

enum { HITS = 20, SUGGESTIONS = 3, NEAR = 6 };

static struct str reader_locale(struct ctx *ctx)
{
    return kb_locale(ctx->mem, say_locale(ctx));
}

static struct str state_of(const struct article *article)
{
    return article->draft                        ? STR("Draft")
           : article->visibility == KB_STAFF     ? STR("For staff")
           : article->visibility == KB_SIGNED_IN ? STR("For people who signed in")
                                                 : STR("");
}

static struct vm_kb_link link_of(struct ctx *ctx, const struct article *article, struct str title)
{
    return (struct vm_kb_link){
        .id = article->id,
        .title = title,
        .snippet = {STR("")},
        .state = state_of(article),
        .updated_at = article->updated_at,
        .vote_sum = article->vote_sum,
        .vote_count = article->vote_count,
        .due = article->review_at != 0 && article->review_at <= clock_now(ctx->app->clock),
    };
}

// --- shelves ------------------------------------------------------------------------------------

struct shelving {
    struct ctx *ctx;
    struct str locale;
    struct kb_shelf *categories;
    size_t category_count;
    struct kb_shelf *sections;
    size_t section_count;
    struct article *articles;
    size_t article_count;
    struct kb_text *category_texts;
    size_t category_text_count;
    struct kb_text *section_texts;
    size_t section_text_count;
    struct kb_text *article_texts;
    size_t article_text_count;
};

static int64_t *shelf_ids(mem_ctx *ctx, const struct kb_shelf *shelves, size_t count)
{
    int64_t *ids = mem_array(ctx, int64_t, count + 1);
    for (size_t i = 0; i < count; i++) {
        ids[i] = shelves[i].id;
    }
    return ids;
}

static bool load_shelving(struct shelving *s, struct error *err)
{
    struct ctx *ctx = s->ctx;
    const struct actor *actor = &ctx->actor;
    const struct article_query all = {.labels = STR("")};
    if (!kb_shelves(ctx->db, ctx->mem, KB_CATEGORY, 0, &s->categories, &s->category_count, err) ||
        !kb_shelves(ctx->db, ctx->mem, KB_SECTION, 0, &s->sections, &s->section_count, err) ||
        !articles_find(ctx->db, ctx->mem, actor, &all, &s->articles, &s->article_count, err)) {
        return false;
    }
    int64_t *ids = mem_array(ctx->mem, int64_t, s->article_count + 1);
    for (size_t i = 0; i < s->article_count; i++) {
        ids[i] = s->articles[i].id.v;
    }
    return kb_texts(ctx->db, ctx->mem, actor, KB_CATEGORY,
                    shelf_ids(ctx->mem, s->categories, s->category_count), s->category_count,
                    &s->category_texts, &s->category_text_count, err) &&
           kb_texts(ctx->db, ctx->mem, actor, KB_SECTION,
                    shelf_ids(ctx->mem, s->sections, s->section_count), s->section_count,
                    &s->section_texts, &s->section_text_count, err) &&
           kb_texts(ctx->db, ctx->mem, actor, KB_ARTICLE, ids, s->article_count, &s->article_texts,
                    &s->article_text_count, err);
}

static void fill_section(const struct shelving *s, const struct kb_shelf *shelf,
                         struct vm_kb_section *vm)
{
    const struct kb_text *name = kb_text_for(s->section_texts, s->section_text_count, shelf->id,
                                             s->locale, shelf->source_locale);
    vm->id = shelf->id;
    vm->title = name == NULL ? STR("") : name->title;
    vm->articles = mem_array(s->ctx->mem, struct vm_kb_link, s->article_count + 1);
    for (int promoted = 1; promoted >= 0; promoted--) {
        for (size_t i = 0; i < s->article_count; i++) {
            const struct article *one = &s->articles[i];
            const struct kb_text *text = kb_text_for(s->article_texts, s->article_text_count,
                                                     one->id.v, s->locale, one->source_locale);
            if (one->section.v == shelf->id && one->promoted == (promoted == 1) && text != NULL) {
                vm->articles[vm->article_count++] = link_of(s->ctx, one, text->title);
            }
        }
    }
}

static void fill_category(const struct shelving *s, const struct kb_shelf *shelf, bool with_empty,
                          struct vm_kb_category *vm)
{
    const struct kb_text *name = kb_text_for(s->category_texts, s->category_text_count, shelf->id,
                                             s->locale, shelf->source_locale);
    vm->id = shelf->id;
    vm->title = name == NULL ? STR("") : name->title;
    vm->description = STR("");
    vm->sections = mem_array(s->ctx->mem, struct vm_kb_section, s->section_count + 1);
    for (size_t i = 0; i < s->section_count; i++) {
        if (s->sections[i].parent != shelf->id) {
            continue;
        }
        struct vm_kb_section *section = &vm->sections[vm->section_count];
        *section = (struct vm_kb_section){0};
        fill_section(s, &s->sections[i], section);
        vm->section_count += with_empty || section->article_count > 0 ? 1 : 0;
    }
}

bool kb_fill_shelves(struct ctx *ctx, bool with_empty, struct vm_kb_category **ret,
                     size_t *ret_count, struct error *err)
{
    struct shelving s = {.ctx = ctx, .locale = reader_locale(ctx)};
    if (!load_shelving(&s, err)) {
        return false;
    }
    *ret = mem_array(ctx->mem, struct vm_kb_category, s.category_count + 1);
    *ret_count = 0;
    for (size_t i = 0; i < s.category_count; i++) {
        struct vm_kb_category *one = &(*ret)[*ret_count];
        *one = (struct vm_kb_category){0};
        fill_category(&s, &s.categories[i], with_empty, one);
        *ret_count += with_empty || one->section_count > 0 ? 1 : 0;
    }
    return true;
}

// --- searching ----------------------------------------------------------------------------------

static bool find_links(struct ctx *ctx, const struct kb_search *search, struct vm_kb_link **ret,
                       size_t *ret_count, struct error *err)
{
    struct kb_hit *hits = NULL;
    if (!kb_find(ctx->db, ctx->mem, &ctx->actor, search, &hits, ret_count, err)) {
        return false;
    }
    *ret = mem_array(ctx->mem, struct vm_kb_link, *ret_count + 1);
    for (size_t i = 0; i < *ret_count; i++) {
        (*ret)[i] = link_of(ctx, &hits[i].article, hits[i].text.title);
        (*ret)[i].snippet = hits[i].snippet;
        (*ret)[i].has_snippet = true;
    }
    return true;
}

// GET /help?q=
bool page_kb_home(struct ctx *ctx, struct error *err)
{
    struct vm_kb_home vm = {0};
    struct view v;
    struct str words = http_param(ctx->req, "q");
    vm.words = str_none(words) ? STR("") : str_trim(words);
    struct kb_search search = {.words = vm.words, .locale = reader_locale(ctx), .most = HITS};
    bool filled = vm.words.len > 0
                      ? find_links(ctx, &search, &vm.hits, &vm.hit_count, err)
                      : kb_fill_shelves(ctx, false, &vm.categories, &vm.category_count, err);
    if (!filled || (vm.words.len > 0 && vm.hit_count == 0 && !actor_is_staff(&ctx->actor) &&
                    !kb_note_miss(desk_of(ctx), ctx->mem, vm.words, err))) {
        return false;
    }
    desk_page_begin(ctx, &v, &vm.layout, say_words(ctx, "Help"), "help");
    view_kb_home(&v, &vm);
    return true;
}

// GET /help/suggest?subject=: beside the form in which somebody writes what they need.
bool page_kb_suggest(struct ctx *ctx, struct error *err)
{
    struct vm_kb_suggest vm = {0};
    struct vm_layout layout = {0};
    struct view v;
    struct str words = http_param(ctx->req, "subject");
    struct kb_search search = {.words = str_none(words) ? STR("") : words,
                               .locale = reader_locale(ctx),
                               .typing = true,
                               .most = SUGGESTIONS};
    if (!find_links(ctx, &search, &vm.hits, &vm.hit_count, err)) {
        return false;
    }
    desk_page_begin(ctx, &v, &layout, STR(""), "home");
    view_kb_suggest(&v, &vm);
    return true;
}

// --- one article --------------------------------------------------------------------------------

static bool fill_near(struct ctx *ctx, const struct article *article, struct vm_kb_article *vm,
                      struct error *err)
{
    const struct article_query query = {.section = article->section, .labels = STR("")};
    struct article *others = NULL;
    struct kb_text *texts = NULL;
    struct kb_text *names = NULL;
    size_t count = 0;
    size_t text_count = 0;
    size_t name_count = 0;
    if (!articles_find(ctx->db, ctx->mem, &ctx->actor, &query, &others, &count, err)) {
        return false;
    }
    int64_t *ids = mem_array(ctx->mem, int64_t, count + 1);
    for (size_t i = 0; i < count; i++) {
        ids[i] = others[i].id.v;
    }
    if (!kb_texts(ctx->db, ctx->mem, &ctx->actor, KB_ARTICLE, ids, count, &texts, &text_count,
                  err) ||
        !kb_texts(ctx->db, ctx->mem, &ctx->actor, KB_SECTION, &article->section.v, 1, &names,
                  &name_count, err)) {
        return false;
    }
    const struct kb_text *section = kb_text_for(names, name_count, article->section.v,
                                                reader_locale(ctx), article->source_locale);
    vm->section = section == NULL ? STR("") : section->title;
    vm->near = mem_array(ctx->mem, struct vm_kb_link, NEAR);
    for (size_t i = 0; i < count && vm->near_count < NEAR; i++) {
        const struct kb_text *text = kb_text_for(texts, text_count, others[i].id.v,
                                                 reader_locale(ctx), others[i].source_locale);
        if (others[i].id.v != article->id.v && text != NULL) {
            vm->near[vm->near_count++] = link_of(ctx, &others[i], text->title);
        }
    }
    return true;
}

// GET /help/articles/{article:id}
bool page_kb_article(struct ctx *ctx, struct error *err)
{
    struct vm_kb_article vm = {0};
    struct article article;
    struct kb_text *texts = NULL;
    size_t count = 0;
    struct view v;
    struct article_id id = {ctx->path.ids[0]};
    if (!article_load(ctx->db, ctx->mem, &ctx->actor, id, &article, err) ||
        !kb_texts(ctx->db, ctx->mem, &ctx->actor, KB_ARTICLE, &id.v, 1, &texts, &count, err)) {
        return false;
    }
    struct str wish = http_param(ctx->req, "locale");
    const struct kb_text *text = kb_text_for(
        texts, count, id.v, str_empty(wish) ? reader_locale(ctx) : kb_locale(ctx->mem, wish),
        article.source_locale);
    if (text == NULL) {
        return error_set(err, ERR_NOT_FOUND, "There is no such article.");
    }
    vm.id = id;
    vm.title = text->title;
    vm.body = text->body;
    vm.language = text->locale;
    vm.edited_at = text->updated_at;
    vm.state = actor_is_staff(&ctx->actor) ? state_of(&article) : STR("");
    vm.can_write = actor_is_agent(&ctx->actor);
    vm.voted = str_eq_c(http_param(ctx->req, "voted"), "1");
    if (!fill_near(ctx, &article, &vm, err)) {
        return false;
    }
    desk_page_begin(ctx, &v, &vm.layout, text->title, "help");
    view_kb_article(&v, &vm);
    return true;
}

struct voting {
    struct ctx *ctx;
    struct article_id id;
    int value;
    struct kb_vote vote;
};

static bool vote_in_tx(struct db *tx, void *arg, struct error *err)
{
    struct voting *voting = arg;
    struct ctx *ctx = voting->ctx;
    return article_vote(desk_of(ctx), tx, ctx->mem, &ctx->actor, voting->id, voting->value,
                        &voting->vote, err);
}

// POST /help/articles/{article:id}/vote
bool page_kb_vote(struct ctx *ctx, struct error *err)
{
    struct str vote = http_form(ctx->req, "vote");
    struct voting voting = {.ctx = ctx, .id = {ctx->path.ids[0]}};
    if (!str_eq_c(vote, "up") && !str_eq_c(vote, "down")) {
        return error_set(err, ERR_INVALID, "Please say whether the article helped.");
    }
    voting.value = str_eq_c(vote, "up") ? 1 : -1;
    if (!db_tx_run(ctx->app->db, "knowledge.vote", vote_in_tx, &voting, err)) {
        return false;
    }
    http_redirect(ctx->resp,
                  str_printf(ctx->mem, "/help/articles/%lld?voted=1", (long long)voting.id.v));
    return true;
}

size_t kb_read_ids(struct ctx *ctx, int64_t ids[KB_READ_MOST])
{
    size_t count = 0;
    const struct http_pairs *sources[] = {&ctx->req->params, &ctx->req->form};
    for (size_t s = 0; s < 2; s++) {
        for (size_t i = 0; i < sources[s]->count && count < KB_READ_MOST; i++) {
            const struct http_pair *pair = &sources[s]->items[i];
            if (str_eq_c(pair->name, "read") && str_to_i64(pair->value, &ids[count])) {
                count++;
            }
        }
    }
    return count;
}

// GET /sitemap.xml: what everybody may read.
bool page_kb_sitemap(struct ctx *ctx, struct error *err)
{
    struct actor nobody = {.role = ROLE_NONE};
    const struct article_query all = {.labels = STR("")};
    struct article *articles = NULL;
    size_t count = 0;
    if (!articles_find(ctx->db, ctx->mem, &nobody, &all, &articles, &count, err)) {
        return false;
    }
    struct buf *out = &ctx->resp->body;
    buf_put_c(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
                   "<urlset xmlns=\"http://www.sitemaps.org/schemas/sitemap/0.9\">\n");
    for (size_t i = 0; i < count; i++) {
        buf_put_c(out, "<url><loc>");
        buf_put_html_text(out, desk_people(ctx)->public_url);
        buf_put_c(out, "/help/articles/");
        buf_put_i64(out, articles[i].id.v);
        buf_put_c(out, "</loc></url>\n");
    }
    buf_put_c(out, "</urlset>\n");
    http_set_header_c(ctx->resp, "Content-Type", "application/xml; charset=utf-8");
    return true;
}
