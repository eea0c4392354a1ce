// SPDX-License-Identifier: GPL-3.0-or-later
//
// Collects a message of unknown length: in memory while it is small, in an unnamed file of the
// data folder beyond that, so that many large mails arriving at once cost disk and not memory. The
// file has no name and vanishes with the process; durability is the acceptor's business.
#ifndef STEWARD_MAIL_SPILL_H
#define STEWARD_MAIL_SPILL_H

#include "base/error.h"
#include "base/str.h"

struct spill;

// `folder` must exist. Freeing ctx frees memory, file and mapping.
struct spill *spill_new(mem_ctx *ctx, struct str folder);
// After a failure (disk full) the rest is swallowed; spill_read reports it.
void spill_put(struct spill *spill, struct str piece);
// The whole content; valid until the next spill_put or spill_reset. Fails with ERR_NO_SPACE where
// a piece could not be kept.
MUST_CHECK bool spill_read(struct spill *spill, struct str *ret, struct error *err);
// Empty again, ready for the next message.
void spill_reset(struct spill *spill);

#endif
