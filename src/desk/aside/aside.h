// SPDX-License-Identifier: GPL-3.0-or-later
//
// The aside room: side conversations. What staff discuss about a ticket with colleagues, groups and
// people outside (vendors, other departments) stands beside the ticket, never in it: no message of
// one is a comment, and nobody who is not staff is shown one. Answers find back by mail (a reply
// address for each member, Message-IDs of their own form), by page, and by program.
//
// Whoever may see the ticket and is staff reads and answers; only agents begin, bring in further
// people and close. What people outside answer goes to the staff who take part, not to others
// outside: only staff write there. Nobody is asked who reads the ticket itself as requester or in
// copy.
//
// Bringing in an expert is a conversation of that kind: how long until one of those who were asked
// answered is measured (answered_at).
#ifndef STEWARD_DESK_ASIDE_ASIDE_H
#define STEWARD_DESK_ASIDE_ASIDE_H

#include "desk/people/people.h"
#include "desk/tickets/tickets.h"
#include "mail/compose.h"
#include "mail/ids.h"
#include "mail/message.h"
#include "mail/outbox.h"

struct ctx;
struct desk;

#define ASIDE_SUBJECT_MOST 200
#define ASIDE_MEMBERS_MOST 50
#define ASIDE_AT_TICKET_MOST 200

enum aside_kind { ASIDE_TALK, ASIDE_EXPERT };
enum aside_news { ASIDE_ASKED, ASIDE_ANSWER, ASIDE_TROUBLE };

struct aside {
    int64_t id;
    struct str uuid;
    struct ticket_id ticket;
    enum aside_kind kind;
    struct str subject;
    struct str preview;  // a line of the latest message
    struct str people;   // who was asked: "Dana, Acme"
    bool closed;
    enum aside_news news;     // whose turn it is
    struct str external_ids;  // JSON object
    struct user_id created_by;
    int64_t created_at;
    int64_t updated_at;
    int64_t state_at;
    int64_t message_at;
    int64_t answered_at;  // 0: nobody who was asked has answered
    int64_t answered_by;  // the member
};

enum aside_member_kind { ASIDE_PERSON, ASIDE_GROUP, ASIDE_ADDRESS };

struct aside_member {
    int64_t id;
    int64_t aside;
    enum aside_member_kind kind;
    struct user_id person;
    struct group_id group;
    int64_t through;  // the member that is their group; 0: asked themselves
    struct str name;
    struct str address;  // "" of groups
    bool asked;          // somebody wrote to them; others joined by themselves
};

enum aside_event_type { ASIDE_CREATE, ASIDE_REPLY, ASIDE_UPDATE, ASIDE_FAILED };

struct aside_event {
    int64_t id;
    struct str uuid;
    int64_t aside;
    enum aside_event_type type;
    struct str channel;     // "web", "api" or "email"
    int64_t member;         // who spoke, 0 where it is nobody of them
    struct user_id person;  // staff, where that is proven
    struct str name;
    struct str address;
    struct str body;
    int64_t quoted_from;  // byte of body where quoted history begins, -1 for none
    bool automatic;       // written by no person: an absence note
    struct mail_id mail;
    struct str message_id;  // of that mail
    struct str new_state;   // absent when it stayed, as the next
    struct str new_subject;
    int64_t created_at;
};

struct aside_file {
    struct str uuid;
    int64_t aside;
    int64_t event;  // 0: waits for its message
    struct str hash;
    struct str file_name;
    struct str content_type;
    int64_t size;
    struct user_id created_by;
};

// --- reading: staff who may see the ticket, NOT_FOUND for others --------------------------------

// Newest first; the ticket was loaded for this actor. One query.
MUST_CHECK bool asides_of_ticket(struct db *db, mem_ctx *ctx, const struct actor *actor,
                                 struct ticket_id ticket, struct aside **ret, size_t *ret_count,
                                 struct error *err);
// One of the ticket's, by number or by the name that programs know.
MUST_CHECK bool aside_load(struct db *db, mem_ctx *ctx, const struct actor *actor,
                           struct ticket_id ticket, int64_t id, struct aside *ret,
                           struct error *err);
MUST_CHECK bool aside_load_uuid(struct db *db, mem_ctx *ctx, const struct actor *actor,
                                struct ticket_id ticket, struct str uuid, struct aside *ret,
                                struct error *err);
// All there is of conversations that were loaded.
struct aside_whole {
    struct aside_member *members;
    size_t member_count;
    struct aside_event *events;
    size_t event_count;
    struct aside_file *files;
    size_t file_count;
    struct aside_sent *sent;  // which member was mailed which event
    size_t sent_count;
};
struct aside_sent {
    int64_t aside;
    int64_t event;
    int64_t member;
    struct str message_id;
};
MUST_CHECK bool asides_whole(struct db *db, mem_ctx *ctx, const struct aside *asides, size_t count,
                             struct aside_whole *ret, struct error *err);
const struct aside_member *aside_member_of(const struct aside_whole *whole, int64_t id);
// A file with its event, for who may see its ticket; one sent ahead for its sender.
MUST_CHECK bool aside_file_load(struct db *db, mem_ctx *ctx, const struct actor *actor,
                                struct str uuid, struct aside_file *ret, struct error *err);

// --- writing ------------------------------------------------------------------------------------

// Whom to ask: one of these.
struct aside_target {
    struct user_id person;  // staff; an end user counts as their address
    struct group_id group;
    struct str address;
    struct str name;  // of an address, may be ""
};

struct aside_message {
    struct str body;  // plain text; needed
    const struct aside_target *to;
    size_t to_count;
    const struct new_file *files;
    size_t file_count;
    const struct str *uploads;  // names of aside_upload()
    size_t upload_count;
};

struct aside_begin {
    struct ticket_id ticket;
    enum aside_kind kind;
    struct str subject;
    const struct aside_message *message;
    struct str external_ids;  // JSON object, absent for none
    // An import: it was then, and nobody is mailed. Administrators.
    int64_t created_at;
    struct str from_name;
    struct str from_address;
};

// Agents. INVALID with the field: no body, no subject, nobody to ask, an address of this desk, or
// somebody who reads the ticket itself.
MUST_CHECK bool aside_begin(struct desk *desk, struct db *tx, mem_ctx *ctx,
                            const struct actor *actor, const struct aside_begin *begin,
                            struct aside *ret, struct error *err);
// Staff; further people (to) only agents. A closed conversation opens again. *ret_event is what was
// written.
MUST_CHECK bool aside_write(struct desk *desk, struct db *tx, mem_ctx *ctx,
                            const struct actor *actor, const struct aside *aside,
                            const struct aside_message *message, int64_t *ret_event,
                            struct error *err);
// Agents. An absent subject stays.
struct aside_setting {
    bool set_closed;
    bool closed;
    struct str subject;
};
MUST_CHECK bool aside_set(struct desk *desk, struct db *tx, mem_ctx *ctx, const struct actor *actor,
                          const struct aside *aside, const struct aside_setting *setting,
                          struct error *err);
// Keeps a file ahead of its message, for three days. Agents.
MUST_CHECK bool aside_upload(struct desk *desk, struct db *tx, mem_ctx *ctx,
                             const struct actor *actor, const struct new_file *file,
                             struct aside_file *ret, struct error *err);
// Timer: forgets what was sent ahead and not used.
bool aside_sweep(void *desk, mem_ctx *ctx, struct error *err);

// --- experts ------------------------------------------------------------------------------------

// What is known of the ticket so far, in the words of ctx's reader, below their question (may be
// ""): who asks, since when, what it costs them, the steward, how it stands, and the last public
// words.
MUST_CHECK bool aside_summary(struct ctx *ctx, const struct ticket *ticket, struct str question,
                              struct str *ret, struct error *err);

// How soon those who were brought in as experts answered, by who was asked.
struct aside_expert_row {
    struct str people;
    int64_t asked;
    int64_t answered;
    int64_t waiting;    // open and without an answer
    int64_t median_ms;  // of those that were answered; 0 without one
    int64_t longest_ms;
};
#define ASIDE_EXPERTS_MOST 5000
// Leads; the latest ASIDE_EXPERTS_MOST since that time, those asked most first.
MUST_CHECK bool aside_experts(struct db *db, mem_ctx *ctx, const struct actor *actor, int64_t since,
                              struct aside_expert_row **ret, size_t *ret_count, struct error *err);

// --- mail ---------------------------------------------------------------------------------------

#define ASIDE_MAIL_KIND "aside"

// What a mail of that kind says, when it leaves. *ret_unwanted: it is not wanted any more.
MUST_CHECK bool aside_compose(struct desk *desk, struct db *db, mem_ctx *ctx,
                              const struct outmail *mail, struct compose_mail *ret,
                              bool *ret_unwanted, struct error *err);

// Whether a mail that came belongs to a side conversation: by the address it was sent to, or any it
// names, or a mail of one that it answers. Asked before anything else is made of a mail: what
// belongs there is never a request or a comment.
struct aside_place {
    bool belongs;
    bool gone;  // but there is no such conversation any more
    int64_t aside;
    int64_t member;  // whose reply address or mail it was; 0: not known
};
MUST_CHECK bool aside_find(struct desk *desk, struct db *tx, mem_ctx *ctx,
                           const struct mail_token *token, const struct mail_message *message,
                           struct aside_place *ret, struct error *err);

struct aside_arrival {
    struct aside_place place;
    struct mail_address from;  // may be empty
    struct str message_id;     // "" without one
    struct mail_id mail;
    const struct new_comment *words;  // body, quoted_from, files
    bool automatic;
    bool silent;  // nobody is mailed because of it
    int64_t now;
};
MUST_CHECK bool aside_take(struct desk *desk, struct db *tx, mem_ctx *ctx,
                           const struct aside_arrival *arrival, struct error *err);
// A mail of a conversation could not be delivered, or came back.
MUST_CHECK bool aside_mail_failed(struct desk *desk, struct db *tx, const struct outmail *mail,
                                  struct str text, struct error *err);

// --- ends ---------------------------------------------------------------------------------------

// Observer of tickets: the conversations of what was merged go over to where it lives on.
bool aside_observe(void *desk, struct db *tx, const struct ticket_applied *applied,
                   struct error *err);
MUST_CHECK bool aside_person_moved(struct db *tx, struct user_id from, struct user_id to,
                                   struct error *err);
MUST_CHECK bool aside_ticket_purged(struct db *tx, struct ticket_id ticket, struct error *err);
// Words of a comment were redacted: they may have been quoted.
MUST_CHECK bool aside_redacted(struct db *tx, const struct redacted *what, struct error *err);

#endif
