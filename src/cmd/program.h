// SPDX-License-Identifier: GPL-3.0-or-later
//
// The wired program: the only place that builds `struct app`.
#ifndef STEWARD_CMD_PROGRAM_H
#define STEWARD_CMD_PROGRAM_H

#include "app/app.h"
#include "app/config.h"
#include "blob/blob.h"
#include "cmd/command.h"
#include "cmd/sandbox.h"
#include "desk/desk.h"

struct program {
    mem_ctx *ctx;
    struct config config;
    struct clock clock;
    struct app app;
    struct desk *desk;
};

enum program_use {
    PROGRAM_VISIT,   // the data folder must be there
    PROGRAM_CREATE,  // it is made, with its secret, where it is not
    PROGRAM_SERVE,   // the same; and strangers will be heard: enters the sandbox before the stores
                     // are opened and any thread is started
};

// Reads the settings of the data folder, applies the command line's, opens database and blobs and
// wires the rooms. Options of the same name as a setting are taken as that setting.
MUST_CHECK bool program_open(struct program *program, const struct given *given,
                             enum program_use use, struct error *err);
void program_close(struct program *program);

// Where the setting `blobs` of this data folder leads; `url` instead of it when not NULL.
struct blob_place program_blobs(mem_ctx *ctx, const struct config *config, const char *url);

// The files that a server with these settings needs.
void program_sandbox(mem_ctx *ctx, const struct config *config, struct sandbox *ret);

// The administrator in whose name commands act.
struct actor program_actor(void);

// Reads a first line, such as a password, from a file ("-": standard input).
MUST_CHECK bool read_first_line(mem_ctx *ctx, const char *path, struct str *ret, struct error *err);

#define OPTION_DATA                                                                                \
    {                                                                                              \
        "data", "DIR", false, "the data folder"                                                    \
    }
#define OPTION_DB                                                                                  \
    {                                                                                              \
        "db", "URL", false, "database, instead of the one in the data folder"                      \
    }

#endif
