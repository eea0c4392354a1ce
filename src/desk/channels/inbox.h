// SPDX-License-Identifier: GPL-3.0-or-later
//
// Mailboxes at other servers that mail is fetched from (IMAP). A message is kept here, durably, in
// the transaction that moves the mailbox's cursor; only then is anything made of it, and only then
// may the server hear of it. So cutting off at any moment loses nothing and doubles nothing. What
// is new is told by UID and UIDVALIDITY alone.
//
// Each mailbox has a thread of its own: a server that is dead or drips keeps nobody else waiting. A
// lease row sees to it that of several programs on one database one fetches.
#ifndef STEWARD_DESK_CHANNELS_INBOX_H
#define STEWARD_DESK_CHANNELS_INBOX_H

#include "app/actor.h"
#include "base/ids.h"
#include "db/db.h"
#include "mail/imap.h"

struct desk;

enum inbox_after { INBOX_LEAVE, INBOX_SEEN, INBOX_MOVE };

// What an administrator sets.
struct inbox_settings {
    struct str address;  // the desk's address for what comes here
    struct str host;
    int64_t port;
    enum imap_security security;
    struct str ca;  // PEM, "" for the system's authorities
    struct str user;
    bool oauth;                // secret is a refresh token, not a password
    struct str secret;         // open; "" in an update keeps the one there is
    struct str authorize_url;  // OAuth: where access is granted; "": the token is entered by hand
    struct str token_url;      // OAuth: where access tokens come from
    struct str client;         // OAuth: client id
    struct str token_secret;   // OAuth: client secret; "" in an update keeps the one there is
    struct str scope;          // OAuth; may be ""
    struct str folder;
    enum inbox_after after;  // what happens there to a message that is durable here
    struct str move_to;
    int64_t poll_seconds;  // how often to look where the server cannot call us
};

enum inbox_state {
    INBOX_PAUSED,
    INBOX_NEW,      // not yet looked at
    INBOX_WELL,     // the last look went well
    INBOX_FAILING,  // see last_error; tried again at next_try_at
};

struct inbox_switches {
    bool paused;
    bool answering;        // else nobody gets automatic mail because of what comes here
    int64_t import_since;  // 0: only what comes from now on
};

struct inbox_sample {
    int64_t received_at;
    struct str from;
    struct str subject;
};

// What an administrator asked of a mailbox, and what its server says.
struct inbox_answer {
    bool waiting;      // not yet answered
    int64_t asked_at;  // 0: nothing was asked
    int64_t since;     // 0: only whether it can be reached
    struct str error;  // why there is no answer; "" when there is
    int64_t count;     // messages that came on the day `since` or later
    int64_t oldest_at;
    struct inbox_sample *first;
    size_t first_count;
};

struct inbox {
    struct inbox_id id;
    int64_t version;
    struct inbox_settings settings;  // without secrets
    struct inbox_switches switches;
    enum inbox_state state;
    bool importing;   // not yet through with what import_since asks for
    int64_t fetched;  // messages so far
    int64_t ok_at;    // last look that went well; 0 for none
    int64_t failures;
    struct str last_error;
    int64_t failed_at;
    int64_t next_try_at;
    struct inbox_answer answer;
};

// All functions that change need an administrator, and tell the threads that fetch.
MUST_CHECK bool inbox_list(struct db *db, mem_ctx *ctx, struct inbox **ret, size_t *ret_count,
                           struct error *err);
MUST_CHECK bool inbox_get(struct db *db, mem_ctx *ctx, struct inbox_id id, struct inbox *ret,
                          struct error *err);
// INVALID with the field at fault. A new mailbox begins with what comes from then on and answers
// nobody.
MUST_CHECK bool inbox_create(struct desk *desk, struct db *tx, const struct actor *actor,
                             const struct inbox_settings *settings, struct inbox_id *ret,
                             struct error *err);
MUST_CHECK bool inbox_change(struct desk *desk, struct db *tx, const struct actor *actor,
                             struct inbox_id id, const struct inbox_settings *settings,
                             struct error *err);
MUST_CHECK bool inbox_switch_to(struct db *tx, const struct actor *actor, struct inbox_id id,
                                const struct inbox_switches *to, struct error *err);
// The tickets stay; the mailbox at the server, too.
MUST_CHECK bool inbox_remove(struct db *tx, const struct actor *actor, struct inbox_id id,
                             struct error *err);
// Tries a failing mailbox at once.
MUST_CHECK bool inbox_try_now(struct db *tx, const struct actor *actor, struct inbox_id id,
                              struct error *err);

// Asks the server, in the background, whether it can be reached with these settings, and what an
// import from the day `since` (0: none) would take in. The answer comes into the row.
MUST_CHECK bool inbox_ask(struct desk *desk, struct db *tx, const struct actor *actor,
                          struct inbox_id id, int64_t since, struct error *err);

// --- granting access (OAuth, RFC 6749 section 4.1 with RFC 7636)
// ----------------------------------

// An administrator is sent to the mailbox's provider and comes back, in the same session and within
// ten minutes, with a code.
struct inbox_grant {
    struct inbox_id id;
    struct str session;       // as struct ctx has it
    struct str redirect_uri;  // where the provider sends them back to
    struct str verifier;      // set by inbox_grant_take()
};
// The provider's address to go to, in the transaction's memory. INVALID when the mailbox has no
// such address.
MUST_CHECK bool inbox_grant_begin(struct desk *desk, struct db *tx, const struct actor *actor,
                                  const struct inbox_grant *grant, struct str *ret_url,
                                  struct error *err);
// Takes what belongs to `state`, once, into the transaction's memory; ret->session must be set.
// INVALID when there is none, when it began in another session, or too long ago.
MUST_CHECK bool inbox_grant_take(struct desk *desk, struct db *tx, const struct actor *actor,
                                 struct str state, struct inbox_grant *ret, struct error *err);
// Outside of transactions: gets the refresh token for the code, seals it, and has the mailbox tried
// at once. INVALID when the provider gives none; UNAVAILABLE when it cannot be asked.
MUST_CHECK bool inbox_grant_finish(struct desk *desk, mem_ctx *ctx, const struct actor *actor,
                                   const struct inbox_grant *grant, struct str code,
                                   struct error *err);

// --- fetching -----------------------------------------------------------------------------------

struct inboxes;
// Reads which mailboxes there are and keeps knowing it; with `fetch`, fetches from them.
MUST_CHECK bool inboxes_start(mem_ctx *ctx, struct desk *desk, bool fetch, struct inboxes **ret,
                              struct error *err);
// Ends all threads; a message under way is finished or forgotten as a whole.
void inboxes_stop(struct inboxes *all);
// Once: tells the desk which addresses are its own.
MUST_CHECK bool inboxes_know(struct desk *desk, struct error *err);

#endif
