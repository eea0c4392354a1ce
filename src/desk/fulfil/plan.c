// SPDX-License-Identifier: GPL-3.0-or-later
//
// The tasks that each request of a service gets.
#include "desk/fulfil/fulfil_internal.h"

static bool admins_only(const struct actor *actor, struct error *err)
{
    return actor_is_admin(actor) ||
           error_set(err, ERR_FORBIDDEN, "Only administrators arrange services.");
}

static bool load(struct db *db, mem_ctx *ctx, struct object_id service, struct fulfil_plan **ret,
                 size_t *ret_count, struct error *err)
{
    struct plan_row *rows = NULL;
    if (!plans_of_service(db, ctx, service, &rows, ret_count, err)) {
        return false;
    }
    *ret = mem_array(ctx, struct fulfil_plan, *ret_count + 1);
    for (size_t i = 0; i < *ret_count; i++) {
        (*ret)[i] = (struct fulfil_plan){.id = rows[i].id,
                                         .service = rows[i].service_id,
                                         .stage = rows[i].stage,
                                         .name = rows[i].name,
                                         .group = rows[i].group_id,
                                         .when_mark = rows[i].when_mark,
                                         .when_value = rows[i].when_value};
    }
    return true;
}

bool fulfil_plans(struct db *db, mem_ctx *ctx, const struct actor *actor, struct object_id service,
                  struct fulfil_plan **ret, size_t *ret_count, struct error *err)
{
    return admins_only(actor, err) && load(db, ctx, service, ret, ret_count, err);
}

static bool mark_fits(struct db *tx, mem_ctx *ctx, const struct actor *actor,
                      const struct fulfil_plan *plan, struct error *err)
{
    struct form form;
    if (plan->when_mark == 0) {
        return true;
    }
    if (!form_version(tx, ctx, actor, plan->service, 0, &form, err)) {
        return false;
    }
    for (size_t i = 0; i < form.field_count; i++) {
        if (form.fields[i].mark == plan->when_mark) {
            return true;
        }
    }
    return error_field(err, "when", "InvalidValue", "There is no such question.");
}

bool fulfil_plan_add(struct db *tx, mem_ctx *ctx, const struct actor *actor,
                     const struct fulfil_plan *plan, struct error *err)
{
    struct fulfil_plan *plans = NULL;
    struct service service;
    struct group group;
    struct str name = str_trim(plan->name);
    size_t count = 0;
    if (!admins_only(actor, err) || !service_load(tx, ctx, actor, plan->service, &service, err) ||
        !load(tx, ctx, plan->service, &plans, &count, err)) {
        return false;
    }
    if (name.len == 0 || name.len > TASK_NAME_MOST) {
        return error_field(err, "name", "BlankValue", "Please say in a few words what to do.");
    }
    if (plan->stage < 1 || plan->stage > STAGES_MOST || count >= PLANS_MOST) {
        return error_field(err, "stage", "InvalidValue", "Stages are numbered from 1 to %d.",
                           STAGES_MOST);
    }
    if ((plan->group.v != 0 && !group_load(tx, ctx, actor, plan->group, &group, err)) ||
        !mark_fits(tx, ctx, actor, plan, err)) {
        return false;
    }
    const struct plan_insert_in in = {db_next_id(tx),
                                      plan->service,
                                      plan->stage,
                                      name,
                                      plan->group,
                                      plan->when_mark,
                                      str_trim(plan->when_value)};
    return plan_insert(tx, &in, err);
}

bool fulfil_plan_remove(struct db *tx, const struct actor *actor, struct object_id service,
                        int64_t id, struct error *err)
{
    int64_t changes = 0;
    return admins_only(actor, err) && plan_delete(tx, id, service, &changes, err) &&
           (changes == 1 || error_set(err, ERR_NOT_FOUND, "This task is gone."));
}

// --- a request's own ----------------------------------------------------------------------------

static bool applies(const struct fulfil_plan *plan, const struct answers *answers)
{
    for (size_t i = 0; plan->when_mark != 0 && i < answers->form->field_count; i++) {
        if (answers->form->fields[i].mark == plan->when_mark) {
            return answers->shown[i] && str_eq(answers->values[i], plan->when_value);
        }
    }
    return plan->when_mark == 0;
}

bool fulfil_tasks_prepare(const struct way *way, const struct answers *answers, struct error *err)
{
    struct fulfil_plan *plans = NULL;
    size_t count = 0;
    if (!load(way->tx, way->ctx, answers->service->id, &plans, &count, err)) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        const struct fulfil_plan *plan = &plans[i];
        if (applies(plan, answers) && !task_insert(way->tx, db_next_id(way->tx), way->ticket->id,
                                                   plan->stage, plan->name, plan->group, err)) {
            return false;
        }
    }
    return true;
}
