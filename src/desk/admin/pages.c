// SPDX-License-Identifier: GPL-3.0-or-later
//
// Administration: what waits for a decision, what failed, how the desk is set.
#include "desk/admin/pages.h"

#include "app/config.h"
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

// GET /admin
static bool admin_home(struct ctx *ctx, struct error *err)
{
    struct vm_admin vm = {0};
    struct view v;
    struct buf settings;
    if (!fill_mails(ctx, &vm, err) || !fill_jobs(ctx, &vm, err)) {
        return false;
    }
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
