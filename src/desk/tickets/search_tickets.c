// SPDX-License-Identifier: GPL-3.0-or-later
//
// Terms of a search as conditions on tickets. A field given several times means any of its values;
// negated, none of them.
#include "desk/tickets/api_search.h"

#include "desk/records/records.h"
#include "desk/rules/rules.h"

enum field_kind {
    KEY_STATUS,
    KEY_PRIORITY,
    KEY_TYPE,
    KEY_TIME,
    KEY_PERSON,
    KEY_GROUP,
    KEY_ORGANIZATION,
    KEY_TAGS,
    KEY_TEXT,
    KEY_WORDS,
    KEY_NUMBER,
    KEY_FILE
};

static const struct field {
    const char *name;
    enum field_kind kind;
    enum ticket_column column;
} FIELDS[] = {
    {"", KEY_WORDS, TC_TEXT},
    {"id", KEY_NUMBER, TC_ID},
    {"subject", KEY_WORDS, TC_TEXT},
    {"description", KEY_WORDS, TC_TEXT},
    {"comment", KEY_WORDS, TC_TEXT},
    {"status", KEY_STATUS, TC_STATUS},
    {"priority", KEY_PRIORITY, TC_PRIORITY},
    {"ticket_type", KEY_TYPE, TC_TYPE},
    {"created", KEY_TIME, TC_CREATED},
    {"created_at", KEY_TIME, TC_CREATED},
    {"updated", KEY_TIME, TC_UPDATED},
    {"updated_at", KEY_TIME, TC_UPDATED},
    {"solved", KEY_TIME, TC_SOLVED},
    {"due_date", KEY_TIME, TC_DUE},
    {"assignee", KEY_PERSON, TC_ASSIGNEE},
    {"requester", KEY_PERSON, TC_REQUESTER},
    {"submitter", KEY_PERSON, TC_SUBMITTER},
    {"cc", KEY_PERSON, TC_CC},
    {"follower", KEY_PERSON, TC_FOLLOWER},
    {"commenter", KEY_PERSON, TC_COMMENTER},
    {"group", KEY_GROUP, TC_GROUP},
    {"organization", KEY_ORGANIZATION, TC_ORGANIZATION},
    {"tags", KEY_TAGS, TC_TAG},
    {"via", KEY_TEXT, TC_CHANNEL},
    {"external_id", KEY_TEXT, TC_EXTERNAL_ID},
    {"problem", KEY_NUMBER, TC_PROBLEM},
    {"incident", KEY_NUMBER, TC_PROBLEM},
    {"has_attachment", KEY_FILE, TC_HAS_FILE},
};

#define NAMED_MAX 100  // people or organisations that one name may mean

struct building {
    struct ctx *ctx;
    struct ticket_condition *conditions;
    size_t count;
    bool none;
};

static const struct field *field_of(struct str key)
{
    for (size_t i = 0; i < sizeof FIELDS / sizeof *FIELDS; i++) {
        if (str_eq_c(key, FIELDS[i].name)) {
            return &FIELDS[i];
        }
    }
    return NULL;
}

static struct ticket_condition *add(struct building *b, enum ticket_column column,
                                    enum condition_op op)
{
    b->conditions = mem_grow(b->ctx->mem, b->conditions, struct ticket_condition, b->count + 1);
    b->conditions[b->count] = (struct ticket_condition){.column = column, .op = op};
    return &b->conditions[b->count++];
}

static void add_text(struct building *b, enum ticket_column column, enum condition_op op,
                     struct str text)
{
    struct str *one = mem_array(b->ctx->mem, struct str, 1);
    struct ticket_condition *condition = add(b, column, op);
    one[0] = text;
    condition->texts = one;
    condition->count = 1;
}

static void add_number(struct building *b, enum ticket_column column, enum condition_op op,
                       int64_t number)
{
    int64_t *one = mem_array(b->ctx->mem, int64_t, 1);
    struct ticket_condition *condition = add(b, column, op);
    one[0] = number;
    condition->numbers = one;
    condition->count = 1;
}

// --- values -------------------------------------------------------------------------------------

struct numbers {
    int64_t *v;
    size_t count;
};

static void put_number(struct building *b, struct numbers *list, int64_t value)
{
    list->v = mem_grow(b->ctx->mem, list->v, int64_t, list->count + 1);
    list->v[list->count++] = value;
}

static bool find_people(struct building *b, struct str value, struct numbers *list,
                        struct error *err)
{
    struct ctx *ctx = b->ctx;
    int64_t id = 0;
    if (str_ieq_c(value, "me")) {
        put_number(b, list, ctx->actor.user.v);
        return true;
    }
    if (str_to_i64(value, &id)) {
        put_number(b, list, id);
        return true;
    }
    struct user person;
    bool found = false;
    if (str_find_char(value, '@') > 0) {
        if (!user_by_email(ctx->db, ctx->mem, value, &person, &found, err)) {
            return false;
        }
        if (found) {
            put_number(b, list, person.id.v);
        }
        return true;
    }
    struct user *users = NULL;
    size_t count = 0;
    if (!users_search(ctx->db, ctx->mem, &ctx->actor, value, NAMED_MAX, 0, &users, &count, err)) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        put_number(b, list, users[i].id.v);
    }
    return true;
}

static bool find_groups(struct building *b, struct str value, struct numbers *list,
                        struct error *err)
{
    struct group *groups = NULL;
    size_t count = 0;
    int64_t id = 0;
    if (str_to_i64(value, &id)) {
        put_number(b, list, id);
        return true;
    }
    if (!groups_all(b->ctx->db, b->ctx->mem, &groups, &count, err)) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        if (str_ifind(groups[i].name, value) >= 0) {
            put_number(b, list, groups[i].id.v);
        }
    }
    return true;
}

static bool find_organizations(struct building *b, struct str value, struct numbers *list,
                               struct error *err)
{
    struct list_query query = {.words = value, .limit = NAMED_MAX};
    struct organization *found = NULL;
    size_t count = 0;
    int64_t id = 0;
    if (str_to_i64(value, &id)) {
        put_number(b, list, id);
        return true;
    }
    if (!organizations_list(b->ctx->db, b->ctx->mem, &b->ctx->actor, &query, &found, &count, err)) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        put_number(b, list, found[i].id.v);
    }
    return true;
}

static bool find_numbers(struct building *b, const struct field *field, struct str value,
                         struct numbers *list, struct error *err)
{
    enum ticket_status status;
    enum ticket_priority priority;
    enum ticket_type type;
    struct str word = str_lower(b->ctx->mem, value);
    int64_t number = 0;
    switch (field->kind) {
    case KEY_STATUS:
        if (ticket_status_parse(word, &status)) {
            put_number(b, list, status);
        }
        return true;
    case KEY_PRIORITY:
        if (ticket_priority_parse(word, &priority)) {
            put_number(b, list, priority);
        }
        return true;
    case KEY_TYPE:
        if (ticket_type_parse(word, &type)) {
            put_number(b, list, type);
        }
        return true;
    case KEY_PERSON:
        return find_people(b, value, list, err);
    case KEY_GROUP:
        return find_groups(b, value, list, err);
    case KEY_ORGANIZATION:
        return find_organizations(b, value, list, err);
    default:
        if (str_to_i64(value, &number)) {
            put_number(b, list, number);
        }
        return true;
    }
}

// --- conditions ---------------------------------------------------------------------------------

static enum condition_op op_of(const struct search_term *term)
{
    static const enum condition_op OPS[2][5] = {
        {OP_IS, OP_LESS, OP_LESS_EQUAL, OP_GREATER, OP_GREATER_EQUAL},
        {OP_IS_NOT, OP_GREATER_EQUAL, OP_GREATER, OP_LESS_EQUAL, OP_LESS},
    };
    return OPS[term->negative ? 1 : 0][term->op];
}

// Whether an earlier term of the same field took this one's value along.
static bool taken(const struct search_query *search, size_t index)
{
    const struct search_term *term = &search->terms[index];
    for (size_t i = 0; i < index; i++) {
        const struct search_term *other = &search->terms[i];
        if (term->op == SEARCH_IS && other->op == SEARCH_IS && other->negative == term->negative &&
            str_eq(other->key, term->key)) {
            return true;
        }
    }
    return false;
}

// Values of this field in this and all later terms of the same form.
static bool add_numbers(struct building *b, const struct search_query *search, size_t index,
                        const struct field *field, struct error *err)
{
    const struct search_term *term = &search->terms[index];
    struct numbers list = {0};
    if (term->op == SEARCH_IS && taken(search, index)) {
        return true;
    }
    for (size_t i = index; i < search->count; i++) {
        const struct search_term *other = &search->terms[i];
        bool same =
            i == index || (term->op == SEARCH_IS && other->op == SEARCH_IS &&
                           other->negative == term->negative && str_eq(other->key, term->key));
        if (same && !find_numbers(b, field, other->value, &list, err)) {
            return false;
        }
    }
    if (list.count == 0) {
        b->none = b->none || !term->negative;
        return true;
    }
    struct ticket_condition *condition = add(b, field->column, op_of(term));
    condition->numbers = list.v;
    condition->count = term->op == SEARCH_IS ? list.count : 1;
    return true;
}

static void add_texts(struct building *b, const struct search_query *search, size_t index,
                      const struct field *field)
{
    const struct search_term *term = &search->terms[index];
    struct str *texts = mem_array(b->ctx->mem, struct str, search->count);
    size_t count = 0;
    if (taken(search, index)) {
        return;
    }
    for (size_t i = index; i < search->count; i++) {
        const struct search_term *other = &search->terms[i];
        if (other->negative == term->negative && str_eq(other->key, term->key)) {
            struct str value = other->value;
            texts[count++] = field->kind == KEY_TAGS || field->column == TC_CHANNEL
                                 ? str_lower(b->ctx->mem, value)
                                 : value;
        }
    }
    struct ticket_condition *condition = add(b, field->column, term->negative ? OP_IS_NOT : OP_IS);
    condition->texts = texts;
    condition->count = count;
}

// tags:"a b" wants both.
static void add_tag_list(struct building *b, const struct search_term *term)
{
    struct str rest = tags_normalise(b->ctx->mem, term->value);
    struct str tag;
    while (str_next(&rest, ' ', &tag)) {
        add_text(b, TC_TAG, term->negative ? OP_IS_NOT : OP_IS, tag);
    }
}

// A span [from, to): "created:2024-05-01" lies in it, "created>" behind it.
static void add_time(struct building *b, const struct search_term *term, enum ticket_column column)
{
    int64_t from = 0;
    int64_t to = 0;
    if (!search_time(term->value, clock_now(b->ctx->app->clock), &from, &to)) {
        b->none = true;
        return;
    }
    enum condition_op op = op_of(term);
    if (op == OP_IS) {
        add_number(b, column, OP_GREATER_EQUAL, from);
        add_number(b, column, OP_LESS, to > from ? to : from + DAYS_MS);
    } else if (op == OP_LESS || op == OP_IS_NOT) {
        add_number(b, column, OP_LESS, from);
    } else if (op == OP_GREATER_EQUAL) {
        add_number(b, column, OP_GREATER_EQUAL, from);
    } else if (op == OP_GREATER) {
        add_number(b, column, OP_GREATER_EQUAL, to);
    } else {
        add_number(b, column, OP_LESS, to > from ? to : from + 1);
    }
}

// One word or phrase, wherever it stands in the ticket.
static void add_words(struct building *b, const struct search_term *term)
{
    struct str words = term->quoted
                           ? str_printf(b->ctx->mem, "\"" STR_FMT "\"", STR_ARG(term->value))
                           : term->value;
    if (!str_none(search_expression(b->ctx->mem, db_engine_of(b->ctx->db), words))) {
        add_text(b, TC_TEXT, term->negative ? OP_IS_NOT : OP_IS, words);
    }
}

// --- custom fields ------------------------------------------------------------------------------

// "custom_field_17", or "fieldvalue" (0): any.
static bool custom_key(struct str key, int64_t *ret)
{
    *ret = 0;
    return str_eq_c(key, "fieldvalue") ||
           (str_starts(key, STR("custom_field_")) &&
            str_to_i64(str_from(key, sizeof "custom_field_" - 1), ret));
}

static enum field_filter_as compared_as(const struct record *field, enum condition_op op)
{
    struct str type = field == NULL ? STR("") : record_text(field, "type");
    bool number = str_eq_c(type, "integer") || str_eq_c(type, "decimal");
    bool exact = str_eq_c(type, "tagger") || str_eq_c(type, "checkbox") || str_eq_c(type, "date");
    bool ordered = op != OP_IS && op != OP_IS_NOT;
    return number                          ? FILTER_NUMBER
           : exact || ordered              ? FILTER_TEXT
           : str_eq_c(type, "multiselect") ? FILTER_WORD
                                           : FILTER_PART;
}

static const struct record *field_named(const struct record *fields, size_t count, int64_t id)
{
    for (size_t i = 0; i < count; i++) {
        if (fields[i].id == id && !fields[i].system) {
            return &fields[i];
        }
    }
    return NULL;
}

// Staff only: what requesters do not see of a ticket they cannot guess by asking, either.
static bool add_custom(struct building *b, const struct search_query *search, size_t index,
                       int64_t id, struct error *err)
{
    const struct search_term *term = &search->terms[index];
    struct ctx *ctx = b->ctx;
    struct record *fields = NULL;
    size_t count = 0;
    double number = 0;
    if (!records_list(ctx->db, ctx->mem, record_kind(STR("ticket_fields")), false, &fields, &count,
                      err)) {
        return false;
    }
    const struct record *field = field_named(fields, count, id);
    if (!actor_is_staff(&ctx->actor) || (id != 0 && field == NULL)) {
        b->none = b->none || !term->negative;
        return true;
    }
    if (term->op == SEARCH_IS && taken(search, index)) {
        return true;
    }
    struct field_filter *filter = mem_new(ctx->mem, struct field_filter);
    *filter = (struct field_filter){.field = id, .as = compared_as(field, op_of(term))};
    bool none = str_ieq_c(term->value, "none");
    struct str *texts = mem_array(ctx->mem, struct str, search->count);
    size_t text_count = 0;
    for (size_t i = index; i < search->count && !none; i++) {
        const struct search_term *other = &search->terms[i];
        bool same =
            i == index || (term->op == SEARCH_IS && other->op == SEARCH_IS &&
                           other->negative == term->negative && str_eq(other->key, term->key));
        bool fits = filter->as != FILTER_NUMBER || str_to_f64(other->value, &number);
        if (same && fits) {
            texts[text_count++] = filter->as == FILTER_TEXT || filter->as == FILTER_WORD
                                      ? str_lower(ctx->mem, other->value)
                                      : other->value;
        }
    }
    if (text_count == 0 && !none) {
        b->none = b->none || !term->negative;
        return true;
    }
    enum condition_op op = none ? (term->negative ? OP_ANY : OP_NONE) : op_of(term);
    struct ticket_condition *condition = add(b, TC_FIELD, op);
    condition->texts = texts;
    condition->count = text_count;
    condition->field = filter;
    return true;
}

// As in a view.
static bool add_custom_status(struct building *b, const struct search_term *term, struct error *err)
{
    struct ctx *ctx = b->ctx;
    const struct rule_book *book = NULL;
    const struct rule_term wanted = {.place = PLACE_ALL,
                                     .field = STR("custom_status_id"),
                                     .op = term->negative ? STR("not_includes") : STR("includes"),
                                     .values = &term->value,
                                     .count = 1};
    struct conditions conditions;
    struct problems problems;
    problems_init(&problems, ctx->mem);
    if (!rules_read(desk_of(ctx)->rules, ctx->db, ctx->mem, &book, err)) {
        return false;
    }
    if (!conditions_compile(ctx->mem, RULE_VIEW, &book->defined, &wanted, 1, &conditions,
                            &problems)) {
        b->none = b->none || !term->negative;
        return true;
    }
    struct ticket_query query =
        conditions_filter(ctx->mem, &conditions, &ctx->actor, clock_now(ctx->app->clock), NULL);
    *add(b, TC_CUSTOM_STATUS, OP_IS) = query.all[0];
    return true;
}

static bool add_term(struct building *b, const struct search_query *search, size_t index,
                     struct error *err)
{
    const struct search_term *term = &search->terms[index];
    const struct field *field = field_of(term->key);
    int64_t custom = 0;
    if (custom_key(term->key, &custom)) {
        return add_custom(b, search, index, custom, err);
    }
    if (str_eq_c(term->key, "custom_status_id")) {
        return add_custom_status(b, term, err);
    }
    if (field == NULL) {
        b->none = b->none || !term->negative;
        return true;
    }
    bool nullable = field->kind != KEY_WORDS && field->kind != KEY_FILE;
    if (nullable && str_ieq_c(term->value, "none")) {
        (void)add(b, field->column, term->negative ? OP_ANY : OP_NONE);
        return true;
    }
    switch (field->kind) {
    case KEY_WORDS:
        add_words(b, term);
        return true;
    case KEY_TIME:
        add_time(b, term, field->column);
        return true;
    case KEY_FILE:
        (void)add(b, TC_HAS_FILE,
                  str_ieq_c(term->value, "true") != term->negative ? OP_ANY : OP_NONE);
        return true;
    case KEY_TAGS:
        if (term->quoted && str_find_char(term->value, ' ') > 0) {
            add_tag_list(b, term);
            return true;
        }
        add_texts(b, search, index, field);
        return true;
    case KEY_TEXT:
        add_texts(b, search, index, field);
        return true;
    default:
        return add_numbers(b, search, index, field, err);
    }
}

bool search_for_tickets(struct ctx *ctx, const struct search_query *search,
                        struct ticket_query *ret, bool *ret_none, struct error *err)
{
    struct building b = {.ctx = ctx};
    int64_t id = 0;
    b.none = (search->types & SEARCH_TICKETS) == 0;
    bool number = search->count == 1 && search->terms[0].key.len == 0 &&
                  !search->terms[0].negative && str_to_i64(search->terms[0].value, &id);
    if (number && id > 0) {
        add_number(&b, TC_ID, OP_IS, id);
    }
    for (size_t i = 0; i < search->count && !b.none && !number; i++) {
        if (!add_term(&b, search, i, err)) {
            return false;
        }
    }
    *ret = (struct ticket_query){.all = b.conditions, .all_count = b.count};
    *ret_none = b.none;
    return true;
}
