// SPDX-License-Identifier: GPL-3.0-or-later
//
// Conditions between JSON and rooms that have some of their own.
#ifndef STEWARD_DESK_RULES_API_TERMS_H
#define STEWARD_DESK_RULES_API_TERMS_H

#include "base/problems.h"
#include "desk/rules/rules.h"
#include "json/json.h"

// Adds the terms of a JSON array; what is no array of objects with a field goes to `problems`.
void api_terms_read(mem_ctx *ctx, struct jr_value list, enum rule_place place, struct rule *ret,
                    struct problems *problems);
// "conditions":{"all":[…],"any":[…]}, under that name or another.
void api_conditions_write(struct jw *w, const char *key, const struct rule *rule);

#endif
