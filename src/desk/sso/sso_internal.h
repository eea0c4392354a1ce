// SPDX-License-Identifier: GPL-3.0-or-later
#ifndef STEWARD_DESK_SSO_SSO_INTERNAL_H
#define STEWARD_DESK_SSO_SSO_INTERNAL_H

#include "desk/sso/sso.h"

// UNAUTHENTICATED for whoever is suspended or gone.
bool sso_may_come(const struct user *user, struct error *err);
// Whoever has the address, or, where the provider welcomes newcomers, somebody new.
// UNAUTHENTICATED.
bool sso_by_address(const struct desk *desk, struct db *tx, mem_ctx *ctx,
                    const struct sso_provider *provider, const struct oidc_claims *claims,
                    struct user *ret, struct error *err);
// What administrators did to one, in the audit log.
bool sso_note(struct db *tx, const struct actor *actor, const struct sso_provider *p,
              const char *action, int64_t now, struct error *err);

#endif
