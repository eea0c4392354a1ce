// SPDX-License-Identifier: GPL-3.0-or-later
//
// Files out of winmail.dat (application/ms-tnef), as Outlook and Exchange send it to those who
// cannot read it: MS-OXTNEF. Reads strangers' bytes within bounds, in one pass, and takes what it
// can: where the stream breaks off or lies about lengths, the files before that are still there.
#ifndef STEWARD_MAIL_TNEF_H
#define STEWARD_MAIL_TNEF_H

#include "base/str.h"

#define TNEF_FILES_MOST 200

struct tnef_file {
    struct str name;        // safe to show and to save under; never empty
    struct str type;        // "application/pdf"; "application/octet-stream" when it does not say
    struct str content_id;  // absent when there is none
    struct str bytes;       // borrowed
};

// Whether the bytes begin as TNEF does.
bool tnef_is(struct str bytes);

// The files in it, at most TNEF_FILES_MOST. Returns false when it is no TNEF or was not whole; *ret
// has what there was all the same.
bool tnef_files(mem_ctx *ctx, struct str bytes, struct tnef_file **ret, size_t *ret_count);

#endif
