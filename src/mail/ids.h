// SPDX-License-Identifier: GPL-3.0-or-later
//
// What lets a mail prove that it belongs to a ticket: the Message-IDs, reply addresses and bounce
// addresses that this desk issues. Each carries a keyed hash (HMAC-SHA-256 cut to 80 bits) under
// the desk's secret, so a stranger can neither make one nor turn one ticket's into another's.
// What does not verify is simply not ours. The domain is outside the hash: a desk that moves to
// another domain still knows its old mails.
//
// The subject tag proves nothing; it only suggests (intake decides whom to believe).
#ifndef STEWARD_MAIL_IDS_H
#define STEWARD_MAIL_IDS_H

#include "base/ids.h"
#include "base/str.h"

// "<t42.c1234.RANDOM.HASH@domain>", never the same twice. Either id may be none (v == 0), for mail
// that belongs to no ticket or to no comment. `domain` must be ASCII (xn-- form).
struct str mail_message_id(mem_ctx *ctx, struct str secret, struct ticket_id ticket,
                           struct comment_id comment, struct str domain);
// With or without angle brackets; letter case is passed over, since some systems change it. False:
// this desk did not issue it. Outputs are untouched then.
MUST_CHECK bool mail_message_id_verify(struct str secret, struct str message_id,
                                       struct ticket_id *ret_ticket,
                                       struct comment_id *ret_comment);

// "<s12.m34.RANDOM.HASH@domain>", of a mail in the side conversation `aside` to its member: a form
// of its own, so that an answer to it is never taken for one to the ticket.
struct str mail_aside_id(mem_ctx *ctx, struct str secret, int64_t aside, int64_t member,
                         struct str domain);
MUST_CHECK bool mail_aside_id_verify(struct str secret, struct str message_id, int64_t *ret_aside,
                                     int64_t *ret_member);

enum mail_token_kind {
    MAIL_TOKEN_NONE,    // no token, or one that does not verify
    MAIL_TOKEN_REPLY,   // an answer by `user` to `ticket`
    MAIL_TOKEN_BOUNCE,  // the outgoing mail `mail` could not be delivered
    MAIL_TOKEN_ASIDE,   // an answer by `member` to the side conversation `aside`
};

struct mail_token {
    enum mail_token_kind kind;
    struct ticket_id ticket;
    struct user_id user;
    struct outmail_id mail;
    int64_t aside;
    int64_t member;
};

// "support+TOKEN@domain" for the mailbox "support@domain". Letters of either case, digits: the
// token survives systems that fold case. Absent when the part before the @ would exceed the 64
// octets of RFC 5321, 4.5.3.1.1: then leave Reply-To as the bare mailbox.
struct str mail_reply_address(mem_ctx *ctx, struct str secret, struct str mailbox,
                              struct ticket_id ticket, struct user_id user);
// The same for a side conversation.
struct str mail_aside_address(mem_ctx *ctx, struct str secret, struct str mailbox, int64_t aside,
                              int64_t member);
// The envelope sender of an outgoing mail, in the same form: a bounce comes back naming the mail.
struct str mail_bounce_address(mem_ctx *ctx, struct str secret, struct str mailbox,
                               struct outmail_id mail);
// Reads the token of an address, with its mailbox ("support@domain") where there is one. An
// address without a verified token gives MAIL_TOKEN_NONE and, in *ret_mailbox, the address with
// any "+detail" taken off (the delimiter may be followed by anything people put there).
struct mail_token mail_address_token(mem_ctx *ctx, struct str secret, struct str address,
                                     struct str *ret_mailbox);

// "[#42]", or "[Acme #42]" for the prefix "Acme".
struct str mail_subject_tag(mem_ctx *ctx, struct str prefix, struct ticket_id ticket);
// The ticket of the first tag with this desk's prefix, case and white space passed over; none
// (v == 0) without one.
struct ticket_id mail_subject_ticket(struct str prefix, struct str subject);
// "subject [#42]" as replies carry it: the tag is added once.
struct str mail_subject_tagged(mem_ctx *ctx, struct str prefix, struct str subject,
                               struct ticket_id ticket);

// The subject without tags of this desk: side conversations carry none.
struct str mail_subject_untagged(mem_ctx *ctx, struct str prefix, struct str subject);

// The value of our own loop header (X-Steward-Loop): says "this desk sent it", to this desk only.
struct str mail_loop_mark(mem_ctx *ctx, struct str secret);
MUST_CHECK bool mail_loop_mark_ours(struct str secret, struct str value);

#endif
