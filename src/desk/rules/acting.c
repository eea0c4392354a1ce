// SPDX-License-Identifier: GPL-3.0-or-later
//
// One rule's actions on one ticket.
#include "desk/rules/acting.h"

#include "app/config.h"
#include "base/words.h"
#include "desk/channels/channels.h"
#include "desk/desk.h"
#include "desk/hooks/hooks.h"
#include "desk/hooks/targets.h"
#include "desk/rules/placeholders.h"
#include "mail/html_text.h"
#include "mail/sanitize.h"
#include "json/json.h"

#define RECIPIENTS_MOST 200

static struct placeholder_facts facts_of(const struct acting *a, enum placeholder_place place)
{
    const struct config *config = a->desk->app->config;
    return (struct placeholder_facts){.db = a->tx,
                                      .ctx = a->ctx,
                                      .ticket = &a->ticket,
                                      .actor = a->actor,
                                      .public_url = config->public_url,
                                      .desk_name = config->desk_name,
                                      .place = place};
}

static bool fill(struct acting *a, enum placeholder_place place, bool public_only, struct str text,
                 struct str *ret, struct error *err)
{
    struct placeholder_facts facts = facts_of(a, place);
    facts.public_only = public_only;
    return placeholders_fill(&facts, text, ret, err);
}

// --- fields and comments ------------------------------------------------------------------------

// Whoever the action names; none when that is nobody, or nobody who can.
static struct user_id person_of(const struct acting *a, const struct rule_action *action)
{
    switch (action->number) {
    case ID_CURRENT_USER:
        return actor_is_agent(a->actor) ? a->actor->user : (struct user_id){0};
    case ID_REQUESTER:
        return a->ticket.requester;
    case ID_ASSIGNEE:
        return a->ticket.assignee;
    default:
        return (struct user_id){action->number > 0 ? action->number : 0};
    }
}

static void add_collaborator(struct acting *a, const struct rule_action *action,
                             struct ticket_change *change)
{
    struct user_id user = person_of(a, action);
    if (user.v == 0) {
        return;
    }
    struct collaborator_change *list =
        mem_array(a->ctx, struct collaborator_change, change->collaborator_count + 1);
    for (size_t i = 0; i < change->collaborator_count; i++) {
        list[i] = change->collaborators[i];
    }
    list[change->collaborator_count++] = (struct collaborator_change){
        .user = user, .kind = action->field == ACTION_CC ? COLLABORATOR_CC : COLLABORATOR_FOLLOWER};
    change->collaborators = list;
}

static void add_words(struct acting *a, struct str *words, struct str more)
{
    *words = str_printf(a->ctx, STR_FMT " " STR_FMT, STR_ARG(*words), STR_ARG(more));
}

static bool set_comment(struct acting *a, const struct rule *rule, const struct rule_action *action,
                        struct new_comment *comment, struct error *err)
{
    // What a trigger writes stays inside: only a macro is read by somebody before it leaves.
    bool macro = rule->kind == RULE_MACRO;
    if (action->field == ACTION_COMMENT_PUBLIC) {
        comment->is_public = macro && action->number != 0;
        return true;
    }
    bool outside = macro && comment->is_public;
    if (action->field == ACTION_COMMENT) {
        return fill(a, INTO_TEXT, outside, action->text, &comment->body, err);
    }
    struct sanitize_options options = {.links = SANITIZE_LINKS_OUTSIDE};
    struct sanitized clean;
    struct str markup;
    if (!fill(a, INTO_HTML, outside, action->text, &markup, err)) {
        return false;
    }
    html_sanitize(a->ctx, markup, &options, &clean);
    comment->html = clean.html;
    comment->body = html_to_text(a->ctx, clean.html.markup);
    return true;
}

// Values as they are stored now, and what goes with them: tags.
static bool set_custom(struct acting *a, const struct rule_action *action,
                       struct ticket_change *change, struct error *err)
{
    struct field_value *values = NULL;
    size_t count = 0;
    const struct record *field = action->record;
    if (a->ticket.id.v != 0 &&
        !field_values_all(a->tx, a->ctx, a->ticket.id.v, &values, &count, err)) {
        return false;
    }
    struct str before = field_value_of(values, count, field->id, a->ticket.id.v);
    if (str_none(before) == str_none(action->text) && str_eq(before, action->text)) {
        return true;
    }
    struct ticket_field_change *list =
        mem_array(a->ctx, struct ticket_field_change, change->field_count + 1);
    for (size_t i = 0; i < change->field_count; i++) {
        list[i] = change->fields[i];
    }
    list[change->field_count++] = (struct ticket_field_change){field->id, action->text, before};
    change->fields = list;
    add_words(
        a, &change->remove_tags,
        words_combine(a->ctx, field_tags(field, before), STR(""), field_tags(field, action->text)));
    add_words(a, &change->add_tags, field_tags(field, action->text));
    return true;
}

static bool set_choice(const struct rule_action *action, struct ticket_change *change,
                       struct error *err)
{
    switch ((int)action->field) {
    case ACTION_FORM:
        change->set |= SET_FORM;
        change->form = action->number;
        return true;
    case ACTION_BRAND:
        change->set |= SET_BRAND;
        change->brand = action->number;
        return true;
    default:
        change->set |= SET_STATUS | SET_CUSTOM_STATUS;
        change->custom_status = action->number;
        return ticket_status_parse(record_text(action->record, "status_category"),
                                   &change->status) ||
               error_internal(err, "a custom status of no status");
    }
}

static bool set_field(struct acting *a, const struct rule_action *action,
                      struct ticket_change *change, struct error *err)
{
    switch ((int)action->field) {
    case ACTION_STATUS:
        change->set |= SET_STATUS;
        change->status = (enum ticket_status)action->number;
        return true;
    case ACTION_PRIORITY:
        change->set |= SET_PRIORITY;
        change->priority = (enum ticket_priority)action->number;
        return true;
    case ACTION_TYPE:
        change->set |= SET_TYPE;
        change->type = (enum ticket_type)action->number;
        return true;
    case ACTION_GROUP:
        change->set |= SET_GROUP;
        change->group.v = action->number;
        return true;
    case ACTION_ASSIGNEE:
        if (action->number == 0 || person_of(a, action).v != 0) {
            change->set |= SET_ASSIGNEE;
            change->assignee = person_of(a, action);
        }
        return true;
    case ACTION_SUBJECT:
        change->set |= SET_SUBJECT;
        return fill(a, INTO_TEXT, true, action->text, &change->subject, err);
    case ACTION_SET_TAGS:
        change->set |= SET_TAGS;
        change->tags = action->text;
        return true;
    case ACTION_ADD_TAGS:
        add_words(a, &change->add_tags, action->text);
        return true;
    case ACTION_REMOVE_TAGS:
        add_words(a, &change->remove_tags, action->text);
        return true;
    case ACTION_CC:
    case ACTION_FOLLOWER:
        add_collaborator(a, action, change);
        return true;
    case ACTION_CUSTOM_STATUS:
    case ACTION_FORM:
    case ACTION_BRAND:
        return set_choice(action, change, err);
    case ACTION_CUSTOM:
        return set_custom(a, action, change, err);
    default:
        return true;
    }
}

bool rule_change_of(struct acting *a, const struct rule *rule, struct ticket_change *ret,
                    struct error *err)
{
    struct new_comment *comment = mem_new(a->ctx, struct new_comment);
    bool macro = rule->kind == RULE_MACRO;
    *comment = (struct new_comment){.body = STR(""), .is_public = macro, .quoted_from = -1};
    *ret = (struct ticket_change){.ticket = a->ticket.id,
                                  .rule = rule->id,
                                  .into = a->into,
                                  .add_tags = STR(""),
                                  .remove_tags = STR("")};
    // Who reads the comment decides what its placeholders may say, so that comes first.
    for (size_t i = 0; i < rule->action_count; i++) {
        if (rule->actions[i].field == ACTION_COMMENT_PUBLIC &&
            !set_comment(a, rule, &rule->actions[i], comment, err)) {
            return false;
        }
    }
    for (size_t i = 0; i < rule->action_count; i++) {
        const struct rule_action *action = &rule->actions[i];
        bool writes = action->field == ACTION_COMMENT || action->field == ACTION_COMMENT_HTML;
        bool fine =
            writes ? set_comment(a, rule, action, comment, err) : set_field(a, action, ret, err);
        if (!fine) {
            return false;
        }
        ret->comment = writes && comment->body.len > 0 ? comment : ret->comment;
    }
    return true;
}

// --- mails --------------------------------------------------------------------------------------

struct recipients {
    struct user_id ids[RECIPIENTS_MOST];
    size_t count;
};

static void add_recipient(struct recipients *list, struct user_id id)
{
    for (size_t i = 0; i < list->count; i++) {
        if (list->ids[i].v == id.v) {
            return;
        }
    }
    if (id.v != 0 && list->count < RECIPIENTS_MOST) {
        list->ids[list->count++] = id;
    }
}

static bool add_copies(struct acting *a, struct recipients *list, struct error *err)
{
    struct collaborator *found = NULL;
    size_t count = 0;
    if (!ticket_collaborators(a->tx, a->ctx, &a->ticket, 1, &found, &count, err)) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        if (found[i].kind == COLLABORATOR_CC) {
            add_recipient(list, found[i].user);
        }
    }
    return true;
}

static bool add_agents(struct acting *a, struct recipients *list, struct error *err)
{
    struct user *agents = NULL;
    size_t count = 0;
    if (!users_agents(a->tx, a->ctx, &agents, &count, err)) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        add_recipient(list, agents[i].id);
    }
    return true;
}

static bool add_group(struct acting *a, struct group_id group, struct recipients *list,
                      struct error *err)
{
    struct user_id *members = NULL;
    size_t count = 0;
    if (group.v == 0) {
        return true;
    }
    if (!group_members(a->tx, a->ctx, group, &members, &count, err)) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        add_recipient(list, members[i]);
    }
    return true;
}

static bool find_recipients(struct acting *a, const struct rule_action *action,
                            struct recipients *ret, struct error *err)
{
    if (action->field == ACTION_NOTIFY_GROUP) {
        struct group_id group = {action->number != 0 ? action->number : a->ticket.group.v};
        return add_group(a, group, ret, err);
    }
    switch (action->number) {
    case ID_CURRENT_USER:
        add_recipient(ret, a->actor->user);
        return true;
    case ID_ALL_AGENTS:
        return add_agents(a, ret, err);
    case ID_REQUESTER_AND_CCS:
        add_recipient(ret, a->ticket.requester);
        return add_copies(a, ret, err);
    default:
        add_recipient(ret, person_of(a, action));
        return true;
    }
}

static bool send_one(struct acting *a, const struct rule_action *action, const struct user *person,
                     struct error *err)
{
    bool outside = person->role < ROLE_LIGHT_AGENT;
    struct rule_mail mail = {.ticket = &a->ticket, .person = person, .now = a->now};
    // Machines are not answered, and nobody outside hears of a ticket that has only notes.
    if (outside && (a->quiet || !a->ticket.is_public)) {
        return true;
    }
    return fill(a, INTO_TEXT, outside, action->subject, &mail.subject, err) &&
           fill(a, INTO_TEXT, outside, action->text, &mail.text, err) &&
           channels_rule_mail(a->desk, a->tx, &mail, err);
}

static bool send_mails(struct acting *a, const struct rule *rule, const struct rule_action *action,
                       struct audit_id audit, struct error *err)
{
    struct recipients list = {.count = 0};
    struct user *people = NULL;
    struct buf ids;
    size_t count = 0;
    buf_init(&ids, a->ctx, 65536);
    if (!find_recipients(a, action, &list, err) ||
        !users_by_ids(a->tx, a->ctx, list.ids, list.count, &people, &count, err)) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        if (!send_one(a, action, &people[i], err)) {
            return false;
        }
        buf_put_c(&ids, i > 0 ? " " : "");
        buf_put_i64(&ids, people[i].id.v);
    }
    // The history keeps the template: what each recipient read differs.
    struct ticket_event event = {.kind = STR("Notification"),
                                 .field = action->subject,
                                 .value = action->text,
                                 .previous = buf_str(&ids),
                                 .rule = rule->id};
    return ticket_event_add(a->tx, a->ticket.id, audit, &event, err);
}

// --- webhooks -----------------------------------------------------------------------------------

// Pairs ([["name","value"],…]) as a form; each value is filled by itself.
static bool fill_pairs(struct acting *a, struct jr_value pairs, struct str *ret, struct error *err)
{
    struct buf out;
    buf_init(&out, a->ctx, 256 << 10);
    for (size_t i = 0; i < jr_count(pairs); i++) {
        struct str value = jr_text(jr_at(jr_at(pairs, i), 1));
        if (!fill(a, INTO_TEXT, false, str_none(value) ? STR("") : value, &value, err)) {
            return false;
        }
        buf_put_c(&out, i > 0 ? "&" : "");
        buf_put_percent(&out, jr_text(jr_at(jr_at(pairs, i), 0)));
        buf_put_c(&out, "=");
        buf_put_percent(&out, value);
    }
    *ret = buf_str(&out);
    return true;
}

// Which webhook an action means; *ret_name is what a form calls the message, "" for no form.
static bool find_hook(struct acting *a, const struct rule_action *action, struct hook *ret,
                      struct str *ret_name, struct error *err)
{
    struct actor system = actor_system(CHANNEL_RULE);
    struct target target;
    int64_t id = 0;
    *ret_name = STR("");
    if (action->field != ACTION_TARGET || !str_to_i64(action->subject, &id)) {
        return hook_load(a->desk, a->tx, a->ctx, &system, action->subject, ret, err);
    }
    if (!target_load(a->desk, a->tx, a->ctx, &system, id, &target, err)) {
        return false;
    }
    *ret = target.hook;
    *ret_name = target.attribute;
    return true;
}

// One pair of a form: name=message.
static bool fill_named(struct acting *a, struct str name, struct str text, struct str *ret,
                       struct error *err)
{
    struct buf out;
    struct str value;
    buf_init(&out, a->ctx, 256 << 10);
    if (!fill(a, INTO_TEXT, false, text, &value, err)) {
        return false;
    }
    buf_put_percent(&out, name);
    buf_put_c(&out, "=");
    buf_put_percent(&out, value);
    *ret = buf_str(&out);
    return true;
}

static bool call_hook(struct acting *a, const struct rule *rule, const struct rule_action *action,
                      struct audit_id audit, struct error *err)
{
    struct jr_value pairs = JR_NONE;
    struct hook hook;
    struct error ignored;
    struct str payload;
    struct str name;
    if (!find_hook(a, action, &hook, &name, err)) {
        return false;
    }
    bool form =
        str_starts(action->text, STR("[[")) && jr_parse(a->ctx, action->text, &pairs, &ignored);
    enum placeholder_place place = str_eq_c(hook.format, "json")  ? INTO_JSON
                                   : str_eq_c(hook.format, "xml") ? INTO_HTML
                                                                  : INTO_TEXT;
    bool filled = !str_empty(name) ? fill_named(a, name, action->text, &payload, err)
                  : form           ? fill_pairs(a, pairs, &payload, err)
                                   : fill(a, place, false, action->text, &payload, err);
    if (!filled || !hook_invoke(a->desk, a->tx, a->ctx, hook.id, payload, NULL, err)) {
        return false;
    }
    struct ticket_event event = {.kind = STR("External"),
                                 .field = hook.id,
                                 .value = hook.name,
                                 .previous = STR_NONE,
                                 .rule = rule->id};
    return ticket_event_add(a->tx, a->ticket.id, audit, &event, err);
}

// --- all of it ----------------------------------------------------------------------------------

static bool has_change(const struct ticket_change *change)
{
    return change->set != 0 || change->comment != NULL || change->collaborator_count > 0 ||
           change->field_count > 0 || !str_empty(change->add_tags) ||
           !str_empty(change->remove_tags);
}

static bool speaks(const struct rule_action *action)
{
    enum action_value kind = action_value_kind(action->field);
    return kind == ACTION_VALUE_MAIL_PERSON || kind == ACTION_VALUE_MAIL_GROUP ||
           kind == ACTION_VALUE_HOOK;
}

static bool needs_audit(const struct rule *rule)
{
    for (size_t i = 0; i < rule->action_count; i++) {
        if (speaks(&rule->actions[i])) {
            return true;
        }
    }
    return false;
}

static void note_fields(struct acting *a, const struct ticket_outcome *outcome)
{
    if (outcome->field_count == 0) {
        return;
    }
    size_t count = a->change_count + outcome->field_count;
    struct ticket_field_change *list = mem_array(a->ctx, struct ticket_field_change, count);
    for (size_t i = 0; i < count; i++) {
        list[i] = i < a->change_count ? a->changes[i] : outcome->fields[i - a->change_count];
    }
    a->changes = list;
    a->change_count = count;
}

static bool change_and_speak(struct acting *a, const struct rule *rule, bool *ret_changed,
                             struct error *err)
{
    struct actor system = actor_system(CHANNEL_RULE);
    struct ticket_change change;
    struct ticket_outcome outcome = {.after = a->ticket};
    if (!rule_change_of(a, rule, &change, err)) {
        return false;
    }
    if (has_change(&change) &&
        !ticket_apply(&a->desk->tickets, a->tx, a->ctx, &system, &change, &outcome, err)) {
        return false;
    }
    *ret_changed = outcome.audit.v != 0;
    a->ticket = outcome.after;
    note_fields(a, &outcome);
    struct audit_id audit = a->into.v != 0 ? a->into : outcome.audit;
    if (audit.v == 0 && needs_audit(rule) &&
        !ticket_audit_begin(&a->desk->tickets, a->tx, &system, a->ticket.id, &audit, err)) {
        return false;
    }
    for (size_t i = 0; i < rule->action_count; i++) {
        const struct rule_action *action = &rule->actions[i];
        if (!speaks(action)) {
            continue;
        }
        bool fine = action_value_kind(action->field) == ACTION_VALUE_HOOK
                        ? call_hook(a, rule, action, audit, err)
                        : send_mails(a, rule, action, audit, err);
        if (!fine) {
            return false;
        }
    }
    return true;
}

// What a rule cannot do because of how it is written, or what has become of what it names.
static bool is_rules_fault(const struct error *err)
{
    return err->code == ERR_INVALID || err->code == ERR_NOT_FOUND || err->code == ERR_FORBIDDEN ||
           err->code == ERR_GONE;
}

static bool note_failure(struct acting *a, const struct rule *rule, const struct error *why,
                         struct error *err)
{
    struct ticket_event event = {
        .kind = STR("Error"),
        .field = STR_NONE,
        .value = str_printf(a->ctx, "The %s “" STR_FMT "” could not do its work: %s",
                            rule_kind_word(rule->kind).ptr, STR_ARG(rule->title), why->message),
        .previous = STR_NONE,
        .rule = rule->id};
    if (a->into.v != 0) {
        return ticket_event_add(a->tx, a->ticket.id, a->into, &event, err);
    }
    return ticket_note_event(&a->desk->tickets, a->tx, a->ticket.id, &event, err);
}

bool rule_act(struct acting *a, const struct rule *rule, bool *ret_changed, struct error *err)
{
    const struct acting before = *a;
    struct error why;
    *ret_changed = false;
    if (!db_savepoint(a->tx, err)) {
        return false;
    }
    if (change_and_speak(a, rule, ret_changed, &why)) {
        db_savepoint_keep(a->tx);
        return true;
    }
    if (!is_rules_fault(&why)) {
        *err = why;
        return false;
    }
    db_savepoint_undo(a->tx);
    *a = before;
    *ret_changed = false;
    return note_failure(a, rule, &why, err);
}
