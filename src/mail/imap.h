// SPDX-License-Identifier: GPL-3.0-or-later
//
// One connection to one folder of an IMAP server (RFC 3501), by libetpan. Messages are named by
// UID; nothing here looks at \Seen or at dates to know what is new. A folder is opened read-only
// unless something is to be marked or moved. Blocks; made for a thread of its own.
#ifndef STEWARD_MAIL_IMAP_H
#define STEWARD_MAIL_IMAP_H

#include "base/error.h"
#include "base/str.h"
#include "mail/spill.h"

enum imap_security {
    IMAP_TLS,       // from the first byte (port 993)
    IMAP_STARTTLS,  // begins in the clear (port 143); without TLS nothing is said
    IMAP_CLEAR,     // never; for a server on this very machine
};

struct imap_server {
    struct str host;
    int port;
    enum imap_security security;
    struct str ca;  // PEM of the authority that vouches for it; "": the system's
    struct str user;
    struct str password;
    struct str access_token;     // XOAUTH2 instead of the password; "" for none
    struct str folder;           // UTF-8, with the server's separators
    bool writes;                 // messages will be marked or moved
    int stop_fd;                 // readable: every wait ends with UNAVAILABLE; -1 for none
    int64_t connect_timeout_ms;  // 0: 20 s
    int64_t answer_timeout_ms;   // 0: 60 s
};

struct imap_folder {
    uint32_t uidvalidity;
    uint32_t uid_next;  // all messages have smaller UIDs
    uint32_t exists;
};

struct imap;

// Connects, checks the certificate, signs in, opens the folder. Freeing ctx hangs up.
// UNAVAILABLE: the server cannot be reached or is in trouble; UNAUTHENTICATED: it does not take
// name and password or token; NOT_FOUND: there is no such folder. The message says what to do.
MUST_CHECK bool imap_open(mem_ctx *ctx, const struct imap_server *server, struct imap **ret,
                          struct imap_folder *ret_folder, struct error *err);

// The UIDs of all messages from `from` to `to` (0: no end), ascending; with `since_ms` (0: any),
// those that came on that day or later by the server's own date.
MUST_CHECK bool imap_uids(struct imap *imap, mem_ctx *ctx, uint32_t from, uint32_t to,
                          int64_t since_ms, uint32_t **ret, size_t *ret_count, struct error *err);

struct imap_info {
    uint32_t uid;
    int64_t size;
    int64_t received_ms;    // the server's own date; 0 when it gives none
    struct str message_id;  // "<…>"; "" without one
    struct str from;        // as sent, undecoded; "" without one
    struct str subject;     // the same
};

// Size, date and, where wanted, some header fields of these messages (at most some hundred), in the
// server's order. A message that has gone meanwhile is left out.
MUST_CHECK bool imap_infos(struct imap *imap, mem_ctx *ctx, const uint32_t *uids, size_t count,
                           bool with_headers, struct imap_info **ret, size_t *ret_count,
                           struct error *err);

// The raw message, put into `to` piece by piece; `on_piece` is called between two pieces and ends
// it by returning false. NOT_FOUND when it has gone; INVALID when the server refuses to hand over
// this one; UNAVAILABLE when the connection is lost: nothing in `to` is whole then.
typedef bool imap_piece_fn(void *arg, struct error *err);
MUST_CHECK bool imap_message(struct imap *imap, uint32_t uid, int64_t size, struct spill *to,
                             imap_piece_fn *on_piece, void *arg, struct error *err);
// Its header only, at most 256 KiB.
MUST_CHECK bool imap_header(struct imap *imap, mem_ctx *ctx, uint32_t uid, struct str *ret,
                            struct error *err);

// Marks as read, or moves to another folder of the server; those that have gone are passed over.
MUST_CHECK bool imap_mark_seen(struct imap *imap, const uint32_t *uids, size_t count,
                               struct error *err);
MUST_CHECK bool imap_move(struct imap *imap, const uint32_t *uids, size_t count, struct str folder,
                          struct error *err);

// Waits until the server says that something changed, or for `ms`, or until stopped; does not wait
// at all when it said so since imap_uids() last asked for all up to the newest. Asks
// tick(arg, &end, err) every `slice_ms`. Servers without IDLE seldom say so by themselves.
// UNAVAILABLE when the connection is lost.
typedef bool imap_tick_fn(void *arg, bool *ret_end, struct error *err);
struct imap_idle {
    int64_t ms;
    int64_t slice_ms;
    imap_tick_fn *tick;
    void *arg;
};
MUST_CHECK bool imap_idle(struct imap *imap, const struct imap_idle *idle, bool *ret_changed,
                          struct error *err);
bool imap_has_idle(const struct imap *imap);

// The Message-ID in a raw header or mail, "" unless there is one of the form "<…>". Read alike
// everywhere, before anything else looks at a mail.
struct str imap_message_id(mem_ctx *ctx, struct str header);

// A folder's name as the protocol writes it (modified UTF-7, RFC 3501 5.1.3).
struct str imap_folder_name(mem_ctx *ctx, struct str name);

#endif
