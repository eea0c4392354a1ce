// SPDX-License-Identifier: GPL-3.0-or-later
//
// The settings of a running desk: one table (config.def) names, bounds and explains them all.
#ifndef STEWARD_APP_CONFIG_H
#define STEWARD_APP_CONFIG_H

#include "base/buf.h"
#include "base/error.h"

struct config_list {
    struct str *items;
    size_t count;
};

struct config {
    struct str data;  // the folder; from the command line only
#define TEXT(name, preset, secret, help) struct str name;
#define LIST(name, help) struct config_list name;
#define NUMBER(name, preset, least, most, help) int64_t name;
#include "app/config.def"
#undef TEXT
#undef LIST
#undef NUMBER
};

// All defaults.
void config_init(struct config *config);
// One setting. INVALID with what is allowed for unknown names and bad values. '-' counts as '_'.
MUST_CHECK bool config_set(struct config *config, mem_ctx *ctx, struct str name, struct str value,
                           struct error *err);
// Reads DIR/steward.conf ("name = value", '#' begins a comment; a missing file is no error), then
// STEWARD_… from the environment. Errors name the file and line.
MUST_CHECK bool config_load(struct config *config, mem_ctx *ctx, struct str data,
                            struct error *err);
bool config_known(struct str name);
// All settings with their explanations, as steward.conf could have them; secrets are not shown.
void config_print(const struct config *config, struct buf *out);

#endif
