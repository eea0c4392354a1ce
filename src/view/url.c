// SPDX-License-Identifier: GPL-3.0-or-later
#include "view/url.h"

#include <assert.h>

#define URL_MAX 8192

static bool path_is_own(struct str path)
{
    return path.len > 0 && path.ptr[0] == '/' &&
           (path.len == 1 || (path.ptr[1] != '/' && path.ptr[1] != '\\'));
}

struct url url_own_(struct str path)
{
    assert(path_is_own(path));
    return (struct url){path};
}

void url_begin(struct url_builder *b, mem_ctx *ctx, const char *path)
{
    assert(path_is_own(str_c(path)) && path[1] != '\0');
    buf_init(&b->text, ctx, URL_MAX);
    b->has_query = false;
    buf_put_c(&b->text, path);
}

static bool only_dots(struct str text)
{
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] != '.') {
            return false;
        }
    }
    return text.len > 0;
}

void url_segment(struct url_builder *b, struct str segment)
{
    assert(!b->has_query);
    if (str_none(segment)) {
        return;
    }
    buf_put_char(&b->text, '/');
    if (only_dots(segment)) {
        buf_put(&b->text, STR("%EF%BF%BD"));
    } else {
        buf_put_percent(&b->text, segment);
    }
}

void url_segment_i64(struct url_builder *b, int64_t number)
{
    assert(!b->has_query);
    buf_put_char(&b->text, '/');
    buf_put_i64(&b->text, number);
}

static void param_name(struct url_builder *b, const char *name)
{
    buf_put_char(&b->text, b->has_query ? '&' : '?');
    buf_put_percent(&b->text, str_c(name));
    buf_put_char(&b->text, '=');
    b->has_query = true;
}

void url_param(struct url_builder *b, const char *name, struct str value)
{
    if (!str_none(value)) {
        param_name(b, name);
        buf_put_percent(&b->text, value);
    }
}

void url_param_i64(struct url_builder *b, const char *name, int64_t number)
{
    param_name(b, name);
    buf_put_i64(&b->text, number);
}

void url_fragment(struct url_builder *b, const char *name)
{
    buf_put_char(&b->text, '#');
    buf_put_percent(&b->text, str_c(name));
}

// A URL that outgrew its limit leads to its first part, never to half of a value.
struct url url_end(struct url_builder *b)
{
    struct str text = buf_str(&b->text);
    if (b->text.failed) {
        struct str rest;
        str_cut(text, '?', &text, &rest);
    }
    return (struct url){text};
}

static bool has_forbidden_bytes(struct str text)
{
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.ptr[i];
        if (c <= ' ' || c == 0x7F || c == '\\') {
            return true;
        }
    }
    return false;
}

bool url_checked(struct str text, struct url *ret)
{
    static const struct str SCHEMES[] = {STR_INIT("https://"), STR_INIT("http://"),
                                         STR_INIT("mailto:"), STR_INIT("tel:")};
    if (text.len == 0 || text.len > URL_MAX || has_forbidden_bytes(text)) {
        return false;
    }
    bool good = path_is_own(text);
    for (size_t i = 0; i < sizeof SCHEMES / sizeof *SCHEMES; i++) {
        good = good || (text.len > SCHEMES[i].len && str_istarts(text, SCHEMES[i]));
    }
    if (good) {
        ret->text = text;
    }
    return good;
}

struct url url_own_or(struct str text, struct url otherwise)
{
    struct url checked;
    return path_is_own(text) && url_checked(text, &checked) ? checked : otherwise;
}

struct url url_mailto(mem_ctx *ctx, struct str address)
{
    struct buf text;
    buf_init(&text, ctx, URL_MAX);
    struct str local;
    struct str domain;
    str_cut(address, '@', &local, &domain);
    buf_put_c(&text, "mailto:");
    buf_put_percent(&text, local);
    if (!str_none(domain)) {
        buf_put_char(&text, '@');
        buf_put_percent(&text, domain);
    }
    return (struct url){buf_str(&text)};
}
