// SPDX-License-Identifier: GPL-3.0-or-later
//
// The room's routes and pages.
#ifndef STEWARD_DESK_NOTICES_PAGES_H
#define STEWARD_DESK_NOTICES_PAGES_H

#include "app/app.h"
#include "desk/notices/notices.h"
#include "view/layout.h"

struct vm_notice_line {
    struct str word;  // of the kind
    const char *name;
    const char *hint;
    struct vm_option mails[NOTICE_MAILS];
    bool push;
};

struct vm_notices {
    struct vm_layout layout;
    struct vm_notice_line lines[NOTICE_KINDS];
    struct vm_option hours[24];
    struct str push_key;
    struct push_browser *browsers;
    size_t browser_count;
    struct str error;
};

const struct route *notices_routes(size_t *ret_count);

bool page_notices(struct ctx *ctx, struct error *err);
bool page_notices_save(struct ctx *ctx, struct error *err);
bool page_notices_browser(struct ctx *ctx, struct error *err);
bool page_notices_browser_remove(struct ctx *ctx, struct error *err);
bool page_notices_browser_try(struct ctx *ctx, struct error *err);
bool page_notices_worker(struct ctx *ctx, struct error *err);

#endif
