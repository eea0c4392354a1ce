// SPDX-License-Identifier: GPL-3.0-or-later
//
// steward import.
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cmd/program.h"
#include "cmd/report.h"
#include "desk/import/fetch.h"
#include "desk/import/import.h"
#include "desk/keep/backup.h"
#include "migrations.h"

// An export of Steward's own: a new desk that has what the other had.
static int import_steward(const struct given *given, const char *from)
{
    mem_ctx *ctx = mem_ctx_new(NULL, "import");
    struct report report;
    struct restore_done done = {0};
    struct config config;
    struct error err = {0};
    report_init(&report);
    struct restore_job job = {.from = from,
                              .lines = true,
                              .data = given_value(given, "data"),
                              .db = given_value(given, "db"),
                              .blobs_elsewhere = given_value(given, "blobs") != NULL,
                              .migrations = MIGRATIONS,
                              .migration_count = MIGRATION_COUNT,
                              .findings = &report.findings};
    config_init(&config);
    bool ok = config_load(&config, ctx, str_c(job.data), &err);  // of the environment
    job.blobs = program_blobs(ctx, &config, given_value(given, "blobs"));
    ok = ok && restore_run(ctx, &job, &done, &err);
    report_clear(&report);
    int code = ok ? EX_OK : fail_with(&err);
    if (ok) {
        (void)printf("%s: %lld rows in %lld tables and %lld files are as they were. Start the desk "
                     "with: steward serve --data %s\n",
                     from, (long long)done.rows, (long long)done.tables, (long long)done.blobs,
                     job.data);
    }
    mem_free(ctx);
    return code;
}

// --- another desk with the same API -------------------------------------------------------------

#define SHOW_EVERY_US 200000
#define TELL_EVERY_US 10000000
#define BAR_CELLS 24

// How far it is: a line that stands on a terminal, else one now and then.
struct meter {
    bool terminal;
    const char *plain;
    int64_t begun_us;
    int64_t begun_at;  // what was done already then
    int64_t shown_us;
};

static void meter_end(struct meter *meter)
{
    if (meter->terminal && meter->plain != NULL) {
        (void)fputs("\r\033[K", stderr);
    }
}

static void meter_show(void *arg, const char *plain, int64_t done, int64_t total)
{
    struct meter *meter = arg;
    int64_t now = clock_monotonic_us();
    if (meter->plain == NULL || strcmp(meter->plain, plain) != 0) {
        meter->plain = plain;
        meter->begun_us = now;
        meter->begun_at = done;
        meter->shown_us = meter->terminal ? 0 : now;
    }
    if (now - meter->shown_us < (meter->terminal ? SHOW_EVERY_US : TELL_EVERY_US)) {
        return;
    }
    meter->shown_us = now;
    double seconds = (double)(now - meter->begun_us) / 1e6;
    double rate = seconds > 0 ? (double)(done - meter->begun_at) / seconds : 0;
    int64_t left = rate > 0 ? (int64_t)((double)(total - done) / rate) : 0;
    char bar[BAR_CELLS + 1] = "";
    int64_t full = total > 0 ? BAR_CELLS * done / total : 0;
    for (int i = 0; i < BAR_CELLS; i++) {
        bar[i] = i < full ? '#' : '.';
    }
    if (meter->terminal) {
        (void)fprintf(stderr, "\r\033[K[%s] ", bar);
    }
    (void)fprintf(stderr, "%s: %lld of %lld, %.0f/s, %lld:%02lld left%s", plain, (long long)done,
                  (long long)total, rate, (long long)left / 60, (long long)left % 60,
                  meter->terminal ? "" : "\n");
    (void)fflush(stderr);
}

static void print_done(const struct import_done *done, double seconds, const char *report)
{
    int64_t rows = 0;
    (void)printf("%-28s %9s %9s %9s %9s %9s %9s\n", "", "new", "changed", "as before", "in part",
                 "refused", "deleted");
    for (size_t i = 0; i < IMPORT_KIND_COUNT; i++) {
        const struct import_count *count = &done->kinds[i];
        int64_t told = count->made + count->updated + count->same + count->refused + count->gone;
        rows += count->made + count->updated;
        if (told == 0) {
            continue;
        }
        (void)printf("%-28s %9lld %9lld %9lld %9lld %9lld %9lld\n",
                     import_kind_plain((enum import_kind)i), (long long)count->made,
                     (long long)count->updated, (long long)count->same, (long long)count->partly,
                     (long long)count->refused, (long long)count->gone);
    }
    (void)printf("%lld files (%lld bytes). %lld records in %.1f s, %.0f a second.\n",
                 (long long)done->files, (long long)done->file_bytes, (long long)rows, seconds,
                 seconds > 0 ? (double)rows / seconds : 0);
    if (done->unreadable > 0) {
        (void)printf("%lld pieces of the export are no JSON.\n", (long long)done->unreadable);
    }
    for (size_t i = 0; i < done->reason_count; i++) {
        const struct import_reason *reason = &done->reasons[i];
        (void)printf("  %6lld  %s: " STR_FMT "\n", (long long)reason->times,
                     import_kind_plain(reason->kind), STR_ARG(reason->words));
    }
    if (done->reason_count > 0 || done->unreadable > 0) {
        (void)printf("Each of them is a line in %s.\n", report);
    }
}

static void meter_waits(void *arg, int64_t done_s, int64_t of_s)
{
    meter_show(arg, "seconds to wait for the other desk", done_s, of_s);
}

struct taking {
    const struct given *given;
    struct program program;
    const char *folder;
    const char *name;
    struct meter meter;
};

static bool is_address(const char *word)
{
    return str_istarts(str_c(word), STR("http://")) || str_istarts(str_c(word), STR("https://"));
}

static bool read_access(struct taking *t, struct far_access *ret, struct error *err)
{
    const char *token = given_value(t->given, "token-file");
    const char *password = given_value(t->given, "password-file");
    const char *user = given_value(t->given, "user");
    ret->user = user == NULL ? STR_NONE : str_dup(t->program.ctx, str_c(user));
    ret->password = password != NULL;
    if ((token == NULL) == (password == NULL) || (ret->password && user == NULL)) {
        return error_set(err, ERR_INVALID,
                         "How to sign in at the other desk is needed: --user EMAIL with "
                         "--token-file or --password-file; or --token-file with an OAuth token.");
    }
    return read_first_line(t->program.ctx, ret->password ? password : token, &ret->secret, err);
}

static bool plain_name(const char *name)
{
    return name[0] != '\0' &&
           strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_-") == strlen(name);
}

// From the living desk into a folder, which is imported then.
static bool fetch_from(struct taking *t, const char *url, struct error *err)
{
    struct far_access access = {.url = str_c(url)};
    struct import_fetched done;
    const char *into = given_value(t->given, "into");
    struct import_fetch job = {.arg = &t->meter, .progress = meter_show};
    if (into == NULL && !plain_name(t->name)) {
        return error_set(err, ERR_INVALID, "A name has small letters, digits, - and _ only.");
    }
    t->folder = into != NULL ? into
                             : mem_printf(t->program.ctx, "%s/import-%s",
                                          given_value(t->given, "data"), t->name);
    job.folder = t->folder;
    if (!read_access(t, &access, err) || !far_open(t->program.ctx, t->program.desk, &access,
                                                   meter_waits, &t->meter, &job.far, err)) {
        return false;
    }
    int64_t begun = clock_monotonic_us();
    bool ok = import_fetch(t->program.ctx, &job, &done, err);
    meter_end(&t->meter);
    (void)printf("%lld records, %lld comments and %lld files (%lld bytes) fetched by %lld calls in "
                 "%.1f s into %s.\n",
                 (long long)done.records, (long long)done.comments, (long long)done.files,
                 (long long)done.file_bytes, (long long)far_calls(job.far),
                 (double)(clock_monotonic_us() - begun) / 1e6, t->folder);
    if (done.files_missing > 0) {
        (void)printf("%lld files could not be fetched, lastly: " STR_FMT "\n",
                     (long long)done.files_missing, STR_ARG(done.file_trouble));
    }
    if (!ok) {
        (void)fprintf(stderr, "What was fetched is kept: begin again to go on there.\n");
    }
    return ok;
}

static bool take_over(struct taking *t, const char *from, struct error *err)
{
    struct import_done done;
    const char *report = given_value(t->given, "report");
    t->folder = from;
    if (is_address(from) && !fetch_from(t, from, err)) {
        return false;
    }
    struct import_job job = {
        .desk = t->program.desk,
        .folder = t->folder,
        .source = str_c(t->name),
        .report =
            report != NULL ? report : mem_printf(t->program.ctx, "%s/not-imported.txt", t->folder),
        .arg = &t->meter,
        .progress = meter_show,
    };
    int64_t begun = clock_monotonic_us();
    bool ok = import_run(t->program.ctx, &job, &done, err);
    meter_end(&t->meter);
    print_done(&done, (double)(clock_monotonic_us() - begun) / 1e6, job.report);
    return ok;
}

static int import_zendesk(const struct given *given, const char *from)
{
    const char *name = given_value(given, "name");
    struct taking taking = {.given = given,
                            .name = name == NULL ? "zendesk" : name,
                            .meter = {.terminal = isatty(STDERR_FILENO) != 0}};
    struct error err = {0};
    if (!program_open(&taking.program, given, PROGRAM_VISIT, &err)) {
        return fail_with(&err);
    }
    int code = take_over(&taking, from, &err) ? EX_OK : fail_with(&err);
    program_close(&taking.program);
    return code;
}

int cmd_import(int argc, char **argv)
{
    static const struct option OPTIONS[] = {
        {"from", "KIND", false, "what wrote it: steward or zendesk"},
        {"data", "DIR", false, "the data folder: to make (steward), or of the desk (zendesk)"},
        {"db", "URL", false,
         "steward: an empty database to fill; zendesk: the desk's, where it is not in the folder"},
        {"blobs", "URL", false,
         "s3://bucket/prefix?endpoint=…&region=… to put files there, instead of into the folder"},
        {"name", "WORD", false, "zendesk: what to call the other desk, when there are several"},
        {"user", "EMAIL", false, "zendesk: an administrator of the living desk, whose key it is:"},
        {"token-file", "FILE", false,
         "zendesk: where the API token stands; an OAuth token without --user"},
        {"password-file", "FILE", false, "zendesk: or the password"},
        {"into", "DIR", false,
         "zendesk: where to keep what was fetched (import-zendesk in the data folder)"},
        {"report", "FILE", false,
         "zendesk: where to write what did not fit (not-imported.txt in the export's folder)"},
    };
    struct given given;
    switch (options_read(argc, argv,
                         "import --from steward DIR: makes a desk of what `steward export` wrote, "
                         "on either engine.\nEach table and file is compared with what the "
                         "export says it had. Nothing is ever written over.\n\n"
                         "import --from zendesk DIR|URL: brings people, groups, organisations, "
                         "tickets with comments and files\ninto a desk, from exported pages or "
                         "lines of JSON, or from the living desk. It can be stopped and begun\n"
                         "again, and run again later; nothing comes twice, nobody is mailed, no "
                         "rule runs.",
                         OPTIONS, sizeof OPTIONS / sizeof *OPTIONS, &given)) {
    case OPTIONS_DONE:
        return EX_OK;
    case OPTIONS_WRONG:
        return EX_USAGE;
    case OPTIONS_GO_ON:
        break;
    }
    const char *kind = given_value(&given, "from");
    bool steward = kind != NULL && strcmp(kind, "steward") == 0;
    bool zendesk = kind != NULL && strcmp(kind, "zendesk") == 0;
    if ((!steward && !zendesk) || given.word_count != 1 || given_value(&given, "data") == NULL) {
        (void)fprintf(stderr, "steward import: --from steward or --from zendesk, the export's "
                              "folder (or the desk's address) and --data DIR are needed.\n");
        return EX_USAGE;
    }
    return steward ? import_steward(&given, given.words[0])
                   : import_zendesk(&given, given.words[0]);
}
