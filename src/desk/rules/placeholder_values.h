// SPDX-License-Identifier: GPL-3.0-or-later
//
// What the names in placeholders stand for.
#ifndef STEWARD_DESK_RULES_PLACEHOLDER_VALUES_H
#define STEWARD_DESK_RULES_PLACEHOLDER_VALUES_H

#include "desk/rules/placeholders.h"

enum placeholder_list { LIST_NONE, LIST_COMMENTS, LIST_PUBLIC_COMMENTS, LIST_TAGS, LIST_CCS };

// "ticket.requester.name" …; empty for what is not known or not set.
struct str placeholder_value(struct placeholder_facts *facts, struct str name);

enum placeholder_list placeholder_list_parse(struct str name);
size_t placeholder_list_count(struct placeholder_facts *facts, enum placeholder_list list);
// An attribute of one of them, absent: itself.
struct str placeholder_item(struct placeholder_facts *facts, enum placeholder_list list,
                            size_t index, struct str attribute);

#endif
