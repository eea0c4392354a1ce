// SPDX-License-Identifier: GPL-3.0-or-later
//
// Play mode: a view hands out one ticket after the other, each to one person: what somebody has
// open is passed over, and what was handed out in this round does not come again. The round is in
// the address (play=VIEW&played=1,2) and in the forms of the ticket's page; nothing is stored.
#ifndef STEWARD_DESK_DAY_PLAY_H
#define STEWARD_DESK_DAY_PLAY_H

#include "app/app.h"
#include "base/ids.h"
#include "view/url.h"

struct vm_play {
    struct str view;  // its key in addresses; "" when nothing is played
    struct str played;
    struct url next;
    struct url stop;
};

// What the request says of the round in which the ticket is open.
void day_play_fill(struct ctx *ctx, struct ticket_id ticket, struct vm_play *ret);
// The ticket's page, in the round in which it is.
struct url day_play_stay(struct ctx *ctx, struct ticket_id ticket);
// Goes on to the next ticket; false when nothing is played.
bool day_play_next(struct ctx *ctx, struct ticket_id ticket);

#endif
