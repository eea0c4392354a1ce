// SPDX-License-Identifier: GPL-3.0-or-later
//
// The first administrator of a new desk.
#include "base/random.h"
#include "desk/people/people_internal.h"
#include "desk/people/queries.h"

#define CODE_BYTES 10
#define CODE_LIFE_MS (30 * DAYS_MS)

bool setup_needed(struct db *db, bool *ret, struct error *err)
{
    struct other_admin_count_row row;
    mem_ctx *ctx = mem_ctx_new(NULL, "setup_needed");
    bool fine = other_admin_count(db, ctx, (struct user_id){0}, &row, err);
    if (fine) {
        *ret = row.n == 0;
    }
    mem_free(ctx);
    return fine;
}

static struct str code_hash(mem_ctx *ctx, struct str code)
{
    return hash_hex(ctx, hash_sha256(str_lower(ctx, str_trim(code))));
}

bool setup_code_make(const struct people *room, struct db *tx, mem_ctx *ctx, struct str *ret_code,
                     struct error *err)
{
    int64_t now = clock_now(room->clock);
    struct str code = random_token32(ctx, CODE_BYTES);
    struct link_insert_in in = {.hash = code_hash(ctx, code),
                                .purpose = STR("setup"),
                                .next = STR_NONE,
                                .created_at = now,
                                .expires_at = now + CODE_LIFE_MS};
    if (!setup_codes_end(tx, err) || !link_insert(tx, &in, err)) {
        return false;
    }
    *ret_code = code;
    return true;
}

bool setup_code_check(const struct people *room, struct db *db, struct str code, struct error *err)
{
    struct link_get_row row;
    mem_ctx *ctx = mem_ctx_new(NULL, "setup_code");
    bool found = false;
    bool fine = link_get(db, ctx, code_hash(ctx, code), STR("setup"), clock_now(room->clock), &row,
                         &found, err);
    mem_free(ctx);
    if (fine && !found) {
        return error_field(err, "code", "InvalidValue",
                           "Code: is not the one that `steward serve` printed when it started");
    }
    return fine;
}

static bool make_group(const struct people *room, struct db *tx, mem_ctx *ctx, struct error *err)
{
    struct group_id_row row;
    struct group group;
    bool found = false;
    if (!group_default(tx, ctx, &row, &found, err)) {
        return false;
    }
    struct actor system = actor_system(CHANNEL_SYSTEM);
    struct group_change change = {
        .set = GROUP_NAME | GROUP_DEFAULT | GROUP_PUBLIC,
        .values = {.name = STR("Support"), .is_default = true, .is_public = true}};
    return found || group_create(room, tx, ctx, &system, &change, &group, err);
}

static bool make_admin(const struct people *room, struct db *tx, mem_ctx *ctx,
                       const struct setup *setup, struct user *ret, struct error *err)
{
    struct actor system = actor_system(CHANNEL_SYSTEM);
    struct sender sender = {.email = setup->email, .name = setup->name, .locale = STR_NONE};
    struct user_change change = {.set = USER_ROLE | USER_VERIFIED,
                                 .values = {.role = ROLE_ADMIN, .verified = true}};
    struct user person;
    bool created = false;
    if (!make_group(room, tx, ctx, err) ||
        !user_find_or_create(room, tx, ctx, &sender, &person, &created, err) ||
        !user_update(room, tx, ctx, &system, person.id, &change, ret, err)) {
        return false;
    }
    const struct new_password set = {
        .user = person.id, .hash = setup->password_hash, .keep_session = STR_NONE};
    return password_set(room, tx, ctx, &system, &set, err);
}

bool setup_finish(const struct people *room, struct db *tx, mem_ctx *ctx, const struct setup *setup,
                  struct user *ret, struct error *err)
{
    bool needed = false;
    if (!setup_needed(tx, &needed, err)) {
        return false;
    }
    if (!needed) {
        return error_set(err, ERR_FORBIDDEN, "This desk has an administrator already: sign in.");
    }
    return setup_code_check(room, tx, setup->code, err) &&
           make_admin(room, tx, ctx, setup, ret, err) && setup_codes_end(tx, err);
}

bool people_init_admin(const struct people *room, struct db *tx, mem_ctx *ctx, struct str name,
                       struct str email, struct str password, struct user *ret, struct error *err)
{
    struct user person = {.name = str_none(name) ? STR("") : name, .email = email};
    struct setup setup = {.name = name, .email = email};
    bool needed = false;
    if (!setup_needed(tx, &needed, err)) {
        return false;
    }
    if (!needed) {
        return error_set(err, ERR_CONFLICT, "This desk has an administrator already.");
    }
    return password_prepare(ctx, password, &person, &setup.password_hash, err) &&
           make_admin(room, tx, ctx, &setup, ret, err) && setup_codes_end(tx, err);
}
