// SPDX-License-Identifier: GPL-3.0-or-later
//
// The table of actions, the reading of their values, and whether an automation can end.
#include "desk/rules/actions.h"

#include "base/buf.h"
#include "base/words.h"
#include "desk/rules/rules.h"

enum { M = 1 << RULE_MACRO, T = 1 << RULE_TRIGGER, A = 1 << RULE_AUTOMATION };

static const struct {
    struct str word;
    struct str label;
    enum action_value value;
    unsigned where;
} ACTIONS[ACTION_COUNT] = {
#define ACTION(name, word, label, value, where)                                                    \
    [ACTION_##name] = {STR_INIT(word), STR_INIT(label), ACTION_VALUE_##value, where},
#include "desk/rules/actions.def"
#undef ACTION
};

bool action_field_parse(struct str word, enum action_field *ret)
{
    static const struct {
        const char *word;
        enum action_field field;
    } ALSO[] = {{"group", ACTION_GROUP}, {"assignee", ACTION_ASSIGNEE}, {"tags", ACTION_SET_TAGS}};
    for (int i = 0; i < ACTION_COUNT; i++) {
        if (str_eq(word, ACTIONS[i].word)) {
            *ret = (enum action_field)i;
            return true;
        }
    }
    for (size_t i = 0; i < sizeof ALSO / sizeof *ALSO; i++) {
        if (str_eq_c(word, ALSO[i].word)) {
            *ret = ALSO[i].field;
            return true;
        }
    }
    return false;
}

struct str action_field_word(enum action_field field)
{
    return ACTIONS[field].word;
}

struct str action_field_label(enum action_field field)
{
    return ACTIONS[field].label;
}

enum action_value action_value_kind(enum action_field field)
{
    return ACTIONS[field].value;
}

bool action_field_fits(enum action_field field, enum rule_kind kind)
{
    return (ACTIONS[field].where & (1u << kind)) != 0;
}

// --- values -------------------------------------------------------------------------------------

static bool read_id(struct str value, enum action_value kind, int64_t *ret)
{
    static const struct {
        const char *word;
        int64_t id;
        bool mail_only;
    } SPECIAL[] = {
        {"current_user", ID_CURRENT_USER, false}, {"requester_id", ID_REQUESTER, false},
        {"assignee_id", ID_ASSIGNEE, true},       {"requester_and_ccs", ID_REQUESTER_AND_CCS, true},
        {"all_agents", ID_ALL_AGENTS, true},
    };
    bool group = kind == ACTION_VALUE_GROUP || kind == ACTION_VALUE_MAIL_GROUP;
    bool mail = kind == ACTION_VALUE_MAIL_PERSON;
    for (size_t i = 0; i < sizeof SPECIAL / sizeof *SPECIAL && !group; i++) {
        if (str_eq_c(value, SPECIAL[i].word) && (mail || !SPECIAL[i].mail_only)) {
            *ret = SPECIAL[i].id;
            return true;
        }
    }
    if (kind == ACTION_VALUE_MAIL_GROUP && str_eq_c(value, "group_id")) {
        *ret = 0;  // the ticket's
        return true;
    }
    if (str_empty(value) && (kind == ACTION_VALUE_GROUP || kind == ACTION_VALUE_PERSON)) {
        *ret = 0;
        return true;
    }
    return str_to_i64(value, ret) && *ret > 0;
}

static bool read_message(const struct rule_term *term, struct rule_action *ret)
{
    if (term->count != 3) {
        return false;
    }
    ret->subject = term->values[1];
    ret->text = term->values[2];
    return !str_empty(str_trim(ret->subject)) && !str_empty(str_trim(ret->text));
}

static bool read_enum(struct str value, enum action_value kind, int64_t *ret)
{
    enum ticket_status status = STATUS_NEW;
    enum ticket_priority priority = PRIORITY_NONE;
    enum ticket_type type = TYPE_NONE;
    bool fine = false;
    switch ((int)kind) {
    case ACTION_VALUE_STATUS:
        fine = ticket_status_parse(value, &status) && status != STATUS_NEW;
        *ret = (int64_t)status;
        return fine;
    case ACTION_VALUE_PRIORITY:
        fine = ticket_priority_parse(value, &priority);
        *ret = (int64_t)priority;
        return fine;
    default:
        fine = ticket_type_parse(value, &type);
        *ret = (int64_t)type;
        return fine;
    }
}

static bool read_flag(struct str value, int64_t *ret)
{
    bool yes = str_eq_c(value, "true") || str_eq_c(value, "1");
    *ret = yes ? 1 : 0;
    return yes || str_eq_c(value, "false") || str_eq_c(value, "0");
}

static bool read_choice(const struct rule_defined *defined, struct str value,
                        struct rule_action *ret)
{
    enum defined_kind kind = custom_defined_kind(ACTIONS[ret->field].word);
    if (!str_to_i64(value, &ret->number)) {
        return false;
    }
    for (size_t i = 0; i < defined->of[kind].count; i++) {
        const struct record *one = &defined->of[kind].list[i];
        if (one->id == ret->number && record_flag(one, "active", true)) {
            ret->record = one;
        }
    }
    return ret->record != NULL;
}

// The value as a program would send it: what the field's own reader takes.
static struct str value_json(mem_ctx *ctx, const struct custom_field *field,
                             const struct rule_term *term)
{
    struct buf out;
    struct jw w;
    buf_init(&out, ctx, 256 << 10);
    jw_init(&w, &out);
    jw_array_begin(&w);
    for (size_t i = 0; i < term->count; i++) {
        struct str text = str_trim(term->values[i]);
        struct str option;
        bool choice = field->kind == CUSTOM_CHOICE || field->kind == CUSTOM_CHOICES;
        int64_t flag = 0;
        if (choice && custom_option(ctx, field->record, text, &option)) {
            jw_str(&w, option);
        } else if (field->kind == CUSTOM_FLAG && read_flag(text, &flag)) {
            jw_bool(&w, flag != 0);
        } else if (!str_empty(text)) {
            jw_str(&w, text);
        }
    }
    jw_array_end(&w);
    return buf_str(&out);
}

static bool read_custom(mem_ctx *ctx, const struct custom_field *field,
                        const struct rule_term *term, struct rule_action *ret)
{
    struct jr_value list = JR_NONE;
    struct error ignored;
    if (!jr_parse(ctx, value_json(ctx, field, term), &list, &ignored)) {
        return false;
    }
    bool several = field->kind == CUSTOM_CHOICES;
    ret->record = field->record;
    return field_parse(ctx, field->record, several ? list : jr_at(list, 0), "base", &ret->text,
                       &ignored);
}

static bool read_value(mem_ctx *ctx, const struct rule_defined *defined,
                       const struct rule_term *term, struct rule_action *ret)
{
    enum action_value kind = ACTIONS[ret->field].value;
    struct str value = term->count > 0 ? str_trim(term->values[0]) : STR("");
    switch (kind) {
    case ACTION_VALUE_STATUS:
    case ACTION_VALUE_PRIORITY:
    case ACTION_VALUE_TYPE:
        return read_enum(value, kind, &ret->number);
    case ACTION_VALUE_GROUP:
    case ACTION_VALUE_PERSON:
        return read_id(value, kind, &ret->number);
    case ACTION_VALUE_MAIL_PERSON:
    case ACTION_VALUE_MAIL_GROUP:
        return read_id(value, kind, &ret->number) && read_message(term, ret);
    case ACTION_VALUE_TEXT:
        ret->text = value;
        return !str_empty(value);
    case ACTION_VALUE_TAGS: {
        struct buf words;
        buf_init(&words, ctx, 64 * 1024);
        for (size_t i = 0; i < term->count; i++) {
            buf_put_c(&words, " ");
            buf_put(&words, term->values[i]);
        }
        ret->text = tags_normalise(ctx, buf_str(&words));
        return !str_empty(ret->text) || ret->field == ACTION_SET_TAGS;
    }
    case ACTION_VALUE_COMMENT:
        // ["channel:all", text] or the text.
        ret->text = term->count > 1 ? term->values[1] : term->count > 0 ? term->values[0] : STR("");
        return !str_empty(str_trim(ret->text));
    case ACTION_VALUE_FLAG:
        return read_flag(value, &ret->number);
    case ACTION_VALUE_HOOK:
        ret->subject = value;
        ret->text = term->count > 1 ? term->values[1] : STR("");
        return !str_empty(value);
    case ACTION_VALUE_CHOICE:
        return read_choice(defined, value, ret);
    case ACTION_VALUE_CUSTOM: {
        struct custom_field field;
        return custom_field_parse(defined, term->field, &field) &&
               read_custom(ctx, &field, term, ret);
    }
    }
    return false;
}

static bool read_field(enum rule_kind kind, const struct rule_defined *defined,
                       const struct rule_term *term, struct rule_action *ret)
{
    struct custom_field custom;
    if (custom_field_parse(defined, term->field, &custom)) {
        ret->field = ACTION_CUSTOM;
        return custom.record != NULL && custom.of == CUSTOM_OF_TICKET;
    }
    return action_field_parse(term->field, &ret->field) && ret->field != ACTION_CUSTOM &&
           action_field_fits(ret->field, kind);
}

bool actions_compile(mem_ctx *ctx, enum rule_kind kind, const struct rule_defined *defined,
                     const struct rule_term *terms, size_t count, struct rule_action **ret,
                     size_t *ret_count, struct problems *problems)
{
    struct rule_action *list = mem_array(ctx, struct rule_action, count + 1);
    size_t before = problems->count;
    size_t used = 0;
    for (size_t i = 0; i < count; i++) {
        const struct rule_term *term = &terms[i];
        struct rule_action one = {.text = STR(""), .subject = STR("")};
        if (term->place != PLACE_ACTION) {
            continue;
        }
        if (!read_field(kind, defined, term, &one)) {
            problems_add(problems, STR("base"), "InvalidValue", "Actions: a %s cannot do “%.*s”.",
                         rule_kind_word(kind).ptr, STR_ARG(term->field));
        } else if (!read_value(ctx, defined, term, &one)) {
            struct str value = term->count > 0 ? term->values[0] : STR("");
            problems_add(problems, STR("base"), "InvalidValue",
                         "Actions: “%.*s” is no value of “%.*s”.",
                         STR_ARG(str_utf8_clip(value, 80)), STR_ARG(term->field));
        } else {
            list[used++] = one;
        }
    }
    *ret = list;
    *ret_count = used;
    return problems->count == before;
}

// --- automations --------------------------------------------------------------------------------

bool conditions_have_time(const struct conditions *conditions)
{
    for (size_t i = 0; i < conditions->all_count; i++) {
        if (condition_value_kind(conditions->all[i].field) == VALUE_HOURS) {
            return true;
        }
    }
    return false;
}

static bool numbers_end(const struct condition *c, int64_t value)
{
    switch ((int)c->op) {
    case ROP_IS:
        return value != c->number;
    case ROP_IS_NOT:
        return value == c->number;
    case ROP_LESS:
        return value >= c->number;
    case ROP_LESS_EQUAL:
        return value > c->number;
    case ROP_GREATER:
        return value <= c->number;
    case ROP_GREATER_EQUAL:
        return value < c->number;
    default:
        return false;
    }
}

static bool tags_end(const struct condition *c, const struct rule_action *action)
{
    bool none = true;
    bool some = false;
    for (size_t i = 0; i < c->text_count; i++) {
        bool in = words_has(action->text, c->texts[i]);
        none = none && !in;
        some = some || in;
    }
    switch ((int)action->field) {
    case ACTION_ADD_TAGS:
        return c->op == ROP_NOT_INCLUDES && some;
    case ACTION_SET_TAGS:
        return c->op == ROP_NOT_INCLUDES ? some : none;
    default: {
        bool all = true;
        for (size_t i = 0; i < c->text_count; i++) {
            all = all && words_has(action->text, c->texts[i]);
        }
        return c->op == ROP_INCLUDES && all;
    }
    }
}

// The status that an hours' condition counts in; -1 for the others.
static int64_t state_of(enum condition_field field)
{
    switch ((int)field) {
    case FIELD_HOURS_NEW:
        return STATUS_NEW;
    case FIELD_HOURS_OPEN:
        return STATUS_OPEN;
    case FIELD_HOURS_PENDING:
        return STATUS_PENDING;
    case FIELD_HOURS_HOLD:
        return STATUS_HOLD;
    case FIELD_HOURS_SOLVED:
        return STATUS_SOLVED;
    default:
        return -1;
    }
}

static bool ends(const struct condition *c, const struct rule_action *action)
{
    static const struct {
        enum action_field action;
        enum condition_field field;
    } SAME[] = {
        {ACTION_STATUS, FIELD_STATUS}, {ACTION_PRIORITY, FIELD_PRIORITY}, {ACTION_TYPE, FIELD_TYPE},
        {ACTION_GROUP, FIELD_GROUP},   {ACTION_ASSIGNEE, FIELD_ASSIGNEE},
    };
    if (c->field == FIELD_CUSTOM && action->field == ACTION_CUSTOM) {
        return c->custom.record == action->record && c->op < ROP_PREVIOUS_DAYS &&
               !custom_holds(NULL, c, action->text, 0);
    }
    if (c->field == FIELD_CUSTOM_STATUS && action->field == ACTION_CUSTOM_STATUS) {
        bool named = false;
        for (size_t i = 0; i < c->number_count; i++) {
            named = named || c->numbers[i] == action->number;
        }
        return named == (c->op == ROP_IS_NOT || c->op == ROP_NOT_INCLUDES);
    }
    if (c->field == FIELD_TAGS) {
        return action_value_kind(action->field) == ACTION_VALUE_TAGS && tags_end(c, action);
    }
    if (action->field == ACTION_STATUS && state_of(c->field) >= 0) {
        return action->number != state_of(c->field);
    }
    for (size_t i = 0; i < sizeof SAME / sizeof *SAME; i++) {
        if (SAME[i].action == action->field && SAME[i].field == c->field && c->number >= 0 &&
            action->number >= 0) {
            return numbers_end(c, action->number);
        }
    }
    return false;
}

bool actions_end_conditions(const struct conditions *conditions, const struct rule_action *actions,
                            size_t count)
{
    for (size_t i = 0; i < count; i++) {
        for (size_t k = 0; k < conditions->all_count; k++) {
            if (ends(&conditions->all[k], &actions[i])) {
                return true;
            }
        }
    }
    return false;
}
