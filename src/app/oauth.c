// SPDX-License-Identifier: GPL-3.0-or-later
#include "app/oauth.h"

#include <stdio.h>

#include "app/queries.h"
#include "base/random.h"
#include "base/words.h"

#define CODE_LIFE_MS (10 * MINUTES_MS)
#define REFRESH_LIFE_MS (90 * DAYS_MS)
#define TOKEN_BYTES 32
#define SHOWN_CHARS 10

static struct str hash_of(mem_ctx *ctx, struct str secret)
{
    return hash_hex(ctx, hash_sha256(secret));
}

static bool refuse(struct error *err, const char *word, const char *why)
{
    (void)error_set(err, ERR_INVALID, "%s", why);
    (void)snprintf(err->word, sizeof err->word, "%s", word);
    return false;
}

// --- clients ------------------------------------------------------------------------------------

bool oauth_clients(struct db *db, mem_ctx *ctx, struct oauth_client **ret, size_t *ret_count,
                   struct error *err)
{
    struct oauth_client_row *rows = NULL;
    size_t count = 0;
    if (!oauth_clients_all(db, ctx, &rows, &count, err)) {
        return false;
    }
    *ret = mem_array(ctx, struct oauth_client, count + 1);
    for (size_t i = 0; i < count; i++) {
        (*ret)[i] = (struct oauth_client){.id = rows[i].id,
                                          .identifier = rows[i].identifier,
                                          .name = rows[i].name,
                                          .company = rows[i].company,
                                          .description = rows[i].description,
                                          .redirect_uris = rows[i].redirect_uris,
                                          .is_public = rows[i].public,
                                          .user = rows[i].user_id,
                                          .created_at = rows[i].created_at,
                                          .updated_at = rows[i].updated_at,
                                          .secret_hash = rows[i].secret_hash};
    }
    *ret_count = count;
    return true;
}

static bool find_client(struct db *db, mem_ctx *ctx, int64_t id, struct str identifier,
                        struct oauth_client *ret, struct error *err)
{
    struct oauth_client *list = NULL;
    size_t count = 0;
    if (!oauth_clients(db, ctx, &list, &count, err)) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        if (id != 0 ? list[i].id == id : str_eq(list[i].identifier, identifier)) {
            *ret = list[i];
            return true;
        }
    }
    return error_set(err, ERR_NOT_FOUND, "There is no such client.");
}

bool oauth_client_load(struct db *db, mem_ctx *ctx, int64_t id, struct oauth_client *ret,
                       struct error *err)
{
    return find_client(db, ctx, id == 0 ? -1 : id, STR(""), ret, err);
}

bool oauth_client_by_identifier(struct db *db, mem_ctx *ctx, struct str identifier,
                                struct oauth_client *ret, struct error *err)
{
    return find_client(db, ctx, 0, str_none(identifier) ? STR("") : identifier, ret, err);
}

// An address that a browser may be sent to with a code: by https, or on the person's own machine.
static bool is_redirect(struct str uri)
{
    bool local = str_starts(uri, STR("http://localhost")) ||
                 str_starts(uri, STR("http://127.0.0.1")) || str_starts(uri, STR("http://[::1]"));
    for (size_t i = 0; i < uri.len; i++) {
        char c = uri.ptr[i];
        if (c <= ' ' || c == '"' || c == '\'' || c == ';' || c == ',' || c == '#' || c == '\\' ||
            (unsigned char)c > 126) {
            return false;
        }
    }
    return (str_starts(uri, STR("https://")) && uri.len > 8) || local;
}

static bool check_client(struct db *tx, mem_ctx *ctx, const struct oauth_client *client,
                         struct error *err)
{
    struct oauth_client other;
    struct error ignored;
    struct str rest = client->redirect_uris;
    struct str uri;
    if (str_empty(str_trim(client->name))) {
        return error_field(err, "name", "BlankValue", "Name: cannot be blank");
    }
    if (str_empty(client->identifier) || client->identifier.len > 255 ||
        str_find_char(client->identifier, ' ') >= 0) {
        return error_field(err, "identifier", "BlankValue",
                           "Identifier: cannot be blank and is one word");
    }
    if (oauth_client_by_identifier(tx, ctx, client->identifier, &other, &ignored) &&
        other.id != client->id) {
        return error_field(err, "identifier", "DuplicateValue",
                           "Identifier: %.*s has already been taken", STR_ARG(client->identifier));
    }
    while (str_next(&rest, '\n', &uri)) {
        if (uri.len > 0 && !is_redirect(uri)) {
            return error_field(err, "redirect_uri", "InvalidFormat",
                               "Redirect uri: must begin with https:// (or be on localhost)");
        }
    }
    return true;
}

bool oauth_client_store(struct db *tx, mem_ctx *ctx, struct oauth_client *client, int64_t now,
                        struct str *ret_secret, struct error *err)
{
    *ret_secret = STR_NONE;
    if (!check_client(tx, ctx, client, err)) {
        return false;
    }
    client->updated_at = now;
    if (client->id != 0) {
        struct oauth_client_update_in in = {
            client->id,          client->identifier,    client->name,      client->company,
            client->description, client->redirect_uris, client->is_public, now};
        return oauth_client_update(tx, &in, err);
    }
    *ret_secret = random_token(ctx, TOKEN_BYTES);
    client->id = db_next_id(tx);
    client->created_at = now;
    struct oauth_client_insert_in in = {.id = client->id,
                                        .identifier = client->identifier,
                                        .name = client->name,
                                        .company = client->company,
                                        .description = client->description,
                                        .redirect_uris = client->redirect_uris,
                                        .public = client->is_public,
                                        .secret_hash = hash_of(ctx, *ret_secret),
                                        .user_id = client->user,
                                        .at = now};
    return oauth_client_insert(tx, &in, err);
}

bool oauth_client_new_secret(struct db *tx, mem_ctx *ctx, int64_t id, int64_t now,
                             struct str *ret_secret, struct error *err)
{
    *ret_secret = random_token(ctx, TOKEN_BYTES);
    return oauth_client_set_secret(tx, id, hash_of(ctx, *ret_secret), now, err);
}

bool oauth_client_remove(struct db *tx, int64_t id, struct error *err)
{
    return oauth_codes_delete_of_client(tx, id, err) &&
           oauth_tokens_delete_of_client(tx, id, err) && oauth_client_delete(tx, id, err);
}

bool oauth_redirect_known(const struct oauth_client *client, struct str uri)
{
    struct str rest = client->redirect_uris;
    struct str one;
    while (!str_empty(uri) && str_next(&rest, '\n', &one)) {
        if (str_eq(one, uri)) {
            return true;
        }
    }
    return false;
}

struct str oauth_scopes(mem_ctx *ctx, struct str wanted)
{
    static const char *const RESOURCES[] = {
        "tickets",    "users",    "organizations",        "auditlogs",       "hc",
        "apps",       "triggers", "automations",          "targets",         "webhooks",
        "macros",     "requests", "satisfaction_ratings", "dynamic_content", "any_channel",
        "web_widget", "zis"};
    struct str rest = str_empty(wanted) ? STR("read write") : wanted;
    struct str words = words_normalise(ctx, rest);
    struct str list = words;
    struct str word;
    while (str_next(&list, ' ', &word)) {
        struct str resource;
        struct str access;
        str_cut(word, ':', &resource, &access);
        bool known = str_none(access) && (str_eq_c(word, "read") || str_eq_c(word, "write") ||
                                          str_eq_c(word, "impersonate"));
        for (size_t i = 0; !known && i < sizeof RESOURCES / sizeof *RESOURCES; i++) {
            known = str_eq_c(resource, RESOURCES[i]) &&
                    (str_eq_c(access, "read") || str_eq_c(access, "write"));
        }
        if (!known) {
            return STR_NONE;
        }
    }
    return words;
}

// --- codes --------------------------------------------------------------------------------------

bool oauth_code_make(struct db *tx, mem_ctx *ctx, const struct oauth_grant *grant, int64_t now,
                     struct str *ret_code, struct error *err)
{
    *ret_code = random_token(ctx, TOKEN_BYTES);
    struct oauth_code_insert_in in = {.code_hash = hash_of(ctx, *ret_code),
                                      .client_id = grant->client,
                                      .user_id = grant->user,
                                      .scopes = grant->scopes,
                                      .redirect_uri = grant->redirect_uri,
                                      .challenge = grant->challenge,
                                      .expires_at = now + CODE_LIFE_MS};
    return oauth_code_insert(tx, &in, err);
}

static bool verifier_fits(mem_ctx *ctx, struct str challenge, struct str verifier)
{
    if (str_none(verifier) || verifier.len < 43 || verifier.len > 128) {
        return false;
    }
    struct hash hash = hash_sha256(verifier);
    struct str made = base64url_encode(ctx, (struct str){(const char *)hash.bytes, HASH_SIZE});
    return secret_equal(made, challenge);
}

bool oauth_code_use(struct db *tx, mem_ctx *ctx, const struct oauth_client *client,
                    const struct oauth_proof *proof, int64_t now, struct oauth_grant *ret,
                    struct error *err)
{
    struct oauth_code_get_row row;
    bool found = false;
    struct str hash = hash_of(ctx, str_none(proof->code) ? STR("") : proof->code);
    if (!oauth_code_get(tx, ctx, hash, &row, &found, err)) {
        return false;
    }
    bool fits = found && row.client_id == client->id && row.expires_at > now &&
                str_eq(row.redirect_uri, proof->redirect_uri);
    bool proved =
        fits && (str_none(row.challenge) ? !client->is_public
                                         : verifier_fits(ctx, row.challenge, proof->verifier));
    if (!proved) {
        return refuse(err, "invalid_grant",
                      "The code is unknown, used, too old or not for this client.");
    }
    *ret = (struct oauth_grant){.client = client->id, .user = row.user_id, .scopes = row.scopes};
    return oauth_code_delete(tx, hash, now, err);
}

// --- tokens -------------------------------------------------------------------------------------

bool oauth_token_make(struct db *tx, mem_ctx *ctx, const struct oauth_grant *grant,
                      int64_t expires_s, bool with_refresh, int64_t now, struct oauth_token *ret,
                      struct error *err)
{
    *ret =
        (struct oauth_token){.id = db_next_id(tx),
                             .client = grant->client,
                             .user = grant->user,
                             .scopes = grant->scopes,
                             .expires_at = expires_s > 0 ? now + expires_s * SECONDS_MS : 0,
                             .refresh_expires_at = with_refresh ? now + REFRESH_LIFE_MS : 0,
                             .created_at = now,
                             .access = random_token(ctx, TOKEN_BYTES),
                             .refresh = with_refresh ? random_token(ctx, TOKEN_BYTES) : STR_NONE};
    ret->shown = str_sub(ret->access, 0, SHOWN_CHARS);
    struct oauth_token_insert_in in = {
        .id = ret->id,
        .client_id = ret->client,
        .user_id = ret->user,
        .access_hash = hash_of(ctx, ret->access),
        .refresh_hash = with_refresh ? hash_of(ctx, ret->refresh) : STR_NONE,
        .shown = ret->shown,
        .scopes = ret->scopes,
        .expires_at = {ret->expires_at != 0, ret->expires_at},
        .refresh_expires_at = {ret->refresh_expires_at != 0, ret->refresh_expires_at},
        .created_at = now};
    return oauth_token_insert(tx, &in, err);
}

static struct oauth_token token_from(const struct oauth_token_row *row)
{
    return (struct oauth_token){.id = row->id,
                                .client = row->client_id,
                                .user = row->user_id,
                                .shown = row->shown,
                                .scopes = row->scopes,
                                .expires_at = row->expires_at.v,
                                .refresh_expires_at = row->refresh_expires_at.v,
                                .created_at = row->created_at,
                                .access = STR_NONE,
                                .refresh = STR_NONE};
}

bool oauth_token_refresh(struct db *tx, mem_ctx *ctx, const struct oauth_client *client,
                         struct str refresh, int64_t expires_s, int64_t now,
                         struct oauth_token *ret, struct error *err)
{
    struct oauth_token_row row;
    bool found = false;
    struct str hash = hash_of(ctx, str_none(refresh) ? STR("") : refresh);
    if (!oauth_token_by_refresh(tx, ctx, hash, &row, &found, err)) {
        return false;
    }
    if (!found || row.client_id != client->id || row.refresh_expires_at.v <= now) {
        return refuse(err, "invalid_grant", "The refresh token is unknown, used or too old.");
    }
    struct oauth_grant grant = {.client = client->id, .user = row.user_id, .scopes = row.scopes};
    return oauth_token_remove(tx, row.id, err) &&
           oauth_token_make(tx, ctx, &grant, expires_s, true, now, ret, err);
}

bool oauth_tokens(struct db *db, mem_ctx *ctx, struct user_id user, struct oauth_token **ret,
                  size_t *ret_count, struct error *err)
{
    struct oauth_token_row *rows = NULL;
    size_t count = 0;
    if (!oauth_tokens_of_user(db, ctx, user, &rows, &count, err)) {
        return false;
    }
    *ret = mem_array(ctx, struct oauth_token, count + 1);
    for (size_t i = 0; i < count; i++) {
        (*ret)[i] = token_from(&rows[i]);
    }
    *ret_count = count;
    return true;
}

bool oauth_token_remove(struct db *tx, int64_t id, struct error *err)
{
    int64_t changes = 0;
    return oauth_token_delete(tx, id, &changes, err) &&
           (changes > 0 || error_set(err, ERR_NOT_FOUND, "There is no such token."));
}

bool oauth_token_find(struct db *db, mem_ctx *ctx, struct str access, int64_t now,
                      struct oauth_token *ret, bool *ret_found, struct error *err)
{
    struct oauth_token_row row;
    if (!oauth_token_by_access(db, ctx, hash_of(ctx, access), &row, ret_found, err)) {
        return false;
    }
    *ret_found = *ret_found && (!row.expires_at.set || row.expires_at.v > now);
    if (*ret_found) {
        *ret = token_from(&row);
    }
    return true;
}

// --- scopes -------------------------------------------------------------------------------------

// The part of the path that scopes name.
static struct str resource_of(struct str path)
{
    struct str rest = str_from(path, sizeof "/api/v2/" - 1);
    struct str first;
    struct str tail;
    str_cut(rest, '/', &first, &tail);
    return str_eq_c(first, "audit_logs")    ? STR("auditlogs")
           : str_eq_c(first, "help_center") ? STR("hc")
           : str_eq_c(first, "slas")        ? STR("")
                                            : first;
}

bool oauth_scope_check(const struct ctx *ctx, struct error *err)
{
    if (str_none(ctx->scopes)) {
        return true;
    }
    bool reads = ctx->req->method == HTTP_GET || ctx->req->method == HTTP_HEAD ||
                 ctx->req->method == HTTP_OPTIONS;
    const char *need = reads ? "read" : "write";
    struct str own =
        str_printf(ctx->mem, STR_FMT ":%s", STR_ARG(resource_of(ctx->req->path)), need);
    if (words_has(ctx->scopes, str_c(need)) || words_has(ctx->scopes, own)) {
        return true;
    }
    (void)error_set(err, ERR_FORBIDDEN, "Missing the following required scopes: %s", need);
    (void)snprintf(err->word, sizeof err->word, "MissingScope");
    return false;
}
