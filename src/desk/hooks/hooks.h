// SPDX-License-Identifier: GPL-3.0-or-later
//
// The hooks room: addresses outside that rules and events call. A call is a row, an invocation,
// written by the change that causes it, and a job that tries until it got through. Calls are signed
// (HMAC-SHA-256 over time and body), so that receivers know who speaks; receivers may hear the same
// invocation twice.
//
// Whoever may write webhooks decides where this server connects to, so that is limited: only http
// and https, no redirects, and every address that a name leads to is looked at when the connection
// is made (call.c): addresses of this machine and of private networks are refused unless the
// setting webhook_network names them.
#ifndef STEWARD_DESK_HOOKS_HOOKS_H
#define STEWARD_DESK_HOOKS_HOOKS_H

#include "app/actor.h"
#include "base/error.h"
#include "base/ids.h"
#include "db/db.h"
#include "desk/tickets/tickets.h"
#include "jobs/jobs.h"

struct desk;
struct sockaddr;

#define HOOK_CALL_JOB "webhook_call"
// Subscribed to: calls by triggers and automations.
#define HOOK_BY_RULES "conditional_ticket_events"

struct hook {
    struct str id;  // 26 characters, sortable by time of creation
    struct str name;
    struct str description;  // absent when none
    bool active;
    struct str endpoint;
    struct str method;  // GET, POST, PUT, PATCH, DELETE
    struct str format;  // json, xml, form_encoded
    struct str auth;    // JSON {"type","add_position","data":{…}}, "" for none: never shown whole
    struct str secret;  // signs the calls
    struct str headers;        // "Name: value", one a line
    struct str subscriptions;  // words
    int64_t paused_until;
    struct user_id created_by;
    int64_t created_at;
    struct user_id updated_by;
    int64_t updated_at;
};

struct hook_invocation {
    struct str id;
    struct str webhook;
    struct str payload;
    struct str status;  // pending, success, failed
    int64_t status_code;
    int64_t created_at;
    int64_t completed_at;
};

struct hook_attempt {
    struct str id;
    struct str invocation;
    struct str status;
    int64_t status_code;  // 0: no answer came
    struct str answer;    // how it begins, or what went wrong
    int64_t completed_at;
};

// Administrators only, all of these: FORBIDDEN otherwise.
MUST_CHECK bool hooks_list(const struct desk *desk, struct db *db, mem_ctx *ctx,
                           const struct actor *actor, struct hook **ret, size_t *ret_count,
                           struct error *err);
MUST_CHECK bool hook_load(const struct desk *desk, struct db *db, mem_ctx *ctx,
                          const struct actor *actor, struct str id, struct hook *ret,
                          struct error *err);
// With an empty id: makes one, its secret too. INVALID for a blank name, an address that is none,
// an unknown method or format.
MUST_CHECK bool hook_store(const struct desk *desk, struct db *tx, mem_ctx *ctx,
                           const struct actor *actor, struct hook *hook, struct error *err);
// INVALID while a rule calls it.
MUST_CHECK bool hook_delete(const struct desk *desk, struct db *tx, mem_ctx *ctx,
                            const struct actor *actor, struct str id, struct error *err);
// A new secret; the old one is void at once.
MUST_CHECK bool hook_new_secret(const struct desk *desk, struct db *tx, mem_ctx *ctx,
                                const struct actor *actor, struct str id, struct str *ret,
                                struct error *err);
// Newest first, at most 1,000.
MUST_CHECK bool hook_invocations(struct db *db, mem_ctx *ctx, const struct actor *actor,
                                 struct str id, struct hook_invocation **ret, size_t *ret_count,
                                 struct error *err);
MUST_CHECK bool hook_attempts(struct db *db, mem_ctx *ctx, const struct actor *actor,
                              struct str invocation, struct hook_attempt **ret, size_t *ret_count,
                              struct error *err);

// --- calling ------------------------------------------------------------------------------------

// Inside the transaction of what is told. NOT_FOUND when there is no such webhook, INVALID when it
// is switched off. *ret_invocation may be NULL.
MUST_CHECK bool hook_invoke(const struct desk *desk, struct db *tx, mem_ctx *ctx,
                            struct str webhook, struct str payload, struct str *ret_invocation,
                            struct error *err);
// The job of one invocation: 409, 429, 503 and no answer within HOOK_WAIT_MS are tried again, up
// to five times; a webhook that fails too often rests for a minute.
#define HOOK_WAIT_MS 12000
bool hook_call_job(void *desk, mem_ctx *ctx, const struct job *job, struct error *err);
// Forgets invocations after thirty days.
bool hooks_sweep(void *desk, mem_ctx *ctx, struct error *err);

struct hook_answer {
    int64_t status_code;  // 0: none came
    struct str headers;   // as received
    struct str body;      // at most HOOK_ANSWER_MAX bytes of it, valid UTF-8
    struct str trouble;   // why none came
};
#define HOOK_ANSWER_MAX 65536

// One call, here and now: blocks up to HOOK_WAIT_MS. `invocation` names it in its headers.
void hook_call(const struct desk *desk, mem_ctx *ctx, const struct hook *hook,
               struct str invocation, struct str payload, struct hook_answer *ret);
struct hook_request {
    struct str method;
    struct str url;
    struct str headers;  // "Name: value", one a line
    struct str body;
};
// The same for other rooms, under the same limits and to the same addresses, without what webhooks
// add of themselves.
void hook_send(const struct desk *desk, mem_ctx *ctx, const struct hook_request *request,
               struct hook_answer *ret);
// Whether calls may go to this address (16 bytes; IPv4 as ::ffff:a.b.c.d).
bool hook_address_allowed(const struct desk *desk, const unsigned char *bytes);
// The same of a name's address as it was resolved; other families than IPv4 and IPv6 are refused.
bool hook_sockaddr_allowed(const struct desk *desk, const struct sockaddr *address);

#endif
