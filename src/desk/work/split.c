// SPDX-License-Identifier: GPL-3.0-or-later
//
// One comment of a ticket becomes a ticket of its own.
#include "base/buf.h"
#include "base/random.h"
#include "desk/desk.h"
#include "desk/work/work_internal.h"

#define MARKUP_MOST (2 << 20)

static struct str replaced(mem_ctx *ctx, struct str text, struct str old, struct str new)
{
    struct buf out;
    buf_init(&out, ctx, MARKUP_MOST);
    for (ptrdiff_t at = str_find(text, old); at >= 0; at = str_find(text, old)) {
        buf_put(&out, str_sub(text, 0, (size_t)at));
        buf_put(&out, new);
        text = str_from(text, (size_t)at + old.len);
    }
    buf_put(&out, text);
    return buf_str(&out);
}

// The files under new addresses of their own, so that each ticket's can be taken away alone.
static bool copy_files(struct db *tx, mem_ctx *ctx, const struct ticket_comment *from,
                       struct new_comment *to, struct error *err)
{
    struct attachment *files = NULL;
    size_t count = 0;
    if (!ticket_attachments(tx, ctx, from->ticket, &files, &count, err)) {
        return false;
    }
    struct new_file *copies = mem_array(ctx, struct new_file, count + 1);
    for (size_t i = 0; i < count; i++) {
        if (files[i].comment.v != from->id.v) {
            continue;
        }
        struct str token = random_token(ctx, 24);
        copies[to->file_count++] = (struct new_file){.hash = files[i].hash,
                                                     .file_name = files[i].file_name,
                                                     .content_type = files[i].content_type,
                                                     .size = files[i].size,
                                                     .is_inline = files[i].is_inline,
                                                     .content_id = files[i].content_id,
                                                     .token = token};
        if (!str_none(to->html.markup)) {
            to->html.markup = replaced(ctx, to->html.markup, files[i].token, token);
        }
    }
    to->files = copies;
    return true;
}

static bool asker_of(struct db *tx, mem_ctx *ctx, const struct ticket *ticket,
                     const struct ticket_comment *comment, struct user_id *ret, struct error *err)
{
    struct user author;
    bool found = false;
    if (!user_find(tx, ctx, comment->author, &author, &found, err)) {
        return false;
    }
    *ret = found && author.active && author.role == ROLE_END_USER ? author.id : ticket->requester;
    return true;
}

static bool load(struct db *tx, mem_ctx *ctx, const struct actor *actor, const struct split *split,
                 struct ticket *ticket, struct ticket_comment *comment, struct error *err)
{
    if (!work_ticket(tx, ctx, actor, split->ticket, ticket, err) ||
        !comment_load(tx, ctx, actor, split->comment, comment, err)) {
        return false;
    }
    return (comment->ticket.v == ticket->id.v && !comment->withdrawn && !comment->held) ||
           error_set(err, ERR_NOT_FOUND, "There is no such comment.");
}

bool ticket_split(struct desk *desk, struct db *tx, mem_ctx *ctx, const struct actor *actor,
                  const struct split *split, struct ticket_id *ret, struct error *err)
{
    struct ticket ticket;
    struct ticket_comment comment;
    struct ticket_outcome outcome;
    struct user_id requester;
    if (!load(tx, ctx, actor, split, &ticket, &comment, err) ||
        !asker_of(tx, ctx, &ticket, &comment, &requester, err)) {
        return false;
    }
    struct new_comment copy = {.body = comment.body,
                               .html = comment.html,
                               .is_public = comment.is_public,
                               .author = comment.author,
                               .quoted_from = comment.quoted_from,
                               .remote_images = comment.remote_images};
    if (!copy_files(tx, ctx, &comment, &copy, err)) {
        return false;
    }
    struct ticket_event origin = {.kind = STR("Change"),
                                  .field = STR("split_from"),
                                  .value = str_printf(ctx, "%lld", (long long)ticket.id.v),
                                  .previous = STR_NONE};
    bool same = requester.v == ticket.requester.v;
    struct ticket_change change = {.set = SET_SUBJECT | SET_REQUESTER | SET_GROUP | SET_PRIORITY |
                                          SET_TYPE | (same ? SET_ORGANIZATION : 0u),
                                   .subject = split->subject,
                                   .requester = requester,
                                   .organization = ticket.organization,
                                   .group = ticket.group,
                                   .priority = ticket.priority,
                                   .type = ticket.type,
                                   .comment = &copy,
                                   .notes = &origin,
                                   .note_count = 1};
    if (!ticket_apply(&desk->tickets, tx, ctx, actor, &change, &outcome, err)) {
        return false;
    }
    *ret = outcome.after.id;
    struct ticket_event event = {.kind = STR("Change"),
                                 .field = STR("split_into"),
                                 .value = str_printf(ctx, "%lld", (long long)ret->v),
                                 .previous = STR_NONE};
    return work_note(desk, tx, actor, ticket.id, &event, err) &&
           bond_make(desk, tx, ctx, actor, &(struct tie){ticket.id, BOND_RELATED, *ret}, err);
}
