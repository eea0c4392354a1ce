// SPDX-License-Identifier: GPL-3.0-or-later
//
// The proof of the sanitiser, for tests and fuzzers: reads its output with a parser of its own
// kind and looks at every node, attribute and address. Knows nothing of how the output was made.
#ifndef STEWARD_MAIL_SANITIZE_CHECK_H
#define STEWARD_MAIL_SANITIZE_CHECK_H

#include "base/str.h"

// NULL when all is harmless, else what is wrong.
const char *sanitize_check(mem_ctx *ctx, struct str markup);

#endif
