// SPDX-License-Identifier: GPL-3.0-or-later
//
// What happens with a request, in plain words for the person who asked. Statuses, tiers, groups and
// vendors stay inside.
#ifndef STEWARD_DESK_PORTAL_WORDS_H
#define STEWARD_DESK_PORTAL_WORDS_H

#include "desk/tickets/tickets.h"

// "Tom Berg is working on it." `steward` is empty while nobody has taken it.
struct str portal_happening(mem_ctx *ctx, const struct ticket *ticket, struct str steward);

#endif
