// SPDX-License-Identifier: GPL-3.0-or-later
#include "http/fetch.h"

#include <arpa/inet.h>
#include <assert.h>
#include <curl/curl.h>

#include "base/buf.h"
#include "base/clock.h"

#define ANSWER_BYTES (256 * 1024)
#define TIMEOUT_MS (30 * SECONDS_MS)

bool fetch_host_is_self(mem_ctx *ctx, struct str host)
{
    struct in_addr number;
    return str_ieq_c(host, "localhost") || str_eq_c(host, "[::1]") || str_eq_c(host, "::1") ||
           (inet_pton(AF_INET, str_cstr(ctx, host), &number) == 1 &&
            ntohl(number.s_addr) >> 24 == 127);
}

bool fetch_url_fine(mem_ctx *ctx, struct str url)
{
    CURLU *parsed = curl_url();
    char *host = NULL;
    char *scheme = NULL;
    bool fine = !str_none(url) &&
                curl_url_set(parsed, CURLUPART_URL, str_cstr(ctx, url), 0) == CURLUE_OK &&
                curl_url_get(parsed, CURLUPART_HOST, &host, 0) == CURLUE_OK &&
                curl_url_get(parsed, CURLUPART_SCHEME, &scheme, 0) == CURLUE_OK;
    fine = fine && (str_eq_c(str_c(scheme), "https") ||
                    (str_eq_c(str_c(scheme), "http") && fetch_host_is_self(ctx, str_c(host))));
    curl_free(host);
    curl_free(scheme);
    curl_url_cleanup(parsed);
    return fine;
}

static size_t on_write(char *data, size_t size, size_t count, void *arg)
{
    struct buf *answer = arg;
    buf_put(answer, (struct str){data, size * count});
    return answer->failed ? 0 : size * count;
}

static struct curl_slist *set_options(CURL *curl, mem_ctx *ctx, const struct fetch_call *call)
{
    int64_t timeout = call->timeout_ms > 0 ? call->timeout_ms : TIMEOUT_MS;
    struct curl_slist *headers = curl_slist_append(NULL, "Accept: application/json");
    curl_easy_setopt(curl, CURLOPT_URL, str_cstr(ctx, call->url));
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(curl, CURLOPT_PROXY, "");
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, (long)timeout);
    curl_easy_setopt(curl, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_write);
    if (!str_empty(call->ca)) {
        struct curl_blob ca = {(void *)(uintptr_t)call->ca.ptr, call->ca.len, CURL_BLOB_COPY};
        curl_easy_setopt(curl, CURLOPT_CAINFO_BLOB, &ca);
    }
    if (!str_empty(call->authorization)) {
        headers = curl_slist_append(
            headers, mem_printf(ctx, "Authorization: " STR_FMT, STR_ARG(call->authorization)));
    }
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
    if (!str_none(call->form)) {
        curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE, (long)call->form.len);
        curl_easy_setopt(curl, CURLOPT_POSTFIELDS, call->form.ptr);
    }
    return headers;
}

bool fetch(mem_ctx *ctx, const struct fetch_call *call, struct fetch_answer *ret, struct error *err)
{
    struct buf body;
    if (!fetch_url_fine(ctx, call->url)) {
        return error_set(err, ERR_INVALID, "The address “%.*s” does not begin with https://",
                         STR_ARG(str_utf8_clip(str_none(call->url) ? STR("") : call->url, 200)));
    }
    buf_init(&body, ctx, ANSWER_BYTES);
    CURL *curl = curl_easy_init();
    assert(curl != NULL);
    struct curl_slist *headers = set_options(curl, ctx, call);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, &body);
    *ret = (struct fetch_answer){0};
    CURLcode code = curl_easy_perform(curl);
    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &ret->status);
    curl_easy_cleanup(curl);
    curl_slist_free_all(headers);
    ret->body = buf_str(&body);
    return code == CURLE_OK ||
           error_set(err, ERR_UNAVAILABLE, "%.*s cannot be reached: %s.",
                     STR_ARG(str_utf8_clip(call->url, 200)), curl_easy_strerror(code));
}
