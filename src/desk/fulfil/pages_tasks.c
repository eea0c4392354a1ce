// SPDX-License-Identifier: GPL-3.0-or-later
//
// Tasks: the list of what an agent may do now, and what they do with one of them.
#include "app/say.h"
#include "desk/desk.h"
#include "desk/fulfil/pages.h"
#include "desk/fulfil/tasks.html.h"
#include "desk/tickets/names.h"

static const char *const STATE_SAYS[TASK_STATES] = {WORDS("Comes later"), WORDS("To be done"),
                                                    WORDS("Done"), WORDS("Left out")};

static bool group_label(struct ctx *ctx, struct group_id id, struct str *ret, struct error *err)
{
    struct group group;
    *ret = say_words(ctx, "Any agent");
    if (id.v == 0) {
        return true;
    }
    if (!group_load(ctx->db, ctx->mem, &ctx->actor, id, &group, err)) {
        return false;
    }
    *ret = group.name;
    return true;
}

// Groups are few: each is asked for once.
static bool fill(struct ctx *ctx, const struct fulfil_task *tasks, size_t count,
                 struct vm_task **ret, struct error *err)
{
    struct names names = {0};
    for (size_t i = 0; i < count; i++) {
        names_want(&names, ctx->mem, tasks[i].assignee);
        names_want(&names, ctx->mem, tasks[i].done_by);
    }
    if (!names_load(&names, ctx->db, ctx->mem, err)) {
        return false;
    }
    *ret = mem_array(ctx->mem, struct vm_task, count + 1);
    for (size_t i = 0; i < count; i++) {
        const struct fulfil_task *task = &tasks[i];
        struct vm_task *vm = &(*ret)[i];
        *vm = (struct vm_task){
            .id = task->id,
            .ticket = task->ticket,
            .subject = STR(""),
            .stage = task->stage,
            .name = task->name,
            .assignee = names_person(&names, task->assignee).name,
            .state = say_words(ctx, STATE_SAYS[task->state]),
            .note = task->note,
            .done_by = names_person(&names, task->done_by).name,
            .at = task->done_at != 0 ? task->done_at : task->opened_at,
            .open = task->state == TASK_OPEN && actor_is_agent(&ctx->actor),
            .mine = task->assignee.v == ctx->actor.user.v,
            .ended = task->state >= TASK_DONE && actor_is_agent(&ctx->actor),
        };
        bool known = i > 0 && tasks[i - 1].group.v == task->group.v;
        if (known) {
            vm->group = (*ret)[i - 1].group;
        } else if (!group_label(ctx, task->group, &vm->group, err)) {
            return false;
        }
    }
    return true;
}

bool fulfil_fill_tasks(struct ctx *ctx, struct vm_fulfil_ticket *vm, struct error *err)
{
    struct fulfil_task *tasks = NULL;
    return fulfil_tasks(ctx->db, ctx->mem, vm->id, &tasks, &vm->task_count, err) &&
           fill(ctx, tasks, vm->task_count, &vm->tasks, err);
}

// The subjects of those tickets that the reader may see.
static bool fill_subjects(struct ctx *ctx, struct vm_tasks *vm, struct error *err)
{
    for (size_t i = 0; i < vm->count; i++) {
        struct ticket ticket;
        struct error why;
        if (i > 0 && vm->tasks[i - 1].ticket.v == vm->tasks[i].ticket.v) {
            vm->tasks[i].subject = vm->tasks[i - 1].subject;
        } else if (ticket_load(ctx->db, ctx->mem, &ctx->actor, vm->tasks[i].ticket, &ticket,
                               &why)) {
            vm->tasks[i].subject = ticket.subject;
        } else if (why.code != ERR_NOT_FOUND) {
            *err = why;
            return false;
        }
    }
    return true;
}

// GET /tasks
bool page_tasks(struct ctx *ctx, struct error *err)
{
    struct vm_tasks vm = {0};
    struct fulfil_task *tasks = NULL;
    struct view v;
    if (!fulfil_tasks_for(ctx->db, ctx->mem, &ctx->actor, &tasks, &vm.count, err) ||
        !fill(ctx, tasks, vm.count, &vm.tasks, err) || !fill_subjects(ctx, &vm, err)) {
        return false;
    }
    desk_page_begin(ctx, &v, &vm.layout, say_words(ctx, "Tasks"), "tasks");
    view_tasks_page(&v, &vm);
    return true;
}

// --- doing --------------------------------------------------------------------------------------

struct acting {
    struct ctx *ctx;
    struct fulfil_act act;
    struct fulfil_task task;
};

static bool act_in_tx(struct db *tx, void *arg, struct error *err)
{
    struct acting *acting = arg;
    struct ctx *ctx = acting->ctx;
    return fulfil_task_act(desk_of(ctx), tx, ctx->mem, &ctx->actor, &acting->act, &acting->task,
                           err);
}

static bool read_act(struct str word, enum task_act *ret)
{
    static const char *const ACTS[] = {"take", "give", "done", "skip", "reopen"};
    for (size_t i = 0; i < sizeof ACTS / sizeof *ACTS; i++) {
        if (str_eq_c(word, ACTS[i])) {
            *ret = (enum task_act)i;
            return true;
        }
    }
    return false;
}

// POST /tasks/{object:id} do=take|give|done|skip|reopen, note=, back=ticket
bool page_task_act(struct ctx *ctx, struct error *err)
{
    struct acting acting = {
        .ctx = ctx, .act = {.id = ctx->path.ids[0], .note = http_form_trimmed(ctx->req, "note")}};
    bool known = read_act(http_form_text(ctx->req, "do"), &acting.act.act);
    if (!known) {
        acting.act.act = TASK_TAKE;
    }
    if (!db_tx_run(ctx->app->db, "fulfil.task", act_in_tx, &acting, err)) {
        return false;
    }
    bool back = str_eq_c(http_form_text(ctx->req, "back"), "ticket");
    http_redirect(ctx->resp, back ? str_printf(ctx->mem, "/tickets/%lld/fulfil",
                                               (long long)acting.task.ticket.v)
                                  : STR("/tasks"));
    return true;
}

struct adding {
    struct ctx *ctx;
    struct new_task task;
};

static bool add_in_tx(struct db *tx, void *arg, struct error *err)
{
    const struct adding *adding = arg;
    struct ctx *ctx = adding->ctx;
    return fulfil_task_add(desk_of(ctx), tx, ctx->mem, &ctx->actor, &adding->task, err);
}

// POST /tickets/{ticket:id}/tasks task=, group=
bool page_task_add(struct ctx *ctx, struct error *err)
{
    struct adding adding = {
        .ctx = ctx,
        .task = {.ticket = {ctx->path.ids[0]}, .name = http_form_trimmed(ctx->req, "task")}};
    struct vm_fulfil_ticket vm = {.email = STR(""), .task = adding.task.name, .error = STR("")};
    struct error why;
    if (!str_to_i64(http_form_trimmed(ctx->req, "group"), &adding.task.group.v)) {
        adding.task.group.v = 0;
    }
    if (!db_tx_run(ctx->app->db, "fulfil.task", add_in_tx, &adding, &why)) {
        return say_mistake(ctx, &why, &vm.error, err) && fulfil_show_ticket(ctx, &vm, err);
    }
    http_redirect(ctx->resp,
                  str_printf(ctx->mem, "/tickets/%lld/fulfil", (long long)ctx->path.ids[0]));
    return true;
}
