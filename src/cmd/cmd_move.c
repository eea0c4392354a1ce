// SPDX-License-Identifier: GPL-3.0-or-later
//
// steward move-db.
#include <stdio.h>

#include "cmd/program.h"
#include "cmd/report.h"
#include "desk/keep/move.h"
#include "migrations.h"

int cmd_move_db(int argc, char **argv)
{
    static const struct option OPTIONS[] = {
        OPTION_DATA,
        OPTION_DB,
        {"to", "URL", false, "where to: an empty database, postgres://… or sqlite:/path"},
    };
    struct given given;
    struct program program;
    struct report report;
    struct move_done done;
    struct error err = {0};
    switch (options_read(argc, argv,
                         "Moves the desk's rows to another database, of either engine; files stay "
                         "where they are. A move that\nwas broken off is simply started again. The "
                         "desk must be stopped for the last run.",
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
        (void)fprintf(stderr, "steward move-db: --data DIR and --to URL are needed.\n");
        return EX_USAGE;
    }
    if (!program_open(&program, &given, PROGRAM_VISIT, &err)) {
        return fail_with(&err);
    }
    report_init(&report);
    const struct move_job job = {.from = program.app.db,
                                 .to = given_value(&given, "to"),
                                 .migrations = MIGRATIONS,
                                 .migration_count = MIGRATION_COUNT,
                                 .findings = &report.findings};
    bool ok = move_run(program.ctx, &job, &done, &err);
    report_clear(&report);
    int code = ok ? EX_OK : fail_with(&err);
    if (ok) {
        (void)printf("%lld rows in %lld tables are the same in both (%lld written, %lld removed "
                     "this time). Put this into\n%s/steward.conf, and the old database away:\n\n"
                     "    db = %s\n",
                     (long long)done.rows, (long long)done.tables, (long long)done.written,
                     (long long)done.removed, given_value(&given, "data"), job.to);
    }
    program_close(&program);
    return code;
}
