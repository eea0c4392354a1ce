// SPDX-License-Identifier: GPL-3.0-or-later
//
// What happens with a request, in plain words for the person who asked. Statuses, tiers, groups and
// vendors stay inside.
#ifndef STEWARD_DESK_PORTAL_WORDS_H
#define STEWARD_DESK_PORTAL_WORDS_H

#include "desk/tickets/tickets.h"

// "{steward} is working on it.", for say_with(). `taken`: somebody is the request's steward.
const char *portal_happening(const struct ticket *ticket, bool taken);

#endif
