// SPDX-License-Identifier: GPL-3.0-or-later
//
// Addresses by allow-list of schemes, read the way browsers read them (WHATWG URL standard):
// blanks and controls around it fall off, tabs and line breaks inside too, so that "java\nscript:"
// is the scheme it becomes in a browser.
#include <string.h>

#include "base/buf.h"
#include "mail/sanitize.h"

#define URL_MAX 8192

static struct str url_tidy(mem_ctx *ctx, struct str href)
{
    struct buf out;
    buf_init(&out, ctx, URL_MAX);
    while (href.len > 0 && (unsigned char)href.ptr[0] <= ' ') {
        href = str_from(href, 1);
    }
    while (href.len > 0 && (unsigned char)href.ptr[href.len - 1] <= ' ') {
        href.len--;
    }
    for (size_t i = 0; i < href.len; i++) {
        unsigned char c = (unsigned char)href.ptr[i];
        if (c != '\t' && c != '\n' && c != '\r') {
            buf_put_char(&out, (char)c);
        }
    }
    return out.failed ? STR_NONE : buf_str(&out);
}

// What could end an attribute or be read as something else becomes %XX; letters of other scripts
// stay.
static struct str url_write(mem_ctx *ctx, struct str url)
{
    static const char HEX[] = "0123456789ABCDEF";
    struct buf out;
    buf_init(&out, ctx, URL_MAX * 3);
    for (size_t i = 0; i < url.len; i++) {
        unsigned char c = (unsigned char)url.ptr[i];
        if (c <= ' ' || c == 0x7f || strchr("\"'<>`{}|\\^", c) != NULL) {
            buf_put(&out, (struct str){(char[3]){'%', HEX[c >> 4], HEX[c & 15]}, 3});
        } else {
            buf_put_char(&out, (char)c);
        }
    }
    return buf_str(&out);
}

static bool scheme_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '+' ||
           c == '-' || c == '.';
}

struct str link_sanitize(mem_ctx *ctx, struct str href, struct str own_prefix)
{
    struct str url = url_tidy(ctx, href);
    if (url.len == 0) {
        return STR_NONE;
    }
    // "//host/x" begins like a path of ours and leads elsewhere.
    bool own = own_prefix.len > 0 && str_starts(url, own_prefix) && !str_starts(url, STR("//"));
    if (own && str_find(url, STR("..")) < 0 && str_find_char(url, '\\') < 0) {
        return url_write(ctx, url);
    }
    size_t at = 0;
    while (at < url.len && scheme_char(url.ptr[at])) {
        at++;
    }
    struct str scheme = str_sub(url, 0, at);
    struct str rest = str_from(url, at);
    if (str_istarts(rest, STR("://")) && rest.len > 3 &&
        (str_ieq_c(scheme, "http") || str_ieq_c(scheme, "https"))) {
        return str_printf(ctx, "%s" STR_FMT, scheme.len == 4 ? "http" : "https",
                          STR_ARG(url_write(ctx, rest)));
    }
    if (rest.len > 1 && rest.ptr[0] == ':' &&
        (str_ieq_c(scheme, "mailto") || str_ieq_c(scheme, "tel"))) {
        return str_printf(ctx, "%s" STR_FMT, scheme.len == 3 ? "tel" : "mailto",
                          STR_ARG(url_write(ctx, rest)));
    }
    return STR_NONE;
}
