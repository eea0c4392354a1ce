// SPDX-License-Identifier: GPL-3.0-or-later
//
// What a ticket's page shows of what administrators defined: which fields its form has, and when.
#include "base/words.h"
#include "desk/records/queries.h"
#include "desk/records/records.h"

static bool add_record(mem_ctx *ctx, const struct record_row *row, struct record **list,
                       size_t *count, struct error *err)
{
    struct record one = {.id = row->id,
                         .kind = record_kind(row->kind),
                         .position = row->position,
                         .system = row->system,
                         .created_at = row->created_at,
                         .updated_at = row->updated_at};
    if (!jr_parse(ctx, row->doc, &one.doc, err)) {
        return false;
    }
    if (record_flag(&one, "active", true)) {
        *list = mem_grow(ctx, *list, struct record, *count + 1);
        (*list)[(*count)++] = one;
    }
    return true;
}

static bool add_row(mem_ctx *ctx, const struct record_row *row, int64_t ticket,
                    struct ticket_records *r, struct error *err)
{
    if (str_eq_c(row->kind, "value")) {
        r->values = mem_grow(ctx, r->values, struct field_value, r->value_count + 1);
        r->values[r->value_count++] = (struct field_value){row->id, ticket, row->doc};
        return true;
    }
    bool field = str_eq_c(row->kind, "ticket_fields");
    if (row->deleted_at.set || (field && row->system)) {
        return true;
    }
    if (field) {
        return add_record(ctx, row, &r->fields, &r->field_count, err);
    }
    return str_eq_c(row->kind, "ticket_forms")
               ? add_record(ctx, row, &r->forms, &r->form_count, err)
               : add_record(ctx, row, &r->statuses, &r->status_count, err);
}

bool ticket_records_load(struct db *db, mem_ctx *ctx, int64_t ticket, struct ticket_records *ret,
                         struct error *err)
{
    struct record_row *rows = NULL;
    size_t count = 0;
    *ret = (struct ticket_records){0};
    if (!records_and_values(db, ctx, ticket, &rows, &count, err)) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        if (!add_row(ctx, &rows[i], ticket, ret, err)) {
            return false;
        }
    }
    return true;
}

// 0: the default one.
static const struct record *form_of(const struct ticket_records *all, int64_t id)
{
    const struct record *ret = NULL;
    for (size_t i = 0; i < all->form_count; i++) {
        bool chosen =
            id == 0 ? record_flag(&all->forms[i], "default", false) : all->forms[i].id == id;
        ret = chosen ? &all->forms[i] : ret;
    }
    return ret;
}

static const struct record *field_by_id(const struct ticket_records *all, int64_t id)
{
    for (size_t i = 0; i < all->field_count; i++) {
        if (all->fields[i].id == id) {
            return &all->fields[i];
        }
    }
    return NULL;
}

void ticket_form_fields(mem_ctx *ctx, const struct ticket_records *all, int64_t form,
                        const struct record ***ret, size_t *ret_count)
{
    const struct record *one = form_of(all, form);
    struct jr_value ids = one == NULL ? JR_NONE : jr_get(one->doc, "ticket_field_ids");
    *ret = mem_array(ctx, const struct record *, all->field_count + jr_count(ids) + 1);
    *ret_count = 0;
    for (size_t i = 0; i < jr_count(ids); i++) {
        int64_t id = 0;
        const struct record *field = jr_id(jr_at(ids, i), &id) ? field_by_id(all, id) : NULL;
        if (field != NULL) {
            (*ret)[(*ret_count)++] = field;
        }
    }
    bool whole = one == NULL || record_flag(one, "default", false);
    for (size_t i = 0; whole && *ret_count == 0 && i < all->field_count; i++) {
        (*ret)[i] = &all->fields[i];
    }
    if (whole && *ret_count == 0) {
        *ret_count = all->field_count;
    }
}

static bool has_value(const struct record *parent, struct str has, struct jr_value wanted)
{
    bool flag = false;
    if (jr_bool(wanted, &flag)) {
        return str_eq_c(has, "true") == flag;
    }
    struct str type = parent == NULL ? STR("") : record_text(parent, "type");
    if (str_eq_c(type, "checkbox")) {
        return str_eq_c(has, "true") == str_ieq(jr_text(wanted), STR("true"));
    }
    return str_eq_c(type, "multiselect") ? words_has(has, jr_text(wanted))
                                         : str_ieq(has, jr_text(wanted));
}

bool ticket_form_shows(const struct ticket_records *all, int64_t form, int64_t field,
                       struct str (*value_of)(const void *arg, int64_t field), const void *arg)
{
    const struct record *one = form_of(all, form);
    struct jr_value list = one == NULL ? JR_NONE : jr_get(one->doc, "agent_conditions");
    bool bound = false;
    for (size_t i = 0; i < jr_count(list); i++) {
        struct jr_value condition = jr_at(list, i);
        struct jr_value children = jr_get(condition, "child_fields");
        int64_t parent = 0;
        int64_t child = 0;
        for (size_t k = 0; k < jr_count(children); k++) {
            if (!jr_id(jr_get(jr_at(children, k), "id"), &child) || child != field ||
                !jr_id(jr_get(condition, "parent_field_id"), &parent)) {
                continue;
            }
            bound = true;
            struct str has = value_of(arg, parent);
            if (has_value(field_by_id(all, parent), str_none(has) ? STR("") : has,
                          jr_get(condition, "value"))) {
                return true;
            }
        }
    }
    return !bound;
}
