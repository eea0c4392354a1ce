// SPDX-License-Identifier: GPL-3.0-or-later
//
// Takes over what another desk with the same API exported: a folder of its pages becomes fields,
// forms, people, groups, organisations, rules, articles and tickets of this desk, through the
// functions that API calls use. Times, authors and comments of tickets are taken as they were;
// nobody is mailed, no rule runs and no webhook is called.
//
// What became of each record is written down (table import_record) by the transaction that makes
// it. So an import can be stopped anywhere and begun again, and run again with a newer export: what
// has changed there is changed here, new comments are added, nothing comes twice. Left as they are:
// tickets (but for new comments) and words of articles that somebody changed here since, rules that
// came already, whoever was here before with the same address, and what was here under the same
// name.
#ifndef STEWARD_DESK_IMPORT_IMPORT_H
#define STEWARD_DESK_IMPORT_IMPORT_H

#include "desk/desk.h"
#include "desk/import/pages.h"

struct import_count {
    int64_t found;    // in the folder
    int64_t made;     // new here
    int64_t updated;  // changed there since the last time
    int64_t same;     // as they were, or here already
    int64_t partly;   // of made and updated: something of them did not fit
    int64_t refused;  // did not fit at all
    int64_t gone;     // deleted there before they ever came here
};

// Why something did not fit, and how often.
struct import_reason {
    enum import_kind kind;
    struct str words;
    int64_t times;
};
#define IMPORT_REASONS_MAX 40

struct import_done {
    struct import_count kinds[IMPORT_KIND_COUNT];
    struct import_reason reasons[IMPORT_REASONS_MAX];
    size_t reason_count;
    int64_t files;  // of comments
    int64_t file_bytes;
    int64_t unreadable;  // pieces that are no JSON
};

struct import_job {
    struct desk *desk;
    const char *folder;
    struct str source;   // what to call the other desk; another name is another desk
    const char *report;  // file to write: a line of JSON for all that did not fit
    void *arg;           // of progress
    // So many of so many; called often, must be quick. `plain` says of what.
    void (*progress)(void *arg, const char *plain, int64_t done, int64_t total);
};

// NOT_FOUND without anything to read; else what makes it impossible to go on. What does not fit is
// no error. *ret is filled in both cases and lives in `ctx`.
MUST_CHECK bool import_run(mem_ctx *ctx, const struct import_job *job, struct import_done *ret,
                           struct error *err);

#endif
