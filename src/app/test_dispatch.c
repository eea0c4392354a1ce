// SPDX-License-Identifier: GPL-3.0-or-later
//
// Pages through the dispatcher: who may, forms and forgery, sessions, errors, headers.
#include <string.h>

#include "app/seen.h"
#include "app/test_app.h"
#include "live/live.h"

#define ASSERT_HAS(text, part) assert_non_null(strstr((text), (part)))
#define ASSERT_LACKS(text, part) assert_null(strstr((text), (part)))

// --- who may ------------------------------------------------------------------------------------

static void test_access(void **state)
{
    struct world *w = *state;
    static const char *const PAGES[] = {"/", "/mine", "/desk", "/admin"};
    static const struct {
        int64_t user;
        int status[4];
    } CASES[] = {
        {0, {200, 303, 303, 303}},
        {3, {200, 200, 403, 403}},
        {2, {200, 200, 200, 403}},
        {1, {200, 200, 200, 200}},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        if (CASES[i].user != 0) {
            world_sign_in(w, (struct user_id){CASES[i].user});
        }
        for (size_t k = 0; k < 4; k++) {
            assert_int_equal(world_get(w, PAGES[k])->status, CASES[i].status[k]);
        }
    }
}

static void test_sign_in_redirect(void **state)
{
    struct world *w = *state;
    static const char *const HTMX[] = {"HX-Request", "true", NULL};
    const struct http_response *resp =
        world_send(w, &(struct sent){.path = "/mine", .query = "a=1&b=%0d%0ax"});
    assert_string_equal(world_header(w, resp, "Location"),
                        "/sign-in?next=%2Fmine%3Fa%3D1%26b%3D%250d%250ax");
    assert_int_equal(world_send(w, &(struct sent){.path = "/mine", .headers = HTMX})->status, 401);
    struct sent post = {.method = HTTP_POST, .path = "/mine", .form = "a=1"};
    assert_int_equal(world_send(w, &post)->status, 401);
}

static void test_paths(void **state)
{
    struct world *w = *state;
    const struct http_response *resp = world_get(w, "/nowhere");
    assert_int_equal(resp->status, 404);
    ASSERT_HAS(world_body(world_get(w, "/nowhere")), "page 404: There is no such page.");
    resp = world_send(w, &(struct sent){.method = HTTP_DELETE, .path = "/mine"});
    assert_int_equal(resp->status, 405);
    assert_string_equal(world_header(w, resp, "Allow"), "GET, HEAD, POST, OPTIONS");
    resp = world_send(w, &(struct sent){.method = HTTP_OPTIONS, .path = "/mine"});
    assert_int_equal(resp->status, 204);
    assert_string_equal(world_header(w, resp, "Allow"), "GET, HEAD, POST, OPTIONS");
    assert_string_equal(world_header(w, resp, "Access-Control-Allow-Origin"), "");
    resp = world_send(w, &(struct sent){.method = HTTP_OPTIONS, .path = "/nowhere"});
    assert_int_equal(resp->status, 404);
    resp = world_send(w, &(struct sent){.method = HTTP_HEAD, .path = "/"});
    assert_int_equal(resp->status, 200);
}

static void test_body_limits(void **state)
{
    struct world *w = *state;
    bool stream = true;
    assert_int_equal(dispatch_body_limit(&w->app, HTTP_POST, STR("/mine"), &stream), 1000);
    assert_false(stream);
    assert_int_equal(dispatch_body_limit(&w->app, HTTP_POST, STR("/api/v2/uploads"), &stream),
                     5000);
    assert_true(stream);
    assert_int_equal(dispatch_body_limit(&w->app, HTTP_POST, STR("/nowhere"), &stream), -1);
    assert_int_equal(dispatch_body_limit(&w->app, HTTP_GET, STR("/"), &stream), 65536);
}

// --- forms --------------------------------------------------------------------------------------

static void test_csrf(void **state)
{
    struct world *w = *state;
    struct sent bare = {.method = HTTP_POST, .path = "/mine", .form = "a=1"};
    world_sign_in(w, CUSTOMER);
    assert_int_equal(world_post(w, "/mine", "a=1")->status, 200);
    assert_int_equal(world_send(w, &bare)->status, 403);
    static const char *const BAD[] = {
        "csrf=",
        "csrf=x",
        "csrf=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        "csrf=%00%ff",
        "csrf=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
    };
    for (size_t i = 0; i < sizeof BAD / sizeof *BAD; i++) {
        bare.form = BAD[i];
        assert_int_equal(world_send(w, &bare)->status, 403);
    }
}

static struct str token_on(struct world *w, const char *path)
{
    struct str body = buf_str(&world_get(w, path)->body);
    struct str rest = str_from(body, (size_t)str_find(body, STR("csrf=")) + 5);
    return str_sub(rest, 0, (size_t)str_find_char(rest, ' '));
}

// Each page has its own, all of them fit; one of another session does not.
static void test_csrf_tokens(void **state)
{
    struct world *w = *state;
    world_sign_in(w, CUSTOMER);
    struct str first = token_on(w, "/mine");
    struct str second = token_on(w, "/mine");
    assert_false(str_eq(first, second));
    const char *headers[] = {"X-CSRF-Token", first.ptr, NULL};
    headers[1] = str_cstr(w->ctx, first);
    struct sent sent = {.method = HTTP_POST, .path = "/mine", .headers = headers};
    assert_int_equal(world_send(w, &sent)->status, 200);
    world_sign_in(w, CUSTOMER);
    assert_int_equal(world_send(w, &sent)->status, 403);
}

static void test_forged_origins(void **state)
{
    struct world *w = *state;
    static const struct {
        const char *name, *value;
        int status;
    } CASES[] = {
        {"Origin", "http://desk.test", 200},
        {"Origin", "http://DESK.test", 200},
        {"Origin", "https://help.example.org", 200},
        {"Origin", "https://evil.example", 403},
        {"Origin", "http://desk.test.evil.example", 403},
        {"Origin", "https://desk.test", 403},
        {"Origin", "null", 403},
        {"Origin", "", 403},
        {"Sec-Fetch-Site", "same-origin", 200},
        {"Sec-Fetch-Site", "none", 200},
        {"Sec-Fetch-Site", "same-site", 403},
        {"Sec-Fetch-Site", "cross-site", 403},
    };
    w->config.public_url = STR("https://help.example.org/");
    world_sign_in(w, CUSTOMER);
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        const char *token = mem_printf(w->ctx, "csrf=%s", str_cstr(w->ctx, token_on(w, "/mine")));
        const char *headers[] = {CASES[i].name, CASES[i].value, NULL};
        struct sent sent = {
            .method = HTTP_POST, .path = "/mine", .form = token, .headers = headers};
        assert_int_equal(world_send(w, &sent)->status, CASES[i].status);
    }
}

// Who has no session has a cookie that the form's token belongs to.
static void test_anonymous_forms(void **state)
{
    struct world *w = *state;
    assert_int_equal(world_post(w, "/ask", "a=1")->status, 200);
    struct str token = token_on(w, "/");
    const char *form = mem_printf(w->ctx, "csrf=%s", str_cstr(w->ctx, token));
    struct sent sent = {.method = HTTP_POST, .path = "/ask", .form = form, .bare = true};
    assert_int_equal(world_send(w, &sent)->status, 403);
    w->cookies.count = 0;
    (void)world_get(w, "/");
    sent.bare = false;
    assert_int_equal(world_send(w, &sent)->status, 403);
}

// --- sessions -----------------------------------------------------------------------------------

static void test_rotation(void **state)
{
    struct world *w = *state;
    // A session that somebody else chose is nobody's, and signing in does not take it up.
    http_pairs_add(w->ctx, &w->cookies, STR("steward_session"), STR("chosen-by-an-attacker"));
    ASSERT_HAS(world_body(world_get(w, "/")), "user=0 ");
    world_sign_in(w, CUSTOMER);
    const char *first = world_cookie(w, "steward_session");
    assert_string_not_equal(first, "chosen-by-an-attacker");
    assert_int_equal(strlen(first), 43);
    ASSERT_HAS(world_body(world_get(w, "/")), "user=3 ");
    world_sign_in(w, CUSTOMER);
    const char *second = world_cookie(w, "steward_session");
    assert_string_not_equal(first, second);
    w->cookies.count = 0;
    http_pairs_add(w->ctx, &w->cookies, STR("steward_session"), str_c(first));
    ASSERT_HAS(world_body(world_get(w, "/")), "user=0 ");
}

static void test_cookie_kinds(void **state)
{
    struct world *w = *state;
    struct sent page = {.path = "/", .scheme = "https"};
    const struct http_response *resp = world_send(w, &page);
    ASSERT_HAS(world_header(w, resp, "Set-Cookie"), "__Host-steward_form=");
    ASSERT_HAS(world_header(w, resp, "Set-Cookie"), "; Path=/; HttpOnly; SameSite=Lax; Secure");
    ASSERT_HAS(world_header(w, resp, "Strict-Transport-Security"), "max-age=");
    struct str body = buf_str(&world_send(w, &page)->body);
    struct str token = str_from(body, (size_t)str_find(body, STR("csrf=")) + 5);
    const char *form =
        mem_printf(w->ctx, "user=3&csrf=%.*s", (int)str_find_char(token, ' '), token.ptr);
    struct sent sign_in = {
        .method = HTTP_POST, .path = "/sign-in", .form = form, .scheme = "https"};
    assert_int_equal(world_send(w, &sign_in)->status, 303);
    assert_string_not_equal(world_cookie(w, "__Host-steward_session"), "");
    // A cookie that came by plain HTTP is not taken on a secured page, nor the other way round.
    ASSERT_HAS(world_body(world_get(w, "/")), "user=0 ");
    ASSERT_HAS(world_body(world_send(w, &page)), "user=3 ");
}

static void test_sign_out(void **state)
{
    struct world *w = *state;
    world_sign_in(w, CUSTOMER);
    const char *kept = world_cookie(w, "steward_session");
    assert_int_equal(world_post(w, "/sign-in", "x=1")->status, 303);
    assert_string_equal(world_cookie(w, "steward_session"), "");
    w->cookies.count = 0;
    http_pairs_add(w->ctx, &w->cookies, STR("steward_session"), str_c(kept));
    ASSERT_HAS(world_body(world_get(w, "/")), "user=0 ");
}

static void test_idle_end(void **state)
{
    struct world *w = *state;
    w->config.session_idle_hours = 2;
    w->config.session_absolute_hours = 5;
    world_sign_in(w, CUSTOMER);
    int64_t now = clock_now(&w->clock);
    struct error err;
    // Each use that is noted makes the idle time begin again.
    for (int i = 1; i <= 3; i++) {
        clock_freeze(&w->clock, now + i * 90 * MINUTES_MS);
        ASSERT_HAS(world_body(world_get(w, "/")), "user=3 ");
        assert_true(seen_flush(w->app.seen, w->app.db, &err));
    }
    clock_freeze(&w->clock, now + 4 * 90 * MINUTES_MS);
    ASSERT_HAS(world_body(world_get(w, "/")), "user=0 ");
    world_sign_in(w, CUSTOMER);
    clock_freeze(&w->clock, now + 6 * 90 * MINUTES_MS);
    ASSERT_HAS(world_body(world_get(w, "/")), "user=0 ");
    assert_true(session_sweep(&w->app, &err));
}

static void test_suspended(void **state)
{
    struct world *w = *state;
    world_sign_in(w, SUSPENDED);
    ASSERT_HAS(world_body(world_get(w, "/")), "user=0 ");
    assert_int_equal(world_get(w, "/mine")->status, 303);
}

struct listing {
    struct world *world;
    struct str except;
};

static bool end_others(struct db *tx, void *arg, struct error *err)
{
    const struct listing *listing = arg;
    return session_end_others(tx, CUSTOMER, listing->except, err);
}

static void test_end_others(void **state)
{
    struct world *w = *state;
    struct error err;
    struct listing listing = {w, STR("")};
    world_sign_in(w, CUSTOMER);
    const char *elsewhere = world_cookie(w, "steward_session");
    w->cookies.count = 0;
    world_sign_in(w, AGENT);
    assert_true(db_tx_run(w->app.db, "end", end_others, &listing, &err));
    ASSERT_HAS(world_body(world_get(w, "/")), "user=2 ");
    w->cookies.count = 0;
    http_pairs_add(w->ctx, &w->cookies, STR("steward_session"), str_c(elsewhere));
    ASSERT_HAS(world_body(world_get(w, "/")), "user=0 ");
}

// --- errors and headers -------------------------------------------------------------------------

static void test_nothing_left_of_a_failure(void **state)
{
    struct world *w = *state;
    struct http_response *resp = world_get(w, "/fails");
    assert_int_equal(resp->status, 500);
    ASSERT_LACKS(world_body(resp), "half a page");
    ASSERT_LACKS(world_body(resp), "secret detail");
    assert_string_equal(world_header(w, resp, "Content-Disposition"), "");
    assert_string_equal(world_cookie(w, "left"), "");
    assert_int_equal(resp->file, -1);
    assert_null(resp->live);
    assert_int_equal(live_count(w->app.live), 0);
    // What the guards set stays: the cookie that forms need.
    assert_string_not_equal(world_cookie(w, "steward_form"), "");
}

static void test_wait(void **state)
{
    struct world *w = *state;
    const struct http_response *resp = world_get(w, "/busy");
    assert_int_equal(resp->status, 503);
    assert_string_equal(world_header(w, resp, "Retry-After"), "17");
}

static void test_security_headers(void **state)
{
    struct world *w = *state;
    static const char *const PAGES[] = {"/", "/nowhere", "/fails", "/assets/x.css", "/links/abc"};
    for (size_t i = 0; i < sizeof PAGES / sizeof *PAGES; i++) {
        const struct http_response *resp = world_get(w, PAGES[i]);
        const char *policy = world_header(w, resp, "Content-Security-Policy");
        ASSERT_HAS(policy, "default-src 'none'");
        ASSERT_HAS(policy, "script-src 'self';");
        ASSERT_HAS(policy, "frame-ancestors 'none'");
        ASSERT_HAS(policy, "base-uri 'none'");
        ASSERT_LACKS(policy, "unsafe");
        assert_string_equal(world_header(w, resp, "X-Content-Type-Options"), "nosniff");
        assert_string_equal(world_header(w, resp, "Referrer-Policy"), "same-origin");
        assert_string_equal(world_header(w, resp, "Cross-Origin-Opener-Policy"), "same-origin");
        assert_string_equal(world_header(w, resp, "Cross-Origin-Resource-Policy"), "same-origin");
        assert_string_equal(world_header(w, resp, "X-Request-Id"), "request-id");
        assert_string_equal(world_header(w, resp, "Strict-Transport-Security"), "");
    }
    assert_string_equal(world_header(w, world_get(w, "/"), "Cache-Control"), "no-store");
    ASSERT_HAS(world_header(w, world_get(w, "/assets/x"), "Cache-Control"), "immutable");
}

static void test_header_injection(void **state)
{
    struct world *w = *state;
    struct sent sent = {.path = "/back", .query = "to=/x%0d%0aSet-Cookie:%20a=b"};
    const struct http_response *resp = world_send(w, &sent);
    assert_string_equal(world_header(w, resp, "Location"), "/x%0D%0ASet-Cookie:%20a=b");
    assert_string_equal(world_cookie(w, "a"), "");
}

static void test_long_everything(void **state)
{
    struct world *w = *state;
    struct buf text;
    buf_init(&text, w->ctx, 2000000);
    buf_put_char(&text, '/');
    for (int i = 0; i < 20000; i++) {
        buf_put_c(&text, "aaaaaaaa/");
    }
    const char *longest = buf_str(&text).ptr;
    const char *headers[] = {"User-Agent", longest, "Sec-Fetch-Site", "none", NULL};
    assert_int_equal(world_get(w, longest)->status, 404);
    struct str token = token_on(w, "/");
    const char *form = mem_printf(w->ctx, "user=3&csrf=%s&x=%s", str_cstr(w->ctx, token), longest);
    struct sent sent = {.method = HTTP_POST, .path = "/sign-in", .form = form, .headers = headers};
    assert_int_equal(world_send(w, &sent)->status, 303);
    http_pairs_add(w->ctx, &w->cookies, STR("steward_session"), str_c(longest));
    assert_int_equal(world_get(w, "/mine")->status, 303);
    w->cookies.count = 0;
    http_pairs_add(w->ctx, &w->cookies, STR("steward_form"), str_c(longest));
    assert_int_equal(world_get(w, "/")->status, 200);
}

// --- how often ----------------------------------------------------------------------------------

static void test_page_budget(void **state)
{
    struct world *w = *state;
    w->config.rate_public_form = 3;
    for (int i = 0; i < 3; i++) {
        assert_int_equal(world_post(w, "/ask", "a=1")->status, 200);
    }
    const struct http_response *resp = world_post(w, "/ask", "a=1");
    assert_int_equal(resp->status, 429);
    assert_string_equal(world_header(w, resp, "Retry-After"), "21");
    clock_freeze(&w->clock, clock_now(&w->clock) + 21 * SECONDS_MS);
    assert_int_equal(world_post(w, "/ask", "a=1")->status, 200);
}

static void test_guessing(void **state)
{
    struct world *w = *state;
    w->config.rate_sign_in = 0;
    for (int i = 0; i < 5; i++) {
        assert_int_equal(world_post(w, "/password", "email=u2@example.org&password=x")->status,
                         403);
    }
    const struct http_response *resp =
        world_post(w, "/password", "email=U2@example.org&password=good");
    assert_int_equal(resp->status, 429);
    assert_string_equal(world_header(w, resp, "Retry-After"), "1");
    assert_int_equal(w->password_checks, 5);
    // Another account is not kept waiting, and waiting always helps.
    assert_int_equal(world_post(w, "/password", "email=u1@example.org&password=x")->status, 403);
    clock_freeze(&w->clock, clock_now(&w->clock) + 1000);
    assert_int_equal(world_post(w, "/password", "email=u2@example.org&password=good")->status, 200);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, world_set_up, world_tear_down)
    const struct CMUnitTest tests[] = {
        TEST(test_access),
        TEST(test_sign_in_redirect),
        TEST(test_paths),
        TEST(test_body_limits),
        TEST(test_csrf),
        TEST(test_csrf_tokens),
        TEST(test_forged_origins),
        TEST(test_anonymous_forms),
        TEST(test_rotation),
        TEST(test_cookie_kinds),
        TEST(test_sign_out),
        TEST(test_idle_end),
        TEST(test_suspended),
        TEST(test_end_others),
        TEST(test_nothing_left_of_a_failure),
        TEST(test_wait),
        TEST(test_security_headers),
        TEST(test_header_injection),
        TEST(test_long_everything),
        TEST(test_page_budget),
        TEST(test_guessing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
