// SPDX-License-Identifier: GPL-3.0-or-later
#ifndef STEWARD_DESK_CHANNELS_MAILBOX_H
#define STEWARD_DESK_CHANNELS_MAILBOX_H

#include "base/error.h"
#include "base/str.h"

struct desk;

// The addresses of the mailboxes that mail is fetched from, as the program knows them at the
// moment; behind a lock.
struct mailbox_known;
struct mailbox_known *mailbox_known_new(mem_ctx *ctx);
void mailbox_known_set(struct mailbox_known *known, const struct str *addresses, size_t count);

// All addresses of the desk, with room for one more at the end.
struct str *mailbox_list(const struct desk *desk, mem_ctx *ctx, size_t *ret_count);
// One of them, with or without "+detail".
bool mailbox_is_own(const struct desk *desk, mem_ctx *ctx, struct str address);
// The address that mails about a ticket come from: the one that was written to, where it is ours.
// `recipient` may be absent.
struct str mailbox_for(const struct desk *desk, mem_ctx *ctx, struct str recipient);

#endif
