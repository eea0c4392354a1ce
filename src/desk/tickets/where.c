// SPDX-License-Identifier: GPL-3.0-or-later
//
// The one place that puts SQL together: filters, orders and pages of ticket lists. Fragments come
// from the table of columns below; numbers of our own enumerations may stand in the text (partial
// indexes need them there); whatever a person wrote is bound, never written.
#include "desk/tickets/tickets_internal.h"

#include <assert.h>

enum column_kind { KIND_NUMBER, KIND_ENUM, KIND_TEXT, KIND_NULLABLE, KIND_SPECIAL };

struct column {
    const char *sql;
    enum column_kind kind;
};

static const struct column COLUMNS[TC_COLUMNS] = {
    [TC_ID] = {"t.id", KIND_NUMBER},
    [TC_SUBJECT] = {"t.subject", KIND_TEXT},
    [TC_STATUS] = {"t.status", KIND_ENUM},
    [TC_PRIORITY] = {"t.priority", KIND_ENUM},
    [TC_TYPE] = {"t.type", KIND_ENUM},
    [TC_REQUESTER] = {"t.requester_id", KIND_NUMBER},
    [TC_SUBMITTER] = {"t.submitter_id", KIND_NUMBER},
    [TC_ASSIGNEE] = {"t.assignee_id", KIND_NULLABLE},
    [TC_STEWARD] = {"t.steward_id", KIND_NULLABLE},
    [TC_GROUP] = {"t.group_id", KIND_NULLABLE},
    [TC_ORGANIZATION] = {"t.organization_id", KIND_NULLABLE},
    [TC_EXTERNAL_ID] = {"t.external_id", KIND_TEXT},
    [TC_CHANNEL] = {"t.channel", KIND_TEXT},
    [TC_CREATED] = {"t.created_at", KIND_NUMBER},
    [TC_UPDATED] = {"t.updated_at", KIND_NUMBER},
    [TC_GENERATED] = {"t.generated_at", KIND_NUMBER},
    [TC_SOLVED] = {"t.solved_at", KIND_NULLABLE},
    [TC_SNOOZED] = {"t.snoozed_until", KIND_NULLABLE},
    [TC_DUE] = {"t.due_at", KIND_NULLABLE},
    [TC_BREACH] = {"t.breach_at", KIND_NULLABLE},
    [TC_COST] = {"t.cost_rate", KIND_NUMBER},
    [TC_STATUS_UPDATED] = {"t.status_updated_at", KIND_NUMBER},
    [TC_REQUESTER_UPDATED] = {"t.requester_updated_at", KIND_NULLABLE},
    [TC_ASSIGNEE_UPDATED] = {"t.assignee_updated_at", KIND_NULLABLE},
    [TC_ASSIGNED] = {"t.assigned_at", KIND_NULLABLE},
    [TC_PROBLEM] = {"t.problem_id", KIND_NULLABLE},
    [TC_FOLLOWUP] = {"t.followup_of", KIND_NULLABLE},
    [TC_TAG] = {"EXISTS (SELECT 1 FROM ticket_tag x WHERE x.ticket_id = t.id AND x.tag",
                KIND_SPECIAL},
    [TC_CC] = {"EXISTS (SELECT 1 FROM ticket_collaborator x WHERE x.ticket_id = t.id AND "
               "x.kind = 'cc' AND x.user_id",
               KIND_SPECIAL},
    [TC_FOLLOWER] = {"EXISTS (SELECT 1 FROM ticket_collaborator x WHERE x.ticket_id = t.id AND "
                     "x.kind = 'follower' AND x.user_id",
                     KIND_SPECIAL},
    [TC_COMMENTER] = {"EXISTS (SELECT 1 FROM ticket_comment x WHERE x.ticket_id = t.id AND "
                      "x.author_id",
                      KIND_SPECIAL},
    [TC_HAS_FILE] = {"EXISTS (SELECT 1 FROM attachment x WHERE x.ticket_id = t.id AND 1",
                     KIND_SPECIAL},
    [TC_TEXT] = {NULL, KIND_SPECIAL},
    [TC_SUBJECT_WORD] = {NULL, KIND_SPECIAL},
    [TC_SUBJECT_PHRASE] = {NULL, KIND_SPECIAL},
    [TC_CUSTOM_STATUS] = {"COALESCE(t.custom_status_id, -1 - t.status)", KIND_NUMBER},
    [TC_FORM] = {"COALESCE(t.form_id, 0)", KIND_NUMBER},
    [TC_BRAND] = {"COALESCE(t.brand_id, 0)", KIND_NUMBER},
    [TC_FIELD] = {NULL, KIND_SPECIAL},
};

static const char *const OPERATORS[] = {
    [OP_IS] = " = ",          [OP_IS_NOT] = " <> ", [OP_LESS] = " < ",
    [OP_LESS_EQUAL] = " <= ", [OP_GREATER] = " > ", [OP_GREATER_EQUAL] = " >= ",
};

void where_init(struct where *where, mem_ctx *ctx)
{
    *where = (struct where){.ctx = ctx};
    buf_init(&where->sql, ctx, 64 * 1024);
}

void where_bind(struct where *where, struct db *db, struct db_value value)
{
    where->values = mem_grow(where->ctx, where->values, struct db_value, where->count + 1);
    where->values[where->count++] = value;
    buf_put_char(&where->sql, db_engine_of(db) == DB_SQLITE ? '?' : '$');
    buf_put_i64(&where->sql, where->count);
}

static void put_value(struct where *where, struct db *db, const struct ticket_condition *condition,
                      size_t index)
{
    enum column_kind kind = COLUMNS[condition->column].kind;
    if (condition->texts != NULL) {
        where_bind(where, db, DB_VALUE_TEXT(condition->texts[index]));
    } else if (kind == KIND_ENUM) {
        buf_put_i64(&where->sql, condition->numbers[index]);
    } else {
        where_bind(where, db, DB_VALUE_I64(condition->numbers[index]));
    }
}

static void put_values(struct where *where, struct db *db, const struct ticket_condition *condition,
                       const char *single, const char *several)
{
    if (condition->count == 1) {
        buf_put_c(&where->sql, single);
        put_value(where, db, condition, 0);
        return;
    }
    buf_put_c(&where->sql, several);
    buf_put_c(&where->sql, "(");
    for (size_t i = 0; i < condition->count; i++) {
        buf_put_c(&where->sql, i == 0 ? "" : ", ");
        put_value(where, db, condition, i);
    }
    buf_put_c(&where->sql, ")");
}

static void put_special(struct where *where, struct db *db,
                        const struct ticket_condition *condition)
{
    bool negative = condition->op == OP_IS_NOT || condition->op == OP_NONE;
    buf_put_c(&where->sql, negative ? "NOT " : "");
    buf_put_c(&where->sql, COLUMNS[condition->column].sql);
    if (condition->op == OP_NONE || condition->op == OP_ANY) {
        buf_put_c(&where->sql, " IS NOT NULL");
    } else {
        put_values(where, db, condition, " = ", " IN ");
    }
    buf_put_c(&where->sql, ")");
}

// One search: the newest matching comments are enough for a list; search.c has the exact form.
static void put_search(struct where *where, struct db *db, const struct actor *actor,
                       struct str words)
{
    struct str expression = search_expression(where->ctx, db_engine_of(db), words);
    buf_put_c(&where->sql, "SELECT c.ticket_id FROM ticket_comment c WHERE ");
    if (!actor_is_staff(actor)) {
        buf_put_c(&where->sql, "c.is_public = 1 AND ");
    }
    if (str_none(expression)) {
        buf_put_c(&where->sql, "1 = 0");
        return;
    }
    if (db_engine_of(db) == DB_SQLITE) {
        buf_put_c(&where->sql, "c.id IN (SELECT rowid FROM ticket_fts WHERE ticket_fts MATCH ");
        where_bind(where, db, DB_VALUE_TEXT(expression));
    } else {
        buf_put_c(&where->sql, "c.id IN (SELECT id FROM ticket_fts WHERE words @@ "
                               "to_tsquery('simple', ");
        where_bind(where, db, DB_VALUE_TEXT(expression));
        buf_put_c(&where->sql, ")");
    }
    buf_put_c(&where->sql, ")");
}

// Full text: one of the texts is enough.
static void put_text(struct where *where, struct db *db, const struct actor *actor,
                     const struct ticket_condition *condition)
{
    buf_put_c(&where->sql, condition->op == OP_IS_NOT ? "t.id NOT IN (" : "t.id IN (");
    for (size_t i = 0; i < condition->count; i++) {
        buf_put_c(&where->sql, i == 0 ? "" : " UNION ALL ");
        put_search(where, db, actor, condition->texts[i]);
    }
    buf_put_c(&where->sql, ")");
}

static struct str like_pattern(mem_ctx *ctx, struct str text)
{
    struct buf out;
    buf_init(&out, ctx, 2 * text.len + 16);
    buf_put_char(&out, '%');
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] == '%' || text.ptr[i] == '_' || text.ptr[i] == '!') {
            buf_put_char(&out, '!');
        }
        buf_put_char(&out, text.ptr[i]);
    }
    buf_put_char(&out, '%');
    return buf_str(&out);
}

static struct str first_word(struct str text)
{
    struct str head;
    struct str tail;
    str_cut(str_trim(text), ' ', &head, &tail);
    return head;
}

// A word with none of a word's characters beside it, as the engine's pattern: beyond ASCII all
// count as such. The text has only letters and digits, and spaces for what stands between words.
static struct str word_pattern(struct where *where, struct db *db, struct str text)
{
    bool sqlite = db_engine_of(db) == DB_SQLITE;
    struct buf out;
    buf_init(&out, where->ctx, 64 * text.len + 256);
    buf_put_c(&out, sqlite ? "*" : "");
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] == ' ') {
            buf_put_c(&out, sqlite ? "[^a-z0-9\xc2\x80-\xf4\x8f\xbf\xbf]" : "[\x01-/:-`{-\x7f]");
        } else {
            buf_put_char(&out, text.ptr[i]);
        }
    }
    buf_put_c(&out, sqlite ? "*" : "");
    return buf_str(&out);
}

// The plain LIKE before a word's pattern spares that work for most rows.
static void put_subject(struct where *where, struct db *db,
                        const struct ticket_condition *condition)
{
    bool word = condition->column == TC_SUBJECT_WORD;
    bool sqlite = db_engine_of(db) == DB_SQLITE;
    buf_put_c(&where->sql, condition->op == OP_IS_NOT ? "NOT (" : "(");
    for (size_t i = 0; i < condition->count; i++) {
        struct str text = condition->texts[i];
        buf_put_c(&where->sql, i == 0 ? "LOWER(t.subject) LIKE " : " OR LOWER(t.subject) LIKE ");
        where_bind(where, db,
                   DB_VALUE_TEXT(like_pattern(where->ctx, word ? first_word(text) : text)));
        buf_put_c(&where->sql, " ESCAPE '!'");
        if (word) {
            buf_put_c(&where->sql, " AND ' ' || LOWER(t.subject) || ' ' ");
            buf_put_c(&where->sql, sqlite ? "GLOB " : "~ ");
            where_bind(where, db, DB_VALUE_TEXT(word_pattern(where, db, text)));
        }
    }
    buf_put_c(&where->sql, ")");
}

static void put_field_test(struct where *where, struct db *db, const struct field_filter *field,
                           enum condition_op op, struct str text)
{
    const char *compare = op == OP_IS_NOT ? " = " : OPERATORS[op];
    switch (field->as) {
    case FILTER_TEXT:
        buf_put_c(&where->sql, "v.value");
        buf_put_c(&where->sql, compare);
        where_bind(where, db, DB_VALUE_TEXT(text));
        break;
    case FILTER_NUMBER:
        buf_put_c(&where->sql, "CAST(v.value AS DOUBLE PRECISION)");
        buf_put_c(&where->sql, compare);
        buf_put_c(&where->sql, "CAST(");
        where_bind(where, db, DB_VALUE_TEXT(text));
        buf_put_c(&where->sql, " AS DOUBLE PRECISION)");
        break;
    case FILTER_WORD:
        buf_put_c(&where->sql, "' ' || v.value || ' ' LIKE ");
        where_bind(where, db,
                   DB_VALUE_TEXT(like_pattern(
                       where->ctx, str_printf(where->ctx, " " STR_FMT " ", STR_ARG(text)))));
        buf_put_c(&where->sql, " ESCAPE '!'");
        break;
    case FILTER_PART:
        buf_put_c(&where->sql, "LOWER(v.value) LIKE ");
        where_bind(where, db, DB_VALUE_TEXT(like_pattern(where->ctx, str_lower(where->ctx, text))));
        buf_put_c(&where->sql, " ESCAPE '!'");
        break;
    }
}

// Values are rows of the records room, by the number of what has them: a filter of tickets has no
// other way to them. Without a field: of any that tickets have, since numbers of people may be the
// same.
static void put_field(struct where *where, struct db *db, const struct ticket_condition *condition)
{
    static const char *const OBJECTS[] = {[FILTER_OF_TICKET] = "t.id",
                                          [FILTER_OF_REQUESTER] = "t.requester_id",
                                          [FILTER_OF_ORGANIZATION] = "t.organization_id"};
    const struct field_filter *field = condition->field;
    bool filled = condition->op == OP_ANY || condition->op == OP_NONE;
    bool negative = condition->op == OP_IS_NOT || condition->op == OP_NONE;
    buf_put_c(&where->sql, negative ? "NOT " : "");
    buf_put_c(&where->sql, "EXISTS (SELECT 1 FROM field_value v WHERE v.object_id = ");
    buf_put_c(&where->sql, OBJECTS[field->of]);
    if (field->field != 0) {
        buf_put_c(&where->sql, " AND v.field_id = ");
        where_bind(where, db, DB_VALUE_I64(field->field));
    } else {
        buf_put_c(&where->sql, " AND v.field_id IN (SELECT id FROM desk_record "
                               "WHERE kind = 'ticket_fields')");
    }
    for (size_t i = 0; i < condition->count && !filled; i++) {
        buf_put_c(&where->sql, i == 0 ? " AND (" : " OR ");
        put_field_test(where, db, field, condition->op, condition->texts[i]);
    }
    buf_put_c(&where->sql, !filled && condition->count > 0 ? "))" : ")");
}

static void put_single(struct where *where, struct db *db, const struct actor *actor,
                       const struct ticket_condition *condition)
{
    const struct column *column = &COLUMNS[condition->column];
    if (condition->column == TC_TEXT) {
        put_text(where, db, actor, condition);
        return;
    }
    if (condition->column == TC_SUBJECT_WORD || condition->column == TC_SUBJECT_PHRASE) {
        put_subject(where, db, condition);
        return;
    }
    if (condition->column == TC_FIELD) {
        put_field(where, db, condition);
        return;
    }
    if (column->kind == KIND_SPECIAL) {
        put_special(where, db, condition);
        return;
    }
    if (condition->op == OP_NONE || condition->op == OP_ANY) {
        bool none = condition->op == OP_NONE;
        buf_put_c(&where->sql, column->sql);
        if (column->kind == KIND_ENUM) {
            buf_put_c(&where->sql, none ? " = 0" : " > 0");
        } else {
            buf_put_c(&where->sql, none ? " IS NULL" : " IS NOT NULL");
        }
        return;
    }
    bool negative = condition->op == OP_IS_NOT;
    bool nullable = column->kind == KIND_NULLABLE || condition->column == TC_EXTERNAL_ID;
    if (negative && nullable) {
        buf_put_c(&where->sql, "(");
        buf_put_c(&where->sql, column->sql);
        buf_put_c(&where->sql, " IS NULL OR ");
    }
    buf_put_c(&where->sql, column->sql);
    put_values(where, db, condition, OPERATORS[condition->op], negative ? " NOT IN " : " IN ");
    if (negative && nullable) {
        buf_put_c(&where->sql, ")");
    }
}

static void put_condition(struct where *where, struct db *db, const struct actor *actor,
                          const struct ticket_condition *condition)
{
    if (condition->also == NULL) {
        put_single(where, db, actor, condition);
        return;
    }
    buf_put_c(&where->sql, "(");
    for (; condition != NULL; condition = condition->also) {
        put_single(where, db, actor, condition);
        buf_put_c(&where->sql, condition->also != NULL ? " AND " : ")");
    }
}

static void put_number_list(struct where *where, struct db *db, const struct group_id *groups,
                            size_t count)
{
    buf_put_c(&where->sql, "(0");
    for (size_t i = 0; i < count; i++) {
        buf_put_c(&where->sql, ", ");
        where_bind(where, db, DB_VALUE_I64(groups[i].v));
    }
    buf_put_c(&where->sql, ")");
}

static void put_end_user_access(struct where *where, struct db *db, const struct actor *actor)
{
    buf_put_c(&where->sql, " AND t.is_public = 1 AND (t.requester_id = ");
    where_bind(where, db, DB_VALUE_I64(actor->user.v));
    if (actor->sees_organization && actor->organization.v != 0) {
        buf_put_c(&where->sql, " OR t.organization_id = ");
        where_bind(where, db, DB_VALUE_I64(actor->organization.v));
    }
    buf_put_c(&where->sql, " OR t.id IN (SELECT x.ticket_id FROM ticket_collaborator x WHERE "
                           "x.kind = 'cc' AND x.user_id = ");
    where_bind(where, db, DB_VALUE_I64(actor->user.v));
    buf_put_c(&where->sql, "))");
}

// Mirrors ticket_may_see().
static void put_access(struct where *where, struct db *db, const struct actor *actor)
{
    if (!actor_is_staff(actor)) {
        put_end_user_access(where, db, actor);
        return;
    }
    switch (actor->scope) {
    case SCOPE_ALL:
        return;
    case SCOPE_GROUPS:
        buf_put_c(&where->sql, " AND (t.group_id IN ");
        put_number_list(where, db, actor->groups, actor->group_count);
        break;
    case SCOPE_ORGANIZATION:
        buf_put_c(&where->sql, " AND (t.organization_id = ");
        where_bind(where, db, DB_VALUE_I64(actor->organization.v));
        break;
    case SCOPE_ASSIGNED:
    case SCOPE_OWN:
        buf_put_c(&where->sql, " AND (1 = 0");
        break;
    }
    buf_put_c(&where->sql, " OR t.assignee_id = ");
    where_bind(where, db, DB_VALUE_I64(actor->user.v));
    buf_put_c(&where->sql, " OR t.steward_id = ");
    where_bind(where, db, DB_VALUE_I64(actor->user.v));
    buf_put_c(&where->sql, " OR t.requester_id = ");
    where_bind(where, db, DB_VALUE_I64(actor->user.v));
    buf_put_c(&where->sql, ")");
}

void where_put(struct where *where, struct db *db, const struct actor *actor,
               const struct ticket_query *query)
{
    const char *living = query->also_deleted ? " WHERE 1 = 1"
                         : query->deleted
                             ? " WHERE t.deleted_at IS NOT NULL AND t.purged_at IS NULL"
                             : " WHERE t.deleted_at IS NULL";
    buf_put_c(&where->sql, living);
    buf_put_c(&where->sql, query->awake ? " AND t.snoozed_until IS NULL" : "");
    for (size_t i = 0; i < query->all_count; i++) {
        buf_put_c(&where->sql, " AND ");
        put_condition(where, db, actor, &query->all[i]);
    }
    for (size_t i = 0; i < query->any_count; i++) {
        buf_put_c(&where->sql, i == 0 ? " AND (" : " OR ");
        put_condition(where, db, actor, &query->any[i]);
    }
    buf_put_c(&where->sql, query->any_count > 0 ? ")" : "");
    put_access(where, db, actor);
}

// A sort column as it is ordered by. Where it may be empty, empty counts as 0, as in
// ticket_sort_value(): a row without a value would fall out of every page otherwise. Times of
// solving are read along their index, which lists of solved tickets need.
static void put_sort(struct where *where, enum ticket_column sort)
{
    const struct column *column = &COLUMNS[sort];
    bool filled = column->kind == KIND_NULLABLE && sort != TC_SOLVED;
    assert(column->kind != KIND_SPECIAL && column->sql != NULL);
    buf_put_c(&where->sql, filled ? "COALESCE(" : "");
    buf_put_c(&where->sql, column->sql);
    buf_put_c(&where->sql, filled ? ", 0)" : "");
}

static void put_after(struct where *where, struct db *db, const struct ticket_query *query,
                      bool down)
{
    buf_put_c(&where->sql, "(");
    put_sort(where, query->sort);
    buf_put_c(&where->sql, down ? ", t.id) < (" : ", t.id) > (");
    where_bind(where, db,
               COLUMNS[query->sort].kind == KIND_TEXT ? DB_VALUE_TEXT(query->after_text)
                                                      : DB_VALUE_I64(query->after_value));
    buf_put_c(&where->sql, ", ");
    where_bind(where, db, DB_VALUE_I64(query->after_id.v));
    buf_put_c(&where->sql, ")");
}

// Later groups, or the same one and later in it.
static void put_after_grouped(struct where *where, struct db *db, const struct ticket_query *query,
                              bool down)
{
    bool group_down = query->group_descending != query->backwards;
    buf_put_c(&where->sql, "(");
    put_sort(where, query->group);
    buf_put_c(&where->sql, group_down ? " < " : " > ");
    where_bind(where, db, DB_VALUE_I64(query->after_group));
    buf_put_c(&where->sql, " OR (");
    put_sort(where, query->group);
    buf_put_c(&where->sql, " = ");
    where_bind(where, db, DB_VALUE_I64(query->after_group));
    buf_put_c(&where->sql, " AND ");
    put_after(where, db, query, down);
    buf_put_c(&where->sql, "))");
}

void where_put_page(struct where *where, struct db *db, const struct ticket_query *query)
{
    bool down = query->descending != query->backwards;
    if (query->after_id.v != 0) {
        buf_put_c(&where->sql, " AND ");
        if (query->grouped) {
            put_after_grouped(where, db, query, down);
        } else {
            put_after(where, db, query, down);
        }
    }
    buf_put_c(&where->sql, " ORDER BY ");
    if (query->grouped) {
        put_sort(where, query->group);
        buf_put_c(&where->sql, query->group_descending != query->backwards ? " DESC, " : ", ");
    }
    put_sort(where, query->sort);
    buf_put_c(&where->sql, down ? " DESC, t.id DESC LIMIT " : ", t.id LIMIT ");
    where_bind(where, db, DB_VALUE_I64(query->limit));
    if (query->offset > 0) {
        buf_put_c(&where->sql, " OFFSET ");
        where_bind(where, db, DB_VALUE_I64(query->offset));
    }
}
