// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/actor.h"

bool actor_is_staff(const struct actor *actor)
{
    return actor->role >= ROLE_LIGHT_AGENT;
}

bool actor_is_agent(const struct actor *actor)
{
    return actor->role >= ROLE_AGENT;
}

bool actor_is_admin(const struct actor *actor)
{
    return actor->role >= ROLE_ADMIN;
}

bool actor_in_group(const struct actor *actor, struct group_id group)
{
    for (size_t i = 0; i < actor->group_count; i++) {
        if (actor->groups[i].v == group.v) {
            return true;
        }
    }
    return false;
}

struct actor actor_system(enum channel channel)
{
    return (struct actor){.role = ROLE_SYSTEM,
                          .scope = SCOPE_ALL,
                          .name = STR("Steward"),
                          .email = STR(""),
                          .channel = channel,
                          .locale = STR("en-US"),
                          .time_zone = STR("UTC"),
                          .address = STR_NONE};
}
