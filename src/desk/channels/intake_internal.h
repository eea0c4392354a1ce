// SPDX-License-Identifier: GPL-3.0-or-later
//
// One mail on its way in, shared by intake.c (what surrounds the steps) and intake_steps.c.
#ifndef STEWARD_DESK_CHANNELS_INTAKE_INTERNAL_H
#define STEWARD_DESK_CHANNELS_INTAKE_INTERNAL_H

#include "desk/channels/channels.h"
#include "mail/classify.h"
#include "mail/ids.h"
#include "mail/message.h"
#include "mail/spool.h"

enum ingest_decision {
    INGEST_GO_ON,
    INGEST_DROP,
    INGEST_QUARANTINE,
    INGEST_ASIDE  // it became part of a side conversation
};

struct ingest {
    struct desk *desk;
    mem_ctx *ctx;
    const struct letter *letter;
    int64_t now;
    struct mail_id kept;  // stands in the spool already; none: it comes only now
    bool released;        // an administrator lets it in: doubts are over
    struct str recipient;
    // Before the transaction.
    struct own_addresses own;
    struct mail_message *message;
    struct mail_verdict verdict;
    struct mail_token token;  // of the envelope's recipient
    struct str mailbox;
    struct str blob;
    struct new_file *files;
    size_t file_count;
    struct new_comment comment;
    struct mail_forward forward;  // absent address: nobody forwarded anything
    // Inside it.
    struct db *tx;
    struct mail_spooled spooled;
    enum ingest_decision decision;
    struct str reason;
    struct user person;
    struct new_comment forwarded;
    struct user forwarder;    // the agent who forwarded the person's mail; id none otherwise
    struct ticket_id ticket;  // the one it belongs to; none: a new one
    struct ticket found;
    struct str proof;  // "token" or "reference": why a stranger may add to it
    struct ticket_outcome outcome;
};

// Runs the steps in order until one decides; without a decision the mail became a comment
// (in->outcome). Everything happens in in->tx.
MUST_CHECK bool intake_steps(struct ingest *in, struct error *err);

// Where an agent forwards somebody's mail: the sender becomes in->person, the agent in->forwarder,
// and the forwarded words the comment.
MUST_CHECK bool intake_forwarded(struct ingest *in, struct error *err);
// After the ticket was made: notes, internally, who forwarded it and what they wrote above it.
MUST_CHECK bool intake_note_forwarder(struct ingest *in, struct error *err);

#endif
