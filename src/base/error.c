// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/error.h"

#include <limits.h>
#include <stdarg.h>
#include <stdio.h>

#undef error_set
#undef error_field
#undef error_wait
#undef error_internal
#undef error_detail

struct error_row {
    int status;
    const char *word;
    bool retryable;
};

static const struct error_row ROWS[] = {
#define ERROR(code, status, word, retry) [ERR_##code] = {status, word, retry},
#include "base/errors.def"
#undef ERROR
};

static void error_clear(struct error *err, enum error_code code)
{
    err->code = code;
    err->field[0] = '\0';
    err->word[0] = '\0';
    err->message[0] = '\0';
    err->detail[0] = '\0';
    err->wait_s = 0;
}

bool error_set(struct error *err, enum error_code code, const char *message, ...)
{
    error_clear(err, code);
    va_list args;
    va_start(args, message);
    (void)vsnprintf(err->message, sizeof err->message, message, args);
    va_end(args);
    return false;
}

bool error_field(struct error *err, const char *field, const char *word, const char *message, ...)
{
    error_clear(err, ERR_INVALID);
    (void)snprintf(err->field, sizeof err->field, "%s", field);
    (void)snprintf(err->word, sizeof err->word, "%s", word);
    va_list args;
    va_start(args, message);
    (void)vsnprintf(err->message, sizeof err->message, message, args);
    va_end(args);
    return false;
}

bool error_wait(struct error *err, enum error_code code, int64_t wait_s, const char *message, ...)
{
    error_clear(err, code);
    err->wait_s = (int)(wait_s > INT_MAX ? INT_MAX : wait_s);
    va_list args;
    va_start(args, message);
    (void)vsnprintf(err->message, sizeof err->message, message, args);
    va_end(args);
    return false;
}

bool error_internal(struct error *err, const char *detail, ...)
{
    error_clear(err, ERR_INTERNAL);
    (void)snprintf(
        err->message, sizeof err->message,
        "Something went wrong on our side. Nothing you sent was changed; please try again.");
    va_list args;
    va_start(args, detail);
    (void)vsnprintf(err->detail, sizeof err->detail, detail, args);
    va_end(args);
    return false;
}

bool error_detail(struct error *err, const char *detail, ...)
{
    va_list args;
    va_start(args, detail);
    (void)vsnprintf(err->detail, sizeof err->detail, detail, args);
    va_end(args);
    return false;
}

int error_http_status(enum error_code code)
{
    return ROWS[code].status;
}

const char *error_api_word(enum error_code code)
{
    return ROWS[code].word;
}

bool error_retryable(enum error_code code)
{
    return ROWS[code].retryable;
}
