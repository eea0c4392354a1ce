// SPDX-License-Identifier: GPL-3.0-or-later
#include "http/http.h"

#include <assert.h>
#include <string.h>

static struct str pairs_last(const struct http_pairs *pairs, const char *name, bool fold)
{
    struct str key = str_c(name);
    for (size_t i = pairs->count; i > 0; i--) {
        const struct http_pair *pair = &pairs->items[i - 1];
        if (fold ? str_ieq(pair->name, key) : str_eq(pair->name, key)) {
            return pair->value;
        }
    }
    return STR_NONE;
}

struct str http_param(const struct http_request *request, const char *name)
{
    return pairs_last(&request->params, name, false);
}

struct str http_header(const struct http_request *request, const char *name)
{
    return pairs_last(&request->headers, name, true);
}

struct str http_cookie(const struct http_request *request, const char *name)
{
    return pairs_last(&request->cookies, name, false);
}

struct str http_form(const struct http_request *request, const char *name)
{
    return pairs_last(&request->form, name, false);
}

void http_pairs_add(mem_ctx *ctx, struct http_pairs *pairs, struct str name, struct str value)
{
    if (pairs->count % 8 == 0) {
        pairs->items = mem_grow(ctx, pairs->items, struct http_pair, pairs->count + 8);
    }
    pairs->items[pairs->count++] = (struct http_pair){name, value};
}

void http_response_init(struct http_response *response, mem_ctx *ctx)
{
    *response = (struct http_response){.ctx = ctx, .status = 200, .file = -1};
    buf_init(&response->body, ctx, HTTP_BODY_MAX);
}

static bool has_line_break(struct str s)
{
    return str_find_char(s, '\r') >= 0 || str_find_char(s, '\n') >= 0 || str_find_char(s, '\0') >= 0;
}

void http_set_header(struct http_response *response, const char *name, struct str value)
{
    assert(!has_line_break(value));
    for (size_t i = 0; i < response->headers.count; i++) {
        bool cookie = str_ieq_c(response->headers.items[i].name, "set-cookie");
        if (!cookie && str_ieq_c(response->headers.items[i].name, name)) {
            response->headers.items[i].value = str_dup(response->ctx, value);
            return;
        }
    }
    http_pairs_add(response->ctx, &response->headers, str_c(name), str_dup(response->ctx, value));
}

struct str http_response_header(const struct http_response *response, const char *name)
{
    return pairs_last(&response->headers, name, true);
}

void http_redirect(struct http_response *response, struct str location)
{
    response->status = 303;
    http_set_header(response, "Location", location);
}

void http_set_cookie(struct http_response *response, const struct http_request *request,
                     const char *name, struct str value, int64_t max_age_s)
{
    struct buf line;
    buf_init(&line, response->ctx, 4096);
    buf_printf(&line, "%s=" STR_FMT "; Path=/; HttpOnly; SameSite=Lax", name, STR_ARG(value));
    if (max_age_s >= 0) {
        buf_printf(&line, "; Max-Age=%lld", (long long)max_age_s);
    }
    buf_put_c(&line, str_eq_c(request->scheme, "https") ? "; Secure" : "");
    http_set_header(response, "Set-Cookie", buf_str(&line));
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    if (c >= 'a' && c <= 'f') {
        return c - 'a' + 10;
    }
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

bool http_percent_decode(mem_ctx *ctx, struct str raw, bool plus_is_space, struct str *ret)
{
    bool plain = str_find_char(raw, '%') < 0 && (!plus_is_space || str_find_char(raw, '+') < 0);
    if (plain) {
        *ret = str_utf8_mend(ctx, raw);
        return str_find_char(raw, '\0') < 0;
    }
    char *out = mem_array(ctx, char, raw.len + 1);
    size_t len = 0;
    for (size_t i = 0; i < raw.len; i++) {
        char c = raw.ptr[i];
        if (c == '%') {
            bool whole = i + 2 < raw.len;
            int high = whole ? hex_digit(raw.ptr[i + 1]) : -1;
            int low = whole ? hex_digit(raw.ptr[i + 2]) : -1;
            if (high < 0 || low < 0 || (high == 0 && low == 0)) {
                return false;
            }
            c = (char)(high << 4 | low);
            i += 2;
        } else if (c == '+' && plus_is_space) {
            c = ' ';
        }
        out[len++] = c;
    }
    *ret = str_utf8_mend(ctx, (struct str){out, len});
    return true;
}

bool http_parse_query(mem_ctx *ctx, struct str raw, size_t limit, struct http_pairs *ret,
                      struct error *err)
{
    struct str rest = raw;
    struct str part;
    while (str_next(&rest, '&', &part)) {
        struct str name;
        struct str value;
        if (part.len == 0) {
            continue;
        }
        if (ret->count == limit) {
            return error_set(err, ERR_BAD_REQUEST, "There are too many fields in this request.");
        }
        str_cut(part, '=', &name, &value);
        if (!http_percent_decode(ctx, name, true, &name) ||
            !http_percent_decode(ctx, str_none(value) ? STR("") : value, true, &value)) {
            return error_set(err, ERR_BAD_REQUEST, "A field of this request is not well encoded.");
        }
        http_pairs_add(ctx, ret, name, value);
    }
    return true;
}

void http_parse_cookies(mem_ctx *ctx, struct str header, struct http_pairs *ret)
{
    struct str rest = header;
    struct str part;
    while (ret->count < 64 && str_next(&rest, ';', &part)) {
        struct str name;
        struct str value;
        str_cut(str_trim(part), '=', &name, &value);
        if (!str_none(value) && name.len > 0) {
            http_pairs_add(ctx, ret, name, value);
        }
    }
}

bool http_method_parse(struct str word, enum http_method *ret)
{
    static const char *const WORDS[HTTP_METHODS] = {"GET",   "HEAD",   "POST",   "PUT",
                                                    "PATCH", "DELETE", "OPTIONS"};
    for (int i = 0; i < HTTP_METHODS; i++) {
        if (str_eq_c(word, WORDS[i])) {
            *ret = (enum http_method)i;
            return true;
        }
    }
    return false;
}

// Segments of dots could climb out of a folder somewhere down the line; doubled slashes occur in
// what some API clients send.
bool http_path_normalise(mem_ctx *ctx, struct str raw, struct str *ret)
{
    struct str decoded;
    if (raw.len == 0 || raw.ptr[0] != '/' || !http_percent_decode(ctx, raw, false, &decoded)) {
        return false;
    }
    struct buf out;
    buf_init(&out, ctx, decoded.len + 1);
    struct str rest = decoded;
    struct str segment;
    bool api = str_starts(decoded, STR("/api/")) || str_starts(decoded, STR("//api/"));
    while (str_next(&rest, '/', &segment)) {
        if (str_eq_c(segment, ".") || str_eq_c(segment, "..") ||
            str_find_char(segment, '\\') >= 0) {
            return false;
        }
        if (segment.len > 0) {
            buf_put_c(&out, "/");
            buf_put(&out, segment);
        }
    }
    struct str path = out.len == 0 ? STR("/") : buf_str(&out);
    if (api && str_ends(path, STR(".json"))) {
        path = str_sub(path, 0, path.len - 5);
    }
    *ret = path;
    return true;
}

// RFC 9110, 7.2: host, and a port; nothing that could end up as markup or a header of its own.
bool http_host_valid(struct str host)
{
    if (host.len == 0 || host.len > 255) {
        return false;
    }
    for (size_t i = 0; i < host.len; i++) {
        char c = host.ptr[i];
        bool ok = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                  strchr(".-_:[]", c) != NULL;
        if (!ok) {
            return false;
        }
    }
    return true;
}
