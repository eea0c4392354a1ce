// SPDX-License-Identifier: GPL-3.0-or-later
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "base/random.h"
#include "cmd/command.h"

const struct command COMMANDS[] = {
    {"init", cmd_init, "make a data folder with its first administrator"},
    {"serve", cmd_serve, "run the desk"},
    {"worker", cmd_worker, "do background work only, beside servers"},
    {"deliver", cmd_deliver, "take in one mail from standard input"},
    {"token", cmd_token, "make an API token"},
    {"user", cmd_user, "add and list people, set passwords"},
    {"mail", cmd_mail, "list and release mails that wait"},
    {"doctor", cmd_doctor, "look whether all is well, and say what to do"},
    {"check", cmd_check, "prove that nothing is lost, damaged or left over"},
    {"backup", cmd_backup, "add a snapshot of the desk to a backup, or prove one"},
    {"restore", cmd_restore, "make a desk from a backup"},
    {"export", cmd_export, "write all data of the desk as lines of JSON, and its files"},
    {"import", cmd_import, "make a desk of what was exported"},
    {"move-db", cmd_move_db, "move the desk's rows to another database, of either engine"},
    {"move-blobs", cmd_move_blobs, "copy the desk's files to another store, S3 or a folder"},
    {"config", cmd_config, "show all settings"},
    {"sample", cmd_sample, "fill a new desk with believable people and tickets"},
    {"bench-data", cmd_bench_data, "fill a desk with any number of tickets"},
    {"routes", cmd_routes, "list the addresses that the desk answers"},
    {"lens", cmd_lens, "try the customer lens on lines of text"},
    {"triage", cmd_triage, "try the classifier on tables of tickets"},
    {"version", cmd_version, "print the version"},
};
const size_t COMMAND_COUNT = sizeof COMMANDS / sizeof *COMMANDS;

int cmd_version(int argc, char **argv)
{
    struct given given;
    switch (options_read(argc, argv, "Prints the version.", NULL, 0, &given)) {
    case OPTIONS_DONE:
        return EX_OK;
    case OPTIONS_WRONG:
        return EX_USAGE;
    case OPTIONS_GO_ON:
        break;
    }
    (void)printf("steward %s\n", STEWARD_VERSION);
    return EX_OK;
}

static void print_commands(FILE *out)
{
    (void)fprintf(out, "Steward, a help desk.\n\nUsage: steward COMMAND [options]\n\nCommands:\n");
    for (size_t i = 0; i < COMMAND_COUNT; i++) {
        (void)fprintf(out, "  %-12s %s\n", COMMANDS[i].name, COMMANDS[i].summary);
    }
    (void)fprintf(out, "\n`steward COMMAND --help` tells more.\n");
}

int main(int argc, char **argv)
{
    (void)signal(SIGPIPE, SIG_IGN);
    random_init();
    if (argc < 2) {
        print_commands(stderr);
        return EX_USAGE;
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 ||
        strcmp(argv[1], "help") == 0) {
        print_commands(stdout);
        return EX_OK;
    }
    const char *name = strcmp(argv[1], "--version") == 0 ? "version" : argv[1];
    for (size_t i = 0; i < COMMAND_COUNT; i++) {
        if (strcmp(COMMANDS[i].name, name) == 0) {
            return COMMANDS[i].run(argc - 1, argv + 1);
        }
    }
    (void)fprintf(stderr, "steward: there is no command \"%s\".\n\n", argv[1]);
    print_commands(stderr);
    return EX_USAGE;
}
