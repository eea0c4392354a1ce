// SPDX-License-Identifier: GPL-3.0-or-later
//
// What administrators of another desk defined: fields, statuses, forms, brands; and the values that
// tickets, people and organisations have in those fields. What the desks have both from the start,
// such as the default form, is taken for the same.
#include "desk/import/run.h"
#include "desk/records/save.h"

#define BODY_MAX (4U << 20)
#define CARRY(ctx, w, item, keys) import_carry(ctx, w, item, keys, sizeof(keys) / sizeof *(keys))

static const struct record_kind *kind_of(enum import_kind kind)
{
    return record_kind(str_c(import_kind_plural(kind)));
}

bool import_defined(struct import *run, struct db *db, enum import_kind kind, struct record **ret,
                    size_t *ret_count, struct error *err)
{
    struct import_defined *defined = &run->defined[kind];
    if (!defined->loaded &&
        !records_list(db, run->ctx, kind_of(kind), false, &defined->list, &defined->count, err)) {
        return false;
    }
    defined->loaded = true;
    *ret = defined->list;
    *ret_count = defined->count;
    return true;
}

static bool flag_of(struct jr_value object, const char *key, bool otherwise)
{
    bool value = otherwise;
    return jr_bool(jr_get(object, key), &value) ? value : otherwise;
}

// --- finding what is here already ---------------------------------------------------------------

typedef bool same_fn(const struct record *here, struct jr_value there);

static bool same_text(const struct record *here, struct jr_value there, const char *key)
{
    struct str text = record_text(here, key);
    return !str_none(text) && str_ieq(str_trim(text), str_trim(jr_text(jr_get(there, key))));
}

static bool same_default(const struct record *here, struct jr_value there)
{
    return record_flag(here, "default", false) && flag_of(there, "default", false);
}

static bool is_system_field(struct jr_value there)
{
    return !flag_of(there, "removable", true);
}

static bool same_field(const struct record *here, struct jr_value there)
{
    return here->system == is_system_field(there) && same_text(here, there, "type") &&
           (here->system || same_text(here, there, "title"));
}

static bool same_key(const struct record *here, struct jr_value there)
{
    return same_text(here, there, "key");
}

static bool same_status(const struct record *here, struct jr_value there)
{
    return same_text(here, there, "status_category") &&
           (same_default(here, there) || same_text(here, there, "agent_label"));
}

static bool same_form(const struct record *here, struct jr_value there)
{
    return same_default(here, there) || same_text(here, there, "name");
}

static bool same_brand(const struct record *here, struct jr_value there)
{
    return same_default(here, there) || same_text(here, there, "subdomain");
}

// 0 when nothing here is the same.
static bool find_same(struct ctx *ctx, const struct import_item *item, same_fn *same, int64_t *ret,
                      struct error *err)
{
    struct record *list = NULL;
    size_t count = 0;
    *ret = 0;
    if (!records_list(ctx->db, ctx->mem, kind_of(item->kind), false, &list, &count, err)) {
        return false;
    }
    for (size_t i = 0; i < count && *ret == 0; i++) {
        *ret = same(&list[i], item->object) ? list[i].id : 0;
    }
    return true;
}

// --- bodies -------------------------------------------------------------------------------------

typedef bool body_fn(struct import *run, struct ctx *ctx, struct jw *w, struct import_item *item,
                     struct error *err);

// Their numbers are given anew here.
static void write_options(struct jw *w, struct jr_value options)
{
    if (jr_kind(options) != JR_LIST) {
        return;
    }
    jw_field_array(w, "custom_field_options");
    for (size_t i = 0; i < jr_count(options); i++) {
        struct jr_value one = jr_at(options, i);
        jw_object_begin(w);
        jw_field_str(w, "name", jr_text(jr_get(one, "name")));
        jw_field_str(w, "value", jr_text(jr_get(one, "value")));
        jw_field_bool(w, "default", flag_of(one, "default", false));
        jw_object_end(w);
    }
    jw_array_end(w);
}

static bool ticket_field_body(struct import *run, struct ctx *ctx, struct jw *w,
                              struct import_item *item, struct error *err)
{
    static const char *const PLAIN[] = {"type",
                                        "title",
                                        "description",
                                        "active",
                                        "required",
                                        "collapsed_for_agents",
                                        "regexp_for_validation",
                                        "title_in_portal",
                                        "visible_in_portal",
                                        "editable_in_portal",
                                        "required_in_portal",
                                        "tag",
                                        "agent_description"};
    (void)run;
    (void)err;
    CARRY(ctx->mem, w, item, PLAIN);
    write_options(w, jr_get(item->object, "custom_field_options"));
    return true;
}

static bool keyed_field_body(struct import *run, struct ctx *ctx, struct jw *w,
                             struct import_item *item, struct error *err)
{
    static const char *const PLAIN[] = {
        "type", "key", "title", "description", "active", "regexp_for_validation", "tag"};
    (void)run;
    (void)err;
    CARRY(ctx->mem, w, item, PLAIN);
    write_options(w, jr_get(item->object, "custom_field_options"));
    return true;
}

static bool status_body(struct import *run, struct ctx *ctx, struct jw *w, struct import_item *item,
                        struct error *err)
{
    static const char *const PLAIN[] = {"status_category", "agent_label",          "end_user_label",
                                        "description",     "end_user_description", "active"};
    (void)run;
    (void)err;
    CARRY(ctx->mem, w, item, PLAIN);
    return true;
}

static bool brand_body(struct import *run, struct ctx *ctx, struct jw *w, struct import_item *item,
                       struct error *err)
{
    static const char *const PLAIN[] = {"name", "active"};
    (void)run;
    (void)err;
    char *word = mem_text(ctx->mem, str_cstr(ctx->mem, jr_text(jr_get(item->object, "subdomain"))));
    for (char *c = word; *c != '\0'; c++) {
        *c = *c == '-' ? '_' : *c;
    }
    CARRY(ctx->mem, w, item, PLAIN);
    jw_field_c(w, "subdomain", word);
    return true;
}

// A field's number, unless it is not known here, which is noted.
static bool write_field_id(struct import *run, struct ctx *ctx, struct jw *w,
                           struct import_item *item, int64_t foreign, struct error *err)
{
    int64_t own = 0;
    if (!import_find(run, ctx->db, IMPORT_TICKET_FIELD, foreign, &own, err)) {
        return false;
    }
    if (own == 0) {
        import_note(item, "ticket_field_ids", STR("The export does not have what this names."));
    } else {
        jw_i64(w, own);
    }
    return true;
}

static bool write_children(struct import *run, struct ctx *ctx, struct jw *w,
                           struct import_item *item, struct jr_value children, struct error *err)
{
    jw_field_array(w, "child_fields");
    for (size_t i = 0; i < jr_count(children); i++) {
        struct jr_value one = jr_at(children, i);
        struct jr_value statuses = jr_get(one, "required_on_statuses");
        int64_t own = 0;
        if (!import_find(run, ctx->db, IMPORT_TICKET_FIELD, import_id(one, "id"), &own, err)) {
            return false;
        }
        if (own == 0) {
            import_note(item, "child_fields", STR("The export does not have what this names."));
            continue;
        }
        jw_object_begin(w);
        jw_field_i64(w, "id", own);
        jw_field_bool(w, "is_required", flag_of(one, "is_required", false));
        if (!jr_none(statuses)) {
            jw_key(w, "required_on_statuses");
            jw_raw(w, jr_dump(ctx->mem, statuses));
        }
        jw_object_end(w);
    }
    jw_array_end(w);
    return true;
}

static bool write_conditions(struct import *run, struct ctx *ctx, struct jw *w,
                             struct import_item *item, const char *key, struct error *err)
{
    struct jr_value list = jr_get(item->object, key);
    jw_field_array(w, key);
    for (size_t i = 0; i < jr_count(list); i++) {
        struct jr_value one = jr_at(list, i);
        int64_t own = 0;
        if (!import_find(run, ctx->db, IMPORT_TICKET_FIELD, import_id(one, "parent_field_id"), &own,
                         err)) {
            return false;
        }
        if (own == 0) {
            import_note(item, key, STR("The export does not have what this names."));
            continue;
        }
        jw_object_begin(w);
        jw_field_i64(w, "parent_field_id", own);
        jw_field_str(w, "parent_field_type", jr_text(jr_get(one, "parent_field_type")));
        jw_key(w, "value");
        jw_raw(w, jr_dump(ctx->mem, jr_get(one, "value")));
        if (!write_children(run, ctx, w, item, jr_get(one, "child_fields"), err)) {
            return false;
        }
        jw_object_end(w);
    }
    jw_array_end(w);
    return true;
}

static bool form_body(struct import *run, struct ctx *ctx, struct jw *w, struct import_item *item,
                      struct error *err)
{
    static const char *const PLAIN[] = {"name", "display_name", "end_user_visible", "active"};
    struct jr_value fields = jr_get(item->object, "ticket_field_ids");
    CARRY(ctx->mem, w, item, PLAIN);
    jw_field_array(w, "ticket_field_ids");
    for (size_t i = 0; i < jr_count(fields); i++) {
        int64_t foreign = 0;
        if (jr_id(jr_at(fields, i), &foreign) && !write_field_id(run, ctx, w, item, foreign, err)) {
            return false;
        }
    }
    jw_array_end(w);
    return write_conditions(run, ctx, w, item, "agent_conditions", err) &&
           write_conditions(run, ctx, w, item, "end_user_conditions", err);
}

// --- options ------------------------------------------------------------------------------------

// Conditions name options by number.
static bool keep_options(struct import *run, struct ctx *ctx, struct import_item *item, int64_t id,
                         struct error *err)
{
    struct record record;
    struct jr_value theirs = jr_get(item->object, "custom_field_options");
    if (jr_count(theirs) == 0) {
        return true;
    }
    if (!record_load(ctx->db, ctx->mem, kind_of(item->kind), id, &record, err)) {
        return false;
    }
    struct jr_value ours = jr_get(record.doc, "custom_field_options");
    for (size_t i = 0; i < jr_count(theirs); i++) {
        struct import_comment row = {.key = import_id(jr_at(theirs, i), "id")};
        struct str value = jr_text(jr_get(jr_at(theirs, i), "value"));
        for (size_t k = 0; k < jr_count(ours) && row.key != 0; k++) {
            row.own = str_ieq(jr_text(jr_get(jr_at(ours, k), "value")), value)
                          ? import_id(jr_at(ours, k), "id")
                          : row.own;
        }
        if (row.own != 0 && !import_put(run, ctx->db, IMPORT_OPTION, &row, err)) {
            return false;
        }
    }
    return true;
}

// --- one record ---------------------------------------------------------------------------------

static bool apply_record(struct import *run, struct ctx *ctx, struct import_item *item,
                         same_fn *same, body_fn *body, struct error *err)
{
    struct buf out;
    struct jw w;
    struct jr_value value = JR_NONE;
    struct record after;
    int64_t here = 0;
    if (item->own == 0 && !find_same(ctx, item, same, &here, err)) {
        return false;
    }
    if (here != 0) {
        import_was_here(item, here);
        return keep_options(run, ctx, item, here, err);
    }
    buf_init(&out, ctx->mem, BODY_MAX);
    jw_init(&w, &out);
    jw_object_begin(&w);
    if (!body(run, ctx, &w, item, err)) {
        return false;
    }
    jw_object_end(&w);
    if (!import_written(ctx->mem, &out, &value, err) ||
        !record_save_in(ctx, ctx->db, kind_of(item->kind), item->own, value, &after, err)) {
        return false;
    }
    import_became(item, after.id);
    return keep_options(run, ctx, item, after.id, err);
}

// The values of such a field are numbers of the other desk's records.
static bool names_records(const struct import_item *item, struct error *err)
{
    return str_eq_c(jr_text(jr_get(item->object, "type")), "lookup") &&
           !error_field(err, "type", "InvalidValue",
                        "Fields whose values are other records are not taken over.");
}

static bool apply_ticket_field(struct import *run, struct ctx *ctx, struct import_item *item,
                               struct error *err)
{
    int64_t here = 0;
    if (is_system_field(item->object)) {
        // What has no like here is no loss: it has no values of its own.
        bool ok = item->own != 0 || find_same(ctx, item, same_field, &here, err);
        import_was_here(item, item->own != 0 ? item->own : here);
        return ok;
    }
    return !names_records(item, err) &&
           apply_record(run, ctx, item, same_field, ticket_field_body, err);
}

static bool apply_keyed_field(struct import *run, struct ctx *ctx, struct import_item *item,
                              struct error *err)
{
    return !names_records(item, err) &&
           apply_record(run, ctx, item, same_key, keyed_field_body, err);
}

static bool apply_status(struct import *run, struct ctx *ctx, struct import_item *item,
                         struct error *err)
{
    return apply_record(run, ctx, item, same_status, status_body, err);
}

static bool apply_form(struct import *run, struct ctx *ctx, struct import_item *item,
                       struct error *err)
{
    return apply_record(run, ctx, item, same_form, form_body, err);
}

static bool apply_brand(struct import *run, struct ctx *ctx, struct import_item *item,
                        struct error *err)
{
    return apply_record(run, ctx, item, same_brand, brand_body, err);
}

const struct import_way IMPORT_WAY_TICKET_FIELD = {NULL, apply_ticket_field};
const struct import_way IMPORT_WAY_USER_FIELD = {NULL, apply_keyed_field};
const struct import_way IMPORT_WAY_ORGANIZATION_FIELD = {NULL, apply_keyed_field};
const struct import_way IMPORT_WAY_CUSTOM_STATUS = {NULL, apply_status};
const struct import_way IMPORT_WAY_TICKET_FORM = {NULL, apply_form};
const struct import_way IMPORT_WAY_BRAND = {NULL, apply_brand};

// --- values -------------------------------------------------------------------------------------

static const struct record *record_with(const struct record *list, size_t count, int64_t id)
{
    for (size_t i = 0; i < count; i++) {
        if (list[i].id == id) {
            return &list[i];
        }
    }
    return NULL;
}

// Whether the field takes this value; notes it when not.
static bool fits(struct ctx *ctx, struct import_item *item, const struct record *field,
                 struct jr_value value, const char *where)
{
    struct error why = {0};
    struct str ignored;
    if (jr_none(value) || field_parse(ctx->mem, field, value, where, &ignored, &why)) {
        return true;
    }
    import_note(item, where, str_dup(item->notes_ctx, str_c(why.message)));
    return false;
}

static bool write_values(struct import *run, struct ctx *ctx, struct jw *w,
                         struct import_item *item, struct error *err)
{
    struct jr_value list = jr_get(item->object, "custom_fields");
    struct record *fields = NULL;
    size_t count = 0;
    if (jr_count(list) == 0) {
        return true;
    }
    if (!import_defined(run, ctx->db, IMPORT_TICKET_FIELD, &fields, &count, err)) {
        return false;
    }
    jw_field_array(w, "custom_fields");
    for (size_t i = 0; i < jr_count(list); i++) {
        struct jr_value value = jr_get(jr_at(list, i), "value");
        int64_t own = 0;
        if (!import_find(run, ctx->db, IMPORT_TICKET_FIELD, import_id(jr_at(list, i), "id"), &own,
                         err)) {
            return false;
        }
        const struct record *field = record_with(fields, count, own);
        if (field == NULL && !jr_none(value)) {
            import_note(item, "custom_fields", STR("The export does not have this field."));
        }
        if (field == NULL || !fits(ctx, item, field, value, "custom_fields")) {
            continue;
        }
        jw_object_begin(w);
        jw_field_i64(w, "id", own);
        jw_key(w, "value");
        jw_raw(w, jr_none(value) ? STR("null") : jr_dump(ctx->mem, value));
        jw_object_end(w);
    }
    jw_array_end(w);
    return true;
}

// The default one of its kind is what stands there without a word.
static bool write_choice(struct import *run, struct ctx *ctx, struct jw *w,
                         struct import_item *item, enum import_kind kind, const char *key,
                         struct error *err)
{
    struct record *list = NULL;
    size_t count = 0;
    int64_t foreign = import_id(item->object, key);
    int64_t own = 0;
    if (foreign == 0) {
        return true;
    }
    if (!import_find(run, ctx->db, kind, foreign, &own, err) ||
        !import_defined(run, ctx->db, kind, &list, &count, err)) {
        return false;
    }
    const struct record *record = record_with(list, count, own);
    if (record == NULL) {
        import_note(item, key, STR("The export does not have what this names."));
    } else if (!record_flag(record, "default", false) && record_flag(record, "active", true)) {
        jw_field_i64(w, key, own);
    }
    return true;
}

bool import_ticket_fields(struct import *run, struct ctx *ctx, struct jw *w,
                          struct import_item *item, struct error *err)
{
    return write_values(run, ctx, w, item, err) &&
           write_choice(run, ctx, w, item, IMPORT_CUSTOM_STATUS, "custom_status_id", err) &&
           write_choice(run, ctx, w, item, IMPORT_TICKET_FORM, "ticket_form_id", err) &&
           write_choice(run, ctx, w, item, IMPORT_BRAND, "brand_id", err);
}

bool import_keyed_fields(struct import *run, struct ctx *ctx, struct jw *w,
                         struct import_item *item, enum import_kind kind, struct error *err)
{
    const char *name = import_kind_plural(kind);
    struct jr_value values = jr_get(item->object, name);
    struct record *fields = NULL;
    size_t count = 0;
    if (jr_kind(values) != JR_OBJECT) {
        return true;
    }
    if (!import_defined(run, ctx->db, kind, &fields, &count, err)) {
        return false;
    }
    jw_field_object(w, name);
    for (size_t i = 0; i < count; i++) {
        const char *key = str_cstr(ctx->mem, record_text(&fields[i], "key"));
        struct jr_value value = jr_get(values, key);
        if (!jr_absent(value) && fits(ctx, item, &fields[i], value, name)) {
            jw_key(w, key);
            jw_raw(w, jr_none(value) ? STR("null") : jr_dump(ctx->mem, value));
        }
    }
    jw_object_end(w);
    return true;
}
