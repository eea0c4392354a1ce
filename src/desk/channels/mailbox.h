// SPDX-License-Identifier: GPL-3.0-or-later
#ifndef STEWARD_DESK_CHANNELS_MAILBOX_H
#define STEWARD_DESK_CHANNELS_MAILBOX_H

#include "base/str.h"

struct desk;

// One of the addresses in the settings, with or without "+detail".
bool mailbox_is_own(const struct desk *desk, mem_ctx *ctx, struct str address);
// The address that mails about a ticket come from: the one that was written to, where it is ours.
// `recipient` may be absent.
struct str mailbox_for(const struct desk *desk, mem_ctx *ctx, struct str recipient);

#endif
