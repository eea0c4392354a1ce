// SPDX-License-Identifier: GPL-3.0-or-later
#include "desk/tend/tend.h"

#include "base/random.h"
#include "desk/test_world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

// --- the choice by itself -----------------------------------------------------------------------

static int64_t chosen(const struct tend_candidate *list, size_t count)
{
    const struct tend_candidate *best = tend_choose(list, count);
    return best == NULL ? 0 : best->user.v;
}

// Each line of the order decides where all before it are equal, whatever those after it say.
static void each_reason_counts_in_its_order(void **state UNUSED)
{
    struct tend_candidate a = {.user = {9}, .member = true, .load = 4, .capacity = 5};
    struct tend_candidate b = {.user = {2}, .load = 0, .capacity = 50, .talk = SPEAKS_IT};
    struct tend_candidate pair[] = {b, a};
    assert_int_equal(chosen(pair, 2), 9);  // of the group
    pair[0].member = true;
    pair[1].missing = 1;
    assert_int_equal(chosen(pair, 2), 2);  // who can do it
    pair[0].missing = 1;
    pair[0].talk = SPEAKS_UNKNOWN;
    assert_int_equal(chosen(pair, 2), 9);  // who speaks the language
    pair[0].talk = SPEAKS_NOT;
    pair[1].talk = SPEAKS_UNKNOWN;
    assert_int_equal(chosen(pair, 2), 9);  // may speak it
    pair[0].talk = SPEAKS_UNKNOWN;
    pair[1].load = 5;
    pair[0].off_shift = true;
    assert_int_equal(chosen(pair, 2), 2);  // who has room, though not at work now
    pair[1].load = 4;
    assert_int_equal(chosen(pair, 2), 9);  // who is at work
    pair[1].off_shift = true;
    assert_int_equal(chosen(pair, 2), 2);  // the smaller part of the capacity
    pair[0].load = 40;
    assert_int_equal(chosen(pair, 2), 9);  // the same part: the smaller load
    pair[1].load = 40;
    pair[1].capacity = 50;
    assert_int_equal(chosen(pair, 2), 2);  // all the same: the lower id
}

static void nobody_who_is_away_is_chosen(void **state UNUSED)
{
    struct tend_candidate list[] = {
        {.user = {1}, .away = true, .member = true, .capacity = 1},
        {.user = {2}, .missing = 3, .talk = SPEAKS_NOT, .load = 9, .capacity = 1},
    };
    assert_int_equal(chosen(list, 2), 2);
    list[1].away = true;
    assert_int_equal(chosen(list, 2), 0);
    assert_int_equal(chosen(list, 0), 0);
}

// Whatever the candidates are, the order in which they come changes nothing, and "before" is an
// order: exactly one of two people comes first, and it goes through.
static void the_order_of_candidates_does_not_count(void **state UNUSED)
{
    enum { MANY = 12 };
    struct tend_candidate list[MANY];
    for (int round = 0; round < 2000; round++) {
        for (int i = 0; i < MANY; i++) {
            list[i] = (struct tend_candidate){.user = {i + 1},
                                              .away = random_below(4) == 0,
                                              .member = random_below(2) == 0,
                                              .missing = (int)random_below(2),
                                              .talk = (enum tend_speaks)random_below(3),
                                              .off_shift = random_below(2) == 0,
                                              .load = (int64_t)random_below(4),
                                              .capacity = 1 + (int64_t)random_below(4)};
        }
        int64_t first = chosen(list, MANY);
        for (int i = 0; i < MANY; i++) {
            size_t other = random_below(MANY);
            struct tend_candidate kept = list[i];
            list[i] = list[other];
            list[other] = kept;
        }
        assert_int_equal(chosen(list, MANY), first);
        for (int i = 0; i + 2 < MANY; i++) {
            assert_true(tend_before(&list[i], &list[i + 1]) != tend_before(&list[i + 1], &list[i]));
            bool chain =
                tend_before(&list[i], &list[i + 1]) && tend_before(&list[i + 1], &list[i + 2]);
            assert_true(!chain || tend_before(&list[i], &list[i + 2]));
        }
    }
}

static void turns_go_around(void **state UNUSED)
{
    struct tend_candidate list[] = {{.user = {5}}, {.user = {2}}, {.user = {9}}};
    int64_t order[] = {2, 5, 9, 2, 5};
    struct user_id last = {0};
    for (size_t i = 0; i < 5; i++) {
        last = tend_turn(list, 3, last)->user;
        assert_int_equal(last.v, order[i]);
    }
    list[2].away = true;
    assert_int_equal(tend_turn(list, 3, last)->user.v, 2);  // 9 is not there
    list[0].off_shift = true;
    list[1].off_shift = true;
    list[2].away = false;
    assert_int_equal(tend_turn(list, 3, (struct user_id){9})->user.v, 9);  // alone at work
    list[2].missing = 1;
    assert_int_equal(tend_turn(list, 3, (struct user_id){2})->user.v, 5);  // who can
    assert_null(tend_turn(list, 0, last));
}

static void languages_are_read_from_locales(void **state)
{
    struct world *w = *state;
    assert_true(str_eq_c(tend_language(w->ctx, STR("de-AT")), "de"));
    assert_true(str_eq_c(tend_language(w->ctx, STR("EN_us")), "en"));
    assert_true(str_eq_c(tend_language(w->ctx, STR("fil")), "fil"));
    assert_true(str_none(tend_language(w->ctx, STR(""))));
    assert_true(str_none(tend_language(w->ctx, STR_NONE)));
    assert_true(str_none(tend_language(w->ctx, STR("german"))));
}

// --- in a desk ----------------------------------------------------------------------------------

struct act {
    struct world *w;
    struct actor actor;
    struct tend_card card;
    struct tend_absence absence;
};

static bool put_card(struct db *tx, void *arg, struct error *err)
{
    struct act *a = arg;
    return tend_card_store(a->w->desk, tx, a->w->ctx, &a->actor, &a->card, err);
}

static bool put_absence(struct db *tx, void *arg, struct error *err)
{
    struct act *a = arg;
    return tend_absence_add(a->w->desk, tx, a->w->ctx, &a->actor, &a->absence, err);
}

static void card(struct world *w, struct user_id user, const char *skills)
{
    struct act a = {.w = w,
                    .actor = world_actor(&w->admin),
                    .card = {.user = user,
                             .takes = true,
                             .capacity = 10,
                             .skills = str_c(skills),
                             .languages = STR("")}};
    struct error err;
    assert_true(db_tx_run(w->app.db, "test", put_card, &a, &err));
}

static struct ticket ask(struct world *w, const struct user *person, const char *tags)
{
    struct actor admin = world_actor(&w->admin);
    struct new_comment comment = {.body = STR("Help"), .is_public = true, .quoted_from = -1};
    struct ticket_change change = {.set = SET_REQUESTER,
                                   .requester = person->id,
                                   .add_tags = str_c(tags),
                                   .comment = &comment};
    struct ticket_outcome outcome;
    struct error err;
    assert_true(
        ticket_apply_run(&w->desk->tickets, w->app.db, w->ctx, &admin, &change, &outcome, &err));
    return outcome.after;
}

static void a_new_ticket_gets_who_is_there(void **state)
{
    struct world *w = *state;
    struct user ana = world_person(w, "ana@x.example", ROLE_END_USER);
    struct user bob = world_person(w, "bob@x.example", ROLE_END_USER);
    struct user dana = world_person(w, "dana@desk.example", ROLE_AGENT);
    assert_int_equal(ask(w, &ana, "").steward.v, 0);  // nobody takes requests yet
    card(w, w->tom.id, "");
    card(w, dana.id, "");
    int64_t first = w->tom.id.v < dana.id.v ? w->tom.id.v : dana.id.v;
    int64_t second = w->tom.id.v < dana.id.v ? dana.id.v : w->tom.id.v;
    struct ticket one = ask(w, &ana, "");
    assert_int_equal(one.steward.v, first);
    assert_int_equal(one.assignee.v, 0);
    assert_int_equal(one.status, STATUS_NEW);
    assert_int_equal(ask(w, &bob, "").steward.v, second);  // less to do
    assert_int_equal(ask(w, &ana, "").steward.v, first);   // the same person for ana
    struct act a = {.w = w,
                    .actor = world_actor(&w->admin),
                    .absence = {.user = {first},
                                .from_at = clock_now(&w->clock) - 1,
                                .to_at = clock_now(&w->clock) + HOURS_MS,
                                .note = STR("")}};
    struct error err;
    assert_true(db_tx_run(w->app.db, "test", put_absence, &a, &err));
    assert_int_equal(ask(w, &ana, "").steward.v, second);  // the other is away
    assert_int_equal(world_ticket(w, one.id.v).steward.v, first);
    clock_freeze(&w->clock, clock_now(&w->clock) + HOURS_MS);
    assert_int_equal(ask(w, &ana, "").steward.v, second);  // the latest who looks after ana
}

// --- second thoughts ----------------------------------------------------------------------------

struct taking {
    struct world *w;
    struct actor actor;
    struct comment_id comment;
    struct ticket_id ticket;
};

static bool take_back(struct db *tx, void *arg, struct error *err)
{
    struct taking *t = arg;
    return ticket_withdraw_comment(&t->w->desk->tickets, tx, t->w->ctx, &t->actor, t->comment,
                                   &t->ticket, err);
}

static struct ticket_outcome say(struct world *w, const struct user *who,
                                 struct ticket_change *change, const char *text)
{
    struct actor actor = world_actor(who);
    struct new_comment comment = {.body = str_c(text),
                                  .is_public = true,
                                  .quoted_from = -1,
                                  .held_until = clock_now(&w->clock) + 10 * SECONDS_MS};
    struct ticket_outcome outcome;
    struct error err;
    change->comment = &comment;
    assert_true(
        ticket_apply_run(&w->desk->tickets, w->app.db, w->ctx, &actor, change, &outcome, &err));
    return outcome;
}

static void taken_back(struct world *w, const struct user *who, struct comment_id comment)
{
    struct taking t = {.w = w, .actor = world_actor(who), .comment = comment};
    struct error err;
    assert_true(db_tx_run(w->app.db, "test", take_back, &t, &err));
}

// What a reply set goes back with it: who works on it, and who looks after it.
static void a_reply_taken_back_restores_people(void **state)
{
    struct world *w = *state;
    struct user ana = world_person(w, "ana@x.example", ROLE_END_USER);
    struct user dana = world_person(w, "dana@desk.example", ROLE_AGENT);
    struct ticket ticket = ask(w, &ana, "");
    struct ticket_change takes = {.ticket = ticket.id, .set = SET_ASSIGNEE, .assignee = w->tom.id};
    struct ticket_outcome first = say(w, &w->tom, &takes, "I look at it.");
    assert_int_equal(first.after.assignee.v, w->tom.id.v);
    assert_int_equal(first.after.steward.v, w->tom.id.v);
    taken_back(w, &w->tom, first.comment);
    struct ticket now = world_ticket(w, ticket.id.v);
    assert_int_equal(now.assignee.v, 0);
    assert_int_equal(now.steward.v, 0);
    assert_int_equal(now.group.v, ticket.group.v);
    // A handover that is taken back was none.
    (void)say(w, &w->tom, &takes, "I look at it.");
    struct ticket_change hands = {.ticket = ticket.id,
                                  .set = SET_STEWARD | SET_STATUS,
                                  .steward = dana.id,
                                  .status = STATUS_PENDING};
    struct str text = str_printf(w->ctx, STR_FMT " will look after this.", STR_ARG(dana.name));
    struct ticket_outcome second = say(w, &w->tom, &hands, mem_text_n(w->ctx, text.ptr, text.len));
    assert_int_equal(second.after.steward.v, dana.id.v);
    taken_back(w, &w->tom, second.comment);
    now = world_ticket(w, ticket.id.v);
    assert_int_equal(now.steward.v, w->tom.id.v);
    assert_int_equal(now.assignee.v, w->tom.id.v);  // that was another reply
    assert_int_equal(now.status, STATUS_OPEN);
    // What somebody has changed since stays.
    struct ticket_change solves = {.ticket = ticket.id, .set = SET_ASSIGNEE, .assignee = dana.id};
    struct ticket_outcome third = say(w, &w->tom, &solves, "Passed on inside.");
    struct ticket_change back = {.ticket = ticket.id, .set = SET_ASSIGNEE, .assignee = w->admin.id};
    (void)say(w, &w->admin, &back, "Mine now.");
    taken_back(w, &w->tom, third.comment);
    assert_int_equal(world_ticket(w, ticket.id.v).assignee.v, w->admin.id.v);
}

// --- deputies -----------------------------------------------------------------------------------

static void deputies_cover_and_circles_end(void **state UNUSED)
{
    struct tend_absence list[] = {
        {.user = {1}, .from_at = 10, .to_at = 20, .deputy = {2}},
        {.user = {2}, .from_at = 15, .to_at = 20, .deputy = {3}},
        {.user = {3}, .from_at = 18, .to_at = 20, .deputy = {1}},
    };
    struct tend_book book = {.absences = list, .absence_count = 3};
    struct user_id one = {1};
    struct user_id two = {2};
    struct user_id three = {3};
    assert_false(tend_covers(&book, two, one, 9));
    assert_true(tend_covers(&book, two, one, 10));
    assert_false(tend_covers(&book, three, one, 10));
    assert_true(tend_covers(&book, three, one, 15));  // the deputy's deputy
    assert_false(tend_covers(&book, one, two, 10));
    assert_false(tend_covers(&book, (struct user_id){4}, one, 18));  // a circle, and none of it
    assert_false(tend_covers(&book, two, one, 20));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_reason_counts_in_its_order),
        cmocka_unit_test(nobody_who_is_away_is_chosen),
        cmocka_unit_test(the_order_of_candidates_does_not_count),
        cmocka_unit_test_setup_teardown(languages_are_read_from_locales, world_setup,
                                        world_teardown),
        cmocka_unit_test(turns_go_around),
        cmocka_unit_test(deputies_cover_and_circles_end),
        cmocka_unit_test_setup_teardown(a_reply_taken_back_restores_people, world_setup,
                                        world_teardown),
        cmocka_unit_test_setup_teardown(a_new_ticket_gets_who_is_there, world_setup,
                                        world_teardown),
    };
    random_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
