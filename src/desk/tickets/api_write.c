// SPDX-License-Identifier: GPL-3.0-or-later
//
// The API's shapes of tickets, comments, audits and attachments.
#include "desk/desk.h"
#include "desk/moments/moments.h"
#include "desk/rules/rules.h"
#include "desk/service/service.h"
#include "desk/tickets/api_internal.h"

#include "app/config.h"

// Mails name their sender; one statement for all, none when no ticket came by mail.
static bool load_senders(struct ctx *ctx, struct api_tickets *set, struct error *err)
{
    struct user_id *ids = mem_array(ctx->mem, struct user_id, set->count + 1);
    size_t count = 0;
    for (size_t i = 0; i < set->count; i++) {
        if (str_eq_c(set->tickets[i].channel, "email")) {
            ids[count++] = set->tickets[i].requester;
        }
    }
    return count == 0 ||
           users_by_ids(ctx->db, ctx->mem, ids, count, &set->senders, &set->sender_count, err);
}

static bool load_ratings(struct ctx *ctx, struct api_tickets *set, struct error *err)
{
    int64_t *ids = mem_array(ctx->mem, int64_t, set->count);
    for (size_t i = 0; i < set->count; i++) {
        ids[i] = set->tickets[i].id.v;
    }
    return moments_of(ctx->db, ctx->mem, ids, set->count, &set->ratings, &set->rating_count, err);
}

bool api_tickets_load(struct ctx *ctx, const struct ticket *tickets, size_t count,
                      struct api_tickets *ret, struct error *err)
{
    *ret = (struct api_tickets){.tickets = tickets, .count = count};
    if (count == 0) {
        return true;
    }
    return ticket_descriptions(ctx->db, ctx->mem, tickets, count, &ret->descriptions,
                               &ret->description_count, err) &&
           ticket_collaborators(ctx->db, ctx->mem, tickets, count, &ret->collaborators,
                                &ret->collaborator_count, err) &&
           ticket_links(ctx->db, ctx->mem, tickets, count, &ret->links, &ret->link_count, err) &&
           load_senders(ctx, ret, err) && load_ratings(ctx, ret, err) &&
           ticket_extras_load(ctx->db, ctx->mem, tickets, count, &ret->extras, err) &&
           (!api_includes(ctx, "metric_sets") ||
            api_metrics_load(ctx, tickets, count, &ret->metrics, err)) &&
           (!api_includes(ctx, "slas") || !actor_is_staff(&ctx->actor) ||
            ticket_clocks(desk_of(ctx), ctx->db, ctx->mem, tickets, count, &ret->clocks,
                          &ret->clock_count, err));
}

struct str api_ticket_description(const struct api_tickets *set, struct ticket_id id)
{
    for (size_t i = 0; i < set->description_count; i++) {
        if (set->descriptions[i].ticket.v == id.v) {
            return set->descriptions[i].body;
        }
    }
    return STR("");
}

void api_collaborators_write(struct jw *w, const char *key, const struct api_tickets *set,
                             struct ticket_id id, bool ccs, bool followers)
{
    jw_field_array(w, key);
    for (size_t i = 0; i < set->collaborator_count; i++) {
        const struct collaborator *one = &set->collaborators[i];
        bool wanted = one->kind == COLLABORATOR_CC ? ccs : followers;
        if (one->ticket.v == id.v && wanted) {
            jw_i64(w, one->user.v);
        }
    }
    jw_array_end(w);
}

void api_via_write(struct jw *w, struct str channel)
{
    bool portal = str_eq_c(channel, "help_center");
    jw_field_object(w, "via");
    jw_field_str(w, "channel", portal ? STR("web") : channel);
    jw_field_object(w, "source");
    jw_field_empty_object(w, "from");
    jw_field_empty_object(w, "to");
    jw_field_null(w, "rel");
    jw_object_end(w);
    jw_object_end(w);
}

static const struct user *sender_of(const struct api_tickets *set, struct user_id id)
{
    for (size_t i = 0; i < set->sender_count; i++) {
        if (set->senders[i].id.v == id.v) {
            return &set->senders[i];
        }
    }
    return NULL;
}

static void write_mail_source(struct ctx *ctx, struct jw *w, const struct user *sender,
                              const struct ticket *t)
{
    jw_field_object(w, "from");
    if (sender != NULL) {
        jw_field_str(w, "address", sender->email);
        jw_field_str(w, "name", sender->name);
        jw_field_array(w, "original_recipients");
        if (!str_empty(sender->email)) {
            jw_str(w, sender->email);
        }
        if (!str_empty(t->recipient)) {
            jw_str(w, t->recipient);
        }
        jw_array_end(w);
    }
    jw_object_end(w);
    jw_field_object(w, "to");
    jw_field_str(w, "name", ctx->app->config->desk_name);
    jw_field_str(w, "address", str_empty(t->recipient) ? STR_NONE : t->recipient);
    jw_field_empty_array(w, "email_ccs");
    jw_object_end(w);
    jw_field_null(w, "rel");
}

// Where a ticket comes from: a mail, a closed ticket that it follows, or just its channel.
static void write_ticket_via(struct ctx *ctx, struct jw *w, const struct api_tickets *set,
                             const struct ticket *t)
{
    bool mail = str_eq_c(t->channel, "email");
    if (!mail && t->followup_of.v == 0) {
        api_via_write(w, t->channel);
        return;
    }
    jw_field_object(w, "via");
    jw_field_str(w, "channel", t->channel);
    jw_field_object(w, "source");
    if (mail) {
        write_mail_source(ctx, w, sender_of(set, t->requester), t);
    } else {
        jw_field_object(w, "from");
        jw_field_i64(w, "ticket_id", t->followup_of.v);
        jw_object_end(w);
        jw_field_empty_object(w, "to");
        jw_field_c(w, "rel", "follow_up");
    }
    jw_object_end(w);
    jw_object_end(w);
}

static int64_t incidents_of(const struct api_tickets *set, struct ticket_id id)
{
    for (size_t i = 0; i < set->link_count; i++) {
        if (set->links[i].ticket.v == id.v && set->links[i].followup.v == 0) {
            return set->links[i].incidents;
        }
    }
    return 0;
}

static void write_followups(struct jw *w, const struct api_tickets *set, struct ticket_id id)
{
    jw_field_array(w, "followup_ids");
    for (size_t i = 0; i < set->link_count; i++) {
        if (set->links[i].ticket.v == id.v && set->links[i].followup.v != 0) {
            jw_i64(w, set->links[i].followup.v);
        }
    }
    jw_array_end(w);
}

// A target in the words of this sideload: the largest unit that is whole.
static void write_left(struct jw *w, int64_t ms)
{
    int64_t left_min = ms / MINUTES_MS;
    if (left_min % (24 * 60) == 0 && left_min != 0) {
        jw_field_i64(w, "days", left_min / (24 * 60));
    } else if (left_min % 60 == 0 && left_min != 0) {
        jw_field_i64(w, "hours", left_min / 60);
    } else {
        jw_field_i64(w, "minutes", left_min);
    }
}

// What is owed is no business of the one it is owed to: only staff have clocks in their set.
static void write_slas(struct jw *w, const struct api_tickets *set, const struct ticket *t)
{
    static const char *const STAGES[] = {"active", "active", "paused", "achieved"};
    jw_field_object(w, "slas");
    jw_field_array(w, "policy_metrics");
    for (size_t i = 0; i < set->clock_count; i++) {
        const struct ticket_clock *one = &set->clocks[i];
        if (one->ticket.v == t->id.v) {
            jw_object_begin(w);
            jw_field_time(w, "breach_at", one->clock.breach_at);
            jw_field_c(w, "stage", STAGES[one->clock.phase]);
            jw_field_str(w, "metric", meter_word(one->clock.meter));
            write_left(w, one->left_ms);
            jw_object_end(w);
        }
    }
    jw_array_end(w);
    jw_object_end(w);
}

// Sideloads that stand in the record itself.
static void write_included(struct ctx *ctx, struct jw *w, const struct api_tickets *set,
                           const struct ticket *t)
{
    if (set->metrics != NULL) {
        jw_key(w, "metric_set");
        api_metric_write(ctx, w, t, &set->metrics[t - set->tickets]);
    }
    if (api_includes(ctx, "slas") && actor_is_staff(&ctx->actor)) {
        write_slas(w, set, t);
    }
    if (api_includes(ctx, "comment_count")) {
        jw_field_i64(w, "comment_count", t->comment_count);
    }
    if (api_includes(ctx, "incident_counts")) {
        jw_field_i64(w, "incident_count", incidents_of(set, t->id));
    }
    if (api_includes(ctx, "dates")) {
        jw_field_object(w, "dates");
        jw_field_time(w, "assignee_updated_at", t->assignee_updated_at);
        jw_field_time(w, "requester_updated_at", t->requester_updated_at);
        jw_field_time(w, "status_updated_at", t->status_updated_at);
        jw_field_time(w, "assigned_at", t->assigned_at);
        jw_field_time(w, "solved_at", t->solved_at);
        jw_object_end(w);
    }
}

static struct str word_or_null(struct str word)
{
    return word.len == 0 ? STR_NONE : word;
}

// The requester's last word.
static void write_rating(struct jw *w, const struct api_tickets *set, const struct ticket *t)
{
    const struct moment *last = NULL;
    for (size_t i = 0; i < set->rating_count; i++) {
        const struct moment *one = &set->ratings[i];
        last = one->ticket.v == t->id.v && one->user.v == t->requester.v ? one : last;
    }
    jw_field_object(w, "satisfaction_rating");
    if (last == NULL) {
        jw_field_c(w, "score", "unoffered");
    } else {
        jw_field_i64(w, "id", last->id.v);
        jw_field_c(w, "score", last->good ? "good" : "bad");
        jw_field_str(w, "comment", str_empty(last->word) ? STR_NONE : last->word);
        jw_field_null(w, "reason");
        jw_field_null(w, "reason_id");
    }
    jw_object_end(w);
}

static void write_extras(struct jw *w, const struct api_tickets *set, const struct ticket *t)
{
    ticket_fields_write(w, "custom_fields", &set->extras, t->id);
    write_rating(w, set, t);
    jw_field_empty_array(w, "sharing_agreement_ids");
    ticket_fields_write(w, "fields", &set->extras, t->id);
    write_followups(w, set, t->id);
    ticket_choices_write(w, &set->extras, t);
    jw_field_bool(w, "allow_channelback", false);
    jw_field_bool(w, "allow_attachments", true);
    jw_field_bool(w, "from_messaging_channel", false);
}

void api_ticket_write(struct ctx *ctx, struct jw *w, const struct api_tickets *set,
                      const struct ticket *t)
{
    jw_object_begin(w);
    jw_field_str(w, "url", api_url(ctx, "/api/v2/tickets/%lld.json", (long long)t->id.v));
    jw_field_i64(w, "id", t->id.v);
    jw_field_str(w, "external_id", t->external_id);
    write_ticket_via(ctx, w, set, t);
    jw_field_time(w, "created_at", t->created_at);
    jw_field_time(w, "updated_at", t->updated_at);
    jw_field_i64(w, "generated_timestamp", t->generated_at / SECONDS_MS);
    jw_field_str(w, "type", word_or_null(ticket_type_word(t->type)));
    jw_field_str(w, "subject", word_or_null(t->subject));
    jw_field_str(w, "raw_subject", word_or_null(t->subject));
    jw_field_str(w, "description", api_ticket_description(set, t->id));
    jw_field_str(w, "priority", word_or_null(ticket_priority_word(t->priority)));
    jw_field_str(w, "status", t->deleted_at != 0 ? STR("deleted") : ticket_status_word(t->status));
    jw_field_str(w, "recipient", t->recipient);
    jw_field_i64(w, "requester_id", t->requester.v);
    jw_field_i64(w, "submitter_id", t->submitter.v);
    jw_field_id(w, "assignee_id", t->assignee.v);
    jw_field_id(w, "steward_id", t->steward.v);
    jw_field_id(w, "organization_id", t->organization.v);
    jw_field_id(w, "group_id", t->group.v);
    api_collaborators_write(w, "collaborator_ids", set, t->id, true, true);
    api_collaborators_write(w, "follower_ids", set, t->id, false, true);
    api_collaborators_write(w, "email_cc_ids", set, t->id, true, false);
    jw_field_null(w, "forum_topic_id");
    jw_field_id(w, "problem_id", t->problem.v);
    jw_field_bool(w, "has_incidents", incidents_of(set, t->id) > 0);
    jw_field_bool(w, "is_public", t->is_public);
    jw_field_time(w, "due_at", t->due_at);
    jw_field_words(w, "tags", t->tags);
    write_extras(w, set, t);
    write_included(ctx, w, set, t);
    if (set->results) {
        jw_field_c(w, "result_type", "ticket");
    }
    jw_object_end(w);
}

void api_ticket_list_write(struct ctx *ctx, struct jw *w, const struct api_tickets *set)
{
    jw_field_array(w, "tickets");
    for (size_t i = 0; i < set->count; i++) {
        api_ticket_write(ctx, w, set, &set->tickets[i]);
    }
    jw_array_end(w);
}

static struct str content_url(struct ctx *ctx, const struct attachment *file)
{
    struct buf path;
    buf_init(&path, ctx->mem, 4096);
    buf_put_c(&path, "/attachments/token/");
    buf_put(&path, file->token);
    buf_put_c(&path, "/?name=");
    buf_put_percent(&path, file->file_name);
    return api_url(ctx, "%s", buf_str(&path).ptr);
}

void api_attachment_write(struct ctx *ctx, struct jw *w, const struct attachment *file)
{
    struct str url = content_url(ctx, file);
    jw_object_begin(w);
    jw_field_str(w, "url", api_url(ctx, "/api/v2/attachments/%lld.json", (long long)file->id.v));
    jw_field_i64(w, "id", file->id.v);
    jw_field_str(w, "file_name", file->file_name);
    jw_field_str(w, "content_url", url);
    jw_field_str(w, "mapped_content_url", url);
    jw_field_str(w, "content_type", file->content_type);
    jw_field_i64(w, "size", file->size);
    jw_field_null(w, "width");
    jw_field_null(w, "height");
    jw_field_bool(w, "inline", file->is_inline);
    jw_field_bool(w, "deleted", false);
    jw_field_bool(w, "malware_access_override", false);
    jw_field_c(w, "malware_scan_result", "not_scanned");
    jw_field_empty_array(w, "thumbnails");
    jw_object_end(w);
}

static void write_files(struct ctx *ctx, struct jw *w, struct comment_id comment,
                        const struct attachment *files, size_t count)
{
    jw_field_array(w, "attachments");
    for (size_t i = 0; i < count; i++) {
        if (files[i].comment.v == comment.v) {
            api_attachment_write(ctx, w, &files[i]);
        }
    }
    jw_array_end(w);
}

// Plain text as the API's markup.
static struct str html_body(struct ctx *ctx, const struct ticket_comment *comment)
{
    struct buf out;
    size_t need = comment->body.len * 6 + comment->html.markup.len + 256;
    buf_init(&out, ctx->mem, need);
    if (!str_none(comment->html.markup)) {
        buf_put_c(&out, "<div class=\"zd-comment\" dir=\"auto\">");
        buf_put(&out, comment->html.markup);
        buf_put_c(&out, "</div>");
        return buf_str(&out);
    }
    buf_put_c(&out, "<div class=\"zd-comment\" dir=\"auto\"><p dir=\"auto\">");
    struct str rest = comment->body;
    struct str line;
    for (bool first = true; str_next(&rest, '\n', &line); first = false) {
        buf_put_c(&out, first ? "" : "<br>");
        buf_put_html_text(&out, line);
    }
    buf_put_c(&out, "</p></div>");
    return out.failed ? STR("") : buf_str(&out);
}

static void write_metadata(struct jw *w, struct str address, struct str custom)
{
    jw_field_object(w, "metadata");
    jw_field_object(w, "system");
    if (!str_none(address)) {
        jw_field_str(w, "ip_address", address);
    }
    jw_object_end(w);
    if (str_none(custom)) {
        jw_field_empty_object(w, "custom");
    } else {
        jw_key(w, "custom");
        jw_raw(w, custom);
    }
    jw_object_end(w);
}

void api_comment_text_write(struct ctx *ctx, struct jw *w, const struct ticket_comment *comment)
{
    jw_field_i64(w, "author_id", comment->author.v == 0 ? -1 : comment->author.v);
    jw_field_str(w, "body", comment->body);
    jw_field_str(w, "html_body", html_body(ctx, comment));
    jw_field_str(w, "plain_body", comment->body);
    jw_field_bool(w, "public", comment->is_public);
}

bool api_senders_load(struct ctx *ctx, const struct ticket_comment *comments, size_t count,
                      struct api_parts *ret, struct error *err)
{
    struct user_id *ids = mem_array(ctx->mem, struct user_id, count + 1);
    size_t wanted = 0;
    for (size_t i = 0; i < count && actor_is_staff(&ctx->actor); i++) {
        if (str_eq_c(comments[i].channel, "email")) {
            ids[wanted++] = comments[i].author;
        }
    }
    return wanted == 0 ||
           users_by_ids(ctx->db, ctx->mem, ids, wanted, &ret->senders, &ret->sender_count, err);
}

static void write_comment_via(struct ctx *ctx, struct jw *w, const struct ticket *ticket,
                              const struct ticket_comment *comment, const struct api_parts *parts)
{
    const struct user *sender = NULL;
    for (size_t i = 0; i < parts->sender_count; i++) {
        sender = parts->senders[i].id.v == comment->author.v ? &parts->senders[i] : sender;
    }
    if (sender == NULL || !str_eq_c(comment->channel, "email")) {
        api_via_write(w, comment->channel);
        return;
    }
    jw_field_object(w, "via");
    jw_field_c(w, "channel", "email");
    jw_field_object(w, "source");
    write_mail_source(ctx, w, sender, ticket);
    jw_object_end(w);
    jw_object_end(w);
}

void api_comment_write(struct ctx *ctx, struct jw *w, const struct ticket *ticket,
                       const struct ticket_comment *comment, const struct api_parts *parts)
{
    jw_object_begin(w);
    jw_field_i64(w, "id", comment->id.v);
    jw_field_c(w, "type", "Comment");
    api_comment_text_write(ctx, w, comment);
    write_files(ctx, w, comment->id, parts->files, parts->file_count);
    jw_field_i64(w, "audit_id", comment->audit.v);
    write_comment_via(ctx, w, ticket, comment, parts);
    jw_field_time(w, "created_at", comment->created_at);
    write_metadata(w, STR_NONE, STR_NONE);
    jw_object_end(w);
}

bool api_history_load(struct ctx *ctx, const struct ticket *ticket, struct api_history *ret,
                      struct error *err)
{
    *ret = (struct api_history){.ticket = ticket};
    return rules_read(desk_of(ctx)->rules, ctx->db, ctx->mem, &ret->rules, err) &&
           ticket_comments(ctx->db, ctx->mem, &ctx->actor, ticket->id, &ret->comments,
                           &ret->comment_count, err) &&
           ticket_audits(ctx->db, ctx->mem, ticket->id, &ret->audits, &ret->audit_count,
                         &ret->events, &ret->event_count, err) &&
           ticket_attachments(ctx->db, ctx->mem, ticket->id, &ret->files, &ret->file_count, err);
}

bool api_audits_load(struct ctx *ctx, struct ticket_audit *audits, size_t count,
                     struct api_history *ret, struct error *err)
{
    *ret = (struct api_history){.audits = audits, .audit_count = count};
    return count == 0 ||
           (audits_events(ctx->db, ctx->mem, audits, count, &ret->events, &ret->event_count, err) &&
            events_comments(ctx->db, ctx->mem, ret->events, ret->event_count, &ret->comments,
                            &ret->comment_count, err) &&
            comments_files(ctx->db, ctx->mem, ret->comments, ret->comment_count, &ret->files,
                           &ret->file_count, err));
}

static const struct ticket_comment *comment_of(const struct api_history *history, int64_t id)
{
    for (size_t i = 0; i < history->comment_count; i++) {
        if (history->comments[i].id.v == id) {
            return &history->comments[i];
        }
    }
    return NULL;
}

// A value of an event: tags are a list, everything else a text or null.
static void write_event_value(struct jw *w, const char *key, struct str field, struct str value)
{
    if (str_eq_c(field, "tags")) {
        jw_field_words(w, key, str_none(value) ? STR("") : value);
    } else {
        jw_field_str(w, key, value);
    }
}

static void write_number(struct jw *w, const char *key, struct str digits)
{
    int64_t number = 0;
    jw_field_id(w, key, str_to_i64(digits, &number) ? number : 0);
}

static bool write_special_event(struct jw *w, const struct ticket_event *event)
{
    if (str_eq_c(event->kind, "CommentPrivacyChange")) {
        write_number(w, "comment_id", event->value);
        jw_field_bool(w, "public", false);
    } else if (str_eq_c(event->kind, "CommentRedactionEvent")) {
        write_number(w, "comment_id", event->value);
    } else if (str_eq_c(event->kind, "AttachmentRedactionEvent")) {
        write_number(w, "attachment_id", event->value);
        write_number(w, "comment_id", event->field);
    } else {
        return false;
    }
    return true;
}

static void write_notification(struct jw *w, const struct ticket_event *event)
{
    struct str rest = event->previous;
    struct str id;
    int64_t number = 0;
    jw_field_str(w, "subject", event->field);
    jw_field_str(w, "body", event->value);
    jw_field_array(w, "recipients");
    while (str_next(&rest, ' ', &id)) {
        if (str_to_i64(id, &number)) {
            jw_i64(w, number);
        }
    }
    jw_array_end(w);
}

// What a rule did says which one it was.
static void write_rule(struct jw *w, const struct api_history *history, struct rule_id id)
{
    const struct rule *rule = NULL;
    for (size_t i = 0; history->rules != NULL && i < history->rules->count; i++) {
        rule = history->rules->rules[i].id.v == id.v ? &history->rules->rules[i] : rule;
    }
    jw_field_object(w, "via");
    jw_field_c(w, "channel", "rule");
    jw_field_object(w, "source");
    jw_field_object(w, "from");
    jw_field_bool(w, "deleted", rule == NULL);
    jw_field_str(w, "title", rule == NULL ? STR_NONE : rule->title);
    jw_field_i64(w, "id", id.v);
    jw_field_null(w, "revision_id");
    jw_object_end(w);
    jw_field_empty_object(w, "to");
    jw_field_str(w, "rel", rule == NULL ? STR("trigger") : rule_kind_word(rule->kind));
    jw_object_end(w);
    jw_object_end(w);
}

static void write_event(struct ctx *ctx, struct jw *w, const struct api_history *history,
                        const struct ticket_event *event)
{
    jw_object_begin(w);
    jw_field_i64(w, "id", event->id.v);
    jw_field_str(w, "type", event->kind);
    const struct ticket_comment *comment = comment_of(history, event->id.v);
    if (str_eq_c(event->kind, "Comment") && comment != NULL) {
        api_comment_text_write(ctx, w, comment);
        write_files(ctx, w, comment->id, history->files, history->file_count);
        jw_field_i64(w, "audit_id", event->audit.v);
    } else if (str_eq_c(event->kind, "Notification")) {
        write_notification(w, event);
    } else if (str_eq_c(event->kind, "External")) {
        jw_field_str(w, "resource", event->field);
        jw_field_str(w, "body", event->value);
    } else if (str_eq_c(event->kind, "Error")) {
        jw_field_str(w, "message", event->value);
    } else if (write_special_event(w, event)) {
        // Kinds with members of their own.
    } else if (!str_eq_c(event->kind, "Comment")) {
        jw_field_str(w, "field_name", event->field);
        write_event_value(w, "value", event->field, event->value);
        if (!str_eq_c(event->kind, "Create")) {
            write_event_value(w, "previous_value", event->field, event->previous);
        }
    }
    if (event->rule.v != 0) {
        write_rule(w, history, event->rule);
    }
    jw_object_end(w);
}

static void write_audit_via(struct jw *w, const struct ticket_audit *audit)
{
    if (str_none(audit->rel)) {
        api_via_write(w, audit->channel);
        return;
    }
    jw_field_object(w, "via");
    jw_field_str(w, "channel", audit->channel);
    jw_field_object(w, "source");
    jw_field_object(w, "from");
    jw_field_id(w, "ticket_id", audit->from_ticket.v);
    jw_object_end(w);
    jw_field_empty_object(w, "to");
    jw_field_str(w, "rel", audit->rel);
    jw_object_end(w);
    jw_object_end(w);
}

void api_audit_write(struct ctx *ctx, struct jw *w, const struct api_history *history,
                     const struct ticket_audit *audit)
{
    jw_object_begin(w);
    jw_field_i64(w, "id", audit->id.v);
    jw_field_i64(w, "ticket_id", audit->ticket.v);
    jw_field_time(w, "created_at", audit->created_at);
    jw_field_i64(w, "author_id", audit->author.v == 0 ? -1 : audit->author.v);
    write_metadata(w, audit->address, audit->custom);
    jw_field_array(w, "events");
    for (size_t i = 0; i < history->event_count; i++) {
        if (history->events[i].audit.v == audit->id.v) {
            write_event(ctx, w, history, &history->events[i]);
        }
    }
    jw_array_end(w);
    write_audit_via(w, audit);
    jw_object_end(w);
}
