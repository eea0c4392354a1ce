// SPDX-License-Identifier: GPL-3.0-or-later
//
// What services need: arranging steps.
#include "desk/catalogue/catalogue.h"
#include "desk/fulfil/fulfil_internal.h"

static const char *const KINDS[STEP_KINDS] = {"one", "all", "manager"};

struct str step_kind_word(enum step_kind kind)
{
    return str_c(KINDS[kind]);
}

bool step_kind_parse(struct str word, enum step_kind *ret)
{
    for (size_t i = 0; i < STEP_KINDS; i++) {
        if (str_eq_c(word, KINDS[i])) {
            *ret = (enum step_kind)i;
            return true;
        }
    }
    return false;
}

static bool admins_only(const struct actor *actor, struct error *err)
{
    return actor_is_admin(actor) ||
           error_set(err, ERR_FORBIDDEN, "Only administrators arrange services.");
}

bool fulfil_steps_load(struct db *db, mem_ctx *ctx, struct object_id service,
                       struct fulfil_step **ret, size_t *ret_count, struct error *err)
{
    struct step_row *rows = NULL;
    struct step_people_row *people = NULL;
    size_t people_count = 0;
    if (!steps_of_service(db, ctx, service, &rows, ret_count, err)) {
        return false;
    }
    int64_t *ids = mem_array(ctx, int64_t, *ret_count + 1);
    for (size_t i = 0; i < *ret_count; i++) {
        ids[i] = rows[i].id;
    }
    if (*ret_count > 0 && !step_people(db, ctx, ids, *ret_count, &people, &people_count, err)) {
        return false;
    }
    *ret = mem_array(ctx, struct fulfil_step, *ret_count + 1);
    for (size_t i = 0; i < *ret_count; i++) {
        struct user_id *list = mem_array(ctx, struct user_id, people_count + 1);
        struct fulfil_step *step = &(*ret)[i];
        *step = (struct fulfil_step){.id = rows[i].id,
                                     .service = rows[i].service_id,
                                     .name = rows[i].name,
                                     .people = list,
                                     .limit_mark = rows[i].limit_mark,
                                     .limit_over = rows[i].limit_over};
        if (!step_kind_parse(rows[i].kind, &step->kind)) {
            return error_internal(err, "step %lld is of an unknown kind", (long long)step->id);
        }
        for (size_t k = 0; k < people_count; k++) {
            if (people[k].step_id == step->id) {
                list[step->people_count++] = people[k].user_id;
            }
        }
    }
    return true;
}

bool fulfil_steps(struct db *db, mem_ctx *ctx, const struct actor *actor, struct object_id service,
                  struct fulfil_step **ret, size_t *ret_count, struct error *err)
{
    return admins_only(actor, err) && fulfil_steps_load(db, ctx, service, ret, ret_count, err);
}

// --- checking -----------------------------------------------------------------------------------

static bool limit_fits(struct db *tx, mem_ctx *ctx, const struct actor *actor,
                       const struct fulfil_step *step, struct error *err)
{
    struct form form;
    if (step->limit_mark == 0) {
        return true;
    }
    if (!form_version(tx, ctx, actor, step->service, 0, &form, err)) {
        return false;
    }
    for (size_t i = 0; i < form.field_count; i++) {
        if (form.fields[i].mark == step->limit_mark && form.fields[i].kind == ASK_NUMBER) {
            return true;
        }
    }
    return error_field(err, "limit", "InvalidValue",
                       "A limit needs a question that is answered by a number.");
}

static bool people_fit(struct db *tx, mem_ctx *ctx, const struct fulfil_step *step,
                       struct error *err)
{
    if (step->people_count == 0 && step->kind != STEP_MANAGER) {
        return error_field(err, "people", "BlankValue", "Please say who has to agree.");
    }
    if (step->people_count > STEP_PEOPLE_MOST) {
        return error_field(err, "people", "TooLong", "These are too many people for one step.");
    }
    for (size_t i = 0; i < step->people_count; i++) {
        struct user person;
        bool found = false;
        if (!user_find(tx, ctx, step->people[i], &person, &found, err)) {
            return false;
        }
        if (!found || !person.active || person.suspended) {
            return error_field(err, "people", "RecordNotFound",
                               "There is nobody here with one of these addresses.");
        }
    }
    return true;
}

static bool put_people(struct db *tx, int64_t id, const struct fulfil_step *step, struct error *err)
{
    for (size_t i = 0; i < step->people_count; i++) {
        if (!step_person_add(tx, id, step->people[i], err)) {
            return false;
        }
    }
    return true;
}

bool fulfil_step_store(struct db *tx, mem_ctx *ctx, const struct actor *actor,
                       const struct fulfil_step *step, struct error *err)
{
    struct service service;
    struct step_row *rows = NULL;
    size_t count = 0;
    struct str name = str_trim(step->name);
    int64_t id = step->id == 0 ? db_next_id(tx) : step->id;
    int64_t changes = 1;
    if (!admins_only(actor, err) || !service_load(tx, ctx, actor, step->service, &service, err) ||
        !steps_of_service(tx, ctx, step->service, &rows, &count, err)) {
        return false;
    }
    if (name.len == 0 || name.len > STEP_NAME_MOST) {
        return error_field(err, "name", "BlankValue", "Please give the step a short name.");
    }
    if (step->id == 0 && count >= STEPS_MOST) {
        return error_set(err, ERR_INVALID, "This service has enough steps.");
    }
    if (!limit_fits(tx, ctx, actor, step, err) || !people_fit(tx, ctx, step, err)) {
        return false;
    }
    const struct step_insert_in add = {
        id, step->service, name, step_kind_word(step->kind), step->limit_mark, step->limit_over};
    const struct step_update_in change = {
        id, step->service, name, step_kind_word(step->kind), step->limit_mark, step->limit_over};
    if (!(step->id == 0 ? step_insert(tx, &add, err) : step_update(tx, &change, &changes, err))) {
        return false;
    }
    return changes == 1 ? step_people_clear(tx, id, err) && put_people(tx, id, step, err)
                        : error_set(err, ERR_NOT_FOUND, "This step is gone.");
}

// --- order --------------------------------------------------------------------------------------

static bool find_step(struct db *tx, mem_ctx *ctx, struct object_id service, int64_t id,
                      struct step_row **ret, size_t *ret_count, size_t *ret_at, struct error *err)
{
    if (!steps_of_service(tx, ctx, service, ret, ret_count, err)) {
        return false;
    }
    for (*ret_at = 0; *ret_at < *ret_count; (*ret_at)++) {
        if ((*ret)[*ret_at].id == id) {
            return true;
        }
    }
    return error_set(err, ERR_NOT_FOUND, "This step is gone.");
}

bool fulfil_step_move(struct db *tx, mem_ctx *ctx, const struct actor *actor,
                      struct object_id service, int64_t id, bool up, struct error *err)
{
    struct step_row *rows = NULL;
    size_t count = 0;
    size_t at = 0;
    if (!admins_only(actor, err) || !find_step(tx, ctx, service, id, &rows, &count, &at, err)) {
        return false;
    }
    if (up ? at == 0 : at + 1 == count) {
        return true;
    }
    size_t other = up ? at - 1 : at + 1;
    return step_place(tx, rows[at].id, rows[other].position, err) &&
           step_place(tx, rows[other].id, rows[at].position, err);
}

bool fulfil_step_remove(struct db *tx, mem_ctx *ctx, const struct actor *actor,
                        struct object_id service, int64_t id, struct error *err)
{
    struct step_row *rows = NULL;
    size_t count = 0;
    size_t at = 0;
    return admins_only(actor, err) && find_step(tx, ctx, service, id, &rows, &count, &at, err) &&
           step_people_clear(tx, id, err) && step_delete(tx, id, err);
}
