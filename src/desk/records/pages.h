// SPDX-License-Identifier: GPL-3.0-or-later
//
// View models of the pages where administrators define fields, forms and statuses, and of the
// inputs that fields become wherever they are filled in.
#ifndef STEWARD_DESK_RECORDS_PAGES_H
#define STEWARD_DESK_RECORDS_PAGES_H

#include "base/ids.h"
#include "view/layout.h"
#include "view/url.h"

// One labelled input. `kind`: text, area, flag, choice, choices, number, decimal, date, email.
struct vm_input {
    struct str name;
    struct str label;
    struct str hint;
    const char *kind;
    struct str value;
    bool tracked;  // the form also sends what it was when the page was made
    struct str was;
    bool checked;
    bool required;
    struct vm_option *options;
    size_t option_count;
    struct str error;
};

struct vm_inputs {
    struct vm_input *items;
    size_t count;
};

struct vm_record {
    int64_t id;
    struct str title;
    struct str kind;   // its type, in words
    struct str about;  // who sees it and when it is needed, in words
    bool active;
    bool can_delete;
};

struct vm_records {
    struct vm_layout layout;
    struct str kind;  // in addresses
    struct str about;
    struct vm_record *items;
    size_t count;
    struct vm_option *types;  // to choose from for a new one; none: there is one type
    size_t type_count;
};

// "A is shown only when B has this value": options of B and A.
struct vm_form_condition {
    struct vm_option *parents;
    struct vm_option *children;
    size_t count;
    struct str value;
};

struct vm_record_form {
    struct vm_layout layout;
    struct str kind;
    struct url action;
    struct str type;
    bool can_delete;
    bool has_places;
    struct vm_inputs inputs;
    struct vm_inputs places;
    struct vm_form_condition *conditions;
    size_t condition_count;
    struct str error;
};

#endif
