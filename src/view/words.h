// SPDX-License-Identifier: GPL-3.0-or-later
//
// The languages of pages and mails. English stands in the templates and in C; the others are
// gettext catalogues (src/view/po/*.po), checked and compiled by msgfmt and carried inside the
// program. docs/translating.md says how words get there.
#ifndef STEWARD_VIEW_WORDS_H
#define STEWARD_VIEW_WORDS_H

#include "base/str.h"

struct words_language {
    const char *code;  // BCP 47, as kept in a person's locale
    const char *name;  // as those who speak it write it
};

// All languages that pages speak, English first.
const struct words_language *words_languages(size_t *ret_count);

// A compiled catalogue; made by tools/embed.
struct catalogue {
    const char *code;  // "de"
    struct str file;
};
extern const struct catalogue CATALOGUES[];
extern const size_t CATALOGUE_COUNT;

// The code of that language in words_languages(); NULL when pages do not speak it.
const char *words_spoken(struct str code);

// The catalogue of "de" or "de-AT"; NULL when words stay English.
const struct catalogue *words_catalogue(struct str locale);

// Which of the languages that a browser asks for (Accept-Language; RFC 9110, 12.5.4) pages speak
// best; "en-US" for none. `header` may be absent.
struct str words_accepted(struct str header);

// The translation of an English text; the text itself where the catalogue lacks it or is NULL.
struct str words_find(const struct catalogue *catalogue, struct str english);

// The plural categories of Unicode CLDR (TR 35, part 3, "Language Plural Rules").
enum plural {
    PLURAL_ZERO,
    PLURAL_ONE,
    PLURAL_TWO,
    PLURAL_FEW,
    PLURAL_MANY,
    PLURAL_OTHER,
};

// The form of `words` for a number of that category. Words without '|' have one form for all;
// with one they are "one|other", with five "zero|one|two|few|many|other".
struct str words_form(struct str words, enum plural plural);

#endif
