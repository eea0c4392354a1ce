// SPDX-License-Identifier: GPL-3.0-or-later
//
// test_lens_sentences FILE: precision and recall of the lens on labelled sentences: lines of
// language, kind or "ok", and sentence, with tabs between. Fails when either is below 0.9.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "desk/contact/lens.h"

static const double LEAST = 0.9;

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
    while (getline(&line, &capacity, file) >= 0) {
        check(lens, line, &n);
    }
    free(line);
    (void)fclose(file);
    mem_free(ctx);
    double precision = (double)n.leaks_found / (double)(n.leaks_found + n.false_alarms);
    double recall = (double)n.leaks_found / (double)(n.leaks_found + n.leaks_missed);
    printf("sentences %d precision %.3f recall %.3f wrong kind %d\n",
           n.leaks_found + n.leaks_missed + n.false_alarms + n.harmless, precision, recall,
           n.wrong_kind);
    return precision >= LEAST && recall >= LEAST ? 0 : 1;
}
