// SPDX-License-Identifier: GPL-3.0-or-later
//
// Hands finished mails to the next mail server by SMTP, through libcurl. Bounded in every way: a
// server that is dead, slow or dripping costs the sending job some minutes and never more.
#ifndef STEWARD_MAIL_SMTP_H
#define STEWARD_MAIL_SMTP_H

#include <stdatomic.h>

#include "base/error.h"
#include "base/str.h"

enum smtp_security {
    SMTP_TLS_IF_OFFERED,  // STARTTLS where offered, certificate not checked: guards against
                          // listeners only, as mail servers do among themselves
    SMTP_TLS_REQUIRED,    // STARTTLS or nothing, certificate checked
    SMTP_TLS_AT_ONCE,     // smtps, certificate checked
    SMTP_TLS_NEVER,
};

struct smtp_config {
    struct str host;
    int port;
    enum smtp_security security;
    struct str user;  // empty: no signing in
    struct str password;
    struct str ca_file;  // empty: the system's certificates
    struct str hello;    // our name in EHLO; empty: the machine's
    int64_t connect_timeout_ms;
    int64_t answer_timeout_ms;  // for each answer of the server
};

// "smtp://user:password@host:port?tls=required&hello=desk.example&ca=/path" with parts
// percent-encoded where needed. smtp:// is port 25, or 587 with a user, and by default tls=offered
// (tls=required with a user, so that no password crosses in the clear unless somebody says so);
// smtps:// is port 465. tls is one of offered, required, never.
MUST_CHECK bool smtp_config_parse(mem_ctx *ctx, struct str url, struct smtp_config *ret,
                                  struct error *err);

enum smtp_outcome {
    SMTP_TEMPORARY,  // try again later; also when nobody knows what became of it
    SMTP_SENT,       // the server took responsibility
    SMTP_PERMANENT,  // trying again is of no use
    SMTP_CUT,        // we stopped before the server had the mail: try again at once
};

struct smtp_rcpt_result {
    enum smtp_outcome outcome;
    int code;         // 250, 550 …; 0 where the server did not get so far
    struct str text;  // what the server said, one line
};

struct smtp_result {
    // SENT when every recipient is; else CUT or TEMPORARY when any is; else PERMANENT.
    enum smtp_outcome outcome;
    struct str text;  // for the person who looks after it: the first thing that went wrong, or the
                      // server's words on taking the mail
    struct smtp_rcpt_result *rcpts;  // as many as were given
};

struct smtp_letter {
    struct str mail_from;     // envelope sender, "" for the null sender
    const struct str *rcpts;  // compose_address_wire has seen them
    size_t rcpt_count;
    struct str raw;  // mail_compose's bytes
};

// One thread's sender: keeps the connection for the next mail. `cancel` (may be NULL) ends a mail
// under way soon after it becomes true; that mail counts as CUT. Once the server has all of it, ten
// seconds more are given to its answer, so that nobody is sent a mail twice; without one the mail
// counts as TEMPORARY.
struct smtp_client;
struct smtp_client *smtp_client_new(mem_ctx *ctx, const atomic_bool *cancel);

// Blocks for as long as it takes. The result and its texts live below ctx.
struct smtp_result smtp_send(struct smtp_client *client, mem_ctx *ctx,
                             const struct smtp_config *config, const struct smtp_letter *letter);

// Connects, says EHLO, signs in, hangs up: for `steward doctor` and the settings page.
MUST_CHECK bool smtp_check(const struct smtp_config *config, struct error *err);

#endif
