// SPDX-License-Identifier: GPL-3.0-or-later
//
// Paging of the API's lists. Cursors hold the key of a row, nothing is stored for them: base64url
// of "id.value.text".
#include <stdio.h>
#include <string.h>

#include "app/api.h"
#include "base/random.h"

#define SIZE_MOST 100

static bool bad_page(struct error *err, const char *message)
{
    error_set(err, ERR_BAD_REQUEST, "%s", message);
    (void)snprintf(err->word, sizeof err->word, "InvalidPaginationParameter");
    return false;
}

// --- cursors ------------------------------------------------------------------------------------

struct str api_cursor(mem_ctx *ctx, const struct api_key *key)
{
    struct buf text;
    buf_init(&text, ctx, 4096);
    buf_put_i64(&text, key->id);
    buf_put_char(&text, '.');
    buf_put_i64(&text, key->value);
    if (!str_none(key->text)) {
        buf_put_char(&text, '.');
        buf_put(&text, str_utf8_clip(key->text, 1000));
    }
    return base64url_encode(ctx, buf_str(&text));
}

bool api_cursor_parse(mem_ctx *ctx, struct str cursor, struct api_key *ret)
{
    struct str text;
    struct str id;
    struct str value;
    struct str rest;
    if (cursor.len > 2000 || !base64_decode(ctx, cursor, &text) || !str_utf8_valid(text)) {
        return false;
    }
    str_cut(text, '.', &id, &rest);
    str_cut(rest, '.', &value, &ret->text);
    return str_to_i64(id, &ret->id) && str_to_i64(value, &ret->value);
}

// --- parsing ------------------------------------------------------------------------------------

// A number from 1 to `most`; other values fall back, as clients send all sorts of things.
static int64_t size_param(struct ctx *ctx, const char *name)
{
    int64_t size = SIZE_MOST;
    struct str text = http_param(ctx->req, name);
    if (str_none(text) || !str_to_i64(str_trim(text), &size) || size < 1 || size > SIZE_MOST) {
        return SIZE_MOST;
    }
    return size;
}

static void parse_sort(struct ctx *ctx, struct api_page *page)
{
    struct str sort = http_param(ctx->req, "sort");
    if (!str_empty(sort)) {
        page->descending = sort.ptr[0] == '-';
        page->sort = page->descending ? str_from(sort, 1) : sort;
        return;
    }
    struct str sort_by = http_param(ctx->req, "sort_by");
    page->sort = str_empty(sort_by) ? STR_NONE : sort_by;
    page->descending = str_ieq_c(http_param(ctx->req, "sort_order"), "desc");
}

static bool parse_cursor(struct ctx *ctx, struct api_page *page, struct error *err)
{
    struct str after = http_param(ctx->req, "page[after]");
    struct str before = http_param(ctx->req, "page[before]");
    page->cursor = true;
    page->size = size_param(ctx, "page[size]");
    page->backwards = str_empty(after) && !str_empty(before);
    page->keyed = !str_empty(after) || !str_empty(before);
    if (page->keyed && !api_cursor_parse(ctx->mem, page->backwards ? before : after, &page->key)) {
        return bad_page(err,
                        page->backwards ? "page[before] is not valid" : "page[after] is not valid");
    }
    return true;
}

bool api_page_parse(struct ctx *ctx, struct api_page *ret, struct error *err)
{
    struct api_page page = {.number = 1};
    parse_sort(ctx, &page);
    if (!str_none(http_param(ctx->req, "page[size]")) ||
        !str_none(http_param(ctx->req, "page[after]")) ||
        !str_none(http_param(ctx->req, "page[before]"))) {
        if (!parse_cursor(ctx, &page, err)) {
            return false;
        }
        *ret = page;
        return true;
    }
    page.size = size_param(ctx, "per_page");
    struct str number = http_param(ctx->req, "page");
    if (!str_empty(number) && (!str_to_i64(str_trim(number), &page.number) || page.number < 1)) {
        page.number = 1;
    }
    if (page.number > API_OFFSET_MOST || page.number * page.size > API_OFFSET_MOST) {
        return bad_page(err, "Offset pagination goes up to 10,000 records; use page[size] instead");
    }
    page.offset = (page.number - 1) * page.size;
    *ret = page;
    return true;
}

int64_t api_page_limit(const struct api_page *page)
{
    return page->cursor ? page->size + 1 : page->size;
}

bool api_page_descending(const struct api_page *page, bool naturally)
{
    bool descending = str_none(page->sort) ? naturally : page->descending;
    return page->backwards ? !descending : descending;
}

static void swap_rows(char *a, char *b, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        char byte = a[i];
        a[i] = b[i];
        b[i] = byte;
    }
}

void api_page_cut(const struct api_page *page, void *rows, size_t row_size, size_t count,
                  struct api_found *ret)
{
    char *bytes = rows;
    ret->more = page->cursor && count > (size_t)page->size;
    ret->count = ret->more ? (size_t)page->size : count;
    if (page->backwards) {
        for (size_t i = 0; i < ret->count / 2; i++) {
            swap_rows(bytes + i * row_size, bytes + (ret->count - 1 - i) * row_size, row_size);
        }
    }
}

// --- links --------------------------------------------------------------------------------------

static bool is_list_name(struct str name)
{
    return str_ends(name, STR("[]"));
}

// Whether a parameter goes into links: not the place in the list, and of names given twice the
// last.
static bool is_kept(const struct http_pairs *params, size_t at, const char *replaced)
{
    struct str name = params->items[at].name;
    bool of_export = strcmp(replaced, "start_time") == 0 || strcmp(replaced, "cursor") == 0;
    if (str_eq_c(name, replaced) ||
        (of_export && (str_eq_c(name, "start_time") || str_eq_c(name, "cursor")))) {
        return false;
    }
    if (str_eq_c(name, "page") || str_eq_c(name, "page[after]") || str_eq_c(name, "page[before]")) {
        return false;
    }
    for (size_t i = at + 1; i < params->count && !is_list_name(name); i++) {
        if (str_eq(params->items[i].name, name)) {
            return false;
        }
    }
    return true;
}

static void put_path(struct buf *out, struct str path)
{
    struct str rest = path;
    struct str part;
    bool first = true;
    while (str_next(&rest, '/', &part)) {
        if (!first) {
            buf_put_char(out, '/');
        }
        buf_put_percent(out, part);
        first = false;
    }
}

// This request's address with another place in the list.
struct str api_link(struct ctx *ctx, const char *name, struct str value)
{
    struct buf out;
    buf_init(&out, ctx->mem, 64 * 1024);
    buf_put(&out, ctx->req->scheme);
    buf_put(&out, STR("://"));
    buf_put(&out, ctx->req->host);
    put_path(&out, ctx->req->path);
    char before = '?';
    for (size_t i = 0; i < ctx->req->params.count; i++) {
        if (is_kept(&ctx->req->params, i, name)) {
            buf_put_char(&out, before);
            buf_put_percent(&out, ctx->req->params.items[i].name);
            buf_put_char(&out, '=');
            buf_put_percent(&out, ctx->req->params.items[i].value);
            before = '&';
        }
    }
    buf_put_char(&out, before);
    buf_put_percent(&out, str_c(name));
    buf_put_char(&out, '=');
    buf_put_percent(&out, value);
    return out.failed ? STR_NONE : buf_str(&out);
}

static void write_by_number(struct ctx *ctx, struct jw *w, const struct api_page *page,
                            const struct api_found *found)
{
    bool more = page->offset + (int64_t)found->count < found->total && found->count > 0;
    bool before = page->number > 1;
    jw_field_str(
        w, "next_page",
        more ? api_link(ctx, "page", str_printf(ctx->mem, "%lld", (long long)page->number + 1))
             : STR_NONE);
    jw_field_str(
        w, "previous_page",
        before ? api_link(ctx, "page", str_printf(ctx->mem, "%lld", (long long)page->number - 1))
               : STR_NONE);
    jw_field_i64(w, "count", found->total);
}

static void write_by_cursor(struct ctx *ctx, struct jw *w, const struct api_page *page,
                            const struct api_found *found)
{
    struct str after = STR_NONE;
    struct str before = STR_NONE;
    if (found->count > 0) {
        after = api_cursor(ctx->mem, &found->last);
        before = api_cursor(ctx->mem, &found->first);
    }
    // Where we came from there are rows; where we go only if more were found.
    bool has_next = found->count > 0 && (page->backwards || found->more);
    bool has_prev = found->count > 0 && (page->backwards ? found->more : page->keyed);
    jw_field_object(w, "meta");
    jw_field_bool(w, "has_more", found->more);
    jw_field_str(w, "after_cursor", after);
    jw_field_str(w, "before_cursor", before);
    jw_object_end(w);
    jw_field_object(w, "links");
    jw_field_str(w, "prev", has_prev ? api_link(ctx, "page[before]", before) : STR_NONE);
    jw_field_str(w, "next", has_next ? api_link(ctx, "page[after]", after) : STR_NONE);
    jw_object_end(w);
}

void api_page_write(struct ctx *ctx, struct jw *w, const struct api_page *page,
                    const struct api_found *found)
{
    if (page->cursor) {
        write_by_cursor(ctx, w, page, found);
    } else {
        write_by_number(ctx, w, page, found);
    }
}
