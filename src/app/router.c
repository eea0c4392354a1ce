// SPDX-License-Identifier: GPL-3.0-or-later
//
// Finds the route of a path. The table is a short list for each number of segments and each telling
// segment (the first; below /api/v2 the third), sorted so that the first that fits is the right
// one. The longest has some twenty rows, and most are told apart by their first literal.
#include "app/router.h"

#include <assert.h>
#include <string.h>

#define SEGMENTS_MAX 12
#define BUCKETS 512
#define PARAMETERS_MAX 4

// In the order in which they win.
enum segment_kind { SEGMENT_LITERAL, SEGMENT_ID, SEGMENT_TEXT };

struct segment {
    enum segment_kind kind;
    struct str text;  // of a literal
};

struct entry {
    const struct route *route;
    struct segment segments[SEGMENTS_MAX];
    size_t count;
    struct entry *next;
};

struct route_table {
    struct entry *buckets[BUCKETS];
    const struct route **all;
    size_t count;
};

static size_t split(struct str path, struct str segments[SEGMENTS_MAX])
{
    size_t count = 0;
    struct str rest = str_from(path, 1);
    struct str segment;
    while (rest.len > 0 && str_next(&rest, '/', &segment)) {
        if (count == SEGMENTS_MAX) {
            return SEGMENTS_MAX + 1;
        }
        segments[count++] = segment;
    }
    return count;
}

static size_t bucket_of(const struct str *segments, size_t count)
{
    bool api = count > 2 && str_eq_c(segments[0], "api");
    struct str key = count == 0 ? STR("") : segments[api ? 2 : 0];
    return (str_hash(key) * 31 + count) % BUCKETS;
}

struct route_table *route_table_new(mem_ctx *ctx)
{
    return mem_new(ctx, struct route_table);
}

// Negative when `a` wins over `b`, 0 when no path could tell them apart.
static int compare(const struct entry *a, const struct entry *b)
{
    for (size_t i = 0; i < a->count; i++) {
        const struct segment *x = &a->segments[i];
        const struct segment *y = &b->segments[i];
        int order = (int)x->kind - (int)y->kind;
        if (order == 0 && x->kind == SEGMENT_LITERAL) {
            order = str_cmp(x->text, y->text);
        }
        if (order != 0) {
            return order;
        }
    }
    return 0;
}

static void entry_insert(struct entry **link, struct entry *entry)
{
    for (; *link != NULL; link = &(*link)->next) {
        if ((*link)->count != entry->count) {
            continue;
        }
        int order = compare(entry, *link);
        assert(order != 0 || entry->route->method != (*link)->route->method);
        if (order < 0) {
            break;
        }
    }
    entry->next = *link;
    *link = entry;
}

static struct segment segment_parse(struct str text)
{
    if (!str_starts(text, STR("{"))) {
        return (struct segment){SEGMENT_LITERAL, text};
    }
    assert(text.len > 2 && str_ends(text, STR("}")));
    return (struct segment){str_ends(text, STR(":id}")) ? SEGMENT_ID : SEGMENT_TEXT, STR_NONE};
}

static void add_one(struct route_table *table, const struct route *route)
{
    struct str texts[SEGMENTS_MAX];
    size_t ids = 0;
    size_t names = 0;
    struct entry *entry = mem_new(table, struct entry);
    assert(route->path[0] == '/' && route->handler != NULL);
    entry->route = route;
    entry->count = split(str_c(route->path), texts);
    assert(entry->count <= SEGMENTS_MAX);
    for (size_t i = 0; i < entry->count; i++) {
        entry->segments[i] = segment_parse(texts[i]);
        ids += entry->segments[i].kind == SEGMENT_ID ? 1 : 0;
        names += entry->segments[i].kind == SEGMENT_TEXT ? 1 : 0;
    }
    bool api = entry->count > 2 && str_eq_c(texts[0], "api");
    assert(entry->count == 0 || entry->segments[api ? 2 : 0].kind == SEGMENT_LITERAL);
    assert(ids <= PARAMETERS_MAX && names <= PARAMETERS_MAX);
    entry_insert(&table->buckets[bucket_of(texts, entry->count)], entry);
}

void route_table_add(struct route_table *table, const struct route *routes, size_t count)
{
    table->all = mem_grow(table, table->all, const struct route *, table->count + count + 1);
    for (size_t i = 0; i < count; i++) {
        add_one(table, &routes[i]);
        table->all[table->count++] = &routes[i];
    }
}

const struct route *const *route_table_all(const struct route_table *table, size_t *ret_count)
{
    *ret_count = table->count;
    return table->all;
}

static bool id_parse(struct str text, int64_t *ret)
{
    bool digit = text.len > 0 && text.ptr[0] >= '1' && text.ptr[0] <= '9';
    return digit && str_to_i64(text, ret);
}

static bool entry_matches(const struct entry *entry, const struct str *segments, size_t count,
                          struct path_params *params)
{
    size_t ids = 0;
    size_t texts = 0;
    if (entry->count != count) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        switch (entry->segments[i].kind) {
        case SEGMENT_LITERAL:
            if (!str_eq(entry->segments[i].text, segments[i])) {
                return false;
            }
            break;
        case SEGMENT_ID:
            if (!id_parse(segments[i], &params->ids[ids++])) {
                return false;
            }
            break;
        case SEGMENT_TEXT:
            params->texts[texts++] = segments[i];
            break;
        }
    }
    return true;
}

static bool takes(const struct route *route, enum http_method method)
{
    return route->method == method || (method == HTTP_HEAD && route->method == HTTP_GET);
}

const struct route *route_find(const struct route_table *table, enum http_method method,
                               struct str path, struct path_params *params, unsigned *ret_methods)
{
    struct str segments[SEGMENTS_MAX];
    size_t count = split(path, segments);
    *ret_methods = 0;
    if (count > SEGMENTS_MAX) {
        return NULL;
    }
    for (const struct entry *e = table->buckets[bucket_of(segments, count)]; e != NULL;
         e = e->next) {
        struct path_params found = {0};
        if (!entry_matches(e, segments, count, &found)) {
            continue;
        }
        *ret_methods |= 1u << e->route->method;
        if (takes(e->route, method)) {
            *params = found;
            return e->route;
        }
    }
    return NULL;
}
