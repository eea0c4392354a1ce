// SPDX-License-Identifier: GPL-3.0-or-later
//
// The writing half of ticket_apply(): what differs becomes events, and all of it becomes rows.
#include "desk/tickets/apply_internal.h"

#include "base/random.h"
#include "desk/tickets/queries.h"

struct str channel_word(enum channel channel)
{
    static const struct str WORDS[] = {
#define CHANNEL(name, word) [CHANNEL_##name] = STR_INIT(word),
        CHANNELS
#undef CHANNEL
    };
    return WORDS[channel];
}

static struct str id_text(mem_ctx *ctx, int64_t id)
{
    return id == 0 ? STR_NONE : str_printf(ctx, "%lld", (long long)id);
}

static struct str word_or_none(struct str word)
{
    return word.len == 0 ? STR_NONE : word;
}

static void add_event(struct apply *a, const char *field, struct str before, struct str after)
{
    a->events = mem_grow(a->ctx, a->events, struct ticket_event, a->event_count + 1);
    a->events[a->event_count++] = (struct ticket_event){
        .kind = a->created ? STR("Create") : STR("Change"),
        .field = str_c(field),
        .value = after,
        .previous = a->created ? STR_NONE : before,
        .rule = a->change->rule,
    };
}

static void compare_text(struct apply *a, const char *field, struct str before, struct str after)
{
    bool same = str_none(before) == str_none(after) && str_eq(before, after);
    bool nothing = a->created && str_none(after);
    if (!same && !nothing) {
        add_event(a, field, before, after);
    }
}

static void compare_id(struct apply *a, const char *field, int64_t before, int64_t after)
{
    if (before != after) {
        add_event(a, field, id_text(a->ctx, before), id_text(a->ctx, after));
    }
}

static void compare_time(struct apply *a, const char *field, int64_t before, int64_t after)
{
    if (before != after) {
        add_event(a, field, before == 0 ? STR_NONE : time_iso(a->ctx, before),
                  after == 0 ? STR_NONE : time_iso(a->ctx, after));
    }
}

static void compare_fields(struct apply *a)
{
    const struct ticket *b = &a->before;
    const struct ticket *n = &a->after;
    bool created = a->created;
    compare_text(a, "subject", created ? STR_NONE : b->subject, n->subject);
    if (created || b->status != n->status) {
        add_event(a, "status", ticket_status_word(b->status), ticket_status_word(n->status));
    }
    compare_text(a, "priority", word_or_none(ticket_priority_word(b->priority)),
                 word_or_none(ticket_priority_word(n->priority)));
    compare_text(a, "type", word_or_none(ticket_type_word(b->type)),
                 word_or_none(ticket_type_word(n->type)));
    compare_id(a, "requester_id", b->requester.v, n->requester.v);
    if (created && n->submitter.v != n->requester.v) {
        compare_id(a, "submitter_id", 0, n->submitter.v);
    }
    compare_id(a, "assignee_id", b->assignee.v, n->assignee.v);
    compare_id(a, "steward_id", b->steward.v, n->steward.v);
    compare_id(a, "group_id", b->group.v, n->group.v);
    compare_id(a, "organization_id", b->organization.v, n->organization.v);
    compare_id(a, "custom_status_id", b->custom_status, n->custom_status);
    compare_id(a, "ticket_form_id", b->form, n->form);
    compare_id(a, "brand_id", b->brand, n->brand);
    compare_id(a, "problem_id", b->problem.v, n->problem.v);
    compare_time(a, "due_at", b->due_at, n->due_at);
    compare_time(a, "snoozed_until", b->snoozed_until, n->snoozed_until);
    compare_text(a, "external_id", b->external_id, n->external_id);
    compare_text(a, "tags", created ? STR_NONE : word_or_none(b->tags), word_or_none(n->tags));
    if ((b->deleted_at != 0) != (n->deleted_at != 0)) {
        add_event(a, "status", n->deleted_at != 0 ? ticket_status_word(b->status) : STR("deleted"),
                  n->deleted_at != 0 ? STR("deleted") : ticket_status_word(n->status));
    }
}

static const char *collaborator_word(enum collaborator_kind kind)
{
    return kind == COLLABORATOR_CC ? "cc" : "follower";
}

// Collaborators are compared by doing: a row that was there, or not there, already is no change.
// A new ticket has no number yet, so all of its collaborators are new.
static bool compare_collaborators(struct apply *a, struct error *err)
{
    for (size_t i = 0; i < a->change->collaborator_count; i++) {
        const struct collaborator_change *one = &a->change->collaborators[i];
        struct str kind = str_c(collaborator_word(one->kind));
        int64_t changes = 0;
        bool is_requester = one->kind == COLLABORATOR_CC && one->user.v == a->after.requester.v;
        if (is_requester || (a->created && one->remove)) {
            continue;
        }
        if (a->created) {
            changes = 1;
        } else if (one->remove) {
            if (!collaborator_delete(a->tx, a->before.id, one->user, kind, &changes, err)) {
                return false;
            }
        } else if (!collaborator_insert(a->tx, a->before.id, one->user, kind, &changes, err)) {
            return false;
        }
        if (changes > 0) {
            struct str id = id_text(a->ctx, one->user.v);
            add_event(a, one->kind == COLLABORATOR_CC ? "email_cc_ids" : "follower_ids",
                      one->remove ? id : STR_NONE, one->remove ? STR_NONE : id);
        }
    }
    return true;
}

static void compare_custom_fields(struct apply *a)
{
    for (size_t i = 0; i < a->field_count; i++) {
        const struct ticket_field_change *one = &a->fields[i];
        add_event(a, str_cstr(a->ctx, id_text(a->ctx, one->field)), one->previous, one->value);
    }
}

bool apply_compare(struct apply *a, struct error *err)
{
    compare_fields(a);
    compare_custom_fields(a);
    return compare_collaborators(a, err);
}

static bool write_new_ticket(struct apply *a, struct error *err)
{
    struct ticket *t = &a->after;
    int64_t number = 0;
    if (!db_next_number(a->tx, "ticket", &number, err)) {
        return false;
    }
    t->id.v = number;
    t->version = 1;
    struct ticket_insert_in in = {
        .id = t->id,
        .external_id = t->external_id,
        .subject = t->subject,
        .status = (int64_t)t->status,
        .priority = (int64_t)t->priority,
        .type = (int64_t)t->type,
        .requester_id = t->requester,
        .submitter_id = t->submitter,
        .assignee_id = t->assignee,
        .steward_id = t->steward,
        .group_id = t->group,
        .organization_id = t->organization,
        .problem_id = t->problem,
        .followup_of = t->followup_of,
        .channel = t->channel,
        .recipient = t->recipient,
        .tags = t->tags,
        .is_public = t->is_public,
        .comment_count = t->comment_count,
        .excerpt = t->excerpt,
        .created_at = t->created_at,
        .updated_at = t->updated_at,
        .generated_at = t->generated_at,
        .requester_updated_at = {t->requester_updated_at != 0, t->requester_updated_at},
        .assignee_updated_at = {t->assignee_updated_at != 0, t->assignee_updated_at},
        .status_updated_at = t->status_updated_at,
        .assigned_at = {t->assigned_at != 0, t->assigned_at},
        .solved_at = {t->solved_at != 0, t->solved_at},
        .due_at = {t->due_at != 0, t->due_at},
        .custom_status_id = {t->custom_status != 0, t->custom_status},
        .form_id = {t->form != 0, t->form},
        .brand_id = {t->brand != 0, t->brand},
    };
    if (!ticket_insert(a->tx, &in, err)) {
        return false;
    }
    for (size_t i = 0; i < a->change->collaborator_count; i++) {
        const struct collaborator_change *one = &a->change->collaborators[i];
        bool skip = one->remove || (one->kind == COLLABORATOR_CC && one->user.v == t->requester.v);
        if (!skip && !collaborator_insert(a->tx, t->id, one->user,
                                          str_c(collaborator_word(one->kind)), NULL, err)) {
            return false;
        }
    }
    return true;
}

static bool write_old_ticket(struct apply *a, struct error *err)
{
    struct ticket *t = &a->after;
    int64_t changes = 0;
    struct ticket_update_in in = {
        .id = t->id,
        .version = a->before.version,
        .external_id = t->external_id,
        .subject = t->subject,
        .status = (int64_t)t->status,
        .priority = (int64_t)t->priority,
        .type = (int64_t)t->type,
        .requester_id = t->requester,
        .assignee_id = t->assignee,
        .steward_id = t->steward,
        .group_id = t->group,
        .organization_id = t->organization,
        .problem_id = t->problem,
        .merged_into = t->merged_into,
        .tags = t->tags,
        .is_public = t->is_public,
        .comment_count = t->comment_count,
        .excerpt = t->excerpt,
        .updated_at = t->updated_at,
        .generated_at = t->generated_at,
        .requester_updated_at = {t->requester_updated_at != 0, t->requester_updated_at},
        .assignee_updated_at = {t->assignee_updated_at != 0, t->assignee_updated_at},
        .status_updated_at = t->status_updated_at,
        .assigned_at = {t->assigned_at != 0, t->assigned_at},
        .solved_at = {t->solved_at != 0, t->solved_at},
        .due_at = {t->due_at != 0, t->due_at},
        .snoozed_until = {t->snoozed_until != 0, t->snoozed_until},
        .deleted_at = {t->deleted_at != 0, t->deleted_at},
        .deleted_by = t->deleted_by,
        .custom_status_id = {t->custom_status != 0, t->custom_status},
        .form_id = {t->form != 0, t->form},
        .brand_id = {t->brand != 0, t->brand},
    };
    if (!ticket_update(a->tx, &in, &changes, err)) {
        return false;
    }
    t->version = a->before.version + 1;
    return changes == 1 || error_set(err, ERR_CONFLICT,
                                     "Somebody else changed this ticket in the "
                                     "same moment. Please try again.");
}

static bool write_tags(struct apply *a, struct error *err)
{
    struct str rest = a->before.tags;
    struct str tag;
    if (str_eq(a->before.tags, a->after.tags)) {
        return true;
    }
    while (str_next(&rest, ' ', &tag)) {
        if (!str_empty(tag) && !tag_delete(a->tx, a->after.id, tag, err)) {
            return false;
        }
    }
    rest = a->after.tags;
    while (str_next(&rest, ' ', &tag)) {
        if (!str_empty(tag) && !tag_insert(a->tx, a->after.id, tag, err)) {
            return false;
        }
    }
    return true;
}

static bool write_files(struct apply *a, const struct new_comment *comment, struct error *err)
{
    for (size_t i = 0; i < comment->file_count; i++) {
        const struct new_file *file = &comment->files[i];
        struct attachment_insert_in in = {
            .id = {db_next_id(a->tx)},
            .ticket_id = a->after.id,
            .comment_id = a->comment,
            .hash = file->hash,
            .file_name = file->file_name,
            .content_type = file->content_type,
            .size = file->size,
            .is_inline = file->is_inline,
            .content_id = file->content_id,
            .token = str_empty(file->token) ? random_token(a->ctx, 24) : file->token,
            .created_by = a->actor->user,
            .created_at = a->now,
        };
        if (!attachment_insert(a->tx, &in, err)) {
            return false;
        }
    }
    for (size_t i = 0; i < comment->upload_count; i++) {
        if (!upload_adopt(a, comment->uploads[i], err)) {
            return false;
        }
    }
    return true;
}

static bool write_comment(struct apply *a, struct error *err)
{
    const struct new_comment *comment = a->change->comment;
    if (comment == NULL) {
        return true;
    }
    a->comment.v = db_next_id_above(a->tx, a->last_id);
    struct user_id author = comment->author;
    if (author.v == 0) {
        author = a->actor->user;
    }
    struct comment_insert_in in = {
        .id = a->comment,
        .ticket_id = a->after.id,
        .audit_id = a->audit,
        .author_id = author,
        .is_public = comment->is_public,
        .body = comment->body,
        .html = comment->html.markup,
        .quoted_from = {comment->quoted_from >= 0, comment->quoted_from},
        .channel = channel_word(a->actor->channel),
        .mail_id = comment->mail,
        .stranger = comment->stranger,
        .remote_images = comment->remote_images,
        .created_at = a->change->import && comment->created_at != 0 ? comment->created_at : a->now,
        .held_until = {comment->is_public && comment->held_until > a->now, comment->held_until},
        .for_id = a->speaks_for,
    };
    struct ticket_event event = {
        .id = {a->comment.v}, .kind = STR("Comment"), .rule = a->change->rule};
    struct str subject = a->created ? a->after.subject : STR("");
    return comment_insert(a->tx, &in, err) &&
           ticket_event_add(a->tx, a->after.id, a->audit, &event, err) &&
           search_insert(a->tx, a->comment, subject, comment->body, err) &&
           write_files(a, comment, err);
}

int64_t apply_time(const struct apply *a)
{
    bool said = a->change->import && a->change->created_at != 0;
    return a->created ? a->after.created_at : said ? a->change->created_at : a->now;
}

static bool write_audit(struct apply *a, struct error *err)
{
    if (a->change->into.v != 0) {
        a->audit = a->change->into;
        return true;
    }
    a->audit.v = db_next_id_above(a->tx, a->last_id);
    struct audit_insert_in in = {
        .id = a->audit,
        .ticket_id = a->after.id,
        .author_id = a->actor->user,
        .channel = channel_word(a->actor->channel),
        .address = a->actor->address,
        .custom = a->change->custom,
        .created_at = apply_time(a),
        .rel = a->change->rel,
        .from_ticket = a->change->from_ticket,
    };
    return audit_insert(a->tx, &in, err);
}

// A ticket's history is in the order of its ids, whoever writes.
static bool read_last_id(struct db *tx, struct ticket_id ticket, int64_t *ret, struct error *err)
{
    struct ticket_last_ids_row last;
    if (!ticket_last_ids(tx, db_tx_ctx(tx), ticket, &last, err)) {
        return false;
    }
    *ret = last.comment > last.audit ? last.comment : last.audit;
    return true;
}

bool apply_write(struct apply *a, struct error *err)
{
    bool ticket =
        a->created ? write_new_ticket(a, err)
                   : write_old_ticket(a, err) && read_last_id(a->tx, a->after.id, &a->last_id, err);
    if (!ticket || !write_audit(a, err) || !write_comment(a, err) || !write_tags(a, err) ||
        !apply_fields_write(a, err)) {
        return false;
    }
    for (size_t i = 0; i < a->event_count; i++) {
        if (!ticket_event_add(a->tx, a->after.id, a->audit, &a->events[i], err)) {
            return false;
        }
    }
    for (size_t i = 0; i < a->change->note_count; i++) {
        if (!ticket_event_add(a->tx, a->after.id, a->audit, &a->change->notes[i], err)) {
            return false;
        }
    }
    return true;
}

bool ticket_event_add(struct db *tx, struct ticket_id ticket, struct audit_id audit,
                      const struct ticket_event *event, struct error *err)
{
    struct event_insert_in in = {
        .id = event->id.v != 0 ? event->id : (struct event_id){db_next_id(tx)},
        .audit_id = audit,
        .ticket_id = ticket,
        .kind = event->kind,
        .field = event->field,
        .value = event->value,
        .previous = event->previous,
        .rule_id = event->rule,
    };
    return event_insert(tx, &in, err);
}

bool ticket_audit_begin(const struct tickets *room, struct db *tx, const struct actor *actor,
                        struct ticket_id ticket, struct audit_id *ret, struct error *err)
{
    int64_t last_id = 0;
    if (!read_last_id(tx, ticket, &last_id, err)) {
        return false;
    }
    struct audit_insert_in in = {
        .id = {db_next_id_above(tx, last_id)},
        .ticket_id = ticket,
        .author_id = actor->user,
        .channel = channel_word(actor->channel),
        .created_at = clock_now(room->clock),
    };
    *ret = in.id;
    return audit_insert(tx, &in, err);
}

bool ticket_note_event(const struct tickets *room, struct db *tx, struct ticket_id ticket,
                       const struct ticket_event *event, struct error *err)
{
    struct actor system = actor_system(CHANNEL_SYSTEM);
    struct audit_id audit;
    return ticket_audit_begin(room, tx, &system, ticket, &audit, err) &&
           ticket_event_add(tx, ticket, audit, event, err);
}
