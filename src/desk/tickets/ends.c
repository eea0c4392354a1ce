// SPDX-License-Identifier: GPL-3.0-or-later
//
// What is taken back from a ticket: comments hidden or redacted, files emptied, tickets deleted for
// good.
#include "desk/tickets/apply_internal.h"

#include "desk/tickets/queries.h"

// A change that only adds an event to the history and renews the times.
static bool note(const struct tickets *room, struct db *tx, mem_ctx *ctx, const struct actor *actor,
                 struct ticket_id ticket, const struct ticket_event *event, struct error *err)
{
    struct ticket_outcome ignored;
    const struct ticket_change change = {.ticket = ticket, .notes = event, .note_count = 1};
    return ticket_apply(room, tx, ctx, actor, &change, &ignored, err);
}

// The comment, if it is this ticket's and the actor may change such things.
static bool load_comment(struct db *tx, mem_ctx *ctx, const struct actor *actor,
                         struct ticket_id ticket, struct comment_id id, struct comment_row *ret,
                         struct error *err)
{
    struct ticket seen;
    bool found = false;
    if (!ticket_load(tx, ctx, actor, ticket, &seen, err) ||
        !comment_by_id(tx, ctx, id, ret, &found, err)) {
        return false;
    }
    if (!found || ret->ticket_id.v != ticket.v) {
        return error_set(err, ERR_NOT_FOUND, "There is no such comment.");
    }
    return actor_is_agent(actor) || error_set(err, ERR_FORBIDDEN, "This is for agents only.");
}

bool comment_hide(const struct tickets *room, struct db *tx, mem_ctx *ctx,
                  const struct actor *actor, struct ticket_id ticket, struct comment_id comment,
                  struct error *err)
{
    struct comment_row row;
    int64_t changes = 0;
    if (!load_comment(tx, ctx, actor, ticket, comment, &row, err) ||
        !comment_make_private(tx, comment, &changes, err) ||
        !ticket_visible_again(tx, ticket, err)) {
        return false;
    }
    struct ticket_event event = {.kind = STR("CommentPrivacyChange"),
                                 .field = STR("public"),
                                 .value = str_printf(ctx, "%lld", (long long)comment.v)};
    return changes == 0 || note(room, tx, ctx, actor, ticket, &event, err);
}

// --- redaction ----------------------------------------------------------------------------------

// As many black boxes as the secret has characters.
static struct str ink(mem_ctx *ctx, struct str secret)
{
    struct buf out;
    buf_init(&out, ctx, secret.len * 3 + 16);
    for (size_t i = 0; i < secret.len; i++) {
        if (((unsigned char)secret.ptr[i] & 0xc0) != 0x80) {
            buf_put_c(&out, "▇");
        }
    }
    return buf_str(&out);
}

static struct str blacken(mem_ctx *ctx, struct str text, struct str secret, size_t *ret_count)
{
    struct buf out;
    struct str rest = text;
    struct str black = ink(ctx, secret);
    *ret_count = 0;
    buf_init(&out, ctx, text.len * 3 + 16);
    for (ptrdiff_t at = str_find(rest, secret); at >= 0; at = str_find(rest, secret)) {
        buf_put(&out, str_sub(rest, 0, (size_t)at));
        buf_put(&out, black);
        rest = str_from(rest, (size_t)at + secret.len);
        ++*ret_count;
    }
    buf_put(&out, rest);
    return buf_str(&out);
}

// The subject that went into the index together with this comment.
static bool indexed_subject(struct db *tx, mem_ctx *ctx, const struct comment_row *row,
                            struct str *ret, struct error *err)
{
    struct comment_row *all = NULL;
    struct first_subject_row subject = {STR_NONE};
    size_t count = 0;
    bool found = false;
    if (!comments_of_ticket(tx, ctx, row->ticket_id, 0, &all, &count, err)) {
        return false;
    }
    *ret = STR("");
    if (count == 0 || all[0].id.v != row->id.v) {
        return true;
    }
    if (!first_subject(tx, ctx, row->ticket_id, &subject, &found, err)) {
        return false;
    }
    *ret = found && !str_none(subject.value) ? subject.value : STR("");
    return true;
}

static bool renew_excerpt(struct db *tx, mem_ctx *ctx, const struct comment_row *row,
                          struct str body, struct error *err)
{
    struct comment_last_of_row last;
    return comment_last_of(tx, ctx, row->ticket_id, &last, err) &&
           (last.id.v != row->id.v ||
            ticket_set_excerpt(tx, row->ticket_id, str_one_line(ctx, body, 160), err));
}

// What else says the words: the subject, with the first comment; the mail as it came; mails that
// rules wrote.
static bool redact_around(const struct tickets *room, struct db *tx, mem_ctx *ctx,
                          const struct comment_row *row, bool first, struct str text,
                          struct error *err)
{
    struct str black = ink(ctx, text);
    if (first && (!subject_blacken(tx, row->ticket_id, text, black, err) ||
                  !subject_events_blacken(tx, row->ticket_id, text, black, err))) {
        return false;
    }
    const struct redacted what = {row->ticket_id, row->id, row->mail_id, text, black};
    return room->redacted == NULL || room->redacted(room->env, tx, &what, err);
}

bool comment_redact(const struct tickets *room, struct db *tx, mem_ctx *ctx,
                    const struct actor *actor, const struct comment_place *place, struct str text,
                    struct error *err)
{
    struct ticket_id ticket = place->ticket;
    struct comment_id comment = place->comment;
    struct comment_row row;
    struct str subject;
    size_t count = 0;
    size_t html_count = 0;
    size_t subject_count = 0;
    if (!load_comment(tx, ctx, actor, ticket, comment, &row, err) ||
        !indexed_subject(tx, ctx, &row, &subject, err)) {
        return false;
    }
    if (str_empty(text)) {
        return error_field(err, "text", "BlankValue", "Text: cannot be blank");
    }
    struct str body = blacken(ctx, row.body, text, &count);
    struct str black_subject = blacken(ctx, subject, text, &subject_count);
    if (count + subject_count == 0) {
        return error_field(err, "text", "InvalidValue", "Text: is not in this comment");
    }
    struct str html = row.html;
    if (!str_none(html)) {
        html = blacken(ctx, html, html_escape(ctx, text).markup, &html_count);
        html = html_count == count ? html : STR_NONE;
    }
    if (!search_delete(tx, comment, subject, row.body, err) ||
        !search_insert(tx, comment, black_subject, body, err) ||
        !comment_set_text(tx, comment, body, html, err) ||
        !renew_excerpt(tx, ctx, &row, body, err) ||
        !redact_around(room, tx, ctx, &row, !str_empty(subject), text, err)) {
        return false;
    }
    struct ticket_event event = {.kind = STR("CommentRedactionEvent"),
                                 .value = str_printf(ctx, "%lld", (long long)comment.v)};
    return note(room, tx, ctx, actor, ticket, &event, err);
}

bool attachment_redact(const struct tickets *room, struct db *tx, mem_ctx *ctx,
                       const struct actor *actor, const struct comment_place *place,
                       const struct new_file *by, struct error *err)
{
    struct comment_row row;
    struct attachment_row file;
    bool found = false;
    if (!load_comment(tx, ctx, actor, place->ticket, place->comment, &row, err) ||
        !attachment_by_id(tx, ctx, place->file, &file, &found, err)) {
        return false;
    }
    if (!found || file.comment_id.v != place->comment.v) {
        return error_set(err, ERR_NOT_FOUND, "There is no such file.");
    }
    struct ticket_event event = {.kind = STR("AttachmentRedactionEvent"),
                                 .field = str_printf(ctx, "%lld", (long long)place->comment.v),
                                 .value = str_printf(ctx, "%lld", (long long)place->file.v)};
    const struct redacted what = {place->ticket, place->comment, row.mail_id, STR_NONE, STR_NONE};
    return attachment_replace(tx, place->file, by->hash, by->file_name, by->content_type, by->size,
                              err) &&
           (room->redacted == NULL || room->redacted(room->env, tx, &what, err)) &&
           note(room, tx, ctx, actor, place->ticket, &event, err);
}

// --- deleting for good --------------------------------------------------------------------------

static bool unindex(struct db *tx, mem_ctx *ctx, struct ticket_id id, struct error *err)
{
    struct comment_row *rows = NULL;
    size_t count = 0;
    if (!comments_of_ticket(tx, ctx, id, 0, &rows, &count, err)) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        struct str subject = STR("");
        if ((i == 0 && !indexed_subject(tx, ctx, &rows[i], &subject, err)) ||
            !search_delete(tx, rows[i].id, subject, rows[i].body, err)) {
            return false;
        }
    }
    return true;
}

bool ticket_purge(const struct tickets *room, struct db *tx, mem_ctx *ctx,
                  const struct actor *actor, struct ticket_id id, struct error *err)
{
    struct ticket ticket;
    bool found = false;
    if (!actor_is_admin(actor)) {
        return error_set(err, ERR_FORBIDDEN, "Only administrators can delete for good.");
    }
    if (!ticket_load_any(tx, ctx, id, &ticket, &found, err)) {
        return false;
    }
    if (!found || ticket.deleted_at == 0 || ticket.purged_at != 0) {
        return error_set(err, ERR_NOT_FOUND, "There is no deleted ticket %lld.", (long long)id.v);
    }
    return unindex(tx, ctx, id, err) && attachments_purge(tx, id, err) &&
           comments_purge(tx, id, err) && events_purge(tx, id, err) && audits_purge(tx, id, err) &&
           tags_purge(tx, id, err) && collaborators_purge(tx, id, err) &&
           drafts_purge(tx, id, err) &&
           (room->purged == NULL || room->purged(room->env, tx, id, err)) &&
           ticket_empty(tx, id, clock_now(room->clock), err);
}

bool tickets_outdated(struct db *db, mem_ctx *ctx, int64_t before, int64_t most,
                      struct ticket_id **ret, size_t *ret_count, struct error *err)
{
    struct tickets_deleted_before_row *rows = NULL;
    if (!tickets_deleted_before(db, ctx, before, most, &rows, ret_count, err)) {
        return false;
    }
    *ret = mem_array(ctx, struct ticket_id, *ret_count + 1);
    for (size_t i = 0; i < *ret_count; i++) {
        (*ret)[i] = rows[i].id;
    }
    return true;
}

bool ticket_import_updated(struct db *tx, const struct actor *actor, struct ticket_id id,
                           int64_t updated_at, struct error *err)
{
    return actor_is_admin(actor) ? ticket_set_updated(tx, id, updated_at, err)
                                 : error_set(err, ERR_FORBIDDEN, "This is for administrators.");
}
