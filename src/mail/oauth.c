// SPDX-License-Identifier: GPL-3.0-or-later
#include "mail/oauth.h"

#include "base/buf.h"
#include "http/fetch.h"
#include "json/read.h"

bool oauth_url_check(mem_ctx *ctx, struct str url, struct error *err)
{
    return fetch_url_fine(ctx, url) ||
           error_field(err, "token_url", "InvalidValue",
                       "The address that gives tokens begins with https://");
}

// --- the exchange -------------------------------------------------------------------------------

static void put_field(struct buf *form, const char *name, struct str value)
{
    if (value.len > 0) {
        buf_put_c(form, form->len > 0 ? "&" : "");
        buf_put_c(form, name);
        buf_put_char(form, '=');
        buf_put_percent(form, value);
    }
}

static struct str text_at(mem_ctx *ctx, struct jr_value object, const char *key)
{
    struct str text = jr_text(jr_get(object, key));
    return str_none(text) ? STR("") : str_dup(ctx, text);
}

static bool refused(mem_ctx *ctx, struct jr_value answer, long status, struct error *err)
{
    struct str word = text_at(ctx, answer, "error");
    struct str why = text_at(ctx, answer, "error_description");
    bool ours = str_eq_c(word, "invalid_grant") || str_eq_c(word, "invalid_client") ||
                str_eq_c(word, "unauthorized_client");
    if (word.len == 0) {
        return error_set(err, ERR_UNAVAILABLE,
                         "The server that gives access tokens answers with %ld.", status);
    }
    return error_set(err, ours ? ERR_UNAUTHENTICATED : ERR_UNAVAILABLE,
                     "No access token was given: " STR_FMT " " STR_FMT "%s",
                     STR_ARG(str_one_line(ctx, word, 60)), STR_ARG(str_one_line(ctx, why, 200)),
                     ours ? " Grant access anew." : "");
}

static bool read_answer(mem_ctx *ctx, const struct fetch_answer *said, struct oauth_answer *ret,
                        struct error *err)
{
    struct jr_value answer = JR_NONE;
    struct error why;
    struct oauth_answer got = {0};
    bool json = jr_parse(ctx, said->body, &answer, &why);
    if (said->status != 200 || !json) {
        return refused(ctx, answer, said->status, err);
    }
    got.access_token = text_at(ctx, answer, "access_token");
    got.refresh_token = text_at(ctx, answer, "refresh_token");
    if (!jr_i64(jr_get(answer, "expires_in"), &got.expires_s)) {
        got.expires_s = 0;
    }
    if (got.access_token.len == 0) {
        return error_set(err, ERR_UNAVAILABLE,
                         "The answer of the server that gives access tokens has none.");
    }
    *ret = got;
    return true;
}

// Sends the form and reads the answer.
static bool ask(mem_ctx *ctx, const struct oauth_request *request, struct buf *form,
                struct oauth_answer *ret, struct error *err)
{
    const struct fetch_call call = {.url = request->token_url,
                                    .form = buf_str(form),
                                    .ca = request->ca,
                                    .timeout_ms = request->timeout_ms};
    struct fetch_answer said;
    struct error why;
    if (!oauth_url_check(ctx, request->token_url, err)) {
        return false;
    }
    if (!fetch(ctx, &call, &said, &why)) {
        return error_set(err, ERR_UNAVAILABLE,
                         "The server that gives access tokens does not answer: %s", why.message);
    }
    return read_answer(ctx, &said, ret, err);
}

bool oauth_refresh(mem_ctx *ctx, const struct oauth_request *request, struct oauth_answer *ret,
                   struct error *err)
{
    struct buf form;
    buf_init(&form, ctx, 65536);
    put_field(&form, "grant_type", STR("refresh_token"));
    put_field(&form, "refresh_token", request->refresh_token);
    put_field(&form, "client_id", request->client);
    put_field(&form, "client_secret", request->client_secret);
    put_field(&form, "scope", request->scope);
    return ask(ctx, request, &form, ret, err);
}

bool oauth_code_exchange(mem_ctx *ctx, const struct oauth_request *request,
                         struct oauth_answer *ret, struct error *err)
{
    struct buf form;
    buf_init(&form, ctx, 65536);
    put_field(&form, "grant_type", STR("authorization_code"));
    put_field(&form, "code", request->code);
    put_field(&form, "redirect_uri", request->redirect_uri);
    put_field(&form, "code_verifier", request->verifier);
    put_field(&form, "client_id", request->client);
    put_field(&form, "client_secret", request->client_secret);
    return ask(ctx, request, &form, ret, err) &&
           (ret->refresh_token.len > 0 ||
            error_set(err, ERR_INVALID,
                      "The provider gave no refresh token: see which scope it needs for that."));
}
