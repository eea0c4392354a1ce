// SPDX-License-Identifier: GPL-3.0-or-later
//
// Events: what webhooks can subscribe to beside calls by rules. Each event becomes one invocation
// of every active webhook that wants its type, in the transaction of what happened.
#ifndef STEWARD_DESK_HOOKS_EVENTS_H
#define STEWARD_DESK_HOOKS_EVENTS_H

#include "desk/people/people.h"
#include "desk/tickets/tickets.h"

struct desk;

// Observer of tickets.
bool hooks_observe(void *desk, struct db *tx, const struct ticket_applied *applied,
                   struct error *err);
// `before` is NULL when it was made; for organisations `after` is NULL when it is gone.
MUST_CHECK bool hooks_person_changed(const struct desk *desk, struct db *tx,
                                     const struct user *before, const struct user *after,
                                     struct error *err);
MUST_CHECK bool hooks_person_merged(const struct desk *desk, struct db *tx, struct user_id loser,
                                    struct user_id winner, struct error *err);
MUST_CHECK bool hooks_organization_changed(const struct desk *desk, struct db *tx,
                                           const struct organization *before,
                                           const struct organization *after, struct error *err);

// Whatever else happens: `type` is such as "article.published", `subject` such as "article:5",
// `detail` and `event` JSON objects.
struct hook_event {
    const char *type;
    struct str subject;
    struct str detail;
    struct str event;
};
MUST_CHECK bool hooks_tell(const struct desk *desk, struct db *tx, const struct hook_event *event,
                           struct error *err);

#endif
