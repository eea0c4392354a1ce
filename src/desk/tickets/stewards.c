// SPDX-License-Identifier: GPL-3.0-or-later
//
// What stewards have to do, and whose they are.
#include "desk/tickets/queries.h"
#include "desk/tickets/tickets.h"

bool tickets_tended(struct db *db, mem_ctx *ctx, const struct user_id *stewards, size_t count,
                    int64_t *ret, struct error *err)
{
    struct tickets_tended_by_row *rows = NULL;
    size_t row_count = 0;
    if (!tickets_tended_by(db, ctx, stewards, count, &rows, &row_count, err)) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        ret[i] = 0;
        for (size_t k = 0; k < row_count; k++) {
            ret[i] = rows[k].steward_id.v == stewards[i].v ? rows[k].tended : ret[i];
        }
    }
    return true;
}

bool tickets_assigned(struct db *db, mem_ctx *ctx, const struct user_id *people, size_t count,
                      int64_t *ret, struct error *err)
{
    struct tickets_assigned_by_row *rows = NULL;
    size_t row_count = 0;
    if (!tickets_assigned_by(db, ctx, people, count, &rows, &row_count, err)) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        ret[i] = 0;
        for (size_t k = 0; k < row_count; k++) {
            ret[i] = rows[k].assignee_id.v == people[i].v ? rows[k].assigned : ret[i];
        }
    }
    return true;
}

bool stewards_of_person(struct db *db, mem_ctx *ctx, const struct ticket *ticket,
                        struct user_id **ret, size_t *ret_count, struct error *err)
{
    struct stewards_of_requester_row *rows = NULL;
    if (!stewards_of_requester(db, ctx, ticket->requester, ticket->id, &rows, ret_count, err)) {
        return false;
    }
    *ret = mem_array(ctx, struct user_id, *ret_count + 1);
    for (size_t i = 0; i < *ret_count; i++) {
        (*ret)[i] = rows[i].steward_id;
    }
    return true;
}
