// SPDX-License-Identifier: GPL-3.0-or-later
//
// Shared by the room's files.
#ifndef STEWARD_DESK_CATALOGUE_CATALOGUE_INTERNAL_H
#define STEWARD_DESK_CATALOGUE_CATALOGUE_INTERNAL_H

#include "desk/catalogue/catalogue.h"
#include "desk/catalogue/queries.h"

// With its fields.
MUST_CHECK bool form_of_row(struct db *db, mem_ctx *ctx, const struct form_row *row,
                            struct form *ret, struct error *err);
// The field with that mark; NULL where there is none.
const struct form_field *form_find(const struct form *form, int64_t mark);

#endif
