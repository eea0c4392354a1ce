// SPDX-License-Identifier: GPL-3.0-or-later
//
// Who leads whom.
#include "desk/people/people_internal.h"
#include "desk/people/queries.h"

bool user_manager(struct db *db, mem_ctx *ctx, struct user_id user, struct user *ret,
                  bool *ret_found, struct error *err)
{
    struct person_manager_row row;
    *ret = (struct user){0};
    return person_manager(db, ctx, user, &row, ret_found, err) &&
           (!*ret_found || user_find(db, ctx, row.manager_id, ret, ret_found, err));
}

bool user_manager_set(struct db *tx, mem_ctx *ctx, const struct actor *actor, struct user_id user,
                      struct str email, struct error *err)
{
    struct user person;
    struct user before = {0};
    struct user manager = {0};
    bool led = false;
    bool found = true;
    email = str_trim(email);
    if (!user_need(tx, ctx, user, &person, err) ||
        !user_manager(tx, ctx, user, &before, &led, err) ||
        (email.len > 0 && !user_by_email(tx, ctx, email, &manager, &found, err))) {
        return false;
    }
    if (found && manager.id.v == before.id.v) {
        return true;
    }
    if (!need_agent(actor, err) || !may_edit_user(actor, &person, err)) {
        return false;
    }
    if (!found) {
        return error_field(err, "manager", "RecordNotFound",
                           "There is nobody here with this address.");
    }
    if (manager.id.v == user.v) {
        return error_field(err, "manager", "InvalidValue", "Nobody is their own manager.");
    }
    return email.len == 0 ? person_manager_forget(tx, user, err)
                          : person_manager_put(tx, user, manager.id, err);
}

bool managers_of_merged(struct db *tx, struct user_id from, struct user_id to, struct error *err)
{
    return person_manager_take_over(tx, from, to, err) && person_manager_move(tx, from, to, err) &&
           person_manager_unloop(tx, to, err);
}
