// SPDX-License-Identifier: GPL-3.0-or-later
//
// What staff see of a ticket's way to its end: the steps of agreement and who is asked.
#include "app/say.h"
#include "desk/desk.h"
#include "desk/fulfil/pages.h"
#include "desk/fulfil/queries.h"
#include "desk/fulfil/ticket.html.h"
#include "desk/tickets/names.h"

static const char *const GATE_SAYS[GATE_STATES] = {
    WORDS("Comes later"), WORDS("Waits for an answer"), WORDS("Agreed"), WORDS("Refused"),
    WORDS("Ended without an answer")};
static const char *const ASK_SAYS[ASK_STATES] = {WORDS("Not asked"), WORDS("Asked"),
                                                 WORDS("Agreed"), WORDS("Refused"),
                                                 WORDS("Not needed any more")};
static const char *const KIND_SAYS[STEP_KINDS] = {
    WORDS("One of them is enough"), WORDS("All of them"), WORDS("The manager of who asked")};

bool fulfil_fill_side(struct ctx *ctx, struct ticket_id ticket, struct vm_fulfil_side *ret,
                      struct error *err)
{
    struct fulfil_counts_row row;
    if (!fulfil_counts(ctx->db, ctx->mem, ticket, &row, err)) {
        return false;
    }
    *ret = (struct vm_fulfil_side){.id = ticket,
                                   .gates = row.gates,
                                   .agreed = row.agreed,
                                   .refused = row.refused > 0,
                                   .waiting = row.waiting > 0,
                                   .tasks = row.tasks,
                                   .done = row.done,
                                   .orders = row.orders,
                                   .orders_open = row.orders_open};
    return true;
}

struct str fulfil_event_words(struct ctx *ctx, const struct ticket_event *event)
{
    static const struct {
        const char *field;
        const char *before;
        const char *after;
    } EVENTS[] = {
        {"approval_given", "heard that ", " agrees"},
        {"approval_refused", "heard that ", " does not agree"},
        {"task_done", "did the task “", "”"},
        {"task_skipped", "left out the task “", "”"},
        {"task_reopened", "opened the task “", "” again"},
        {"order_made", "made the work order “", "”"},
        {"order_state", "noted of the work order “", "”"},
        {"task_added", "added the task “", "”"},
    };
    if (!str_eq_c(event->kind, "Change")) {
        return STR_NONE;
    }
    for (size_t i = 0; i < sizeof EVENTS / sizeof *EVENTS; i++) {
        if (str_eq_c(event->field, EVENTS[i].field)) {
            return str_printf(ctx->mem, "%s" STR_FMT "%s", EVENTS[i].before, STR_ARG(event->value),
                              EVENTS[i].after);
        }
    }
    return STR_NONE;
}

// --- the page -----------------------------------------------------------------------------------

static void fill_gate(struct ctx *ctx, const struct fulfil_gate *gate, const struct names *names,
                      struct vm_gate *vm)
{
    bool asked = false;
    *vm = (struct vm_gate){.name = gate->name,
                           .kind = say_words(ctx, KIND_SAYS[gate->kind]),
                           .state = say_words(ctx, GATE_SAYS[gate->state]),
                           .asks = mem_array(ctx->mem, struct vm_ask_line, gate->ask_count + 1)};
    for (size_t i = 0; i < gate->ask_count; i++) {
        const struct fulfil_ask *ask = &gate->asks[i];
        bool other = ask->decided_by.v != 0 && ask->decided_by.v != ask->user.v;
        vm->asks[vm->ask_count++] = (struct vm_ask_line){
            .name = names_person(names, ask->user).name,
            .deputy = names_person(names, ask->deputy).name,
            .state = say_words(ctx, ASK_SAYS[ask->state]),
            .reason = ask->reason,
            .decider = other ? names_person(names, ask->decided_by).name : STR(""),
            .at = ask->decided_at != 0 ? ask->decided_at : ask->asked_at,
            .told = ask->told,
        };
        asked = asked || ask->state == ASK_OPEN;
    }
    vm->stuck = gate->state == GATE_OPEN && !asked;
}

static bool fill_gates(struct ctx *ctx, struct vm_fulfil_ticket *vm, struct error *err)
{
    struct fulfil_gate *gates = NULL;
    struct names names = {0};
    if (!fulfil_gates(ctx->db, ctx->mem, vm->id, &gates, &vm->gate_count, err)) {
        return false;
    }
    for (size_t i = 0; i < vm->gate_count; i++) {
        for (size_t k = 0; k < gates[i].ask_count; k++) {
            names_want(&names, ctx->mem, gates[i].asks[k].user);
            names_want(&names, ctx->mem, gates[i].asks[k].deputy);
            names_want(&names, ctx->mem, gates[i].asks[k].decided_by);
        }
    }
    if (!names_load(&names, ctx->db, ctx->mem, err)) {
        return false;
    }
    vm->gates = mem_array(ctx->mem, struct vm_gate, vm->gate_count + 1);
    for (size_t i = 0; i < vm->gate_count; i++) {
        fill_gate(ctx, &gates[i], &names, &vm->gates[i]);
    }
    return true;
}

bool fulfil_show_ticket(struct ctx *ctx, struct vm_fulfil_ticket *vm, struct error *err)
{
    struct ticket ticket;
    struct view v;
    vm->id = (struct ticket_id){ctx->path.ids[0]};
    if (!ticket_load(ctx->db, ctx->mem, &ctx->actor, vm->id, &ticket, err) ||
        !fill_gates(ctx, vm, err) || !fulfil_fill_tasks(ctx, vm, err) ||
        !fulfil_fill_orders(ctx, vm, err) ||
        !fulfil_group_options(ctx, &vm->groups, &vm->group_count, err)) {
        return false;
    }
    vm->subject = ticket.subject;
    vm->can_edit = ticket_may_edit(&ctx->actor, &ticket) && ticket.status < STATUS_SOLVED;
    desk_page_begin(ctx, &v, &vm->layout, say_words(ctx, "Fulfilment"), "tickets");
    view_fulfil_ticket(&v, vm);
    return true;
}

// GET /tickets/{ticket:id}/fulfil
bool page_fulfil(struct ctx *ctx, struct error *err)
{
    struct vm_fulfil_ticket vm = {.email = STR(""), .task = STR(""), .error = STR("")};
    return fulfil_show_ticket(ctx, &vm, err);
}

struct asking {
    struct ctx *ctx;
    struct str email;
};

static bool ask_in_tx(struct db *tx, void *arg, struct error *err)
{
    const struct asking *asking = arg;
    struct ctx *ctx = asking->ctx;
    return fulfil_ask_person(desk_of(ctx), tx, ctx->mem, &ctx->actor,
                             (struct ticket_id){ctx->path.ids[0]}, asking->email, err);
}

// POST /tickets/{ticket:id}/approvals email=
bool page_approval_ask(struct ctx *ctx, struct error *err)
{
    struct asking asking = {ctx, http_form_trimmed(ctx->req, "email")};
    struct vm_fulfil_ticket vm = {.email = asking.email, .task = STR(""), .error = STR("")};
    struct error why;
    if (!db_tx_run(ctx->app->db, "fulfil.ask", ask_in_tx, &asking, &why)) {
        return say_mistake(ctx, &why, &vm.error, err) && fulfil_show_ticket(ctx, &vm, err);
    }
    http_redirect(ctx->resp,
                  str_printf(ctx->mem, "/tickets/%lld/fulfil", (long long)ctx->path.ids[0]));
    return true;
}
