// SPDX-License-Identifier: GPL-3.0-or-later
#include "http/http.h"

#include <unistd.h>

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

struct str http_form_text(const struct http_request *request, const char *name)
{
    struct str text = http_form(request, name);
    return str_none(text) ? STR("") : text;
}

struct str http_form_trimmed(const struct http_request *request, const char *name)
{
    return str_trim(http_form_text(request, name));
}

void http_pairs_add(mem_ctx *ctx, struct http_pairs *pairs, struct str name, struct str value)
{
    // Room doubles at each power of two from 16 on.
    bool full =
        pairs->count == 0 || (pairs->count >= 16 && (pairs->count & (pairs->count - 1)) == 0);
    if (full) {
        size_t room = pairs->count == 0 ? 16 : pairs->count * 2;
        pairs->items = mem_grow(ctx, pairs->items, struct http_pair, room);
    }
    pairs->items[pairs->count++] = (struct http_pair){name, value};
}

// --- responses ----------------------------------------------------------------------------------

void http_response_init(struct http_response *response, mem_ctx *ctx)
{
    *response = (struct http_response){.ctx = ctx, .status = 200, .file = -1};
    buf_init(&response->body, ctx, HTTP_BODY_MAX);
}

static bool is_control(char c)
{
    return ((unsigned char)c < 0x20 && c != '\t') || c == 0x7f;
}

static struct str header_value(mem_ctx *ctx, struct str value)
{
    char *copy = mem_text_n(ctx, str_none(value) ? "" : value.ptr, value.len);
    for (size_t i = 0; i < value.len; i++) {
        if (is_control(copy[i])) {
            copy[i] = ' ';
        }
    }
    return (struct str){copy, value.len};
}

static void put_header(struct http_response *response, struct str name, struct str value)
{
    bool adds_up = str_ieq_c(name, "set-cookie");
    for (size_t i = 0; i < response->headers.count && !adds_up; i++) {
        if (str_ieq(response->headers.items[i].name, name)) {
            response->headers.items[i].value = value;
            return;
        }
    }
    http_pairs_add(response->ctx, &response->headers, name, value);
}

void http_set_header(struct http_response *response, const char *name, struct str value)
{
    put_header(response, str_c(name), header_value(response->ctx, value));
}

void http_set_header_c(struct http_response *response, const char *name, const char *value)
{
    put_header(response, str_c(name), str_c(value));
}

struct str http_response_header(const struct http_response *response, const char *name)
{
    return pairs_last(&response->headers, name, true);
}

void http_response_cut(struct http_response *response, size_t keep)
{
    if (response->headers.count > keep) {
        response->headers.count = keep;
    }
    buf_reset(&response->body);
    response->static_body = STR_NONE;
    if (response->file >= 0) {
        (void)close(response->file);
        response->file = -1;
    }
}

void http_redirect(struct http_response *response, struct str location)
{
    static const char DIGITS[] = "0123456789ABCDEF";
    struct buf out;
    buf_init(&out, response->ctx, location.len * 3 + 1);
    for (size_t i = 0; i < location.len; i++) {
        unsigned char c = (unsigned char)location.ptr[i];
        bool plain = c > 0x20 && c < 0x7f && str_find_char(STR("\"<>\\^`{|}"), (char)c) < 0;
        if (plain) {
            buf_put_char(&out, (char)c);
        } else {
            char coded[] = {'%', DIGITS[c >> 4], DIGITS[c & 15]};
            buf_put(&out, (struct str){coded, sizeof coded});
        }
    }
    response->status = 303;
    http_set_header(response, "Location", buf_str(&out));
}

void http_set_file_name(struct http_response *response, bool save, struct str name)
{
    struct buf line;
    bool ascii = true;
    buf_init(&line, response->ctx, name.len * 4 + 100);
    buf_put_c(&line, save ? "attachment; filename=\"" : "inline; filename=\"");
    for (size_t i = 0; i < name.len; i++) {
        char c = name.ptr[i];
        bool plain = c >= 0x20 && c < 0x7f;
        ascii = ascii && plain;
        // Quotes and backslashes are read in several ways, and '%' too by some browsers.
        buf_put_char(&line, !plain || c == '"' || c == '\\' || c == '%' ? '_' : c);
    }
    buf_put_char(&line, '"');
    if (!ascii || str_find_char(name, '%') >= 0) {
        buf_put_c(&line, "; filename*=UTF-8''");
        buf_put_percent(&line, name);
    }
    http_set_header(response, "Content-Disposition", buf_str(&line));
}

void http_set_cookie(struct http_response *response, const struct http_request *request,
                     const char *name, struct str value, int64_t max_age_s)
{
    struct buf line;
    buf_init(&line, response->ctx, 4096);
    buf_put_c(&line, name);
    buf_put_char(&line, '=');
    buf_put(&line, value);
    buf_put_c(&line, "; Path=/; HttpOnly; SameSite=Lax");
    if (max_age_s >= 0) {
        buf_put_c(&line, "; Max-Age=");
        buf_put_i64(&line, max_age_s);
    }
    buf_put_c(&line, str_eq_c(request->scheme, "https") ? "; Secure" : "");
    http_set_header(response, "Set-Cookie", buf_str(&line));
}
