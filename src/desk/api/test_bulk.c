// SPDX-License-Identifier: GPL-3.0-or-later
//
// Bulk jobs in a whole desk: each item once, also when a run begins anew.
#include "desk/test_world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "desk/api/bulk.h"
#include "desk/api/queries.h"

struct put {
    struct world *w;
    int64_t id;
    int64_t progress;
};

static bool put_tx(struct db *tx, void *arg, struct error *err)
{
    struct put *put = arg;
    put->id = db_next_id(tx);
    struct bulk_insert_in in = {.id = put->id,
                                .name = STR("V3-test"),
                                .kind = STR("tickets.create"),
                                .user_id = put->w->admin.id,
                                .address = STR("127.0.0.1"),
                                .items = STR("[{\"comment\":\"one\"},{\"subject\":\"nothing\"},"
                                             "{\"comment\":\"three\"}]"),
                                .common = STR_NONE,
                                .total = 3,
                                .created_at = clock_now(&put->w->clock)};
    int64_t changes = 0;
    struct job_new job = {.kind = BULK_JOB,
                          .payload = str_printf(put->w->ctx, "%lld", (long long)put->id),
                          .now = in.created_at};
    return bulk_insert(tx, &in, err) && jobs_add(tx, &job, NULL, err) &&
           (put->progress == 0 || bulk_advance(tx, put->id, 0, put->progress, &changes, err));
}

static size_t results_of(struct world *w, int64_t id, struct bulk_results_row **ret)
{
    struct db *db = NULL;
    struct error err;
    size_t count = 0;
    assert_true(db_read_begin(w->app.db, &db, &err));
    assert_true(bulk_results(db, w->ctx, id, ret, &count, &err));
    db_read_end(db);
    return count;
}

static void test_items_are_done_and_a_failure_stops_nothing(void **state)
{
    struct world *w = *state;
    struct put put = {.w = w};
    struct error err;
    struct bulk_results_row *results = NULL;
    int64_t before = world_count(w);
    assert_true(db_tx_run(w->app.db, "test", put_tx, &put, &err));
    world_jobs(w);
    assert_int_equal(world_count(w), before + 2);
    assert_int_equal(results_of(w, put.id, &results), 3);
    assert_true(str_find(results[0].result, STR("\"success\":true")) > 0);
    assert_true(str_find(results[1].result, STR("\"error\":\"TicketCreateFailed\"")) > 0);
    assert_true(str_find(results[2].result, STR("\"index\":2")) > 0);
}

static void test_a_second_run_goes_on_where_the_first_stopped(void **state)
{
    struct world *w = *state;
    struct put put = {.w = w, .progress = 2};
    struct error err;
    struct bulk_results_row *results = NULL;
    int64_t before = world_count(w);
    assert_true(db_tx_run(w->app.db, "test", put_tx, &put, &err));
    world_jobs(w);
    assert_int_equal(world_count(w), before + 1);
    assert_int_equal(results_of(w, put.id, &results), 1);
    assert_true(str_find(results[0].result, STR("\"index\":2")) > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_items_are_done_and_a_failure_stops_nothing,
                                        world_setup, world_teardown),
        cmocka_unit_test_setup_teardown(test_a_second_run_goes_on_where_the_first_stopped,
                                        world_setup, world_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
