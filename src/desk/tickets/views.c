// SPDX-License-Identifier: GPL-3.0-or-later
//
// The built-in views: mine, nobody's, all open, recently solved. Counts stop at a thousand: nobody
// reads further, and so a million tickets cost no more than a thousand.
#include "desk/tickets/pages_internal.h"

#define COUNT_MOST 1000

enum { VIEW_MINE, VIEW_UNASSIGNED, VIEW_OPEN, VIEW_SOLVED, VIEW_COUNT };

static const struct desk_view VIEWS[VIEW_COUNT] = {
    [VIEW_MINE] = {STR_INIT("mine"), STR_INIT("Mine"), TC_UPDATED},
    [VIEW_UNASSIGNED] = {STR_INIT("unassigned"), STR_INIT("Unassigned"), TC_UPDATED},
    [VIEW_OPEN] = {STR_INIT("open"), STR_INIT("All open"), TC_UPDATED},
    [VIEW_SOLVED] = {STR_INIT("solved"), STR_INIT("Recently solved"), TC_SOLVED},
};

const struct desk_view *desk_view_find(struct str key)
{
    for (size_t i = 0; i < VIEW_COUNT; i++) {
        if (str_eq(VIEWS[i].key, key)) {
            return &VIEWS[i];
        }
    }
    return NULL;
}

static struct ticket_condition number_condition(mem_ctx *ctx, enum ticket_column column,
                                                enum condition_op op, int64_t number)
{
    int64_t *numbers = mem_new(ctx, int64_t);
    *numbers = number;
    return (struct ticket_condition){.column = column, .op = op, .numbers = numbers, .count = 1};
}

struct ticket_query desk_view_query(mem_ctx *ctx, const struct desk_view *view,
                                    const struct actor *actor)
{
    struct ticket_condition *all = mem_array(ctx, struct ticket_condition, 2);
    struct ticket_query query = {
        .all = all, .all_count = 1, .sort = view->sort, .descending = true};
    bool solved = view == &VIEWS[VIEW_SOLVED];
    all[0] = number_condition(ctx, TC_STATUS, solved ? OP_GREATER_EQUAL : OP_LESS, STATUS_SOLVED);
    if (view == &VIEWS[VIEW_MINE]) {
        all[query.all_count++] = number_condition(ctx, TC_ASSIGNEE, OP_IS, actor->user.v);
    } else if (view == &VIEWS[VIEW_UNASSIGNED]) {
        all[query.all_count++] = (struct ticket_condition){.column = TC_ASSIGNEE, .op = OP_NONE};
    }
    return query;
}

bool desk_views(struct ctx *ctx, struct str active, struct vm_layout *layout, struct error *err)
{
    struct vm_nav_view *list = mem_array(ctx->mem, struct vm_nav_view, VIEW_COUNT);
    for (size_t i = 0; i < VIEW_COUNT; i++) {
        struct ticket_query query = desk_view_query(ctx->mem, &VIEWS[i], &ctx->actor);
        struct url_builder link;
        url_begin(&link, ctx->mem, "/desk");
        url_param(&link, "view", VIEWS[i].key);
        list[i] = (struct vm_nav_view){.link = url_end(&link),
                                       .title = VIEWS[i].title,
                                       .count = -1,
                                       .active = str_eq(VIEWS[i].key, active)};
        // What was solved is a history, not work: no number.
        if (i != VIEW_SOLVED && !tickets_count(ctx->db, ctx->mem, &ctx->actor, &query, COUNT_MOST,
                                               &list[i].count, err)) {
            return false;
        }
    }
    layout->views = list;
    layout->view_count = VIEW_COUNT;
    return true;
}
