// SPDX-License-Identifier: GPL-3.0-or-later
#include "view/words.h"

#include <string.h>

#include "http/negotiate.h"

#define FORMS_MAX 6

static const struct words_language LANGUAGES[] = {
    {"en-US", "English"}, {"de", "Deutsch"}, {"es", "Español"},
    {"fr", "Français"},   {"ar", "العربية"}, {"ja", "日本語"},
};

#define LANGUAGE_COUNT (sizeof LANGUAGES / sizeof *LANGUAGES)

const struct words_language *words_languages(size_t *ret_count)
{
    *ret_count = LANGUAGE_COUNT;
    return LANGUAGES;
}

const char *words_spoken(struct str code)
{
    for (size_t i = 0; i < LANGUAGE_COUNT; i++) {
        if (str_eq_c(code, LANGUAGES[i].code)) {
            return LANGUAGES[i].code;
        }
    }
    return NULL;
}

static struct str language_of(struct str locale)
{
    size_t n = 0;
    while (n < locale.len && locale.ptr[n] != '-' && locale.ptr[n] != '_') {
        n++;
    }
    return str_sub(locale, 0, n);
}

const struct catalogue *words_catalogue(struct str locale)
{
    struct str language = language_of(locale);
    for (size_t i = 0; i < CATALOGUE_COUNT; i++) {
        if (str_ieq(language, str_c(CATALOGUES[i].code))) {
            return &CATALOGUES[i];
        }
    }
    return NULL;
}

struct str words_accepted(struct str header)
{
    struct str offered[LANGUAGE_COUNT];
    for (size_t i = 0; i < LANGUAGE_COUNT; i++) {
        offered[i] = str_c(LANGUAGES[i].code);
    }
    return offered[http_choose_language(header, offered, LANGUAGE_COUNT, 0)];
}

// --- the files, as gettext's manual describes them under "The Format of GNU MO Files" ---

enum mo_at { MO_COUNT = 8, MO_ENGLISH = 12, MO_WORDS = 16 };

static uint32_t mo_u32(struct str file, size_t at)
{
    uint32_t value = 0;
    if (at + sizeof value <= file.len) {
        memcpy(&value, file.ptr + at, sizeof value);
    }
    return value;
}

// Entry `i` of the table at `table`: a length and an offset.
static struct str mo_text(struct str file, uint32_t table, uint32_t i)
{
    uint32_t length = mo_u32(file, table + 8 * (size_t)i);
    uint32_t offset = mo_u32(file, table + 8 * (size_t)i + 4);
    return str_sub(file, offset, length);
}

// The English texts of a file are sorted by their bytes.
struct str words_find(const struct catalogue *catalogue, struct str english)
{
    // The empty text stands for the file's own header.
    if (catalogue == NULL || english.len == 0) {
        return english;
    }
    struct str file = catalogue->file;
    uint32_t table = mo_u32(file, MO_ENGLISH);
    uint32_t low = 0;
    uint32_t high = mo_u32(file, MO_COUNT);
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        int order = str_cmp(english, mo_text(file, table, middle));
        if (order == 0) {
            return mo_text(file, mo_u32(file, MO_WORDS), middle);
        }
        if (order < 0) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    return english;
}

struct str words_form(struct str words, enum plural plural)
{
    struct str forms[FORMS_MAX];
    size_t count = 0;
    struct str rest = words;
    while (count < FORMS_MAX && str_next(&rest, '|', &forms[count])) {
        count++;
    }
    if (count == FORMS_MAX) {
        return forms[plural];
    }
    return count < 2 ? words : plural == PLURAL_ONE ? forms[0] : forms[count - 1];
}
