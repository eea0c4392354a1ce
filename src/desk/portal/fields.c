// SPDX-License-Identifier: GPL-3.0-or-later
#include "desk/portal/fields.h"

#include "app/say.h"
#include "desk/records/inputs.h"

#define BODY_MAX (1 << 20)

// People and organisations are the desk's to name: a requester who types one would learn who is
// known here.
static bool is_shown(const struct record *field)
{
    return record_flag(field, "visible_in_portal", false) &&
           !str_eq_c(record_text(field, "type"), "lookup");
}

static bool is_editable(const struct record *field)
{
    return is_shown(field) && record_flag(field, "editable_in_portal", false);
}

static struct str label_of(const struct record *field, const char *first, const char *second)
{
    struct str label = record_text(field, first);
    return str_empty(label) ? record_text(field, second) : label;
}

// The form asked for when requesters may choose it; else 0, the default one.
static int64_t form_chosen(struct ctx *ctx, const struct ticket_records *all)
{
    struct str said = http_form(ctx->req, "form");
    int64_t id = 0;
    if (!str_to_i64(str_none(said) ? http_param(ctx->req, "form") : said, &id)) {
        return 0;
    }
    for (size_t i = 0; i < all->form_count; i++) {
        if (all->forms[i].id == id && record_flag(&all->forms[i], "end_user_visible", false)) {
            return id;
        }
    }
    return 0;
}

static bool load(struct ctx *ctx, struct ticket_records *all, int64_t *form,
                 const struct record ***fields, size_t *count, struct error *err)
{
    if (!ticket_records_load(ctx->db, ctx->mem, 0, all, err)) {
        return false;
    }
    *form = form_chosen(ctx, all);
    ticket_form_fields(ctx->mem, all, *form, fields, count);
    return true;
}

bool portal_fields_ask(struct ctx *ctx, struct vm_ask *vm, struct error *err)
{
    struct ticket_records all;
    const struct record **fields = NULL;
    size_t count = 0;
    if (!load(ctx, &all, &vm->form, &fields, &count, err)) {
        return false;
    }
    vm->forms = mem_array(ctx->mem, struct vm_option, all.form_count + 1);
    for (size_t i = 0; i < all.form_count; i++) {
        const struct record *one = &all.forms[i];
        bool standard = record_flag(one, "default", false);
        if (record_flag(one, "end_user_visible", false)) {
            vm->forms[vm->form_count++] =
                (struct vm_option){str_printf(ctx->mem, "%lld", (long long)one->id),
                                   label_of(one, "display_name", "name"),
                                   vm->form == one->id || (vm->form == 0 && standard)};
        }
    }
    vm->fields.items = mem_array(ctx->mem, struct vm_input, count + 1);
    for (size_t i = 0; i < count; i++) {
        struct vm_input *input = &vm->fields.items[vm->fields.count];
        struct str typed;
        bool changed = false;
        if (!is_editable(fields[i])) {
            continue;
        }
        if (!field_input(ctx, fields[i], STR_NONE, input, err)) {
            return false;
        }
        input->label = label_of(fields[i], "title_in_portal", "title");
        input->required = false;
        if (field_sent(ctx, fields[i], &typed, &changed)) {
            field_input_retype(input, typed);
        }
        vm->fields.count++;
    }
    return true;
}

bool portal_fields_read(struct ctx *ctx, struct jr_value *ret, struct error *err)
{
    struct ticket_records all;
    const struct record **fields = NULL;
    size_t count = 0;
    int64_t form = 0;
    struct buf out;
    struct jw w;
    if (!load(ctx, &all, &form, &fields, &count, err)) {
        return false;
    }
    buf_init(&out, ctx->mem, BODY_MAX);
    jw_init(&w, &out);
    jw_object_begin(&w);
    if (form != 0) {
        jw_field_i64(&w, "ticket_form_id", form);
    }
    jw_field_array(&w, "custom_fields");
    for (size_t i = 0; i < count; i++) {
        struct str typed;
        bool changed = false;
        if (is_editable(fields[i]) && field_sent(ctx, fields[i], &typed, &changed) && changed &&
            !field_sent_write(ctx, &w, fields[i], typed, err)) {
            return false;
        }
    }
    jw_array_end(&w);
    jw_object_end(&w);
    return jr_parse(ctx->mem, buf_str(&out), ret, err);
}

// What an option is called, "yes" for a ticked box; the value itself for the rest.
static struct str value_words(struct ctx *ctx, const struct record *field, struct str value)
{
    struct jr_value options = jr_get(field->doc, "custom_field_options");
    struct buf out;
    if (str_eq_c(record_text(field, "type"), "checkbox")) {
        return str_eq_c(value, "true") ? say_words(ctx, "Yes") : STR("");
    }
    if (jr_count(options) == 0) {
        return value;
    }
    buf_init(&out, ctx->mem, BODY_MAX);
    for (size_t i = 0; i < jr_count(options); i++) {
        struct str rest = value;
        struct str one;
        while (str_next(&rest, ' ', &one)) {
            if (str_eq(one, jr_text(jr_get(jr_at(options, i), "value")))) {
                buf_put_c(&out, out.len > 0 ? ", " : "");
                buf_put(&out, jr_text(jr_get(jr_at(options, i), "name")));
            }
        }
    }
    return buf_str(&out);
}

bool portal_fields_show(struct ctx *ctx, const struct ticket *ticket, struct vm_inputs *ret,
                        struct error *err)
{
    struct ticket_records all;
    const struct record **fields = NULL;
    size_t count = 0;
    if (!ticket_records_load(ctx->db, ctx->mem, ticket->id.v, &all, err)) {
        return false;
    }
    ticket_form_fields(ctx->mem, &all, ticket->form, &fields, &count);
    ret->items = mem_array(ctx->mem, struct vm_input, count + 1);
    for (size_t i = 0; i < count; i++) {
        struct str value = field_value_of(all.values, all.value_count, fields[i]->id, ticket->id.v);
        struct str words = str_none(value) ? STR("") : value_words(ctx, fields[i], value);
        if (is_shown(fields[i]) && words.len > 0) {
            ret->items[ret->count++] = (struct vm_input){
                .label = label_of(fields[i], "title_in_portal", "title"), .value = words};
        }
    }
    return true;
}
