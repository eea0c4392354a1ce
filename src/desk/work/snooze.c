// SPDX-License-Identifier: GPL-3.0-or-later
//
// What is put off comes back when its time has come.
#include "desk/desk.h"
#include "desk/work/work_internal.h"

static struct str wake_key(mem_ctx *ctx, struct ticket_id ticket)
{
    return str_printf(ctx, "wake:%lld", (long long)ticket.v);
}

bool snooze_observe(struct db *tx, const struct ticket_applied *applied, struct error *err)
{
    const struct ticket *before = &applied->outcome->before;
    const struct ticket *after = &applied->outcome->after;
    mem_ctx *ctx = db_tx_ctx(tx);
    if (before->snoozed_until == after->snoozed_until) {
        return true;
    }
    if (after->snoozed_until == 0) {
        return jobs_cancel_key(tx, wake_key(ctx, after->id), err);
    }
    struct job_new job = {
        .kind = TICKET_WAKE_JOB,
        .payload =
            str_printf(ctx, "%lld %lld", (long long)after->id.v, (long long)after->snoozed_until),
        .now = applied->now,
        .run_at = after->snoozed_until,
        .unique_key = wake_key(ctx, after->id),
        .reschedule = true,
    };
    return jobs_add(tx, &job, NULL, err);
}

struct waking {
    struct desk *desk;
    mem_ctx *ctx;
    struct ticket_id ticket;
    int64_t until;
};

static bool wake_in_tx(struct db *tx, void *arg, struct error *err)
{
    struct waking *w = arg;
    struct actor system = actor_system(CHANNEL_SYSTEM);
    struct ticket ticket;
    struct ticket_outcome outcome;
    struct error why;
    if (!ticket_load(tx, w->ctx, &system, w->ticket, &ticket, &why)) {
        if (why.code == ERR_NOT_FOUND) {
            return true;  // deleted since
        }
        *err = why;
        return false;
    }
    // Woken, or put off again, since this job was written.
    if (ticket.snoozed_until != w->until) {
        return true;
    }
    struct ticket_change change = {.ticket = w->ticket, .set = SET_SNOOZE};
    return ticket_apply(&w->desk->tickets, tx, w->ctx, &system, &change, &outcome, err);
}

bool ticket_wake_job(void *env, mem_ctx *ctx, const struct job *job, struct error *err)
{
    struct desk *desk = env;
    struct waking w = {.desk = desk, .ctx = ctx};
    struct str id;
    struct str until;
    str_cut(job->payload, ' ', &id, &until);
    if (!str_to_i64(id, &w.ticket.v) || !str_to_i64(until, &w.until)) {
        return error_set(err, ERR_INVALID, "The job names no ticket.");
    }
    return db_tx_run(desk->app->db, "ticket.wake", wake_in_tx, &w, err);
}
