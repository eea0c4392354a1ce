// SPDX-License-Identifier: GPL-3.0-or-later
//
// Reading people.
#include <stdlib.h>

#include "desk/people/people_internal.h"
#include "desk/people/queries.h"

static struct user from_row(const struct person_row *row)
{
    return (struct user){
        .id = row->id,
        .name = row->name,
        .email = row->email,
        .role = (enum role)row->role,
        .scope = (enum access_scope)row->scope,
        .organization = row->organization_id,
        .default_group = row->default_group_id,
        .alias = row->alias,
        .locale = row->locale,
        .time_zone = row->time_zone,
        .phone = row->phone,
        .details = row->details,
        .notes = row->notes,
        .signature = row->signature,
        .tags = row->tags,
        .external_id = row->external_id,
        .verified = row->verified,
        .suspended = row->suspended,
        .active = row->active,
        .moderator = row->moderator,
        .only_private_comments = row->only_private_comments,
        .shared_phone = row->shared_phone,
        .created_at = row->created_at,
        .updated_at = row->updated_at,
        .last_login_at = row->last_login_at.v,
    };
}

bool users_by_ids(struct db *db, mem_ctx *ctx, const struct user_id *ids, size_t count,
                  struct user **ret, size_t *ret_count, struct error *err)
{
    struct person_row *rows = NULL;
    size_t found = 0;
    // One person has a statement of its own: a list of ids costs SQLite several times as much.
    bool ok = count == 0   ? true
              : count == 1 ? person_row_by_id(db, ctx, ids[0], &rows, &found, err)
                           : person_rows(db, ctx, ids, count, &rows, &found, err);
    if (!ok) {
        return false;
    }
    struct user *users = mem_array(ctx, struct user, found + 1);
    for (size_t i = 0; i < found; i++) {
        users[i] = from_row(&rows[i]);
    }
    *ret = users;
    *ret_count = found;
    return true;
}

bool user_find(struct db *db, mem_ctx *ctx, struct user_id id, struct user *ret, bool *ret_found,
               struct error *err)
{
    struct user *users = NULL;
    size_t count = 0;
    if (!users_by_ids(db, ctx, &id, 1, &users, &count, err)) {
        return false;
    }
    *ret_found = count == 1;
    *ret = count == 1 ? users[0] : (struct user){0};
    return true;
}

bool user_need(struct db *db, mem_ctx *ctx, struct user_id id, struct user *ret, struct error *err)
{
    bool found = false;
    struct user user;
    if (!user_find(db, ctx, id, &user, &found, err)) {
        return false;
    }
    if (!found || !user.active) {
        return error_set(err, ERR_NOT_FOUND, "There is no such person.");
    }
    *ret = user;
    return true;
}

bool user_by_email(struct db *db, mem_ctx *ctx, struct str email, struct user *ret, bool *ret_found,
                   struct error *err)
{
    struct identity_by_value_row row;
    struct str address;
    *ret_found = false;
    *ret = (struct user){0};
    if (!email_normalise(ctx, email, &address)) {
        return true;
    }
    bool found = false;
    if (!identity_by_value(db, ctx, STR("email"), address, &row, &found, err)) {
        return false;
    }
    return !found || user_find(db, ctx, row.user_id, ret, ret_found, err);
}

static int compare_names(const void *a, const void *b)
{
    const struct user *left = a;
    const struct user *right = b;
    int order = str_cmp(left->name, right->name);
    return order != 0 ? order : (left->id.v > right->id.v) - (left->id.v < right->id.v);
}

bool users_agents(struct db *db, mem_ctx *ctx, struct user **ret, size_t *ret_count,
                  struct error *err)
{
    struct person_id *rows = NULL;
    size_t count = 0;
    if (!agent_ids(db, ctx, &rows, &count, err)) {
        return false;
    }
    struct user_id *ids = mem_array(ctx, struct user_id, count + 1);
    for (size_t i = 0; i < count; i++) {
        ids[i] = rows[i].id;
    }
    if (!users_by_ids(db, ctx, ids, count, ret, ret_count, err)) {
        return false;
    }
    qsort(*ret, *ret_count, sizeof **ret, compare_names);
    return true;
}

bool user_load(struct db *db, mem_ctx *ctx, const struct actor *actor, struct user_id id,
               struct user *ret, struct error *err)
{
    bool found = false;
    struct user user;
    if (!may_see_user(actor, id)) {
        return error_set(err, ERR_NOT_FOUND, "There is no such person.");
    }
    if (!user_find(db, ctx, id, &user, &found, err)) {
        return false;
    }
    if (!found) {
        return error_set(err, ERR_NOT_FOUND, "There is no such person.");
    }
    *ret = user;
    return true;
}

bool people_load_actor(struct db *db, mem_ctx *ctx, struct user_id user, struct actor *ret,
                       struct error *err)
{
    struct person_actor_row row;
    struct group_id_row *rows = NULL;
    size_t count = 0;
    bool found = false;
    if (!person_actor(db, ctx, user, &row, &found, err)) {
        return false;
    }
    if (!found) {
        *ret = (struct actor){.role = ROLE_NONE, .scope = SCOPE_OWN};
        return true;
    }
    if (row.role >= ROLE_LIGHT_AGENT && !group_ids_of_person(db, ctx, user, &rows, &count, err)) {
        return false;
    }
    struct group_id *groups = mem_array(ctx, struct group_id, count + 1);
    for (size_t i = 0; i < count; i++) {
        groups[i] = rows[i].id;
    }
    bool end_user = row.role <= ROLE_END_USER;
    *ret = (struct actor){
        .user = row.id,
        .role = (enum role)row.role,
        .scope = (enum access_scope)row.scope,
        .name = row.name,
        .email = row.email,
        .organization = row.organization_id,
        .sees_organization = end_user && row.organization_id.v != 0 &&
                             (row.scope == SCOPE_ORGANIZATION || row.shared_tickets.v != 0),
        .groups = groups,
        .group_count = count,
        .locale = row.locale,
        .time_zone = row.time_zone,
    };
    return true;
}
