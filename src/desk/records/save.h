// SPDX-License-Identifier: GPL-3.0-or-later
//
// Changing records, for pages and programs alike: each call is one transaction that keeps what
// holds among records (one default of a kind, options that no other field has) and notes it in the
// trail. Who may is the route's word: administrators.
#ifndef STEWARD_DESK_RECORDS_SAVE_H
#define STEWARD_DESK_RECORDS_SAVE_H

#include "app/app.h"
#include "desk/records/records.h"

// id 0: a new one. INVALID with the member at fault.
MUST_CHECK bool record_save(struct ctx *ctx, const struct record_kind *kind, int64_t id,
                            struct jr_value body, struct record *ret, struct error *err);
// The same inside a transaction of the caller's.
MUST_CHECK bool record_save_in(struct ctx *ctx, struct db *tx, const struct record_kind *kind,
                               int64_t id, struct jr_value body, struct record *ret,
                               struct error *err);
MUST_CHECK bool record_remove(struct ctx *ctx, const struct record_kind *kind, int64_t id,
                              struct error *err);
// These first, in this order.
MUST_CHECK bool record_order(struct ctx *ctx, const struct record_kind *kind, const int64_t *ids,
                             size_t count, struct error *err);

#endif
