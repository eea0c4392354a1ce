// SPDX-License-Identifier: GPL-3.0-or-later
#include "desk/test_world.h"

#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "app/metrics.h"
#include "app/rate.h"
#include "app/session.h"
#include "base/log.h"
#include "base/random.h"
#include "blob/blob.h"
#include "live/live.h"
#include "migrations.h"

struct making {
    struct world *w;
    const char *email;
    enum role role;
    struct user user;
};

static bool make_admin(struct db *tx, void *arg, struct error *err)
{
    struct world *w = arg;
    return people_init_admin(&w->desk->people, tx, w->ctx, STR("Ada Admin"),
                             STR("ada@desk.example"), STR("correct horse battery"), &w->admin, err);
}

static void must(bool ok, const struct error *err)
{
    if (!ok) {
        fail_msg("%s: %s (%s)", err->field, err->message, err->detail);
    }
}

int world_setup(void **state)
{
    struct error err = {0};
    random_init();
    log_set_level(LOG_LEVEL_ERROR);
    (void)setenv("STEWARD_TEST_FAST_HASH", "1", 1);
    mem_ctx *ctx = mem_ctx_new(NULL, "world");
    struct world *w = mem_new(ctx, struct world);
    w->ctx = ctx;
    (void)snprintf(w->folder, sizeof w->folder, "/tmp/steward-world-XXXXXX");
    assert_non_null(mkdtemp(w->folder));
    clock_init(&w->clock);
    clock_freeze(&w->clock, time_from_civil(2026, 11, 23, 9, 0, 0));
    config_init(&w->config);
    w->config.data = str_c(w->folder);
    w->config.public_url = STR("https://help.example");
    w->config.mailbox = STR("support@desk.example");
    w->app.config = &w->config;
    w->app.clock = &w->clock;
    w->app.secret = STR("0123456789abcdef0123456789abcdef");
    w->app.live = live_hub_new(ctx);
    w->app.limiter = limiter_new(ctx);
    w->app.metrics = metrics_new(ctx);
    struct db_options options = {.url = mem_printf(ctx, "sqlite:%s/steward.db", w->folder),
                                 .migrations = MIGRATIONS,
                                 .migration_count = MIGRATION_COUNT};
    must(db_open(ctx, &options, &w->app.db, &err), &err);
    must(blob_store_open(ctx, &(struct blob_place){.url = mem_printf(ctx, "file:%s", w->folder)},
                         &w->app.blobs, &err),
         &err);
    must(desk_new(ctx, &w->app, &w->desk, &err), &err);
    must(db_tx_run(w->app.db, "admin", make_admin, w, &err), &err);
    w->tom = world_person(w, "tom@desk.example", ROLE_AGENT);
    *state = w;
    return 0;
}

static int remove_one(const char *path, const struct stat *stat, int type, struct FTW *walk)
{
    (void)stat;
    (void)type;
    (void)walk;
    return remove(path);
}

int world_teardown(void **state)
{
    struct world *w = *state;
    char folder[64];
    (void)snprintf(folder, sizeof folder, "%s", w->folder);
    mem_free(w->ctx);
    (void)nftw(folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
    return 0;
}

static bool make_person(struct db *tx, void *arg, struct error *err)
{
    struct making *m = arg;
    struct actor system = actor_system(CHANNEL_SYSTEM);
    struct user_change change = {
        .set = USER_NAME | USER_EMAIL | USER_ROLE | USER_VERIFIED,
        .values = {
            .name = str_c(m->email), .email = str_c(m->email), .role = m->role, .verified = true}};
    return user_create(&m->w->desk->people, tx, m->w->ctx, &system, &change, &m->user, err);
}

struct user world_person(struct world *w, const char *email, enum role role)
{
    struct error err = {0};
    struct making m = {.w = w, .email = email, .role = role};
    must(db_tx_run(w->app.db, "person", make_person, &m, &err), &err);
    return m.user;
}

struct actor world_actor(const struct user *user)
{
    return (struct actor){.user = user->id,
                          .role = user->role,
                          .scope = SCOPE_ALL,
                          .name = user->name,
                          .email = user->email,
                          .channel = CHANNEL_WEB,
                          .locale = STR("en-US"),
                          .time_zone = STR("UTC"),
                          .address = STR_NONE};
}

enum intake_result world_mail(struct world *w, const char *recipient, const char *raw)
{
    struct error err = {0};
    const struct letter letter = {.envelope_from = STR("envelope@example.org"),
                                  .recipient = str_c(recipient),
                                  .raw = str_c(raw)};
    return intake_letter(w->desk, w->ctx, &letter, &err);
}

struct ticket world_ticket(struct world *w, int64_t id)
{
    struct error err = {0};
    struct db *db = NULL;
    struct ticket ticket;
    struct actor system = actor_system(CHANNEL_SYSTEM);
    must(db_read_begin(w->app.db, &db, &err), &err);
    must(ticket_load(db, w->ctx, &system, (struct ticket_id){id}, &ticket, &err), &err);
    db_read_end(db);
    return ticket;
}

int64_t world_count(struct world *w)
{
    struct error err = {0};
    struct db *db = NULL;
    int64_t count = 0;
    struct actor system = actor_system(CHANNEL_SYSTEM);
    struct ticket_query all = {.sort = TC_ID};
    must(db_read_begin(w->app.db, &db, &err), &err);
    must(tickets_count(db, w->ctx, &system, &all, 1000000, &count, &err), &err);
    db_read_end(db);
    return count;
}

void world_jobs(struct world *w)
{
    struct error err = {0};
    struct jobs_options options = {.db = w->app.db,
                                   .clock = &w->clock,
                                   .env = w->desk,
                                   .kinds = DESK_JOBS,
                                   .kind_count = DESK_JOB_COUNT};
    must(jobs_run_due(&options, NULL, &err), &err);
}

int world_get(struct world *w, const struct user *user, const char *path, struct str *ret_body)
{
    struct http_request request = {.ctx = w->ctx,
                                   .id = "test",
                                   .method = HTTP_GET,
                                   .path = str_c(path),
                                   .query = STR(""),
                                   .peer = STR("192.0.2.7"),
                                   .scheme = STR("http"),
                                   .host = STR("help.example")};
    struct http_response response;
    struct ctx login = {.app = &w->app, .mem = w->ctx, .req = &request, .resp = &response};
    struct error err = {0};
    http_response_init(&response, w->ctx);
    if (user != NULL) {
        must(session_start(&login, user->id, &err), &err);
        struct str cookie = http_response_header(&response, "Set-Cookie");
        struct str rest;
        str_cut(cookie, ';', &cookie, &rest);
        http_parse_cookies(w->ctx, str_dup(w->ctx, cookie), &request.cookies);
        http_response_init(&response, w->ctx);
    }
    dispatch_run(&w->app, &request, &response);
    if (ret_body != NULL) {
        *ret_body = buf_str(&response.body);
    }
    return response.status;
}
