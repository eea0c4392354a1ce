// SPDX-License-Identifier: GPL-3.0-or-later
//
// Incremental exports: everything that changed since a time, in order of change. By time
// (?start_time=), where all that share one second stay on one page and the next page begins with
// the last second again; or by cursor (?cursor=), which repeats nothing.
#ifndef STEWARD_APP_API_EXPORT_H
#define STEWARD_APP_API_EXPORT_H

#include "app/api.h"

// What an export reads from: rows with a time and an id.
struct api_export_source {
    // At most `limit` rows beyond `after` (value: time, then id) and before `before_ms`, in order.
    bool (*fetch)(struct ctx *ctx, const struct api_key *after, int64_t before_ms, int64_t limit,
                  void **ret, size_t *ret_count, struct error *err);
    size_t row_size;
    size_t id_at;    // where in a row its id stands
    size_t time_at;  // and its time in milliseconds
    int64_t most;    // rows on a page, at most
};

struct api_export {
    bool cursor;
    int64_t start_ms;      // by time
    struct api_key after;  // rows beyond this
    int64_t size;
    int64_t before_ms;
    // After reading:
    size_t count;
    bool end_of_stream;
    struct api_key last;
};

// Reads the request and the rows. INVALID without start_time or with a broken cursor, and, where
// the desk holds back the last minute (export_delay_seconds), for times within it.
MUST_CHECK bool api_export_read(struct ctx *ctx, const struct api_export_source *source,
                                bool by_cursor, struct api_export *ret, void **ret_rows,
                                struct error *err);
// count, end_of_stream, end_time, next_page; or after_cursor, after_url, end_of_stream ….
void api_export_write(struct ctx *ctx, struct jw *w, const struct api_export *e);

#endif
