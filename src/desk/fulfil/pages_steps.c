// SPDX-License-Identifier: GPL-3.0-or-later
//
// Where administrators say who has to agree before a service is given.
#include "app/say.h"
#include "desk/catalogue/catalogue.h"
#include "desk/desk.h"
#include "desk/fulfil/pages.h"
#include "desk/fulfil/steps.html.h"

static const char *const KIND_SAYS[STEP_KINDS] = {
    WORDS("One of these people"), WORDS("All of these people"), WORDS("The manager of who asks")};

// --- showing ------------------------------------------------------------------------------------

static void fill_kinds(struct ctx *ctx, enum step_kind chosen, struct vm_step *vm)
{
    for (size_t i = 0; i < STEP_KINDS; i++) {
        vm->kinds[i] = (struct vm_option){step_kind_word((enum step_kind)i),
                                          say_words(ctx, KIND_SAYS[i]), i == chosen};
    }
}

// The questions that a limit can be of.
static void fill_marks(struct ctx *ctx, const struct form *form, int64_t chosen, struct vm_step *vm)
{
    vm->marks = mem_array(ctx->mem, struct vm_option, form->field_count + 1);
    for (size_t i = 0; i < form->field_count; i++) {
        const struct form_field *field = &form->fields[i];
        if (field->kind == ASK_NUMBER) {
            vm->marks[vm->mark_count++] =
                (struct vm_option){str_printf(ctx->mem, "%lld", (long long)field->mark),
                                   field->label, field->mark == chosen};
        }
    }
}

static bool fill_people(struct ctx *ctx, const struct fulfil_step *step, struct vm_step *vm,
                        struct error *err)
{
    struct user *people = NULL;
    size_t count = 0;
    struct buf lines;
    buf_init(&lines, ctx->mem, 16 * 1024);
    if (!users_by_ids(ctx->db, ctx->mem, step->people, step->people_count, &people, &count, err)) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        if (!str_empty(people[i].email)) {
            buf_put_c(&lines, lines.len == 0 ? "" : "\n");
            buf_put(&lines, people[i].email);
        }
    }
    vm->people = lines.len == 0 ? STR("") : buf_str(&lines);
    return true;
}

static bool fill_step(struct ctx *ctx, const struct form *form, const struct fulfil_step *step,
                      struct vm_step *vm, struct error *err)
{
    *vm = (struct vm_step){.id = step->id,
                           .name = step->name,
                           .people = STR(""),
                           .limit = step->limit_mark == 0
                                        ? STR("")
                                        : str_printf(ctx->mem, "%lld", (long long)step->limit_over),
                           .summary = say_words(ctx, KIND_SAYS[step->kind])};
    fill_kinds(ctx, step->kind, vm);
    fill_marks(ctx, form, step->limit_mark, vm);
    return step->people_count == 0 || fill_people(ctx, step, vm, err);
}

static bool show_steps(struct ctx *ctx, struct vm_steps *vm, const struct fulfil_step *typed,
                       struct error *err)
{
    const struct fulfil_step fresh = {.name = STR(""), .kind = STEP_MANAGER};
    struct object_id id = {ctx->path.ids[0]};
    struct fulfil_step *steps = NULL;
    struct service service;
    struct form form;
    struct view v;
    if (!service_load(ctx->db, ctx->mem, &ctx->actor, id, &service, err) ||
        !form_version(ctx->db, ctx->mem, &ctx->actor, id, 0, &form, err) ||
        !fulfil_steps(ctx->db, ctx->mem, &ctx->actor, id, &steps, &vm->count, err) ||
        !fill_step(ctx, &form, typed != NULL ? typed : &fresh, &vm->added, err) ||
        !fulfil_fill_plans(ctx, &form, vm, err)) {
        return false;
    }
    vm->added.id = 0;
    vm->service = id;
    vm->name = service.name;
    vm->steps = mem_array(ctx->mem, struct vm_step, vm->count + 1);
    for (size_t i = 0; i < vm->count; i++) {
        if (!fill_step(ctx, &form, &steps[i], &vm->steps[i], err)) {
            return false;
        }
        vm->steps[i].first = i == 0;
        vm->steps[i].last = i + 1 == vm->count;
    }
    desk_page_begin(ctx, &v, &vm->layout, service.name, "admin");
    view_fulfil_steps(&v, vm);
    return true;
}

// GET /admin/services/{object:id}/steps
bool page_steps(struct ctx *ctx, struct error *err)
{
    struct vm_steps vm = {.error = STR("")};
    return show_steps(ctx, &vm, NULL, err);
}

bool fulfil_show_steps(struct ctx *ctx, struct str mistake, struct error *err)
{
    struct vm_steps vm = {.error = mistake};
    return show_steps(ctx, &vm, NULL, err);
}

// --- changing -----------------------------------------------------------------------------------

struct arranging {
    struct ctx *ctx;
    struct fulfil_step step;
    struct str what;  // save, up, down, remove
};

// A line each. Whom nobody knows stays as somebody who is not there, so that the rule refuses it.
static bool read_people(struct ctx *ctx, struct fulfil_step *step, struct error *err)
{
    struct str rest = http_form_text(ctx->req, "people");
    struct user_id *list = mem_array(ctx->mem, struct user_id, STEP_PEOPLE_MOST + 1);
    struct str line;
    while (str_next(&rest, '\n', &line) && step->people_count <= STEP_PEOPLE_MOST) {
        struct user person;
        bool found = false;
        line = str_trim(line);
        if (line.len == 0) {
            continue;
        }
        if (!user_by_email(ctx->db, ctx->mem, line, &person, &found, err)) {
            return false;
        }
        list[step->people_count++] = found ? person.id : (struct user_id){0};
    }
    step->people = list;
    return true;
}

static bool read_step(struct ctx *ctx, int64_t id, struct fulfil_step *ret, struct error *err)
{
    *ret = (struct fulfil_step){
        .id = id, .service = {ctx->path.ids[0]}, .name = http_form_trimmed(ctx->req, "name")};
    if (!step_kind_parse(http_form_text(ctx->req, "kind"), &ret->kind)) {
        ret->kind = STEP_MANAGER;
    }
    struct str limit = http_form_trimmed(ctx->req, "limit");
    if (!str_to_i64(http_form_text(ctx->req, "limit_mark"), &ret->limit_mark) ||
        ret->limit_mark < 0) {
        ret->limit_mark = 0;
    }
    if (ret->limit_mark != 0 && !str_to_i64(limit, &ret->limit_over)) {
        return error_field(err, "limit", "InvalidValue", "Please give a whole number.");
    }
    return read_people(ctx, ret, err);
}

static bool arrange_in_tx(struct db *tx, void *arg, struct error *err)
{
    struct arranging *a = arg;
    mem_ctx *mem = a->ctx->mem;
    const struct actor *actor = &a->ctx->actor;
    struct object_id service = a->step.service;
    if (str_eq_c(a->what, "remove")) {
        return fulfil_step_remove(tx, mem, actor, service, a->step.id, err);
    }
    if (str_eq_c(a->what, "up") || str_eq_c(a->what, "down")) {
        return fulfil_step_move(tx, mem, actor, service, a->step.id, str_eq_c(a->what, "up"), err);
    }
    return fulfil_step_store(tx, mem, actor, &a->step, err);
}

static bool arrange(struct ctx *ctx, int64_t id, struct error *err)
{
    struct arranging a = {.ctx = ctx, .what = http_form_text(ctx->req, "do")};
    struct vm_steps vm = {.error = STR("")};
    struct error why;
    bool writes = id == 0 || str_eq_c(a.what, "save");
    a.step = (struct fulfil_step){
        .id = id, .service = {ctx->path.ids[0]}, .name = STR(""), .kind = STEP_MANAGER};
    a.what = id == 0 ? STR("save") : a.what;
    if ((!writes || read_step(ctx, id, &a.step, &why)) &&
        db_tx_run(ctx->app->db, "fulfil.step", arrange_in_tx, &a, &why)) {
        http_redirect(ctx->resp, str_printf(ctx->mem, "/admin/services/%lld/steps",
                                            (long long)ctx->path.ids[0]));
        return true;
    }
    return say_mistake(ctx, &why, &vm.error, err) && show_steps(ctx, &vm, &a.step, err);
}

// POST /admin/services/{object:id}/steps
bool page_step_add(struct ctx *ctx, struct error *err)
{
    return arrange(ctx, 0, err);
}

// POST /admin/services/{object:id}/steps/{number:id} do=save|up|down|remove
bool page_step_change(struct ctx *ctx, struct error *err)
{
    return arrange(ctx, ctx->path.ids[1], err);
}
