// SPDX-License-Identifier: GPL-3.0-or-later
//
// The API as a page to read: every call that the program has, from its own table of routes.
#include <stdlib.h>

#include "desk/api/handlers.h"
#include "desk/api/oauth_pages.h"
#include "desk/api/reference.html.h"
#include "desk/desk.h"

static int by_path(const void *a, const void *b)
{
    const struct route *const *x = a;
    const struct route *const *y = b;
    int order = str_cmp(str_c((*x)->path), str_c((*y)->path));
    return order != 0 ? order : ((*x)->method > (*y)->method) - ((*x)->method < (*y)->method);
}

// The part of a path that names what it is about.
static struct str subject_of(const char *path)
{
    struct str rest = str_c(path);
    struct str first;
    struct str tail;
    if (str_starts(rest, STR("/api/v2/"))) {
        rest = str_from(rest, sizeof "/api/v2/" - 1);
    } else {
        rest = str_from(rest, 1);
    }
    str_cut(rest, '/', &first, &tail);
    return first;
}

// GET /api
bool page_api_reference(struct ctx *ctx, struct error *err)
{
    static const char *const WHO[] = {"anyone", "any person", "staff",
                                      "agents", "leads",      "administrators"};
    struct vm_api_reference vm = {0};
    struct view v;
    size_t all = 0;
    size_t count = 0;
    (void)err;
    const struct route *const *table = route_table_all(ctx->app->routes, &all);
    const struct route **list = mem_array(ctx->mem, const struct route *, all + 1);
    struct vm_api_call *calls = mem_array(ctx->mem, struct vm_api_call, all + 1);
    struct vm_api_group *groups = mem_array(ctx->mem, struct vm_api_group, all + 1);
    for (size_t i = 0; i < all; i++) {
        if (table[i]->kind == ROUTE_API) {
            list[count++] = table[i];
        }
    }
    qsort(list, count, sizeof *list, by_path);
    for (size_t i = 0; i < count; i++) {
        struct str subject = subject_of(list[i]->path);
        calls[i] = (struct vm_api_call){str_c(http_method_word(list[i]->method)),
                                        str_c(list[i]->path), str_c(WHO[list[i]->who])};
        if (vm.group_count == 0 || !str_eq(groups[vm.group_count - 1].name, subject)) {
            groups[vm.group_count++] = (struct vm_api_group){.name = subject, .calls = &calls[i]};
        }
        groups[vm.group_count - 1].call_count++;
    }
    vm.groups = groups;
    desk_page_begin(ctx, &v, &vm.layout, STR("API"), "api");
    view_api_reference(&v, &vm);
    return true;
}
