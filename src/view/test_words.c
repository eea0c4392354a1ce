// SPDX-License-Identifier: GPL-3.0-or-later
//
// The catalogues: what they know, and that each translation can take the place of its English.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "view/put.h"
#include "view/site.h"
#include "view/words.h"

#define ASSERT_STR(a, b) assert_string_equal(str_cstr(ctx, a), b)

static mem_ctx *ctx;

static int begin(void **state)
{
    (void)state;
    ctx = mem_ctx_new(NULL, "words");
    return 0;
}

static int end(void **state)
{
    (void)state;
    mem_free(ctx);
    return 0;
}

static void chooses_what_the_browser_asks_for(void **state)
{
    (void)state;
    ASSERT_STR(words_accepted(STR_NONE), "en-US");
    ASSERT_STR(words_accepted(STR("*")), "en-US");
    ASSERT_STR(words_accepted(STR("de-AT,de;q=0.9,en;q=0.5")), "de");
    ASSERT_STR(words_accepted(STR("nl, fr;q=0.4, ja;q=0.8")), "ja");
    ASSERT_STR(words_accepted(STR("nl")), "en-US");
    assert_null(words_catalogue(STR("en-GB")));
    assert_null(words_catalogue(STR("")));
    assert_string_equal(words_catalogue(STR("de-AT"))->code, "de");
    assert_string_equal(words_catalogue(STR("FR"))->code, "fr");
}

static void unknown_words_stay_english(void **state)
{
    (void)state;
    const struct catalogue *german = words_catalogue(STR("de"));
    ASSERT_STR(words_find(german, STR("zanzibar, zanzibar")), "zanzibar, zanzibar");
    ASSERT_STR(words_find(german, STR("")), "");
    ASSERT_STR(words_find(NULL, STR("Sign in")), "Sign in");
    ASSERT_STR(words_find(german, STR("Sign in")), "Anmelden");
}

static void forms_follow_the_language(void **state)
{
    (void)state;
    static const struct {
        const char *locale;
        int64_t number;
        enum plural plural;
    } CASES[] = {
        {"en", 1, PLURAL_ONE},      {"en", 0, PLURAL_OTHER},   {"fr", 0, PLURAL_ONE},
        {"fr", 2, PLURAL_OTHER},    {"ja", 1, PLURAL_OTHER},   {"ar", 0, PLURAL_ZERO},
        {"ar", 1, PLURAL_ONE},      {"ar", 2, PLURAL_TWO},     {"ar", 7, PLURAL_FEW},
        {"ar", 11, PLURAL_MANY},    {"ar", 100, PLURAL_OTHER}, {"de", 1, PLURAL_ONE},
        {"de-AT", 5, PLURAL_OTHER},
    };
    struct view v;
    view_init(&v, NULL, ctx);
    v.site = view_site_new(ctx);
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        view_reader(&v, str_c(CASES[i].locale), STR("UTC"));
        assert_int_equal(view_plural(&v, CASES[i].number), CASES[i].plural);
    }
    struct str arabic = STR("z|o|t|f|m|x");
    ASSERT_STR(words_form(arabic, PLURAL_ZERO), "z");
    ASSERT_STR(words_form(arabic, PLURAL_FEW), "f");
    ASSERT_STR(words_form(arabic, PLURAL_OTHER), "x");
    ASSERT_STR(words_form(STR("one|many"), PLURAL_ONE), "one");
    ASSERT_STR(words_form(STR("one|many"), PLURAL_MANY), "many");
    ASSERT_STR(words_form(STR("same"), PLURAL_ONE), "same");
}

// --- all translations ---

static size_t count_of(struct str text, struct str part)
{
    size_t count = 0;
    ptrdiff_t at;
    while ((at = str_find(text, part)) >= 0) {
        text = str_from(text, (size_t)at + part.len);
        count++;
    }
    return count;
}

// Whether each {name} of `from` is in `in`; a brace that is never closed begins no name.
static bool has_names(struct str from, struct str in)
{
    ptrdiff_t at;
    while ((at = str_find_char(from, '{')) >= 0) {
        from = str_from(from, (size_t)at);
        ptrdiff_t close = str_find_char(from, '}');
        if (close < 0) {
            return true;
        }
        if (str_find(in, str_sub(from, 0, (size_t)close + 1)) < 0) {
            return false;
        }
        from = str_from(from, (size_t)close + 1);
    }
    return true;
}

static size_t forms_of(const char *code)
{
    return strcmp(code, "ar") == 0 ? 6 : strcmp(code, "ja") == 0 ? 1 : 2;
}

static uint32_t number_at(struct str file, size_t at)
{
    uint32_t n;
    assert_true(at + sizeof n <= file.len);
    memcpy(&n, file.ptr + at, sizeof n);
    return n;
}

static void check_file(const struct catalogue *catalogue)
{
    struct str file = catalogue->file;
    uint32_t count = number_at(file, 8);
    uint32_t table = number_at(file, 12);
    for (uint32_t i = 1; i < count; i++) {
        struct str english = str_sub(file, number_at(file, table + 8 * (size_t)i + 4),
                                     number_at(file, table + 8 * (size_t)i));
        struct str words = words_find(catalogue, english);
        size_t bars = count_of(words, STR("|"));
        bool good = words.len > 0 && has_names(words, english);
        if (str_find_char(english, '|') >= 0) {
            good = good && bars + 1 == forms_of(catalogue->code);
        } else {
            good = good && bars == 0 && has_names(english, words);
        }
        if (!good) {
            fail_msg("%s: \"" STR_FMT "\" cannot be \"" STR_FMT "\"", catalogue->code,
                     STR_ARG(english), STR_ARG(words));
        }
    }
}

static void translations_fit_their_english(void **state)
{
    (void)state;
    assert_int_equal(CATALOGUE_COUNT, 5);
    for (size_t i = 0; i < CATALOGUE_COUNT; i++) {
        check_file(&CATALOGUES[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(chooses_what_the_browser_asks_for),
        cmocka_unit_test(unknown_words_stay_english),
        cmocka_unit_test(forms_follow_the_language),
        cmocka_unit_test(translations_fit_their_english),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
