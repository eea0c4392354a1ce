// SPDX-License-Identifier: GPL-3.0-or-later
//
// Custom fields in a change: what it says of them, and what taking tags away clears.
#include "base/words.h"
#include "desk/records/records.h"
#include "desk/tickets/apply_internal.h"

static bool is_named(const struct apply *a, int64_t field)
{
    for (size_t i = 0; i < a->field_count; i++) {
        if (a->fields[i].field == field) {
            return true;
        }
    }
    return false;
}

static void add_field(struct apply *a, struct ticket_field_change change)
{
    a->fields = mem_grow(a->ctx, a->fields, struct ticket_field_change, a->field_count + 1);
    a->fields[a->field_count++] = change;
}

// A value is its tag, too: of a multiselect the other options stay, anything else is cleared.
static struct str left_of(struct apply *a, const struct record *field, struct str value,
                          struct str gone)
{
    struct str rest = words_combine(a->ctx, value, STR(""), gone);
    bool several = str_eq_c(record_text(field, "type"), "multiselect");
    return several && !str_empty(rest) ? rest : STR_NONE;
}

static bool clear_untagged(struct apply *a, struct str gone, struct error *err)
{
    struct record *fields = NULL;
    struct field_value *values = NULL;
    size_t field_count = 0;
    size_t value_count = 0;
    if (!records_list(a->tx, a->ctx, record_kind(STR("ticket_fields")), false, &fields,
                      &field_count, err) ||
        !field_values(a->tx, a->ctx, &a->before.id.v, 1, fields, field_count, &values, &value_count,
                      err)) {
        return false;
    }
    for (size_t i = 0; i < field_count; i++) {
        struct str value = field_value_of(values, value_count, fields[i].id, a->before.id.v);
        struct str tags = str_none(value) ? STR("") : field_tags(&fields[i], value);
        struct str kept = words_combine(a->ctx, tags, STR(""), gone);
        if (!str_eq(kept, words_normalise(a->ctx, tags)) && !is_named(a, fields[i].id)) {
            add_field(a, (struct ticket_field_change){fields[i].id,
                                                      left_of(a, &fields[i], value, gone), value});
        }
    }
    return true;
}

bool apply_fields_derive(struct apply *a, struct error *err)
{
    for (size_t i = 0; i < a->change->field_count; i++) {
        add_field(a, a->change->fields[i]);
    }
    struct str gone =
        a->created ? STR("") : words_combine(a->ctx, a->before.tags, STR(""), a->after.tags);
    return str_empty(gone) || clear_untagged(a, gone, err);
}

bool apply_fields_write(struct apply *a, struct error *err)
{
    for (size_t i = 0; i < a->field_count; i++) {
        if (!field_store(a->tx, a->fields[i].field, a->after.id.v, a->fields[i].value, err)) {
            return false;
        }
    }
    return true;
}
