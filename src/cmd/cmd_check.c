// SPDX-License-Identifier: GPL-3.0-or-later
#include <stdio.h>

#include "cmd/program.h"
#include "cmd/report.h"
#include "desk/keep/check.h"
#include "desk/knowledge/knowledge.h"
#include "desk/tickets/check.h"

static void print_counts(const struct check_counts *counts, bool quick)
{
    (void)printf("%lld tickets, %lld comments, %lld audits with %lld events, %lld people, "
                 "%lld mails, %lld attachments\n",
                 (long long)counts->tickets, (long long)counts->comments, (long long)counts->audits,
                 (long long)counts->events, (long long)counts->people, (long long)counts->mails,
                 (long long)counts->files);
    (void)printf("%lld files named%s, %lld that nobody names (collected by themselves after two "
                 "days)\n",
                 (long long)counts->blobs, quick ? ", their contents not read" : " and read",
                 (long long)counts->unnamed);
}

static int check(struct program *program, bool quick, struct error *err)
{
    struct report report;
    struct check_counts counts;
    report_init(&report);
    bool ok =
        desk_check(program->app.db, program->app.blobs, quick, &report.findings, &counts, err);
    report_clear(&report);
    if (!ok) {
        return fail_with(err);
    }
    print_counts(&counts, quick);
    if (report.violations > 0) {
        (void)printf("%lld things are wrong.\n", (long long)report.violations);
        return EX_DATAERR;
    }
    (void)printf("All is well.\n");
    return EX_OK;
}

static bool rebuild(struct program *program, struct error *err)
{
    struct report report;
    report_init(&report);
    bool ok = tickets_index_anew(program->app.db, program->ctx, &report.findings, err) &&
              knowledge_index_anew(program->app.db, err);
    report_clear(&report);
    return ok;
}

int cmd_check(int argc, char **argv)
{
    static const struct option OPTIONS[] = {
        OPTION_DATA,
        OPTION_DB,
        {"quick", NULL, false, "only look whether files are there, do not read them"},
        {"rebuild-search", NULL, false, "first make the search index anew"},
    };
    struct given given;
    struct program program;
    struct error err;
    switch (options_read(argc, argv,
                         "Proves that tickets are what their history says, that nothing points "
                         "nowhere, that every\nfile is there and undamaged, and that search finds "
                         "everything. The desk may be running.\nExit code 0: all is well; 65: "
                         "something is wrong, and each thing is told with what to do.",
                         OPTIONS, sizeof OPTIONS / sizeof *OPTIONS, &given)) {
    case OPTIONS_DONE:
        return EX_OK;
    case OPTIONS_WRONG:
        return EX_USAGE;
    case OPTIONS_GO_ON:
        break;
    }
    if (given_value(&given, "data") == NULL || given.word_count > 0) {
        (void)fprintf(stderr, "steward check: --data DIR is needed.\n");
        return EX_USAGE;
    }
    if (!program_open(&program, &given, PROGRAM_VISIT, &err)) {
        return fail_with(&err);
    }
    int code = EX_OK;
    if (given_value(&given, "rebuild-search") != NULL && !rebuild(&program, &err)) {
        code = fail_with(&err);
    } else {
        code = check(&program, given_value(&given, "quick") != NULL, &err);
    }
    program_close(&program);
    return code;
}
