// SPDX-License-Identifier: GPL-3.0-or-later
//
// Makes the bytes of an outgoing mail: a multipart/alternative of text and HTML, inline images
// beside the HTML (multipart/related), files around it (multipart/mixed), with all headers.
//
// Whatever texts come in (subjects, names, file names, foreign Message-IDs), they cannot start a
// header of their own: control characters are taken out of every header value, addresses and ids
// are checked, and the result is 7-bit with lines below 998 bytes, save for addresses that need
// SMTPUTF8 (RFC 6531).
#ifndef STEWARD_MAIL_COMPOSE_H
#define STEWARD_MAIL_COMPOSE_H

#include "base/error.h"
#include "base/str.h"

struct compose_address {
    struct str name;     // may be empty
    struct str address;  // "anna@example.org"; the domain may be international
};

// RFC 3834: what the mail says about where it comes from.
enum compose_origin {
    COMPOSE_BY_PERSON,       // written by somebody: no automatic-mail headers
    COMPOSE_AUTO_GENERATED,  // notifications, reminders, links
    COMPOSE_AUTO_REPLIED,    // in answer to a mail that just came
};

struct compose_file {
    struct str name;
    struct str type;        // "image/png"; anything malformed becomes application/octet-stream
    struct str content_id;  // the HTML shows it as "cid:<this>"; empty for an attachment
    struct str content;
};

struct compose_mail {
    struct compose_address from;  // see compose_from_name
    struct str reply_to;          // an address, empty for none (ids.h: mail_reply_address)
    const struct compose_address *to;
    size_t to_count;
    const struct compose_address *cc;
    size_t cc_count;
    struct str subject;      // with its tag
    struct str message_id;   // "<…@…>" (ids.h)
    struct str in_reply_to;  // "<…@…>", empty for none
    const struct str
        *references;  // oldest first, as many as there are: the first and the last 20 go
    size_t reference_count;
    int64_t date;  // ms
    enum compose_origin origin;
    struct str loop_mark;         // ids.h: mail_loop_mark
    struct str unsubscribe_url;   // https address for RFC 8058 one-click, empty for none
    struct str unsubscribe_mail;  // address to write to instead or besides, empty for none
    struct str text;              // the body as plain text, always present
    struct html html;             // the body as a whole document; absent for text only
    const struct compose_file *files;
    size_t file_count;
};

struct composed {
    struct str raw;  // lines end in CR LF; dots are not doubled
    bool utf8;       // some address needs SMTPUTF8
};

// Fails with ERR_INVALID (field "from", "to", "cc", "reply_to" or "message_id") for an address or
// id that cannot be written, and without any recipient. Skips foreign ids that are malformed.
MUST_CHECK bool mail_compose(mem_ctx *ctx, const struct compose_mail *mail, struct composed *ret,
                             struct error *err);

// "Tom Berg via Support"; only one of them where the other is empty.
struct str compose_from_name(mem_ctx *ctx, struct str person, struct str desk);

// The address as it may travel in an envelope or header: international domains as xn--, the part
// before the @ as it is; *ret_utf8 is set (never cleared) where that one is not ASCII. False for
// what is no address: control characters, white space, no @, no domain, too long.
MUST_CHECK bool compose_address_wire(mem_ctx *ctx, struct str address, struct str *ret_wire,
                                     bool *ret_utf8);

#endif
