// SPDX-License-Identifier: GPL-3.0-or-later
//
// Second thoughts: a public reply is held for some seconds, in which its author can take it back
// with all that it brought; then it is released, and nothing takes it back.
#include "desk/tickets/apply_internal.h"

#include "desk/tickets/queries.h"

struct withdrawal {
    const struct tickets *room;
    struct db *tx;
    mem_ctx *ctx;
    const struct actor *actor;
    struct comment_row comment;
    struct ticket ticket;
    int64_t now;
};

// The files go back to their author, as one upload each.
static bool take_files(struct withdrawal *w, struct str *ret_tokens, struct error *err)
{
    struct attachment *files = NULL;
    size_t count = 0;
    *ret_tokens = STR("");
    if (!ticket_attachments(w->tx, w->ctx, w->ticket.id, &files, &count, err)) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        struct str token;
        if (files[i].comment.v != w->comment.id.v) {
            continue;
        }
        if (!upload_take_back(w->tx, w->ctx, w->actor, files[i].id, w->now, &token, err)) {
            return false;
        }
        *ret_tokens = str_printf(w->ctx, STR_FMT "%s" STR_FMT, STR_ARG(*ret_tokens),
                                 ret_tokens->len > 0 ? " " : "", STR_ARG(token));
    }
    return true;
}

// The status that the reply set, unless somebody has set another since. A ticket that is somebody's
// is never new again.
static bool restore_status(struct withdrawal *w, struct error *err)
{
    struct events_of_ticket_row *events = NULL;
    size_t count = 0;
    enum ticket_status set = w->ticket.status;
    enum ticket_status before = w->ticket.status;
    if (!events_of_ticket(w->tx, w->ctx, w->ticket.id, &events, &count, err)) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        const struct events_of_ticket_row *event = &events[i];
        if (event->audit_id.v == w->comment.audit_id.v && str_eq_c(event->kind, "Change") &&
            str_eq_c(event->field, "status") &&
            !(ticket_status_parse(event->value, &set) &&
              ticket_status_parse(event->previous, &before))) {
            return error_internal(err, "event %lld has no status", (long long)event->id.v);
        }
    }
    if (set != w->ticket.status || before == set) {
        return true;
    }
    struct ticket_outcome outcome;
    struct ticket_change change = {
        .ticket = w->ticket.id,
        .set = SET_STATUS,
        .status = before == STATUS_NEW ? STATUS_OPEN : before,
    };
    return change.status == set ||
           ticket_apply(w->room, w->tx, w->ctx, w->actor, &change, &outcome, err);
}

static bool load(struct withdrawal *w, struct comment_id id, struct error *err)
{
    bool found = false;
    if (!comment_by_id(w->tx, w->ctx, id, &w->comment, &found, err)) {
        return false;
    }
    if (!found || !ticket_load(w->tx, w->ctx, w->actor, w->comment.ticket_id, &w->ticket, err)) {
        return error_set(err, ERR_NOT_FOUND, "There is no such comment.");
    }
    if (w->comment.author_id.v != w->actor->user.v || !w->comment.is_public) {
        return error_set(err, ERR_FORBIDDEN, "Only your own reply can be taken back.");
    }
    return true;
}

bool ticket_withdraw_comment(const struct tickets *room, struct db *tx, mem_ctx *ctx,
                             const struct actor *actor, struct comment_id id,
                             struct ticket_id *ret_ticket, struct error *err)
{
    struct withdrawal w = {
        .room = room, .tx = tx, .ctx = ctx, .actor = actor, .now = clock_now(room->clock)};
    struct draft draft = {.is_public = true, .updated_at = w.now};
    int64_t changes = 0;
    if (!load(&w, id, err) || !comment_withdraw(tx, id, w.now, &changes, err)) {
        return false;
    }
    if (changes == 0) {
        return error_set(err, ERR_CONFLICT, "It is too late: the reply has left already.");
    }
    struct ticket_event event = {.kind = STR("CommentPrivacyChange"),
                                 .field = STR("withdrawn"),
                                 .value = str_printf(ctx, "%lld", (long long)id.v),
                                 .previous = STR_NONE};
    *ret_ticket = w.ticket.id;
    draft.body = str_none(w.comment.html) ? w.comment.body : w.comment.html;
    return take_files(&w, &draft.uploads, err) &&
           draft_store(tx, actor->user, w.ticket.id, &draft, err) && restore_status(&w, err) &&
           ticket_note_event(room, tx, w.ticket.id, &event, err);
}

bool ticket_release_comment(struct db *tx, mem_ctx *ctx, struct comment_id comment, bool *ret_found,
                            struct ticket_id *ret_ticket, struct error *err)
{
    struct comment_release_row row;
    if (!comment_release(tx, ctx, comment, &row, ret_found, err)) {
        return false;
    }
    *ret_ticket = *ret_found ? row.ticket_id : (struct ticket_id){0};
    return true;
}
