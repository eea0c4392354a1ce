// SPDX-License-Identifier: GPL-3.0-or-later
//
// Text as it is compared when case and accents do not matter: "Größe" and "grosse", "SIÉGE" and
// "siege" are the same. For classifiers and word rules; sorting for people is ICU's business.
#ifndef STEWARD_BASE_FOLD_H
#define STEWARD_BASE_FOLD_H

#include "base/str.h"

struct fold_char {
    uint32_t from;  // the character as it stands in the text; U+FFFD for a broken byte
    size_t start;   // where its bytes stand
    size_t len;
    bool word;      // a letter, digit or mark of any script: part of a word
    char bytes[4];  // what it folds to; nothing for combining marks
    size_t count;   // how many of them
};

// Takes the character at *at and moves on; false at the end. Latin letters lose case and accents
// (sharp s becomes ss, ligatures their letters), Greek and Cyrillic ones their case; all else stays
// as it is.
bool fold_next(struct str text, size_t *at, struct fold_char *ret);

// All of it folded.
struct str fold_text(const mem_ctx *ctx, struct str text);

#endif
