// SPDX-License-Identifier: GPL-3.0-or-later
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "desk/rules/triage_internal.h"

enum {
    DEFAULT_FEATURES = 40000,
    DEFAULT_HIDDEN = 128,
    HIDDEN_STEP = 16,
    MIN_EPOCHS = 4,
    MAX_EPOCHS = 20,
    STEPS_WANTED = 24000,  // few examples are seen more often
    RARE_FROM = 2000,      // with so many examples, features of a single one are left out
    HELD_OUT = 10,         // each tenth example is for the temperature
    MIN_FOR_HOLDING = 100,
};

static const float LEARNING_RATE = 0.5F;
static const float BIAS_RATE = 0.1F;   // of the learning rate
static const float OUT_RATE = 0.05F;   // likewise
static const float ROW_START = 0.05F;  // random weights at the start are within ±
static const float OUT_START = 0.3F;

struct sample {
    struct triage_bag bag;
    uint32_t label;
};

struct net {
    size_t hidden;
    size_t labels;
    float *rows;  // [slot][hidden]
    float *bias;
    float *out;  // [label][hidden]
    float *out_bias;
};

struct trainer {
    mem_ctx *ctx;  // freed with what only training needs
    struct triage_model *model;
    struct sample *samples;
    size_t count;
    uint32_t *order;
    int epochs;
    uint64_t random;
};

// --- which labels and features there are --------------------------------------------------------

struct label_index {
    struct str name;
    uint32_t number;
};

static int label_compare(const void *a, const void *b)
{
    return str_cmp(((const struct label_index *)a)->name, ((const struct label_index *)b)->name);
}

// Numbers the different labels in the order of their names.
static bool learn_labels(struct trainer *t, const struct triage_example *examples,
                         struct error *err)
{
    struct label_index *sorted = mem_array(t->ctx, struct label_index, t->count + 1);
    for (size_t i = 0; i < t->count; i++) {
        if (str_empty(examples[i].label) || examples[i].label.len > TRIAGE_MAX_LABEL_BYTES) {
            return error_set(err, ERR_INVALID, "A label has from 1 to %d bytes.",
                             TRIAGE_MAX_LABEL_BYTES);
        }
        sorted[i] = (struct label_index){examples[i].label, (uint32_t)i};
    }
    qsort(sorted, t->count, sizeof(*sorted), label_compare);
    struct triage_model *model = t->model;
    model->labels = mem_array(model, struct str, TRIAGE_MAX_LABELS);
    for (size_t i = 0; i < t->count; i++) {
        if (i == 0 || !str_eq(sorted[i - 1].name, sorted[i].name)) {
            if (model->label_count == TRIAGE_MAX_LABELS) {
                return error_set(err, ERR_INVALID, "There are more than %d labels.",
                                 TRIAGE_MAX_LABELS);
            }
            model->labels[model->label_count++] = str_dup(model, sorted[i].name);
        }
        t->samples[sorted[i].number].label = (uint32_t)model->label_count - 1;
    }
    return model->label_count >= 2 ||
           error_set(err, ERR_INVALID, "Learning needs examples of at least two labels.");
}

struct feature {
    uint32_t hash;
    uint32_t texts;  // in how many texts it is
    uint32_t last;   // the text that counted last, from 1
};

struct counter {
    mem_ctx *ctx;
    struct feature *table;
    size_t size;  // a power of two
    size_t used;
};

static struct feature *feature_slot(const struct counter *counter, uint32_t hash)
{
    size_t i = hash & (counter->size - 1);
    while (counter->table[i].texts != 0 && counter->table[i].hash != hash) {
        i = (i + 1) & (counter->size - 1);
    }
    return &counter->table[i];
}

static void counter_double(struct counter *counter)
{
    struct feature *old = counter->table;
    size_t old_size = counter->size;
    counter->size = old_size == 0 ? 1 << 16 : 2 * old_size;
    counter->table = mem_array(counter->ctx, struct feature, counter->size);
    for (size_t i = 0; i < old_size; i++) {
        if (old[i].texts != 0) {
            *feature_slot(counter, old[i].hash) = old[i];
        }
    }
    mem_free(old);
}

static void count_feature(struct counter *counter, uint32_t hash, uint32_t text)
{
    // What is new after so many different features is rare and would be dropped anyway.
    const size_t most = 1 << 22;
    struct feature *feature = feature_slot(counter, hash);
    if (feature->texts == 0) {
        if (counter->used == most) {
            return;
        }
        counter->used++;
        feature->hash = hash;
    }
    if (feature->last != text) {
        feature->last = text;
        feature->texts++;
    }
    if (2 * counter->used > counter->size) {
        counter_double(counter);
    }
}

static int by_texts(const void *a, const void *b)
{
    const struct feature *x = a;
    const struct feature *y = b;
    if (x->texts != y->texts) {
        return x->texts > y->texts ? -1 : 1;
    }
    return x->hash < y->hash ? -1 : x->hash > y->hash;
}

static int by_hash(const void *a, const void *b)
{
    const struct feature *x = a;
    const struct feature *y = b;
    return x->hash < y->hash ? -1 : x->hash > y->hash;
}

static uint8_t feature_weight(uint32_t texts, size_t all)
{
    float share = logf((float)all / (float)texts) / logf(10);
    float weight = roundf(255 * fminf(share, 1));
    return weight < 1 ? 1 : (uint8_t)weight;
}

static void learn_features(struct trainer *t, const struct triage_example *examples,
                           size_t max_features)
{
    struct counter counter = {.ctx = t->ctx};
    counter_double(&counter);
    struct triage_word word;
    for (size_t n = 0; n < t->count; n++) {
        struct str text = str_utf8_clip(examples[n].text, TRIAGE_MAX_TEXT);
        size_t at = 0;
        for (int w = 0; w < TRIAGE_MAX_WORDS && triage_next_word(text, &at, &word); w++) {
            count_feature(&counter, word.hash, (uint32_t)n + 1);
            for (size_t i = 0; i < word.piece_count; i++) {
                count_feature(&counter, word.pieces[i], (uint32_t)n + 1);
            }
        }
    }
    uint32_t least = t->count >= RARE_FROM ? 2 : 1;
    size_t kept = 0;
    for (size_t i = 0; i < counter.size; i++) {
        if (counter.table[i].texts >= least) {
            counter.table[kept++] = counter.table[i];
        }
    }
    qsort(counter.table, kept, sizeof(*counter.table), by_texts);
    kept = kept < max_features ? kept : max_features;
    qsort(counter.table, kept, sizeof(*counter.table), by_hash);

    struct triage_dict *dict = &t->model->dict;
    dict->count = kept;
    dict->hashes = mem_array(t->model, uint32_t, kept + 1);
    dict->weights = mem_array(t->model, uint8_t, kept + 1);
    for (size_t i = 0; i < kept; i++) {
        dict->hashes[i] = counter.table[i].hash;
        dict->weights[i] = feature_weight(counter.table[i].texts, t->count);
    }
    triage_dict_index(t->model, dict);
    mem_free(counter.table);
}

// --- the network --------------------------------------------------------------------------------

// xorshift64* (S. Vigna, 2016): fast, repeatable, not for secrets.
static uint32_t next_random(struct trainer *t)
{
    t->random ^= t->random >> 12;
    t->random ^= t->random << 25;
    t->random ^= t->random >> 27;
    return (uint32_t)((t->random * 0x2545F4914F6CDD1D) >> 32);
}

static void randomize(struct trainer *t, float *weights, size_t count, float within)
{
    for (size_t i = 0; i < count; i++) {
        weights[i] = ((float)next_random(t) / 2147483648.0F - 1) * within;
    }
}

static void net_init(struct trainer *t, struct net *net)
{
    net->hidden = t->model->hidden;
    net->labels = t->model->label_count;
    net->rows = mem_array(t->ctx, float, t->model->dict.count * net->hidden + 1);
    net->bias = mem_array(t->ctx, float, net->hidden);
    net->out = mem_array(t->ctx, float, net->labels * net->hidden);
    net->out_bias = mem_array(t->ctx, float, net->labels);
    randomize(t, net->rows, t->model->dict.count * net->hidden, ROW_START);
    randomize(t, net->out, net->labels * net->hidden, OUT_START);
}

// The inner loops; `n` is a multiple of HIDDEN_STEP, which lets the compiler use vectors.
static void add_scaled(float *restrict to, const float *restrict from, float by, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        to[i] += by * from[i];
    }
}

static float dot(const float *restrict a, const float *restrict b, size_t n)
{
    float sums[HIDDEN_STEP] = {0};
    for (size_t i = 0; i < n; i += HIDDEN_STEP) {
        for (size_t j = 0; j < HIDDEN_STEP; j++) {
            sums[j] += a[i + j] * b[i + j];
        }
    }
    float sum = 0;
    for (size_t j = 0; j < HIDDEN_STEP; j++) {
        sum += sums[j];
    }
    return sum;
}

static void net_forward(const struct trainer *t, const struct net *net,
                        const struct triage_bag *bag, float *hidden, float *scores)
{
    memcpy(hidden, net->bias, net->hidden * sizeof(*hidden));
    for (size_t i = 0; i < bag->count; i++) {
        const float *row = net->rows + (size_t)(bag->items[i] >> 8) * net->hidden;
        add_scaled(hidden, row, triage_bag_value(bag, &t->model->dict, i), net->hidden);
    }
    for (size_t h = 0; h < net->hidden; h++) {
        hidden[h] = hidden[h] > 0 ? hidden[h] : 0;
    }
    for (size_t k = 0; k < net->labels; k++) {
        scores[k] = net->out_bias[k] + dot(hidden, net->out + k * net->hidden, net->hidden);
    }
}

// scores become the gradient: what the label wants minus what the network believes.
static void scores_to_gradient(float *scores, size_t labels, uint32_t label)
{
    float most = scores[0];
    for (size_t k = 1; k < labels; k++) {
        most = scores[k] > most ? scores[k] : most;
    }
    float sum = 0;
    for (size_t k = 0; k < labels; k++) {
        scores[k] = expf(scores[k] - most);
        sum += scores[k];
    }
    for (size_t k = 0; k < labels; k++) {
        scores[k] = (k == label ? 1.0F : 0.0F) - scores[k] / sum;
    }
}

static void net_learn(const struct trainer *t, struct net *net, const struct sample *sample,
                      float rate)
{
    float hidden[TRIAGE_MAX_HIDDEN];
    float back[TRIAGE_MAX_HIDDEN] = {0};
    float gradient[TRIAGE_MAX_LABELS] = {0};
    net_forward(t, net, &sample->bag, hidden, gradient);
    scores_to_gradient(gradient, net->labels, sample->label);
    for (size_t k = 0; k < net->labels; k++) {
        float *out = net->out + k * net->hidden;
        add_scaled(back, out, gradient[k], net->hidden);
        add_scaled(out, hidden, rate * OUT_RATE * gradient[k], net->hidden);
        net->out_bias[k] += rate * BIAS_RATE * gradient[k];
    }
    for (size_t h = 0; h < net->hidden; h++) {
        back[h] = hidden[h] > 0 ? back[h] * rate : 0;
    }
    add_scaled(net->bias, back, BIAS_RATE, net->hidden);
    for (size_t i = 0; i < sample->bag.count; i++) {
        float *row = net->rows + (size_t)(sample->bag.items[i] >> 8) * net->hidden;
        add_scaled(row, back, triage_bag_value(&sample->bag, &t->model->dict, i), net->hidden);
    }
}

static void shuffle(struct trainer *t, uint32_t *order, size_t count)
{
    for (size_t i = count; i > 1; i--) {
        size_t j = next_random(t) % i;
        uint32_t other = order[j];
        order[j] = order[i - 1];
        order[i - 1] = other;
    }
}

static void net_train(struct trainer *t, struct net *net, uint32_t *order, size_t count)
{
    net_init(t, net);
    float step = LEARNING_RATE / ((float)t->epochs * (float)count);
    float rate = LEARNING_RATE;
    for (int epoch = 0; epoch < t->epochs; epoch++) {
        shuffle(t, order, count);
        for (size_t i = 0; i < count; i++) {
            net_learn(t, net, &t->samples[order[i]], rate);
            rate = rate > step ? rate - step : step;
        }
    }
}

// --- how sure it may be -------------------------------------------------------------------------

// The mean of -log p(right label) when the scores are divided by the temperature.
static double held_out_loss(const float *scores, const uint32_t *labels, size_t count,
                            size_t label_count, double temperature)
{
    double loss = 0;
    for (size_t i = 0; i < count; i++) {
        const float *s = scores + i * label_count;
        double sum = 0;
        for (size_t k = 0; k < label_count; k++) {
            sum += exp(((double)s[k] - (double)s[labels[i]]) / temperature);
        }
        loss += log(sum);
    }
    return loss / (double)count;
}

// Golden-section search on the logarithm: the loss has one valley.
static double best_temperature(const float *scores, const uint32_t *labels, size_t count,
                               size_t label_count)
{
    const double ratio = 0.6180339887498949;
    double low = log(0.25);
    double high = log(8);
    while (high - low > 0.005) {
        double a = high - ratio * (high - low);
        double b = low + ratio * (high - low);
        if (held_out_loss(scores, labels, count, label_count, exp(a)) <
            held_out_loss(scores, labels, count, label_count, exp(b))) {
            high = b;
        } else {
            low = a;
        }
    }
    return exp((low + high) / 2);
}

// Trains on nine tenths and fits the temperature on the rest.
static void learn_temperature(struct trainer *t)
{
    t->model->temperature = 1;
    if (t->count < MIN_FOR_HOLDING) {
        return;
    }
    shuffle(t, t->order, t->count);
    size_t held = t->count / HELD_OUT;
    struct net net;
    net_train(t, &net, t->order + held, t->count - held);
    float *scores = mem_array(t->ctx, float, held *net.labels);
    uint32_t *labels = mem_array(t->ctx, uint32_t, held);
    float hidden[TRIAGE_MAX_HIDDEN];
    for (size_t i = 0; i < held; i++) {
        const struct sample *sample = &t->samples[t->order[i]];
        net_forward(t, &net, &sample->bag, hidden, scores + i * net.labels);
        labels[i] = sample->label;
    }
    t->model->temperature = (float)best_temperature(scores, labels, held, net.labels);
    mem_free(net.rows);
}

// --- the model ----------------------------------------------------------------------------------

// Each row to eight bits, with a scale of its own.
static void keep_rows(struct triage_model *model, const struct net *net)
{
    model->rows = mem_array(model, int8_t, model->dict.count * net->hidden + 1);
    model->row_scales = mem_array(model, float, model->dict.count + 1);
    for (size_t slot = 0; slot < model->dict.count; slot++) {
        const float *row = net->rows + slot * net->hidden;
        float most = 1e-9F;
        for (size_t h = 0; h < net->hidden; h++) {
            most = fmaxf(most, fabsf(row[h]));
        }
        for (size_t h = 0; h < net->hidden; h++) {
            model->rows[slot * net->hidden + h] = (int8_t)lroundf(row[h] / most * 127);
        }
        model->row_scales[slot] = most / 127;
    }
}

static void keep_net(struct triage_model *model, const struct net *net)
{
    keep_rows(model, net);
    model->bias = talloc_steal(model, net->bias);
    model->out = talloc_steal(model, net->out);
    model->out_bias = talloc_steal(model, net->out_bias);
}

static int epochs_for(size_t count)
{
    size_t epochs = STEPS_WANTED / (count + 1);
    return epochs < MIN_EPOCHS ? MIN_EPOCHS : epochs > MAX_EPOCHS ? MAX_EPOCHS : (int)epochs;
}

static bool set_sizes(struct triage_model *model, const struct triage_params *params,
                      size_t *ret_features, struct error *err)
{
    size_t hidden = params->hidden == 0 ? DEFAULT_HIDDEN : params->hidden;
    size_t features = params->max_features == 0 ? DEFAULT_FEATURES : params->max_features;
    if (hidden > TRIAGE_MAX_HIDDEN || features > TRIAGE_MAX_FEATURES ||
        triage_model_bytes(features, hidden + HIDDEN_STEP, model->label_count,
                           model->label_count * TRIAGE_MAX_LABEL_BYTES) > TRIAGE_MAX_MODEL_BYTES) {
        return error_set(err, ERR_INVALID, "A model of this size would have more than 16 MiB.");
    }
    model->hidden = (hidden + HIDDEN_STEP - 1) / HIDDEN_STEP * HIDDEN_STEP;
    *ret_features = features;
    return true;
}

static bool train(struct trainer *t, const struct triage_example *examples,
                  const struct triage_params *params, struct error *err)
{
    size_t max_features = 0;
    if (!learn_labels(t, examples, err) || !set_sizes(t->model, params, &max_features, err)) {
        return false;
    }
    learn_features(t, examples, max_features);
    for (size_t i = 0; i < t->count; i++) {
        triage_bag_fill(t->ctx, &t->model->dict, examples[i].text, &t->samples[i].bag);
        t->order[i] = (uint32_t)i;
    }
    learn_temperature(t);
    struct net net;
    net_train(t, &net, t->order, t->count);
    keep_net(t->model, &net);
    return true;
}

bool triage_train(mem_ctx *ctx, const struct triage_example *examples, size_t n,
                  const struct triage_params *params, struct triage_model **ret, struct error *err)
{
    static const struct triage_params defaults;
    params = params == NULL ? &defaults : params;
    struct trainer t = {
        .ctx = mem_ctx_new(ctx, "triage training"),
        .model = mem_new(ctx, struct triage_model),
        .count = n,
        .epochs = params->epochs > 0 ? params->epochs : epochs_for(n),
        .random = params->seed * 2 + 0x9E3779B97F4A7C15,
    };
    t.samples = mem_array(t.ctx, struct sample, n + 1);
    t.order = mem_array(t.ctx, uint32_t, n + 1);
    bool good = train(&t, examples, params, err);
    mem_free(t.ctx);
    if (!good) {
        mem_free(t.model);
        return false;
    }
    *ret = t.model;
    return true;
}
