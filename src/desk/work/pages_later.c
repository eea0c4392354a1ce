// SPDX-License-Identifier: GPL-3.0-or-later
//
// Answers that leave later, on the pages.
#include "desk/desk.h"
#include "desk/work/pages_internal.h"

struct str later_wanted(struct ctx *ctx)
{
    struct str at = work_field(ctx, "later");
    bool asked = str_eq_c(work_field(ctx, "when"), "later");
    return asked || !str_empty(at) ? at : STR_NONE;
}

bool later_read(struct ctx *ctx, const struct new_comment *comment, struct ticket_id ticket,
                struct str status, struct later_plan *ret, struct error *err)
{
    *ret = (struct later_plan){.ticket = ticket, .comment = comment, .status = status};
    if (!str_to_i64(work_field(ctx, "seen"), &ret->seen.v)) {
        ret->seen.v = 0;
    }
    return work_parse_local(ctx, work_field(ctx, "later"), &ret->send_at, err);
}

struct taking {
    struct ctx *ctx;
    int64_t reply;
    struct ticket_id ticket;
};

static bool take_in_tx(struct db *tx, void *arg, struct error *err)
{
    struct taking *t = arg;
    return later_take_back(desk_of(t->ctx), tx, t->ctx->mem, &t->ctx->actor, t->reply, &t->ticket,
                           err);
}

// POST /later/{reply}/take-back
bool page_later_take_back(struct ctx *ctx, struct error *err)
{
    struct taking t = {.ctx = ctx, .reply = ctx->path.ids[0]};
    if (!db_tx_run(ctx->app->db, "later.take_back", take_in_tx, &t, err)) {
        return false;
    }
    work_go(ctx, t.ticket, "#composer");
    return true;
}
