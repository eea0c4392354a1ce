// SPDX-License-Identifier: GPL-3.0-or-later
//
// What readers think of articles, and what they had read before they asked a person.
#include "base/random.h"
#include "desk/desk.h"
#include "desk/knowledge/knowledge_internal.h"

enum { READ_MOST = 20 };

// One person, or one address on one day: nobody's reading is followed further than that.
static struct str voter_of(const struct desk *desk, mem_ctx *ctx, const struct actor *actor)
{
    if (actor->user.v != 0) {
        return str_printf(ctx, "u%lld", (long long)actor->user.v);
    }
    struct str who =
        str_printf(ctx, "knowledge vote:%lld:" STR_FMT,
                   (long long)(clock_now(desk->app->clock) / DAYS_MS), STR_ARG(actor->address));
    return hash_hex(ctx, hash_keyed(desk->app->secret, who));
}

static struct kb_vote vote_from(const struct kb_vote_row *row)
{
    return (struct kb_vote){row->id,         row->article_id, row->user_id,
                            (int)row->value, row->created_at, row->updated_at};
}

bool article_vote(struct desk *desk, struct db *tx, mem_ctx *ctx, const struct actor *actor,
                  struct article_id id, int value, struct kb_vote *ret, struct error *err)
{
    struct article article;
    struct kb_vote_row row;
    bool found = false;
    struct str voter = voter_of(desk, ctx, actor);
    struct kb_vote_put_in in = {.id = db_next_id(tx),
                                .article_id = id,
                                .user_id = actor->user,
                                .voter = voter,
                                .value = value > 0 ? 1 : -1,
                                .now = clock_now(desk->app->clock)};
    if (!article_load(tx, ctx, actor, id, &article, err) || !kb_vote_put(tx, &in, err) ||
        !kb_votes_sum(tx, id, err) || !kb_vote_of(tx, ctx, id, voter, &row, &found, err)) {
        return false;
    }
    *ret = vote_from(&row);
    return true;
}

bool article_votes(struct db *db, mem_ctx *ctx, const struct actor *actor, struct article_id id,
                   struct kb_vote **ret, size_t *ret_count, struct error *err)
{
    struct article article;
    struct kb_vote_row *rows = NULL;
    if (!actor_is_staff(actor)) {
        return error_set(err, ERR_FORBIDDEN, "Only staff see who voted.");
    }
    if (!article_load(db, ctx, actor, id, &article, err) ||
        !kb_votes_of_article(db, ctx, id, &rows, ret_count, err)) {
        return false;
    }
    *ret = mem_array(ctx, struct kb_vote, *ret_count + 1);
    for (size_t i = 0; i < *ret_count; i++) {
        (*ret)[i] = vote_from(&rows[i]);
    }
    return true;
}

bool kb_note_read(struct db *tx, mem_ctx *ctx, struct ticket_id ticket, const int64_t *articles,
                  size_t count, int64_t now, struct error *err)
{
    struct actor system = actor_system(CHANNEL_SYSTEM);
    struct article *known = NULL;
    size_t known_count = 0;
    count = count < READ_MOST ? count : READ_MOST;
    if (count == 0) {
        return true;
    }
    if (!kb_articles_load(tx, ctx, &system, articles, count, &known, &known_count, err)) {
        return false;
    }
    for (size_t i = 0; i < known_count; i++) {
        if (!kb_read_note(tx, ticket, known[i].id, now, err)) {
            return false;
        }
    }
    return true;
}

bool kb_read_before(struct db *db, mem_ctx *ctx, const struct actor *actor, struct ticket_id ticket,
                    struct kb_text **ret, size_t *ret_count, struct error *err)
{
    struct kb_reads_of_ticket_row *rows = NULL;
    struct article *articles = NULL;
    struct kb_text *texts = NULL;
    size_t count = 0;
    size_t article_count = 0;
    size_t text_count = 0;
    *ret_count = 0;
    if (!kb_reads_of_ticket(db, ctx, ticket, &rows, &count, err)) {
        return false;
    }
    int64_t *ids = mem_array(ctx, int64_t, count + 1);
    for (size_t i = 0; i < count; i++) {
        ids[i] = rows[i].article_id.v;
    }
    *ret = mem_array(ctx, struct kb_text, count + 1);
    if (count == 0) {
        return true;
    }
    if (!kb_articles_load(db, ctx, actor, ids, count, &articles, &article_count, err) ||
        !kb_texts(db, ctx, actor, KB_ARTICLE, ids, count, &texts, &text_count, err)) {
        return false;
    }
    for (size_t i = 0; i < article_count; i++) {
        const struct kb_text *text =
            kb_text_for(texts, text_count, articles[i].id.v, kb_locale(ctx, actor->locale),
                        articles[i].source_locale);
        if (text != NULL) {
            (*ret)[(*ret_count)++] = *text;
        }
    }
    return true;
}

static bool staff_only(const struct actor *actor, struct error *err)
{
    return actor_is_staff(actor) ||
           error_set(err, ERR_FORBIDDEN, "Only staff see what readers missed.");
}

bool kb_misses(struct db *db, mem_ctx *ctx, const struct actor *actor, int64_t most,
               struct kb_miss **ret, size_t *ret_count, struct error *err)
{
    struct kb_misses_latest_row *rows = NULL;
    if (!staff_only(actor, err) || !kb_misses_latest(db, ctx, most, &rows, ret_count, err)) {
        return false;
    }
    *ret = mem_array(ctx, struct kb_miss, *ret_count + 1);
    for (size_t i = 0; i < *ret_count; i++) {
        (*ret)[i] = (struct kb_miss){rows[i].words, rows[i].uses, rows[i].last_at};
    }
    return true;
}

bool kb_asked_anyway(struct db *db, mem_ctx *ctx, const struct actor *actor, int64_t since,
                     int64_t most, struct kb_unhelpful **ret, size_t *ret_count, struct error *err)
{
    struct kb_reads_by_article_row *rows = NULL;
    if (!staff_only(actor, err) ||
        !kb_reads_by_article(db, ctx, since, most, &rows, ret_count, err)) {
        return false;
    }
    *ret = mem_array(ctx, struct kb_unhelpful, *ret_count + 1);
    for (size_t i = 0; i < *ret_count; i++) {
        (*ret)[i] = (struct kb_unhelpful){rows[i].article_id, rows[i].asked, rows[i].last_ticket};
    }
    return true;
}
