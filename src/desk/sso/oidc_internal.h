// SPDX-License-Identifier: GPL-3.0-or-later
#ifndef STEWARD_DESK_SSO_OIDC_INTERNAL_H
#define STEWARD_DESK_SSO_OIDC_INTERNAL_H

#include "desk/sso/oidc.h"
#include "json/read.h"

// The claims of an object, checked or not.
void oidc_claims_read(mem_ctx *ctx, struct jr_value claims, struct oidc_claims *ret);

#endif
