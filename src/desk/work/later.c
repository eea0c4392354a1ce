// SPDX-License-Identifier: GPL-3.0-or-later
//
// Answers that leave later. They are kept as they will be, with their files, and become a comment
// of their author's when their time has come; until then nothing of them counts: no clock stops,
// nobody is told. What cannot leave then is its author's draft again, and they are told why.
#include "base/buf.h"
#include "desk/channels/channels.h"
#include "desk/desk.h"
#include "desk/work/queries.h"
#include "desk/work/work_internal.h"

#define DRAFT_MOST (4 << 20)

static struct later from_row(const struct later_row *row)
{
    return (struct later){.id = row->id,
                          .ticket = row->ticket_id,
                          .author = row->author_id,
                          .body = row->body,
                          .html = {row->html},
                          .status = str_none(row->status) ? STR("") : row->status,
                          .send_at = row->send_at};
}

static bool rows_to_list(mem_ctx *ctx, const struct later_row *rows, size_t count,
                         struct later **ret)
{
    *ret = mem_array(ctx, struct later, count + 1);
    for (size_t i = 0; i < count; i++) {
        (*ret)[i] = from_row(&rows[i]);
    }
    return true;
}

bool later_at_ticket(struct db *db, mem_ctx *ctx, struct ticket_id ticket, struct later **ret,
                     size_t *ret_count, struct error *err)
{
    struct later_row *rows = NULL;
    return later_of_ticket(db, ctx, ticket, &rows, ret_count, err) &&
           rows_to_list(ctx, rows, *ret_count, ret);
}

bool later_of_person(struct db *db, mem_ctx *ctx, struct user_id author, int64_t most,
                     struct later **ret, size_t *ret_count, struct error *err)
{
    struct later_row *rows = NULL;
    return later_of_author(db, ctx, author, most, &rows, ret_count, err) &&
           rows_to_list(ctx, rows, *ret_count, ret);
}

static bool put_file(struct db *tx, int64_t reply, const struct new_file *file, struct error *err)
{
    struct later_file_insert_in in = {db_next_id(tx),
                                      reply,
                                      file->hash,
                                      file->file_name,
                                      file->content_type,
                                      file->size,
                                      file->is_inline,
                                      file->content_id,
                                      str_none(file->token) ? STR("") : file->token};
    return later_file_insert(tx, &in, err);
}

// Uploads end here: their files are the planned answer's from now on.
static bool put_files(struct db *tx, mem_ctx *ctx, const struct actor *actor, int64_t reply,
                      const struct new_comment *comment, struct error *err)
{
    for (size_t i = 0; i < comment->file_count; i++) {
        if (!put_file(tx, reply, &comment->files[i], err)) {
            return false;
        }
    }
    for (size_t i = 0; i < comment->upload_count; i++) {
        struct attachment *files = NULL;
        size_t count = 0;
        if (!upload_files(tx, ctx, actor, comment->uploads[i], &files, &count, err)) {
            return false;
        }
        for (size_t k = 0; k < count; k++) {
            struct new_file file = {.hash = files[k].hash,
                                    .file_name = files[k].file_name,
                                    .content_type = files[k].content_type,
                                    .size = files[k].size,
                                    .is_inline = files[k].is_inline,
                                    .content_id = files[k].content_id,
                                    .token = files[k].token};
            if (!put_file(tx, reply, &file, err)) {
                return false;
            }
        }
        if (!upload_remove(tx, actor, comment->uploads[i], err)) {
            return false;
        }
    }
    return true;
}

static struct ticket_event plan_event(mem_ctx *ctx, int64_t value, int64_t previous)
{
    return (struct ticket_event){.kind = STR("Change"),
                                 .field = STR("reply_planned"),
                                 .value = value == 0 ? STR_NONE : time_iso(ctx, value),
                                 .previous = previous == 0 ? STR_NONE : time_iso(ctx, previous)};
}

bool later_plan(struct desk *desk, struct db *tx, mem_ctx *ctx, const struct actor *actor,
                const struct later_plan *plan, struct error *err)
{
    const struct new_comment *comment = plan->comment;
    struct ticket ticket;
    int64_t now = clock_now(desk->tickets.clock);
    if (!work_ticket(tx, ctx, actor, plan->ticket, &ticket, err)) {
        return false;
    }
    if (!comment->is_public || !ticket_may_comment(actor, true)) {
        return error_field(err, "later", "InvalidValue",
                           "Only a public reply leaves later; a note is for now.");
    }
    if (ticket.status == STATUS_CLOSED || str_empty(str_trim(comment->body))) {
        return error_field(err, "later", "BlankValue",
                           "Write what shall leave, to a ticket that is not closed.");
    }
    if (plan->send_at <= now || plan->send_at > now + 366 * DAYS_MS) {
        return error_field(err, "later", "InvalidValue",
                           "Send later: choose a time to come, within a year.");
    }
    struct later_insert_in in = {.id = db_next_id(tx),
                                 .ticket_id = ticket.id,
                                 .author_id = actor->user,
                                 .body = comment->body,
                                 .html = comment->html.markup,
                                 .status = str_empty(plan->status) ? STR_NONE : plan->status,
                                 .seen = plan->seen.v,
                                 .send_at = plan->send_at,
                                 .created_at = now};
    struct job_new job = {.kind = LATER_SEND_JOB,
                          .payload = str_printf(ctx, "%lld", (long long)in.id),
                          .now = now,
                          .run_at = plan->send_at};
    struct ticket_event event = plan_event(ctx, plan->send_at, 0);
    return later_insert(tx, &in, err) && put_files(tx, ctx, actor, in.id, comment, err) &&
           jobs_add(tx, &job, NULL, err) && work_note(desk, tx, actor, ticket.id, &event, err);
}

// --- its end ------------------------------------------------------------------------------------

static bool load_files(struct db *tx, mem_ctx *ctx, int64_t reply, struct new_file **ret,
                       size_t *ret_count, struct error *err)
{
    struct later_files_row *rows = NULL;
    if (!later_files(tx, ctx, reply, &rows, ret_count, err)) {
        return false;
    }
    *ret = mem_array(ctx, struct new_file, *ret_count + 1);
    for (size_t i = 0; i < *ret_count; i++) {
        (*ret)[i] = (struct new_file){.hash = rows[i].hash,
                                      .file_name = rows[i].file_name,
                                      .content_type = rows[i].content_type,
                                      .size = rows[i].size,
                                      .is_inline = rows[i].is_inline,
                                      .content_id = rows[i].content_id,
                                      .token = rows[i].token};
    }
    return true;
}

static bool forget(struct db *tx, int64_t reply, struct error *err)
{
    return later_files_delete(tx, reply, err) && later_delete(tx, reply, err);
}

// Behind what its author has begun to write since.
static bool to_draft(struct db *tx, mem_ctx *ctx, const struct later_row *row, int64_t now,
                     struct error *err)
{
    struct actor author = {.user = row->author_id};
    struct draft draft = {.is_public = true};
    struct new_file *files = NULL;
    size_t count = 0;
    bool found = false;
    struct buf uploads;
    buf_init(&uploads, ctx, 65536);
    if (!draft_load(tx, ctx, row->author_id, row->ticket_id, &draft, &found, err) ||
        !load_files(tx, ctx, row->id, &files, &count, err)) {
        return false;
    }
    buf_put(&uploads, found && !str_none(draft.uploads) ? draft.uploads : STR(""));
    for (size_t i = 0; i < count; i++) {
        struct str token;
        struct attachment made;
        if (!upload_add(tx, ctx, &author, STR_NONE, &files[i], now, &token, &made, err)) {
            return false;
        }
        buf_put_c(&uploads, uploads.len > 0 ? " " : "");
        buf_put(&uploads, token);
    }
    struct str words = str_none(row->html) ? row->body : row->html;
    bool more = found && !str_empty(draft.body);
    draft.body = !more
                     ? words
                     : str_printf(ctx, STR_FMT "\n\n" STR_FMT, STR_ARG(draft.body), STR_ARG(words));
    draft.body = str_utf8_clip(draft.body, DRAFT_MOST);
    draft.uploads = buf_str(&uploads);
    draft.is_public = true;
    draft.updated_at = now;
    return draft_store(tx, row->author_id, row->ticket_id, &draft, err) && forget(tx, row->id, err);
}

bool later_take_back(struct desk *desk, struct db *tx, mem_ctx *ctx, const struct actor *actor,
                     int64_t reply, struct ticket_id *ret_ticket, struct error *err)
{
    struct later_row row;
    struct ticket ticket;
    bool found = false;
    if (!later_by_id(tx, ctx, reply, &row, &found, err)) {
        return false;
    }
    if (!found) {
        return error_set(err, ERR_NOT_FOUND, "This reply has left, or was taken back already.");
    }
    if (!work_ticket(tx, ctx, actor, row.ticket_id, &ticket, err)) {
        return false;
    }
    *ret_ticket = ticket.id;
    struct ticket_event event = plan_event(ctx, 0, row.send_at);
    return to_draft(tx, ctx, &row, clock_now(desk->tickets.clock), err) &&
           work_note(desk, tx, actor, ticket.id, &event, err);
}

// It could not leave: a draft again, a line in the history, and a mail to its author.
static bool hold_back(struct desk *desk, struct db *tx, mem_ctx *ctx, const struct later_row *row,
                      struct str why, struct error *err)
{
    struct actor system = actor_system(CHANNEL_SYSTEM);
    struct user author;
    bool found = false;
    if (!user_find(tx, ctx, row->author_id, &author, &found, err) ||
        !to_draft(tx, ctx, row, clock_now(desk->tickets.clock), err)) {
        return false;
    }
    struct ticket_event event = {
        .kind = STR("Error"),
        .field = STR("reply_planned"),
        .value = str_printf(ctx,
                            "The reply that " STR_FMT " planned did not leave: " STR_FMT
                            " It is their draft again.",
                            STR_ARG(found ? author.name : STR("somebody")), STR_ARG(why)),
        .previous = STR_NONE};
    struct str subject =
        str_printf(ctx, "Your reply at #%lld did not leave", (long long)row->ticket_id.v);
    struct str text =
        str_printf(ctx, STR_FMT "\n\nIt is your draft again: " STR_FMT "/tickets/%lld\n",
                   STR_ARG(why), STR_ARG(desk->people.public_url), (long long)row->ticket_id.v);
    bool mail = found && !str_empty(author.email) && author.active;
    return work_note(desk, tx, &system, row->ticket_id, &event, err) &&
           (!mail || channels_tell(desk, tx, &author, subject, text, err));
}

static bool send(struct desk *desk, struct db *tx, mem_ctx *ctx, const struct later_row *row,
                 const struct actor *author, struct error *err)
{
    struct ticket ticket;
    struct ticket_outcome outcome;
    struct new_comment comment = {
        .body = row->body, .html = {row->html}, .is_public = true, .quoted_from = -1};
    struct new_file *files = NULL;
    struct ticket_change change = {.ticket = row->ticket_id, .comment = &comment};
    if (!work_ticket(tx, ctx, author, row->ticket_id, &ticket, err) ||
        !load_files(tx, ctx, row->id, &files, &comment.file_count, err)) {
        return false;
    }
    comment.files = files;
    if (ticket_status_parse(str_none(row->status) ? STR("") : row->status, &change.status)) {
        change.set |= SET_STATUS;
    }
    if (ticket.assignee.v == 0) {
        change.set |= SET_ASSIGNEE;
        change.assignee = author->user;
    }
    return ticket_apply(&desk->tickets, tx, ctx, author, &change, &outcome, err) &&
           forget(tx, row->id, err);
}

struct leaving {
    struct desk *desk;
    mem_ctx *ctx;
    int64_t reply;
    struct str why;  // it must not leave, after a first try that was rolled back
};

// Whether somebody wrote behind what the author had seen.
static bool crossed(struct db *tx, mem_ctx *ctx, const struct actor *author,
                    const struct later_row *row, struct str *ret_why, struct error *err)
{
    struct comment_id newer;
    struct user_id by;
    struct user person;
    bool found = false;
    *ret_why = STR_NONE;
    if (!ticket_newer_comment(tx, ctx, author, row->ticket_id, (struct comment_id){row->seen},
                              &newer, &by, err)) {
        return false;
    }
    if (newer.v == 0) {
        return true;
    }
    if (!user_find(tx, ctx, by, &person, &found, err)) {
        return false;
    }
    *ret_why = str_printf(ctx, STR_FMT " wrote meanwhile.",
                          STR_ARG(found ? person.name : STR("Somebody")));
    return true;
}

static bool leave_in_tx(struct db *tx, void *arg, struct error *err)
{
    struct leaving *l = arg;
    struct later_row row;
    struct actor author;
    bool found = false;
    struct str why = l->why;
    if (!later_by_id(tx, l->ctx, l->reply, &row, &found, err) ||
        (found && !people_load_actor(tx, l->ctx, row.author_id, &author, err))) {
        return false;
    }
    if (!found) {
        return true;  // taken back, or it has left
    }
    author.channel = CHANNEL_WEB;
    if (author.user.v == 0) {
        why = STR("Its author is not here any more.");
    } else if (str_none(why) && !crossed(tx, l->ctx, &author, &row, &why, err)) {
        return false;
    }
    return str_none(why) ? send(l->desk, tx, l->ctx, &row, &author, err)
                         : hold_back(l->desk, tx, l->ctx, &row, why, err);
}

bool later_send_job(void *env, mem_ctx *ctx, const struct job *job, struct error *err)
{
    struct desk *desk = env;
    struct leaving l = {.desk = desk, .ctx = ctx, .why = STR_NONE};
    struct error why;
    if (!str_to_i64(job->payload, &l.reply)) {
        return error_set(err, ERR_INVALID, "The job names no reply.");
    }
    if (db_tx_run(desk->app->db, "later.send", leave_in_tx, &l, &why)) {
        return true;
    }
    bool refused = why.code == ERR_INVALID || why.code == ERR_FORBIDDEN ||
                   why.code == ERR_NOT_FOUND || why.code == ERR_GONE;
    if (!refused) {
        *err = why;
        return false;
    }
    l.why = why.code == ERR_NOT_FOUND ? STR("The ticket is not there any more.")
                                      : str_dup(ctx, str_c(why.message));
    return db_tx_run(desk->app->db, "later.hold", leave_in_tx, &l, err);
}

bool later_ticket_purged(struct db *tx, struct ticket_id ticket, struct error *err)
{
    return later_files_forget(tx, ticket, err) && later_forget(tx, ticket, err);
}
