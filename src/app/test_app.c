// SPDX-License-Identifier: GPL-3.0-or-later
//
// Routes, settings, budgets and the slow-down on guessing. Sessions and guards are tested through
// the rooms' pages, where they matter.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "app/config.h"
#include "app/metrics.h"
#include "app/rate.h"
#include "app/router.h"

static bool nothing(struct ctx *ctx, struct error *err)
{
    (void)ctx;
    (void)err;
    return true;
}

static const struct route ROUTES[] = {
    {HTTP_GET, "/", nothing, ROUTE_PAGE, WHO_ANYONE, RATE_PAGE, 0, false},
    {HTTP_GET, "/tickets/{ticket:id}", nothing, ROUTE_PAGE, WHO_STAFF, RATE_PAGE, 0, false},
    {HTTP_GET, "/tickets/new", nothing, ROUTE_PAGE, WHO_AGENT, RATE_PAGE, 0, false},
    {HTTP_POST, "/tickets/{ticket:id}", nothing, ROUTE_PAGE, WHO_AGENT, RATE_PAGE, 10, false},
    {HTTP_GET, "/api/v2/users/{user:id}/tickets/{kind}", nothing, ROUTE_API, WHO_STAFF, RATE_API, 0,
     false},
};

static const struct route *find(const struct route_table *table, enum http_method method,
                                const char *path, struct path_params *params, unsigned *methods)
{
    *params = (struct path_params){0};
    return route_find(table, method, str_c(path), params, methods);
}

static void literals_win_over_parameters(void **state)
{
    (void)state;
    mem_ctx *ctx = mem_ctx_new(NULL, "routes");
    struct route_table *table = route_table_new(ctx);
    struct path_params params;
    unsigned methods = 0;
    route_table_add(table, ROUTES, sizeof ROUTES / sizeof *ROUTES);
    assert_ptr_equal(find(table, HTTP_GET, "/", &params, &methods), &ROUTES[0]);
    assert_ptr_equal(find(table, HTTP_GET, "/tickets/new", &params, &methods), &ROUTES[2]);
    assert_ptr_equal(find(table, HTTP_GET, "/tickets/42", &params, &methods), &ROUTES[1]);
    assert_int_equal(params.ids[0], 42);
    assert_ptr_equal(find(table, HTTP_HEAD, "/tickets/42", &params, &methods), &ROUTES[1]);
    assert_ptr_equal(find(table, HTTP_GET, "/api/v2/users/7/tickets/ccd", &params, &methods),
                     &ROUTES[4]);
    assert_int_equal(params.ids[0], 7);
    assert_true(str_eq_c(params.texts[0], "ccd"));
    mem_free(ctx);
}

static void what_is_no_id_is_no_route(void **state)
{
    (void)state;
    static const char *const PATHS[] = {"/tickets/0",
                                        "/tickets/-1",
                                        "/tickets/abc",
                                        "/tickets/1x",
                                        "/tickets",
                                        "/tickets/1/2",
                                        "/tickets/99999999999999999999",
                                        "/nothing"};
    mem_ctx *ctx = mem_ctx_new(NULL, "routes");
    struct route_table *table = route_table_new(ctx);
    struct path_params params;
    unsigned methods = 0;
    route_table_add(table, ROUTES, sizeof ROUTES / sizeof *ROUTES);
    for (size_t i = 0; i < sizeof PATHS / sizeof *PATHS; i++) {
        assert_null(find(table, HTTP_GET, PATHS[i], &params, &methods));
        assert_int_equal(methods, 0);
    }
    // A path that takes other methods says which.
    assert_null(find(table, HTTP_DELETE, "/tickets/42", &params, &methods));
    assert_int_equal(methods, 1u << HTTP_GET | 1u << HTTP_POST);
    mem_free(ctx);
}

static void settings_are_checked(void **state)
{
    (void)state;
    mem_ctx *ctx = mem_ctx_new(NULL, "config");
    struct config config;
    struct error err;
    struct buf out;
    config_init(&config);
    assert_true(config_set(&config, ctx, STR("listen"), STR("localhost:1"), &err));
    assert_true(config_set(&config, ctx, STR("listen"), STR("[::1]:1"), &err));
    assert_int_equal(config.listen.count, 2);
    assert_true(config_set(&config, ctx, STR("undo-send-seconds"), STR("5"), &err));
    assert_int_equal(config.undo_send_seconds, 5);
    assert_false(config_set(&config, ctx, STR("undo_send_seconds"), STR("-1"), &err));
    assert_false(config_set(&config, ctx, STR("undo_send_seconds"), STR("5x"), &err));
    assert_false(config_set(&config, ctx, STR("no_such_setting"), STR("1"), &err));
    assert_true(config_set(&config, ctx, STR("smtp"), STR("smtp://u:sesame@h"), &err));
    buf_init(&out, ctx, 1 << 20);
    config_print(&config, &out);
    assert_true(str_find(buf_str(&out), STR("sesame")) < 0);
    assert_true(str_find(buf_str(&out), STR("undo_send_seconds = 5")) >= 0);
    mem_free(ctx);
}

static void budgets_refill(void **state)
{
    (void)state;
    mem_ctx *ctx = mem_ctx_new(NULL, "rate");
    struct limiter *limiter = limiter_new(ctx);
    int64_t left = 0;
    int64_t wait = 0;
    for (int i = 0; i < 6; i++) {
        assert_true(rate_take(limiter, STR("a"), 6, 1000, &left, &wait));
        assert_int_equal(left, 5 - i);
    }
    assert_false(rate_take(limiter, STR("a"), 6, 1000, &left, &wait));
    assert_in_range(wait, 1, 11);
    assert_true(rate_take(limiter, STR("b"), 6, 1000, &left, &wait));
    assert_true(rate_take(limiter, STR("a"), 6, 1000 + 10 * SECONDS_MS, &left, &wait));
    assert_false(rate_take(limiter, STR("a"), 6, 1000 + 10 * SECONDS_MS, &left, &wait));
    mem_free(ctx);
}

static void guessing_slows_down_and_locks_nobody_out(void **state)
{
    (void)state;
    mem_ctx *ctx = mem_ctx_new(NULL, "guess");
    struct limiter *limiter = limiter_new(ctx);
    struct error err;
    int64_t now = 1000000;
    for (int i = 0; i < 5; i++) {
        assert_true(guess_allowed(limiter, STR("ana@x"), STR("1.2.3.4"), now, &err));
        guess_failed(limiter, STR("ana@x"), STR("1.2.3.4"), now);
    }
    assert_false(guess_allowed(limiter, STR("ANA@x"), STR("1.2.3.4"), now, &err));
    assert_int_equal(err.code, ERR_RATE_LIMITED);
    // Another person at the same address goes on; waiting helps.
    assert_true(guess_allowed(limiter, STR("bob@x"), STR("1.2.3.4"), now, &err));
    assert_true(guess_allowed(limiter, STR("ana@x"), STR("1.2.3.4"), now + 2 * SECONDS_MS, &err));
    for (int i = 0; i < 100; i++) {
        guess_failed(limiter, STR("ana@x"), STR("9.9.9.9"), now);
    }
    assert_true(guess_allowed(limiter, STR("ana@x"), STR("1.2.3.4"), now + 6 * MINUTES_MS, &err));
    guess_passed(limiter, STR("ana@x"));
    assert_true(guess_allowed(limiter, STR("ana@x"), STR("1.2.3.4"), now, &err));
    mem_free(ctx);
}

static void verified_passwords_are_forgotten(void **state)
{
    (void)state;
    mem_ctx *ctx = mem_ctx_new(NULL, "verified");
    struct limiter *limiter = limiter_new(ctx);
    struct hash key = hash_sha256(STR("ana password"));
    struct user_id user = {0};
    rate_verified_add(limiter, key, 1000, (struct user_id){7});
    assert_true(rate_verified(limiter, key, 2000, &user));
    assert_int_equal(user.v, 7);
    assert_false(rate_verified(limiter, hash_sha256(STR("other")), 2000, &user));
    assert_false(rate_verified(limiter, key, 2000 + MINUTES_MS, &user));
    rate_forget_verified(limiter);
    assert_false(rate_verified(limiter, key, 2000, &user));
    mem_free(ctx);
}

int main(void)
{
    random_init();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(literals_win_over_parameters),
        cmocka_unit_test(what_is_no_id_is_no_route),
        cmocka_unit_test(settings_are_checked),
        cmocka_unit_test(budgets_refill),
        cmocka_unit_test(guessing_slows_down_and_locks_nobody_out),
        cmocka_unit_test(verified_passwords_are_forgotten),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
