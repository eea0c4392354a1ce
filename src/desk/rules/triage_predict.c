// SPDX-License-Identifier: GPL-3.0-or-later
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "desk/rules/triage_internal.h"

size_t triage_label_count(const struct triage_model *model)
{
    return model->label_count;
}

struct str triage_label_name(const struct triage_model *model, size_t index)
{
    return model->labels[index];
}

static void add_row(const struct triage_model *model, uint32_t slot, float value,
                    float *restrict hidden)
{
    const int8_t *restrict row = model->rows + (size_t)slot * model->hidden;
    float by = value * model->row_scales[slot];
    for (size_t h = 0; h < model->hidden; h++) {
        hidden[h] += by * (float)row[h];
    }
}

static void hidden_layer(const struct triage_model *model, const struct triage_bag *bag,
                         float *hidden)
{
    memcpy(hidden, model->bias, model->hidden * sizeof(*hidden));
    for (size_t i = 0; i < bag->count; i++) {
        add_row(model, bag->items[i] >> 8, triage_bag_value(bag, &model->dict, i), hidden);
    }
}

static int guess_compare(const void *a, const void *b)
{
    const struct triage_guess *x = a;
    const struct triage_guess *y = b;
    if (x->probability != y->probability) {
        return x->probability > y->probability ? -1 : 1;
    }
    return str_cmp(x->label, y->label);
}

// Returns the best label's number.
static size_t weigh_labels(const struct triage_model *model, const float *hidden,
                           struct triage_guess *guesses)
{
    size_t best = 0;
    for (size_t k = 0; k < model->label_count; k++) {
        const float *out = model->out + k * model->hidden;
        float score = model->out_bias[k];
        for (size_t h = 0; h < model->hidden; h++) {
            score += hidden[h] > 0 ? hidden[h] * out[h] : 0;
        }
        guesses[k] =
            (struct triage_guess){model->labels[k], (double)score / (double)model->temperature};
        best = guesses[k].probability > guesses[best].probability ? k : best;
    }
    double most = guesses[best].probability;
    double sum = 0;
    for (size_t k = 0; k < model->label_count; k++) {
        guesses[k].probability = exp(guesses[k].probability - most);
        sum += guesses[k].probability;
    }
    for (size_t k = 0; k < model->label_count; k++) {
        guesses[k].probability /= sum;
    }
    qsort(guesses, model->label_count, sizeof(*guesses), guess_compare);
    return best;
}

// The rectifiers that are on for this text make the network linear around it: what a unit adds to
// the best label, beyond what it adds to the mean of all.
static void slope_of(const struct triage_model *model, const float *hidden, size_t best,
                     float *slope)
{
    for (size_t h = 0; h < model->hidden; h++) {
        float mean = 0;
        for (size_t k = 0; k < model->label_count; k++) {
            mean += model->out[k * model->hidden + h];
        }
        mean /= (float)model->label_count;
        slope[h] = hidden[h] > 0 ? model->out[best * model->hidden + h] - mean : 0;
    }
}

static float feature_weight(const struct triage_model *model, uint32_t hash, float scale,
                            const float *restrict slope)
{
    uint32_t slot = 0;
    if (!triage_dict_find(&model->dict, hash, &slot)) {
        return 0;
    }
    const int8_t *restrict row = model->rows + (size_t)slot * model->hidden;
    float sum = 0;
    for (size_t h = 0; h < model->hidden; h++) {
        sum += slope[h] * (float)row[h];
    }
    return sum * model->row_scales[slot] * (float)model->dict.weights[slot] * scale;
}

struct word_weight {
    uint32_t hash;
    struct triage_reason reason;
};

static int word_compare(const void *a, const void *b)
{
    const struct word_weight *x = a;
    const struct word_weight *y = b;
    if (x->hash != y->hash) {
        return x->hash < y->hash ? -1 : 1;
    }
    return x->reason.word.ptr < y->reason.word.ptr ? -1 : 1;
}

static int reason_compare(const void *a, const void *b)
{
    const struct triage_reason *x = a;
    const struct triage_reason *y = b;
    if (x->weight != y->weight) {
        return x->weight > y->weight ? -1 : 1;
    }
    return x->word.ptr < y->word.ptr ? -1 : x->word.ptr > y->word.ptr;
}

// Sorts, joins the same words, keeps those that speak for the label. Returns how many.
static size_t join_words(struct word_weight *words, size_t count, struct triage_reason *ret)
{
    qsort(words, count, sizeof(*words), word_compare);
    size_t kept = 0;
    for (size_t i = 0; i < count;) {
        struct triage_reason reason = words[i].reason;
        size_t next = i + 1;
        while (next < count && words[next].hash == words[i].hash) {
            reason.weight += words[next++].reason.weight;
        }
        if (reason.weight > 0) {
            ret[kept++] = reason;
        }
        i = next;
    }
    qsort(ret, kept, sizeof(*ret), reason_compare);
    return kept;
}

static void explain(mem_ctx *ctx, const struct triage_model *model, struct str text,
                    const struct triage_bag *bag, const float *slope, struct triage_verdict *ret)
{
    struct str begin = str_utf8_clip(text, TRIAGE_MAX_TEXT);
    struct word_weight *words = NULL;
    size_t count = 0;
    size_t capacity = 0;
    struct triage_word word;
    size_t at = 0;
    while (count < TRIAGE_MAX_WORDS && triage_next_word(begin, &at, &word)) {
        if (count == capacity) {
            capacity = capacity == 0 ? 64 : 2 * capacity;
            words = mem_grow(ctx, words, struct word_weight, capacity);
        }
        float weight = feature_weight(model, word.hash, bag->word_scale, slope);
        for (size_t i = 0; i < word.piece_count; i++) {
            weight += feature_weight(model, word.pieces[i], bag->piece_scale, slope);
        }
        double shown = (double)weight / (double)model->temperature;
        words[count++] = (struct word_weight){word.hash, {word.text, shown}};
    }
    if (count > 0) {
        ret->reasons = mem_array(ctx, struct triage_reason, count);
        ret->reason_count = join_words(words, count, ret->reasons);
    }
    mem_free(words);
}

void triage_predict(mem_ctx *ctx, const struct triage_model *model, struct str text,
                    size_t max_reasons, struct triage_verdict *ret)
{
    mem_ctx *scratch = mem_ctx_new(ctx, "predict");
    struct triage_bag bag;
    triage_bag_fill(scratch, &model->dict, text, &bag);
    float hidden[TRIAGE_MAX_HIDDEN];
    hidden_layer(model, &bag, hidden);
    *ret = (struct triage_verdict){.guess_count = model->label_count};
    ret->guesses = mem_array(ctx, struct triage_guess, model->label_count);
    size_t best = weigh_labels(model, hidden, ret->guesses);
    if (max_reasons > 0) {
        float slope[TRIAGE_MAX_HIDDEN];
        slope_of(model, hidden, best, slope);
        explain(ctx, model, text, &bag, slope, ret);
        ret->reason_count = ret->reason_count < max_reasons ? ret->reason_count : max_reasons;
    }
    mem_free(scratch);
}
