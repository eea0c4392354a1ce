// SPDX-License-Identifier: GPL-3.0-or-later
//
// Files that are there as a whole or not at all: written beside their place, on disk before they
// take it.
#ifndef STEWARD_DESK_IMPORT_SHELF_H
#define STEWARD_DESK_IMPORT_SHELF_H

#include "base/error.h"
#include "base/str.h"

struct shelf {
    mem_ctx *ctx;
    const char *path;
    const char *unfinished;
    int fd;
    int why;  // errno of what went wrong, 0 before
};

// `path` lives as long as the shelf, as does what it takes of `ctx`.
MUST_CHECK bool shelf_open(struct shelf *shelf, mem_ctx *ctx, const char *path, struct error *err);
// False once anything went wrong; shelf_failed() says what.
MUST_CHECK bool shelf_write(struct shelf *shelf, struct str bytes);
bool shelf_failed(const struct shelf *shelf, struct error *err);
// From the beginning again.
MUST_CHECK bool shelf_rewind(struct shelf *shelf, struct error *err);
// Any of them ends it; left, what is unfinished stays beside its place.
MUST_CHECK bool shelf_keep(struct shelf *shelf, struct error *err);
void shelf_drop(struct shelf *shelf);
void shelf_leave(struct shelf *shelf);

// A whole file at once.
MUST_CHECK bool shelf_put(mem_ctx *ctx, const char *path, struct str bytes, struct error *err);
// *ret_found is false when there is none. At most 1 GB.
MUST_CHECK bool shelf_get(mem_ctx *ctx, const char *path, bool *ret_found, struct str *ret,
                          struct error *err);
// A folder; that it is there already is fine.
MUST_CHECK bool shelf_folder(const char *path, struct error *err);

#endif
