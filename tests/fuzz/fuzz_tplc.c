// SPDX-License-Identifier: GPL-3.0-or-later
//
// The template compiler on any bytes: it ends, and says a line of the file when it refuses.
#include <string.h>

#include "fuzz.h"
#include "tplc.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    mem_ctx *ctx = mem_ctx_new(NULL, "fuzz");
    struct error err = {0};
    struct str header;
    struct str source;
    struct tplc_options options = {.header_name = "x.html.h", .words = size % 2 == 0};
    if (tplc_compile(ctx, "x.html", fuzz_input(data, size), &options, &header, &source, &err)) {
        assert(str_find(source, STR("#include \"x.html.h\"")) >= 0);
    } else {
        assert(strncmp(err.message, "x.html:", 7) == 0);
    }
    mem_free(ctx);
    return 0;
}
