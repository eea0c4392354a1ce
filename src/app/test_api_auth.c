// SPDX-License-Identifier: GPL-3.0-or-later
//
// Programs: how they say who they are, and what errors look like to them.
#include <string.h>

#include "app/rate.h"
#include "app/seen.h"
#include "app/test_app.h"

#define ASSERT_HAS(text, part) assert_non_null(strstr((text), (part)))

static struct http_response *call(struct world *w, enum http_method method, const char *path,
                                  const char *authorization)
{
    const char *headers[] = {"Authorization", authorization, NULL};
    return world_send(w, &(struct sent){.method = method,
                                        .path = path,
                                        .headers = authorization == NULL ? NULL : headers,
                                        .bare = true});
}

static int status_of(struct world *w, const char *authorization)
{
    return call(w, HTTP_GET, "/api/v2/things", authorization)->status;
}

static void test_tokens(void **state)
{
    struct world *w = *state;
    struct str token = world_token(w, AGENT);
    assert_int_equal(status_of(w, world_basic(w, "u2@example.org/token", token)), 200);
    assert_int_equal(status_of(w, world_basic(w, "U2@Example.org/token", token)), 200);
    assert_int_equal(status_of(w, mem_printf(w->ctx, "Bearer " STR_FMT, STR_ARG(token))), 200);
    assert_int_equal(status_of(w, mem_printf(w->ctx, "bearer  " STR_FMT, STR_ARG(token))), 200);
    struct sent by_query = {.path = "/api/v2/things",
                            .query = mem_printf(w->ctx, "access_token=" STR_FMT, STR_ARG(token))};
    assert_int_equal(world_send(w, &by_query)->status, 200);
    assert_int_equal(status_of(w, world_basic(w, "u1@example.org/token", token)), 401);
    assert_int_equal(status_of(w, world_basic(w, "u2@example.org/token", STR("x"))), 401);
    assert_int_equal(status_of(w, world_basic(w, "/token", STR(""))), 401);
    assert_int_equal(status_of(w, "Bearer "), 401);
    assert_int_equal(status_of(w, "Basic ???"), 401);
    assert_int_equal(status_of(w, "Basic bm9jb2xvbg=="), 401);
    assert_int_equal(status_of(w, "Digest x"), 401);
    assert_int_equal(status_of(w, ""), 401);
    assert_int_equal(status_of(w, NULL), 401);
    struct str customer = world_token(w, CUSTOMER);
    assert_int_equal(status_of(w, world_basic(w, "u3@example.org/token", customer)), 403);
    struct str gone = world_token(w, SUSPENDED);
    assert_int_equal(status_of(w, world_basic(w, "u4@example.org/token", gone)), 401);
}

struct revoking {
    struct world *world;
    struct token_id id;
    bool other;
};

static bool revoke(struct db *tx, void *arg, struct error *err)
{
    const struct revoking *r = arg;
    return api_token_revoke(tx, r->id, r->other ? CUSTOMER : AGENT, clock_now(&r->world->clock),
                            err);
}

static void test_token_life(void **state)
{
    struct world *w = *state;
    struct api_token *tokens = NULL;
    size_t count = 0;
    struct error err;
    struct db *db = NULL;
    const char *basic = world_basic(w, "u2@example.org/token", world_token(w, AGENT));
    assert_int_equal(status_of(w, basic), 200);
    assert_true(seen_flush(w->app.seen, w->app.db, &err));
    assert_true(db_read_begin(w->app.db, &db, &err));
    assert_true(api_token_list(db, w->ctx, AGENT, &tokens, &count, &err));
    db_read_end(db);
    assert_int_equal(count, 1);
    assert_int_equal(tokens[0].used_at, clock_now(&w->clock));
    struct revoking revoking = {w, tokens[0].id, true};
    assert_false(db_tx_run(w->app.db, "revoke", revoke, &revoking, &err));
    assert_int_equal(err.code, ERR_NOT_FOUND);
    assert_int_equal(status_of(w, basic), 200);
    revoking.other = false;
    assert_true(db_tx_run(w->app.db, "revoke", revoke, &revoking, &err));
    assert_int_equal(status_of(w, basic), 401);
}

static void test_passwords(void **state)
{
    struct world *w = *state;
    const char *good = world_basic(w, "u2@example.org", STR("good"));
    assert_int_equal(status_of(w, good), 200);
    assert_int_equal(status_of(w, good), 200);
    // The slow hash once only, until a minute passed or a password changed.
    assert_int_equal(w->password_checks, 1);
    clock_freeze(&w->clock, clock_now(&w->clock) + 61 * SECONDS_MS);
    assert_int_equal(status_of(w, good), 200);
    assert_int_equal(w->password_checks, 2);
    rate_forget_verified(w->app.limiter);
    assert_int_equal(status_of(w, good), 200);
    assert_int_equal(w->password_checks, 3);
    assert_int_equal(status_of(w, world_basic(w, "u2@example.org", STR("bad"))), 401);
    assert_int_equal(status_of(w, world_basic(w, "", STR(""))), 401);
}

static void test_guessing_by_api(void **state)
{
    struct world *w = *state;
    const char *bad = world_basic(w, "u2@example.org", STR("bad"));
    for (int i = 0; i < 5; i++) {
        assert_int_equal(status_of(w, bad), 401);
    }
    struct http_response *resp = call(w, HTTP_GET, "/api/v2/things", bad);
    assert_int_equal(resp->status, 429);
    assert_string_equal(world_header(w, resp, "Retry-After"), "1");
    ASSERT_HAS(world_body(resp), "\"error\":\"APIRateLimitExceeded\"");
    assert_int_equal(w->password_checks, 5);
}

static struct http_response *on_behalf(struct world *w, struct user_id user, const char *email)
{
    struct str token = world_token(w, user);
    const char *name = mem_printf(w->ctx, "u%lld@example.org/token", (long long)user.v);
    const char *headers[] = {"Authorization", world_basic(w, name, token), "X-On-Behalf-Of", email,
                             NULL};
    return world_send(w, &(struct sent){.path = "/api/v2/users/me", .headers = headers});
}

static void test_on_behalf_of(void **state)
{
    struct world *w = *state;
    assert_string_equal(world_body(on_behalf(w, ADMIN, "u3@example.org")), "{\"id\":3}");
    assert_int_equal(on_behalf(w, AGENT, "u3@example.org")->status, 403);
    assert_int_equal(on_behalf(w, ADMIN, "nobody@example.org")->status, 403);
    // Asking who one is never fails, and never says that one is somebody who is suspended.
    assert_string_equal(world_body(on_behalf(w, ADMIN, "u4@example.org")), "{\"id\":0}");
}

static void test_nobody(void **state)
{
    struct world *w = *state;
    struct http_response *resp = call(w, HTTP_GET, "/api/v2/users/me", "Bearer wrong");
    assert_int_equal(resp->status, 200);
    assert_string_equal(world_body(resp), "{\"id\":0}");
    resp = call(w, HTTP_GET, "/api/v2/things", "Bearer wrong");
    assert_int_equal(resp->status, 401);
    assert_string_equal(world_body(resp), "{\"error\":\"Couldn't authenticate you\"}");
    assert_string_equal(world_header(w, resp, "WWW-Authenticate"), "Basic realm=\"Web Password\"");
    // Our own pages' scripts must not make the browser ask for a password.
    static const char *const FETCH[] = {"Sec-Fetch-Mode", "cors", NULL};
    resp = world_send(w, &(struct sent){.path = "/api/v2/things", .headers = FETCH});
    assert_string_equal(world_header(w, resp, "WWW-Authenticate"), "");
}

// A browser's cookie counts for the API too, and then forgery must be kept out.
static void test_by_session(void **state)
{
    struct world *w = *state;
    world_sign_in(w, AGENT);
    assert_int_equal(world_get(w, "/api/v2/things")->status, 200);
    assert_int_equal(world_post(w, "/api/v2/things", "a=1")->status, 201);
    struct sent forged = {.method = HTTP_POST, .path = "/api/v2/things", .form = "a=1"};
    assert_int_equal(world_send(w, &forged)->status, 403);
    static const char *const CROSS[] = {"Origin", "https://evil.example", NULL};
    const struct http_response *resp =
        world_send(w, &(struct sent){.path = "/api/v2/things", .headers = CROSS});
    assert_string_equal(world_header(w, resp, "Access-Control-Allow-Origin"), "");
    // Without any cookie there is nothing to forge.
    forged = (struct sent){.method = HTTP_POST, .path = "/api/v2/requests", .bare = true};
    assert_int_equal(world_send(w, &forged)->status, 201);
}

static void test_other_origins(void **state)
{
    struct world *w = *state;
    static const char *const PREFLIGHT[] = {"Origin", "https://app.example",
                                            "Access-Control-Request-Method", "PUT", NULL};
    const struct http_response *resp = world_send(
        w, &(struct sent){.method = HTTP_OPTIONS, .path = "/api/v2/things", .headers = PREFLIGHT});
    assert_int_equal(resp->status, 204);
    assert_string_equal(world_header(w, resp, "Access-Control-Allow-Origin"), "*");
    ASSERT_HAS(world_header(w, resp, "Access-Control-Allow-Headers"), "Authorization");
    assert_string_equal(world_header(w, resp, "Access-Control-Allow-Credentials"), "");
    struct str token = world_token(w, AGENT);
    resp =
        call(w, HTTP_GET, "/api/v2/things", mem_printf(w->ctx, "Bearer " STR_FMT, STR_ARG(token)));
    assert_string_equal(world_header(w, resp, "Access-Control-Allow-Origin"), "*");
    resp = call(w, HTTP_GET, "/api/v2/things", world_basic(w, "u2@example.org/token", token));
    assert_string_equal(world_header(w, resp, "Access-Control-Allow-Origin"), "");
}

static void test_headers(void **state)
{
    struct world *w = *state;
    const char *basic = world_basic(w, "u2@example.org/token", world_token(w, AGENT));
    w->config.rate_api = 600;
    struct http_response *resp = call(w, HTTP_GET, "/api/v2/things", basic);
    assert_string_equal(world_header(w, resp, "Content-Type"), "application/json; charset=utf-8");
    assert_string_equal(world_header(w, resp, "X-Zendesk-API-Version"), "v2");
    assert_string_equal(world_header(w, resp, "X-Request-Id"), "request-id");
    assert_string_equal(world_header(w, resp, "X-Rate-Limit"), "600");
    assert_string_equal(world_header(w, resp, "X-Rate-Limit-Remaining"), "599");
    assert_string_equal(world_header(w, resp, "ratelimit-limit"), "600");
    assert_string_equal(world_header(w, resp, "ratelimit-reset"), "0");
    assert_string_equal(world_header(w, resp, "Retry-After"), "");
    const char *etag = world_header(w, resp, "ETag");
    ASSERT_HAS(etag, "W/\"");
    const char *headers[] = {"Authorization", basic, "If-None-Match", etag, NULL};
    resp = world_send(w, &(struct sent){.path = "/api/v2/things", .headers = headers});
    assert_int_equal(resp->status, 304);
    assert_int_equal(resp->body.len, 0);
    assert_string_equal(world_header(w, resp, "ETag"), etag);
    resp = call(w, HTTP_POST, "/api/v2/things", basic);
    assert_int_equal(resp->status, 201);
    assert_string_equal(world_header(w, resp, "Location"), "http://desk.test/api/v2/things/1.json");
    assert_string_equal(world_header(w, resp, "ETag"), "");
}

static void test_budget(void **state)
{
    struct world *w = *state;
    const char *agent = world_basic(w, "u2@example.org/token", world_token(w, AGENT));
    const char *admin = world_basic(w, "u1@example.org/token", world_token(w, ADMIN));
    w->config.rate_api = 2;
    assert_int_equal(status_of(w, agent), 200);
    assert_int_equal(status_of(w, agent), 200);
    struct http_response *resp = call(w, HTTP_GET, "/api/v2/things", agent);
    assert_int_equal(resp->status, 429);
    assert_string_equal(world_header(w, resp, "Retry-After"), "31");
    assert_string_equal(world_header(w, resp, "X-Rate-Limit-Remaining"), "0");
    ASSERT_HAS(world_body(resp), "\"error\":\"APIRateLimitExceeded\"");
    // Each has their own, and each token of one person, too.
    assert_int_equal(status_of(w, admin), 200);
    const char *second = world_basic(w, "u2@example.org/token", world_token(w, AGENT));
    assert_int_equal(status_of(w, second), 200);
    assert_int_equal(status_of(w, agent), 429);
    // An address has one for all who call from there.
    w->config.rate_api = 0;
    w->config.rate_api_address = 2;
    assert_int_equal(status_of(w, agent), 200);
    assert_int_equal(status_of(w, admin), 200);
    resp = call(w, HTTP_GET, "/api/v2/things", second);
    assert_int_equal(resp->status, 429);
    assert_string_equal(world_header(w, resp, "Retry-After"), "31");
}

static void test_errors(void **state)
{
    struct world *w = *state;
    struct http_response *resp = call(w, HTTP_GET, "/api/v2/nowhere", NULL);
    assert_int_equal(resp->status, 404);
    assert_string_equal(world_body(resp),
                        "{\"error\":\"InvalidEndpoint\",\"description\":\"Not found\"}");
    resp = call(w, HTTP_DELETE, "/api/v2/things", NULL);
    assert_int_equal(resp->status, 405);
    assert_string_equal(world_header(w, resp, "Allow"), "GET, HEAD, POST, OPTIONS");
    ASSERT_HAS(world_body(resp), "\"error\":\"InvalidEndpoint\"");
    resp = call(w, HTTP_GET, "/api/v2/invalid", NULL);
    assert_int_equal(resp->status, 422);
    assert_string_equal(world_body(resp),
                        "{\"error\":\"RecordInvalid\",\"description\":\"Record validation "
                        "errors\",\"details\":{\"name\":[{\"description\":\"Name: cannot be "
                        "blank\",\"error\":\"BlankValue\"}]}}");
    resp = call(w, HTTP_GET, "/api/v2/things",
                world_basic(w, "u3@example.org/token", world_token(w, CUSTOMER)));
    ASSERT_HAS(world_body(resp), "{\"error\":{\"title\":\"Forbidden\",\"message\":\"You do not "
                                 "have access to this page.");
}

static void test_refused(void **state)
{
    struct world *w = *state;
    struct error why;
    struct http_request req = {.ctx = w->ctx,
                               .id = "id",
                               .path = STR("/api/v2/uploads"),
                               .peer = STR("192.0.2.1"),
                               .scheme = STR("http"),
                               .host = STR("desk.test")};
    struct http_response resp;
    (void)error_set(&why, ERR_TOO_LARGE, "too large");
    http_response_init(&resp, w->ctx);
    dispatch_refuse(&w->app, &req, &why, &resp);
    assert_int_equal(resp.status, 413);
    assert_string_equal(world_body(&resp),
                        "{\"error\":\"TooLarge\",\"description\":\"too large\"}");
    req.path = STR("/ask");
    http_response_init(&resp, w->ctx);
    dispatch_refuse(&w->app, &req, &why, &resp);
    assert_string_equal(world_body(&resp), "page 413: too large");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, world_set_up, world_tear_down)
    const struct CMUnitTest tests[] = {
        TEST(test_tokens),          TEST(test_token_life),    TEST(test_passwords),
        TEST(test_guessing_by_api), TEST(test_on_behalf_of),  TEST(test_nobody),
        TEST(test_by_session),      TEST(test_other_origins), TEST(test_headers),
        TEST(test_budget),          TEST(test_errors),        TEST(test_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
