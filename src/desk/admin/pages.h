// SPDX-License-Identifier: GPL-3.0-or-later
//
// View models of administration.
#ifndef STEWARD_DESK_ADMIN_PAGES_H
#define STEWARD_DESK_ADMIN_PAGES_H

#include "base/ids.h"
#include "view/layout.h"
#include "view/url.h"

struct vm_waiting_mail {
    struct mail_id id;
    struct str sender;
    struct str recipient;
    struct str subject;
    struct str reason;
    int64_t received_at;
    int64_t size;
};

struct vm_failed_mail {
    struct outmail_id id;
    struct ticket_id ticket;
    struct str address;
    struct str error;
    int64_t created_at;
};

struct vm_dead_job {
    struct job_id id;
    struct str kind;
    struct str error;
    int64_t created_at;
};

// A way to one part of administration.
struct vm_door {
    struct url link;
    struct str title;
    struct str about;
};

struct vm_admin {
    struct vm_layout layout;
    struct str query;  // what is searched for among the doors
    struct vm_door *doors;
    size_t door_count;
    struct vm_waiting_mail *mails;
    size_t mail_count;
    struct vm_failed_mail *failed;
    size_t failed_count;
    struct vm_dead_job *jobs;
    size_t job_count;
    struct str settings;  // as text
    struct str settings_file;
    bool can_send;
};

#endif
