// SPDX-License-Identifier: GPL-3.0-or-later
//
// The room's pages and API as a browser and a client meet them: whole requests through the
// dispatcher, without a socket, over a real SQLite file.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "app/api.h"
#include "app/config.h"
#include "app/metrics.h"
#include "app/rate.h"
#include "app/session.h"
#include "base/log.h"
#include "base/random.h"
#include "desk/desk.h"
#include "desk/people/routes.h"
#include "live/live.h"
#include "migrations.h"

struct world {
    mem_ctx *ctx;
    char folder[64];
    struct clock clock;
    struct config config;
    struct app app;
    struct desk desk;
    struct user admin, agent, ana;
    struct str admin_token, agent_token, ana_token;
    struct people_mail mail;
    int mails;
    // The browser's cookies.
    struct http_pair cookies[4];
    size_t cookie_count;
};

// --- what desk.c does in the program ------------------------------------------------------------

struct desk *desk_of(const struct ctx *ctx)
{
    return ctx->app->desk;
}

const struct people *desk_people(const struct ctx *ctx)
{
    return &ctx->app->desk->people;
}

void desk_page_begin(struct ctx *ctx, struct view *v, struct vm_layout *layout, struct str title,
                     const char *nav)
{
    view_init(v, &ctx->resp->body, ctx->mem);
    v->now = clock_now(ctx->app->clock);
    v->csrf = ctx->csrf;
    layout->title = title;
    layout->page = nav;
    layout->nav = nav;
    layout->desk = STR("Example Help");
    layout->user = ctx->actor.user;
    layout->user_name = ctx->actor.name;
}

static void render_error(struct ctx *ctx, const struct error *err)
{
    buf_put_c(&ctx->resp->body, err->message);
}

static bool check_password(struct ctx *ctx, struct str email, struct str password,
                           struct user_id *ret, struct error *err)
{
    struct user user;
    *ret = (struct user_id){
        password_check(ctx->db, ctx->mem, email, password, &user, err) ? user.id.v : 0};
    return true;
}

static bool find_by_email(struct db *db, mem_ctx *ctx, struct str email, struct user_id *ret,
                          struct error *err)
{
    struct user user;
    bool found = false;
    bool fine = user_by_email(db, ctx, email, &user, &found, err);
    *ret = (struct user_id){found ? user.id.v : 0};
    return fine;
}

static bool keep_mail(void *env, struct db *tx, const struct people_mail *mail, struct error *err)
{
    struct world *w = env;
    (void)tx;
    (void)err;
    w->mails++;
    w->mail.text = str_dup(w->ctx, mail->text);
    return true;
}

static bool end_sessions(void *env, struct db *tx, struct user_id user, struct str except,
                         struct error *err)
{
    struct world *w = env;
    rate_forget_verified(w->app.limiter);
    return session_end_others(tx, user, except, err);
}

// --- requests -----------------------------------------------------------------------------------

// "a=1&b=two" as pairs.
static struct http_pairs pairs(mem_ctx *ctx, const char *text)
{
    struct http_pairs out = {0};
    struct error err;
    if (text != NULL) {
        assert_true(http_parse_query(ctx, str_c(text), 100, &out, &err));
    }
    return out;
}

static void keep_cookies(struct world *w, const struct http_response *resp)
{
    for (size_t i = 0; i < resp->headers.count; i++) {
        struct str name;
        struct str rest;
        struct str value;
        if (!str_ieq_c(resp->headers.items[i].name, "Set-Cookie")) {
            continue;
        }
        str_cut(resp->headers.items[i].value, '=', &name, &rest);
        str_cut(rest, ';', &value, &rest);
        size_t at = 0;
        while (at < w->cookie_count && !str_eq(w->cookies[at].name, name)) {
            at++;
        }
        assert_true(at < 4);
        w->cookies[at] = (struct http_pair){str_dup(w->ctx, name), str_dup(w->ctx, value)};
        w->cookie_count = at == w->cookie_count ? at + 1 : w->cookie_count;
    }
}

static struct http_response *send(struct world *w, struct http_request *req)
{
    struct http_response *resp = mem_new(w->ctx, struct http_response);
    req->ctx = w->ctx;
    req->peer = STR("192.0.2.1");
    req->scheme = STR("http");
    req->host = STR("desk.test:8080");
    http_response_init(resp, w->ctx);
    dispatch_run(&w->app, req, resp);
    return resp;
}

// A browser's request; `form` is sent with the token when not NULL.
static struct http_response *browse(struct world *w, const char *path, const char *params,
                                    const char *form, struct str csrf)
{
    struct http_request req = {.method = form == NULL ? HTTP_GET : HTTP_POST,
                               .path = str_c(path),
                               .params = pairs(w->ctx, params),
                               .form = pairs(w->ctx, form),
                               .cookies = {w->cookies, w->cookie_count}};
    if (form != NULL) {
        http_pairs_add(w->ctx, &req.form, STR("csrf"), csrf);
    }
    struct http_response *resp = send(w, &req);
    keep_cookies(w, resp);
    return resp;
}

static struct str body_of(struct http_response *resp)
{
    return buf_str(&resp->body);
}

static void assert_shows(struct http_response *resp, const char *text)
{
    if (str_find(body_of(resp), str_c(text)) < 0) {
        fail_msg("status %d without \"%s\":\n%s", resp->status, text, body_of(resp).ptr);
    }
}

static struct str form_token(struct http_response *resp)
{
    struct str mark = STR("name=\"csrf\" value=\"");
    ptrdiff_t at = str_find(body_of(resp), mark);
    assert_true(at >= 0);
    struct str rest = str_from(body_of(resp), (size_t)at + mark.len);
    return str_sub(rest, 0, (size_t)str_find_char(rest, '"'));
}

static struct http_response *call(struct world *w, struct str token, enum http_method method,
                                  const char *url, const char *json)
{
    struct str path;
    struct str query;
    str_cut(str_c(url), '?', &path, &query);
    struct http_request req = {.method = method,
                               .path = path,
                               .query = query,
                               .params = pairs(w->ctx, query.ptr),
                               .body = json == NULL ? STR("") : str_c(json)};
    if (token.len > 0) {
        http_pairs_add(w->ctx, &req.headers, STR("Authorization"), token);
    }
    return send(w, &req);
}

static struct jr_value answer(struct world *w, struct http_response *resp, int status)
{
    struct jr_value value = JR_NONE;
    struct error err;
    if (resp->status != status) {
        fail_msg("status %d, not %d:\n%s", resp->status, status, body_of(resp).ptr);
    }
    assert_true(jr_parse(w->ctx, body_of(resp), &value, &err));
    return value;
}

static int64_t number(struct jr_value value)
{
    int64_t n = -1;
    assert_true(jr_i64(value, &n));
    return n;
}

static void assert_text(struct jr_value value, const char *expected)
{
    struct str text = jr_text(value);
    if (!str_eq_c(text, expected)) {
        fail_msg("\"%.*s\" is not \"%s\"", STR_ARG(text), expected);
    }
}

// --- the desk -----------------------------------------------------------------------------------

static bool make_token(struct world *w, struct db *tx, const struct user *user, struct str *ret,
                       struct error *err)
{
    struct str token;
    if (!api_token_create(tx, w->ctx, user->id, STR("test"), clock_now(&w->clock), &token, err)) {
        return false;
    }
    struct str pair =
        str_printf(w->ctx, STR_FMT "/token:" STR_FMT, STR_ARG(user->email), STR_ARG(token));
    *ret = str_printf(w->ctx, "Basic " STR_FMT, STR_ARG(base64_encode(w->ctx, pair)));
    return true;
}

static bool seed(struct db *tx, void *arg, struct error *err)
{
    struct world *w = arg;
    const struct people *room = &w->desk.people;
    const struct actor system = actor_system(CHANNEL_SYSTEM);
    const struct user_change agent = {
        .set = USER_NAME | USER_EMAIL | USER_ROLE,
        .values = {.name = STR("Tom Berg"), .email = STR("tom@example.org"), .role = ROLE_AGENT}};
    const struct user_change ana = {
        .set = USER_NAME | USER_EMAIL,
        .values = {.name = STR("Ana Ruiz"), .email = STR("ana@customer.example")}};
    return people_init_admin(room, tx, w->ctx, STR("Ada"), STR("ada@example.org"),
                             STR("four plain words here"), &w->admin, err) &&
           user_create(room, tx, w->ctx, &system, &agent, &w->agent, err) &&
           user_create(room, tx, w->ctx, &system, &ana, &w->ana, err) &&
           make_token(w, tx, &w->admin, &w->admin_token, err) &&
           make_token(w, tx, &w->agent, &w->agent_token, err) &&
           make_token(w, tx, &w->ana, &w->ana_token, err);
}

static struct app make_app(struct world *w, struct db_store *store)
{
    struct route_table *routes = route_table_new(w->ctx);
    size_t count = 0;
    const struct route *rows = people_routes(&count);
    route_table_add(routes, rows, count);
    return (struct app){.config = &w->config,
                        .clock = &w->clock,
                        .db = store,
                        .routes = routes,
                        .live = live_hub_new(w->ctx),
                        .desk = &w->desk,
                        .load_actor = people_load_actor,
                        .check_password = check_password,
                        .find_by_email = find_by_email,
                        .render_error = render_error,
                        .limiter = limiter_new(w->ctx),
                        .metrics = metrics_new(w->ctx),
                        .secret = STR("0123456789abcdef0123456789abcdef")};
}

static int set_up_empty(void **state)
{
    struct error err;
    struct db_store *store = NULL;
    (void)setenv("STEWARD_TEST_FAST_HASH", "1", 1);
    random_init();
    log_set_level(LOG_LEVEL_WARN);
    mem_ctx *ctx = mem_ctx_new(NULL, "test");
    struct world *w = mem_new(ctx, struct world);
    w->ctx = ctx;
    (void)snprintf(w->folder, sizeof w->folder, "/tmp/steward-web-XXXXXX");
    assert_non_null(mkdtemp(w->folder));
    struct db_options options = {.url = mem_printf(w->ctx, "sqlite:%s/t.db", w->folder),
                                 .migrations = MIGRATIONS,
                                 .migration_count = MIGRATION_COUNT};
    if (!db_open(w->ctx, &options, &store, &err)) {
        fail_msg("%s (%s)", err.message, err.detail);
    }
    clock_init(&w->clock);
    clock_freeze(&w->clock, time_from_civil(2026, 11, 23, 9, 0, 0));
    config_init(&w->config);
    w->desk.people =
        (struct people){.clock = &w->clock,
                        .public_url = STR("https://help.example.org"),
                        .desk_name = STR("Example Help"),
                        .hooks = {.send_mail = keep_mail, .end_sessions = end_sessions, .env = w}};
    w->app = make_app(w, store);
    *state = w;
    return 0;
}

static int set_up(void **state)
{
    struct error err;
    (void)set_up_empty(state);
    struct world *w = *state;
    if (!db_tx_run(w->app.db, "seed", seed, w, &err)) {
        fail_msg("%s (%s)", err.message, err.detail);
    }
    return 0;
}

static int tear_down(void **state)
{
    struct world *w = *state;
    char folder[64];
    (void)snprintf(folder, sizeof folder, "%s", w->folder);
    mem_free(w->ctx);
    static const char *const NAMES[] = {"t.db", "t.db-wal", "t.db-shm"};
    for (size_t i = 0; i < 3; i++) {
        char path[128];
        (void)snprintf(path, sizeof path, "%s/%s", folder, NAMES[i]);
        (void)unlink(path);
    }
    (void)rmdir(folder);
    return 0;
}

// --- pages --------------------------------------------------------------------------------------

static void assert_goes(struct http_response *resp, const char *to)
{
    struct str location = http_response_header(resp, "Location");
    if (resp->status != 303 || !str_eq_c(location, to)) {
        fail_msg("status %d to \"%.*s\", not to \"%s\":\n%s", resp->status, STR_ARG(location), to,
                 body_of(resp).ptr);
    }
}

static void test_sign_in_by_password(void **state)
{
    struct world *w = *state;
    struct http_response *page = browse(w, "/sign-in", "next=/tickets/7", NULL, STR(""));
    assert_int_equal(page->status, 200);
    assert_shows(page, "name=\"next\" value=\"/tickets/7\"");
    struct str csrf = form_token(page);

    page =
        browse(w, "/sign-in", NULL, "email=ada@example.org&password=wrong&next=/tickets/7", csrf);
    assert_int_equal(page->status, 422);
    assert_shows(page, "is not right");
    assert_shows(page, "value=\"ada@example.org\"");
    page = browse(w, "/sign-in", NULL, "email=ada@example.org&password=x", STR("forged"));
    assert_int_equal(page->status, 403);

    page = browse(w, "/sign-in", NULL,
                  "email=Ada@Example.org&password=four+plain+words+here&next=//evil.example", csrf);
    assert_goes(page, "/desk");
    page = browse(w, "/account", NULL, NULL, STR(""));
    assert_int_equal(page->status, 200);
    assert_shows(page, "value=\"Ada\"");
    assert_shows(page, "this one");

    csrf = form_token(page);
    page =
        browse(w, "/account", NULL,
               "name=Ada+L&phone=1&locale=en-US&time_zone=Europe/Vienna&alias=&signature=", csrf);
    assert_goes(page, "/account?done=saved");
    page = browse(w, "/account", NULL,
                  "name=&phone=&locale=en-US&time_zone=x&alias=&signature=", csrf);
    assert_int_equal(page->status, 422);
    page =
        browse(w, "/account/password", NULL, "previous=wrong&password=wind+lamp+river+nine", csrf);
    assert_int_equal(page->status, 422);
    page = browse(w, "/account/password", NULL,
                  "previous=four+plain+words+here&password=wind+lamp+river+nine", csrf);
    assert_goes(page, "/account?done=password");
    page = browse(w, "/sign-out", NULL, "x=1", csrf);
    assert_goes(page, "/");
    page = browse(w, "/account", NULL, NULL, STR(""));
    assert_goes(page, "/sign-in?next=%2Faccount");
}

// The path and token of the last mail's link.
static struct str mailed_token(const struct world *w)
{
    ptrdiff_t at = str_find(w->mail.text, STR("?token="));
    assert_true(at >= 0);
    struct str rest = str_from(w->mail.text, (size_t)at + 7);
    return str_sub(rest, 0, (size_t)str_find_char(rest, '\n'));
}

static void test_sign_in_by_link(void **state)
{
    struct world *w = *state;
    struct str csrf = form_token(browse(w, "/sign-in", NULL, NULL, STR("")));
    struct http_response *known =
        browse(w, "/sign-in/link", NULL, "email=ana@customer.example&next=/requests/3", csrf);
    assert_int_equal(w->mails, 1);
    struct str token = mailed_token(w);
    assert_true(str_find(w->mail.text, STR("https://help.example.org/sign-in/link?token=")) > 0);
    struct http_response *unknown =
        browse(w, "/sign-in/link", NULL, "email=bob@customer.example", csrf);
    assert_int_equal(w->mails, 1);
    assert_int_equal(known->status, unknown->status);
    assert_int_equal(body_of(known).len, body_of(unknown).len);

    // A program that follows links in mails uses nothing up.
    const char *params = mem_printf(w->ctx, "token=%.*s", STR_ARG(token));
    (void)browse(w, "/sign-in/link", params, NULL, STR(""));
    struct http_response *page = browse(w, "/sign-in/link", params, NULL, STR(""));
    assert_shows(page, "You sign in as Ana Ruiz (ana@customer.example).");
    page = browse(w, "/sign-in/link/use", NULL, params, form_token(page));
    assert_goes(page, "/requests/3");
    page = browse(w, "/account", NULL, NULL, STR(""));
    assert_shows(page, "You have none");
    page = browse(w, "/sign-in/link", params, NULL, STR(""));
    assert_int_equal(page->status, 410);
}

static void test_new_password_by_mail(void **state)
{
    struct world *w = *state;
    struct str csrf = form_token(browse(w, "/password/forgotten", NULL, NULL, STR("")));
    struct http_response *page = browse(w, "/password/forgotten", NULL, "email=nonsense", csrf);
    assert_int_equal(page->status, 422);
    page = browse(w, "/password/forgotten", NULL, "email=tom@example.org", csrf);
    assert_int_equal(page->status, 200);
    const char *params = mem_printf(w->ctx, "token=%.*s", STR_ARG(mailed_token(w)));
    page = browse(w, "/password/reset", params, NULL, STR(""));
    assert_shows(page, "Hello Tom Berg");
    const char *form = mem_printf(w->ctx, "%s&password=short", params);
    page = browse(w, "/password/reset", NULL, form, csrf);
    assert_int_equal(page->status, 422);
    assert_shows(page, "too short");
    form = mem_printf(w->ctx, "%s&password=wind+lamp+river+nine", params);
    page = browse(w, "/password/reset", NULL, form, csrf);
    assert_goes(page, "/desk");
    page = browse(w, "/password/reset", NULL, form, csrf);
    assert_true(page->status == 410 || page->status == 403);
}

static void test_guessing_is_slowed_down(void **state)
{
    struct world *w = *state;
    struct str csrf = form_token(browse(w, "/sign-in", NULL, NULL, STR("")));
    struct http_response *page = NULL;
    for (int i = 0; i < 7; i++) {
        page = browse(w, "/sign-in", NULL, "email=ada@example.org&password=wrong", csrf);
    }
    assert_int_equal(page->status, 429);
    clock_freeze(&w->clock, clock_now(&w->clock) + 10 * MINUTES_MS);
    page =
        browse(w, "/sign-in", NULL, "email=ada@example.org&password=four+plain+words+here", csrf);
    assert_goes(page, "/desk");
}

static bool make_code(struct db *tx, void *arg, struct error *err)
{
    struct world *w = arg;
    return setup_code_make(&w->desk.people, tx, w->ctx, &w->mail.text, err);
}

static void test_first_run(void **state)
{
    struct world *w = *state;
    struct error err;
    assert_true(db_tx_run(w->app.db, "code", make_code, w, &err));
    assert_goes(browse(w, "/sign-in", NULL, NULL, STR("")), "/setup");
    struct str csrf = form_token(browse(w, "/setup", NULL, NULL, STR("")));
    struct http_response *page =
        browse(w, "/setup", NULL, "code=wrong&name=&email=x&password=four+plain+words", csrf);
    assert_int_equal(page->status, 422);
    assert_shows(page, "code-error");
    assert_shows(page, "name-error\"");
    assert_shows(page, "That is no mail address");
    const char *form = mem_printf(w->ctx,
                                  "code=%.*s&name=Eve&email=eve@example.org&"
                                  "password=four+plain+words+here",
                                  STR_ARG(w->mail.text));
    assert_goes(browse(w, "/setup", NULL, form, csrf), "/desk");
    assert_goes(browse(w, "/setup", NULL, NULL, STR("")), "/sign-in");
}

static struct str sign_in_admin(struct world *w)
{
    struct str csrf = form_token(browse(w, "/sign-in", NULL, NULL, STR("")));
    assert_goes(
        browse(w, "/sign-in", NULL, "email=ada@example.org&password=four+plain+words+here", csrf),
        "/desk");
    return form_token(browse(w, "/account", NULL, NULL, STR("")));
}

static void test_people_pages(void **state)
{
    struct world *w = *state;
    struct str csrf = sign_in_admin(w);
    assert_shows(browse(w, "/people", NULL, NULL, STR("")), "Ana Ruiz");
    struct http_response *page = browse(w, "/people", "q=rui", NULL, STR(""));
    assert_shows(page, "ana@customer.example");
    assert_true(str_find(body_of(page), STR("Tom Berg")) < 0);
    assert_shows(browse(w, "/people", "q=zzz", NULL, STR("")), "Nobody found");

    page = browse(w, "/people", NULL, "name=&email=x&role=agent&organization=Nowhere", csrf);
    assert_int_equal(page->status, 422);
    assert_shows(page, "There is no organization of this name.");
    page =
        browse(w, "/people", NULL, "name=Lena+K&email=lena@example.org&role=lead&tags=b+a", csrf);
    assert_int_equal(page->status, 303);
    struct str at = http_response_header(page, "Location");
    const char *path = str_cstr(w->ctx, str_sub(at, 0, (size_t)str_find_char(at, '?')));
    page = browse(w, path, NULL, NULL, STR(""));
    assert_shows(page, "Lead</span>");
    assert_shows(page, "Nothing so far.");
    assert_shows(browse(w, mem_printf(w->ctx, "%s/edit", path), NULL, NULL, STR("")), "a b");
    page = browse(w, mem_printf(w->ctx, "%s/invite", path), NULL, "x=1", csrf);
    assert_int_equal(page->status, 303);
    assert_true(str_find(w->mail.text, STR("/invitation?token=")) > 0);
    page = browse(w, mem_printf(w->ctx, "%s/suspend", path), NULL, "suspended=1", csrf);
    assert_int_equal(page->status, 303);
    assert_shows(browse(w, path, NULL, NULL, STR("")), "Let back in");
}

// --- API ----------------------------------------------------------------------------------------

static void test_api_me(void **state)
{
    struct world *w = *state;
    struct jr_value user =
        jr_get(answer(w, call(w, STR(""), HTTP_GET, "/api/v2/users/me", NULL), 200), "user");
    assert_true(jr_kind(jr_get(user, "id")) == JR_NULL);
    assert_text(jr_get(user, "name"), "Anonymous user");
    user =
        jr_get(answer(w, call(w, w->ana_token, HTTP_GET, "/api/v2/users/me", NULL), 200), "user");
    assert_int_equal(number(jr_get(user, "id")), w->ana.id.v);
    assert_text(jr_get(user, "role"), "end-user");
    assert_true(jr_absent(jr_get(user, "notes")));
    answer(w, call(w, w->ana_token, HTTP_GET, "/api/v2/users", NULL), 403);
    answer(w, call(w, STR(""), HTTP_GET, "/api/v2/users", NULL), 401);
    user =
        jr_get(answer(w, call(w, w->agent_token, HTTP_GET, "/api/v2/users/me", NULL), 200), "user");
    assert_text(jr_get(user, "role"), "agent");
    assert_text(jr_get(user, "created_at"), "2026-11-23T09:00:00Z");
    char expected[200];
    (void)snprintf(expected, sizeof expected, "http://desk.test:8080/api/v2/users/%lld.json",
                   (long long)w->agent.id.v);
    assert_text(jr_get(user, "url"), expected);
}

static void test_api_lists(void **state)
{
    struct world *w = *state;
    struct jr_value page =
        answer(w,
               call(w, w->agent_token, HTTP_GET,
                    "/api/v2/users?per_page=2&role[]=admin&role[]=agent&role[]=end-user", NULL),
               200);
    assert_int_equal(jr_count(jr_get(page, "users")), 2);
    assert_int_equal(number(jr_get(page, "count")), 3);
    assert_text(jr_get(page, "next_page"),
                "http://desk.test:8080/api/v2/users?per_page=2&role%5B%5D=admin&role%5B%5D=agent&"
                "role%5B%5D=end-user&page=2");
    assert_true(jr_kind(jr_get(page, "previous_page")) == JR_NULL);

    page = answer(w, call(w, w->agent_token, HTTP_GET, "/api/v2/users?page[size]=2", NULL), 200);
    assert_int_equal(jr_count(jr_get(page, "users")), 2);
    assert_true(jr_absent(jr_get(page, "count")));
    bool more = false;
    assert_true(jr_bool(jr_get(jr_get(page, "meta"), "has_more"), &more) && more);
    struct str next = jr_text(jr_get(jr_get(page, "links"), "next"));
    assert_true(str_starts(
        next, STR("http://desk.test:8080/api/v2/users?page%5Bsize%5D=2&page%5Bafter%5D=")));
    const char *rest = str_cstr(w->ctx, str_from(next, strlen("http://desk.test:8080")));
    page = answer(w, call(w, w->agent_token, HTTP_GET, rest, NULL), 200);
    assert_int_equal(jr_count(jr_get(page, "users")), 1);
    assert_true(jr_kind(jr_get(jr_get(page, "links"), "next")) == JR_NULL);
    struct str before = jr_text(jr_get(jr_get(page, "links"), "prev"));
    rest = str_cstr(w->ctx, str_from(before, strlen("http://desk.test:8080")));
    page = answer(w, call(w, w->agent_token, HTTP_GET, rest, NULL), 200);
    assert_int_equal(jr_count(jr_get(page, "users")), 2);
    assert_int_equal(number(jr_get(jr_at(jr_get(page, "users"), 0), "id")), w->admin.id.v);

    answer(w, call(w, w->agent_token, HTTP_GET, "/api/v2/users?page[after]=broken", NULL), 400);
    answer(w, call(w, w->agent_token, HTTP_GET, "/api/v2/users?page=200&per_page=100", NULL), 400);
    page = answer(w, call(w, w->agent_token, HTTP_GET, "/api/v2/users/count", NULL), 200);
    assert_int_equal(number(jr_get(jr_get(page, "count"), "value")), 3);
    page = answer(w,
                  call(w, w->agent_token, HTTP_GET,
                       "/api/v2/users/search?query=ruiz&include=identities,roles", NULL),
                  200);
    assert_int_equal(number(jr_get(page, "count")), 1);
    assert_int_equal(jr_count(jr_get(page, "identities")), 1);
    assert_text(jr_get(jr_at(jr_get(page, "roles"), 0), "name"), "end-user");
    const char *many = mem_printf(w->ctx, "/api/v2/users/show_many?ids=%lld,%lld,77",
                                  (long long)w->ana.id.v, (long long)w->agent.id.v);
    page = answer(w, call(w, w->agent_token, HTTP_GET, many, NULL), 200);
    assert_int_equal(number(jr_get(page, "count")), 2);
}

static struct jr_value first_detail(struct jr_value error, const char *field)
{
    return jr_at(jr_get(jr_get(error, "details"), field), 0);
}

static void test_api_changes(void **state)
{
    struct world *w = *state;
    struct http_response *resp = call(
        w, w->agent_token, HTTP_POST, "/api/v2/users",
        "{\"user\":{\"name\":\"Bob\",\"email\":\"BOB@customer.example\",\"external_id\":\"X1\","
        "\"tags\":[\"b\",\"A\"],\"organization\":{\"name\":\"Customer\"},\"custom\":1,"
        "\"identities\":[{\"type\":\"email\",\"value\":\"bob2@customer.example\"}]}}");
    struct jr_value user = jr_get(answer(w, resp, 201), "user");
    assert_text(jr_get(user, "email"), "bob@customer.example");
    assert_text(jr_at(jr_get(user, "tags"), 0), "a");
    assert_true(number(jr_get(user, "organization_id")) > 0);
    assert_true(str_eq(http_response_header(resp, "Location"), jr_text(jr_get(user, "url"))));
    int64_t bob = number(jr_get(user, "id"));

    struct jr_value error =
        answer(w,
               call(w, w->agent_token, HTTP_POST, "/api/v2/users",
                    "{\"user\":{\"name\":\"X\",\"email\":\"bob2@customer.example\"}}"),
               422);
    assert_text(jr_get(error, "error"), "RecordInvalid");
    assert_text(jr_get(first_detail(error, "email"), "error"), "DuplicateValue");
    error = answer(w,
                   call(w, w->agent_token, HTTP_POST, "/api/v2/users",
                        "{\"user\":{\"name\":\" \",\"role\":\"king\",\"organization_id\":\"x\"}}"),
                   422);
    assert_text(jr_get(first_detail(error, "name"), "error"), "BlankValue");
    assert_text(jr_get(first_detail(error, "role"), "error"), "InvalidValue");
    assert_text(jr_get(first_detail(error, "organization_id"), "error"), "InvalidValue");
    answer(w, call(w, w->agent_token, HTTP_POST, "/api/v2/users", "{\"usr\":{}}"), 400);
    answer(w, call(w, w->agent_token, HTTP_POST, "/api/v2/users", "{\"user\":"), 400);

    resp = call(w, w->agent_token, HTTP_POST, "/api/v2/users/create_or_update",
                "{\"user\":{\"name\":\"Bobby\",\"external_id\":\"x1\"}}");
    user = jr_get(answer(w, resp, 200), "user");
    assert_int_equal(number(jr_get(user, "id")), bob);
    assert_text(jr_get(user, "name"), "Bobby");

    const char *url = mem_printf(w->ctx, "/api/v2/users/%lld", (long long)bob);
    answer(w, call(w, w->agent_token, HTTP_PUT, url, "{\"user\":{\"role\":\"admin\"}}"), 403);
    user = jr_get(answer(w,
                         call(w, w->admin_token, HTTP_PUT, url,
                              "{\"user\":{\"role\":\"agent\",\"organization_id\":null}}"),
                         200),
                  "user");
    assert_text(jr_get(user, "role"), "agent");
    assert_true(jr_kind(jr_get(user, "organization_id")) == JR_NULL);
    answer(w, call(w, w->agent_token, HTTP_DELETE, url, NULL), 403);
    user = jr_get(answer(w, call(w, w->admin_token, HTTP_DELETE, url, NULL), 200), "user");
    bool active = true;
    assert_true(jr_bool(jr_get(user, "active"), &active) && !active);
    user = jr_get(answer(w, call(w, w->agent_token, HTTP_GET, url, NULL), 200), "user");
    assert_true(jr_bool(jr_get(user, "active"), &active) && !active);
    error = answer(w, call(w, w->agent_token, HTTP_GET, "/api/v2/users/77", NULL), 404);
    assert_text(jr_get(error, "error"), "RecordNotFound");
}

static void test_api_groups_and_organizations(void **state)
{
    struct world *w = *state;
    answer(w, call(w, w->agent_token, HTTP_POST, "/api/v2/groups", "{\"group\":{\"name\":\"N\"}}"),
           403);
    struct jr_value group = jr_get(answer(w,
                                          call(w, w->admin_token, HTTP_POST, "/api/v2/groups",
                                               "{\"group\":{\"name\":\"Network\"}}"),
                                          201),
                                   "group");
    int64_t id = number(jr_get(group, "id"));
    const char *body =
        mem_printf(w->ctx, "{\"group_membership\":{\"user_id\":%lld,\"group_id\":\"%lld\"}}",
                   (long long)w->agent.id.v, (long long)id);
    answer(w, call(w, w->admin_token, HTTP_POST, "/api/v2/group_memberships", body), 201);
    answer(w, call(w, w->admin_token, HTTP_POST, "/api/v2/group_memberships", body), 422);
    struct jr_value list =
        answer(w, call(w, w->agent_token, HTTP_GET, "/api/v2/groups?include=users", NULL), 200);
    assert_int_equal(number(jr_get(list, "count")), 2);
    assert_int_equal(jr_count(jr_get(list, "users")), 2);
    const char *url =
        mem_printf(w->ctx, "/api/v2/users/%lld/group_memberships", (long long)w->agent.id.v);
    list = answer(w, call(w, w->agent_token, HTTP_GET, url, NULL), 200);
    assert_int_equal(jr_count(jr_get(list, "group_memberships")), 2);
    url = mem_printf(w->ctx, "/api/v2/groups/%lld", (long long)id);
    assert_int_equal(call(w, w->admin_token, HTTP_DELETE, url, NULL)->status, 204);
    group = jr_get(answer(w, call(w, w->agent_token, HTTP_GET, url, NULL), 200), "group");
    bool deleted = false;
    assert_true(jr_bool(jr_get(group, "deleted"), &deleted) && deleted);

    struct jr_value organization = jr_get(
        answer(
            w,
            call(w, w->agent_token, HTTP_POST, "/api/v2/organizations",
                 "{\"organization\":{\"name\":\"ACME\",\"domain_names\":[\"customer.example\"]}}"),
            201),
        "organization");
    id = number(jr_get(organization, "id"));
    url = mem_printf(w->ctx, "/api/v2/organizations/%lld/users", (long long)id);
    list = answer(w, call(w, w->agent_token, HTTP_GET, url, NULL), 200);
    assert_int_equal(number(jr_get(list, "count")), 1);
    struct jr_value error = answer(w,
                                   call(w, w->agent_token, HTTP_POST, "/api/v2/organizations",
                                        "{\"organization\":{\"name\":\"acme\"}}"),
                                   422);
    assert_text(jr_get(first_detail(error, "name"), "error"), "DuplicateValue");
    url = mem_printf(w->ctx, "/api/v2/organizations/%lld", (long long)id);
    assert_int_equal(call(w, w->agent_token, HTTP_DELETE, url, NULL)->status, 204);
    answer(w, call(w, w->agent_token, HTTP_GET, url, NULL), 404);
}

// --- who may ------------------------------------------------------------------------------------

// Every route of the room that asks for somebody turns away who is less.
static void test_routes_ask_who_comes(void **state)
{
    struct world *w = *state;
    size_t count = 0;
    const struct route *routes = people_routes(&count);
    for (size_t i = 0; i < count; i++) {
        const struct route *route = &routes[i];
        if (route->kind != ROUTE_API || route->who == WHO_ANYONE) {
            continue;
        }
        char path[256];
        size_t len = 0;
        for (const char *c = route->path; *c != '\0'; c++) {
            if (*c == '{') {
                path[len++] = '7';
                c = strchr(c, '}');
            } else {
                path[len++] = *c;
            }
        }
        path[len] = '\0';
        int status = call(w, STR(""), route->method, path, "{}")->status;
        if (status != 401) {
            fail_msg("%s answers nobody with %d", path, status);
        }
        status = call(w, w->ana_token, route->method, path, "{}")->status;
        if (route->who > WHO_SIGNED_IN && status != 403) {
            fail_msg("%s answers an end user with %d", path, status);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_sign_in_by_password, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_sign_in_by_link, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_new_password_by_mail, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_guessing_is_slowed_down, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_first_run, set_up_empty, tear_down),
        cmocka_unit_test_setup_teardown(test_people_pages, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_api_me, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_api_lists, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_api_changes, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_api_groups_and_organizations, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_routes_ask_who_comes, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
