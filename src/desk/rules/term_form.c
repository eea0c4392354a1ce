// SPDX-License-Identifier: GPL-3.0-or-later
#include "desk/rules/term_form.h"

#define EMPTY_LINES 2
#define LINES_MOST 40

void vm_choice_add(mem_ctx *ctx, struct vm_choices *list, struct str value, struct str label,
                   bool selected)
{
    list->items = mem_grow(ctx, list->items, struct vm_option, list->count + 1);
    list->items[list->count++] = (struct vm_option){value, label, selected};
}

static void add_customs(mem_ctx *ctx, struct vm_choices *list, const struct rule_names *names,
                        bool action, struct str current)
{
    struct str *words = NULL;
    size_t count = custom_field_words(ctx, &names->defined, action, &words);
    for (size_t i = 0; i < count; i++) {
        const struct rule_term term = {.field = words[i]};
        vm_choice_add(ctx, list, words[i], rule_field_label(ctx, names, &term),
                      str_eq(words[i], current));
    }
}

static struct vm_choices field_choices(mem_ctx *ctx, enum rule_kind kind, bool action,
                                       const struct rule_names *names, struct str current)
{
    struct vm_choices list = {0};
    vm_choice_add(ctx, &list, STR(""), STR("—"), str_empty(current));
    for (int i = 0; action && i < ACTION_COUNT; i++) {
        struct str word = action_field_word((enum action_field)i);
        if (i != ACTION_CUSTOM && action_field_fits((enum action_field)i, kind)) {
            vm_choice_add(ctx, &list, word, action_field_label((enum action_field)i),
                          str_eq(word, current));
        }
    }
    for (int i = 0; !action && i < FIELD_COUNT; i++) {
        struct str word = condition_field_word((enum condition_field)i);
        if (i != FIELD_CUSTOM && condition_field_fits((enum condition_field)i, kind)) {
            vm_choice_add(ctx, &list, word, condition_field_label((enum condition_field)i),
                          str_eq(word, current));
        }
    }
    add_customs(ctx, &list, names, action, current);
    return list;
}

static struct vm_choices op_choices(mem_ctx *ctx, enum rule_kind kind, struct str current)
{
    struct vm_choices list = {0};
    for (enum rule_op op = ROP_IS; op < ROP_COUNT; op++) {
        bool fits = false;
        for (int i = 0; i < FIELD_COUNT && !fits; i++) {
            fits = condition_field_fits((enum condition_field)i, kind) &&
                   condition_op_fits((enum condition_field)i, op, kind);
        }
        if (fits) {
            vm_choice_add(ctx, &list, rule_op_word(op), rule_op_label(op),
                          str_eq(rule_op_word(op), current));
        }
    }
    return list;
}

static const char *place_word(enum rule_place place)
{
    return place == PLACE_ALL ? "all" : place == PLACE_ANY ? "any" : "action";
}

static struct vm_term shown_term(mem_ctx *ctx, enum rule_kind kind, const struct rule_term *term,
                                 const struct rule_names *names)
{
    bool action = term->place == PLACE_ACTION;
    enum action_field field = ACTION_STATUS;
    struct vm_term vm = {.place = str_c(place_word(term->place)),
                         .fields = field_choices(ctx, kind, action, names, term->field),
                         .value = rule_value_shown(names, term, 0),
                         .subject = STR(""),
                         .text = STR("")};
    if (!action) {
        vm.operators = op_choices(ctx, kind, term->op);
        return vm;
    }
    if (!action_field_parse(term->field, &field)) {
        return vm;
    }
    enum action_value value = action_value_kind(field);
    if (value == ACTION_VALUE_COMMENT) {
        vm.text = term->count > 1 ? term->values[1] : vm.value;
        vm.value = STR("");
    } else if (value == ACTION_VALUE_HOOK) {
        vm.text = term->count > 1 ? term->values[1] : STR("");
    } else if (term->count > 2) {
        vm.subject = term->values[1];
        vm.text = term->values[2];
    }
    return vm;
}

void rule_term_lines(mem_ctx *ctx, const struct rule *rule, enum rule_place place,
                     const struct rule_names *names, struct vm_term **ret, size_t *ret_count)
{
    struct vm_term *list = mem_array(ctx, struct vm_term, rule->term_count + EMPTY_LINES + 1);
    size_t count = 0;
    for (size_t i = 0; i < rule->term_count; i++) {
        if (rule->terms[i].place == place) {
            list[count++] = shown_term(ctx, rule->kind, &rule->terms[i], names);
        }
    }
    for (int i = 0; i < EMPTY_LINES; i++) {
        struct rule_term blank = {.place = place, .field = STR(""), .op = STR("is")};
        list[count++] = shown_term(ctx, rule->kind, &blank, names);
    }
    *ret = list;
    *ret_count = count;
}

void rule_term_words(mem_ctx *ctx, const struct rule_names *names, struct vm_choices *ret)
{
    static const char *const WORDS[] = {
        "new",     "open",       "pending",      "hold",         "solved",      "closed",
        "low",     "normal",     "high",         "urgent",       "question",    "incident",
        "problem", "task",       "current_user", "requester_id", "assignee_id", "current_groups",
        "Create",  "Change",     "true",         "false",        "email",       "web",
        "api",     "help_center"};
    for (size_t i = 0; i < sizeof WORDS / sizeof *WORDS; i++) {
        vm_choice_add(ctx, ret, str_c(WORDS[i]), STR(""), false);
    }
    for (size_t i = 0; i < names->group_count; i++) {
        vm_choice_add(ctx, ret, names->groups[i].name, STR("Group"), false);
    }
    for (size_t i = 0; i < names->agent_count; i++) {
        if (!str_empty(names->agents[i].email)) {
            vm_choice_add(ctx, ret, names->agents[i].email, names->agents[i].name, false);
        }
    }
    for (size_t i = 0; i < names->defined.of[DEFINED_FIELDS].count; i++) {
        const struct record *field = &names->defined.of[DEFINED_FIELDS].list[i];
        struct jr_value options = jr_get(field->doc, "custom_field_options");
        for (size_t k = 0; k < jr_count(options); k++) {
            vm_choice_add(ctx, ret, jr_text(jr_get(jr_at(options, k), "name")),
                          record_text(field, "title"), false);
        }
    }
}

// --- what the form sends ------------------------------------------------------------------------

// The index-th value of that name.
static struct str form_at(const struct ctx *ctx, const char *name, size_t index)
{
    for (size_t i = 0; i < ctx->req->form.count; i++) {
        if (str_eq_c(ctx->req->form.items[i].name, name) && index-- == 0) {
            return ctx->req->form.items[i].value;
        }
    }
    return STR_NONE;
}

static void read_action(mem_ctx *ctx, struct str value, struct str subject, struct str text,
                        struct rule_term *term)
{
    enum action_field field = ACTION_STATUS;
    struct str *values = mem_array(ctx, struct str, 3);
    bool known = action_field_parse(term->field, &field);
    enum action_value kind = known ? action_value_kind(field) : ACTION_VALUE_TEXT;
    values[0] = value;
    term->values = values;
    term->count = 1;
    if (kind == ACTION_VALUE_MAIL_PERSON || kind == ACTION_VALUE_MAIL_GROUP) {
        values[1] = str_none(subject) ? STR("") : subject;
        values[2] = str_none(text) ? STR("") : text;
        term->count = 3;
        term->list = true;
    } else if (kind == ACTION_VALUE_HOOK) {
        values[1] = str_none(text) ? STR("") : text;
        term->count = 2;
        term->list = true;
    } else if (kind == ACTION_VALUE_COMMENT && !str_empty(text)) {
        values[0] = text;
    }
}

void rule_terms_form(struct ctx *ctx, enum rule_place place, const struct rule_names *names,
                     struct rule *ret)
{
    const char *word = place_word(place);
    const char *field_name = mem_printf(ctx->mem, "%s_field", word);
    const char *op_name = mem_printf(ctx->mem, "%s_op", word);
    const char *value_name = mem_printf(ctx->mem, "%s_value", word);
    struct rule_term *terms = mem_array(ctx->mem, struct rule_term, ret->term_count + LINES_MOST);
    for (size_t i = 0; i < ret->term_count; i++) {
        terms[i] = ret->terms[i];
    }
    for (size_t i = 0; i < LINES_MOST; i++) {
        struct rule_term term = {.place = place, .field = form_at(ctx, field_name, i)};
        struct str value = form_at(ctx, value_name, i);
        if (str_empty(term.field)) {
            continue;
        }
        term.op = place == PLACE_ACTION ? STR_NONE : form_at(ctx, op_name, i);
        value = rule_value_read(ctx->mem, names, &term, str_none(value) ? STR("") : value);
        if (place == PLACE_ACTION) {
            read_action(ctx->mem, value, form_at(ctx, "action_subject", i),
                        form_at(ctx, "action_text", i), &term);
        } else {
            struct str *one = mem_new(ctx->mem, struct str);
            *one = value;
            term.values = one;
            term.count = 1;
        }
        terms[ret->term_count++] = term;
    }
    ret->terms = terms;
}
