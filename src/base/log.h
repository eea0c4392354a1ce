// SPDX-License-Identifier: GPL-3.0-or-later
//
// One line an event on standard error, as logfmt: ts=… level=… msg="…" key=value. Only dispatch,
// job runner and commands log errors, once each; libraries log nothing above debug.
#ifndef STEWARD_BASE_LOG_H
#define STEWARD_BASE_LOG_H

#include "base/error.h"
#include "base/str.h"

enum log_level { LOG_LEVEL_DEBUG, LOG_LEVEL_INFO, LOG_LEVEL_WARN, LOG_LEVEL_ERROR };

struct log_field {
    const char *key;
    struct str text;  // used when not absent, else number
    int64_t number;
};

#define LOG_TEXT(key, s) ((struct log_field){(key), (s), 0})
#define LOG_NUM(key, n) ((struct log_field){(key), STR_NONE, (n)})

void log_set_level(enum log_level least);
MUST_CHECK bool log_level_parse(struct str name, enum log_level *ret_level);
// Values are quoted and escaped, so no input can forge a line.
void log_write(enum log_level level, const char *msg, const struct log_field *fields, size_t n);
#define LOG(level, msg, ...)                                                                       \
    log_write((level), (msg), (struct log_field[]){__VA_ARGS__},                                   \
              sizeof((struct log_field[]){__VA_ARGS__}) / sizeof(struct log_field))
void log_error(const char *msg, const struct error *err);

#endif
