// SPDX-License-Identifier: GPL-3.0-or-later
#include "desk/reports/reports.h"

#include "desk/test_world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static const char MAIL[] = "From: Ana Ruiz <ana@client.example>\nTo: support@desk.example\n"
                           "Subject: Dark\nMessage-ID: <dark@client.example>\n\nIt is dark.\n";

static struct report_span last_days(struct world *w, int64_t days)
{
    int64_t now = clock_now(&w->clock);
    return (struct report_span){.since = now - days * DAYS_MS, .until = now + 1};
}

static bool make(struct world *w, const struct actor *actor, const struct report_span *span,
                 struct report *ret, enum error_code *ret_code)
{
    struct error err = {0};
    struct db *db = NULL;
    assert_true(db_read_begin(w->app.db, &db, &err));
    bool made = report_make(w->desk, db, w->ctx, actor, span, ret, &err);
    db_read_end(db);
    *ret_code = made ? 0 : err.code;
    return made;
}

static void leads_read_it_and_nobody_else(void **state)
{
    struct world *w = *state;
    struct report_span span = last_days(w, 7);
    struct report report;
    enum error_code code = 0;
    struct actor actor = world_actor(&w->admin);
    assert_true(make(w, &actor, &span, &report, &code));
    actor = world_actor(&w->tom);
    assert_false(make(w, &actor, &span, &report, &code));
    assert_int_equal(code, ERR_FORBIDDEN);
    actor.role = ROLE_LEAD;
    assert_true(make(w, &actor, &span, &report, &code));

    // A lead who sees the tickets of a group reads that group's report only.
    const struct group_id own = {77};
    actor.scope = SCOPE_GROUPS;
    actor.groups = &own;
    actor.group_count = 1;
    assert_false(make(w, &actor, &span, &report, &code));
    span.group.v = 78;
    assert_false(make(w, &actor, &span, &report, &code));
    assert_int_equal(code, ERR_FORBIDDEN);
    span.group = own;
    assert_true(make(w, &actor, &span, &report, &code));
    actor.scope = SCOPE_ASSIGNED;
    assert_false(make(w, &actor, &span, &report, &code));
}

static void a_span_is_a_year_at_most(void **state)
{
    struct world *w = *state;
    struct report report;
    enum error_code code = 0;
    const struct actor admin = world_actor(&w->admin);
    struct report_span span = last_days(w, 400);
    assert_false(make(w, &admin, &span, &report, &code));
    assert_int_equal(code, ERR_INVALID);
    span = last_days(w, 0);
    span.until = span.since;
    assert_false(make(w, &admin, &span, &report, &code));
    assert_int_equal(code, ERR_INVALID);
}

static void each_day_has_its_line_in_the_zone_asked_for(void **state)
{
    struct world *w = *state;
    struct report report;
    enum error_code code = 0;
    const struct actor admin = world_actor(&w->admin);
    assert_int_equal(world_mail(w, "support@desk.example", MAIL), INTAKE_TAKEN);
    struct report_span span = last_days(w, 3);
    assert_true(make(w, &admin, &span, &report, &code));
    assert_int_equal(report.made, 1);
    assert_int_equal(report.day_count, 4);
    assert_int_equal(report.days[3].made, 1);
    assert_int_equal(report.channel_count, 1);
    assert_true(str_eq_c(report.channels[0].channel, "email"));
    assert_int_equal(report.word.count, 0);

    // A day further east it is tomorrow already.
    int64_t today = report.days[3].day;
    span.zone_offset_ms = DAYS_MS;
    assert_true(make(w, &admin, &span, &report, &code));
    assert_int_equal(report.days[3].day, today + 1);
    assert_int_equal(report.days[3].made, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(leads_read_it_and_nobody_else, world_setup, world_teardown),
        cmocka_unit_test_setup_teardown(a_span_is_a_year_at_most, world_setup, world_teardown),
        cmocka_unit_test_setup_teardown(each_day_has_its_line_in_the_zone_asked_for, world_setup,
                                        world_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
