// SPDX-License-Identifier: GPL-3.0-or-later
//
// The product, wired: which rooms there are, who observes a ticket's change and in what order,
// which routes and jobs exist. desk.c is the one table of contents. What handlers of several rooms
// share stands here too.
#ifndef STEWARD_DESK_DESK_H
#define STEWARD_DESK_DESK_H

#include <stdatomic.h>

#include "app/app.h"
#include "desk/people/people.h"
#include "desk/tickets/tickets.h"
#include "jobs/jobs.h"
#include "view/layout.h"
#include "view/view.h"

struct rules;
struct service_room;
struct charter_room;
struct tend_room;
struct sso_room;

struct desk {
    struct app *app;
    struct mailbox_known *mailboxes;  // that mail is fetched from
    struct tickets tickets;
    struct people people;
    struct rules *rules;
    struct service_room *service;
    struct charter_room *charter;
    struct tend_room *tend;  // desk/tend/tend.h
    struct sso_room *sso;    // desk/sso/sso.h
    struct view_site *site;
    struct mailer *mailer;
    struct contact *contact;  // desk/contact/contact.h
    atomic_bool stopping;     // mails under way end soon
    atomic_bool draining;     // /healthz says that no more requests should come here
};

// Wires the rooms into `app` (routes, actor loading, hooks). The desk lives in `ctx`.
MUST_CHECK bool desk_new(mem_ctx *ctx, struct app *app, struct desk **ret, struct error *err);

// The routes of all rooms, in their order.
struct route_table *desk_routes(mem_ctx *ctx);

// --- for handlers -------------------------------------------------------------------------------

struct desk *desk_of(const struct ctx *ctx);
const struct tickets *desk_tickets(const struct ctx *ctx);
const struct people *desk_people(const struct ctx *ctx);

// Prepares the view and its layout for this reader: name, token for forms, zone, what is active.
void desk_page_begin(struct ctx *ctx, struct view *v, struct vm_layout *layout, struct str title,
                     const char *nav);

// The text of a composer form: `html` (from the rich editor, sanitised here) or `body` (plain), and
// its files: sent along, or ahead as `uploads`. Files are in the blob store when this returns.
// Until when what is sent now can be taken back.
int64_t desk_undo_until(const struct ctx *ctx);
MUST_CHECK bool desk_read_comment(struct ctx *ctx, struct new_comment *ret, struct error *err);

// Puts a file of a form into the blob store.
MUST_CHECK bool desk_store_file(struct ctx *ctx, const struct http_file *file, struct new_file *ret,
                                struct error *err);
// A safe name to show and to save under.
struct str desk_file_name(mem_ctx *ctx, struct str raw);

// What runs in the background (desk.c), for the job runner.
extern const struct job_kind DESK_JOBS[];
extern const size_t DESK_JOB_COUNT;
extern const struct job_timer DESK_TIMERS[];
extern const size_t DESK_TIMER_COUNT;

#endif
