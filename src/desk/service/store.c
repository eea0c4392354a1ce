// SPDX-License-Identifier: GPL-3.0-or-later
//
// Writing schedules and policies.
#include "desk/desk.h"
#include "desk/people/people.h"
#include "desk/service/queries.h"
#include "desk/service/service_internal.h"
#include "desk/trail/trail.h"

enum { NAME_CHARS = 255, TARGETS_MAX = 4 * METER_COUNT, TERMS_MAX = 100 };

static bool may_set(const struct actor *actor, struct error *err)
{
    return actor_is_admin(actor) ||
           error_set(err, ERR_FORBIDDEN, "Only administrators set what the desk owes.");
}

static bool note(struct desk *desk, struct db *tx, const struct actor *actor,
                 const struct trail_note *note, struct error *err)
{
    return trail_add(tx, actor, clock_now(desk->app->clock), note, err);
}

// --- schedules ----------------------------------------------------------------------------------

static bool check_schedule(struct db *tx, mem_ctx *ctx, struct schedule *s, struct error *err)
{
    struct calendar *calendar = NULL;
    s->name = str_one_line(ctx, s->name, NAME_CHARS);
    if (str_empty(str_trim(s->name))) {
        return error_field(err, "name", "BlankValue", "Name: cannot be blank");
    }
    for (size_t i = 0; i < s->holiday_count; i++) {
        if (str_empty(str_trim(s->holidays[i].name))) {
            return error_field(err, "name", "BlankValue", "Name: cannot be blank");
        }
        if (s->holidays[i].days.last_day < s->holidays[i].days.first_day) {
            return error_field(err, "end_date", "InvalidValue",
                               "End date: a holiday cannot end before it begins.");
        }
    }
    for (size_t i = 0; i < s->group_count; i++) {
        bool exists = false;
        if (!group_exists(tx, s->groups[i], &exists, err)) {
            return false;
        }
        if (!exists) {
            return error_field(err, "group_ids", "RecordNotFound", "There is no group %lld.",
                               (long long)s->groups[i].v);
        }
    }
    return schedule_calendar(ctx, s, &calendar, err);
}

static bool write_parts(struct db *tx, const struct schedule *s, struct error *err)
{
    if (!schedule_intervals_remove(tx, s->id, err) || !schedule_holidays_remove(tx, s->id, err) ||
        !schedule_groups_remove(tx, s->id, err)) {
        return false;
    }
    for (size_t i = 0; i < s->interval_count; i++) {
        if (!schedule_interval_insert(tx, s->id, s->intervals[i].start, s->intervals[i].end, err)) {
            return false;
        }
    }
    for (size_t i = 0; i < s->holiday_count; i++) {
        const struct schedule_holiday *h = &s->holidays[i];
        if (!schedule_holiday_insert(tx, h->id, s->id, h->name, h->days.first_day, h->days.last_day,
                                     err)) {
            return false;
        }
    }
    for (size_t i = 0; i < s->group_count; i++) {
        if (!schedule_group_write(tx, s->groups[i], s->id, err)) {
            return false;
        }
    }
    return true;
}

static void number_holidays(struct db *tx, mem_ctx *ctx, struct schedule *s)
{
    struct schedule_holiday *list = mem_array(ctx, struct schedule_holiday, s->holiday_count + 1);
    for (size_t i = 0; i < s->holiday_count; i++) {
        list[i] = s->holidays[i];
        list[i].id = list[i].id != 0 ? list[i].id : db_next_id(tx);
    }
    s->holidays = list;
}

static bool ask_renew(struct db *tx, mem_ctx *ctx, struct schedule_id id, int64_t now,
                      struct error *err)
{
    struct job_new job = {
        .kind = SERVICE_RENEW_JOB,
        .payload = str_printf(ctx, "%lld", (long long)id.v),
        .now = now,
        .unique_key = str_printf(ctx, "service.renew:%lld", (long long)id.v),
    };
    return jobs_add(tx, &job, NULL, err);
}

bool schedule_store(struct desk *desk, struct db *tx, mem_ctx *ctx, const struct actor *actor,
                    struct schedule *schedule, struct error *err)
{
    int64_t now = clock_now(desk->app->clock);
    if (!may_set(actor, err) || !check_schedule(tx, ctx, schedule, err)) {
        return false;
    }
    struct trail_note told = {.action = schedule->id.v == 0 ? "create" : "update",
                              .source_type = "schedule",
                              .source_label = schedule->name};
    if (schedule->id.v == 0) {
        schedule->id.v = db_next_id(tx);
        schedule->created_at = now;
    }
    told.source_id = schedule->id.v;
    schedule->updated_at = now;
    number_holidays(tx, ctx, schedule);
    return note(desk, tx, actor, &told, err) &&
           schedule_write(tx, schedule->id, schedule->name, schedule->time_zone,
                          schedule->created_at, now, err) &&
           write_parts(tx, schedule, err) && service_book_changed(tx, err) &&
           ask_renew(tx, ctx, schedule->id, now, err);
}

bool schedule_delete(struct desk *desk, struct db *tx, mem_ctx *ctx, const struct actor *actor,
                     struct schedule_id id, struct error *err)
{
    const struct service_book *book = NULL;
    struct trail_note told = {
        .action = "destroy", .source_type = "schedule", .source_id = id.v, .source_label = STR("")};
    if (!may_set(actor, err) || !service_read(desk->service, tx, ctx, &book, err)) {
        return false;
    }
    const struct schedule *gone = schedule_in_book(book, id);
    told.source_label = gone != NULL ? gone->name : STR("");
    return note(desk, tx, actor, &told, err) && schedule_intervals_remove(tx, id, err) &&
           schedule_holidays_remove(tx, id, err) && schedule_groups_remove(tx, id, err) &&
           schedule_remove(tx, id, err) && service_book_changed(tx, err) &&
           ask_renew(tx, ctx, id, clock_now(desk->app->clock), err);
}

// --- policies -----------------------------------------------------------------------------------

static bool check_policy(struct db *tx, mem_ctx *ctx, struct policy *p, struct error *err)
{
    struct rule_defined defined;
    struct problems problems;
    struct conditions conditions;
    problems_init(&problems, ctx);
    p->rule.title = str_one_line(ctx, p->rule.title, NAME_CHARS);
    if (str_empty(str_trim(p->rule.title))) {
        return error_field(err, "title", "BlankValue", "Title: cannot be blank");
    }
    if (p->rule.term_count > TERMS_MAX || p->target_count > TARGETS_MAX) {
        return error_field(err, "base", "TooLong", "This is more than one policy holds.");
    }
    for (size_t i = 0; i < p->target_count; i++) {
        const struct policy_target *one = &p->targets[i];
        if (one->target_ms < SECONDS_MS || one->target_ms > 3650 * DAYS_MS) {
            return error_field(err, "policy_metrics", "InvalidValue",
                               "Policy metrics: a target is more than nothing and less than ten "
                               "years.");
        }
        for (size_t k = 0; k < i; k++) {
            if (p->targets[k].meter == one->meter && p->targets[k].priority == one->priority) {
                return error_field(err, "policy_metrics", "DuplicateValue",
                                   "Policy metrics: one target for each metric and priority.");
            }
        }
    }
    if (!rule_defined_load(tx, ctx, &defined, err)) {
        return false;
    }
    return conditions_compile(ctx, RULE_POLICY, &defined, p->rule.terms, p->rule.term_count,
                              &conditions, &problems) ||
           problems_none(&problems, err);
}

static bool write_term(struct db *tx, struct policy_id policy, size_t ordinal,
                       const struct rule_term *term, struct error *err)
{
    struct policy_term_insert_in in = {
        .policy_id = policy,
        .ordinal = (int64_t)ordinal,
        .part = -1,
        .place = term->place == PLACE_ALL ? STR("all") : STR("any"),
        .field = term->field,
        .operator= str_empty(term->op) ? STR_NONE : term->op,
        .value = STR_NONE,
        .is_list = term->list,
    };
    if (term->count == 0) {
        return policy_term_insert(tx, &in, err);
    }
    for (size_t i = 0; i < term->count; i++) {
        in.part = (int64_t)i;
        in.value = term->values[i];
        if (!policy_term_insert(tx, &in, err)) {
            return false;
        }
    }
    return true;
}

static bool write_policy_parts(struct db *tx, const struct policy *p, struct error *err)
{
    if (!policy_terms_remove(tx, p->id, err) || !policy_targets_remove(tx, p->id, err)) {
        return false;
    }
    for (size_t i = 0; i < p->rule.term_count; i++) {
        if (!write_term(tx, p->id, i, &p->rule.terms[i], err)) {
            return false;
        }
    }
    for (size_t i = 0; i < p->target_count; i++) {
        const struct policy_target *one = &p->targets[i];
        if (!policy_target_insert(tx, p->id, (int64_t)one->priority, (int64_t)one->meter,
                                  one->target_ms, one->business, err)) {
            return false;
        }
    }
    return true;
}

bool policy_store(struct desk *desk, struct db *tx, mem_ctx *ctx, const struct actor *actor,
                  struct policy *policy, struct error *err)
{
    const struct service_book *book = NULL;
    int64_t now = clock_now(desk->app->clock);
    if (!may_set(actor, err) || !check_policy(tx, ctx, policy, err) ||
        !service_read(desk->service, tx, ctx, &book, err)) {
        return false;
    }
    struct trail_note told = {.action = policy->id.v == 0 ? "create" : "update",
                              .source_type = "sla_policy",
                              .source_label = policy->rule.title};
    if (policy->id.v == 0) {
        policy->id.v = db_next_id(tx);
        policy->created_at = now;
    }
    told.source_id = policy->id.v;
    for (size_t i = 0; i < book->policy_count && policy->position <= 0; i++) {
        bool last = i + 1 == book->policy_count;
        policy->position = last ? book->policies[i].position + 1 : 0;
    }
    policy->position = policy->position > 0 ? policy->position : 1;
    policy->updated_at = now;
    return note(desk, tx, actor, &told, err) &&
           policy_write(tx,
                        &(struct policy_write_in){.id = policy->id,
                                                  .title = policy->rule.title,
                                                  .description = policy->description,
                                                  .position = policy->position,
                                                  .created_at = policy->created_at,
                                                  .updated_at = now},
                        err) &&
           write_policy_parts(tx, policy, err) && service_book_changed(tx, err);
}

bool policy_delete(struct desk *desk, struct db *tx, mem_ctx *ctx, const struct actor *actor,
                   struct policy_id id, struct error *err)
{
    const struct service_book *book = NULL;
    struct trail_note told = {.action = "destroy",
                              .source_type = "sla_policy",
                              .source_id = id.v,
                              .source_label = STR("")};
    if (!may_set(actor, err) || !service_read(desk->service, tx, ctx, &book, err)) {
        return false;
    }
    const struct policy *gone = policy_in_book(book, id);
    told.source_label = gone != NULL ? gone->rule.title : STR("");
    return note(desk, tx, actor, &told, err) && policy_terms_remove(tx, id, err) &&
           policy_targets_remove(tx, id, err) && policy_remove(tx, id, err) &&
           service_book_changed(tx, err);
}

static bool listed(const struct policy_id *ids, size_t count, struct policy_id id)
{
    for (size_t i = 0; i < count; i++) {
        if (ids[i].v == id.v) {
            return true;
        }
    }
    return false;
}

bool policies_reorder(struct desk *desk, struct db *tx, mem_ctx *ctx, const struct actor *actor,
                      const struct policy_id *ids, size_t count, struct error *err)
{
    const struct service_book *book = NULL;
    int64_t position = 1;
    if (!may_set(actor, err) || !service_read(desk->service, tx, ctx, &book, err)) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        if (policy_in_book(book, ids[i]) == NULL) {
            return error_set(err, ERR_NOT_FOUND, "There is no such policy.");
        }
        if (!policy_position_write(tx, ids[i], position++, err)) {
            return false;
        }
    }
    for (size_t i = 0; i < book->policy_count; i++) {
        if (!listed(ids, count, book->policies[i].id) &&
            !policy_position_write(tx, book->policies[i].id, position++, err)) {
            return false;
        }
    }
    const struct trail_note told = {.action = "update",
                                    .source_type = "sla_policy",
                                    .source_label = STR(""),
                                    .change = STR("order")};
    return note(desk, tx, actor, &told, err) && service_book_changed(tx, err);
}
