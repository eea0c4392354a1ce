// SPDX-License-Identifier: GPL-3.0-or-later
//
// A folder of exported files. *.json is one piece of JSON, *.jsonl and *.ndjson are one a line.
// Files lie at most three folders deep; they are taken in the order of their names. What lies in
// `attachments` are the files of comments: attachments/ID, or the one file in attachments/ID/.
// Links are not followed: an export comes from elsewhere, and must not name files of this machine.
#ifndef STEWARD_DESK_IMPORT_FOLDER_H
#define STEWARD_DESK_IMPORT_FOLDER_H

#include "base/error.h"
#include "base/str.h"

struct import_folder;

// NOT_FOUND when there is no such folder or nothing to read in it.
MUST_CHECK bool import_folder_open(mem_ctx *ctx, const char *root, struct import_folder **ret,
                                   struct error *err);
size_t import_folder_files(const struct import_folder *folder);
// Below the folder, with slashes.
struct str import_folder_name(const struct import_folder *folder, size_t file);

// Where one piece lies.
struct import_place {
    size_t file;
    size_t at;
    size_t len;
};
// The next piece of a file behind `place` (from the beginning while place->len is 0 and place->at
// is 0); false at its end. Texts are borrowed from the file and live as long as the folder.
MUST_CHECK bool import_folder_next(struct import_folder *folder, struct import_place *place,
                                   bool *ret_found, struct str *ret, struct error *err);
MUST_CHECK bool import_folder_read(struct import_folder *folder, const struct import_place *place,
                                   struct str *ret, struct error *err);
// The path of a comment's file, absent when it is not there.
struct str import_folder_attachment(mem_ctx *ctx, const struct import_folder *folder, int64_t id);

#endif
