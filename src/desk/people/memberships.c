// SPDX-License-Identifier: GPL-3.0-or-later
//
// Who belongs to which organisation. A person's default one stands in their own row, too.
#include "desk/people/people_internal.h"
#include "desk/people/queries.h"

static int64_t membership_key(const void *row);

static struct organization_membership from_row(const struct organization_membership_row *row)
{
    return (struct organization_membership){.id = row->id,
                                            .user = row->user_id,
                                            .organization = row->organization_id,
                                            .organization_name = row->organization_name,
                                            .is_default = row->is_default,
                                            .created_at = row->created_at,
                                            .updated_at = row->updated_at};
}

bool organization_memberships_list(struct db *db, mem_ctx *ctx, const struct actor *actor,
                                   const struct list_query *query,
                                   struct organization_membership **ret, size_t *ret_count,
                                   struct error *err)
{
    struct organization_membership_row *rows = NULL;
    size_t count = 0;
    bool down = query->descending;
    struct membership_id after = {query->after == 0 && down ? INT64_MAX : query->after};
    bool own = query->user.v != 0 && query->user.v == actor->user.v;
    bool fine = false;
    if (!own && !need_staff(actor, err)) {
        return false;
    }
    if (query->user.v != 0) {
        fine = org_memberships_of_person(db, ctx, query->user, &rows, &count, err);
    } else if (query->organization.v != 0) {
        fine = down ? org_memberships_of_down(db, ctx, query->organization, after, query->limit,
                                              query->offset, &rows, &count, err)
                    : org_memberships_of_up(db, ctx, query->organization, after, query->limit,
                                            query->offset, &rows, &count, err);
    } else {
        fine = down ? org_memberships_down(db, ctx, after, query->limit, query->offset, &rows,
                                           &count, err)
                    : org_memberships_up(db, ctx, after, query->limit, query->offset, &rows, &count,
                                         err);
    }
    if (!fine) {
        return false;
    }
    struct organization_membership *list =
        mem_array(ctx, struct organization_membership, count + 1);
    for (size_t i = 0; i < count; i++) {
        list[i] = from_row(&rows[i]);
    }
    // A person has few: they came all at once.
    *ret_count =
        query->user.v == 0 ? count : page_cut(query, list, sizeof *list, count, membership_key);
    *ret = list;
    return true;
}

static int64_t membership_key(const void *row)
{
    return ((const struct organization_membership *)row)->id.v;
}

bool organization_memberships_count(struct db *db, mem_ctx *ctx, const struct actor *actor,
                                    const struct list_query *query, int64_t *ret, struct error *err)
{
    struct count_row row = {0};
    bool own = query->user.v != 0 && query->user.v == actor->user.v;
    bool fine = false;
    if (!own && !need_staff(actor, err)) {
        return false;
    }
    if (query->user.v != 0) {
        fine = organization_count_of_person(db, ctx, query->user, &row, err);
    } else if (query->organization.v != 0) {
        fine = org_membership_count_of(db, ctx, query->organization, &row, err);
    } else {
        fine = org_membership_count(db, ctx, &row, err);
    }
    if (fine) {
        *ret = row.n;
    }
    return fine;
}

bool organization_membership_load(struct db *db, mem_ctx *ctx, const struct actor *actor,
                                  struct membership_id id, struct organization_membership *ret,
                                  struct error *err)
{
    struct organization_membership_row row;
    bool found = false;
    if (!org_membership_row(db, ctx, id, &row, &found, err)) {
        return false;
    }
    if (!found || !may_see_user(actor, row.user_id)) {
        return error_set(err, ERR_NOT_FOUND, "There is no such membership.");
    }
    *ret = from_row(&row);
    return true;
}

// --- changing -----------------------------------------------------------------------------------

static bool set_default(struct db *tx, struct user_id user, struct organization_id organization,
                        int64_t now, struct error *err)
{
    return org_membership_set_default(tx, user, organization, now, err) &&
           person_set_organization(tx, user, organization, now, err);
}

bool organization_join(struct db *tx, mem_ctx *ctx, struct user_id user,
                       struct organization_id organization, bool is_default, int64_t now,
                       struct error *err)
{
    struct organization_membership_row row;
    struct organization_membership_row *rows = NULL;
    size_t count = 0;
    bool found = false;
    if (!org_membership_of_pair(tx, ctx, user, organization, &row, &found, err) ||
        !org_memberships_of_person(tx, ctx, user, &rows, &count, err)) {
        return false;
    }
    struct membership_id id = {found ? row.id.v : db_next_id(tx)};
    if (!found && !org_membership_insert(tx, id, user, organization, false, now, err)) {
        return false;
    }
    return !(is_default || count == 0) || set_default(tx, user, organization, now, err);
}

bool organization_leave(struct db *tx, mem_ctx *ctx, struct user_id user,
                        struct organization_id organization, int64_t now, struct error *err)
{
    struct organization_membership_row *rows = NULL;
    struct organization_id next = {0};
    size_t count = 0;
    bool was_default = false;
    if (!org_memberships_of_person(tx, ctx, user, &rows, &count, err)) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        if (rows[i].organization_id.v != organization.v) {
            next = next.v == 0 ? rows[i].organization_id : next;
            continue;
        }
        was_default = rows[i].is_default;
        if (!org_membership_delete(tx, rows[i].id, err)) {
            return false;
        }
    }
    return !was_default || set_default(tx, user, next, now, err);
}

bool organization_membership_add(const struct people *room, struct db *tx, mem_ctx *ctx,
                                 const struct actor *actor, const struct new_membership *add,
                                 struct organization_membership *ret, struct error *err)
{
    struct user_id user = add->user;
    struct organization_id organization = add->organization;
    struct organization_membership_row row;
    struct user person;
    bool exists = false;
    bool found = false;
    if (!need_agent(actor, err) || !user_need(tx, ctx, user, &person, err) ||
        !organization_exists(tx, ctx, organization, &exists, err)) {
        return false;
    }
    if (!exists) {
        return error_field(err, "organization", "RecordNotFound",
                           "Organization: there is no such organization");
    }
    if (!org_membership_of_pair(tx, ctx, user, organization, &row, &found, err)) {
        return false;
    }
    if (found) {
        return error_field(err, "organization_id", "DuplicateValue",
                           "Organization: this person is a member already");
    }
    if (!organization_join(tx, ctx, user, organization, add->is_default, clock_now(room->clock),
                           err) ||
        !org_membership_of_pair(tx, ctx, user, organization, &row, &found, err)) {
        return false;
    }
    *ret = from_row(&row);
    return true;
}

bool organization_membership_remove(const struct people *room, struct db *tx, mem_ctx *ctx,
                                    const struct actor *actor, struct membership_id id,
                                    struct error *err)
{
    struct organization_membership membership;
    return need_agent(actor, err) &&
           organization_membership_load(tx, ctx, actor, id, &membership, err) &&
           organization_leave(tx, ctx, membership.user, membership.organization,
                              clock_now(room->clock), err);
}

bool organization_membership_make_default(const struct people *room, struct db *tx, mem_ctx *ctx,
                                          const struct actor *actor, struct membership_id id,
                                          struct error *err)
{
    struct organization_membership membership;
    return need_agent(actor, err) &&
           organization_membership_load(tx, ctx, actor, id, &membership, err) &&
           set_default(tx, membership.user, membership.organization, clock_now(room->clock), err);
}
