// SPDX-License-Identifier: GPL-3.0-or-later
//
// The program's subcommands. Each is one file with one function; exit codes are those of
// sysexits.h. Options are "--name VALUE" or "--name=VALUE"; unknown ones are errors.
#ifndef STEWARD_CMD_COMMAND_H
#define STEWARD_CMD_COMMAND_H

#include <sysexits.h>

#include "base/error.h"
#include "base/str.h"

struct option {
    const char *name;   // without the dashes
    const char *value;  // what stands for the value in the help; NULL for a flag
    bool repeat;
    const char *help;
};

struct command {
    const char *name;
    int (*run)(int argc, char **argv);  // argv[0] is the command's name
    const char *summary;
};

extern const struct command COMMANDS[];
extern const size_t COMMAND_COUNT;

// What was given on the command line.
struct given {
    struct {
        const struct option *option;
        const char *value;
    } items[64];
    size_t count;
    const char *words[16];  // what is no option
    size_t word_count;
};

enum options_result { OPTIONS_GO_ON, OPTIONS_DONE, OPTIONS_WRONG };

// Reads argv[1…]. --help prints `about` and the options (OPTIONS_DONE); a mistake is told on
// standard error (OPTIONS_WRONG, exit with EX_USAGE).
enum options_result options_read(int argc, char **argv, const char *about,
                                 const struct option *options, size_t option_count,
                                 struct given *ret);
// The last value given, NULL without one; for flags "" when given.
const char *given_value(const struct given *given, const char *name);

// Says on standard error what went wrong and returns the exit code for it.
int fail_with(const struct error *err);

int cmd_backup(int argc, char **argv);
int cmd_bench_data(int argc, char **argv);
int cmd_check(int argc, char **argv);
int cmd_config(int argc, char **argv);
int cmd_deliver(int argc, char **argv);
int cmd_doctor(int argc, char **argv);
int cmd_export(int argc, char **argv);
int cmd_import(int argc, char **argv);
int cmd_init(int argc, char **argv);
int cmd_lens(int argc, char **argv);
int cmd_mail(int argc, char **argv);
int cmd_move_blobs(int argc, char **argv);
int cmd_move_db(int argc, char **argv);
int cmd_restore(int argc, char **argv);
int cmd_routes(int argc, char **argv);
int cmd_sample(int argc, char **argv);
int cmd_serve(int argc, char **argv);
int cmd_token(int argc, char **argv);
int cmd_triage(int argc, char **argv);
int cmd_user(int argc, char **argv);
int cmd_version(int argc, char **argv);
int cmd_worker(int argc, char **argv);

#endif
