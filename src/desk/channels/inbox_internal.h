// SPDX-License-Identifier: GPL-3.0-or-later
//
// What the files of fetching share: inbox.c (rows), inbox_fetch.c (one connection's life),
// inbox_keeper.c (threads and leases).
#ifndef STEWARD_DESK_CHANNELS_INBOX_INTERNAL_H
#define STEWARD_DESK_CHANNELS_INBOX_INTERNAL_H

#include "desk/channels/inbox.h"
#include "desk/channels/queries.h"

#define INBOX_CHANNEL "inboxes"
// Messages shown of those that an import would take in.
#define INBOX_SAMPLES 10
#define INBOX_LEASE_MS (30 * SECONDS_MS)

// The server of a row, its secret opened; with OAuth an access token is fetched first.
MUST_CHECK bool inbox_server(struct desk *desk, mem_ctx *ctx, const struct inbox_row *row,
                             struct imap_server *ret, struct error *err);

// What a secret of a mailbox is sealed for: "secret", "client", "verifier".
struct str inbox_seal(struct desk *desk, mem_ctx *ctx, struct inbox_id id, const char *what,
                      struct str text);
MUST_CHECK bool inbox_unseal(struct desk *desk, mem_ctx *ctx, struct inbox_id id, const char *what,
                             struct str sealed, struct str *ret, struct error *err);
MUST_CHECK bool inbox_admins_only(const struct actor *actor, struct error *err);

struct inbox_run {
    struct desk *desk;
    struct inbox_id id;
    struct str owner;  // of the lease
    int stop_fd;
    bool resumed;         // the lease is ours since more than one run
    int64_t lease_until;  // as last written
};

bool inbox_stopping(const struct inbox_run *run);

// Connects and fetches until the connection is lost, the settings change or it is stopped; true
// when nothing went wrong. *ret_well: there was at least one look that went well.
MUST_CHECK bool inbox_fetch(struct inbox_run *run, bool *ret_well, struct error *err);
// Takes or keeps the lease; *ret_held is false when somebody else has it.
// Answers what an administrator asked, over a connection, or with why there is none.
MUST_CHECK bool inbox_answer(struct desk *desk, const struct inbox_state_row *state,
                             struct imap *imap, const struct error *why, struct error *err);
// Pages that show mailboxes look again once this transaction is durable.
void inbox_publish(struct desk *desk, struct db *tx);
MUST_CHECK bool inbox_hold(struct inbox_run *run, bool *ret_held, struct error *err);

#endif
