// SPDX-License-Identifier: GPL-3.0-or-later
//
// The mails that came, kept as they came (schema/0020_mail_in.sql). Intake writes a mail here in
// the same transaction that makes it a ticket or comment; where that fails, it writes it here
// alone, quarantined with the reason. Only after either is a mail acknowledged. Every function runs
// inside a transaction or snapshot of the caller.
//
// Raw bytes below MAIL_RAW_IN_ROW stand in the database: one commit makes mail and ticket durable
// together, which measured 5 to 15 times the throughput of a file of its own with its fsyncs.
// Larger ones are put into the blob store before the transaction, and `blob` names them.
#ifndef STEWARD_MAIL_SPOOL_H
#define STEWARD_MAIL_SPOOL_H

#include "base/ids.h"
#include "blob/blob.h"
#include "db/db.h"

#define MAIL_RAW_IN_ROW (64 * 1024)

enum mail_state { MAIL_NEW, MAIL_DONE, MAIL_QUARANTINED, MAIL_DROPPED };

struct mail_arrival {
    struct str mailbox;        // our address without "+detail" (ids.h: mail_address_token)
    struct str recipient;      // as in the envelope
    struct str envelope_from;  // "" is the null sender
    int64_t received_at;
    struct str message_id;  // "<…@…>", "" when the mail has none
    struct str sender;      // for the list: what From says
    struct str subject;     // for the list
    struct str raw;         // always given: its hash stands in for a missing Message-ID
    struct str blob;        // name in the blob store where raw.len >= MAIL_RAW_IN_ROW, else absent
    enum mail_state state;  // MAIL_NEW unless it is quarantined or dropped at once
    struct str reason;      // with those two: a sentence for the admin
    struct inbox_id inbox;  // the mailbox it was fetched from; none: it was handed over
    bool silent;            // nobody gets automatic mail because of it
    int64_t dated_at;       // imported: when it was written; 0: it is new
};

// Before the transaction: puts the raw bytes into the blob store if they are too large for a row.
// *ret_blob is what mail_arrival.blob wants, absent for a small mail.
MUST_CHECK bool mail_spool_prepare(mem_ctx *ctx, struct blob_store *blobs, struct str raw,
                                   struct str *ret_blob, struct error *err);

struct mail_spooled {
    struct mail_id id;
    bool duplicate;  // came before; the rest says what became of it then
    enum mail_state state;
    struct ticket_id ticket;
    struct comment_id comment;
};

// Keeps the mail. The same message for the same mailbox is one message however often it comes.
MUST_CHECK bool mail_spool_put(struct db *tx, const struct mail_arrival *arrival,
                               struct mail_spooled *ret, struct error *err);

// What intake made of it; each counts as an attempt. Without a ticket it became part of something
// else, which names it. ERR_NOT_FOUND for an unknown id.
MUST_CHECK bool mail_spool_done(struct db *tx, struct mail_id id, struct ticket_id ticket,
                                struct comment_id comment, int64_t now, struct error *err);
MUST_CHECK bool mail_spool_quarantine(struct db *tx, struct mail_id id, struct str reason,
                                      struct error *err);
MUST_CHECK bool mail_spool_drop(struct db *tx, struct mail_id id, struct str reason, int64_t now,
                                struct error *err);

// Fetched mail is kept first, unread, and read after: what reading has shown.
MUST_CHECK bool mail_spool_describe(struct db *tx, struct mail_id id,
                                    const struct mail_arrival *arrival, struct error *err);
// Mails of that mailbox which are still MAIL_NEW, oldest first, after `after`.
MUST_CHECK bool mail_spool_unread(struct db *db, mem_ctx *ctx, struct inbox_id inbox,
                                  struct mail_id after, int64_t most, struct mail_id **ret,
                                  size_t *ret_count, struct error *err);
// Counts a further attempt to read it, before the attempt.
MUST_CHECK bool mail_spool_attempt(struct db *tx, struct mail_id id, struct error *err);
// Which of these Message-IDs came for the mailbox before; ret_known has `count` elements.
MUST_CHECK bool mail_spool_known(struct db *db, mem_ctx *ctx, struct str mailbox,
                                 const struct str *message_ids, size_t count, bool **ret_known,
                                 struct error *err);

// The admin's decisions on a quarantined mail; ERR_CONFLICT where it is not (any more) that.
// Released, it is MAIL_NEW again and intake should be run. Deleted, its content is gone (the
// caller deletes *ret_blob where not absent) and a repetition of it stays dropped.
MUST_CHECK bool mail_spool_release(struct db *tx, struct mail_id id, struct error *err);
MUST_CHECK bool mail_spool_delete(struct db *tx, mem_ctx *ctx, struct mail_id id, int64_t now,
                                  struct str *ret_blob, struct error *err);

// Takes the content out for good, bytes and subject: something of it was redacted, and encodings
// and markup have too many ways to say it to take out that alone. The mail stays known and counted.
// A blob is left to whoever collects those that no row names.
MUST_CHECK bool mail_spool_scrub(struct db *tx, struct mail_id id, struct error *err);
// The same, and who sent it.
MUST_CHECK bool mail_spool_forget(struct db *tx, struct mail_id id, struct error *err);
// The same for all mails of a ticket that is deleted for good, and who sent them.
MUST_CHECK bool mail_spool_scrub_ticket(struct db *tx, struct ticket_id ticket, struct error *err);

struct mail_record {
    struct mail_id id;
    struct str mailbox;
    struct str recipient;
    struct str envelope_from;
    int64_t received_at;
    enum mail_state state;
    struct str reason;
    struct str message_id;
    struct str sender;
    struct str subject;
    int64_t size;
    struct str blob;  // absent when the bytes are in the database
    struct ticket_id ticket;
    struct comment_id comment;
    int64_t attempts;
    struct inbox_id inbox;
    bool silent;
    int64_t dated_at;
};

// ERR_NOT_FOUND for an unknown id.
MUST_CHECK bool mail_spool_get(struct db *db, mem_ctx *ctx, struct mail_id id,
                               struct mail_record *ret, struct error *err);
// The raw bytes, from wherever they are; GONE when they were deleted or scrubbed.
MUST_CHECK bool mail_spool_raw(struct db *db, struct blob_store *blobs, mem_ctx *ctx,
                               const struct mail_record *record, struct str *ret,
                               struct error *err);
// At most `most` that wait in that state (MAIL_NEW or MAIL_QUARANTINED), newest first, older than
// `before` (none: from the newest).
MUST_CHECK bool mail_spool_list(struct db *db, mem_ctx *ctx, enum mail_state state,
                                struct mail_id before, int64_t most, struct mail_record **ret,
                                size_t *ret_count, struct error *err);
MUST_CHECK bool mail_spool_count(struct db *db, enum mail_state state, int64_t *ret,
                                 struct error *err);

// The ticket that one of these foreign Message-IDs became part of, the first of them that did; none
// (v == 0) otherwise. Give In-Reply-To first, then References from the newest. Proves nothing about
// who sends: see who may write before adding.
MUST_CHECK bool mail_spool_ticket_of(struct db *db, mem_ctx *ctx, const struct str *message_ids,
                                     size_t count, struct ticket_id *ret, struct error *err);
// The Message-IDs of the mails that came to a ticket, oldest first, the last `most`.
MUST_CHECK bool mail_spool_ids_of(struct db *db, mem_ctx *ctx, struct ticket_id ticket,
                                  int64_t most, struct str **ret, size_t *ret_count,
                                  struct error *err);

#endif
