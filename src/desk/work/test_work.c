// SPDX-License-Identifier: GPL-3.0-or-later
//
// Bonds and splits as rows and histories; the pages are tested from outside.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "desk/test_world.h"
#include "desk/work/work.h"

struct doing {
    struct world *w;
    struct actor actor;
    struct tie tie;
    struct ticket_merge merge;
    struct ticket_outcome outcome;
};

static struct ticket_id asked(struct world *w)
{
    static int number;
    number++;
    const char *raw = mem_printf(w->ctx,
                                 "From: Ana Ruiz <ana@example.com>\nTo: support@desk.example\n"
                                 "Subject: Question %d\nMessage-ID: <m%d@example.com>\n\nHelp %d\n",
                                 number, number, number);
    assert_int_equal(world_mail(w, "support@desk.example", raw), INTAKE_TAKEN);
    return (struct ticket_id){world_count(w)};
}

static bool make_tx(struct db *tx, void *arg, struct error *err)
{
    struct doing *d = arg;
    return bond_make(d->w->desk, tx, d->w->ctx, &d->actor, &d->tie, err);
}

enum { TIED = -1 };

// TIED, or why not.
static int tie(struct world *w, const struct user *user, struct ticket_id ticket,
               enum bond_side side, struct ticket_id other)
{
    struct doing d = {.w = w, .actor = world_actor(user), .tie = {ticket, side, other}};
    struct error err = {0};
    return db_tx_run(w->app.db, "test", make_tx, &d, &err) ? TIED : (int)err.code;
}

static bool merge_tx(struct db *tx, void *arg, struct error *err)
{
    struct doing *d = arg;
    return ticket_merge(&d->w->desk->tickets, tx, d->w->ctx, &d->actor, &d->merge, &d->outcome,
                        err);
}

static void merge(struct world *w, struct ticket_id from, struct ticket_id into)
{
    struct doing d = {.w = w, .actor = world_actor(&w->tom)};
    struct error err;
    d.merge = (struct ticket_merge){.target = into, .sources = &from, .source_count = 1};
    assert_true(db_tx_run(w->app.db, "test", merge_tx, &d, &err));
}

static size_t bonds(struct world *w, const struct user *user, struct ticket_id ticket,
                    struct bond **ret)
{
    struct actor actor = world_actor(user);
    struct db *db = NULL;
    struct error err;
    size_t count = 0;
    assert_true(db_read_begin(w->app.db, &db, &err));
    assert_true(bonds_list(db, w->ctx, &actor, ticket, ret, &count, &err));
    db_read_end(db);
    return count;
}

static void both_sides_see_a_bond(void **state)
{
    struct world *w = *state;
    struct bond *list = NULL;
    struct ticket_id a = asked(w);
    struct ticket_id b = asked(w);
    assert_int_equal(tie(w, &w->tom, a, BOND_BLOCKED, b), TIED);
    assert_int_equal(tie(w, &w->tom, a, BOND_BLOCKED, b), TIED);
    assert_int_equal(bonds(w, &w->tom, a, &list), 1);
    assert_int_equal(list[0].side, BOND_BLOCKED);
    assert_int_equal(list[0].other.id.v, b.v);
    assert_int_equal(bonds(w, &w->tom, b, &list), 1);
    assert_int_equal(list[0].side, BOND_BLOCKS);
    assert_int_equal(list[0].other.id.v, a.v);
    // The same two, tied in another way, is another bond.
    assert_int_equal(tie(w, &w->tom, b, BOND_RELATED, a), TIED);
    assert_int_equal(bonds(w, &w->tom, a, &list), 2);
}

static void who_may_not_ties_nothing(void **state)
{
    struct world *w = *state;
    struct ticket_id a = asked(w);
    struct ticket_id b = asked(w);
    struct user light = world_person(w, "light@desk.example", ROLE_LIGHT_AGENT);
    struct bond *list = NULL;
    assert_int_equal(tie(w, &light, a, BOND_RELATED, b), ERR_FORBIDDEN);
    assert_int_equal(tie(w, &w->tom, a, BOND_RELATED, a), ERR_INVALID);
    assert_int_equal(tie(w, &w->tom, a, BOND_RELATED, (struct ticket_id){999}), ERR_INVALID);
    assert_int_equal(bonds(w, &w->tom, a, &list), 0);
}

static void a_family_has_no_circles(void **state)
{
    struct world *w = *state;
    struct ticket_id a = asked(w);
    struct ticket_id b = asked(w);
    struct ticket_id c = asked(w);
    assert_int_equal(tie(w, &w->tom, a, BOND_PARENT, b), TIED);
    assert_int_equal(tie(w, &w->tom, c, BOND_CHILD, b), TIED);
    assert_int_equal(tie(w, &w->tom, a, BOND_CHILD, c), ERR_INVALID);
    assert_int_equal(tie(w, &w->tom, a, BOND_PARENT, c), ERR_INVALID);
}

static void bonds_go_over_when_merged(void **state)
{
    struct world *w = *state;
    struct bond *list = NULL;
    struct ticket_id a = asked(w);
    struct ticket_id b = asked(w);
    struct ticket_id c = asked(w);
    assert_int_equal(tie(w, &w->tom, a, BOND_BLOCKS, c), TIED);
    assert_int_equal(tie(w, &w->tom, a, BOND_DUPLICATES, b), TIED);
    merge(w, a, b);
    assert_int_equal(bonds(w, &w->tom, b, &list), 2);
    assert_int_equal(bonds(w, &w->tom, c, &list), 1);
    assert_int_equal(list[0].side, BOND_BLOCKED);
    assert_int_equal(list[0].other.id.v, b.v);
    assert_int_equal(bonds(w, &w->tom, a, &list), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(both_sides_see_a_bond, world_setup, world_teardown),
        cmocka_unit_test_setup_teardown(who_may_not_ties_nothing, world_setup, world_teardown),
        cmocka_unit_test_setup_teardown(a_family_has_no_circles, world_setup, world_teardown),
        cmocka_unit_test_setup_teardown(bonds_go_over_when_merged, world_setup, world_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
