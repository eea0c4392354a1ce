// SPDX-License-Identifier: GPL-3.0-or-later
//
// Custom fields as inputs of a page, and what such a form sent. Beside each input stands what it
// showed ("was-NAME"), so that a box without a tick is told from a field that was not there, and
// what somebody else changed meanwhile is not set back.
#ifndef STEWARD_DESK_RECORDS_INPUTS_H
#define STEWARD_DESK_RECORDS_INPUTS_H

#include "app/app.h"
#include "desk/records/pages.h"
#include "desk/records/records.h"

// The input for a field with this stored value (absent: none). People are shown by their address,
// organisations by name; only those two read the database.
MUST_CHECK bool field_input(struct ctx *ctx, const struct record *field, struct str value,
                            struct vm_input *ret, struct error *err);
// What was typed for it, when the form had it; in *ret_changed whether that is not what it showed.
bool field_sent(struct ctx *ctx, const struct record *field, struct str *ret, bool *ret_changed);
// Puts what was typed into the input instead of the stored value.
void field_input_retype(struct vm_input *input, struct str typed);
// {"id": …, "value": …} as programs send it. INVALID when a person or organisation is not known.
MUST_CHECK bool field_sent_write(struct ctx *ctx, struct jw *w, const struct record *field,
                                 struct str typed, struct error *err);

#endif
