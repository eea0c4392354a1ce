// SPDX-License-Identifier: GPL-3.0-or-later
//
// The knowledge room: articles on shelves (category, section), in languages, with versions and
// votes; search that knows endings and forgives typos; what people had read before they asked.
//
// Who may: everybody reads what is published for everybody, signed-in people and staff what is
// published for them; drafts are for staff. Agents write. What a reader may not see is NOT_FOUND.
#ifndef STEWARD_DESK_KNOWLEDGE_KNOWLEDGE_H
#define STEWARD_DESK_KNOWLEDGE_KNOWLEDGE_H

#include "app/actor.h"
#include "base/error.h"
#include "base/ids.h"
#include "db/db.h"

struct desk;

enum kb_kind { KB_CATEGORY, KB_SECTION, KB_ARTICLE };
enum kb_visibility { KB_ALL, KB_SIGNED_IN, KB_STAFF };

// "all", "signed_in", "staff"
struct str kb_visibility_word(enum kb_visibility visibility);
MUST_CHECK bool kb_visibility_parse(struct str word, enum kb_visibility *ret);
// "en-US" → "en-us", the form in which the knowledge names languages; "en-us" for nothing.
struct str kb_locale(mem_ctx *ctx, struct str locale);

// A category or section.
struct kb_shelf {
    enum kb_kind kind;
    int64_t id;
    int64_t parent;  // of a section: its category
    int64_t position;
    struct str source_locale;
    int64_t created_at;
    int64_t updated_at;
};

struct article {
    struct article_id id;
    struct section_id section;
    struct user_id author;  // who looks after it
    int64_t position;
    bool promoted;
    bool draft;
    enum kb_visibility visibility;
    bool comments_disabled;
    struct str labels;  // sorted, one space between
    struct str source_locale;
    int64_t vote_sum;
    int64_t vote_count;
    int64_t review_at;  // 0: never
    int64_t created_at;
    int64_t updated_at;
    int64_t edited_at;
};

// What a shelf or article is called and says in one language.
struct kb_text {
    int64_t id;
    enum kb_kind kind;
    int64_t of;  // the shelf's or article's id
    struct str locale;
    struct str title;
    struct html body;   // safe to show; of shelves their description
    struct str source;  // the Markdown it was made of; absent when it came as markup
    bool draft;
    bool outdated;  // the first language was changed since
    int64_t created_at;
    int64_t updated_at;
    struct user_id created_by;
    struct user_id updated_by;
};

// --- reading ------------------------------------------------------------------------------------

// All shelves of a kind in their order, or those of one category.
MUST_CHECK bool kb_shelves(struct db *db, mem_ctx *ctx, enum kb_kind kind, int64_t parent,
                           struct kb_shelf **ret, size_t *ret_count, struct error *err);
MUST_CHECK bool kb_shelf_load(struct db *db, mem_ctx *ctx, enum kb_kind kind, int64_t id,
                              struct kb_shelf *ret, struct error *err);

struct article_query {
    struct section_id section;    // none: any
    struct category_id category;  // none: any
    struct user_id author;        // none: any
    struct str labels;            // with one of these; "" for any
    int64_t since;                // updated_at from then on
};
// What the actor may read, in the order of positions. All of it: a help centre is small.
MUST_CHECK bool articles_find(struct db *db, mem_ctx *ctx, const struct actor *actor,
                              const struct article_query *query, struct article **ret,
                              size_t *ret_count, struct error *err);
MUST_CHECK bool article_load(struct db *db, mem_ctx *ctx, const struct actor *actor,
                             struct article_id id, struct article *ret, struct error *err);

// Every language of these (articles or shelves), by id; drafts for staff only.
MUST_CHECK bool kb_texts(struct db *db, mem_ctx *ctx, const struct actor *actor, enum kb_kind kind,
                         const int64_t *ids, size_t count, struct kb_text **ret, size_t *ret_count,
                         struct error *err);
// Of a list of texts the one for this reader: their locale, its language, the first language, any.
// NULL when there is none.
const struct kb_text *kb_text_for(const struct kb_text *texts, size_t count, int64_t of,
                                  struct str locale, struct str source_locale);

struct kb_version {
    int64_t id;
    struct str title;
    struct html body;
    struct str source;
    struct user_id author;
    int64_t created_at;
};
// Earlier states of a text, the latest first; staff only.
MUST_CHECK bool kb_versions(struct db *db, mem_ctx *ctx, const struct actor *actor, int64_t text,
                            struct kb_version **ret, size_t *ret_count, struct error *err);

// --- writing: agents ----------------------------------------------------------------------------

// A new shelf (id 0) or a moved one. Its words are set by kb_text_save().
MUST_CHECK bool kb_shelf_save(struct desk *desk, struct db *tx, const struct actor *actor,
                              struct kb_shelf *shelf, struct error *err);
// CONFLICT while something stands on it.
MUST_CHECK bool kb_shelf_delete(struct db *tx, const struct actor *actor,
                                const struct kb_shelf *shelf, struct error *err);

// A new article (id none) or changed properties; INVALID without a section that exists.
MUST_CHECK bool article_save(struct desk *desk, struct db *tx, const struct actor *actor,
                             struct article *article, struct error *err);
// Takes it off its shelf for good; its words and history stay in the database.
MUST_CHECK bool article_archive(struct desk *desk, struct db *tx, const struct actor *actor,
                                struct article_id id, struct error *err);

struct kb_words {
    enum kb_kind kind;
    int64_t of;
    struct str locale;
    struct str title;
    struct str markup;    // from strangers or editors: made safe here; absent when source is given
    struct str markdown;  // absent when markup is given
    bool draft;
};
// Writes the words in one language; what stood there becomes a version. Changing the first language
// marks the others outdated. INVALID without a title.
MUST_CHECK bool kb_text_save(struct desk *desk, struct db *tx, mem_ctx *ctx,
                             const struct actor *actor, const struct kb_words *words,
                             struct kb_text *ret, struct error *err);
// CONFLICT for the first language.
MUST_CHECK bool kb_text_remove(struct db *tx, mem_ctx *ctx, const struct actor *actor, int64_t id,
                               struct error *err);

// --- search -------------------------------------------------------------------------------------

struct kb_hit {
    struct article article;
    struct kb_text text;
    struct html snippet;
};
// The best first, each article once in the reader's language. `typing`: the last word is perhaps
// not finished. Words that no article has are taken for their nearest neighbours.
struct kb_search {
    struct str words;
    struct str locale;
    bool typing;
    size_t most;
};
MUST_CHECK bool kb_find(struct db *db, mem_ctx *ctx, const struct actor *actor,
                        const struct kb_search *search, struct kb_hit **ret, size_t *ret_count,
                        struct error *err);
// A search that found nothing, so that somebody can write what was missed.
MUST_CHECK bool kb_note_miss(struct desk *desk, mem_ctx *ctx, struct str words, struct error *err);

// The words of a text as they are searched for: folded, stemmed by the language of `locale`, one
// space between, each once.
struct str kb_stems(mem_ctx *ctx, struct str locale, struct str text);
// How many letters must be changed, added, left out or swapped with their neighbour to make one of
// the other [Damerau 1964, optimal string alignment]; `most` + 1 when it is more than `most`.
int kb_distance(struct str a, struct str b, int most);

// --- readers ------------------------------------------------------------------------------------

struct kb_vote {
    int64_t id;
    struct article_id article;
    struct user_id user;
    int value;  // 1 or -1
    int64_t created_at;
    int64_t updated_at;
};
// One vote of a reader, replaced when they change their mind. Readers without an account are told
// apart by a keyed hash of their address and the day.
MUST_CHECK bool article_vote(struct desk *desk, struct db *tx, mem_ctx *ctx,
                             const struct actor *actor, struct article_id id, int value,
                             struct kb_vote *ret, struct error *err);
// By people with an account; staff only.
MUST_CHECK bool article_votes(struct db *db, mem_ctx *ctx, const struct actor *actor,
                              struct article_id id, struct kb_vote **ret, size_t *ret_count,
                              struct error *err);

// Notes what somebody had read before they asked; ids that are no articles are passed over.
MUST_CHECK bool kb_note_read(struct db *tx, mem_ctx *ctx, struct ticket_id ticket,
                             const int64_t *articles, size_t count, int64_t now, struct error *err);
// Of a ticket that the actor may see.
MUST_CHECK bool kb_read_before(struct db *db, mem_ctx *ctx, const struct actor *actor,
                               struct ticket_id ticket, struct kb_text **ret, size_t *ret_count,
                               struct error *err);

struct kb_miss {
    struct str words;
    int64_t uses;
    int64_t last_at;
};
struct kb_unhelpful {
    struct article_id article;
    int64_t asked;  // how many asked all the same
    struct ticket_id last;
};
MUST_CHECK bool kb_misses(struct db *db, mem_ctx *ctx, const struct actor *actor, int64_t most,
                          struct kb_miss **ret, size_t *ret_count, struct error *err);
MUST_CHECK bool kb_asked_anyway(struct db *db, mem_ctx *ctx, const struct actor *actor,
                                int64_t since, int64_t most, struct kb_unhelpful **ret,
                                size_t *ret_count, struct error *err);

// Makes the search index of all articles anew: after a restore, which brings rows only.
MUST_CHECK bool knowledge_index_anew(struct db_store *store, struct error *err);

#endif
