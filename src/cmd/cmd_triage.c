// SPDX-License-Identifier: GPL-3.0-or-later
//
// steward triage: how well the classifier learns from somebody's own tickets.
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "base/clock.h"
#include "cmd/command.h"
#include "cmd/triage_data.h"
#include "desk/rules/triage.h"

static const char ABOUT[] =
    "steward triage evaluate --train CSV --test CSV\n"
    "    learns the categories from one file, guesses those of the other, and prints how often it\n"
    "    was right: accuracy, macro_f1, and f1 for each category, as lines of name and value\n"
    "steward triage bench --data CSV\n"
    "    does so five times with a fifth of one file held back, and measures time and size\n"
    "\n"
    "The files have a header line naming the columns text and category; they may be compressed by\n"
    "gzip.";

struct triage_options {
    const char *train;
    const char *test;
    const char *data;
};

static int fail(const struct error *err)
{
    (void)fprintf(stderr, "steward triage: %s\n", err->message);
    return err->code == ERR_NOT_FOUND ? EX_NOINPUT : EX_DATAERR;
}

static void guess_all(mem_ctx *ctx, const struct triage_model *model,
                      const struct triage_data *data, struct triage_score *score)
{
    for (size_t i = 0; i < data->count; i++) {
        mem_ctx *turn = mem_ctx_new(ctx, "ticket");
        struct triage_verdict verdict;
        triage_predict(turn, model, data->examples[i].text, 0, &verdict);
        triage_score_add(score, data->examples[i].label, &verdict.guesses[0]);
        mem_free(turn);
    }
}

static int run_evaluate(mem_ctx *ctx, const struct triage_options *options)
{
    struct error err = {0};
    struct triage_data train;
    struct triage_data test;
    struct triage_model *model = NULL;
    if (!triage_data_read(ctx, options->train, &train, &err) ||
        !triage_data_read(ctx, options->test, &test, &err) ||
        !triage_train(ctx, train.examples, train.count, NULL, &model, &err)) {
        return fail(&err);
    }
    if (test.count == 0) {
        (void)fprintf(stderr, "steward triage: %s has no tickets.\n", options->test);
        return EX_DATAERR;
    }
    struct triage_score score;
    triage_score_init(ctx, &test, &score);
    guess_all(ctx, model, &test, &score);
    printf("accuracy %.4f\n", triage_score_accuracy(&score));
    printf("macro_f1 %.4f\n", triage_score_macro_f1(&score));
    for (size_t k = 0; k < score.label_count; k++) {
        printf("f1 " STR_FMT " %.4f\n", STR_ARG(score.labels[k]), triage_score_f1(&score, k));
    }
    return EX_OK;
}

struct bench {
    const struct triage_data *data;
    const int *part;
    struct triage_score score;
    int64_t train_us;
    int64_t guess_us;
    size_t model_bytes;
};

enum { FOLDS = 5 };

static bool bench_fold(mem_ctx *ctx, struct bench *bench, int fold, struct error *err)
{
    struct triage_data train = {0};
    struct triage_data test = {0};
    train.examples = mem_array(ctx, struct triage_example, bench->data->count + 1);
    test.examples = mem_array(ctx, struct triage_example, bench->data->count + 1);
    for (size_t i = 0; i < bench->data->count; i++) {
        struct triage_data *to = bench->part[i] == fold ? &test : &train;
        to->examples[to->count++] = bench->data->examples[i];
    }
    struct triage_model *model = NULL;
    int64_t start = clock_monotonic_us();
    if (!triage_train(ctx, train.examples, train.count, NULL, &model, err)) {
        return false;
    }
    int64_t trained = clock_monotonic_us();
    guess_all(ctx, model, &test, &bench->score);
    bench->guess_us += clock_monotonic_us() - trained;
    bench->train_us += trained - start;
    size_t bytes = triage_model_save(ctx, model).len;
    bench->model_bytes = bytes > bench->model_bytes ? bytes : bench->model_bytes;
    return true;
}

// Reasons are what pages show: measured apart, on a thousand texts.
static double reason_us(mem_ctx *ctx, const struct triage_data *data, struct error *err)
{
    struct triage_model *model = NULL;
    size_t count = data->count < 1000 ? data->count : 1000;
    if (!triage_train(ctx, data->examples, count, NULL, &model, err)) {
        return 0;
    }
    int64_t start = clock_monotonic_us();
    for (size_t i = 0; i < count; i++) {
        mem_ctx *turn = mem_ctx_new(ctx, "ticket");
        struct triage_verdict verdict;
        triage_predict(turn, model, data->examples[i].text, 5, &verdict);
        mem_free(turn);
    }
    return (double)(clock_monotonic_us() - start) / (double)count;
}

static int run_bench(mem_ctx *ctx, const struct triage_options *options)
{
    struct error err = {0};
    struct triage_data data;
    if (!triage_data_read(ctx, options->data, &data, &err)) {
        return fail(&err);
    }
    int *part = mem_array(ctx, int, data.count + 1);
    triage_data_fold(ctx, &data, FOLDS, 1, part);
    struct bench bench = {.data = &data, .part = part};
    triage_score_init(ctx, &data, &bench.score);
    for (int fold = 0; fold < FOLDS; fold++) {
        mem_ctx *turn = mem_ctx_new(ctx, "fold");
        bool good = bench_fold(turn, &bench, fold, &err);
        mem_free(turn);
        if (!good) {
            return fail(&err);
        }
    }
    struct triage_model *model = NULL;
    int64_t start = clock_monotonic_us();
    if (!triage_train(ctx, data.examples, data.count, NULL, &model, &err)) {
        return fail(&err);
    }
    double all_s = (double)(clock_monotonic_us() - start) / 1e6;
    printf("tickets %zu\n", data.count);
    printf("accuracy %.4f\n", triage_score_accuracy(&bench.score));
    printf("least_f1 %.4f\n", triage_score_least_f1(&bench.score));
    printf("macro_f1 %.4f\n", triage_score_macro_f1(&bench.score));
    printf("believed %.4f\n", bench.score.expected / (double)bench.score.count);
    printf("train_s %.2f\n", all_s);
    printf("train_fold_s %.2f\n", (double)bench.train_us / 1e6 / FOLDS);
    printf("predict_us %.1f\n", (double)bench.guess_us / (double)bench.score.count);
    printf("reasons_us %.1f\n", reason_us(ctx, &data, &err));
    printf("model_bytes %zu\n", bench.model_bytes);
    return EX_OK;
}

int cmd_triage(int argc, char **argv)
{
    static const struct option OPTIONS[] = {
        {"train", "CSV", false, "for evaluate: tickets to learn from"},
        {"test", "CSV", false, "for evaluate: tickets to be measured on"},
        {"data", "CSV", false, "for bench: tickets for both"},
    };
    struct given given;
    switch (options_read(argc, argv, ABOUT, OPTIONS, sizeof OPTIONS / sizeof *OPTIONS, &given)) {
    case OPTIONS_DONE:
        return EX_OK;
    case OPTIONS_WRONG:
        return EX_USAGE;
    case OPTIONS_GO_ON:
        break;
    }
    struct triage_options options = {given_value(&given, "train"), given_value(&given, "test"),
                                     given_value(&given, "data")};
    const char *word = given.word_count == 1 ? given.words[0] : "";
    bool evaluate = strcmp(word, "evaluate") == 0 && options.train != NULL &&
                    options.test != NULL && options.data == NULL;
    bool bench = strcmp(word, "bench") == 0 && options.data != NULL && options.train == NULL &&
                 options.test == NULL;
    if (!evaluate && !bench) {
        (void)fprintf(stderr, "steward triage: say evaluate with --train and --test, or bench with "
                              "--data.\n");
        return EX_USAGE;
    }
    mem_ctx *ctx = mem_ctx_new(NULL, "triage");
    int status = evaluate ? run_evaluate(ctx, &options) : run_bench(ctx, &options);
    mem_free(ctx);
    return status;
}
