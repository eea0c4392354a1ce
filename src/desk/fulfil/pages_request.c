// SPDX-License-Identifier: GPL-3.0-or-later
//
// What requesters read of what stands between asking and having: plain sentences, people by the
// name that requesters know. Nothing that staff call things is in them.
#include "app/say.h"
#include "base/clock.h"
#include "desk/fulfil/pages.h"
#include "desk/fulfil/queries.h"
#include "desk/tickets/names.h"

struct str fulfil_name(const struct names *names, struct user_id user)
{
    const struct user *person = names_user(names, user);
    bool masked = person != NULL && person->role >= ROLE_LIGHT_AGENT && !str_empty(person->alias);
    return person == NULL ? STR("") : masked ? person->alias : person->name;
}

// "Ana Ruiz, Tom Berg"
static struct str asked_names(struct ctx *ctx, const struct fulfil_gate *gate,
                              const struct names *names)
{
    struct buf text;
    buf_init(&text, ctx->mem, 4096);
    for (size_t i = 0; i < gate->ask_count; i++) {
        if (gate->asks[i].state == ASK_OPEN) {
            buf_put_c(&text, text.len == 0 ? "" : ", ");
            buf_put(&text, fulfil_name(names, gate->asks[i].user));
        }
    }
    return text.len == 0 ? STR("") : buf_str(&text);
}

static size_t count_open(const struct fulfil_gate *gate)
{
    size_t count = 0;
    for (size_t i = 0; i < gate->ask_count; i++) {
        count += gate->asks[i].state == ASK_OPEN ? 1 : 0;
    }
    return count;
}

static void add_line(struct vm_fulfil_request *vm, struct str words, struct str more, int64_t at,
                     bool done)
{
    vm->lines[vm->count++] = (struct vm_fulfil_line){words, more, at, done};
}

static void say_open(struct ctx *ctx, const struct fulfil_gate *gate, const struct names *names,
                     struct vm_fulfil_request *vm)
{
    size_t open = count_open(gate);
    const struct view_arg who = {"name", view_value_str(asked_names(ctx, gate, names))};
    const char *words = open == 0   ? WORDS("Somebody has to agree first. We are finding out who.")
                        : open == 1 ? WORDS("We wait for {name} to agree.")
                        : gate->kind == STEP_ALL
                            ? WORDS("We wait for these people to agree: {name}.")
                            : WORDS("We wait for one of these people to agree: {name}.");
    int64_t asked_at = gate->ask_count > 0 ? gate->asks[0].asked_at : 0;
    add_line(vm, say_with(ctx, words, &who, 1), STR(""), asked_at, false);
}

static void say_gate(struct ctx *ctx, const struct fulfil_gate *gate, const struct names *names,
                     struct vm_fulfil_request *vm)
{
    for (size_t i = 0; i < gate->ask_count; i++) {
        const struct fulfil_ask *ask = &gate->asks[i];
        const struct view_arg who = {"name", view_value_str(fulfil_name(names, ask->decided_by))};
        if (ask->state == ASK_YES_SAID) {
            add_line(vm, say_with(ctx, WORDS("{name} agreed."), &who, 1), STR(""), ask->decided_at,
                     true);
        } else if (ask->state == ASK_NO_SAID) {
            add_line(vm, say_with(ctx, WORDS("{name} did not agree:"), &who, 1), ask->reason,
                     ask->decided_at, true);
        }
    }
    if (gate->state == GATE_OPEN) {
        say_open(ctx, gate, names, vm);
    }
}

// How far it is; never what the tasks are called.
static void say_tasks(struct ctx *ctx, const struct ticket *ticket,
                      const struct fulfil_counts_row *sums, struct vm_fulfil_request *vm)
{
    const struct view_arg args[] = {{"done", view_value_i64(sums->done)},
                                    {"all", view_value_i64(sums->tasks)}};
    bool all = sums->done == sums->tasks;
    if (sums->tasks == 0 || sums->waiting > 0 || sums->refused > 0 ||
        ticket->status >= STATUS_SOLVED) {
        return;
    }
    add_line(vm,
             all ? say_words(ctx, "Everything that had to be prepared is done.")
                 : say_with(ctx, WORDS("We prepare it: {done} of {all} things are done."), args, 2),
             STR(""), 0, all);
}

static void say_orders(struct ctx *ctx, const struct work_order *orders, size_t count,
                       struct vm_fulfil_request *vm)
{
    struct buf nowhere;
    struct view v;
    buf_init(&nowhere, ctx->mem, 1024);
    view_init(&v, &nowhere, ctx->mem);
    v.site = ctx->app->site;
    v.now = clock_now(ctx->app->clock);
    view_reader(&v, say_locale(ctx), ctx->actor.time_zone);
    for (size_t i = 0; i < count; i++) {
        add_line(vm, order_words(&v, &orders[i]), STR(""), 0, orders[i].state > ORDER_UNDER_WAY);
    }
}

bool fulfil_fill_request(struct ctx *ctx, const struct ticket *ticket,
                         struct vm_fulfil_request *ret, struct error *err)
{
    struct fulfil_gate *gates = NULL;
    struct names names = {0};
    size_t count = 0;
    size_t most = 2;
    struct work_order *orders = NULL;
    size_t order_count = 0;
    *ret = (struct vm_fulfil_request){0};
    struct fulfil_counts_row sums;
    if (!fulfil_counts(ctx->db, ctx->mem, ticket->id, &sums, err) ||
        (sums.gates > 0 && !fulfil_gates(ctx->db, ctx->mem, ticket->id, &gates, &count, err)) ||
        (sums.orders > 0 &&
         !orders_of(ctx->db, ctx->mem, ticket->id, &orders, &order_count, err))) {
        return false;
    }
    most += order_count;
    for (size_t i = 0; i < count; i++) {
        most += gates[i].ask_count + 1;
        for (size_t k = 0; k < gates[i].ask_count; k++) {
            names_want(&names, ctx->mem, gates[i].asks[k].user);
            names_want(&names, ctx->mem, gates[i].asks[k].decided_by);
        }
    }
    if (count > 0 && !names_load(&names, ctx->db, ctx->mem, err)) {
        return false;
    }
    ret->lines = mem_array(ctx->mem, struct vm_fulfil_line, most);
    for (size_t i = 0; i < count; i++) {
        say_gate(ctx, &gates[i], &names, ret);
    }
    say_tasks(ctx, ticket, &sums, ret);
    say_orders(ctx, orders, order_count, ret);
    return true;
}
