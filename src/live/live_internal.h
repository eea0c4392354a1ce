// SPDX-License-Identifier: GPL-3.0-or-later
//
// What the hub's two files share.
#ifndef STEWARD_LIVE_LIVE_INTERNAL_H
#define STEWARD_LIVE_LIVE_INTERNAL_H

#include "live/live.h"

struct presences;

struct presences *presences_new(mem_ctx *ctx);
struct presences *hub_presences(struct live_hub *hub);

#endif
