// SPDX-License-Identifier: GPL-3.0-or-later
#include "desk/site.h"

#include <string.h>

#include "app/config.h"
#include "app/metrics.h"
#include "app/rate.h"
#include "app/say.h"
#include "app/session.h"
#include "base/random.h"
#include "desk/aside/aside.h"
#include "desk/catalogue/catalogue.h"
#include "desk/charter/charter.h"
#include "desk/contact/contact.h"
#include "desk/desk.h"
#include "desk/door/factors.h"
#include "desk/door/pages.h"
#include "desk/fulfil/fulfil.h"
#include "desk/hooks/events.h"
#include "desk/lend/lend.h"
#include "desk/lend/stock.h"
#include "desk/marks/marks.h"
#include "desk/moments/moments.h"
#include "desk/notices/notices.h"
#include "desk/records/records.h"
#include "desk/sso/sso.h"
#include "desk/tend/tend.h"
#include "desk/trail/trail.h"
#include "desk/work/work.h"
#include "http/address.h"
#include "live/live.h"
#include "mail/outbox.h"
#include "mail/spool.h"
#include "view/layout.html.h"

// GET /healthz: the database answers, and requests may come.
static bool health(struct ctx *ctx, struct error *err)
{
    bool draining = atomic_load(&ctx->app->desk->draining);
    if (!db_answers(ctx->db, err)) {
        return false;
    }
    ctx->resp->status = draining ? 503 : 200;
    http_set_header(ctx->resp, "Content-Type", STR("text/plain; charset=utf-8"));
    buf_put_c(&ctx->resp->body, draining ? "draining\n" : "ok\n");
    return true;
}

// Whether a request comes from this machine and through nobody's hands. Where a proxy is known, all
// that it passes on comes from its own address when it says nothing else: then no request counts as
// ours.
static bool from_this_machine(const struct ctx *ctx)
{
    static const char *const FORWARDED[] = {"Forwarded",        "Via",
                                            "X-Forwarded-For",  "X-Real-IP",
                                            "X-Forwarded-Host", "X-Forwarded-Proto"};
    struct str host = ctx->req->host;
    struct address peer;
    struct address named;
    for (size_t i = 0; i < sizeof FORWARDED / sizeof *FORWARDED; i++) {
        if (!str_none(http_header(ctx->req, FORWARDED[i]))) {
            return false;
        }
    }
    bool by_name = str_eq_c(host, "localhost") || str_starts(host, STR("localhost:")) ||
                   (address_parse(host, &named) && address_is_loopback(&named));
    return ctx->app->config->trusted_proxy.count == 0 && by_name &&
           address_parse(ctx->req->peer, &peer) && !peer.local_socket && address_is_loopback(&peer);
}

static bool has_metrics_token(const struct ctx *ctx)
{
    struct str want = ctx->app->config->metrics_token;
    struct str given = http_header(ctx->req, "Authorization");
    return want.len > 0 && str_starts(given, STR("Bearer ")) &&
           secret_equal(str_trim(str_from(given, strlen("Bearer "))), want);
}

// GET /metrics: for who knows the token, for this machine while no proxy stands before the desk,
// and for administrators.
static bool metrics(struct ctx *ctx, struct error *err)
{
    if (!has_metrics_token(ctx) && !from_this_machine(ctx) && !actor_is_admin(&ctx->actor)) {
        return error_set(err, ERR_FORBIDDEN,
                         "Figures are shown to administrators and to who sends the metrics_token; "
                         "without a proxy, to this machine, too.");
    }
    http_set_header(ctx->resp, "Content-Type", STR("text/plain; version=0.0.4; charset=utf-8"));
    metrics_write(ctx->app->metrics, &ctx->resp->body);
    return true;
}

// GET /assets/{name}
static bool asset(struct ctx *ctx, struct error *err)
{
    const struct asset *found = asset_find(ctx->req->path);
    struct str encoding;
    if (found == NULL) {
        return error_set(err, ERR_NOT_FOUND, "There is no such file.");
    }
    http_set_header(ctx->resp, "Content-Type", found->type);
    http_set_header(ctx->resp, "ETag", found->etag);
    http_set_header(ctx->resp, "Vary", STR("Accept-Encoding"));
    http_set_header(ctx->resp, "Cache-Control", STR("public, max-age=31536000, immutable"));
    struct str accept = http_header(ctx->req, "Accept-Encoding");
    ctx->resp->static_body = asset_encoded(found, str_none(accept) ? STR("") : accept, &encoding);
    if (!str_none(encoding)) {
        http_set_header(ctx->resp, "Content-Encoding", encoding);
    }
    return true;
}

// GET /live?topics=a,b&since=MARK
static bool live(struct ctx *ctx, struct error *err)
{
    struct str topics = http_param(ctx->req, "topics");
    if (ctx->actor.user.v == 0) {
        return error_set(err, ERR_UNAUTHENTICATED, "Please sign in.");
    }
    http_set_header(ctx->resp, "Content-Type", STR("text/event-stream"));
    http_set_header(ctx->resp, "X-Accel-Buffering", STR("no"));
    bool again = !str_none(http_header(ctx->req, "Last-Event-ID"));
    ctx->resp->live = live_subscribe(ctx->app->live, site_live_topics(ctx, topics), again);
    struct str since = http_param(ctx->req, "since");
    live_since(ctx->resp->live, str_none(since) ? STR("") : since);
    return true;
}

const struct route *site_routes(size_t *ret_count)
{
    static const struct route ROUTES[] = {
        {HTTP_GET, "/healthz", health, ROUTE_PLAIN, WHO_ANYONE, RATE_NONE, 0, false},
        {HTTP_GET, "/metrics", metrics, ROUTE_PLAIN, WHO_ANYONE, RATE_NONE, 0, false},
        {HTTP_GET, "/assets/{name}", asset, ROUTE_STATIC, WHO_ANYONE, RATE_NONE, 0, false},
        {HTTP_GET, "/live", live, ROUTE_PLAIN, WHO_ANYONE, RATE_PAGE, 0, false},
    };
    *ret_count = sizeof ROUTES / sizeof *ROUTES;
    return ROUTES;
}

bool site_check_password(struct ctx *ctx, struct str email, struct str password,
                         struct user_id *ret, struct error *err)
{
    struct user user;
    struct error why;
    if (door_password_alone(ctx, email, password, &user, &why)) {
        *ret = user.id;
        return true;
    }
    if (why.code != ERR_UNAUTHENTICATED) {
        *err = why;
        return false;
    }
    *ret = (struct user_id){0};
    return true;
}

bool site_find_by_email(struct db *db, mem_ctx *ctx, struct str email, struct user_id *ret,
                        struct error *err)
{
    struct user user;
    bool found = false;
    if (!user_by_email(db, ctx, email, &user, &found, err)) {
        return false;
    }
    *ret = found ? user.id : (struct user_id){0};
    return true;
}

static bool may_hear(struct ctx *ctx, struct str topic)
{
    struct str kind;
    struct str number;
    struct ticket ticket;
    struct error ignored;
    int64_t id = 0;
    str_cut(topic, ':', &kind, &number);
    if (str_eq_c(topic, "desk")) {
        return actor_is_staff(&ctx->actor);
    }
    bool here = (str_eq_c(kind, "here") || str_eq_c(kind, "aside")) && actor_is_staff(&ctx->actor);
    return (here || str_eq_c(kind, "ticket")) && str_to_i64(number, &id) &&
           ticket_load(ctx->db, ctx->mem, &ctx->actor, (struct ticket_id){id}, &ticket, &ignored);
}

struct str site_live_topics(struct ctx *ctx, struct str topics)
{
    struct buf allowed;
    struct str topic;
    size_t count = 0;
    buf_init(&allowed, ctx->mem, LIVE_TOPICS_MAX * LIVE_TOPIC_BYTES);
    while (count < LIVE_TOPICS_MAX && str_next(&topics, ',', &topic)) {
        if (topic.len < LIVE_TOPIC_BYTES && may_hear(ctx, topic)) {
            buf_put_c(&allowed, count++ > 0 ? "," : "");
            buf_put(&allowed, topic);
        }
    }
    return buf_str(&allowed);
}

static struct str error_title(const struct ctx *ctx, enum error_code code)
{
    switch (error_http_status(code)) {
    case 401:
        return say_words(ctx, "Please sign in");
    case 403:
        return say_words(ctx, "Not for you");
    case 404:
        return say_words(ctx, "Not found");
    case 429:
        return say_words(ctx, "One moment, please");
    case 500:
    case 503:
    case 507:
        return say_words(ctx, "Something is broken on our side");
    default:
        return say_words(ctx, "That did not work");
    }
}

void site_render_error(struct ctx *ctx, const struct error *err)
{
    struct view v;
    struct vm_layout layout = {0};
    desk_page_begin(ctx, &v, &layout, error_title(ctx, err->code), "error");
    struct str message = say_str(ctx, str_c(err->message));
    view_error_page(&v, &layout, ctx->resp->status, message, str_c(ctx->req->id));
}

static void forget_passwords(void *limiter)
{
    rate_forget_verified(limiter);
}

bool site_end_sessions(void *env, struct db *tx, struct user_id user, struct str except,
                       struct error *err)
{
    struct desk *desk = env;
    db_after_commit(tx, forget_passwords, desk->app->limiter);
    return notices_person_left(tx, user, err) && session_end_others(tx, user, except, err);
}

bool site_person_moved(void *env, struct db *tx, struct user_id from, struct user_id to,
                       struct error *err)
{
    struct desk *desk = env;
    return tickets_move_person(&desk->tickets, tx, from, to, err) &&
           marks_person_moved(tx, from, to, err) && factors_forget(tx, from, err) &&
           sso_person_moved(tx, from, to, err) && work_person_moved(tx, from, to, err) &&
           aside_person_moved(tx, from, to, err) && catalogue_person_moved(tx, from, to, err) &&
           fulfil_person_moved(tx, from, to, err) && lend_person_moved(tx, from, to, err) &&
           hooks_person_merged(desk, tx, from, to, err);
}

bool site_ticket_purged(void *env UNUSED, struct db *tx, struct ticket_id ticket, struct error *err)
{
    return work_ticket_purged(tx, ticket, err) && aside_ticket_purged(tx, ticket, err) &&
           catalogue_ticket_purged(tx, ticket, err) && fulfil_ticket_purged(tx, ticket, err) &&
           stock_ticket_purged(tx, ticket, err) && records_ticket_purged(tx, ticket, err) &&
           contact_ticket_purged(tx, ticket, err) && moments_ticket_purged(tx, ticket, err) &&
           charter_ticket_purged(tx, ticket, err) && notices_ticket_purged(tx, ticket, err) &&
           mail_spool_scrub_ticket(tx, ticket, err) && mail_outbox_scrub_ticket(tx, ticket, err);
}

bool site_redacted(void *env UNUSED, struct db *tx, const struct redacted *what, struct error *err)
{
    return aside_redacted(tx, what, err) &&
           (what->mail.v == 0 || mail_spool_scrub(tx, what->mail, err)) &&
           (str_none(what->text) ||
            mail_outbox_blacken(tx, what->ticket, what->text, what->black, err));
}

bool site_organization_moved(void *env, struct db *tx, struct organization_id from,
                             struct organization_id to, struct error *err)
{
    struct desk *desk = env;
    return tickets_move_organization(&desk->tickets, tx, from, to, err) &&
           marks_organization_moved(tx, from, to, err);
}

// What the trail says of a change of a person: staff, and who is let in.
static struct str person_change_words(mem_ctx *ctx, const struct user *before,
                                      const struct user *after)
{
    if (before->role != after->role) {
        return str_printf(ctx, "Role changed from " STR_FMT " to " STR_FMT,
                          STR_ARG(role_name(before->role)), STR_ARG(role_name(after->role)));
    }
    if (before->suspended != after->suspended) {
        return after->suspended ? STR("Suspended") : STR("Suspension ended");
    }
    if (after->role >= ROLE_LIGHT_AGENT && before->scope != after->scope) {
        struct str scope = scope_word(after->scope);
        return str_printf(ctx, "Sees tickets of: " STR_FMT,
                          STR_ARG(scope.len == 0 ? STR("all") : scope));
    }
    return STR_NONE;
}

bool site_person_changed(void *env, struct db *tx, const struct actor *actor,
                         const struct user *before, const struct user *after, struct error *err)
{
    struct desk *desk = env;
    struct trail_note note = {.action = "update",
                              .source_type = "user",
                              .source_id = after->id.v,
                              .source_label = after->name,
                              .change = STR_NONE};
    bool noted = after->role >= ROLE_LIGHT_AGENT;
    if (before == NULL) {
        note.action = "create";
        note.change = str_printf(db_tx_ctx(tx), "Role: " STR_FMT, STR_ARG(role_name(after->role)));
    } else if (before->active && !after->active) {
        note.action = "destroy";
        noted = true;
    } else {
        note.change = person_change_words(db_tx_ctx(tx), before, after);
        noted = !str_none(note.change);
    }
    return (!noted || trail_add(tx, actor, clock_now(desk->app->clock), &note, err)) &&
           (after->active || sso_person_gone(tx, after->id, err)) &&
           tend_person_changed(desk, tx, before, after, err) &&
           hooks_person_changed(desk, tx, before, after, err);
}

bool site_organization_changed(void *env, struct db *tx, const struct actor *actor,
                               const struct organization *before, const struct organization *after,
                               struct error *err)
{
    struct desk *desk = env;
    bool gone = after == NULL;
    const struct organization *one = gone ? before : after;
    const struct trail_note note = {.action = gone ? "destroy" : "create",
                                    .source_type = "organization",
                                    .source_id = one->id.v,
                                    .source_label = one->name,
                                    .change = STR_NONE};
    bool noted = before == NULL || gone;
    return (!noted || trail_add(tx, actor, clock_now(desk->app->clock), &note, err)) &&
           hooks_organization_changed(desk, tx, before, after, err);
}

bool site_group_changed(void *env, struct db *tx, const struct actor *actor,
                        const struct group *before, const struct group *after, struct error *err)
{
    struct desk *desk = env;
    const struct trail_note note = {.action = before == NULL   ? "create"
                                              : after->deleted ? "destroy"
                                                               : "update",
                                    .source_type = "group",
                                    .source_id = after->id.v,
                                    .source_label = after->name,
                                    .change = STR_NONE};
    return trail_add(tx, actor, clock_now(desk->app->clock), &note, err);
}

bool site_sweep_sessions(struct app *app, struct error *err)
{
    return session_sweep(app, err);
}
