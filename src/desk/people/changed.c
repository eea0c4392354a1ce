// SPDX-License-Identifier: GPL-3.0-or-later
//
// People and organisations in order of their last change, deleted ones among them.
#include <stdlib.h>

#include "desk/people/people_internal.h"
#include "desk/people/queries.h"

static int user_order(const void *a, const void *b)
{
    const struct user *x = a;
    const struct user *y = b;
    return x->updated_at != y->updated_at
               ? (x->updated_at > y->updated_at) - (x->updated_at < y->updated_at)
               : (x->id.v > y->id.v) - (x->id.v < y->id.v);
}

bool users_changed(struct db *db, mem_ctx *ctx, const struct actor *actor,
                   const struct changed_query *query, struct user **ret, size_t *ret_count,
                   struct error *err)
{
    struct person_id *rows = NULL;
    size_t count = 0;
    struct user_id after = {query->id};
    if (!need_admin(actor, err) || !person_ids_changed(db, ctx, query->at, after, query->before,
                                                       query->limit, &rows, &count, err)) {
        return false;
    }
    struct user_id *ids = mem_array(ctx, struct user_id, count + 1);
    for (size_t i = 0; i < count; i++) {
        ids[i] = rows[i].id;
    }
    if (!users_by_ids(db, ctx, ids, count, ret, ret_count, err)) {
        return false;
    }
    qsort(*ret, *ret_count, sizeof **ret, user_order);
    return true;
}

static int organization_order(const void *a, const void *b)
{
    const struct organization *x = a;
    const struct organization *y = b;
    return x->updated_at != y->updated_at
               ? (x->updated_at > y->updated_at) - (x->updated_at < y->updated_at)
               : (x->id.v > y->id.v) - (x->id.v < y->id.v);
}

bool organizations_changed(struct db *db, mem_ctx *ctx, const struct actor *actor,
                           const struct changed_query *query, struct organization **ret,
                           size_t *ret_count, struct error *err)
{
    struct organization_id_row *rows = NULL;
    struct organizations_gone_row *gone = NULL;
    struct organization *living = NULL;
    size_t count = 0;
    size_t gone_count = 0;
    struct organization_id after = {query->id};
    if (!need_admin(actor, err) ||
        !organization_ids_changed(db, ctx, query->at, after, query->before, query->limit, &rows,
                                  &count, err) ||
        !organizations_gone(db, ctx, query->at, after, query->before, query->limit, &gone,
                            &gone_count, err)) {
        return false;
    }
    struct organization_id *ids = mem_array(ctx, struct organization_id, count + 1);
    for (size_t i = 0; i < count; i++) {
        ids[i] = rows[i].id;
    }
    if (!organizations_by_ids(db, ctx, ids, count, &living, &count, err)) {
        return false;
    }
    struct organization *all = mem_array(ctx, struct organization, count + gone_count + 1);
    for (size_t i = 0; i < count; i++) {
        all[i] = living[i];
    }
    for (size_t i = 0; i < gone_count; i++) {
        all[count++] = (struct organization){.id = gone[i].id,
                                             .name = gone[i].name,
                                             .external_id = gone[i].external_id,
                                             .details = STR(""),
                                             .notes = STR(""),
                                             .tags = STR(""),
                                             .domains = STR(""),
                                             .created_at = gone[i].created_at,
                                             .updated_at = gone[i].deleted_at,
                                             .deleted_at = gone[i].deleted_at};
    }
    qsort(all, count, sizeof *all, organization_order);
    *ret = all;
    *ret_count = count < (size_t)query->limit ? count : (size_t)query->limit;
    return true;
}
