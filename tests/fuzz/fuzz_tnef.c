// SPDX-License-Identifier: GPL-3.0-or-later
//
// winmail.dat from a stranger: whatever its lengths claim, names are safe to show, files lie within
// the input, and reading it again gives the same.
#include "fuzz.h"
#include "mail/tnef.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    mem_ctx *ctx = mem_ctx_new(NULL, "fuzz");
    struct str input = fuzz_input(data, size);
    struct tnef_file *files = NULL;
    struct tnef_file *again = NULL;
    size_t count = 0;
    size_t again_count = 0;
    bool whole = tnef_files(ctx, input, &files, &count);
    assert(tnef_files(ctx, input, &again, &again_count) == whole && count == again_count);
    assert(count <= TNEF_FILES_MOST && (count == 0 || tnef_is(input)));
    for (size_t i = 0; i < count; i++) {
        assert(files[i].name.len > 0 && files[i].name.len <= 255);
        assert(str_utf8_valid(files[i].name) && str_utf8_valid(files[i].type));
        assert(str_find_char(files[i].name, '/') < 0 && files[i].name.ptr[0] != '.');
        assert(files[i].bytes.len == 0 ||
               (files[i].bytes.ptr >= input.ptr &&
                files[i].bytes.ptr + files[i].bytes.len <= input.ptr + input.len));
        assert(str_eq(files[i].name, again[i].name) && files[i].bytes.ptr == again[i].bytes.ptr);
    }
    mem_free(ctx);
    return 0;
}
