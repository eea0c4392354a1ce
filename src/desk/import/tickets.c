// SPDX-License-Identifier: GPL-3.0-or-later
//
// Tickets of another desk with their comments and files.
#include "base/clock.h"
#include "desk/import/run.h"
#include "desk/tickets/api_bind.h"

#define BODY_MAX (16U << 20)

static const char *const TEXTS[] = {"subject",     "type", "priority", "recipient",
                                    "external_id", "tags", "due_at"};

// --- before the transaction ---------------------------------------------------------------------

static void take_file(struct import *run, struct ctx *ctx, struct import_item *item,
                      struct import_comment *comment, struct jr_value file)
{
    struct error why = {0};
    struct str name = jr_text(jr_get(file, "file_name"));
    struct str path = import_folder_attachment(ctx->mem, run->folder, import_id(file, "id"));
    struct http_file from = {
        .name = name, .type = jr_text(jr_get(file, "content_type")), .tmp_path = path.ptr};
    struct new_file *one = &comment->files[comment->file_count];
    if (str_none(path)) {
        import_note_lasting(item, "attachments", STR("A file is not in the export."));
        return;
    }
    if (!desk_store_file(ctx, &from, one, &why)) {
        import_note_lasting(item, "attachments", str_dup(ctx->mem, str_c(why.message)));
        return;
    }
    (void)!jr_bool(jr_get(file, "inline"), &one->is_inline);
    comment->file_count++;
}

static void take_files(struct import *run, mem_ctx *mem, struct import_item *item)
{
    struct ctx ctx = {.app = run->app, .mem = mem};
    for (size_t i = 0; i < item->comment_count; i++) {
        struct import_comment *comment = &item->comments[i];
        struct jr_value files = jr_get(comment->object, "attachments");
        if (comment->known || jr_count(files) == 0) {
            continue;
        }
        comment->files = mem_array(mem, struct new_file, jr_count(files));
        for (size_t k = 0; k < jr_count(files); k++) {
            take_file(run, &ctx, item, comment, jr_at(files, k));
        }
    }
}

static bool is_deleted(const struct import_item *item)
{
    return str_eq_c(jr_text(jr_get(item->object, "status")), "deleted");
}

static bool prepare_ticket(struct import *run, struct db *db, mem_ctx *ctx,
                           struct import_item *item, struct error *err)
{
    if (is_deleted(item)) {
        item->outcome = !item->before                    ? IMPORT_GONE
                        : item->own_stamp >= item->stamp ? IMPORT_SAME
                                                         : IMPORT_PENDING;
        return true;
    }
    if (!import_comments_of(run, ctx, item, err) || !import_came(run, db, ctx, item, err)) {
        return false;
    }
    // What was made of the ticket's own words is its first comment, when that came with the ticket.
    if (item->first_known && item->comment_count > 0 &&
        item->comments[0].at <= import_time(item->object, "created_at") + MINUTES_MS) {
        item->comments[0].known = true;
    }
    bool all = true;
    for (size_t i = 0; i < item->comment_count; i++) {
        all = all && item->comments[i].known;
    }
    if (item->before && all && item->own_stamp >= item->stamp) {
        item->outcome = IMPORT_SAME;
        return true;
    }
    take_files(run, ctx, item);
    return true;
}

// --- the body -----------------------------------------------------------------------------------

static bool write_mapped(struct import *run, struct ctx *ctx, struct jw *w,
                         struct import_item *item, enum import_kind kind, const char *key,
                         struct error *err)
{
    int64_t foreign = import_id(item->object, key);
    int64_t own = 0;
    if (!import_find(run, ctx->db, kind, foreign, &own, err)) {
        return false;
    }
    if (foreign != 0 && own == 0) {
        import_note(item, key, STR("The export does not have what this names."));
    }
    jw_field_id(w, key, import_dropped(item, key) ? 0 : own);
    return true;
}

static bool write_people(struct import *run, struct ctx *ctx, struct jw *w,
                         struct import_item *item, const char *from, const char *to,
                         struct error *err)
{
    struct jr_value list = jr_get(item->object, from);
    jw_field_array(w, to);
    for (size_t i = 0; i < jr_count(list) && !import_dropped(item, "collaborators"); i++) {
        int64_t foreign = 0;
        int64_t own = 0;
        (void)!jr_id(jr_at(list, i), &foreign);
        if (!import_find(run, ctx->db, IMPORT_USER, foreign, &own, err)) {
            return false;
        }
        if (own == 0) {
            import_note(item, from, STR("The export does not have this person."));
            continue;
        }
        jw_object_begin(w);
        jw_field_i64(w, "user_id", own);
        jw_object_end(w);
    }
    jw_array_end(w);
    return true;
}

static struct str status_of(const struct import_item *item)
{
    struct str status = jr_text(jr_get(item->object, "status"));
    return str_none(status) ? STR("open") : status;
}

// All but the comment.
static bool write_ticket(struct import *run, struct ctx *ctx, struct jw *w,
                         struct import_item *item, struct error *err)
{
    struct user_id requester;
    struct user_id submitter;
    int64_t asked = import_id(item->object, "requester_id");
    int64_t entered = import_id(item->object, "submitter_id");
    if (!import_person(run, ctx, item, asked, "requester_id", &requester, err)) {
        return false;
    }
    submitter = requester;
    if (entered != 0 && entered != asked &&
        !import_person(run, ctx, item, entered, "submitter_id", &submitter, err)) {
        return false;
    }
    import_carry(ctx->mem, w, item, TEXTS, sizeof TEXTS / sizeof *TEXTS);
    jw_field_str(w, "status", status_of(item));
    jw_field_i64(w, "requester_id", requester.v);
    jw_field_i64(w, "submitter_id", submitter.v);
    jw_field_time(w, "solved_at", import_time(jr_get(item->object, "metric_set"), "solved_at"));
    return write_mapped(run, ctx, w, item, IMPORT_USER, "assignee_id", err) &&
           write_mapped(run, ctx, w, item, IMPORT_GROUP, "group_id", err) &&
           write_mapped(run, ctx, w, item, IMPORT_ORGANIZATION, "organization_id", err) &&
           write_people(run, ctx, w, item, "email_cc_ids", "email_ccs", err) &&
           write_people(run, ctx, w, item, "follower_ids", "followers", err) &&
           import_ticket_fields(run, ctx, w, item, err);
}

// Where it comes from, kept in the ticket's history.
static void write_origin(struct import *run, struct jw *w, const struct import_item *item)
{
    jw_field_object(w, "metadata");
    jw_field_object(w, "import");
    jw_field_str(w, "source", run->job->source);
    jw_field_i64(w, "ticket", item->key);
    jw_object_end(w);
    jw_object_end(w);
}

static bool write_uploads(struct ctx *ctx, struct jw *w, const struct import_comment *comment,
                          struct error *err)
{
    jw_field_array(w, "uploads");
    for (size_t i = 0; i < comment->file_count; i++) {
        struct attachment file;
        struct str token = STR_NONE;
        if (!upload_add(ctx->db, ctx->mem, &ctx->actor, STR_NONE, &comment->files[i],
                        clock_now(ctx->app->clock), &token, &file, err)) {
            return false;
        }
        jw_str(w, token);
    }
    jw_array_end(w);
    return true;
}

static enum channel channel_of(struct jr_value object)
{
    static const struct {
        enum channel channel;
        const char *word;
    } KNOWN[] = {
#define CHANNEL(name, word) {CHANNEL_##name, word},
        CHANNELS
#undef CHANNEL
    };
    struct str word = jr_text(jr_get(jr_get(object, "via"), "channel"));
    for (size_t i = 0; i < sizeof KNOWN / sizeof *KNOWN; i++) {
        if (str_eq_c(word, KNOWN[i].word)) {
            return KNOWN[i].channel;
        }
    }
    return CHANNEL_API;
}

// As "comment", by whom and through what it came; whoever wrote it acts from here on.
static bool write_comment(struct import *run, struct ctx *ctx, struct jw *w,
                          struct import_item *item, const struct import_comment *comment,
                          struct error *err)
{
    static const char *const WORDS[] = {"body", "html_body", "public"};
    const struct import_item words = {.object = comment->object};
    struct user_id author;
    if (!import_person(run, ctx, item, import_id(comment->object, "author_id"), "author_id",
                       &author, err)) {
        return false;
    }
    ctx->actor.user = author;
    ctx->actor.channel = channel_of(comment->object);
    jw_field_object(w, "comment");
    import_carry(ctx->mem, w, &words, WORDS, sizeof WORDS / sizeof *WORDS);
    jw_field_i64(w, "author_id", author.v);
    jw_field_time(w, "created_at", comment->at);
    if (!write_uploads(ctx, w, comment, err)) {
        return false;
    }
    jw_object_end(w);
    return true;
}

// --- in the transaction -------------------------------------------------------------------------

// What a ticket without comments in the export begins with: its own description.
static struct import_comment own_words(struct ctx *ctx, const struct import_item *item)
{
    struct buf out;
    struct jw w;
    struct error ignored = {0};
    struct import_comment comment = {
        .key = -item->key, .at = import_time(item->object, "created_at"), .object = JR_NONE};
    struct str words = jr_text(jr_get(item->object, "description"));
    buf_init(&out, ctx->mem, BODY_MAX);
    jw_init(&w, &out);
    jw_object_begin(&w);
    jw_field_str(&w, "body", str_none(words) ? STR("") : words);
    jw_field_i64(&w, "author_id",
                 import_id(item->object, "submitter_id") != 0
                     ? import_id(item->object, "submitter_id")
                     : import_id(item->object, "requester_id"));
    jw_object_end(&w);
    (void)!import_written(ctx->mem, &out, &comment.object, &ignored);
    return comment;
}

static bool make_ticket(struct import *run, struct ctx *ctx, struct import_item *item,
                        struct ticket_outcome *outcome, struct error *err)
{
    struct buf out;
    struct jw w;
    struct jr_value body = JR_NONE;
    struct import_comment words;
    struct import_comment *first = &words;
    if (item->comment_count > 0) {
        first = &item->comments[0];
    } else {
        words = own_words(ctx, item);
    }
    buf_init(&out, ctx->mem, BODY_MAX);
    jw_init(&w, &out);
    jw_object_begin(&w);
    if (!write_ticket(run, ctx, &w, item, err)) {
        return false;
    }
    jw_field_time(&w, "created_at", import_time(item->object, "created_at"));
    jw_field_time(&w, "updated_at", item->stamp);
    write_origin(run, &w, item);
    if (!write_comment(run, ctx, &w, item, first, err)) {
        return false;
    }
    jw_object_end(&w);
    if (!import_written(ctx->mem, &out, &body, err) ||
        !api_ticket_import(ctx, ctx->db, body, (struct ticket_id){0}, outcome, err)) {
        return false;
    }
    first->own = outcome->comment.v;
    return import_put(run, ctx->db, IMPORT_COMMENT, first, err);
}

static bool add_comment(struct import *run, struct ctx *ctx, struct import_item *item,
                        struct import_comment *comment, const struct ticket *ticket,
                        bool touched_here, struct error *err)
{
    struct buf out;
    struct jw w;
    struct jr_value body = JR_NONE;
    struct ticket_outcome outcome;
    buf_init(&out, ctx->mem, BODY_MAX);
    jw_init(&w, &out);
    jw_object_begin(&w);
    jw_field_str(&w, "status", ticket_status_word(ticket->status));
    if (!touched_here) {
        jw_field_time(&w, "updated_at", item->stamp);
    }
    if (!write_comment(run, ctx, &w, item, comment, err)) {
        return false;
    }
    jw_object_end(&w);
    if (!import_written(ctx->mem, &out, &body, err) ||
        !api_ticket_import(ctx, ctx->db, body, ticket->id, &outcome, err)) {
        return false;
    }
    comment->own = outcome.comment.v;
    return import_put(run, ctx->db, IMPORT_COMMENT, comment, err);
}

static bool change_ticket(struct import *run, struct ctx *ctx, struct import_item *item,
                          struct ticket *ticket, struct error *err)
{
    struct buf out;
    struct jw w;
    struct jr_value body = JR_NONE;
    struct ticket_outcome outcome;
    buf_init(&out, ctx->mem, BODY_MAX);
    jw_init(&w, &out);
    jw_object_begin(&w);
    if (!write_ticket(run, ctx, &w, item, err)) {
        return false;
    }
    jw_field_time(&w, "created_at", item->stamp);
    jw_field_time(&w, "updated_at", item->stamp);
    jw_object_end(&w);
    if (!import_written(ctx->mem, &out, &body, err) ||
        !api_ticket_import(ctx, ctx->db, body, ticket->id, &outcome, err)) {
        return false;
    }
    *ticket = outcome.after;
    return true;
}

static bool delete_ticket(struct import *run, struct ctx *ctx, struct import_item *item,
                          struct error *err)
{
    struct ticket_outcome outcome;
    const struct ticket_change change = {
        .ticket = {item->own}, .set = SET_DELETED, .deleted = true, .import = true};
    item->outcome = IMPORT_UPDATED;
    return ticket_apply(&run->desk->tickets, ctx->db, ctx->mem, &ctx->actor, &change, &outcome,
                        err);
}

// Whether somebody worked on it here since it came.
static bool is_touched(const struct import_item *item, const struct ticket *ticket)
{
    return ticket->updated_at > item->own_stamp;
}

static bool apply_ticket(struct import *run, struct ctx *ctx, struct import_item *item,
                         struct error *err)
{
    struct ticket ticket;
    struct ticket_outcome outcome;
    const struct actor system = ctx->actor;
    bool touched = false;
    size_t from = 0;
    if (is_deleted(item)) {
        return delete_ticket(run, ctx, item, err);
    }
    if (item->own == 0) {
        if (!make_ticket(run, ctx, item, &outcome, err)) {
            return false;
        }
        ticket = outcome.after;
        from = 1;
        item->outcome = IMPORT_MADE;
    } else {
        if (!ticket_load(ctx->db, ctx->mem, &ctx->actor, (struct ticket_id){item->own}, &ticket,
                         err)) {
            return false;
        }
        touched = is_touched(item, &ticket);
        if (touched) {
            import_note(item, "", STR("It was changed here since; only new comments were added."));
        } else if (!change_ticket(run, ctx, item, &ticket, err)) {
            return false;
        }
        item->outcome = IMPORT_UPDATED;
    }
    for (size_t i = from; i < item->comment_count; i++) {
        ctx->actor = system;
        if (!item->comments[i].known &&
            !add_comment(run, ctx, item, &item->comments[i], &ticket, touched, err)) {
            return false;
        }
    }
    item->became = ticket.id.v;
    return true;
}

const struct import_way IMPORT_WAY_TICKET = {prepare_ticket, apply_ticket};

// --- problems -----------------------------------------------------------------------------------

static bool prepare_link(struct import *run, struct db *db, mem_ctx *ctx, struct import_item *item,
                         struct error *err)
{
    (void)run;
    (void)db;
    (void)ctx;
    (void)err;
    bool some = item->before && import_id(item->object, "problem_id") != 0 && !is_deleted(item);
    item->outcome = some ? IMPORT_PENDING : IMPORT_SAME;
    return true;
}

static bool apply_link(struct import *run, struct ctx *ctx, struct import_item *item,
                       struct error *err)
{
    struct ticket ticket;
    struct ticket_outcome outcome;
    struct ticket_change change = {
        .ticket = {item->own}, .set = SET_PROBLEM, .import = true, .created_at = item->stamp};
    item->outcome = IMPORT_SAME;
    if (!import_find(run, ctx->db, IMPORT_TICKET, import_id(item->object, "problem_id"),
                     &change.problem.v, err)) {
        return false;
    }
    if (change.problem.v == 0) {
        import_note(item, "problem_id", STR("The export does not have what this names."));
        return true;
    }
    if (!ticket_load(ctx->db, ctx->mem, &ctx->actor, change.ticket, &ticket, err)) {
        return false;
    }
    if (ticket.problem.v != 0 || is_touched(item, &ticket)) {
        return true;
    }
    return ticket_apply(&run->desk->tickets, ctx->db, ctx->mem, &ctx->actor, &change, &outcome,
                        err) &&
           ticket_import_updated(ctx->db, &ctx->actor, change.ticket, item->stamp, err);
}

const struct import_way IMPORT_WAY_LINKS = {prepare_link, apply_link};
