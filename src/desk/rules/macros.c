// SPDX-License-Identifier: GPL-3.0-or-later
#include "desk/rules/macros.h"

#include "desk/desk.h"

bool macro_change(struct desk *desk, struct db *db, mem_ctx *ctx, const struct actor *actor,
                  const struct ticket *ticket, const struct rule *macro, struct ticket_change *ret,
                  struct error *err)
{
    struct acting acting = {.desk = desk,
                            .tx = db,
                            .ctx = ctx,
                            .actor = actor,
                            .ticket = *ticket,
                            .now = clock_now(desk->app->clock)};
    if (!rule_change_of(&acting, macro, ret, err)) {
        return false;
    }
    // It will be the person's own change.
    ret->rule = (struct rule_id){0};
    return true;
}
