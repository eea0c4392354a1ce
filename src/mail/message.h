// SPDX-License-Identifier: GPL-3.0-or-later
//
// A received mail as plain data. mail_parse() reads the raw bytes by GMime and leaves nothing of
// it behind: no handles, no threads' state. Every text is valid UTF-8; every list is bounded by the
// limits. Reading never refuses a mail for being broken; what could not be made sense of is told
// in `problems`.
//
// The raw bytes must outlive the message: most attachments are ranges of them and are decoded when
// asked for, so that a mail of 50 MB is not in memory twice.
#ifndef STEWARD_MAIL_MESSAGE_H
#define STEWARD_MAIL_MESSAGE_H

#include "base/error.h"
#include "base/str.h"

struct mail_limits {
    int64_t now_ms;        // later dates are clamped to this
    size_t max_depth;      // of nested multiparts; deeper ones become one attachment
    size_t max_parts;      // of the whole mail; the rest stays in the raw mail only
    size_t max_text;       // bytes of each body after decoding
    size_t max_addresses;  // of each address field
    size_t max_headers;    // fields kept
};

// 50 levels, 1000 parts, 8 MiB of text, 1000 addresses, 2000 fields.
struct mail_limits mail_limits_default(int64_t now_ms);

struct mail_address {
    struct str name;     // decoded, one line; "" without one
    struct str address;  // local@domain: domain in lower case ASCII
};

struct mail_addresses {
    struct mail_address *items;
    size_t count;
};

struct mail_ids {
    struct str *items;  // "<left@right>", angle brackets included
    size_t count;
};

struct mail_header {
    struct str name;   // as sent
    struct str value;  // decoded, one line
    struct str raw;    // as sent, with its folds; broken bytes and all
};

struct mail_headers {
    struct mail_header *items;
    size_t count;
};

enum mail_encoding {
    MAIL_ENCODING_NONE,
    MAIL_ENCODING_BASE64,
    MAIL_ENCODING_QUOTED_PRINTABLE,
    MAIL_ENCODING_UUENCODE,
};

// Something that came with the mail besides its text.
struct mail_part {
    struct str file_name;   // safe to show and to save under, unique in this mail; never a path
    struct str type;        // as declared, "image/png"; lower case
    struct str content_id;  // without angle brackets; absent when there is none
    struct str location;    // Content-Location, absent when there is none
    bool is_inline;         // declared as Content-Disposition: inline
    bool in_body;           // the html body shows it (by cid: or Content-Location)
    bool is_message;        // a whole mail (message/rfc822)
    enum mail_encoding encoding;
    struct str encoded;  // its bytes in the raw mail, before decoding
};

struct mail_message {
    struct str message_id;  // "<left@right>"
    bool message_id_made;   // the mail had none: ours is a hash of it, the same each time
    struct mail_ids in_reply_to;
    struct mail_ids references;  // oldest first
    struct str subject;          // "" without one

    struct mail_addresses from, sender, reply_to, to, cc, bcc;
    struct mail_addresses delivered_to, x_original_to, x_original_sender;
    struct str return_path;  // the envelope sender that our mail server noted; absent without one
    bool return_path_null;   // Return-Path: <>

    int64_t date_ms;      // never later than now; now when there is none that can be read
    struct str date_raw;  // absent without one
    bool date_given;      // could be read
    bool date_future;     // and was clamped

    struct mail_headers headers;  // all, in order, those of the outermost part included
    struct str content_type;      // of the outermost part, "multipart/report"

    struct str text;  // the plain body, or made from the html one; "" when there is neither
    struct str html;  // the html body as sent (not safe!), absent without one
    bool text_from_html;

    struct mail_part *parts;
    size_t part_count;

    struct str delivery_status;   // body of message/delivery-status, absent without one
    struct str report_type;       // of multipart/report; absent without one
    struct str original_headers;  // of the mail that a report is about; absent without it

    struct str problems;  // what was broken, a line each; "" when nothing was
};

// Fails only when `raw` is empty or too large to address (2 GiB).
MUST_CHECK bool mail_parse(mem_ctx *ctx, struct str raw, const struct mail_limits *limits,
                           struct mail_message **ret, struct error *err);

// The decoded value of the first field of that name (letter case passed over); absent without.
struct str mail_header(const struct mail_message *message, const char *name);
// The same for the raw value.
struct str mail_header_raw(const struct mail_message *message, const char *name);

// The decoded bytes of an attachment, at most `max` of them (TOO_LARGE beyond). Those that are
// not encoded are borrowed from the raw mail.
MUST_CHECK bool mail_part_bytes(mem_ctx *ctx, const struct mail_part *part, size_t max,
                                struct str *ret, struct error *err);

// Calls sink(state, piece, err) with the decoded bytes, piece by piece, in constant memory. Stops
// with its error when it fails.
typedef bool mail_sink(void *state, struct str piece, struct error *err);
MUST_CHECK bool mail_part_stream(const struct mail_part *part, mail_sink *sink, void *state,
                                 struct error *err);
// Length after decoding; reads it all.
int64_t mail_part_size(const struct mail_part *part);

#endif
