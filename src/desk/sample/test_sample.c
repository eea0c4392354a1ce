// SPDX-License-Identifier: GPL-3.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "desk/sample/sample.h"
#include "desk/test_world.h"

static void fifty_stories_on_a_new_desk_only(void **state)
{
    struct world *w = *state;
    struct error err;
    assert_true(sample_desk(w->desk, w->ctx, STR(""), &err));
    assert_int_equal(world_count(w), 50);
    struct ticket printer = world_ticket(w, 1);
    assert_true(str_eq_c(printer.subject, "Printer on the 3rd floor prints blank pages"));
    assert_true(printer.steward.v != 0 && printer.comment_count == 4);
    assert_false(sample_desk(w->desk, w->ctx, STR(""), &err));
    assert_int_equal(err.code, ERR_CONFLICT);
}

static void no_progress(void *env, int64_t done, int64_t all)
{
    (void)env;
    assert_true(done <= all);
}

static void the_same_number_is_the_same_desk(void **state)
{
    struct world *w = *state;
    struct error err;
    assert_true(sample_many(w->desk, w->ctx, 30, no_progress, NULL, &err));
    assert_int_equal(world_count(w), 30);
    assert_true(world_ticket(w, 7).subject.len > 0);
    // Asking for fewer adds none.
    assert_true(sample_many(w->desk, w->ctx, 10, no_progress, NULL, &err));
    assert_int_equal(world_count(w), 30);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(fifty_stories_on_a_new_desk_only, world_setup,
                                        world_teardown),
        cmocka_unit_test_setup_teardown(the_same_number_is_the_same_desk, world_setup,
                                        world_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
