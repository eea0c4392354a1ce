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

bool link_make(const struct people *room, struct db *tx, mem_ctx *ctx, enum link_purpose purpose,
               struct user_id user, struct str next, struct str *ret_url, struct error *err)
{
    const struct purpose_row *row = &PURPOSES[purpose];
    struct str token = random_token(ctx, TOKEN_BYTES);
    int64_t now = clock_now(room->clock);
    struct link_insert_in in = {.hash = token_hash(ctx, token),
                                .user_id = user,
                                .purpose = row->word,
                                .next = is_local_path(next) ? next : STR_NONE,
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
    static const char *const TEXTS[] = {
        [LINK_SIGN_IN] = "somebody, most likely you, asked to sign in to %.*s. Open this link and "
                         "press the button there:\n\n%.*s\n\nIt works once, for 30 minutes. If it "
                         "was not you, do nothing: without this link nobody gets in.\n",
        [LINK_RESET] = "somebody, most likely you, asked for a new password for %.*s. Choose it "
                       "here:\n\n%.*s\n\nThe link works once, for one hour. If it was not you, do "
                       "nothing: your password stays as it is.\n",
        [LINK_INVITE] = ("you are invited to work in %.*s. Choose your password here:\n\n%.*s\n\n"
                         "The link works once, for seven days.\n"),
    };
    struct str hello = str_printf(ctx, "Hello " STR_FMT ",\n\n", STR_ARG(person->name));
    // The texts are the table's own: two arguments each.
    struct str body = STR("");
    switch (purpose) {
    case LINK_SIGN_IN:
    case LINK_RESET:
    case LINK_INVITE:
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
        body = str_printf(ctx, TEXTS[purpose], STR_ARG(room->desk_name), STR_ARG(url));
#pragma GCC diagnostic pop
        break;
    }
    return str_printf(ctx, STR_FMT STR_FMT, STR_ARG(hello), STR_ARG(body));
}

// A mail to be written.
struct mailing {
    enum link_purpose purpose;
    const struct user *person;
    struct str to;
    struct str next;
};

static bool send(const struct people *room, struct db *tx, mem_ctx *ctx, const struct mailing *m,
                 struct error *err)
{
    struct str url;
    if (!link_make(room, tx, ctx, m->purpose, m->person->id, m->next, &url, err)) {
        return false;
    }
    struct people_mail mail = {.kind = PURPOSES[m->purpose].mail,
                               .user = m->person->id,
                               .to = m->to,
                               .subject = mail_subject(room, ctx, m->purpose),
                               .text = mail_text(room, ctx, m->purpose, m->person, url)};
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
    const struct mailing mailing = {purpose, &person, to, next};
    return sent.n >= LINKS_PER_HOUR || send(room, tx, ctx, &mailing, err);
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
    const struct mailing mailing = {LINK_INVITE, &person, person.email, STR_NONE};
    return send(room, tx, ctx, &mailing, err);
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
    *ret = (struct link){row.user_id, row.next};
    return true;
}

// Whoever opened the mail owns the address.
static bool verify_address(struct db *tx, mem_ctx *ctx, struct user_id user, int64_t now,
                           struct error *err)
{
    struct user person;
    struct identity_by_value_row row;
    bool found = false;
    if (!user_need(tx, ctx, user, &person, err)) {
        return false;
    }
    if (person.verified || str_none(person.email)) {
        return true;
    }
    return identity_by_value(tx, ctx, STR("email"), person.email, &row, &found, err) &&
           (!found || identity_set_verified(tx, row.id, now, err)) &&
           person_set_email(tx, user, person.email, true, now, err);
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
    if (!verify_address(tx, ctx, link.user, now, err)) {
        return false;
    }
    *ret = link;
    return true;
}
