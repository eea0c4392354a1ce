// SPDX-License-Identifier: GPL-3.0-or-later
//
// What goes along with a message beside its text: changes that a macro proposed, the people in
// copy; and what is worth a second look before it leaves. Shared by the ticket's page and what the
// editor asks for while somebody writes.
#ifndef STEWARD_DESK_TICKETS_PAGES_COMPOSE_H
#define STEWARD_DESK_TICKETS_PAGES_COMPOSE_H

#include "desk/tickets/pages.h"
#include "mail/message.h"

struct compose {
    struct ctx *ctx;
    struct ticket_change asked;  // the boxes that were left ticked
    struct collaborator_change *people;
    size_t person_count;
    bool has_copy;  // the form had the line of copies
    struct str copy_line;
    struct mail_address *copy;
    size_t copy_count;
    struct str *fields;  // boxes on custom fields: "17=oslo"
    size_t field_count;
};

// Reads the form's boxes ("set": "status=pending") and its line of copies. INVALID for what it
// does not know or cannot read as an address.
MUST_CHECK bool compose_read(struct ctx *ctx, struct compose *ret, struct error *err);
// Inside the transaction: who is meant by the line of copies (made when unknown), against whom the
// form showed. Sets the change's collaborators. What is written inside leaves the copies alone.
MUST_CHECK bool compose_people(struct compose *c, struct db *tx, struct ticket_change *change,
                               struct error *err);
// Inside the transaction: custom fields that the boxes name, checked, into the change.
MUST_CHECK bool compose_fields(struct compose *c, struct db *tx, struct ticket_change *change,
                               struct error *err);
// The changes as boxes to tick.
MUST_CHECK bool compose_sets(struct ctx *ctx, const struct ticket_change *change,
                             const struct collaborator_change *people, size_t person_count,
                             struct vm_sets *ret, struct error *err);
// The boxes on custom fields that compose_read() read, behind those.
MUST_CHECK bool compose_field_sets(const struct compose *c, struct vm_sets *ret, struct error *err);
// "Ana Ruiz <ana@example.org>, …" and their numbers, of those who have an address.
void compose_copy_line(mem_ctx *ctx, const struct vm_person *people, size_t count,
                       struct str *ret_line, struct str *ret_ids);

// Why a public reply should be looked at once more; none: an empty list. What the form says was
// looked at already ("sure") is left out.
MUST_CHECK bool compose_warnings(struct ctx *ctx, const struct ticket *ticket,
                                 const struct new_comment *comment, struct vm_warnings *ret,
                                 struct error *err);

// What the macro would do to this ticket, to be shown. NOT_FOUND when it is not the actor's to use.
MUST_CHECK bool compose_macro(struct ctx *ctx, const struct ticket *ticket, int64_t macro,
                              struct vm_macro *ret, struct error *err);

#endif
