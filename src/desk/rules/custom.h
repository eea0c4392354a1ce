// SPDX-License-Identifier: GPL-3.0-or-later
//
// What administrators defined (desk/records) as far as terms of rules name it: custom fields of the
// ticket, of its requester and of its organisation; custom statuses, forms, brands.
#ifndef STEWARD_DESK_RULES_CUSTOM_H
#define STEWARD_DESK_RULES_CUSTOM_H

#include "desk/records/records.h"
#include "desk/tickets/tickets.h"

enum defined_kind {
    DEFINED_FIELDS,
    DEFINED_USER_FIELDS,
    DEFINED_ORGANIZATION_FIELDS,
    DEFINED_STATUSES,
    DEFINED_FORMS,
    DEFINED_BRANDS,
    DEFINED_COUNT
};

struct rule_defined {
    struct {
        struct record *list;
        size_t count;
    } of[DEFINED_COUNT];
};
MUST_CHECK bool rule_defined_load(struct db *db, mem_ctx *ctx, struct rule_defined *ret,
                                  struct error *err);

// Whose field it is.
enum custom_of { CUSTOM_OF_TICKET, CUSTOM_OF_REQUESTER, CUSTOM_OF_ORGANIZATION, CUSTOM_OF_COUNT };

enum custom_kind {
    CUSTOM_TEXT,
    CUSTOM_CHOICE,
    CUSTOM_CHOICES,
    CUSTOM_FLAG,
    CUSTOM_NUMBER,
    CUSTOM_DATE
};

struct custom_field {
    enum custom_of of;
    enum custom_kind kind;
    const struct record *record;  // NULL: no field
};

// "custom_fields_7" (or "ticket_fields_7"), "requester.custom_fields.floor",
// "organization.custom_fields.plan"; false when the word has another form. ret->record is NULL when
// nobody defined such a field.
bool custom_field_parse(const struct rule_defined *defined, struct str word,
                        struct custom_field *ret);
// All such words; of the ticket's own fields only where an action is meant. Returns how many.
size_t custom_field_words(mem_ctx *ctx, const struct rule_defined *defined, bool action,
                          struct str **ret);
// An option's value for its value or its number, folded as values are; false for neither.
bool custom_option(mem_ctx *ctx, const struct record *field, struct str text, struct str *ret);

// The day of that time, `days` later, as values of dates are written: "2024-05-31".
struct str custom_day(mem_ctx *ctx, int64_t now, int64_t days);

// The values that one object has in custom fields.
struct custom_values {
    bool loaded;
    int64_t object;
    struct field_value *values;
    size_t count;
};

// What "custom_status_id", "ticket_form_id" and "brand_id" name.
enum defined_kind custom_defined_kind(struct str word);
// A ticket's custom status, form or brand as a number that is never ambiguous: the record's, or,
// for the default one, 0 (forms, brands) or -1 minus the status.
int64_t choice_number(const struct ticket *ticket, enum defined_kind kind);

#endif
