// SPDX-License-Identifier: GPL-3.0-or-later
//
// One mail on its way in, shared by intake.c (what surrounds the steps) and intake_steps.c.
#ifndef STEWARD_DESK_CHANNELS_INTAKE_INTERNAL_H
#define STEWARD_DESK_CHANNELS_INTAKE_INTERNAL_H

#include "desk/channels/channels.h"
#include "mail/ids.h"
#include "mail/message.h"
#include "mail/spool.h"

// What the headers say about who, or what, wrote a mail.
struct intake_verdict {
    bool own_loop;    // one of ours that came back
    bool auto_reply;  // out of office, receipts: reopens nothing, is never answered
    bool bulk;        // Precedence, unsubscribe headers: never answered
    bool list;        // through a mailing list: never answered
    bool bounce;      // a notice that a mail could not be delivered
    bool bounce_permanent;
    struct str bounce_text;  // what the notice says, one line
};

enum ingest_decision { INGEST_GO_ON, INGEST_DROP, INGEST_QUARANTINE };

struct ingest {
    struct desk *desk;
    mem_ctx *ctx;
    const struct letter *letter;
    int64_t now;
    struct mail_id released;  // an administrator lets this one in: doubts are over
    // Before the transaction.
    struct mail_message *message;
    struct intake_verdict verdict;
    struct mail_token token;  // of the envelope's recipient
    struct str mailbox;
    struct str blob;
    struct new_file *files;
    size_t file_count;
    struct new_comment comment;
    // Inside it.
    struct db *tx;
    struct mail_spooled spooled;
    enum ingest_decision decision;
    struct str reason;
    struct user person;
    struct ticket_id ticket;  // the one it belongs to; none: a new one
    struct ticket found;
    struct str proof;         // "token" or "reference": why a stranger may add to it
    struct ticket_outcome outcome;
};

struct intake_verdict intake_classify(struct ingest *in);
// Who asks: Reply-To where it can be answered, else X-Original-Sender, else From.
struct mail_address intake_requester(const struct mail_message *message);
// Runs the steps in order until one decides; without a decision the mail became a comment
// (in->outcome). Everything happens in in->tx.
MUST_CHECK bool intake_steps(struct ingest *in, struct error *err);

#endif
