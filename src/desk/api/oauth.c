// SPDX-License-Identifier: GPL-3.0-or-later
//
// OAuth for programs: their registration, and the exchange of codes, secrets and refresh tokens for
// tokens.
#include "app/oauth.h"

#include "app/api.h"
#include "base/random.h"
#include "desk/api/handlers.h"
#include "desk/door/pages.h"
#include "desk/people/people.h"
#include "desk/trail/trail.h"

#define TOKEN_LIFE_S (8 * 3600)
#define TOKEN_LIFE_MOST_S (172800)

// --- clients ------------------------------------------------------------------------------------

static void write_client(struct ctx *ctx, struct jw *w, const struct oauth_client *c,
                         struct str secret)
{
    struct str rest = c->redirect_uris;
    struct str uri;
    jw_object_begin(w);
    jw_field_i64(w, "id", c->id);
    jw_field_str(w, "url", api_url(ctx, "/api/v2/oauth/clients/%lld.json", (long long)c->id));
    jw_field_str(w, "name", c->name);
    jw_field_str(w, "identifier", c->identifier);
    jw_field_str(w, "company", c->company);
    jw_field_str(w, "description", c->description);
    jw_field_array(w, "redirect_uri");
    while (str_next(&rest, '\n', &uri)) {
        if (uri.len > 0) {
            jw_str(w, uri);
        }
    }
    jw_array_end(w);
    jw_field_c(w, "kind", c->is_public ? "public" : "confidential");
    jw_field_bool(w, "global", false);
    if (!str_none(secret)) {
        jw_field_str(w, "secret", secret);
    }
    jw_field_id(w, "user_id", c->user.v);
    jw_field_time(w, "created_at", c->created_at);
    jw_field_time(w, "updated_at", c->updated_at);
    jw_object_end(w);
}

static bool client_answer(struct ctx *ctx, const struct oauth_client *c, struct str secret,
                          struct error *err)
{
    struct jw w;
    api_begin(ctx, &w);
    jw_key(&w, "client");
    write_client(ctx, &w, c, secret);
    return api_end(ctx, &w, err);
}

// GET /api/v2/oauth/clients, and the caller's own at /api/v2/users/me/oauth/clients
bool api_oauth_clients(struct ctx *ctx, struct error *err)
{
    struct oauth_client *list = NULL;
    struct oauth_client *shown = NULL;
    struct api_page page;
    struct api_found found = {0};
    size_t count = 0;
    size_t kept = 0;
    struct jw w;
    bool own = str_starts(ctx->req->path, STR("/api/v2/users/me/"));
    if (!api_page_parse(ctx, &page, err) || !oauth_clients(ctx->db, ctx->mem, &list, &count, err)) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        if (!own || list[i].user.v == ctx->actor.user.v) {
            list[kept++] = list[i];
        }
    }
    if (!api_slice(ctx, &page, list, sizeof *list, kept, offsetof(struct oauth_client, id),
                   (void **)&shown, &found, err)) {
        return false;
    }
    api_begin(ctx, &w);
    jw_field_array(&w, "clients");
    for (size_t i = 0; i < found.count; i++) {
        write_client(ctx, &w, &shown[i], STR_NONE);
    }
    jw_array_end(&w);
    api_page_write(ctx, &w, &page, &found);
    return api_end(ctx, &w, err);
}

// GET /api/v2/oauth/clients/{client:id}
bool api_oauth_client(struct ctx *ctx, struct error *err)
{
    struct oauth_client client;
    return oauth_client_load(ctx->db, ctx->mem, ctx->path.ids[0], &client, err) &&
           client_answer(ctx, &client, STR_NONE, err);
}

struct client_body {
    struct jr_str name, identifier, company, description, kind;
    struct jr_strs redirect_uri;
};
static const struct jr_field CLIENT_FIELDS[] = {
    JR_FIELD(STR, "name", struct client_body, name, .max = 255),
    JR_FIELD(STR, "identifier", struct client_body, identifier, .max = 255),
    JR_FIELD(STR, "company", struct client_body, company, .max = 255),
    JR_FIELD(STR, "description", struct client_body, description, .max = 2000),
    JR_FIELD(STR, "kind", struct client_body, kind),
    JR_FIELD(STRS, "redirect_uri", struct client_body, redirect_uri, .max = 20),
};
static const struct jr_spec CLIENT_SPEC = JR_SPEC(CLIENT_FIELDS);

struct client_call {
    struct ctx *ctx;
    struct oauth_client client;
    struct client_body body;
    struct str secret;
};

static void carry(struct client_call *call)
{
    struct oauth_client *c = &call->client;
    const struct client_body *b = &call->body;
    struct buf uris;
    c->name = b->name.is == JR_SET ? b->name.v : c->name;
    c->identifier = b->identifier.is == JR_SET ? b->identifier.v : c->identifier;
    c->company = b->company.is != JR_UNSET ? b->company.v : c->company;
    c->description = b->description.is != JR_UNSET ? b->description.v : c->description;
    c->is_public = b->kind.is == JR_SET ? str_eq_c(b->kind.v, "public") : c->is_public;
    if (b->redirect_uri.is != JR_SET) {
        return;
    }
    buf_init(&uris, call->ctx->mem, 65536);
    for (size_t i = 0; i < b->redirect_uri.count; i++) {
        buf_put_c(&uris, i == 0 ? "" : "\n");
        buf_put(&uris, str_trim(b->redirect_uri.v[i]));
    }
    c->redirect_uris = buf_str(&uris);
}

static bool note_client(struct ctx *ctx, struct db *tx, const struct oauth_client *client,
                        const char *action, const char *change, struct error *err)
{
    const struct trail_note note = {.action = action,
                                    .source_type = "oauth_client",
                                    .source_id = client->id,
                                    .source_label = client->name,
                                    .change = str_c(change)};
    return trail_add(tx, &ctx->actor, clock_now(ctx->app->clock), &note, err);
}

static bool store_tx(struct db *tx, void *arg, struct error *err)
{
    struct client_call *call = arg;
    struct ctx *ctx = call->ctx;
    bool fresh = call->client.id == 0;
    if (call->client.id != 0 &&
        !oauth_client_load(tx, ctx->mem, call->client.id, &call->client, err)) {
        return false;
    }
    carry(call);
    return oauth_client_store(tx, ctx->mem, &call->client, clock_now(ctx->app->clock),
                              &call->secret, err) &&
           note_client(ctx, tx, &call->client, fresh ? "create" : "update", NULL, err);
}

static bool store(struct ctx *ctx, int64_t id, struct error *err)
{
    struct client_call call = {.ctx = ctx,
                               .client = {.id = id,
                                          .name = STR(""),
                                          .identifier = STR(""),
                                          .redirect_uris = STR(""),
                                          .user = ctx->actor.user}};
    struct jr_value object = JR_NONE;
    struct problems problems;
    problems_init(&problems, ctx->mem);
    if (!api_body(ctx, "client", &object, err)) {
        return false;
    }
    if (!jr_bind(ctx->mem, object, &CLIENT_SPEC, &call.body, &problems)) {
        return api_write_problems(ctx, &problems);
    }
    if (!db_tx_run(ctx->app->db, "oauth.client", store_tx, &call, err)) {
        return false;
    }
    if (id == 0) {
        api_created(ctx,
                    api_url(ctx, "/api/v2/oauth/clients/%lld.json", (long long)call.client.id));
    }
    return client_answer(ctx, &call.client, call.secret, err);
}

// POST /api/v2/oauth/clients
bool api_oauth_client_create(struct ctx *ctx, struct error *err)
{
    return store(ctx, 0, err);
}

// PUT /api/v2/oauth/clients/{client:id}
bool api_oauth_client_update(struct ctx *ctx, struct error *err)
{
    return store(ctx, ctx->path.ids[0], err);
}

static bool secret_tx(struct db *tx, void *arg, struct error *err)
{
    struct client_call *call = arg;
    struct ctx *ctx = call->ctx;
    return oauth_client_load(tx, ctx->mem, call->client.id, &call->client, err) &&
           oauth_client_new_secret(tx, ctx->mem, call->client.id, clock_now(ctx->app->clock),
                                   &call->secret, err) &&
           note_client(ctx, tx, &call->client, "update", "A new secret", err);
}

// PUT /api/v2/oauth/clients/{client:id}/generate_secret
bool api_oauth_client_secret(struct ctx *ctx, struct error *err)
{
    struct client_call call = {.ctx = ctx, .client = {.id = ctx->path.ids[0]}};
    return db_tx_run(ctx->app->db, "oauth.secret", secret_tx, &call, err) &&
           client_answer(ctx, &call.client, call.secret, err);
}

static bool remove_client_tx(struct db *tx, void *arg, struct error *err)
{
    struct ctx *ctx = arg;
    struct oauth_client client;
    return oauth_client_load(tx, ctx->mem, ctx->path.ids[0], &client, err) &&
           oauth_client_remove(tx, client.id, err) &&
           note_client(ctx, tx, &client, "destroy", NULL, err);
}

// DELETE /api/v2/oauth/clients/{client:id}
bool api_oauth_client_delete(struct ctx *ctx, struct error *err)
{
    if (!db_tx_run(ctx->app->db, "oauth.client.delete", remove_client_tx, ctx, err)) {
        return false;
    }
    api_no_content(ctx);
    return true;
}

// --- one's own tokens ---------------------------------------------------------------------------

static void write_scopes(struct jw *w, struct str scopes)
{
    jw_field_words(w, "scopes", scopes);
}

static void write_token(struct ctx *ctx, struct jw *w, const struct oauth_token *t)
{
    jw_object_begin(w);
    jw_field_i64(w, "id", t->id);
    jw_field_str(w, "url", api_url(ctx, "/api/v2/oauth/tokens/%lld.json", (long long)t->id));
    jw_field_i64(w, "user_id", t->user.v);
    jw_field_i64(w, "client_id", t->client);
    write_scopes(w, t->scopes);
    jw_field_str(w, "token", t->shown);
    if (!str_none(t->access)) {
        jw_field_str(w, "full_token", t->access);
    }
    jw_field_null(w, "refresh_token");
    jw_field_time(w, "expires_at", t->expires_at);
    jw_field_null(w, "used_at");
    jw_field_time(w, "created_at", t->created_at);
    jw_object_end(w);
}

static bool token_answer(struct ctx *ctx, const struct oauth_token *t, struct error *err)
{
    struct jw w;
    api_begin(ctx, &w);
    jw_key(&w, "token");
    write_token(ctx, &w, t);
    return api_end(ctx, &w, err);
}

// GET /api/v2/oauth/tokens
bool api_oauth_tokens(struct ctx *ctx, struct error *err)
{
    struct oauth_token *list = NULL;
    struct oauth_token *shown = NULL;
    struct api_page page;
    struct api_found found = {0};
    size_t count = 0;
    struct jw w;
    if (!api_page_parse(ctx, &page, err) ||
        !oauth_tokens(ctx->db, ctx->mem, ctx->actor.user, &list, &count, err) ||
        !api_slice(ctx, &page, list, sizeof *list, count, offsetof(struct oauth_token, id),
                   (void **)&shown, &found, err)) {
        return false;
    }
    api_begin(ctx, &w);
    jw_field_array(&w, "tokens");
    for (size_t i = 0; i < found.count; i++) {
        write_token(ctx, &w, &shown[i]);
    }
    jw_array_end(&w);
    api_page_write(ctx, &w, &page, &found);
    return api_end(ctx, &w, err);
}

// The token of the path; "current" is the one that this request brought.
static bool path_token(struct ctx *ctx, struct oauth_token *ret, struct error *err)
{
    struct oauth_token *list = NULL;
    size_t count = 0;
    bool found = false;
    struct str header = http_header(ctx->req, "Authorization");
    if (str_ends(ctx->req->path, STR("/current"))) {
        return str_istarts(header, STR("Bearer ")) &&
                       oauth_token_find(ctx->db, ctx->mem, str_trim(str_from(header, 7)),
                                        clock_now(ctx->app->clock), ret, &found, err) &&
                       found
                   ? true
                   : error_set(err, ERR_NOT_FOUND, "This request brought no such token.");
    }
    if (!oauth_tokens(ctx->db, ctx->mem, ctx->actor.user, &list, &count, err)) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        if (list[i].id == ctx->path.ids[0]) {
            *ret = list[i];
            return true;
        }
    }
    return error_set(err, ERR_NOT_FOUND, "There is no such token.");
}

// GET /api/v2/oauth/tokens/{token:id} and /current
bool api_oauth_token(struct ctx *ctx, struct error *err)
{
    struct oauth_token token;
    return path_token(ctx, &token, err) && token_answer(ctx, &token, err);
}

static bool remove_token_tx(struct db *tx, void *arg, struct error *err)
{
    const struct oauth_token *token = arg;
    return oauth_token_remove(tx, token->id, err);
}

// DELETE /api/v2/oauth/tokens/{token:id} and /current
bool api_oauth_token_delete(struct ctx *ctx, struct error *err)
{
    struct oauth_token token;
    if (!path_token(ctx, &token, err) ||
        !db_tx_run(ctx->app->db, "oauth.token.delete", remove_token_tx, &token, err)) {
        return false;
    }
    api_no_content(ctx);
    return true;
}

// --- making tokens ------------------------------------------------------------------------------

struct exchange {
    struct ctx *ctx;
    struct jr_value body;
    struct oauth_client client;
    struct oauth_grant grant;
    struct oauth_token token;
    int64_t life_s;
    bool with_refresh;
};

static bool make_tx(struct db *tx, void *arg, struct error *err)
{
    struct exchange *x = arg;
    return oauth_token_make(tx, x->ctx->mem, &x->grant, x->life_s, x->with_refresh,
                            clock_now(x->ctx->app->clock), &x->token, err);
}

// POST /api/v2/oauth/tokens {"token":{"client_id":N,"scopes":["read"]}}: for oneself
bool api_oauth_token_create(struct ctx *ctx, struct error *err)
{
    struct exchange x = {.ctx = ctx};
    struct jr_value object = JR_NONE;
    struct buf words;
    int64_t id = 0;
    if (!api_body(ctx, "token", &object, err)) {
        return false;
    }
    if (!jr_id(jr_get(object, "client_id"), &id) ||
        !oauth_client_load(ctx->db, ctx->mem, id, &x.client, err)) {
        return error_field(err, "client_id", "RecordNotFound", "Client: there is no such client");
    }
    buf_init(&words, ctx->mem, 4096);
    struct jr_value list = jr_get(object, "scopes");
    for (size_t i = 0; i < jr_count(list); i++) {
        struct str word = jr_text(jr_at(list, i));
        buf_put_c(&words, " ");
        buf_put(&words, str_none(word) ? STR("?") : word);
    }
    x.grant = (struct oauth_grant){.client = x.client.id,
                                   .user = ctx->actor.user,
                                   .scopes = oauth_scopes(ctx->mem, str_trim(buf_str(&words)))};
    if (str_none(x.grant.scopes)) {
        return error_field(err, "scopes", "InvalidValue", "Scopes: one is not known");
    }
    // A token cannot make one that may do more.
    if (!str_none(ctx->scopes)) {
        x.grant.scopes = ctx->scopes;
    }
    if (!db_tx_run(ctx->app->db, "oauth.token", make_tx, &x, err)) {
        return false;
    }
    api_created(ctx, api_url(ctx, "/api/v2/oauth/tokens/%lld.json", (long long)x.token.id));
    return token_answer(ctx, &x.token, err);
}

// A parameter of the exchange: of a form or of a JSON object.
static struct str said(const struct exchange *x, const char *name)
{
    struct str text = http_form(x->ctx->req, name);
    return str_none(text) ? jr_text(jr_get(x->body, name)) : text;
}

static bool oauth_error(struct ctx *ctx, int status, const char *word, const char *why,
                        struct error *err)
{
    struct jw w;
    ctx->resp->status = status;
    api_begin(ctx, &w);
    jw_field_c(&w, "error", word);
    jw_field_c(&w, "error_description", why);
    return api_end(ctx, &w, err);
}

// Public clients have no secret to show; for them the code's verifier or the refresh token proves.
static bool client_proved(struct exchange *x)
{
    struct str secret = said(x, "client_secret");
    if (str_empty(secret)) {
        return x->client.is_public;
    }
    struct str hash = hash_hex(x->ctx->mem, hash_sha256(secret));
    return secret_equal(hash, x->client.secret_hash);
}

static bool exchange_tx(struct db *tx, void *arg, struct error *err)
{
    struct exchange *x = arg;
    mem_ctx *mem = x->ctx->mem;
    int64_t now = clock_now(x->ctx->app->clock);
    struct str type = said(x, "grant_type");
    if (str_eq_c(type, "refresh_token")) {
        return oauth_token_refresh(tx, mem, &x->client, said(x, "refresh_token"), x->life_s, now,
                                   &x->token, err);
    }
    if (str_eq_c(type, "authorization_code")) {
        x->with_refresh = true;
        const struct oauth_proof proof = {said(x, "code"), said(x, "redirect_uri"),
                                          said(x, "code_verifier")};
        if (!oauth_code_use(tx, mem, &x->client, &proof, now, &x->grant, err)) {
            return false;
        }
    }
    return oauth_token_make(tx, mem, &x->grant, x->life_s, x->with_refresh, now, &x->token, err);
}

static bool exchange_answer(struct exchange *x, struct error *err)
{
    struct ctx *ctx = x->ctx;
    int64_t now = clock_now(ctx->app->clock);
    struct jw w;
    http_set_header_c(ctx->resp, "Cache-Control", "no-store");
    api_begin(ctx, &w);
    jw_field_str(&w, "access_token", x->token.access);
    jw_field_c(&w, "token_type", "bearer");
    jw_field_str(&w, "scope", x->token.scopes);
    jw_field_str(&w, "refresh_token", x->token.refresh);
    jw_field_i64(&w, "expires_in", (x->token.expires_at - now) / SECONDS_MS);
    if (x->token.refresh_expires_at != 0) {
        jw_field_i64(&w, "refresh_token_expires_in",
                     (x->token.refresh_expires_at - now) / SECONDS_MS);
    }
    return api_end(ctx, &w, err);
}

// What client_credentials gives: the client's own owner.
static bool own_grant(struct exchange *x)
{
    x->grant = (struct oauth_grant){.client = x->client.id,
                                    .user = x->client.user,
                                    .scopes = oauth_scopes(x->ctx->mem, said(x, "scope"))};
    return !str_none(x->grant.scopes);
}

// What the older password grant gives: the person whose password this is.
static bool password_grant(struct exchange *x, struct error *ret_why)
{
    struct user user;
    struct ctx *ctx = x->ctx;
    struct str name = said(x, "username");
    struct str password = said(x, "password");
    struct str scopes = oauth_scopes(ctx->mem, said(x, "scope"));
    if (str_none(scopes)) {
        return error_set(ret_why, ERR_INVALID, "The requested scope is not known.");
    }
    if (!door_password_alone(ctx, str_none(name) ? STR("") : name,
                             str_none(password) ? STR("") : password, &user, ret_why)) {
        ret_why->code = ret_why->code == ERR_UNAUTHENTICATED ? ERR_INVALID : ret_why->code;
        return false;
    }
    x->grant = (struct oauth_grant){.client = x->client.id, .user = user.id, .scopes = scopes};
    x->with_refresh = true;
    return true;
}

// POST /oauth/tokens
bool oauth_exchange(struct ctx *ctx, struct error *err)
{
    struct exchange x = {.ctx = ctx, .life_s = TOKEN_LIFE_S};
    struct error why;
    int64_t life = 0;
    if (ctx->req->form.count == 0 && !api_body_whole(ctx, &x.body, err)) {
        return false;
    }
    struct str type = said(&x, "grant_type");
    bool own = str_eq_c(type, "client_credentials");
    bool by_password = str_eq_c(type, "password");
    if (!own && !by_password && !str_eq_c(type, "authorization_code") &&
        !str_eq_c(type, "refresh_token")) {
        return oauth_error(ctx, 400, "unsupported_grant_type",
                           "authorization_code, refresh_token, client_credentials and password are "
                           "known.",
                           err);
    }
    if (!oauth_client_by_identifier(ctx->db, ctx->mem, said(&x, "client_id"), &x.client, &why) ||
        !client_proved(&x) || (own && x.client.is_public)) {
        return oauth_error(ctx, 401, "invalid_client", "Client authentication failed.", err);
    }
    if (own && !own_grant(&x)) {
        return oauth_error(ctx, 400, "invalid_scope", "The requested scope is not known.", err);
    }
    if (by_password && !password_grant(&x, &why)) {
        *err = why;
        return why.code == ERR_INVALID && oauth_error(ctx, 400, "invalid_grant", why.message, err);
    }
    if (str_to_i64(said(&x, "expires_in"), &life) && life >= 300 && life <= TOKEN_LIFE_MOST_S) {
        x.life_s = life;
    }
    if (!db_tx_run(ctx->app->db, "oauth.exchange", exchange_tx, &x, &why)) {
        if (why.code == ERR_INVALID) {
            return oauth_error(ctx, 400, "invalid_grant", why.message, err);
        }
        *err = why;
        return false;
    }
    return exchange_answer(&x, err);
}
