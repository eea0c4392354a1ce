// SPDX-License-Identifier: GPL-3.0-or-later
//
// What the files of triage share: from text to features, and the model's parts.
#ifndef STEWARD_DESK_RULES_TRIAGE_INTERNAL_H
#define STEWARD_DESK_RULES_TRIAGE_INTERNAL_H

#include "desk/rules/triage.h"

enum {
    TRIAGE_MAX_TEXT = 16 * 1024,
    TRIAGE_MAX_WORDS = 4096,  // of a text
    TRIAGE_MAX_PIECES = 64,   // of a word
    TRIAGE_MAX_FEATURES = 1 << 20,
    TRIAGE_MAX_HIDDEN = 512,
    TRIAGE_MAX_TIMES = 255,  // a feature counts at most so often in one text
};

// A word and the hashes of its features: the word itself, and its pieces of four characters
// (two in scripts that write ideas).
struct triage_word {
    struct str text;
    uint32_t hash;
    uint32_t pieces[TRIAGE_MAX_PIECES];
    size_t piece_count;
};

// The word at or after *at; false at the end of the text.
bool triage_next_word(struct str text, size_t *at, struct triage_word *ret);

// The features that the model knows: slot i stands for hashes[i], ascending. `weights` is from 1 to
// 255: full for features in at most a tenth of the texts, falling to nothing for what is in all.
struct triage_dict {
    size_t count;
    uint32_t *hashes;
    uint8_t *weights;
    uint32_t *table;  // open addressing: slot + 1, 0 for free
    size_t mask;
};

// Builds the table; the rest is set.
void triage_dict_index(mem_ctx *ctx, struct triage_dict *dict);
// false when it is not known.
bool triage_dict_find(const struct triage_dict *dict, uint32_t hash, uint32_t *ret_slot);

// A text as features: items[i] is slot << 8 | times; words first, then pieces. A feature's value is
// times * weight * the scale of its part; words have length 1 together, pieces 0.5.
struct triage_bag {
    uint32_t *items;
    uint32_t count;
    uint32_t words;
    float word_scale;
    float piece_scale;
};

void triage_bag_fill(mem_ctx *ctx, const struct triage_dict *dict, struct str text,
                     struct triage_bag *ret);
float triage_bag_value(const struct triage_bag *bag, const struct triage_dict *dict, size_t item);

struct triage_model {
    struct triage_dict dict;
    size_t hidden;
    struct str *labels;
    size_t label_count;
    int8_t *rows;       // [slot][hidden], to be multiplied by
    float *row_scales;  // [slot]
    float *bias;        // [hidden]
    float *out;         // [label][hidden]
    float *out_bias;    // [label]
    float temperature;
};

// Bytes that the model takes when saved.
uint64_t triage_model_bytes(uint64_t features, uint64_t hidden, uint64_t labels,
                            uint64_t label_text_bytes);

#endif
