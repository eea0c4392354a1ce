// SPDX-License-Identifier: GPL-3.0-or-later
//
// Router, limiter, settings and figures by themselves.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "app/config.h"
#include "app/metrics.h"
#include "app/rate.h"
#include "app/router.h"
#include "base/clock.h"

#define ASSERT_HAS(text, part) assert_non_null(strstr((text), (part)))
#define ASSERT_LACKS(text, part) assert_null(strstr((text), (part)))

static int set_up(void **state)
{
    random_init();
    *state = mem_ctx_new(NULL, "test");
    return 0;
}

static int tear_down(void **state)
{
    mem_free(*state);
    return 0;
}

// --- router -------------------------------------------------------------------------------------

static bool nothing(struct ctx *ctx, struct error *err)
{
    (void)ctx;
    (void)err;
    return true;
}

#define ROW(method, path)                                                                          \
    {                                                                                              \
        method, path, nothing, ROUTE_PAGE, WHO_ANYONE, RATE_NONE, 0, false                         \
    }

static const struct route ROUTES[] = {
    ROW(HTTP_GET, "/"),
    ROW(HTTP_GET, "/tickets"),
    ROW(HTTP_POST, "/tickets"),
    ROW(HTTP_GET, "/tickets/{view}"),
    ROW(HTTP_GET, "/tickets/{ticket:id}"),
    ROW(HTTP_GET, "/tickets/new"),
    ROW(HTTP_GET, "/tickets/{ticket:id}/files/{file:id}/{name}"),
    ROW(HTTP_GET, "/tickets/{ticket:id}/files/{file:id}/raw"),
    ROW(HTTP_GET, "/a/{x}/c"),
    ROW(HTTP_GET, "/a/b/{y}"),
    ROW(HTTP_GET, "/api/v2/users/{id:id}"),
    ROW(HTTP_GET, "/api/v2/users/me"),
};

static const char *found(mem_ctx *ctx, enum http_method method, const char *path)
{
    struct path_params params;
    unsigned methods = 0;
    struct route_table *table = route_table_new(ctx);
    route_table_add(table, ROUTES, sizeof ROUTES / sizeof *ROUTES);
    const struct route *route = route_find(table, method, str_c(path), &params, &methods);
    return route != NULL ? route->path : methods == 0 ? "none" : "other method";
}

static void test_router(void **state)
{
    static const char *const CASES[][2] = {
        {"/", "/"},
        {"/tickets", "/tickets"},
        {"/tickets/new", "/tickets/new"},
        {"/tickets/42", "/tickets/{ticket:id}"},
        {"/tickets/mine", "/tickets/{view}"},
        {"/tickets/042", "/tickets/{view}"},
        {"/tickets/0", "/tickets/{view}"},
        {"/tickets/-1", "/tickets/{view}"},
        {"/tickets/99999999999999999999", "/tickets/{view}"},
        {"/tickets/1/files/2/raw", "/tickets/{ticket:id}/files/{file:id}/raw"},
        {"/tickets/1/files/2/a b", "/tickets/{ticket:id}/files/{file:id}/{name}"},
        {"/tickets/1/files/x/raw", "none"},
        {"/a/b/c", "/a/b/{y}"},
        {"/a/x/c", "/a/{x}/c"},
        {"/a/x/d", "none"},
        {"/api/v2/users/me", "/api/v2/users/me"},
        {"/api/v2/users/7", "/api/v2/users/{id:id}"},
        {"/api/v2/users/x", "none"},
        {"/1/2/3/4/5/6/7/8/9/10/11/12/13/14", "none"},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        assert_string_equal(found(*state, HTTP_GET, CASES[i][0]), CASES[i][1]);
    }
    assert_string_equal(found(*state, HTTP_POST, "/tickets"), "/tickets");
    assert_string_equal(found(*state, HTTP_HEAD, "/tickets"), "/tickets");
    assert_string_equal(found(*state, HTTP_PUT, "/tickets"), "other method");
}

static void test_parameters(void **state)
{
    struct path_params params;
    unsigned methods = 0;
    struct route_table *table = route_table_new(*state);
    route_table_add(table, ROUTES, sizeof ROUTES / sizeof *ROUTES);
    const struct route *route =
        route_find(table, HTTP_GET, STR("/tickets/12/files/34/a%b.txt"), &params, &methods);
    assert_non_null(route);
    assert_int_equal(params.ids[0], 12);
    assert_int_equal(params.ids[1], 34);
    assert_true(str_eq_c(params.texts[0], "a%b.txt"));
    assert_true(str_none(params.texts[1]));
    size_t count = 0;
    (void)route_table_all(table, &count);
    assert_int_equal(count, sizeof ROUTES / sizeof *ROUTES);
}

// --- limiter ------------------------------------------------------------------------------------

static void test_budget(void **state)
{
    struct limiter *limiter = limiter_new(*state);
    int64_t left = 0;
    int64_t wait = 0;
    for (int i = 0; i < 60; i++) {
        assert_true(rate_take(limiter, STR("a"), 60, 1000000, &left, &wait));
        assert_int_equal(left, 59 - i);
    }
    assert_false(rate_take(limiter, STR("a"), 60, 1000000, &left, &wait));
    assert_int_equal(wait, 2);
    assert_true(rate_take(limiter, STR("b"), 60, 1000000, &left, &wait));
    assert_true(rate_take(limiter, STR("a"), 60, 1001000, &left, &wait));
    assert_false(rate_take(limiter, STR("a"), 60, 1001000, &left, &wait));
    // A clock that is set back gives nothing and takes nothing.
    assert_false(rate_take(limiter, STR("a"), 60, 5000, &left, &wait));
    assert_true(rate_take(limiter, STR("a"), 0, 5000, &left, &wait));
}

// However many others come, those that are busy keep their budget.
static void test_many_keys(void **state)
{
    struct limiter *limiter = limiter_new(*state);
    char key[32];
    int64_t left = 0;
    int64_t wait = 0;
    int refused = 0;
    for (int i = 0; i < 20000; i++) {
        (void)snprintf(key, sizeof key, "stranger %d", i);
        (void)rate_take(limiter, str_c(key), 60, 1000000 + i, &left, &wait);
        refused += rate_take(limiter, STR("busy"), 60, 1000000 + i, &left, &wait) ? 0 : 1;
    }
    assert_true(refused > 19000);
}

static void test_addresses(void **state)
{
    mem_ctx *ctx = *state;
    assert_string_equal(rate_address(ctx, STR("2001:db8:1:2:3::4")).ptr, "2001:db8:1:2::");
    assert_string_equal(rate_address(ctx, STR("192.0.2.1")).ptr, "192.0.2.1");
    assert_true(str_eq_c(rate_address(ctx, STR("rubbish")), "rubbish"));
}

static void guess(struct limiter *limiter, const char *account, const char *address, int times,
                  int64_t now)
{
    for (int i = 0; i < times; i++) {
        guess_failed(limiter, str_c(account), str_c(address), now);
    }
}

static bool allowed(struct limiter *limiter, const char *account, const char *address, int64_t now)
{
    struct error err;
    return guess_allowed(limiter, str_c(account), str_c(address), now, &err);
}

static void test_guesses(void **state)
{
    struct limiter *limiter = limiter_new(*state);
    struct error err;
    int64_t now = 10 * HOURS_MS;
    guess(limiter, "ann@x", "192.0.2.1", 4, now);
    assert_true(allowed(limiter, "ann@x", "192.0.2.1", now));
    guess(limiter, "Ann@x", "192.0.2.1", 1, now);
    assert_false(allowed(limiter, "ann@x", "192.0.2.1", now));
    assert_true(allowed(limiter, "ann@x", "192.0.2.1", now + 1000));
    guess(limiter, "ann@x", "192.0.2.1", 20, now);
    assert_false(guess_allowed(limiter, STR("ann@x"), STR("192.0.2.1"), now, &err));
    assert_int_equal(err.code, ERR_RATE_LIMITED);
    assert_int_equal(err.wait_s, 300);
    assert_true(allowed(limiter, "ann@x", "192.0.2.1", now + 5 * MINUTES_MS));
    // Ann herself sits elsewhere and notices nothing.
    assert_true(allowed(limiter, "ann@x", "198.51.100.1", now));
    // After an hour of silence all is forgotten.
    assert_true(allowed(limiter, "ann@x", "192.0.2.1", now + HOURS_MS + 1));
    guess_passed(limiter, STR("ann@x"), STR("192.0.2.1"));
    assert_true(allowed(limiter, "ann@x", "192.0.2.1", now));
}

static void test_many_guesses(void **state)
{
    struct limiter *limiter = limiter_new(*state);
    char name[40];
    struct error err;
    int64_t now = 10 * HOURS_MS;
    // One address, many accounts.
    for (int i = 0; i < 40; i++) {
        (void)snprintf(name, sizeof name, "user%d@x", i);
        guess(limiter, name, "2001:db8:1:2::5", 1, now);
    }
    assert_false(allowed(limiter, "ann@x", "2001:db8:1:2:9::", now));
    assert_true(allowed(limiter, "ann@x", "2001:db8:1:3::", now));
    // Many addresses, one account.
    for (int i = 0; i < 120; i++) {
        (void)snprintf(name, sizeof name, "203.0.113.%d", i);
        guess(limiter, "bo@x", name, 1, now);
    }
    assert_false(guess_allowed(limiter, STR("bo@x"), STR("198.51.100.1"), now, &err));
    assert_int_equal(err.wait_s, 30);
}

static void test_verified(void **state)
{
    struct limiter *limiter = limiter_new(*state);
    struct hash key = hash_sha256(STR("a"));
    struct hash other = hash_sha256(STR("b"));
    struct user_id user = {0};
    uint64_t epoch = rate_verified_epoch(limiter);
    rate_verified_add(limiter, key, epoch, 1000, (struct user_id){7});
    assert_true(rate_verified(limiter, key, 2000, &user));
    assert_int_equal(user.v, 7);
    assert_false(rate_verified(limiter, other, 2000, &user));
    assert_false(rate_verified(limiter, key, 61001, &user));
    rate_forget_verified(limiter);
    assert_false(rate_verified(limiter, key, 2000, &user));
    // Checked against a password that was changed meanwhile.
    rate_verified_add(limiter, key, epoch, 1000, (struct user_id){7});
    assert_false(rate_verified(limiter, key, 2000, &user));
}

// --- settings -----------------------------------------------------------------------------------

struct folder {
    mem_ctx *ctx;
    char path[40];
};

static bool load(struct folder *f, struct config *config, const char *text, struct error *err)
{
    char *path = mem_printf(f->ctx, "%s/steward.conf", f->path);
    FILE *file = fopen(path, "we");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
    config_init(config);
    bool ok = config_load(config, f->ctx, str_c(f->path), err);
    assert_int_equal(remove(path), 0);
    return ok;
}

static struct folder folder_new(mem_ctx *ctx)
{
    struct folder f = {.ctx = ctx, .path = "/tmp/steward-test-XXXXXX"};
    assert_non_null(mkdtemp(f.path));
    return f;
}

static void test_config(void **state)
{
    struct folder f = folder_new(*state);
    struct config config;
    struct error err;
    assert_true(load(&f, &config,
                     "# a comment\n\n  threads = 3 \nlisten=127.0.0.1:1\nlisten = [::1]:2\n"
                     "desk-name = Help = us\nmission =\n",
                     &err));
    assert_int_equal(config.threads, 3);
    assert_int_equal(config.listen.count, 2);
    assert_true(str_eq_c(config.listen.items[1], "[::1]:2"));
    assert_true(str_eq_c(config.desk_name, "Help = us"));
    assert_true(str_eq_c(config.mission, ""));
    assert_int_equal(config.undo_send_seconds, 10);
    assert_int_equal(setenv("STEWARD_THREADS", "5", 1), 0);
    assert_true(load(&f, &config, "threads = 3\n", &err));
    assert_int_equal(config.threads, 5);
    assert_int_equal(unsetenv("STEWARD_THREADS"), 0);
    assert_int_equal(rmdir(f.path), 0);
    config_init(&config);
    assert_true(config_load(&config, *state, str_c(f.path), &err));
}

static void test_config_mistakes(void **state)
{
    struct folder f = folder_new(*state);
    struct config config;
    struct error err;
    static const char *const BAD[][2] = {
        {"threads = many\n", "line 1: threads must be a whole number from 1 to 256, not \"many\"."},
        {"\nthreads = 0\n", "line 2: threads must be"},
        {"thraeds = 3\n", "There is no setting \"thraeds\""},
        {"threads 3\n", "write name = value"},
    };
    for (size_t i = 0; i < sizeof BAD / sizeof *BAD; i++) {
        assert_false(load(&f, &config, BAD[i][0], &err));
        assert_int_equal(err.code, ERR_INVALID);
        ASSERT_HAS(err.message, BAD[i][1]);
    }
    struct buf line;
    buf_init(&line, *state, 20000);
    buf_put_c(&line, "desk_name = ");
    for (int i = 0; i < 10000; i++) {
        buf_put_char(&line, 'x');
    }
    assert_false(load(&f, &config, buf_str(&line).ptr, &err));
    ASSERT_HAS(err.message, "too long");
    assert_int_equal(rmdir(f.path), 0);
}

// What is printed can be read again; secrets are not printed.
static void test_config_print(void **state)
{
    struct folder f = folder_new(*state);
    struct config config;
    struct error err;
    struct buf out;
    buf_init(&out, *state, 100000);
    assert_true(load(&f, &config, "smtp = smtp://u:hunter2@mail\nlisten = a:1\n", &err));
    config_print(&config, &out);
    ASSERT_LACKS(buf_str(&out).ptr, "hunter2");
    ASSERT_HAS(buf_str(&out).ptr, "listen = a:1\n");
    ASSERT_HAS(buf_str(&out).ptr, "threads = 8\n");
    assert_true(load(&f, &config, buf_str(&out).ptr, &err));
    assert_int_equal(rmdir(f.path), 0);
}

// --- figures ------------------------------------------------------------------------------------

static double answer_to_all(void *env)
{
    (void)env;
    return 42;
}

static struct str figures(mem_ctx *ctx)
{
    static struct buf out;
    struct metrics *metrics = metrics_new(ctx);
    metrics_request(metrics, ROUTE_PAGE, 200, 300);
    metrics_request(metrics, ROUTE_API, 422, 700);
    metrics_request(metrics, ROUTE_STATIC, 304, 9000000);
    metrics_gauge(metrics, "live_connections", "Open live pages.", false, answer_to_all, NULL);
    metrics_gauge(metrics, "mails_total", "Mails.", true, answer_to_all, NULL);
    buf_init(&out, ctx, 100000);
    metrics_write(metrics, &out);
    return buf_str(&out);
}

static void test_metrics(void **state)
{
    const char *text = figures(*state).ptr;
    ASSERT_HAS(text, "steward_http_requests_total{kind=\"page\",status=\"2xx\"} 1\n");
    ASSERT_HAS(text, "steward_http_requests_total{kind=\"api\",status=\"4xx\"} 1\n");
    ASSERT_HAS(text, "duration_seconds_bucket{kind=\"api\",le=\"0.0005\"} 0\n");
    ASSERT_HAS(text, "duration_seconds_bucket{kind=\"api\",le=\"0.001\"} 1\n");
    ASSERT_HAS(text, "duration_seconds_bucket{kind=\"static\",le=\"2.5\"} 0\n");
    ASSERT_HAS(text, "duration_seconds_bucket{kind=\"static\",le=\"+Inf\"} 1\n");
    ASSERT_HAS(text, "steward_live_connections 42\n");
    ASSERT_HAS(text, "# TYPE steward_mails_total counter\n");
}

// Prometheus' own checker must have nothing to say, where it is installed.
static void test_promtool(void **state)
{
    struct str text = figures(*state);
    int in[2];
    int status = 0;
    assert_int_equal(pipe(in), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        (void)dup2(in[0], STDIN_FILENO);
        (void)close(in[0]);
        (void)close(in[1]);
        (void)execlp("promtool", "promtool", "check", "metrics", (char *)NULL);
        _exit(127);
    }
    (void)close(in[0]);
    assert_true(write(in[1], text.ptr, text.len) == (ssize_t)text.len);
    (void)close(in[1]);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    if (WEXITSTATUS(status) == 127) {
        skip();
    }
    assert_int_equal(WEXITSTATUS(status), 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(test_router),          TEST(test_parameters),   TEST(test_budget),
        TEST(test_many_keys),       TEST(test_addresses),    TEST(test_guesses),
        TEST(test_many_guesses),    TEST(test_verified),     TEST(test_config),
        TEST(test_config_mistakes), TEST(test_config_print), TEST(test_metrics),
        TEST(test_promtool),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
