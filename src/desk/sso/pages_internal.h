// SPDX-License-Identifier: GPL-3.0-or-later
#ifndef STEWARD_DESK_SSO_PAGES_INTERNAL_H
#define STEWARD_DESK_SSO_PAGES_INTERNAL_H

#include "desk/sso/pages.h"

// Where providers send people back to; "" while public_url is not set.
struct str sso_redirect_uri(const struct ctx *ctx);

bool page_sso_leave(struct ctx *ctx, struct error *err);
bool page_sso_back(struct ctx *ctx, struct error *err);
bool page_sso_list(struct ctx *ctx, struct error *err);
bool page_sso_new(struct ctx *ctx, struct error *err);
bool page_sso_edit(struct ctx *ctx, struct error *err);
bool page_sso_save(struct ctx *ctx, struct error *err);
bool page_sso_try(struct ctx *ctx, struct error *err);
bool page_sso_remove(struct ctx *ctx, struct error *err);

#endif
