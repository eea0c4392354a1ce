// SPDX-License-Identifier: GPL-3.0-or-later
//
// test_lens_sentences FILE: precision and recall of the lens on labelled sentences: lines of
// language, kind or "ok", and sentence, with tabs between; and the time for a reply of 2,000 words
// made of them. Prints lines of name and value; fails when precision or recall is below 0.9.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/buf.h"
#include "desk/contact/lens.h"

static const double LEAST = 0.9;

enum { REPLY_WORDS = 2000, READINGS = 20 };

struct counts {
    int leaks_found, leaks_missed, false_alarms, harmless, wrong_kind;
};

static void check(const struct lens *lens, char *line, struct counts *counts)
{
    mem_ctx *ctx = mem_ctx_new(NULL, "sentence");
    struct str rest = str_trim(str_c(line));
    struct str language;
    struct str kind;
    struct lens_hits hits;
    if (rest.len > 0 && rest.ptr[0] != '#' && str_next(&rest, '\t', &language) &&
        str_next(&rest, '\t', &kind)) {
        lens_read(ctx, lens, rest, STR_NONE, NULL, &hits);
        bool leak = !str_eq_c(kind, "ok");
        bool same = hits.count > 0 && str_eq_c(kind, lens_kind_word(lens_strongest(&hits)));
        counts->leaks_found += leak && hits.count > 0 ? 1 : 0;
        counts->leaks_missed += leak && hits.count == 0 ? 1 : 0;
        counts->false_alarms += !leak && hits.count > 0 ? 1 : 0;
        counts->harmless += !leak && hits.count == 0 ? 1 : 0;
        counts->wrong_kind += leak && hits.count > 0 && !same ? 1 : 0;
    }
    mem_free(ctx);
}

static void add_to_reply(struct buf *reply, size_t *words, char *line)
{
    const char *tab = strrchr(line, '\t');
    if (line[0] != '#' && tab != NULL && *words < REPLY_WORDS) {
        struct str sentence = str_trim(str_c(tab + 1));
        buf_put(reply, sentence);
        buf_put(reply, STR("\n"));
        for (size_t i = 0; i < sentence.len; i++) {
            *words += sentence.ptr[i] == ' ' ? 1 : 0;
        }
        ++*words;
    }
}

static double read_ms(const struct lens *lens, struct str reply)
{
    struct timespec begun;
    struct timespec ended;
    double best = 0;
    for (int i = 0; i < READINGS; i++) {
        struct lens_hits hits;
        mem_ctx *ctx = mem_ctx_new(NULL, "reply");
        (void)clock_gettime(CLOCK_MONOTONIC, &begun);
        lens_read(ctx, lens, reply, STR_NONE, NULL, &hits);
        (void)clock_gettime(CLOCK_MONOTONIC, &ended);
        double ms = (double)(ended.tv_sec - begun.tv_sec) * 1e3 +
                    (double)(ended.tv_nsec - begun.tv_nsec) / 1e6;
        best = i == 0 || ms < best ? ms : best;
        mem_free(ctx);
    }
    return best;
}

int main(int argc, char **argv)
{
    FILE *file = argc == 2 ? fopen(argv[1], "r") : NULL;
    struct lens *lens = NULL;
    struct error err = {0};
    mem_ctx *ctx = mem_ctx_new(NULL, "test");
    if (file == NULL || !lens_load(ctx, STR_NONE, &lens, &err)) {
        (void)fprintf(stderr, "no sentences or no rules: %s %s\n", err.message, err.detail);
        return 1;
    }
    struct counts n = {0};
    char *line = NULL;
    size_t capacity = 0;
    struct buf reply;
    size_t words = 0;
    buf_init(&reply, ctx, 1 << 20);
    while (getline(&line, &capacity, file) >= 0) {
        add_to_reply(&reply, &words, line);
        check(lens, line, &n);
    }
    free(line);
    (void)fclose(file);
    double ms = read_ms(lens, buf_str(&reply));
    mem_free(ctx);
    double precision = (double)n.leaks_found / (double)(n.leaks_found + n.false_alarms);
    double recall = (double)n.leaks_found / (double)(n.leaks_found + n.leaks_missed);
    printf("sentences %d\nprecision %.3f\nrecall %.3f\nwrong_kind %d\nwords %zu\nread_ms %.3f\n",
           n.leaks_found + n.leaks_missed + n.false_alarms + n.harmless, precision, recall,
           n.wrong_kind, words, ms);
    return precision >= LEAST && recall >= LEAST ? 0 : 1;
}
