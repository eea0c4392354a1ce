// SPDX-License-Identifier: GPL-3.0-or-later
//
// Shared by the HTML handlers of the people room.
#ifndef STEWARD_DESK_PEOPLE_PAGES_INTERNAL_H
#define STEWARD_DESK_PEOPLE_PAGES_INTERNAL_H

#include "desk/desk.h"
#include "desk/people/api.h"
#include "desk/people/pages.h"

// What is wrong with a field, as it stands below it: without the field's name in front.
struct str page_message(struct ctx *ctx, const struct error *why);
// "Agent", "Lead" …; "" for requesters.
struct str page_role_label(const struct ctx *ctx, enum role role);
// A page that only says something. Returns true.
bool page_note(struct ctx *ctx, const struct vm_note *note, struct str title);
// Tells that a link is over (GONE). Returns true.
bool page_link_gone(struct ctx *ctx, const struct error *why);
// Mails a link to the address in the form; the answer is the same for all addresses.
MUST_CHECK bool page_mail_link(struct ctx *ctx, enum link_purpose purpose, struct error *err);

#endif
