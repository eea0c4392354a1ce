// SPDX-License-Identifier: GPL-3.0-or-later
//
// Handing out the tickets of a view.
#include "app/say.h"
#include "app/share.h"
#include "desk/day/pages_internal.h"
#include "desk/day/play.html.h"
#include "desk/desk.h"
#include "desk/rules/rules.h"
#include "desk/tickets/pages_views.h"
#include "live/live.h"

#define PLAYED_MOST 150
#define LOOK_AHEAD 50

static struct str asked(struct ctx *ctx, const char *name)
{
    struct str text = http_param(ctx->req, name);
    text = str_none(text) ? http_form(ctx->req, name) : text;
    return str_none(text) ? STR("") : text;
}

struct round {
    struct ticket_id ids[PLAYED_MOST];
    size_t count;
};

// The latest ones: a round that is longer begins to forget.
static void read_round(struct str list, struct round *ret)
{
    struct str word;
    ret->count = 0;
    while (str_next(&list, ',', &word)) {
        int64_t number = 0;
        if (!str_to_i64(word, &number) || number <= 0) {
            continue;
        }
        if (ret->count == PLAYED_MOST) {
            for (size_t i = 1; i < PLAYED_MOST; i++) {
                ret->ids[i - 1] = ret->ids[i];
            }
            ret->count--;
        }
        ret->ids[ret->count++].v = number;
    }
}

static bool in_round(const struct round *round, struct ticket_id id)
{
    for (size_t i = 0; i < round->count; i++) {
        if (round->ids[i].v == id.v) {
            return true;
        }
    }
    return false;
}

static struct str round_text(mem_ctx *ctx, const struct round *round)
{
    struct buf out;
    buf_init(&out, ctx, PLAYED_MOST * 21);
    for (size_t i = 0; i < round->count; i++) {
        buf_put_c(&out, i > 0 ? "," : "");
        buf_put_i64(&out, round->ids[i].v);
    }
    return buf_str(&out);
}

static struct str with_this(mem_ctx *ctx, struct str played, struct ticket_id ticket)
{
    struct round round;
    read_round(str_printf(ctx, STR_FMT ",%lld", STR_ARG(played), (long long)ticket.v), &round);
    return round_text(ctx, &round);
}

static struct url next_link(mem_ctx *ctx, struct str view, struct str played)
{
    struct url_builder link;
    url_begin(&link, ctx, "/desk/play");
    url_param(&link, "view", view);
    url_param(&link, "played", played);
    return url_end(&link);
}

static struct url ticket_link(mem_ctx *ctx, struct ticket_id ticket, struct str view,
                              struct str played)
{
    struct url_builder link;
    url_begin(&link, ctx, "/tickets");
    url_segment_i64(&link, ticket.v);
    if (view.len > 0) {
        url_param(&link, "play", view);
        url_param(&link, "played", played);
    }
    return url_end(&link);
}

void day_play_fill(struct ctx *ctx, struct ticket_id ticket, struct vm_play *ret)
{
    struct round round;
    struct url_builder stop;
    *ret = (struct vm_play){.view = str_utf8_clip(asked(ctx, "play"), 100), .played = STR("")};
    if (ret->view.len == 0) {
        return;
    }
    read_round(asked(ctx, "played"), &round);
    ret->played = round_text(ctx->mem, &round);
    ret->next = next_link(ctx->mem, ret->view, with_this(ctx->mem, ret->played, ticket));
    url_begin(&stop, ctx->mem, "/desk");
    url_param(&stop, "view", ret->view);
    ret->stop = url_end(&stop);
}

struct url day_play_stay(struct ctx *ctx, struct ticket_id ticket)
{
    struct vm_play play;
    day_play_fill(ctx, ticket, &play);
    return ticket_link(ctx->mem, ticket, play.view, play.played);
}

bool day_play_next(struct ctx *ctx, struct ticket_id ticket)
{
    struct vm_play play;
    day_play_fill(ctx, ticket, &play);
    if (play.view.len == 0) {
        return false;
    }
    share_here(ctx, ticket, STR("leaving"));
    http_redirect(ctx->resp, play.next.text);
    return true;
}

static bool others_have(struct ctx *ctx, struct ticket_id id)
{
    struct presence one;
    return presence_list(ctx->app->live, id.v, ctx->actor.user.v, clock_now(ctx->app->clock), &one,
                         1) > 0;
}

// Two who ask in the same moment may pass it over both; neither gets what the other has.
static bool take(struct ctx *ctx, struct ticket_id id)
{
    if (others_have(ctx, id)) {
        return false;
    }
    share_here(ctx, id, STR("viewing"));
    if (others_have(ctx, id)) {
        share_here(ctx, id, STR("leaving"));
        return false;
    }
    return true;
}

// GET /desk/play?view=KEY&played=1,2
bool page_day_play(struct ctx *ctx, struct error *err)
{
    const struct rule *view = NULL;
    struct round round;
    struct ticket *tickets = NULL;
    struct vm_played vm = {.others = 0};
    struct view v;
    size_t count = 0;
    struct str key = asked(ctx, "view");
    read_round(asked(ctx, "played"), &round);
    if (!desk_view_find(ctx, str_empty(key) ? STR("mine") : key, &view, err)) {
        return false;
    }
    struct ticket_query query = view_query(ctx->mem, view, &ctx->actor, clock_now(ctx->app->clock));
    query.limit = (int64_t)round.count + LOOK_AHEAD;
    if (!tickets_find(ctx->db, ctx->mem, &ctx->actor, &query, &tickets, &count, err)) {
        return false;
    }
    vm.view = desk_view_key(ctx->mem, view);
    for (size_t i = 0; i < count; i++) {
        if (in_round(&round, tickets[i].id)) {
            continue;
        }
        if (take(ctx, tickets[i].id)) {
            http_redirect(
                ctx->resp,
                ticket_link(ctx->mem, tickets[i].id, vm.view, round_text(ctx->mem, &round)).text);
            return true;
        }
        vm.others++;
    }
    vm.title = view->title;
    vm.count = (int64_t)round.count;
    if (!desk_views(ctx, vm.view, &vm.layout, err)) {
        return false;
    }
    desk_page_begin(ctx, &v, &vm.layout, vm.title, "tickets");
    view_day_played(&v, &vm);
    return true;
}
