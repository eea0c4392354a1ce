// SPDX-License-Identifier: GPL-3.0-or-later
//
// The mails that leave (schema/0021_mail_out.sql). A change writes its mails here in its own
// transaction, each with a job (MAIL_SEND_JOB) that sends it when its time has come; mailer.h is
// what that job does. The job's lease sees to it that one sender at a time has a mail.
//
// A sender that dies leaves the mail claimed; the job's next run sends it again, with the same
// Message-ID, and that once only: nobody knows whether the first sending got through, and two
// copies are the most a person should ever see.
#ifndef STEWARD_MAIL_OUTBOX_H
#define STEWARD_MAIL_OUTBOX_H

#include "base/ids.h"
#include "db/db.h"
#include "mail/smtp.h"

// The kind of the jobs; the payload is the mail's id in decimal.
#define MAIL_SEND_JOB "mail_send"

enum outmail_state {
    OUTMAIL_WAITING,
    OUTMAIL_SENDING,
    OUTMAIL_SENT,
    OUTMAIL_FAILED,
    OUTMAIL_CANCELLED,
};

struct outmail {
    struct outmail_id id;  // mail_outbox_put chooses it where it is none
    struct ticket_id ticket;
    struct comment_id comment;
    struct user_id user;       // the recipient, where known
    struct str kind;           // what composes it: "reply", "notification", "sign_in_link" …
    bool automatic;            // nobody wrote it: counts towards the caps
    struct str address;        // one recipient
    struct str envelope_from;  // ids.h: mail_bounce_address with the id, see mail_outbox_new_id
    struct str message_id;     // ids.h: mail_message_id
    struct str payload;        // JSON for the composer of that kind
    int64_t send_at;           // later than now leaves time to take it back
    int64_t created_at;
    // What became of it; not for mail_outbox_put.
    enum outmail_state state;
    int64_t attempts;
    int64_t interrupted;
    struct str last_error;
    int64_t sent_at;  // 0 when it is not
};

// For building the bounce address before the row is put.
struct outmail_id mail_outbox_new_id(struct db *tx);
MUST_CHECK bool mail_outbox_put(struct db *tx, const struct outmail *mail,
                                struct outmail_id *ret_id, struct error *err);

// Only from the mail's own job. *ret_claimed is false when it is not due, not waiting, or was
// interrupted once too often (it has failed then).
MUST_CHECK bool mail_outbox_claim(struct db *tx, mem_ctx *ctx, struct outmail_id id, int64_t now,
                                  bool *ret_claimed, struct outmail *ret, struct error *err);
// After smtp_send. A temporary failure waits, and its job with it: 1, 5, 15, 30 minutes, 1, 2, 4
// hours, then every 8 until two days have passed. What was cut is sent again at once, by whoever
// runs next. *ret_state is what has become of the mail.
MUST_CHECK bool mail_outbox_settle(struct db *tx, const struct outmail *mail,
                                   enum smtp_outcome outcome, struct str text, int64_t now,
                                   enum outmail_state *ret_state, struct error *err);
// Instead of settling: it turned out, when it was claimed, that nobody wants it sent any more.
MUST_CHECK bool mail_outbox_drop(struct db *tx, struct outmail_id id, struct str why, int64_t now,
                                 struct error *err);
// A bounce for it came back: it has failed, with what the bounce says. *ret_found is false for an
// unknown id.
MUST_CHECK bool mail_outbox_bounced(struct db *tx, struct outmail_id id, struct str text,
                                    bool *ret_found, struct error *err);

// Takes back what has not left; *ret_count says how many, *ret_left how many it was too late for.
MUST_CHECK bool mail_outbox_cancel_comment(struct db *tx, struct comment_id comment,
                                           int64_t *ret_count, int64_t *ret_left,
                                           struct error *err);
MUST_CHECK bool mail_outbox_cancel(struct db *tx, struct outmail_id id, bool *ret_cancelled,
                                   struct error *err);
// The ticket is deleted for good: what has not left never will, and nothing stays of the rest but
// that it was.
MUST_CHECK bool mail_outbox_scrub_ticket(struct db *tx, struct ticket_id ticket, struct error *err);
// The same for one mail.
MUST_CHECK bool mail_outbox_scrub(struct db *tx, struct outmail_id id, struct error *err);
// The words were redacted: what mails of the ticket still have of them is `black`.
MUST_CHECK bool mail_outbox_blacken(struct db *tx, struct ticket_id ticket, struct str text,
                                    struct str black, struct error *err);
// Tries a failed one anew, on a person's wish.
MUST_CHECK bool mail_outbox_again(struct db *tx, struct outmail_id id, int64_t now,
                                  bool *ret_waiting, struct error *err);

MUST_CHECK bool mail_outbox_get(struct db *db, mem_ctx *ctx, struct outmail_id id, bool *ret_found,
                                struct outmail *ret, struct error *err);
// How many have not left yet, and when the one due longest is or was due (0 without any).
MUST_CHECK bool mail_outbox_queue(struct db *db, int64_t *ret_count, int64_t *ret_oldest_at,
                                  struct error *err);
// Newest first.
MUST_CHECK bool mail_outbox_of_ticket(struct db *db, mem_ctx *ctx, struct ticket_id ticket,
                                      int64_t most, struct outmail **ret, size_t *ret_count,
                                      struct error *err);
MUST_CHECK bool mail_outbox_failed(struct db *db, mem_ctx *ctx, struct outmail_id before,
                                   int64_t most, struct outmail **ret, size_t *ret_count,
                                   struct error *err);

// Whether one more automatic mail may go to this address about this ticket (or about none): not to
// robots' and postmasters' addresses, and within the caps against loops: about one ticket 10 in 10
// minutes, 15 in 30, 25 in 60, 50 in 180, 100 in 600; over all tickets 30, 60, 120, 240, 360.
MUST_CHECK bool mail_auto_allowed(struct db *db, struct str address, struct ticket_id ticket,
                                  int64_t now, bool *ret_allowed, struct error *err);
// The part of it that needs no database: mailer-daemon, postmaster, no-reply and their like.
bool mail_auto_address(struct str address);

#endif
