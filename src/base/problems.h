// SPDX-License-Identifier: GPL-3.0-or-later
//
// Everything that is wrong with a form or a JSON body, collected, so that a person mends it in one
// go. `struct error` carries one trouble; this carries one for each field.
#ifndef STEWARD_BASE_PROBLEMS_H
#define STEWARD_BASE_PROBLEMS_H

#include "base/error.h"
#include "base/str.h"

struct problem {
    struct str field;    // as the API or the form names it, "base" for the whole
    const char *word;    // BlankValue, InvalidValue, TooLong …; see errors in the API's contract
    struct str message;  // a sentence for the person
};

// Collects at most PROBLEMS_MAX; more are counted out silently, the first ones matter.
#define PROBLEMS_MAX 50

struct problems {
    const mem_ctx *ctx;  // the texts live here
    struct problem *items;
    size_t count;
};

void problems_init(struct problems *problems, const mem_ctx *ctx);
// `word` is a literal.
void problems_add(struct problems *problems, struct str field, const char *word,
                  const char *message, ...) PRINTF_LIKE(4, 5);
// Takes over an error that names a field, as room functions return it.
void problems_add_error(struct problems *problems, const struct error *err);
// The message for that field, absent when it is fine.
struct str problems_of(const struct problems *problems, const char *field);
// True when there are none; otherwise false with the first one in *err (INVALID).
MUST_CHECK bool problems_none(const struct problems *problems, struct error *err);

#endif
