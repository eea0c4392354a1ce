// SPDX-License-Identifier: GPL-3.0-or-later
//
// A name that somebody types, in the filter of a directory: nothing of it may be syntax there.
#include <assert.h>

#include "desk/sso/directory.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    mem_ctx *ctx = mem_ctx_new(NULL, "fuzz");
    struct str filled =
        directory_filter(ctx, STR("(uid={login})"), (struct str){(const char *)data, size});
    assert(filled.len == 0 || (filled.ptr[0] == '(' && filled.ptr[filled.len - 1] == ')'));
    for (size_t i = 1; i + 1 < filled.len; i++) {
        assert(filled.ptr[i] != '(' && filled.ptr[i] != ')' && filled.ptr[i] != '*');
        assert((unsigned char)filled.ptr[i] >= ' ' && (unsigned char)filled.ptr[i] < 0x7f);
    }
    mem_free(ctx);
    return 0;
}
