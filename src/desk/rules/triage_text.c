// SPDX-License-Identifier: GPL-3.0-or-later
#include <math.h>

#include "base/fold.h"
#include "desk/rules/triage_internal.h"

enum {
    PIECE_LENGTH = 4,
    PIECE_LENGTH_IDEOGRAPHS = 2,
    FIRST_IDEOGRAPH = 0x2E80,
    MAX_UNITS = TRIAGE_MAX_PIECES,  // characters of a word that count, with a blank at both ends
    DIGITS_KEPT = 4,
};

// Words and pieces of the same letters are different features.
static const uint64_t WORD_SEED = 0x9E3779B97F4A7C15;
static const uint64_t PIECE_SEED = 0xC2B2AE3D27D4EB4F;
static const float PIECE_LENGTH_SHARE = 0.5F;

static uint32_t hash_units(const uint32_t *units, size_t count, uint64_t seed)
{
    uint64_t h = seed;
    for (size_t i = 0; i < count; i++) {
        h = (h ^ units[i]) * 0x100000001B3;
        h ^= h >> 29;
    }
    // The finaliser of MurmurHash3 (A. Appleby, public domain).
    h = (h ^ h >> 33) * 0xFF51AFD7ED558CCD;
    h = (h ^ h >> 33) * 0xC4CEB9FE1A85EC53;
    return (uint32_t)(h ^ h >> 33);
}

struct units {
    uint32_t list[MAX_UNITS];
    size_t count;
    bool digits_only;
    bool ideographs;
};

static void add_unit(struct units *units, uint32_t unit)
{
    if (units->count < MAX_UNITS - 1) {
        units->list[units->count++] = unit;
    }
}

static void add_char(struct units *units, const struct fold_char *c)
{
    if (c->count == 0) {
        return;
    }
    units->digits_only = units->digits_only && c->from >= '0' && c->from <= '9';
    units->ideographs = units->ideographs || c->from >= FIRST_IDEOGRAPH;
    if ((unsigned char)c->bytes[0] < 0x80) {
        for (size_t i = 0; i < c->count; i++) {
            add_unit(units, (unsigned char)c->bytes[i]);
        }
        return;
    }
    uint32_t packed = 0;
    for (size_t i = 0; i < c->count; i++) {
        packed = packed << 8 | (unsigned char)c->bytes[i];
    }
    add_unit(units, packed);
}

static void hash_word(struct units *units, struct triage_word *ret)
{
    // Ticket numbers, dates and telephone numbers say that there is one, not what it is about.
    if (units->digits_only && units->count - 1 > DIGITS_KEPT) {
        units->list[1] = '0';
        units->count = 2;
    }
    ret->hash = hash_units(units->list + 1, units->count - 1, WORD_SEED);
    units->list[units->count++] = ' ';
    size_t length = units->ideographs ? PIECE_LENGTH_IDEOGRAPHS : PIECE_LENGTH;
    ret->piece_count = 0;
    for (size_t i = 0; i + length <= units->count; i++) {
        ret->pieces[ret->piece_count++] = hash_units(units->list + i, length, PIECE_SEED);
    }
}

bool triage_next_word(struct str text, size_t *at, struct triage_word *ret)
{
    struct fold_char c;
    do {
        if (!fold_next(text, at, &c)) {
            return false;
        }
    } while (!c.word);
    struct units units = {.list = {' '}, .count = 1, .digits_only = true};
    size_t start = c.start;
    size_t end;
    do {
        add_char(&units, &c);
        end = c.start + c.len;
    } while (fold_next(text, at, &c) && c.word);
    ret->text = str_sub(text, start, end - start);
    hash_word(&units, ret);
    return true;
}

void triage_dict_index(mem_ctx *ctx, struct triage_dict *dict)
{
    size_t size = 16;
    while (size < 2 * dict->count) {
        size *= 2;
    }
    dict->mask = size - 1;
    dict->table = mem_array(ctx, uint32_t, size);
    for (size_t slot = 0; slot < dict->count; slot++) {
        size_t i = dict->hashes[slot] & dict->mask;
        while (dict->table[i] != 0) {
            i = (i + 1) & dict->mask;
        }
        dict->table[i] = (uint32_t)slot + 1;
    }
}

bool triage_dict_find(const struct triage_dict *dict, uint32_t hash, uint32_t *ret_slot)
{
    for (size_t i = hash & dict->mask; dict->table[i] != 0; i = (i + 1) & dict->mask) {
        uint32_t slot = dict->table[i] - 1;
        if (dict->hashes[slot] == hash) {
            *ret_slot = slot;
            return true;
        }
    }
    return false;
}

// Slots as they come, then counted in place.
struct slots {
    uint32_t *list;
    size_t count;
    size_t capacity;
};

static void add_slot(mem_ctx *ctx, struct slots *slots, const struct triage_dict *dict,
                     uint32_t hash)
{
    uint32_t slot = 0;
    if (!triage_dict_find(dict, hash, &slot)) {
        return;
    }
    if (slots->count == slots->capacity) {
        slots->capacity = slots->capacity == 0 ? 128 : 2 * slots->capacity;
        slots->list = mem_grow(ctx, slots->list, uint32_t, slots->capacity);
    }
    slots->list[slots->count++] = slot;
}

// Puts each different slot once into `items`, with how often it came. Returns how many.
static uint32_t count_slots(mem_ctx *ctx, const struct slots *slots, uint32_t *items)
{
    size_t size = 16;
    while (size < 2 * slots->count) {
        size *= 2;
    }
    uint32_t *table = mem_array(ctx, uint32_t, size);
    uint32_t count = 0;
    for (size_t n = 0; n < slots->count; n++) {
        uint32_t slot = slots->list[n];
        size_t i = slot & (size - 1);
        while (table[i] != 0 && items[table[i] - 1] >> 8 != slot) {
            i = (i + 1) & (size - 1);
        }
        if (table[i] == 0) {
            items[count++] = slot << 8 | 1;
            table[i] = count;
        } else if ((items[table[i] - 1] & 0xFF) < TRIAGE_MAX_TIMES) {
            items[table[i] - 1]++;
        }
    }
    return count;
}

static float scale_of(const struct triage_dict *dict, const uint32_t *items, size_t count)
{
    float sum = 0;
    for (size_t i = 0; i < count; i++) {
        float value = (float)((items[i] & 0xFF) * dict->weights[items[i] >> 8]);
        sum += value * value;
    }
    return sum > 0 ? 1 / sqrtf(sum) : 0;
}

void triage_bag_fill(mem_ctx *ctx, const struct triage_dict *dict, struct str text,
                     struct triage_bag *ret)
{
    mem_ctx *scratch = mem_ctx_new(ctx, "bag");
    struct slots words = {0};
    struct slots pieces = {0};
    struct str begin = str_utf8_clip(text, TRIAGE_MAX_TEXT);
    struct triage_word word;
    size_t at = 0;
    for (int n = 0; n < TRIAGE_MAX_WORDS && triage_next_word(begin, &at, &word); n++) {
        add_slot(scratch, &words, dict, word.hash);
        for (size_t i = 0; i < word.piece_count; i++) {
            add_slot(scratch, &pieces, dict, word.pieces[i]);
        }
    }
    uint32_t *items = mem_array(scratch, uint32_t, words.count + pieces.count + 1);
    ret->words = count_slots(scratch, &words, items);
    ret->count = ret->words + count_slots(scratch, &pieces, items + ret->words);
    ret->items = mem_array(ctx, uint32_t, ret->count + 1);
    for (size_t i = 0; i < ret->count; i++) {
        ret->items[i] = items[i];
    }
    ret->word_scale = scale_of(dict, items, ret->words);
    ret->piece_scale =
        PIECE_LENGTH_SHARE * scale_of(dict, items + ret->words, ret->count - ret->words);
    mem_free(scratch);
}

float triage_bag_value(const struct triage_bag *bag, const struct triage_dict *dict, size_t item)
{
    uint32_t times = bag->items[item] & 0xFF;
    float scale = item < bag->words ? bag->word_scale : bag->piece_scale;
    return (float)(times * dict->weights[bag->items[item] >> 8]) * scale;
}
