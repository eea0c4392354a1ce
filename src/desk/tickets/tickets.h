// SPDX-License-Identifier: GPL-3.0-or-later
//
// The tickets room: tickets, their comments, files, tags and history. Everything that changes a
// ticket is a `struct ticket_change` given to ticket_apply(); nothing else writes tickets. Reading
// functions take the actor and show only what this person may see; what they may not see does not
// exist for them (NOT_FOUND, never FORBIDDEN, so that nobody learns which numbers are taken).
#ifndef STEWARD_DESK_TICKETS_TICKETS_H
#define STEWARD_DESK_TICKETS_TICKETS_H

#include "app/actor.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/ids.h"
#include "db/db.h"

enum ticket_status {
#define STATUS(name, number, word) STATUS_##name = (number),
#include "desk/tickets/enums.def"
#undef STATUS
};

enum ticket_priority {
#define PRIORITY(name, number, word) PRIORITY_##name = (number),
#include "desk/tickets/enums.def"
#undef PRIORITY
};

enum ticket_type {
#define TYPE(name, number, word) TYPE_##name = (number),
#include "desk/tickets/enums.def"
#undef TYPE
};

// The API's words; "" for none. Parsing takes exactly those words.
struct str ticket_status_word(enum ticket_status status);
struct str ticket_priority_word(enum ticket_priority priority);
struct str ticket_type_word(enum ticket_type type);
struct str channel_word(enum channel channel);
MUST_CHECK bool ticket_status_parse(struct str word, enum ticket_status *ret);
MUST_CHECK bool ticket_priority_parse(struct str word, enum ticket_priority *ret);
MUST_CHECK bool ticket_type_parse(struct str word, enum ticket_type *ret);

struct ticket {
    struct ticket_id id;
    int64_t version;
    struct str external_id;  // absent when none
    struct str subject;
    enum ticket_status status;
    enum ticket_priority priority;
    enum ticket_type type;
    struct user_id requester;
    struct user_id submitter;
    struct user_id assignee;  // who works on it now
    struct user_id steward;   // the requester's one contact: set at first touch, then kept
    struct group_id group;
    struct organization_id organization;
    struct ticket_id problem;
    struct ticket_id followup_of;
    struct ticket_id merged_into;
    struct str channel;    // the API's word, see CHANNELS
    struct str recipient;  // the address the first mail went to, or absent
    struct str tags;       // sorted, one space between
    bool is_public;        // has a comment the requester can see
    int64_t comment_count;
    struct str excerpt;  // one line of the latest comment
    // Times in milliseconds, 0 for never.
    int64_t created_at;
    int64_t updated_at;
    int64_t generated_at;
    int64_t requester_updated_at;
    int64_t assignee_updated_at;
    int64_t status_updated_at;
    int64_t assigned_at;
    int64_t solved_at;
    int64_t due_at;
    int64_t snoozed_until;  // out of the views until then
    int64_t deleted_at;
    struct user_id deleted_by;
    int64_t purged_at;  // deleted for good: nothing but the number is left
    int64_t cost_rate;  // cents an hour that it costs its people now; for staff only
    int64_t breach_at;  // when the next service level is missed (or was); for staff only
    // Numbers of records (desk/records); 0 is the default one: of the status, for custom statuses.
    int64_t custom_status;
    int64_t form;
    int64_t brand;
};

struct ticket_comment {
    struct comment_id id;
    struct ticket_id ticket;
    struct audit_id audit;
    struct user_id author;
    bool is_public;
    struct str body;      // plain text
    struct html html;     // sanitised; absent markup when the message was plain
    int64_t quoted_from;  // byte of body where quoted history begins, -1 for none
    struct str channel;
    struct mail_id mail;    // the mail it came as
    struct str stranger;    // why somebody unknown to the ticket was let in, absent otherwise
    int64_t remote_images;  // blocked pictures in html
    int64_t created_at;
    bool withdrawn;             // taken back by its author before it left; staff see that it was
    struct user_id speaks_for;  // the steward, away, whose deputy wrote it; or none
    bool held;                  // can still be taken back: requesters do not see it yet
};

struct attachment {
    struct attachment_id id;
    struct comment_id comment;
    struct ticket_id ticket;
    struct str hash;  // of the bytes in the blob store
    struct str file_name;
    struct str content_type;
    int64_t size;
    bool is_inline;
    struct str content_id;
    struct str token;
    struct user_id created_by;
};

struct ticket_audit {
    struct audit_id id;
    struct ticket_id ticket;
    struct user_id author;  // none: the desk itself
    struct str channel;
    struct str address;
    struct str custom;  // JSON object that an API client attached, or absent
    int64_t created_at;
    struct str rel;                // "merge", or absent
    struct ticket_id from_ticket;  // the other one of a merge
};

struct ticket_event {
    struct event_id id;  // a Comment event's id is the comment's
    struct audit_id audit;
    struct str kind;  // Create, Change, Comment, Notification … as the API names them
    struct str field;
    struct str value;
    struct str previous;
    struct rule_id rule;
};

// --- changing -----------------------------------------------------------------------------------

enum collaborator_kind { COLLABORATOR_CC, COLLABORATOR_FOLLOWER };

struct collaborator_change {
    struct user_id user;
    enum collaborator_kind kind;
    bool remove;
};

// A file that is in the blob store already.
struct new_file {
    struct str hash;
    struct str file_name;
    struct str content_type;
    int64_t size;
    bool is_inline;
    struct str content_id;
    struct str token;  // random; given when the markup already names it, else made
};

struct new_comment {
    struct str body;   // plain text; needed
    struct html html;  // sanitised, or absent
    bool is_public;
    struct user_id author;  // none: the actor
    int64_t quoted_from;    // -1 for none
    struct mail_id mail;
    struct str stranger;
    int64_t remote_images;
    const struct new_file *files;
    size_t file_count;
    const struct str *uploads;  // tokens of upload_add()
    size_t upload_count;
    int64_t created_at;  // imports only; 0: now
    int64_t held_until;  // 0, or hidden from requesters until ticket_release_comment()
};

// Which fields of a ticket_change are set.
enum {
    SET_SUBJECT = 1 << 0,
    SET_STATUS = 1 << 1,
    SET_PRIORITY = 1 << 2,
    SET_TYPE = 1 << 3,
    SET_REQUESTER = 1 << 4,
    SET_ASSIGNEE = 1 << 5,
    SET_GROUP = 1 << 6,
    SET_ORGANIZATION = 1 << 7,
    SET_PROBLEM = 1 << 8,
    SET_DUE = 1 << 9,
    SET_EXTERNAL_ID = 1 << 10,
    SET_TAGS = 1 << 11,
    SET_STEWARD = 1 << 12,
    SET_DELETED = 1 << 13,
    SET_MERGED = 1 << 14,
    SET_CUSTOM_STATUS = 1 << 15,
    SET_FORM = 1 << 16,
    SET_BRAND = 1 << 17,
    SET_SNOOZE = 1 << 20,
};

// A value of a custom field, checked already (desk/records/records.h: field_parse).
struct ticket_field_change {
    int64_t field;
    struct str value;     // absent: cleared
    struct str previous;  // absent: it had none
};

struct ticket_change {
    struct ticket_id ticket;  // none: create one
    int64_t expect_version;   // 0: whatever it is; else CONFLICT when it moved on
    int64_t expect_stamp;     // 0, or CONFLICT when updated_at is later (safe_update)
    unsigned set;             // SET_… of the fields below that count
    struct str subject;
    enum ticket_status status;
    enum ticket_priority priority;
    enum ticket_type type;
    struct user_id requester;
    struct user_id assignee;
    struct group_id group;
    struct organization_id organization;
    struct ticket_id problem;
    int64_t due_at;
    int64_t snoozed_until;  // 0: it wakes; words of the requester's side wake it, and solving does
    struct str external_id;
    struct str tags;      // replaces all; space separated
    struct str add_tags;  // always count when not absent
    struct str remove_tags;
    bool tags_of_fields;  // add_tags are only those that checked values of fields stand for
    const struct ticket_field_change *fields;
    size_t field_count;
    int64_t custom_status;  // of the status that the ticket has after the change
    int64_t form;
    int64_t brand;
    struct user_id steward;
    bool deleted;
    struct ticket_id merged_into;
    struct str rel;                    // of the audit: "merge", or absent
    struct ticket_id from_ticket;      // of the audit: the other one of a merge
    const struct ticket_event *notes;  // further events of the audit
    size_t note_count;
    struct user_id submitter;      // create only; none: the actor
    struct ticket_id followup_of;  // create only
    struct str recipient;          // create only
    const struct collaborator_change *collaborators;
    size_t collaborator_count;
    const struct new_comment *comment;
    struct str custom;     // JSON for the audit's metadata.custom, or absent
    struct rule_id rule;   // the rule that asks for it
    struct audit_id into;  // none, or: append to this audit and call no observers (rules)
    bool by_machine;       // an automatic mail: recorded, but reopens nothing and is never answered
    bool silent;           // nobody is told of it by mail
    bool takes_back;       // undoes a reply: a steward goes back without words
    bool import;           // admins: times and authors are taken as given, observers stay silent
    int64_t created_at;    // imports only
    int64_t solved_at;     // imports only
};

struct ticket_outcome {
    struct ticket before;  // id.v == 0 when it was created
    struct ticket after;
    struct audit_id audit;      // none when nothing changed
    struct comment_id comment;  // none without one
    // Custom fields that changed: what the change said, and those whose tags it took away.
    const struct ticket_field_change *fields;
    size_t field_count;
};

// One step in the life of a change, as observers see it.
struct ticket_applied {
    mem_ctx *ctx;  // what `outcome` points to lives here
    const struct actor *actor;
    const struct ticket_change *change;
    struct ticket_outcome *outcome;  // who changes the ticket further tells those behind: `after`
    int64_t now;
};

// Called inside the transaction after every change, in the order of desk.c's list. An observer may
// add rows of its own room, jobs, and further changes that name the audit they belong `into`.
struct ticket_observer {
    const char *name;
    bool (*on_change)(void *env, struct db *tx, const struct ticket_applied *applied,
                      struct error *err);
};

// What was made unreadable in a comment.
struct redacted {
    struct ticket_id ticket;
    struct comment_id comment;
    struct mail_id mail;  // that the comment came as, or none
    struct str text;      // the words, absent when it was a file
    struct str black;     // what stands there now
};

// The wired room.
struct tickets {
    struct clock *clock;
    const struct ticket_observer *observers;
    size_t observer_count;
    // What other rooms have of a ticket goes with it when it is deleted for good; may be NULL.
    bool (*purged)(void *env, struct db *tx, struct ticket_id ticket, struct error *err);
    // What other rooms have of words or files that were redacted goes with them; may be NULL.
    bool (*redacted)(void *env, struct db *tx, const struct redacted *what, struct error *err);
    // Whether `author` is the deputy of `steward`, who is away now; may be NULL: nobody is.
    bool (*speaks_for)(void *env, struct db *tx, mem_ctx *ctx, struct user_id author,
                       struct user_id steward, bool *ret, struct error *err);
    void *env;  // given to observers: the desk
};

// The one write path: checks permission, version and validity, writes rows, audit and events,
// updates the search index, calls the observers. Inside a transaction (db_tx_run); repeatable.
// INVALID with the field at fault; NOT_FOUND; FORBIDDEN; CONFLICT for a stale version; GONE when
// the ticket is closed and wants a follow-up. *ret lives in `ctx`.
// Another steward than the present one needs a public comment with it, in which the present steward
// (or who speaks for them while they are away) names the new one; once the present steward's
// account is suspended or gone, the new one introduces themself.
MUST_CHECK bool ticket_apply(const struct tickets *room, struct db *tx, mem_ctx *ctx,
                             const struct actor *actor, const struct ticket_change *change,
                             struct ticket_outcome *ret, struct error *err);

// The same as one whole transaction, for handlers.
MUST_CHECK bool ticket_apply_run(const struct tickets *room, struct db_store *store, mem_ctx *ctx,
                                 const struct actor *actor, const struct ticket_change *change,
                                 struct ticket_outcome *ret, struct error *err);

// Takes a public comment of the actor's own, while it is held, out of the conversation: its text
// and files become the actor's draft again, and status, group, assignee and steward are what they
// were before. FORBIDDEN for
// somebody else's, CONFLICT when it is too late.
MUST_CHECK bool ticket_withdraw_comment(const struct tickets *room, struct db *tx, mem_ctx *ctx,
                                        const struct actor *actor, struct comment_id comment,
                                        struct ticket_id *ret_ticket, struct error *err);

// Closes the sources into the target: notes on both sides, the tag closed_by_merge, people in copy
// and the files of the sources' last comments go over, requesters too when the target's note is
// public. Needs agents who may change all of them; none may be closed. Absent texts say in plain
// words what happened.
struct ticket_merge {
    struct ticket_id target;
    const struct ticket_id *sources;
    size_t source_count;
    struct str target_comment;
    struct str source_comment;
    bool target_public;
    bool source_public;
};
MUST_CHECK bool ticket_merge(const struct tickets *room, struct db *tx, mem_ctx *ctx,
                             const struct actor *actor, const struct ticket_merge *merge,
                             struct ticket_outcome *ret, struct error *err);

// Deletes a deleted ticket for good: comments, history, files, tags, mails. The row stays, emptied.
// Administrators only; NOT_FOUND when it is not deleted. Blobs that nothing names any more are left
// to the collector (desk/keep/collect.h): somebody may be uploading the same bytes right now.
MUST_CHECK bool ticket_purge(const struct tickets *room, struct db *tx, mem_ctx *ctx,
                             const struct actor *actor, struct ticket_id id, struct error *err);

// For how long a deleted ticket can be restored.
#define TICKET_RESTORE_MS (30 * DAYS_MS)
// Deleted before that time and not yet for good, oldest first.
MUST_CHECK bool tickets_outdated(struct db *db, mem_ctx *ctx, int64_t before, int64_t most,
                                 struct ticket_id **ret, size_t *ret_count, struct error *err);

// Agents: takes a public comment out of the requester's sight.
MUST_CHECK bool comment_hide(const struct tickets *room, struct db *tx, mem_ctx *ctx,
                             const struct actor *actor, struct ticket_id ticket,
                             struct comment_id comment, struct error *err);
struct comment_place {
    struct ticket_id ticket;
    struct comment_id comment;
    struct attachment_id file;  // where one is meant
};
// Agents: every occurrence of `text` becomes as many "\u2587", also in the search index. Markup in
// which the text cannot be found one to one is dropped, the plain text stays; the subject too, when
// it is the ticket's first comment. The mail as it came is scrubbed (mail/spool.h). INVALID when
// the comment does not have the text.
MUST_CHECK bool comment_redact(const struct tickets *room, struct db *tx, mem_ctx *ctx,
                               const struct actor *actor, const struct comment_place *place,
                               struct str text, struct error *err);
// Agents: the file is replaced by `by` (an empty one), and the mail that brought it is scrubbed.
// The old blob is left to the collector.
MUST_CHECK bool attachment_redact(const struct tickets *room, struct db *tx, mem_ctx *ctx,
                                  const struct actor *actor, const struct comment_place *place,
                                  const struct new_file *by, struct error *err);
// Whatever names one person, or one organisation, names the other from now on. For the people
// room, which has asked who may.
MUST_CHECK bool tickets_move_person(const struct tickets *room, struct db *tx, struct user_id from,
                                    struct user_id to, struct error *err);
MUST_CHECK bool tickets_move_organization(const struct tickets *room, struct db *tx,
                                          struct organization_id from, struct organization_id to,
                                          struct error *err);
// The last touch of an import: when the ticket was last changed where it came from.
MUST_CHECK bool ticket_import_updated(struct db *tx, const struct actor *actor, struct ticket_id id,
                                      int64_t updated_at, struct error *err);

// Ends the time in which a comment could be taken back; *ret_found is false when it is not held.
MUST_CHECK bool ticket_release_comment(struct db *tx, mem_ctx *ctx, struct comment_id comment,
                                       bool *ret_found, struct ticket_id *ret_ticket,
                                       struct error *err);

// Adds an event to an audit that exists: what a rule, a notification or a failed mail did.
MUST_CHECK bool ticket_event_add(struct db *tx, struct ticket_id ticket, struct audit_id audit,
                                 const struct ticket_event *event, struct error *err);
// Begins an audit with one event outside of a change (a mail failed hours later).
MUST_CHECK bool ticket_note_event(const struct tickets *room, struct db *tx,
                                  struct ticket_id ticket, const struct ticket_event *event,
                                  struct error *err);

// Begins an audit without a change, for events that come together.
MUST_CHECK bool ticket_audit_begin(const struct tickets *room, struct db *tx,
                                   const struct actor *actor, struct ticket_id ticket,
                                   struct audit_id *ret, struct error *err);

// --- access -------------------------------------------------------------------------------------

bool ticket_may_see(struct db *db, const struct actor *actor, const struct ticket *ticket);
bool ticket_may_edit(const struct actor *actor, const struct ticket *ticket);  // its fields
bool ticket_may_comment(const struct actor *actor, bool is_public);

// --- reading ------------------------------------------------------------------------------------

// NOT_FOUND when there is none, it is deleted, or the actor may not see it.
MUST_CHECK bool ticket_load(struct db *db, mem_ctx *ctx, const struct actor *actor,
                            struct ticket_id id, struct ticket *ret, struct error *err);
// Whether something that the requester cannot see yet is on its way, for each of the tickets.
MUST_CHECK bool tickets_held(struct db *db, mem_ctx *ctx, const struct ticket *tickets,
                             size_t count, bool *ret, struct error *err);
// Public ones that are not held, for end users.
MUST_CHECK bool ticket_comments(struct db *db, mem_ctx *ctx, const struct actor *actor,
                                struct ticket_id id, struct ticket_comment **ret, size_t *ret_count,
                                struct error *err);
// The first public comment behind `seen` that somebody else wrote; none: nobody did. For who may
// see the ticket; staff only.
MUST_CHECK bool ticket_newer_comment(struct db *db, mem_ctx *ctx, const struct actor *actor,
                                     struct ticket_id ticket, struct comment_id seen,
                                     struct comment_id *ret, struct user_id *ret_author,
                                     struct error *err);
// One comment of a ticket that the actor may see.
MUST_CHECK bool comment_load(struct db *db, mem_ctx *ctx, const struct actor *actor,
                             struct comment_id id, struct ticket_comment *ret, struct error *err);
MUST_CHECK bool ticket_attachments(struct db *db, mem_ctx *ctx, struct ticket_id id,
                                   struct attachment **ret, size_t *ret_count, struct error *err);
MUST_CHECK bool ticket_audits(struct db *db, mem_ctx *ctx, struct ticket_id id,
                              struct ticket_audit **ret, size_t *ret_count,
                              struct ticket_event **ret_events, size_t *ret_event_count,
                              struct error *err);
struct collaborator {
    struct ticket_id ticket;
    struct user_id user;
    enum collaborator_kind kind;
};
// Of many tickets at once, sorted by ticket, CCs first.
MUST_CHECK bool ticket_collaborators(struct db *db, mem_ctx *ctx, const struct ticket *tickets,
                                     size_t count, struct collaborator **ret, size_t *ret_count,
                                     struct error *err);
// Plain text of each ticket's first comment, sorted by ticket id, for lists that show it.
struct ticket_text {
    struct ticket_id ticket;
    struct str body;
};
MUST_CHECK bool ticket_descriptions(struct db *db, mem_ctx *ctx, const struct ticket *tickets,
                                    size_t count, struct ticket_text **ret, size_t *ret_count,
                                    struct error *err);

// --- stewards -----------------------------------------------------------------------------------

// How many tickets that are not done each of them is the steward of; one query for all.
MUST_CHECK bool tickets_tended(struct db *db, mem_ctx *ctx, const struct user_id *stewards,
                               size_t count, int64_t *ret, struct error *err);
// The same for tickets that they work on.
MUST_CHECK bool tickets_assigned(struct db *db, mem_ctx *ctx, const struct user_id *people,
                                 size_t count, int64_t *ret, struct error *err);
// The stewards of the requester's other tickets that are not done, the latest ticket first.
MUST_CHECK bool stewards_of_person(struct db *db, mem_ctx *ctx, const struct ticket *ticket,
                                   struct user_id **ret, size_t *ret_count, struct error *err);

// --- lists --------------------------------------------------------------------------------------

enum ticket_column {
    TC_ID,
    TC_SUBJECT,
    TC_STATUS,
    TC_PRIORITY,
    TC_TYPE,
    TC_REQUESTER,
    TC_SUBMITTER,
    TC_ASSIGNEE,
    TC_STEWARD,
    TC_GROUP,
    TC_ORGANIZATION,
    TC_EXTERNAL_ID,
    TC_CHANNEL,
    TC_CREATED,
    TC_UPDATED,
    TC_GENERATED,
    TC_SOLVED,
    TC_DUE,
    TC_BREACH,
    TC_COST,
    TC_STATUS_UPDATED,
    TC_REQUESTER_UPDATED,
    TC_ASSIGNEE_UPDATED,
    TC_ASSIGNED,
    TC_PROBLEM,
    TC_FOLLOWUP,
    TC_TAG,
    TC_CC,
    TC_FOLLOWER,
    TC_COMMENTER,
    TC_HAS_FILE,
    TC_TEXT,
    TC_SNOOZED,         // until when
    TC_SUBJECT_WORD,    // texts: lower case, a space at both ends
    TC_SUBJECT_PHRASE,  // texts: lower case, anywhere in the subject
    TC_CUSTOM_STATUS,   // -1 minus the status for that one's default
    TC_FORM,            // 0: the default one
    TC_BRAND,
    TC_FIELD,  // a custom field: `field` says which
    TC_COLUMNS
};

enum condition_op {
    OP_IS,
    OP_IS_NOT,
    OP_LESS,
    OP_LESS_EQUAL,
    OP_GREATER,
    OP_GREATER_EQUAL,
    OP_NONE,
    OP_ANY
};

// column op value; for TC_TAG, TC_TEXT and such only OP_IS and OP_IS_NOT. `texts` or `numbers`
// holds several values: one of them is enough. `also`, when there is one, must hold with it.
struct ticket_condition {
    enum ticket_column column;
    enum condition_op op;
    const int64_t *numbers;
    const struct str *texts;
    size_t count;
    const struct ticket_condition *also;
    const struct field_filter *field;  // of TC_FIELD
};

// How the values of a custom field are compared. They are texts.
enum field_filter_as {
    FILTER_TEXT,   // the whole text; days compare in order
    FILTER_WORD,   // one of the words in it
    FILTER_PART,   // somewhere in it, whatever the case of ASCII letters
    FILTER_NUMBER  // as numbers
};
enum field_filter_of { FILTER_OF_TICKET, FILTER_OF_REQUESTER, FILTER_OF_ORGANIZATION };
struct field_filter {
    int64_t field;  // 0: any field of tickets
    enum field_filter_of of;
    enum field_filter_as as;
};

struct ticket_query {
    const struct ticket_condition *all;
    size_t all_count;
    const struct ticket_condition *any;  // one of them must hold, when there are some
    size_t any_count;
    bool deleted;             // only deleted ones instead of only living ones
    bool also_deleted;        // both, for exports
    bool awake;               // without what is snoozed
    enum ticket_column sort;  // TC_ID, a time, TC_STATUS, TC_PRIORITY, TC_SUBJECT, an id
    bool descending;
    bool grouped;  // first in order of `group`, a column with a number
    enum ticket_column group;
    bool group_descending;
    int64_t limit;
    int64_t offset;
    // Paging by key: rows after (or, backwards, before) the one with this sort value and id.
    struct ticket_id after_id;  // none: from the start
    int64_t after_value;
    struct str after_text;  // when sorting by TC_SUBJECT
    int64_t after_group;    // when grouped
    bool backwards;
};

// What the actor may see of the tickets that match, in order.
MUST_CHECK bool tickets_find(struct db *db, mem_ctx *ctx, const struct actor *actor,
                             const struct ticket_query *query, struct ticket **ret,
                             size_t *ret_count, struct error *err);
// How many, counting no further than `most`.
MUST_CHECK bool tickets_count(struct db *db, mem_ctx *ctx, const struct actor *actor,
                              const struct ticket_query *query, int64_t most, int64_t *ret,
                              struct error *err);
// The sort value of a ticket, as after_value wants it.
int64_t ticket_sort_value(const struct ticket *ticket, enum ticket_column sort);

// --- history and figures ------------------------------------------------------------------------

// Changes of all tickets in order of time; administrators only.
struct audit_range {
    int64_t at;  // beyond this time and, at it, beyond this id
    int64_t id;
    int64_t before;  // only earlier ones
    int64_t limit;
    bool backwards;  // from the newest; `before` does not count
};
MUST_CHECK bool audits_changed(struct db *db, mem_ctx *ctx, const struct actor *actor,
                               const struct audit_range *range, struct ticket_audit **ret,
                               size_t *ret_count, struct error *err);
// The events of audits, sorted by audit; the comments that are among events, sorted by id.
MUST_CHECK bool audits_events(struct db *db, mem_ctx *ctx, const struct ticket_audit *audits,
                              size_t count, struct ticket_event **ret, size_t *ret_count,
                              struct error *err);
MUST_CHECK bool events_comments(struct db *db, mem_ctx *ctx, const struct ticket_event *events,
                                size_t count, struct ticket_comment **ret, size_t *ret_count,
                                struct error *err);

// The files of comments, sorted by comment.
MUST_CHECK bool comments_files(struct db *db, mem_ctx *ctx, const struct ticket_comment *comments,
                               size_t count, struct attachment **ret, size_t *ret_count,
                               struct error *err);

// How long something took, -1 while there is none.
struct metric_span {
    int64_t wall_ms;
    int64_t open_ms;  // in working hours
};

// What happened to a ticket, in numbers.
struct ticket_metric {
    struct ticket_id ticket;
    int64_t group_stations;
    int64_t assignee_stations;
    int64_t reopens;
    int64_t replies;  // public comments of staff after the first
    int64_t initially_assigned_at;
    int64_t latest_comment_at;
    struct metric_span reply;
    struct metric_span first_resolution;
    struct metric_span full_resolution;  // to the solution that holds
    struct metric_span agent_wait;       // pending
    struct metric_span requester_wait;   // new, open, on hold
    struct metric_span on_hold;
};
struct calendar;
struct metric_hours {
    int64_t now;
    const struct calendar *const *calendars;  // one for each ticket; NULL: every hour counts
};
// One for each ticket, in the same order.
MUST_CHECK bool ticket_metrics(struct db *db, mem_ctx *ctx, const struct ticket *tickets,
                               size_t count, const struct metric_hours *hours,
                               struct ticket_metric **ret, struct error *err);

// What happened to a ticket at one time, as far as it starts and stops clocks.
struct ticket_step {
    int64_t at;
    bool created;
    bool asked;                 // public words of the requester's side
    bool answered;              // a public answer of staff
    enum ticket_status status;  // after it; a deleted ticket counts as closed
};
// A ticket's whole life, in order. Answers that were taken back do not count.
MUST_CHECK bool ticket_steps(struct db *db, mem_ctx *ctx, const struct ticket *ticket,
                             struct ticket_step **ret, size_t *ret_count, struct error *err);
// Whether these public words are an answer of the desk, or the requester's side speaking.
bool ticket_words_answer(const struct ticket *ticket, struct user_id author, enum role role);
// Notes when the next service level is missed, 0 for none; the ticket's version stays.
MUST_CHECK bool ticket_breach_note(struct db *tx, struct ticket_id ticket, int64_t breach_at,
                                   struct error *err);
// Notes what it costs its people an hour; the ticket's version stays.
MUST_CHECK bool ticket_cost_note(struct db *tx, struct ticket_id ticket, int64_t cents_an_hour,
                                 struct error *err);

// What points at tickets: the number of a problem's incidents, or one follow-up.
struct ticket_link {
    struct ticket_id ticket;
    int64_t incidents;          // 0 in the row of a follow-up
    struct ticket_id followup;  // none in the row of a problem
};
MUST_CHECK bool ticket_links(struct db *db, mem_ctx *ctx, const struct ticket *tickets,
                             size_t count, struct ticket_link **ret, size_t *ret_count,
                             struct error *err);

// --- search -------------------------------------------------------------------------------------

struct ticket_hit {
    struct ticket ticket;
    struct html snippet;  // a line of the text with <mark> around what was found
};

// Free words ("printer blank", "\"exact phrase\"", "print*", "-word"), newest comments first, each
// ticket once. Words of internal comments find nothing for end users.
MUST_CHECK bool tickets_search(struct db *db, mem_ctx *ctx, const struct actor *actor,
                               struct str words, int64_t most, struct ticket_hit **ret,
                               size_t *ret_count, struct error *err);
// The full-text engine's form of such words; absent when nothing searchable is in them.
struct str search_expression(mem_ctx *ctx, enum db_engine engine, struct str words);
struct html search_snippet(mem_ctx *ctx, struct str text, struct str words);

// --- files --------------------------------------------------------------------------------------

// Adds a file to an upload; an absent token begins one. *ret_token names it from then on. Tokens
// live three days and are used once.
MUST_CHECK bool upload_add(struct db *tx, mem_ctx *ctx, const struct actor *actor, struct str token,
                           const struct new_file *file, int64_t now, struct str *ret_token,
                           struct attachment *ret, struct error *err);
MUST_CHECK bool upload_files(struct db *db, mem_ctx *ctx, const struct actor *actor,
                             struct str token, struct attachment **ret, size_t *ret_count,
                             struct error *err);
// Uploads that wait for a second sending: those of the tokens that are the actor's own and unused,
// one entry a token.
struct waiting_upload {
    struct str token;
    struct str name;  // of its file, or of all its files
    int64_t size;
};
MUST_CHECK bool uploads_waiting(struct db *db, mem_ctx *ctx, const struct actor *actor,
                                const struct str *tokens, size_t count, int64_t now,
                                struct waiting_upload **ret, size_t *ret_count, struct error *err);
MUST_CHECK bool upload_remove(struct db *tx, const struct actor *actor, struct str token,
                              struct error *err);
// By the unguessable token of its address; NOT_FOUND otherwise.
MUST_CHECK bool attachment_by_address(struct db *db, mem_ctx *ctx, struct str token,
                                      struct attachment *ret, struct error *err);
// By id, for who may see its ticket.
MUST_CHECK bool attachment_load(struct db *db, mem_ctx *ctx, const struct actor *actor,
                                struct attachment_id id, struct attachment *ret, struct error *err);

// --- tags and drafts ----------------------------------------------------------------------------

// Lower-cased, split at white space and commas, unique, sorted, joined by one space.
struct str tags_normalise(mem_ctx *ctx, struct str tags);

struct tag_count {
    struct str tag;
    int64_t uses;
};
MUST_CHECK bool tags_list(struct db *db, mem_ctx *ctx, int64_t most, struct tag_count **ret,
                          size_t *ret_count, struct error *err);
MUST_CHECK bool tags_complete(struct db *db, mem_ctx *ctx, struct str prefix, int64_t most,
                              struct str **ret, size_t *ret_count, struct error *err);

struct draft {
    bool is_public;
    struct str body;
    struct str uploads;  // tokens of files that go with it, one space between; absent: as before
    int64_t updated_at;
};
MUST_CHECK bool draft_load(struct db *db, mem_ctx *ctx, struct user_id user,
                           struct ticket_id ticket, struct draft *ret, bool *ret_found,
                           struct error *err);
// An empty body removes it.
MUST_CHECK bool draft_store(struct db *tx, struct user_id user, struct ticket_id ticket,
                            const struct draft *draft, struct error *err);

#endif
