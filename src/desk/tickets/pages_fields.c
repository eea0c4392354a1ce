// SPDX-License-Identifier: GPL-3.0-or-later
#include "desk/tickets/pages_fields.h"

#include "app/say.h"
#include "desk/records/inputs.h"
#include "desk/tickets/pages_internal.h"
#include "view/put.h"

#define BODY_MAX (1 << 20)

struct reading {
    struct ctx *ctx;
    struct ticket_records all;
    int64_t ticket;
    int64_t form;    // as typed, or the ticket's
    int64_t stored;  // the ticket's
    bool typed;
};

// What a field would have: what was typed, else what is stored.
static struct str value_of(const void *arg, int64_t field)
{
    const struct reading *r = arg;
    struct str value = field_value_of(r->all.values, r->all.value_count, field, r->ticket);
    struct str typed;
    bool changed = false;
    for (size_t i = 0; r->typed && i < r->all.field_count; i++) {
        if (r->all.fields[i].id == field &&
            field_sent(r->ctx, &r->all.fields[i], &typed, &changed) && changed) {
            value = typed;
        }
    }
    return value;
}

static int64_t form_chosen(struct ctx *ctx, int64_t otherwise)
{
    int64_t form = 0;
    return str_to_i64(http_form(ctx->req, "form"), &form) ? form : otherwise;
}

static bool begin(struct ctx *ctx, const struct ticket *ticket, bool typed, struct reading *ret,
                  struct error *err)
{
    *ret = (struct reading){.ctx = ctx, .ticket = ticket->id.v, .typed = typed};
    if (!ticket_records_load(ctx->db, ctx->mem, ticket->id.v, &ret->all, err)) {
        return false;
    }
    ret->stored = ticket->form;
    ret->form = typed ? form_chosen(ctx, ticket->form) : ticket->form;
    return true;
}

// --- showing ------------------------------------------------------------------------------------

// The statuses of this ticket's category and the others, each custom one behind its own.
static void fill_statuses(struct ctx *ctx, const struct ticket *ticket, const struct reading *r,
                          struct vm_options *statuses, struct vm_ticket_fields *ret)
{
    struct vm_options list = {0};
    list.items = mem_array(ctx->mem, struct vm_option, statuses->count + r->all.status_count + 1);
    for (size_t i = 0; i < statuses->count; i++) {
        list.items[list.count++] = statuses->items[i];
        size_t plain = list.count - 1;
        for (size_t k = 0; k < r->all.status_count; k++) {
            const struct record *one = &r->all.statuses[k];
            bool fits = str_eq(record_text(one, "status_category"), statuses->items[i].value);
            bool chosen = fits && one->id == ticket->custom_status &&
                          str_eq(statuses->items[i].value, ticket_status_word(ticket->status));
            if (!fits || one->system) {
                continue;
            }
            list.items[list.count++] =
                (struct vm_option){str_printf(ctx->mem, "%lld", (long long)one->id),
                                   record_text(one, "agent_label"), chosen};
            if (chosen) {
                list.items[plain].selected = false;
                ret->status_label = record_text(one, "agent_label");
            }
        }
    }
    for (size_t i = 0; i < list.count; i++) {
        ret->status_was = list.items[i].selected ? list.items[i].value : ret->status_was;
    }
    *statuses = list;
}

static void fill_forms(struct ctx *ctx, const struct reading *r, struct vm_ticket_fields *ret)
{
    ret->forms.items = mem_array(ctx->mem, struct vm_option, r->all.form_count + 1);
    for (size_t i = 0; r->all.form_count > 1 && i < r->all.form_count; i++) {
        const struct record *form = &r->all.forms[i];
        bool standard = record_flag(form, "default", false);
        ret->forms.items[ret->forms.count++] = (struct vm_option){
            str_printf(ctx->mem, "%lld", (long long)form->id), record_text(form, "name"),
            r->form == form->id || (r->form == 0 && standard)};
    }
}

bool fields_fill(struct ctx *ctx, const struct ticket *ticket, bool typed,
                 struct vm_ticket_fields *ret, struct vm_options *statuses, struct error *err)
{
    struct reading r;
    const struct record **fields = NULL;
    size_t count = 0;
    *ret = (struct vm_ticket_fields){.status_label = STR(""), .status_was = STR("")};
    if (!begin(ctx, ticket, typed, &r, err)) {
        return false;
    }
    fill_statuses(ctx, ticket, &r, statuses, ret);
    fill_forms(ctx, &r, ret);
    ticket_form_fields(ctx->mem, &r.all, r.form, &fields, &count);
    ret->inputs.items = mem_array(ctx->mem, struct vm_input, count + 1);
    for (size_t i = 0; i < count; i++) {
        struct vm_input *input = &ret->inputs.items[ret->inputs.count];
        struct str stored =
            field_value_of(r.all.values, r.all.value_count, fields[i]->id, ticket->id.v);
        struct str sent;
        bool changed = false;
        if (!ticket_form_shows(&r.all, r.form, fields[i]->id, value_of, &r)) {
            continue;
        }
        if (!field_input(ctx, fields[i], stored, input, err)) {
            return false;
        }
        if (typed && field_sent(ctx, fields[i], &sent, &changed)) {
            field_input_retype(input, sent);
        }
        ret->inputs.count++;
    }
    return true;
}

// --- reading ------------------------------------------------------------------------------------

bool fields_status(struct ctx *ctx, enum ticket_status *ret)
{
    struct record one;
    struct error ignored;
    int64_t id = 0;
    return str_to_i64(http_form(ctx->req, "status"), &id) &&
           record_load(ctx->db, ctx->mem, record_kind(STR("custom_statuses")), id, &one,
                       &ignored) &&
           ticket_status_parse(record_text(&one, "status_category"), ret);
}

bool fields_read(struct ctx *ctx, const struct ticket *ticket, struct jr_value *ret,
                 struct error *err)
{
    struct reading r;
    struct buf out;
    struct jw w;
    struct str status = http_form(ctx->req, "status");
    struct str status_was = http_form(ctx->req, "was-status");
    int64_t custom = 0;
    if (!begin(ctx, ticket, true, &r, err)) {
        return false;
    }
    buf_init(&out, ctx->mem, BODY_MAX);
    jw_init(&w, &out);
    jw_object_begin(&w);
    if (!str_none(status) && !str_eq(status, status_was)) {
        if (str_to_i64(status, &custom)) {
            jw_field_i64(&w, "custom_status_id", custom);
        } else {
            jw_field_str(&w, "status", status);
        }
    }
    if (r.form != r.stored) {
        jw_field_i64(&w, "ticket_form_id", r.form);
    }
    jw_field_array(&w, "custom_fields");
    for (size_t i = 0; i < r.all.field_count; i++) {
        struct str typed;
        bool changed = false;
        if (field_sent(ctx, &r.all.fields[i], &typed, &changed) && changed &&
            !field_sent_write(ctx, &w, &r.all.fields[i], typed, err)) {
            return false;
        }
    }
    jw_array_end(&w);
    jw_object_end(&w);
    return jr_parse(ctx->mem, buf_str(&out), ret, err);
}

bool fields_complete(struct ctx *ctx, const struct ticket *ticket, struct error *err)
{
    struct reading r;
    struct buf names;
    const struct record **fields = NULL;
    size_t count = 0;
    buf_init(&names, ctx->mem, 4096);
    if (!begin(ctx, ticket, true, &r, err)) {
        return false;
    }
    ticket_form_fields(ctx->mem, &r.all, r.form, &fields, &count);
    for (size_t i = 0; i < count; i++) {
        struct str value = value_of(&r, fields[i]->id);
        bool ticked =
            !str_eq_c(record_text(fields[i], "type"), "checkbox") || str_eq_c(value, "true");
        if (record_flag(fields[i], "required", false) && (str_empty(value) || !ticked) &&
            ticket_form_shows(&r.all, r.form, fields[i]->id, value_of, &r)) {
            buf_put_c(&names, names.len > 0 ? ", " : "");
            buf_put(&names, record_text(fields[i], "title"));
        }
    }
    if (names.len == 0) {
        return true;
    }
    const struct view_arg list = {"names", view_value_str(buf_str(&names))};
    struct str words = say_with(
        ctx, "Needed before it is solved, and still empty: {names}. Nothing was saved yet.", &list,
        1);
    return error_set(err, ERR_INVALID, "%.*s", STR_ARG(words));
}
