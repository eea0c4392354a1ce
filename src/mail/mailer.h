// SPDX-License-Identifier: GPL-3.0-or-later
//
// What a MAIL_SEND_JOB does: claims its mail, has it composed, hands it to the mail server, writes
// down what became of it. Who composes and what else happens on success or failure is the caller's:
// this file knows the order and what a crash at any point leads to.
#ifndef STEWARD_MAIL_MAILER_H
#define STEWARD_MAIL_MAILER_H

#include <stdatomic.h>

#include "base/clock.h"
#include "jobs/jobs.h"
#include "mail/compose.h"
#include "mail/outbox.h"

struct mailer_hooks {
    void *env;
    // The mail server to use now. An error (none is set) leaves the mail waiting.
    bool (*server)(void *env, mem_ctx *ctx, struct smtp_config *ret, struct error *err);
    // Makes the mail of this kind. INVALID, FORBIDDEN, NOT_FOUND, GONE and TOO_LARGE mean that it
    // can never be sent: it fails, or, where *ret_unwanted is set (the comment was withdrawn), is
    // cancelled. Any other error leaves it waiting.
    bool (*compose)(void *env, mem_ctx *ctx, const struct outmail *mail, struct composed *ret,
                    bool *ret_unwanted, struct error *err);
    // In the transaction that writes down the outcome, once it is final: SENT or FAILED. May be
    // NULL. Its failure undoes that transaction, and the mail counts as interrupted.
    bool (*settled)(void *env, struct db *tx, const struct outmail *mail, enum outmail_state state,
                    struct str text, struct error *err);
};

struct mailer;

// `cancel` ends sendings under way when the program stops; may be NULL.
struct mailer *mailer_new(mem_ctx *ctx, struct db_store *db, struct clock *clock,
                          const struct mailer_hooks *hooks, const atomic_bool *cancel);

// The body of the job. Any number of threads may be in it; each keeps its connection for the next.
MUST_CHECK bool mailer_run_job(struct mailer *mailer, mem_ctx *ctx, const struct job *job,
                               struct error *err);

#endif
