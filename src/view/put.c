// SPDX-License-Identifier: GPL-3.0-or-later
#include "view/put.h"

#include <string.h>

#include "view/site.h"

#define WORDS_MAX ((size_t)1 << 20)  // with all that is filled in

// What a byte becomes in text and quoted attributes; NULL: itself.
static const char *const REFERENCES[256] = {
    ['&'] = "&amp;", ['<'] = "&lt;", ['>'] = "&gt;", ['"'] = "&quot;", ['\''] = "&#39;"};

void view_put_str(struct view *v, struct str text)
{
    size_t start = 0;
    for (size_t i = 0; i < text.len; i++) {
        const char *reference = REFERENCES[(unsigned char)text.ptr[i]];
        if (reference != NULL) {
            buf_put(v->out, str_sub(text, start, i - start));
            buf_put_c(v->out, reference);
            start = i + 1;
        }
    }
    buf_put(v->out, str_from(text, start));
}

void view_put_c(struct view *v, const char *text)
{
    view_put_str(v, str_c(text));
}

void view_put_html(struct view *v, struct html html)
{
    buf_put(v->out, html.markup);
}

void view_put_url(struct view *v, struct url url)
{
    view_put_str(v, url.text);
}

void view_put_i64(struct view *v, int64_t number)
{
    buf_put_i64(v->out, number);
}

void view_put_u64(struct view *v, uint64_t number)
{
    if (number > INT64_MAX) {
        buf_put_i64(v->out, (int64_t)(number / 10));
        number %= 10;
    }
    buf_put_i64(v->out, (int64_t)number);
}

void view_put_path_str(struct view *v, struct str text)
{
    bool dots = text.len > 0;
    for (size_t i = 0; i < text.len; i++) {
        dots = dots && text.ptr[i] == '.';
    }
    if (dots) {
        buf_put(v->out, STR("%EF%BF%BD"));
    } else {
        buf_put_percent(v->out, text);
    }
}

void view_put_path_c(struct view *v, const char *text)
{
    view_put_path_str(v, str_c(text));
}

void view_put_query_str(struct view *v, struct str text)
{
    buf_put_percent(v->out, text);
}

void view_put_query_c(struct view *v, const char *text)
{
    buf_put_percent(v->out, str_c(text));
}

static bool json_plain(unsigned char c)
{
    return c >= ' ' && strchr("\"\\<>&'", c) == NULL;
}

// The inside of a JSON string that is also safe in a script element: no '<', '>', '&', and the two
// line separators that older script parsers took for line breaks escaped.
static void put_json_inside(struct buf *out, struct str text)
{
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.ptr[i];
        struct str rest = str_from(text, i);
        if (str_starts(rest, STR("\xE2\x80\xA8")) || str_starts(rest, STR("\xE2\x80\xA9"))) {
            buf_printf(out, "\\u202%c", (unsigned char)rest.ptr[2] == 0xA8 ? '8' : '9');
            i += 2;
        } else if (json_plain(c)) {
            buf_put_char(out, (char)c);
        } else {
            buf_printf(out, "\\u%04x", c);
        }
    }
}

void view_put_json_str(struct view *v, struct str text)
{
    if (str_none(text)) {
        buf_put(v->out, STR("null"));
        return;
    }
    buf_put_char(v->out, '"');
    put_json_inside(v->out, text);
    buf_put_char(v->out, '"');
}

void view_put_json_c(struct view *v, const char *text)
{
    view_put_json_str(v, str_c(text));
}

void view_put_json_bool(struct view *v, bool value)
{
    buf_put_c(v->out, value ? "true" : "false");
}

struct view_value view_value_str(struct str text)
{
    return (struct view_value){str_none(text) ? STR("") : text, 0};
}

struct view_value view_value_c(const char *text)
{
    return view_value_str(str_c(text));
}

struct view_value view_value_i64(int64_t number)
{
    return (struct view_value){STR_NONE, number};
}

struct view_value view_value_u64(uint64_t number)
{
    return view_value_i64((int64_t)number);
}

static const struct view_value *arg_named(const struct view_arg *args, size_t count,
                                          struct str name)
{
    for (size_t i = 0; i < count; i++) {
        if (str_eq_c(name, args[i].name)) {
            return &args[i].value;
        }
    }
    return NULL;
}

// Of words with several forms the one for the first argument's number.
static struct str form_for(struct view *v, struct str words, const struct view_arg *args,
                           size_t count)
{
    if (count == 0 || !str_none(args[0].value.text) || str_find_char(words, '|') < 0) {
        return words;
    }
    return words_form(words, view_plural(v, args[0].value.number));
}

struct str view_words_str(struct view *v, const char *words, const struct view_arg *args,
                          size_t count)
{
    struct str rest = form_for(v, tr(v, words), args, count);
    if (count == 0) {
        return rest;
    }
    struct buf filled;
    buf_init(&filled, v->mem, WORDS_MAX);
    while (rest.len > 0) {
        struct str before;
        struct str after;
        struct str name;
        str_cut(rest, '{', &before, &after);
        buf_put(&filled, before);
        str_cut(after, '}', &name, &rest);
        const struct view_value *value = arg_named(args, count, name);
        if (value != NULL && str_none(value->text)) {
            buf_put_i64(&filled, value->number);
        } else if (value != NULL) {
            buf_put(&filled, value->text);
        }
    }
    return buf_str(&filled);
}

void view_words(struct view *v, const char *words, const struct view_arg *args, size_t count)
{
    view_put_str(v, view_words_str(v, words, args, count));
}

void view_words_json(struct view *v, const char *words, const struct view_arg *args, size_t count)
{
    view_put_json_str(v, view_words_str(v, words, args, count));
}
