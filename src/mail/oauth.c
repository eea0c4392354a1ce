// SPDX-License-Identifier: GPL-3.0-or-later
#include "mail/oauth.h"

#include <assert.h>
#include <curl/curl.h>

#include "base/buf.h"
#include "base/clock.h"
#include "json/read.h"

#define ANSWER_BYTES (256 * 1024)
#define TIMEOUT_MS (30 * SECONDS_MS)

// --- the address --------------------------------------------------------------------------------

static bool is_this_machine(struct str host)
{
    return str_eq_c(host, "localhost") || str_starts(host, STR("127.")) || str_eq_c(host, "[::1]");
}

bool oauth_url_check(mem_ctx *ctx, struct str url, struct error *err)
{
    CURLU *parsed = curl_url();
    char *host = NULL;
    char *scheme = NULL;
    bool fine = curl_url_set(parsed, CURLUPART_URL, str_cstr(ctx, url), 0) == CURLUE_OK &&
                curl_url_get(parsed, CURLUPART_HOST, &host, 0) == CURLUE_OK &&
                curl_url_get(parsed, CURLUPART_SCHEME, &scheme, 0) == CURLUE_OK;
    fine = fine && (str_eq_c(str_c(scheme), "https") ||
                    (str_eq_c(str_c(scheme), "http") && is_this_machine(str_c(host))));
    curl_free(host);
    curl_free(scheme);
    curl_url_cleanup(parsed);
    return fine || error_field(err, "token_url", "InvalidValue",
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

static size_t on_write(char *data, size_t size, size_t count, void *arg)
{
    struct buf *answer = arg;
    buf_put(answer, (struct str){data, size * count});
    return answer->failed ? 0 : size * count;
}

static void set_options(CURL *curl, mem_ctx *ctx, const struct oauth_request *request)
{
    int64_t timeout = request->timeout_ms > 0 ? request->timeout_ms : TIMEOUT_MS;
    curl_easy_setopt(curl, CURLOPT_URL, str_cstr(ctx, request->token_url));
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, (long)timeout);
    curl_easy_setopt(curl, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_write);
    if (request->ca.len > 0) {
        struct curl_blob ca = {(void *)(uintptr_t)request->ca.ptr, request->ca.len, CURL_BLOB_COPY};
        curl_easy_setopt(curl, CURLOPT_CAINFO_BLOB, &ca);
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

static bool read_answer(mem_ctx *ctx, struct buf *body, long status, struct oauth_answer *ret,
                        struct error *err)
{
    struct jr_value answer = JR_NONE;
    struct error why;
    struct oauth_answer got = {0};
    bool json = jr_parse(ctx, buf_str(body), &answer, &why);
    if (status != 200 || !json) {
        return refused(ctx, answer, status, err);
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
    struct buf body;
    long status = 0;
    if (!oauth_url_check(ctx, request->token_url, err)) {
        return false;
    }
    buf_init(&body, ctx, ANSWER_BYTES);
    CURL *curl = curl_easy_init();
    assert(curl != NULL);
    set_options(curl, ctx, request);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, &body);
    curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE, (long)form->len);
    curl_easy_setopt(curl, CURLOPT_POSTFIELDS, buf_str(form).ptr);
    CURLcode code = curl_easy_perform(curl);
    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
    curl_easy_cleanup(curl);
    if (code != CURLE_OK) {
        return error_set(err, ERR_UNAVAILABLE,
                         "The server that gives access tokens cannot be reached: %s.",
                         curl_easy_strerror(code));
    }
    return read_answer(ctx, &body, status, ret, err);
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
