// SPDX-License-Identifier: GPL-3.0-or-later
//
// Comma-separated values as RFC 4180 has them: quoted fields may hold commas, quotes (doubled) and
// line breaks. Lines may end in LF too; a byte order mark at the start is passed over.
#ifndef STEWARD_BASE_CSV_H
#define STEWARD_BASE_CSV_H

#include "base/error.h"
#include "base/str.h"

#define CSV_MAX_FIELDS 256

struct csv_reader {
    struct str rest;
    int64_t line;  // of the record read last, counted from 1
    int64_t next_line;
};

struct csv_record {
    struct str fields[CSV_MAX_FIELDS];
    size_t count;
};

void csv_init(struct csv_reader *reader, struct str text);

// The next record; without *ret_found at the end. Fails with INVALID, naming the line, when a quote
// is never closed or stands inside a bare field, or a record has too many fields. Fields borrow
// from the text, or are copies in `ctx` where quotes had to be undone. Empty lines are passed over.
MUST_CHECK bool csv_next(struct csv_reader *reader, mem_ctx *ctx, struct csv_record *ret,
                         bool *ret_found, struct error *err);

#endif
