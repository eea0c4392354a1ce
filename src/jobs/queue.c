// SPDX-License-Identifier: GPL-3.0-or-later
#include <assert.h>

#include "jobs/jobs.h"
#include "jobs/jobs_internal.h"
#include "jobs/queries.h"

bool jobs_add(struct db *tx, const struct job_new *job, struct job_id *ret_id, struct error *err)
{
    assert(job->kind != NULL);
    const struct job_put_in in = {.id = {db_next_id(tx)},
                                  .kind = str_c(job->kind),
                                  .payload = job->payload,
                                  .run_at = job->run_at,
                                  .unique_key = job->unique_key,
                                  .created_at = job->now,
                                  .reschedule = job->reschedule};
    struct job_put_row row;
    if (!job_put(tx, db_tx_ctx(tx), &in, &row, err)) {
        return false;
    }
    db_notify(tx, JOBS_CHANNEL, STR(""));
    if (ret_id != NULL) {
        *ret_id = row.id;
    }
    return true;
}

bool jobs_cancel_key(struct db *tx, struct str unique_key, struct error *err)
{
    int64_t changes = 0;
    return job_delete_key(tx, unique_key, &changes, err);
}

bool jobs_dead_list(struct db *db, mem_ctx *ctx, int64_t most, struct job_dead **ret,
                    size_t *ret_count, struct error *err)
{
    struct job_dead_list_row *rows;
    size_t count;
    if (!job_dead_list(db, ctx, most, &rows, &count, err)) {
        return false;
    }
    struct job_dead *list = mem_array(ctx, struct job_dead, count);
    for (size_t i = 0; i < count; i++) {
        list[i] = (struct job_dead){.id = rows[i].id,
                                    .kind = rows[i].kind,
                                    .payload = rows[i].payload,
                                    .attempts = rows[i].attempts,
                                    .last_error = rows[i].last_error,
                                    .created_at = rows[i].created_at};
    }
    *ret = list;
    *ret_count = count;
    return true;
}

static bool one_changed(int64_t changes, struct error *err)
{
    return changes == 1 ||
           error_set(err, ERR_NOT_FOUND,
                     "This job is not parked any more, or has been asked for anew since.");
}

bool jobs_retry(struct db *tx, struct job_id id, struct error *err)
{
    int64_t changes = 0;
    if (!job_revive(tx, id, 0, &changes, err) || !one_changed(changes, err)) {
        return false;
    }
    db_notify(tx, JOBS_CHANNEL, STR(""));
    return true;
}

bool jobs_delete_dead(struct db *tx, struct job_id id, struct error *err)
{
    int64_t changes = 0;
    return job_delete_dead(tx, id, &changes, err) && one_changed(changes, err);
}

bool jobs_count(struct db *db, mem_ctx *ctx, int64_t now, struct job_counts *ret, struct error *err)
{
    struct job_count_row row;
    if (!job_count(db, ctx, now, &row, err)) {
        return false;
    }
    *ret = (struct job_counts){.waiting = row.waiting,
                               .due = row.due,
                               .running = row.running,
                               .dead = row.dead,
                               .oldest_due_at = row.oldest_due_at};
    return true;
}
