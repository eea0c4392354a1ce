// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/test_app.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/api.h"
#include "app/metrics.h"
#include "app/rate.h"
#include "app/seen.h"
#include "base/log.h"
#include "base/random.h"
#include "live/live.h"
#include "migrations.h"

// --- what the rooms would supply ----------------------------------------------------------------

static bool load_actor(struct db *db, mem_ctx *ctx, struct user_id user, struct actor *ret,
                       struct error *err)
{
    static const enum role ROLES[] = {ROLE_NONE, ROLE_ADMIN, ROLE_AGENT, ROLE_END_USER, ROLE_NONE};
    (void)db;
    (void)err;
    bool known = user.v > 0 && user.v < 4;
    *ret = (struct actor){.user = {known ? user.v : 0},
                          .role = known ? ROLES[user.v] : ROLE_NONE,
                          .name = STR("Somebody"),
                          .email = str_printf(ctx, "u%lld@example.org", (long long)user.v),
                          .locale = STR("en-US"),
                          .time_zone = STR("UTC")};
    return true;
}

static struct world *world_of_app;  // the hooks of struct app have no argument of their own

static bool check_password(struct ctx *ctx, struct str email, struct str password,
                           struct user_id *ret, struct error *err)
{
    (void)ctx;
    (void)err;
    world_of_app->password_checks++;
    bool good = str_eq_c(password, "good") && str_eq_c(email, "u2@example.org");
    *ret = (struct user_id){good ? 2 : 0};
    return true;
}

static bool find_by_email(struct db *db, mem_ctx *ctx, struct str email, struct user_id *ret,
                          struct error *err)
{
    (void)db;
    (void)ctx;
    (void)err;
    *ret = (struct user_id){str_eq_c(email, "u3@example.org")   ? 3
                            : str_eq_c(email, "u4@example.org") ? 4
                                                                : 0};
    return true;
}

static void render_error(struct ctx *ctx, const struct error *err)
{
    buf_printf(&ctx->resp->body, "page %d: %s", ctx->resp->status, err->message);
}

// --- handlers -----------------------------------------------------------------------------------

static bool page(struct ctx *ctx, struct error *err)
{
    (void)err;
    buf_printf(&ctx->resp->body, "user=%lld csrf=" STR_FMT " id=%lld text=" STR_FMT,
               (long long)ctx->actor.user.v, STR_ARG(ctx->csrf), (long long)ctx->path.ids[0],
               STR_ARG(ctx->path.texts[0]));
    return true;
}

static bool sign_in(struct ctx *ctx, struct error *err)
{
    int64_t user = 0;
    bool numeric = str_to_i64(http_form(ctx->req, "user"), &user);
    http_redirect(ctx->resp, STR("/"));
    return numeric ? session_start(ctx, (struct user_id){user}, err) : session_end(ctx, err);
}

static bool password(struct ctx *ctx, struct error *err)
{
    struct user_id user = {0};
    struct str email = http_form(ctx->req, "email");
    int64_t now = clock_now(ctx->app->clock);
    if (!guess_allowed(ctx->app->limiter, email, ctx->req->peer, now, err)) {
        return false;
    }
    if (!check_password(ctx, email, http_form(ctx->req, "password"), &user, err) || user.v == 0) {
        guess_failed(ctx->app->limiter, email, ctx->req->peer, now);
        return error_set(err, ERR_FORBIDDEN, "wrong");
    }
    guess_passed(ctx->app->limiter, email, ctx->req->peer);
    return true;
}

static bool fails(struct ctx *ctx, struct error *err)
{
    http_set_header_c(ctx->resp, "Content-Disposition", "attachment");
    http_set_cookie(ctx->resp, ctx->req, "left", STR("over"), -1);
    buf_put_c(&ctx->resp->body, "half a page");
    ctx->resp->file = open("/dev/null", O_RDONLY | O_CLOEXEC);
    ctx->resp->live = live_subscribe(ctx->app->live, STR("a"), false);
    return error_internal(err, "secret detail");
}

static bool busy(struct ctx *ctx, struct error *err)
{
    (void)ctx;
    return error_wait(err, ERR_BUSY, 17, "busy");
}

static bool invalid(struct ctx *ctx, struct error *err)
{
    (void)ctx;
    return error_field(err, "name", "BlankValue", "Name: cannot be blank");
}

static bool gone_back(struct ctx *ctx, struct error *err)
{
    (void)err;
    http_redirect(ctx->resp, http_param(ctx->req, "to"));
    return true;
}

static bool api_me(struct ctx *ctx, struct error *err)
{
    struct jw w;
    api_begin(ctx, &w);
    jw_field_i64(&w, "id", ctx->actor.user.v);
    return api_end(ctx, &w, err);
}

static bool api_create(struct ctx *ctx, struct error *err)
{
    api_created(ctx, api_url(ctx, "/api/v2/things/1.json"));
    return api_me(ctx, err);
}

static bool no_database(struct ctx *ctx, struct error *err)
{
    (void)err;
    assert_null(ctx->db);
    ctx->resp->static_body = STR("body{}");
    http_set_header_c(ctx->resp, "Cache-Control", "public, max-age=31536000, immutable");
    return true;
}

static const struct route ROUTES[] = {
    {HTTP_GET, "/", page, ROUTE_PAGE, WHO_ANYONE, RATE_PAGE, 0, false},
    {HTTP_POST, "/", page, ROUTE_PAGE, WHO_ANYONE, RATE_PAGE, 1000, false},
    {HTTP_POST, "/sign-in", sign_in, ROUTE_PAGE, WHO_ANYONE, RATE_SIGN_IN, 1000, false},
    {HTTP_POST, "/password", password, ROUTE_PAGE, WHO_ANYONE, RATE_NONE, 1000, false},
    {HTTP_GET, "/mine", page, ROUTE_PAGE, WHO_SIGNED_IN, RATE_PAGE, 0, false},
    {HTTP_POST, "/mine", page, ROUTE_PAGE, WHO_SIGNED_IN, RATE_PAGE, 1000, false},
    {HTTP_GET, "/desk", page, ROUTE_PAGE, WHO_AGENT, RATE_PAGE, 0, false},
    {HTTP_GET, "/admin", page, ROUTE_PAGE, WHO_ADMIN, RATE_PAGE, 0, false},
    {HTTP_GET, "/links/{token}", page, ROUTE_PLAIN, WHO_ANYONE, RATE_NONE, 0, false},
    {HTTP_GET, "/fails", fails, ROUTE_PAGE, WHO_ANYONE, RATE_NONE, 0, false},
    {HTTP_GET, "/busy", busy, ROUTE_PAGE, WHO_ANYONE, RATE_NONE, 0, false},
    {HTTP_GET, "/back", gone_back, ROUTE_PAGE, WHO_ANYONE, RATE_NONE, 0, false},
    {HTTP_POST, "/ask", page, ROUTE_PAGE, WHO_ANYONE, RATE_PUBLIC_FORM, 1000, false},
    {HTTP_GET, "/assets/{name}", no_database, ROUTE_STATIC, WHO_ANYONE, RATE_NONE, 0, false},
    {HTTP_GET, "/api/v2/users/me", api_me, ROUTE_API, WHO_ANYONE, RATE_API, 0, false},
    {HTTP_GET, "/api/v2/things", api_me, ROUTE_API, WHO_AGENT, RATE_API, 0, false},
    {HTTP_POST, "/api/v2/things", api_create, ROUTE_API, WHO_AGENT, RATE_API, 1000, false},
    {HTTP_GET, "/api/v2/invalid", invalid, ROUTE_API, WHO_ANYONE, RATE_API, 0, false},
    {HTTP_POST, "/api/v2/requests", api_create, ROUTE_API, WHO_ANYONE, RATE_API, 1000, false},
    {HTTP_POST, "/api/v2/uploads", api_create, ROUTE_API, WHO_ANYONE, RATE_API, 5000, true},
};

// --- the world ----------------------------------------------------------------------------------

int world_set_up(void **state)
{
    struct error err;
    struct world *w = mem_new(NULL, struct world);
    random_init();
    log_set_level(LOG_LEVEL_ERROR);
    w->ctx = mem_ctx_new(w, "test");
    (void)snprintf(w->folder, sizeof w->folder, "/tmp/steward-test-XXXXXX");
    assert_non_null(mkdtemp(w->folder));
    struct db_options options = {.url = mem_printf(w->ctx, "sqlite:%s/t.db", w->folder),
                                 .migrations = MIGRATIONS,
                                 .migration_count = MIGRATION_COUNT};
    assert_true(db_open(w->ctx, &options, &w->app.db, &err));
    clock_init(&w->clock);
    clock_freeze(&w->clock, time_from_civil(2026, 11, 23, 9, 0, 0));
    config_init(&w->config);
    struct route_table *routes = route_table_new(w->ctx);
    route_table_add(routes, ROUTES, sizeof ROUTES / sizeof *ROUTES);
    w->app.config = &w->config;
    w->app.clock = &w->clock;
    w->app.routes = routes;
    w->app.load_actor = load_actor;
    w->app.check_password = check_password;
    w->app.find_by_email = find_by_email;
    w->app.render_error = render_error;
    w->app.live = live_hub_new(w->ctx);
    w->app.limiter = limiter_new(w->ctx);
    w->app.metrics = metrics_new(w->ctx);
    w->app.seen = seen_new(w->ctx);
    w->app.secret = STR("0123456789abcdef0123456789abcdef");
    world_of_app = w;
    *state = w;
    return 0;
}

int world_tear_down(void **state)
{
    struct world *w = *state;
    char *files[] = {mem_printf(w, "%s/t.db", w->folder), mem_printf(w, "%s/t.db-wal", w->folder),
                     mem_printf(w, "%s/t.db-shm", w->folder)};
    mem_free(w->ctx);
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        (void)remove(files[i]);
    }
    assert_int_equal(remove(w->folder), 0);
    mem_free(w);
    return 0;
}

static struct http_pairs pairs(mem_ctx *ctx, const char *text)
{
    struct http_pairs out = {0};
    struct error err;
    assert_true(http_parse_query(ctx, str_c(text), 100, &out, &err));
    return out;
}

static void keep_cookie(struct world *w, struct str line)
{
    struct str name;
    struct str rest;
    struct str value;
    str_cut(line, '=', &name, &rest);
    str_cut(rest, ';', &value, &rest);
    for (size_t i = 0; i < w->cookies.count; i++) {
        if (str_eq(w->cookies.items[i].name, name)) {
            w->cookies.items[i].value = str_dup(w->ctx, value);
            return;
        }
    }
    http_pairs_add(w->ctx, &w->cookies, str_dup(w->ctx, name), str_dup(w->ctx, value));
}

struct http_response *world_send(struct world *w, const struct sent *sent)
{
    struct http_request *req = mem_new(w->ctx, struct http_request);
    struct http_response *resp = mem_new(w->ctx, struct http_response);
    *req = (struct http_request){.ctx = w->ctx,
                                 .id = "request-id",
                                 .method = sent->method,
                                 .path = str_c(sent->path),
                                 .query = str_c(sent->query == NULL ? "" : sent->query),
                                 .params = pairs(w->ctx, sent->query),
                                 .form = pairs(w->ctx, sent->form),
                                 .peer = STR("192.0.2.1"),
                                 .scheme = str_c(sent->scheme == NULL ? "http" : sent->scheme),
                                 .host = STR("desk.test")};
    for (const char *const *h = sent->headers; h != NULL && *h != NULL; h += 2) {
        http_pairs_add(w->ctx, &req->headers, str_c(h[0]), str_c(h[1]));
    }
    if (!sent->bare) {
        req->cookies = w->cookies;
    }
    http_response_init(resp, w->ctx);
    dispatch_run(&w->app, req, resp);
    for (size_t i = 0; i < resp->headers.count; i++) {
        if (str_ieq_c(resp->headers.items[i].name, "Set-Cookie")) {
            keep_cookie(w, resp->headers.items[i].value);
        }
    }
    return resp;
}

struct http_response *world_get(struct world *w, const char *path)
{
    return world_send(w, &(struct sent){.path = path});
}

static struct str page_token(struct world *w)
{
    struct str body = buf_str(&world_get(w, "/")->body);
    struct str rest = str_from(body, (size_t)str_find(body, STR("csrf=")) + 5);
    return str_sub(rest, 0, (size_t)str_find_char(rest, ' '));
}

struct http_response *world_post(struct world *w, const char *path, const char *form)
{
    struct str token = page_token(w);
    const char *both = mem_printf(w->ctx, "csrf=" STR_FMT "&%s", STR_ARG(token), form);
    return world_send(w, &(struct sent){.method = HTTP_POST, .path = path, .form = both});
}

const char *world_header(struct world *w, const struct http_response *resp, const char *name)
{
    struct str value = http_response_header(resp, name);
    return str_none(value) ? "" : str_cstr(w->ctx, value);
}

const char *world_body(struct http_response *resp)
{
    return buf_str(&resp->body).ptr;
}

const char *world_cookie(const struct world *w, const char *name)
{
    for (size_t i = 0; i < w->cookies.count; i++) {
        if (str_eq_c(w->cookies.items[i].name, name)) {
            return str_cstr(w->ctx, w->cookies.items[i].value);
        }
    }
    return "";
}

void world_sign_in(struct world *w, struct user_id user)
{
    const char *form = mem_printf(w->ctx, "user=%lld", (long long)user.v);
    assert_int_equal(world_post(w, "/sign-in", form)->status, 303);
}

struct making {
    struct world *world;
    struct user_id user;
    struct str token;
};

static bool make_token(struct db *tx, void *arg, struct error *err)
{
    struct making *making = arg;
    return api_token_create(tx, making->world->ctx, making->user, STR("test"),
                            clock_now(&making->world->clock), &making->token, err);
}

struct str world_token(struct world *w, struct user_id user)
{
    struct making making = {.world = w, .user = user};
    struct error err;
    assert_true(db_tx_run(w->app.db, "token", make_token, &making, &err));
    return making.token;
}

const char *world_basic(struct world *w, const char *name, struct str secret)
{
    struct str pair = str_printf(w->ctx, "%s:" STR_FMT, name, STR_ARG(secret));
    return mem_printf(w->ctx, "Basic " STR_FMT, STR_ARG(base64_encode(w->ctx, pair)));
}
