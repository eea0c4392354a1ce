// SPDX-License-Identifier: GPL-3.0-or-later
//
// Groups of agents and who is in them. There are few, so lists are read whole.
#include <stdlib.h>

#include "desk/people/people_internal.h"
#include "desk/people/queries.h"

static int64_t group_key(const void *row);
static int64_t membership_key(const void *row);

static struct group from_row(const struct group_row *row)
{
    return (struct group){.id = row->id,
                          .name = row->name,
                          .description = row->description,
                          .is_public = row->is_public,
                          .is_default = row->is_default,
                          .deleted = row->deleted,
                          .created_at = row->created_at,
                          .updated_at = row->updated_at};
}

static struct group *from_rows(mem_ctx *ctx, const struct group_row *rows, size_t count)
{
    struct group *list = mem_array(ctx, struct group, count + 1);
    for (size_t i = 0; i < count; i++) {
        list[i] = from_row(&rows[i]);
    }
    return list;
}

static int compare_names(const void *a, const void *b)
{
    return str_cmp(((const struct group *)a)->name, ((const struct group *)b)->name);
}

bool groups_all(struct db *db, mem_ctx *ctx, struct group **ret, size_t *ret_count,
                struct error *err)
{
    struct group_row *rows = NULL;
    size_t count = 0;
    if (!group_rows(db, ctx, false, &rows, &count, err)) {
        return false;
    }
    *ret = from_rows(ctx, rows, count);
    *ret_count = count;
    qsort(*ret, count, sizeof **ret, compare_names);
    return true;
}

static bool find(struct db *db, mem_ctx *ctx, struct group_id id, struct group *ret, bool *found,
                 struct error *err)
{
    struct group_row row;
    if (!group_row_by_id(db, ctx, id, &row, found, err)) {
        return false;
    }
    *ret = from_row(&row);
    return true;
}

bool group_exists(struct db *db, struct group_id id, bool *ret, struct error *err)
{
    struct group group;
    mem_ctx *ctx = mem_ctx_new(NULL, "group_exists");
    bool found = false;
    bool fine = find(db, ctx, id, &group, &found, err);
    if (fine) {
        *ret = found && !group.deleted;
    }
    mem_free(ctx);
    return fine;
}

bool group_has_member(struct db *db, struct group_id group, struct user_id user, bool *ret,
                      struct error *err)
{
    struct group_membership_row_t row;
    mem_ctx *ctx = mem_ctx_new(NULL, "group_has_member");
    bool fine = group_membership_of_pair(db, ctx, user, group, &row, ret, err);
    mem_free(ctx);
    return fine;
}

bool group_members(struct db *db, mem_ctx *ctx, struct group_id group, struct user_id **ret,
                   size_t *ret_count, struct error *err)
{
    struct person_id *rows = NULL;
    size_t count = 0;
    if (!group_member_ids(db, ctx, group, &rows, &count, err)) {
        return false;
    }
    struct user_id *ids = mem_array(ctx, struct user_id, count + 1);
    for (size_t i = 0; i < count; i++) {
        ids[i] = rows[i].id;
    }
    *ret = ids;
    *ret_count = count;
    return true;
}

bool group_load(struct db *db, mem_ctx *ctx, const struct actor *actor, struct group_id id,
                struct group *ret, struct error *err)
{
    struct group group;
    bool found = false;
    if (actor_is_staff(actor) && !find(db, ctx, id, &group, &found, err)) {
        return false;
    }
    if (!found) {
        return error_set(err, ERR_NOT_FOUND, "There is no such group.");
    }
    *ret = group;
    return true;
}

static bool list_rows(struct db *db, mem_ctx *ctx, const struct actor *actor,
                      const struct list_query *query, struct group **ret, size_t *ret_count,
                      struct error *err)
{
    struct group_row *rows = NULL;
    size_t count = 0;
    if (!need_staff(actor, err)) {
        return false;
    }
    bool fine = query->user.v != 0 ? group_rows_of_person(db, ctx, query->user, &rows, &count, err)
                                   : group_rows(db, ctx, query->also_deleted, &rows, &count, err);
    if (fine) {
        *ret = from_rows(ctx, rows, count);
        *ret_count = count;
    }
    return fine;
}

static int64_t group_key(const void *row)
{
    return ((const struct group *)row)->id.v;
}

bool groups_list(struct db *db, mem_ctx *ctx, const struct actor *actor,
                 const struct list_query *query, struct group **ret, size_t *ret_count,
                 struct error *err)
{
    if (!list_rows(db, ctx, actor, query, ret, ret_count, err)) {
        return false;
    }
    *ret_count = page_cut(query, *ret, sizeof **ret, *ret_count, group_key);
    return true;
}

bool groups_count(struct db *db, mem_ctx *ctx, const struct actor *actor,
                  const struct list_query *query, int64_t *ret, struct error *err)
{
    struct group *groups = NULL;
    size_t count = 0;
    if (!list_rows(db, ctx, actor, query, &groups, &count, err)) {
        return false;
    }
    *ret = (int64_t)count;
    return true;
}

// --- changing -----------------------------------------------------------------------------------

static void take(mem_ctx *ctx, const struct group_change *change, struct group *after)
{
    struct str name = str_none(change->values.name) ? STR("") : change->values.name;
    struct str text = str_none(change->values.description) ? STR("") : change->values.description;
    if ((change->set & GROUP_NAME) != 0) {
        after->name = str_one_line(ctx, str_trim(str_utf8_mend(ctx, name)), NAME_MAX_CHARS);
    }
    if ((change->set & GROUP_DESCRIPTION) != 0) {
        after->description = str_utf8_clip(str_utf8_mend(ctx, text), TEXT_MAX_BYTES);
    }
    if ((change->set & GROUP_PUBLIC) != 0) {
        after->is_public = change->values.is_public;
    }
    // Another group becomes the default one by being made it, not by this one ceasing to be.
    if ((change->set & GROUP_DEFAULT) != 0 && change->values.is_default) {
        after->is_default = true;
    }
}

static bool check_name(struct db *tx, mem_ctx *ctx, const struct group *after, struct error *err)
{
    struct group_id_row other;
    bool found = false;
    if (after->name.len == 0) {
        return error_field(err, "name", "BlankValue", "Name: cannot be blank");
    }
    if (!group_by_key(tx, ctx, text_fold(ctx, after->name), &other, &found, err)) {
        return false;
    }
    return !found || other.id.v == after->id.v ||
           error_field(err, "name", "DuplicateValue", "Name: %.*s has already been taken",
                       STR_ARG(after->name));
}

static bool store(struct db *tx, mem_ctx *ctx, struct group *after, int64_t now, struct error *err)
{
    after->updated_at = now;
    struct group_update_row_in in = {.id = after->id,
                                     .name = after->name,
                                     .name_key = text_fold(ctx, after->name),
                                     .description = after->description,
                                     .is_public = after->is_public,
                                     .is_default = after->is_default,
                                     .deleted = after->deleted,
                                     .at = now};
    return group_update_row(tx, &in, err) &&
           (!after->is_default || group_clear_default(tx, after->id, err));
}

static bool tell(const struct people *room, struct db *tx, const struct actor *actor,
                 const struct group *before, const struct group *after, struct error *err)
{
    const struct people_hooks *hooks = &room->hooks;
    return hooks->group_changed == NULL ||
           hooks->group_changed(hooks->env, tx, actor, before, after, err);
}

bool group_create(const struct people *room, struct db *tx, mem_ctx *ctx, const struct actor *actor,
                  const struct group_change *change, struct group *ret, struct error *err)
{
    int64_t now = clock_now(room->clock);
    struct group_id_row first;
    bool has_default = false;
    struct group after = {.name = STR(""),
                          .description = STR(""),
                          .is_public = true,
                          .created_at = now,
                          .updated_at = now};
    take(ctx, change, &after);
    if (!need_admin(actor, err) || !check_name(tx, ctx, &after, err) ||
        !group_default(tx, ctx, &first, &has_default, err)) {
        return false;
    }
    after.id = (struct group_id){db_next_id(tx)};
    after.is_default = after.is_default || !has_default;
    struct group_insert_in in = {.id = after.id,
                                 .name = after.name,
                                 .name_key = text_fold(ctx, after.name),
                                 .description = after.description,
                                 .is_public = after.is_public,
                                 .is_default = after.is_default,
                                 .at = now};
    if (!group_insert(tx, &in, err) ||
        (after.is_default && !group_clear_default(tx, after.id, err)) ||
        !tell(room, tx, actor, NULL, &after, err)) {
        return false;
    }
    *ret = after;
    return true;
}

bool group_update(const struct people *room, struct db *tx, mem_ctx *ctx, const struct actor *actor,
                  struct group_id id, const struct group_change *change, struct group *ret,
                  struct error *err)
{
    struct group after;
    if (!group_load(tx, ctx, actor, id, &after, err) || !need_admin(actor, err)) {
        return false;
    }
    if (after.deleted) {
        return error_set(err, ERR_NOT_FOUND, "This group was deleted.");
    }
    struct group before = after;
    take(ctx, change, &after);
    if (!check_name(tx, ctx, &after, err) || !store(tx, ctx, &after, clock_now(room->clock), err) ||
        !tell(room, tx, actor, &before, &after, err)) {
        return false;
    }
    *ret = after;
    return true;
}

bool group_delete(const struct people *room, struct db *tx, mem_ctx *ctx, const struct actor *actor,
                  struct group_id id, struct error *err)
{
    struct group group;
    int64_t now = clock_now(room->clock);
    if (!group_load(tx, ctx, actor, id, &group, err) || !need_admin(actor, err)) {
        return false;
    }
    if (group.deleted) {
        return error_set(err, ERR_NOT_FOUND, "This group was deleted.");
    }
    if (group.is_default) {
        return error_field(err, "base", "InvalidValue",
                           "The default group cannot be deleted. Make another one the default "
                           "first.");
    }
    struct group before = group;
    group.deleted = true;
    return group_memberships_delete_of_group(tx, id, err) && person_leave_group(tx, id, now, err) &&
           store(tx, ctx, &group, now, err) && tell(room, tx, actor, &before, &group, err);
}

// --- memberships --------------------------------------------------------------------------------

static struct group_membership from_membership(const struct group_membership_row_t *row)
{
    return (struct group_membership){.id = row->id,
                                     .user = row->user_id,
                                     .group = row->group_id,
                                     .is_default = row->is_default,
                                     .created_at = row->created_at,
                                     .updated_at = row->updated_at};
}

static bool list_memberships(struct db *db, mem_ctx *ctx, const struct actor *actor,
                             const struct list_query *query, struct group_membership **ret,
                             size_t *ret_count, struct error *err)
{
    struct group_membership_row_t *rows = NULL;
    size_t count = 0;
    if (!need_staff(actor, err) ||
        !group_membership_rows(db, ctx, query->user.v, query->group.v, &rows, &count, err)) {
        return false;
    }
    struct group_membership *list = mem_array(ctx, struct group_membership, count + 1);
    for (size_t i = 0; i < count; i++) {
        list[i] = from_membership(&rows[i]);
    }
    *ret = list;
    *ret_count = count;
    return true;
}

static int64_t membership_key(const void *row)
{
    return ((const struct group_membership *)row)->id.v;
}

bool group_memberships_list(struct db *db, mem_ctx *ctx, const struct actor *actor,
                            const struct list_query *query, struct group_membership **ret,
                            size_t *ret_count, struct error *err)
{
    if (!list_memberships(db, ctx, actor, query, ret, ret_count, err)) {
        return false;
    }
    *ret_count = page_cut(query, *ret, sizeof **ret, *ret_count, membership_key);
    return true;
}

bool group_memberships_count(struct db *db, mem_ctx *ctx, const struct actor *actor,
                             const struct list_query *query, int64_t *ret, struct error *err)
{
    struct group_membership *list = NULL;
    size_t count = 0;
    if (!list_memberships(db, ctx, actor, query, &list, &count, err)) {
        return false;
    }
    *ret = (int64_t)count;
    return true;
}

bool group_membership_load(struct db *db, mem_ctx *ctx, const struct actor *actor,
                           struct membership_id id, struct group_membership *ret, struct error *err)
{
    struct group_membership_row_t row;
    bool found = false;
    if (actor_is_staff(actor) && !group_membership_row(db, ctx, id, &row, &found, err)) {
        return false;
    }
    if (!found) {
        return error_set(err, ERR_NOT_FOUND, "There is no such membership.");
    }
    *ret = from_membership(&row);
    return true;
}

static bool set_default(struct db *tx, struct user_id user, struct group_id group, int64_t now,
                        struct error *err)
{
    return group_membership_set_default(tx, user, group, now, err) &&
           person_set_group(tx, user, group, now, err);
}

bool group_join(struct db *tx, mem_ctx *ctx, struct user_id user, struct group_id group,
                bool is_default, int64_t now, struct error *err)
{
    struct group_membership_row_t row;
    struct group_id_row *groups = NULL;
    size_t count = 0;
    bool found = false;
    bool exists = false;
    if (!group_exists(tx, group, &exists, err)) {
        return false;
    }
    if (!exists) {
        return error_field(err, "group_id", "RecordNotFound", "Group: there is no such group");
    }
    if (!group_membership_of_pair(tx, ctx, user, group, &row, &found, err) ||
        !group_ids_of_person(tx, ctx, user, &groups, &count, err)) {
        return false;
    }
    if (!found && !group_membership_insert(tx, (struct membership_id){db_next_id(tx)}, user, group,
                                           false, now, err)) {
        return false;
    }
    return !(is_default || count == 0) || set_default(tx, user, group, now, err);
}

bool group_join_default(struct db *tx, mem_ctx *ctx, struct user_id user, int64_t now,
                        struct error *err)
{
    struct group_id_row row;
    bool found = false;
    if (!group_default(tx, ctx, &row, &found, err)) {
        return false;
    }
    return !found || group_join(tx, ctx, user, row.id, false, now, err);
}

// Administrators change every group's members, leads those of their own groups.
static bool may_place(const struct actor *actor, struct group_id group, struct error *err)
{
    bool lead = actor->role >= ROLE_LEAD && actor_in_group(actor, group);
    return lead || need_admin(actor, err);
}

bool group_membership_add(const struct people *room, struct db *tx, mem_ctx *ctx,
                          const struct actor *actor, const struct new_membership *add,
                          struct group_membership *ret, struct error *err)
{
    struct user_id user = add->user;
    struct group_id group = add->group;
    struct user person;
    struct group_membership_row_t row;
    bool found = false;
    if (!may_place(actor, group, err) || !user_need(tx, ctx, user, &person, err) ||
        !group_membership_of_pair(tx, ctx, user, group, &row, &found, err)) {
        return false;
    }
    if (person.role < ROLE_LIGHT_AGENT) {
        return error_field(err, "user_id", "InvalidValue", "User: end users are in no groups");
    }
    if (found) {
        return error_field(err, "user_id", "DuplicateValue", "User: is in this group already");
    }
    if (!group_join(tx, ctx, user, group, add->is_default, clock_now(room->clock), err) ||
        !group_membership_of_pair(tx, ctx, user, group, &row, &found, err)) {
        return false;
    }
    *ret = from_membership(&row);
    return true;
}

bool group_membership_remove(const struct people *room, struct db *tx, mem_ctx *ctx,
                             const struct actor *actor, struct membership_id id, struct error *err)
{
    struct group_membership membership;
    struct group_id_row *left = NULL;
    size_t count = 0;
    if (!group_membership_load(tx, ctx, actor, id, &membership, err) ||
        !may_place(actor, membership.group, err) || !group_membership_delete(tx, id, err)) {
        return false;
    }
    if (!membership.is_default) {
        return true;
    }
    if (!group_ids_of_person(tx, ctx, membership.user, &left, &count, err)) {
        return false;
    }
    struct group_id next = count > 0 ? left[0].id : (struct group_id){0};
    return set_default(tx, membership.user, next, clock_now(room->clock), err);
}

bool group_membership_make_default(const struct people *room, struct db *tx, mem_ctx *ctx,
                                   const struct actor *actor, struct membership_id id,
                                   struct error *err)
{
    struct group_membership membership;
    if (!group_membership_load(tx, ctx, actor, id, &membership, err)) {
        return false;
    }
    if (membership.user.v != actor->user.v && !may_place(actor, membership.group, err)) {
        return false;
    }
    return set_default(tx, membership.user, membership.group, clock_now(room->clock), err);
}
