// SPDX-License-Identifier: GPL-3.0-or-later
//
// Tasks of requests: which begin when, who may do them, what follows.
#include "app/config.h"
#include "desk/channels/channels.h"
#include "desk/fulfil/fulfil_internal.h"

enum { LIST_MOST = 300 };

static struct fulfil_task from_row(const struct task_row *row)
{
    static const char *const STATES[TASK_STATES] = {"waiting", "open", "done", "skipped"};
    struct fulfil_task task = {.id = row->id,
                               .ticket = row->ticket_id,
                               .stage = row->stage,
                               .name = row->name,
                               .group = row->group_id,
                               .assignee = row->assignee_id,
                               .note = row->note,
                               .done_by = row->done_by,
                               .opened_at = row->opened_at.v,
                               .done_at = row->done_at.v};
    for (int i = 0; i < TASK_STATES; i++) {
        task.state = str_eq_c(row->state, STATES[i]) ? (enum task_state)i : task.state;
    }
    return task;
}

bool fulfil_tasks(struct db *db, mem_ctx *ctx, struct ticket_id ticket, struct fulfil_task **ret,
                  size_t *ret_count, struct error *err)
{
    struct task_row *rows = NULL;
    if (!tasks_of_ticket(db, ctx, ticket, &rows, ret_count, err)) {
        return false;
    }
    *ret = mem_array(ctx, struct fulfil_task, *ret_count + 1);
    for (size_t i = 0; i < *ret_count; i++) {
        (*ret)[i] = from_row(&rows[i]);
    }
    return true;
}

// --- who may ------------------------------------------------------------------------------------

static bool sees_ticket(struct db *db, mem_ctx *ctx, const struct actor *actor,
                        struct ticket_id ticket, bool *ret, struct error *err)
{
    struct ticket seen;
    struct error why;
    *ret = ticket_load(db, ctx, actor, ticket, &seen, &why);
    if (!*ret && why.code != ERR_NOT_FOUND) {
        *err = why;
        return false;
    }
    return true;
}

static bool is_theirs(const struct actor *actor, const struct fulfil_task *task)
{
    return (task->assignee.v != 0 && task->assignee.v == actor->user.v) ||
           (task->group.v != 0 && actor_in_group(actor, task->group));
}

static bool load_task(struct db *db, mem_ctx *ctx, const struct actor *actor, int64_t id,
                      struct fulfil_task *ret, struct error *err)
{
    struct task_row row;
    bool found = false;
    bool seen = false;
    if (!task_by_id(db, ctx, id, &row, &found, err)) {
        return false;
    }
    if (found) {
        *ret = from_row(&row);
        seen = is_theirs(actor, ret);
        if (!seen && !sees_ticket(db, ctx, actor, ret->ticket, &seen, err)) {
            return false;
        }
    }
    return (seen && actor_is_agent(actor)) ||
           error_set(err, ERR_NOT_FOUND, "There is no such task.");
}

bool fulfil_tasks_for(struct db *db, mem_ctx *ctx, const struct actor *actor,
                      struct fulfil_task **ret, size_t *ret_count, struct error *err)
{
    struct task_row *rows = NULL;
    size_t count = 0;
    *ret_count = 0;
    if (!tasks_for(db, ctx, actor->user, actor->groups, actor->group_count, LIST_MOST, &rows,
                   &count, err)) {
        return false;
    }
    *ret = mem_array(ctx, struct fulfil_task, count + 1);
    for (size_t i = 0; i < count; i++) {
        struct fulfil_task task = from_row(&rows[i]);
        bool seen = is_theirs(actor, &task);
        if (!seen && !sees_ticket(db, ctx, actor, task.ticket, &seen, err)) {
            return false;
        }
        if (seen) {
            (*ret)[(*ret_count)++] = task;
        }
    }
    return true;
}

// --- going on -----------------------------------------------------------------------------------

// Whoever looks after the ticket hears that all is done.
static bool tell_done(const struct way *way, struct error *err)
{
    struct user person;
    bool found = false;
    struct user_id who =
        way->ticket->assignee.v != 0 ? way->ticket->assignee : way->ticket->steward;
    if (!user_find(way->tx, way->ctx, who, &person, &found, err)) {
        return false;
    }
    if (!found || !person.active || person.suspended || str_empty(person.email)) {
        return true;
    }
    struct str subject =
        str_printf(way->ctx, "All tasks of #%lld are done", (long long)way->ticket->id.v);
    struct str text =
        str_printf(way->ctx,
                   STR_FMT "\n\nAll tasks of this ticket are done; the requester "
                           "waits to hear it: " STR_FMT "/tickets/%lld\n",
                   STR_ARG(way->ticket->subject), STR_ARG(way->desk->app->config->public_url),
                   (long long)way->ticket->id.v);
    return channels_tell(way->desk, way->tx, &person, subject, text, err);
}

bool fulfil_tasks_start(const struct way *way, struct error *err)
{
    struct fulfil_task *tasks = NULL;
    size_t count = 0;
    int64_t next = 0;
    bool open = false;
    if (!fulfil_tasks(way->tx, way->ctx, way->ticket->id, &tasks, &count, err)) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        open = open || tasks[i].state == TASK_OPEN;
        if (next == 0 && tasks[i].state == TASK_WAITING) {
            next = tasks[i].stage;
        }
    }
    if (open || count == 0) {
        return true;
    }
    channels_publish_ticket(way->tx, way->ticket->id);
    return next == 0 || tasks_open(way->tx, way->ticket->id, next, way->now, err);
}

// After a task ended: the next stage, or the end of them all.
static bool go_on(const struct way *way, struct error *err)
{
    struct fulfil_counts_row row;
    return fulfil_tasks_start(way, err) &&
           fulfil_counts(way->tx, way->ctx, way->ticket->id, &row, err) &&
           (row.tasks > row.done || tell_done(way, err));
}

static bool end_task(const struct way *way, const struct actor *actor,
                     const struct fulfil_task *task, const struct fulfil_act *act,
                     struct error *err)
{
    bool done = act->act == TASK_DO;
    struct str note = str_utf8_clip(str_trim(act->note), TASK_NOTE_MOST);
    if (task->state != TASK_OPEN) {
        return error_set(err, ERR_CONFLICT, "This task is not open any more.");
    }
    return task_end(way->tx, task->id, done ? STR("done") : STR("skipped"), note, actor->user,
                    way->now, err) &&
           fulfil_note_by(way, actor, done ? "task_done" : "task_skipped", task->name, err) &&
           go_on(way, err);
}

static bool act_on(const struct way *way, const struct actor *actor, const struct fulfil_task *task,
                   const struct fulfil_act *act, struct error *err)
{
    switch (act->act) {
    case TASK_TAKE:
        return task_take(way->tx, task->id, actor->user, err);
    case TASK_GIVE_BACK:
        return task_take(way->tx, task->id, (struct user_id){0}, err);
    case TASK_DO:
    case TASK_SKIP:
        return end_task(way, actor, task, act, err);
    case TASK_REOPEN:
        break;
    }
    return task_reopen(way->tx, task->id, way->now, err) &&
           fulfil_note_by(way, actor, "task_reopened", task->name, err);
}

bool fulfil_task_act(struct desk *desk, struct db *tx, mem_ctx *ctx, const struct actor *actor,
                     const struct fulfil_act *act, struct fulfil_task *ret, struct error *err)
{
    struct actor system = actor_system(CHANNEL_SYSTEM);
    struct ticket ticket;
    if (!load_task(tx, ctx, actor, act->id, ret, err) ||
        !ticket_load(tx, ctx, &system, ret->ticket, &ticket, err)) {
        return false;
    }
    const struct way way = {desk, tx, ctx, &ticket, clock_now(desk->app->clock)};
    bool opens = act->act == TASK_REOPEN;
    if (opens && (ret->state < TASK_DONE || ticket.status >= STATUS_SOLVED)) {
        return error_set(err, ERR_CONFLICT, "This task cannot be opened again.");
    }
    channels_publish_ticket(tx, ticket.id);
    return act_on(&way, actor, ret, act, err);
}

bool fulfil_task_add(struct desk *desk, struct db *tx, mem_ctx *ctx, const struct actor *actor,
                     const struct new_task *task, struct error *err)
{
    struct fulfil_task *tasks = NULL;
    struct ticket ticket;
    struct group known;
    size_t count = 0;
    int64_t stage = 1;
    bool agreed = false;
    struct ticket_id id = task->ticket;
    struct str name = str_trim(task->name);
    if (!ticket_load(tx, ctx, actor, id, &ticket, err)) {
        return false;
    }
    const struct way way = {desk, tx, ctx, &ticket, clock_now(desk->app->clock)};
    if (!ticket_may_edit(actor, &ticket)) {
        return error_set(err, ERR_FORBIDDEN, "Only agents add tasks.");
    }
    if (ticket.status >= STATUS_SOLVED) {
        return error_set(err, ERR_CONFLICT, "This ticket is solved.");
    }
    if (name.len == 0 || name.len > TASK_NAME_MOST) {
        return error_field(err, "name", "BlankValue", "Please say in a few words what to do.");
    }
    if ((task->group.v != 0 && !group_load(tx, ctx, actor, task->group, &known, err)) ||
        !fulfil_tasks(tx, ctx, id, &tasks, &count, err) || !fulfil_agreed(&way, &agreed, err)) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        stage = tasks[i].state != TASK_WAITING || i == 0 ? tasks[i].stage : stage;
    }
    channels_publish_ticket(tx, id);
    return task_insert(tx, db_next_id(tx), id, stage, name, task->group, err) &&
           fulfil_note_by(&way, actor, "task_added", name, err) &&
           (!agreed || tasks_open(tx, id, stage, way.now, err));
}
