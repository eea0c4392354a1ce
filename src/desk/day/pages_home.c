// SPDX-License-Identifier: GPL-3.0-or-later
//
// The agents' home: what needs this person now, what waits on others, what was solved, and what
// people said of it.
#include <stdlib.h>

#include "app/say.h"
#include "desk/charter/charter.h"
#include "desk/day/home.html.h"
#include "desk/day/pages_internal.h"
#include "desk/desk.h"
#include "desk/moments/moments.h"
#include "desk/tickets/names.h"
#include "desk/tickets/pages_views.h"

#define UNSOLVED_MOST 200
#define SHOWN 12
#define SOLVED_SHOWN 8
#define MOMENTS_SHOWN 6
#define SOLVED_DAYS 7

struct home {
    struct ctx *ctx;
    struct names names;
    struct ticket *unsolved;
    size_t unsolved_count;
    struct ticket *solved;
    size_t solved_count;
    struct moment *moments;
    size_t moment_count;
};

// What is owed first, then what matters more, then what has waited longer.
static int by_need(const void *a, const void *b)
{
    const struct ticket *one = a;
    const struct ticket *two = b;
    int64_t due[2] = {one->breach_at == 0 ? INT64_MAX : one->breach_at,
                      two->breach_at == 0 ? INT64_MAX : two->breach_at};
    if (due[0] != due[1]) {
        return due[0] < due[1] ? -1 : 1;
    }
    if (one->priority != two->priority) {
        return one->priority > two->priority ? -1 : 1;
    }
    return one->updated_at < two->updated_at ? -1 : one->updated_at > two->updated_at ? 1 : 0;
}

static bool load_tickets(struct home *h, struct error *err)
{
    struct ctx *ctx = h->ctx;
    const int64_t solved = STATUS_SOLVED;
    const int64_t since = clock_now(ctx->app->clock) - SOLVED_DAYS * DAYS_MS;
    const struct ticket_condition open[] = {
        {.column = TC_ASSIGNEE, .numbers = &ctx->actor.user.v, .count = 1},
        {.column = TC_STATUS, .op = OP_LESS, .numbers = &solved, .count = 1}};
    const struct ticket_condition done[] = {
        {.column = TC_ASSIGNEE, .numbers = &ctx->actor.user.v, .count = 1},
        {.column = TC_STATUS, .op = OP_GREATER_EQUAL, .numbers = &solved, .count = 1},
        {.column = TC_SOLVED, .op = OP_GREATER_EQUAL, .numbers = &since, .count = 1}};
    const struct ticket_query unsolved = {
        .all = open, .all_count = 2, .awake = true, .sort = TC_UPDATED, .limit = UNSOLVED_MOST};
    const struct ticket_query lately = {
        .all = done, .all_count = 3, .sort = TC_SOLVED, .descending = true, .limit = SOLVED_SHOWN};
    if (!tickets_find(ctx->db, ctx->mem, &ctx->actor, &unsolved, &h->unsolved, &h->unsolved_count,
                      err) ||
        !tickets_find(ctx->db, ctx->mem, &ctx->actor, &lately, &h->solved, &h->solved_count, err)) {
        return false;
    }
    if (h->unsolved_count > 1) {
        qsort(h->unsolved, h->unsolved_count, sizeof *h->unsolved, by_need);
    }
    return true;
}

// What was said of the answers at these tickets.
static bool load_moments(struct home *h, struct error *err)
{
    int64_t *ids = mem_array(h->ctx->mem, int64_t, h->unsolved_count + h->solved_count + 1);
    size_t count = 0;
    for (size_t i = 0; i < h->unsolved_count; i++) {
        ids[count++] = h->unsolved[i].id.v;
    }
    for (size_t i = 0; i < h->solved_count; i++) {
        ids[count++] = h->solved[i].id.v;
    }
    return count == 0 ||
           moments_of(h->ctx->db, h->ctx->mem, ids, count, &h->moments, &h->moment_count, err);
}

static bool load_names(struct home *h, struct error *err)
{
    mem_ctx *mem = h->ctx->mem;
    for (size_t i = 0; i < h->unsolved_count; i++) {
        names_want(&h->names, mem, h->unsolved[i].requester);
    }
    for (size_t i = 0; i < h->solved_count; i++) {
        names_want(&h->names, mem, h->solved[i].requester);
    }
    for (size_t i = 0; i < h->moment_count; i++) {
        names_want(&h->names, mem, h->moments[i].user);
    }
    return names_load(&h->names, h->ctx->db, mem, err);
}

static void add_row(struct home *h, const struct ticket *ticket, struct vm_home_part *part)
{
    if (part->count == SHOWN) {
        part->more++;
        return;
    }
    struct vm_ticket_row *row = &part->rows[part->count++];
    *row = page_ticket_row(&h->names, ticket);
    page_ticket_due(h->ctx, ticket, row);
}

static void fill_parts(struct home *h, struct vm_home *vm)
{
    mem_ctx *mem = h->ctx->mem;
    vm->now.rows = mem_array(mem, struct vm_ticket_row, SHOWN);
    vm->waiting.rows = mem_array(mem, struct vm_ticket_row, SHOWN);
    vm->solved.rows = mem_array(mem, struct vm_ticket_row, SHOWN);
    for (size_t i = 0; i < h->unsolved_count; i++) {
        bool mine = h->unsolved[i].status < STATUS_PENDING;
        add_row(h, &h->unsolved[i], mine ? &vm->now : &vm->waiting);
    }
    for (size_t i = 0; i < h->solved_count; i++) {
        add_row(h, &h->solved[i], &vm->solved);
        vm->solved.rows[i].updated_at = h->solved[i].solved_at;
        vm->solved.rows[i].due = STR("");
    }
}

static struct str subject_of(const struct home *h, struct ticket_id id)
{
    for (size_t i = 0; i < h->unsolved_count; i++) {
        if (h->unsolved[i].id.v == id.v) {
            return h->unsolved[i].subject;
        }
    }
    for (size_t i = 0; i < h->solved_count; i++) {
        if (h->solved[i].id.v == id.v) {
            return h->solved[i].subject;
        }
    }
    return STR("");
}

static int by_newest(const void *a, const void *b)
{
    const struct moment *one = a;
    const struct moment *two = b;
    return one->updated_at > two->updated_at ? -1 : one->updated_at < two->updated_at ? 1 : 0;
}

static void fill_moments(struct home *h, struct vm_home *vm)
{
    size_t shown = h->moment_count < MOMENTS_SHOWN ? h->moment_count : MOMENTS_SHOWN;
    if (h->moment_count > 1) {
        qsort(h->moments, h->moment_count, sizeof *h->moments, by_newest);
    }
    vm->moments = mem_array(h->ctx->mem, struct vm_home_moment, shown + 1);
    vm->moment_count = shown;
    for (size_t i = 0; i < shown; i++) {
        const struct moment *one = &h->moments[i];
        vm->moments[i] = (struct vm_home_moment){.ticket = one->ticket,
                                                 .subject = subject_of(h, one->ticket),
                                                 .who = names_person(&h->names, one->user).name,
                                                 .good = one->good,
                                                 .word = one->word,
                                                 .at = one->updated_at};
    }
}

// What the charter says and asks.
static bool fill_charter(struct ctx *ctx, struct vm_home *vm, struct error *err)
{
    struct charter_duty duty;
    if (!charter_duties(desk_of(ctx), ctx->db, ctx->mem, &ctx->actor, &duty, err)) {
        return false;
    }
    vm->mission = duty.in_force || duty.sign != 0 ? duty.mission : STR("");
    vm->sign = duty.sign;
    vm->acknowledge = duty.in_force && duty.acknowledge;
    vm->review = duty.overdue && ctx->actor.role >= ROLE_LEAD;
    return true;
}

// An administrator whose desk has no ticket yet is told how to go on.
static bool find_first_steps(struct ctx *ctx, struct vm_home *vm, struct error *err)
{
    struct ticket_query every = {0};
    int64_t count = 1;
    bool nothing = vm->now.count + vm->waiting.count + vm->solved.count == 0;
    if (nothing && actor_is_admin(&ctx->actor) &&
        !tickets_count(ctx->db, ctx->mem, &ctx->actor, &every, 1, &count, err)) {
        return false;
    }
    vm->first_steps = count == 0;
    return true;
}

bool day_home(struct ctx *ctx, struct error *err)
{
    struct home h = {.ctx = ctx};
    struct vm_home vm = {.mission = STR("")};
    struct view v;
    if (!load_tickets(&h, err) || !load_moments(&h, err) || !load_names(&h, err)) {
        return false;
    }
    fill_parts(&h, &vm);
    fill_moments(&h, &vm);
    if (!find_first_steps(ctx, &vm, err)) {
        return false;
    }
    if (!ctx->fragment &&
        (!fill_charter(ctx, &vm, err) || !desk_views(ctx, STR(""), &vm.layout, err))) {
        return false;
    }
    desk_page_begin(ctx, &v, &vm.layout, say_words(ctx, "Home"), "home");
    day_notice(ctx, &vm.layout, url_literal("/desk"));
    if (ctx->fragment) {
        view_day_home_parts(&v, &vm);
    } else {
        view_day_home(&v, &vm);
    }
    return true;
}
