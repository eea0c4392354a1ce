// SPDX-License-Identifier: GPL-3.0-or-later
//
// What requesters see and fill in of a ticket's custom fields: those that administrators show to
// them, and nothing else. None is ever needed to ask a person.
#ifndef STEWARD_DESK_PORTAL_FIELDS_H
#define STEWARD_DESK_PORTAL_FIELDS_H

#include "desk/portal/pages.h"
#include "json/json.h"

// The choice of forms, and the inputs of the one chosen ("form" of the query or of what was sent),
// with what was typed.
MUST_CHECK bool portal_fields_ask(struct ctx *ctx, struct vm_ask *vm, struct error *err);
// What was filled in, as programs say it in a body.
MUST_CHECK bool portal_fields_read(struct ctx *ctx, struct jr_value *ret, struct error *err);
// The values that this ticket's requester may see, in words.
MUST_CHECK bool portal_fields_show(struct ctx *ctx, const struct ticket *ticket,
                                   struct vm_inputs *ret, struct error *err);

#endif
