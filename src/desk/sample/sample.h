// SPDX-License-Identifier: GPL-3.0-or-later
//
// Made-up data: a small desk to look at, and large ones to measure with. All of it is written
// through the rooms' own functions, with their rules.
#ifndef STEWARD_DESK_SAMPLE_SAMPLE_H
#define STEWARD_DESK_SAMPLE_SAMPLE_H

#include "desk/desk.h"

// People, groups and the stories of stories.def. `password` becomes that of all agents; empty:
// they have none. CONFLICT when the desk has tickets already.
MUST_CHECK bool sample_desk(struct desk *desk, mem_ctx *ctx, struct str password,
                            struct error *err);

// Adds tickets until there are `tickets`; progress(env, done, all) is called now and then.
MUST_CHECK bool sample_many(struct desk *desk, mem_ctx *ctx, int64_t tickets,
                            void (*progress)(void *env, int64_t done, int64_t all), void *env,
                            struct error *err);

#endif
