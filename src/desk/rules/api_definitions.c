// SPDX-License-Identifier: GPL-3.0-or-later
//
// What conditions and actions there are, with their operators and values, for programs that offer
// them to people.
#include "desk/people/people.h"
#include "desk/rules/api.h"
#include "desk/rules/api_internal.h"

struct choices {
    struct group *groups;
    size_t group_count;
    struct user *agents;
    size_t agent_count;
    const struct rule_defined *defined;
};

static void write_choice(struct jw *w, struct str value, struct str title)
{
    jw_object_begin(w);
    jw_field_str(w, "value", value);
    jw_field_str(w, "title", title);
    jw_field_bool(w, "enabled", true);
    jw_object_end(w);
}

static void write_words(struct jw *w, const char *const *words)
{
    for (size_t i = 0; words[i] != NULL; i++) {
        write_choice(w, str_c(words[i]), words[i][0] == '\0' ? STR("-") : str_c(words[i]));
    }
}

static void write_people(struct ctx *ctx, struct jw *w, const struct choices *c)
{
    write_choice(w, STR(""), STR("-"));
    write_choice(w, STR("current_user"), STR("(current user)"));
    write_choice(w, STR("requester_id"), STR("(requester)"));
    for (size_t i = 0; i < c->agent_count; i++) {
        write_choice(w, str_printf(ctx->mem, "%lld", (long long)c->agents[i].id.v),
                     c->agents[i].name);
    }
}

static void write_groups(struct ctx *ctx, struct jw *w, const struct choices *c)
{
    write_choice(w, STR(""), STR("-"));
    for (size_t i = 0; i < c->group_count; i++) {
        write_choice(w, str_printf(ctx->mem, "%lld", (long long)c->groups[i].id.v),
                     c->groups[i].name);
    }
}

static void write_records(struct ctx *ctx, struct jw *w, const struct choices *c,
                          enum defined_kind kind)
{
    for (size_t i = 0; i < c->defined->of[kind].count; i++) {
        const struct record *one = &c->defined->of[kind].list[i];
        struct str name = record_text(one, kind == DEFINED_STATUSES ? "agent_label" : "name");
        write_choice(w, str_printf(ctx->mem, "%lld", (long long)one->id), name);
    }
}

static void write_defined(struct ctx *ctx, struct jw *w, const char *key, struct str word,
                          const struct choices *c)
{
    jw_field_array(w, key);
    write_records(ctx, w, c, custom_defined_kind(word));
    jw_array_end(w);
}

// --- custom fields ------------------------------------------------------------------------------

static const char *custom_type(enum custom_kind kind)
{
    static const char *const TYPES[] = {
        [CUSTOM_TEXT] = "text", [CUSTOM_CHOICE] = "list", [CUSTOM_CHOICES] = "list",
        [CUSTOM_FLAG] = "list", [CUSTOM_NUMBER] = "text", [CUSTOM_DATE] = "date",
    };
    return TYPES[kind];
}

static void write_options(struct jw *w, const char *key, const struct custom_field *field)
{
    struct jr_value options = jr_get(field->record->doc, "custom_field_options");
    jw_field_array(w, key);
    if (field->kind == CUSTOM_FLAG) {
        write_choice(w, STR("true"), STR("true"));
        write_choice(w, STR("false"), STR("false"));
    }
    for (size_t i = 0; i < jr_count(options); i++) {
        struct jr_value one = jr_at(options, i);
        write_choice(w, jr_text(jr_get(one, "value")), jr_text(jr_get(one, "name")));
    }
    jw_array_end(w);
}

static void write_custom_operators(struct jw *w, const struct custom_field *field,
                                   enum rule_kind kind)
{
    jw_field_array(w, "operators");
    for (enum rule_op op = ROP_IS; op < ROP_COUNT; op++) {
        if (condition_custom_op_fits(field, op, kind)) {
            jw_object_begin(w);
            jw_field_str(w, "value", rule_op_word(op));
            jw_field_str(w, "title", rule_op_label(op));
            jw_field_bool(w, "terminal", rule_op_terminal(op));
            jw_object_end(w);
        }
    }
    jw_array_end(w);
}

static void write_customs(struct ctx *ctx, struct jw *w, enum rule_kind kind, bool action,
                          const struct choices *c)
{
    struct str *words = NULL;
    size_t count = custom_field_words(ctx->mem, c->defined, action, &words);
    for (size_t i = 0; i < count; i++) {
        struct custom_field field;
        if (!custom_field_parse(c->defined, words[i], &field) || field.record == NULL) {
            continue;
        }
        jw_object_begin(w);
        jw_field_str(w, "title", record_text(field.record, "title"));
        jw_field_str(w, kind == RULE_POLICY ? "value" : "subject", words[i]);
        jw_field_c(w, "group", field.of == CUSTOM_OF_TICKET ? "ticket" : "requester");
        if (kind != RULE_POLICY) {
            jw_field_c(w, "type", custom_type(field.kind));
            jw_field_bool(w, "nullable", true);
            jw_field_bool(w, "repeatable", !action);
        } else {
            jw_field_null(w, "target");
        }
        if (!action) {
            write_custom_operators(w, &field, kind);
        }
        if (kind == RULE_POLICY) {
            jw_field_object(w, "values");
            jw_field_c(w, "type", custom_type(field.kind));
            write_options(w, "list", &field);
            jw_object_end(w);
        } else {
            write_options(w, "values", &field);
        }
        jw_object_end(w);
    }
}

static void write_list(struct ctx *ctx, struct jw *w, const char *key, enum value_kind kind,
                       const struct choices *c)
{
    static const char *const STATUSES[] = {"new",    "open",   "pending", "hold",
                                           "solved", "closed", NULL};
    static const char *const PRIORITIES[] = {"", "low", "normal", "high", "urgent", NULL};
    static const char *const TYPES[] = {"", "question", "incident", "problem", "task", NULL};
    static const char *const UPDATES[] = {"Create", "Change", NULL};
    static const char *const COMMENTS[] = {"true", "false", "not_relevant",
                                           "requester_can_see_comment", NULL};
    static const char *const FLAGS[] = {"true", "false", NULL};
    static const char *const ROLES[] = {"end_user", "agent", "admin", NULL};
    jw_field_array(w, key);
    switch ((int)kind) {
    case VALUE_STATUS:
        write_words(w, STATUSES);
        break;
    case VALUE_PRIORITY:
        write_words(w, PRIORITIES);
        break;
    case VALUE_TYPE:
        write_words(w, TYPES);
        break;
    case VALUE_GROUP:
        write_groups(ctx, w, c);
        break;
    case VALUE_PERSON:
        write_people(ctx, w, c);
        break;
    case VALUE_UPDATE:
        write_words(w, UPDATES);
        break;
    case VALUE_COMMENT:
        write_words(w, COMMENTS);
        break;
    case VALUE_FLAG:
        write_words(w, FLAGS);
        break;
    case VALUE_ROLE:
        write_words(w, ROLES);
        break;
    default:
        break;
    }
    jw_array_end(w);
}

static void write_values(struct ctx *ctx, struct jw *w, enum value_kind kind,
                         const struct choices *c)
{
    write_list(ctx, w, "values", kind, c);
}

static const char *value_type(enum value_kind kind)
{
    switch ((int)kind) {
    case VALUE_WORDS:
    case VALUE_TEXT:
    case VALUE_HOURS:
        return "text";
    case VALUE_TAGS:
        return "tags";
    case VALUE_TIME:
        return "date";
    case VALUE_ORGANIZATION:
        return "autocomplete";
    default:
        return "list";
    }
}

static void write_condition(struct ctx *ctx, struct jw *w, enum condition_field field,
                            enum rule_kind kind, const struct choices *c)
{
    enum value_kind value = condition_value_kind(field);
    jw_object_begin(w);
    jw_field_str(w, "title", condition_field_label(field));
    jw_field_str(w, "subject", condition_field_word(field));
    jw_field_c(w, "type", value_type(value));
    jw_field_c(w, "group", "ticket");
    jw_field_bool(w, "nullable",
                  value == VALUE_GROUP || value == VALUE_PERSON || value == VALUE_ORGANIZATION ||
                      value == VALUE_PRIORITY);
    jw_field_bool(w, "repeatable", true);
    jw_field_array(w, "operators");
    for (enum rule_op op = ROP_IS; op < ROP_COUNT; op++) {
        if (condition_op_fits(field, op, kind)) {
            jw_object_begin(w);
            jw_field_str(w, "value", rule_op_word(op));
            jw_field_str(w, "title", rule_op_label(op));
            jw_field_bool(w, "terminal", rule_op_terminal(op));
            jw_object_end(w);
        }
    }
    jw_array_end(w);
    if (value == VALUE_CHOICE) {
        write_defined(ctx, w, "values", condition_field_word(field), c);
    } else {
        write_values(ctx, w, value, c);
    }
    jw_object_end(w);
}

static void write_action_values(struct ctx *ctx, struct jw *w, enum action_value kind,
                                const struct choices *c)
{
    switch ((int)kind) {
    case ACTION_VALUE_STATUS:
        write_values(ctx, w, VALUE_STATUS, c);
        break;
    case ACTION_VALUE_PRIORITY:
        write_values(ctx, w, VALUE_PRIORITY, c);
        break;
    case ACTION_VALUE_TYPE:
        write_values(ctx, w, VALUE_TYPE, c);
        break;
    case ACTION_VALUE_GROUP:
    case ACTION_VALUE_MAIL_GROUP:
        write_values(ctx, w, VALUE_GROUP, c);
        break;
    case ACTION_VALUE_PERSON:
    case ACTION_VALUE_MAIL_PERSON:
        write_values(ctx, w, VALUE_PERSON, c);
        break;
    case ACTION_VALUE_FLAG:
        write_values(ctx, w, VALUE_FLAG, c);
        break;
    default:
        jw_field_empty_array(w, "values");
    }
}

static void write_actions(struct ctx *ctx, struct jw *w, enum rule_kind kind,
                          const struct choices *c)
{
    for (int i = 0; i < ACTION_COUNT; i++) {
        enum action_field field = (enum action_field)i;
        enum action_value value = action_value_kind(field);
        if (field == ACTION_CUSTOM || !action_field_fits(field, kind)) {
            continue;
        }
        bool text = value == ACTION_VALUE_TEXT || value == ACTION_VALUE_COMMENT;
        bool mail = value == ACTION_VALUE_MAIL_GROUP || value == ACTION_VALUE_MAIL_PERSON;
        jw_object_begin(w);
        jw_field_str(w, "title", action_field_label(field));
        jw_field_str(w, "subject", action_field_word(field));
        jw_field_c(w, "type",
                   text                         ? "text"
                   : mail                       ? "notification"
                   : value == ACTION_VALUE_HOOK ? "webhook"
                                                : "list");
        jw_field_c(w, "group", mail ? "notification" : "ticket");
        jw_field_bool(w, "nullable", value == ACTION_VALUE_GROUP || value == ACTION_VALUE_PERSON);
        jw_field_bool(w, "repeatable", mail);
        if (value == ACTION_VALUE_CHOICE) {
            write_defined(ctx, w, "values", action_field_word(field), c);
        } else {
            write_action_values(ctx, w, value, c);
        }
        jw_object_end(w);
    }
    write_customs(ctx, w, kind, true, c);
}

static bool load_choices(struct ctx *ctx, struct choices *ret, struct error *err)
{
    const struct rule_book *book = NULL;
    if (!api_rules_read(ctx, &book, err)) {
        return false;
    }
    ret->defined = &book->defined;
    return groups_all(ctx->db, ctx->mem, &ret->groups, &ret->group_count, err) &&
           users_agents(ctx->db, ctx->mem, &ret->agents, &ret->agent_count, err);
}

// GET /api/v2/{triggers,automations,macros,views}/definitions
bool api_rule_definitions(struct ctx *ctx, struct error *err)
{
    static const char *const PLACES[] = {"conditions_all", "conditions_any"};
    enum rule_kind kind = api_rule_kind(ctx);
    struct choices choices = {0};
    struct jw w;
    if (!load_choices(ctx, &choices, err)) {
        return false;
    }
    api_begin(ctx, &w);
    jw_field_object(&w, "definitions");
    jw_field_array(&w, "actions");
    write_actions(ctx, &w, kind, &choices);
    jw_array_end(&w);
    for (size_t place = 0; place < 2; place++) {
        jw_field_array(&w, PLACES[place]);
        for (int i = 0; i < FIELD_COUNT; i++) {
            if (i != FIELD_CUSTOM && condition_field_fits((enum condition_field)i, kind)) {
                write_condition(ctx, &w, (enum condition_field)i, kind, &choices);
            }
        }
        write_customs(ctx, &w, kind, false, &choices);
        jw_array_end(&w);
    }
    jw_object_end(&w);
    return api_end(ctx, &w, err);
}

// GET /api/v2/macros/actions
bool api_macro_actions(struct ctx *ctx, struct error *err)
{
    struct choices choices = {0};
    struct jw w;
    if (!load_choices(ctx, &choices, err)) {
        return false;
    }
    api_begin(ctx, &w);
    jw_field_array(&w, "actions");
    write_actions(ctx, &w, RULE_MACRO, &choices);
    jw_array_end(&w);
    return api_end(ctx, &w, err);
}

static void write_target(struct ctx *ctx, struct jw *w, enum condition_field field,
                         const struct choices *c)
{
    enum value_kind value = condition_value_kind(field);
    jw_object_begin(w);
    jw_field_str(w, "title", condition_field_label(field));
    jw_field_str(w, "value", condition_field_word(field));
    jw_field_c(w, "group", "ticket");
    jw_field_null(w, "target");
    jw_field_array(w, "operators");
    for (enum rule_op op = ROP_IS; op < ROP_COUNT; op++) {
        if (condition_op_fits(field, op, RULE_POLICY)) {
            jw_object_begin(w);
            jw_field_str(w, "value", rule_op_word(op));
            jw_field_str(w, "title", rule_op_label(op));
            jw_object_end(w);
        }
    }
    jw_array_end(w);
    jw_field_object(w, "values");
    jw_field_c(w, "type", value_type(value));
    if (value == VALUE_CHOICE) {
        write_defined(ctx, w, "list", condition_field_word(field), c);
    } else {
        write_list(ctx, w, "list", value, c);
    }
    jw_object_end(w);
    jw_object_end(w);
}

// GET /api/v2/slas/policies/definitions
bool api_policy_definitions(struct ctx *ctx, struct error *err)
{
    static const char *const PLACES[] = {"all", "any"};
    struct choices choices = {0};
    struct jw w;
    if (!load_choices(ctx, &choices, err)) {
        return false;
    }
    api_begin(ctx, &w);
    jw_field_object(&w, "definitions");
    for (size_t place = 0; place < 2; place++) {
        jw_field_array(&w, PLACES[place]);
        for (int i = 0; i < FIELD_COUNT; i++) {
            if (i != FIELD_CUSTOM && condition_field_fits((enum condition_field)i, RULE_POLICY)) {
                write_target(ctx, &w, (enum condition_field)i, &choices);
            }
        }
        write_customs(ctx, &w, RULE_POLICY, false, &choices);
        jw_array_end(&w);
    }
    jw_object_end(&w);
    return api_end(ctx, &w, err);
}
