// SPDX-License-Identifier: GPL-3.0-or-later
#include "blob/s3_text.h"

#include <assert.h>
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"

#define WAIT_PRESET_S 10
#define WAIT_MOST_S 120
#define LISTED_MOST 1000

// --- the address --------------------------------------------------------------------------------

static bool only(struct str text, const char *further)
{
    assert(text.len == 0 || text.ptr != NULL);
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        bool plain = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
        if (!plain && strchr(further, c) == NULL) {
            return false;
        }
    }
    return text.len > 0;
}

#define CAPITALS "ABCDEFGHIJKLMNOPQRSTUVWXYZ"

static bool take_endpoint(struct str value, struct s3_place *place, struct error *err)
{
    bool tls = str_starts(value, STR("https://"));
    bool plain = str_starts(value, STR("http://"));
    struct str host = str_from(value, tls ? strlen("https://") : strlen("http://"));
    if ((!tls && !plain) || !only(host, CAPITALS ".-:[]")) {
        return error_set(err, ERR_INVALID,
                         "The endpoint of blobs is https://host or https://host:port.");
    }
    place->endpoint = value;
    return true;
}

static bool take_option(struct str name, struct str value, struct s3_place *place,
                        struct error *err)
{
    if (str_eq_c(name, "endpoint")) {
        return take_endpoint(value, place, err);
    }
    if (str_eq_c(name, "region")) {
        place->region = value;
        return only(value, "-") ||
               error_set(err, ERR_INVALID, "The region of blobs is a word such as eu-central-1.");
    }
    if (str_eq_c(name, "wait")) {
        return (str_to_i64(value, &place->wait_s) && place->wait_s >= 1 &&
                place->wait_s <= WAIT_MOST_S) ||
               error_set(err, ERR_INVALID, "wait of blobs is a number of seconds from 1 to %d.",
                         WAIT_MOST_S);
    }
    return error_set(err, ERR_INVALID,
                     "blobs takes endpoint, region and wait behind its ?, not \"" STR_FMT "\".",
                     STR_ARG(name));
}

static bool take_prefix(mem_ctx *ctx, struct str prefix, struct s3_place *place, struct error *err)
{
    while (str_ends(prefix, STR("/"))) {
        prefix = str_sub(prefix, 0, prefix.len - 1);
    }
    if (prefix.len == 0) {
        place->prefix = STR("");
        return true;
    }
    if (!only(prefix, CAPITALS "-_./") || str_starts(prefix, STR("/")) ||
        str_find(prefix, STR("//")) >= 0 || str_find(prefix, STR("..")) >= 0) {
        return error_set(err, ERR_INVALID,
                         "The prefix of blobs is made of letters, digits, - _ . and single /.");
    }
    place->prefix = str_printf(ctx, STR_FMT "/", STR_ARG(prefix));
    return true;
}

bool s3_place_parse(mem_ctx *ctx, struct str url, struct s3_place *ret, struct error *err)
{
    struct s3_place place = {.region = STR("us-east-1"), .wait_s = WAIT_PRESET_S};
    struct str where;
    struct str options;
    struct str prefix;
    struct str option;
    str_cut(str_from(url, strlen("s3://")), '?', &where, &options);
    str_cut(where, '/', &place.bucket, &prefix);
    if (!only(place.bucket, "-.") || place.bucket.len < 3 || place.bucket.len > 63) {
        return error_set(err, ERR_INVALID,
                         "Write blobs = s3://bucket/prefix?endpoint=https://host&region=word");
    }
    if (!take_prefix(ctx, prefix, &place, err)) {
        return false;
    }
    while (!str_none(options) && str_next(&options, '&', &option)) {
        struct str name;
        struct str value;
        str_cut(option, '=', &name, &value);
        if (option.len > 0 && !take_option(name, value, &place, err)) {
            return false;
        }
    }
    if (str_none(place.endpoint)) {
        place.endpoint =
            str_printf(ctx, "https://s3." STR_FMT ".amazonaws.com", STR_ARG(place.region));
    }
    *ret = place;
    return true;
}

// --- answers ------------------------------------------------------------------------------------

static struct str without_entities(mem_ctx *ctx, struct str text)
{
    static const struct {
        struct str name;
        char c;
    } ENTITIES[] = {{STR_INIT("&amp;"), '&'},
                    {STR_INIT("&lt;"), '<'},
                    {STR_INIT("&gt;"), '>'},
                    {STR_INIT("&quot;"), '"'},
                    {STR_INIT("&apos;"), '\''}};
    struct buf out;
    assert(text.len == 0 || text.ptr != NULL);
    buf_init(&out, ctx, text.len + 1);
    while (text.len > 0) {
        size_t used = 1;
        char c = text.ptr[0];
        for (size_t i = 0; c == '&' && i < sizeof ENTITIES / sizeof *ENTITIES; i++) {
            if (str_starts(text, ENTITIES[i].name)) {
                used = ENTITIES[i].name.len;
                c = ENTITIES[i].c;
                break;
            }
        }
        buf_put_char(&out, c);
        text = str_from(text, used);
    }
    return buf_str(&out);
}

// What stands between <name> and </name>; *rest goes on behind it.
static bool element(struct str xml, const char *name, struct str *ret, struct str *rest)
{
    char open[64];
    char shut[64];
    size_t len = strlen(name);
    if (len + 4 > sizeof open) {
        return false;
    }
    struct str opening = {open, len + 2};
    struct str closing = {shut, len + 3};
    open[0] = '<';
    memcpy(open + 1, name, len);
    open[len + 1] = '>';
    shut[0] = '<';
    shut[1] = '/';
    memcpy(shut + 2, name, len);
    shut[len + 2] = '>';
    ptrdiff_t from = str_find(xml, opening);
    if (from < 0) {
        return false;
    }
    struct str inside = str_from(xml, (size_t)from + opening.len);
    ptrdiff_t to = str_find(inside, closing);
    if (to < 0) {
        return false;
    }
    *ret = str_sub(inside, 0, (size_t)to);
    *rest = str_from(inside, (size_t)to + closing.len);
    return true;
}

struct str s3_element(mem_ctx *ctx, struct str xml, const char *name)
{
    struct str text;
    struct str rest;
    return element(xml, name, &text, &rest) ? without_entities(ctx, text) : STR_NONE;
}

static bool take_object(mem_ctx *ctx, struct str xml, struct s3_object *ret)
{
    ret->key = s3_element(ctx, xml, "Key");
    struct str size = s3_element(ctx, xml, "Size");
    struct str changed = s3_element(ctx, xml, "LastModified");
    return !str_none(ret->key) && !str_none(size) && str_to_i64(size, &ret->size) &&
           ret->size >= 0 && !str_none(changed) && time_parse_iso(changed, &ret->changed_at);
}

bool s3_listing_parse(mem_ctx *ctx, struct str xml, struct s3_listing *ret, struct error *err)
{
    struct s3_listing listing = {.next = STR("")};
    struct str contents;
    struct str rest = xml;
    bool ok = str_find(xml, STR("<ListBucketResult")) >= 0 &&
              str_find(xml, STR("</ListBucketResult>")) >= 0;
    listing.objects = mem_array(ctx, struct s3_object, LISTED_MOST);
    while (ok && element(rest, "Contents", &contents, &rest)) {
        ok = listing.count < LISTED_MOST &&
             take_object(ctx, contents, &listing.objects[listing.count]);
        listing.count++;
    }
    struct str more = s3_element(ctx, xml, "IsTruncated");
    if (ok && !str_none(more) && str_eq_c(more, "true")) {
        listing.next = s3_element(ctx, xml, "NextContinuationToken");
        ok = !str_none(listing.next) && listing.next.len > 0;
    }
    if (!ok) {
        return error_set(err, ERR_BUSY, "The store of files answers with no listing.");
    }
    *ret = listing;
    return true;
}
