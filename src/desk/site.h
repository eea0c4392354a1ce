// SPDX-License-Identifier: GPL-3.0-or-later
//
// What belongs to no room: static files, health and figures, live pages, error pages, and the
// bridges by which app/ reaches the rooms it does not know.
#ifndef STEWARD_DESK_SITE_H
#define STEWARD_DESK_SITE_H

#include "app/app.h"
#include "desk/people/people.h"
#include "desk/tickets/tickets.h"

const struct route *site_routes(size_t *ret_count);

bool site_check_password(struct ctx *ctx, struct str email, struct str password,
                         struct user_id *ret, struct error *err);
bool site_find_by_email(struct db *db, mem_ctx *ctx, struct str email, struct user_id *ret,
                        struct error *err);
struct str site_live_topics(struct ctx *ctx, struct str topics);
void site_render_error(struct ctx *ctx, const struct error *err);
bool site_end_sessions(void *desk, struct db *tx, struct user_id user, struct str except,
                       struct error *err);
bool site_person_moved(void *desk, struct db *tx, struct user_id from, struct user_id to,
                       struct error *err);
// A ticket was deleted for good: what other rooms have of it goes, too.
bool site_ticket_purged(void *desk, struct db *tx, struct ticket_id ticket, struct error *err);
// Words or a file of a comment were redacted: so are the mails that have them.
bool site_redacted(void *desk, struct db *tx, const struct redacted *what, struct error *err);
bool site_organization_moved(void *desk, struct db *tx, struct organization_id from,
                             struct organization_id to, struct error *err);
// Notes it in the trail and tells webhooks.
bool site_person_changed(void *env, struct db *tx, const struct actor *actor,
                         const struct user *before, const struct user *after, struct error *err);
bool site_organization_changed(void *env, struct db *tx, const struct actor *actor,
                               const struct organization *before, const struct organization *after,
                               struct error *err);
bool site_group_changed(void *env, struct db *tx, const struct actor *actor,
                        const struct group *before, const struct group *after, struct error *err);
bool site_sweep_sessions(struct app *app, struct error *err);

#endif
