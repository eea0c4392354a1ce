// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/log.h"

#include <stdatomic.h>
#include <stdio.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"

static _Atomic int least_level = LOG_LEVEL_INFO;

static const char *const LEVELS[] = {"debug", "info", "warn", "error"};

void log_set_level(enum log_level least)
{
    atomic_store(&least_level, (int)least);
}

bool log_level_parse(struct str name, enum log_level *ret_level)
{
    for (size_t i = 0; i < sizeof LEVELS / sizeof *LEVELS; i++) {
        if (str_eq_c(name, LEVELS[i])) {
            *ret_level = (enum log_level)i;
            return true;
        }
    }
    return false;
}

static void put_quoted(struct buf *line, struct str s)
{
    buf_put_char(line, '"');
    for (size_t i = 0; i < s.len; i++) {
        char c = s.ptr[i];
        if (c == '"' || c == '\\') {
            buf_put_char(line, '\\');
            buf_put_char(line, c);
        } else if ((unsigned char)c < 0x20 || c == 0x7f) {
            buf_printf(line, "\\x%02x", (unsigned)(unsigned char)c);
        } else {
            buf_put_char(line, c);
        }
    }
    buf_put_char(line, '"');
}

void log_write(enum log_level level, const char *msg, const struct log_field *fields, size_t n)
{
    if ((int)level < atomic_load(&least_level)) {
        return;
    }
    mem_ctx *ctx = mem_ctx_new(NULL, "log line");
    struct clock clock;
    clock_init(&clock);
    struct buf line;
    buf_init(&line, ctx, 16384);
    struct str now = time_iso_ms(ctx, clock_now(&clock));
    buf_printf(&line, "ts=" STR_FMT " level=%s msg=", STR_ARG(now), LEVELS[level]);
    put_quoted(&line, str_c(msg));
    for (size_t i = 0; i < n; i++) {
        buf_printf(&line, " %s=", fields[i].key);
        if (str_none(fields[i].text)) {
            buf_put_i64(&line, fields[i].number);
        } else {
            put_quoted(&line, str_utf8_clip(fields[i].text, 1000));
        }
    }
    buf_put_char(&line, '\n');
    struct str text = buf_str(&line);
    // One write, so that lines of several threads do not mix; a log that cannot be written must
    // not stop the desk.
    ssize_t written = write(STDERR_FILENO, text.ptr, text.len);
    (void)written;
    mem_free(ctx);
}

void log_error(const char *msg, const struct error *err)
{
    LOG(LOG_LEVEL_ERROR, msg, LOG_TEXT("code", str_c(error_api_word(err->code))),
        LOG_TEXT("message", str_c(err->message)), LOG_TEXT("detail", str_c(err->detail)));
}
