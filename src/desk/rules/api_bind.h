// SPDX-License-Identifier: GPL-3.0-or-later
//
// Bodies that describe rules, bound and carried out inside a transaction, for rooms that bring
// rules from elsewhere.
#ifndef STEWARD_DESK_RULES_API_BIND_H
#define STEWARD_DESK_RULES_API_BIND_H

#include "app/api.h"
#include "desk/rules/rules.h"

// What POST of a rule's object does. INVALID with what is wrong first.
MUST_CHECK bool api_rule_make(struct ctx *ctx, struct db *tx, enum rule_kind kind,
                              struct jr_value object, struct rule *ret, struct error *err);

#endif
