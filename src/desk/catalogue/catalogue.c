// SPDX-License-Identifier: GPL-3.0-or-later
//
// Reading services and forms, and asking for one.
#include "desk/catalogue/catalogue.h"

#include "desk/catalogue/catalogue_internal.h"
#include "desk/desk.h"
#include "desk/fulfil/fulfil.h"
#include "mail/address.h"
#include "view/view.h"

enum { SUBJECT_ANSWER_MOST = 60 };

static const char *const KINDS[ASK_KINDS] = {"text", "long",   "choice", "yes",
                                             "date", "number", "person", "file"};

struct str ask_kind_word(enum ask_kind kind)
{
    return str_c(KINDS[kind]);
}

bool ask_kind_parse(struct str word, enum ask_kind *ret)
{
    for (size_t i = 0; i < ASK_KINDS; i++) {
        if (str_eq_c(word, KINDS[i])) {
            *ret = (enum ask_kind)i;
            return true;
        }
    }
    return false;
}

// --- reading ------------------------------------------------------------------------------------

static struct service from_row(const struct service_row *row)
{
    return (struct service){
        .id = row->id, .name = row->name, .summary = row->summary, .open = row->is_open};
}

bool services_list(struct db *db, mem_ctx *ctx, const struct actor *actor, struct service **ret,
                   size_t *ret_count, struct error *err)
{
    struct service_row *rows = NULL;
    size_t count = 0;
    if (!services_all(db, ctx, &rows, &count, err)) {
        return false;
    }
    *ret = mem_array(ctx, struct service, count + 1);
    *ret_count = 0;
    for (size_t i = 0; i < count; i++) {
        if (rows[i].is_open || actor_is_admin(actor)) {
            (*ret)[(*ret_count)++] = from_row(&rows[i]);
        }
    }
    return true;
}

bool service_load(struct db *db, mem_ctx *ctx, const struct actor *actor, struct object_id id,
                  struct service *ret, struct error *err)
{
    struct service_row row;
    bool found = false;
    if (!service_by_id(db, ctx, id, &row, &found, err)) {
        return false;
    }
    if (!found || (!row.is_open && !actor_is_admin(actor))) {
        return error_set(err, ERR_NOT_FOUND, "We do not offer this service, or not any more.");
    }
    *ret = from_row(&row);
    return true;
}

bool form_of_row(struct db *db, mem_ctx *ctx, const struct form_row *row, struct form *ret,
                 struct error *err)
{
    struct fields_of_form_row *rows = NULL;
    size_t count = 0;
    *ret = (struct form){.id = row->id,
                         .service = row->service_id,
                         .number = row->number,
                         .draft = str_eq_c(row->state, "draft")};
    if (!fields_of_form(db, ctx, row->id, &rows, &count, err)) {
        return false;
    }
    ret->fields = mem_array(ctx, struct form_field, count + 2);
    for (size_t i = 0; i < count; i++) {
        struct form_field *field = &ret->fields[i];
        *field = (struct form_field){.mark = rows[i].mark,
                                     .label = rows[i].label,
                                     .hint = rows[i].hint,
                                     .required = rows[i].required,
                                     .choices = rows[i].choices,
                                     .preset = rows[i].preset,
                                     .when_mark = rows[i].when_mark,
                                     .when_value = rows[i].when_value};
        if (!ask_kind_parse(rows[i].kind, &field->kind)) {
            return error_internal(err, "a field of an unknown kind in form %lld",
                                  (long long)row->id);
        }
    }
    ret->field_count = count;
    return true;
}

bool form_load(struct db *db, mem_ctx *ctx, struct object_id service, int64_t number,
               struct form *ret, struct error *err)
{
    struct form_row row;
    bool found = false;
    if (!(number == 0 ? form_published(db, ctx, service, &row, &found, err)
                      : form_by_number(db, ctx, service, number, &row, &found, err))) {
        return false;
    }
    if (!found || !str_eq_c(row.state, "published")) {
        return error_set(err, ERR_NOT_FOUND, "This service has no form yet.");
    }
    return form_of_row(db, ctx, &row, ret, err);
}

bool form_version(struct db *db, mem_ctx *ctx, const struct actor *actor, struct object_id service,
                  int64_t number, struct form *ret, struct error *err)
{
    struct form_row row;
    bool found = false;
    if (!(number == 0 ? form_newest(db, ctx, service, &row, &found, err)
                      : form_by_number(db, ctx, service, number, &row, &found, err))) {
        return false;
    }
    bool published = found && str_eq_c(row.state, "published");
    bool may = actor_is_admin(actor) || (actor_is_staff(actor) && published);
    if (!found || !may) {
        return error_set(err, ERR_NOT_FOUND, "There is no such version of the form.");
    }
    return form_of_row(db, ctx, &row, ret, err);
}

const struct form_field *form_find(const struct form *form, int64_t mark)
{
    for (size_t i = 0; i < form->field_count; i++) {
        if (form->fields[i].mark == mark) {
            return &form->fields[i];
        }
    }
    return NULL;
}

// --- answers ------------------------------------------------------------------------------------

// Conditions name fields that stand before, so one pass from the top is enough.
static bool is_shown(const struct answers *answers, size_t index)
{
    const struct form *form = answers->form;
    const struct form_field *field = &form->fields[index];
    if (field->when_mark == 0) {
        return true;
    }
    for (size_t i = 0; i < index; i++) {
        if (form->fields[i].mark == field->when_mark) {
            return answers->shown[i] && str_eq(answers->values[i], field->when_value);
        }
    }
    return false;
}

static bool is_choice(struct str choices, struct str value)
{
    struct str line;
    while (str_next(&choices, '\n', &line)) {
        if (str_eq(str_trim(line), value)) {
            return true;
        }
    }
    return false;
}

static bool is_date(struct str value)
{
    int64_t ms = 0;
    return value.len == 10 && time_parse_iso(value, &ms);
}

static const char *mistake(const struct form_field *field, struct str value, bool files)
{
    int64_t number = 0;
    bool blank = field->kind == ASK_FILE ? !files : value.len == 0;
    if (blank) {
        return field->required ? WORDS("Please answer this.") : "";
    }
    switch (field->kind) {
    case ASK_CHOICE:
        return is_choice(field->choices, value) ? "" : WORDS("Please choose one of these.");
    case ASK_YES:
        return str_eq_c(value, "yes") ? "" : WORDS("Please choose one of these.");
    case ASK_DATE:
        return is_date(value) ? "" : WORDS("Please give a day, such as 2026-11-30.");
    case ASK_NUMBER:
        return str_to_i64(value, &number) ? "" : WORDS("Please give a whole number.");
    case ASK_PERSON:
        return address_valid(value) ? "" : WORDS("Please give a mail address.");
    case ASK_TEXT:
    case ASK_LONG:
    case ASK_FILE:
    case ASK_KINDS:
        break;
    }
    return value.len > ANSWER_MOST ? WORDS("This is too long. Please send it as a file.") : "";
}

bool answers_judge(mem_ctx *ctx, struct answers *answers, bool files)
{
    size_t count = answers->form->field_count;
    bool fine = true;
    answers->shown = mem_array(ctx, bool, count + 1);
    answers->errors = mem_array(ctx, struct str, count + 1);
    for (size_t i = 0; i < count; i++) {
        answers->shown[i] = is_shown(answers, i);
        answers->errors[i] =
            answers->shown[i] ? str_c(mistake(&answers->form->fields[i], answers->values[i], files))
                              : STR("");
        fine = fine && answers->errors[i].len == 0;
    }
    return fine;
}

struct str answers_text(mem_ctx *ctx, const struct answers *answers)
{
    struct buf text;
    buf_init(&text, ctx, (size_t)FIELDS_MOST * (ANSWER_MOST + LABEL_MOST + 8));
    for (size_t i = 0; i < answers->form->field_count; i++) {
        const struct form_field *field = &answers->form->fields[i];
        if (!answers->shown[i] || answers->values[i].len == 0) {
            continue;
        }
        bool question = str_ends(field->label, STR("?"));
        buf_put_c(&text, text.len > 0 ? (field->kind == ASK_LONG ? "\n\n" : "\n") : "");
        buf_put(&text, field->label);
        buf_put_c(&text, question ? "" : ":");
        buf_put_c(&text, field->kind == ASK_LONG ? "\n" : " ");
        buf_put(&text, answers->values[i]);
        buf_put_c(&text, field->kind == ASK_LONG ? "\n" : "");
    }
    return str_trim(buf_str(&text));
}

struct str answers_subject(mem_ctx *ctx, const struct answers *answers)
{
    for (size_t i = 0; i < answers->form->field_count; i++) {
        enum ask_kind kind = answers->form->fields[i].kind;
        bool telling = kind == ASK_TEXT || kind == ASK_CHOICE || kind == ASK_LONG;
        if (telling && answers->shown[i] && answers->values[i].len > 0) {
            struct str said = str_one_line(ctx, answers->values[i], SUBJECT_ANSWER_MOST);
            return str_printf(ctx, STR_FMT ": " STR_FMT, STR_ARG(answers->service->name),
                              STR_ARG(said));
        }
    }
    return answers->service->name;
}

bool service_ask(struct desk *desk, struct db *tx, mem_ctx *ctx, const struct actor *actor,
                 const struct answers *answers, struct new_comment *comment,
                 struct ticket_outcome *ret, struct error *err)
{
    struct str text = answers_text(ctx, answers);
    comment->body = text.len > 0 ? text : answers->service->name;
    comment->is_public = true;
    struct ticket_change change = {
        .set = SET_SUBJECT, .subject = answers_subject(ctx, answers), .comment = comment};
    return ticket_apply(&desk->tickets, tx, ctx, actor, &change, ret, err) &&
           request_insert(tx, ret->after.id, answers->form->id, err) &&
           fulfil_begin(desk, tx, ctx, &ret->after, answers, err);
}

bool ticket_asked_with(struct db *db, mem_ctx *ctx, struct ticket_id ticket, struct asked_with *ret,
                       struct error *err)
{
    struct request_of_ticket_row row;
    bool found = false;
    *ret = (struct asked_with){.name = STR("")};
    if (!request_of_ticket(db, ctx, ticket, &row, &found, err)) {
        return false;
    }
    if (found) {
        *ret = (struct asked_with){row.service_id, row.name, row.number};
    }
    return true;
}

// --- ends ---------------------------------------------------------------------------------------

bool catalogue_person_moved(struct db *tx, struct user_id from, struct user_id to,
                            struct error *err)
{
    return forms_move_person(tx, from, to, err);
}

bool catalogue_ticket_purged(struct db *tx, struct ticket_id ticket, struct error *err)
{
    return request_forget(tx, ticket, err);
}
