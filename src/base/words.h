// SPDX-License-Identifier: GPL-3.0-or-later
//
// Sets of words kept as one text: lower-cased, unique, sorted, one space between. Tags of tickets,
// people and organisations, and domains.
#ifndef STEWARD_BASE_WORDS_H
#define STEWARD_BASE_WORDS_H

#include "base/str.h"

#define WORDS_MAX 100
#define WORD_MAX_BYTES 100

// Takes the next word, split at white space and commas, off *rest; false at the end.
bool words_next(struct str *rest, struct str *ret_word);
bool words_has(struct str words, struct str word);
// Both sets without those in `remove`. Words beyond WORDS_MAX are dropped, long ones are cut.
struct str words_combine(mem_ctx *ctx, struct str words, struct str add, struct str remove);
struct str words_normalise(mem_ctx *ctx, struct str words);

#endif
