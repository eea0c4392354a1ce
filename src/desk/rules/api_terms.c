// SPDX-License-Identifier: GPL-3.0-or-later
//
// Rules between JSON and the room: conditions and actions keep the form in which they were sent,
// ids as texts.
#include "desk/rules/api_internal.h"

#define VALUES_MAX 200

// A value as text: numbers and truth as their words, objects and nested lists as JSON.
static struct str value_text(mem_ctx *ctx, struct jr_value value)
{
    enum jr_kind kind = jr_kind(value);
    if (kind == JR_TEXT) {
        return jr_text(value);
    }
    return kind == JR_NULL || kind == JR_ABSENT ? STR("") : jr_dump(ctx, value);
}

static void read_values(mem_ctx *ctx, struct jr_value value, struct rule_term *term)
{
    enum jr_kind kind = jr_kind(value);
    if (kind == JR_NULL || kind == JR_ABSENT) {
        return;
    }
    term->list = kind == JR_LIST;
    size_t count = term->list ? jr_count(value) : 1;
    count = count < VALUES_MAX ? count : VALUES_MAX;
    struct str *values = mem_array(ctx, struct str, count + 1);
    for (size_t i = 0; i < count; i++) {
        values[i] = value_text(ctx, term->list ? jr_at(value, i) : value);
    }
    term->values = values;
    term->count = count;
}

void api_terms_read(mem_ctx *ctx, struct jr_value list, enum rule_place place, struct rule *ret,
                    struct problems *problems)
{
    if (jr_none(list)) {
        return;
    }
    size_t count = jr_count(list);
    struct rule_term *terms = mem_array(ctx, struct rule_term, ret->term_count + count + 1);
    for (size_t i = 0; i < ret->term_count; i++) {
        terms[i] = ret->terms[i];
    }
    if (jr_kind(list) != JR_LIST) {
        problems_add(problems, STR("base"), "InvalidFormat",
                     "Conditions and actions are lists of objects.");
    }
    for (size_t i = 0; i < count; i++) {
        struct jr_value one = jr_at(list, i);
        struct rule_term term = {.place = place, .field = jr_text(jr_get(one, "field"))};
        if (str_empty(term.field)) {
            term.field = jr_text(jr_get(one, "source"));  // an older name of it
        }
        if (str_empty(term.field)) {
            problems_add(problems, STR("base"), "BlankValue",
                         "Conditions and actions need a field each.");
            continue;
        }
        term.op = place == PLACE_ACTION ? STR_NONE : jr_text(jr_get(one, "operator"));
        read_values(ctx, jr_get(one, "value"), &term);
        terms[ret->term_count++] = term;
    }
    ret->terms = terms;
}

// --- the whole rule -----------------------------------------------------------------------------

struct rule_body {
    struct jr_str title;
    struct jr_str description;
    struct jr_flag active;
    struct jr_int position;
    struct jr_int category;
    struct jr_value restriction;
    struct jr_value conditions;
    struct jr_value all;
    struct jr_value any;
    struct jr_value actions;
    struct jr_value output;
};

static const struct jr_field FIELDS[] = {
    JR_FIELD(STR, "title", struct rule_body, title, .not_blank = true, .max = 255),
    JR_FIELD(STR, "description", struct rule_body, description, .max = 5000),
    JR_FIELD(FLAG, "active", struct rule_body, active),
    JR_FIELD(INT, "position", struct rule_body, position),
    JR_FIELD(ID, "category_id", struct rule_body, category),
    JR_FIELD(RAW, "restriction", struct rule_body, restriction),
    JR_FIELD(RAW, "conditions", struct rule_body, conditions),
    JR_FIELD(RAW, "all", struct rule_body, all),
    JR_FIELD(RAW, "any", struct rule_body, any),
    JR_FIELD(RAW, "actions", struct rule_body, actions),
    JR_FIELD(RAW, "output", struct rule_body, output),
};
static const struct jr_spec SPEC = JR_SPEC(FIELDS);

static void read_restriction(struct ctx *ctx, struct jr_value restriction,
                             struct rule_change *change, struct problems *problems)
{
    struct rule *values = &change->values;
    struct str type = jr_text(jr_get(restriction, "type"));
    int64_t id = 0;
    bool has_id = jr_id(jr_get(restriction, "id"), &id);
    struct jr_value ids = jr_get(restriction, "ids");
    if (jr_absent(restriction)) {
        return;
    }
    change->set |= RULE_AUDIENCE;
    values->audience = AUDIENCE_ALL;
    if (jr_none(restriction)) {
        return;
    }
    if (str_ieq_c(type, "user")) {
        values->audience = AUDIENCE_PERSON;
        values->owner = ctx->actor.user;
        return;
    }
    if (!str_ieq_c(type, "group")) {
        problems_add(problems, STR("restriction"), "InvalidValue",
                     "Restriction: the type is Group or User.");
        return;
    }
    struct group_id *groups = mem_array(ctx->mem, struct group_id, jr_count(ids) + 1);
    for (size_t i = 0; i < jr_count(ids); i++) {
        if (jr_id(jr_at(ids, i), &groups[values->group_count].v)) {
            values->group_count++;
        }
    }
    if (values->group_count == 0 && has_id) {
        groups[values->group_count++].v = id;
    }
    values->audience = AUDIENCE_GROUPS;
    values->groups = groups;
}

static struct str column_word(struct jr_value value)
{
    struct str word = jr_text(value);
    return str_none(word) ? jr_text(jr_get(value, "id")) : word;
}

static void read_output(mem_ctx *ctx, struct jr_value output, struct rule_change *change)
{
    struct jr_value columns = jr_get(output, "columns");
    struct buf words;
    if (jr_none(output)) {
        return;
    }
    if (jr_kind(columns) == JR_LIST) {
        buf_init(&words, ctx, 8192);
        for (size_t i = 0; i < jr_count(columns); i++) {
            buf_put_c(&words, i > 0 ? " " : "");
            buf_put(&words, column_word(jr_at(columns, i)));
        }
        change->set |= RULE_COLUMNS;
        change->values.columns = buf_str(&words);
    }
    if (!jr_absent(jr_get(output, "group_by"))) {
        change->set |= RULE_GROUPING;
        change->values.group_by = jr_text(jr_get(output, "group_by"));
        change->values.group_down = str_ieq_c(jr_text(jr_get(output, "group_order")), "desc");
    }
    if (!jr_absent(jr_get(output, "sort_by"))) {
        change->set |= RULE_SORTING;
        change->values.sort_by = jr_text(jr_get(output, "sort_by"));
        change->values.sort_down = str_ieq_c(jr_text(jr_get(output, "sort_order")), "desc");
    }
}

static void read_terms(mem_ctx *ctx, const struct rule_body *body, struct rule_change *change,
                       struct problems *problems)
{
    struct jr_value all = jr_absent(body->all) ? jr_get(body->conditions, "all") : body->all;
    struct jr_value any = jr_absent(body->any) ? jr_get(body->conditions, "any") : body->any;
    if (!jr_absent(all) || !jr_absent(any)) {
        change->set |= RULE_CONDITIONS;
        api_terms_read(ctx, all, PLACE_ALL, &change->values, problems);
        api_terms_read(ctx, any, PLACE_ANY, &change->values, problems);
    }
    if (!jr_absent(body->actions)) {
        change->set |= RULE_ACTIONS;
        api_terms_read(ctx, body->actions, PLACE_ACTION, &change->values, problems);
    }
}

bool api_rule_change_read(struct ctx *ctx, struct jr_value object, enum rule_kind kind,
                          struct rule_change *ret, struct problems *problems)
{
    struct rule_body body = {0};
    size_t before = problems->count;
    ret->values.kind = kind;
    if (!jr_bind(ctx->mem, object, &SPEC, &body, problems)) {
        return false;
    }
    if (body.title.is == JR_SET) {
        ret->set |= RULE_TITLE;
        ret->values.title = body.title.v;
    }
    if (body.description.is != JR_UNSET) {
        ret->set |= RULE_DESCRIPTION;
        ret->values.description = body.description.is == JR_SET ? body.description.v : STR_NONE;
    }
    if (body.active.is == JR_SET) {
        ret->set |= RULE_ACTIVE;
        ret->values.active = body.active.v;
    }
    if (body.position.is == JR_SET) {
        ret->set |= RULE_POSITION;
        ret->values.position = body.position.v;
    }
    if (body.category.is == JR_SET && kind == RULE_TRIGGER) {
        ret->set |= RULE_CATEGORY;
        ret->values.category.v = body.category.v;
    }
    if (kind == RULE_VIEW || kind == RULE_MACRO) {
        read_restriction(ctx, body.restriction, ret, problems);
    }
    if (kind == RULE_VIEW) {
        read_output(ctx->mem, body.output, ret);
    }
    read_terms(ctx->mem, &body, ret, problems);
    return problems->count == before;
}

// --- writing ------------------------------------------------------------------------------------

const char *api_rule_key(enum rule_kind kind, bool plural)
{
    static const char *const KEYS[][2] = {{"view", "views"},
                                          {"macro", "macros"},
                                          {"trigger", "triggers"},
                                          {"automation", "automations"},
                                          {"sla_policy", "sla_policies"}};
    return KEYS[kind][plural ? 1 : 0];
}

struct str api_rule_url(struct ctx *ctx, const struct rule *rule)
{
    return api_url(ctx, "/api/v2/%s/%lld.json", api_rule_key(rule->kind, true),
                   (long long)rule->id.v);
}

// Pairs for a form are a list in the list.
static bool is_list(struct str text)
{
    struct jr_value list = JR_NONE;
    struct error ignored;
    if (!str_starts(text, STR("[["))) {
        return false;
    }
    mem_ctx *ctx = mem_ctx_new(NULL, "pairs");
    bool parsed = jr_parse(ctx, text, &list, &ignored);
    mem_free(ctx);
    return parsed;
}

static void write_value(struct jw *w, const struct rule_term *term)
{
    if (!term->list) {
        jw_field_str(w, "value", term->count > 0 ? term->values[0] : STR_NONE);
        return;
    }
    jw_field_array(w, "value");
    for (size_t i = 0; i < term->count; i++) {
        if (is_list(term->values[i])) {
            jw_raw(w, term->values[i]);
        } else {
            jw_str(w, term->values[i]);
        }
    }
    jw_array_end(w);
}

static void write_terms(struct jw *w, const char *key, const struct rule *rule,
                        enum rule_place place)
{
    jw_field_array(w, key);
    for (size_t i = 0; i < rule->term_count; i++) {
        const struct rule_term *term = &rule->terms[i];
        if (term->place != place) {
            continue;
        }
        jw_object_begin(w);
        jw_field_str(w, "field", term->field);
        if (place != PLACE_ACTION) {
            jw_field_str(w, "operator", str_none(term->op) ? STR("is") : term->op);
        }
        write_value(w, term);
        jw_object_end(w);
    }
    jw_array_end(w);
}

void api_conditions_write(struct jw *w, const char *key, const struct rule *rule)
{
    jw_field_object(w, key);
    write_terms(w, "all", rule, PLACE_ALL);
    write_terms(w, "any", rule, PLACE_ANY);
    jw_object_end(w);
}

static const char *column_title(struct str name)
{
    static const struct {
        const char *name;
        const char *title;
    } TITLES[] = {
        {"nice_id", "ID"},
        {"subject", "Subject"},
        {"status", "Status"},
        {"type", "Ticket type"},
        {"priority", "Priority"},
        {"requester", "Requester"},
        {"submitter", "Submitter"},
        {"assignee", "Assignee"},
        {"steward", "Steward"},
        {"group", "Group"},
        {"organization", "Organization"},
        {"created", "Requested"},
        {"updated", "Updated"},
        {"updated_assignee", "Assignee updated"},
        {"updated_requester", "Requester updated"},
        {"assigned", "Assigned"},
        {"due_date", "Due date"},
        {"sla_next_breach_at", "Next SLA breach"},
        {"disruption_cost", "Cost an hour"},
        {"solved", "Solved"},
    };
    for (size_t i = 0; i < sizeof TITLES / sizeof *TITLES; i++) {
        if (str_eq_c(name, TITLES[i].name)) {
            return TITLES[i].title;
        }
    }
    return "Column";
}

void api_columns_write(struct jw *w, const char *key, const struct rule *view)
{
    struct str rest = view->columns;
    struct str name;
    jw_field_array(w, key);
    while (str_next(&rest, ' ', &name)) {
        if (!str_empty(name)) {
            jw_object_begin(w);
            jw_field_str(w, "id", name);
            jw_field_c(w, "title", column_title(name));
            jw_object_end(w);
        }
    }
    jw_array_end(w);
}

static void write_order(struct jw *w, const char *key, struct str name, bool down)
{
    if (str_empty(name)) {
        jw_field_null(w, key);
        return;
    }
    jw_field_object(w, key);
    jw_field_str(w, "id", name);
    jw_field_c(w, "title", column_title(name));
    jw_field_c(w, "order", down ? "desc" : "asc");
    jw_object_end(w);
}

static void write_execution(struct jw *w, const struct rule *view)
{
    struct str group = str_empty(view->group_by) ? STR_NONE : view->group_by;
    struct str sort = str_empty(view->sort_by) ? STR_NONE : view->sort_by;
    jw_field_object(w, "execution");
    jw_field_str(w, "group_by", group);
    jw_field_c(w, "group_order", view->group_down ? "desc" : "asc");
    jw_field_str(w, "sort_by", sort);
    jw_field_c(w, "sort_order", view->sort_down ? "desc" : "asc");
    write_order(w, "group", group, view->group_down);
    write_order(w, "sort", sort, view->sort_down);
    api_columns_write(w, "columns", view);
    api_columns_write(w, "fields", view);
    jw_field_empty_array(w, "custom_fields");
    jw_object_end(w);
}

static void write_restriction(struct jw *w, const struct rule *rule)
{
    if (rule->audience == AUDIENCE_ALL) {
        jw_field_null(w, "restriction");
        return;
    }
    bool groups = rule->audience == AUDIENCE_GROUPS;
    jw_field_object(w, "restriction");
    jw_field_c(w, "type", groups ? "Group" : "User");
    jw_field_i64(w, "id", groups && rule->group_count > 0 ? rule->groups[0].v : rule->owner.v);
    if (groups) {
        jw_field_array(w, "ids");
        for (size_t i = 0; i < rule->group_count; i++) {
            jw_i64(w, rule->groups[i].v);
        }
        jw_array_end(w);
    }
    jw_object_end(w);
}

void api_rule_write(struct ctx *ctx, struct jw *w, const struct rule *rule)
{
    enum rule_kind kind = rule->kind;
    jw_object_begin(w);
    jw_field_str(w, "url", api_rule_url(ctx, rule));
    jw_field_i64(w, "id", rule->id.v);
    jw_field_str(w, "title", rule->title);
    jw_field_str(w, "raw_title", rule->title);
    jw_field_bool(w, "active", rule->active);
    jw_field_time(w, "updated_at", rule->updated_at);
    jw_field_time(w, "created_at", rule->created_at);
    jw_field_bool(w, "default", rule->is_default);
    jw_field_i64(w, "position", rule->position);
    if (kind != RULE_AUTOMATION) {
        jw_field_str(w, "description", rule->description);
    }
    if (kind == RULE_VIEW) {
        write_execution(w, rule);
    }
    if (kind != RULE_MACRO) {
        api_conditions_write(w, "conditions", rule);
    }
    if (kind != RULE_VIEW) {
        write_terms(w, "actions", rule, PLACE_ACTION);
    }
    if (kind == RULE_VIEW || kind == RULE_MACRO) {
        write_restriction(w, rule);
    }
    if (kind == RULE_TRIGGER) {
        jw_field_str(w, "category_id", str_printf(ctx->mem, "%lld", (long long)rule->category.v));
    }
    if (api_includes(ctx, "permissions")) {
        bool may = rule_may_change(rule, &ctx->actor);
        jw_field_object(w, "permissions");
        jw_field_bool(w, "can_update", may);
        jw_field_bool(w, "can_delete", may);
        jw_object_end(w);
    }
    jw_object_end(w);
}
