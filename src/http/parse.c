// SPDX-License-Identifier: GPL-3.0-or-later
//
// The parts of a request that are read from strangers' text: its line, its headers, its fields.
#include <string.h>

#include "http/http.h"

#define COOKIES_MAX 64

static const char *const METHODS[HTTP_METHODS] = {"GET",   "HEAD",   "POST",   "PUT",
                                                  "PATCH", "DELETE", "OPTIONS"};

bool http_method_parse(struct str word, enum http_method *ret)
{
    for (int i = 0; i < HTTP_METHODS; i++) {
        if (str_eq_c(word, METHODS[i])) {
            *ret = (enum http_method)i;
            return true;
        }
    }
    return false;
}

const char *http_method_word(enum http_method method)
{
    return METHODS[method];
}

// --- percent-encoding ---------------------------------------------------------------------------

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

// The byte that "%XX" at `at` stands for, or -1.
static int hex_byte(struct str raw, size_t at)
{
    if (at + 2 >= raw.len) {
        return -1;
    }
    int high = hex_digit(raw.ptr[at + 1]);
    int low = hex_digit(raw.ptr[at + 2]);
    return high < 0 || low < 0 ? -1 : high << 4 | low;
}

bool http_percent_decode(mem_ctx *ctx, struct str raw, struct str *ret)
{
    if (str_find_char(raw, '\0') >= 0) {
        return false;
    }
    if (str_find_char(raw, '%') < 0) {
        *ret = str_utf8_mend(ctx, raw);
        return true;
    }
    char *out = mem_array(ctx, char, raw.len + 1);
    size_t len = 0;
    for (size_t i = 0; i < raw.len; i++) {
        int c = (unsigned char)raw.ptr[i];
        if (c == '%') {
            c = hex_byte(raw, i);
            i += 2;
        }
        if (c <= 0) {
            return false;
        }
        out[len++] = (char)c;
    }
    *ret = str_utf8_mend(ctx, (struct str){out, len});
    return true;
}

struct str http_form_decode(mem_ctx *ctx, struct str raw)
{
    if (str_find_char(raw, '%') < 0 && str_find_char(raw, '+') < 0) {
        return str_utf8_mend(ctx, raw);
    }
    char *out = mem_array(ctx, char, raw.len + 1);
    size_t len = 0;
    for (size_t i = 0; i < raw.len; i++) {
        char c = raw.ptr[i];
        int byte = c == '%' ? hex_byte(raw, i) : -1;
        if (byte >= 0) {
            c = (char)byte;
            i += 2;
        } else if (c == '+') {
            c = ' ';
        }
        out[len++] = c;
    }
    return str_utf8_mend(ctx, (struct str){out, len});
}

// --- fields -------------------------------------------------------------------------------------

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
        http_pairs_add(ctx, ret, http_form_decode(ctx, name),
                       http_form_decode(ctx, str_none(value) ? STR("") : value));
    }
    return true;
}

void http_parse_cookies(mem_ctx *ctx, struct str header, struct http_pairs *ret)
{
    struct str rest = header;
    struct str part;
    while (ret->count < COOKIES_MAX && str_next(&rest, ';', &part)) {
        struct str name;
        struct str value;
        str_cut(str_trim(part), '=', &name, &value);
        if (!str_none(value) && name.len > 0) {
            http_pairs_add(ctx, ret, name, value);
        }
    }
}

// --- the address --------------------------------------------------------------------------------

static bool segment_valid(struct str raw, struct str decoded)
{
    bool dots = str_eq_c(decoded, ".") || str_eq_c(decoded, "..");
    // An encoded slash would turn one segment into two for whoever reads the decoded path.
    bool slash = str_find_char(raw, '%') >= 0 && str_find_char(decoded, '/') >= 0;
    return !dots && !slash && str_find_char(decoded, '\\') < 0;
}

bool http_path_normalise(mem_ctx *ctx, struct str raw, struct str *ret)
{
    struct buf out;
    struct str rest = raw;
    struct str segment;
    if (raw.len == 0 || raw.ptr[0] != '/') {
        return false;
    }
    buf_init(&out, ctx, raw.len * 3 + 1);
    while (str_next(&rest, '/', &segment)) {
        struct str decoded;
        if (!http_percent_decode(ctx, segment, &decoded) || !segment_valid(segment, decoded)) {
            return false;
        }
        if (decoded.len > 0) {
            buf_put_char(&out, '/');
            buf_put(&out, decoded);
        }
    }
    struct str path = out.len == 0 ? STR("/") : buf_str(&out);
    if (str_starts(path, STR("/api/")) && str_ends(path, STR(".json"))) {
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
                  (c != '\0' && strchr(".-_:[]", c) != NULL);
        if (!ok) {
            return false;
        }
    }
    return true;
}

// --- the head -----------------------------------------------------------------------------------

static bool is_length(struct str value)
{
    for (size_t i = 0; i < value.len; i++) {
        if (value.ptr[i] < '0' || value.ptr[i] > '9') {
            return false;
        }
    }
    return value.len > 0 && value.len <= 18;
}

bool http_head_check(const struct http_pairs *headers, struct error *err)
{
    size_t hosts = 0;
    size_t lengths = 0;
    size_t encodings = 0;
    for (size_t i = 0; i < headers->count; i++) {
        struct str name = headers->items[i].name;
        struct str value = headers->items[i].value;
        if (str_ieq_c(name, "host")) {
            hosts++;
        } else if (str_ieq_c(name, "content-length")) {
            lengths += is_length(value) ? 1 : 2;
        } else if (str_ieq_c(name, "transfer-encoding")) {
            encodings += str_ieq_c(value, "chunked") ? 1 : 2;
        }
    }
    if (hosts > 1 || lengths + encodings > 1) {
        return error_set(err, ERR_BAD_REQUEST, "This request's headers contradict each other.");
    }
    return true;
}
