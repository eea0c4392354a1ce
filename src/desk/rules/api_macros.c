// SPDX-License-Identifier: GPL-3.0-or-later
//
// JSON handlers of macros alone: what one would do to a ticket, and how they are arranged.
#include "base/words.h"
#include "desk/rules/api.h"
#include "desk/rules/api_internal.h"
#include "desk/rules/macros.h"
#include "desk/tickets/api_list.h"

static void write_comment(struct jw *w, const struct new_comment *comment)
{
    jw_field_object(w, "comment");
    jw_field_str(w, "body", comment->body);
    if (!str_none(comment->html.markup)) {
        jw_field_str(w, "html_body", comment->html.markup);
    }
    jw_field_bool(w, "public", comment->is_public);
    jw_field_array(w, "scoped_body");
    jw_array_begin(w);
    jw_c(w, "channel:all");
    jw_str(w, comment->body);
    jw_array_end(w);
    jw_array_end(w);
    jw_object_end(w);
}

static void write_fields(struct jw *w, const struct ticket_change *change)
{
    if ((change->set & SET_STATUS) != 0) {
        jw_field_str(w, "status", ticket_status_word(change->status));
    }
    if ((change->set & SET_PRIORITY) != 0) {
        jw_field_str(w, "priority", ticket_priority_word(change->priority));
    }
    if ((change->set & SET_TYPE) != 0) {
        jw_field_str(w, "type", ticket_type_word(change->type));
    }
    if ((change->set & SET_GROUP) != 0) {
        jw_field_id(w, "group_id", change->group.v);
    }
    if ((change->set & SET_ASSIGNEE) != 0) {
        jw_field_id(w, "assignee_id", change->assignee.v);
    }
    if ((change->set & SET_SUBJECT) != 0) {
        jw_field_str(w, "subject", change->subject);
    }
    if ((change->set & SET_CUSTOM_STATUS) != 0) {
        jw_field_id(w, "custom_status_id", change->custom_status);
    }
    if ((change->set & SET_FORM) != 0) {
        jw_field_id(w, "ticket_form_id", change->form);
    }
    if ((change->set & SET_BRAND) != 0) {
        jw_field_id(w, "brand_id", change->brand);
    }
}

static void write_customs(struct jw *w, const struct rule *macro,
                          const struct ticket_change *change)
{
    jw_field_array(w, "custom_fields");
    for (size_t i = 0; i < change->field_count; i++) {
        for (size_t k = 0; k < macro->action_count; k++) {
            const struct rule_action *action = &macro->actions[k];
            if (action->field != ACTION_CUSTOM || action->record->id != change->fields[i].field) {
                continue;
            }
            jw_object_begin(w);
            jw_field_i64(w, "id", action->record->id);
            jw_key(w, "value");
            field_value_write(w, action->record, change->fields[i].value);
            jw_object_end(w);
            break;
        }
    }
    jw_array_end(w);
}

static void write_change(struct ctx *ctx, struct jw *w, const struct rule *macro,
                         const struct ticket *ticket, const struct ticket_change *change)
{
    bool tags = (change->set & SET_TAGS) != 0 || !str_empty(str_trim(change->add_tags)) ||
                !str_empty(str_trim(change->remove_tags));
    jw_field_i64(w, "id", ticket->id.v);
    write_fields(w, change);
    if (change->field_count > 0) {
        write_customs(w, macro, change);
    }
    if (tags) {
        struct str base = (change->set & SET_TAGS) != 0 ? change->tags : ticket->tags;
        jw_field_words(w, "tags",
                       words_combine(ctx->mem, base, change->add_tags, change->remove_tags));
    }
    if (change->comment != NULL) {
        write_comment(w, change->comment);
    }
    jw_field_object(w, "fields");
    write_fields(w, change);
    jw_object_end(w);
}

static bool load_macro(struct ctx *ctx, int64_t id, const struct rule **ret, struct error *err)
{
    return api_rule_load(ctx, RULE_MACRO, id, ret, err);
}

// GET /api/v2/macros/{macro:id}/apply: what it sets, seen alone.
bool api_macro_apply(struct ctx *ctx, struct error *err)
{
    const struct rule *macro = NULL;
    struct ticket none = {.tags = STR(""), .subject = STR(""), .channel = STR("")};
    struct ticket_change change;
    struct jw w;
    if (!load_macro(ctx, ctx->path.ids[0], &macro, err) ||
        !macro_change(desk_of(ctx), ctx->db, ctx->mem, &ctx->actor, &none, macro, &change, err)) {
        return false;
    }
    api_begin(ctx, &w);
    jw_field_object(&w, "result");
    jw_field_object(&w, "ticket");
    write_change(ctx, &w, macro, &none, &change);
    jw_object_end(&w);
    jw_object_end(&w);
    return api_end(ctx, &w, err);
}

// The ticket as it would be, for showing: what permission and rules say comes with the update.
static void foresee(struct ctx *ctx, struct ticket *t, const struct ticket_change *change)
{
    t->status = (change->set & SET_STATUS) != 0 ? change->status : t->status;
    t->priority = (change->set & SET_PRIORITY) != 0 ? change->priority : t->priority;
    t->type = (change->set & SET_TYPE) != 0 ? change->type : t->type;
    t->group = (change->set & SET_GROUP) != 0 ? change->group : t->group;
    t->assignee = (change->set & SET_ASSIGNEE) != 0 ? change->assignee : t->assignee;
    t->subject = (change->set & SET_SUBJECT) != 0 ? change->subject : t->subject;
    t->custom_status =
        (change->set & SET_CUSTOM_STATUS) != 0 ? change->custom_status : t->custom_status;
    t->form = (change->set & SET_FORM) != 0 ? change->form : t->form;
    t->brand = (change->set & SET_BRAND) != 0 ? change->brand : t->brand;
    struct str base = (change->set & SET_TAGS) != 0 ? change->tags : t->tags;
    t->tags = words_combine(ctx->mem, base, change->add_tags, change->remove_tags);
}

static void foresee_fields(struct ctx *ctx, struct ticket_extras *x, struct ticket_id ticket,
                           const struct ticket_change *change)
{
    struct field_value *values =
        mem_array(ctx->mem, struct field_value, change->field_count + x->value_count + 1);
    size_t count = 0;
    for (size_t i = 0; i < change->field_count; i++) {
        const struct ticket_field_change *one = &change->fields[i];
        values[count++] = (struct field_value){one->field, ticket.v, one->value};
    }
    for (size_t i = 0; i < x->value_count; i++) {
        values[count++] = x->values[i];
    }
    x->values = values;
    x->value_count = count;
}

// GET /api/v2/tickets/{ticket:id}/macros/{macro:id}/apply: the ticket after it; nothing is written.
bool api_ticket_macro_apply(struct ctx *ctx, struct error *err)
{
    const struct rule *macro = NULL;
    struct ticket ticket;
    struct ticket_change change;
    struct api_tickets set;
    struct jw w;
    if (!ticket_load(ctx->db, ctx->mem, &ctx->actor, (struct ticket_id){ctx->path.ids[0]}, &ticket,
                     err) ||
        !load_macro(ctx, ctx->path.ids[1], &macro, err) ||
        !macro_change(desk_of(ctx), ctx->db, ctx->mem, &ctx->actor, &ticket, macro, &change, err)) {
        return false;
    }
    foresee(ctx, &ticket, &change);
    if (!api_tickets_load(ctx, &ticket, 1, &set, err)) {
        return false;
    }
    foresee_fields(ctx, &set.extras, ticket.id, &change);
    api_begin(ctx, &w);
    jw_field_object(&w, "result");
    jw_key(&w, "ticket");
    api_ticket_write(ctx, &w, &set, &ticket);
    if (change.comment != NULL) {
        write_comment(&w, change.comment);
    }
    jw_object_end(&w);
    return api_end(ctx, &w, err);
}

// GET /api/v2/macros/categories: what stands before "::" in titles.
bool api_macro_categories(struct ctx *ctx, struct error *err)
{
    const struct rule_book *book = NULL;
    struct jw w;
    if (!api_rules_read(ctx, &book, err)) {
        return false;
    }
    struct str *seen = mem_array(ctx->mem, struct str, book->count + 1);
    size_t count = 0;
    api_begin(ctx, &w);
    jw_field_array(&w, "categories");
    for (size_t i = 0; i < book->count; i++) {
        const struct rule *rule = &book->rules[i];
        ptrdiff_t at = str_find(rule->title, STR("::"));
        if (rule->kind != RULE_MACRO || at < 0 || !rule_may_see(rule, &ctx->actor)) {
            continue;
        }
        struct str name = str_trim(str_sub(rule->title, 0, (size_t)at));
        bool known = false;
        for (size_t k = 0; k < count && !known; k++) {
            known = str_eq(seen[k], name);
        }
        if (!known) {
            seen[count++] = name;
            jw_str(&w, name);
        }
    }
    jw_array_end(&w);
    return api_end(ctx, &w, err);
}

// GET /api/v2/macros/new?macro_id=: a copy to begin with.
bool api_macro_new(struct ctx *ctx, struct error *err)
{
    const struct rule *macro = NULL;
    struct jw w;
    int64_t id = 0;
    struct rule blank = {.kind = RULE_MACRO, .title = STR(""), .active = true};
    if (str_to_i64(http_param(ctx->req, "macro_id"), &id)) {
        if (!load_macro(ctx, id, &macro, err)) {
            return false;
        }
        blank = *macro;
        blank.id.v = 0;
    }
    api_begin(ctx, &w);
    jw_key(&w, "macro");
    api_rule_write(ctx, &w, &blank);
    return api_end(ctx, &w, err);
}
