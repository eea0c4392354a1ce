// SPDX-License-Identifier: GPL-3.0-or-later
//
// GMime must be told to start before any use, and once only. Every entry of mail/ that uses GMime
// calls this first; it is cheap and may be called from any thread.
#ifndef STEWARD_MAIL_GMIME_START_H
#define STEWARD_MAIL_GMIME_START_H

#include "base/mem.h"

void mail_gmime_start(void);
// Drops a GObject reference when ctx is freed; returns the object, so that it wraps constructors.
void *mail_gobject(mem_ctx *ctx, void *object);

#endif
