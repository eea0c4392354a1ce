// SPDX-License-Identifier: GPL-3.0-or-later
//
// Shared by the files of the tickets room only.
#ifndef STEWARD_DESK_TICKETS_INTERNAL_H
#define STEWARD_DESK_TICKETS_INTERNAL_H

#include "base/buf.h"
#include "desk/tickets/tickets.h"

// Longest texts taken in; a mail's longer body is cut by its reader, which says so in the text.
#define SUBJECT_MAX_CHARS 500
#define BODY_MAX_BYTES (1 << 20)
#define HTML_MAX_BYTES (4 << 20)
#define UPLOAD_LIFE_MS (3 * DAYS_MS)

// The columns of a ticket in the order ticket_read_row() wants them.
extern const char TICKET_COLUMNS[];
void ticket_read_row(struct db_cursor *cursor, mem_ctx *ctx, struct ticket *ret);

struct comment_row;
struct ticket_comment comment_from_row(const struct comment_row *row);

// Without asking anybody's permission.
MUST_CHECK bool ticket_load_any(struct db *db, mem_ctx *ctx, struct ticket_id id,
                                struct ticket *ret, bool *ret_found, struct error *err);

// Bound parameters of a statement being put together.
struct where {
    struct buf sql;
    struct db_value *values;
    int count;
    mem_ctx *ctx;
};

void where_init(struct where *where, mem_ctx *ctx);
// Appends one bound value and its placeholder in the engine's form.
void where_bind(struct where *where, struct db *db, struct db_value value);
// Appends " WHERE …": the query's conditions and what the actor may see.
void where_put(struct where *where, struct db *db, const struct actor *actor,
               const struct ticket_query *query);
void where_put_page(struct where *where, struct db *db, const struct ticket_query *query);

#endif
