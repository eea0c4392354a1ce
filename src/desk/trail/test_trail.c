// SPDX-License-Identifier: GPL-3.0-or-later
//
// The trail as rows: what is noted is found by every filter, and only administrators read it.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "desk/test_world.h"
#include "desk/trail/trail.h"

struct noting {
    struct world *w;
    struct trail_note note;
};

static bool note_tx(struct db *tx, void *arg, struct error *err)
{
    struct noting *n = arg;
    struct actor actor = world_actor(&n->w->admin);
    actor.address = STR("192.0.2.1");
    return trail_add(tx, &actor, clock_now(&n->w->clock), &n->note, err);
}

static void note(struct world *w, const char *action, const char *type, int64_t id)
{
    struct noting n = {w, {action, type, id, STR("Label"), STR_NONE}};
    struct error err;
    assert_true(db_tx_run(w->app.db, "test", note_tx, &n, &err));
}

static int64_t found(struct world *w, const struct actor *reader, struct trail_query query)
{
    struct db *db = NULL;
    struct error err;
    int64_t total = -1;
    query.until = query.until == 0 ? INT64_MAX : query.until;
    query.action = str_none(query.action) ? STR("") : query.action;
    query.source_type = str_none(query.source_type) ? STR("") : query.source_type;
    query.address = str_none(query.address) ? STR("") : query.address;
    assert_true(db_read_begin(w->app.db, &db, &err));
    if (!trail_count(db, w->ctx, reader, &query, &total, &err)) {
        assert_int_equal(err.code, ERR_FORBIDDEN);
    }
    db_read_end(db);
    return total;
}

static void every_filter_counts(void **state)
{
    struct world *w = *state;
    struct actor admin = world_actor(&w->admin);
    struct actor tom = world_actor(&w->tom);
    const struct trail_query any = {.source_id = -1, .actor = -1};
    int64_t before = found(w, &admin, any);
    int64_t now = clock_now(&w->clock);
    note(w, "create", "lamp", 7);
    clock_freeze(&w->clock, now + 1000);
    note(w, "destroy", "lamp", 8);
    assert_int_equal(found(w, &admin, any), before + 2);
    struct trail_query query = any;
    query.source_type = STR("lamp");
    assert_int_equal(found(w, &admin, query), 2);
    query.since = now + 1;
    assert_int_equal(found(w, &admin, query), 1);
    query.since = 0;
    query.until = now;
    assert_int_equal(found(w, &admin, query), 1);
    query.until = 0;
    query.action = STR("destroy");
    assert_int_equal(found(w, &admin, query), 1);
    query.source_id = 7;
    assert_int_equal(found(w, &admin, query), 0);
    query = any;
    query.address = STR("192.0.2.1");
    query.actor = w->admin.id.v;
    assert_int_equal(found(w, &admin, query), 2);
    query.actor = w->tom.id.v;
    assert_int_equal(found(w, &admin, query), 0);
    assert_int_equal(found(w, &tom, any), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(every_filter_counts, world_setup, world_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
