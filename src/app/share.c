// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/share.h"

#include "live/live.h"

#define CHANGED "live"
#define HERE "here"

struct share {
    struct db_store *db;
    struct live_hub *live;
    struct clock *clock;
};

static void on_changed(void *arg, struct str topic)
{
    const struct share *share = arg;
    if (str_none(topic)) {
        live_publish_all(share->live);
    } else {
        live_publish(share->live, topic);
    }
}

// "42 1000000001 typing Name of somebody"
static void on_here(void *arg, struct str text)
{
    const struct share *share = arg;
    struct str part;
    struct str doing;
    int64_t ticket = 0;
    int64_t user = 0;
    str_cut(text, ' ', &part, &text);
    bool ok = str_to_i64(part, &ticket);
    str_cut(text, ' ', &part, &text);
    ok = ok && str_to_i64(part, &user);
    str_cut(text, ' ', &doing, &text);
    if (ok) {
        presence_touch(share->live, ticket, user, text, doing, clock_now(share->clock));
    }
}

static void share_stop(void *handle)
{
    struct share *share = handle;
    db_unlisten(share->db, on_changed, share);
    db_unlisten(share->db, on_here, share);
}

struct share *share_start(mem_ctx *ctx, const struct app *app)
{
    struct share *share = mem_new(ctx, struct share);
    *share = (struct share){.db = app->db, .live = app->live, .clock = app->clock};
    db_listen(app->db, CHANGED, on_changed, share);
    db_listen(app->db, HERE, on_here, share);
    mem_on_free(share, share_stop, share);
    return share;
}

void share_changed(struct db *tx, struct str topic)
{
    db_notify(tx, CHANGED, topic);
}

void share_here(const struct ctx *ctx, struct ticket_id ticket, struct str doing)
{
    const struct actor *actor = &ctx->actor;
    doing = str_eq_c(doing, "typing") ? STR("typing") : STR("viewing");
    presence_touch(ctx->app->live, ticket.v, actor->user.v, actor->name, doing,
                   clock_now(ctx->app->clock));
    db_tell(ctx->app->db, HERE,
            str_printf(ctx->mem, "%lld %lld " STR_FMT " " STR_FMT, (long long)ticket.v,
                       (long long)actor->user.v, STR_ARG(doing), STR_ARG(actor->name)));
}
