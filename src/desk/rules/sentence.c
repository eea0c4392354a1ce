// SPDX-License-Identifier: GPL-3.0-or-later
#include "desk/rules/sentence.h"

#include "base/buf.h"

#define SENTENCE_MAX 16384

bool rule_names_load(struct db *db, mem_ctx *ctx, struct rule_names *ret, struct error *err)
{
    return groups_all(db, ctx, &ret->groups, &ret->group_count, err) &&
           users_agents(db, ctx, &ret->agents, &ret->agent_count, err);
}

// --- names --------------------------------------------------------------------------------------

enum named { NAMED_NOTHING, NAMED_GROUP, NAMED_PERSON };

static enum named named_by(const struct rule_term *term, size_t part)
{
    enum condition_field field = FIELD_STATUS;
    enum action_field action = ACTION_STATUS;
    if (term->place != PLACE_ACTION) {
        bool known = condition_field_parse(term->field, &field);
        enum value_kind kind = known ? condition_value_kind(field) : VALUE_TEXT;
        return kind == VALUE_GROUP    ? NAMED_GROUP
               : kind == VALUE_PERSON ? NAMED_PERSON
                                      : NAMED_NOTHING;
    }
    if (part > 0 || !action_field_parse(term->field, &action)) {
        return NAMED_NOTHING;
    }
    switch ((int)action_value_kind(action)) {
    case ACTION_VALUE_GROUP:
    case ACTION_VALUE_MAIL_GROUP:
        return NAMED_GROUP;
    case ACTION_VALUE_PERSON:
    case ACTION_VALUE_MAIL_PERSON:
        return NAMED_PERSON;
    default:
        return NAMED_NOTHING;
    }
}

struct str rule_value_shown(const struct rule_names *names, const struct rule_term *term,
                            size_t part)
{
    struct str value = part < term->count ? term->values[part] : STR("");
    enum named named = named_by(term, part);
    int64_t id = 0;
    if (named == NAMED_NOTHING || !str_to_i64(value, &id)) {
        return value;
    }
    for (size_t i = 0; named == NAMED_GROUP && i < names->group_count; i++) {
        if (names->groups[i].id.v == id) {
            return names->groups[i].name;
        }
    }
    for (size_t i = 0; named == NAMED_PERSON && i < names->agent_count; i++) {
        if (names->agents[i].id.v == id && !str_empty(names->agents[i].email)) {
            return names->agents[i].email;
        }
    }
    return value;
}

struct str rule_value_read(mem_ctx *ctx, const struct rule_names *names,
                           const struct rule_term *term, struct str text)
{
    enum named named = named_by(term, 0);
    struct str value = str_trim(text);
    for (size_t i = 0; named == NAMED_GROUP && i < names->group_count; i++) {
        if (str_ieq(names->groups[i].name, value)) {
            return str_printf(ctx, "%lld", (long long)names->groups[i].id.v);
        }
    }
    for (size_t i = 0; named == NAMED_PERSON && i < names->agent_count; i++) {
        const struct user *agent = &names->agents[i];
        if (str_ieq(agent->email, value) || str_ieq(agent->name, value)) {
            return str_printf(ctx, "%lld", (long long)agent->id.v);
        }
    }
    return text;
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

static void put_condition(mem_ctx *ctx, struct buf *out, const struct rule_term *term,
                          const struct rule_names *names)
{
    enum condition_field field = FIELD_STATUS;
    enum rule_op op = ROP_IS;
    struct str value = rule_value_shown(names, term, 0);
    if (!condition_field_parse(term->field, &field)) {
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
    buf_put(out, condition_field_label(field));
    buf_put_c(out, " ");
    buf_put(out, rule_op_label(op));
    if (rule_op_terminal(op)) {
        return;
    }
    buf_put_c(out, " ");
    bool words =
        condition_value_kind(field) == VALUE_WORDS || condition_value_kind(field) == VALUE_TAGS;
    if (words) {
        put_quoted(out, value);
    } else {
        struct str shown = plain(value);
        bool id = condition_value_kind(field) == VALUE_PRIORITY ||
                  condition_value_kind(field) == VALUE_TYPE;
        buf_put(out, id && str_empty(value) ? STR("not set") : str_one_line(ctx, shown, 80));
    }
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
    bool view = rule->kind == RULE_VIEW;
    bool all = has_place(rule, PLACE_ALL);
    bool any = has_place(rule, PLACE_ANY);
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
