// SPDX-License-Identifier: GPL-3.0-or-later
//
// What all JSON handlers share: addresses, answers, errors, paging, and reading bodies and lists of
// ids. A handler reads its rows, then
//
//   struct jw w;
//   api_begin(ctx, &w);                  // {
//   jw_field_array(&w, "users"); …
//   api_page_write(ctx, &w, &page, &found);
//   return api_end(ctx, &w, err);        // }
#ifndef STEWARD_APP_API_H
#define STEWARD_APP_API_H

#include "app/app.h"
#include "base/problems.h"
#include "json/json.h"

// --- addresses ----------------------------------------------------------------------------------

// The absolute address of a path as this client reaches us: scheme and host of its request. Clients
// send later requests to these.
struct str api_url(struct ctx *ctx, const char *path, ...) PRINTF_LIKE(2, 3);

// --- answers ------------------------------------------------------------------------------------

// Begins a JSON object as the answer, status 200 unless one was set.
void api_begin(struct ctx *ctx, struct jw *w);
// Ends it. INTERNAL when the answer became too large.
MUST_CHECK bool api_end(struct ctx *ctx, struct jw *w, struct error *err);
// 201 with Location; call before api_begin().
void api_created(struct ctx *ctx, struct str url);
// 204 without a body.
void api_no_content(struct ctx *ctx);
// {"count":{"value":N,"refreshed_at":…}}
MUST_CHECK bool api_count_write(struct ctx *ctx, int64_t value, struct error *err);

// The answer to an error, in the API's shapes. An INVALID with a field becomes RecordInvalid with
// details; with a word but no field, {"error":word,"description":…}.
void api_write_error(struct ctx *ctx, const struct error *err);
// The same (422) with everything that was wrong. Returns true: the request is answered.
bool api_write_problems(struct ctx *ctx, const struct problems *problems);

// --- reading ------------------------------------------------------------------------------------

// The object below `key` of the JSON body ({"user":{…}}). A form-encoded body with names such as
// user[name] and user[tags][] counts as the same. BAD_REQUEST when the body is no JSON or has no
// such object.
MUST_CHECK bool api_body(struct ctx *ctx, const char *key, struct jr_value *ret, struct error *err);
// The whole body; absent when it is empty.
MUST_CHECK bool api_body_whole(struct ctx *ctx, struct jr_value *ret, struct error *err);
// A text that may stand in the address or in the body, {"name":"…"}; absent when in neither.
MUST_CHECK bool api_said(struct ctx *ctx, const char *name, struct str *ret, struct error *err);

#define API_BATCH_MAX 100

// A list parameter: name=1,2,3 and name[]=1&name[]=2. BAD_REQUEST when a value is no id or there
// are more than API_BATCH_MAX. *ret_given tells an empty list from none.
MUST_CHECK bool api_ids(struct ctx *ctx, const char *name, int64_t **ret, size_t *ret_count,
                        bool *ret_given, struct error *err);
MUST_CHECK bool api_texts(struct ctx *ctx, const char *name, struct str **ret, size_t *ret_count,
                          bool *ret_given, struct error *err);
// Whether ?include= names this; nested forms like tickets(users) name both.
bool api_includes(struct ctx *ctx, const char *name);

// --- paging -------------------------------------------------------------------------------------

// A row's place in the order of a list: its id and, when sorted by something else, that value.
struct api_key {
    int64_t id;
    int64_t value;
    struct str text;
};

// What part of a list was asked for: by number (page, per_page) or by cursor (page[size],
// page[after], page[before]).
struct api_page {
    bool cursor;
    int64_t size;    // rows on a page
    int64_t number;  // from 1, by number only
    int64_t offset;  // rows to skip, by number only
    bool backwards;  // page[before]: the rows before `key`
    bool keyed;      // `key` is set: go on from there
    struct api_key key;
    struct str sort;  // field of sort= or sort_by=, absent when not given
    bool descending;  // sort=-field, sort_order=desc
};

#define API_OFFSET_MOST 10000

// Sizes above the maximum (100) are cut to it. BAD_REQUEST (InvalidPaginationParameter) for a
// broken cursor or pages beyond API_OFFSET_MOST rows.
MUST_CHECK bool api_page_parse(struct ctx *ctx, struct api_page *ret, struct error *err);
// How many rows to ask the room for: by cursor one more than shown, to know whether there are more.
int64_t api_page_limit(const struct api_page *page);
// Whether the rows must be read in descending order, given the list's natural one.
bool api_page_descending(const struct api_page *page, bool naturally);

// A key as an opaque cursor, and back; false for what is none.
struct str api_cursor(mem_ctx *ctx, const struct api_key *key);
MUST_CHECK bool api_cursor_parse(mem_ctx *ctx, struct str cursor, struct api_key *ret);
// This request's address with one parameter put in or replaced: another place in the list.
struct str api_link(struct ctx *ctx, const char *name, struct str value);

// What was found.
struct api_found {
    int64_t total;  // by number: all that match; not used by cursor
    size_t count;   // rows to show
    bool more;      // by cursor: there are rows further in the direction of travel
    struct api_key first;
    struct api_key last;
};

// Cuts the row too many, and turns pages that were read backwards. `rows` are `count` rows of
// `row_size` bytes; afterwards ret->count of them are to be shown, and first and last must be set.
void api_page_cut(const struct api_page *page, void *rows, size_t row_size, size_t count,
                  struct api_found *ret);
// count, next_page and previous_page; or meta and links.
void api_page_write(struct ctx *ctx, struct jw *w, const struct api_page *page,
                    const struct api_found *found);
// The part of a whole list that a page shows. Rows have their id at `id_at`; SIZE_MAX: their place
// counts. *ret points at ret_found->count rows.
MUST_CHECK bool api_slice(struct ctx *ctx, const struct api_page *page, const void *rows,
                          size_t row_size, size_t count, size_t id_at, void **ret,
                          struct api_found *ret_found, struct error *err);

// Keys by an id member of the rows: api_page_keys(&found, users, id.v) sets first and last.
#define api_page_keys(found, rows, member)                                                         \
    do {                                                                                           \
        if ((found)->count > 0) {                                                                  \
            (found)->first.id = (rows)[0].member;                                                  \
            (found)->last.id = (rows)[(found)->count - 1].member;                                  \
        }                                                                                          \
    } while (0)

#endif
