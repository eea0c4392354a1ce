// SPDX-License-Identifier: GPL-3.0-or-later
//
// What administrators added to tickets: values of custom fields, and which status, form and brand a
// ticket has. A body's values are checked here and go the way of all changes.
#include "desk/tickets/api_fields.h"

#include "base/words.h"

static int64_t *ids_of(mem_ctx *ctx, const struct ticket *tickets, size_t count)
{
    int64_t *ids = mem_array(ctx, int64_t, count + 1);
    for (size_t i = 0; i < count; i++) {
        ids[i] = tickets[i].id.v;
    }
    return ids;
}

static bool load_fields(struct db *db, mem_ctx *ctx, struct ticket_extras *ret, struct error *err)
{
    struct record *all = NULL;
    size_t count = 0;
    if (!records_list(db, ctx, record_kind(STR("ticket_fields")), false, &all, &count, err)) {
        return false;
    }
    ret->fields = mem_array(ctx, struct record, count + 1);
    for (size_t i = 0; i < count; i++) {
        if (!all[i].system && record_flag(&all[i], "active", true)) {
            ret->fields[ret->field_count++] = all[i];
        }
    }
    return true;
}

static int64_t default_of(const struct record *list, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (record_flag(&list[i], "default", false)) {
            return list[i].id;
        }
    }
    return 0;
}

bool ticket_extras_load(struct db *db, mem_ctx *ctx, const struct ticket *tickets, size_t count,
                        struct ticket_extras *ret, struct error *err)
{
    struct record *forms = NULL;
    struct record *brands = NULL;
    size_t form_count = 0;
    size_t brand_count = 0;
    const int64_t *ids = ids_of(ctx, tickets, count);
    *ret = (struct ticket_extras){0};
    if (!load_fields(db, ctx, ret, err) ||
        !records_list(db, ctx, record_kind(STR("custom_statuses")), true, &ret->statuses,
                      &ret->status_count, err) ||
        !records_list(db, ctx, record_kind(STR("ticket_forms")), false, &forms, &form_count, err) ||
        !records_list(db, ctx, record_kind(STR("brands")), false, &brands, &brand_count, err) ||
        !field_values(db, ctx, ids, count, ret->fields, ret->field_count, &ret->values,
                      &ret->value_count, err)) {
        return false;
    }
    ret->default_form = default_of(forms, form_count);
    ret->default_brand = default_of(brands, brand_count);
    return true;
}

void ticket_extras_for_requester(struct ticket_extras *x, bool editable)
{
    size_t kept = 0;
    for (size_t i = 0; i < x->field_count; i++) {
        bool shown = record_flag(&x->fields[i], "visible_in_portal", false);
        bool written = record_flag(&x->fields[i], "editable_in_portal", false);
        if (shown && (written || !editable)) {
            x->fields[kept++] = x->fields[i];
        }
    }
    x->field_count = kept;
}

// A closed ticket has the status of solved ones.
static struct str category_of(enum ticket_status status)
{
    return ticket_status_word(status == STATUS_CLOSED ? STATUS_SOLVED : status);
}

static int64_t status_of(const struct ticket_extras *x, const struct ticket *t, int64_t chosen)
{
    int64_t fallback = 0;
    for (size_t i = 0; i < x->status_count; i++) {
        bool fits = str_eq(record_text(&x->statuses[i], "status_category"), category_of(t->status));
        if (fits && x->statuses[i].id == chosen) {
            return chosen;
        }
        if (fits && record_flag(&x->statuses[i], "default", false)) {
            fallback = x->statuses[i].id;
        }
    }
    return fallback;
}

void ticket_fields_write(struct jw *w, const char *key, const struct ticket_extras *x,
                         struct ticket_id id)
{
    jw_field_array(w, key);
    for (size_t i = 0; i < x->field_count; i++) {
        jw_object_begin(w);
        jw_field_i64(w, "id", x->fields[i].id);
        jw_key(w, "value");
        field_value_write(w, &x->fields[i],
                          field_value_of(x->values, x->value_count, x->fields[i].id, id.v));
        jw_object_end(w);
    }
    jw_array_end(w);
}

void ticket_choices_write(struct jw *w, const struct ticket_extras *x, const struct ticket *t)
{
    jw_field_id(w, "custom_status_id", status_of(x, t, t->custom_status));
    jw_field_id(w, "ticket_form_id", t->form != 0 ? t->form : x->default_form);
    jw_field_id(w, "brand_id", t->brand != 0 ? t->brand : x->default_brand);
}

// --- changes ------------------------------------------------------------------------------------

static struct str joined(mem_ctx *ctx, struct str a, struct str b)
{
    return str_printf(ctx, STR_FMT " " STR_FMT, STR_ARG(a), STR_ARG(b));
}

static bool bind_value(struct field_binding *b, const struct record *field, struct jr_value said,
                       struct error *err)
{
    struct str value;
    if (!field_parse(b->mem, field, said, "custom_fields", &value, err)) {
        return false;
    }
    struct str before =
        field_value_of(b->extras.values, b->extras.value_count, field->id, b->ticket.v);
    bool same = str_none(before) == str_none(value) && str_eq(before, value);
    if (same) {
        return true;
    }
    b->changed = mem_grow(b->mem, b->changed, struct ticket_field_change, b->changed_count + 1);
    b->changed[b->changed_count++] = (struct ticket_field_change){field->id, value, before};
    b->remove_tags = joined(b->mem, b->remove_tags, field_tags(field, before));
    b->add_tags = joined(b->mem, b->add_tags, field_tags(field, value));
    return true;
}

// [{"id":1,"value":…}], or the map {"1":…}; fields that nobody defined are passed over.
static struct jr_value said_of(mem_ctx *ctx, struct jr_value list, int64_t field)
{
    if (jr_kind(list) == JR_OBJECT) {
        return jr_get(list, mem_printf(ctx, "%lld", (long long)field));
    }
    struct jr_value said = JR_NONE;
    for (size_t i = 0; i < jr_count(list); i++) {
        int64_t id = 0;
        if (jr_id(jr_get(jr_at(list, i), "id"), &id) && id == field) {
            said = jr_get(jr_at(list, i), "value");
        }
    }
    return said;
}

static bool bind_status(struct field_binding *b, struct jr_value said, struct error *err)
{
    int64_t id = 0;
    if (!jr_id(said, &id)) {
        return true;
    }
    for (size_t i = 0; i < b->extras.status_count; i++) {
        const struct record *status = &b->extras.statuses[i];
        if (status->id == id && record_flag(status, "active", true) &&
            ticket_status_parse(record_text(status, "status_category"), &b->status)) {
            b->set |= SET_CUSTOM_STATUS;
            b->custom_status = id;
            return true;
        }
    }
    return error_field(err, "custom_status_id", "InvalidValue", "Status: is not valid");
}

static bool bind_choice(struct field_binding *b, struct db *db, struct jr_value said,
                        const char *kind, const char *key, int64_t *place, struct error *err)
{
    struct record record;
    struct error ignored;
    int64_t id = 0;
    if (!jr_id(said, &id)) {
        return true;
    }
    if (!record_load(db, b->mem, record_kind(str_c(kind)), id, &record, &ignored)) {
        return error_field(err, key, "InvalidValue", "%s: there is no such one.", key);
    }
    *place = id;
    return true;
}

bool field_binding_read(struct field_binding *b, struct db *db, mem_ctx *mem,
                        const struct actor *actor, struct ticket_id ticket, struct jr_value body,
                        struct error *err)
{
    const struct ticket self = {.id = ticket};
    *b = (struct field_binding){
        .mem = mem, .ticket = ticket, .add_tags = STR(""), .remove_tags = STR("")};
    struct jr_value list = jr_get(body, "custom_fields");
    list = jr_none(list) ? jr_get(body, "fields") : list;
    struct jr_value status = jr_get(body, "custom_status_id");
    struct jr_value form = jr_get(body, "ticket_form_id");
    struct jr_value brand = jr_get(body, "brand_id");
    b->plain = jr_none(status) && !jr_none(jr_get(body, "status"));
    if (jr_none(list) && jr_none(status) && jr_none(form) && jr_none(brand)) {
        return true;
    }
    if (!ticket_extras_load(db, mem, &self, ticket.v == 0 ? 0 : 1, &b->extras, err)) {
        return false;
    }
    if (!actor_is_staff(actor)) {
        ticket_extras_for_requester(&b->extras, true);
    }
    for (size_t i = 0; i < b->extras.field_count; i++) {
        struct jr_value said = said_of(mem, list, b->extras.fields[i].id);
        if (!jr_absent(said) && !bind_value(b, &b->extras.fields[i], said, err)) {
            return false;
        }
    }
    b->set |= jr_none(form) ? 0u : SET_FORM;
    b->set |= jr_none(brand) ? 0u : SET_BRAND;
    return bind_status(b, status, err) &&
           bind_choice(b, db, form, "ticket_forms", "ticket_form_id", &b->form, err) &&
           bind_choice(b, db, brand, "brands", "brand_id", &b->brand, err);
}

void field_binding_carry(const struct field_binding *b, struct ticket_change *change)
{
    struct str none = STR("");
    struct str add = str_none(change->add_tags) ? none : change->add_tags;
    struct str remove = str_none(change->remove_tags) ? none : change->remove_tags;
    struct str gone = words_combine(b->mem, b->remove_tags, none, b->add_tags);
    unsigned set = b->set;
    if ((set & SET_CUSTOM_STATUS) != 0) {
        // Where both are said and do not go together, the plain status counts.
        bool plain = (change->set & SET_STATUS) != 0;
        set &= plain && change->status != b->status ? ~(unsigned)SET_CUSTOM_STATUS : ~0u;
        change->status = plain ? change->status : b->status;
        set |= SET_STATUS;
        change->custom_status = b->custom_status;
    }
    // The status may be the same while its custom one is not wanted any more.
    set |= b->plain && (change->set & SET_STATUS) == 0 ? (unsigned)SET_CUSTOM_STATUS : 0u;
    if (b->changed_count > 0) {
        change->tags_of_fields = str_empty(add);
        change->add_tags = str_trim(joined(b->mem, add, b->add_tags));
        change->remove_tags = str_trim(joined(b->mem, remove, gone));
    }
    change->form = (set & SET_FORM) != 0 ? b->form : change->form;
    change->brand = (set & SET_BRAND) != 0 ? b->brand : change->brand;
    change->set |= set;
    change->fields = b->changed;
    change->field_count = b->changed_count;
}
