// SPDX-License-Identifier: GPL-3.0-or-later
//
// Comma-separated values from outside: reading ends, and what was read can be written and read
// again as the same fields.
#include "base/buf.h"
#include "base/csv.h"
#include "base/fold.h"
#include "fuzz.h"

static void put_record(struct buf *out, const struct csv_record *record)
{
    for (size_t i = 0; i < record->count; i++) {
        buf_put_c(out, i == 0 ? "\"" : ",\"");
        for (size_t n = 0; n < record->fields[i].len; n++) {
            buf_put_char(out, record->fields[i].ptr[n]);
            buf_put_c(out, record->fields[i].ptr[n] == '"' ? "\"" : "");
        }
        buf_put_char(out, '"');
    }
    buf_put_c(out, "\r\n");
}

// Reads all, writes it quoted. False when the text is no CSV.
static bool read_and_write(mem_ctx *ctx, struct str text, struct buf *out)
{
    struct csv_reader reader;
    csv_init(&reader, text);
    struct error err = {0};
    struct csv_record record;
    for (bool found = true; found;) {
        if (!csv_next(&reader, ctx, &record, &found, &err)) {
            return false;
        }
        if (found) {
            put_record(out, &record);
        }
    }
    return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    mem_ctx *ctx = mem_ctx_new(NULL, "fuzz");
    struct str text = fuzz_input(data, size);
    struct buf first;
    struct buf second;
    buf_init(&first, ctx, 4 * size + 16);
    buf_init(&second, ctx, 4 * size + 16);
    if (read_and_write(ctx, text, &first)) {
        bool again = read_and_write(ctx, buf_str(&first), &second);
        assert(again && str_eq(buf_str(&first), buf_str(&second)));
    }
    (void)fold_text(ctx, text);
    mem_free(ctx);
    return 0;
}
