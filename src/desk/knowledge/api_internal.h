// SPDX-License-Identifier: GPL-3.0-or-later
//
// Shared by the help centre's JSON handlers.
#ifndef STEWARD_DESK_KNOWLEDGE_API_INTERNAL_H
#define STEWARD_DESK_KNOWLEDGE_API_INTERNAL_H

#include "app/api.h"
#include "desk/knowledge/knowledge.h"

// Records that every help centre has; they are not stored.
enum { HC_PERMISSION_GROUP = 1, HC_SEGMENT_SIGNED_IN = 2, HC_SEGMENT_STAFF = 3 };

// The words of some articles.
struct hc_set {
    struct str locale;
    struct kb_text *texts;
    size_t text_count;
};
MUST_CHECK bool hc_set_load(struct ctx *ctx, struct db *db, const struct article *articles,
                            size_t count, struct hc_set *ret, struct error *err);
void hc_article_write(struct ctx *ctx, struct jw *w, const struct hc_set *set,
                      const struct article *article);

// The language that the path or the request names, else the reader's.
struct str hc_locale(struct ctx *ctx);
MUST_CHECK bool hc_page_parse(struct ctx *ctx, struct api_page *ret, struct error *err);
void hc_slice(const struct api_page *page, const int64_t *ids, size_t count, size_t *ret_from,
              struct api_found *ret);
void hc_page_write(struct ctx *ctx, struct jw *w, const struct api_page *page,
                   const struct api_found *found);
MUST_CHECK bool hc_answer_article(struct ctx *ctx, struct db *db, const struct article *article,
                                  struct error *err);
MUST_CHECK bool hc_answer_shelf(struct ctx *ctx, struct db *db, const struct kb_shelf *shelf,
                                struct error *err);

#endif
