// SPDX-License-Identifier: GPL-3.0-or-later
#include "json/write.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"

enum { LEVEL_OBJECT = 1, LEVEL_ARRAY = 2 };

static void put_text(struct buf *out, struct str text);

void jw_init(struct jw *w, struct buf *out)
{
    *w = (struct jw){.out = out};
}

bool jw_done(const struct jw *w)
{
    return w->depth == 0 && w->any;
}

// What must stand before a value: a comma, or nothing after a key.
static void before_value(struct jw *w)
{
    if (w->depth == 0) {
        assert(!w->any);
    } else if (w->levels[w->depth - 1] == LEVEL_OBJECT) {
        assert(w->key);
    } else if (w->any) {
        buf_put_char(w->out, ',');
    }
    w->key = false;
    w->any = true;
}

static void begin(struct jw *w, unsigned char level, char bracket)
{
    before_value(w);
    assert(w->depth < JW_DEPTH);
    w->levels[w->depth++] = level;
    w->any = false;
    buf_put_char(w->out, bracket);
}

static void end(struct jw *w, unsigned char level, char bracket)
{
    assert(w->depth > 0 && w->levels[w->depth - 1] == level && !w->key);
    w->depth--;
    w->any = true;
    buf_put_char(w->out, bracket);
}

void jw_object_begin(struct jw *w)
{
    begin(w, LEVEL_OBJECT, '{');
}

void jw_object_end(struct jw *w)
{
    end(w, LEVEL_OBJECT, '}');
}

void jw_array_begin(struct jw *w)
{
    begin(w, LEVEL_ARRAY, '[');
}

void jw_array_end(struct jw *w)
{
    end(w, LEVEL_ARRAY, ']');
}

void jw_key(struct jw *w, const char *key)
{
    jw_key_str(w, str_c(key));
}

void jw_key_str(struct jw *w, struct str key)
{
    assert(w->depth > 0 && w->levels[w->depth - 1] == LEVEL_OBJECT && !w->key);
    if (w->any) {
        buf_put_char(w->out, ',');
    }
    put_text(w->out, key);
    buf_put_char(w->out, ':');
    w->key = true;
}

void jw_str(struct jw *w, struct str text)
{
    if (str_none(text)) {
        jw_null(w);
        return;
    }
    before_value(w);
    put_text(w->out, text);
}

void jw_c(struct jw *w, const char *text)
{
    jw_str(w, str_c(text));
}

void jw_i64(struct jw *w, int64_t value)
{
    before_value(w);
    buf_put_i64(w->out, value);
}

// The shortest of two forms that reads back as the same number.
void jw_f64(struct jw *w, double value)
{
    if (!isfinite(value)) {
        jw_null(w);
        return;
    }
    char text[40];
    (void)snprintf(text, sizeof text, "%.15g", value);
    if (strtod(text, NULL) != value) {
        (void)snprintf(text, sizeof text, "%.17g", value);
    }
    before_value(w);
    buf_put_c(w->out, text);
}

void jw_bool(struct jw *w, bool value)
{
    before_value(w);
    buf_put_c(w->out, value ? "true" : "false");
}

void jw_null(struct jw *w)
{
    before_value(w);
    buf_put(w->out, STR("null"));
}

void jw_id(struct jw *w, int64_t id)
{
    if (id == 0) {
        jw_null(w);
    } else {
        jw_i64(w, id);
    }
}

void jw_time(struct jw *w, int64_t ms)
{
    if (ms == 0) {
        jw_null(w);
        return;
    }
    struct civil at = time_civil(ms);
    before_value(w);
    buf_printf(w->out, "\"%04lld-%02d-%02dT%02d:%02d:%02dZ\"", (long long)at.year, at.month, at.day,
               at.hour, at.minute, at.second);
}

void jw_date(struct jw *w, int64_t ms)
{
    if (ms == 0) {
        jw_null(w);
        return;
    }
    struct civil at = time_civil(ms);
    before_value(w);
    buf_printf(w->out, "\"%04lld-%02d-%02d\"", (long long)at.year, at.month, at.day);
}

void jw_raw(struct jw *w, struct str json)
{
    assert(!str_empty(json));
    before_value(w);
    buf_put(w->out, json);
}

void jw_words(struct jw *w, struct str words)
{
    jw_array_begin(w);
    struct str rest = words;
    struct str word;
    while (str_next(&rest, ' ', &word)) {
        if (word.len > 0) {
            jw_str(w, word);
        }
    }
    jw_array_end(w);
}

// --- text ---------------------------------------------------------------------------------------

// How many bytes at `at` need an escape (written to *ret_escape), 0 when the byte may stand.
static size_t escape_at(struct str text, size_t at, char escape[8])
{
    unsigned char c = (unsigned char)text.ptr[at];
    if (c == '"' || c == '\\') {
        (void)snprintf(escape, 8, "\\%c", c);
        return 1;
    }
    if (c < 0x20 || c == 0x7F) {
        const char *names = "btn?fr";  // U+0008 to U+000D
        if (c >= 8 && c <= 13 && c != 11) {
            (void)snprintf(escape, 8, "\\%c", names[c - 8]);
        } else {
            (void)snprintf(escape, 8, "\\u%04x", c);
        }
        return 1;
    }
    if ((c == '/' || c == '!') && at > 0 && text.ptr[at - 1] == '<') {
        (void)snprintf(escape, 8, "%s", c == '/' ? "\\/" : "\\u0021");
        return 1;
    }
    if (c == 0xE2 && at + 2 < text.len && (unsigned char)text.ptr[at + 1] == 0x80 &&
        ((unsigned char)text.ptr[at + 2] & 0xFE) == 0xA8) {
        (void)snprintf(escape, 8, "\\u202%d", (unsigned char)text.ptr[at + 2] == 0xA8 ? 8 : 9);
        return 3;
    }
    return 0;
}

static bool may_need_escape(unsigned char c)
{
    return c < 0x20 || c == '"' || c == '\\' || c == '/' || c == '!' || c == 0x7F || c == 0xE2;
}

static void put_text(struct buf *out, struct str text)
{
    buf_put_char(out, '"');
    size_t from = 0;
    size_t at = 0;
    while (at < text.len) {
        char escape[8];
        size_t taken =
            may_need_escape((unsigned char)text.ptr[at]) ? escape_at(text, at, escape) : 0;
        if (taken == 0) {
            at++;
            continue;
        }
        buf_put(out, (struct str){text.ptr + from, at - from});
        buf_put_c(out, escape);
        at += taken;
        from = at;
    }
    buf_put(out, (struct str){text.ptr + from, at - from});
    buf_put_char(out, '"');
}

// --- key and value ------------------------------------------------------------------------------

void jw_field_str(struct jw *w, const char *key, struct str text)
{
    jw_key(w, key);
    jw_str(w, text);
}

void jw_field_c(struct jw *w, const char *key, const char *text)
{
    jw_key(w, key);
    jw_c(w, text);
}

void jw_field_i64(struct jw *w, const char *key, int64_t value)
{
    jw_key(w, key);
    jw_i64(w, value);
}

void jw_field_f64(struct jw *w, const char *key, double value)
{
    jw_key(w, key);
    jw_f64(w, value);
}

void jw_field_bool(struct jw *w, const char *key, bool value)
{
    jw_key(w, key);
    jw_bool(w, value);
}

void jw_field_null(struct jw *w, const char *key)
{
    jw_key(w, key);
    jw_null(w);
}

void jw_field_id(struct jw *w, const char *key, int64_t id)
{
    jw_key(w, key);
    jw_id(w, id);
}

void jw_field_time(struct jw *w, const char *key, int64_t ms)
{
    jw_key(w, key);
    jw_time(w, ms);
}

void jw_field_words(struct jw *w, const char *key, struct str words)
{
    jw_key(w, key);
    jw_words(w, words);
}

void jw_field_object(struct jw *w, const char *key)
{
    jw_key(w, key);
    jw_object_begin(w);
}

void jw_field_array(struct jw *w, const char *key)
{
    jw_key(w, key);
    jw_array_begin(w);
}

void jw_field_empty_object(struct jw *w, const char *key)
{
    jw_field_object(w, key);
    jw_object_end(w);
}

void jw_field_empty_array(struct jw *w, const char *key)
{
    jw_field_array(w, key);
    jw_array_end(w);
}
