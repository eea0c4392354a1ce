// SPDX-License-Identifier: GPL-3.0-or-later
//
// Lists of tickets: the views and the search.
#include "desk/desk.h"
#include "desk/tickets/api.h"
#include "desk/tickets/list.html.h"
#include "desk/tickets/pages_internal.h"

#define PAGE_ROWS 50
#define SEARCH_ROWS 50

struct vm_ticket_row page_ticket_row(const struct names *names, const struct ticket *ticket)
{
    return (struct vm_ticket_row){
        .id = ticket->id,
        .subject = ticket->subject,
        .excerpt = ticket->excerpt,
        .requester = names_person(names, ticket->requester),
        .steward = names_person(names, ticket->steward),
        .status = ticket_status_word(ticket->status),
        .priority = ticket_priority_word(ticket->priority),
        .high = ticket->priority >= PRIORITY_HIGH,
        .updated_at = ticket->updated_at,
        .tags = ticket->tags,
    };
}

static bool fill_rows(struct ctx *ctx, const struct ticket *tickets, size_t count,
                      struct vm_ticket_list *vm, struct error *err)
{
    struct names names = {0};
    for (size_t i = 0; i < count; i++) {
        names_want_ticket(&names, ctx->mem, &tickets[i]);
    }
    if (!names_load(&names, ctx->db, ctx->mem, err)) {
        return false;
    }
    vm->rows = mem_array(ctx->mem, struct vm_ticket_row, count + 1);
    for (size_t i = 0; i < count; i++) {
        vm->rows[i] = page_ticket_row(&names, &tickets[i]);
    }
    vm->row_count = count;
    return true;
}

// A cursor is "VALUE.ID" of the row at the edge, with a leading '-' for the way back.
static struct url page_link(mem_ctx *ctx, struct str view, const struct ticket *ticket,
                            enum ticket_column sort, bool backwards)
{
    struct url_builder link;
    url_begin(&link, ctx, "/desk");
    url_param(&link, "view", view);
    url_param(&link, "page",
              str_printf(ctx, "%s%lld.%lld", backwards ? "-" : "",
                         (long long)ticket_sort_value(ticket, sort), (long long)ticket->id.v));
    return url_end(&link);
}

static bool cursor_read(struct str cursor, struct ticket_query *query, struct error *err)
{
    struct str value;
    struct str id;
    if (str_empty(cursor)) {
        return true;
    }
    query->backwards = cursor.ptr[0] == '-';
    str_cut(query->backwards ? str_from(cursor, 1) : cursor, '.', &value, &id);
    if (!str_to_i64(value, &query->after_value) || !str_to_i64(id, &query->after_id.v)) {
        return error_set(err, ERR_BAD_REQUEST,
                         "This link to a page of the list is damaged. Go "
                         "back to the list and start at its first page.");
    }
    return true;
}

static bool fill_view(struct ctx *ctx, const struct desk_view *view, struct vm_ticket_list *vm,
                      struct error *err)
{
    struct ticket_query query = desk_view_query(ctx->mem, view, &ctx->actor);
    struct ticket *tickets = NULL;
    size_t count = 0;
    struct str cursor = http_param(ctx->req, "page");
    query.limit = PAGE_ROWS + 1;
    if (!cursor_read(cursor, &query, err) ||
        !tickets_find(ctx->db, ctx->mem, &ctx->actor, &query, &tickets, &count, err)) {
        return false;
    }
    // One row more than shown says whether the list goes on; going back, it is the first.
    bool more = count > PAGE_ROWS;
    if (more && query.backwards) {
        tickets++;
    }
    count = more ? PAGE_ROWS : count;
    if (count > 0 && (query.backwards || more)) {
        vm->pager.older = page_link(ctx->mem, view->key, &tickets[count - 1], query.sort, false);
    }
    if (count > 0 && (query.backwards ? more : !str_empty(cursor))) {
        vm->pager.newer = page_link(ctx->mem, view->key, &tickets[0], query.sort, true);
    }
    return fill_rows(ctx, tickets, count, vm, err);
}

// GET /desk?view=KEY&page=CURSOR
bool page_tickets(struct ctx *ctx, struct error *err)
{
    struct str key = http_param(ctx->req, "view");
    const struct desk_view *view = desk_view_find(str_empty(key) ? STR("mine") : key);
    struct vm_ticket_list vm = {.query = STR("")};
    struct view v;
    if (view == NULL) {
        return error_set(err, ERR_NOT_FOUND, "There is no view of that name.");
    }
    vm.view = view->key;
    vm.can_edit = actor_is_agent(&ctx->actor);
    vm.title = view->title;
    if (!desk_views(ctx, view->key, &vm.layout, err) || !fill_view(ctx, view, &vm, err) ||
        !page_agent_options(ctx, (struct user_id){0}, &vm.agents, err)) {
        return false;
    }
    struct url_builder self;
    url_begin(&self, ctx->mem, "/desk");
    url_param(&self, "view", view->key);
    url_param(&self, "page", http_param(ctx->req, "page"));
    vm.self = url_end(&self);
    desk_page_begin(ctx, &v, &vm.layout, vm.title, "tickets");
    if (ctx->fragment) {
        view_ticket_list_rows(&v, &vm);
    } else {
        view_ticket_list(&v, &vm);
    }
    return true;
}

// GET /search?q=WORDS
bool page_search(struct ctx *ctx, struct error *err)
{
    struct str words = http_param(ctx->req, "q");
    struct vm_ticket_list vm = {
        .view = STR("search"), .title = STR("Search"), .query = str_none(words) ? STR("") : words};
    struct ticket_hit *hits = NULL;
    size_t count = 0;
    int64_t number = 0;
    struct view v;
    struct str digits = str_starts(vm.query, STR("#")) ? str_from(vm.query, 1) : vm.query;
    if (str_to_i64(digits, &number)) {
        struct ticket ticket;
        struct error ignored;
        if (ticket_load(ctx->db, ctx->mem, &ctx->actor, (struct ticket_id){number}, &ticket,
                        &ignored)) {
            http_redirect(ctx->resp, str_printf(ctx->mem, "/tickets/%lld", (long long)number));
            return true;
        }
    }
    if (!desk_views(ctx, STR(""), &vm.layout, err) ||
        !tickets_search(ctx->db, ctx->mem, &ctx->actor, vm.query, SEARCH_ROWS, &hits, &count,
                        err)) {
        return false;
    }
    struct ticket *tickets = mem_array(ctx->mem, struct ticket, count + 1);
    for (size_t i = 0; i < count; i++) {
        tickets[i] = hits[i].ticket;
    }
    if (!fill_rows(ctx, tickets, count, &vm, err)) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        vm.rows[i].snippet = hits[i].snippet;
        vm.rows[i].has_snippet = true;
    }
    struct url_builder self;
    url_begin(&self, ctx->mem, "/search");
    url_param(&self, "q", vm.query);
    vm.self = url_end(&self);
    desk_page_begin(ctx, &v, &vm.layout, vm.title, "search");
    view_ticket_list(&v, &vm);
    return true;
}
