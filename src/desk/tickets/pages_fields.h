// SPDX-License-Identifier: GPL-3.0-or-later
//
// Custom fields, form and custom status on the page of a ticket: shown, read from its form, and
// asked for before a ticket is solved.
#ifndef STEWARD_DESK_TICKETS_PAGES_FIELDS_H
#define STEWARD_DESK_TICKETS_PAGES_FIELDS_H

#include "desk/tickets/api_fields.h"
#include "desk/tickets/pages.h"

// By one query. With `typed`, inputs have what the form just sent instead of what is stored.
MUST_CHECK bool fields_fill(struct ctx *ctx, const struct ticket *ticket, bool typed,
                            struct vm_ticket_fields *ret, struct vm_options *statuses,
                            struct error *err);
// What the form changes of fields, form and custom status, as programs say it in a body.
MUST_CHECK bool fields_read(struct ctx *ctx, const struct ticket *ticket, struct jr_value *ret,
                            struct error *err);
// INVALID, with the fields' names, when the ticket's form asks for fields that would be empty once
// it is solved; counting what the form sent.
MUST_CHECK bool fields_complete(struct ctx *ctx, const struct ticket *ticket, struct error *err);
// The status that the form chose: that of a custom status is its category's. STATUS is left alone
// and false returned when it chose a plain one or none.
bool fields_status(struct ctx *ctx, enum ticket_status *ret);

#endif
