// SPDX-License-Identifier: GPL-3.0-or-later
//
// Tags and drafts.
#include "desk/tickets/apply_internal.h"

#include "base/words.h"
#include "desk/tickets/queries.h"

struct str tags_combine(mem_ctx *ctx, struct str tags, struct str add, struct str remove)
{
    return words_combine(ctx, tags, add, remove);
}

struct str tags_normalise(mem_ctx *ctx, struct str tags)
{
    return words_normalise(ctx, tags);
}

bool tags_list(struct db *db, mem_ctx *ctx, int64_t most, struct tag_count **ret, size_t *ret_count,
               struct error *err)
{
    struct tag_counts_row *rows = NULL;
    size_t count = 0;
    if (!tag_counts(db, ctx, most, &rows, &count, err)) {
        return false;
    }
    struct tag_count *list = mem_array(ctx, struct tag_count, count + 1);
    for (size_t i = 0; i < count; i++) {
        list[i] = (struct tag_count){rows[i].tag, rows[i].uses};
    }
    *ret = list;
    *ret_count = count;
    return true;
}

bool tags_complete(struct db *db, mem_ctx *ctx, struct str prefix, int64_t most, struct str **ret,
                   size_t *ret_count, struct error *err)
{
    struct tags_with_prefix_row *rows = NULL;
    size_t count = 0;
    struct str from = str_lower(ctx, prefix);
    // The last code point that UTF-8 can carry ends the range of the prefix.
    struct str to = str_printf(ctx, STR_FMT "\xf4\x8f\xbf\xbf", STR_ARG(from));
    if (!tags_with_prefix(db, ctx, from, to, most, &rows, &count, err)) {
        return false;
    }
    struct str *list = mem_array(ctx, struct str, count + 1);
    for (size_t i = 0; i < count; i++) {
        list[i] = rows[i].tag;
    }
    *ret = list;
    *ret_count = count;
    return true;
}

bool draft_load(struct db *db, mem_ctx *ctx, struct user_id user, struct ticket_id ticket,
                struct draft *ret, bool *ret_found, struct error *err)
{
    struct draft_get_row row;
    if (!draft_get(db, ctx, user, ticket, &row, ret_found, err)) {
        return false;
    }
    if (*ret_found) {
        *ret = (struct draft){row.is_public, row.body, row.updated_at};
    }
    return true;
}

bool draft_store(struct db *tx, struct user_id user, struct ticket_id ticket,
                 const struct draft *draft, struct error *err)
{
    if (str_empty(draft->body)) {
        return draft_delete(tx, user, ticket, err);
    }
    return draft_put(tx, user, ticket, draft->is_public, draft->body, draft->updated_at, err);
}

bool ticket_withdraw_comment(const struct tickets *room, struct db *tx, mem_ctx *ctx,
                             const struct actor *actor, struct comment_id id,
                             struct ticket_id *ret_ticket, struct error *err)
{
    struct comment_row comment;
    struct ticket ticket;
    bool found = false;
    int64_t changes = 0;
    int64_t now = clock_now(room->clock);
    if (!comment_by_id(tx, ctx, id, &comment, &found, err)) {
        return false;
    }
    if (!found || !ticket_load(tx, ctx, actor, comment.ticket_id, &ticket, err)) {
        return error_set(err, ERR_NOT_FOUND, "There is no such comment.");
    }
    if (comment.author_id.v != actor->user.v || !comment.is_public) {
        return error_set(err, ERR_FORBIDDEN, "Only your own reply can be taken back.");
    }
    if (!comment_withdraw(tx, id, now, &changes, err)) {
        return false;
    }
    if (changes == 0) {
        return error_set(err, ERR_CONFLICT, "This reply was taken back already.");
    }
    struct str text = str_none(comment.html) ? comment.body : comment.html;
    struct ticket_event event = {.kind = STR("CommentPrivacyChange"),
                                 .field = STR("withdrawn"),
                                 .value = str_printf(ctx, "%lld", (long long)id.v),
                                 .previous = STR_NONE};
    *ret_ticket = comment.ticket_id;
    return draft_put(tx, actor->user, comment.ticket_id, true, text, now, err) &&
           ticket_note_event(room, tx, comment.ticket_id, &event, err);
}
