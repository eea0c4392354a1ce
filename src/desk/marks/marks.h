// SPDX-License-Identifier: GPL-3.0-or-later
//
// The marks room: what one person has to do with one object beside working on it. Activities (what
// agents are told of their tickets), bookmarks, tickets passed over, organisations followed; and
// what people set for themselves in programs. Reading and writing here asks nobody: handlers make
// sure that the person is the actor's own or that they may see the object.
#ifndef STEWARD_DESK_MARKS_MARKS_H
#define STEWARD_DESK_MARKS_MARKS_H

#include "desk/tickets/tickets.h"

struct desk;

enum mark_kind { MARK_ACTIVITY, MARK_BOOKMARK, MARK_SKIP, MARK_SUBSCRIPTION };

struct mark {
    int64_t id;
    enum mark_kind kind;
    struct user_id user;
    int64_t object;             // a ticket's number, of a subscription the organisation's
    struct user_id actor;       // activities: who did it
    struct str word;            // activities: the verb; skips: the reason; else ""
    struct comment_id comment;  // activities about one
    int64_t created_at;
};

// Verbs of activities, as the API names them.
#define ACTIVITY_ASSIGNMENT "tickets.assignment"
#define ACTIVITY_COMMENT "tickets.comment"
#define ACTIVITY_PRIORITY "tickets.priority_increase"

struct mark_query {
    enum mark_kind kind;
    struct user_id user;  // of this person, or
    int64_t object;       // of this object; neither: all of the kind
    int64_t since;
};

#define MARKS_MOST 10000

// In order of id; the newest MARKS_MOST.
MUST_CHECK bool marks_list(struct db *db, mem_ctx *ctx, const struct mark_query *query,
                           struct mark **ret, size_t *ret_count, struct error *err);
// NOT_FOUND when there is none of that kind.
MUST_CHECK bool mark_load(struct db *db, mem_ctx *ctx, enum mark_kind kind, int64_t id,
                          struct mark *ret, struct error *err);
// Gives it its id. Bookmarks and subscriptions exist once: *ret_new is false when it was there, and
// `mark` is that one then.
MUST_CHECK bool mark_add(struct db *tx, mem_ctx *ctx, struct mark *mark, bool *ret_new,
                         struct error *err);
MUST_CHECK bool mark_remove(struct db *tx, int64_t id, struct error *err);

// A JSON object; "{}" when nothing was set.
MUST_CHECK bool person_settings(struct db *db, mem_ctx *ctx, struct user_id user, struct str *ret,
                                struct error *err);
MUST_CHECK bool person_settings_store(struct db *tx, struct user_id user, struct str doc,
                                      int64_t now, struct error *err);

// Who follows the ticket's organisation and may see the ticket.
MUST_CHECK bool marks_followers(struct db *tx, mem_ctx *ctx, const struct ticket *ticket,
                                struct user_id **ret, size_t *ret_count, struct error *err);

// Observer of tickets: tells the assignee of what others did.
bool marks_observe(void *desk, struct db *tx, const struct ticket_applied *applied,
                   struct error *err);
// Observer of tickets: tells colleagues whose name stands behind an "@" in an internal note.
bool mentions_observe(void *desk, struct db *tx, const struct ticket_applied *applied,
                      struct error *err);
// Whether the change's internal note names this person so.
MUST_CHECK bool mentions_name(struct desk *desk, struct db *tx,
                              const struct ticket_applied *applied, struct user_id user, bool *ret,
                              struct error *err);
// Two people, or two organisations, became one.
MUST_CHECK bool marks_person_moved(struct db *tx, struct user_id from, struct user_id to,
                                   struct error *err);
MUST_CHECK bool marks_organization_moved(struct db *tx, struct organization_id from,
                                         struct organization_id to, struct error *err);
// Forgets activities after thirty days.
bool marks_sweep(void *desk, mem_ctx *ctx, struct error *err);

#endif
