// SPDX-License-Identifier: GPL-3.0-or-later
//
// A body's ticket object becomes a struct ticket_change, inside the transaction that applies it:
// people whom the body names and who are unknown are made there, so that nothing stays behind when
// it fails.
#include "desk/tickets/api_internal.h"

#include "desk/people/people.h"
#include "desk/tickets/api_bind.h"
#include "desk/tickets/api_fields.h"
#include "mail/html_text.h"
#include "mail/sanitize.h"

struct comment_body {
    struct jr_str body;
    struct jr_str html_body;
    struct jr_str value;
    struct jr_flag is_public;
    struct jr_int author_id;
    struct jr_strs uploads;
    struct jr_int created_at;
};

static const struct jr_field COMMENT_FIELDS[] = {
    JR_FIELD(STR, "body", struct comment_body, body),
    JR_FIELD(STR, "html_body", struct comment_body, html_body),
    JR_FIELD(STR, "value", struct comment_body, value),
    JR_FIELD(FLAG, "public", struct comment_body, is_public),
    JR_FIELD(ID, "author_id", struct comment_body, author_id),
    JR_FIELD(STRS, "uploads", struct comment_body, uploads, .max = 50),
    JR_FIELD(TIME, "created_at", struct comment_body, created_at),
};
static const struct jr_spec COMMENT_SPEC = JR_SPEC(COMMENT_FIELDS);

struct ticket_body {
    struct jr_str subject;
    struct jr_str raw_subject;
    struct jr_str description;
    struct jr_str status;
    struct jr_str priority;
    struct jr_str type;
    struct jr_int requester_id;
    struct jr_int submitter_id;
    struct jr_int assignee_id;
    struct jr_int steward_id;
    struct jr_str assignee_email;
    struct jr_int group_id;
    struct jr_int organization_id;
    struct jr_int problem_id;
    struct jr_int due_at;
    struct jr_str external_id;
    struct jr_str recipient;
    struct jr_strs tags;
    struct jr_strs additional_tags;
    struct jr_strs remove_tags;
    struct jr_flag safe_update;
    struct jr_int updated_stamp;
    struct jr_int followup_source;
    struct jr_value comment;
    struct jr_value requester;
    struct jr_value email_ccs;
    struct jr_value followers;
    struct jr_value collaborators;
    struct jr_value additional_collaborators;
    struct jr_value collaborator_ids;
    struct jr_value metadata;
    struct jr_int created_at;
    struct jr_int updated_at;
    struct jr_int solved_at;
    struct jr_value comments;
    struct jr_value comment_given;  // imports: what `comment` was before the first of `comments`
};

static const struct jr_field TICKET_FIELDS[] = {
    JR_FIELD(STR, "subject", struct ticket_body, subject),
    JR_FIELD(STR, "raw_subject", struct ticket_body, raw_subject),
    JR_FIELD(STR, "description", struct ticket_body, description),
    JR_FIELD(STR, "status", struct ticket_body, status),
    JR_FIELD(STR, "priority", struct ticket_body, priority),
    JR_FIELD(STR, "type", struct ticket_body, type),
    JR_FIELD(ID, "requester_id", struct ticket_body, requester_id),
    JR_FIELD(ID, "submitter_id", struct ticket_body, submitter_id),
    JR_FIELD(ID, "assignee_id", struct ticket_body, assignee_id),
    JR_FIELD(ID, "steward_id", struct ticket_body, steward_id),
    JR_FIELD(STR, "assignee_email", struct ticket_body, assignee_email),
    JR_FIELD(ID, "group_id", struct ticket_body, group_id),
    JR_FIELD(ID, "organization_id", struct ticket_body, organization_id),
    JR_FIELD(ID, "problem_id", struct ticket_body, problem_id),
    JR_FIELD(TIME, "due_at", struct ticket_body, due_at),
    JR_FIELD(STR, "external_id", struct ticket_body, external_id, .max = 255),
    JR_FIELD(STR, "recipient", struct ticket_body, recipient),
    JR_FIELD(WORDS, "tags", struct ticket_body, tags),
    JR_FIELD(WORDS, "additional_tags", struct ticket_body, additional_tags),
    JR_FIELD(WORDS, "remove_tags", struct ticket_body, remove_tags),
    JR_FIELD(FLAG, "safe_update", struct ticket_body, safe_update),
    JR_FIELD(TIME, "updated_stamp", struct ticket_body, updated_stamp),
    JR_FIELD(ID, "via_followup_source_id", struct ticket_body, followup_source),
    JR_FIELD(RAW, "comment", struct ticket_body, comment),
    JR_FIELD(RAW, "requester", struct ticket_body, requester),
    JR_FIELD(RAW, "email_ccs", struct ticket_body, email_ccs),
    JR_FIELD(RAW, "followers", struct ticket_body, followers),
    JR_FIELD(RAW, "collaborators", struct ticket_body, collaborators),
    JR_FIELD(RAW, "additional_collaborators", struct ticket_body, additional_collaborators),
    JR_FIELD(RAW, "collaborator_ids", struct ticket_body, collaborator_ids),
    JR_FIELD(RAW, "metadata", struct ticket_body, metadata),
    JR_FIELD(TIME, "created_at", struct ticket_body, created_at),
    JR_FIELD(TIME, "updated_at", struct ticket_body, updated_at),
    JR_FIELD(TIME, "solved_at", struct ticket_body, solved_at),
    JR_FIELD(RAW, "comments", struct ticket_body, comments),
};
static const struct jr_spec TICKET_SPEC = JR_SPEC(TICKET_FIELDS);

// One body being turned into a change.
struct binding {
    struct ctx *ctx;
    struct db *tx;
    mem_ctx *mem;
    struct ticket_body in;
    struct ticket_change change;
    struct new_comment comment;
    struct collaborator_change *collaborators;
};

static struct str joined(mem_ctx *ctx, const struct jr_strs *words)
{
    struct buf out;
    buf_init(&out, ctx, 64 * 1024);
    for (size_t i = 0; i < words->count; i++) {
        buf_put_c(&out, i > 0 ? " " : "");
        buf_put(&out, words->v[i]);
    }
    return buf_str(&out);
}

static bool find_person(struct binding *b, struct str email, struct str name, const char *field,
                        struct user_id *ret, struct error *err)
{
    struct user person;
    bool created = false;
    struct sender sender = {.email = email, .name = name, .locale = STR_NONE};
    if (!user_find_or_create(desk_people(b->ctx), b->tx, b->mem, &sender, &person, &created, err)) {
        (void)snprintf(err->field, sizeof err->field, "%s", field);
        return false;
    }
    *ret = person.id;
    return true;
}

// A person as clients write one: an id, a mail address, or {name, email}, {user_id}, {user_email}.
static bool read_person(struct binding *b, struct jr_value value, const char *field,
                        struct user_id *ret, struct error *err)
{
    int64_t id = 0;
    if (jr_id(value, &id) || jr_id(jr_get(value, "user_id"), &id) ||
        jr_id(jr_get(value, "id"), &id)) {
        ret->v = id;
        return true;
    }
    struct str email = jr_text(value);
    if (str_none(email)) {
        email = jr_text(jr_get(value, "email"));
    }
    if (str_none(email)) {
        email = jr_text(jr_get(value, "user_email"));
    }
    struct str name = jr_text(jr_get(value, "name"));
    if (str_none(name)) {
        name = jr_text(jr_get(value, "user_name"));
    }
    if (str_empty(email)) {
        return error_field(err, field, "BlankValue",
                           "Requester: Email: cannot be blank. Give an id, a mail address or both "
                           "name and mail address.");
    }
    bool known = true;
    struct user person;
    bool requester = str_eq_c(str_c(field), "requester");
    if (requester && str_empty(str_trim(name)) &&
        !user_by_email(b->tx, b->mem, email, &person, &known, err)) {
        return false;
    }
    if (!known) {
        return error_field(err, field, "TooShort",
                           "Requester: Name: is too short (minimum one character)");
    }
    return find_person(b, email, name, field, ret, err);
}

static bool add_collaborators(struct binding *b, struct jr_value list, enum collaborator_kind kind,
                              struct error *err)
{
    for (size_t i = 0; i < jr_count(list); i++) {
        struct jr_value one = jr_at(list, i);
        struct collaborator_change change = {.kind = kind};
        if (!read_person(b, one, "collaborators", &change.user, err)) {
            return false;
        }
        change.remove = str_eq_c(jr_text(jr_get(one, "action")), "delete");
        size_t count = b->change.collaborator_count++;
        b->collaborators =
            mem_grow(b->mem, b->collaborators, struct collaborator_change, count + 1);
        b->collaborators[count] = change;
    }
    b->change.collaborators = b->collaborators;
    return true;
}

static bool bind_words(struct binding *b, struct error *err)
{
    struct ticket_change *change = &b->change;
    const struct ticket_body *in = &b->in;
    if (in->status.is == JR_SET) {
        change->set |= SET_STATUS;
        if (!ticket_status_parse(in->status.v, &change->status)) {
            return error_field(err, "status", "InvalidValue", "Status: is not valid");
        }
    }
    if (in->priority.is != JR_UNSET) {
        change->set |= SET_PRIORITY;
        if (!ticket_priority_parse(in->priority.v, &change->priority)) {
            return error_field(err, "priority", "InvalidValue", "Priority: is not valid");
        }
    }
    if (in->type.is != JR_UNSET) {
        change->set |= SET_TYPE;
        if (!ticket_type_parse(in->type.v, &change->type)) {
            return error_field(err, "type", "InvalidValue", "Type: is not valid");
        }
    }
    return true;
}

static bool bind_assignee(struct binding *b, struct error *err)
{
    struct user agent;
    bool found = false;
    if (b->in.steward_id.is == JR_SET) {
        b->change.set |= SET_STEWARD;
        b->change.steward.v = b->in.steward_id.v;
    }
    if (b->in.assignee_id.is != JR_UNSET) {
        b->change.set |= SET_ASSIGNEE;
        b->change.assignee.v = b->in.assignee_id.v;
    } else if (b->in.assignee_email.is == JR_SET) {
        if (!user_by_email(b->tx, b->mem, b->in.assignee_email.v, &agent, &found, err)) {
            return false;
        }
        if (!found) {
            return error_field(err, "assignee", "RecordNotFound",
                               "Assignee: nobody has that mail address.");
        }
        b->change.set |= SET_ASSIGNEE;
        b->change.assignee = agent.id;
    }
    return true;
}

static bool bind_people(struct binding *b, struct error *err)
{
    struct ticket_change *change = &b->change;
    const struct ticket_body *in = &b->in;
    if (in->requester_id.is == JR_SET) {
        change->set |= SET_REQUESTER;
        change->requester.v = in->requester_id.v;
    } else if (!jr_none(in->requester)) {
        change->set |= SET_REQUESTER;
        if (!read_person(b, in->requester, "requester", &change->requester, err)) {
            return false;
        }
    }
    change->submitter.v = in->submitter_id.v;
    return bind_assignee(b, err) && add_collaborators(b, in->email_ccs, COLLABORATOR_CC, err) &&
           add_collaborators(b, in->collaborators, COLLABORATOR_CC, err) &&
           add_collaborators(b, in->additional_collaborators, COLLABORATOR_CC, err) &&
           add_collaborators(b, in->collaborator_ids, COLLABORATOR_CC, err) &&
           add_collaborators(b, in->followers, COLLABORATOR_FOLLOWER, err);
}

static void bind_plain(struct binding *b)
{
    struct ticket_change *change = &b->change;
    const struct ticket_body *in = &b->in;
    const struct jr_str *subject = in->subject.is == JR_UNSET ? &in->raw_subject : &in->subject;
    if (subject->is == JR_SET) {
        change->set |= SET_SUBJECT;
        change->subject = subject->v;
    }
    if (in->group_id.is != JR_UNSET) {
        change->set |= SET_GROUP;
        change->group.v = in->group_id.v;
    }
    if (in->organization_id.is != JR_UNSET) {
        change->set |= SET_ORGANIZATION;
        change->organization.v = in->organization_id.v;
    }
    if (in->problem_id.is != JR_UNSET) {
        change->set |= SET_PROBLEM;
        change->problem.v = in->problem_id.v;
    }
    if (in->due_at.is != JR_UNSET) {
        change->set |= SET_DUE;
        change->due_at = in->due_at.v;
    }
    if (in->external_id.is != JR_UNSET) {
        change->set |= SET_EXTERNAL_ID;
        change->external_id = in->external_id.is == JR_SET ? in->external_id.v : STR_NONE;
    }
    if (in->tags.is != JR_UNSET) {
        change->set |= SET_TAGS;
        change->tags = joined(b->mem, &in->tags);
    }
    change->add_tags = joined(b->mem, &in->additional_tags);
    change->remove_tags = joined(b->mem, &in->remove_tags);
    change->recipient = in->recipient.is == JR_SET ? in->recipient.v : STR_NONE;
    change->expect_stamp = in->safe_update.v ? in->updated_stamp.v : 0;
    change->custom = jr_none(in->metadata) ? STR_NONE : jr_dump(b->mem, in->metadata);
}

static void set_comment_text(struct binding *b, const struct comment_body *in,
                             struct new_comment *out)
{
    struct sanitize_options options = {.links = SANITIZE_LINKS_OUTSIDE};
    struct sanitized clean;
    if (in->html_body.is == JR_SET && in->html_body.v.len > 0) {
        html_sanitize(b->mem, in->html_body.v, &options, &clean);
        out->html = clean.html;
        out->body = html_to_text(b->mem, clean.html.markup);
        return;
    }
    out->body = in->body.is == JR_SET ? in->body.v : in->value.v;
}

// Without being told, a comment is as public as the conversation.
static bool default_public(struct binding *b)
{
    struct ticket ticket;
    struct error ignored = {0};
    return b->change.ticket.v == 0 ||
           !ticket_load(b->tx, b->mem, &b->ctx->actor, b->change.ticket, &ticket, &ignored) ||
           ticket.is_public || ticket.comment_count == 0;
}

static bool bind_comment(struct binding *b, struct problems *problems)
{
    struct comment_body in = {0};
    struct str text = jr_text(b->in.comment);
    b->comment = (struct new_comment){.is_public = true, .quoted_from = -1};
    if (!str_none(text)) {
        in.body = (struct jr_str){JR_SET, text};
    } else if (!jr_none(b->in.comment)) {
        if (!jr_bind(b->mem, b->in.comment, &COMMENT_SPEC, &in, problems)) {
            return false;
        }
    } else if (b->change.ticket.v == 0 && b->in.description.is == JR_SET) {
        in.body = b->in.description;
    } else {
        return true;
    }
    set_comment_text(b, &in, &b->comment);
    bool agent = actor_is_agent(&b->ctx->actor);
    b->comment.is_public = in.is_public.is == JR_SET ? in.is_public.v : default_public(b);
    // Light agents write notes only; who asks has no notes to write.
    b->comment.is_public = !actor_is_staff(&b->ctx->actor) || (agent && b->comment.is_public);
    if (agent && in.author_id.is == JR_SET) {
        b->comment.author.v = in.author_id.v;
    } else if (agent && b->change.ticket.v == 0 && b->in.submitter_id.is == JR_SET) {
        b->comment.author.v = b->in.submitter_id.v;
    }
    b->comment.created_at = in.created_at.v;
    b->comment.uploads = in.uploads.v;
    b->comment.upload_count = in.uploads.count;
    b->change.comment = &b->comment;
    return true;
}

// A follow-up takes over the tags of the closed ticket that it follows.
static bool bind_followup(struct binding *b, struct error *err)
{
    struct ticket source;
    struct ticket_id id = {b->in.followup_source.v};
    if (id.v == 0 || b->change.ticket.v != 0) {
        return true;
    }
    if (!ticket_load(b->tx, b->mem, &b->ctx->actor, id, &source, err)) {
        return error_field(err, "via_followup_source_id", "RecordNotFound",
                           "Follow-up: there is no such ticket.");
    }
    if (source.status != STATUS_CLOSED) {
        return error_field(err, "via_followup_source_id", "InvalidValue",
                           "Follow-up: ticket %lld is not closed.", (long long)id.v);
    }
    b->change.followup_of = id;
    if ((b->change.set & SET_TAGS) == 0 && actor_is_agent(&b->ctx->actor)) {
        b->change.set |= SET_TAGS;
        b->change.tags = source.tags;
    }
    return true;
}

// --- imports ------------------------------------------------------------------------------------

static bool import_comment(struct binding *b, struct api_change *call, struct jr_value value,
                           struct error *err)
{
    struct comment_body in = {0};
    struct problems problems;
    struct str text = jr_text(value);
    struct new_comment comment = {.is_public = true, .quoted_from = -1};
    problems_init(&problems, b->mem);
    if (!str_none(text)) {
        in.body = (struct jr_str){JR_SET, text};
    } else if (!jr_bind(b->mem, value, &COMMENT_SPEC, &in, &problems)) {
        return problems_none(&problems, err);
    }
    set_comment_text(b, &in, &comment);
    comment.is_public = in.is_public.is != JR_SET || in.is_public.v;
    comment.author.v = in.author_id.v;
    comment.created_at = in.created_at.v;
    comment.uploads = in.uploads.v;
    comment.upload_count = in.uploads.count;
    struct ticket_change change = {.ticket = call->outcome.after.id,
                                   .import = true,
                                   .created_at = in.created_at.v,
                                   .comment = &comment};
    return ticket_apply(desk_tickets(b->ctx), b->tx, b->mem, &b->ctx->actor, &change,
                        &call->outcome, err);
}

// Imports bring the times and the comments of the ticket's whole life.
static bool apply_import(struct binding *b, struct api_change *call, struct error *err)
{
    struct ticket_change *change = &b->change;
    struct user_id requester =
        (change->set & SET_REQUESTER) != 0 ? change->requester : b->ctx->actor.user;
    change->import = true;
    change->created_at = b->in.created_at.v != 0 ? b->in.created_at.v : b->comment.created_at;
    change->solved_at = b->in.solved_at.v;
    change->submitter = change->submitter.v != 0 ? change->submitter : requester;
    if ((change->set & SET_STATUS) == 0) {
        change->set |= SET_STATUS;
        change->status = STATUS_OPEN;
    }
    if (change->comment != NULL && b->comment.author.v == 0) {
        b->comment.author = requester;
    }
    if (b->comment.created_at == 0) {
        b->comment.created_at = change->created_at;
    }
    if (!ticket_apply(desk_tickets(b->ctx), b->tx, b->mem, &b->ctx->actor, change, &call->outcome,
                      err)) {
        return false;
    }
    bool first_used = jr_none(b->in.comment_given);
    for (size_t i = first_used ? 1 : 0; i < jr_count(b->in.comments); i++) {
        if (!import_comment(b, call, jr_at(b->in.comments, i), err)) {
            return false;
        }
    }
    struct ticket_id id = call->outcome.after.id;
    return (b->in.updated_at.v == 0 ||
            ticket_import_updated(b->tx, &b->ctx->actor, id, b->in.updated_at.v, err)) &&
           ticket_load(b->tx, b->mem, &b->ctx->actor, id, &call->outcome.after, err);
}

bool api_ticket_import(struct ctx *ctx, struct db *tx, struct jr_value body, struct ticket_id id,
                       struct ticket_outcome *ret, struct error *err)
{
    struct api_change call = {.ctx = ctx, .body = body, .ticket = id, .import = true};
    bool ok = api_change_apply(tx, &call, err);
    *ret = call.outcome;
    return ok;
}

bool api_change_apply(struct db *tx, void *arg, struct error *err)
{
    struct api_change *call = arg;
    struct binding *b = mem_new(call->ctx->mem, struct binding);
    struct problems problems;
    b->ctx = call->ctx;
    b->tx = tx;
    b->mem = call->ctx->mem;
    b->change.ticket = call->ticket;
    problems_init(&problems, b->mem);
    bool bound = jr_bind(b->mem, call->body, &TICKET_SPEC, &b->in, &problems);
    b->in.comment_given = b->in.comment;
    if (call->import && jr_none(b->in.comment)) {
        b->in.comment = jr_at(b->in.comments, 0);
    }
    if (!bound || !bind_comment(b, &problems)) {
        return problems_none(&problems, err);
    }
    bind_plain(b);
    if (!bind_words(b, err) || !bind_people(b, err) || !bind_followup(b, err)) {
        return false;
    }
    if (call->ticket.v == 0 && (b->change.set & SET_STATUS) != 0 &&
        b->change.status == STATUS_CLOSED && !actor_is_admin(&b->ctx->actor)) {
        return error_field(err, "status", "InvalidValue", "Status: a ticket cannot begin closed.");
    }
    struct field_binding fields;
    if (!field_binding_read(&fields, tx, b->mem, &b->ctx->actor, call->ticket, call->body, err)) {
        return false;
    }
    field_binding_carry(&fields, &b->change);
    return call->import ? apply_import(b, call, err)
                        : ticket_apply(desk_tickets(call->ctx), tx, b->mem, &call->ctx->actor,
                                       &b->change, &call->outcome, err);
}
