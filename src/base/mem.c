// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/mem.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct closer {
    void (*close)(void *handle);
    void *handle;
};

void *mem_check_(void *ptr)
{
    if (ptr == NULL) {
        fputs("level=error msg=\"out of memory\"\n", stderr);
        abort();
    }
    return ptr;
}

mem_ctx *mem_ctx_new(const void *parent, const char *name)
{
    return mem_check_(talloc_named_const(parent, 0, name));
}

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(memory_sanitizer)
#define EACH_ALLOCATION_ALONE 1
#endif
#endif
#if defined(__SANITIZE_ADDRESS__) && !defined(EACH_ALLOCATION_ALONE)
#define EACH_ALLOCATION_ALONE 1
#endif

mem_ctx *mem_ctx_pool(const char *name, size_t bytes)
{
#ifdef EACH_ALLOCATION_ALONE
    (void)bytes;
    return mem_ctx_new(NULL, name);
#else
    void *pool = mem_check_(talloc_pool(NULL, bytes));
    talloc_set_name_const(pool, name);
    return pool;
#endif
}

void mem_ctx_clear(mem_ctx *ctx)
{
    talloc_free_children(ctx);
}

void mem_free(void *ptr)
{
    if (ptr != NULL) {
        talloc_free(ptr);
    }
}

char *mem_text(const mem_ctx *ctx, const char *text)
{
    return mem_check_(talloc_strdup(ctx, text == NULL ? "" : text));
}

char *mem_text_n(const mem_ctx *ctx, const char *text, size_t len)
{
    // Not talloc_strndup(), which stops at a NUL: blobs pass here too.
    char *copy = mem_check_(talloc_size(ctx, len + 1));
    if (len > 0) {
        memcpy(copy, text, len);
    }
    copy[len] = '\0';
    return copy;
}

char *mem_printf(const mem_ctx *ctx, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    char *text = talloc_vasprintf(ctx, fmt, args);
    va_end(args);
    return mem_check_(text);
}

static int closer_run(struct closer *closer)
{
    closer->close(closer->handle);
    return 0;
}

void mem_on_free(const mem_ctx *ctx, void (*close)(void *handle), void *handle)
{
    // talloc frees children newest first.
    struct closer *closer = mem_new(ctx, struct closer);
    closer->close = close;
    closer->handle = handle;
    talloc_set_destructor(closer, closer_run);
}
