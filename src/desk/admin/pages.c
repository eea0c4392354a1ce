// SPDX-License-Identifier: GPL-3.0-or-later
//
// Administration: what waits for a decision, what failed, how the desk is set.
#include "desk/admin/pages.h"

#include "app/config.h"
#include "app/say.h"
#include "desk/admin/admin.html.h"
#include "desk/admin/routes.h"
#include "desk/channels/channels.h"
#include "desk/desk.h"
#include "mail/outbox.h"
#include "mail/spool.h"

#define LIST_MOST 100

static bool fill_mails(struct ctx *ctx, struct vm_admin *vm, struct error *err)
{
    struct mail_record *records = NULL;
    struct outmail *failed = NULL;
    if (!mail_spool_list(ctx->db, ctx->mem, MAIL_QUARANTINED, (struct mail_id){0}, LIST_MOST,
                         &records, &vm->mail_count, err) ||
        !mail_outbox_failed(ctx->db, ctx->mem, (struct outmail_id){0}, LIST_MOST, &failed,
                            &vm->failed_count, err)) {
        return false;
    }
    vm->mails = mem_array(ctx->mem, struct vm_waiting_mail, vm->mail_count + 1);
    for (size_t i = 0; i < vm->mail_count; i++) {
        vm->mails[i] = (struct vm_waiting_mail){
            records[i].id,     records[i].sender,      records[i].recipient, records[i].subject,
            records[i].reason, records[i].received_at, records[i].size};
    }
    vm->failed = mem_array(ctx->mem, struct vm_failed_mail, vm->failed_count + 1);
    for (size_t i = 0; i < vm->failed_count; i++) {
        vm->failed[i] = (struct vm_failed_mail){failed[i].id, failed[i].ticket, failed[i].address,
                                                failed[i].last_error, failed[i].created_at};
    }
    return true;
}

static bool fill_jobs(struct ctx *ctx, struct vm_admin *vm, struct error *err)
{
    struct job_dead *dead = NULL;
    if (!jobs_dead_list(ctx->db, ctx->mem, LIST_MOST, &dead, &vm->job_count, err)) {
        return false;
    }
    vm->jobs = mem_array(ctx->mem, struct vm_dead_job, vm->job_count + 1);
    for (size_t i = 0; i < vm->job_count; i++) {
        vm->jobs[i] =
            (struct vm_dead_job){dead[i].id, dead[i].kind, dead[i].last_error, dead[i].created_at};
    }
    return true;
}

struct door {
    const char *link;
    const char *title;
    const char *about;
};

static const struct door DOORS[] = {
    {"/admin/records/ticket_fields", WORDS("Ticket fields"),
     WORDS("What agents note at tickets beside what every ticket has. Who asks for help never has "
           "to fill one in.")},
    {"/admin/records/ticket_forms", WORDS("Ticket forms"),
     WORDS("Which fields belong to which kind of request, in which order.")},
    {"/admin/records/custom_statuses", WORDS("Statuses"),
     WORDS("More exact words for where a ticket stands, each below one of the five that clocks and "
           "rules know.")},
    {"/admin/records/user_fields", WORDS("Fields of people"), WORDS("What agents note at people.")},
    {"/admin/records/organization_fields", WORDS("Fields of organizations"),
     WORDS("What agents note at organizations.")},
    {"/admin/services", WORDS("Services"),
     WORDS("What people can ask for, and the questions that each form asks")},
    {"/admin/signatures", WORDS("Signatures of groups"),
     WORDS("What stands below the answers of those who have no signature of their own")},
    {"/admin/hours", WORDS("Working hours"),
     WORDS("When the desk works, its free days, and which group works when")},
    {"/admin/levels", WORDS("Service levels"),
     WORDS("What is owed to which tickets, by when (SLA policies)")},
    {"/admin/lens", WORDS("Customer lens"),
     WORDS("What replies must not say about us, and what they said all the same")},
    {"/rules/triggers", WORDS("Rules"), WORDS("Triggers, automations, macros and views")},
    {"/reports", WORDS("Reports"), WORDS("How the desk did: requests, waits, promises, cost")},
    {"/moments", WORDS("Moments"), WORDS("How people judged the answers that they got")},
    {"/admin/sign-on", WORDS("Single sign-on"),
     WORDS("Places elsewhere with whose accounts people sign in (OpenID Connect)")},
    {"/admin/mailboxes", WORDS("Mailboxes"),
     WORDS("Mailboxes at other servers that mail is fetched from")},
};
#define DOOR_COUNT (sizeof DOORS / sizeof *DOORS)

// Those in whose name or sentence, in the reader's language, each word searched for stands.
static bool door_fits(const struct vm_door *door, struct str wanted)
{
    struct str word;
    bool fits = true;
    while (fits && str_next(&wanted, ' ', &word)) {
        fits =
            word.len == 0 || str_ifind(door->title, word) >= 0 || str_ifind(door->about, word) >= 0;
    }
    return fits;
}

static void fill_doors(struct ctx *ctx, struct vm_admin *vm)
{
    struct str wanted = http_param(ctx->req, "q");
    vm->query = str_none(wanted) ? STR("") : str_trim(wanted);
    vm->doors = mem_array(ctx->mem, struct vm_door, DOOR_COUNT);
    for (size_t i = 0; i < DOOR_COUNT; i++) {
        struct url_builder link;
        url_begin(&link, ctx->mem, DOORS[i].link);
        struct vm_door door = {.link = url_end(&link),
                               .title = say_str(ctx, str_c(DOORS[i].title)),
                               .about = say_str(ctx, str_c(DOORS[i].about))};
        if (door_fits(&door, vm->query)) {
            vm->doors[vm->door_count++] = door;
        }
    }
}

// GET /admin?q=
static bool admin_home(struct ctx *ctx, struct error *err)
{
    struct vm_admin vm = {0};
    struct view v;
    struct buf settings;
    if (!fill_mails(ctx, &vm, err) || !fill_jobs(ctx, &vm, err)) {
        return false;
    }
    fill_doors(ctx, &vm);
    buf_init(&settings, ctx->mem, 1 << 20);
    config_print(ctx->app->config, &settings);
    vm.settings = buf_str(&settings);
    vm.settings_file =
        str_printf(ctx->mem, STR_FMT "/steward.conf", STR_ARG(ctx->app->config->data));
    vm.can_send = ctx->app->config->smtp.len > 0;
    desk_page_begin(ctx, &v, &vm.layout, STR("Administration"), "admin");
    view_admin_home(&v, &vm);
    return true;
}

// POST /admin/mails/{mail:id}/release
static bool mail_release(struct ctx *ctx, struct error *err)
{
    struct mail_id id = {ctx->path.ids[0]};
    if (!intake_release(desk_of(ctx), ctx->mem, &ctx->actor, id, err)) {
        return false;
    }
    http_redirect(ctx->resp, STR("/admin"));
    return true;
}

struct deciding {
    struct ctx *ctx;
    int64_t id;
    int64_t now;
};

static bool delete_in_tx(struct db *tx, void *arg, struct error *err)
{
    struct deciding *d = arg;
    struct str blob;
    // The blob stays: another mail may name the same bytes; the collector of unnamed blobs decides.
    return mail_spool_delete(tx, d->ctx->mem, (struct mail_id){d->id}, d->now, &blob, err);
}

// POST /admin/mails/{mail:id}/delete
static bool mail_delete(struct ctx *ctx, struct error *err)
{
    struct deciding d = {ctx, ctx->path.ids[0], clock_now(ctx->app->clock)};
    if (!db_tx_run(ctx->app->db, "admin.mail.delete", delete_in_tx, &d, err)) {
        return false;
    }
    http_redirect(ctx->resp, STR("/admin"));
    return true;
}

static bool again_in_tx(struct db *tx, void *arg, struct error *err)
{
    struct deciding *d = arg;
    bool waiting = false;
    return mail_outbox_again(tx, (struct outmail_id){d->id}, d->now, &waiting, err);
}

// POST /admin/sent/{outmail:id}/again
static bool mail_again(struct ctx *ctx, struct error *err)
{
    struct deciding d = {ctx, ctx->path.ids[0], clock_now(ctx->app->clock)};
    if (!db_tx_run(ctx->app->db, "admin.mail.again", again_in_tx, &d, err)) {
        return false;
    }
    http_redirect(ctx->resp, STR("/admin"));
    return true;
}

static bool retry_in_tx(struct db *tx, void *arg, struct error *err)
{
    struct deciding *d = arg;
    return jobs_retry(tx, (struct job_id){d->id}, err);
}

// POST /admin/jobs/{job:id}/retry
static bool job_retry(struct ctx *ctx, struct error *err)
{
    struct deciding d = {ctx, ctx->path.ids[0], clock_now(ctx->app->clock)};
    if (!db_tx_run(ctx->app->db, "admin.job.retry", retry_in_tx, &d, err)) {
        return false;
    }
    http_redirect(ctx->resp, STR("/admin"));
    return true;
}

const struct route *admin_routes(size_t *ret_count)
{
    static const struct route ROUTES[] = {
        {HTTP_GET, "/admin", admin_home, ROUTE_PAGE, WHO_ADMIN, RATE_PAGE, 0, false},
        {HTTP_POST, "/admin/mails/{mail:id}/release", mail_release, ROUTE_PAGE, WHO_ADMIN,
         RATE_PAGE, 65536, false},
        {HTTP_POST, "/admin/mails/{mail:id}/delete", mail_delete, ROUTE_PAGE, WHO_ADMIN, RATE_PAGE,
         65536, false},
        {HTTP_POST, "/admin/sent/{outmail:id}/again", mail_again, ROUTE_PAGE, WHO_ADMIN, RATE_PAGE,
         65536, false},
        {HTTP_POST, "/admin/jobs/{job:id}/retry", job_retry, ROUTE_PAGE, WHO_ADMIN, RATE_PAGE,
         65536, false},
    };
    *ret_count = sizeof ROUTES / sizeof *ROUTES;
    return ROUTES;
}
