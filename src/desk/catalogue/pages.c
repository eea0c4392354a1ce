// SPDX-License-Identifier: GPL-3.0-or-later
//
// The list of services, a service's form, and asking with it. All of it works without scripts: what
// depends on another answer is shown with the words that say so, and counts only where it applies.
#include "desk/catalogue/pages.h"

#include "app/say.h"
#include "desk/catalogue/services.html.h"
#include "desk/desk.h"
#include "desk/portal/pages.h"

static int64_t path_number(const struct ctx *ctx)
{
    return ctx->path.ids[1];
}

// GET /services
bool page_services(struct ctx *ctx, struct error *err)
{
    struct vm_services vm = {0};
    struct service *list = NULL;
    struct view v;
    // Here everybody is somebody who may need something.
    struct actor reader = ctx->actor;
    reader.role = ROLE_END_USER;
    if (!services_list(ctx->db, ctx->mem, &reader, &list, &vm.count, err)) {
        return false;
    }
    vm.services = mem_array(ctx->mem, struct vm_service, vm.count + 1);
    for (size_t i = 0; i < vm.count; i++) {
        vm.services[i] = (struct vm_service){
            .id = list[i].id, .name = list[i].name, .summary = list[i].summary, .open = true};
    }
    desk_page_begin(ctx, &v, &vm.layout, say_words(ctx, "Services"), "services");
    view_services_page(&v, &vm);
    return true;
}

// --- the form -----------------------------------------------------------------------------------

static void fill_options(struct ctx *ctx, const struct form_field *field, struct vm_field *vm)
{
    struct str rest = field->choices;
    struct str line;
    size_t most = 0;
    while (str_next(&rest, '\n', &line)) {
        most++;
    }
    vm->options = mem_array(ctx->mem, struct vm_option, most + 1);
    rest = field->choices;
    while (str_next(&rest, '\n', &line)) {
        line = str_trim(line);
        if (line.len > 0) {
            vm->options[vm->option_count++] =
                (struct vm_option){line, line, str_eq(line, vm->value)};
        }
    }
}

static const char *input_type(enum ask_kind kind)
{
    return kind == ASK_DATE     ? "date"
           : kind == ASK_NUMBER ? "number"
           : kind == ASK_PERSON ? "email"
                                : "text";
}

static void fill_field(struct ctx *ctx, const struct form *form, size_t index, struct vm_field *vm)
{
    const struct form_field *field = &form->fields[index];
    enum ask_kind kind = field->kind;
    bool text = kind == ASK_TEXT || kind == ASK_DATE || kind == ASK_NUMBER || kind == ASK_PERSON;
    vm->mark = field->mark;
    vm->kind = ask_kind_word(kind);
    vm->text = text;
    vm->type = input_type(kind);
    vm->area = kind == ASK_LONG;
    vm->choice = kind == ASK_CHOICE;
    vm->yes = kind == ASK_YES;
    vm->file = kind == ASK_FILE;
    vm->label = field->label;
    vm->hint = field->hint;
    vm->required = field->required;
    vm->must = field->required && field->when_mark == 0;
    vm->choices = field->choices;
    vm->preset = field->preset;
    vm->when_mark = field->when_mark;
    vm->when_value = field->when_value;
    vm->when_label = STR("");
    for (size_t i = 0; i < index; i++) {
        if (form->fields[i].mark == field->when_mark) {
            vm->when_label = form->fields[i].label;
        }
    }
    fill_options(ctx, field, vm);
}

void catalogue_fill_form(struct ctx *ctx, const struct service *service, const struct form *form,
                         const struct answers *answers, struct vm_form *vm)
{
    vm->id = service->id;
    vm->name = service->name;
    vm->summary = service->summary;
    vm->number = form->number;
    vm->known = ctx->actor.user.v != 0;
    vm->field_count = form->field_count;
    vm->fields = mem_array(ctx->mem, struct vm_field, form->field_count + 1);
    for (size_t i = 0; i < form->field_count; i++) {
        struct vm_field *field = &vm->fields[i];
        *field = (struct vm_field){.value = answers == NULL ? STR("") : answers->values[i],
                                   .error = answers == NULL || answers->errors == NULL
                                                ? STR("")
                                                : say_str(ctx, answers->errors[i])};
        fill_field(ctx, form, i, field);
    }
}

// What is known of the person already.
static bool fill_presets(struct ctx *ctx, const struct form *form, struct answers *answers,
                         struct error *err)
{
    struct user person = {0};
    bool found = false;
    *answers = (struct answers){.form = form};
    answers->values = mem_array(ctx->mem, struct str, form->field_count + 1);
    if (ctx->actor.user.v != 0 &&
        !user_find(ctx->db, ctx->mem, ctx->actor.user, &person, &found, err)) {
        return false;
    }
    for (size_t i = 0; i < form->field_count; i++) {
        struct str preset = form->fields[i].preset;
        struct str known = !found                      ? STR("")
                           : str_eq_c(preset, "name")  ? person.name
                           : str_eq_c(preset, "email") ? person.email
                                                       : STR("");
        answers->values[i] = str_none(known) ? STR("") : known;
    }
    return true;
}

static bool show_form(struct ctx *ctx, const struct service *service, const struct form *form,
                      const struct answers *answers, struct vm_form *vm)
{
    struct view v;
    catalogue_fill_form(ctx, service, form, answers, vm);
    desk_page_begin(ctx, &v, &vm->layout, service->name, "services");
    view_service_form(&v, vm);
    return true;
}

static struct vm_form empty_form(void)
{
    return (struct vm_form){
        .person_name = STR(""), .email = STR(""), .error_email = STR(""), .error = STR("")};
}

// GET /services/{object:id}
bool page_service(struct ctx *ctx, struct error *err)
{
    struct object_id id = {ctx->path.ids[0]};
    struct vm_form vm = empty_form();
    struct service service;
    struct answers answers;
    struct form form;
    return service_load(ctx->db, ctx->mem, &ctx->actor, id, &service, err) &&
           form_load(ctx->db, ctx->mem, id, 0, &form, err) &&
           fill_presets(ctx, &form, &answers, err) &&
           show_form(ctx, &service, &form, &answers, &vm);
}

static bool show_version(struct ctx *ctx, int64_t number, struct error *err)
{
    struct object_id id = {ctx->path.ids[0]};
    struct vm_form vm = empty_form();
    struct service service;
    struct form form;
    struct actor system = actor_system(CHANNEL_SYSTEM);
    vm.preview = true;
    // Requests outlive the offer: staff read what was asked when the service is closed, too.
    return form_version(ctx->db, ctx->mem, &ctx->actor, id, number, &form, err) &&
           service_load(ctx->db, ctx->mem, &system, id, &service, err) &&
           show_form(ctx, &service, &form, NULL, &vm);
}

// GET /services/{object:id}/versions/{number:id}
bool page_version(struct ctx *ctx, struct error *err)
{
    return show_version(ctx, path_number(ctx), err);
}

// GET /admin/services/{object:id}/preview
bool page_form_preview(struct ctx *ctx, struct error *err)
{
    return show_version(ctx, 0, err);
}

// --- asking -------------------------------------------------------------------------------------

struct asking {
    struct ctx *ctx;
    struct vm_form *vm;
    const struct service *service;
    const struct answers *answers;
    struct new_comment comment;
    struct ticket_outcome outcome;
};

static bool ask_in_tx(struct db *tx, void *arg, struct error *err)
{
    struct asking *asking = arg;
    struct ctx *ctx = asking->ctx;
    struct actor actor;
    if (!portal_asker(ctx, tx, asking->vm->email, asking->vm->person_name, &actor, err)) {
        return false;
    }
    return service_ask(desk_of(ctx), tx, ctx->mem, &actor, asking->answers, &asking->comment,
                       &asking->outcome, err);
}

static void read_answers(struct ctx *ctx, const struct form *form, struct answers *ret)
{
    *ret = (struct answers){.form = form};
    ret->values = mem_array(ctx->mem, struct str, form->field_count + 1);
    for (size_t i = 0; i < form->field_count; i++) {
        struct str name = str_printf(ctx->mem, "f%lld", (long long)form->fields[i].mark);
        ret->values[i] = str_trim(http_form_text(ctx->req, str_cstr(ctx->mem, name)));
    }
}

static bool refuse(struct ctx *ctx, const struct asking *asking, const struct error *why,
                   struct error *err)
{
    bool email = str_eq_c(str_c(why->field), "email");
    if (why->code != ERR_INVALID) {
        *err = *why;
        return false;
    }
    asking->vm->error_email =
        email ? say_words(ctx, "Please give the mail address at which we can answer you.")
              : STR("");
    asking->vm->error = email ? STR("") : say_str(ctx, str_c(why->message));
    ctx->resp->status = 422;
    return show_form(ctx, asking->service, asking->answers->form, asking->answers, asking->vm);
}

static bool send_request(struct ctx *ctx, struct asking *asking, struct answers *answers,
                         struct error *err)
{
    struct error why;
    if (!desk_read_comment(ctx, &asking->comment, err)) {
        return false;
    }
    bool files = asking->comment.file_count > 0 || asking->comment.upload_count > 0;
    if (!answers_judge(ctx->mem, answers, files)) {
        asking->vm->error = say_words(ctx, "Not all is answered yet. What you wrote is kept.");
        ctx->resp->status = 422;
        return show_form(ctx, asking->service, answers->form, answers, asking->vm);
    }
    if (!db_tx_run(ctx->app->db, "catalogue.ask", ask_in_tx, asking, &why)) {
        return refuse(ctx, asking, &why, err);
    }
    http_redirect(ctx->resp, ctx->actor.user.v == 0
                                 ? STR("/asked")
                                 : str_printf(ctx->mem, "/requests/%lld",
                                              (long long)asking->outcome.after.id.v));
    return true;
}

// POST /services/{object:id}: asked with the version that the person saw. "website" is a field that
// no person sees: who fills it in is a robot, and is thanked.
bool page_service_ask(struct ctx *ctx, struct error *err)
{
    struct object_id id = {ctx->path.ids[0]};
    struct vm_form vm = empty_form();
    struct service service;
    struct answers answers;
    struct form form;
    int64_t number = 0;
    struct asking asking = {.ctx = ctx, .vm = &vm, .service = &service, .answers = &answers};
    if (!str_to_i64(http_form_text(ctx->req, "version"), &number) || number < 0) {
        number = 0;
    }
    if (!service_load(ctx->db, ctx->mem, &ctx->actor, id, &service, err) ||
        !form_load(ctx->db, ctx->mem, id, number, &form, err)) {
        return false;
    }
    if (http_form_text(ctx->req, "website").len > 0) {
        http_redirect(ctx->resp, STR("/asked"));
        return true;
    }
    vm.person_name = http_form_text(ctx->req, "name");
    vm.email = http_form_text(ctx->req, "email");
    read_answers(ctx, &form, &answers);
    answers.service = &service;
    return send_request(ctx, &asking, &answers, err);
}
