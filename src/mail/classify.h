// SPDX-License-Identifier: GPL-3.0-or-later
//
// What kind of mail came: written by a person, or by a machine that must never get an answer from
// ours (RFC 3834), a bounce of something we sent (RFC 3464), a mailing list's, or our own mail
// coming back. Nothing is dropped here: the caller records everything and asks the verdict what
// may happen next.
#ifndef STEWARD_MAIL_CLASSIFY_H
#define STEWARD_MAIL_CLASSIFY_H

#include "mail/message.h"

// What the desk knows of itself.
struct own_addresses {
    const struct str *addresses;  // mailboxes of the desk, "support@example.com"
    size_t count;
    struct str secret;  // of mail/ids.h: recognises our Message-IDs and loop marks; "" for none
};

// Whether it is one of them, with or without "+detail".
bool own_address(const struct own_addresses *own, struct str address);

enum mail_delivery {
    DELIVERY_NONE,       // the mail is no report on a delivery
    DELIVERY_DONE,       // delivered or relayed: nothing to do
    DELIVERY_DELAYED,    // still being tried
    DELIVERY_TEMPORARY,  // given up, for a reason that may pass (4.x.x, mailbox full)
    DELIVERY_PERMANENT,  // there is no such mailbox, or it will not take our mail
};

struct mail_bounce {
    enum mail_delivery delivery;
    struct str recipient;            // who did not get it; absent when it cannot be told
    struct str status;               // "5.1.1"; absent when unknown
    struct str diagnostic;           // the other server's words, one line; absent when unknown
    struct str original_message_id;  // of the mail that bounced; absent when unknown
};

struct mail_verdict {
    bool auto_reply;      // an absence note or the like: must not reopen or change a ticket's state
    bool auto_generated;  // made by a machine, whatever it says (true for all replies and bounces)
    bool is_bounce;       // delivery is DELAYED, TEMPORARY or PERMANENT, or it looks like one
    struct mail_bounce bounce;
    bool list;           // came through a mailing list
    bool bulk;           // newsletters and the like
    bool own_loop;       // we sent this very mail, or an answer to it in our name
    bool from_own;       // the sender is a mailbox of the desk
    bool no_answer;      // no automatic mail may go to the sender: any of the above, a sender who
                         // asks for none, or an address that nobody reads
    struct str reasons;  // why, a line each: for the log and the list of exceptions; "" for none
};

struct mail_verdict mail_classify(mem_ctx *ctx, const struct mail_message *message,
                                  const struct own_addresses *own);

// mailer-daemon, postmaster, abuse, root, noreply, no-reply, donotreply and the like: never send
// automatic mail there.
bool address_never_answer(struct str address);

// Who wants something: Reply-To, else X-Original-Sender, else From, else Sender; addresses of the
// desk are passed over. The name is the best one found. Absent address when there is nobody.
struct mail_address mail_requester(const struct mail_message *message,
                                   const struct own_addresses *own);

// Whom a forwarded mail was from: an agent forwards a person's mail to the desk, and the person
// is the requester. Looks at the "From:" block in the text, or at an attached mail; only when the
// subject says that it was forwarded ("Fwd:", "WG:", ...).
struct mail_forward {
    struct mail_address from;  // absent address when nothing was found
    struct str subject;        // without the forwarding prefix
    struct str remark;         // what the forwarder wrote above it; "" for nothing
    struct str text;           // what was forwarded, without the block of headers
};
struct mail_forward mail_forwarded(mem_ctx *ctx, const struct mail_message *message);

// The subject without any of the prefixes of replies and forwards in many languages.
struct str subject_bare(struct str subject);

// ---- parts of it, tested on their own ----

// Reads a message/delivery-status body (RFC 3464), also one with missing or extra empty lines.
struct mail_bounce delivery_status_read(mem_ctx *ctx, struct str body);

#endif
