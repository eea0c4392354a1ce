// SPDX-License-Identifier: GPL-3.0-or-later
//
// All servers of a desk use the same secret: the file of that name in their data folders. The
// database knows its hash, so that one with another secret is found out before it answers anybody.
#ifndef STEWARD_APP_SEAL_H
#define STEWARD_APP_SEAL_H

#include "db/db.h"

// UNAVAILABLE, with what to do, when the desk is used with another secret. The first secret is the
// right one; with `replace` this one is from now on.
MUST_CHECK bool seal_check(struct db_store *db, struct str secret, bool replace, struct error *err);
// What stands in place of the desk's seal in a database that the desk is just being moved to: no
// program starts with it, whatever its secret.
struct str seal_unfinished(mem_ctx *ctx, struct str seal);

#endif
