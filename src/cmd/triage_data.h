// SPDX-License-Identifier: GPL-3.0-or-later
//
// Labelled texts in files, and how well a triage model does on them.
#ifndef STEWARD_CMD_TRIAGE_DATA_H
#define STEWARD_CMD_TRIAGE_DATA_H

#include "base/error.h"
#include "desk/rules/triage.h"

struct triage_data {
    struct triage_example *examples;
    size_t count;
};

// A CSV file with a header line that names at least the columns `text` and `category`; compressed
// by gzip or not. Fails with NOT_FOUND when it cannot be read, with INVALID when it is no such
// file.
MUST_CHECK bool triage_data_read(mem_ctx *ctx, const char *path, struct triage_data *ret,
                                 struct error *err);

// Right and wrong, by label.
struct triage_score {
    struct str *labels;  // in order of their names
    size_t *texts;       // with this label
    size_t *guessed;     // as this label
    size_t *right;
    size_t label_count;
    size_t count;
    size_t all_right;
    double expected;  // sum of the probabilities of the guesses: all_right when well calibrated
};

// All labels that stand in the data.
void triage_score_init(mem_ctx *ctx, const struct triage_data *data, struct triage_score *ret);
void triage_score_add(struct triage_score *score, struct str truth,
                      const struct triage_guess *guess);
double triage_score_accuracy(const struct triage_score *score);
// 0 when a label is never guessed right.
double triage_score_f1(const struct triage_score *score, size_t label);
double triage_score_macro_f1(const struct triage_score *score);
double triage_score_least_f1(const struct triage_score *score);

// The parts that stratified cross-validation trains and tests on: part[i] is from 0 to `folds` - 1,
// each label spread evenly, shuffled by `seed`.
void triage_data_fold(mem_ctx *ctx, const struct triage_data *data, int folds, uint64_t seed,
                      int *part);

#endif
