// SPDX-License-Identifier: GPL-3.0-or-later
//
// What browsers and strangers send: forms of both kinds, queries, cookies, paths, headers. The
// first byte chooses what the rest is, the second in what pieces it arrives.
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "http/address.h"
#include "http/multipart.h"
#include "http/negotiate.h"

static bool is_clean(struct str text)
{
    return str_utf8_valid(text) && str_find_char(text, '\0') < 0;
}

static void check_pairs(const struct http_pairs *pairs)
{
    for (size_t i = 0; i < pairs->count; i++) {
        assert(is_clean(pairs->items[i].name) && is_clean(pairs->items[i].value));
    }
}

// --- multipart ----------------------------------------------------------------------------------

// NULL when it is refused.
static struct http_request *read_multipart(mem_ctx *ctx, struct str type, struct str body,
                                           size_t piece)
{
    static const struct multipart_limits LIMITS = {16, 512, 256, "/tmp"};
    struct http_request *request = mem_new(ctx, struct http_request);
    struct multipart *m = NULL;
    struct error err;
    request->ctx = ctx;
    if (!multipart_begin(request, type, &LIMITS, &m, &err)) {
        return NULL;
    }
    for (size_t at = 0; at < body.len; at += piece) {
        if (!multipart_feed(m, str_sub(body, at, piece), &err)) {
            return NULL;
        }
    }
    return multipart_end(m, &err) ? request : NULL;
}

static void same_file(const struct http_file *a, const struct http_file *b)
{
    assert(str_eq(a->field, b->field) && str_eq(a->name, b->name) && str_eq(a->type, b->type));
    assert(a->size == b->size && (a->tmp_path == NULL) == (b->tmp_path == NULL));
    assert(str_eq(a->bytes, b->bytes));
    assert(is_clean(a->field) && is_clean(a->name) && is_clean(a->type));
}

// However the bytes are cut, the form is the same.
static void multipart(mem_ctx *ctx, struct str type, struct str body, size_t piece)
{
    struct http_request *whole = read_multipart(ctx, type, body, body.len + 1);
    struct http_request *cut = read_multipart(ctx, type, body, piece);
    assert((whole == NULL) == (cut == NULL));
    if (whole == NULL) {
        return;
    }
    check_pairs(&whole->form);
    assert(whole->form.count == cut->form.count && whole->files.count == cut->files.count);
    for (size_t i = 0; i < whole->form.count; i++) {
        assert(str_eq(whole->form.items[i].name, cut->form.items[i].name));
        assert(str_eq(whole->form.items[i].value, cut->form.items[i].value));
    }
    for (size_t i = 0; i < whole->files.count; i++) {
        same_file(&whole->files.items[i], &cut->files.items[i]);
    }
}

// --- the rest -----------------------------------------------------------------------------------

static void fields(mem_ctx *ctx, struct str text)
{
    struct http_pairs pairs = {0};
    struct http_pairs cookies = {0};
    struct error err;
    if (http_parse_query(ctx, text, 50, &pairs, &err)) {
        check_pairs(&pairs);
    }
    assert(pairs.count <= 50);
    http_parse_cookies(ctx, text, &cookies);
    assert(cookies.count <= 64);
}

static void path(mem_ctx *ctx, struct str text)
{
    struct str clean;
    struct str again;
    if (!http_path_normalise(ctx, text, &clean)) {
        return;
    }
    assert(is_clean(clean) && clean.ptr[0] == '/');
    assert(str_find(clean, STR("//")) < 0 && str_find(clean, STR("/../")) < 0);
    assert(str_find_char(clean, '\\') < 0);
    // What has no signs of encoding left stays as it is, but for the ".json" that a name may end
    // in.
    if (str_find_char(clean, '%') < 0 && !str_starts(clean, STR("/api/"))) {
        assert(http_path_normalise(ctx, clean, &again) && str_eq(clean, again));
    }
}

static void headers(mem_ctx *ctx, struct str text)
{
    static const struct str LANGUAGES[] = {STR_INIT("en-US"), STR_INIT("de"), STR_INIT("ar")};
    struct http_response response;
    struct address address;
    struct address_rule rule;
    struct error err;
    int64_t from = 0;
    int64_t len = 0;
    (void)http_accepts_coding(text, "gzip");
    assert(http_choose_language(text, LANGUAGES, 3, 7) < 8);
    (void)http_etag_matches(text, STR("\"x\""));
    if (http_range_parse(text, 1000, &from, &len) == HTTP_RANGE_PART) {
        assert(from >= 0 && len > 0 && from + len <= 1000);
    }
    if (address_parse(text, &address)) {
        assert(is_clean(address_text(ctx, &address)));
    }
    assert(!address_rule_parse(text, &rule, &err) || (rule.bits >= 0 && rule.bits <= 128));
    http_response_init(&response, ctx);
    http_redirect(&response, text);
    http_set_file_name(&response, true, text);
    http_set_header(&response, "X", text);
    for (size_t i = 0; i < response.headers.count; i++) {
        struct str value = response.headers.items[i].value;
        assert(strlen(value.ptr) == value.len);
        assert(str_find_char(value, '\n') < 0 && str_find_char(value, '\r') < 0);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2) {
        return 0;
    }
    mem_ctx *ctx = mem_ctx_new(NULL, "fuzz");
    struct str text = fuzz_input(data + 2, size - 2);
    struct str first;
    struct str rest;
    switch (data[0] % 5) {
    case 0:
        multipart(ctx, STR("multipart/form-data; boundary=B"), text, 1 + data[1] % 64u);
        break;
    case 1:
        str_cut(text, '\n', &first, &rest);
        multipart(ctx, first, str_none(rest) ? STR("") : rest, 1 + data[1] % 64u);
        break;
    case 2:
        fields(ctx, text);
        break;
    case 3:
        path(ctx, text);
        break;
    default:
        headers(ctx, text);
        break;
    }
    mem_free(ctx);
    return 0;
}
