// SPDX-License-Identifier: GPL-3.0-or-later
//
// All of a desk as files that every program can read: what `steward export` writes. The records are
// those of a backup (backup.h), in the same order; only their form is another.
//
//   desk.json            version, number of the next id, migrations, tables with their columns,
//                        number of rows and checksum; written last, so a folder without it is not
//                        whole
//   tables/person.jsonl  a row a line, an object by column; what is no text is {"base64": "…"}
//   blobs.jsonl          {"hash": "…"} a line
//   blobs/ab/abcd…       files by their hash
//   secret, steward.conf as in the data folder
//
// Reading trusts nothing in the folder: names are checked before they become paths, rows are bound
// by the types that desk.json states, which the caller compares with the schema.
#ifndef STEWARD_DESK_KEEP_LINES_H
#define STEWARD_DESK_KEEP_LINES_H

#include "desk/keep/backup.h"

#define LINES_FORMAT "steward export"
#define LINES_VERSION 1

struct lines_out;
struct lines_in;

// Makes the folder; CONFLICT when it is there and not empty.
MUST_CHECK bool lines_out_open(mem_ctx *ctx, const char *folder, struct lines_out **ret,
                               struct error *err);
MUST_CHECK bool lines_out_put(struct lines_out *out, enum keep_record kind, struct str bytes,
                              struct error *err);
// Without it the folder has no desk.json and is refused by lines_in_open().
MUST_CHECK bool lines_out_end(struct lines_out *out, int64_t now, struct error *err);

// NOT_FOUND when there is no export in the folder, INVALID when it cannot be read.
MUST_CHECK bool lines_in_open(mem_ctx *ctx, const char *folder, struct lines_in **ret,
                              struct error *err);
// *ret_bytes lives in `ctx`.
MUST_CHECK bool lines_in_next(struct lines_in *in, mem_ctx *ctx, enum keep_record *ret_kind,
                              struct str *ret_bytes, bool *ret_end, struct error *err);

#endif
