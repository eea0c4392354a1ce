// SPDX-License-Identifier: GPL-3.0-or-later
//
// The choices that the workspace's forms offer.
#include "desk/tickets/pages_internal.h"

static void add_option(mem_ctx *ctx, struct vm_options *options, struct str value, struct str label,
                       bool selected)
{
    options->items = mem_grow(ctx, options->items, struct vm_option, options->count + 1);
    options->items[options->count++] = (struct vm_option){value, label, selected};
}

struct vm_options page_status_options(mem_ctx *ctx, const struct ticket *ticket)
{
    struct vm_options options = {0};
    for (int status = STATUS_NEW; status <= STATUS_SOLVED; status++) {
        bool current = ticket->status == (enum ticket_status)status;
        if (status != STATUS_NEW || current) {
            add_option(ctx, &options, ticket_status_word((enum ticket_status)status),
                       str_c(view_status_word(ticket_status_word((enum ticket_status)status))),
                       current);
        }
    }
    return options;
}

struct vm_options page_priority_options(mem_ctx *ctx, enum ticket_priority current)
{
    static const struct str LABELS[] = {STR_INIT("Not set"), STR_INIT("Low"), STR_INIT("Normal"),
                                        STR_INIT("High"), STR_INIT("Urgent")};
    struct vm_options options = {0};
    for (int p = PRIORITY_NONE; p <= PRIORITY_URGENT; p++) {
        add_option(ctx, &options, ticket_priority_word((enum ticket_priority)p), LABELS[p],
                   (int)current == p);
    }
    return options;
}

struct vm_options page_type_options(mem_ctx *ctx, enum ticket_type current)
{
    static const struct str LABELS[] = {STR_INIT("Not set"), STR_INIT("Question"),
                                        STR_INIT("Incident"), STR_INIT("Problem"),
                                        STR_INIT("Task")};
    struct vm_options options = {0};
    for (int t = TYPE_NONE; t <= TYPE_TASK; t++) {
        add_option(ctx, &options, ticket_type_word((enum ticket_type)t), LABELS[t],
                   (int)current == t);
    }
    return options;
}

static struct str id_value(mem_ctx *ctx, int64_t id)
{
    return id == 0 ? STR("") : str_printf(ctx, "%lld", (long long)id);
}

bool page_agent_options(struct ctx *ctx, struct user_id current, struct vm_options *ret,
                        struct error *err)
{
    struct user *agents = NULL;
    size_t count = 0;
    struct vm_options options = {0};
    if (!users_agents(ctx->db, ctx->mem, &agents, &count, err)) {
        return false;
    }
    add_option(ctx->mem, &options, STR(""), STR("Nobody"), current.v == 0);
    for (size_t i = 0; i < count; i++) {
        add_option(ctx->mem, &options, id_value(ctx->mem, agents[i].id.v), agents[i].name,
                   agents[i].id.v == current.v);
    }
    *ret = options;
    return true;
}

bool page_group_options(struct ctx *ctx, struct group_id current, struct vm_options *ret,
                        struct error *err)
{
    struct group *groups = NULL;
    size_t count = 0;
    struct vm_options options = {0};
    if (!groups_all(ctx->db, ctx->mem, &groups, &count, err)) {
        return false;
    }
    add_option(ctx->mem, &options, STR(""), STR("No group"), current.v == 0);
    for (size_t i = 0; i < count; i++) {
        add_option(ctx->mem, &options, id_value(ctx->mem, groups[i].id.v), groups[i].name,
                   groups[i].id.v == current.v);
    }
    *ret = options;
    return true;
}
