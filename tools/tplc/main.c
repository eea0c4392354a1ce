// SPDX-License-Identifier: GPL-3.0-or-later
//
// tplc input.html output.h output.c
#include <stdio.h>
#include <string.h>

#include "tplc.h"

static bool read_file(mem_ctx *ctx, const char *path, struct str *ret)
{
    FILE *in = fopen(path, "rb");
    if (in == NULL) {
        return false;
    }
    struct buf text;
    buf_init(&text, ctx, TPLC_MAX_SOURCE);
    size_t n;
    do {
        char *at = buf_reserve(&text, 4096);
        n = at == NULL ? 0 : fread(at, 1, 4096, in);
        text.len += n;
    } while (n > 0);
    bool good = ferror(in) == 0 && !text.failed;
    *ret = buf_str(&text);
    return fclose(in) == 0 && good;
}

static bool write_file(const char *path, struct str text)
{
    FILE *out = fopen(path, "wb");
    if (out == NULL) {
        return false;
    }
    bool good = fwrite(text.ptr, 1, text.len, out) == text.len;
    return fclose(out) == 0 && good;
}

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash == NULL ? path : slash + 1;
}

int main(int argc, char **argv)
{
    if (argc != 4) {
        fprintf(stderr, "usage: tplc input.html output.h output.c\n");
        return 2;
    }
    mem_ctx *ctx = mem_ctx_new(NULL, "tplc");
    struct str text;
    struct str header;
    struct str source;
    struct error err = {0};
    int status = 0;
    // Templates of tests are read by nobody in another language.
    bool test = str_starts(str_c(base_name(argv[1])), STR("test_")) ||
                str_find(str_c(argv[1]), STR("tests/")) >= 0;
    struct tplc_options options = {.header_name = base_name(argv[2]), .words = !test};
    if (!read_file(ctx, argv[1], &text)) {
        fprintf(stderr, "tplc: cannot read %s\n", argv[1]);
        status = 1;
    } else if (!tplc_compile(ctx, argv[1], text, &options, &header, &source, &err)) {
        fprintf(stderr, "%s\n", err.message);
        status = 1;
    } else if (!write_file(argv[2], header) || !write_file(argv[3], source)) {
        fprintf(stderr, "tplc: cannot write %s\n", argv[2]);
        status = 1;
    }
    mem_free(ctx);
    return status;
}
