// SPDX-License-Identifier: GPL-3.0-or-later
//
// Reminders, which need days to pass, and what becomes of steps when people and tickets end. How
// steps go on is tested from outside (tests/api/fulfil.test.mjs).
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "desk/catalogue/catalogue.h"
#include "desk/fulfil/fulfil.h"
#include "desk/test_world.h"

struct doing {
    struct world *w;
    struct actor actor;
    struct ticket_id ticket;
    const char *email;
    struct fulfil_decision decision;
    struct user_id loser;
    struct user_id winner;
};

enum { DONE = -1 };

static int run(struct doing *d, db_fn *fn)
{
    struct error err = {0};
    return db_tx_run(d->w->app.db, "test", fn, d, &err) ? DONE : (int)err.code;
}

static bool ask_in_tx(struct db *tx, void *arg, struct error *err)
{
    struct doing *d = arg;
    return fulfil_ask_person(d->w->desk, tx, d->w->ctx, &d->actor, d->ticket, str_c(d->email), err);
}

static bool decide_in_tx(struct db *tx, void *arg, struct error *err)
{
    struct doing *d = arg;
    return fulfil_decide(d->w->desk, tx, d->w->ctx, &d->decision, err);
}

static bool solve_in_tx(struct db *tx, void *arg, struct error *err)
{
    struct doing *d = arg;
    struct ticket_outcome outcome;
    struct ticket_change change = {.ticket = d->ticket,
                                   .set = SET_STATUS | SET_ASSIGNEE,
                                   .status = STATUS_SOLVED,
                                   .assignee = d->w->tom.id};
    return ticket_apply(&d->w->desk->tickets, tx, d->w->ctx, &d->actor, &change, &outcome, err);
}

static bool merge_in_tx(struct db *tx, void *arg, struct error *err)
{
    struct doing *d = arg;
    struct user merged;
    return user_merge(&d->w->desk->people, tx, d->w->ctx, &d->actor, d->loser, d->winner, &merged,
                      err);
}

static struct fulfil_gate only_gate(struct world *w, struct ticket_id ticket)
{
    struct fulfil_gate *gates = NULL;
    size_t count = 0;
    struct error err;
    struct db *db = NULL;
    assert_true(db_read_begin(w->app.db, &db, &err));
    assert_true(fulfil_gates(db, w->ctx, ticket, &gates, &count, &err));
    db_read_end(db);
    assert_int_equal(count, 1);
    return gates[0];
}

static struct doing begin(struct world *w)
{
    (void)world_person(w, "boss@example.org", ROLE_END_USER);
    assert_int_equal(world_mail(w, "support@desk.example",
                                "From: Ana <ana@example.org>\nTo: support@desk.example\n"
                                "Subject: A laptop\nMessage-ID: <1@example.org>\n\nPlease.\n"),
                     INTAKE_TAKEN);
    struct doing d = {.w = w, .actor = world_actor(&w->tom), .ticket = {1}};
    d.email = "boss@example.org";
    assert_int_equal(run(&d, ask_in_tx), DONE);
    return d;
}

static void remind(struct world *w, int64_t days)
{
    struct error err = {0};
    clock_freeze(&w->clock, clock_now(&w->clock) + days * DAYS_MS);
    assert_true(fulfil_remind(w->desk, w->ctx, &err));
}

static void who_does_not_answer_is_reminded(void **state)
{
    struct world *w = *state;
    struct doing d = begin(w);
    assert_int_equal(only_gate(w, d.ticket).asks[0].told, 1);
    remind(w, 1);
    assert_int_equal(only_gate(w, d.ticket).asks[0].told, 1);
    remind(w, 2);
    assert_int_equal(only_gate(w, d.ticket).asks[0].told, 2);
    remind(w, 0);
    assert_int_equal(only_gate(w, d.ticket).asks[0].told, 2);
    for (int i = 0; i < REMINDERS_MOST + 2; i++) {
        remind(w, 3);
    }
    assert_int_equal(only_gate(w, d.ticket).asks[0].told, REMINDERS_MOST);
}

static void a_solved_ticket_asks_nobody(void **state)
{
    struct world *w = *state;
    struct doing d = begin(w);
    assert_int_equal(run(&d, solve_in_tx), DONE);
    struct fulfil_gate gate = only_gate(w, d.ticket);
    assert_int_equal(gate.state, GATE_DROPPED);
    assert_int_equal(gate.asks[0].state, ASK_OVER);
    remind(w, 9);
    assert_int_equal(only_gate(w, d.ticket).asks[0].told, 1);
    assert_int_equal(run(&d, ask_in_tx), ERR_CONFLICT);
    d.decision =
        (struct fulfil_decision){.ask = gate.asks[0].id, .user = gate.asks[0].user, .yes = true};
    assert_int_equal(run(&d, decide_in_tx), ERR_CONFLICT);
}

static bool hand_over_in_tx(struct db *tx, void *arg, struct error *err)
{
    struct doing *d = arg;
    struct ticket_outcome outcome;
    struct ticket_change change = {
        .ticket = d->ticket, .set = SET_REQUESTER, .requester = d->winner};
    return ticket_apply(&d->w->desk->tickets, tx, d->w->ctx, &d->actor, &change, &outcome, err);
}

static void whoever_asks_by_now_does_not_decide(void **state)
{
    struct world *w = *state;
    struct doing d = begin(w);
    struct fulfil_gate gate = only_gate(w, d.ticket);
    d.winner = gate.asks[0].user;
    assert_int_equal(run(&d, hand_over_in_tx), DONE);
    d.decision = (struct fulfil_decision){.ask = gate.asks[0].id, .user = d.winner, .yes = true};
    assert_int_equal(run(&d, decide_in_tx), ERR_FORBIDDEN);
    assert_int_equal(only_gate(w, d.ticket).state, GATE_OPEN);
}

static void two_accounts_of_one_approver_become_one(void **state)
{
    struct world *w = *state;
    struct doing d = begin(w);
    struct user other = world_person(w, "boss@home.example", ROLE_END_USER);
    d.email = "boss@home.example";
    assert_int_equal(run(&d, ask_in_tx), DONE);
    struct fulfil_gate gate = only_gate(w, d.ticket);
    assert_int_equal(gate.ask_count, 2);
    d.loser = gate.asks[0].user;
    d.winner = other.id;
    assert_int_equal(run(&d, merge_in_tx), DONE);
    gate = only_gate(w, d.ticket);
    assert_int_equal(gate.ask_count, 1);
    assert_int_equal(gate.asks[0].user.v, other.id.v);
    // Deciding twice the same is no mistake, and nobody else decides.
    d.decision = (struct fulfil_decision){.ask = gate.asks[0].id, .user = other.id, .yes = true};
    assert_int_equal(run(&d, decide_in_tx), DONE);
    assert_int_equal(run(&d, decide_in_tx), DONE);
    assert_int_equal(only_gate(w, d.ticket).state, GATE_YES);
    d.decision.user = w->tom.id;
    assert_int_equal(run(&d, decide_in_tx), ERR_NOT_FOUND);
}

static void links_are_one_persons(void **state)
{
    struct world *w = *state;
    struct user_id user = {0};
    int64_t ask = 0;
    struct str token = fulfil_token(w->ctx, w->app.secret, 7, (struct user_id){9});
    assert_true(fulfil_token_read(w->ctx, w->app.secret, token, &ask, &user));
    assert_int_equal(ask, 7);
    assert_int_equal(user.v, 9);
    struct str other = str_printf(w->ctx, "8" STR_FMT, STR_ARG(str_from(token, 1)));
    assert_false(fulfil_token_read(w->ctx, w->app.secret, other, &ask, &user));
    assert_false(fulfil_token_read(w->ctx, w->app.secret, STR("7-9"), &ask, &user));
    assert_false(
        fulfil_token_read(w->ctx, STR("another secret of this length.."), token, &ask, &user));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(who_does_not_answer_is_reminded, world_setup,
                                        world_teardown),
        cmocka_unit_test_setup_teardown(a_solved_ticket_asks_nobody, world_setup, world_teardown),
        cmocka_unit_test_setup_teardown(whoever_asks_by_now_does_not_decide, world_setup,
                                        world_teardown),
        cmocka_unit_test_setup_teardown(two_accounts_of_one_approver_become_one, world_setup,
                                        world_teardown),
        cmocka_unit_test_setup_teardown(links_are_one_persons, world_setup, world_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
