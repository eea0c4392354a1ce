// SPDX-License-Identifier: GPL-3.0-or-later
//
// What needs days to pass: reminders, what is late, what was never fetched. And no day twice.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/clock.h"
#include "desk/lend/lend.h"
#include "desk/test_world.h"
#include "mail/outbox.h"

struct doing {
    struct world *w;
    struct actor actor;
    struct lend_item item;
    struct booking booking;
    int64_t id;
};

enum { DONE = -1 };

static int run(struct doing *d, db_fn *fn)
{
    struct error err = {0};
    return db_tx_run(d->w->app.db, "test", fn, d, &err) ? DONE : (int)err.code;
}

static bool store_in_tx(struct db *tx, void *arg, struct error *err)
{
    struct doing *d = arg;
    return lend_item_store(d->w->desk, tx, d->w->ctx, &d->actor, &d->item, &d->booking.item, err);
}

static bool book_in_tx(struct db *tx, void *arg, struct error *err)
{
    struct doing *d = arg;
    return lend_book(d->w->desk, tx, d->w->ctx, &d->actor, &d->booking, &d->id, err);
}

static bool out_in_tx(struct db *tx, void *arg, struct error *err)
{
    struct doing *d = arg;
    return lend_hand_out(d->w->desk, tx, d->w->ctx, &d->actor, d->id, STR("A scratch"), err);
}

static bool back_in_tx(struct db *tx, void *arg, struct error *err)
{
    struct doing *d = arg;
    return lend_take_back(d->w->desk, tx, d->w->ctx, &d->actor, d->id, STR(""), err);
}

static int64_t today(struct world *w)
{
    return lend_day(clock_now(&w->clock));
}

static struct doing begin(struct world *w)
{
    struct doing d = {.w = w,
                      .actor = world_actor(&w->admin),
                      .item = {.name = STR("Camera 1"),
                               .kind = STR("Camera"),
                               .label = STR("4711"),
                               .place = STR("North 3"),
                               .condition = STR(""),
                               .days_most = 5,
                               .open = true}};
    assert_int_equal(run(&d, store_in_tx), DONE);
    d.booking.user = world_person(w, "ana@example.org", ROLE_END_USER).id;
    d.booking.from_day = today(w) + 1;
    d.booking.to_day = today(w) + 3;
    assert_int_equal(run(&d, book_in_tx), DONE);
    return d;
}

static struct loan only_loan(struct doing *d)
{
    struct loan *loans = NULL;
    size_t count = 0;
    struct error err;
    struct db *db = NULL;
    assert_true(db_read_begin(d->w->app.db, &db, &err));
    assert_true(loans_of_person(db, d->w->ctx, d->booking.user, &loans, &count, &err));
    db_read_end(db);
    assert_int_equal(count, 1);
    return loans[0];
}

struct counting {
    int64_t mails;
};

static bool count_in_tx(struct db *db, void *arg, struct error *err)
{
    struct counting *counting = arg;
    int64_t oldest = 0;
    return mail_outbox_queue(db, &counting->mails, &oldest, err);
}

static int64_t mails(struct world *w)
{
    struct counting counting = {0};
    struct error err;
    assert_true(db_read(w->app.db, count_in_tx, &counting, &err));
    return counting.mails;
}

static void pass(struct world *w, int64_t days)
{
    struct error err = {0};
    clock_freeze(&w->clock, clock_now(&w->clock) + days * DAYS_MS);
    assert_true(lend_remind(w->desk, w->ctx, &err));
}

static void no_day_is_promised_twice(void **state)
{
    struct world *w = *state;
    struct doing d = begin(w);
    static const struct {
        int64_t from;
        int64_t to;
        int code;
    } CASES[] = {{3, 4, ERR_CONFLICT},   {0, 1, ERR_CONFLICT}, {2, 2, ERR_CONFLICT},
                 {0, 4, ERR_CONFLICT},   {4, 8, DONE},         {0, 0, DONE},
                 {9, 14, ERR_INVALID},   {10, 9, ERR_INVALID}, {-2, 0, ERR_INVALID},
                 {900, 901, ERR_INVALID}};
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        d.booking.from_day = today(w) + CASES[i].from;
        d.booking.to_day = today(w) + CASES[i].to;
        assert_int_equal(run(&d, book_in_tx), CASES[i].code);
    }
}

static void what_is_late_is_asked_for_each_day(void **state)
{
    struct world *w = *state;
    struct doing d = begin(w);
    pass(w, 1);
    assert_int_equal(run(&d, out_in_tx), DONE);
    assert_int_equal(run(&d, out_in_tx), ERR_CONFLICT);
    int64_t before = mails(w);
    pass(w, 0);
    assert_int_equal(mails(w), before);
    pass(w, 1);  // the day before
    pass(w, 0);
    assert_int_equal(mails(w), before + 1);
    pass(w, 2);
    pass(w, 1);
    assert_int_equal(mails(w), before + 3);
    // It is taken until it is back, whatever was promised.
    struct loan late = only_loan(&d);
    assert_true(loan_takes(&late, today(w), today(w)));
    assert_false(loan_takes(&late, today(w) + 1, today(w)));
    int64_t loan = d.id;
    d.booking.from_day = today(w);
    d.booking.to_day = today(w);
    assert_int_equal(run(&d, book_in_tx), ERR_CONFLICT);
    d.id = loan;
    assert_int_equal(run(&d, back_in_tx), DONE);
    pass(w, 1);
    assert_int_equal(mails(w), before + 3);
    assert_int_equal(only_loan(&d).state, LOAN_BACK);
    assert_int_equal(run(&d, back_in_tx), ERR_CONFLICT);
}

static void what_nobody_fetches_is_free_again(void **state)
{
    struct world *w = *state;
    struct doing d = begin(w);
    pass(w, 3);
    assert_int_equal(only_loan(&d).state, LOAN_BOOKED);
    pass(w, 1);
    assert_int_equal(only_loan(&d).state, LOAN_CANCELLED);
    assert_int_equal(run(&d, out_in_tx), ERR_CONFLICT);
}

static void only_agents_hand_out_and_leads_arrange(void **state)
{
    struct world *w = *state;
    struct doing d = begin(w);
    struct user ben = world_person(w, "ben@example.org", ROLE_END_USER);
    d.actor = world_actor(&ben);
    assert_int_equal(run(&d, out_in_tx), ERR_FORBIDDEN);
    assert_int_equal(run(&d, store_in_tx), ERR_FORBIDDEN);
    d.booking.from_day = d.booking.to_day = today(w) + 10;
    assert_int_equal(run(&d, book_in_tx), ERR_FORBIDDEN);
    d.actor = world_actor(&w->tom);
    assert_int_equal(run(&d, store_in_tx), ERR_FORBIDDEN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(no_day_is_promised_twice, world_setup, world_teardown),
        cmocka_unit_test_setup_teardown(what_is_late_is_asked_for_each_day, world_setup,
                                        world_teardown),
        cmocka_unit_test_setup_teardown(what_nobody_fetches_is_free_again, world_setup,
                                        world_teardown),
        cmocka_unit_test_setup_teardown(only_agents_hand_out_and_leads_arrange, world_setup,
                                        world_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
