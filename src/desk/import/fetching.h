// SPDX-License-Identifier: GPL-3.0-or-later
//
// Shared by fetch.c and fetch_words.c: fetching under way.
#ifndef STEWARD_DESK_IMPORT_FETCHING_H
#define STEWARD_DESK_IMPORT_FETCHING_H

#include "desk/import/fetch.h"
#include "json/json.h"

struct fetching {
    const struct import_fetch *job;
    struct import_fetched *done;
    mem_ctx *ctx;
    int64_t at;     // tickets before this page
    int64_t total;  // of tickets, as far as known
};

// A list of the answer; INVALID when it has none.
MUST_CHECK bool fetch_list(struct fetching *f, mem_ctx *ctx, struct str path, const char *key,
                           struct jr_value *ret_page, struct jr_value *ret_list,
                           struct str *ret_text, struct error *err);
// What follows a page of a list: absent at its end. INVALID when it would go round in circles.
MUST_CHECK bool fetch_next(struct jr_value page, const char *key, struct str before,
                           struct str *ret_cursor, struct error *err);
// The comments of a page of tickets, with their files, as lines beside it.
MUST_CHECK bool fetch_words(struct fetching *f, struct jr_value tickets, int64_t page,
                            struct error *err);

#endif
