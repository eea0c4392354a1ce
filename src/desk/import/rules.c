// SPDX-License-Identifier: GPL-3.0-or-later
//
// Views, macros, triggers and automations of another desk: their terms name what became of what
// they named there. A rule that names something that did not come would mean something else, so it
// does not come either. Triggers and automations come switched off: the old desk still works with
// them, and this one has rules of its own. Rules come once; what is changed there later stays
// there.
#include "desk/desk.h"
#include "desk/import/run.h"
#include "desk/rules/api_bind.h"

#define BODY_MAX (4U << 20)
#define UNKNOWN "The export does not have what this names."

// --- values -------------------------------------------------------------------------------------

// What the values of these are numbers of; triggers' actions name people and groups first.
static const struct {
    const char *field;
    enum import_kind kind;
    bool first;  // of a list: only the first of it
} NAMES[] = {
    {"group_id", IMPORT_GROUP, false},
    {"group", IMPORT_GROUP, false},
    {"assignee_id", IMPORT_USER, false},
    {"assignee", IMPORT_USER, false},
    {"requester_id", IMPORT_USER, false},
    {"organization_id", IMPORT_ORGANIZATION, false},
    {"cc", IMPORT_USER, false},
    {"follower", IMPORT_USER, false},
    {"custom_status_id", IMPORT_CUSTOM_STATUS, false},
    {"ticket_form_id", IMPORT_TICKET_FORM, false},
    {"brand_id", IMPORT_BRAND, false},
    {"notification_user", IMPORT_USER, true},
    {"notification_group", IMPORT_GROUP, true},
};

// What stands for a value here. A word, such as current_user, stands for itself.
static bool write_value(struct import *run, struct ctx *ctx, struct jw *w, struct jr_value value,
                        enum import_kind kind, struct error *err)
{
    int64_t foreign = 0;
    int64_t own = 0;
    if (!jr_id(value, &foreign) || foreign <= 0) {
        jw_raw(w, jr_none(value) ? STR("null") : jr_dump(ctx->mem, value));
        return true;
    }
    if (!import_find(run, ctx->db, kind, foreign, &own, err)) {
        return false;
    }
    // Options may be named by their value, which may be digits.
    if (own == 0 && kind == IMPORT_OPTION) {
        jw_raw(w, jr_dump(ctx->mem, value));
        return true;
    }
    jw_str(w, str_printf(ctx->mem, "%lld", (long long)own));
    return own != 0 || error_field(err, "base", "RecordNotFound", UNKNOWN);
}

static bool write_values(struct import *run, struct ctx *ctx, struct jw *w, struct jr_value value,
                         enum import_kind kind, bool first, struct error *err)
{
    if (jr_kind(value) != JR_LIST) {
        return write_value(run, ctx, w, value, kind, err);
    }
    jw_array_begin(w);
    for (size_t i = 0; i < jr_count(value); i++) {
        if (first && i > 0) {
            jw_raw(w, jr_dump(ctx->mem, jr_at(value, i)));
        } else if (!write_value(run, ctx, w, jr_at(value, i), kind, err)) {
            return false;
        }
    }
    jw_array_end(w);
    return true;
}

// --- terms --------------------------------------------------------------------------------------

struct custom {
    bool is;
    bool choice;  // values are options
    struct str word;
};

static bool is_choice(const struct record *field)
{
    struct str type = record_text(field, "type");
    return str_eq_c(type, "tagger") || str_eq_c(type, "multiselect") || str_eq_c(type, "dropdown");
}

// requester.custom_fields.KEY: keys are the same here.
static bool keyed_word(struct import *run, struct ctx *ctx, struct custom *custom, struct str key,
                       enum import_kind kind, struct error *err)
{
    struct record *list = NULL;
    size_t count = 0;
    custom->is = true;
    if (!import_defined(run, ctx->db, kind, &list, &count, err)) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        custom->choice =
            custom->choice || (str_eq(record_text(&list[i], "key"), key) && is_choice(&list[i]));
    }
    return true;
}

// custom_fields_12, with the number that 12 became.
static bool numbered_word(struct import *run, struct ctx *ctx, struct custom *custom,
                          int64_t foreign, struct error *err)
{
    struct record *list = NULL;
    size_t count = 0;
    int64_t own = 0;
    custom->is = true;
    if (!import_find(run, ctx->db, IMPORT_TICKET_FIELD, foreign, &own, err) ||
        !import_defined(run, ctx->db, IMPORT_TICKET_FIELD, &list, &count, err)) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        custom->choice = custom->choice || (list[i].id == own && is_choice(&list[i]));
    }
    custom->word = str_printf(ctx->mem, "custom_fields_%lld", (long long)own);
    return own != 0 || error_field(err, "base", "RecordNotFound", UNKNOWN);
}

static bool custom_word(struct import *run, struct ctx *ctx, struct str word, struct custom *ret,
                        struct error *err)
{
    static const struct {
        struct str prefix;
        enum import_kind kind;
    } FORMS[] = {{STR_INIT("custom_fields_"), IMPORT_TICKET_FIELD},
                 {STR_INIT("ticket_fields_"), IMPORT_TICKET_FIELD},
                 {STR_INIT("requester.custom_fields."), IMPORT_USER_FIELD},
                 {STR_INIT("organization.custom_fields."), IMPORT_ORGANIZATION_FIELD}};
    *ret = (struct custom){.word = word};
    for (size_t i = 0; i < sizeof FORMS / sizeof *FORMS; i++) {
        struct str rest = str_from(word, FORMS[i].prefix.len);
        int64_t foreign = 0;
        if (!str_starts(word, FORMS[i].prefix)) {
            continue;
        }
        if (FORMS[i].kind != IMPORT_TICKET_FIELD) {
            return keyed_word(run, ctx, ret, rest, FORMS[i].kind, err);
        }
        return str_to_i64(rest, &foreign) ? numbered_word(run, ctx, ret, foreign, err)
                                          : error_field(err, "base", "RecordNotFound", UNKNOWN);
    }
    return true;
}

// As write_values(), by what the term is about.
static bool write_meant(struct import *run, struct ctx *ctx, struct jw *w, struct str word,
                        struct jr_value value, struct error *err)
{
    for (size_t i = 0; i < sizeof NAMES / sizeof *NAMES; i++) {
        if (str_eq_c(word, NAMES[i].field)) {
            return write_values(run, ctx, w, value, NAMES[i].kind, NAMES[i].first, err);
        }
    }
    jw_raw(w, jr_none(value) ? STR("null") : jr_dump(ctx->mem, value));
    return true;
}

static bool write_term(struct import *run, struct ctx *ctx, struct jw *w, struct jr_value term,
                       struct error *err)
{
    struct str word = jr_text(jr_get(term, "field"));
    struct str op = jr_text(jr_get(term, "operator"));
    struct jr_value value = jr_get(term, "value");
    struct custom custom;
    word = str_none(word) ? jr_text(jr_get(term, "source")) : word;
    word = str_none(word) ? STR("") : word;
    if (!custom_word(run, ctx, word, &custom, err)) {
        return false;
    }
    jw_object_begin(w);
    jw_field_str(w, "field", custom.word);
    if (!str_none(op)) {
        jw_field_str(w, "operator", op);
    }
    jw_key(w, "value");
    bool ok = custom.choice ? write_values(run, ctx, w, value, IMPORT_OPTION, false, err)
                            : write_meant(run, ctx, w, custom.word, value, err);
    jw_object_end(w);
    return ok;
}

static bool write_terms(struct import *run, struct ctx *ctx, struct jw *w, const char *key,
                        struct jr_value list, struct error *err)
{
    jw_field_array(w, key);
    for (size_t i = 0; i < jr_count(list); i++) {
        if (!write_term(run, ctx, w, jr_at(list, i), err)) {
            return false;
        }
    }
    jw_array_end(w);
    return true;
}

// --- the rest -----------------------------------------------------------------------------------

// Who may use it; a person's own is theirs here, too.
static bool write_restriction(struct import *run, struct ctx *ctx, struct jw *w,
                              const struct import_item *item, struct error *err)
{
    struct jr_value restriction = jr_get(item->object, "restriction");
    bool person = str_ieq_c(jr_text(jr_get(restriction, "type")), "user");
    enum import_kind kind = person ? IMPORT_USER : IMPORT_GROUP;
    struct jr_value ids = jr_get(restriction, "ids");
    size_t count = person || jr_count(ids) == 0 ? 1 : jr_count(ids);
    if (jr_kind(restriction) != JR_OBJECT) {
        return true;
    }
    jw_field_object(w, "restriction");
    jw_field_c(w, "type", person ? "User" : "Group");
    jw_field_array(w, "ids");
    for (size_t i = 0; i < count; i++) {
        int64_t foreign = import_id(restriction, "id");
        int64_t own = 0;
        if (!person && jr_count(ids) > 0) {
            (void)!jr_id(jr_at(ids, i), &foreign);
        }
        if (!import_find(run, ctx->db, kind, foreign, &own, err)) {
            return false;
        }
        if (own == 0) {
            return error_field(err, "restriction", "RecordNotFound", UNKNOWN);
        }
        jw_i64(w, own);
        ctx->actor.user.v = person ? own : ctx->actor.user.v;
    }
    jw_array_end(w);
    jw_object_end(w);
    return true;
}

static bool shows(struct str column)
{
    enum ticket_column ignored;
    return view_column(column, &ignored);
}

static void write_order(struct jw *w, struct import_item *item, const char *by, const char *order)
{
    struct jr_value execution = jr_get(item->object, "execution");
    struct str column = jr_text(jr_get(execution, by));
    if (str_empty(column)) {
        return;
    }
    if (!shows(column)) {
        import_note(item, by, STR("There is no such column here."));
        return;
    }
    jw_field_str(w, by, column);
    jw_field_str(w, order, jr_text(jr_get(execution, order)));
}

static void write_output(struct jw *w, struct import_item *item)
{
    struct jr_value columns = jr_get(jr_get(item->object, "execution"), "columns");
    jw_field_object(w, "output");
    if (jr_count(columns) > 0) {
        jw_field_array(w, "columns");
        for (size_t i = 0; i < jr_count(columns); i++) {
            struct jr_value id = jr_get(jr_at(columns, i), "id");
            struct str word = jr_text(id);
            if (shows(word)) {
                jw_str(w, word);
            } else {
                import_note(item, "columns", STR("There is no such column here."));
            }
        }
        jw_array_end(w);
    }
    write_order(w, item, "group_by", "group_order");
    write_order(w, item, "sort_by", "sort_order");
    jw_object_end(w);
}

static enum rule_kind rule_kind_of(enum import_kind kind)
{
    return kind == IMPORT_VIEW      ? RULE_VIEW
           : kind == IMPORT_MACRO   ? RULE_MACRO
           : kind == IMPORT_TRIGGER ? RULE_TRIGGER
                                    : RULE_AUTOMATION;
}

static bool write_rule(struct import *run, struct ctx *ctx, struct jw *w, struct import_item *item,
                       struct error *err)
{
    static const char *const PLAIN[] = {"title", "description"};
    struct jr_value conditions = jr_get(item->object, "conditions");
    bool active = false;
    bool waits = item->kind == IMPORT_TRIGGER || item->kind == IMPORT_AUTOMATION;
    jw_object_begin(w);
    import_carry(ctx->mem, w, item, PLAIN, sizeof PLAIN / sizeof *PLAIN);
    jw_field_bool(w, "active",
                  !waits && (!jr_bool(jr_get(item->object, "active"), &active) || active));
    if (item->kind != IMPORT_MACRO &&
        (!write_terms(run, ctx, w, "all", jr_get(conditions, "all"), err) ||
         !write_terms(run, ctx, w, "any", jr_get(conditions, "any"), err))) {
        return false;
    }
    if (item->kind == IMPORT_VIEW) {
        write_output(w, item);
    } else if (!write_terms(run, ctx, w, "actions", jr_get(item->object, "actions"), err)) {
        return false;
    }
    if (!waits && !write_restriction(run, ctx, w, item, err)) {
        return false;
    }
    jw_object_end(w);
    return true;
}

// One of the same name that everybody has.
static bool find_same(struct import *run, struct ctx *ctx, const struct import_item *item,
                      int64_t *ret, struct error *err)
{
    const struct rule_book *book = NULL;
    struct str title = str_trim(jr_text(jr_get(item->object, "title")));
    bool own = jr_kind(jr_get(item->object, "restriction")) == JR_OBJECT;
    *ret = 0;
    if (own) {
        return true;
    }
    if (!rules_read(run->desk->rules, ctx->db, ctx->mem, &book, err)) {
        return false;
    }
    for (size_t i = 0; i < book->count && *ret == 0; i++) {
        const struct rule *rule = &book->rules[i];
        bool same = rule->kind == rule_kind_of(item->kind) && rule->audience == AUDIENCE_ALL &&
                    str_ieq(str_trim(rule->title), title);
        *ret = same ? rule->id.v : 0;
    }
    return true;
}

static bool prepare_rule(struct import *run, struct db *db, mem_ctx *ctx, struct import_item *item,
                         struct error *err)
{
    (void)run;
    (void)db;
    (void)ctx;
    (void)err;
    item->outcome = item->before ? IMPORT_SAME : IMPORT_PENDING;
    return true;
}

static bool apply_rule(struct import *run, struct ctx *ctx, struct import_item *item,
                       struct error *err)
{
    struct buf out;
    struct jw w;
    struct jr_value body = JR_NONE;
    struct rule after;
    int64_t here = 0;
    if (!find_same(run, ctx, item, &here, err)) {
        return false;
    }
    if (here != 0) {
        import_was_here(item, here);
        return true;
    }
    buf_init(&out, ctx->mem, BODY_MAX);
    jw_init(&w, &out);
    if (!write_rule(run, ctx, &w, item, err) || !import_written(ctx->mem, &out, &body, err) ||
        !api_rule_make(ctx, ctx->db, rule_kind_of(item->kind), body, &after, err)) {
        return false;
    }
    import_became(item, after.id.v);
    return true;
}

const struct import_way IMPORT_WAY_VIEW = {prepare_rule, apply_rule};
const struct import_way IMPORT_WAY_MACRO = {prepare_rule, apply_rule};
const struct import_way IMPORT_WAY_TRIGGER = {prepare_rule, apply_rule};
const struct import_way IMPORT_WAY_AUTOMATION = {prepare_rule, apply_rule};
