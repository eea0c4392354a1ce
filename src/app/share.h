// SPDX-License-Identifier: GPL-3.0-or-later
//
// What is live, on all servers of one database: which topics changed and who is looking at which
// ticket goes from server to server as notices of the database (db_notify()). With one server, or
// on SQLite, nothing leaves the program.
//
// When notices may have been missed, because the connection to the database was lost for a time,
// all open pages are told to look again.
#ifndef STEWARD_APP_SHARE_H
#define STEWARD_APP_SHARE_H

#include "app/app.h"
#include "base/ids.h"

struct share;

// Hears what the others tell, for app->live, until ctx is freed.
struct share *share_start(mem_ctx *ctx, const struct app *app);
// Inside a transaction: once it is durable, all pages that listen to the topic look again.
void share_changed(struct db *tx, struct str topic);
// The actor of ctx is at the ticket, `doing` "viewing", "typing" or "leaving"; pages that listen to
// "here:N" are told when that is news.
void share_here(const struct ctx *ctx, struct ticket_id ticket, struct str doing);

#endif
