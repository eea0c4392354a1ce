// SPDX-License-Identifier: GPL-3.0-or-later
//
// steward lens: what the customer lens says about lines of text, to try rules out.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

#include "base/buf.h"
#include "base/mem.h"
#include "cmd/command.h"
#include "desk/contact/lens.h"

static const char ABOUT[] =
    "steward lens check\n"
    "    reads lines of text on standard input and says for each whether something internal in it\n"
    "    should not reach a requester: 'leak KIND' or 'ok'. KIND is the strongest of deadline,\n"
    "    vendor, tier, staffing, blame, data.";

enum { MAX_RULE_FILE = 1 << 20 };

struct lens_options {
    const char *language;
    const char *rules;
    bool explain;
};

static int read_rules(mem_ctx *ctx, const char *path, struct str *ret)
{
    FILE *file = fopen(path, "rb");
    if (file == NULL) {
        (void)fprintf(stderr, "steward lens: %s cannot be read\n", path);
        return EX_NOINPUT;
    }
    struct buf rules;
    buf_init(&rules, ctx, MAX_RULE_FILE);
    size_t got = 1;
    while (got > 0 && !rules.failed) {
        char part[4096];
        got = fread(part, 1, sizeof part, file);
        buf_put(&rules, (struct str){part, got});
    }
    bool failed = ferror(file) != 0 || rules.failed;
    (void)fclose(file);
    if (failed) {
        (void)fprintf(stderr, "steward lens: %s cannot be read or is too large\n", path);
        return EX_NOINPUT;
    }
    *ret = buf_str(&rules);
    return EX_OK;
}

static void print_hits(struct str line, const struct lens_hits *hits)
{
    for (size_t i = 0; i < hits->count; i++) {
        const struct lens_hit *hit = &hits->list[i];
        printf("  %s: \"" STR_FMT "\"\n    " STR_FMT "\n    " STR_FMT "\n",
               lens_kind_word(hit->kind), STR_ARG(str_sub(line, hit->start, hit->len)),
               STR_ARG(hit->reason), STR_ARG(hit->wording));
    }
}

static int check_lines(mem_ctx *ctx, const struct lens *lens, const struct lens_options *options)
{
    char *raw = NULL;
    size_t capacity = 0;
    ssize_t len;
    while ((len = getline(&raw, &capacity, stdin)) >= 0) {
        mem_ctx *turn = mem_ctx_new(ctx, "line");
        struct str line = str_utf8_mend(turn, str_trim((struct str){raw, (size_t)len}));
        struct lens_hits hits;
        lens_read(turn, lens, line, str_c(options->language), NULL, &hits);
        printf("%s%s\n", hits.count > 0 ? "leak " : "ok",
               hits.count > 0 ? lens_kind_word(lens_strongest(&hits)) : "");
        if (options->explain) {
            print_hits(line, &hits);
        }
        mem_free(turn);
    }
    free(raw);
    return ferror(stdin) != 0 ? EX_IOERR : EX_OK;
}

static int run_check(mem_ctx *ctx, const struct lens_options *options)
{
    struct str extra = STR_NONE;
    if (options->rules != NULL) {
        int status = read_rules(ctx, options->rules, &extra);
        if (status != EX_OK) {
            return status;
        }
    }
    struct lens *lens = NULL;
    struct error err = {0};
    if (!lens_load(ctx, extra, &lens, &err)) {
        (void)fprintf(stderr, "steward lens: %s %s\n", err.message, err.detail);
        return err.code == ERR_INVALID ? EX_DATAERR : EX_SOFTWARE;
    }
    if (options->language != NULL && !lens_knows_language(lens, str_c(options->language))) {
        (void)fprintf(stderr, "steward lens: there are no rules for '%s'\n", options->language);
        return EX_USAGE;
    }
    return check_lines(ctx, lens, options);
}

int cmd_lens(int argc, char **argv)
{
    static const struct option OPTIONS[] = {
        {"lang", "CODE", false, "read with the rules of en, de, es, fr or one that --rules adds"},
        {"rules", "FILE", false, "add rules of your own"},
        {"explain", NULL, false, "print the words, the reason and a better wording too"},
    };
    struct given given;
    switch (options_read(argc, argv, ABOUT, OPTIONS, sizeof OPTIONS / sizeof *OPTIONS, &given)) {
    case OPTIONS_DONE:
        return EX_OK;
    case OPTIONS_WRONG:
        return EX_USAGE;
    case OPTIONS_GO_ON:
        break;
    }
    if (given.word_count != 1 || strcmp(given.words[0], "check") != 0) {
        (void)fprintf(stderr,
                      "steward lens: say check. `steward lens --help` shows what there is.\n");
        return EX_USAGE;
    }
    struct lens_options options = {given_value(&given, "lang"), given_value(&given, "rules"),
                                   given_value(&given, "explain") != NULL};
    mem_ctx *ctx = mem_ctx_new(NULL, "lens");
    int status = run_check(ctx, &options);
    mem_free(ctx);
    return status;
}
