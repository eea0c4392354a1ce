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

// A field that the reply's change set, from its first value to its last.
struct undone {
    const char *field;
    bool found;
    struct str before;
    struct str after;
};

static bool find_undone(struct withdrawal *w, struct undone *list, size_t count, struct error *err)
{
    struct events_of_ticket_row *events = NULL;
    size_t event_count = 0;
    if (!events_of_ticket(w->tx, w->ctx, w->ticket.id, &events, &event_count, err)) {
        return false;
    }
    for (size_t i = 0; i < event_count; i++) {
        const struct events_of_ticket_row *event = &events[i];
        bool own = event->audit_id.v == w->comment.audit_id.v && str_eq_c(event->kind, "Change");
        for (size_t k = 0; own && k < count; k++) {
            if (str_eq_c(event->field, list[k].field)) {
                list[k].before = list[k].found ? list[k].before : event->previous;
                list[k].after = event->value;
                list[k].found = true;
            }
        }
    }
    return true;
}

// Whether the reply set it and it still is so; *ret is what it was.
static bool id_goes_back(const struct undone *one, int64_t now, int64_t *ret)
{
    int64_t after = 0;
    *ret = 0;
    bool read = (str_empty(one->before) || str_to_i64(one->before, ret)) &&
                (str_empty(one->after) || str_to_i64(one->after, &after));
    return one->found && read && after == now && *ret != after;
}

// What the reply set beside its words, unless somebody has set it to something else since. A ticket
// that is somebody's is never new again.
static bool restore_fields(struct withdrawal *w, struct error *err)
{
    enum { STATUS, GROUP, ASSIGNEE, STEWARD, FIELDS };
    struct undone list[FIELDS] = {{.field = "status"},
                                  {.field = "group_id"},
                                  {.field = "assignee_id"},
                                  {.field = "steward_id"}};
    struct ticket_change change = {.ticket = w->ticket.id, .takes_back = true};
    enum ticket_status set = w->ticket.status;
    enum ticket_status before = w->ticket.status;
    struct ticket_outcome outcome;
    if (!find_undone(w, list, FIELDS, err)) {
        return false;
    }
    const struct undone *status = &list[STATUS];
    if (status->found && ticket_status_parse(status->after, &set) &&
        ticket_status_parse(status->before, &before) && set == w->ticket.status) {
        change.status = before == STATUS_NEW ? STATUS_OPEN : before;
        change.set |= change.status != set ? SET_STATUS : 0U;
    }
    change.set |= id_goes_back(&list[GROUP], w->ticket.group.v, &change.group.v) ? SET_GROUP : 0U;
    change.set |=
        id_goes_back(&list[ASSIGNEE], w->ticket.assignee.v, &change.assignee.v) ? SET_ASSIGNEE : 0U;
    change.set |=
        id_goes_back(&list[STEWARD], w->ticket.steward.v, &change.steward.v) ? SET_STEWARD : 0U;
    return change.set == 0 ||
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
           draft_store(tx, actor->user, w.ticket.id, &draft, err) && restore_fields(&w, err) &&
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
