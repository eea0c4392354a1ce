// SPDX-License-Identifier: GPL-3.0-or-later
//
// How the desk and the outside talk: mails that come in become changes of tickets, changes of
// tickets become mails that go out. The rules of a ticket are the tickets room's; what a mail may
// do is decided here.
#ifndef STEWARD_DESK_CHANNELS_CHANNELS_H
#define STEWARD_DESK_CHANNELS_CHANNELS_H

#include "desk/people/people.h"
#include "desk/tickets/tickets.h"
#include "jobs/jobs.h"
#include "mail/lmtp.h"

struct desk;

// --- out ----------------------------------------------------------------------------------------

// Observer of tickets: puts the mails that a change calls for into the outbox, in its transaction.
// A public comment of staff goes to the requester and the people in copy; a new request is
// acknowledged once; what a machine wrote is never answered.
bool channels_notify(void *desk, struct db *tx, const struct ticket_applied *applied,
                     struct error *err);
// Observer of tickets: tells open pages, after the commit.
bool channels_publish(void *desk, struct db *tx, const struct ticket_applied *applied,
                      struct error *err);
void channels_publish_ticket(struct db *tx, struct ticket_id ticket);
// Puts a plain mail to one of the staff into the outbox.
MUST_CHECK bool channels_tell(struct desk *desk, struct db *tx, const struct user *person,
                              struct str subject, struct str text, struct error *err);
// A mail that a rule sends about a ticket to somebody: an answer to it joins the ticket. Not sent
// to who has no address, and within the caps for automatic mails.
struct rule_mail {
    const struct ticket *ticket;
    const struct user *person;
    struct str subject;
    struct str text;  // plain
    int64_t now;
};
MUST_CHECK bool channels_rule_mail(struct desk *desk, struct db *tx, const struct rule_mail *mail,
                                   struct error *err);
// Hook of the people room: sign-in links and the like.
bool channels_people_mail(void *desk, struct db *tx, const struct people_mail *mail,
                          struct error *err);
// The job that composes and sends one mail of the outbox (MAIL_SEND_JOB), and what it runs on.
bool channels_send_job(void *desk, mem_ctx *ctx, const struct job *job, struct error *err);
// The job that ends the time in which a reply can be taken back; its payload is the comment's id.
#define REPLY_RELEASE_JOB "reply_release"
bool channels_release_job(void *desk, mem_ctx *ctx, const struct job *job, struct error *err);
struct mailer *channels_mailer(mem_ctx *ctx, struct desk *desk);

// Takes a reply back while its mails still wait: the comment is withdrawn and its text becomes the
// actor's draft again. CONFLICT when one of them has left.
MUST_CHECK bool channels_undo_reply(struct desk *desk, struct db *tx, mem_ctx *ctx,
                                    const struct actor *actor, struct comment_id comment,
                                    struct ticket_id *ret_ticket, struct error *err);

// What to show at a comment of staff: "" when its mails are out.
struct delivery {
    struct comment_id comment;
    struct str text;  // in plain words
    bool failed;
    bool can_undo;
};
MUST_CHECK bool channels_deliveries(struct db *db, mem_ctx *ctx, struct ticket_id ticket,
                                    int64_t now, struct delivery **ret, size_t *ret_count,
                                    struct error *err);

// --- in -----------------------------------------------------------------------------------------

struct letter {
    struct str envelope_from;
    struct str recipient;
    struct str raw;
    struct inbox_id inbox;  // the mailbox it was fetched from; none: it was handed over
    bool silent;            // nobody gets automatic mail because of it
    int64_t dated_at;       // imported: when it was written; 0: it is new
};

enum intake_result { INTAKE_TAKEN, INTAKE_TRY_LATER, INTAKE_REFUSED };

// Whether mail to this address is ours to take.
bool intake_knows(const struct desk *desk, mem_ctx *ctx, struct str recipient);
// Takes in one mail for one recipient. INTAKE_TAKEN means durable: as a ticket, a comment, or in
// the list of what waits for an administrator. *err has the reason otherwise.
enum intake_result intake_letter(struct desk *desk, mem_ctx *ctx, const struct letter *letter,
                                 struct error *err);
// Makes something of a mail that is kept already and MAIL_NEW. False when it should be tried again
// later; what cannot be placed waits for an administrator and is true.
MUST_CHECK bool intake_kept(struct desk *desk, mem_ctx *ctx, struct mail_id id, struct error *err);
// The acceptor of the LMTP listener.
struct lmtp_acceptor intake_acceptor(struct desk *desk);
// Runs intake again over a mail that waits; the actor is an administrator.
MUST_CHECK bool intake_release(struct desk *desk, mem_ctx *ctx, const struct actor *actor,
                               struct mail_id id, struct error *err);

#endif
