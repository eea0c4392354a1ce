// SPDX-License-Identifier: GPL-3.0-or-later
//
// A view as a board: one column for each status.
#include "app/say.h"
#include "desk/day/board.html.h"
#include "desk/day/pages_internal.h"
#include "desk/desk.h"
#include "desk/rules/rules.h"
#include "desk/tickets/names.h"
#include "desk/tickets/pages_fields.h"
#include "desk/tickets/pages_views.h"

#define COLUMN_ROWS 25
#define OFFSET_MOST 10000

static const enum ticket_status COLUMNS[] = {STATUS_NEW, STATUS_OPEN, STATUS_PENDING, STATUS_HOLD,
                                             STATUS_SOLVED};
#define COLUMN_COUNT (sizeof COLUMNS / sizeof *COLUMNS)

struct board {
    struct ctx *ctx;
    const struct rule *view;
    struct ticket_query query;             // of one column; its last condition is the status
    struct ticket_condition *all;          // of that query
    int64_t offsets[COLUMN_COUNT];         // where each column begins
    struct ticket *tickets[COLUMN_COUNT];  // one more than shown says that it goes on
    size_t counts[COLUMN_COUNT];
    int64_t status;
    struct names names;
};

// The view's query with room for one more condition.
static void begin(struct board *b)
{
    struct ctx *ctx = b->ctx;
    b->query = view_query(ctx->mem, b->view, &ctx->actor, clock_now(ctx->app->clock));
    b->all = mem_array(ctx->mem, struct ticket_condition, b->query.all_count + 1);
    for (size_t i = 0; i < b->query.all_count; i++) {
        b->all[i] = b->query.all[i];
    }
    b->all[b->query.all_count] = (struct ticket_condition){
        .column = TC_STATUS, .op = OP_IS, .numbers = &b->status, .count = 1};
    b->query.all = b->all;
    b->query.all_count++;
    b->query.grouped = false;
    b->query.limit = COLUMN_ROWS + 1;
    for (size_t i = 0; i < COLUMN_COUNT; i++) {
        struct str at = http_param(ctx->req, str_cstr(ctx->mem, ticket_status_word(COLUMNS[i])));
        bool fits =
            str_to_i64(at, &b->offsets[i]) && b->offsets[i] > 0 && b->offsets[i] <= OFFSET_MOST;
        b->offsets[i] = fits ? b->offsets[i] : 0;
    }
}

static struct url link_to(struct board *b, size_t column, int64_t offset)
{
    struct url_builder link;
    url_begin(&link, b->ctx->mem, "/desk/board");
    url_param(&link, "view", desk_view_key(b->ctx->mem, b->view));
    for (size_t i = 0; i < COLUMN_COUNT; i++) {
        int64_t at = i == column ? offset : b->offsets[i];
        if (at > 0) {
            url_param_i64(&link, str_cstr(b->ctx->mem, ticket_status_word(COLUMNS[i])), at);
        }
    }
    return url_end(&link);
}

static bool load_column(struct board *b, size_t i, struct vm_board_column *vm, struct error *err)
{
    struct ctx *ctx = b->ctx;
    int64_t count = 0;
    b->status = (int64_t)COLUMNS[i];
    b->query.offset = b->offsets[i];
    if (!tickets_find(ctx->db, ctx->mem, &ctx->actor, &b->query, &b->tickets[i], &b->counts[i],
                      err)) {
        return false;
    }
    bool more = b->counts[i] > COLUMN_ROWS;
    b->counts[i] = more ? COLUMN_ROWS : b->counts[i];
    count = b->offsets[i] + (int64_t)b->counts[i];
    // What is shown whole need not be counted again.
    if ((more || (b->counts[i] == 0 && b->offsets[i] > 0)) &&
        !tickets_count(ctx->db, ctx->mem, &ctx->actor, &b->query, VIEW_COUNT_MOST, &count, err)) {
        return false;
    }
    *vm = (struct vm_board_column){
        .word = ticket_status_word(COLUMNS[i]),
        .target = COLUMNS[i] != STATUS_NEW,
        .count = str_printf(ctx->mem, "%lld%s", (long long)count,
                            more && count == VIEW_COUNT_MOST ? "+" : ""),
        .newer =
            b->offsets[i] > 0 ? link_to(b, i, b->offsets[i] - COLUMN_ROWS) : (struct url){STR("")},
        .older = more ? link_to(b, i, b->offsets[i] + COLUMN_ROWS) : (struct url){STR("")},
    };
    for (size_t k = 0; k < b->counts[i]; k++) {
        names_want_ticket(&b->names, ctx->mem, &b->tickets[i][k]);
    }
    return true;
}

static void fill_cards(struct board *b, size_t i, struct vm_board_column *vm)
{
    struct ctx *ctx = b->ctx;
    vm->cards = mem_array(ctx->mem, struct vm_board_card, b->counts[i] + 1);
    vm->card_count = b->counts[i];
    for (size_t k = 0; k < b->counts[i]; k++) {
        const struct ticket *ticket = &b->tickets[i][k];
        vm->cards[k].row = page_ticket_row(&b->names, ticket);
        vm->cards[k].assignee = names_person(&b->names, ticket->assignee);
        page_ticket_due(ctx, ticket, &vm->cards[k].row);
    }
}

static bool show(struct ctx *ctx, struct str error, struct error *err)
{
    struct board b = {.ctx = ctx};
    struct vm_board vm = {.error = error, .can_edit = actor_is_agent(&ctx->actor)};
    struct view v;
    struct str key = http_param(ctx->req, "view");
    if (!desk_view_find(ctx, str_empty(key) ? STR("mine") : key, &b.view, err)) {
        return false;
    }
    begin(&b);
    vm.columns = mem_array(ctx->mem, struct vm_board_column, COLUMN_COUNT);
    vm.column_count = COLUMN_COUNT;
    vm.view = desk_view_key(ctx->mem, b.view);
    vm.title = b.view->title;
    vm.self = link_to(&b, COLUMN_COUNT, 0);
    for (size_t i = 0; i < COLUMN_COUNT; i++) {
        if (!load_column(&b, i, &vm.columns[i], err)) {
            return false;
        }
    }
    if (!names_load(&b.names, ctx->db, ctx->mem, err) ||
        (!ctx->fragment && !desk_views(ctx, vm.view, &vm.layout, err))) {
        return false;
    }
    for (size_t i = 0; i < COLUMN_COUNT; i++) {
        fill_cards(&b, i, &vm.columns[i]);
    }
    desk_page_begin(ctx, &v, &vm.layout, vm.title, "board");
    vm.layout.nav = "tickets";
    if (ctx->fragment) {
        view_day_board_columns(&v, &vm);
    } else {
        view_day_board(&v, &vm);
    }
    return true;
}

// GET /desk/board?view=KEY&open=OFFSET…
bool page_day_board(struct ctx *ctx, struct error *err)
{
    return show(ctx, STR(""), err);
}

struct moving {
    struct ctx *ctx;
    struct ticket_change change;
};

static bool move_in_tx(struct db *tx, void *arg, struct error *err)
{
    struct moving *m = arg;
    struct ticket_outcome outcome;
    return ticket_apply(desk_tickets(m->ctx), tx, db_tx_ctx(tx), &m->ctx->actor, &m->change,
                        &outcome, err);
}

// "42:pending"
static bool read_move(struct ctx *ctx, struct ticket_change *ret, struct error *err)
{
    struct str id;
    struct str status;
    str_cut(day_field(ctx, "move"), ':', &id, &status);
    *ret = (struct ticket_change){.set = SET_STATUS};
    bool known = str_to_i64(id, &ret->ticket.v) && !str_none(status) &&
                 ticket_status_parse(status, &ret->status) && ret->status > STATUS_NEW &&
                 ret->status <= STATUS_SOLVED;
    return known || error_set(err, ERR_INVALID, "This move is not known.");
}

// POST /desk/board?view=KEY move=ID:STATUS
bool page_day_board_move(struct ctx *ctx, struct error *err)
{
    struct moving m = {.ctx = ctx};
    struct ticket ticket;
    struct error why;
    if (!read_move(ctx, &m.change, err) ||
        !ticket_load(ctx->db, ctx->mem, &ctx->actor, m.change.ticket, &ticket, err)) {
        return false;
    }
    if ((m.change.status != STATUS_SOLVED || fields_complete(ctx, &ticket, &why)) &&
        db_tx_run(ctx->app->db, "day.board.move", move_in_tx, &m, &why)) {
        struct board b = {.ctx = ctx};
        struct str key = http_param(ctx->req, "view");
        if (!desk_view_find(ctx, str_empty(key) ? STR("mine") : key, &b.view, err)) {
            return false;
        }
        begin(&b);
        http_redirect(ctx->resp, str_printf(ctx->mem, STR_FMT "#card-%lld",
                                            STR_ARG(link_to(&b, COLUMN_COUNT, 0).text),
                                            (long long)ticket.id.v));
        return true;
    }
    if (why.code != ERR_INVALID && why.code != ERR_GONE) {
        *err = why;
        return false;
    }
    ctx->resp->status = 422;
    struct str words = str_printf(ctx->mem, "#%lld: " STR_FMT, (long long)ticket.id.v,
                                  STR_ARG(say_str(ctx, str_c(why.message))));
    return show(ctx, words, err);
}
