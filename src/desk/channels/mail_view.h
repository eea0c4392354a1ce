// SPDX-License-Identifier: GPL-3.0-or-later
//
// View model of the mails that go to requesters.
#ifndef STEWARD_DESK_CHANNELS_MAIL_VIEW_H
#define STEWARD_DESK_CHANNELS_MAIL_VIEW_H

#include "view/site.h"
#include "view/url.h"
#include "view/view.h"

struct vm_mail {
    struct str desk;
    struct str mission;
    struct str author;
    struct html signature;  // below an answer
    bool has_signature;
    struct str recipient;
    struct str subject;
    bool is_reply;  // else: the acknowledgement of a new request
    struct html body;
    bool has_link;
    struct url link;
    bool can_judge;  // by these links
    struct url helped;
    struct url helped_not;
    struct str left_out;  // files that were too large to travel along
};

#endif
