// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/problems.h"

#include <stdarg.h>
#include <stdio.h>

void problems_init(struct problems *problems, const mem_ctx *ctx)
{
    *problems = (struct problems){.ctx = ctx};
}

static void append(struct problems *problems, struct problem item)
{
    if (problems->count == PROBLEMS_MAX) {
        return;
    }
    problems->items = mem_grow(problems->ctx, problems->items, struct problem, problems->count + 1);
    problems->items[problems->count++] = item;
}

void problems_add(struct problems *problems, struct str field, const char *word,
                  const char *message, ...)
{
    char text[512];
    va_list args;
    va_start(args, message);
    (void)vsnprintf(text, sizeof text, message, args);
    va_end(args);
    append(problems, (struct problem){.field = str_dup(problems->ctx, field),
                                      .word = word,
                                      .message = str_c(mem_text(problems->ctx, text))});
}

void problems_add_error(struct problems *problems, const struct error *err)
{
    const char *field = err->field[0] == '\0' ? "base" : err->field;
    append(problems,
           (struct problem){.field = str_c(mem_text(problems->ctx, field)),
                            .word = err->word[0] == '\0' ? "InvalidValue"
                                                         : mem_text(problems->ctx, err->word),
                            .message = str_c(mem_text(problems->ctx, err->message))});
}

struct str problems_of(const struct problems *problems, const char *field)
{
    for (size_t i = 0; i < problems->count; i++) {
        if (str_eq_c(problems->items[i].field, field)) {
            return problems->items[i].message;
        }
    }
    return STR_NONE;
}

bool problems_none(const struct problems *problems, struct error *err)
{
    if (problems->count == 0) {
        return true;
    }
    const struct problem *first = &problems->items[0];
    return error_field(err, first->field.ptr, first->word, "%.*s", STR_ARG(first->message));
}
