// SPDX-License-Identifier: GPL-3.0-or-later
#include "http/negotiate.h"

#include <string.h>
#include <zlib.h>

#define GZIP_FROM_BYTES 1024
#define GZIP_UP_TO_BYTES ((size_t)256 << 20)
#define GZIP_LEVEL 1  // a ticket page shrinks to a sixth; higher levels cost more than they save
#define LANGUAGES_READ 32

// --- weights ------------------------------------------------------------------------------------

// ";q=0.25" among the parameters, in thousandths; 1000 without one (RFC 9110, 12.4.2).
static int weight_of(struct str parameters)
{
    struct str rest = parameters;
    struct str part;
    while (str_next(&rest, ';', &part)) {
        part = str_trim(part);
        if (!str_istarts(part, STR("q="))) {
            continue;
        }
        int weight = 0;
        int unit = 1000;
        for (size_t i = 2; i < part.len && unit > 0; i++) {
            char c = part.ptr[i];
            if (c >= '0' && c <= '9') {
                weight += (c - '0') * unit;
                unit /= 10;
            } else if (c != '.') {
                return 0;
            }
        }
        return weight > 1000 ? 1000 : weight;
    }
    return 1000;
}

bool http_accepts_coding(struct str header, const char *coding)
{
    struct str rest = header;
    struct str item;
    int any = 0;
    while (str_next(&rest, ',', &item)) {
        struct str name;
        struct str parameters;
        str_cut(item, ';', &name, &parameters);
        name = str_trim(name);
        if (str_ieq_c(name, coding)) {
            return weight_of(parameters) > 0;
        }
        any = str_eq_c(name, "*") ? weight_of(parameters) : any;
    }
    return any > 0;
}

// --- languages ----------------------------------------------------------------------------------

static struct str first_subtag(struct str tag)
{
    struct str head;
    struct str tail;
    str_cut(tag, '-', &head, &tail);
    return head;
}

// How well a range fits a tag: 3 the same, 2 the range is wider, 1 the language is the same.
static int fit_of(struct str range, struct str tag)
{
    if (str_ieq(range, tag)) {
        return 3;
    }
    if (tag.len > range.len && str_istarts(tag, range) && tag.ptr[range.len] == '-') {
        return 2;
    }
    return str_ieq(first_subtag(range), first_subtag(tag)) ? 1 : 0;
}

size_t http_choose_language(struct str header, const struct str *offered, size_t count,
                            size_t otherwise)
{
    struct str rest = header;
    struct str item;
    size_t best = otherwise;
    int best_score = 0;
    for (int read = 0; read < LANGUAGES_READ && str_next(&rest, ',', &item); read++) {
        struct str range;
        struct str parameters;
        str_cut(item, ';', &range, &parameters);
        range = str_trim(range);
        int weight = range.len == 0 ? 0 : weight_of(parameters);
        for (size_t i = 0; i < count && weight > 0; i++) {
            int fit = fit_of(range, offered[i]);
            int score = fit == 0 ? 0 : weight * 4 + fit;
            if (score > best_score) {
                best = i;
                best_score = score;
            }
        }
    }
    return best;
}

// --- has it, wants part of it -------------------------------------------------------------------

static struct str strong_part(struct str etag)
{
    return str_starts(etag, STR("W/")) ? str_from(etag, 2) : etag;
}

bool http_etag_matches(struct str header, struct str etag)
{
    struct str rest = header;
    struct str item;
    while (str_next(&rest, ',', &item)) {
        item = str_trim(item);
        if (str_eq_c(item, "*") || str_eq(strong_part(item), strong_part(etag))) {
            return true;
        }
    }
    return false;
}

static bool digits(struct str text, int64_t *ret)
{
    bool signed_number = text.len > 0 && text.ptr[0] == '-';
    return !signed_number && str_to_i64(text, ret);
}

enum http_range http_range_parse(struct str header, int64_t size, int64_t *ret_from,
                                 int64_t *ret_len)
{
    struct str first;
    struct str last;
    int64_t from = 0;
    int64_t to = size - 1;
    if (!str_istarts(header, STR("bytes=")) || str_find_char(header, ',') >= 0) {
        return HTTP_RANGE_ALL;
    }
    str_cut(str_trim(str_from(header, 6)), '-', &first, &last);
    if (str_none(last) || (first.len == 0 && last.len == 0)) {
        return HTTP_RANGE_ALL;
    }
    if (first.len == 0) {
        int64_t suffix = 0;
        if (!digits(last, &suffix)) {
            return HTTP_RANGE_ALL;
        }
        from = suffix < size ? size - suffix : 0;
        if (suffix == 0) {
            return HTTP_RANGE_OUTSIDE;
        }
    } else if (!digits(first, &from) || (last.len > 0 && !digits(last, &to)) || to < from) {
        return last.len == 0 && from >= size ? HTTP_RANGE_OUTSIDE : HTTP_RANGE_ALL;
    }
    if (from >= size) {
        return HTTP_RANGE_OUTSIDE;
    }
    *ret_from = from;
    *ret_len = (to < size ? to : size - 1) - from + 1;
    return HTTP_RANGE_PART;
}

// --- finishing ----------------------------------------------------------------------------------

static void finish_range(const struct http_request *request, struct http_response *response)
{
    int64_t from = 0;
    int64_t len = 0;
    int64_t size = response->file_size;
    struct str range = http_header(request, "Range");
    http_set_header_c(response, "Accept-Ranges", "bytes");
    // A condition on the range that we do not check (If-Range) means: send all.
    if (!str_none(http_header(request, "If-Range"))) {
        return;
    }
    switch (http_range_parse(range, size, &from, &len)) {
    case HTTP_RANGE_ALL:
        break;
    case HTTP_RANGE_PART:
        response->status = 206;
        response->file_offset += from;
        response->file_size = len;
        http_set_header(response, "Content-Range",
                        str_printf(response->ctx, "bytes %lld-%lld/%lld", (long long)from,
                                   (long long)(from + len - 1), (long long)size));
        break;
    case HTTP_RANGE_OUTSIDE:
        http_response_cut(response, response->headers.count);
        response->status = 416;
        http_set_header(response, "Content-Range",
                        str_printf(response->ctx, "bytes */%lld", (long long)size));
        break;
    }
}

static bool is_text(struct str type)
{
    return str_starts(type, STR("text/")) || str_starts(type, STR("application/json"));
}

static bool gzip(mem_ctx *ctx, struct str body, struct buf *out)
{
    z_stream z = {0};
    if (body.len > GZIP_UP_TO_BYTES ||
        deflateInit2(&z, GZIP_LEVEL, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) != Z_OK) {
        return false;
    }
    size_t room = deflateBound(&z, (uLong)body.len);
    buf_init(out, ctx, room);
    z.next_in = (Bytef *)(uintptr_t)body.ptr;
    z.avail_in = (uInt)body.len;
    z.next_out = (Bytef *)buf_reserve(out, room);
    z.avail_out = (uInt)room;
    bool done = deflate(&z, Z_FINISH) == Z_STREAM_END;
    out->len = z.total_out;
    (void)deflateEnd(&z);
    return done;
}

static void finish_coding(const struct http_request *request, struct http_response *response)
{
    struct buf packed;
    struct str body = buf_str(&response->body);
    struct str vary = http_response_header(response, "Vary");
    bool fits = body.len >= GZIP_FROM_BYTES && str_none(response->static_body) &&
                is_text(http_response_header(response, "Content-Type")) &&
                str_none(http_response_header(response, "Content-Encoding"));
    if (!fits) {
        return;
    }
    http_set_header(response, "Vary",
                    str_none(vary)
                        ? STR("Accept-Encoding")
                        : str_printf(response->ctx, STR_FMT ", Accept-Encoding", STR_ARG(vary)));
    if (http_accepts_coding(http_header(request, "Accept-Encoding"), "gzip") &&
        gzip(response->ctx, body, &packed)) {
        response->body = packed;
        http_set_header_c(response, "Content-Encoding", "gzip");
    }
}

void http_finish(const struct http_request *request, struct http_response *response)
{
    bool reads = request->method == HTTP_GET || request->method == HTTP_HEAD;
    if (response->live != NULL) {
        return;
    }
    if (reads && response->status == 200) {
        struct str etag = http_response_header(response, "ETag");
        if (!str_none(etag) && http_etag_matches(http_header(request, "If-None-Match"), etag)) {
            http_response_cut(response, response->headers.count);
            response->status = 304;
            return;
        }
        if (response->file >= 0) {
            finish_range(request, response);
        }
    }
    if (response->file < 0) {
        finish_coding(request, response);
    }
}
