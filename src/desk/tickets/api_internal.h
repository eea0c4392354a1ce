// SPDX-License-Identifier: GPL-3.0-or-later
//
// Shared by the JSON handlers of the tickets room: writing the API's objects, and reading the
// bodies that clients send.
#ifndef STEWARD_DESK_TICKETS_API_INTERNAL_H
#define STEWARD_DESK_TICKETS_API_INTERNAL_H

#include "app/api.h"
#include "desk/desk.h"
#include "desk/tickets/api_list.h"
#include "json/json.h"

// The figures of tickets, in the working hours of their groups.
MUST_CHECK bool api_metrics_load(struct ctx *ctx, const struct ticket *tickets, size_t count,
                                 struct ticket_metric **ret, struct error *err);
// {"url":…,"id":…,"ticket_id":…,…}
void api_metric_write(struct ctx *ctx, struct jw *w, const struct ticket *ticket,
                      const struct ticket_metric *metric);
// Of the ticket, from what was loaded.
struct str api_ticket_description(const struct api_tickets *set, struct ticket_id id);
void api_collaborators_write(struct jw *w, const char *key, const struct api_tickets *set,
                             struct ticket_id id, bool ccs, bool followers);
// "via" of a channel without more.
void api_via_write(struct jw *w, struct str channel);
// body, html_body, public and so on.
void api_comment_text_write(struct ctx *ctx, struct jw *w, const struct ticket_comment *comment);

void api_attachment_write(struct ctx *ctx, struct jw *w, const struct attachment *file);
// What comments have beside their words: files, and people whose mails they were.
struct api_parts {
    struct attachment *files;
    size_t file_count;
    struct user *senders;
    size_t sender_count;
};
// One statement, none when nothing came by mail. Only staff see where mails came from.
MUST_CHECK bool api_senders_load(struct ctx *ctx, const struct ticket_comment *comments,
                                 size_t count, struct api_parts *ret, struct error *err);
void api_comment_write(struct ctx *ctx, struct jw *w, const struct ticket *ticket,
                       const struct ticket_comment *comment, const struct api_parts *parts);
// One audit with its events; `comments` are those of the ticket.
struct rule_book;
struct api_history {
    const struct rule_book *rules;  // what events of rules are named by
    const struct ticket *ticket;
    struct ticket_comment *comments;
    size_t comment_count;
    struct ticket_audit *audits;
    size_t audit_count;
    struct ticket_event *events;
    size_t event_count;
    struct attachment *files;
    size_t file_count;
};
MUST_CHECK bool api_history_load(struct ctx *ctx, const struct ticket *ticket,
                                 struct api_history *ret, struct error *err);
// Audits of several tickets with all that belongs to them.
MUST_CHECK bool api_audits_load(struct ctx *ctx, struct ticket_audit *audits, size_t count,
                                struct api_history *ret, struct error *err);
void api_audit_write(struct ctx *ctx, struct jw *w, const struct api_history *history,
                     const struct ticket_audit *audit);

// ?include=users,groups,organizations of a list of tickets.
MUST_CHECK bool api_ticket_sideloads_write(struct ctx *ctx, struct jw *w,
                                           const struct api_tickets *set, struct error *err);
// ?include=users of comments.
MUST_CHECK bool api_author_sideloads_write(struct ctx *ctx, struct jw *w,
                                           const struct ticket_comment *comments, size_t count,
                                           struct error *err);

// A body's ticket object as a change. People that it names and that do not exist yet are created
// in the transaction, so the binding happens there: see api_change_apply().
struct api_change {
    struct ctx *ctx;
    struct jr_value body;     // the object below "ticket"
    struct ticket_id ticket;  // none: create
    bool import;              // times, authors and all comments as given
    struct ticket_outcome outcome;
};
// A transaction function (db_tx_run) over a struct api_change.
bool api_change_apply(struct db *tx, void *arg, struct error *err);

// The ticket of the path, if the caller may see it.
MUST_CHECK bool api_path_ticket(struct ctx *ctx, struct ticket *ret, struct error *err);
// {"ticket":{…},"audit":{…}} on a fresh snapshot, after a write.
MUST_CHECK bool api_ticket_written(struct ctx *ctx, const struct ticket_outcome *outcome,
                                   bool with_audit, struct error *err);
// Answers {"users":[…]} of these people, in one page.
MUST_CHECK bool api_people_answer(struct ctx *ctx, const struct user_id *ids, size_t count,
                                  struct error *err);

#endif
