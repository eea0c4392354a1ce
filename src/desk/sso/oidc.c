// SPDX-License-Identifier: GPL-3.0-or-later
//
// The part of OpenID Connect that speaks to the provider.
#include "desk/sso/oidc_internal.h"

#include "base/buf.h"
#include "base/clock.h"
#include "base/random.h"
#include "http/fetch.h"

#define SECRET_BYTES 32
#define CALL_MS (10 * SECONDS_MS)

// --- discovery ----------------------------------------------------------------------------------

static bool read_json(mem_ctx *ctx, const struct fetch_call *call, struct jr_value *ret,
                      struct str *ret_text, struct error *err)
{
    struct fetch_answer answer;
    struct error ignored;
    if (!fetch(ctx, call, &answer, err)) {
        return false;
    }
    if (answer.status != 200 || !jr_parse(ctx, answer.body, ret, &ignored)) {
        return error_set(err, ERR_UNAVAILABLE, "%.*s answers with %ld and nothing to read.",
                         STR_ARG(str_utf8_clip(call->url, 200)), answer.status);
    }
    *ret_text = answer.body;
    return true;
}

static struct str text_at(mem_ctx *ctx, struct jr_value object, const char *key)
{
    struct str text = jr_text(jr_get(object, key));
    return str_none(text) ? STR("") : str_dup(ctx, text);
}

static bool lists(struct jr_value list, const char *word)
{
    for (size_t i = 0; i < jr_count(list); i++) {
        if (str_eq_c(jr_text(jr_at(list, i)), word)) {
            return true;
        }
    }
    return false;
}

bool oidc_discover(mem_ctx *ctx, struct str issuer, struct str ca, struct oidc_place *ret,
                   struct error *err)
{
    struct jr_value said = JR_NONE;
    struct jr_value keys = JR_NONE;
    struct str text;
    struct str base = str_ends(issuer, STR("/")) ? str_sub(issuer, 0, issuer.len - 1) : issuer;
    struct fetch_call call = {
        .url = str_printf(ctx, STR_FMT "/.well-known/openid-configuration", STR_ARG(base)),
        .ca = ca,
        .timeout_ms = CALL_MS};
    if (!read_json(ctx, &call, &said, &text, err)) {
        return false;
    }
    *ret = (struct oidc_place){.issuer = text_at(ctx, said, "issuer"),
                               .authorize_url = text_at(ctx, said, "authorization_endpoint"),
                               .token_url = text_at(ctx, said, "token_endpoint"),
                               .userinfo_url = text_at(ctx, said, "userinfo_endpoint")};
    struct jr_value methods = jr_get(said, "token_endpoint_auth_methods_supported");
    ret->secret_in_form = jr_count(methods) > 0 && !lists(methods, "client_secret_basic") &&
                          lists(methods, "client_secret_post");
    if (!str_eq(ret->issuer, issuer)) {
        return error_set(err, ERR_UNAVAILABLE,
                         "The provider calls itself “%.*s”; write the issuer exactly so.",
                         STR_ARG(str_utf8_clip(ret->issuer, 200)));
    }
    call.url = text_at(ctx, said, "jwks_uri");
    if (!fetch_url_fine(ctx, ret->authorize_url) || !fetch_url_fine(ctx, ret->token_url) ||
        !fetch_url_fine(ctx, call.url)) {
        return error_set(err, ERR_UNAVAILABLE,
                         "The provider names no addresses that begin with https://");
    }
    return read_json(ctx, &call, &keys, &ret->keys, err);
}

// --- there --------------------------------------------------------------------------------------

struct oidc_attempt oidc_attempt_new(mem_ctx *ctx)
{
    return (struct oidc_attempt){.state = random_token(ctx, SECRET_BYTES),
                                 .nonce = random_token(ctx, SECRET_BYTES),
                                 .verifier = random_token(ctx, SECRET_BYTES)};
}

static void put_field(struct buf *out, const char *name, struct str value)
{
    if (value.len > 0) {
        buf_put_c(out, out->len > 0 ? "&" : "");
        buf_put_c(out, name);
        buf_put_char(out, '=');
        buf_put_percent(out, value);
    }
}

struct str oidc_leave(mem_ctx *ctx, const struct oidc_place *place,
                      const struct oidc_client *client, const struct oidc_attempt *attempt)
{
    struct hash hash = hash_sha256(attempt->verifier);
    struct str challenge =
        base64url_encode(ctx, (struct str){(const char *)hash.bytes, sizeof hash.bytes});
    struct buf query;
    buf_init(&query, ctx, 16384);
    put_field(&query, "response_type", STR("code"));
    put_field(&query, "client_id", client->id);
    put_field(&query, "redirect_uri", client->redirect_uri);
    put_field(&query, "scope", STR("openid email profile"));
    put_field(&query, "state", attempt->state);
    put_field(&query, "nonce", attempt->nonce);
    put_field(&query, "code_challenge", challenge);
    put_field(&query, "code_challenge_method", STR("S256"));
    bool has_query = str_find_char(place->authorize_url, '?') >= 0;
    return str_printf(ctx, STR_FMT "%s" STR_FMT, STR_ARG(place->authorize_url),
                      has_query ? "&" : "?", STR_ARG(buf_str(&query)));
}

// --- and back -----------------------------------------------------------------------------------

// Client and secret are percent-encoded each before they are joined (RFC 6749, section 2.3.1).
static struct str basic(mem_ctx *ctx, const struct oidc_client *client)
{
    struct buf pair;
    buf_init(&pair, ctx, 16384);
    buf_put_percent(&pair, client->id);
    buf_put_char(&pair, ':');
    buf_put_percent(&pair, client->secret);
    return str_printf(ctx, "Basic " STR_FMT, STR_ARG(base64_encode(ctx, buf_str(&pair))));
}

static bool trade_code(mem_ctx *ctx, const struct oidc_return *back, struct jr_value *ret,
                       struct error *err)
{
    struct buf form;
    struct fetch_answer answer;
    struct error ignored;
    const struct oidc_place *place = back->place;
    const struct oidc_client *client = back->client;
    bool in_form = place->secret_in_form || client->secret.len == 0;
    buf_init(&form, ctx, 65536);
    put_field(&form, "grant_type", STR("authorization_code"));
    put_field(&form, "code", back->code);
    put_field(&form, "redirect_uri", client->redirect_uri);
    put_field(&form, "code_verifier", back->attempt->verifier);
    put_field(&form, "client_id", in_form ? client->id : STR(""));
    put_field(&form, "client_secret", in_form ? client->secret : STR(""));
    const struct fetch_call call = {.url = place->token_url,
                                    .form = buf_str(&form),
                                    .authorization = in_form ? STR_NONE : basic(ctx, client),
                                    .ca = client->ca,
                                    .timeout_ms = CALL_MS};
    if (!fetch(ctx, &call, &answer, err)) {
        return false;
    }
    bool json = jr_parse(ctx, answer.body, ret, &ignored);
    if (answer.status != 200 || !json) {
        struct str word = text_at(ctx, *ret, "error");
        return error_set(
            err, ERR_UNAUTHENTICATED, "The other side refused to say who you are: " STR_FMT,
            STR_ARG(word.len > 0 ? str_one_line(ctx, word, 60) : STR("no reason given")));
    }
    return true;
}

// What it says belongs to the token only when it names the same person (Core, section 5.3.2).
static bool read_userinfo(mem_ctx *ctx, const struct oidc_place *place, struct str ca,
                          struct str access, struct oidc_claims *claims, struct error *err)
{
    const struct fetch_call call = {.url = place->userinfo_url,
                                    .authorization =
                                        str_printf(ctx, "Bearer " STR_FMT, STR_ARG(access)),
                                    .ca = ca,
                                    .timeout_ms = CALL_MS};
    struct jr_value said = JR_NONE;
    struct str text;
    struct oidc_claims more = {0};
    if (!read_json(ctx, &call, &said, &text, err)) {
        return false;
    }
    oidc_claims_read(ctx, said, &more);
    if (!str_eq(more.subject, claims->subject)) {
        return error_set(err, ERR_UNAUTHENTICATED, "The other side names two different people.");
    }
    *claims = more;
    return true;
}

bool oidc_come_back(mem_ctx *ctx, const struct oidc_return *back, struct oidc_claims *ret,
                    struct error *err)
{
    struct jr_value tokens = JR_NONE;
    const struct oidc_place *place = back->place;
    const struct oidc_client *client = back->client;
    struct oidc_place fresh;
    bool no_key = false;
    if (!trade_code(ctx, back, &tokens, err)) {
        return false;
    }
    struct str token = text_at(ctx, tokens, "id_token");
    struct str access = text_at(ctx, tokens, "access_token");
    struct oidc_expected expected = {.issuer = place->issuer,
                                     .client = client->id,
                                     .nonce = back->attempt->nonce,
                                     .keys = place->keys,
                                     .now = back->now};
    bool read = oidc_token_read(ctx, token, &expected, ret, &no_key, err);
    // Keys are renewed now and then: look once more before saying no.
    if (!read && no_key) {
        if (!oidc_discover(ctx, place->issuer, client->ca, &fresh, err)) {
            return false;
        }
        expected.keys = fresh.keys;
        read = oidc_token_read(ctx, token, &expected, ret, NULL, err);
    }
    if (!read) {
        return false;
    }
    bool more = ret->email.len == 0 && place->userinfo_url.len > 0 && access.len > 0;
    return !more || read_userinfo(ctx, place, client->ca, access, ret, err);
}
