// SPDX-License-Identifier: GPL-3.0-or-later
//
// Opens what the LMTP server listens on. Inside of mail/ only.
#ifndef STEWARD_MAIL_LMTP_LISTEN_H
#define STEWARD_MAIL_LMTP_LISTEN_H

#include "base/error.h"
#include "base/str.h"

struct lmtp_listener {
    int fd;
    int port;               // 0 for a socket file
    const char *unix_path;  // to be unlinked at the end, NULL for TCP
};

MUST_CHECK bool lmtp_listen(mem_ctx *ctx, struct str where, int unix_mode,
                            struct lmtp_listener *ret, struct error *err);
void lmtp_listener_close(struct lmtp_listener *listener);

#endif
