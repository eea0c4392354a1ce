// SPDX-License-Identifier: GPL-3.0-or-later
//
// Links in mails: signing in, choosing a new password, invitations.
#include "base/random.h"
#include "desk/people/people_internal.h"
#include "desk/people/queries.h"

#define TOKEN_BYTES 32
// Kept a while after they end, so that how many were sent can be counted.
#define KEEP_MS (2 * DAYS_MS)

// The token is a parameter, not a part of the path: paths are logged.
struct purpose_row {
    struct str word;
    const char *path;
    int64_t life_ms;
    enum people_mail_kind mail;
};

static const struct purpose_row PURPOSES[] = {
    [LINK_SIGN_IN] = {STR_INIT("sign_in"), "/sign-in/link?token=", 30 * MINUTES_MS, MAIL_SIGN_IN},
    [LINK_RESET] = {STR_INIT("reset"), "/password/reset?token=", HOURS_MS, MAIL_RESET},
    [LINK_INVITE] = {STR_INIT("invite"), "/invitation?token=", 7 * DAYS_MS, MAIL_INVITE},
};

static struct str token_hash(mem_ctx *ctx, struct str token)
{
    return hash_hex(ctx, hash_sha256(token));
}

// Only paths of ours: no other site, no line break.
static bool is_local_path(struct str path)
{
    bool slash = path.len > 0 && path.len <= 500 && path.ptr[0] == '/';
    if (!slash || (path.len > 1 && (path.ptr[1] == '/' || path.ptr[1] == '\\'))) {
        return false;
    }
    for (size_t i = 0; i < path.len; i++) {
        if ((unsigned char)path.ptr[i] <= ' ' || path.ptr[i] == '\\' || path.ptr[i] == 0x7F) {
            return false;
        }
    }
    return true;
}

bool link_make(const struct people *room, struct db *tx, mem_ctx *ctx, const struct new_link *make,
               struct str *ret_url, struct error *err)
{
    const struct purpose_row *row = &PURPOSES[make->purpose];
    struct str token = random_token(ctx, TOKEN_BYTES);
    int64_t now = clock_now(room->clock);
    struct link_insert_in in = {.hash = token_hash(ctx, token),
                                .user_id = make->user,
                                .purpose = row->word,
                                .next = is_local_path(make->next) ? make->next : STR_NONE,
                                .email = make->email,
                                .created_at = now,
                                .expires_at = now + row->life_ms};
    if (!links_clear(tx, now - KEEP_MS, err) || !link_insert(tx, &in, err)) {
        return false;
    }
    *ret_url =
        str_printf(ctx, STR_FMT "%s" STR_FMT, STR_ARG(room->public_url), row->path, STR_ARG(token));
    return true;
}

// --- mails --------------------------------------------------------------------------------------

static struct str mail_subject(const struct people *room, mem_ctx *ctx, enum link_purpose purpose)
{
    switch (purpose) {
    case LINK_SIGN_IN:
        return str_printf(ctx, "Sign in to " STR_FMT, STR_ARG(room->desk_name));
    case LINK_RESET:
        return str_printf(ctx, "A new password for " STR_FMT, STR_ARG(room->desk_name));
    case LINK_INVITE:
        return str_printf(ctx, "You are invited to " STR_FMT, STR_ARG(room->desk_name));
    }
    return STR("");
}

static struct str mail_text(const struct people *room, mem_ctx *ctx, enum link_purpose purpose,
                            const struct user *person, struct str url)
{
    switch (purpose) {
    case LINK_SIGN_IN:
        return str_printf(
            ctx,
            "Hello " STR_FMT ",\n\nsomebody, most likely you, asked to sign in to " STR_FMT
            ". Open this link and press the button there:\n\n" STR_FMT
            "\n\nIt works once, for 30 minutes. If it was not you, do nothing: without "
            "this link nobody gets in.\n",
            STR_ARG(person->name), STR_ARG(room->desk_name), STR_ARG(url));
    case LINK_RESET:
        return str_printf(
            ctx,
            "Hello " STR_FMT ",\n\nsomebody, most likely you, asked for a new password "
            "for " STR_FMT ". Choose it here:\n\n" STR_FMT
            "\n\nThe link works once, for one hour. If it was not you, do nothing: your "
            "password stays as it is.\n",
            STR_ARG(person->name), STR_ARG(room->desk_name), STR_ARG(url));
    case LINK_INVITE:
        return str_printf(ctx,
                          "Hello " STR_FMT ",\n\nyou are invited to work in " STR_FMT
                          ". Choose your password here:\n\n" STR_FMT
                          "\n\nThe link works once, for seven days.\n",
                          STR_ARG(person->name), STR_ARG(room->desk_name), STR_ARG(url));
    }
    return STR("");
}

static bool send(const struct people *room, struct db *tx, mem_ctx *ctx,
                 const struct new_link *make, const struct user *person, struct error *err)
{
    struct str url;
    if (!link_make(room, tx, ctx, make, &url, err)) {
        return false;
    }
    struct people_mail mail = {.kind = PURPOSES[make->purpose].mail,
                               .user = person->id,
                               .to = make->email,
                               .subject = mail_subject(room, ctx, make->purpose),
                               .text = mail_text(room, ctx, make->purpose, person, url)};
    return room->hooks.send_mail == NULL || room->hooks.send_mail(room->hooks.env, tx, &mail, err);
}

bool link_mail(const struct people *room, struct db *tx, enum link_purpose purpose,
               struct str email, struct str next, struct error *err)
{
    mem_ctx *ctx = db_tx_ctx(tx);
    struct user person;
    struct str to;
    struct count_row sent;
    bool found = false;
    if (!user_by_email(tx, ctx, email, &person, &found, err)) {
        return false;
    }
    if (!found || !person.active || person.suspended || !email_normalise(ctx, email, &to)) {
        return true;
    }
    if (!link_count_since(tx, ctx, person.id, clock_now(room->clock) - HOURS_MS, &sent, err)) {
        return false;
    }
    const struct new_link make = {purpose, person.id, to, next};
    return sent.n >= LINKS_PER_HOUR || send(room, tx, ctx, &make, &person, err);
}

bool link_invite(const struct people *room, struct db *tx, mem_ctx *ctx, const struct actor *actor,
                 struct user_id user, struct error *err)
{
    struct user person;
    if (!need_admin(actor, err) || !user_need(tx, ctx, user, &person, err)) {
        return false;
    }
    if (str_none(person.email)) {
        return error_field(err, "email", "BlankValue",
                           "Email: an invitation needs an address to go to");
    }
    const struct new_link make = {LINK_INVITE, user, person.email, STR_NONE};
    return send(room, tx, ctx, &make, &person, err);
}

// --- using --------------------------------------------------------------------------------------

static bool gone(struct error *err)
{
    return error_set(err, ERR_GONE,
                     "This link has been used already or is too old. Ask for a new one.");
}

bool link_peek(const struct people *room, struct db *db, mem_ctx *ctx, enum link_purpose purpose,
               struct str token, struct link *ret, struct error *err)
{
    struct link_get_row row;
    struct user person;
    bool found = false;
    if (!link_get(db, ctx, token_hash(ctx, token), PURPOSES[purpose].word, clock_now(room->clock),
                  &row, &found, err)) {
        return false;
    }
    if (!found) {
        return gone(err);
    }
    if (!user_find(db, ctx, row.user_id, &person, &found, err)) {
        return false;
    }
    if (!found || !person.active || person.suspended) {
        return gone(err);
    }
    *ret = (struct link){row.user_id, row.next, row.email};
    return true;
}

// Whoever opened the mail owns the address that it went to.
static bool verify_address(struct db *tx, mem_ctx *ctx, const struct link *link, int64_t now,
                           struct error *err)
{
    struct identity_by_value_row row;
    bool found = false;
    if (str_none(link->email)) {
        return true;
    }
    if (!identity_by_value(tx, ctx, STR("email"), link->email, &row, &found, err)) {
        return false;
    }
    if (!found || row.user_id.v != link->user.v || row.verified) {
        return true;
    }
    return identity_set_verified(tx, row.id, now, err) &&
           (!row.is_primary || person_set_email(tx, link->user, link->email, true, now, err));
}

bool link_use(const struct people *room, struct db *tx, mem_ctx *ctx, enum link_purpose purpose,
              struct str token, struct link *ret, struct error *err)
{
    int64_t now = clock_now(room->clock);
    int64_t changes = 0;
    struct link link;
    if (!link_peek(room, tx, ctx, purpose, token, &link, err) ||
        !link_spend(tx, token_hash(ctx, token), PURPOSES[purpose].word, now, &changes, err)) {
        return false;
    }
    if (changes != 1) {
        return gone(err);
    }
    if (!verify_address(tx, ctx, &link, now, err)) {
        return false;
    }
    *ret = link;
    return true;
}
