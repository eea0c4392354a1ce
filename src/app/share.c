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

struct here {
    int64_t ticket;
    int64_t user;
    struct str name;
    struct str doing;
};

// Pages at the ticket are told when that is news.
static void note_here(struct live_hub *live, const struct here *here, int64_t now)
{
    char topic[32];
    bool news = str_eq_c(here->doing, "leaving")
                    ? presence_leave(live, here->ticket, here->user)
                    : presence_touch(live, here->ticket, here->user, here->name, here->doing, now);
    if (news) {
        (void)snprintf(topic, sizeof topic, "here:%lld", (long long)here->ticket);
        live_publish(live, str_c(topic));
    }
}

// "42 1000000001 typing Name of somebody"
static void on_here(void *arg, struct str text)
{
    const struct share *share = arg;
    struct here here;
    struct str part;
    str_cut(text, ' ', &part, &text);
    bool ok = str_to_i64(part, &here.ticket);
    str_cut(text, ' ', &part, &text);
    ok = ok && str_to_i64(part, &here.user);
    str_cut(text, ' ', &here.doing, &here.name);
    if (ok) {
        note_here(share->live, &here, clock_now(share->clock));
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
    struct here here = {ticket.v, actor->user.v, actor->name, STR("viewing")};
    if (str_eq_c(doing, "typing") || str_eq_c(doing, "leaving")) {
        here.doing = doing;
    }
    note_here(ctx->app->live, &here, clock_now(ctx->app->clock));
    db_tell(ctx->app->db, HERE,
            str_printf(ctx->mem, "%lld %lld " STR_FMT " " STR_FMT, (long long)here.ticket,
                       (long long)here.user, STR_ARG(here.doing), STR_ARG(here.name)));
}
