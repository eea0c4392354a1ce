// SPDX-License-Identifier: GPL-3.0-or-later
//
// Memory by lifetime. Every allocation hangs on a talloc context: one for the program, one a
// request, a job attempt, a mail. What a function returns lives as long as the context it was
// given; never store it longer. Nothing in Steward frees single objects in passing: the owner of
// the context frees all of it. Handles of other libraries are closed by mem_on_free().
//
// Allocation never returns NULL: outside input is bounded at the edge, so running out of memory
// is not a condition to handle but a reason to stop (the supervisor starts the program again, and
// whatever was acknowledged is in the database).
#ifndef STEWARD_BASE_MEM_H
#define STEWARD_BASE_MEM_H

#include <stddef.h>
#include <talloc.h>

// Marks functions whose result must be looked at.
#define MUST_CHECK __attribute__((warn_unused_result))
#define PRINTF_LIKE(fmt, args) __attribute__((format(printf, fmt, args)))
#define UNUSED __attribute__((unused))

typedef void mem_ctx;

// A new, empty context below `parent` (which may be NULL for a root).
mem_ctx *mem_ctx_new(const void *parent, const char *name);

// A root context whose first `bytes` come from one block: for what lives briefly and is freed as
// one. Under sanitizers a plain context, so that they see each allocation.
mem_ctx *mem_ctx_pool(const char *name, size_t bytes);
// Frees all below a context and keeps it; a pool's block is whole again.
void mem_ctx_clear(mem_ctx *ctx);

// Frees a context and all below it. NULL is allowed.
void mem_free(void *ptr);

// A zeroed T, or n of them, below `ctx`.
#define mem_new(ctx, T) ((T *)mem_check_(talloc_zero((ctx), T)))
#define mem_array(ctx, T, n) ((T *)mem_check_(talloc_zero_array((ctx), T, (unsigned)(n))))

// Makes the array `arr` (or NULL) hold at least n elements; new elements are not zeroed.
#define mem_grow(ctx, arr, T, n) ((T *)mem_check_(talloc_realloc((ctx), (arr), T, (unsigned)(n))))

// Copies of bytes; the text forms add a terminating NUL.
char *mem_text(const mem_ctx *ctx, const char *text);
char *mem_text_n(const mem_ctx *ctx, const char *text, size_t len);
char *mem_printf(const mem_ctx *ctx, const char *fmt, ...) PRINTF_LIKE(2, 3);

// Calls close(handle) when `ctx` is freed; later registrations run first.
void mem_on_free(const mem_ctx *ctx, void (*close)(void *handle), void *handle);

void *mem_check_(void *ptr) __attribute__((returns_nonnull));

#endif
