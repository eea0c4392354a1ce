// SPDX-License-Identifier: GPL-3.0-or-later
//
// The notices room: how staff hear of what concerns them. Each person says for each kind of news
// whether it comes by mail at once, in one summary a day, or not, and whether their browsers show
// it (web push). What is told is looked up again when it is sent: who may no longer see a ticket
// is not told of it, and what was made unreadable is not quoted.
#ifndef STEWARD_DESK_NOTICES_NOTICES_H
#define STEWARD_DESK_NOTICES_NOTICES_H

#include "desk/tickets/tickets.h"
#include "jobs/jobs.h"

struct desk;

enum notice_kind { NOTICE_MENTION, NOTICE_ASSIGNMENT, NOTICE_REPLY, NOTICE_NOTE };
#define NOTICE_KINDS 4
enum notice_mail { NOTICE_NOW, NOTICE_DIGEST, NOTICE_NEVER };
#define NOTICE_MAILS 3

// Their words in forms and rows: "mention", "now" …
struct str notice_kind_word(enum notice_kind kind);
struct str notice_mail_word(enum notice_mail mail);

struct notice_choices {
    enum notice_mail mail[NOTICE_KINDS];
    bool push[NOTICE_KINDS];
    int64_t hour;  // of the person's own day, when the summary leaves
};

// As the person set it, else as it is at first: mentions by mail at once, all kinds by push.
MUST_CHECK bool notice_choices_load(struct db *db, mem_ctx *ctx, struct user_id user,
                                    struct notice_choices *ret, struct error *err);
// INVALID for an hour that no day has. What waits for a summary that is no longer wished is
// forgotten.
MUST_CHECK bool notice_choices_store(struct db *tx, mem_ctx *ctx, struct user_id user,
                                     const struct notice_choices *choices, struct error *err);

// Tells one of the staff, as they wish, of what a change of a ticket did; in its transaction.
// Nobody is told of a ticket that they may not see.
MUST_CHECK bool notice_tell(struct desk *desk, struct db *tx, const struct ticket_applied *applied,
                            enum notice_kind kind, struct user_id user, struct error *err);

// The summary of one person's news; the payload is the person's number.
#define NOTICE_DIGEST_JOB "notice_digest"
bool notice_digest_job(void *desk, mem_ctx *ctx, const struct job *job, struct error *err);

// --- browsers -----------------------------------------------------------------------------------

#define PUSH_BROWSERS_MOST 20  // of one person

struct push_browser {
    int64_t id;
    struct user_id user;
    struct str endpoint;
    struct str public_key;  // base64url
    struct str auth;        // base64url
    struct str name;
    int64_t created_at;
};

MUST_CHECK bool push_browsers(struct db *db, mem_ctx *ctx, struct user_id user,
                              struct push_browser **ret, size_t *ret_count, struct error *err);
// A browser that is known already is this person's from now on. INVALID when its address is none of
// https (or http to a network that webhook_network names), its keys are none, or there are too
// many.
MUST_CHECK bool push_browser_add(struct desk *desk, struct db *tx, mem_ctx *ctx,
                                 struct push_browser *browser, struct error *err);
// NOT_FOUND unless it is this person's.
MUST_CHECK bool push_browser_remove(struct db *tx, mem_ctx *ctx, struct user_id user, int64_t id,
                                    struct error *err);
// Asks the person's browser to show that it works. NOT_FOUND unless it is theirs.
MUST_CHECK bool push_browser_try(struct db *tx, mem_ctx *ctx, struct user_id user, int64_t id,
                                 int64_t now, struct error *err);
// What browsers need to know before they take news from this desk (RFC 8292), in base64url.
struct str push_public_key(struct desk *desk, mem_ctx *ctx);
// Sends one message to one browser: written with the change, sealed and sent after it.
#define PUSH_SEND_JOB "push_send"
bool push_send_job(void *desk, mem_ctx *ctx, const struct job *job, struct error *err);

// Hooks of other rooms: a ticket went for good; a person was signed out everywhere, or left.
MUST_CHECK bool notices_ticket_purged(struct db *tx, struct ticket_id ticket, struct error *err);
MUST_CHECK bool notices_person_left(struct db *tx, struct user_id user, struct error *err);

#endif
