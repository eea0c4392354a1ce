// SPDX-License-Identifier: GPL-3.0-or-later
//
// How functions fail. A function that can fail returns bool (must be checked) and takes a
// `struct error *err` last, never NULL. On false its outputs are untouched and *err says why; on
// true *err is untouched. `message` is for the person, `detail` for the log only. The code
// decides HTTP status and API word (errors.def). Mistakes of the programmer are asserted, also in
// release builds.
#ifndef STEWARD_BASE_ERROR_H
#define STEWARD_BASE_ERROR_H

#include <stdbool.h>
#include <stdint.h>

#include "base/mem.h"

enum error_code {
#define ERROR(code, status, word, retry) ERR_##code,
#include "base/errors.def"
#undef ERROR
};

struct error {
    enum error_code code;
    char field[64];     // the attribute at fault, as the API names it; "" when it is none
    char word[32];      // the API's finer word, such as BlankValue or DuplicateValue; may be ""
    char message[512];  // for the person: what happened and what to do
    char detail[512];   // for the log: never shown
    int wait_s;         // when trying again may help, in seconds; 0: not known
};

// Each fills *err and returns false, so that a function can end with `return error_set(...)`.
bool error_set(struct error *err, enum error_code code, const char *message, ...) PRINTF_LIKE(3, 4);
bool error_field(struct error *err, const char *field, const char *word, const char *message, ...)
    PRINTF_LIKE(4, 5);
// INTERNAL with a general message; the text goes to `detail`.
bool error_internal(struct error *err, const char *detail, ...) PRINTF_LIKE(2, 3);
// For RATE_LIMITED and BUSY: also says after how many seconds trying again may help.
bool error_wait(struct error *err, enum error_code code, int64_t wait_s, const char *message, ...)
    PRINTF_LIKE(4, 5);
// Adds what the log should know to an error already set.
bool error_detail(struct error *err, const char *detail, ...) PRINTF_LIKE(2, 3);

#ifdef __clang_analyzer__
// The analyser looks into no other file, so it is told here what they return.
#define error_set(...) (error_set(__VA_ARGS__), false)
#define error_field(...) (error_field(__VA_ARGS__), false)
#define error_wait(...) (error_wait(__VA_ARGS__), false)
#define error_internal(...) (error_internal(__VA_ARGS__), false)
#define error_detail(...) (error_detail(__VA_ARGS__), false)
#endif

int error_http_status(enum error_code code);
const char *error_api_word(enum error_code code);
bool error_retryable(enum error_code code);

#endif
