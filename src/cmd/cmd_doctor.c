// SPDX-License-Identifier: GPL-3.0-or-later
//
// Looks at what a desk needs and says what to do about what is wrong.
#include <stdio.h>
#include <string.h>
#include <sys/statvfs.h>

#include "blob/blob.h"
#include "cmd/program.h"
#include "desk/channels/inbox.h"
#include "desk/service/calendar.h"
#include "jobs/jobs.h"
#include "mail/smtp.h"
#include "mail/spool.h"

#define DISK_LEAST_BYTES ((unsigned long long)1 << 30)

struct doctor {
    struct program *program;
    int troubles;
};

static void say(struct doctor *d, bool ok, const char *what, const char *advice)
{
    (void)printf("%-8s %s%s%s\n", ok ? "ok" : "TROUBLE", what, ok ? "" : ": ", ok ? "" : advice);
    d->troubles += ok ? 0 : 1;
}

static bool look_at_rows(struct db *db, void *arg, struct error *err)
{
    struct doctor *d = arg;
    struct job_counts jobs;
    int64_t waiting = 0;
    bool no_admin = false;
    if (!jobs_count(db, d->program->ctx, clock_now(&d->program->clock), &jobs, err) ||
        !mail_spool_count(db, MAIL_QUARANTINED, &waiting, err) ||
        !setup_needed(db, &no_admin, err)) {
        return false;
    }
    say(d, !no_admin, "there is an administrator",
        "none yet. Open /setup in a browser; `steward serve` prints the code for it.");
    say(d, jobs.dead == 0, "no background work is stuck",
        mem_printf(d->program->ctx, "%lld pieces of work failed for good; see /admin.",
                   (long long)jobs.dead));
    say(d, waiting == 0, "no mail waits for a decision",
        mem_printf(d->program->ctx, "%lld mails could not be placed: `steward mail list`.",
                   (long long)waiting));
    return true;
}

static bool look_at_mailboxes(struct db *db, void *arg, struct error *err)
{
    struct doctor *d = arg;
    struct inbox *list = NULL;
    size_t count = 0;
    if (!inbox_list(db, d->program->ctx, &list, &count, err)) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        const struct inbox *box = &list[i];
        const char *what = mem_printf(d->program->ctx, "mail is fetched from " STR_FMT,
                                      STR_ARG(box->settings.address));
        const char *why = str_cstr(d->program->ctx, box->last_error);
        if (box->state == INBOX_NEW || box->state == INBOX_PAUSED) {
            why = box->switches.paused ? "it is paused; see /admin/mailboxes."
                                       : "not once so far. Is `steward serve` running?";
        }
        say(d, box->state == INBOX_WELL, what, why);
    }
    return true;
}

static void look_at_disk(struct doctor *d)
{
    struct statvfs disk;
    const char *data = str_cstr(d->program->ctx, d->program->config.data);
    bool known = statvfs(data, &disk) == 0;
    unsigned long long free_bytes = known ? (unsigned long long)disk.f_bavail * disk.f_frsize : 0;
    say(d, known && free_bytes >= DISK_LEAST_BYTES, "the disk has room",
        mem_printf(d->program->ctx,
                   "only %llu MB are free below %s. Make room soon: without it, no "
                   "mail can be taken in.",
                   free_bytes >> 20, data));
}

// Puts something small, as every upload does, and reads it back. Nobody names it, so it is
// collected.
static void look_at_blobs(struct doctor *d)
{
    struct hash hash;
    struct error err;
    bool ok =
        blob_put_bytes(d->program->app.blobs, STR("steward doctor was here\n"), &hash, &err) &&
        blob_verify(d->program->app.blobs, hash, &err);
    say(d, ok, "files can be stored and read",
        ok ? "" : mem_printf(d->program->ctx, "%s (%s)", err.message, err.detail));
}

static void look_at_mail(struct doctor *d)
{
    struct smtp_config config;
    struct error err;
    const struct config *settings = &d->program->config;
    if (settings->smtp.len == 0) {
        say(d, false, "mail can be sent",
            "no mail server is set. Put smtp = smtp://host:25 into "
            "steward.conf.");
        return;
    }
    bool ok = smtp_config_parse(d->program->ctx, settings->smtp, &config, &err) &&
              smtp_check(&config, &err);
    say(d, ok, "the mail server answers", err.message);
    bool reachable = str_find(settings->public_url, STR("//localhost")) < 0 &&
                     str_find(settings->public_url, STR("//127.")) < 0;
    say(d, reachable, "links in mails lead here",
        mem_printf(d->program->ctx,
                   "they begin with " STR_FMT ", which only this machine reaches. Set public_url.",
                   STR_ARG(settings->public_url)));
}

static void look_at_zones(struct doctor *d)
{
    struct calendar *calendar = NULL;
    struct error err;
    bool ok =
        calendar_new(d->program->ctx, STR("Europe/Berlin"), NULL, 0, NULL, 0, &calendar, &err);
    say(d, ok, "time zone data is installed", "install the package tzdata.");
}

// Tried by a child: this program goes on outside.
static void look_at_sandbox(struct doctor *d)
{
    struct sandbox sandbox;
    bool held = false;
    if (str_eq_c(d->program->config.sandbox, "off")) {
        say(d, false, "the server is in its sandbox", "sandbox = off is set; see the manual.");
        return;
    }
    program_sandbox(d->program->ctx, &d->program->config, &sandbox);
    struct str verdict = sandbox_try(d->program->ctx, &sandbox, &held);
    say(d, held, mem_printf(d->program->ctx, "the server's sandbox: " STR_FMT, STR_ARG(verdict)),
        "please tell those who make Steward, with the version of the kernel.");
}

int cmd_doctor(int argc, char **argv)
{
    static const struct option OPTIONS[] = {OPTION_DATA, OPTION_DB};
    struct given given;
    struct program program;
    struct doctor doctor = {.program = &program};
    struct error err;
    switch (options_read(argc, argv,
                         "Looks at database, disk, mail and time zone data, and says what to do.",
                         OPTIONS, sizeof OPTIONS / sizeof *OPTIONS, &given)) {
    case OPTIONS_DONE:
        return EX_OK;
    case OPTIONS_WRONG:
        return EX_USAGE;
    case OPTIONS_GO_ON:
        break;
    }
    if (given_value(&given, "data") == NULL) {
        (void)fprintf(stderr, "steward doctor: --data DIR is needed.\n");
        return EX_USAGE;
    }
    bool open = program_open(&program, &given, PROGRAM_VISIT, &err);
    say(&doctor, open, "data folder and database open", open ? "" : err.message);
    if (open) {
        bool whole = db_verify(program.app.db, 0, &err);
        say(&doctor, whole, "the database is whole",
            whole ? "" : mem_printf(program.ctx, "%s (%s)", err.message, err.detail));
        if (!db_read(program.app.db, look_at_rows, &doctor, &err) ||
            !db_read(program.app.db, look_at_mailboxes, &doctor, &err)) {
            say(&doctor, false, "the database answers", err.message);
        }
        say(&doctor, !db_deaf(program.app.db), "what other servers change is heard of",
            "the database is behind a pooler. Set db_listen to the PostgreSQL server's own "
            "address.");
        look_at_disk(&doctor);
        look_at_blobs(&doctor);
        look_at_mail(&doctor);
        look_at_zones(&doctor);
        look_at_sandbox(&doctor);
        program_close(&program);
    }
    return doctor.troubles == 0 ? EX_OK : EX_UNAVAILABLE;
}
