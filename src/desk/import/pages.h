// SPDX-License-Identifier: GPL-3.0-or-later
//
// Reads what the exports of a desk with the same API are made of: pages as the API answers them
// ({"tickets":[…],"users":[…],"end_time":…}), bare lists, and lines that are one object each. The
// lists that are known are found; all else is passed over. No input or output: the fuzzer drives
// it.
//
// What a bare list or object is says the file's name: tickets.jsonl, users-0007.json,
// comments/12.json.
#ifndef STEWARD_DESK_IMPORT_PAGES_H
#define STEWARD_DESK_IMPORT_PAGES_H

#include "json/json.h"

enum import_kind {
#define KIND(name, word, plural, plain) IMPORT_##name,
#include "desk/import/kinds.def"
#undef KIND
    IMPORT_KIND_COUNT
};

struct str import_kind_word(enum import_kind kind);
// The key of lists, as in paths of the API.
const char *import_kind_plural(enum import_kind kind);
const char *import_kind_plain(enum import_kind kind);

// Some objects of one kind.
struct import_list {
    enum import_kind kind;
    struct jr_value items;  // a list, or the one object
    size_t count;
    int64_t ticket;  // comments: whose they are, where the list or the file's name says so; or 0
};

struct import_piece {
    struct import_list lists[IMPORT_KIND_COUNT];
    size_t count;
};

// `path` is the file's below the folder. BAD_REQUEST when the text is no JSON. A text without
// anything that is known gives no list.
MUST_CHECK bool import_piece_read(mem_ctx *ctx, struct str path, struct str text,
                                  struct import_piece *ret, struct error *err);
struct jr_value import_list_at(const struct import_list *list, size_t index);
// The ticket that a comment belongs to: it says so itself, or its list does; 0 when nobody does.
int64_t import_comment_ticket(const struct import_list *list, struct jr_value comment);
// Milliseconds of a member with an RFC 3339 time, 0 without one.
int64_t import_time(struct jr_value object, const char *key);
// An id above zero, else 0.
int64_t import_id(struct jr_value object, const char *key);

#endif
