// SPDX-License-Identifier: GPL-3.0-or-later
//
// From terms as people write them to conditions that can be tested: the tables of fields and
// operators, and the reading of values.
#include "desk/rules/conditions.h"

#include "base/buf.h"
#include "base/fold.h"
#include "base/words.h"

#define OP_BIT(name) (1u << ROP_##name)

enum {
    EQUAL = OP_BIT(IS) | OP_BIT(IS_NOT),
    LIMITS = OP_BIT(LESS) | OP_BIT(LESS_EQUAL) | OP_BIT(GREATER) | OP_BIT(GREATER_EQUAL),
    ORDERED = EQUAL | LIMITS,
    CONTAIN = OP_BIT(INCLUDES) | OP_BIT(NOT_INCLUDES),
    FILLED = OP_BIT(PRESENT) | OP_BIT(NOT_PRESENT),
    PARTS = OP_BIT(PART) | OP_BIT(NOT_PART),
    NEAR = OP_BIT(PREVIOUS_DAYS) | OP_BIT(NEXT_DAYS),
    SPAN = OP_BIT(IS) | OP_BIT(LESS) | OP_BIT(GREATER),
    CHANGES = OP_BIT(CHANGED) | OP_BIT(NOT_CHANGED) | OP_BIT(CHANGED_TO) | OP_BIT(CHANGED_FROM) |
              OP_BIT(NOT_CHANGED_TO) | OP_BIT(NOT_CHANGED_FROM)
};

enum { V = 1 << RULE_VIEW, T = 1 << RULE_TRIGGER, A = 1 << RULE_AUTOMATION, P = 1 << RULE_POLICY };

struct field_row {
    struct str word;
    struct str label;
    enum value_kind value;
    unsigned operators;
    unsigned where;
};

static const struct field_row FIELDS[FIELD_COUNT] = {
#define FIELD(name, word, label, value, operators, where)                                          \
    [FIELD_##name] = {STR_INIT(word), STR_INIT(label), VALUE_##value, operators, where},
#include "desk/rules/fields.def"
#undef FIELD
};

static const struct {
    struct str word;
    struct str label;
} OPERATORS[ROP_COUNT] = {
#define OPERATOR(name, word, label) [ROP_##name] = {STR_INIT(word), STR_INIT(label)},
#include "desk/rules/operators.def"
#undef OPERATOR
};

// Channels by the API's numbers; several numbers are one channel here.
static const struct {
    int64_t number;
    const char *word;
} CHANNEL_NUMBERS[] = {
    {0, "web"},    {4, "email"},  {5, "api"},          {8, "rule"},   {17, "web"},
    {29, "chat"},  {33, "voice"}, {34, "voice"},       {35, "voice"}, {44, "voice"},
    {45, "voice"}, {46, "voice"}, {50, "help_center"},
};

struct str rule_kind_word(enum rule_kind kind)
{
    static const struct str WORDS[] = {STR_INIT("view"), STR_INIT("macro"), STR_INIT("trigger"),
                                       STR_INIT("automation"), STR_INIT("policy")};
    return WORDS[kind];
}

bool condition_field_parse(struct str word, enum condition_field *ret)
{
    static const struct {
        const char *word;
        enum condition_field field;
    } ALSO[] = {
        {"group", FIELD_GROUP},
        {"assignee", FIELD_ASSIGNEE},
        {"requester", FIELD_REQUESTER},
        {"organization", FIELD_ORGANIZATION},
    };
    for (int i = 0; i < FIELD_COUNT; i++) {
        if (str_eq(word, FIELDS[i].word)) {
            *ret = (enum condition_field)i;
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

struct str condition_field_word(enum condition_field field)
{
    return FIELDS[field].word;
}

struct str condition_field_label(enum condition_field field)
{
    return FIELDS[field].label;
}

enum value_kind condition_value_kind(enum condition_field field)
{
    return FIELDS[field].value;
}

bool condition_field_fits(enum condition_field field, enum rule_kind kind)
{
    return (FIELDS[field].where & (1u << kind)) != 0;
}

struct str rule_op_word(enum rule_op op)
{
    return OPERATORS[op].word;
}

struct str rule_op_label(enum rule_op op)
{
    return OPERATORS[op].label;
}

bool condition_op_fits(enum condition_field field, enum rule_op op, enum rule_kind kind)
{
    unsigned operators =
        FIELDS[field].operators & (kind == RULE_TRIGGER ? ~0u : ~(unsigned)CHANGES);
    return (operators & (1u << op)) != 0;
}

bool rule_op_terminal(enum rule_op op)
{
    return op == ROP_CHANGED || op == ROP_NOT_CHANGED || op == ROP_PRESENT || op == ROP_NOT_PRESENT;
}

static bool op_parse(struct str word, enum rule_op *ret)
{
    for (int i = 0; i < ROP_COUNT; i++) {
        if (str_eq(word, OPERATORS[i].word)) {
            *ret = (enum rule_op)i;
            return true;
        }
    }
    return false;
}

// --- values -------------------------------------------------------------------------------------

static bool parse_special(struct str value, enum value_kind kind, int64_t *ret)
{
    static const struct {
        const char *word;
        enum value_kind kind;
        int64_t id;
    } SPECIAL[] = {
        {"current_user", VALUE_PERSON, ID_CURRENT_USER},
        {"requester_id", VALUE_PERSON, ID_REQUESTER},
        {"assignee_id", VALUE_PERSON, ID_ASSIGNEE},
        {"all_agents", VALUE_PERSON, ID_ALL_AGENTS},
        {"current_groups", VALUE_GROUP, ID_CURRENT_GROUPS},
    };
    for (size_t i = 0; i < sizeof SPECIAL / sizeof *SPECIAL; i++) {
        if (SPECIAL[i].kind == kind && str_eq_c(value, SPECIAL[i].word)) {
            *ret = SPECIAL[i].id;
            return true;
        }
    }
    return false;
}

static bool parse_id(struct str value, enum value_kind kind, int64_t *ret)
{
    if (str_empty(value)) {
        *ret = 0;
        return true;
    }
    return parse_special(value, kind, ret) || (str_to_i64(value, ret) && *ret >= 0);
}

static bool parse_choice(struct str value, enum value_kind kind, int64_t *ret)
{
    static const struct {
        const char *word;
        enum value_kind kind;
        int64_t number;
    } CHOICES[] = {
        {"Create", VALUE_UPDATE, 0},
        {"Change", VALUE_UPDATE, 1},
        {"true", VALUE_COMMENT, COMMENT_PUBLIC},
        {"requester_can_see_comment", VALUE_COMMENT, COMMENT_PUBLIC},
        {"false", VALUE_COMMENT, COMMENT_PRIVATE},
        {"not_relevant", VALUE_COMMENT, COMMENT_ANY},
        {"true", VALUE_FLAG, 1},
        {"1", VALUE_FLAG, 1},
        {"public", VALUE_FLAG, 1},
        {"present", VALUE_FLAG, 1},
        {"false", VALUE_FLAG, 0},
        {"0", VALUE_FLAG, 0},
        {"private", VALUE_FLAG, 0},
        {"not_present", VALUE_FLAG, 0},
        {"end_user", VALUE_ROLE, ROLE_END_USER},
        {"end-user", VALUE_ROLE, ROLE_END_USER},
        {"0", VALUE_ROLE, ROLE_END_USER},
        {"agent", VALUE_ROLE, ROLE_AGENT},
        {"4", VALUE_ROLE, ROLE_AGENT},
        {"admin", VALUE_ROLE, ROLE_ADMIN},
        {"2", VALUE_ROLE, ROLE_ADMIN},
    };
    for (size_t i = 0; i < sizeof CHOICES / sizeof *CHOICES; i++) {
        if (CHOICES[i].kind == kind && str_eq_c(value, CHOICES[i].word)) {
            *ret = CHOICES[i].number;
            return true;
        }
    }
    return false;
}

static bool parse_enum(struct str value, enum value_kind kind, int64_t *ret)
{
    enum ticket_status status = STATUS_NEW;
    enum ticket_priority priority = PRIORITY_NONE;
    enum ticket_type type = TYPE_NONE;
    bool fine = false;
    if (kind == VALUE_STATUS) {
        fine = ticket_status_parse(value, &status);
        *ret = (int64_t)status;
    } else if (kind == VALUE_PRIORITY) {
        fine = ticket_priority_parse(value, &priority);
        *ret = (int64_t)priority;
    } else {
        fine = ticket_type_parse(value, &type);
        *ret = (int64_t)type;
    }
    return fine;
}

struct str words_spaced(mem_ctx *ctx, struct str text)
{
    struct buf out;
    struct fold_char one;
    size_t at = 0;
    buf_init(&out, ctx, 2 * text.len + 1024);
    buf_put_char(&out, ' ');
    while (fold_next(text, &at, &one)) {
        if (one.word) {
            buf_put(&out, (struct str){one.bytes, one.count});
        } else if (out.data[out.len - 1] != ' ') {
            buf_put_char(&out, ' ');
        }
    }
    if (out.data[out.len - 1] != ' ') {
        buf_put_char(&out, ' ');
    }
    return buf_str(&out);
}

// All words of all values: tags as they are, other words folded.
static bool parse_words(mem_ctx *ctx, const struct rule_term *term, bool tags,
                        struct condition *ret)
{
    struct str *words = NULL;
    size_t count = 0;
    for (size_t i = 0; i < term->count; i++) {
        struct str rest = tags ? tags_normalise(ctx, term->values[i]) : term->values[i];
        struct str word;
        while (words_next(&rest, &word)) {
            word = tags ? str_dup(ctx, word) : words_spaced(ctx, word);
            if (tags || word.len > 1) {
                words = mem_grow(ctx, words, struct str, count + 1);
                words[count++] = word;
            }
        }
    }
    ret->texts = words;
    ret->text_count = count;
    ret->phrase = term->count > 0 ? fold_text(ctx, str_trim(term->values[0])) : STR("");
    return count > 0 && count <= WORDS_MAX;
}

static bool add_channels(mem_ctx *ctx, struct str value, struct condition *ret)
{
    struct str rest = value;
    struct str one;
    struct str *list = mem_array(ctx, struct str, ret->text_count + WORDS_MAX);
    for (size_t i = 0; i < ret->text_count; i++) {
        list[i] = ret->texts[i];
    }
    ret->texts = list;
    while (words_next(&rest, &one) && ret->text_count < WORDS_MAX) {
        int64_t number = 0;
        bool numeric = str_to_i64(one, &number);
        struct str word = numeric ? STR("") : one;
        for (size_t i = 0; numeric && i < sizeof CHANNEL_NUMBERS / sizeof *CHANNEL_NUMBERS; i++) {
            if (CHANNEL_NUMBERS[i].number == number) {
                word = str_c(CHANNEL_NUMBERS[i].word);
            }
        }
        if (numeric && str_empty(word)) {
            word = str_printf(ctx, "channel %lld", (long long)number);  // one that we do not have
        }
        list[ret->text_count++] = word;
    }
    return ret->text_count > 0;
}

static bool parse_channels(mem_ctx *ctx, const struct rule_term *term, struct condition *ret)
{
    for (size_t i = 0; i < term->count; i++) {
        if (!add_channels(ctx, term->values[i], ret)) {
            return false;
        }
    }
    return ret->text_count > 0;
}

// --- what administrators defined ---------------------------------------------------------------

static bool add_choice(mem_ctx *ctx, struct condition *ret, int64_t number)
{
    int64_t *list = mem_array(ctx, int64_t, ret->number_count + 1);
    for (size_t i = 0; i < ret->number_count; i++) {
        list[i] = ret->numbers[i];
    }
    list[ret->number_count++] = number;
    ret->numbers = list;
    return true;
}

// The default one of a kind is also what tickets have that name none.
static bool choose(mem_ctx *ctx, enum defined_kind kind, const struct record *record,
                   struct condition *ret)
{
    enum ticket_status status = STATUS_NEW;
    bool standard = record_flag(record, "default", false);
    (void)add_choice(ctx, ret, record->id);
    if (!standard || kind != DEFINED_STATUSES) {
        return !standard || add_choice(ctx, ret, 0);
    }
    if (!ticket_status_parse(record_text(record, "status_category"), &status)) {
        return false;
    }
    return add_choice(ctx, ret, -1 - (int64_t)status) &&
           (status != STATUS_SOLVED || add_choice(ctx, ret, -1 - (int64_t)STATUS_CLOSED));
}

static bool parse_defined(mem_ctx *ctx, const struct rule_defined *defined, enum defined_kind kind,
                          const struct rule_term *term, struct condition *ret)
{
    for (size_t i = 0; i < term->count; i++) {
        struct str rest = term->values[i];
        struct str word;
        while (words_next(&rest, &word)) {
            const struct record *found = NULL;
            int64_t id = 0;
            bool numeric = str_to_i64(word, &id);
            for (size_t k = 0; numeric && k < defined->of[kind].count; k++) {
                const struct record *one = &defined->of[kind].list[k];
                found = one->id == id ? one : found;
            }
            if (found == NULL || !choose(ctx, kind, found, ret)) {
                return false;
            }
        }
    }
    return ret->number_count > 0;
}

// Which operators a kind of field has beside those that all have.
static unsigned custom_operators(enum custom_kind kind)
{
    static const unsigned OPERATORS_OF[] = {
        [CUSTOM_TEXT] = PARTS | CONTAIN, [CUSTOM_CHOICE] = CONTAIN,
        [CUSTOM_CHOICES] = CONTAIN,      [CUSTOM_FLAG] = 0,
        [CUSTOM_NUMBER] = LIMITS,        [CUSTOM_DATE] = LIMITS | NEAR,
    };
    return OPERATORS_OF[kind] | EQUAL | FILLED | CHANGES;
}

bool condition_custom_op_fits(const struct custom_field *field, enum rule_op op,
                              enum rule_kind kind)
{
    unsigned fit = custom_operators(field->kind);
    fit &= field->of == CUSTOM_OF_TICKET ? ~0u : ~(unsigned)CHANGES;
    return (fit & (1u << op)) != 0 && condition_op_fits(FIELD_CUSTOM, op, kind);
}

// One value in the form in which values are stored.
static bool custom_value(mem_ctx *ctx, const struct custom_field *field, struct str value,
                         struct str *ret)
{
    int64_t at = 0;
    double real = 0;
    switch (field->kind) {
    case CUSTOM_CHOICE:
    case CUSTOM_CHOICES:
        return custom_option(ctx, field->record, value, ret);
    case CUSTOM_FLAG:
        *ret = value;
        return true;
    case CUSTOM_NUMBER:
        *ret = value;
        return str_to_f64(value, &real);
    case CUSTOM_DATE:
        *ret = time_parse_iso(value, &at) ? str_sub(time_iso(ctx, at), 0, 10) : STR("");
        return !str_empty(*ret);
    case CUSTOM_TEXT:
        break;
    }
    *ret = value;
    return !str_empty(value);
}

static bool parse_days(struct str value, struct condition *ret)
{
    return str_to_i64(value, &ret->number) && ret->number >= 0 && ret->number <= 36500;
}

// Without a value, "is" asks for nothing.
static bool parse_custom(mem_ctx *ctx, const struct rule_term *term, struct condition *ret)
{
    struct str first = term->count > 0 ? str_trim(term->values[0]) : STR("");
    bool equal = ret->op == ROP_IS || ret->op == ROP_IS_NOT;
    if (ret->op == ROP_PREVIOUS_DAYS || ret->op == ROP_NEXT_DAYS) {
        return parse_days(first, ret);
    }
    if (ret->custom.kind == CUSTOM_FLAG) {
        return parse_choice(first, VALUE_FLAG, &ret->number);
    }
    if (str_empty(first) && equal) {
        ret->op = ret->op == ROP_IS ? ROP_NOT_PRESENT : ROP_PRESENT;
        return true;
    }
    struct str *texts = mem_array(ctx, struct str, term->count + 1);
    for (size_t i = 0; i < term->count; i++) {
        if (!custom_value(ctx, &ret->custom, str_trim(term->values[i]), &texts[i])) {
            return false;
        }
    }
    ret->texts = texts;
    ret->text_count = term->count;
    return term->count > 0;
}

static bool parse_value(mem_ctx *ctx, const struct rule_defined *defined,
                        const struct rule_term *term, struct condition *ret)
{
    enum value_kind kind = FIELDS[ret->field].value;
    struct str value = term->count > 0 ? str_trim(term->values[0]) : STR("");
    ret->phrase = value;
    switch (kind) {
    case VALUE_STATUS:
    case VALUE_PRIORITY:
    case VALUE_TYPE:
        return parse_enum(value, kind, &ret->number);
    case VALUE_GROUP:
    case VALUE_PERSON:
    case VALUE_ORGANIZATION:
        return parse_id(value, kind, &ret->number);
    case VALUE_TAGS:
        return parse_words(ctx, term, true, ret);
    case VALUE_WORDS:
        return parse_words(ctx, term, false, ret);
    case VALUE_CHANNEL:
        return parse_channels(ctx, term, ret);
    case VALUE_UPDATE:
    case VALUE_COMMENT:
    case VALUE_FLAG:
    case VALUE_ROLE:
        return parse_choice(value, kind, &ret->number);
    case VALUE_TEXT:
        return true;
    case VALUE_HOURS: {
        bool fine = str_to_i64(value, &ret->number) && ret->number >= 0 && ret->number <= 1000000;
        ret->number *= HOURS_MS;
        return fine;
    }
    case VALUE_TIME:
        return time_parse_iso(value, &ret->number);
    case VALUE_CHOICE:
        return parse_defined(ctx, defined, custom_defined_kind(FIELDS[ret->field].word), term, ret);
    case VALUE_CUSTOM:
        return parse_custom(ctx, term, ret);
    }
    return false;
}

// --- terms --------------------------------------------------------------------------------------

static const char *kind_label(enum rule_kind kind)
{
    static const char *const LABELS[] = {"views", "macros", "triggers", "automations", "policies"};
    return LABELS[kind];
}

// Which field the term asks for; false when rules of this kind know none such.
static bool parse_field(enum rule_kind kind, const struct rule_defined *defined,
                        const struct rule_term *term, struct condition *ret)
{
    if (custom_field_parse(defined, term->field, &ret->custom)) {
        ret->field = FIELD_CUSTOM;
        return ret->custom.record != NULL;
    }
    return condition_field_parse(term->field, &ret->field) && ret->field != FIELD_CUSTOM &&
           condition_field_fits(ret->field, kind);
}

static bool compile_one(mem_ctx *ctx, enum rule_kind kind, const struct rule_defined *defined,
                        const struct rule_term *term, struct condition *ret,
                        struct problems *problems)
{
    struct str base = STR("base");
    *ret = (struct condition){.phrase = STR("")};
    if (!parse_field(kind, defined, term, ret)) {
        problems_add(problems, base, "InvalidValue", "Conditions: %s cannot ask for “%.*s”.",
                     kind_label(kind), STR_ARG(term->field));
        return false;
    }
    // "Ticket is created" and "comment is public" are written without an operator, too.
    bool bare = str_empty(term->op);
    ret->op = ROP_IS;
    bool known = bare || op_parse(term->op, &ret->op);
    bool fits = ret->field == FIELD_CUSTOM ? condition_custom_op_fits(&ret->custom, ret->op, kind)
                                           : condition_op_fits(ret->field, ret->op, kind);
    if (!known || !fits) {
        problems_add(problems, base, "InvalidValue",
                     "Conditions: “%.*s” cannot be compared by “%.*s” in %s.", STR_ARG(term->field),
                     STR_ARG(term->op), kind_label(kind));
        return false;
    }
    if (!rule_op_terminal(ret->op) && !parse_value(ctx, defined, term, ret)) {
        struct str value = term->count > 0 ? term->values[0] : STR("");
        problems_add(problems, base, "InvalidValue", "Conditions: “%.*s” is no value of “%.*s”.",
                     STR_ARG(str_utf8_clip(value, 80)), STR_ARG(term->field));
        return false;
    }
    bool elsewhere =
        kind == RULE_VIEW && (ret->number == ID_REQUESTER || ret->number == ID_ASSIGNEE);
    if (elsewhere && FIELDS[ret->field].value == VALUE_PERSON) {
        problems_add(problems, base, "InvalidValue",
                     "Conditions: in views, “%.*s” is one person, nobody, or current_user.",
                     STR_ARG(term->field));
        return false;
    }
    return true;
}

bool conditions_compile(mem_ctx *ctx, enum rule_kind kind, const struct rule_defined *defined,
                        const struct rule_term *terms, size_t count, struct conditions *ret,
                        struct problems *problems)
{
    struct condition *all = mem_array(ctx, struct condition, count + 1);
    struct condition *any = mem_array(ctx, struct condition, count + 1);
    size_t before = problems->count;
    *ret = (struct conditions){.all = all, .any = any};
    for (size_t i = 0; i < count; i++) {
        struct condition one;
        if (terms[i].place == PLACE_ACTION ||
            !compile_one(ctx, kind, defined, &terms[i], &one, problems)) {
            continue;
        }
        if (terms[i].place == PLACE_ALL) {
            all[ret->all_count++] = one;
        } else {
            any[ret->any_count++] = one;
        }
    }
    return problems->count == before;
}
