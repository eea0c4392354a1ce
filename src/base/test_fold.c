// SPDX-License-Identifier: GPL-3.0-or-later
//
// Folding: what is the same word in spite of case and accents.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/fold.h"

static void folds_case_and_accents(void **state)
{
    static const struct {
        const char *text, *folded;
    } cases[] = {
        {"Straße GRÖSSE", "strasse grosse"},
        {"déjà vu, Œuvre", "deja vu, oeuvre"},
        {"¿Cuándo? Año", "¿cuando? ano"},
        {"Ærø Łódź Þór", "aero lodz thor"},
        {"e\u0301te\u0301", "ete"},
        {"ĲSSELMEER ŉ", "ijsselmeer n"},
        {"ПРИВЕТ Ё", "привет ё"},
        {"ΑΘΗΝΑ", "αθηνα"},
        {"Việt Nam \u1E9E", "viet nam ss"},
        {"日本語 × ÷", "日本語 × ÷"},
        {"a\xFF\xC3(", "a\xFF\xC3("},
        {"", ""},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_string_equal(fold_text(*state, str_c(cases[i].text)).ptr, cases[i].folded);
    }
}

static void tells_words_from_marks(void **state)
{
    (void)state;
    struct str text = STR("a1é日ß.\u00A0\u2019\u20AC\u2014\U0001F600_ \xFF");
    size_t at = 0;
    struct fold_char c;
    for (int i = 0; fold_next(text, &at, &c); i++) {
        assert_int_equal(c.word, i < 5);
    }
}

static int set_up(void **state)
{
    *state = mem_ctx_new(NULL, "test");
    return 0;
}

static int tear_down(void **state)
{
    mem_free(*state);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(folds_case_and_accents),
        cmocka_unit_test(tells_words_from_marks),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
