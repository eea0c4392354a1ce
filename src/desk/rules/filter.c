// SPDX-License-Identifier: GPL-3.0-or-later
//
// Conditions as the filter of a list: the tickets room's own conditions, which its one builder of
// SQL takes.
#include "desk/rules/conditions.h"

struct filter {
    mem_ctx *ctx;
    const struct actor *actor;
    int64_t now;
};

static const int64_t *one_number(const struct filter *f, int64_t number)
{
    int64_t *ret = mem_new(f->ctx, int64_t);
    *ret = number;
    return ret;
}

static struct ticket_condition compare(const struct filter *f, enum ticket_column column,
                                       enum condition_op op, int64_t number)
{
    return (struct ticket_condition){
        .column = column, .op = op, .numbers = one_number(f, number), .count = 1};
}

static const struct ticket_condition *also(const struct filter *f, struct ticket_condition second)
{
    struct ticket_condition *ret = mem_new(f->ctx, struct ticket_condition);
    *ret = second;
    return ret;
}

static enum ticket_column column_of(enum condition_field field)
{
    switch ((int)field) {
    case FIELD_STATUS:
        return TC_STATUS;
    case FIELD_PRIORITY:
        return TC_PRIORITY;
    case FIELD_TYPE:
        return TC_TYPE;
    case FIELD_GROUP:
        return TC_GROUP;
    case FIELD_ASSIGNEE:
        return TC_ASSIGNEE;
    case FIELD_STEWARD:
        return TC_STEWARD;
    case FIELD_REQUESTER:
        return TC_REQUESTER;
    case FIELD_ORGANIZATION:
        return TC_ORGANIZATION;
    case FIELD_HOURS_CREATED:
    case FIELD_CREATED:
        return TC_CREATED;
    case FIELD_HOURS_ASSIGNED:
        return TC_ASSIGNED;
    case FIELD_HOURS_UPDATED:
        return TC_UPDATED;
    case FIELD_HOURS_REQUESTER:
        return TC_REQUESTER_UPDATED;
    case FIELD_HOURS_ASSIGNEE:
        return TC_ASSIGNEE_UPDATED;
    case FIELD_HOURS_DUE:
    case FIELD_HOURS_UNTIL_DUE:
        return TC_DUE;
    case FIELD_HOURS_BREACH:
    case FIELD_HOURS_UNTIL_BREACH:
        return TC_BREACH;
    default:
        return TC_STATUS_UPDATED;
    }
}

static enum condition_op limit_op(enum rule_op op)
{
    switch ((int)op) {
    case ROP_LESS:
        return OP_LESS;
    case ROP_LESS_EQUAL:
        return OP_LESS_EQUAL;
    case ROP_GREATER:
        return OP_GREATER;
    case ROP_GREATER_EQUAL:
        return OP_GREATER_EQUAL;
    case ROP_IS_NOT:
        return OP_IS_NOT;
    default:
        return OP_IS;
    }
}

// "Greater than on hold" is written "at least solved": indexes know that form.
static struct ticket_condition filter_enum(const struct filter *f, const struct condition *c)
{
    enum condition_op op = limit_op(c->op);
    int64_t number = c->number;
    if (op == OP_GREATER) {
        op = OP_GREATER_EQUAL;
        number++;
    } else if (op == OP_LESS_EQUAL) {
        op = OP_LESS;
        number++;
    }
    return compare(f, column_of(c->field), op, number);
}

static struct ticket_condition filter_id(const struct filter *f, const struct condition *c)
{
    enum ticket_column column = column_of(c->field);
    bool positive = c->op == ROP_IS || c->op == ROP_INCLUDES;
    enum condition_op op = positive ? OP_IS : OP_IS_NOT;
    if (c->number == 0) {
        return (struct ticket_condition){.column = column, .op = positive ? OP_NONE : OP_ANY};
    }
    if (c->number == ID_ALL_AGENTS) {
        return (struct ticket_condition){.column = column, .op = positive ? OP_ANY : OP_NONE};
    }
    if (c->number == ID_CURRENT_USER) {
        return compare(f, column, op, f->actor->user.v);
    }
    if (c->number == ID_CURRENT_GROUPS) {
        int64_t *groups = mem_array(f->ctx, int64_t, f->actor->group_count + 1);
        groups[0] = -1;  // without groups: no ticket
        for (size_t i = 0; i < f->actor->group_count; i++) {
            groups[i] = f->actor->groups[i].v;
        }
        return (struct ticket_condition){.column = column,
                                         .op = op,
                                         .numbers = groups,
                                         .count =
                                             f->actor->group_count > 0 ? f->actor->group_count : 1};
    }
    return compare(f, column, op, c->number);
}

static bool filter_words(const struct condition *c, struct ticket_condition *ret)
{
    bool positive = c->op == ROP_INCLUDES || c->op == ROP_IS;
    bool phrase = c->op == ROP_IS || c->op == ROP_IS_NOT;
    *ret = (struct ticket_condition){.op = positive ? OP_IS : OP_IS_NOT,
                                     .texts = phrase ? &c->phrase : c->texts,
                                     .count = phrase ? 1 : c->text_count};
    if (c->field == FIELD_TEXT) {
        ret->column = TC_TEXT;
        return true;
    }
    ret->column = phrase ? TC_SUBJECT_PHRASE : TC_SUBJECT_WORD;
    return c->field == FIELD_SUBJECT;
}

static struct ticket_condition filter_hours(const struct filter *f, const struct condition *c)
{
    static const struct {
        enum condition_field field;
        enum ticket_status status;
    } STATES[] = {
        {FIELD_HOURS_NEW, STATUS_NEW},         {FIELD_HOURS_OPEN, STATUS_OPEN},
        {FIELD_HOURS_PENDING, STATUS_PENDING}, {FIELD_HOURS_HOLD, STATUS_HOLD},
        {FIELD_HOURS_SOLVED, STATUS_SOLVED},   {FIELD_HOURS_CLOSED, STATUS_CLOSED},
    };
    enum ticket_column column = column_of(c->field);
    bool until = c->field == FIELD_HOURS_UNTIL_DUE || c->field == FIELD_HOURS_UNTIL_BREACH;
    int64_t edge = until ? f->now + c->number : f->now - c->number;
    struct ticket_condition ret;
    if (c->op == ROP_IS) {
        ret = compare(f, column, until ? OP_GREATER_EQUAL : OP_LESS_EQUAL, edge);
        ret.also = also(f, compare(f, column, until ? OP_LESS : OP_GREATER,
                                   until ? edge + HOURS_MS : edge - HOURS_MS));
    } else {
        bool later = (c->op == ROP_GREATER) == until;
        ret = compare(f, column, later ? OP_GREATER : OP_LESS, edge);
        // Neither what lies ahead has passed, nor is what has passed ahead.
        ret.also = also(f, compare(f, column, until ? OP_GREATER_EQUAL : OP_LESS_EQUAL, f->now));
    }
    for (size_t i = 0; i < sizeof STATES / sizeof *STATES; i++) {
        if (STATES[i].field == c->field) {
            struct ticket_condition state = compare(f, TC_STATUS, OP_IS, STATES[i].status);
            state.also = also(f, ret);
            return state;
        }
    }
    return ret;
}

static struct ticket_condition filter_choice(const struct condition *c)
{
    bool positive = c->op == ROP_IS || c->op == ROP_INCLUDES;
    return (struct ticket_condition){.column = c->field == FIELD_CUSTOM_STATUS ? TC_CUSTOM_STATUS
                                               : c->field == FIELD_FORM        ? TC_FORM
                                                                               : TC_BRAND,
                                     .op = positive ? OP_IS : OP_IS_NOT,
                                     .numbers = c->numbers,
                                     .count = c->number_count};
}

static const struct str *one_text(const struct filter *f, struct str text)
{
    struct str *ret = mem_new(f->ctx, struct str);
    *ret = text;
    return ret;
}

// From today so many days back or ahead.
static void filter_days(const struct filter *f, const struct condition *c,
                        struct ticket_condition *ret)
{
    bool back = c->op == ROP_PREVIOUS_DAYS;
    struct ticket_condition last = *ret;
    ret->op = OP_GREATER_EQUAL;
    ret->texts = one_text(f, custom_day(f->ctx, f->now, back ? -c->number : 0));
    ret->count = 1;
    last.op = OP_LESS_EQUAL;
    last.texts = one_text(f, custom_day(f->ctx, f->now, back ? 0 : c->number));
    last.count = 1;
    ret->also = also(f, last);
}

static struct ticket_condition filter_custom(const struct filter *f, const struct condition *c)
{
    static const enum field_filter_as AS[] = {
        [CUSTOM_TEXT] = FILTER_TEXT,     [CUSTOM_CHOICE] = FILTER_TEXT,
        [CUSTOM_CHOICES] = FILTER_WORD,  [CUSTOM_FLAG] = FILTER_TEXT,
        [CUSTOM_NUMBER] = FILTER_NUMBER, [CUSTOM_DATE] = FILTER_TEXT,
    };
    static const enum field_filter_of OF[] = {[CUSTOM_OF_TICKET] = FILTER_OF_TICKET,
                                              [CUSTOM_OF_REQUESTER] = FILTER_OF_REQUESTER,
                                              [CUSTOM_OF_ORGANIZATION] = FILTER_OF_ORGANIZATION};
    struct field_filter *field = mem_new(f->ctx, struct field_filter);
    bool contains = c->op == ROP_PART || c->op == ROP_NOT_PART || c->op == ROP_INCLUDES ||
                    c->op == ROP_NOT_INCLUDES;
    *field = (struct field_filter){c->custom.record->id, OF[c->custom.of], AS[c->custom.kind]};
    field->as = c->custom.kind == CUSTOM_TEXT && contains ? FILTER_PART : field->as;
    struct ticket_condition ret = {.column = TC_FIELD,
                                   .op = limit_op(c->op),
                                   .texts = c->texts,
                                   .count = c->text_count,
                                   .field = field};
    switch ((int)c->op) {
    case ROP_PRESENT:
        ret.op = OP_ANY;
        break;
    case ROP_NOT_PRESENT:
        ret.op = OP_NONE;
        break;
    case ROP_NOT_INCLUDES:
    case ROP_NOT_PART:
        ret.op = OP_IS_NOT;
        break;
    case ROP_PREVIOUS_DAYS:
    case ROP_NEXT_DAYS:
        filter_days(f, c, &ret);
        break;
    default:
        break;
    }
    if (c->custom.kind == CUSTOM_FLAG && (ret.op == OP_IS || ret.op == OP_IS_NOT)) {
        bool ticked = (c->number != 0) == (ret.op == OP_IS);
        ret.op = ticked ? OP_IS : OP_IS_NOT;
        ret.texts = one_text(f, STR("true"));
        ret.count = 1;
    }
    return ret;
}

static bool filter_one(const struct filter *f, const struct condition *c,
                       struct ticket_condition *ret)
{
    switch (condition_value_kind(c->field)) {
    case VALUE_STATUS:
    case VALUE_PRIORITY:
    case VALUE_TYPE:
        *ret = filter_enum(f, c);
        return true;
    case VALUE_GROUP:
    case VALUE_PERSON:
    case VALUE_ORGANIZATION:
        *ret = filter_id(f, c);
        return c->number != ID_REQUESTER && c->number != ID_ASSIGNEE;
    case VALUE_TAGS:
        *ret = (struct ticket_condition){.column = TC_TAG,
                                         .op = c->op == ROP_INCLUDES ? OP_IS : OP_IS_NOT,
                                         .texts = c->texts,
                                         .count = c->text_count};
        return true;
    case VALUE_WORDS:
        return filter_words(c, ret);
    case VALUE_CHANNEL:
        *ret = (struct ticket_condition){.column = TC_CHANNEL,
                                         .op = c->op == ROP_INCLUDES || c->op == ROP_IS ? OP_IS
                                                                                        : OP_IS_NOT,
                                         .texts = c->texts,
                                         .count = c->text_count};
        return c->field == FIELD_VIA;
    case VALUE_HOURS:
        *ret = filter_hours(f, c);
        return true;
    case VALUE_TIME:
        *ret = compare(f, TC_CREATED, limit_op(c->op), c->number);
        return true;
    case VALUE_CHOICE:
        *ret = filter_choice(c);
        return true;
    case VALUE_CUSTOM:
        *ret = filter_custom(f, c);
        return true;
    case VALUE_UPDATE:
    case VALUE_COMMENT:
    case VALUE_FLAG:
    case VALUE_ROLE:
    case VALUE_TEXT:
        break;
    }
    return false;
}

struct ticket_query conditions_filter(mem_ctx *ctx, const struct conditions *conditions,
                                      const struct actor *actor, int64_t now, bool *ret_exact)
{
    struct filter f = {ctx, actor, now};
    struct ticket_condition *all =
        mem_array(ctx, struct ticket_condition, conditions->all_count + 1);
    struct ticket_condition *any =
        mem_array(ctx, struct ticket_condition, conditions->any_count + 1);
    struct ticket_query query = {.all = all, .any = any};
    bool exact = true;
    for (size_t i = 0; i < conditions->all_count; i++) {
        if (filter_one(&f, &conditions->all[i], &all[query.all_count])) {
            query.all_count++;
        } else {
            exact = false;
        }
    }
    // Of alternatives, leaving out one would lose what only it lets in: then all go.
    bool whole = true;
    for (size_t i = 0; i < conditions->any_count && whole; i++) {
        whole = filter_one(&f, &conditions->any[i], &any[query.any_count++]);
    }
    if (!whole) {
        query.any_count = 0;
        exact = false;
    }
    if (ret_exact != NULL) {
        *ret_exact = exact;
    }
    return query;
}
