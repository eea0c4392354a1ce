// SPDX-License-Identifier: GPL-3.0-or-later
//
// A ticket on paper.
#include "app/say.h"
#include "desk/day/pages_internal.h"
#include "desk/day/print.html.h"
#include "desk/desk.h"
#include "desk/tickets/names.h"
#include "desk/tickets/pages_views.h"

static bool fill_organization(struct ctx *ctx, struct vm_print *vm, struct error *err)
{
    struct organization *list = NULL;
    size_t count = 0;
    vm->organization = STR("");
    if (vm->ticket.organization.v == 0) {
        return true;
    }
    if (!organizations_by_ids(ctx->db, ctx->mem, &vm->ticket.organization, 1, &list, &count, err)) {
        return false;
    }
    vm->organization = count == 1 ? list[0].name : STR("");
    return true;
}

// The messages; notes only when they were asked for, and no history, which may tell of them.
static void keep_messages(struct vm_print *vm)
{
    size_t kept = 0;
    for (size_t i = 0; i < vm->line_count; i++) {
        const struct vm_line *line = &vm->lines[i];
        bool note = line->is_comment && !line->comment.is_public;
        vm->hidden += note ? 1 : 0;
        if (line->is_comment && (vm->notes || !note)) {
            vm->lines[kept++] = *line;
        }
    }
    vm->line_count = kept;
}

// GET /tickets/{id}/print?notes=1
bool page_day_print(struct ctx *ctx, struct error *err)
{
    struct vm_print vm = {.notes = str_eq_c(http_param(ctx->req, "notes"), "1")};
    struct names names = {0};
    struct view v;
    struct ticket_id id = {ctx->path.ids[0]};
    if (!ticket_load(ctx->db, ctx->mem, &ctx->actor, id, &vm.ticket, err)) {
        return false;
    }
    names_want_ticket(&names, ctx->mem, &vm.ticket);
    if (!page_conversation(ctx, &vm.ticket, &names, &vm.lines, &vm.line_count, err) ||
        !fill_organization(ctx, &vm, err)) {
        return false;
    }
    vm.requester = names_person(&names, vm.ticket.requester);
    vm.assignee = names_person(&names, vm.ticket.assignee);
    vm.steward = names_person(&names, vm.ticket.steward);
    keep_messages(&vm);
    desk_page_begin(
        ctx, &v, &vm.layout,
        str_printf(ctx->mem, "#%lld " STR_FMT, (long long)id.v, STR_ARG(vm.ticket.subject)),
        "print");
    view_day_print(&v, &vm);
    return true;
}
