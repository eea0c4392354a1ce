// SPDX-License-Identifier: GPL-3.0-or-later
//
// Targets: what programs of other times call an address outside that rules tell. Each is a webhook
// (title, address, method, whether it is on, secrets) with a number and a way to say the message.
#ifndef STEWARD_DESK_HOOKS_TARGETS_H
#define STEWARD_DESK_HOOKS_TARGETS_H

#include "desk/hooks/hooks.h"

struct target {
    int64_t id;
    struct str type;       // http_target, url_target, url_target_v2
    struct str attribute;  // url targets: the message's name in a form; "" for http_target
    struct hook hook;
};

struct target_failure {
    struct str id;
    struct str target;  // its title
    int64_t status_code;
    struct str answer;
    int64_t at;
};

// Administrators only, all of these: FORBIDDEN otherwise.
MUST_CHECK bool targets_list(const struct desk *desk, struct db *db, mem_ctx *ctx,
                             const struct actor *actor, struct target **ret, size_t *ret_count,
                             struct error *err);
MUST_CHECK bool target_load(const struct desk *desk, struct db *db, mem_ctx *ctx,
                            const struct actor *actor, int64_t id, struct target *ret,
                            struct error *err);
// For whoever writes a rule that names it.
MUST_CHECK bool target_exists(struct db *db, mem_ctx *ctx, int64_t id, bool *ret,
                              struct error *err);
// With id 0: makes one, and its webhook. INVALID as hook_store(), and for a type that is none.
MUST_CHECK bool target_store(const struct desk *desk, struct db *tx, mem_ctx *ctx,
                             const struct actor *actor, struct target *target, struct error *err);
// With its webhook. INVALID while a rule calls either.
MUST_CHECK bool target_delete(const struct desk *desk, struct db *tx, mem_ctx *ctx,
                              const struct actor *actor, int64_t id, struct error *err);
// Calls that failed, newest first, at most 1,000 of the last thirty days.
MUST_CHECK bool target_failures(struct db *db, mem_ctx *ctx, const struct actor *actor,
                                struct target_failure **ret, size_t *ret_count, struct error *err);

#endif
