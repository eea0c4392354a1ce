// SPDX-License-Identifier: GPL-3.0-or-later
//
// embed output.c file…: turns files for browsers into one table of `struct asset` (view/assets.h),
// with gzip and brotli forms and a content hash in each path.
//
// embed --words output.c file.mo…: turns compiled catalogues into one table of `struct catalogue`
// (view/words.h), in the order given.
#include <brotli/encode.h>
#include <stdio.h>
#include <string.h>
#include <zlib.h>

#include "base/buf.h"

#define FILE_MAX ((size_t)8 << 20)

static bool read_file(mem_ctx *ctx, const char *path, struct str *ret)
{
    FILE *in = fopen(path, "rb");
    if (in == NULL) {
        return false;
    }
    struct buf text;
    buf_init(&text, ctx, FILE_MAX);
    size_t n;
    do {
        char *at = buf_reserve(&text, 65536);
        n = at == NULL ? 0 : fread(at, 1, 65536, in);
        text.len += n;
    } while (n > 0);
    bool good = ferror(in) == 0 && !text.failed;
    *ret = buf_str(&text);
    return fclose(in) == 0 && good;
}

static const char *content_type(struct str name)
{
    static const struct {
        const char *ending;
        const char *type;
    } TYPES[] = {{".css", "text/css; charset=utf-8"},
                 {".js", "text/javascript; charset=utf-8"},
                 {".svg", "image/svg+xml"},
                 {".png", "image/png"},
                 {".woff2", "font/woff2"},
                 {".json", "application/json"}};
    for (size_t i = 0; i < sizeof TYPES / sizeof *TYPES; i++) {
        if (str_ends(name, str_c(TYPES[i].ending))) {
            return TYPES[i].type;
        }
    }
    return "application/octet-stream";
}

// A form that saves less than a tenth is not worth having.
static struct str worth(struct str packed, struct str plain)
{
    return packed.len < plain.len - plain.len / 10 ? packed : STR_NONE;
}

static struct str pack_gzip(mem_ctx *ctx, struct str plain)
{
    z_stream z = {0};
    if (deflateInit2(&z, 9, Z_DEFLATED, 15 + 16, 9, Z_DEFAULT_STRATEGY) != Z_OK) {
        return STR_NONE;
    }
    uLong room = deflateBound(&z, plain.len) + 32;
    char *out = mem_array(ctx, char, room);
    z.next_in = (Bytef *)(uintptr_t)plain.ptr;
    z.avail_in = (uInt)plain.len;
    z.next_out = (Bytef *)out;
    z.avail_out = (uInt)room;
    int status = deflate(&z, Z_FINISH);
    struct str packed = {out, z.total_out};
    deflateEnd(&z);
    return status == Z_STREAM_END ? worth(packed, plain) : STR_NONE;
}

static struct str pack_brotli(mem_ctx *ctx, struct str plain)
{
    size_t room = BrotliEncoderMaxCompressedSize(plain.len) + 32;
    uint8_t *out = mem_array(ctx, uint8_t, room);
    if (!BrotliEncoderCompress(BROTLI_MAX_QUALITY, BROTLI_MAX_WINDOW_BITS, BROTLI_MODE_TEXT,
                               plain.len, (const uint8_t *)plain.ptr, &room, out)) {
        return STR_NONE;
    }
    return worth((struct str){(char *)out, room}, plain);
}

static void write_bytes(FILE *out, struct str bytes)
{
    if (str_none(bytes)) {
        fputs("{NULL, 0},\n", out);
        return;
    }
    fputs("{\"", out);
    for (size_t i = 0; i < bytes.len; i++) {
        unsigned char c = (unsigned char)bytes.ptr[i];
        if (i % 64 == 63) {
            fputs("\"\n\"", out);
        }
        if (c >= ' ' && c < 0x7F && c != '"' && c != '\\' && c != '?') {
            fputc(c, out);
        } else {
            fprintf(out, "\\%03o", c);
        }
    }
    fprintf(out, "\", %zu},\n", bytes.len);
}

static bool write_asset(mem_ctx *ctx, FILE *out, const char *path)
{
    struct str plain;
    if (!read_file(ctx, path, &plain)) {
        fprintf(stderr, "embed: cannot read %s\n", path);
        return false;
    }
    const char *slash = strrchr(path, '/');
    struct str name = str_c(slash == NULL ? path : slash + 1);
    const char *dot = strrchr(name.ptr, '.');
    size_t stem = dot == NULL ? name.len : (size_t)(dot - name.ptr);
    unsigned long long hash = str_hash(plain);
    fprintf(out, "{STR_INIT(\"" STR_FMT "\"),\n", STR_ARG(name));
    fprintf(out, "STR_INIT(\"/assets/" STR_FMT "-%016llx" STR_FMT "\"),\n",
            STR_ARG(str_sub(name, 0, stem)), hash, STR_ARG(str_from(name, stem)));
    fprintf(out, "STR_INIT(\"%s\"),\nSTR_INIT(\"\\\"%016llx\\\"\"),\n", content_type(name), hash);
    write_bytes(out, plain);
    write_bytes(out, pack_gzip(ctx, plain));
    write_bytes(out, pack_brotli(ctx, plain));
    fputs("},\n", out);
    return true;
}

static bool write_catalogue(mem_ctx *ctx, FILE *out, const char *path)
{
    struct str bytes;
    if (!read_file(ctx, path, &bytes)) {
        fprintf(stderr, "embed: cannot read %s\n", path);
        return false;
    }
    const char *slash = strrchr(path, '/');
    struct str name = str_c(slash == NULL ? path : slash + 1);
    ptrdiff_t dot = str_find_char(name, '.');
    struct str code = dot < 0 ? name : str_sub(name, 0, (size_t)dot);
    fprintf(out, "{\"" STR_FMT "\",\n", STR_ARG(code));
    write_bytes(out, bytes);
    fputs("},\n", out);
    return true;
}

static bool write_table(mem_ctx *ctx, FILE *out, bool words, char **files, int count)
{
    bool good = true;
    fprintf(
        out,
        "// Generated by embed. Do not edit.\n#include \"view/%s.h\"\n\nconst struct %s[] = {\n",
        words ? "words" : "assets", words ? "catalogue CATALOGUES" : "asset ASSETS");
    for (int i = 0; i < count; i++) {
        good = (words ? write_catalogue : write_asset)(ctx, out, files[i]) && good;
    }
    const char *name = words ? "CATALOGUE" : "ASSET";
    fprintf(out, "};\nconst size_t %s_COUNT = sizeof %sS / sizeof *%sS;\n", name, name, name);
    return good;
}

int main(int argc, char **argv)
{
    bool words = argc > 1 && strcmp(argv[1], "--words") == 0;
    int first = words ? 2 : 1;
    if (argc < first + 2) {
        fprintf(stderr, "usage: embed [--words] output.c file...\n");
        return 2;
    }
    FILE *out = fopen(argv[first], "wb");
    if (out == NULL) {
        fprintf(stderr, "embed: cannot write %s\n", argv[first]);
        return 1;
    }
    mem_ctx *ctx = mem_ctx_new(NULL, "embed");
    bool good = write_table(ctx, out, words, argv + first + 1, argc - first - 1);
    mem_free(ctx);
    return fclose(out) == 0 && good ? 0 : 1;
}
