// SPDX-License-Identifier: GPL-3.0-or-later
#ifndef STEWARD_DESK_SSO_PAGES_INTERNAL_H
#define STEWARD_DESK_SSO_PAGES_INTERNAL_H

#include "desk/sso/pages.h"

// Where providers send people back to; "" while public_url is not set.
struct str sso_redirect_uri(const struct ctx *ctx);

// Whether there is one in use.
bool sso_any_directory(struct ctx *ctx, bool *ret, struct error *err);
// For the list of all places.
bool sso_directory_rows(struct ctx *ctx, struct vm_sso_row **ret, size_t *ret_count,
                        struct error *err);

bool page_sso_leave(struct ctx *ctx, struct error *err);
bool page_sso_back(struct ctx *ctx, struct error *err);
bool page_sso_list(struct ctx *ctx, struct error *err);
bool page_sso_new(struct ctx *ctx, struct error *err);
bool page_sso_edit(struct ctx *ctx, struct error *err);
bool page_sso_save(struct ctx *ctx, struct error *err);
bool page_sso_try(struct ctx *ctx, struct error *err);
bool page_sso_remove(struct ctx *ctx, struct error *err);
bool page_directory_new(struct ctx *ctx, struct error *err);
bool page_directory_edit(struct ctx *ctx, struct error *err);
bool page_directory_save(struct ctx *ctx, struct error *err);
bool page_directory_try(struct ctx *ctx, struct error *err);
bool page_directory_remove(struct ctx *ctx, struct error *err);

#endif
