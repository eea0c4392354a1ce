// SPDX-License-Identifier: GPL-3.0-or-later
//
// Triage: that it learns, says why, does not depend on chance, and that damaged models are refused.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <string.h>

#include "base/random.h"
#include "desk/rules/triage.h"

enum { EXAMPLES = 300 };

static void *root;

// Three kinds of tickets: one word each that tells, among words that all have.
static void make_examples(struct triage_example *examples)
{
    static const char *const filler[] = {"please", "hello", "since", "monday", "thanks", "urgent"};
    static const char *const telling[3][4] = {
        {"printer", "toner", "paper", "scanner"},
        {"password", "login", "account", "locked"},
        {"Rechnung", "Bestellung", "Lieferung", "Angebot"},
    };
    static const char *const labels[] = {"hardware", "access", "purchase"};
    for (int i = 0; i < EXAMPLES; i++) {
        struct str text = str_printf(root, "%s %s %s %s", filler[(i / 3) % 6], filler[(i / 18) % 6],
                                     telling[i % 3][(i / 6) % 4], filler[(i / 7) % 6]);
        examples[i] = (struct triage_example){text, str_c(labels[i % 3])};
    }
}

static struct triage_model *trained(uint64_t seed)
{
    struct triage_example examples[EXAMPLES];
    make_examples(examples);
    struct triage_params params = {.seed = seed, .hidden = 32};
    struct triage_model *model = NULL;
    struct error err = {0};
    assert_true(triage_train(root, examples, EXAMPLES, &params, &model, &err));
    return model;
}

static struct triage_verdict predict(const struct triage_model *model, const char *text)
{
    struct triage_verdict verdict;
    triage_predict(root, model, str_c(text), 3, &verdict);
    double sum = 0;
    for (size_t i = 0; i < verdict.guess_count; i++) {
        sum += verdict.guesses[i].probability;
        assert_true(i == 0 || verdict.guesses[i].probability <= verdict.guesses[i - 1].probability);
    }
    assert_true(fabs(sum - 1) < 1e-9);
    return verdict;
}

static void assert_guess(const struct triage_model *model, const char *text, const char *label,
                         const char *reason)
{
    struct triage_verdict verdict = predict(model, text);
    assert_string_equal(str_cstr(root, verdict.guesses[0].label), label);
    assert_true(verdict.guesses[0].probability > 0.8);
    assert_true(verdict.reason_count > 0);
    assert_string_equal(str_cstr(root, verdict.reasons[0].word), reason);
    assert_true(verdict.reasons[0].weight > 0);
}

static void learns_and_says_why(void **state)
{
    (void)state;
    const struct triage_model *model = trained(1);
    assert_int_equal(triage_label_count(model), 3);
    assert_string_equal(triage_label_name(model, 0).ptr, "access");
    assert_guess(model, "Hello, my PRINTER is broken since Monday", "hardware", "PRINTER");
    assert_guess(model, "cannot login, please", "access", "login");
    // Pieces of words: a compound and a misspelling that no example has.
    assert_guess(model, "Nachbestellung bitte", "purchase", "Nachbestellung");
    assert_guess(model, "my pasword please", "access", "pasword");
}

static void unknown_words_leave_it_unsure(void **state)
{
    (void)state;
    const struct triage_model *model = trained(1);
    struct triage_verdict verdict = predict(model, "");
    assert_int_equal(verdict.reason_count, 0);
    assert_true(verdict.guesses[0].probability < 0.8);
    (void)predict(model, "\xFF\xFE 日本 \xC3");
}

static void same_seed_same_bytes(void **state)
{
    (void)state;
    struct str a = triage_model_save(root, trained(7));
    struct str b = triage_model_save(root, trained(7));
    struct str c = triage_model_save(root, trained(8));
    assert_true(str_eq(a, b));
    assert_false(str_eq(a, c));
}

static void reads_back_what_it_saved(void **state)
{
    (void)state;
    const struct triage_model *model = trained(3);
    struct str bytes = triage_model_save(root, model);
    struct triage_model *again = NULL;
    struct error err = {0};
    assert_true(triage_model_load(root, bytes, &again, &err));
    assert_true(str_eq(triage_model_save(root, again), bytes));
    struct triage_verdict a = predict(model, "the scanner has no paper");
    struct triage_verdict b = predict(again, "the scanner has no paper");
    assert_true(a.guesses[0].probability == b.guesses[0].probability);
    assert_int_equal(a.reason_count, b.reason_count);
}

static void assert_refused(struct str bytes)
{
    struct triage_model *model = NULL;
    struct error err = {0};
    assert_false(triage_model_load(root, bytes, &model, &err));
    assert_int_equal(err.code, ERR_INVALID);
    assert_null(model);
}

static void refuses_damaged_models(void **state)
{
    (void)state;
    struct str bytes = triage_model_save(root, trained(3));
    assert_refused(STR(""));
    assert_refused(str_sub(bytes, 0, bytes.len - 1));
    char *copy = mem_text_n(root, bytes.ptr, bytes.len);
    for (size_t i = 0; i < bytes.len; i += bytes.len / 50) {
        copy[i] ^= 0x20;
        assert_refused((struct str){copy, bytes.len});
        copy[i] ^= 0x20;
    }
}

// With a checksum that fits: each field of the header, one byte of it at a time.
static void refuses_contradictions(void **state)
{
    (void)state;
    struct str bytes = triage_model_save(root, trained(3));
    char *copy = mem_text_n(root, bytes.ptr, bytes.len);
    for (size_t i = 0; i < 16; i++) {
        copy[i] ^= 0x41;
        struct hash sum = hash_sha256((struct str){copy, bytes.len - HASH_SIZE});
        memcpy(copy + bytes.len - HASH_SIZE, sum.bytes, HASH_SIZE);
        assert_refused((struct str){copy, bytes.len});
        copy[i] ^= 0x41;
    }
}

static void refuses_what_cannot_be_learnt(void **state)
{
    (void)state;
    struct triage_example examples[] = {{STR("a"), STR("x")}, {STR("b"), STR("x")}};
    struct triage_model *model = NULL;
    struct error err = {0};
    assert_false(triage_train(root, examples, 0, NULL, &model, &err));
    assert_false(triage_train(root, examples, 2, NULL, &model, &err));
    assert_int_equal(err.code, ERR_INVALID);
    examples[1].label = STR("");
    assert_false(triage_train(root, examples, 2, NULL, &model, &err));
    examples[1].label = STR("y");
    struct triage_params params = {.hidden = 512, .max_features = 100000};
    assert_false(triage_train(root, examples, 2, &params, &model, &err));
    assert_true(triage_train(root, examples, 2, NULL, &model, &err));
}

static int set_up(void **state)
{
    (void)state;
    random_init();
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
        cmocka_unit_test(learns_and_says_why),
        cmocka_unit_test(unknown_words_leave_it_unsure),
        cmocka_unit_test(same_seed_same_bytes),
        cmocka_unit_test(reads_back_what_it_saved),
        cmocka_unit_test(refuses_damaged_models),
        cmocka_unit_test(refuses_contradictions),
        cmocka_unit_test(refuses_what_cannot_be_learnt),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
