// SPDX-License-Identifier: GPL-3.0-or-later
#include "desk/contact/lens.h"

#include <stdlib.h>

#include "desk/contact/lens_internal.h"

const char *lens_kind_word(enum lens_kind kind)
{
    static const char *const words[] = {
#define LENS_KIND(identifier, word) [LENS_##identifier] = (word),
        LENS_KINDS
#undef LENS_KIND
    };
    return words[kind];
}

static bool read_builtin(struct lens_reader *reader, struct error *err)
{
    for (size_t i = 0; LENS_BUILTIN[i] != NULL; i++) {
        struct error why = {0};
        if (!lens_reader_add(reader, str_c(LENS_BUILTIN[i]), &why)) {
            return error_internal(err, "rules %zu of the program: %s", i, why.message);
        }
    }
    return true;
}

static bool load(mem_ctx *ctx, bool builtin, struct str rules, struct lens **ret, struct error *err)
{
    struct lens *lens = mem_new(ctx, struct lens);
    mem_ctx *scratch = mem_ctx_new(ctx, "lens rules");
    struct lens_reader *reader = lens_reader_new(scratch, lens);
    bool good = (!builtin || read_builtin(reader, err)) &&
                (str_none(rules) || lens_reader_add(reader, rules, err));
    mem_free(scratch);
    if (!good) {
        mem_free(lens);
        return false;
    }
    for (size_t i = 0; i < lens->language_count; i++) {
        lens_seal(lens->languages[i]);
    }
    *ret = lens;
    return true;
}

bool lens_load(mem_ctx *ctx, struct str extra, struct lens **ret, struct error *err)
{
    return load(ctx, true, extra, ret, err);
}

bool lens_load_rules(mem_ctx *ctx, struct str rules, struct lens **ret, struct error *err)
{
    return load(ctx, false, rules, ret, err);
}

static const struct lens_language *language_of(const struct lens *lens, struct str code)
{
    for (size_t i = 0; i < lens->language_count; i++) {
        if (str_eq(lens->languages[i]->code, code)) {
            return lens->languages[i];
        }
    }
    return NULL;
}

bool lens_knows_language(const struct lens *lens, struct str language)
{
    return language_of(lens, language) != NULL;
}

// --- which languages to read with ---------------------------------------------------------------

enum { ENOUGH_TOKENS = 200, NEAR_BYTES = 20 };

struct votes {
    unsigned count[LENS_MAX_LANGUAGES];
    unsigned most;
};

struct vote {
    bool found;
};

static void count_vote(void *cls, uint32_t predicate)
{
    (void)predicate;
    ((struct vote *)cls)->found = true;
}

static void vote(const struct lens *lens, struct str text, struct votes *votes)
{
    struct lens_sentence sentence;
    size_t at = 0;
    size_t tokens = 0;
    while (tokens < ENOUGH_TOKENS && lens_next_sentence(text, NULL, &at, &sentence)) {
        tokens += sentence.count;
        for (size_t i = 0; i < sentence.count; i++) {
            struct str word = {sentence.tokens[i].word, sentence.tokens[i].len};
            for (size_t n = 0; n < lens->language_count; n++) {
                struct vote vote = {false};
                lens_words_find(lens->languages[n]->common, word, count_vote, &vote);
                votes->count[n] += vote.found ? 1 : 0;
            }
        }
    }
    for (size_t n = 0; n < lens->language_count; n++) {
        votes->most = votes->count[n] > votes->most ? votes->count[n] : votes->most;
    }
}

// Replies quote other languages, so each that has at least half of the winner's votes is read too.
static bool is_spoken(const struct votes *votes, size_t language)
{
    return 2 * votes->count[language] > votes->most || votes->most == 0;
}

// --- hits ---------------------------------------------------------------------------------------

static int hit_compare(const void *a, const void *b)
{
    const struct lens_hit *x = a;
    const struct lens_hit *y = b;
    if (x->start != y->start) {
        return x->start < y->start ? -1 : 1;
    }
    if (x->kind != y->kind) {
        return x->kind < y->kind ? -1 : 1;
    }
    return x->strength > y->strength ? -1 : x->strength < y->strength;
}

// Several rules may see the same words: hits of one kind that overlap, or nearly do, become one.
static void join_hits(struct lens_found *found)
{
    if (found->count == 0) {
        return;
    }
    qsort(found->list, found->count, sizeof(*found->list), hit_compare);
    size_t kept = 0;
    for (size_t i = 0; i < found->count; i++) {
        struct lens_hit hit = found->list[i];
        size_t same = kept;
        while (same > 0 && (found->list[same - 1].kind != hit.kind ||
                            found->list[same - 1].start + found->list[same - 1].len + NEAR_BYTES <=
                                hit.start)) {
            same--;
        }
        if (same == 0) {
            found->list[kept++] = hit;
            continue;
        }
        struct lens_hit *before = &found->list[same - 1];
        size_t end = hit.start + hit.len;
        before->len = end > before->start + before->len ? end - before->start : before->len;
        before->strength = hit.strength > before->strength ? hit.strength : before->strength;
    }
    found->count = kept;
}

void lens_read(mem_ctx *ctx, const struct lens *lens, struct str text, struct str language,
               const struct lens_context *context, struct lens_hits *ret)
{
    mem_ctx *scratch = mem_ctx_new(ctx, "lens");
    struct votes votes = {0};
    const struct lens_language *only = str_none(language) ? NULL : language_of(lens, language);
    if (only == NULL) {
        vote(lens, text, &votes);
    }
    struct lens_found found = {0};
    struct lens_sentence sentence;
    for (size_t n = 0; n < lens->language_count; n++) {
        if (only == NULL ? !is_spoken(&votes, n) : only != lens->languages[n]) {
            continue;
        }
        struct lens_run *run = lens_run_new(scratch, lens->languages[n]);
        size_t at = 0;
        while (lens_next_sentence(text, context, &at, &sentence)) {
            lens_run_sentence(run, &sentence, &found);
        }
    }
    join_hits(&found);
    *ret = (struct lens_hits){mem_array(ctx, struct lens_hit, found.count + 1), found.count};
    for (size_t i = 0; i < found.count; i++) {
        ret->list[i] = found.list[i];
    }
    mem_free(scratch);
}

enum lens_kind lens_strongest(const struct lens_hits *hits)
{
    enum lens_kind best = hits->list[0].kind;
    int most = 0;
    for (size_t i = 0; i < hits->count; i++) {
        const struct lens_hit *hit = &hits->list[i];
        if (hit->strength > most || (hit->strength == most && hit->kind < best)) {
            best = hit->kind;
            most = hit->strength;
        }
    }
    return best;
}
