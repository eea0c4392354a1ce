// SPDX-License-Identifier: GPL-3.0-or-later
//
// Who does something, and through which channel. Every room function that changes or shows
// anything takes one and asks it.
#ifndef STEWARD_APP_ACTOR_H
#define STEWARD_APP_ACTOR_H

#include <stdbool.h>

#include "base/ids.h"
#include "base/str.h"

// Ordered: each may do what those before it may.
enum role {
    ROLE_NONE,
    ROLE_END_USER,
    ROLE_LIGHT_AGENT,
    ROLE_AGENT,
    ROLE_LEAD,
    ROLE_ADMIN,
    ROLE_SYSTEM
};

// The API's word for the channel (via.channel).
#define CHANNELS                                                                                   \
    CHANNEL(WEB, "web")                                                                            \
    CHANNEL(EMAIL, "email")                                                                        \
    CHANNEL(API, "api")                                                                            \
    CHANNEL(PORTAL, "help_center")                                                                 \
    CHANNEL(RULE, "rule")                                                                          \
    CHANNEL(SYSTEM, "system")                                                                      \
    CHANNEL(VOICE, "voice")                                                                        \
    CHANNEL(CHAT, "chat")

enum channel {
#define CHANNEL(name, word) CHANNEL_##name,
    CHANNELS
#undef CHANNEL
};

enum access_scope { SCOPE_ALL, SCOPE_GROUPS, SCOPE_ORGANIZATION, SCOPE_ASSIGNED, SCOPE_OWN };

struct actor {
    struct user_id user;  // none for anonymous and system
    enum role role;
    enum access_scope scope;  // which tickets staff may see
    struct str name;
    struct str email;
    struct organization_id organization;
    bool sees_organization;         // end user who may see the organisation's tickets
    const struct group_id *groups;  // sorted by id
    size_t group_count;
    enum channel channel;
    struct str locale;     // "en-US"
    struct str time_zone;  // IANA name
    struct str address;    // peer address for the audit
};

bool actor_is_staff(const struct actor *actor);  // light agent and up
bool actor_is_agent(const struct actor *actor);  // agent and up
bool actor_is_admin(const struct actor *actor);  // admin and system
bool actor_in_group(const struct actor *actor, struct group_id group);
// The desk itself: rules, timers, mail intake.
struct actor actor_system(enum channel channel);

#endif
