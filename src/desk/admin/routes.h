// SPDX-License-Identifier: GPL-3.0-or-later
#ifndef STEWARD_DESK_ADMIN_ROUTES_H
#define STEWARD_DESK_ADMIN_ROUTES_H

#include "app/app.h"

const struct route *admin_routes(size_t *ret_count);
// One mailbox, with what went wrong; `error_since` stands beside the day. "" for nothing.
MUST_CHECK bool mailbox_show(struct ctx *ctx, struct inbox_id id, struct str error,
                             struct str error_since, struct error *err);
// Granting access to a mailbox at its provider.
bool page_mailbox_grant(struct ctx *ctx, struct error *err);
bool page_mailbox_granted(struct ctx *ctx, struct error *err);
// Where providers send the administrator back to; absent without public_url.
struct str mailbox_redirect_uri(const struct ctx *ctx);
const struct route *mailbox_routes(size_t *ret_count);

#endif
