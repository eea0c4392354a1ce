// SPDX-License-Identifier: GPL-3.0-or-later
//
// View models of the pages of mailboxes that mail is fetched from.
#ifndef STEWARD_DESK_ADMIN_MAILBOXES_H
#define STEWARD_DESK_ADMIN_MAILBOXES_H

#include "base/ids.h"
#include "view/layout.h"

struct vm_mailbox {
    struct inbox_id id;
    struct str address;
    struct str server;  // "imap.example.org:993, INBOX"
    const char *chip;   // "solved", "open" …: the colour of the state
    const char *state;  // in a word
    struct str advice;  // what is wrong and what happens next; "" when all is well
    int64_t ok_at;
    int64_t fetched;
    bool paused;
    bool answering;
    bool failing;
};

struct vm_mailbox_sample {
    int64_t received_at;
    struct str from;
    struct str subject;
};

// One mailbox: how it is, what was asked of its server, importing.
struct vm_mailbox_page {
    struct vm_layout layout;
    struct vm_mailbox box;
    bool asked, waiting, reached;  // of the last question
    bool previewed;                // it was about an import
    struct str refused;            // why there is no answer
    int64_t asked_at;
    struct str since;  // the day asked about, "2026-11-01"
    int64_t count;
    int64_t oldest_at;
    struct vm_mailbox_sample *first;
    size_t first_count;
    bool importing, imported;
    struct str import_since;
    struct str error_since;
    struct str error;  // of the whole
    bool grants;       // access is granted at a provider
};

// On the way to a mailbox's provider.
struct vm_mailbox_grant {
    struct vm_layout layout;
    struct inbox_id id;
    struct str provider;  // "accounts.example.org"
    struct str user;
    struct str redirect_uri;
    struct url link;
};

struct vm_mailboxes {
    struct vm_layout layout;
    struct vm_mailbox *items;
    size_t count;
};

struct vm_mailbox_form {
    struct vm_layout layout;
    struct inbox_id id;  // none: a new one
    struct url action;
    struct str address, host, port, user, folder, move_to, poll_seconds, ca;
    struct str authorize_url, token_url, client, scope;
    struct str redirect_uri;  // "": public_url is not set
    struct vm_option security[3];
    struct vm_option after[3];
    struct vm_option auth[2];
    struct str error;  // of the whole
    struct str error_address, error_host, error_port, error_user, error_secret, error_folder;
    struct str error_move_to, error_poll_seconds, error_ca, error_security, error_token_url;
    struct str error_client, error_authorize_url;
};

#endif
