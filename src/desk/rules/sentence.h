// SPDX-License-Identifier: GPL-3.0-or-later
//
// Rules as people read them, and the names that stand for ids there.
#ifndef STEWARD_DESK_RULES_SENTENCE_H
#define STEWARD_DESK_RULES_SENTENCE_H

#include "desk/people/people.h"
#include "desk/rules/rules.h"

// Groups by name, agents by mail address, what administrators defined by its name: what people
// write in place of ids.
struct rule_names {
    struct group *groups;
    size_t group_count;
    struct user *agents;
    size_t agent_count;
    struct rule_defined defined;
};
MUST_CHECK bool rule_names_load(struct db *db, mem_ctx *ctx, struct rule_names *ret,
                                struct error *err);

// "When the ticket is created and subject contains at least one of “fire”: set priority to urgent."
struct str rule_sentence(mem_ctx *ctx, const struct rule *rule, const struct rule_names *names);

// What the field of a term is called: “Site” for custom_fields_17; the word itself when unknown.
struct str rule_field_label(mem_ctx *ctx, const struct rule_names *names,
                            const struct rule_term *term);

// A value as people read and write it, and back: "Network" for 17, "tom@desk.example" for 2001.
// What is no id, and what has no name, stays as it is.
struct str rule_value_shown(const struct rule_names *names, const struct rule_term *term,
                            size_t part);
// All of them, one after the other: “Oslo, Rome”.
struct str rule_values_shown(mem_ctx *ctx, const struct rule_names *names,
                             const struct rule_term *term);
struct str rule_value_read(mem_ctx *ctx, const struct rule_names *names,
                           const struct rule_term *term, struct str text);

#endif
