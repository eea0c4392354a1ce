// SPDX-License-Identifier: GPL-3.0-or-later
//
// Passwords: rules, storing, checking. Hashing takes tens of milliseconds on purpose, so it happens
// outside of transactions.
#include "base/random.h"
#include "desk/people/people_internal.h"
#include "desk/people/queries.h"

// The most used passwords of ten characters and more, and their like; folded.
static const char *const COMMON[] = {
    "1234567890",
    "12345678910",
    "0123456789",
    "0987654321",
    "1111111111",
    "0000000000",
    "123123123123",
    "1q2w3e4r5t",
    "1q2w3e4r5t6y",
    "qwertyuiop",
    "qwerty12345",
    "qwerty123456",
    "qwertyuiop123",
    "asdfghjkl1",
    "asdfghjkl;",
    "zxcvbnm123",
    "password12",
    "password123",
    "password1234",
    "password12345",
    "passw0rd123",
    "p@ssw0rd123",
    "password!1",
    "password2024",
    "password2025",
    "password2026",
    "welcome123",
    "welcome1234",
    "welcome2024",
    "welcome2025",
    "welcome2026",
    "administrator",
    "admin12345",
    "admin123456",
    "letmein123",
    "letmein1234",
    "iloveyou12",
    "iloveyou123",
    "changeme123",
    "changemenow",
    "helpdesk123",
    "helpdesk1234",
    "support123",
    "support1234",
    "summer2024!",
    "summer2025!",
    "summer2026!",
    "winter2024!",
    "winter2025!",
    "winter2026!",
    "football123",
    "baseball123",
    "sunshine123",
    "princess123",
    "superman123",
    "trustno1trustno1",
    "abcdefghij",
    "abcdefghijk",
    "abcd123456",
    "abc123abc123",
    "correcthorsebatterystaple",
    "q1w2e3r4t5",
    "q1w2e3r4t5y6",
    "michael123",
    "monkey12345",
    "dragon12345",
    "987654321a",
    "a123456789",
    "123456789a",
    "1234567891",
};

static bool too_simple(struct error *err, const char *message)
{
    return error_field(err, "password", "InvalidValue", "Password: %s", message);
}

static size_t char_count(struct str text)
{
    size_t chars = 0;
    for (size_t i = 0; i < text.len; i++) {
        chars += ((unsigned char)text.ptr[i] & 0xC0) != 0x80;
    }
    return chars;
}

static bool is_one_char(struct str text)
{
    for (size_t i = 1; i < text.len; i++) {
        if (text.ptr[i] != text.ptr[0]) {
            return false;
        }
    }
    return true;
}

static bool check_rules(mem_ctx *ctx, struct str password, const struct user *person,
                        struct error *err)
{
    if (char_count(password) < PASSWORD_LEAST) {
        return error_field(err, "password", "TooShort",
                           "Password: is too short (at least %d characters; four plain words make "
                           "a good one)",
                           PASSWORD_LEAST);
    }
    if (password.len > PASSWORD_MOST) {
        return error_field(err, "password", "TooLong", "Password: is too long (at most %d bytes)",
                           PASSWORD_MOST);
    }
    struct str folded = text_fold(ctx, password);
    for (size_t i = 0; i < sizeof COMMON / sizeof COMMON[0]; i++) {
        if (str_eq_c(folded, COMMON[i])) {
            return too_simple(err, "is one of the most used ones, which are tried first");
        }
    }
    if (is_one_char(folded)) {
        return too_simple(err, "is one character over and over");
    }
    bool own_name = str_eq(folded, text_fold(ctx, person->name));
    if (own_name || (!str_none(person->email) && str_eq(folded, person->email))) {
        return too_simple(err, "is your own name or address");
    }
    return true;
}

bool password_prepare(mem_ctx *ctx, struct str password, const struct user *person,
                      struct str *ret_hash, struct error *err)
{
    if (!check_rules(ctx, password, person, err)) {
        return false;
    }
    *ret_hash = password_hash(ctx, password);
    return true;
}

bool password_set(const struct people *room, struct db *tx, mem_ctx *ctx, const struct actor *actor,
                  const struct new_password *set, struct error *err)
{
    struct user_id user = set->user;
    struct user person;
    const struct people_hooks *hooks = &room->hooks;
    bool self = actor->user.v == user.v;
    if (!user_need(tx, ctx, user, &person, err) || (!self && !need_admin(actor, err))) {
        return false;
    }
    return password_put(tx, user, set->hash, clock_now(room->clock), err) &&
           links_end(tx, user, err) &&
           (hooks->end_sessions == NULL ||
            hooks->end_sessions(hooks->env, tx, user, set->keep_session, err));
}

// The hash of 32 random bytes that were thrown away, so that unknown addresses take as long as
// known ones.
static struct str decoy_hash(void)
{
    return STR("$argon2id$v=19$m=65536,t=2,p=1$m+tKIUlm/3+wFEBITF1DMw"
               "$wWmlBQ0MMRRDx/JIkJhTa78Z8DqiSLhpNfwz0Stvgu8");
}

bool password_check(struct db *db, mem_ctx *ctx, struct str email, struct str password,
                    struct user *ret, struct error *err)
{
    struct user person;
    struct password_get_row row;
    bool found = false;
    bool has_password = false;
    if (!user_by_email(db, ctx, email, &person, &found, err) ||
        (found && !password_get(db, ctx, person.id, &row, &has_password, err))) {
        return false;
    }
    // Longer ones were never accepted, and hashing them would cost a stranger nothing.
    bool tried = password.len <= PASSWORD_MOST;
    bool right = tried && password_verify(has_password ? row.hash : decoy_hash(), password);
    if (!right || !has_password || !person.active || person.suspended) {
        return error_set(err, ERR_UNAUTHENTICATED,
                         "The address or the password is not right. Nothing was changed; please "
                         "try again, or have a new password mailed to you.");
    }
    *ret = person;
    return true;
}

bool password_exists(struct db *db, struct user_id user, bool *ret, struct error *err)
{
    struct password_get_row row;
    mem_ctx *ctx = mem_ctx_new(NULL, "password_exists");
    bool fine = password_get(db, ctx, user, &row, ret, err);
    mem_free(ctx);
    return fine;
}
