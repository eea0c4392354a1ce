// SPDX-License-Identifier: GPL-3.0-or-later
//
// steward backup, steward restore and steward move-blobs.
#include <errno.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd/program.h"
#include "cmd/report.h"
#include "desk/keep/backup.h"
#include "desk/keep/check.h"
#include "desk/keep/move_blobs.h"
#include "migrations.h"

// The key, where one is named; *ret is NULL without.
static bool key_given(mem_ctx *ctx, const struct given *given, struct keep_key **ret,
                      struct error *err)
{
    const char *path = given_value(given, "key");
    *ret = path == NULL ? NULL : mem_new(ctx, struct keep_key);
    return path == NULL || keep_key_read(ctx, path, *ret, err);
}

// --- backup -------------------------------------------------------------------------------------

static int make(const struct given *given)
{
    struct program program;
    struct report report;
    struct backup_done done = {0};
    struct keep_key *key = NULL;
    struct error err = {0};
    if (!program_open(&program, given, PROGRAM_VISIT, &err)) {
        return fail_with(&err);
    }
    report_init(&report);
    int code = EX_OK;
    struct backup_job job = {.db = program.app.db,
                             .blobs = program.app.blobs,
                             .data = given_value(given, "data"),
                             .to = given_value(given, "to"),
                             .now = clock_now(&program.clock),
                             .migrations = MIGRATIONS,
                             .migration_count = MIGRATION_COUNT,
                             .findings = &report.findings};
    bool ok = key_given(program.ctx, given, &key, &err);
    job.key = key;
    ok = ok && backup_make(program.ctx, &job, &done, &err);
    report_clear(&report);
    if (!ok) {
        code = fail_with(&err);
    } else {
        (void)printf("%s: %lld rows, %lld files (%lld of them new)%s\n", done.snapshot,
                     (long long)done.rows, (long long)done.blobs, (long long)done.blobs_new,
                     job.key != NULL ? ", sealed" : "");
        code = report.violations > 0 ? EX_DATAERR : EX_OK;
    }
    program_close(&program);
    return code;
}

static int remove_one(const char *path, const struct stat *info UNUSED, int kind UNUSED,
                      struct FTW *place UNUSED)
{
    return remove(path);
}

static int check_restored(mem_ctx *ctx, const char *data, struct report *report, struct error *err)
{
    const struct db_options options = {.url = mem_printf(ctx, "sqlite:%s/steward.db", data),
                                       .migrations = MIGRATIONS,
                                       .migration_count = MIGRATION_COUNT};
    const struct blob_place place = {.url = mem_printf(ctx, "file:%s", data)};
    struct db_store *db = NULL;
    struct blob_store *blobs = NULL;
    struct check_counts counts;
    bool ok = db_open(ctx, &options, &db, err) && blob_store_open(ctx, &place, &blobs, err) &&
              desk_check(db, blobs, false, &report->findings, &counts, err);
    report_clear(report);
    return !ok ? fail_with(err) : report->violations > 0 ? EX_DATAERR : EX_OK;
}

static int verify(const struct given *given)
{
    mem_ctx *ctx = mem_ctx_new(NULL, "verify");
    struct report report;
    struct restore_done done = {0};
    struct keep_key *key = NULL;
    struct error err = {0};
    const char *scratch = given_value(given, "scratch");
    const char *tmp = getenv("TMPDIR");
    char *folder = mem_printf(ctx, "%s/steward-verify-XXXXXX",
                              scratch != NULL ? scratch
                              : tmp != NULL   ? tmp
                                              : "/var/tmp");
    report_init(&report);
    int code = EX_OK;
    if (mkdtemp(folder) == NULL) {
        (void)error_set(&err, ERR_UNAVAILABLE, "Cannot make the folder %s: %s", folder,
                        strerror(errno));
        code = fail_with(&err);
        mem_free(ctx);
        return code;
    }
    struct restore_job job = {.from = given_value(given, "from"),
                              .data = folder,
                              .blobs = {.url = mem_printf(ctx, "file:%s", folder)},
                              .migrations = MIGRATIONS,
                              .migration_count = MIGRATION_COUNT,
                              .findings = &report.findings};
    bool ok = key_given(ctx, given, &key, &err);
    job.key = key;
    ok = ok && restore_run(ctx, &job, &done, &err);
    report_clear(&report);
    code = ok ? check_restored(ctx, folder, &report, &err) : fail_with(&err);
    if (code == EX_OK) {
        (void)printf("%s: %lld rows in %lld tables and %lld files came back as they were, and "
                     "steward check finds nothing wrong.\n",
                     done.snapshot, (long long)done.rows, (long long)done.tables,
                     (long long)done.blobs);
    }
    mem_free(ctx);
    (void)nftw(folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
    return code;
}

static int new_key(const char *path)
{
    mem_ctx *ctx = mem_ctx_new(NULL, "key");
    struct error err = {0};
    bool ok = keep_key_new(ctx, path, &err);
    mem_free(ctx);
    if (!ok) {
        return fail_with(&err);
    }
    (void)printf("%s is the key. Keep a copy where the backups are not: without it nobody can "
                 "read them.\n",
                 path);
    return EX_OK;
}

int cmd_backup(int argc, char **argv)
{
    static const struct option OPTIONS[] = {
        OPTION_DATA,
        OPTION_DB,
        {"to", "DIR", false, "the backup's folder; each call adds a snapshot to it"},
        {"key", "FILE", false, "seal with this key"},
        {"new-key", "FILE", false, "make such a key"},
        {"verify", NULL, false, "restore a backup to a scratch folder and compare"},
        {"from", "DIR", false, "with --verify: the backup's folder, or one of its snapshots"},
        {"scratch", "DIR", false, "with --verify: where there is room; else TMPDIR or /var/tmp"},
    };
    struct given given;
    switch (options_read(argc, argv,
                         "Adds a snapshot of the desk to a backup; the desk may be running. Files "
                         "that are in the backup\nalready are not copied again. With --verify, "
                         "proves that a snapshot can be restored.",
                         OPTIONS, sizeof OPTIONS / sizeof *OPTIONS, &given)) {
    case OPTIONS_DONE:
        return EX_OK;
    case OPTIONS_WRONG:
        return EX_USAGE;
    case OPTIONS_GO_ON:
        break;
    }
    bool verifying = given_value(&given, "verify") != NULL;
    if (given_value(&given, "new-key") != NULL) {
        return new_key(given_value(&given, "new-key"));
    }
    if (given.word_count > 0 ||
        (verifying ? given_value(&given, "from") == NULL
                   : given_value(&given, "data") == NULL || given_value(&given, "to") == NULL)) {
        (void)fprintf(stderr, "steward backup: --data DIR and --to DIR are needed, or --verify and "
                              "--from DIR.\n");
        return EX_USAGE;
    }
    return verifying ? verify(&given) : make(&given);
}

// --- moving files --------------------------------------------------------------------------------

int cmd_move_blobs(int argc, char **argv)
{
    static const struct option OPTIONS[] = {
        OPTION_DATA,
        OPTION_DB,
        {"to", "URL", false, "where to: s3://bucket/prefix?endpoint=…&region=… or file:/folder"},
    };
    struct given given;
    struct program program;
    struct report report;
    struct move_blobs_done done = {0};
    struct blob_store *to = NULL;
    struct error err = {0};
    switch (options_read(argc, argv,
                         "Copies the desk's files and large mails to another store; nothing is "
                         "taken away from the old\none. A move that was broken off is simply "
                         "started again. The desk must be stopped for the last\nrun. What signs is "
                         "set as blobs_access_key and blobs_secret_key.",
                         OPTIONS, sizeof OPTIONS / sizeof *OPTIONS, &given)) {
    case OPTIONS_DONE:
        return EX_OK;
    case OPTIONS_WRONG:
        return EX_USAGE;
    case OPTIONS_GO_ON:
        break;
    }
    const char *url = given_value(&given, "to");
    if (given_value(&given, "data") == NULL || url == NULL || given.word_count > 0) {
        (void)fprintf(stderr, "steward move-blobs: --data DIR and --to URL are needed.\n");
        return EX_USAGE;
    }
    if (!program_open(&program, &given, PROGRAM_VISIT, &err)) {
        return fail_with(&err);
    }
    report_init(&report);
    const struct blob_place place = program_blobs(program.ctx, &program.config, url);
    bool ok = blob_store_open(program.ctx, &place, &to, &err) &&
              move_blobs(program.app.db, program.app.blobs, to, &report.findings, &done, &err);
    report_clear(&report);
    int code = !ok ? fail_with(&err) : report.violations > 0 ? EX_DATAERR : EX_OK;
    if (ok) {
        (void)printf("%lld files are there (%lld copied this time). Put this into\n"
                     "%s/steward.conf:\n\n    blobs = %s\n",
                     (long long)done.blobs, (long long)done.copied, given_value(&given, "data"),
                     url);
    }
    program_close(&program);
    return code;
}

// --- restore ------------------------------------------------------------------------------------

int cmd_restore(int argc, char **argv)
{
    static const struct option OPTIONS[] = {
        {"from", "DIR", false,
         "the backup's folder (its newest snapshot), or one of its snapshots"},
        {"data", "DIR", false, "the data folder to make"},
        {"db", "URL", false, "an empty database to fill, instead of one in the data folder"},
        {"blobs", "URL", false,
         "s3://bucket/prefix?endpoint=…&region=… to put files there, instead of into the folder"},
        {"key", "FILE", false, "the key that the backup was sealed with"},
    };
    struct given given;
    struct report report;
    struct restore_done done = {0};
    struct keep_key *key = NULL;
    struct config config;
    struct error err = {0};
    switch (options_read(argc, argv,
                         "Makes a desk from a backup, on either engine. Nothing is ever written "
                         "over: folder and database\nmust be new.",
                         OPTIONS, sizeof OPTIONS / sizeof *OPTIONS, &given)) {
    case OPTIONS_DONE:
        return EX_OK;
    case OPTIONS_WRONG:
        return EX_USAGE;
    case OPTIONS_GO_ON:
        break;
    }
    if (given_value(&given, "from") == NULL || given_value(&given, "data") == NULL ||
        given.word_count > 0) {
        (void)fprintf(stderr, "steward restore: --from DIR and --data DIR are needed.\n");
        return EX_USAGE;
    }
    mem_ctx *ctx = mem_ctx_new(NULL, "restore");
    report_init(&report);
    struct restore_job job = {.from = given_value(&given, "from"),
                              .data = given_value(&given, "data"),
                              .db = given_value(&given, "db"),
                              .blobs_elsewhere = given_value(&given, "blobs") != NULL,
                              .migrations = MIGRATIONS,
                              .migration_count = MIGRATION_COUNT,
                              .findings = &report.findings};
    config_init(&config);
    bool ok = key_given(ctx, &given, &key, &err) &&
              config_load(&config, ctx, str_c(job.data), &err);  // of the environment
    job.key = key;
    job.blobs = program_blobs(ctx, &config, given_value(&given, "blobs"));
    ok = ok && restore_run(ctx, &job, &done, &err);
    report_clear(&report);
    int code = ok ? EX_OK : fail_with(&err);
    if (ok) {
        (void)printf("%s: %lld rows in %lld tables and %lld files came back as they were. Start "
                     "it with: steward serve --data %s\n",
                     done.snapshot, (long long)done.rows, (long long)done.tables,
                     (long long)done.blobs, job.data);
    }
    mem_free(ctx);
    return code;
}
