// SPDX-License-Identifier: GPL-3.0-or-later
//
// The model as bytes, little-endian: "STWTRG", version (u16), features (u32), hidden units (u16),
// labels (u16), temperature (f32); each label as length (u8) and text; hashes (u32, ascending) and
// weights (u8) of the features; the rows' scales (f32) and rows (i8); bias, out and bias of out
// (f32); SHA-256 of all that.
#include <math.h>
#include <string.h>

#include "base/buf.h"
#include "base/random.h"
#include "desk/rules/triage_internal.h"

enum { VERSION = 1, HEADER_BYTES = 6 + 2 + 4 + 2 + 2 + 4 };

static const char MAGIC[] = "STWTRG";

uint64_t triage_model_bytes(uint64_t features, uint64_t hidden, uint64_t labels,
                            uint64_t label_text_bytes)
{
    uint64_t feature_bytes = 4 + 1 + 4 + hidden;
    uint64_t label_bytes = 1 + 4 * hidden + 4;
    return HEADER_BYTES + label_text_bytes + labels * label_bytes + features * feature_bytes +
           4 * hidden + HASH_SIZE;
}

// --- saving -------------------------------------------------------------------------------------

static void put_number(struct buf *b, uint64_t value, int bytes)
{
    for (int i = 0; i < bytes; i++) {
        buf_put_char(b, (char)(value >> (8 * i) & 0xFF));
    }
}

static void put_float(struct buf *b, float value)
{
    uint32_t bits = 0;
    memcpy(&bits, &value, sizeof bits);
    put_number(b, bits, 4);
}

static void put_floats(struct buf *b, const float *values, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        put_float(b, values[i]);
    }
}

struct str triage_model_save(mem_ctx *ctx, const struct triage_model *model)
{
    size_t count = model->dict.count;
    struct buf b;
    buf_init(&b, ctx, TRIAGE_MAX_MODEL_BYTES);
    buf_put_c(&b, MAGIC);
    put_number(&b, VERSION, 2);
    put_number(&b, count, 4);
    put_number(&b, model->hidden, 2);
    put_number(&b, model->label_count, 2);
    put_float(&b, model->temperature);
    for (size_t k = 0; k < model->label_count; k++) {
        put_number(&b, model->labels[k].len, 1);
        buf_put(&b, model->labels[k]);
    }
    for (size_t i = 0; i < count; i++) {
        put_number(&b, model->dict.hashes[i], 4);
    }
    buf_put(&b, (struct str){(const char *)model->dict.weights, count});
    put_floats(&b, model->row_scales, count);
    buf_put(&b, (struct str){(const char *)model->rows, count * model->hidden});
    put_floats(&b, model->bias, model->hidden);
    put_floats(&b, model->out, model->label_count * model->hidden);
    put_floats(&b, model->out_bias, model->label_count);
    struct hash sum = hash_sha256(buf_str(&b));
    buf_put(&b, (struct str){(const char *)sum.bytes, HASH_SIZE});
    return buf_str(&b);
}

// --- loading ------------------------------------------------------------------------------------

// Reads what the check of the length promised to be there; `bad` sticks.
struct source {
    struct str rest;
    bool bad;
};

static const unsigned char *take(struct source *s, size_t bytes)
{
    static const unsigned char nothing[8];
    if (s->rest.len < bytes) {
        s->bad = true;
        return nothing;
    }
    const unsigned char *p = (const unsigned char *)s->rest.ptr;
    s->rest = str_from(s->rest, bytes);
    return p;
}

static uint32_t take_number(struct source *s, size_t bytes)
{
    const unsigned char *p = take(s, bytes);
    uint32_t value = 0;
    for (size_t i = bytes; i > 0; i--) {
        value = value << 8 | p[i - 1];
    }
    return value;
}

static float take_float(struct source *s)
{
    uint32_t bits = take_number(s, 4);
    float value = 0;
    memcpy(&value, &bits, sizeof value);
    // No network that was trained has such weights; they would overflow when multiplied.
    if (!isfinite(value) || fabsf(value) > 1e6F) {
        s->bad = true;
        return 0;
    }
    return value;
}

static float *take_floats(struct source *s, mem_ctx *ctx, size_t count)
{
    float *values = mem_array(ctx, float, count + 1);
    for (size_t i = 0; i < count; i++) {
        values[i] = take_float(s);
    }
    return values;
}

static void take_labels(struct source *s, struct triage_model *model)
{
    model->labels = mem_array(model, struct str, model->label_count);
    for (size_t k = 0; k < model->label_count && !s->bad; k++) {
        size_t len = take_number(s, 1);
        struct str label = str_sub(s->rest, 0, len);
        (void)take(s, len);
        s->bad = s->bad || len == 0 || !str_utf8_valid(label);
        model->labels[k] = str_dup(model, label);
    }
}

static void take_features(struct source *s, struct triage_model *model)
{
    struct triage_dict *dict = &model->dict;
    dict->hashes = mem_array(model, uint32_t, dict->count + 1);
    dict->weights = mem_array(model, uint8_t, dict->count + 1);
    for (size_t i = 0; i < dict->count; i++) {
        dict->hashes[i] = take_number(s, 4);
        s->bad = s->bad || (i > 0 && dict->hashes[i] <= dict->hashes[i - 1]);
    }
    for (size_t i = 0; i < dict->count; i++) {
        dict->weights[i] = (uint8_t)take_number(s, 1);
        s->bad = s->bad || dict->weights[i] == 0;
    }
}

static bool take_header(struct source *s, struct triage_model *model)
{
    bool good = memcmp(take(s, 6), MAGIC, 6) == 0 && take_number(s, 2) == VERSION;
    model->dict.count = take_number(s, 4);
    model->hidden = take_number(s, 2);
    model->label_count = take_number(s, 2);
    model->temperature = take_float(s);
    good = good && !s->bad && model->dict.count <= TRIAGE_MAX_FEATURES && model->hidden > 0 &&
           model->hidden <= TRIAGE_MAX_HIDDEN && model->label_count >= 2 &&
           model->label_count <= TRIAGE_MAX_LABELS && model->temperature > 0.01F;
    // Before any memory is taken: there are at least the bytes that these numbers ask for.
    uint64_t least = triage_model_bytes(model->dict.count, model->hidden, model->label_count, 0) -
                     HEADER_BYTES - HASH_SIZE;
    return good && s->rest.len >= least;
}

static bool take_model(struct source *s, struct triage_model *model)
{
    if (!take_header(s, model)) {
        return false;
    }
    take_labels(s, model);
    take_features(s, model);
    model->row_scales = take_floats(s, model, model->dict.count);
    size_t row_bytes = model->dict.count * model->hidden;
    model->rows = mem_array(model, int8_t, row_bytes + 1);
    const unsigned char *rows = take(s, row_bytes);
    if (s->bad) {
        return false;
    }
    memcpy(model->rows, rows, row_bytes);
    model->bias = take_floats(s, model, model->hidden);
    model->out = take_floats(s, model, model->label_count * model->hidden);
    model->out_bias = take_floats(s, model, model->label_count);
    return !s->bad && s->rest.len == 0;
}

bool triage_model_load(mem_ctx *ctx, struct str bytes, struct triage_model **ret, struct error *err)
{
    bool sized = bytes.len >= HEADER_BYTES + HASH_SIZE && bytes.len <= TRIAGE_MAX_MODEL_BYTES;
    struct str body = str_sub(bytes, 0, sized ? bytes.len - HASH_SIZE : 0);
    struct hash sum = hash_sha256(body);
    if (!sized || memcmp(sum.bytes, body.ptr + body.len, HASH_SIZE) != 0) {
        return error_set(err, ERR_INVALID, "This is no triage model, or it is damaged.");
    }
    struct triage_model *model = mem_new(ctx, struct triage_model);
    struct source source = {.rest = body};
    if (!take_model(&source, model)) {
        mem_free(model);
        return error_set(err, ERR_INVALID,
                         "The triage model has parts that contradict each other.");
    }
    triage_dict_index(model, &model->dict);
    *ret = model;
    return true;
}
