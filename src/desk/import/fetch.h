// SPDX-License-Identifier: GPL-3.0-or-later
//
// Brings what a living desk exports into a folder, page by page, as import.h reads it: people,
// organisations and tickets by its incremental exports, comments and files ticket by ticket. The
// folder remembers how far it is: it can be stopped anywhere, goes on there, and later fetches only
// what has changed since.
#ifndef STEWARD_DESK_IMPORT_FETCH_H
#define STEWARD_DESK_IMPORT_FETCH_H

#include "desk/import/far.h"

struct import_fetch {
    struct far *far;
    const char *folder;  // made when it is not there
    void *arg;           // of progress
    // As that of struct import_job. The total is what the desk says of itself, 0 when it does not.
    void (*progress)(void *arg, const char *plain, int64_t done, int64_t total);
};

struct import_fetched {
    int64_t records;
    int64_t comments;
    int64_t files;
    int64_t file_bytes;
    int64_t files_missing;    // could not be fetched; the comments come without them
    struct str file_trouble;  // of the last such; lives in `ctx`
};

// INVALID when the folder holds another desk's, or the desk answers what it should not; else as
// far_read(). What was fetched until then stays.
MUST_CHECK bool import_fetch(mem_ctx *ctx, const struct import_fetch *job,
                             struct import_fetched *ret, struct error *err);

#endif
