// SPDX-License-Identifier: GPL-3.0-or-later
//
// View models of the knowledge: what readers see, and where agents write.
#ifndef STEWARD_DESK_KNOWLEDGE_PAGES_H
#define STEWARD_DESK_KNOWLEDGE_PAGES_H

#include "app/app.h"
#include "desk/knowledge/knowledge.h"
#include "view/layout.h"

struct vm_kb_link {
    struct article_id id;
    struct str title;
    struct html snippet;
    bool has_snippet;
    struct str state;  // for agents: "Draft", "For staff", "" when it is simply there
    int64_t updated_at;
    int64_t vote_sum;
    int64_t vote_count;
    bool due;  // for review
};

struct vm_kb_section {
    int64_t id;
    struct str title;
    struct vm_kb_link *articles;
    size_t article_count;
};

struct vm_kb_category {
    int64_t id;
    struct str title;
    struct str description;
    struct vm_kb_section *sections;
    size_t section_count;
};

struct vm_kb_home {
    struct vm_layout layout;
    struct str words;  // searched for, "" when nothing was
    struct vm_kb_link *hits;
    size_t hit_count;
    struct vm_kb_category *categories;
    size_t category_count;
};

struct vm_kb_article {
    struct vm_layout layout;
    struct article_id id;
    struct str title;
    struct html body;
    struct str section;
    struct str language;
    int64_t edited_at;
    struct str state;
    bool can_write;
    bool voted;
    struct vm_kb_link *near;  // others of the same section
    size_t near_count;
};

struct vm_kb_suggest {
    struct vm_kb_link *hits;
    size_t hit_count;
};

struct vm_kb_missed {
    struct str words;
    int64_t uses;
    int64_t last_at;
};

struct vm_kb_asked {
    struct article_id article;
    struct str title;
    int64_t asked;
    struct ticket_id last;
};

struct vm_kb_desk {
    struct vm_layout layout;
    struct vm_kb_category *categories;
    size_t category_count;
    struct vm_kb_missed *missed;
    size_t missed_count;
    struct vm_kb_asked *asked;
    size_t asked_count;
    struct str error;
};

struct vm_kb_version {
    int64_t id;
    struct str title;
    struct str author;
    int64_t at;
    struct html body;
};

struct vm_kb_edit {
    struct vm_layout layout;
    struct article_id id;  // none: new
    struct vm_option *sections;
    size_t section_count;
    struct vm_option *visibilities;
    size_t visibility_count;
    struct vm_option *languages;  // of an article that is there
    size_t language_count;
    struct str locale;
    struct str title;
    struct str source;  // Markdown, or markup when it was never written here
    bool is_markup;
    struct str labels;
    struct str review;  // "2027-01-31"
    bool promoted;
    bool published;
    bool outdated;
    struct ticket_id ticket;  // that it is made from
    struct vm_kb_version *versions;
    size_t version_count;
    struct str error;
};

const struct route *knowledge_routes(size_t *ret_count);

bool page_kb_home(struct ctx *ctx, struct error *err);
bool page_kb_article(struct ctx *ctx, struct error *err);
bool page_kb_vote(struct ctx *ctx, struct error *err);
bool page_kb_suggest(struct ctx *ctx, struct error *err);
bool page_kb_desk(struct ctx *ctx, struct error *err);
bool page_kb_new(struct ctx *ctx, struct error *err);
bool page_kb_create(struct ctx *ctx, struct error *err);
bool page_kb_edit(struct ctx *ctx, struct error *err);
bool page_kb_save(struct ctx *ctx, struct error *err);
bool page_kb_archive(struct ctx *ctx, struct error *err);
bool page_kb_shelf(struct ctx *ctx, struct error *err);
bool page_kb_sitemap(struct ctx *ctx, struct error *err);

// JSON handlers (api.c, api_write.c).
bool api_hc_article(struct ctx *ctx, struct error *err);
bool api_hc_article_create(struct ctx *ctx, struct error *err);
bool api_hc_article_delete(struct ctx *ctx, struct error *err);
bool api_hc_article_update(struct ctx *ctx, struct error *err);
bool api_hc_articles(struct ctx *ctx, struct error *err);
bool api_hc_articles_of_category(struct ctx *ctx, struct error *err);
bool api_hc_articles_of_section(struct ctx *ctx, struct error *err);
bool api_hc_articles_of_user(struct ctx *ctx, struct error *err);
bool api_hc_categories(struct ctx *ctx, struct error *err);
bool api_hc_category(struct ctx *ctx, struct error *err);
bool api_hc_category_create(struct ctx *ctx, struct error *err);
bool api_hc_category_delete(struct ctx *ctx, struct error *err);
bool api_hc_category_update(struct ctx *ctx, struct error *err);
bool api_hc_incremental(struct ctx *ctx, struct error *err);
bool api_hc_locales(struct ctx *ctx, struct error *err);
bool api_hc_search(struct ctx *ctx, struct error *err);
bool api_hc_section(struct ctx *ctx, struct error *err);
bool api_hc_section_create(struct ctx *ctx, struct error *err);
bool api_hc_section_delete(struct ctx *ctx, struct error *err);
bool api_hc_section_update(struct ctx *ctx, struct error *err);
bool api_hc_sections(struct ctx *ctx, struct error *err);
bool api_hc_sections_of_category(struct ctx *ctx, struct error *err);
bool api_hc_translation(struct ctx *ctx, struct error *err);
bool api_hc_translation_create(struct ctx *ctx, struct error *err);
bool api_hc_translation_delete(struct ctx *ctx, struct error *err);
bool api_hc_translation_update(struct ctx *ctx, struct error *err);
bool api_hc_translations(struct ctx *ctx, struct error *err);
bool api_hc_translations_missing(struct ctx *ctx, struct error *err);
bool api_hc_vote_down(struct ctx *ctx, struct error *err);
bool api_hc_vote_up(struct ctx *ctx, struct error *err);
bool api_hc_votes(struct ctx *ctx, struct error *err);

// The shelves with what the actor may read of them, titles in their language; empty ones are left
// out for readers.
MUST_CHECK bool kb_fill_shelves(struct ctx *ctx, bool with_empty, struct vm_kb_category **ret,
                                size_t *ret_count, struct error *err);
// What was read before asking, of links and forms (read=12&read=34).
enum { KB_READ_MOST = 20 };
size_t kb_read_ids(struct ctx *ctx, int64_t ids[KB_READ_MOST]);

#endif
