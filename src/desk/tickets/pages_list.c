// SPDX-License-Identifier: GPL-3.0-or-later
//
// Lists of tickets: the views and the search.
#include "base/random.h"
#include "desk/day/pages.h"
#include "desk/desk.h"
#include "desk/rules/rules.h"
#include "desk/service/disruption.h"
#include "desk/service/service.h"
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

struct str page_mood(int64_t left_ms)
{
    return left_ms < 0 ? STR("late") : left_ms < METER_SOON_MS ? STR("soon") : STR("fine");
}

void page_ticket_due(struct ctx *ctx, const struct ticket *ticket, struct vm_ticket_row *row)
{
    if (ticket->breach_at != 0) {
        int64_t left = ticket->breach_at - clock_now(ctx->app->clock);
        row->due = meter_due_words(ctx->mem, left);
        row->mood = page_mood(left);
    }
}

// Where the groups of a view get their names from.
struct group_names {
    enum ticket_column column;
    const struct names *names;
    struct group *groups;
    size_t group_count;
    struct organization *organizations;
    size_t organization_count;
};

static bool fill_rows(struct ctx *ctx, struct names *names, const struct ticket *tickets,
                      size_t count, struct vm_ticket_list *vm, struct error *err)
{
    for (size_t i = 0; i < count; i++) {
        names_want_ticket(names, ctx->mem, &tickets[i]);
    }
    if (!names_load(names, ctx->db, ctx->mem, err)) {
        return false;
    }
    vm->rows = mem_array(ctx->mem, struct vm_ticket_row, count + 1);
    for (size_t i = 0; i < count; i++) {
        vm->rows[i] = page_ticket_row(names, &tickets[i]);
        vm->rows[i].heading = STR("");
        page_ticket_due(ctx, &tickets[i], &vm->rows[i]);
        if (tickets[i].cost_rate != 0) {
            vm->rows[i].cost =
                str_printf(ctx->mem, STR_FMT " an hour",
                           STR_ARG(disruption_money(ctx->mem, tickets[i].cost_rate)));
        }
    }
    vm->row_count = count;
    return true;
}

// A cursor is "GROUP.VALUE.ID.TEXT" of the row at the edge, with a leading '-' for the way back.
static struct url page_link(mem_ctx *ctx, struct str view, const struct ticket *ticket,
                            const struct ticket_query *query, bool backwards)
{
    struct url_builder link;
    struct str text = query->sort == TC_SUBJECT ? base64url_encode(ctx, ticket->subject) : STR("");
    int64_t group = query->grouped ? ticket_sort_value(ticket, query->group) : 0;
    url_begin(&link, ctx, "/desk");
    url_param(&link, "view", view);
    url_param(&link, "page",
              str_printf(ctx, "%s%lld.%lld.%lld." STR_FMT, backwards ? "-" : "", (long long)group,
                         (long long)ticket_sort_value(ticket, query->sort), (long long)ticket->id.v,
                         STR_ARG(text)));
    return url_end(&link);
}

static bool cursor_read(mem_ctx *ctx, struct str cursor, struct ticket_query *query,
                        struct error *err)
{
    struct str group;
    struct str value;
    struct str id;
    struct str text;
    if (str_empty(cursor)) {
        return true;
    }
    query->backwards = cursor.ptr[0] == '-';
    str_cut(query->backwards ? str_from(cursor, 1) : cursor, '.', &group, &value);
    str_cut(value, '.', &value, &id);
    str_cut(id, '.', &id, &text);
    if (!str_to_i64(group, &query->after_group) || !str_to_i64(value, &query->after_value) ||
        !str_to_i64(id, &query->after_id.v) || str_none(text) ||
        !base64_decode(ctx, text, &query->after_text) || !str_utf8_valid(query->after_text)) {
        return error_set(err, ERR_BAD_REQUEST,
                         "This link to a page of the list is damaged. Go "
                         "back to the list and start at its first page.");
    }
    return true;
}

// What the group of a row is called.
static struct str group_title(const struct group_names *g, const struct ticket *ticket)
{
    switch ((int)g->column) {
    case TC_STATUS:
        return str_c(view_status_word(ticket_status_word(ticket->status)));
    case TC_PRIORITY: {
        struct str word = ticket_priority_word(ticket->priority);
        return str_empty(word) ? STR("No priority") : str_c(view_priority_word(word));
    }
    case TC_TYPE:
        return ticket->type == TYPE_NONE ? STR("No type") : ticket_type_word(ticket->type);
    case TC_REQUESTER:
        return names_person(g->names, ticket->requester).name;
    case TC_ASSIGNEE:
        return ticket->assignee.v == 0 ? STR("Nobody")
                                       : names_person(g->names, ticket->assignee).name;
    case TC_STEWARD:
        return ticket->steward.v == 0 ? STR("Nobody")
                                      : names_person(g->names, ticket->steward).name;
    case TC_GROUP:
        for (size_t i = 0; i < g->group_count; i++) {
            if (g->groups[i].id.v == ticket->group.v) {
                return g->groups[i].name;
            }
        }
        return STR("No group");
    case TC_ORGANIZATION:
        for (size_t i = 0; i < g->organization_count; i++) {
            if (g->organizations[i].id.v == ticket->organization.v) {
                return g->organizations[i].name;
            }
        }
        return STR("No organization");
    default:
        return STR("");
    }
}

// Puts the group's name over the first row of each.
static bool fill_headings(struct ctx *ctx, const struct ticket_query *query,
                          const struct names *names, const struct ticket *tickets, size_t count,
                          struct vm_ticket_list *vm, struct error *err)
{
    struct group_names g = {.column = query->group, .names = names};
    struct organization_id *ids = mem_array(ctx->mem, struct organization_id, count + 1);
    for (size_t i = 0; i < count; i++) {
        ids[i] = tickets[i].organization;
    }
    if ((g.column == TC_GROUP && !groups_all(ctx->db, ctx->mem, &g.groups, &g.group_count, err)) ||
        (g.column == TC_ORGANIZATION &&
         !organizations_by_ids(ctx->db, ctx->mem, ids, count, &g.organizations,
                               &g.organization_count, err))) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        bool first = i == 0 || ticket_sort_value(&tickets[i], query->group) !=
                                   ticket_sort_value(&tickets[i - 1], query->group);
        vm->rows[i].heading = first ? group_title(&g, &tickets[i]) : STR("");
    }
    return true;
}

static bool fill_view(struct ctx *ctx, const struct rule *view, struct vm_ticket_list *vm,
                      struct error *err)
{
    struct ticket_query query = view_query(ctx->mem, view, &ctx->actor, clock_now(ctx->app->clock));
    struct ticket *tickets = NULL;
    struct names names = {0};
    size_t count = 0;
    struct str cursor = http_param(ctx->req, "page");
    query.limit = PAGE_ROWS + 1;
    if (!cursor_read(ctx->mem, cursor, &query, err) ||
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
        vm->pager.older = page_link(ctx->mem, vm->view, &tickets[count - 1], &query, false);
    }
    if (count > 0 && (query.backwards ? more : !str_empty(cursor))) {
        vm->pager.newer = page_link(ctx->mem, vm->view, &tickets[0], &query, true);
    }
    return fill_rows(ctx, &names, tickets, count, vm, err) &&
           (!query.grouped || fill_headings(ctx, &query, &names, tickets, count, vm, err));
}

// What can be done to many tickets at once.
static bool fill_bulk(struct ctx *ctx, struct vm_ticket_list *vm, struct error *err)
{
    vm->can_edit = actor_is_agent(&ctx->actor);
    return page_agent_options(ctx, (struct user_id){0}, &vm->agents, err);
}

static void show_list(struct ctx *ctx, struct vm_ticket_list *vm, const char *nav)
{
    struct view v;
    desk_page_begin(ctx, &v, &vm->layout, vm->title, nav);
    day_notice(ctx, &vm->layout, vm->self);
    if (ctx->fragment) {
        view_ticket_list_rows(&v, vm);
    } else {
        view_ticket_list(&v, vm);
    }
}

// GET /desk?view=KEY&page=CURSOR; without a view it is the agents' home
bool page_tickets(struct ctx *ctx, struct error *err)
{
    struct str key = http_param(ctx->req, "view");
    const struct rule *view = NULL;
    struct vm_ticket_list vm = {.query = STR("")};
    if (str_empty(key)) {
        return day_home(ctx, err);
    }
    if (!desk_view_find(ctx, key, &view, err)) {
        return false;
    }
    vm.view = desk_view_key(ctx->mem, view);
    vm.title = view->title;
    if (!desk_views(ctx, vm.view, &vm.layout, err) || !fill_view(ctx, view, &vm, err) ||
        !fill_bulk(ctx, &vm, err)) {
        return false;
    }
    struct url_builder self;
    url_begin(&self, ctx->mem, "/desk");
    url_param(&self, "view", vm.view);
    url_param(&self, "page", http_param(ctx->req, "page"));
    vm.self = url_end(&self);
    show_list(ctx, &vm, "tickets");
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
    struct names names = {0};
    if (!fill_rows(ctx, &names, tickets, count, &vm, err) || !fill_bulk(ctx, &vm, err)) {
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
    show_list(ctx, &vm, "search");
    return true;
}
