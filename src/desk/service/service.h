// SPDX-License-Identifier: GPL-3.0-or-later
//
// The service room: when the desk works (schedules), what it owes (policies), and how each ticket
// stands (clocks). Schedules and policies are few and kept in memory as a book, read again when the
// stamp in the database is another one. Clocks are rows, brought up to date by each change of their
// ticket; a clock whose time is over is found by its index, so that no ticket is ever looked at
// because time passes.
//
// What is owed is the desk's own matter: it is never shown to requesters.
#ifndef STEWARD_DESK_SERVICE_SERVICE_H
#define STEWARD_DESK_SERVICE_SERVICE_H

#include "desk/rules/rules.h"
#include "desk/service/calendar.h"
#include "desk/service/meters.h"
#include "jobs/jobs.h"

struct desk;

// --- what is set --------------------------------------------------------------------------------

struct schedule_holiday {
    int64_t id;
    struct str name;
    struct calendar_holiday days;
};

struct schedule {
    struct schedule_id id;
    struct str name;
    struct str time_zone;
    int64_t created_at;
    int64_t updated_at;
    const struct calendar_interval *intervals;
    size_t interval_count;
    const struct schedule_holiday *holidays;
    size_t holiday_count;
    const struct group_id *groups;  // that work by it
    size_t group_count;
    const struct calendar *calendar;  // in a book only
};

struct policy_target {
    enum ticket_priority priority;
    enum meter meter;
    int64_t target_ms;
    bool business;
};

struct policy {
    struct policy_id id;
    struct str description;
    int64_t position;
    int64_t created_at;
    int64_t updated_at;
    struct rule rule;  // its title and terms
    const struct policy_target *targets;
    size_t target_count;
    struct conditions conditions;  // in a book only
    bool broken;                   // of what is not known any more: matches nothing
};

struct service_book {
    int64_t stamp;
    struct schedule *schedules;  // the first one made counts for everybody without their own
    size_t schedule_count;
    struct policy *policies;  // in order
    size_t policy_count;
    struct rule_defined defined;  // what conditions of policies name
};

struct service_room;
struct service_room *service_new(mem_ctx *ctx, struct clock *clock);

// As this handle's snapshot has them. The book lives as long as `ctx`.
MUST_CHECK bool service_read(struct service_room *room, struct db *db, mem_ctx *ctx,
                             const struct service_book **ret, struct error *err);
const struct schedule *schedule_in_book(const struct service_book *book, struct schedule_id id);
const struct policy *policy_in_book(const struct service_book *book, struct policy_id id);
// What conditions of policies name was defined, changed or deleted.
MUST_CHECK bool service_defined_changed(struct db *tx, struct error *err);
// The schedule that a group works by; NULL when there is none at all.
const struct schedule *schedule_of_group(const struct service_book *book, struct group_id group);

// Inside a transaction; administrators only (FORBIDDEN). An id of none makes a new one and sets it.
// INVALID with the field at fault. The deadlines of tickets under a changed schedule are made anew
// by a job.
MUST_CHECK bool schedule_store(struct desk *desk, struct db *tx, mem_ctx *ctx,
                               const struct actor *actor, struct schedule *schedule,
                               struct error *err);
MUST_CHECK bool schedule_delete(struct desk *desk, struct db *tx, mem_ctx *ctx,
                                const struct actor *actor, struct schedule_id id,
                                struct error *err);
// A position of 0 is the end. A changed policy counts for a ticket from the ticket's next change.
MUST_CHECK bool policy_store(struct desk *desk, struct db *tx, mem_ctx *ctx,
                             const struct actor *actor, struct policy *policy, struct error *err);
MUST_CHECK bool policy_delete(struct desk *desk, struct db *tx, mem_ctx *ctx,
                              const struct actor *actor, struct policy_id id, struct error *err);
MUST_CHECK bool policies_reorder(struct desk *desk, struct db *tx, mem_ctx *ctx,
                                 const struct actor *actor, const struct policy_id *ids,
                                 size_t count, struct error *err);

// --- clocks -------------------------------------------------------------------------------------

// Observer of tickets, after triggers. Imports are measured by nothing.
bool service_observe(void *desk, struct db *tx, const struct ticket_applied *applied,
                     struct error *err);

// The timer: deals with clocks whose time is over.
#define SERVICE_FIRE_MS (30 * SECONDS_MS)
bool service_fire(void *desk, mem_ctx *ctx, struct error *err);

// The job: the tickets under a schedule get new deadlines. Its payload is the schedule's id.
#define SERVICE_RENEW_JOB "service.renew"
bool service_renew_job(void *desk, mem_ctx *ctx, const struct job *job, struct error *err);

struct ticket_clock {
    struct ticket_id ticket;
    struct meter_clock clock;
    int64_t left_ms;  // until it is missed, below 0 afterwards; while paused: that it still has
};
// Of tickets that the caller may see, for staff: those that run, are paused or done. Sorted by
// ticket; one statement.
MUST_CHECK bool ticket_clocks(struct desk *desk, struct db *db, mem_ctx *ctx,
                              const struct ticket *tickets, size_t count, struct ticket_clock **ret,
                              size_t *ret_count, struct error *err);

// Promises that came to their end in a span of time: how many of each metric were kept, and how
// many of them late.
struct promise_sum {
    enum meter meter;
    int64_t ended;
    int64_t late;
};
MUST_CHECK bool promise_sums(struct db *db, mem_ctx *ctx, int64_t since, int64_t until,
                             struct promise_sum **ret, size_t *ret_count, struct error *err);

struct metric_record {
    int64_t id;
    struct ticket_id ticket;
    enum meter meter;
    int64_t instance;
    enum meter_event event;
    int64_t at;
    int64_t noted_at;
    struct policy_id policy;  // apply_sla
    struct str policy_title;
    int64_t target_ms;
    bool business;
    int64_t calendar_ms;  // update_status
    int64_t business_ms;
};
// All in order of noting; administrators only.
struct metric_range {
    int64_t after_at;
    int64_t after_id;
    int64_t before;
    int64_t limit;
};
MUST_CHECK bool metric_records(struct db *db, mem_ctx *ctx, const struct metric_range *range,
                               struct metric_record **ret, size_t *ret_count, struct error *err);
// Of tickets that the caller may see, by ticket and id.
MUST_CHECK bool metric_records_of(struct db *db, mem_ctx *ctx, const struct ticket *tickets,
                                  size_t count, struct metric_record **ret, size_t *ret_count,
                                  struct error *err);

#endif
