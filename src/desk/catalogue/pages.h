// SPDX-License-Identifier: GPL-3.0-or-later
//
// View models of services and forms, and the room's routes.
#ifndef STEWARD_DESK_CATALOGUE_PAGES_H
#define STEWARD_DESK_CATALOGUE_PAGES_H

#include "app/app.h"
#include "desk/catalogue/catalogue.h"
#include "view/layout.h"

struct vm_service {
    struct object_id id;
    struct str name;
    struct str summary;
    bool open;
    bool first;
    bool last;
};

struct vm_services {
    struct vm_layout layout;
    struct vm_service *services;
    size_t count;
    struct str error;
    struct str name;  // typed for a new one
};

// A field as people fill it in, and as administrators arrange it.
struct vm_field {
    int64_t mark;
    struct str kind;
    bool text;  // an <input> of the type `type`
    const char *type;
    bool area;
    bool choice;
    bool yes;
    bool file;
    struct str label;
    struct str hint;
    bool required;
    bool must;  // the browser insists: required, and always shown
    struct str value;
    struct str error;
    struct vm_option *options;
    size_t option_count;
    int64_t when_mark;
    struct str when_value;
    struct str when_label;  // of the field that it depends on
    // For arranging.
    struct str choices;
    struct str preset;
    struct vm_option *kinds;
    size_t kind_count;
    struct vm_option *befores;  // that it can depend on
    size_t before_count;
    bool first;
    bool last;
};

struct vm_form {
    struct vm_layout layout;
    struct object_id id;
    struct str name;
    struct str summary;
    int64_t number;
    bool known;       // signed in
    bool preview;     // nothing is sent
    struct str back;  // of a preview: "admin" or "staff"
    struct str person_name;
    struct str email;
    struct str error_email;
    struct str error;
    struct vm_field *fields;
    size_t field_count;
};

struct vm_version {
    int64_t number;
    bool draft;
    struct str author;
    int64_t at;
    int64_t requests;
};

struct vm_arrange {
    struct vm_form form;
    bool open;
    bool draft;
    bool other;  // there is a published version
    struct vm_field added;
    struct vm_version *versions;
    size_t version_count;
};

#define ROUTE(method, path, handler, kind, who, rate, limit, stream)                               \
    bool handler(struct ctx *ctx, struct error *err);
#include "desk/catalogue/routes.def"
#undef ROUTE

// The form for this reader; `answers` may be NULL.
void catalogue_fill_form(struct ctx *ctx, const struct service *service, const struct form *form,
                         const struct answers *answers, struct vm_form *vm);

const struct route *catalogue_routes(size_t *ret_count);

#endif
