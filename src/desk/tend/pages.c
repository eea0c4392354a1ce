// SPDX-License-Identifier: GPL-3.0-or-later
//
// The page of absences, and that of a handover.
#include "desk/tend/pages.h"

#include "app/say.h"
#include "desk/tend/tend.html.h"
#include "desk/tend/tend_internal.h"
#include "desk/work/pages.h"

static struct str form(struct ctx *ctx, const char *name)
{
    struct str text = http_form(ctx->req, name);
    return str_none(text) ? STR("") : str_trim(text);
}

static struct user_id form_person(struct ctx *ctx, const char *name, struct user_id otherwise)
{
    struct user_id id = {0};
    return str_to_i64(form(ctx, name), &id.v) ? id : otherwise;
}

// A mistake of the person's own is shown at the form; others go into *err.
static bool fill_people(struct ctx *ctx, struct user_id chosen, struct vm_tend_person **ret,
                        size_t *ret_count, struct error *err)
{
    struct user *agents = NULL;
    if (!users_agents(ctx->db, ctx->mem, &agents, ret_count, err)) {
        return false;
    }
    *ret = mem_array(ctx->mem, struct vm_tend_person, *ret_count + 1);
    for (size_t i = 0; i < *ret_count; i++) {
        (*ret)[i] =
            (struct vm_tend_person){agents[i].id, agents[i].name, agents[i].id.v == chosen.v};
    }
    return true;
}

// --- absences -----------------------------------------------------------------------------------

static bool fill_lines(struct ctx *ctx, struct vm_absences *vm, struct error *err)
{
    const struct tend_book *book = NULL;
    struct user *people = NULL;
    size_t people_count = 0;
    int64_t now = clock_now(ctx->app->clock);
    if (!tend_read(desk_of(ctx), ctx->db, ctx->mem, &book, err)) {
        return false;
    }
    struct user_id *ids = mem_array(ctx->mem, struct user_id, 2 * book->absence_count + 1);
    for (size_t i = 0; i < book->absence_count; i++) {
        ids[2 * i] = book->absences[i].user;
        ids[2 * i + 1] = book->absences[i].deputy;
    }
    if (!users_by_ids(ctx->db, ctx->mem, ids, 2 * book->absence_count, &people, &people_count,
                      err)) {
        return false;
    }
    vm->lines = mem_array(ctx->mem, struct vm_absence, book->absence_count + 1);
    for (size_t i = 0; i < book->absence_count; i++) {
        const struct tend_absence *one = &book->absences[i];
        struct vm_absence line = {.id = one->id,
                                  .name = STR(""),
                                  .deputy = STR(""),
                                  .note = one->note,
                                  .from_at = one->from_at,
                                  .to_at = one->to_at,
                                  .can_remove = tend_may_absent(&ctx->actor, one->user)};
        for (size_t k = 0; k < people_count; k++) {
            line.name = people[k].id.v == one->user.v ? people[k].name : line.name;
            line.deputy = people[k].id.v == one->deputy.v ? people[k].name : line.deputy;
        }
        if (one->to_at > now) {
            vm->lines[vm->count++] = line;
        }
    }
    return true;
}

static bool show_absences(struct ctx *ctx, struct vm_absences *vm, struct error *err)
{
    struct view v;
    struct user_id user = form_person(ctx, "user", ctx->actor.user);
    struct user_id deputy = form_person(ctx, "deputy", (struct user_id){0});
    vm->for_others = tend_may_set(&ctx->actor);
    vm->from = form(ctx, "from");
    vm->to = form(ctx, "to");
    vm->note = form(ctx, "note");
    if (!fill_lines(ctx, vm, err) || !fill_people(ctx, user, &vm->people, &vm->person_count, err) ||
        !fill_people(ctx, deputy, &vm->deputies, &vm->person_count, err)) {
        return false;
    }
    desk_page_begin(ctx, &v, &vm->layout, say_words(ctx, "Absences"), "absences");
    view_tend_absences(&v, vm);
    return true;
}

// GET /absences
bool page_absences(struct ctx *ctx, struct error *err)
{
    struct vm_absences vm = {.error = STR("")};
    return show_absences(ctx, &vm, err);
}

struct page_call {
    struct ctx *ctx;
    struct tend_absence absence;
};

static bool add_in_tx(struct db *tx, void *arg, struct error *err)
{
    struct page_call *call = arg;
    return tend_absence_add(desk_of(call->ctx), tx, call->ctx->mem, &call->ctx->actor,
                            &call->absence, err);
}

// POST /absences
bool page_absence_add(struct ctx *ctx, struct error *err)
{
    struct page_call call = {.ctx = ctx};
    struct vm_absences vm = {.error = STR("")};
    struct error why;
    call.absence = (struct tend_absence){
        .user = form_person(ctx, "user", ctx->actor.user),
        .deputy = form_person(ctx, "deputy", (struct user_id){0}),
        .note = form(ctx, "note"),
    };
    if (!work_parse_local(ctx, form(ctx, "from"), &call.absence.from_at, &why) ||
        !work_parse_local(ctx, form(ctx, "to"), &call.absence.to_at, &why) ||
        !db_tx_run(ctx->app->db, "tend.absence", add_in_tx, &call, &why)) {
        return say_mistake(ctx, &why, &vm.error, err) && show_absences(ctx, &vm, err);
    }
    http_redirect(ctx->resp, STR("/absences"));
    return true;
}

static bool remove_in_tx(struct db *tx, void *arg, struct error *err)
{
    struct page_call *call = arg;
    return tend_absence_delete(desk_of(call->ctx), tx, call->ctx->mem, &call->ctx->actor,
                               call->absence.id, err);
}

// POST /absences/{object:id}/remove
bool page_absence_remove(struct ctx *ctx, struct error *err)
{
    struct page_call call = {.ctx = ctx, .absence = {.id = ctx->path.ids[0]}};
    if (!db_tx_run(ctx->app->db, "tend.present", remove_in_tx, &call, err)) {
        return false;
    }
    http_redirect(ctx->resp, STR("/absences"));
    return true;
}

// --- handover -----------------------------------------------------------------------------------

// Why this reader cannot hand the ticket over; "" when they can.
static bool find_refusal(struct ctx *ctx, const struct ticket *ticket, struct str *ret,
                         struct error *err)
{
    const struct tend_book *book = NULL;
    struct user steward = {0};
    bool found = false;
    *ret = STR("");
    if (!tend_read(desk_of(ctx), ctx->db, ctx->mem, &book, err) ||
        !user_find(ctx->db, ctx->mem, ticket->steward, &steward, &found, err)) {
        return false;
    }
    bool gone = !found || !steward.active || steward.suspended || steward.role < ROLE_AGENT;
    bool own = steward.id.v == ctx->actor.user.v ||
               tend_covers(book, ctx->actor.user, ticket->steward, clock_now(ctx->app->clock));
    if (ticket->steward.v == 0) {
        *ret = say_words(ctx, "Nobody looks after this yet: whoever is assigned first does.");
    } else if (!own && !gone) {
        *ret = say_with(ctx, "Only {name}, or who speaks for them, can introduce the next one.",
                        &(struct view_arg){"name", view_value_str(steward.name)}, 1);
    }
    return true;
}

static bool show_handover(struct ctx *ctx, struct vm_handover *vm, struct error *err)
{
    struct ticket ticket;
    struct user requester = {0};
    struct view v;
    bool found = false;
    if (!ticket_load(ctx->db, ctx->mem, &ctx->actor, vm->id, &ticket, err) ||
        !find_refusal(ctx, &ticket, &vm->refusal, err) ||
        !user_find(ctx->db, ctx->mem, ticket.requester, &requester, &found, err) ||
        !fill_people(ctx, form_person(ctx, "steward", (struct user_id){0}), &vm->people,
                     &vm->person_count, err)) {
        return false;
    }
    vm->subject = ticket.subject;
    vm->requester = found ? requester.name : STR("");
    vm->body = form(ctx, "body");
    desk_page_begin(ctx, &v, &vm->layout, say_words(ctx, "Hand over"), "tickets");
    view_tend_handover(&v, vm);
    return true;
}

// GET /tickets/{ticket:id}/handover
bool page_handover(struct ctx *ctx, struct error *err)
{
    struct vm_handover vm = {.id = {ctx->path.ids[0]}, .error = STR("")};
    return show_handover(ctx, &vm, err);
}

// POST /tickets/{ticket:id}/handover
bool page_handover_do(struct ctx *ctx, struct error *err)
{
    struct vm_handover vm = {.id = {ctx->path.ids[0]}, .error = STR("")};
    struct new_comment comment = {.body = form(ctx, "body"),
                                  .is_public = true,
                                  .quoted_from = -1,
                                  .held_until = desk_undo_until(ctx)};
    struct ticket_change change = {.ticket = vm.id,
                                   .set = SET_STEWARD,
                                   .steward = form_person(ctx, "steward", (struct user_id){0}),
                                   .comment = &comment};
    struct ticket_outcome outcome;
    struct error why;
    if (!ticket_apply_run(desk_tickets(ctx), ctx->app->db, ctx->mem, &ctx->actor, &change, &outcome,
                          &why)) {
        return say_mistake(ctx, &why, &vm.error, err) && show_handover(ctx, &vm, err);
    }
    http_redirect(ctx->resp, str_printf(ctx->mem, "/tickets/%lld", (long long)vm.id.v));
    return true;
}
