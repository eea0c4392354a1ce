// SPDX-License-Identifier: GPL-3.0-or-later
//
// Conditions and actions as lines of a form, for every page that asks for them. It needs no
// scripts: a form has empty lines for more, and lines left empty do not count.
#ifndef STEWARD_DESK_RULES_TERM_FORM_H
#define STEWARD_DESK_RULES_TERM_FORM_H

#include "app/app.h"
#include "desk/rules/pages.h"
#include "desk/rules/sentence.h"

void vm_choice_add(mem_ctx *ctx, struct vm_choices *list, struct str value, struct str label,
                   bool selected);

// The lines of the rule's terms of that place, and two empty ones; their fields are those that fit
// the rule's kind.
void rule_term_lines(mem_ctx *ctx, const struct rule *rule, enum rule_place place,
                     const struct rule_names *names, struct vm_term **ret, size_t *ret_count);
// Values that people may choose from in any line.
void rule_term_words(mem_ctx *ctx, const struct rule_names *names, struct vm_choices *ret);

// Appends to the rule the terms of that place that the form has. Whether they make sense is for
// the rule to say when it is stored.
void rule_terms_form(struct ctx *ctx, enum rule_place place, const struct rule_names *names,
                     struct rule *ret);

#endif
