// SPDX-License-Identifier: GPL-3.0-or-later
//
// The search language that programs send (GET /api/v2/search): words, "phrases", beginnings*,
// -negations and fields compared with values. This only takes the text apart; what the fields mean
// is the business of who searches. Nothing is an error: text that is no field is a word.
#ifndef STEWARD_DESK_TICKETS_SEARCH_QUERY_H
#define STEWARD_DESK_TICKETS_SEARCH_QUERY_H

#include "base/str.h"

#define SEARCH_TERMS_MAX 64
#define SEARCH_TEXT_MAX 4096

enum search_op { SEARCH_IS, SEARCH_LESS, SEARCH_LESS_EQUAL, SEARCH_GREATER, SEARCH_GREATER_EQUAL };

struct search_term {
    struct str key;  // lower-cased; "" for a free word
    enum search_op op;
    struct str value;  // without quotes
    bool negative;
    bool quoted;
};

// Kinds of records, as bits.
enum {
    SEARCH_TICKETS = 1 << 0,
    SEARCH_USERS = 1 << 1,
    SEARCH_ORGANIZATIONS = 1 << 2,
    SEARCH_GROUPS = 1 << 3,
    SEARCH_ALL = SEARCH_TICKETS | SEARCH_USERS | SEARCH_ORGANIZATIONS | SEARCH_GROUPS,
};

struct search_query {
    struct search_term terms[SEARCH_TERMS_MAX];
    size_t count;
    unsigned types;       // of type:; SEARCH_ALL when not said, 0 when only unknown ones
    struct str order_by;  // of order_by:, absent when not said
    bool ascending;       // sort:asc
};

// Longer texts are cut at SEARCH_TEXT_MAX, more terms than SEARCH_TERMS_MAX dropped. Texts live in
// `ctx` or borrow from `text`.
void search_parse(mem_ctx *ctx, struct str text, struct search_query *ret);

// A point or span of time: "2024-05-01" is that day, an ISO time its second, "4hours", "2days",
// "1week", "3months" and "1years" that long before `now`. The end is not part of it. False when it
// is none of these.
MUST_CHECK bool search_time(struct str text, int64_t now, int64_t *ret_from, int64_t *ret_to);

// The bit of a type's name; 0 for unknown ones.
unsigned search_type(struct str name);

#endif
