// SPDX-License-Identifier: GPL-3.0-or-later
#include "desk/desk.h"

#include "app/config.h"
#include "app/say.h"
#include "app/share.h"
#include "desk/admin/routes.h"
#include "desk/api/bulk.h"
#include "desk/api/idempotency.h"
#include "desk/api/routes.h"
#include "desk/aside/pages.h"
#include "desk/catalogue/pages.h"
#include "desk/channels/channels.h"
#include "desk/channels/inbox.h"
#include "desk/channels/mailbox.h"
#include "desk/charter/pages.h"
#include "desk/contact/pages.h"
#include "desk/day/pages.h"
#include "desk/door/pages.h"
#include "desk/fulfil/pages.h"
#include "desk/hooks/events.h"
#include "desk/hooks/hooks.h"
#include "desk/hooks/routes.h"
#include "desk/keep/collect.h"
#include "desk/knowledge/pages.h"
#include "desk/lend/pages.h"
#include "desk/marks/marks.h"
#include "desk/marks/routes.h"
#include "desk/moments/pages.h"
#include "desk/notices/pages.h"
#include "desk/people/routes.h"
#include "desk/portal/routes.h"
#include "desk/records/routes.h"
#include "desk/reports/pages.h"
#include "desk/rules/acting.h"
#include "desk/rules/routes.h"
#include "desk/rules/rules.h"
#include "desk/service/disruption.h"
#include "desk/service/routes.h"
#include "desk/service/service.h"
#include "desk/site.h"
#include "desk/sso/pages.h"
#include "desk/tend/pages.h"
#include "desk/tickets/routes.h"
#include "desk/trail/routes.h"
#include "desk/work/pages.h"
#include "mail/outbox.h"
#include "view/layout.html.h"
#include "view/site.h"

// Who hears of a ticket's change, in this order, inside its transaction.
static const struct ticket_observer OBSERVERS[] = {
    {"triggers", triggers_observe}, {"tend", tend_observe},
    {"service", service_observe},   {"disruption", disruption_observe},
    {"contact", contact_observe},   {"moments", moments_observe},
    {"marks", marks_observe},       {"mentions", mentions_observe},
    {"hooks", hooks_observe},       {"work", work_observe},
    {"fulfil", fulfil_observe},     {"aside", aside_observe},
    {"notify", channels_notify},    {"publish", channels_publish},
};

const struct job_kind DESK_JOBS[] = {
    {.name = MAIL_SEND_JOB, .run = channels_send_job, .waits = true},
    {.name = HOOK_CALL_JOB,
     .run = hook_call_job,
     .max_attempts = 5,
     .backoff_ms = 5 * SECONDS_MS,
     .waits = true},
    {.name = BULK_JOB, .run = bulk_job, .max_attempts = 5},
    {.name = SERVICE_RENEW_JOB, .run = service_renew_job},
    {.name = REPLY_RELEASE_JOB, .run = channels_release_job},
    {.name = TICKET_WAKE_JOB, .run = ticket_wake_job},
    {.name = LATER_SEND_JOB, .run = later_send_job},
    {.name = NOTICE_DIGEST_JOB, .run = notice_digest_job},
    {.name = PUSH_SEND_JOB, .run = push_send_job, .max_attempts = 6, .waits = true},
};
const size_t DESK_JOB_COUNT = sizeof DESK_JOBS / sizeof *DESK_JOBS;

static bool sweep_sessions(void *env, mem_ctx *ctx, struct error *err)
{
    (void)ctx;
    struct desk *desk = env;
    return site_sweep_sessions(desk->app, err);
}

const struct job_timer DESK_TIMERS[] = {
    {"sessions.sweep", HOURS_MS, sweep_sessions},
    {"service.fire", SERVICE_FIRE_MS, service_fire},
    {"automations", HOURS_MS, automations_run},
    {"hooks.sweep", DAYS_MS, hooks_sweep},
    {"marks.sweep", DAYS_MS, marks_sweep},
    {"aside.sweep", DAYS_MS, aside_sweep},
    {"api.bulk.sweep", HOURS_MS, bulk_sweep},
    {"api.idempotency.sweep", HOURS_MS, idempotency_sweep},
    {"charter.remind", CHARTER_REMIND_MS, charter_remind},
    {"lend.remind", LEND_REMIND_MS, lend_remind},
    {"fulfil.remind", FULFIL_REMIND_MS, fulfil_remind},
    {"day.purge", 6 * HOURS_MS, day_purge},
    {"keep.collect", 6 * HOURS_MS, blobs_collect_timer},
};
const size_t DESK_TIMER_COUNT = sizeof DESK_TIMERS / sizeof *DESK_TIMERS;

static void add_routes(struct route_table *table, const struct route *(*room)(size_t *ret_count))
{
    size_t count = 0;
    const struct route *routes = room(&count);
    route_table_add(table, routes, count);
}

struct route_table *desk_routes(mem_ctx *ctx)
{
    struct route_table *table = route_table_new(ctx);
    add_routes(table, site_routes);
    add_routes(table, people_routes);
    add_routes(table, door_routes);
    add_routes(table, tickets_routes);
    add_routes(table, day_routes);
    add_routes(table, work_routes);
    add_routes(table, aside_routes);
    add_routes(table, catalogue_routes);
    add_routes(table, fulfil_routes);
    add_routes(table, lend_routes);
    add_routes(table, contact_routes);
    add_routes(table, moments_routes);
    add_routes(table, rules_routes);
    add_routes(table, service_routes);
    add_routes(table, hooks_routes);
    add_routes(table, marks_routes);
    add_routes(table, notices_routes);
    add_routes(table, trail_routes);
    add_routes(table, knowledge_routes);
    add_routes(table, charter_routes);
    add_routes(table, tend_routes);
    add_routes(table, reports_routes);
    add_routes(table, sso_routes);
    add_routes(table, portal_routes);
    add_routes(table, admin_routes);
    add_routes(table, api_routes);
    add_routes(table, records_routes);
    add_routes(table, mailbox_routes);
    return table;
}

bool desk_new(mem_ctx *ctx, struct app *app, struct desk **ret, struct error *err)
{
    struct desk *desk = mem_new(ctx, struct desk);
    desk->app = app;
    desk->contact = contact_new(desk);
    desk->mailboxes = mailbox_known_new(desk);
    desk->charter = charter_new(desk);
    desk->tend = tend_new(desk);
    desk->sso = sso_new(desk);
    desk->site = view_site_new(desk);
    app->site = desk->site;
    desk->tickets = (struct tickets){.clock = app->clock,
                                     .observers = OBSERVERS,
                                     .observer_count = sizeof OBSERVERS / sizeof *OBSERVERS,
                                     .purged = site_ticket_purged,
                                     .speaks_for = tend_speaks_for,
                                     .redacted = site_redacted,
                                     .env = desk};
    desk->people = (struct people){
        .clock = app->clock,
        .public_url = app->config->public_url,
        .desk_name = app->config->desk_name,
        .hooks = {.send_mail = channels_people_mail,
                  .end_sessions = site_end_sessions,
                  .person_moved = site_person_moved,
                  .organization_moved = site_organization_moved,
                  .person_changed = site_person_changed,
                  .organization_changed = site_organization_changed,
                  .group_changed = site_group_changed,
                  .env = desk},
    };
    desk->rules = rules_new(desk, app->clock);
    desk->service = service_new(desk, app->clock);
    atomic_init(&desk->stopping, false);
    atomic_init(&desk->draining, false);
    desk->mailer = channels_mailer(desk, desk);
    app->desk = desk;
    app->routes = desk_routes(desk);
    app->load_actor = people_load_actor;
    app->check_password = site_check_password;
    app->find_by_email = site_find_by_email;
    app->arrives = door_arrives;
    app->passkey_ask = door_passkey_anyone;
    app->sign_in_places = sso_offer;
    app->password_elsewhere = sso_password;
    app->live_topics = site_live_topics;
    app->render_error = site_render_error;
    if (app->live != NULL) {
        (void)share_start(desk, app);
    }
    *ret = desk;
    return inboxes_know(desk, err);
}

struct desk *desk_of(const struct ctx *ctx)
{
    return ctx->app->desk;
}

const struct tickets *desk_tickets(const struct ctx *ctx)
{
    return &ctx->app->desk->tickets;
}

const struct people *desk_people(const struct ctx *ctx)
{
    return &ctx->app->desk->people;
}

void desk_page_begin(struct ctx *ctx, struct view *v, struct vm_layout *layout, struct str title,
                     const char *nav)
{
    const struct config *config = ctx->app->config;
    view_init(v, &ctx->resp->body, ctx->mem);
    v->site = desk_of(ctx)->site;
    v->now = clock_now(ctx->app->clock);
    view_reader(v, say_locale(ctx), ctx->actor.time_zone);
    v->csrf = ctx->csrf;
    layout->title = title;
    layout->page = nav;
    layout->desk = config->desk_name;
    layout->mission = charter_mission(desk_of(ctx), ctx->db, ctx->mem);
    layout->user = ctx->actor.user;
    layout->path = ctx->req->path;
    if (ctx->actor.user.v == 0) {
        layout->languages = words_languages(&layout->language_count);
    }
    layout->user_name = ctx->actor.name;
    layout->nav = nav;
    layout->live_mark = ctx->live_mark;
    layout->is_admin = actor_is_admin(&ctx->actor);
    layout->is_agent = actor_is_agent(&ctx->actor);
    layout->is_lead = ctx->actor.role >= ROLE_LEAD;
    layout->is_staff = actor_is_staff(&ctx->actor);
}
