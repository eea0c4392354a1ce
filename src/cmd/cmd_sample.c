// SPDX-License-Identifier: GPL-3.0-or-later
//
// Data to look at and to measure with: the sample desk, and any number of tickets.
#include <stdio.h>

#include "cmd/program.h"
#include "desk/sample/sample.h"

int cmd_sample(int argc, char **argv)
{
    static const struct option OPTIONS[] = {
        OPTION_DATA,
        OPTION_DB,
        {"password-file", "FILE", false,
         "a file whose first line becomes the password of all sample agents"},
    };
    struct given given;
    struct program program;
    struct error err;
    struct str password = STR("");
    switch (
        options_read(argc, argv,
                     "Fills a new desk with believable people, groups and fifty tickets with their "
                     "conversations.",
                     OPTIONS, sizeof OPTIONS / sizeof *OPTIONS, &given)) {
    case OPTIONS_DONE:
        return EX_OK;
    case OPTIONS_WRONG:
        return EX_USAGE;
    case OPTIONS_GO_ON:
        break;
    }
    if (given_value(&given, "data") == NULL) {
        (void)fprintf(stderr, "steward sample: --data DIR is needed.\n");
        return EX_USAGE;
    }
    if (!program_open(&program, &given, PROGRAM_VISIT, &err)) {
        return fail_with(&err);
    }
    const char *file = given_value(&given, "password-file");
    bool ok = (file == NULL || read_first_line(program.ctx, file, &password, &err)) &&
              sample_desk(program.desk, program.ctx, password, &err);
    int code = ok ? EX_OK : fail_with(&err);
    program_close(&program);
    return code;
}

static void show_progress(void *env, int64_t done, int64_t all)
{
    (void)env;
    (void)fprintf(stderr, "\r%lld of %lld tickets", (long long)done, (long long)all);
    if (done == all) {
        (void)fputc('\n', stderr);
    }
}

int cmd_bench_data(int argc, char **argv)
{
    static const struct option OPTIONS[] = {
        OPTION_DATA,
        OPTION_DB,
        {"tickets", "N", false, "how many tickets the desk shall have in the end"},
    };
    struct given given;
    struct program program;
    struct error err;
    int64_t tickets = 0;
    switch (
        options_read(argc, argv,
                     "Fills a desk with tickets for measuring: people, conversations, tags, ages "
                     "as in a real one. The same number gives the same desk.",
                     OPTIONS, sizeof OPTIONS / sizeof *OPTIONS, &given)) {
    case OPTIONS_DONE:
        return EX_OK;
    case OPTIONS_WRONG:
        return EX_USAGE;
    case OPTIONS_GO_ON:
        break;
    }
    bool number = str_to_i64(str_c(given_value(&given, "tickets")), &tickets) && tickets > 0;
    if (given_value(&given, "data") == NULL || !number) {
        (void)fprintf(stderr, "steward bench-data: --data DIR and --tickets N are needed.\n");
        return EX_USAGE;
    }
    if (!program_open(&program, &given, PROGRAM_VISIT, &err)) {
        return fail_with(&err);
    }
    bool ok = sample_many(program.desk, program.ctx, tickets, show_progress, NULL, &err);
    int code = ok ? EX_OK : fail_with(&err);
    program_close(&program);
    return code;
}
