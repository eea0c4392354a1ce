// SPDX-License-Identifier: GPL-3.0-or-later
//
// The conversation of a ticket as its page shows it: comments in order, and between them what was
// changed, in words.
#include "desk/charter/charter.h"
#include "desk/desk.h"
#include "desk/moments/moments.h"
#include "desk/rules/rules.h"
#include "desk/rules/sentence.h"
#include "desk/tickets/pages_internal.h"
#include "mail/html_text.h"

struct conversation {
    struct ctx *ctx;
    const struct rule_book *book;  // whose names events of rules bear
    const struct ticket *ticket;
    struct names *names;
    struct ticket_comment *comments;
    size_t comment_count;
    struct ticket_audit *audits;
    size_t audit_count;
    struct ticket_event *events;
    size_t event_count;
    struct attachment *files;
    size_t file_count;
    struct vm_line *lines;
    size_t line_count;
    bool judged;  // somebody said whether an answer helped
};

struct url attachment_link(mem_ctx *ctx, const struct attachment *file)
{
    struct url_builder link;
    url_begin(&link, ctx, "/attachments/token");
    url_segment(&link, file->token);
    url_param(&link, "name", file->file_name);
    return url_end(&link);
}

static void fill_files(struct conversation *c, struct vm_comment *vm)
{
    mem_ctx *mem = c->ctx->mem;
    for (size_t i = 0; i < c->file_count; i++) {
        const struct attachment *file = &c->files[i];
        if (file->comment.v != vm->id.v || (file->is_inline && vm->has_frame)) {
            continue;
        }
        vm->files = mem_grow(mem, vm->files, struct vm_file, vm->file_count + 1);
        vm->files[vm->file_count++] = (struct vm_file){
            .name = file->file_name,
            .size = file->size,
            .link = attachment_link(mem, file),
            .is_image = str_istarts(file->content_type, STR("image/")) &&
                        !str_ieq_c(file->content_type, "image/svg+xml"),
        };
    }
}

static struct str channel_label(struct str channel)
{
    if (str_eq_c(channel, "email")) {
        return STR("by mail");
    }
    if (str_eq_c(channel, "voice")) {
        return STR("by phone");
    }
    if (str_eq_c(channel, "help_center")) {
        return STR("in the portal");
    }
    return str_eq_c(channel, "api") ? STR("through the API") : STR("");
}

static void fill_text(struct conversation *c, const struct ticket_comment *comment,
                      struct vm_comment *vm)
{
    mem_ctx *mem = c->ctx->mem;
    struct str body = comment->body;
    vm->has_frame = !str_none(comment->html.markup) && str_eq_c(comment->channel, "email");
    if (!str_none(comment->html.markup) && !vm->has_frame) {
        vm->fresh = comment->html;
        return;
    }
    size_t cut = comment->quoted_from < 0 ? body.len : (size_t)comment->quoted_from;
    struct str fresh = str_sub(body, 0, cut);
    vm->fresh = text_to_html(mem, str_trim(fresh));
    if (cut < body.len) {
        vm->quoted = text_to_html(mem, str_trim(str_from(body, cut)));
        vm->has_quoted = true;
    }
}

static void add_comment(struct conversation *c, const struct ticket_comment *comment)
{
    const struct user *author = names_user(c->names, comment->author);
    struct vm_comment vm = {
        .id = comment->id,
        .author = names_person(c->names, comment->author),
        .for_name = names_person(c->names, comment->speaks_for).name,
        .is_public = comment->is_public,
        .by_staff = author != NULL && author->role >= ROLE_LIGHT_AGENT,
        .is_first = comment == c->comments,
        .channel = channel_label(comment->channel),
        .created_at = comment->created_at,
        .stranger = str_none(comment->stranger) ? STR("") : comment->stranger,
        .has_remote = comment->remote_images > 0,
        .delivery = STR(""),
    };
    if (comment->author.v == 0) {
        vm.author.name = STR("Automatic rule");
    }
    fill_text(c, comment, &vm);
    fill_files(c, &vm);
    c->lines[c->line_count++] = (struct vm_line){.is_comment = true, .comment = vm};
}

static void add_event(struct conversation *c, struct str text, int64_t at)
{
    c->lines[c->line_count++] = (struct vm_line){.event = {text, at}};
}

static struct str event_value(struct conversation *c, struct str field, struct str value)
{
    int64_t id = 0;
    if (str_none(value) || value.len == 0) {
        return STR("nothing");
    }
    bool person = str_eq_c(field, "assignee_id") || str_eq_c(field, "steward_id") ||
                  str_eq_c(field, "requester_id");
    if (person && str_to_i64(value, &id)) {
        return names_person(c->names, (struct user_id){id}).name;
    }
    return str_eq_c(field, "due_at") ? work_time_words(c->ctx, value) : value;
}

// Which changes are told between the comments; the rest stands in the history.
static struct str event_label(struct str field)
{
    static const struct {
        const char *field;
        struct str label;
    } LABELS[] = {
        {"status", STR_INIT("status")},
        {"priority", STR_INIT("priority")},
        {"type", STR_INIT("type")},
        {"assignee_id", STR_INIT("assignee")},
        {"steward_id", STR_INIT("steward")},
        {"subject", STR_INIT("subject")},
        {"tags", STR_INIT("tags")},
        {"requester_id", STR_INIT("requester")},
        {"due_at", STR_INIT("the date it is due")},
    };
    for (size_t i = 0; i < sizeof LABELS / sizeof *LABELS; i++) {
        if (str_eq_c(field, LABELS[i].field)) {
            return LABELS[i].label;
        }
    }
    return STR_NONE;
}

// Of what administrators defined: by the names that it has now; absent for other changes.
static struct str defined_words(struct conversation *c, const struct ticket_event *event)
{
    const struct rule_names names = {.defined = c->book->defined};
    mem_ctx *mem = c->ctx->mem;
    struct custom_field custom;
    struct rule_term term = {.field = event->field, .values = &event->value, .count = 1};
    int64_t id = 0;
    if (str_to_i64(event->field, &id)) {
        term.field = str_printf(mem, "custom_fields_" STR_FMT, STR_ARG(event->field));
    } else if (!str_eq_c(event->field, "custom_status_id") &&
               !str_eq_c(event->field, "ticket_form_id")) {
        return STR_NONE;
    }
    struct str value = str_none(event->value) ? STR("nothing") : rule_value_shown(&names, &term, 0);
    bool several = custom_field_parse(&names.defined, term.field, &custom) &&
                   custom.kind == CUSTOM_CHOICES && !str_none(event->value);
    if (several) {
        struct str *words = mem_array(mem, struct str, event->value.len + 1);
        struct str rest = event->value;
        for (term.count = 0; str_next(&rest, ' ', &words[term.count]);) {
            term.count++;
        }
        term.values = words;
        value = rule_values_shown(mem, &names, &term);
    }
    return str_printf(mem, "set " STR_FMT " to " STR_FMT,
                      STR_ARG(rule_field_label(mem, &names, &term)),
                      STR_ARG(str_one_line(mem, value, 80)));
}

static size_t words_count(struct str words)
{
    size_t count = 0;
    struct str word;
    while (str_next(&words, ' ', &word)) {
        count += str_empty(word) ? 0 : 1;
    }
    return count;
}

// What one event says behind its author's name; absent when it says nothing here.
static struct str event_words(struct conversation *c, const struct ticket_event *event)
{
    mem_ctx *mem = c->ctx->mem;
    if (str_eq_c(event->kind, "Notification")) {
        size_t people = words_count(str_none(event->previous) ? STR("") : event->previous);
        return str_printf(mem, "sent the mail “" STR_FMT "” to %zu %s",
                          STR_ARG(str_one_line(mem, event->field, 80)), people,
                          people == 1 ? "person" : "people");
    }
    if (str_eq_c(event->kind, "External")) {
        return str_printf(mem, "called the webhook “" STR_FMT "”", STR_ARG(event->value));
    }
    struct str tie = work_event_words(c->ctx, event);
    if (str_none(tie)) {
        tie = fulfil_event_words(c->ctx, event);
    }
    if (!str_none(tie)) {
        return tie;
    }
    struct str defined = str_eq_c(event->kind, "Change") ? defined_words(c, event) : STR_NONE;
    if (!str_none(defined)) {
        return defined;
    }
    struct str label = event_label(event->field);
    if (!str_eq_c(event->kind, "Change") || str_none(label)) {
        return STR_NONE;
    }
    struct str value = event_value(c, event->field, event->value);
    return str_printf(mem, "set " STR_FMT " to " STR_FMT, STR_ARG(label), STR_ARG(value));
}

static struct str rule_title(const struct conversation *c, struct rule_id id)
{
    for (size_t i = 0; i < c->book->count; i++) {
        if (c->book->rules[i].id.v == id.v) {
            return str_printf(c->ctx->mem, "Rule “" STR_FMT "”", STR_ARG(c->book->rules[i].title));
        }
    }
    return STR("A rule that is gone");
}

static struct str author_name(const struct conversation *c, const struct ticket_audit *audit)
{
    return audit->author.v == 0 ? STR("Steward") : names_person(c->names, audit->author).name;
}

// All that one person, or one rule, changed at once is one line: "Tom set status to open, set
// assignee to Tom". Events of a rule stand together, as they were written.
static void add_audit_events(struct conversation *c, const struct ticket_audit *audit)
{
    struct buf line;
    struct rule_id rule = {0};
    buf_init(&line, c->ctx->mem, 16384);
    for (size_t i = 0; i <= c->event_count; i++) {
        const struct ticket_event *event = i < c->event_count ? &c->events[i] : NULL;
        if (event != NULL && event->audit.v != audit->id.v) {
            continue;
        }
        if (line.len > 0 && (event == NULL || event->rule.v != rule.v)) {
            struct str who = rule.v != 0 ? rule_title(c, rule) : author_name(c, audit);
            add_event(
                c,
                str_printf(c->ctx->mem, STR_FMT " " STR_FMT, STR_ARG(who), STR_ARG(buf_str(&line))),
                audit->created_at);
            buf_reset(&line);
        }
        if (event == NULL) {
            break;
        }
        rule = event->rule;
        if (str_eq_c(event->field, "satisfaction_score")) {
            c->judged = true;
            continue;
        }
        if (str_eq_c(event->kind, "Error") || str_eq_c(event->kind, "Routing")) {
            add_event(c, event->value, audit->created_at);
            continue;
        }
        struct str words = event_words(c, event);
        if (!str_none(words)) {
            buf_put_c(&line, line.len == 0 ? "" : ", ");
            buf_put(&line, words);
        }
    }
}

static bool load(struct conversation *c, struct error *err)
{
    struct ctx *ctx = c->ctx;
    struct ticket_id id = c->ticket->id;
    if (!rules_read(desk_of(ctx)->rules, ctx->db, ctx->mem, &c->book, err) ||
        !ticket_comments(ctx->db, ctx->mem, &ctx->actor, id, &c->comments, &c->comment_count,
                         err) ||
        !ticket_audits(ctx->db, ctx->mem, id, &c->audits, &c->audit_count, &c->events,
                       &c->event_count, err) ||
        !ticket_attachments(ctx->db, ctx->mem, id, &c->files, &c->file_count, err)) {
        return false;
    }
    for (size_t i = 0; i < c->comment_count; i++) {
        names_want(c->names, ctx->mem, c->comments[i].author);
        names_want(c->names, ctx->mem, c->comments[i].speaks_for);
    }
    for (size_t i = 0; i < c->audit_count; i++) {
        names_want(c->names, ctx->mem, c->audits[i].author);
    }
    for (size_t i = 0; i < c->event_count; i++) {
        int64_t person = 0;
        bool names_one = str_eq_c(c->events[i].field, "assignee_id") ||
                         str_eq_c(c->events[i].field, "steward_id") ||
                         str_eq_c(c->events[i].field, "requester_id");
        if (names_one && str_to_i64(c->events[i].value, &person)) {
            names_want(c->names, ctx->mem, (struct user_id){person});
        }
    }
    return names_load(c->names, ctx->db, ctx->mem, err);
}

static void fill_verdict(const struct moment *moment, struct vm_comment *comment)
{
    comment->judged = true;
    comment->helped = moment->good;
    comment->judged_word = moment->word;
}

static bool fill_verdicts(struct conversation *c, struct error *err)
{
    struct moment *moments = NULL;
    size_t count = 0;
    if (!moments_of(c->ctx->db, c->ctx->mem, &c->ticket->id.v, 1, &moments, &count, err)) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        for (size_t k = 0; k < c->line_count; k++) {
            struct vm_line *line = &c->lines[k];
            if (line->is_comment && line->comment.id.v == moments[i].comment.v) {
                fill_verdict(&moments[i], &line->comment);
            }
        }
    }
    return true;
}

// Which values colleagues saw in the answers.
static bool fill_values(struct conversation *c, struct error *err)
{
    struct charter_mark *marks = NULL;
    size_t count = 0;
    bool in_force = false;
    bool answered = false;
    for (size_t k = 0; k < c->line_count; k++) {
        const struct vm_line *line = &c->lines[k];
        answered =
            answered || (line->is_comment && line->comment.is_public && line->comment.by_staff);
    }
    if (!answered) {
        return true;
    }
    if (!charter_marks_of(c->ctx->db, c->ctx->mem, c->ticket->id, &marks, &count, &in_force, err)) {
        return false;
    }
    for (size_t k = 0; k < c->line_count; k++) {
        struct vm_line *line = &c->lines[k];
        if (!line->is_comment || !line->comment.is_public || !line->comment.by_staff) {
            continue;
        }
        line->comment.can_mark = in_force && actor_is_agent(&c->ctx->actor);
        for (size_t i = 0; i < count; i++) {
            if (marks[i].comment.v == line->comment.id.v) {
                line->comment.values = str_printf(
                    c->ctx->mem, STR_FMT "%s" STR_FMT, STR_ARG(line->comment.values),
                    line->comment.values.len > 0 ? ", " : "", STR_ARG(marks[i].value_name));
            }
        }
    }
    return true;
}

bool page_conversation(struct ctx *ctx, const struct ticket *ticket, struct names *names,
                       struct vm_line **ret, size_t *ret_count, struct error *err)
{
    struct conversation c = {.ctx = ctx, .ticket = ticket, .names = names};
    if (!load(&c, err)) {
        return false;
    }
    c.lines = mem_array(ctx->mem, struct vm_line, c.comment_count + 2 * c.event_count + 1);
    size_t next = 0;
    for (size_t i = 0; i < c.audit_count; i++) {
        for (; next < c.comment_count && c.comments[next].audit.v == c.audits[i].id.v; next++) {
            if (!c.comments[next].withdrawn) {
                add_comment(&c, &c.comments[next]);
            } else {
                add_event(&c, STR("A reply was taken back before it was sent."),
                          c.comments[next].created_at);
            }
        }
        add_audit_events(&c, &c.audits[i]);
    }
    *ret = c.lines;
    *ret_count = c.line_count;
    return (!c.judged || fill_verdicts(&c, err)) && fill_values(&c, err);
}
