// SPDX-License-Identifier: GPL-3.0-or-later
//
// Finds the route of a path. Routes with the same shape are told apart by literal segments, which
// win over parameters. The table is a list for each first segment and number of segments: short
// enough that looking through it costs less than a cleverer tree.
#include "app/router.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define SEGMENTS_MAX 12
#define BUCKETS 256

struct entry {
    const struct route *route;
    struct str segments[SEGMENTS_MAX];
    size_t count;
    size_t parameters;
    struct entry *next;
};

struct route_table {
    mem_ctx *ctx;
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

static bool is_parameter(struct str segment)
{
    return segment.len > 1 && segment.ptr[0] == '{';
}

static bool is_id(struct str segment)
{
    return str_ends(segment, STR(":id}"));
}

// The first segment is never a parameter; below /api/v2 the third is the telling one.
static size_t bucket_of(const struct str *segments, size_t count)
{
    bool api = count > 2 && str_eq_c(segments[0], "api");
    struct str key = count == 0 ? STR("") : segments[api ? 2 : 0];
    return (str_hash(key) * 31 + count) % BUCKETS;
}

struct route_table *route_table_new(mem_ctx *ctx)
{
    struct route_table *table = mem_new(ctx, struct route_table);
    table->ctx = table;
    return table;
}

static bool same_shape(const struct entry *a, const struct entry *b)
{
    if (a->count != b->count || a->route->method != b->route->method) {
        return false;
    }
    for (size_t i = 0; i < a->count; i++) {
        bool both = is_parameter(a->segments[i]) && is_parameter(b->segments[i]);
        if (!both && !str_eq(a->segments[i], b->segments[i])) {
            return false;
        }
    }
    return true;
}

static void entry_insert(struct route_table *table, struct entry *entry)
{
    struct entry **link = &table->buckets[bucket_of(entry->segments, entry->count)];
    while (*link != NULL && (*link)->parameters <= entry->parameters) {
        assert(!same_shape(*link, entry));
        link = &(*link)->next;
    }
    entry->next = *link;
    *link = entry;
}

void route_table_add(struct route_table *table, const struct route *routes, size_t count)
{
    table->all = mem_grow(table->ctx, table->all, const struct route *, table->count + count + 1);
    for (size_t i = 0; i < count; i++) {
        struct entry *entry = mem_new(table->ctx, struct entry);
        assert(routes[i].path[0] == '/');
        entry->route = &routes[i];
        entry->count = split(str_c(routes[i].path), entry->segments);
        assert(entry->count <= SEGMENTS_MAX);
        for (size_t k = 0; k < entry->count; k++) {
            entry->parameters += is_parameter(entry->segments[k]) ? 1 : 0;
        }
        entry_insert(table, entry);
        table->all[table->count++] = &routes[i];
    }
}

const struct route *const *route_table_all(const struct route_table *table, size_t *ret_count)
{
    *ret_count = table->count;
    return table->all;
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
        if (!is_parameter(entry->segments[i])) {
            if (!str_eq(entry->segments[i], segments[i])) {
                return false;
            }
        } else if (is_id(entry->segments[i])) {
            int64_t id = 0;
            if (!str_to_i64(segments[i], &id) || id <= 0 || ids == 4) {
                return false;
            }
            params->ids[ids++] = id;
        } else if (texts < 4) {
            params->texts[texts++] = segments[i];
        }
    }
    return true;
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
        bool head = method == HTTP_HEAD && e->route->method == HTTP_GET;
        if (e->route->method == method || head) {
            *params = found;
            return e->route;
        }
    }
    return NULL;
}
