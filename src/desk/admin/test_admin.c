// SPDX-License-Identifier: GPL-3.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "desk/test_world.h"

static void administration_is_for_administrators(void **state)
{
    struct world *w = *state;
    struct str body;
    (void)world_mail(w, "support@desk.example", "Subject: nobody\n\nno sender\n");
    assert_int_equal(world_get(w, &w->admin, "/admin", &body), 200);
    assert_true(str_find(body, STR("names no sender")) >= 0);
    assert_int_equal(world_get(w, &w->tom, "/admin", &body), 403);
    assert_int_equal(world_get(w, NULL, "/admin", &body), 303);
}

static void secrets_of_the_settings_are_not_shown(void **state)
{
    struct world *w = *state;
    struct str body;
    w->config.smtp = STR("smtp://user:sesame@mail.example");
    assert_int_equal(world_get(w, &w->admin, "/admin", &body), 200);
    assert_true(str_find(body, STR("sesame")) < 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(administration_is_for_administrators, world_setup,
                                        world_teardown),
        cmocka_unit_test_setup_teardown(secrets_of_the_settings_are_not_shown, world_setup,
                                        world_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
