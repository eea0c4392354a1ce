// SPDX-License-Identifier: GPL-3.0-or-later
//
// View models of the pages where administrators set when the desk works and what it owes.
#ifndef STEWARD_DESK_SERVICE_PAGES_H
#define STEWARD_DESK_SERVICE_PAGES_H

#include "desk/rules/pages.h"
#include "desk/service/service.h"

struct vm_hours_line {
    struct schedule_id id;
    struct str name;
    struct str time_zone;
    struct str groups;  // "" where it is nobody's own
    int64_t free_days;
    bool everybody;  // counts for those without their own
};

struct vm_hours_list {
    struct vm_layout layout;
    struct vm_hours_line *lines;
    size_t count;
};

struct vm_hours_day {
    struct str name;
    struct str field;
    struct str hours;
};

struct vm_hours_form {
    struct vm_layout layout;
    struct url action;
    bool is_new;
    struct str name;
    struct str time_zone;
    struct vm_hours_day days[7];  // Monday first
    struct str free_days;
    struct vm_choices groups;
    struct str error;
};

struct vm_level_line {
    struct policy_id id;
    struct str title;
    struct str about;
    struct str sentence;
    struct str targets;
    bool broken;
};

struct vm_levels {
    struct vm_layout layout;
    struct vm_level_line *lines;
    size_t count;
};

struct vm_level_target {
    struct str field;
    struct str label;
    struct str span;
};

struct vm_level_row {
    struct str label;
    struct str business_field;
    bool business;
    struct vm_level_target targets[4];  // urgent first
};

struct vm_level_form {
    struct vm_layout layout;
    struct url action;
    bool is_new;
    struct str title;
    struct str about;
    struct vm_term *all;
    size_t all_count;
    struct vm_term *any;
    size_t any_count;
    struct vm_choices words;
    struct vm_level_row rows[METER_COUNT];
    struct str error;
};

#endif
