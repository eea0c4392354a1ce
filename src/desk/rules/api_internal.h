// SPDX-License-Identifier: GPL-3.0-or-later
//
// Shared by the JSON handlers of the rules room: the API's shapes of rules and their terms.
#ifndef STEWARD_DESK_RULES_API_INTERNAL_H
#define STEWARD_DESK_RULES_API_INTERNAL_H

#include "app/api.h"
#include "desk/desk.h"
#include "desk/rules/api_terms.h"
#include "desk/rules/rules.h"
#include "json/json.h"

// --- reading ------------------------------------------------------------------------------------

// The change that a rule's object asks for.
bool api_rule_change_read(struct ctx *ctx, struct jr_value object, enum rule_kind kind,
                          struct rule_change *ret, struct problems *problems);

// --- writing ------------------------------------------------------------------------------------

// "view", and its plural.
const char *api_rule_key(enum rule_kind kind, bool plural);
struct str api_rule_url(struct ctx *ctx, const struct rule *rule);
void api_rule_write(struct ctx *ctx, struct jw *w, const struct rule *rule);
void api_columns_write(struct jw *w, const char *key, const struct rule *view);

// The kind that the request's address names.
enum rule_kind api_rule_kind(const struct ctx *ctx);
// The rules as the request sees them.
MUST_CHECK bool api_rules_read(struct ctx *ctx, const struct rule_book **ret, struct error *err);
// The one in the address, for who may see it.
MUST_CHECK bool api_rule_load(struct ctx *ctx, enum rule_kind kind, int64_t id,
                              const struct rule **ret, struct error *err);

#endif
