// SPDX-License-Identifier: GPL-3.0-or-later
//
// Inside of mail_parse(): a GMime tree, walked without recursion, as a flat list of leaves. The
// leaves are plain data over the raw bytes and outlive the tree.
#ifndef STEWARD_MAIL_MIME_WALK_H
#define STEWARD_MAIL_MIME_WALK_H

#include <gmime/gmime.h>

#include "base/buf.h"
#include "mail/message.h"

struct mime_leaf {
    struct str type;          // "text/plain"; lower case
    struct str content_type;  // raw values of the fields; absent without
    struct str disposition;
    struct str content_id;
    struct str location;
    struct str description;
    enum mail_encoding encoding;
    struct str encoded;
    bool is_message;
    size_t alternative;  // number of the outermost multipart/alternative around it, 0 for none
    int branch;          // and which of its children it belongs to
    bool related_extra;  // in a multipart/related, but not its root
};

struct mime_leaves {
    struct mime_leaf *items;
    size_t count;
    struct str report_type;  // of the first multipart/report
};

// `stream` is all that the offsets in the tree refer to. Adds to `leaves`; what went wrong goes to
// `problems`, a line each.
void mime_walk(mem_ctx *ctx, GMimeObject *root, struct str stream, const struct mail_limits *limits,
               struct mime_leaves *leaves, struct buf *problems);

// The raw value of a field of the part; absent without.
struct str mime_field(mem_ctx *ctx, GMimeObject *object, const char *name);

#endif
