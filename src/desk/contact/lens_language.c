// SPDX-License-Identifier: GPL-3.0-or-later
//
// What the rules of a language are compiled into: its predicates, and the sealed automaton.
#include <string.h>

#include "base/fold.h"
#include "desk/contact/lens_internal.h"

// Literal words that have a predicate: open addressing by the word's hash.
struct literal {
    struct str word;
    uint32_t predicate;
};

struct lens_literals {
    struct literal *table;
    size_t count, size;
};

static bool has_umlaut(struct str raw)
{
    return str_find(raw, STR("ä")) >= 0 || str_find(raw, STR("ö")) >= 0 ||
           str_find(raw, STR("ü")) >= 0;
}

// The pattern as people write it where there are no umlauts.
static struct str without_umlauts(mem_ctx *ctx, struct str raw)
{
    static const struct {
        struct str from, to;
    } forms[] = {{STR_INIT("ä"), STR_INIT("ae")},
                 {STR_INIT("ö"), STR_INIT("oe")},
                 {STR_INIT("ü"), STR_INIT("ue")}};
    struct buf out;
    buf_init(&out, ctx, 2 * raw.len + 1);
    for (size_t i = 0; i < raw.len;) {
        size_t step = 1;
        struct str put = str_sub(raw, i, 1);
        for (size_t f = 0; f < sizeof(forms) / sizeof(forms[0]); f++) {
            if (str_starts(str_from(raw, i), forms[f].from)) {
                put = forms[f].to;
                step = forms[f].from.len;
            }
        }
        buf_put(&out, put);
        i += step;
    }
    return buf_str(&out);
}

void lens_word_forms(struct lens_language *language, struct str word, uint32_t predicate)
{
    mem_ctx *scratch = mem_ctx_new(language, "word");
    lens_words_add(language->words, fold_text(scratch, word), predicate);
    if (has_umlaut(word)) {
        struct str spelled = without_umlauts(scratch, word);
        lens_words_add(language->words, fold_text(scratch, spelled), predicate);
    }
    mem_free(scratch);
}

static struct literal *literal_place(const struct lens_literals *literals, struct str word)
{
    size_t i = (size_t)str_hash(word) & (literals->size - 1);
    while (!str_none(literals->table[i].word) && !str_eq(literals->table[i].word, word)) {
        i = (i + 1) & (literals->size - 1);
    }
    return &literals->table[i];
}

static void literals_double(struct lens_language *language)
{
    struct lens_literals *literals = language->literals;
    struct literal *old = literals->table;
    size_t old_size = literals->size;
    literals->size = old_size == 0 ? 1024 : 2 * old_size;
    literals->table = mem_array(literals, struct literal, literals->size);
    for (size_t i = 0; i < old_size; i++) {
        if (!str_none(old[i].word)) {
            *literal_place(literals, old[i].word) = old[i];
        }
    }
    mem_free(old);
}

uint32_t lens_literal(struct lens_language *language, struct str word)
{
    if (language->literals == NULL) {
        language->literals = mem_new(language, struct lens_literals);
    }
    struct lens_literals *literals = language->literals;
    if (2 * (literals->count + 1) > literals->size) {
        literals_double(language);
    }
    struct literal *place = literal_place(literals, word);
    if (str_none(place->word)) {
        literals->count++;
        place->word = str_dup(literals, word);
        place->predicate = language->predicate_count++;
        lens_word_forms(language, word, place->predicate);
    }
    return place->predicate;
}

void lens_seal(struct lens_language *language)
{
    uint32_t count = language->position_count;
    uint32_t *begin = mem_array(language, uint32_t, language->predicate_count + 1);
    for (uint32_t i = 0; i < count; i++) {
        begin[language->positions[i].predicate + 1]++;
    }
    for (uint32_t p = 0; p < language->predicate_count; p++) {
        begin[p + 1] += begin[p];
    }
    uint32_t *place = mem_array(language, uint32_t, count + 1);
    uint32_t *next = mem_array(language, uint32_t, language->predicate_count + 1);
    memcpy(next, begin, (language->predicate_count + 1) * sizeof(*next));
    for (uint32_t i = 0; i < count; i++) {
        place[i] = next[language->positions[i].predicate]++;
    }
    struct lens_position *sealed = mem_array(language, struct lens_position, count + 1);
    struct lens_edge *edges = mem_array(language, struct lens_edge, language->edge_count + 1);
    for (uint32_t i = 0; i < count; i++) {
        struct lens_position *position = &sealed[place[i]];
        *position = language->positions[i];
        position->edges = edges;
        edges += position->edge_count;
        position->edge_count = 0;
    }
    for (uint32_t i = 0; i < language->edge_count; i++) {
        const struct lens_follow *follow = &language->edges[i];
        struct lens_position *position = &sealed[place[follow->from]];
        position->edges[position->edge_count++] =
            (struct lens_edge){place[follow->edge.to], follow->edge.gap};
    }
    mem_free(place);
    mem_free(next);
    mem_free(language->literals);
    mem_free(language->positions);
    mem_free(language->edges);
    language->literals = NULL;
    language->edges = NULL;
    language->positions = sealed;
    language->predicate_positions = begin;
}
