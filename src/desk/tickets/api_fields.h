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
    struct ticket_choice *choices;
    size_t choice_count;
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

// What a body says of fields and choices: read, carried into the change, stored after it.
struct field_binding {
    mem_ctx *mem;
    struct ticket_id ticket;  // none: a new one
    bool used;
    struct ticket_extras extras;
    struct field_value *changed;
    size_t changed_count;
    struct ticket_event *notes;
    size_t note_count;
    struct str add_tags;
    struct str remove_tags;
    struct ticket_choice choice;
    enum ticket_status status;
    bool status_given;
};
MUST_CHECK bool field_binding_read(struct field_binding *b, struct db *db, mem_ctx *mem,
                                   struct ticket_id ticket, struct jr_value body,
                                   struct error *err);
void field_binding_carry(const struct field_binding *b, struct ticket_change *change);
MUST_CHECK bool field_binding_store(const struct field_binding *b, struct db *tx,
                                    struct ticket_id ticket, struct error *err);

#endif
