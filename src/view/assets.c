// SPDX-License-Identifier: GPL-3.0-or-later
#include "view/assets.h"

#include <assert.h>
#include <string.h>

const struct asset *asset_find(struct str path)
{
    for (size_t i = 0; i < ASSET_COUNT; i++) {
        if (str_eq(ASSETS[i].path, path)) {
            return &ASSETS[i];
        }
    }
    return NULL;
}

static const struct asset *asset_named(const char *name)
{
    for (size_t i = 0; i < ASSET_COUNT; i++) {
        if (str_eq_c(ASSETS[i].name, name)) {
            return &ASSETS[i];
        }
    }
    assert(false && "no such asset");
    return NULL;
}

// Whether a coding is listed with a weight other than 0 (RFC 9110, 12.5.3).
static bool coding_accepted(struct str accept, struct str coding)
{
    struct str part;
    while (str_next(&accept, ',', &part)) {
        struct str name;
        struct str weight;
        str_cut(part, ';', &name, &weight);
        weight = str_trim(weight);
        bool refused = str_eq_c(weight, "q=0") || str_starts(weight, STR("q=0.0"));
        if (str_ieq(str_trim(name), coding)) {
            return !refused;
        }
    }
    return false;
}

struct str asset_encoded(const struct asset *asset, struct str accept, struct str *ret_encoding)
{
    if (!str_none(asset->brotli) && coding_accepted(accept, STR("br"))) {
        *ret_encoding = STR("br");
        return asset->brotli;
    }
    if (!str_none(asset->gzip) && coding_accepted(accept, STR("gzip"))) {
        *ret_encoding = STR("gzip");
        return asset->gzip;
    }
    *ret_encoding = STR_NONE;
    return asset->plain;
}

struct url asset_url(const char *name)
{
    return (struct url){asset_named(name)->path};
}

struct url asset_icon(mem_ctx *ctx, const char *icon)
{
    struct str path = asset_named("icons.svg")->path;
    size_t len = strlen(icon);
    char *text = mem_array(ctx, char, path.len + len + 2);
    memcpy(text, path.ptr, path.len);
    text[path.len] = '#';
    memcpy(text + path.len + 1, icon, len);
    return (struct url){{text, path.len + 1 + len}};
}
