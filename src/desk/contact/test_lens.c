// SPDX-License-Identifier: GPL-3.0-or-later
//
// The lens's machinery: tokens and sentences, the language of rules, context, what a hit says. How
// well the rules themselves do is test_lens_sentences.c.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "base/buf.h"
#include "desk/contact/lens.h"
#include "desk/contact/lens_internal.h"

static void *root;

// Sentences in brackets, tokens as folded words with their marks behind them.
static struct str tokens_of(struct str text, const struct lens_context *context)
{
    static const char marks[] = {'^', 'n', 'C', 'E', 'P', 'R', 't', 'O', '?'};
    struct buf out;
    buf_init(&out, root, 10000);
    struct lens_sentence sentence;
    size_t at = 0;
    while (lens_next_sentence(text, context, &at, &sentence)) {
        buf_put_char(&out, '[');
        for (size_t i = 1; i < sentence.count; i++) {
            const struct lens_token *token = &sentence.tokens[i];
            buf_put_c(&out, i > 1 ? " " : "");
            buf_put(&out, (struct str){token->word, token->len});
            for (int mark = 0; mark < LENS_MARK_COUNT; mark++) {
                if ((token->marks >> mark & 1) != 0) {
                    buf_put_char(&out, marks[mark]);
                }
            }
        }
        buf_put_char(&out, ']');
    }
    return buf_str(&out);
}

static void assert_tokens(const char *text, const char *tokens)
{
    assert_string_equal(tokens_of(str_c(text), NULL).ptr, tokens);
}

static void cuts_words_and_sentences(void **state)
{
    (void)state;
    assert_tokens("We're late. It hasn't come!", "[we are late][it has not come]");
    assert_tokens("We can’t, dont and won't", "[we can not do not and will not]");
    assert_tokens("L'équipe n'a qu'un technicien.", "[l equipe n a qu un technicien]");
    assert_tokens("Größe: short-staffed", "[grosse short staffed]");
    assert_tokens("Mr. Smith e.g. at 3.5 km. Yes", "[mr smithC e g at 3.5n km][yes]");
    assert_tokens("one\ntwo\n\nthree\n- four\n2. five", "[one two][three][four][2n five]");
    assert_tokens("Is it? Yes", "[is it ?][yes]");
    assert_tokens("", "");
    assert_tokens("... !!! \n\n ?", "");
}

static void knows_numbers_addresses_and_references(void **state)
{
    (void)state;
    assert_tokens("write to jane.doe@example.com, please", "[write to E please]");
    assert_tokens("write to support@example.com", "[write to O]");
    assert_tokens("call +44 20 7946 0958 or (030) 123456-7", "[call P or P]");
    assert_tokens("on 2026-11-23 or 23.11.2026 at 17:30",
                  "[on 2026n 11n 23n or 23.11.2026n at 17:30nt]");
    assert_tokens("see INC0012345 and #17 at 5pm", "[see R and R at 5pmnt]");
}

static void knows_what_is_own(void **state)
{
    (void)state;
    struct str own[] = {STR("@example.net"), STR("Jane Doe"), STR("020 7946 0958")};
    struct lens_context context = {own, 3};
    struct str text = STR("to a.b@example.net or x@example.org, Jane, John, +44 20 7946 0958");
    assert_string_equal(tokens_of(text, &context).ptr, "[to O or E janeO johnC O]");
}

static void passes_over_quotations(void **state)
{
    (void)state;
    assert_tokens("> our vendor\n> is slow\nThank you.\n> again\nBye", "[thank you][bye]");
    assert_tokens("Hello\n>quoted\n", "[hello]");
}

static struct lens *loaded(const char *extra)
{
    struct lens *lens = NULL;
    struct error err = {0};
    if (!lens_load(root, str_c(extra), &lens, &err)) {
        fail_msg("%s %s", err.message, err.detail);
    }
    return lens;
}

static struct lens_hits read_text(const struct lens *lens, const char *text, const char *language)
{
    struct lens_hits hits;
    lens_read(root, lens, str_c(text), str_c(language), NULL, &hits);
    return hits;
}

// Whether the rule, alone in a language of its own, finds the text.
static bool finds(const char *rule, const char *text)
{
    const char *rules = mem_printf(root, "language xx\nkind tier\nwhy w\nsay s\n%s\n", rule);
    struct lens *lens = NULL;
    struct error err = {0};
    if (!lens_load_rules(root, str_c(rules), &lens, &err)) {
        fail_msg("%s: %s", rule, err.message);
    }
    return read_text(lens, text, "xx").count > 0;
}

static void matches_patterns(void **state)
{
    (void)state;
    static const struct {
        const char *rule, *text;
        bool found;
    } cases[] = {
        {"leak red dog", "a RED dog", true},
        {"leak red dog", "a red old dog", false},
        {"leak red ..1 dog", "a red old dog", true},
        {"leak red ..1 dog", "a red and old dog", false},
        {"leak red .. dog", "a red and old big dog", true},
        {"leak red dog", "a red. Dog", false},
        {"leak red old? dog", "a red dog", true},
        {"leak red old? dog", "a red old dog", true},
        {"leak (red|dark blue) dog", "a dark blue dog", true},
        {"leak (red|dark blue) dog", "a dark dog", false},
        {"leak (red|(dark|light) (blue|green)) dog", "a light green dog", true},
        {"leak dog*", "doghouse", true},
        {"leak *dog", "hotdog", true},
        {"leak *dog", "hotdogs", false},
        {"leak *ogh*", "doghouse", true},
        {"leak *dog*", "dog", true},
        {"leak can't", "we cannot or can not", true},
        {"leak größe", "Groesse, groesse", true},
        {"leak größe", "Grosse", true},
        {"leak #num dogs", "3 dogs", true},
        {"leak #num dogs", "three dogs", false},
        {"leak ^ dog", "Dog eats", true},
        {"leak ^ dog", "a dog eats", false},
        {"leak red & dog", "the dog is really very red", true},
        {"leak red & dog ~ 3", "the dog is really very red", false},
        {"leak red & dog", "the dog. It is red.", false},
        {"leak red dog ! hot", "a hot red dog", false},
        {"leak red dog ! hot ! cold ..2 dog", "a cold red dog", false},
        {"leak red dog\nfine cold", "a cold red dog", false},
        {"leak! red dog\nfine cold", "a cold red dog", true},
        {"leak red dog\nkind all\nfine cold", "a cold red dog", false},
        {"class c = red | dark blue\nclass d = {c} dog\nleak {d}", "dark blue dog", true},
        {"class c = red\nclass c = pink\nleak {c} dog", "pink dog", true},
        {"leak red\n  dog", "red dog", true},
        {"leak red ..2 (old|)? dog", "red dog", true},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        if (finds(cases[i].rule, cases[i].text) != cases[i].found) {
            fail_msg("%s / %s", cases[i].rule, cases[i].text);
        }
    }
}

static void names_the_line_of_a_mistake(void **state)
{
    (void)state;
    static const struct {
        const char *rules, *message;
    } cases[] = {
        {"leak a", "Line 1: Rules begin with 'language' and its code."},
        {"language xx\n\n# comment\nleak a", "Line 4: 'leak' belongs below a kind."},
        {"language xx\nkind speed",
         "Line 2: A kind is deadline, vendor, tier, staffing, blame, data, or all."},
        {"language xx\nkind tier\nleak (a", "Line 3: A '(' is never closed."},
        {"language xx\nkind tier\nleak a)", "Line 3: ')' does not belong here."},
        {"language xx\nkind tier\nleak {a", "Line 3: A '{' is never closed."},
        {"language xx\nkind tier\nleak {a}", "Line 3: There is no class 'a'."},
        {"language xx\nkind tier\nleak a?",
         "Line 3: A pattern must have a word that is not optional."},
        {"language xx\nkind tier\nleak",
         "Line 3: A pattern must have a word that is not optional."},
        {"language xx\nkind tier\nleak a ..x b", "Line 3: A gap is .. or ..1 to ..60."},
        {"language xx\nkind tier\nleak *", "Line 3: There is a word without letters."},
        {"language xx\nkind tier\nleak #what", "Line 3: There is no mark '#what'."},
        {"language xx\nclass a = {a}", "Line 2: A class cannot be part of itself."},
        {"language xx\nclass a = {b}\nclass b = {a}\nkind tier\nleak {a}",
         "Line 5: Brackets or classes stand too deep in each other."},
        {"language xx\nsomething", "Line 2: 'something' is no beginning of a line."},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct lens *lens = NULL;
        struct error err = {0};
        assert_false(lens_load_rules(root, str_c(cases[i].rules), &lens, &err));
        assert_int_equal(err.code, ERR_INVALID);
        assert_string_equal(err.message, cases[i].message);
    }
}

static void says_where_and_why(void **state)
{
    (void)state;
    const struct lens *lens = loaded(NULL);
    const char *text = "Hello,\n\nour vendor has not answered. I escalated it to tier 2.";
    struct lens_hits hits = read_text(lens, text, NULL);
    assert_int_equal(hits.count, 2);
    assert_int_equal(hits.list[0].kind, LENS_VENDOR);
    assert_int_equal(hits.list[1].kind, LENS_TIER);
    struct str words = str_sub(str_c(text), hits.list[0].start, hits.list[0].len);
    assert_true(str_starts(words, STR("our vendor")));
    assert_true(hits.list[0].reason.len > 20 && hits.list[0].wording.len > 20);
}

static void reads_in_the_languages_of_the_text(void **state)
{
    (void)state;
    const struct lens *lens = loaded(NULL);
    static const char *const leaks[] = {
        "Our supplier has not come back to us yet.",
        "Unser Lieferant hat sich noch nicht gemeldet.",
        "Nuestro proveedor todavía no ha contestado.",
        "Notre fournisseur n'a pas encore répondu.",
    };
    for (size_t i = 0; i < 4; i++) {
        struct lens_hits hits = read_text(lens, leaks[i], NULL);
        assert_int_equal(hits.count, 1);
        assert_int_equal(lens_strongest(&hits), LENS_VENDOR);
    }
    assert_true(lens_knows_language(lens, STR("fr")));
    assert_false(lens_knows_language(lens, STR("xx")));
}

static void administrators_extend_what_is_there(void **state)
{
    (void)state;
    const char *text = "The people at Zyxo are looking into it.";
    assert_int_equal(read_text(loaded(NULL), text, "en").count, 0);
    const char *extra = "language en\nclass brand = zyxo\nkind vendor\nleak at {brand}\n";
    assert_int_equal(read_text(loaded(extra), text, "en").count, 1);
}

static void survives_odd_texts(void **state)
{
    (void)state;
    const struct lens *lens = loaded(NULL);
    struct buf text;
    buf_init(&text, root, 200000);
    for (int i = 0; i < 10000; i++) {
        buf_put_c(&text, "our vendor ");
    }
    assert_true(read_text(lens, buf_str(&text).ptr, "en").count > 0);
    assert_int_equal(read_text(lens, "\xFF\xFE\xC3", NULL).count, 0);
    assert_int_equal(read_text(lens, ">", NULL).count, 0);
    assert_int_equal(read_text(lens, "", NULL).count, 0);
}

static int set_up(void **state)
{
    (void)state;
    root = mem_ctx_new(NULL, "test");
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    mem_free(root);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cuts_words_and_sentences),
        cmocka_unit_test(knows_numbers_addresses_and_references),
        cmocka_unit_test(knows_what_is_own),
        cmocka_unit_test(passes_over_quotations),
        cmocka_unit_test(matches_patterns),
        cmocka_unit_test(names_the_line_of_a_mistake),
        cmocka_unit_test(says_where_and_why),
        cmocka_unit_test(reads_in_the_languages_of_the_text),
        cmocka_unit_test(administrators_extend_what_is_there),
        cmocka_unit_test(survives_odd_texts),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
