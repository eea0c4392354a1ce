// SPDX-License-Identifier: GPL-3.0-or-later
//
// steward import.
#include <stdio.h>
#include <string.h>

#include "cmd/program.h"
#include "cmd/report.h"
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

int cmd_import(int argc, char **argv)
{
    static const struct option OPTIONS[] = {
        {"from", "KIND", false, "what wrote it: steward"},
        {"data", "DIR", false, "the data folder to make"},
        {"db", "URL", false, "an empty database to fill, instead of one in the data folder"},
        {"blobs", "URL", false,
         "s3://bucket/prefix?endpoint=…&region=… to put files there, instead of into the folder"},
    };
    struct given given;
    switch (options_read(argc, argv,
                         "import --from steward DIR: makes a desk of what `steward export` wrote, "
                         "on either engine.\nEach table and file is compared with what the "
                         "export says it had. Nothing is ever written over.",
                         OPTIONS, sizeof OPTIONS / sizeof *OPTIONS, &given)) {
    case OPTIONS_DONE:
        return EX_OK;
    case OPTIONS_WRONG:
        return EX_USAGE;
    case OPTIONS_GO_ON:
        break;
    }
    const char *kind = given_value(&given, "from");
    if (kind == NULL || strcmp(kind, "steward") != 0 || given.word_count != 1 ||
        given_value(&given, "data") == NULL) {
        (void)fprintf(stderr, "steward import: --from steward, the export's folder and --data DIR "
                              "are needed.\n");
        return EX_USAGE;
    }
    return import_steward(&given, given.words[0]);
}
