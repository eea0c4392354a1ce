// SPDX-License-Identifier: GPL-3.0-or-later
//
// Bytes that arrive in pieces: kept in memory while they are few, in a temporary file that goes
// with its context once they are many.
#ifndef STEWARD_HTTP_SPOOL_H
#define STEWARD_HTTP_SPOOL_H

#include "http/http.h"

struct spool {
    mem_ctx *ctx;
    struct buf memory;
    const char *tmp_folder;
    const char *tmp_path;
    int fd;
    int64_t size;
    size_t memory_bytes;
};

void spool_init(struct spool *spool, mem_ctx *ctx, size_t memory_bytes, const char *tmp_folder);
// NO_SPACE or UNAVAILABLE when the disk does not take them.
MUST_CHECK bool spool_put(struct spool *spool, struct str bytes, struct error *err);
// Fills size, bytes or tmp_path of *file.
void spool_finish(struct spool *spool, struct http_file *file);
// Removes what runs that were killed left in the folder, an hour after they last wrote to it: other
// servers may be using the same folder.
void spool_sweep(const char *tmp_folder);

#endif
