// SPDX-License-Identifier: GPL-3.0-or-later
//
// Arranging services: their order, their forms, versions.
#include "desk/catalogue/catalogue.h"
#include "desk/catalogue/catalogue_internal.h"
#include "desk/desk.h"

enum { NAME_MOST = 120, SUMMARY_MOST = 300 };

static bool admins_only(const struct actor *actor, struct error *err)
{
    return actor_is_admin(actor) ||
           error_set(err, ERR_FORBIDDEN, "Only administrators arrange services.");
}

static bool name_fits(struct str name, struct error *err)
{
    return (name.len > 0 && name.len <= NAME_MOST) ||
           error_field(err, "name", "BlankValue", "Please give the service a short name.");
}

static bool put_field(struct db *tx, int64_t form, int64_t position, const struct form_field *field,
                      struct error *err)
{
    struct field_put_in in = {.form_id = form,
                              .mark = field->mark,
                              .position = position,
                              .kind = ask_kind_word(field->kind),
                              .label = field->label,
                              .hint = field->hint,
                              .required = field->required,
                              .choices = field->choices,
                              .preset = field->preset,
                              .when_mark = field->when_mark,
                              .when_value = field->when_value};
    return field_put(tx, &in, err);
}

static bool put_fields(struct db *tx, const struct form *form, struct error *err)
{
    if (!fields_delete(tx, form->id, err)) {
        return false;
    }
    for (size_t i = 0; i < form->field_count; i++) {
        if (!put_field(tx, form->id, (int64_t)i + 1, &form->fields[i], err)) {
            return false;
        }
    }
    return true;
}

bool service_make(struct desk *desk, struct db *tx, mem_ctx *ctx, const struct actor *actor,
                  struct str name, struct object_id *ret, struct error *err)
{
    struct service_row *rows = NULL;
    size_t count = 0;
    struct object_id id = {db_next_id(tx)};
    int64_t form = db_next_id(tx);
    int64_t now = clock_now(desk->tickets.clock);
    struct form_field first = {.mark = 1,
                               .kind = ASK_LONG,
                               .label = STR("What do you need?"),
                               .hint = STR(""),
                               .required = true,
                               .choices = STR(""),
                               .preset = STR(""),
                               .when_value = STR("")};
    if (!admins_only(actor, err) || !name_fits(name, err) ||
        !services_all(tx, ctx, &rows, &count, err)) {
        return false;
    }
    if (count >= SERVICES_MOST) {
        return error_field(err, "name", "TooMany", "There are too many services already.");
    }
    *ret = id;
    return service_insert(tx, id, name, STR(""), now, err) &&
           form_insert(tx, form, id, 1, actor->user, now, err) &&
           put_field(tx, form, 1, &first, err);
}

bool service_store(struct db *tx, mem_ctx *ctx, const struct actor *actor,
                   const struct service *service, struct error *err)
{
    struct service before;
    struct form_row row;
    bool found = false;
    if (!admins_only(actor, err) || !service_load(tx, ctx, actor, service->id, &before, err) ||
        !name_fits(service->name, err) ||
        !form_published(tx, ctx, service->id, &row, &found, err)) {
        return false;
    }
    if (service->open && !found) {
        return error_field(err, "open", "InvalidValue",
                           "Publish the form first; then people can ask with it.");
    }
    return service_update(tx, service->id, service->name,
                          str_utf8_clip(service->summary, SUMMARY_MOST), service->open, err);
}

bool service_move(struct db *tx, mem_ctx *ctx, const struct actor *actor, struct object_id id,
                  bool up, struct error *err)
{
    struct service_row *rows = NULL;
    size_t count = 0;
    size_t at = 0;
    if (!admins_only(actor, err) || !services_all(tx, ctx, &rows, &count, err)) {
        return false;
    }
    while (at < count && rows[at].id.v != id.v) {
        at++;
    }
    if (at == count) {
        return error_set(err, ERR_NOT_FOUND, "There is no such service.");
    }
    size_t to = up ? at - 1 : at + 1;
    if ((up && at == 0) || to >= count) {
        return true;
    }
    struct service_row moved = rows[at];
    rows[at] = rows[to];
    rows[to] = moved;
    for (size_t i = 0; i < count; i++) {
        if (rows[i].position != (int64_t)i + 1 &&
            !service_place(tx, rows[i].id, (int64_t)i + 1, err)) {
            return false;
        }
    }
    return true;
}

// --- forms --------------------------------------------------------------------------------------

// The draft; one is made of the newest version where there is none.
static bool take_draft(struct desk *desk, struct db *tx, mem_ctx *ctx, const struct actor *actor,
                       struct object_id service, struct form *ret, struct error *err)
{
    struct form_row row;
    bool found = false;
    if (!form_newest(tx, ctx, service, &row, &found, err)) {
        return false;
    }
    if (!found) {
        return error_set(err, ERR_NOT_FOUND, "There is no such service.");
    }
    if (!form_of_row(tx, ctx, &row, ret, err)) {
        return false;
    }
    if (ret->draft) {
        return true;
    }
    ret->id = db_next_id(tx);
    ret->number++;
    ret->draft = true;
    return form_insert(tx, ret->id, service, ret->number, actor->user,
                       clock_now(desk->tickets.clock), err);
}

// Each condition names a field that stands before, and an answer that it can have.
static bool conditions_hold(const struct form *form, struct error *err)
{
    for (size_t i = 0; i < form->field_count; i++) {
        const struct form_field *field = &form->fields[i];
        bool before = field->when_mark == 0;
        for (size_t k = 0; k < i; k++) {
            before = before || form->fields[k].mark == field->when_mark;
        }
        if (!before) {
            return error_field(err, "when", "InvalidValue",
                               "A question can depend only on one that stands before it.");
        }
    }
    return true;
}

static bool field_fits(const struct form_field *field, struct error *err)
{
    if (field->label.len == 0 || field->label.len > LABEL_MOST || field->hint.len > HINT_MOST) {
        return error_field(err, "label", "BlankValue", "Please write the question, in short.");
    }
    if (field->kind == ASK_CHOICE &&
        (str_trim(field->choices).len == 0 || field->choices.len > CHOICES_MOST)) {
        return error_field(err, "choices", "BlankValue",
                           "Please write what can be chosen, a line each.");
    }
    return true;
}

static int64_t next_mark(const struct form *form)
{
    int64_t most = 0;
    for (size_t i = 0; i < form->field_count; i++) {
        most = form->fields[i].mark > most ? form->fields[i].mark : most;
    }
    return most + 1;
}

static bool add_field(struct form *form, const struct form_field *field, struct error *err)
{
    if (form->field_count >= FIELDS_MOST) {
        return error_field(err, "label", "TooMany", "The form is long enough.");
    }
    form->fields[form->field_count] = *field;
    form->fields[form->field_count].mark = next_mark(form);
    form->field_count++;
    return true;
}

static void swap(struct form *form, size_t a, size_t b)
{
    struct form_field field = form->fields[a];
    if (a < form->field_count && b < form->field_count) {
        form->fields[a] = form->fields[b];
        form->fields[b] = field;
    }
}

static void change_at(struct form *form, size_t at, enum field_change change,
                      const struct form_field *field)
{
    switch (change) {
    case QUESTION_SAVE:
        form->fields[at] = *field;
        break;
    case QUESTION_UP:
        swap(form, at, at - 1);
        break;
    case QUESTION_DOWN:
        swap(form, at, at + 1);
        break;
    case QUESTION_REMOVE:
        for (size_t i = at + 1; i < form->field_count; i++) {
            form->fields[i - 1] = form->fields[i];
        }
        form->field_count--;
        break;
    case QUESTION_ADD:
        break;
    }
}

bool field_change(struct desk *desk, struct db *tx, mem_ctx *ctx, const struct actor *actor,
                  const struct field_edit *edit, struct error *err)
{
    const struct form_field *field = &edit->field;
    enum field_change change = edit->change;
    struct form form;
    size_t at = 0;
    bool writes = change == QUESTION_ADD || change == QUESTION_SAVE;
    if (!admins_only(actor, err) || (writes && !field_fits(field, err)) ||
        !take_draft(desk, tx, ctx, actor, edit->service, &form, err)) {
        return false;
    }
    while (at < form.field_count && form.fields[at].mark != field->mark) {
        at++;
    }
    if (change == QUESTION_ADD) {
        if (!add_field(&form, field, err)) {
            return false;
        }
    } else if (at == form.field_count) {
        return error_set(err, ERR_CONFLICT, "Somebody removed this question meanwhile.");
    } else {
        change_at(&form, at, change, field);
    }
    return conditions_hold(&form, err) && put_fields(tx, &form, err);
}

static bool load_draft(struct db *tx, mem_ctx *ctx, const struct actor *actor,
                       struct object_id service, struct form *ret, struct error *err)
{
    if (!admins_only(actor, err) || !form_version(tx, ctx, actor, service, 0, ret, err)) {
        return false;
    }
    return ret->draft || error_set(err, ERR_CONFLICT, "There is no draft: nothing was changed.");
}

bool form_publish_draft(struct desk *desk, struct db *tx, mem_ctx *ctx, const struct actor *actor,
                        struct object_id service, struct error *err)
{
    struct form form;
    if (!load_draft(tx, ctx, actor, service, &form, err)) {
        return false;
    }
    if (form.field_count == 0) {
        return error_field(err, "base", "BlankValue", "A form needs a question.");
    }
    return form_publish(tx, form.id, actor->user, clock_now(desk->tickets.clock), err);
}

bool form_drop_draft(struct db *tx, mem_ctx *ctx, const struct actor *actor,
                     struct object_id service, struct error *err)
{
    struct form form;
    if (!load_draft(tx, ctx, actor, service, &form, err)) {
        return false;
    }
    if (form.number == 1) {
        return error_field(err, "base", "InvalidValue",
                           "This service has no other version of its form.");
    }
    return fields_delete(tx, form.id, err) && form_discard(tx, form.id, err);
}
