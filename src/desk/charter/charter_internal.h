// SPDX-License-Identifier: GPL-3.0-or-later
//
// What the files of the charter room share.
#ifndef STEWARD_DESK_CHARTER_CHARTER_INTERNAL_H
#define STEWARD_DESK_CHARTER_CHARTER_INTERNAL_H

#include "desk/charter/charter.h"
#include "desk/charter/queries.h"
#include "desk/people/people.h"

enum { CHARTER_TEXT_MOST = 4000, CHARTER_LINE_MOST = 300, CHARTER_YEAR_DAYS = 365 };

bool charter_staff_only(const struct actor *actor, struct error *err);
bool charter_leads_only(const struct actor *actor, struct error *err);
// Fields, values and objectives of `ret`.
bool charter_fill(struct db *db, mem_ctx *ctx, struct charter *ret, struct error *err);
bool charter_find(struct db *db, mem_ctx *ctx, int64_t id, struct charter *ret, struct error *err);
bool charter_in_state(struct db *db, mem_ctx *ctx, const char *state, struct charter *ret,
                      bool *ret_found, struct error *err);
// Active staff, management too; `least` is the lowest role.
bool charter_people(struct db *db, mem_ctx *ctx, enum role least, struct user **ret,
                    size_t *ret_count, struct error *err);
bool charter_note(struct desk *desk, struct db *tx, const struct actor *actor, const char *action,
                  const struct charter *charter, struct str change, struct error *err);

struct charter_letter {
    const char *kind;  // sign, acknowledge, review
    int64_t version;
    struct str subject;
    struct str text;
};
// A mail to one of the staff, and its row so that the next one waits.
bool charter_tell(struct desk *desk, struct db *tx, const struct user *person,
                  const struct charter_letter *letter, struct error *err);
struct charter_letter charter_letter_sign(const struct desk *desk, mem_ctx *ctx,
                                          const struct charter *charter);
struct charter_letter charter_letter_acknowledge(const struct desk *desk, mem_ctx *ctx,
                                                 const struct charter *charter);
// Writes values and objectives anew, keeping origins.
bool charter_put_lists(struct db *tx, const struct charter_change *change, struct error *err);

#endif
