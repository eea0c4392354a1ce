// SPDX-License-Identifier: GPL-3.0-or-later
#include "desk/service/service.h"

#include "desk/test_world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

// Friday, 2 January 2026, 16:30 in Berlin.
#define FRIDAY INT64_C(1767367800000)

struct setting {
    struct world *w;
    struct schedule schedule;
    struct policy policy;
    bool remove;
};

static bool set_schedule(struct db *tx, void *arg, struct error *err)
{
    struct setting *s = arg;
    struct actor admin = world_actor(&s->w->admin);
    return schedule_store(s->w->desk, tx, s->w->ctx, &admin, &s->schedule, err);
}

static bool set_policy(struct db *tx, void *arg, struct error *err)
{
    struct setting *s = arg;
    struct actor admin = world_actor(&s->w->admin);
    return policy_store(s->w->desk, tx, s->w->ctx, &admin, &s->policy, err);
}

static void run(struct setting *s, bool (*fn)(struct db *tx, void *arg, struct error *err))
{
    struct error err = {0};
    if (!db_tx_run(s->w->app.db, "test", fn, s, &err)) {
        fail_msg("%s %s", err.message, err.detail);
    }
}

// Monday to Friday, 9 to 17, in Berlin; every metric for urgent and low tickets.
static struct setting prepared(struct world *w, bool business)
{
    static const struct calendar_interval WEEK[] = {
        {1980, 2460}, {3420, 3900}, {4860, 5340}, {6300, 6780}, {7740, 8220}};
    static struct policy_target targets[2 * METER_COUNT];
    struct setting s = {
        .w = w,
        .schedule = {.name = STR("Berlin"),
                     .time_zone = STR("Europe/Berlin"),
                     .intervals = WEEK,
                     .interval_count = 5},
        .policy = {.description = STR(""),
                   .rule = {.kind = RULE_POLICY, .title = STR("Ours")},
                   .targets = targets,
                   .target_count = 2 * METER_COUNT},
    };
    for (int i = 0; i < METER_COUNT; i++) {
        targets[2 * i] = (struct policy_target){PRIORITY_URGENT, (enum meter)i, HOURS_MS, business};
        targets[2 * i + 1] =
            (struct policy_target){PRIORITY_LOW, (enum meter)i, 8 * HOURS_MS, !business};
    }
    clock_freeze(&w->clock, FRIDAY);
    run(&s, set_schedule);
    run(&s, set_policy);
    return s;
}

static struct ticket change(struct world *w, const struct user *who, struct ticket_change *change)
{
    struct actor actor = world_actor(who);
    struct ticket_outcome outcome;
    struct error err = {0};
    if (!ticket_apply_run(&w->desk->tickets, w->app.db, w->ctx, &actor, change, &outcome, &err)) {
        fail_msg("%s %s", err.message, err.detail);
    }
    return outcome.after;
}

static struct ticket asked(struct world *w, const struct user *ana, enum ticket_priority priority)
{
    struct new_comment words = {.body = STR("It is dark."), .is_public = true, .quoted_from = -1};
    struct ticket_change create = {.set = SET_SUBJECT | SET_REQUESTER,
                                   .subject = STR("Dark"),
                                   .requester = ana->id,
                                   .comment = &words};
    struct ticket ticket = change(w, ana, &create);
    struct ticket_change rank = {.ticket = ticket.id, .set = SET_PRIORITY, .priority = priority};
    return priority == PRIORITY_NONE ? ticket : change(w, &w->tom, &rank);
}

static struct ticket say(struct world *w, const struct user *who, struct ticket ticket,
                         enum ticket_status status)
{
    struct new_comment words = {.body = STR("Words."), .is_public = true, .quoted_from = -1};
    struct ticket_change say = {.ticket = ticket.id, .comment = &words};
    if (status != STATUS_NEW) {
        say.set = SET_STATUS;
        say.status = status;
    }
    return change(w, who, &say);
}

static struct ticket_clock *clocks(struct world *w, struct ticket ticket, size_t *ret_count)
{
    struct ticket_clock *list = NULL;
    struct db *db = NULL;
    struct error err = {0};
    assert_true(db_read_begin(w->app.db, &db, &err));
    assert_true(ticket_clocks(w->desk, db, w->ctx, &ticket, 1, &list, ret_count, &err));
    db_read_end(db);
    return list;
}

static struct meter_clock clock_of(struct world *w, struct ticket ticket, enum meter meter)
{
    size_t count = 0;
    const struct ticket_clock *list = clocks(w, ticket, &count);
    for (size_t i = 0; i < count; i++) {
        if (list[i].clock.meter == meter) {
            return list[i].clock;
        }
    }
    return (struct meter_clock){0};
}

static size_t events(struct world *w, struct ticket ticket, enum meter meter,
                     enum meter_event event, int64_t *ret_at)
{
    struct metric_record *list = NULL;
    struct db *db = NULL;
    struct error err = {0};
    size_t count = 0;
    size_t found = 0;
    assert_true(db_read_begin(w->app.db, &db, &err));
    assert_true(metric_records_of(db, w->ctx, &ticket, 1, &list, &count, &err));
    db_read_end(db);
    for (size_t i = 0; i < count; i++) {
        if (list[i].meter == meter && list[i].event == event) {
            *ret_at = list[i].at;
            found++;
        }
    }
    return found;
}

static void deadlines_keep_to_working_hours(void **state)
{
    struct world *w = *state;
    struct user ana = world_person(w, "ana@people.example", ROLE_END_USER);
    (void)prepared(w, true);
    // An hour from Friday 16:30 ends on Monday at 9:30.
    int64_t monday = FRIDAY + (2 * 24 + 17) * HOURS_MS;
    struct ticket ticket = asked(w, &ana, PRIORITY_URGENT);
    assert_int_equal(ticket.breach_at, monday);
    assert_int_equal(clock_of(w, ticket, METER_FIRST_REPLY).breach_at, monday);
    // Half an hour later nothing is used up that was not worked.
    clock_freeze(&w->clock, FRIDAY + 20 * HOURS_MS);
    ticket = say(w, &w->tom, ticket, STATUS_PENDING);
    struct meter_clock wait = clock_of(w, ticket, METER_REQUESTER_WAIT);
    assert_int_equal(wait.phase, PHASE_PAUSED);
    assert_int_equal(wait.open_ms, 30 * MINUTES_MS);
    assert_int_equal(wait.wall_ms, 20 * HOURS_MS);
    assert_int_equal(clock_of(w, ticket, METER_FIRST_REPLY).phase, PHASE_DONE);
    // Their answer on Monday at ten leaves half an hour for the rest.
    clock_freeze(&w->clock, monday + 30 * MINUTES_MS);
    ticket = say(w, &ana, ticket, STATUS_OPEN);
    assert_int_equal(clock_of(w, ticket, METER_REQUESTER_WAIT).breach_at, monday + HOURS_MS);
    assert_int_equal(clock_of(w, ticket, METER_NEXT_REPLY).breach_at, monday + 90 * MINUTES_MS);
    ticket = say(w, &w->tom, ticket, STATUS_SOLVED);
    assert_int_equal(ticket.breach_at, 0);
}

static void what_is_over_is_found_by_the_timer_alone(void **state)
{
    struct world *w = *state;
    struct user ana = world_person(w, "ana@people.example", ROLE_END_USER);
    struct error err = {0};
    int64_t at = 0;
    (void)prepared(w, false);
    struct ticket ticket = asked(w, &ana, PRIORITY_URGENT);
    assert_true(service_fire(w->desk, w->ctx, &err));
    assert_int_equal(events(w, ticket, METER_FIRST_REPLY, METER_BREACH, &at), 0);
    clock_freeze(&w->clock, FRIDAY + HOURS_MS + 5 * SECONDS_MS);
    assert_true(service_fire(w->desk, w->ctx, &err));
    assert_true(service_fire(w->desk, w->ctx, &err));
    assert_int_equal(events(w, ticket, METER_FIRST_REPLY, METER_BREACH, &at), 1);
    assert_int_equal(at, FRIDAY + HOURS_MS);
    assert_true(clock_of(w, ticket, METER_FIRST_REPLY).breached);
    // A later change does not say it twice.
    (void)say(w, &w->tom, ticket, STATUS_OPEN);
    assert_int_equal(events(w, ticket, METER_FIRST_REPLY, METER_BREACH, &at), 1);
    assert_int_equal(events(w, ticket, METER_FIRST_REPLY, METER_FULFILL, &at), 1);
}

static void an_answer_that_comes_too_late_is_one_even_before_the_timer(void **state)
{
    struct world *w = *state;
    struct user ana = world_person(w, "ana@people.example", ROLE_END_USER);
    int64_t at = 0;
    (void)prepared(w, false);
    struct ticket ticket = asked(w, &ana, PRIORITY_URGENT);
    clock_freeze(&w->clock, FRIDAY + 2 * HOURS_MS);
    (void)say(w, &w->tom, ticket, STATUS_OPEN);
    assert_int_equal(events(w, ticket, METER_FIRST_REPLY, METER_BREACH, &at), 1);
    assert_int_equal(at, FRIDAY + HOURS_MS);
}

static void another_priority_counts_from_the_beginning(void **state)
{
    struct world *w = *state;
    struct user ana = world_person(w, "ana@people.example", ROLE_END_USER);
    (void)prepared(w, false);
    struct ticket ticket = asked(w, &ana, PRIORITY_URGENT);
    clock_freeze(&w->clock, FRIDAY + 40 * MINUTES_MS);
    struct ticket_change low = {.ticket = ticket.id, .set = SET_PRIORITY, .priority = PRIORITY_LOW};
    ticket = change(w, &w->tom, &low);
    // Eight hours of work: half of one on Friday, seven and a half on Monday.
    assert_int_equal(ticket.breach_at, FRIDAY + (2 * 24 + 24) * HOURS_MS);
    struct ticket_change none = {
        .ticket = ticket.id, .set = SET_PRIORITY, .priority = PRIORITY_NONE};
    ticket = change(w, &w->tom, &none);
    size_t count = 0;
    (void)clocks(w, ticket, &count);
    assert_int_equal(count, 0);
    assert_int_equal(ticket.breach_at, 0);
}

static void a_holiday_moves_deadlines_that_run(void **state)
{
    struct world *w = *state;
    struct user ana = world_person(w, "ana@people.example", ROLE_END_USER);
    struct setting s = prepared(w, true);
    struct ticket ticket = asked(w, &ana, PRIORITY_URGENT);
    struct schedule_holiday monday = {0, STR("Holiday"), {20458, 20458}};
    s.schedule.holidays = &monday;
    s.schedule.holiday_count = 1;
    run(&s, set_schedule);
    world_jobs(w);
    assert_int_equal(world_ticket(w, ticket.id.v).breach_at, FRIDAY + (3 * 24 + 17) * HOURS_MS);
}

// Whatever happens to tickets, clocks kept change by change are those made from the history.
static void kept_clocks_are_those_of_the_history(void **state)
{
    static const enum ticket_status STATUSES[] = {STATUS_OPEN, STATUS_PENDING, STATUS_HOLD,
                                                  STATUS_SOLVED};
    struct world *w = *state;
    struct user ana = world_person(w, "ana@people.example", ROLE_END_USER);
    struct setting s = prepared(w, true);
    uint64_t dice = 88172645463325252ULL;
    int64_t now = FRIDAY;
    for (int round = 0; round < 6; round++) {
        struct ticket ticket = asked(w, &ana, round % 2 == 0 ? PRIORITY_URGENT : PRIORITY_LOW);
        for (int step = 0; step < 12; step++) {
            size_t count = 0;
            size_t again = 0;
            dice ^= dice << 13;
            dice ^= dice >> 7;
            dice ^= dice << 17;
            now += (int64_t)(dice % (uint64_t)(20 * HOURS_MS));
            clock_freeze(&w->clock, now);
            bool hers = (dice >> 40) % 2 == 0;
            ticket = say(w, hers ? &ana : &w->tom, ticket,
                         hers ? STATUS_NEW : STATUSES[(dice >> 50) % 4]);
            const struct ticket_clock *kept = clocks(w, ticket, &count);
            run(&s, set_schedule);
            world_jobs(w);
            const struct ticket_clock *made = clocks(w, ticket, &again);
            assert_int_equal(count, again);
            for (size_t i = 0; i < count; i++) {
                assert_int_equal(kept[i].clock.meter, made[i].clock.meter);
                assert_int_equal(kept[i].clock.instance, made[i].clock.instance);
                assert_int_equal(kept[i].clock.phase, made[i].clock.phase);
                assert_int_equal(kept[i].clock.open_ms, made[i].clock.open_ms);
                assert_int_equal(kept[i].clock.wall_ms, made[i].clock.wall_ms);
                assert_int_equal(kept[i].clock.breach_at, made[i].clock.breach_at);
                assert_int_equal(kept[i].clock.breached, made[i].clock.breached);
            }
        }
    }
}

static void only_administrators_set_what_is_owed(void **state)
{
    struct world *w = *state;
    struct setting s = prepared(w, true);
    struct error err = {0};
    s.w->admin.role = ROLE_LEAD;
    assert_false(db_tx_run(w->app.db, "test", set_policy, &s, &err));
    assert_int_equal(err.code, ERR_FORBIDDEN);
    assert_false(db_tx_run(w->app.db, "test", set_schedule, &s, &err));
    assert_int_equal(err.code, ERR_FORBIDDEN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(deadlines_keep_to_working_hours, world_setup,
                                        world_teardown),
        cmocka_unit_test_setup_teardown(what_is_over_is_found_by_the_timer_alone, world_setup,
                                        world_teardown),
        cmocka_unit_test_setup_teardown(an_answer_that_comes_too_late_is_one_even_before_the_timer,
                                        world_setup, world_teardown),
        cmocka_unit_test_setup_teardown(another_priority_counts_from_the_beginning, world_setup,
                                        world_teardown),
        cmocka_unit_test_setup_teardown(a_holiday_moves_deadlines_that_run, world_setup,
                                        world_teardown),
        cmocka_unit_test_setup_teardown(kept_clocks_are_those_of_the_history, world_setup,
                                        world_teardown),
        cmocka_unit_test_setup_teardown(only_administrators_set_what_is_owed, world_setup,
                                        world_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
