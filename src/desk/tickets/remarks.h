// SPDX-License-Identifier: GPL-3.0-or-later
//
// What can be said of a text before it leaves, from the text alone.
#ifndef STEWARD_DESK_TICKETS_REMARKS_H
#define STEWARD_DESK_TICKETS_REMARKS_H

#include "base/str.h"

// Whether the text speaks of a file that comes with it, in English, German, Spanish or French.
// Quoted lines ("> ") do not count: somebody else wrote them.
bool text_names_file(mem_ctx *ctx, struct str text);

#endif
