// SPDX-License-Identifier: GPL-3.0-or-later
//
// What the room adds to a ticket's page, and what its own pages share.
#include "desk/desk.h"
#include "desk/tickets/pages_views.h"
#include "desk/work/pages_internal.h"
#include "view/site.h"

#define LINES_MOST 20

struct str work_field(struct ctx *ctx, const char *name)
{
    struct str text = http_form(ctx->req, name);
    return str_none(text) ? STR("") : str_trim(text);
}

void work_go(struct ctx *ctx, struct ticket_id id, const char *anchor)
{
    http_redirect(ctx->resp, str_printf(ctx->mem, "/tickets/%lld%s", (long long)id.v, anchor));
}

struct vm_bond work_line(const struct ticket *ticket)
{
    return (struct vm_bond){.words = STR(""),
                            .ticket = ticket->id,
                            .subject = ticket->subject,
                            .status = ticket_status_word(ticket->status)};
}

bool work_tickets_by(struct ctx *ctx, enum ticket_column column, int64_t value, bool unsolved,
                     int64_t limit, struct ticket **ret, size_t *ret_count, struct error *err)
{
    int64_t solved = STATUS_SOLVED;
    struct ticket_condition all[2] = {
        {.column = column, .numbers = &value, .count = 1},
        {.column = TC_STATUS, .op = OP_LESS, .numbers = &solved, .count = 1}};
    struct ticket_query query = {.all = all,
                                 .all_count = unsolved ? 2 : 1,
                                 .sort = TC_UPDATED,
                                 .descending = true,
                                 .limit = limit};
    return tickets_find(ctx->db, ctx->mem, &ctx->actor, &query, ret, ret_count, err);
}

// --- times in the reader's zone -----------------------------------------------------------------

static struct view reader_of(struct ctx *ctx)
{
    return (struct view){.mem = ctx->mem,
                         .now = clock_now(ctx->app->clock),
                         .site = desk_of(ctx)->site,
                         .locale = ctx->actor.locale,
                         .time_zone = ctx->actor.time_zone};
}

struct str work_local_time(struct ctx *ctx, int64_t ms)
{
    struct view reader = reader_of(ctx);
    if (ms == 0) {
        return STR("");
    }
    struct civil c = time_civil(ms + view_zone_offset_ms(&reader, ms));
    return str_printf(ctx->mem, "%04lld-%02d-%02dT%02d:%02d", (long long)c.year, c.month, c.day,
                      c.hour, c.minute);
}

struct str work_time_words(struct ctx *ctx, struct str iso)
{
    struct view reader = reader_of(ctx);
    int64_t ms = 0;
    return time_parse_iso(iso, &ms) ? view_time(&reader, ms).full : iso;
}

bool work_parse_local(struct ctx *ctx, struct str text, int64_t *ret, struct error *err)
{
    struct view reader = reader_of(ctx);
    int64_t wall = 0;
    *ret = 0;
    if (str_empty(text)) {
        return true;
    }
    struct str full = text.len == 16 ? str_printf(ctx->mem, STR_FMT ":00Z", STR_ARG(text)) : text;
    if (!time_parse_iso(full, &wall)) {
        return error_field(err, "at", "InvalidValue",
                           "This is no time. Write it like 2026-11-23T14:00.");
    }
    // The offset is that of the moment meant, which is found by guessing it once.
    int64_t guess = wall - view_zone_offset_ms(&reader, wall);
    *ret = wall - view_zone_offset_ms(&reader, guess);
    return true;
}

// --- at the ticket ------------------------------------------------------------------------------

static bool fill_bonds(struct ctx *ctx, struct ticket_id id, struct vm_bond **ret,
                       size_t *ret_count, struct error *err)
{
    struct bond *list = NULL;
    if (!bonds_list(ctx->db, ctx->mem, &ctx->actor, id, &list, ret_count, err)) {
        return false;
    }
    *ret = mem_array(ctx->mem, struct vm_bond, *ret_count + 1);
    for (size_t i = 0; i < *ret_count; i++) {
        (*ret)[i] = work_line(&list[i].other);
        (*ret)[i].id = list[i].id;
        (*ret)[i].words = bond_side_words(list[i].side);
    }
    return true;
}

static bool fill_lines(struct ctx *ctx, enum ticket_column column, struct ticket_id id,
                       struct vm_bond **ret, size_t *ret_count, struct error *err)
{
    struct ticket *list = NULL;
    if (!work_tickets_by(ctx, column, id.v, false, LINES_MOST, &list, ret_count, err)) {
        return false;
    }
    *ret = mem_array(ctx->mem, struct vm_bond, *ret_count + 1);
    for (size_t i = 0; i < *ret_count; i++) {
        (*ret)[i] = work_line(&list[i]);
    }
    return true;
}

static bool fill_time(struct ctx *ctx, struct ticket_id id, struct vm_work *ret, struct error *err)
{
    int64_t all = 0;
    int64_t own = 0;
    if (!time_of(ctx->db, ctx->mem, &ctx->actor, id, &all, &own, err)) {
        return false;
    }
    ret->time_all = all == 0 ? STR("") : time_words(ctx->mem, all);
    ret->time_own = own == 0 ? STR("") : time_words(ctx->mem, own);
    return true;
}

static bool fill_later(struct ctx *ctx, struct ticket_id id, struct vm_work *ret, struct error *err)
{
    struct later *list = NULL;
    if (!later_at_ticket(ctx->db, ctx->mem, id, &list, &ret->later_count, err)) {
        return false;
    }
    ret->later = mem_array(ctx->mem, struct vm_later, ret->later_count + 1);
    for (size_t i = 0; i < ret->later_count; i++) {
        struct user author;
        bool found = false;
        if (!user_find(ctx->db, ctx->mem, list[i].author, &author, &found, err)) {
            return false;
        }
        ret->later[i] = (struct vm_later){list[i].id, found ? author.name : STR(""), list[i].body,
                                          list[i].status, list[i].send_at};
    }
    return true;
}

bool work_fill(struct ctx *ctx, const struct ticket *ticket, struct vm_work *ret, struct error *err)
{
    *ret = (struct vm_work){
        .id = ticket->id,
        .can_edit = ticket_may_edit(&ctx->actor, ticket),
        .closed = ticket->status == STATUS_CLOSED,
        .done = ticket->status >= STATUS_SOLVED,
        .snoozed_until = ticket->snoozed_until,
        .merged_into = ticket->merged_into,
        .problem = ticket->problem,
        .due_at = ticket->due_at,
        .due_input = work_local_time(ctx, ticket->due_at),
    };
    return fill_bonds(ctx, ticket->id, &ret->bonds, &ret->bond_count, err) &&
           fill_time(ctx, ticket->id, ret, err) && fill_later(ctx, ticket->id, ret, err) &&
           (!ret->closed ||
            fill_lines(ctx, TC_FOLLOWUP, ticket->id, &ret->followups, &ret->followup_count, err)) &&
           (ticket->type != TYPE_PROBLEM ||
            fill_lines(ctx, TC_PROBLEM, ticket->id, &ret->incidents, &ret->incident_count, err));
}

// --- pages of one ticket ------------------------------------------------------------------------

bool work_page_begin_staff(struct ctx *ctx, struct vm_work_page *vm, struct ticket *ticket,
                           struct error *err)
{
    struct ticket_id id = {ctx->path.ids[0]};
    struct user requester;
    bool found = false;
    if (!ticket_load(ctx->db, ctx->mem, &ctx->actor, id, ticket, err) ||
        !user_find(ctx->db, ctx->mem, ticket->requester, &requester, &found, err) ||
        !desk_views(ctx, STR(""), &vm->layout, err)) {
        return false;
    }
    vm->id = id;
    vm->subject = ticket->subject;
    vm->status = ticket_status_word(ticket->status);
    vm->requester = found ? requester.name : STR("");
    vm->error = str_none(vm->error) ? STR("") : vm->error;
    return fill_bonds(ctx, id, &vm->bonds, &vm->bond_count, err);
}

bool work_page_begin(struct ctx *ctx, struct vm_work_page *vm, struct ticket *ticket,
                     struct error *err)
{
    return work_page_begin_staff(ctx, vm, ticket, err) &&
           (ticket_may_edit(&ctx->actor, ticket) ||
            error_set(err, ERR_FORBIDDEN, "Only agents can change tickets."));
}

bool work_mistake(struct ctx *ctx, const struct error *why, struct vm_work_page *vm,
                  struct error *err)
{
    bool own = why->code == ERR_INVALID || why->code == ERR_CONFLICT || why->code == ERR_GONE;
    if (!own) {
        *err = *why;
        return false;
    }
    vm->error = str_dup(ctx->mem, str_c(why->message));
    ctx->resp->status = error_http_status(why->code);
    return true;
}
