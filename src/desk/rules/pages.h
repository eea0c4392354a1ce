// SPDX-License-Identifier: GPL-3.0-or-later
//
// View models of the pages where rules are read and written.
#ifndef STEWARD_DESK_RULES_PAGES_H
#define STEWARD_DESK_RULES_PAGES_H

#include "base/ids.h"
#include "view/layout.h"
#include "view/url.h"

struct vm_choices {
    struct vm_option *items;
    size_t count;
};

struct vm_rule {
    struct rule_id id;
    struct str title;
    struct str sentence;
    struct str audience;  // who else has it; "" for all
    bool active;
    bool can_change;
};

struct vm_rules {
    struct vm_layout layout;
    struct str kind;  // views, macros, triggers, automations: also in addresses
    struct str about;
    struct vm_rule *rules;
    size_t rule_count;
    bool can_write;
};

// A line of the form: a condition or an action.
struct vm_term {
    struct str place;  // "all", "any", "action": begins the names of its fields
    struct vm_choices fields;
    struct vm_choices operators;
    struct str value;
    struct str subject;  // of mails
    struct str text;     // of mails, the body of webhooks
};

struct vm_found {
    struct ticket_id id;
    struct str subject;
};

struct vm_rule_form {
    struct vm_layout layout;
    struct str kind;
    struct url action;
    bool is_new;
    bool is_view;
    bool has_conditions;
    bool has_actions;
    bool has_audience;
    bool can_try;
    struct str title;
    struct str description;
    bool active;
    struct vm_choices audiences;
    struct vm_term *all;
    size_t all_count;
    struct vm_term *any;
    size_t any_count;
    struct vm_term *actions;
    size_t action_count;
    struct str columns;
    struct vm_choices group_by;
    struct vm_choices sort_by;
    bool group_down;
    bool sort_down;
    struct vm_choices words;  // values to choose from
    struct str error;
    bool tried;
    struct str tried_text;
    struct vm_found *found;
    size_t found_count;
};

#endif
