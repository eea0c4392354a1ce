// SPDX-License-Identifier: GPL-3.0-or-later
//
// People and organisations that end in another one, or for good.
#include "base/random.h"
#include "base/words.h"
#include "desk/people/people_internal.h"
#include "desk/people/queries.h"

// --- people -------------------------------------------------------------------------------------

static bool both_end_users(const struct user *loser, const struct user *winner, struct error *err)
{
    if (loser->id.v == winner->id.v) {
        return error_field(err, "id", "InvalidValue", "Id: a person cannot be merged into itself");
    }
    if (loser->role != ROLE_END_USER || winner->role != ROLE_END_USER) {
        return error_field(err, "role", "InvalidValue", "Role: only end users can be merged");
    }
    return true;
}

// The winner keeps what it has and takes what it lacks.
static bool take_over(struct db *tx, mem_ctx *ctx, const struct user *loser, struct user *winner,
                      int64_t now, struct error *err)
{
    winner->phone = str_none(winner->phone) ? loser->phone : winner->phone;
    winner->external_id = str_none(winner->external_id) ? loser->external_id : winner->external_id;
    winner->details = str_empty(winner->details) ? loser->details : winner->details;
    winner->notes = str_empty(winner->notes) ? loser->notes : winner->notes;
    winner->tags = words_combine(ctx, winner->tags, loser->tags, STR(""));
    if (winner->organization.v == 0) {
        winner->organization = loser->organization;
    }
    if (str_none(winner->email) && !str_none(loser->email)) {
        winner->email = loser->email;
        winner->verified = loser->verified;
    }
    return user_store(tx, ctx, winner, now, err);
}

// After the move nobody is left without a primary address who has one at all.
static bool primary_again(struct db *tx, mem_ctx *ctx, const struct user *winner, int64_t now,
                          struct error *err)
{
    struct identity *list = NULL;
    size_t count = 0;
    if (!identities_of_users(tx, ctx, &winner->id, 1, &list, &count, err)) {
        return false;
    }
    for (size_t i = 0; i < count && !str_none(winner->email); i++) {
        if (str_eq_c(list[i].type, "email") && str_eq(list[i].value, winner->email)) {
            return identity_set_primary(tx, winner->id, list[i].id, STR("email"), now, err);
        }
    }
    return true;
}

bool user_merge(const struct people *room, struct db *tx, mem_ctx *ctx, const struct actor *actor,
                struct user_id loser_id, struct user_id winner_id, struct user *ret,
                struct error *err)
{
    struct user loser;
    struct user winner;
    struct user gone;
    const struct people_hooks *hooks = &room->hooks;
    int64_t now = clock_now(room->clock);
    if (!need_agent(actor, err) || !user_need(tx, ctx, loser_id, &loser, err) ||
        !user_need(tx, ctx, winner_id, &winner, err) || !both_end_users(&loser, &winner, err) ||
        !may_edit_user(actor, &loser, err) || !may_edit_user(actor, &winner, err)) {
        return false;
    }
    if (!identities_move(tx, loser_id, winner_id, now, err) ||
        !org_memberships_move(tx, loser_id, winner_id, now, err) ||
        !managers_of_merged(tx, loser_id, winner_id, err) ||
        (hooks->person_moved != NULL &&
         !hooks->person_moved(hooks->env, tx, loser_id, winner_id, err)) ||
        !user_delete(room, tx, ctx, actor, loser_id, &gone, err) ||
        !take_over(tx, ctx, &loser, &winner, now, err) ||
        !primary_again(tx, ctx, &winner, now, err) || !user_index(tx, ctx, winner_id, err)) {
        return false;
    }
    return user_need(tx, ctx, winner_id, ret, err);
}

bool users_deleted(struct db *db, mem_ctx *ctx, const struct actor *actor,
                   const struct list_query *query, struct user **ret, size_t *ret_count,
                   int64_t *ret_total, struct error *err)
{
    struct person_id *rows = NULL;
    struct count_row total;
    size_t count = 0;
    struct user_id after = {query->after};
    int64_t most = query->limit < INT32_MAX ? query->limit + query->offset : INT32_MAX;
    if (!need_agent(actor, err) || !person_deleted_count(db, ctx, &total, err) ||
        !person_deleted_ids(db, ctx, after, most, &rows, &count, err)) {
        return false;
    }
    size_t skip = (size_t)query->offset < count ? (size_t)query->offset : count;
    struct user_id *ids = mem_array(ctx, struct user_id, count + 1);
    for (size_t i = skip; i < count; i++) {
        ids[i - skip] = rows[i].id;
    }
    *ret_total = total.n;
    return users_by_ids(db, ctx, ids, count - skip, ret, ret_count, err);
}

bool user_wipe(const struct people *room, struct db *tx, mem_ctx *ctx, const struct actor *actor,
               struct user_id id, struct user *ret, struct error *err)
{
    struct user before;
    int64_t changes = 0;
    bool found = false;
    if (!need_admin(actor, err) || !user_find(tx, ctx, id, &before, &found, err) ||
        !person_wipe(tx, id, clock_now(room->clock), &changes, err)) {
        return false;
    }
    if (!found || changes == 0) {
        return error_set(err, ERR_NOT_FOUND, "There is no such deleted person.");
    }
    *ret = before;
    return true;
}

bool user_wiped_at(struct db *db, mem_ctx *ctx, struct user_id id, int64_t *ret, struct error *err)
{
    struct person_wiped_row row;
    bool found = false;
    if (!person_wiped(db, ctx, id, &row, &found, err)) {
        return false;
    }
    *ret = found && row.purged_at.set ? row.purged_at.v : 0;
    return true;
}

bool user_touch(const struct people *room, struct db *tx, struct user_id id, struct error *err)
{
    return person_touch(tx, id, clock_now(room->clock), err);
}

bool organization_touched(const struct people *room, struct db *tx, struct organization_id id,
                          struct error *err)
{
    return organization_touch(tx, id, clock_now(room->clock), err);
}

// --- organisations ------------------------------------------------------------------------------

// Sorts by time like a ULID: 26 characters of Crockford's base 32.
static struct str merge_name(mem_ctx *ctx, int64_t now)
{
    static const char DIGITS[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
    char *name = mem_text(ctx, "00000000000000000000000000");
    uint64_t time = (uint64_t)now;
    for (int i = 9; i >= 0; i--) {
        name[i] = DIGITS[time & 31];
        time >>= 5;
    }
    for (int i = 10; i < 26; i++) {
        name[i] = DIGITS[random_below(32)];
    }
    return str_c(name);
}

bool organization_merge_into(const struct people *room, struct db *tx, mem_ctx *ctx,
                             const struct actor *actor, struct organization_merge *merge,
                             struct error *err)
{
    struct organization loser;
    struct organization winner;
    struct organization after;
    const struct people_hooks *hooks = &room->hooks;
    int64_t now = clock_now(room->clock);
    if (!need_admin(actor, err) || !organization_load(tx, ctx, actor, merge->loser, &loser, err) ||
        !organization_load(tx, ctx, actor, merge->winner, &winner, err)) {
        return false;
    }
    if (merge->loser.v == merge->winner.v) {
        return error_field(err, "winner_id", "InvalidValue",
                           "Winner: an organization cannot be merged into itself");
    }
    struct organization_change change = {
        .set = ORGANIZATION_TAGS | ORGANIZATION_DOMAINS,
        .values = {.tags = words_combine(ctx, winner.tags, loser.tags, STR("")),
                   .domains = words_combine(ctx, winner.domains, loser.domains, STR(""))}};
    merge->id = merge_name(ctx, now);
    return org_people_move(tx, merge->loser, merge->winner, now, err) &&
           person_organization_move(tx, merge->loser, merge->winner, now, err) &&
           (hooks->organization_moved == NULL ||
            hooks->organization_moved(hooks->env, tx, merge->loser, merge->winner, err)) &&
           organization_delete(room, tx, actor, merge->loser, err) &&
           organization_update(room, tx, ctx, actor, merge->winner, &change, &after, err) &&
           organization_merge_insert(tx, merge->id, merge->loser, merge->winner, now, err);
}

bool organization_merge_load(struct db *db, mem_ctx *ctx, const struct actor *actor, struct str id,
                             struct organization_merge *ret, struct error *err)
{
    struct organization_merge_row_row row;
    bool found = false;
    if (!need_admin(actor, err) || !organization_merge_row(db, ctx, id, &row, &found, err)) {
        return false;
    }
    if (!found) {
        return error_set(err, ERR_NOT_FOUND, "There is no such merge.");
    }
    *ret = (struct organization_merge){row.id, row.loser_id, row.winner_id};
    return true;
}

bool organization_merges(struct db *db, mem_ctx *ctx, const struct actor *actor,
                         struct organization_id winner, struct organization_merge **ret,
                         size_t *ret_count, struct error *err)
{
    struct organization_merge_row_row *rows = NULL;
    size_t count = 0;
    if (!need_admin(actor, err) || !organization_merges_of(db, ctx, winner, &rows, &count, err)) {
        return false;
    }
    *ret = mem_array(ctx, struct organization_merge, count + 1);
    for (size_t i = 0; i < count; i++) {
        (*ret)[i] = (struct organization_merge){rows[i].id, rows[i].loser_id, rows[i].winner_id};
    }
    *ret_count = count;
    return true;
}
