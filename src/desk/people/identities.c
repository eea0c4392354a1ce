// SPDX-License-Identifier: GPL-3.0-or-later
//
// Addresses and other ways by which a person is known.
#include "desk/people/people_internal.h"
#include "desk/people/queries.h"

static const struct str TYPES[] = {
    STR_INIT("email"),  STR_INIT("phone_number"),     STR_INIT("twitter"),     STR_INIT("facebook"),
    STR_INIT("google"), STR_INIT("agent_forwarding"), STR_INIT("any_channel"), STR_INIT("foreign"),
    STR_INIT("sdk"),    STR_INIT("messaging"),
};

static struct identity from_row(const struct identity_row *row)
{
    return (struct identity){.id = row->id,
                             .user = row->user_id,
                             .type = row->type,
                             .value = row->value,
                             .verified = row->verified,
                             .primary = row->is_primary,
                             .deliverable_state = row->deliverable_state,
                             .undeliverable_count = row->undeliverable_count,
                             .verified_at = row->verified_at.v,
                             .created_at = row->created_at,
                             .updated_at = row->updated_at};
}

bool identities_of_users(struct db *db, mem_ctx *ctx, const struct user_id *users, size_t count,
                         struct identity **ret, size_t *ret_count, struct error *err)
{
    struct identity_row *rows = NULL;
    size_t found = 0;
    if (count > 0 && !identities_of(db, ctx, users, count, &rows, &found, err)) {
        return false;
    }
    struct identity *list = mem_array(ctx, struct identity, found + 1);
    for (size_t i = 0; i < found; i++) {
        list[i] = from_row(&rows[i]);
    }
    *ret = list;
    *ret_count = found;
    return true;
}

bool identities_list(struct db *db, mem_ctx *ctx, const struct actor *actor, struct user_id user,
                     struct identity **ret, size_t *ret_count, struct error *err)
{
    struct user person;
    return user_load(db, ctx, actor, user, &person, err) &&
           identities_of_users(db, ctx, &user, 1, ret, ret_count, err);
}

bool identity_load(struct db *db, mem_ctx *ctx, const struct actor *actor, struct user_id user,
                   struct identity_id id, struct identity *ret, struct error *err)
{
    struct identity *list = NULL;
    size_t count = 0;
    if (!identities_list(db, ctx, actor, user, &list, &count, err)) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        if (list[i].id.v == id.v) {
            *ret = list[i];
            return true;
        }
    }
    return error_set(err, ERR_NOT_FOUND, "There is no such identity.");
}

bool identity_put(struct db *tx, mem_ctx *ctx, const struct new_identity *add, int64_t now,
                  struct identity_id *ret, struct error *err)
{
    (void)ctx;
    struct identity_id id = {db_next_id(tx)};
    struct identity_insert_in in = {.id = id,
                                    .user_id = add->user,
                                    .type = add->type,
                                    .value = add->value,
                                    .verified = add->verified,
                                    .is_primary = add->primary,
                                    .verified_at = {add->verified, now},
                                    .at = now};
    if (!identity_insert(tx, &in, err)) {
        return false;
    }
    *ret = id;
    return !add->primary || !str_eq_c(add->type, "email") ||
           person_set_email(tx, add->user, add->value, add->verified, now, err);
}

static bool check_type(struct str type, struct error *err)
{
    for (size_t i = 0; i < sizeof TYPES / sizeof TYPES[0]; i++) {
        if (str_eq(type, TYPES[i])) {
            return true;
        }
    }
    return error_field(err, "type", "InvalidValue", "Type: \"%.*s\" is no kind of identity",
                       STR_ARG(str_utf8_clip(type, 40)));
}

// The value as it is stored, or INVALID.
static bool check_value(mem_ctx *ctx, const struct new_identity *add, struct str *ret,
                        struct error *err)
{
    if (str_eq_c(add->type, "email")) {
        return email_normalise(ctx, add->value, ret) ||
               error_field(err, "value", "InvalidFormat", "Email: %.*s is not properly formatted",
                           STR_ARG(str_utf8_clip(add->value, 100)));
    }
    struct str value = str_none(add->value) ? STR("") : str_utf8_mend(ctx, add->value);
    *ret = str_one_line(ctx, str_trim(value), 255);
    return ret->len > 0 || error_field(err, "value", "BlankValue", "Value: cannot be blank");
}

static bool has_primary(const struct identity *list, size_t count, struct str type)
{
    for (size_t i = 0; i < count; i++) {
        if (str_eq(list[i].type, type) && list[i].primary) {
            return true;
        }
    }
    return false;
}

bool identity_add(const struct people *room, struct db *tx, mem_ctx *ctx, const struct actor *actor,
                  const struct new_identity *add, struct identity *ret, struct error *err)
{
    struct user person;
    struct new_identity put = *add;
    struct identity_by_value_row row;
    struct identity *list = NULL;
    size_t count = 0;
    bool found = false;
    struct identity_id id;
    int64_t now = clock_now(room->clock);
    if (!user_need(tx, ctx, add->user, &person, err) || !may_edit_user(actor, &person, err) ||
        !need_agent(actor, err) || !check_type(add->type, err) ||
        !check_value(ctx, add, &put.value, err) ||
        !identity_by_value(tx, ctx, add->type, put.value, &row, &found, err) ||
        !identities_of_users(tx, ctx, &add->user, 1, &list, &count, err)) {
        return false;
    }
    if (found) {
        return error_field(err, "value", "DuplicateValue",
                           "Value: %.*s is already being used by another user", STR_ARG(put.value));
    }
    put.primary = !has_primary(list, count, put.type);
    if (!identity_put(tx, ctx, &put, now, &id, err)) {
        return false;
    }
    if (add->primary && !put.primary &&
        !identity_make_primary(room, tx, ctx, actor, add->user, id, err)) {
        return false;
    }
    return user_index(tx, ctx, add->user, err) &&
           identity_load(tx, ctx, actor, add->user, id, ret, err);
}

// Loads a person and one of their identities for changing it.
static bool open_identity(struct db *tx, mem_ctx *ctx, const struct actor *actor,
                          struct user_id user, struct identity_id id, struct identity *ret,
                          struct error *err)
{
    struct user person;
    return user_need(tx, ctx, user, &person, err) && may_edit_user(actor, &person, err) &&
           identity_load(tx, ctx, actor, user, id, ret, err);
}

bool identity_make_primary(const struct people *room, struct db *tx, mem_ctx *ctx,
                           const struct actor *actor, struct user_id user, struct identity_id id,
                           struct error *err)
{
    struct identity identity;
    int64_t now = clock_now(room->clock);
    if (!open_identity(tx, ctx, actor, user, id, &identity, err)) {
        return false;
    }
    if (!identity.verified && !actor_is_agent(actor)) {
        return error_field(err, "verified", "InvalidValue",
                           "This address must be verified before it can be the main one.");
    }
    if (!identity_set_primary(tx, user, id, identity.type, now, err)) {
        return false;
    }
    return !str_eq_c(identity.type, "email") ||
           person_set_email(tx, user, identity.value, identity.verified, now, err);
}

bool identity_verify(const struct people *room, struct db *tx, mem_ctx *ctx,
                     const struct actor *actor, struct user_id user, struct identity_id id,
                     struct error *err)
{
    struct identity identity;
    int64_t now = clock_now(room->clock);
    if (!need_agent(actor, err) || !open_identity(tx, ctx, actor, user, id, &identity, err) ||
        !identity_set_verified(tx, id, now, err)) {
        return false;
    }
    return !identity.primary || !str_eq_c(identity.type, "email") ||
           person_set_email(tx, user, identity.value, true, now, err);
}

bool identity_remove(const struct people *room, struct db *tx, mem_ctx *ctx,
                     const struct actor *actor, struct user_id user, struct identity_id id,
                     struct error *err)
{
    struct identity identity;
    struct identity *list = NULL;
    size_t count = 0;
    int64_t now = clock_now(room->clock);
    if (!open_identity(tx, ctx, actor, user, id, &identity, err) ||
        !identities_of_users(tx, ctx, &user, 1, &list, &count, err)) {
        return false;
    }
    const struct identity *next = NULL;
    for (size_t i = 0; i < count; i++) {
        if (list[i].id.v != id.v && str_eq(list[i].type, identity.type) && next == NULL) {
            next = &list[i];
        }
    }
    bool is_email = str_eq_c(identity.type, "email");
    bool password = false;
    if (!password_exists(tx, user, &password, err)) {
        return false;
    }
    if (is_email && next == NULL && password) {
        return error_field(err, "base", "InvalidValue",
                           "The last address of a person who signs in cannot be removed.");
    }
    if (!identity_delete(tx, id, err)) {
        return false;
    }
    if (identity.primary && next != NULL &&
        !identity_set_primary(tx, user, next->id, identity.type, now, err)) {
        return false;
    }
    if (identity.primary && is_email &&
        !person_set_email(tx, user, next == NULL ? STR_NONE : next->value,
                          next != NULL && next->verified, now, err)) {
        return false;
    }
    return user_index(tx, ctx, user, err);
}

bool identity_undeliverable(const struct people *room, struct db *tx, struct str email,
                            struct error *err)
{
    struct str address;
    return !email_normalise(db_tx_ctx(tx), email, &address) ||
           identity_bounced(tx, address, clock_now(room->clock), err);
}
