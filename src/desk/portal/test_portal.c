// SPDX-License-Identifier: GPL-3.0-or-later
//
// No internal word reaches a requester; nobody sees another's request.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "desk/portal/words.h"
#include "desk/test_world.h"

static void every_status_is_told_in_plain_words(void **state)
{
    (void)state;
    static const char *const INTERNAL[] = {"open",   "pending", "hold",    "tier", "assignee",
                                           "status", "queue",   "escalat", "SLA",  "closed"};
    for (int status = STATUS_NEW; status <= STATUS_CLOSED; status++) {
        struct ticket ticket = {.status = (enum ticket_status)status};
        struct str taken = str_c(portal_happening(&ticket, true));
        struct str alone = str_c(portal_happening(&ticket, false));
        assert_true(taken.len > 0 && alone.len > 0);
        for (size_t i = 0; i < sizeof INTERNAL / sizeof *INTERNAL; i++) {
            assert_true(str_ifind(taken, str_c(INTERNAL[i])) < 0);
            assert_true(str_ifind(alone, str_c(INTERNAL[i])) < 0);
        }
    }
}

static void a_request_is_shown_to_its_people_only(void **state)
{
    struct world *w = *state;
    struct error err;
    struct ticket_outcome outcome;
    struct str body;
    struct user ana = world_person(w, "ana@example.org", ROLE_END_USER);
    struct user bob = world_person(w, "bob@example.org", ROLE_END_USER);
    struct actor asks = world_actor(&ana);
    struct actor tom = world_actor(&w->tom);
    struct new_comment first = {
        .body = STR("white pages"), .is_public = true, .quoted_from = -1, .stranger = STR_NONE};
    struct ticket_change ask = {.comment = &first};
    assert_true(
        ticket_apply_run(&w->desk->tickets, w->app.db, w->ctx, &asks, &ask, &outcome, &err));
    struct new_comment note = {
        .body = STR("zanzibar vendor"), .quoted_from = -1, .stranger = STR_NONE};
    struct ticket_change internal = {.ticket = outcome.after.id, .comment = &note};
    assert_true(
        ticket_apply_run(&w->desk->tickets, w->app.db, w->ctx, &tom, &internal, &outcome, &err));
    assert_int_equal(world_get(w, &ana, "/requests/1", &body), 200);
    assert_true(str_find(body, STR("white pages")) >= 0);
    assert_true(str_find(body, STR("zanzibar")) < 0);
    assert_int_equal(world_get(w, &ana, "/", &body), 200);
    assert_true(str_find(body, STR("zanzibar")) < 0);
    assert_int_equal(world_get(w, &bob, "/requests/1", &body), 404);
    assert_int_equal(world_get(w, NULL, "/requests/1", &body), 303);
    assert_int_equal(world_get(w, &ana, "/tickets/1", &body), 403);
    // The agent's preview is the same page.
    assert_int_equal(world_get(w, &w->tom, "/tickets/1/as-requester", &body), 200);
    assert_true(str_find(body, STR("zanzibar")) < 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_status_is_told_in_plain_words),
        cmocka_unit_test_setup_teardown(a_request_is_shown_to_its_people_only, world_setup,
                                        world_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
