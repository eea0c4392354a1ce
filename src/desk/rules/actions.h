// SPDX-License-Identifier: GPL-3.0-or-later
//
// Actions: what macros, triggers and automations do to a ticket. Written as terms, compiled once.
#ifndef STEWARD_DESK_RULES_ACTIONS_H
#define STEWARD_DESK_RULES_ACTIONS_H

#include "desk/rules/conditions.h"

enum action_field {
#define ACTION(name, word, label, value, where) ACTION_##name,
#include "desk/rules/actions.def"
#undef ACTION
    ACTION_COUNT
};

enum action_value {
    ACTION_VALUE_STATUS,
    ACTION_VALUE_PRIORITY,
    ACTION_VALUE_TYPE,
    ACTION_VALUE_GROUP,
    ACTION_VALUE_PERSON,
    ACTION_VALUE_TEXT,
    ACTION_VALUE_TAGS,
    ACTION_VALUE_COMMENT,
    ACTION_VALUE_FLAG,
    ACTION_VALUE_MAIL_PERSON,
    ACTION_VALUE_MAIL_GROUP,
    ACTION_VALUE_HOOK,
    ACTION_VALUE_CHOICE,
    ACTION_VALUE_CUSTOM
};

// Beside those of conditions: whom a mail goes to.
enum { ID_REQUESTER_AND_CCS = -6 };

struct rule_action {
    enum action_field field;
    int64_t number;               // enumerations, flags, ids; below 0: somebody else each time
    struct str text;              // tags, subjects, comments; a message's body
    struct str subject;           // a message's; the webhook to call
    const struct record *record;  // the custom field (`text` absent: cleared), status, form, brand
};

// Compiles the actions among the terms; what is wrong goes to `problems` (field "base"), and it
// says whether nothing was.
bool actions_compile(mem_ctx *ctx, enum rule_kind kind, const struct rule_defined *defined,
                     const struct rule_term *terms, size_t count, struct rule_action **ret,
                     size_t *ret_count, struct problems *problems);
// Automations run again and again, so one of the actions must end one of the conditions of `all`:
// true when it does.
bool actions_end_conditions(const struct conditions *conditions, const struct rule_action *actions,
                            size_t count);
// Whether the conditions of `all` speak of time.
bool conditions_have_time(const struct conditions *conditions);

MUST_CHECK bool action_field_parse(struct str word, enum action_field *ret);
struct str action_field_word(enum action_field field);
struct str action_field_label(enum action_field field);
enum action_value action_value_kind(enum action_field field);
bool action_field_fits(enum action_field field, enum rule_kind kind);

#endif
