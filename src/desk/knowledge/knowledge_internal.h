// SPDX-License-Identifier: GPL-3.0-or-later
//
// Shared inside the knowledge room.
#ifndef STEWARD_DESK_KNOWLEDGE_INTERNAL_H
#define STEWARD_DESK_KNOWLEDGE_INTERNAL_H

#include "base/words.h"
#include "desk/knowledge/knowledge.h"
#include "desk/knowledge/queries.h"

bool kb_may_read(const struct actor *actor, const struct article *article);
struct kb_text kb_text_from(const struct kb_text_row *row);
// Those of the ids that the actor may read, by id.
MUST_CHECK bool kb_articles_load(struct db *db, mem_ctx *ctx, const struct actor *actor,
                                 const int64_t *ids, size_t count, struct article **ret,
                                 size_t *ret_count, struct error *err);

// Puts all languages of an article into the search index anew, or takes them out.
MUST_CHECK bool kb_index_article(struct db *tx, mem_ctx *ctx, const struct article *article,
                                 struct error *err);
MUST_CHECK bool kb_unindex_article(struct db *tx, mem_ctx *ctx, struct article_id id,
                                   struct error *err);

#endif
