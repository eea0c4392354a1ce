// SPDX-License-Identifier: GPL-3.0-or-later
//
// Runs a language's automaton over a sentence. A position waits for a token that satisfies its
// predicate, until the gap before it is used up. Of two ways to the same position the one that may
// wait longer is kept, so the work for a token is bounded by the positions of its predicates.
#include <string.h>

#include "desk/contact/lens_internal.h"

enum { BETWEEN_SENTENCES = 100 };  // more than any gap: nothing waits across the end of a sentence

struct waiting {
    uint32_t until;  // number of the last token that it waits for
    uint32_t begin;  // token of the sentence where its item began
};

struct matched {
    uint32_t position;
    uint32_t begin;
};

// Where the items of a rule were seen last in this sentence.
struct sighting {
    uint32_t sentence;  // number of the sentence this is about
    uint32_t items;     // bits
    uint32_t begin[LENS_MAX_ITEMS], end[LENS_MAX_ITEMS];
    bool complete;
    bool vetoed;
    uint32_t from, to;  // tokens of the hit
};

struct lens_run {
    const struct lens_language *language;
    mem_ctx *ctx;
    struct waiting *waiting;  // by position
    struct matched *matched;  // positions that this token satisfies
    uint32_t matched_count;
    uint32_t *true_at;  // by predicate: the last token that satisfied it
    uint32_t token;     // counted over all sentences
    uint32_t number;    // in its sentence
    uint32_t sentence;
    struct sighting *sightings;  // by rule
    uint32_t *seen;              // rules with a sighting in this sentence
    uint32_t seen_count;
};

struct lens_run *lens_run_new(mem_ctx *scratch, const struct lens_language *language)
{
    struct lens_run *run = mem_new(scratch, struct lens_run);
    run->language = language;
    run->ctx = scratch;
    run->waiting = mem_array(run, struct waiting, language->position_count + 1);
    run->matched = mem_array(run, struct matched, language->position_count + 1);
    run->true_at = mem_array(run, uint32_t, language->predicate_count);
    run->sightings = mem_array(run, struct sighting, language->rule_count + 1);
    run->seen = mem_array(run, uint32_t, language->rule_count + 1);
    return run;
}

// Collects the positions of the predicate that wait or begin an item. Only once all are known do
// they go on: what they reach must wait for the next token.
static void satisfy(void *cls, uint32_t predicate)
{
    struct lens_run *run = cls;
    const struct lens_language *language = run->language;
    if (run->true_at[predicate] == run->token) {
        return;
    }
    run->true_at[predicate] = run->token;
    uint32_t end = language->predicate_positions[predicate + 1];
    for (uint32_t i = language->predicate_positions[predicate]; i < end; i++) {
        if (run->waiting[i].until >= run->token) {
            run->matched[run->matched_count++] = (struct matched){i, run->waiting[i].begin};
        } else if (language->positions[i].first) {
            run->matched[run->matched_count++] = (struct matched){i, run->number};
        }
    }
}

static struct sighting *sighting_of(struct lens_run *run, uint32_t rule)
{
    struct sighting *sighting = &run->sightings[rule];
    if (sighting->sentence != run->sentence) {
        *sighting = (struct sighting){.sentence = run->sentence};
        run->seen[run->seen_count++] = rule;
    }
    return sighting;
}

// All items seen, near enough to each other: the rule holds.
static void complete(const struct lens_rule *rule, struct sighting *sighting)
{
    if (sighting->complete || sighting->items != (1U << rule->item_count) - 1) {
        return;
    }
    uint32_t from = sighting->begin[0];
    uint32_t to = sighting->end[0];
    for (uint32_t i = 1; i < rule->item_count; i++) {
        from = sighting->begin[i] < from ? sighting->begin[i] : from;
        to = sighting->end[i] > to ? sighting->end[i] : to;
    }
    if (rule->item_count == 1 || to - from <= rule->window) {
        sighting->complete = true;
        sighting->from = from;
        sighting->to = to;
    }
}

static void see_item(struct lens_run *run, uint32_t number, uint32_t begin, uint32_t end)
{
    const struct lens_item *item = &run->language->items[number];
    struct sighting *sighting = sighting_of(run, item->rule);
    if (item->veto) {
        sighting->vetoed = true;
        return;
    }
    sighting->items |= 1U << item->number;
    sighting->begin[item->number] = begin;
    sighting->end[item->number] = end;
    complete(&run->language->rules[item->rule], sighting);
}

static void pass(struct lens_run *run, const struct matched *matched)
{
    const struct lens_position *position = &run->language->positions[matched->position];
    if (position->last) {
        see_item(run, position->item, matched->begin, run->number);
    }
    for (uint32_t i = 0; i < position->edge_count; i++) {
        struct waiting *waiting = &run->waiting[position->edges[i].to];
        uint32_t until = run->token + 1 + position->edges[i].gap;
        if (until > waiting->until) {
            *waiting = (struct waiting){until, matched->begin};
        }
    }
}

static void run_token(struct lens_run *run, const struct lens_token *token)
{
    run->token++;
    run->matched_count = 0;
    for (uint32_t mark = 0; mark < LENS_MARK_COUNT; mark++) {
        if ((token->marks >> mark & 1) != 0) {
            satisfy(run, mark);
        }
    }
    lens_words_find(run->language->words, (struct str){token->word, token->len}, satisfy, run);
    for (uint32_t i = 0; i < run->matched_count; i++) {
        pass(run, &run->matched[i]);
    }
}

static void keep_hit(struct lens_run *run, const struct lens_sentence *sentence,
                     const struct lens_rule *rule, const struct sighting *sighting,
                     struct lens_found *found)
{
    const struct lens_kind_text *texts = &run->language->texts[rule->kind];
    size_t start = sentence->tokens[sighting->from].start;
    size_t end = sentence->tokens[sighting->to].end;
    if (found->count == found->capacity) {
        found->capacity = found->capacity == 0 ? 8 : 2 * found->capacity;
        found->list = mem_grow(run->ctx, found->list, struct lens_hit, found->capacity);
    }
    found->list[found->count++] = (struct lens_hit){rule->kind,  rule->strength, start,
                                                    end - start, texts->reason,  texts->wording};
}

struct points {
    int sum;
    bool any;
    struct sighting range;  // of what spoke for the kind
};

static void add_points(struct points *points, const struct lens_rule *rule,
                       const struct sighting *sighting)
{
    points->sum += rule->hint;
    if (rule->hint < 0) {
        return;
    }
    struct sighting *range = &points->range;
    range->from = !points->any || sighting->from < range->from ? sighting->from : range->from;
    range->to = !points->any || sighting->to > range->to ? sighting->to : range->to;
    points->any = true;
}

static void finish_sentence(struct lens_run *run, const struct lens_sentence *sentence,
                            struct lens_found *found)
{
    unsigned fine = 0;
    struct points points[LENS_KIND_COUNT] = {0};
    for (uint32_t i = 0; i < run->seen_count; i++) {
        const struct lens_rule *rule = &run->language->rules[run->seen[i]];
        if (rule->item_count == 0) {
            fine |= rule->veto_all ? ~0U : 1U << rule->kind;
        }
    }
    for (uint32_t i = 0; i < run->seen_count; i++) {
        const struct lens_rule *rule = &run->language->rules[run->seen[i]];
        const struct sighting *sighting = &run->sightings[run->seen[i]];
        // What is strong stays, whatever harmless words stand beside it.
        bool passes = rule->strength >= 3 || (fine >> rule->kind & 1) == 0;
        if (!sighting->complete || sighting->vetoed || !passes) {
            continue;
        }
        if (rule->hint != 0) {
            add_points(&points[rule->kind], rule, sighting);
        } else {
            keep_hit(run, sentence, rule, sighting, found);
        }
    }
    for (int kind = 0; kind < LENS_KIND_COUNT; kind++) {
        if (points[kind].sum >= LENS_HINTS_ENOUGH && points[kind].any) {
            struct lens_rule rule = {.kind = (enum lens_kind)kind, .strength = 1};
            keep_hit(run, sentence, &rule, &points[kind].range, found);
        }
    }
}

void lens_run_sentence(struct lens_run *run, const struct lens_sentence *sentence,
                       struct lens_found *found)
{
    run->sentence++;
    run->seen_count = 0;
    run->token += BETWEEN_SENTENCES;
    for (size_t i = 0; i < sentence->count; i++) {
        run->number = (uint32_t)i;
        run_token(run, &sentence->tokens[i]);
    }
    finish_sentence(run, sentence, found);
}
