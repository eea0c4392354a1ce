// SPDX-License-Identifier: GPL-3.0-or-later
//
// Marks as rows; what programs see of them is tested from outside.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "desk/marks/marks.h"
#include "desk/test_world.h"

struct adding {
    struct world *w;
    struct mark mark;
    bool fresh;
};

static bool add_tx(struct db *tx, void *arg, struct error *err)
{
    struct adding *a = arg;
    return mark_add(tx, a->w->ctx, &a->mark, &a->fresh, err);
}

static bool add(struct world *w, enum mark_kind kind, struct user_id user, int64_t object)
{
    struct adding a = {.w = w,
                       .mark = {.kind = kind,
                                .user = user,
                                .object = object,
                                .word = STR(""),
                                .created_at = clock_now(&w->clock)}};
    struct error err;
    assert_true(db_tx_run(w->app.db, "test", add_tx, &a, &err));
    return a.fresh;
}

static size_t count(struct world *w, enum mark_kind kind, struct user_id user)
{
    struct mark_query query = {.kind = kind, .user = user};
    struct mark *list = NULL;
    size_t found = 0;
    struct db *db = NULL;
    struct error err;
    assert_true(db_read_begin(w->app.db, &db, &err));
    assert_true(marks_list(db, w->ctx, &query, &list, &found, &err));
    db_read_end(db);
    return found;
}

static void some_marks_exist_once(void **state)
{
    struct world *w = *state;
    assert_true(add(w, MARK_BOOKMARK, w->tom.id, 7));
    assert_false(add(w, MARK_BOOKMARK, w->tom.id, 7));
    assert_true(add(w, MARK_BOOKMARK, w->admin.id, 7));
    assert_true(add(w, MARK_SKIP, w->tom.id, 7));
    assert_true(add(w, MARK_SKIP, w->tom.id, 7));
    assert_int_equal(count(w, MARK_BOOKMARK, w->tom.id), 1);
    assert_int_equal(count(w, MARK_SKIP, w->tom.id), 2);
}

static void activities_are_forgotten_after_a_month(void **state)
{
    struct world *w = *state;
    struct error err;
    add(w, MARK_ACTIVITY, w->tom.id, 7);
    add(w, MARK_BOOKMARK, w->tom.id, 8);
    clock_freeze(&w->clock, clock_now(&w->clock) + 29 * DAYS_MS);
    assert_true(marks_sweep(w->desk, w->ctx, &err));
    assert_int_equal(count(w, MARK_ACTIVITY, w->tom.id), 1);
    clock_freeze(&w->clock, clock_now(&w->clock) + 2 * DAYS_MS);
    assert_true(marks_sweep(w->desk, w->ctx, &err));
    assert_int_equal(count(w, MARK_ACTIVITY, w->tom.id), 0);
    assert_int_equal(count(w, MARK_BOOKMARK, w->tom.id), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(some_marks_exist_once, world_setup, world_teardown),
        cmocka_unit_test_setup_teardown(activities_are_forgotten_after_a_month, world_setup,
                                        world_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
