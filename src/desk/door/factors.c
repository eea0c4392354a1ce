// SPDX-License-Identifier: GPL-3.0-or-later
#include "desk/door/factors.h"

#include "base/buf.h"
#include "base/random.h"
#include "base/seal.h"
#include "desk/door/queries.h"
#include "desk/door/totp.h"
#include "desk/trail/trail.h"

#define PLACE STR("second factor")
#define CODE_BYTES 5  // eight letters

static struct factor factor_of(const struct factor_row *row)
{
    return (struct factor){.id = row->id,
                           .user = row->user_id,
                           .passkey = str_eq_c(row->kind, "passkey"),
                           .name = row->name,
                           .secret = row->secret,
                           .credential = row->credential,
                           .public_key = row->public_key,
                           .counter = row->counter,
                           .challenge = row->challenge,
                           .created_at = row->created_at,
                           .used_at = row->used_at};
}

bool factors_of(struct db *db, mem_ctx *ctx, struct user_id user, struct factor **ret,
                size_t *ret_count, struct error *err)
{
    struct factor_row *rows;
    if (!factors_of_user(db, ctx, user, &rows, ret_count, err)) {
        return false;
    }
    *ret = mem_array(ctx, struct factor, *ret_count + 1);
    for (size_t i = 0; i < *ret_count; i++) {
        (*ret)[i] = factor_of(&rows[i]);
    }
    return true;
}

bool factors_any(struct db *db, mem_ctx *ctx, struct user_id user, bool *ret, struct error *err)
{
    struct factor_row *rows;
    size_t count;
    if (!factors_of_user(db, ctx, user, &rows, &count, err)) {
        return false;
    }
    *ret = count > 0;
    return true;
}

bool factor_of_credential(struct db *db, mem_ctx *ctx, struct str credential, struct factor *ret,
                          bool *ret_found, struct error *err)
{
    struct factor_row row;
    if (!factor_by_credential(db, ctx, credential, &row, ret_found, err)) {
        return false;
    }
    *ret = *ret_found ? factor_of(&row) : (struct factor){0};
    return true;
}

bool recovery_codes_left(struct db *db, struct user_id user, int64_t *ret, struct error *err)
{
    struct recovery_left_row row = {0};
    bool ok = recovery_left(db, NULL, user, &row, err);
    *ret = row.count;
    return ok;
}

// --- changes ------------------------------------------------------------------------------------

static bool note(const struct factors *f, struct db *tx, const struct actor *actor,
                 struct user_id user, const char *action, struct str change, struct error *err)
{
    const struct trail_note note = {.action = action,
                                    .source_type = "second_factor",
                                    .source_id = user.v,
                                    .source_label = actor->name,
                                    .change = change};
    bool noted = actor_is_staff(actor);
    return !noted || trail_add(tx, actor, f->now, &note, err);
}

static bool may_add(const struct factors *f, struct db *tx, const struct actor *actor,
                    struct str name, struct error *err)
{
    struct factor *all;
    size_t count;
    if (str_trim(name).len == 0) {
        return error_field(err, "name", "BlankValue", "Name: say where it is, such as 'my phone'.");
    }
    if (str_trim(name).len > FACTOR_NAME_MOST) {
        return error_field(err, "name", "TooLong", "Name: is too long.");
    }
    if (!factors_of(tx, f->ctx, actor->user, &all, &count, err)) {
        return false;
    }
    return count < FACTORS_MOST ||
           error_set(err, ERR_INVALID, "You have as many as can be. Remove one first.");
}

bool factor_add_app(const struct factors *f, struct db *tx, const struct actor *actor,
                    struct str name, struct str secret, struct str code, struct error *err)
{
    int64_t step = totp_match(secret, code, f->now, -1);
    if (!may_add(f, tx, actor, name, err)) {
        return false;
    }
    if (step < 0) {
        return error_field(err, "code", "InvalidValue",
                           "Code: that is not what the app shows now. Does its clock go right?");
    }
    const struct factor_insert_in in = {
        .id = {db_next_id(tx)},
        .user_id = actor->user,
        .kind = STR("totp"),
        .name = str_trim(name),
        .secret = seal_text(f->ctx, f->desk_secret, PLACE, hex_encode(f->ctx, secret)),
        .credential = STR(""),
        .public_key = STR(""),
        .counter = step,
        .now = f->now};
    return factor_insert(tx, &in, err) &&
           note(f, tx, actor, actor->user, "create", str_trim(name), err);
}

bool factor_add_passkey(const struct factors *f, struct db *tx, const struct actor *actor,
                        const struct passkey *key, struct error *err)
{
    struct factor known;
    bool found = false;
    if (!may_add(f, tx, actor, key->name, err) ||
        !factor_of_credential(tx, f->ctx, key->credential, &known, &found, err)) {
        return false;
    }
    if (found) {
        return error_set(err, ERR_CONFLICT, "This passkey is known already.");
    }
    const struct factor_insert_in in = {.id = {db_next_id(tx)},
                                        .user_id = actor->user,
                                        .kind = STR("passkey"),
                                        .name = str_trim(key->name),
                                        .secret = STR(""),
                                        .credential = key->credential,
                                        .public_key = key->public_key,
                                        .counter = key->counter,
                                        .now = f->now};
    return factor_insert(tx, &in, err) &&
           note(f, tx, actor, actor->user, "create", str_trim(key->name), err);
}

bool factor_remove(const struct factors *f, struct db *tx, const struct actor *actor,
                   struct factor_id id, struct error *err)
{
    int64_t changes = 0;
    bool any = false;
    if (!factor_delete(tx, id, actor->user, &changes, err)) {
        return false;
    }
    if (changes == 0) {
        return error_set(err, ERR_NOT_FOUND, "There is no such second factor.");
    }
    return factors_any(tx, f->ctx, actor->user, &any, err) &&
           (any || recovery_delete_of(tx, actor->user, err)) &&
           note(f, tx, actor, actor->user, "destroy", STR_NONE, err);
}

bool factors_take_away(const struct factors *f, struct db *tx, const struct actor *actor,
                       struct user_id user, struct error *err)
{
    int64_t changes = 0;
    if (!actor_is_admin(actor)) {
        return error_set(err, ERR_FORBIDDEN, "Only administrators take second factors away.");
    }
    return factors_delete_of(tx, user, &changes, err) && recovery_delete_of(tx, user, err) &&
           note(f, tx, actor, user, "destroy", STR("all"), err);
}

bool factors_forget(struct db *tx, struct user_id user, struct error *err)
{
    int64_t changes = 0;
    return factors_delete_of(tx, user, &changes, err) && recovery_delete_of(tx, user, err);
}

// --- recovery codes -----------------------------------------------------------------------------

// Letters and digits only, in lower case: how it was written down does not matter.
static struct str code_hash(const struct factors *f, struct user_id user, struct str code)
{
    struct buf plain;
    buf_init(&plain, f->ctx, 128);
    buf_printf(&plain, "recovery %lld ", (long long)user.v);
    for (size_t i = 0; i < code.len && i < 64; i++) {
        char c = code.ptr[i];
        c = (char)(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
        if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9')) {
            buf_put_char(&plain, c);
        }
    }
    return hash_hex(f->ctx, hash_keyed(f->desk_secret, buf_str(&plain)));
}

bool recovery_codes_make(const struct factors *f, struct db *tx, struct user_id user,
                         struct str ret[RECOVERY_CODES], struct error *err)
{
    if (!recovery_delete_of(tx, user, err)) {
        return false;
    }
    for (size_t i = 0; i < RECOVERY_CODES; i++) {
        struct str letters = random_token32(f->ctx, CODE_BYTES);
        ret[i] = str_printf(f->ctx, STR_FMT "-" STR_FMT, STR_ARG(str_sub(letters, 0, 4)),
                            STR_ARG(str_from(letters, 4)));
        if (!recovery_insert(tx, user, code_hash(f, user, ret[i]), err)) {
            return false;
        }
    }
    return true;
}

// --- using --------------------------------------------------------------------------------------

static bool use_app(const struct factors *f, struct db *tx, const struct factor *factor,
                    struct str code, bool *ret, struct error *err)
{
    struct str hex;
    struct str secret;
    int64_t changes = 0;
    if (!seal_open(f->ctx, f->desk_secret, PLACE, factor->secret, &hex, err)) {
        return false;
    }
    int64_t step =
        hex_decode(f->ctx, hex, &secret) ? totp_match(secret, code, f->now, factor->counter) : -1;
    if (step >= 0 &&
        !factor_used(tx, factor->id, factor->counter, step, STR(""), f->now, &changes, err)) {
        return false;
    }
    *ret = changes > 0;
    return true;
}

bool factor_code_use(const struct factors *f, struct db *tx, struct user_id user, struct str code,
                     bool *ret, struct error *err)
{
    struct factor *all;
    size_t count;
    int64_t changes = 0;
    *ret = false;
    if (!factors_of(tx, f->ctx, user, &all, &count, err)) {
        return false;
    }
    for (size_t i = 0; i < count && !*ret; i++) {
        if (!all[i].passkey && !use_app(f, tx, &all[i], code, ret, err)) {
            return false;
        }
    }
    if (*ret || count == 0) {
        return true;
    }
    if (!recovery_spend(tx, user, code_hash(f, user, code), f->now, &changes, err)) {
        return false;
    }
    *ret = changes > 0;
    return true;
}

bool factor_passkey_use(const struct factors *f, struct db *tx, const struct factor *factor,
                        int64_t counter, struct str challenge, bool *ret, struct error *err)
{
    int64_t changes = 0;
    bool counts = counter > 0 || factor->counter > 0;
    if (counts && counter <= factor->counter) {
        *ret = false;
        return true;
    }
    if (!factor_used(tx, factor->id, factor->counter, counter, challenge, f->now, &changes, err)) {
        return false;
    }
    *ret = changes > 0;
    return true;
}
