// SPDX-License-Identifier: GPL-3.0-or-later
//
// Several tickets about one thing become one.
#include "desk/tickets/tickets_internal.h"

struct merging {
    const struct tickets *room;
    struct db *tx;
    mem_ctx *ctx;
    const struct actor *actor;
    const struct ticket_merge *merge;
    struct ticket target;
    struct buf text;  // what the target's note says of the sources
    struct collaborator_change *people;
    size_t person_count;
    struct new_file *files;
    size_t file_count;
};

static void add_person(struct merging *m, struct user_id user, enum collaborator_kind kind)
{
    m->people = mem_grow(m->ctx, m->people, struct collaborator_change, m->person_count + 1);
    m->people[m->person_count++] = (struct collaborator_change){.user = user, .kind = kind};
}

static bool take_people(struct merging *m, const struct ticket *source, struct error *err)
{
    struct collaborator *list = NULL;
    size_t count = 0;
    if (!ticket_collaborators(m->tx, m->ctx, source, 1, &list, &count, err)) {
        return false;
    }
    if (m->merge->target_public) {
        add_person(m, source->requester, COLLABORATOR_CC);
    }
    for (size_t i = 0; i < count; i++) {
        add_person(m, list[i].user, list[i].kind);
    }
    return true;
}

static bool take_files(struct merging *m, const struct ticket *source, struct comment_id last,
                       struct error *err)
{
    struct attachment *files = NULL;
    size_t count = 0;
    if (!ticket_attachments(m->tx, m->ctx, source->id, &files, &count, err)) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        if (files[i].comment.v == last.v) {
            m->files = mem_grow(m->ctx, m->files, struct new_file, m->file_count + 1);
            m->files[m->file_count++] = (struct new_file){.hash = files[i].hash,
                                                          .file_name = files[i].file_name,
                                                          .content_type = files[i].content_type,
                                                          .size = files[i].size};
        }
    }
    return true;
}

// What the note says of one source. A public note never quotes what was internal.
static bool describe(struct merging *m, const struct ticket *source, struct error *err)
{
    struct ticket_comment *comments = NULL;
    size_t count = 0;
    const struct ticket_comment *last = NULL;
    if (!ticket_comments(m->tx, m->ctx, m->actor, source->id, &comments, &count, err)) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        bool quotable = comments[i].is_public || !m->merge->target_public;
        last = quotable && !comments[i].withdrawn && !comments[i].held ? &comments[i] : last;
    }
    buf_put_c(&m->text, m->text.len > 0 ? "\n\n" : "");
    buf_printf(&m->text, "Request #%lld \"" STR_FMT "\" was closed and merged into this request.",
               (long long)source->id.v, STR_ARG(source->subject));
    if (last == NULL) {
        return true;
    }
    buf_printf(&m->text, " Last comment in request #%lld:\n\n", (long long)source->id.v);
    buf_put(&m->text, str_utf8_clip(last->body, BODY_MAX_BYTES / 16));
    return take_files(m, source, last->id, err);
}

static bool close_source(struct merging *m, const struct ticket *source, struct error *err)
{
    struct ticket_outcome ignored;
    struct str text = m->merge->source_comment;
    if (str_empty(text)) {
        text = str_printf(m->ctx,
                          "This request was closed and merged into request #%lld \"" STR_FMT "\".",
                          (long long)m->target.id.v, STR_ARG(m->target.subject));
    }
    struct new_comment note = {
        .body = text, .is_public = m->merge->source_public, .quoted_from = -1};
    struct ticket_change change = {
        .ticket = source->id,
        .set = SET_STATUS | SET_MERGED,
        .status = STATUS_CLOSED,
        .merged_into = m->target.id,
        .add_tags = STR("closed_by_merge"),
        .comment = &note,
        .rel = STR("merge"),
        .from_ticket = m->target.id,
    };
    return ticket_apply(m->room, m->tx, m->ctx, m->actor, &change, &ignored, err);
}

static bool load_mergeable(struct merging *m, struct ticket_id id, struct ticket *ret,
                           struct error *err)
{
    if (!ticket_load(m->tx, m->ctx, m->actor, id, ret, err)) {
        return false;
    }
    return ret->status != STATUS_CLOSED ||
           error_field(err, "status", "InvalidValue",
                       "Status: ticket %lld is closed and cannot be merged.", (long long)id.v);
}

bool ticket_merge(const struct tickets *room, struct db *tx, mem_ctx *ctx,
                  const struct actor *actor, const struct ticket_merge *merge,
                  struct ticket_outcome *ret, struct error *err)
{
    struct merging m = {.room = room, .tx = tx, .ctx = ctx, .actor = actor, .merge = merge};
    buf_init(&m.text, ctx, BODY_MAX_BYTES);
    if (!actor_is_agent(actor)) {
        return error_set(err, ERR_FORBIDDEN, "Only agents can merge tickets.");
    }
    if (!load_mergeable(&m, merge->target, &m.target, err)) {
        return false;
    }
    for (size_t i = 0; i < merge->source_count; i++) {
        struct ticket source;
        if (merge->sources[i].v == merge->target.v) {
            return error_field(err, "ids", "InvalidValue",
                               "Ids: a ticket cannot be merged into itself.");
        }
        if (!load_mergeable(&m, merge->sources[i], &source, err) || !describe(&m, &source, err) ||
            !take_people(&m, &source, err) || !close_source(&m, &source, err)) {
            return false;
        }
    }
    struct str text = str_empty(merge->target_comment) ? buf_str(&m.text) : merge->target_comment;
    struct new_comment note = {.body = text,
                               .is_public = merge->target_public,
                               .quoted_from = -1,
                               .files = m.files,
                               .file_count = m.file_count};
    struct ticket_change change = {
        .ticket = merge->target,
        .collaborators = m.people,
        .collaborator_count = m.person_count,
        .comment = &note,
        .rel = STR("merge"),
        .from_ticket = merge->source_count == 1 ? merge->sources[0] : (struct ticket_id){0},
    };
    return ticket_apply(room, tx, ctx, actor, &change, ret, err);
}
