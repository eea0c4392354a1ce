// SPDX-License-Identifier: GPL-3.0-or-later
#include "desk/hooks/targets.h"

#include "desk/desk.h"
#include "desk/hooks/queries.h"

#define FAILURES_MOST 1000

bool targets_list(const struct desk *desk, struct db *db, mem_ctx *ctx, const struct actor *actor,
                  struct target **ret, size_t *ret_count, struct error *err)
{
    struct target_row *rows = NULL;
    struct hook *hooks = NULL;
    size_t hook_count = 0;
    if (!hooks_list(desk, db, ctx, actor, &hooks, &hook_count, err) ||
        !target_rows(db, ctx, &rows, ret_count, err)) {
        return false;
    }
    *ret = mem_array(ctx, struct target, *ret_count + 1);
    for (size_t i = 0; i < *ret_count; i++) {
        (*ret)[i] =
            (struct target){.id = rows[i].id, .type = rows[i].type, .attribute = rows[i].attribute};
        for (size_t k = 0; k < hook_count; k++) {
            if (str_eq(hooks[k].id, rows[i].webhook_id)) {
                (*ret)[i].hook = hooks[k];
            }
        }
    }
    return true;
}

bool target_load(const struct desk *desk, struct db *db, mem_ctx *ctx, const struct actor *actor,
                 int64_t id, struct target *ret, struct error *err)
{
    struct target_row row;
    bool found = false;
    if (!target_by_id(db, ctx, id, &row, &found, err)) {
        return false;
    }
    if (!found) {
        return error_set(err, ERR_NOT_FOUND, "There is no such target.");
    }
    *ret = (struct target){.id = row.id, .type = row.type, .attribute = row.attribute};
    return hook_load(desk, db, ctx, actor, row.webhook_id, &ret->hook, err);
}

bool target_exists(struct db *db, mem_ctx *ctx, int64_t id, bool *ret, struct error *err)
{
    struct target_row row;
    return target_by_id(db, ctx, id, &row, ret, err);
}

static bool check(const struct target *target, struct error *err)
{
    bool url = str_eq_c(target->type, "url_target") || str_eq_c(target->type, "url_target_v2");
    if (!url && !str_eq_c(target->type, "http_target")) {
        return error_field(err, "type", "InvalidValue",
                           "Type: http_target, url_target or url_target_v2, please.");
    }
    if (url && str_empty(str_trim(target->attribute))) {
        return error_field(err, "attribute", "BlankValue", "Attribute: cannot be blank");
    }
    return target->attribute.len <= 255 ||
           error_field(err, "attribute", "TooLong", "Attribute: is too long");
}

bool target_store(const struct desk *desk, struct db *tx, mem_ctx *ctx, const struct actor *actor,
                  struct target *target, struct error *err)
{
    if (!check(target, err) || !hook_store(desk, tx, ctx, actor, &target->hook, err)) {
        return false;
    }
    if (target->id != 0) {
        return target_update(tx, target->id, target->type, target->attribute, err);
    }
    target->id = db_next_id(tx);
    return target_insert(tx, target->id, target->hook.id, target->type, target->attribute, err);
}

bool target_delete(const struct desk *desk, struct db *tx, mem_ctx *ctx, const struct actor *actor,
                   int64_t id, struct error *err)
{
    struct target target;
    return target_load(desk, tx, ctx, actor, id, &target, err) &&
           hook_delete(desk, tx, ctx, actor, target.hook.id, err);
}

bool target_failures(struct db *db, mem_ctx *ctx, const struct actor *actor,
                     struct target_failure **ret, size_t *ret_count, struct error *err)
{
    struct target_failure_rows_row *rows = NULL;
    if (!actor_is_admin(actor)) {
        return error_set(err, ERR_FORBIDDEN, "Only administrators see what could not be told.");
    }
    if (!target_failure_rows(db, ctx, FAILURES_MOST, &rows, ret_count, err)) {
        return false;
    }
    *ret = mem_array(ctx, struct target_failure, *ret_count + 1);
    for (size_t i = 0; i < *ret_count; i++) {
        (*ret)[i] = (struct target_failure){.id = rows[i].id,
                                            .target = rows[i].name,
                                            .status_code = rows[i].status_code.v,
                                            .answer = rows[i].answer,
                                            .at = rows[i].completed_at};
    }
    return true;
}
