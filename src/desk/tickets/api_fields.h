// SPDX-License-Identifier: GPL-3.0-or-later
//
// Custom fields, statuses, forms and brands of tickets: what they are, and what a body says of
// them.
#ifndef STEWARD_DESK_TICKETS_API_FIELDS_H
#define STEWARD_DESK_TICKETS_API_FIELDS_H

#include "desk/records/records.h"
#include "desk/tickets/tickets.h"

struct ticket_extras {
    struct record *fields;  // active ones that administrators defined
    size_t field_count;
    struct field_value *values;
    size_t value_count;
    struct record *statuses;
    size_t status_count;
    int64_t default_form;
    int64_t default_brand;
};
MUST_CHECK bool ticket_extras_load(struct db *db, mem_ctx *ctx, const struct ticket *tickets,
                                   size_t count, struct ticket_extras *ret, struct error *err);
// The list of all fields with the ticket's values.
void ticket_fields_write(struct jw *w, const char *key, const struct ticket_extras *x,
                         struct ticket_id id);
// custom_status_id, ticket_form_id and brand_id.
void ticket_choices_write(struct jw *w, const struct ticket_extras *x, const struct ticket *ticket);

// Only what requesters may see (or, with `editable`, fill in) stays among the fields.
void ticket_extras_for_requester(struct ticket_extras *x, bool editable);

// What a body says of fields and choices, checked; then carried into the change.
struct field_binding {
    mem_ctx *mem;
    struct ticket_id ticket;  // none: a new one
    struct ticket_extras extras;
    struct ticket_field_change *changed;
    size_t changed_count;
    struct str add_tags;
    struct str remove_tags;
    unsigned set;  // SET_CUSTOM_STATUS, SET_FORM, SET_BRAND
    bool plain;    // a status was said and no custom one
    int64_t custom_status;
    enum ticket_status status;  // of the custom status
    int64_t form;
    int64_t brand;
};
// From requesters, values of fields that they cannot fill in are passed over.
MUST_CHECK bool field_binding_read(struct field_binding *b, struct db *db, mem_ctx *mem,
                                   const struct actor *actor, struct ticket_id ticket,
                                   struct jr_value body, struct error *err);
void field_binding_carry(const struct field_binding *b, struct ticket_change *change);

#endif
