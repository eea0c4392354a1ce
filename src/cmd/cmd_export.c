// SPDX-License-Identifier: GPL-3.0-or-later
//
// steward export.
#include <stdio.h>

#include "cmd/program.h"
#include "cmd/report.h"
#include "desk/keep/backup.h"
#include "migrations.h"

int cmd_export(int argc, char **argv)
{
    static const struct option OPTIONS[] = {
        OPTION_DATA,
        OPTION_DB,
        {"to", "DIR", false, "the folder to make"},
    };
    struct given given;
    struct program program;
    struct report report;
    struct backup_done done = {0};
    struct error err = {0};
    switch (options_read(argc, argv,
                         "Writes all data of the desk into a new folder as lines of JSON, one file "
                         "a table, and its files; the\ndesk may be running. `steward import --from "
                         "steward DIR` makes a desk of it. The folder is as\nsecret as the desk: "
                         "its secret and what is sealed with it are in it.",
                         OPTIONS, sizeof OPTIONS / sizeof *OPTIONS, &given)) {
    case OPTIONS_DONE:
        return EX_OK;
    case OPTIONS_WRONG:
        return EX_USAGE;
    case OPTIONS_GO_ON:
        break;
    }
    if (given_value(&given, "data") == NULL || given_value(&given, "to") == NULL ||
        given.word_count > 0) {
        (void)fprintf(stderr, "steward export: --data DIR and --to DIR are needed.\n");
        return EX_USAGE;
    }
    if (!program_open(&program, &given, PROGRAM_VISIT, &err)) {
        return fail_with(&err);
    }
    report_init(&report);
    const struct backup_job job = {.db = program.app.db,
                                   .blobs = program.app.blobs,
                                   .data = given_value(&given, "data"),
                                   .to = given_value(&given, "to"),
                                   .now = clock_now(&program.clock),
                                   .lines = true,
                                   .migrations = MIGRATIONS,
                                   .migration_count = MIGRATION_COUNT,
                                   .findings = &report.findings};
    bool ok = backup_make(program.ctx, &job, &done, &err);
    report_clear(&report);
    int code = !ok ? fail_with(&err) : report.violations > 0 ? EX_DATAERR : EX_OK;
    if (ok) {
        (void)printf("%s: %lld rows, %lld files\n", done.snapshot, (long long)done.rows,
                     (long long)done.blobs);
    }
    program_close(&program);
    return code;
}
