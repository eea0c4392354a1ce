// SPDX-License-Identifier: GPL-3.0-or-later
#include "desk/moments/moments.h"

#include "desk/test_world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void only_whole_links_count(void **state)
{
    struct world *w = *state;
    struct str secret = w->app.secret;
    struct comment_id comment = {1000000007};
    struct user_id user = {1000000001};
    struct str token = moment_token(w->ctx, secret, comment, user);
    struct comment_id got_comment;
    struct user_id got_user;
    assert_true(moment_token_read(w->ctx, secret, token, &got_comment, &got_user));
    assert_int_equal(got_comment.v, comment.v);
    assert_int_equal(got_user.v, user.v);
    // Any other byte anywhere makes it nobody's.
    for (size_t i = 0; i < token.len; i++) {
        char *changed = mem_text_n(w->ctx, token.ptr, token.len);
        changed[i] = changed[i] == '1' ? '2' : '1';
        assert_false(moment_token_read(w->ctx, secret, str_c(changed), &got_comment, &got_user));
    }
    assert_false(moment_token_read(w->ctx, secret, STR(""), &got_comment, &got_user));
    assert_false(moment_token_read(w->ctx, secret, STR("--"), &got_comment, &got_user));
    assert_false(moment_token_read(w->ctx, STR("another secret of the same length"), token,
                                   &got_comment, &got_user));
}

struct judged {
    struct world *w;
    struct verdict verdict;
    struct moment moment;
};

static bool judge(struct db *tx, void *arg, struct error *err)
{
    struct judged *j = arg;
    return moment_judge(j->w->desk, tx, j->w->ctx, &j->verdict, &j->moment, err);
}

static struct comment_id answer(struct world *w, struct ticket_id ticket, bool is_public)
{
    struct actor tom = world_actor(&w->tom);
    struct new_comment comment = {
        .body = STR("Please try again."), .is_public = is_public, .quoted_from = -1};
    struct ticket_change change = {.ticket = ticket, .comment = &comment};
    struct ticket_outcome outcome;
    struct error err;
    assert_true(
        ticket_apply_run(&w->desk->tickets, w->app.db, w->ctx, &tom, &change, &outcome, &err));
    return outcome.comment;
}

static struct ticket asked(struct world *w)
{
    assert_int_equal(world_mail(w, "support@desk.example",
                                "From: Ana <ana@people.example>\nSubject: Dark\n"
                                "Message-ID: <1@people.example>\n\nIt is dark.\n"),
                     INTAKE_TAKEN);
    return world_ticket(w, 1);
}

static void a_bad_moment_is_followed_to_its_outcome(void **state)
{
    struct world *w = *state;
    struct ticket ticket = asked(w);
    struct actor lead = world_actor(&w->admin);
    struct actor tom = world_actor(&w->tom);
    struct error err;
    struct judged j = {
        .w = w,
        .verdict = {answer(w, ticket.id, true), ticket.requester, false, STR("Still dark")}};
    assert_true(db_tx_run(w->app.db, "test", judge, &j, &err));
    assert_int_equal(j.moment.recovery, RECOVERY_OPEN);
    // Pressed again, and with another mind: the same moment.
    struct moment_id first = j.moment.id;
    j.verdict.good = true;
    j.verdict.word = STR_NONE;
    assert_true(db_tx_run(w->app.db, "test", judge, &j, &err));
    assert_int_equal(j.moment.id.v, first.v);
    assert_true(j.moment.good);
    assert_true(str_eq_c(j.moment.word, "Still dark"));
    assert_int_equal(j.moment.recovery, RECOVERY_OPEN);
    (void)answer(w, ticket.id, true);
    assert_false(moment_recovered(w->desk, &tom, first, STR("fine"), &err));
    assert_int_equal(err.code, ERR_FORBIDDEN);
    assert_true(moment_recovered(w->desk, &lead, first, STR("New lamp"), &err));
    assert_false(moment_recovered(w->desk, &lead, first, STR("Again"), &err));
    assert_int_equal(err.code, ERR_CONFLICT);
    // Bad once more: it waits once more.
    j.verdict.good = false;
    assert_true(db_tx_run(w->app.db, "test", judge, &j, &err));
    assert_int_equal(j.moment.recovery, RECOVERY_OPEN);
}

static void only_public_answers_are_judged(void **state)
{
    struct world *w = *state;
    struct ticket ticket = asked(w);
    struct error err;
    struct judged j = {.w = w,
                       .verdict = {answer(w, ticket.id, false), ticket.requester, true, STR_NONE}};
    assert_false(db_tx_run(w->app.db, "test", judge, &j, &err));
    assert_int_equal(err.code, ERR_NOT_FOUND);
    j.verdict.comment.v = 999;
    assert_false(db_tx_run(w->app.db, "test", judge, &j, &err));
    assert_int_equal(err.code, ERR_NOT_FOUND);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(only_whole_links_count, world_setup, world_teardown),
        cmocka_unit_test_setup_teardown(a_bad_moment_is_followed_to_its_outcome, world_setup,
                                        world_teardown),
        cmocka_unit_test_setup_teardown(only_public_answers_are_judged, world_setup,
                                        world_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
