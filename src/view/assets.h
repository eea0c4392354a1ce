// SPDX-License-Identifier: GPL-3.0-or-later
//
// The files browsers need (style, scripts, icons), embedded in the program. Their paths carry a
// hash of their content, so they may be cached for ever.
#ifndef STEWARD_VIEW_ASSETS_H
#define STEWARD_VIEW_ASSETS_H

#include "base/str.h"

struct asset {
    struct str name;  // "app.css"
    struct str path;  // "/assets/app-5f0c3a….css"
    struct str type;  // Content-Type
    struct str etag;  // with its quotes
    struct str plain;
    struct str gzip;    // absent where it saves nothing
    struct str brotli;  // the same
};

// The asset that `path` names, NULL when there is none. Answer with
// `Cache-Control: public, max-age=31536000, immutable` and `Vary: Accept-Encoding`.
const struct asset *asset_find(struct str path);

// The best of an asset's forms for an Accept-Encoding header; *ret_encoding is "br", "gzip" or
// absent for the plain form.
struct str asset_encoded(const struct asset *asset, struct str accept, struct str *ret_encoding);

// "/assets/app-….css" of "app.css". Asserts that it exists.
struct url asset_url(const char *name);
// The icon of that name in the sprite, for <use href>.
struct url asset_icon(mem_ctx *ctx, const char *icon);

// All of them; written by tools/embed.
extern const struct asset ASSETS[];
extern const size_t ASSET_COUNT;

#endif
