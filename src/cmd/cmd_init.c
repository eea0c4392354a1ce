// SPDX-License-Identifier: GPL-3.0-or-later
#include <stdio.h>

#include "cmd/program.h"

struct init {
    struct program *program;
    struct str email;
    struct str name;
    struct str password;
    struct user admin;
};

static bool init_in_tx(struct db *tx, void *arg, struct error *err)
{
    struct init *init = arg;
    return people_init_admin(&init->program->desk->people, tx, init->program->ctx, init->name,
                             init->email, init->password, &init->admin, err);
}

int cmd_init(int argc, char **argv)
{
    static const struct option OPTIONS[] = {
        OPTION_DATA,
        OPTION_DB,
        {"admin", "MAIL", false, "mail address of the first administrator"},
        {"name", "NAME", false, "their name"},
        {"password-file", "FILE", false,
         "a file whose first line is their password; - reads it from standard input"},
    };
    struct given given;
    struct program program;
    struct error err;
    switch (options_read(argc, argv, "Makes a data folder with its first administrator.", OPTIONS,
                         sizeof OPTIONS / sizeof *OPTIONS, &given)) {
    case OPTIONS_DONE:
        return EX_OK;
    case OPTIONS_WRONG:
        return EX_USAGE;
    case OPTIONS_GO_ON:
        break;
    }
    const char *admin = given_value(&given, "admin");
    const char *file = given_value(&given, "password-file");
    if (given_value(&given, "data") == NULL || admin == NULL || file == NULL ||
        given.word_count > 0) {
        (void)fprintf(stderr, "steward init: --data, --admin and --password-file are needed.\n");
        return EX_USAGE;
    }
    if (!program_open(&program, &given, PROGRAM_CREATE, &err)) {
        return fail_with(&err);
    }
    struct init init = {
        .program = &program, .email = str_c(admin), .name = str_c(given_value(&given, "name"))};
    if (!read_first_line(program.ctx, file, &init.password, &err) ||
        !db_tx_run(program.app.db, "init", init_in_tx, &init, &err)) {
        int code = fail_with(&err);
        program_close(&program);
        return code;
    }
    (void)printf("The desk is ready. Start it with: steward serve --data %s\n",
                 given_value(&given, "data"));
    program_close(&program);
    return EX_OK;
}
