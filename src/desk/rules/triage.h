// SPDX-License-Identifier: GPL-3.0-or-later
//
// Triage: which label (group, category, priority, language…) a text deserves, learnt from texts
// that people labelled. A small network: the hashed words and 4-character pieces of words of a text
// are added up as rows of a table (an "embedding bag"), go through one hidden layer of rectifiers,
// and give one score a label; trained by stochastic gradient descent on the cross-entropy. The
// pieces let unseen forms, compounds and misspellings count. What it says is calibrated by a
// temperature fitted on texts held out [Guo et al. 2017, "On Calibration of Modern Neural
// Networks"], so that 0.8 means right four times out of five.
//
// Chosen by measuring, see docs/decisions/triage.md. Everything is deterministic: the same examples
// in the same order and the same seed give the same bytes on machines with the same arithmetic.
#ifndef STEWARD_DESK_RULES_TRIAGE_H
#define STEWARD_DESK_RULES_TRIAGE_H

#include "base/error.h"
#include "base/str.h"

enum {
    TRIAGE_MAX_LABELS = 1024,
    TRIAGE_MAX_LABEL_BYTES = 255,
    TRIAGE_MAX_MODEL_BYTES = 16 * 1024 * 1024,
};

struct triage_example {
    struct str text;
    struct str label;
};

// Zero takes the default.
struct triage_params {
    uint64_t seed;
    size_t max_features;  // 40,000 words and pieces; the rarest go first
    size_t hidden;        // 128 units; rounded up to a multiple of 16
    int epochs;           // 4, more when there are few examples
};

struct triage_model;

// Learns from n examples. Fails with INVALID when they have fewer than two or too many labels, an
// empty or overlong label, or when the params would give a model above TRIAGE_MAX_MODEL_BYTES.
// Needs about 60 MiB and, on one core, 5 s for 38,000 tickets; call it from a job. Only the first
// 16 KiB of a text count, here and when predicting.
MUST_CHECK bool triage_train(mem_ctx *ctx, const struct triage_example *examples, size_t n,
                             const struct triage_params *params, struct triage_model **ret,
                             struct error *err);

// A model is never changed once made: threads may share it.
size_t triage_label_count(const struct triage_model *model);
struct str triage_label_name(const struct triage_model *model, size_t index);

struct triage_guess {
    struct str label;
    double probability;
};

// A word that spoke for the best label, as it first stands in the text, and by how much: the sum of
// its occurrences' parts in the logarithm of the odds against an average other label.
struct triage_reason {
    struct str word;
    double weight;
};

struct triage_verdict {
    struct triage_guess *guesses;  // all labels, most probable first; they sum to 1
    size_t guess_count;
    struct triage_reason *reasons;  // heaviest first; only words that speak for guesses[0]
    size_t reason_count;
};

// `max_reasons` may be 0 where nobody asks why: that is faster. A text with no known word gets what
// is most common. Labels borrow from the model, words from the text.
void triage_predict(mem_ctx *ctx, const struct triage_model *model, struct str text,
                    size_t max_reasons, struct triage_verdict *ret);

// The model as bytes, for the database or a file; and back. Loading takes bytes from outside:
// anything but what triage_model_save() wrote is refused with INVALID.
struct str triage_model_save(mem_ctx *ctx, const struct triage_model *model);
MUST_CHECK bool triage_model_load(mem_ctx *ctx, struct str bytes, struct triage_model **ret,
                                  struct error *err);

#endif
