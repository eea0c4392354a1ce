// SPDX-License-Identifier: GPL-3.0-or-later
#include <stdio.h>

#include "app/session.h"
#include "cmd/program.h"

struct making {
    struct program *program;
    struct str email;
    struct str name;
    struct str token;
};

static bool make_in_tx(struct db *tx, void *arg, struct error *err)
{
    struct making *making = arg;
    struct user user;
    bool found = false;
    if (!user_by_email(tx, making->program->ctx, making->email, &user, &found, err)) {
        return false;
    }
    if (!found || !user.active || user.suspended) {
        return error_set(err, ERR_NOT_FOUND, "Nobody here has the address %.*s.",
                         STR_ARG(making->email));
    }
    return api_token_create(tx, making->program->ctx, user.id, making->name,
                            clock_now(&making->program->clock), &making->token, err);
}

int cmd_token(int argc, char **argv)
{
    static const struct option OPTIONS[] = {
        OPTION_DATA,
        OPTION_DB,
        {"user", "MAIL", false, "whose token it is"},
        {"name", "TEXT", false, "what it is for"},
    };
    struct given given;
    struct program program;
    struct error err;
    switch (options_read(argc, argv,
                         "Makes an API token and prints it; this is the only time it is shown.\n"
                         "Programs sign in as MAIL/token with it as the password.",
                         OPTIONS, sizeof OPTIONS / sizeof *OPTIONS, &given)) {
    case OPTIONS_DONE:
        return EX_OK;
    case OPTIONS_WRONG:
        return EX_USAGE;
    case OPTIONS_GO_ON:
        break;
    }
    const char *user = given_value(&given, "user");
    if (given_value(&given, "data") == NULL || user == NULL || given.word_count > 0) {
        (void)fprintf(stderr, "steward token: --data and --user are needed.\n");
        return EX_USAGE;
    }
    if (!program_open(&program, &given, PROGRAM_VISIT, &err)) {
        return fail_with(&err);
    }
    const char *name = given_value(&given, "name");
    struct making making = {.program = &program,
                            .email = str_c(user),
                            .name = str_c(name == NULL ? "command line" : name)};
    bool ok = db_tx_run(program.app.db, "token", make_in_tx, &making, &err);
    int code = EX_OK;
    if (ok) {
        (void)printf("%.*s\n", STR_ARG(making.token));
    } else {
        code = fail_with(&err);
    }
    program_close(&program);
    return code;
}
