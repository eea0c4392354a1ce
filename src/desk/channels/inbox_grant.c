// SPDX-License-Identifier: GPL-3.0-or-later
//
// An administrator goes to the provider of a mailbox and comes back with a code, which is exchanged
// for the refresh token. The state is known to that session alone; the verifier never leaves the
// desk before the code is there.
#include "base/buf.h"
#include "base/random.h"
#include "desk/channels/inbox_internal.h"
#include "desk/desk.h"
#include "mail/oauth.h"

#define GRANT_MS (10 * MINUTES_MS)
#define EXCHANGE_MS (10 * SECONDS_MS)

static void put_param(struct buf *url, const char *name, struct str value)
{
    if (value.len > 0) {
        buf_put_char(url, '&');
        buf_put_c(url, name);
        buf_put_char(url, '=');
        buf_put_percent(url, value);
    }
}

// access_type is Google's word for "with a refresh token"; others pass over it.
static struct str address_of(mem_ctx *ctx, const struct inbox_row *row, struct str redirect_uri,
                             struct str state, struct str verifier)
{
    struct buf url;
    struct hash hash = hash_sha256(verifier);
    struct str challenge = base64url_encode(ctx, (struct str){(const char *)hash.bytes, HASH_SIZE});
    buf_init(&url, ctx, 65536);
    buf_put(&url, row->authorize_url);
    buf_put_c(&url, str_find_char(row->authorize_url, '?') < 0 ? "?" : "&");
    buf_put_c(&url, "response_type=code");
    put_param(&url, "client_id", row->client);
    put_param(&url, "redirect_uri", redirect_uri);
    put_param(&url, "scope", row->scope);
    put_param(&url, "state", state);
    put_param(&url, "code_challenge", challenge);
    put_param(&url, "code_challenge_method", STR("S256"));
    put_param(&url, "access_type", STR("offline"));
    put_param(&url, "prompt", STR("consent"));
    put_param(&url, "login_hint", row->user_name);
    return buf_str(&url);
}

static struct str hash_of(mem_ctx *ctx, struct str text)
{
    return hash_hex(ctx, hash_sha256(text));
}

static bool load(struct db *db, mem_ctx *ctx, struct inbox_id id, struct inbox_row *ret,
                 struct error *err)
{
    bool found = false;
    return inbox_by_id(db, ctx, id, ret, &found, err) &&
           (found || error_set(err, ERR_NOT_FOUND, "There is no such mailbox."));
}

bool inbox_grant_begin(struct desk *desk, struct db *tx, const struct actor *actor,
                       const struct inbox_grant *grant, struct str *ret_url, struct error *err)
{
    mem_ctx *ctx = db_tx_ctx(tx);
    struct inbox_row row;
    struct str state = random_token(ctx, 32);
    struct str verifier = random_token(ctx, 32);
    if (!inbox_admins_only(actor, err) || !load(tx, ctx, grant->id, &row, err)) {
        return false;
    }
    if (!str_eq_c(row.auth, "oauth") || row.authorize_url.len == 0) {
        return error_set(err, ERR_INVALID, "This mailbox has no address where access is granted.");
    }
    const struct inbox_grant_insert_in in = {
        .inbox_id = row.id,
        .state_hash = hash_of(ctx, state),
        .session_hash = grant->session,
        .verifier = inbox_seal(desk, ctx, row.id, "verifier", verifier),
        .redirect_uri = grant->redirect_uri,
        .expires_at = clock_now(desk->app->clock) + GRANT_MS,
    };
    *ret_url = address_of(ctx, &row, grant->redirect_uri, state, verifier);
    return inbox_grant_delete(tx, row.id, err) && inbox_grant_insert(tx, &in, err);
}

bool inbox_grant_take(struct desk *desk, struct db *tx, const struct actor *actor, struct str state,
                      struct inbox_grant *ret, struct error *err)
{
    mem_ctx *ctx = db_tx_ctx(tx);
    struct inbox_grant_by_state_row row;
    bool found = false;
    if (!inbox_admins_only(actor, err) ||
        !inbox_grant_by_state(tx, ctx, hash_of(ctx, state), ret->session, &row, &found, err)) {
        return false;
    }
    if (!found || row.expires_at < clock_now(desk->app->clock)) {
        return error_set(err, ERR_INVALID,
                         "Nobody is waited for with this answer, or it took too long. Begin anew "
                         "on the page of the mailbox.");
    }
    ret->id = row.inbox_id;
    ret->redirect_uri = row.redirect_uri;
    return inbox_unseal(desk, ctx, row.inbox_id, "verifier", row.verifier, &ret->verifier, err) &&
           inbox_grant_delete(tx, row.inbox_id, err);
}

// --- the exchange -------------------------------------------------------------------------------

struct finish {
    struct desk *desk;
    mem_ctx *ctx;
    struct inbox_id id;
    struct inbox_row row;
    struct str token;
};

static bool load_tx(struct db *db, void *arg, struct error *err)
{
    struct finish *finish = arg;
    return load(db, finish->ctx, finish->id, &finish->row, err);
}

static bool granted_tx(struct db *tx, void *arg, struct error *err)
{
    const struct finish *finish = arg;
    struct str sealed =
        inbox_seal(finish->desk, db_tx_ctx(tx), finish->id, "secret", finish->token);
    int64_t changes = 0;
    int64_t retries = 0;
    db_notify(tx, INBOX_CHANNEL, STR(""));
    inbox_publish(finish->desk, tx);
    return inbox_granted(tx, finish->id, sealed, &changes, err) &&
           inbox_retry(tx, finish->id, &retries, err) &&
           (changes == 1 || error_set(err, ERR_NOT_FOUND, "There is no such mailbox."));
}

bool inbox_grant_finish(struct desk *desk, mem_ctx *ctx, const struct actor *actor,
                        const struct inbox_grant *grant, struct str code, struct error *err)
{
    struct finish finish = {.desk = desk, .ctx = ctx, .id = grant->id};
    struct oauth_answer answer;
    struct str secret;
    if (!inbox_admins_only(actor, err) || !db_read(desk->app->db, load_tx, &finish, err) ||
        !inbox_unseal(desk, ctx, grant->id, "client", finish.row.token_secret, &secret, err)) {
        return false;
    }
    const struct oauth_request request = {.token_url = finish.row.token_url,
                                          .client = finish.row.client,
                                          .client_secret = secret,
                                          .code = code,
                                          .redirect_uri = grant->redirect_uri,
                                          .verifier = grant->verifier,
                                          .ca = finish.row.ca,
                                          .timeout_ms = EXCHANGE_MS};
    if (!oauth_code_exchange(ctx, &request, &answer, err)) {
        return false;
    }
    finish.token = answer.refresh_token;
    return db_tx_run(desk->app->db, "inbox.granted", granted_tx, &finish, err);
}
