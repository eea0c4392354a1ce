// SPDX-License-Identifier: GPL-3.0-or-later
//
// Shared by the files of the tend room.
#ifndef STEWARD_DESK_TEND_TEND_INTERNAL_H
#define STEWARD_DESK_TEND_TEND_INTERNAL_H

#include "desk/desk.h"
#include "desk/tend/tend.h"

// The book is another one from the end of this transaction on.
MUST_CHECK bool tend_book_changed(struct db *tx, struct error *err);

#endif
