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
        *ret = (struct draft){row.is_public, row.body, row.uploads, row.updated_at};
    }
    return true;
}

bool draft_store(struct db *tx, struct user_id user, struct ticket_id ticket,
                 const struct draft *draft, struct error *err)
{
    if (str_empty(draft->body)) {
        return draft_delete(tx, user, ticket, err);
    }
    struct draft_put_in in = {
        .user_id = user,
        .ticket_id = ticket,
        .is_public = draft->is_public,
        .body = draft->body,
        .uploads = draft->uploads,
        .updated_at = draft->updated_at,
    };
    return draft_put(tx, &in, err);
}
