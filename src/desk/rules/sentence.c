// SPDX-License-Identifier: GPL-3.0-or-later
#include "desk/rules/sentence.h"

#include "base/buf.h"

#define SENTENCE_MAX 16384

bool rule_names_load(struct db *db, mem_ctx *ctx, struct rule_names *ret, struct error *err)
{
    return groups_all(db, ctx, &ret->groups, &ret->group_count, err) &&
           users_agents(db, ctx, &ret->agents, &ret->agent_count, err) &&
           rule_defined_load(db, ctx, &ret->defined, err);
}

// --- names --------------------------------------------------------------------------------------

enum named { NAMED_NOTHING, NAMED_GROUP, NAMED_PERSON, NAMED_RECORD, NAMED_OPTION };

struct naming {
    enum named by;
    enum defined_kind kind;     // NAMED_RECORD
    struct custom_field field;  // NAMED_OPTION
};

static struct naming named_by(const struct rule_names *names, const struct rule_term *term,
                              size_t part)
{
    enum condition_field field = FIELD_STATUS;
    enum action_field action = ACTION_STATUS;
    struct naming ret = {.by = NAMED_NOTHING, .kind = custom_defined_kind(term->field)};
    if (custom_field_parse(&names->defined, term->field, &ret.field)) {
        bool option = ret.field.kind == CUSTOM_CHOICE || ret.field.kind == CUSTOM_CHOICES;
        ret.by = option && ret.field.record != NULL ? NAMED_OPTION : NAMED_NOTHING;
        return ret;
    }
    if (term->place != PLACE_ACTION) {
        bool known = condition_field_parse(term->field, &field);
        enum value_kind kind = known ? condition_value_kind(field) : VALUE_TEXT;
        ret.by = kind == VALUE_GROUP    ? NAMED_GROUP
                 : kind == VALUE_PERSON ? NAMED_PERSON
                 : kind == VALUE_CHOICE ? NAMED_RECORD
                                        : NAMED_NOTHING;
        return ret;
    }
    if (part > 0 || !action_field_parse(term->field, &action)) {
        return ret;
    }
    switch ((int)action_value_kind(action)) {
    case ACTION_VALUE_GROUP:
    case ACTION_VALUE_MAIL_GROUP:
        ret.by = NAMED_GROUP;
        break;
    case ACTION_VALUE_PERSON:
    case ACTION_VALUE_MAIL_PERSON:
        ret.by = NAMED_PERSON;
        break;
    case ACTION_VALUE_CHOICE:
        ret.by = NAMED_RECORD;
        break;
    default:
        break;
    }
    return ret;
}

static struct str record_name(const struct record *record)
{
    static const char *const NAMES[] = {"agent_label", "name", "title"};
    for (size_t i = 0; i < sizeof NAMES / sizeof *NAMES; i++) {
        struct str name = record_text(record, NAMES[i]);
        if (!str_empty(name)) {
            return name;
        }
    }
    return STR("");
}

static struct jr_value options_of(const struct naming *naming)
{
    return jr_get(naming->field.record->doc, "custom_field_options");
}

static struct str name_of_record(const struct rule_names *names, enum defined_kind kind, int64_t id,
                                 struct str otherwise)
{
    for (size_t i = 0; i < names->defined.of[kind].count; i++) {
        const struct record *one = &names->defined.of[kind].list[i];
        if (one->id == id && !str_empty(record_name(one))) {
            return record_name(one);
        }
    }
    return otherwise;
}

static struct str name_of_option(const struct naming *naming, struct str value)
{
    struct jr_value options = options_of(naming);
    for (size_t i = 0; i < jr_count(options); i++) {
        if (str_ieq(jr_text(jr_get(jr_at(options, i), "value")), value)) {
            return jr_text(jr_get(jr_at(options, i), "name"));
        }
    }
    return value;
}

struct str rule_value_shown(const struct rule_names *names, const struct rule_term *term,
                            size_t part)
{
    struct str value = part < term->count ? term->values[part] : STR("");
    struct naming naming = named_by(names, term, part);
    int64_t id = 0;
    if (naming.by == NAMED_OPTION) {
        return name_of_option(&naming, value);
    }
    if (naming.by == NAMED_NOTHING || !str_to_i64(value, &id)) {
        return value;
    }
    if (naming.by == NAMED_RECORD) {
        return name_of_record(names, naming.kind, id, value);
    }
    for (size_t i = 0; naming.by == NAMED_GROUP && i < names->group_count; i++) {
        if (names->groups[i].id.v == id) {
            return names->groups[i].name;
        }
    }
    for (size_t i = 0; naming.by == NAMED_PERSON && i < names->agent_count; i++) {
        if (names->agents[i].id.v == id && !str_empty(names->agents[i].email)) {
            return names->agents[i].email;
        }
    }
    return value;
}

static struct str record_by_name(mem_ctx *ctx, const struct rule_names *names,
                                 enum defined_kind kind, struct str name, struct str otherwise)
{
    for (size_t i = 0; i < names->defined.of[kind].count; i++) {
        const struct record *one = &names->defined.of[kind].list[i];
        if (str_ieq(record_name(one), name)) {
            return str_printf(ctx, "%lld", (long long)one->id);
        }
    }
    return otherwise;
}

static struct str option_by_name(const struct naming *naming, struct str name, struct str otherwise)
{
    struct jr_value options = options_of(naming);
    for (size_t i = 0; i < jr_count(options); i++) {
        if (str_ieq(jr_text(jr_get(jr_at(options, i), "name")), name)) {
            return jr_text(jr_get(jr_at(options, i), "value"));
        }
    }
    return otherwise;
}

struct str rule_value_read(mem_ctx *ctx, const struct rule_names *names,
                           const struct rule_term *term, struct str text)
{
    struct naming naming = named_by(names, term, 0);
    struct str value = str_trim(text);
    if (naming.by == NAMED_OPTION) {
        return option_by_name(&naming, value, text);
    }
    if (naming.by == NAMED_RECORD) {
        return record_by_name(ctx, names, naming.kind, value, text);
    }
    for (size_t i = 0; naming.by == NAMED_GROUP && i < names->group_count; i++) {
        if (str_ieq(names->groups[i].name, value)) {
            return str_printf(ctx, "%lld", (long long)names->groups[i].id.v);
        }
    }
    for (size_t i = 0; naming.by == NAMED_PERSON && i < names->agent_count; i++) {
        const struct user *agent = &names->agents[i];
        if (str_ieq(agent->email, value) || str_ieq(agent->name, value)) {
            return str_printf(ctx, "%lld", (long long)agent->id.v);
        }
    }
    return text;
}

struct str rule_field_label(mem_ctx *ctx, const struct rule_names *names,
                            const struct rule_term *term)
{
    static const char *const WHOSE[] = {[CUSTOM_OF_TICKET] = "",
                                        [CUSTOM_OF_REQUESTER] = "requester’s ",
                                        [CUSTOM_OF_ORGANIZATION] = "organization’s "};
    enum condition_field field = FIELD_STATUS;
    struct custom_field custom;
    if (custom_field_parse(&names->defined, term->field, &custom)) {
        return custom.record == NULL ? term->field
                                     : str_printf(ctx, "%s“" STR_FMT "”", WHOSE[custom.of],
                                                  STR_ARG(record_name(custom.record)));
    }
    return condition_field_parse(term->field, &field) ? condition_field_label(field) : term->field;
}

// --- sentences ----------------------------------------------------------------------------------

static void put_quoted(struct buf *out, struct str text)
{
    buf_put_c(out, "“");
    buf_put(out, text);
    buf_put_c(out, "”");
}

static struct str plain(struct str value)
{
    static const struct {
        const char *word;
        struct str label;
    } WORDS[] = {
        {"current_user", STR_INIT("whoever looks or acts")},
        {"requester_id", STR_INIT("the requester")},
        {"assignee_id", STR_INIT("the assignee")},
        {"requester_and_ccs", STR_INIT("the requester and those in copy")},
        {"all_agents", STR_INIT("all agents")},
        {"current_groups", STR_INIT("the groups of whoever looks")},
        {"group_id", STR_INIT("the ticket's group")},
        {"", STR_INIT("nobody")},
    };
    for (size_t i = 0; i < sizeof WORDS / sizeof *WORDS; i++) {
        if (str_eq_c(value, WORDS[i].word)) {
            return WORDS[i].label;
        }
    }
    return value;
}

struct str rule_values_shown(mem_ctx *ctx, const struct rule_names *names,
                             const struct rule_term *term)
{
    struct buf out;
    buf_init(&out, ctx, SENTENCE_MAX);
    for (size_t i = 0; i < term->count; i++) {
        buf_put_c(&out, i > 0 ? ", " : "");
        buf_put(&out, rule_value_shown(names, term, i));
    }
    return buf_str(&out);
}

static void put_compared(mem_ctx *ctx, struct buf *out, const struct rule_term *term,
                         const struct rule_names *names, enum value_kind kind, enum rule_op op)
{
    struct str value = kind == VALUE_CUSTOM || kind == VALUE_CHOICE
                           ? rule_values_shown(ctx, names, term)
                           : rule_value_shown(names, term, 0);
    buf_put(out, rule_field_label(ctx, names, term));
    buf_put_c(out, " ");
    buf_put(out, rule_op_label(op));
    if (rule_op_terminal(op)) {
        return;
    }
    buf_put_c(out, " ");
    if (kind == VALUE_WORDS || kind == VALUE_TAGS || kind == VALUE_CUSTOM || kind == VALUE_CHOICE) {
        put_quoted(out, value);
        return;
    }
    bool unset = (kind == VALUE_PRIORITY || kind == VALUE_TYPE) && str_empty(value);
    buf_put(out, unset ? STR("not set") : str_one_line(ctx, plain(value), 80));
}

static void put_condition(mem_ctx *ctx, struct buf *out, const struct rule_term *term,
                          const struct rule_names *names)
{
    enum condition_field field = FIELD_STATUS;
    enum rule_op op = ROP_IS;
    struct str value = rule_value_shown(names, term, 0);
    struct custom_field custom;
    if (custom_field_parse(&names->defined, term->field, &custom)) {
        field = FIELD_CUSTOM;
    } else if (!condition_field_parse(term->field, &field)) {
        buf_put(out, term->field);
        return;
    }
    while (op < ROP_COUNT - 1 && !str_none(term->op) && !str_eq(rule_op_word(op), term->op)) {
        op++;
    }
    if (field == FIELD_UPDATE) {
        bool created = str_eq_c(value, "Create") == (op == ROP_IS);
        buf_put_c(out, created ? "the ticket is created" : "the ticket is changed");
        return;
    }
    if (field == FIELD_COMMENT_PUBLIC) {
        buf_put_c(out, str_eq_c(value, "not_relevant") ? "somebody writes"
                       : str_eq_c(value, "false")      ? "somebody writes a note"
                                                       : "somebody writes a public reply");
        return;
    }
    put_compared(ctx, out, term, names, condition_value_kind(field), op);
}

static void put_conditions(mem_ctx *ctx, struct buf *out, const struct rule *rule,
                           enum rule_place place, const struct rule_names *names)
{
    size_t count = 0;
    for (size_t i = 0; i < rule->term_count; i++) {
        if (rule->terms[i].place != place) {
            continue;
        }
        if (count++ > 0) {
            buf_put_c(out, place == PLACE_ALL ? " and " : " or ");
        }
        put_condition(ctx, out, &rule->terms[i], names);
    }
}

static void put_action(mem_ctx *ctx, struct buf *out, const struct rule_term *term,
                       const struct rule_names *names)
{
    enum action_field field = ACTION_STATUS;
    struct str value = rule_value_shown(names, term, 0);
    struct custom_field custom;
    if (custom_field_parse(&names->defined, term->field, &custom)) {
        buf_put_c(out, "set ");
        buf_put(out, rule_field_label(ctx, names, term));
        buf_put_c(out, term->count > 0 ? " to " : " to nothing");
        buf_put(out, str_one_line(ctx, rule_values_shown(ctx, names, term), 120));
        return;
    }
    if (!action_field_parse(term->field, &field)) {
        buf_put(out, term->field);
        return;
    }
    buf_put(out, action_field_label(field));
    buf_put_c(out, " ");
    switch ((int)action_value_kind(field)) {
    case ACTION_VALUE_MAIL_PERSON:
    case ACTION_VALUE_MAIL_GROUP:
        buf_put(out, plain(value));
        buf_put_c(out, " with the subject ");
        put_quoted(out, term->count > 1 ? term->values[1] : STR(""));
        break;
    case ACTION_VALUE_COMMENT:
        put_quoted(out, str_one_line(ctx, term->count > 1 ? term->values[1] : value, 120));
        break;
    case ACTION_VALUE_TEXT:
    case ACTION_VALUE_TAGS:
        put_quoted(out, str_one_line(ctx, value, 120));
        break;
    default:
        buf_put(out, plain(value));
    }
}

static bool has_place(const struct rule *rule, enum rule_place place)
{
    for (size_t i = 0; i < rule->term_count; i++) {
        if (rule->terms[i].place == place) {
            return true;
        }
    }
    return false;
}

struct str rule_sentence(mem_ctx *ctx, const struct rule *rule, const struct rule_names *names)
{
    struct buf out;
    buf_init(&out, ctx, SENTENCE_MAX);
    bool view = rule->kind == RULE_VIEW || rule->kind == RULE_POLICY;
    bool all = has_place(rule, PLACE_ALL);
    bool any = has_place(rule, PLACE_ANY);
    if (!all && !any && rule->kind == RULE_POLICY) {
        return STR("All tickets.");
    }
    if (all || any) {
        buf_put_c(&out, view ? "Tickets where " : "When ");
    }
    put_conditions(ctx, &out, rule, PLACE_ALL, names);
    buf_put_c(&out, all && any ? ", and " : "");
    put_conditions(ctx, &out, rule, PLACE_ANY, names);
    buf_put_c(&out, (all || any) && !view ? ": " : "");
    size_t count = 0;
    for (size_t i = 0; i < rule->term_count; i++) {
        if (rule->terms[i].place == PLACE_ACTION) {
            buf_put_c(&out, count++ > 0 ? "; " : "");
            put_action(ctx, &out, &rule->terms[i], names);
        }
    }
    buf_put_c(&out, ".");
    return out.failed ? rule->title : buf_str(&out);
}
