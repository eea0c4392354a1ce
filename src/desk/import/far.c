// SPDX-License-Identifier: GPL-3.0-or-later
#include "desk/import/far.h"

#include <assert.h>
#include <curl/curl.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/random.h"
#include "desk/hooks/hooks.h"
#include "desk/import/shelf.h"

#define ANSWER_MAX ((size_t)256 << 20)
#define FILE_MAX ((int64_t)4 << 30)
#define CONNECT_WAIT_MS 20000L
#define SILENT_S 90L  // an answer that does not go on
#define TRIES 6       // calls without an answer, one after the other
#define WAITS 60      // times that it may ask to wait, for one call
#define WAIT_MAX_S 3600
#define HOPS 5

struct origin {
    struct str scheme;
    struct str host;
    struct str port;
};

struct far {
    const struct desk *desk;
    CURL *curl;
    struct origin origin;
    struct str base;    // with the path in front of /api/v2
    const char *proof;  // the header Authorization
    void (*waits)(void *arg, int64_t done_s, int64_t of_s);
    void *arg;
    int64_t calls;
};

// One call.
struct call {
    struct far *far;
    bool trusted;  // it goes to the desk itself
    bool refused;
    bool too_large;
    struct buf *body;    // one of both
    struct shelf *file;  //
    int64_t size;
};

// --- addresses ----------------------------------------------------------------------------------

static bool part_of(mem_ctx *ctx, CURLU *url, CURLUPart part, unsigned flags, struct str *ret)
{
    char *text = NULL;
    bool ok = curl_url_get(url, part, &text, flags) == CURLUE_OK;
    *ret = ok ? str_c(mem_text(ctx, text)) : STR_NONE;
    curl_free(text);
    return ok;
}

static bool read_origin(mem_ctx *ctx, CURLU *url, struct origin *ret)
{
    return part_of(ctx, url, CURLUPART_SCHEME, 0, &ret->scheme) &&
           part_of(ctx, url, CURLUPART_HOST, 0, &ret->host) &&
           part_of(ctx, url, CURLUPART_PORT, CURLU_DEFAULT_PORT, &ret->port);
}

static bool same_origin(const struct origin *a, const struct origin *b)
{
    return str_ieq(a->scheme, b->scheme) && str_ieq(a->host, b->host) && str_eq(a->port, b->port);
}

static bool is_this_machine(struct str host)
{
    return str_eq_c(host, "127.0.0.1") || str_eq_c(host, "[::1]") || str_ieq_c(host, "localhost");
}

static bool read_base(struct far *far, struct str text, struct error *err)
{
    struct str path = STR_NONE;
    struct str other = STR_NONE;
    CURLU *url = curl_url();
    assert(url != NULL);
    bool ok = curl_url_set(url, CURLUPART_URL, str_cstr(far, text), 0) == CURLUE_OK &&
              read_origin(far, url, &far->origin) && part_of(far, url, CURLUPART_PATH, 0, &path) &&
              !part_of(far, url, CURLUPART_USER, 0, &other) &&
              !part_of(far, url, CURLUPART_QUERY, 0, &other) &&
              !part_of(far, url, CURLUPART_FRAGMENT, 0, &other);
    curl_url_cleanup(url);
    bool safe = ok && (str_eq_c(far->origin.scheme, "https") ||
                       (str_eq_c(far->origin.scheme, "http") && is_this_machine(far->origin.host)));
    if (!safe) {
        return error_set(err, ERR_INVALID,
                         "The address of the other desk is such as https://desk.example.com (http "
                         "only on this machine: it would tell everybody the key).");
    }
    while (str_ends(path, STR("/"))) {
        path.len--;
    }
    if (str_ends(path, STR("/api/v2"))) {
        path.len -= strlen("/api/v2");
    }
    far->base =
        str_printf(far, STR_FMT "://" STR_FMT ":" STR_FMT STR_FMT, STR_ARG(far->origin.scheme),
                   STR_ARG(far->origin.host), STR_ARG(far->origin.port), STR_ARG(path));
    return true;
}

// `text` as it stands in an answer of `base`: whole, and where it leads.
static bool resolve(struct far *far, mem_ctx *ctx, struct str base, struct str text,
                    struct str *ret, bool *ret_trusted)
{
    struct origin to;
    CURLU *url = curl_url();
    assert(url != NULL);
    bool ok = curl_url_set(url, CURLUPART_URL, str_cstr(ctx, base), 0) == CURLUE_OK &&
              curl_url_set(url, CURLUPART_URL, str_cstr(ctx, text), CURLU_URLENCODE) == CURLUE_OK &&
              curl_url_set(url, CURLUPART_USER, NULL, 0) == CURLUE_OK &&
              curl_url_set(url, CURLUPART_PASSWORD, NULL, 0) == CURLUE_OK &&
              curl_url_set(url, CURLUPART_FRAGMENT, NULL, 0) == CURLUE_OK &&
              read_origin(ctx, url, &to) && part_of(ctx, url, CURLUPART_URL, 0, ret);
    curl_url_cleanup(url);
    *ret_trusted = ok && same_origin(&to, &far->origin);
    return ok && (*ret_trusted || str_eq_c(to.scheme, "https") ||
                  str_eq_c(far->origin.scheme, to.scheme.ptr));
}

// --- one call -----------------------------------------------------------------------------------

static curl_socket_t open_socket(void *arg, curlsocktype purpose, struct curl_sockaddr *to)
{
    struct call *call = arg;
    (void)purpose;
    if (!call->trusted && !hook_sockaddr_allowed(call->far->desk, &to->addr)) {
        call->refused = true;
        return CURL_SOCKET_BAD;
    }
    return socket(to->family, to->socktype | SOCK_CLOEXEC, to->protocol);
}

// Only what is asked for is kept, no pages about mistakes.
static size_t take_body(char *data, size_t size, size_t count, void *arg)
{
    struct call *call = arg;
    size_t len = size * count;
    long code = 0;
    (void)curl_easy_getinfo(call->far->curl, CURLINFO_RESPONSE_CODE, &code);
    if (code != 200) {
        return len;
    }
    call->size += (int64_t)len;
    if (call->body != NULL) {
        buf_put(call->body, (struct str){data, len});
        call->too_large = call->body->failed;
        return call->too_large ? 0 : len;
    }
    call->too_large = call->size > FILE_MAX;
    return !call->too_large && shelf_write(call->file, (struct str){data, len}) ? len : 0;
}

static void set_options(struct call *call, struct str url, struct curl_slist *headers)
{
    CURL *curl = call->far->curl;
    curl_easy_reset(curl);
    (void)curl_easy_setopt(curl, CURLOPT_URL, url.ptr);
    (void)curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    (void)curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
    (void)curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L);
    (void)curl_easy_setopt(curl, CURLOPT_PROXY, "");
    (void)curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, CONNECT_WAIT_MS);
    (void)curl_easy_setopt(curl, CURLOPT_LOW_SPEED_LIMIT, 1L);
    (void)curl_easy_setopt(curl, CURLOPT_LOW_SPEED_TIME, SILENT_S);
    (void)curl_easy_setopt(curl, CURLOPT_ACCEPT_ENCODING, call->body != NULL ? "" : NULL);
    (void)curl_easy_setopt(curl, CURLOPT_OPENSOCKETFUNCTION, open_socket);
    (void)curl_easy_setopt(curl, CURLOPT_OPENSOCKETDATA, call);
    (void)curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take_body);
    (void)curl_easy_setopt(curl, CURLOPT_WRITEDATA, call);
    (void)curl_easy_setopt(curl, CURLOPT_USERAGENT, "Steward");
    (void)curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
    // A connection that was opened in trust is not used for anything else: another origin is
    // another connection.
}

struct outcome {
    CURLcode result;
    long code;
    int64_t wait_s;
    struct str redirect;
};

static void perform(struct call *call, mem_ctx *ctx, struct str url, struct outcome *ret)
{
    struct far *far = call->far;
    struct curl_slist *headers = NULL;
    curl_off_t wait_s = 0;
    char *redirect = NULL;
    if (call->trusted) {
        headers = curl_slist_append(headers, far->proof);
        assert(headers != NULL);
    }
    set_options(call, url, headers);
    ret->code = 0;
    ret->result = curl_easy_perform(far->curl);
    (void)curl_easy_getinfo(far->curl, CURLINFO_RESPONSE_CODE, &ret->code);
    (void)curl_easy_getinfo(far->curl, CURLINFO_RETRY_AFTER, &wait_s);
    (void)curl_easy_getinfo(far->curl, CURLINFO_REDIRECT_URL, &redirect);
    ret->wait_s = wait_s;
    ret->redirect = redirect == NULL ? STR_NONE : str_c(mem_text(ctx, redirect));
    curl_slist_free_all(headers);
    far->calls++;
}

// Sets the error that stands for an answer, or for none.
static bool failed(const struct call *call, const struct outcome *o, struct str url,
                   struct error *err)
{
    if (call->refused) {
        return error_set(err, ERR_FORBIDDEN,
                         "The address of a file leads to this machine or a private network "
                         "(setting webhook_network).");
    }
    if (call->too_large) {
        return error_set(err, ERR_INVALID, "The answer of " STR_FMT " is too large.", STR_ARG(url));
    }
    if (o->result != CURLE_OK) {
        return error_set(err, ERR_UNAVAILABLE, STR_FMT " does not answer: %s.", STR_ARG(url),
                         curl_easy_strerror(o->result));
    }
    enum error_code code = o->code == 401                     ? ERR_UNAUTHENTICATED
                           : o->code == 403                   ? ERR_FORBIDDEN
                           : o->code == 404 || o->code == 410 ? ERR_NOT_FOUND
                           : o->code == 429 || o->code >= 500 ? ERR_UNAVAILABLE
                                                              : ERR_INVALID;
    return error_set(err, code, STR_FMT " answers with %ld%s", STR_ARG(url), o->code,
                     code == ERR_UNAUTHENTICATED ? ": it does not know user or key." : ".");
}

static void wait_for(struct far *far, int64_t seconds)
{
    const struct timespec second = {.tv_sec = 1};
    for (int64_t i = 0; i < seconds; i++) {
        far->waits(far->arg, i, seconds);
        (void)nanosleep(&second, NULL);
    }
}

// Whether the call may get through when it is made again after a while, which it waits for.
static bool again(struct far *far, const struct call *call, const struct outcome *o, int *tries,
                  int *waits)
{
    bool asked = (o->code == 429 || o->code == 503) && o->wait_s > 0;
    bool silent = o->result != CURLE_OK || o->code == 429 || o->code >= 500;
    if (call->refused || call->too_large || !silent) {
        return false;
    }
    if (asked && o->wait_s <= WAIT_MAX_S && ++*waits < WAITS) {
        wait_for(far, o->wait_s);
        return true;
    }
    if (asked || ++*tries >= TRIES) {
        return false;
    }
    wait_for(far, (int64_t)1 << (*tries - 1));
    return true;
}

static bool begin(struct call *call, struct error *err)
{
    call->size = 0;
    if (call->body != NULL) {
        buf_reset(call->body);
        return true;
    }
    return shelf_rewind(call->file, err);
}

static bool get(struct call *call, mem_ctx *ctx, struct str url, struct outcome *o,
                struct error *err)
{
    int tries = 0;
    int waits = 0;
    for (;;) {
        if (!begin(call, err)) {
            return false;
        }
        perform(call, ctx, url, o);
        bool got = o->result == CURLE_OK && o->code == 200;
        if (got || (o->result == CURLE_OK && !str_none(o->redirect))) {
            return true;
        }
        if (call->file != NULL && shelf_failed(call->file, err)) {
            return false;
        }
        if (!again(call->far, call, o, &tries, &waits)) {
            return failed(call, o, url, err);
        }
    }
}

// --- the contract -------------------------------------------------------------------------------

static void close_handle(void *curl)
{
    curl_easy_cleanup(curl);
}

static const char *proof_of(mem_ctx *ctx, const struct far_access *access)
{
    if (str_none(access->user)) {
        return mem_printf(ctx, "Authorization: Bearer " STR_FMT, STR_ARG(access->secret));
    }
    struct str pair = str_printf(ctx, STR_FMT "%s:" STR_FMT, STR_ARG(access->user),
                                 access->password ? "" : "/token", STR_ARG(access->secret));
    return mem_printf(ctx, "Authorization: Basic " STR_FMT, STR_ARG(base64_encode(ctx, pair)));
}

bool far_open(mem_ctx *ctx, const struct desk *desk, const struct far_access *access,
              void (*waits)(void *arg, int64_t done_s, int64_t of_s), void *arg, struct far **ret,
              struct error *err)
{
    struct far *far = mem_new(ctx, struct far);
    far->desk = desk;
    far->waits = waits;
    far->arg = arg;
    if (str_find_char(access->secret, '\n') >= 0 || str_find_char(access->secret, '\r') >= 0 ||
        !read_base(far, access->url, err)) {
        return false;
    }
    far->proof = proof_of(far, access);
    far->curl = curl_easy_init();
    assert(far->curl != NULL);
    mem_on_free(far, close_handle, far->curl);
    *ret = far;
    return true;
}

struct str far_base(const struct far *far)
{
    return far->base;
}

int64_t far_calls(const struct far *far)
{
    return far->calls;
}

bool far_read(struct far *far, mem_ctx *ctx, struct str path, struct str *ret, struct error *err)
{
    struct buf body;
    struct outcome o = {0};
    struct call call = {.far = far, .trusted = true, .body = &body};
    struct str url = str_printf(ctx, STR_FMT STR_FMT, STR_ARG(far->base), STR_ARG(path));
    buf_init(&body, ctx, ANSWER_MAX);
    if (!get(&call, ctx, url, &o, err)) {
        return false;
    }
    if (!str_none(o.redirect)) {
        return error_set(err, ERR_INVALID,
                         "The other desk lives at " STR_FMT ": give that address.",
                         STR_ARG(str_utf8_mend(ctx, o.redirect)));
    }
    *ret = buf_str(&body);
    return true;
}

bool far_file(struct far *far, mem_ctx *ctx, struct str url, const char *path, int64_t *ret_size,
              struct error *err)
{
    struct outcome o = {.redirect = url};
    struct shelf file;
    struct call call = {.far = far, .file = &file};
    struct str from = far->base;
    if (!shelf_open(&file, ctx, path, err)) {
        return false;
    }
    bool ok = true;
    for (int hop = 0; ok && !str_none(o.redirect); hop++) {
        struct str to = STR_NONE;
        ok = (hop <= HOPS && resolve(far, ctx, from, o.redirect, &to, &call.trusted)) ||
             error_set(err, ERR_FORBIDDEN, "The address of a file is none that may be called.");
        o.redirect = STR_NONE;
        ok = ok && get(&call, ctx, to, &o, err);
        from = to;
    }
    *ret_size = call.size;
    if (!ok) {
        shelf_drop(&file);
        return false;
    }
    return shelf_keep(&file, err);
}
