// SPDX-License-Identifier: GPL-3.0-or-later
//
// The left column of the workspace: the views that this person may use, in their order, with how
// much stands in each.
#include "desk/desk.h"
#include "desk/rules/rules.h"
#include "desk/tickets/pages_internal.h"

#define SHOWN_MOST 40

struct str desk_view_key(mem_ctx *ctx, const struct rule *view)
{
    return str_none(view->slug) ? str_printf(ctx, "%lld", (long long)view->id.v) : view->slug;
}

bool desk_view_find(struct ctx *ctx, struct str key, const struct rule **ret, struct error *err)
{
    const struct rule_book *book = NULL;
    struct rule_id id = {0};
    if (!rules_read(desk_of(ctx)->rules, ctx->db, ctx->mem, &book, err)) {
        return false;
    }
    *ret = str_to_i64(key, &id.v) ? rule_in_book(book, RULE_VIEW, id) : rule_by_slug(book, key);
    return (*ret != NULL && rule_may_see(*ret, &ctx->actor)) ||
           error_set(err, ERR_NOT_FOUND, "There is no view of that name.");
}

static bool fill(struct ctx *ctx, const struct rule *view, struct str active,
                 struct vm_nav_view *ret, struct error *err)
{
    struct url_builder link;
    struct str key = desk_view_key(ctx->mem, view);
    url_begin(&link, ctx->mem, "/desk");
    url_param(&link, "view", key);
    *ret = (struct vm_nav_view){
        .link = url_end(&link), .title = view->title, .count = -1, .active = str_eq(key, active)};
    // What was solved is a history, not work: no number.
    return view_is_history(view) ||
           view_count(desk_of(ctx)->rules, ctx->db, ctx->mem, view, &ctx->actor, &ret->count, err);
}

bool desk_views(struct ctx *ctx, struct str active, struct vm_layout *layout, struct error *err)
{
    const struct rule_book *book = NULL;
    struct vm_nav_view *list = mem_array(ctx->mem, struct vm_nav_view, SHOWN_MOST);
    size_t count = 0;
    if (!rules_read(desk_of(ctx)->rules, ctx->db, ctx->mem, &book, err)) {
        return false;
    }
    for (size_t i = 0; i < book->count && count < SHOWN_MOST; i++) {
        const struct rule *view = &book->rules[i];
        if (view->kind != RULE_VIEW || !view->active || !rule_may_see(view, &ctx->actor)) {
            continue;
        }
        if (!fill(ctx, view, active, &list[count++], err)) {
            return false;
        }
    }
    layout->views = list;
    layout->view_count = count;
    return true;
}
