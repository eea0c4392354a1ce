// SPDX-License-Identifier: GPL-3.0-or-later
//
// Where administrators say what has to be done for each request of a service.
#include "app/say.h"
#include "desk/desk.h"
#include "desk/fulfil/pages.h"

enum { GROUPS_MOST = 200 };

bool fulfil_group_options(struct ctx *ctx, struct vm_option **ret, size_t *ret_count,
                          struct error *err)
{
    const struct list_query query = {.limit = GROUPS_MOST, .words = STR_NONE};
    struct group *groups = NULL;
    size_t count = 0;
    *ret_count = 0;
    if (!groups_list(ctx->db, ctx->mem, &ctx->actor, &query, &groups, &count, err)) {
        return false;
    }
    *ret = mem_array(ctx->mem, struct vm_option, count + 1);
    for (size_t i = 0; i < count; i++) {
        (*ret)[(*ret_count)++] = (struct vm_option){
            str_printf(ctx->mem, "%lld", (long long)groups[i].id.v), groups[i].name, false};
    }
    return true;
}

static struct str group_name(struct ctx *ctx, const struct vm_steps *vm, struct group_id group)
{
    int64_t id = 0;
    for (size_t i = 0; i < vm->group_count; i++) {
        if (str_to_i64(vm->groups[i].value, &id) && id == group.v) {
            return vm->groups[i].label;
        }
    }
    return say_words(ctx, "Any agent");
}

static struct str when_words(struct ctx *ctx, const struct form *form,
                             const struct fulfil_plan *plan)
{
    for (size_t i = 0; plan->when_mark != 0 && i < form->field_count; i++) {
        if (form->fields[i].mark == plan->when_mark) {
            return str_printf(ctx->mem, STR_FMT ": " STR_FMT, STR_ARG(form->fields[i].label),
                              STR_ARG(plan->when_value));
        }
    }
    return STR("");
}

static void fill_questions(struct ctx *ctx, const struct form *form, struct vm_steps *vm)
{
    vm->questions = mem_array(ctx->mem, struct vm_option, form->field_count + 1);
    for (size_t i = 0; i < form->field_count; i++) {
        const struct form_field *field = &form->fields[i];
        if (field->kind == ASK_CHOICE || field->kind == ASK_YES) {
            vm->questions[vm->question_count++] = (struct vm_option){
                str_printf(ctx->mem, "%lld", (long long)field->mark), field->label, false};
        }
    }
}

bool fulfil_fill_plans(struct ctx *ctx, const struct form *form, struct vm_steps *vm,
                       struct error *err)
{
    struct fulfil_plan *plans = NULL;
    if (!fulfil_plans(ctx->db, ctx->mem, &ctx->actor, form->service, &plans, &vm->plan_count,
                      err) ||
        !fulfil_group_options(ctx, &vm->groups, &vm->group_count, err)) {
        return false;
    }
    fill_questions(ctx, form, vm);
    vm->plans = mem_array(ctx->mem, struct vm_plan, vm->plan_count + 1);
    for (size_t i = 0; i < vm->plan_count; i++) {
        vm->plans[i] = (struct vm_plan){.id = plans[i].id,
                                        .stage = plans[i].stage,
                                        .name = plans[i].name,
                                        .group = group_name(ctx, vm, plans[i].group),
                                        .when = when_words(ctx, form, &plans[i])};
    }
    return true;
}

// --- changing -----------------------------------------------------------------------------------

struct planning {
    struct ctx *ctx;
    struct fulfil_plan plan;
};

static int64_t form_number(const struct ctx *ctx, const char *name)
{
    int64_t number = 0;
    return str_to_i64(http_form_trimmed(ctx->req, name), &number) ? number : 0;
}

static bool go_back(struct ctx *ctx)
{
    http_redirect(ctx->resp,
                  str_printf(ctx->mem, "/admin/services/%lld/steps", (long long)ctx->path.ids[0]));
    return true;
}

static bool add_in_tx(struct db *tx, void *arg, struct error *err)
{
    const struct planning *p = arg;
    return fulfil_plan_add(tx, p->ctx->mem, &p->ctx->actor, &p->plan, err);
}

// POST /admin/services/{object:id}/tasks
bool page_plan_add(struct ctx *ctx, struct error *err)
{
    struct planning p = {
        .ctx = ctx,
        .plan = {.service = {ctx->path.ids[0]},
                 .stage = form_number(ctx, "stage"),
                 .name = http_form_trimmed(ctx->req, "task"),
                 .group = {form_number(ctx, "group")},
                 .when_mark = form_number(ctx, "when"),
                 .when_value = http_form_trimmed(ctx->req, "when_value")},
    };
    struct str mistake = STR("");
    struct error why;
    if (!db_tx_run(ctx->app->db, "fulfil.plan", add_in_tx, &p, &why)) {
        return say_mistake(ctx, &why, &mistake, err) && fulfil_show_steps(ctx, mistake, err);
    }
    return go_back(ctx);
}

static bool remove_in_tx(struct db *tx, void *arg, struct error *err)
{
    struct ctx *ctx = arg;
    return fulfil_plan_remove(tx, &ctx->actor, (struct object_id){ctx->path.ids[0]},
                              ctx->path.ids[1], err);
}

// POST /admin/services/{object:id}/tasks/{number:id}/remove
bool page_plan_remove(struct ctx *ctx, struct error *err)
{
    return db_tx_run(ctx->app->db, "fulfil.unplan", remove_in_tx, ctx, err) && go_back(ctx);
}
