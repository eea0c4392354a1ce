// SPDX-License-Identifier: GPL-3.0-or-later
#include "desk/aside/aside.h"

#include "desk/test_world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define SUPPORT "support@desk.example"

static const char FIRST[] = "From: Ana Ruiz <ana@example.org>\nTo: support@desk.example\n"
                            "Subject: Printer\nMessage-ID: <first@example.org>\n\nHelp.\n";

struct step {
    struct world *w;
    struct aside_target to;
    struct aside aside;
    struct aside_whole whole;
    struct error err;
};

static bool begin_in_tx(struct db *tx, void *arg, struct error *err)
{
    struct step *s = arg;
    struct actor tom = world_actor(&s->w->tom);
    const struct aside_message message = {
        .body = STR("Can you come?"), .to = &s->to, .to_count = 1};
    const struct aside_begin begin = {.ticket = {1},
                                      .subject = STR("The printer [#1]"),
                                      .message = &message,
                                      .external_ids = STR_NONE,
                                      .from_name = STR(""),
                                      .from_address = STR("")};
    return aside_begin(s->w->desk, tx, s->w->ctx, &tom, &begin, &s->aside, err);
}

static bool look(struct db *db, void *arg, struct error *err)
{
    struct step *s = arg;
    struct actor tom = world_actor(&s->w->tom);
    return aside_load(db, s->w->ctx, &tom, (struct ticket_id){1}, s->aside.id, &s->aside, err) &&
           asides_whole(db, s->w->ctx, &s->aside, 1, &s->whole, err);
}

static bool began(struct step *s, const char *address)
{
    s->to = (struct aside_target){.address = str_c(address), .name = STR("")};
    return db_tx_run(s->w->app.db, "begin", begin_in_tx, s, &s->err);
}

static void answers_land_inside_and_nowhere_else(void **state)
{
    struct step s = {.w = *state};
    (void)world_mail(s.w, SUPPORT, FIRST);
    assert_true(began(&s, "help@vendor.example"));
    assert_true(str_eq_c(s.aside.subject, "The printer"));
    assert_true(db_read(s.w->app.db, look, &s, &s.err));
    assert_int_equal(s.whole.event_count, 1);
    assert_int_equal(s.whole.sent_count, 1);
    const char *raw = mem_printf(s.w->ctx,
                                 "From: help@vendor.example\nTo: support@desk.example\n"
                                 "Subject: Re: [#1]\nMessage-ID: <v@vendor.example>\n"
                                 "In-Reply-To: %.*s\n\nTomorrow.\n",
                                 STR_ARG(s.whole.sent[0].message_id));
    assert_int_equal(world_mail(s.w, SUPPORT, raw), INTAKE_TAKEN);
    assert_int_equal(world_count(s.w), 1);
    assert_int_equal(world_ticket(s.w, 1).comment_count, 1);
    assert_true(db_read(s.w->app.db, look, &s, &s.err));
    assert_int_equal(s.whole.event_count, 2);
    assert_int_equal(s.whole.sent_count, 2);  // Tom is told
    assert_int_equal(s.aside.news, ASIDE_ANSWER);
    assert_true(s.aside.answered_at != 0);
    assert_int_equal(s.aside.answered_by, s.whole.sent[0].member);
}

static void who_reads_the_ticket_is_not_asked_here(void **state)
{
    struct step s = {.w = *state};
    (void)world_mail(s.w, SUPPORT, FIRST);
    assert_false(began(&s, "ANA@example.org"));
    assert_int_equal(s.err.code, ERR_INVALID);
    assert_false(began(&s, SUPPORT));
    assert_int_equal(s.err.code, ERR_INVALID);
    assert_false(began(&s, "nobody"));
    assert_int_equal(s.err.code, ERR_INVALID);
}

static void end_users_see_none(void **state)
{
    struct step s = {.w = *state};
    (void)world_mail(s.w, SUPPORT, FIRST);
    assert_true(began(&s, "help@vendor.example"));
    s.w->tom.role = ROLE_END_USER;
    assert_false(db_read(s.w->app.db, look, &s, &s.err));
    assert_int_equal(s.err.code, ERR_NOT_FOUND);
    assert_false(began(&s, "help@vendor.example"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(answers_land_inside_and_nowhere_else, world_setup,
                                        world_teardown),
        cmocka_unit_test_setup_teardown(who_reads_the_ticket_is_not_asked_here, world_setup,
                                        world_teardown),
        cmocka_unit_test_setup_teardown(end_users_see_none, world_setup, world_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
