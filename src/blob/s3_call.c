// SPDX-License-Identifier: GPL-3.0-or-later
#include "blob/s3_call.h"

#include <assert.h>
#include <curl/curl.h>
#include <errno.h>
#include <pthread.h>
#include <sodium.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "blob/blob_internal.h"

#define IDLE_MOST 8
#define ATTEMPTS 4
#define FIRST_PAUSE_MS 200
#define CONNECT_WAIT_MS 5000
#define REST_MOST_S 3         // how long a silent store is left alone
#define SLOWEST_BYTES_S 4096  // slower than this for so long as `wait` says is silence
#define ANSWER_MAX ((size_t)4 << 20)

struct s3_link {
    struct s3_place place;
    const char *access_key, *secret_key;
    const char *signature;
    pthread_mutex_t lock;   // of the two below
    CURL *idle[IDLE_MOST];  // with their open connections
    size_t idle_count;
    _Atomic int64_t rests_until;  // of clock_monotonic_us()
};

static void link_close(void *handle)
{
    struct s3_link *link = handle;
    for (size_t i = 0; i < link->idle_count; i++) {
        curl_easy_cleanup(link->idle[i]);
    }
    (void)pthread_mutex_destroy(&link->lock);
}

static void curl_start(void)
{
    (void)curl_global_init(CURL_GLOBAL_DEFAULT);
}

struct s3_link *s3_link_new(mem_ctx *ctx, const struct s3_place *place, struct str access_key,
                            struct str secret_key)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    (void)pthread_once(&once, curl_start);
    struct s3_link *link = mem_new(ctx, struct s3_link);
    link->place.bucket = str_dup(link, place->bucket);
    link->place.prefix = str_dup(link, place->prefix);
    link->place.endpoint = str_dup(link, place->endpoint);
    link->place.region = str_dup(link, place->region);
    link->place.wait_s = place->wait_s;
    link->access_key = mem_text_n(link, access_key.ptr, access_key.len);
    link->secret_key = mem_text_n(link, secret_key.ptr, secret_key.len);
    link->signature = mem_printf(link, "aws:amz:" STR_FMT ":s3", STR_ARG(place->region));
    (void)pthread_mutex_init(&link->lock, NULL);
    mem_on_free(link, link_close, link);
    return link;
}

struct str s3_link_prefix(const struct s3_link *link)
{
    return link->place.prefix;
}

static CURL *handle_take(struct s3_link *link)
{
    CURL *curl = NULL;
    (void)pthread_mutex_lock(&link->lock);
    if (link->idle_count > 0) {
        curl = link->idle[--link->idle_count];
    }
    (void)pthread_mutex_unlock(&link->lock);
    curl = curl != NULL ? curl : curl_easy_init();
    assert(curl != NULL);
    return curl;
}

static void handle_give(struct s3_link *link, CURL *curl)
{
    curl_easy_reset(curl);
    (void)pthread_mutex_lock(&link->lock);
    bool room = link->idle_count < IDLE_MOST;
    if (room) {
        link->idle[link->idle_count++] = curl;
    }
    (void)pthread_mutex_unlock(&link->lock);
    if (!room) {
        curl_easy_cleanup(curl);
    }
}

// --- one attempt --------------------------------------------------------------------------------

struct attempt {
    const struct s3_link *link;
    const struct s3_call *call;
    mem_ctx *ctx;
    CURL *curl;
    struct curl_slist *headers;
    int64_t sent;     // of the body
    int64_t written;  // into call->to
    crypto_hash_sha256_state sum;
    struct buf answer;
    int disk_error;  // errno of our own side
    CURLcode code;
    long status;
};

static size_t give_body(char *to, size_t size, size_t count, void *arg)
{
    struct attempt *a = arg;
    const struct s3_call *call = a->call;
    size_t room = size * count;
    size_t left = (size_t)(call->size - a->sent);
    size_t most = left < room ? left : room;
    if (call->fd < 0) {
        memcpy(to, call->bytes.ptr + a->sent, most);
    } else if (most > 0) {
        ssize_t got = pread(call->fd, to, most, a->sent);
        if (got <= 0) {
            a->disk_error = got < 0 ? errno : EIO;
            return CURL_READFUNC_ABORT;
        }
        most = (size_t)got;
    }
    a->sent += (int64_t)most;
    return most;
}

// A connection that the store closed while it was idle makes libcurl begin again.
static int seek_body(void *arg, curl_off_t offset, int origin)
{
    struct attempt *a = arg;
    if (origin != SEEK_SET) {
        return CURL_SEEKFUNC_CANTSEEK;
    }
    a->sent = offset;
    return CURL_SEEKFUNC_OK;
}

static bool write_all(struct attempt *a, const char *data, size_t len)
{
    while (len > 0) {
        ssize_t put = pwrite(a->call->to, data, len, a->written);
        if (put < 0 && errno == EINTR) {
            continue;
        }
        if (put < 0) {
            a->disk_error = errno;
            return false;
        }
        (void)crypto_hash_sha256_update(&a->sum, (const unsigned char *)data,
                                        (unsigned long long)put);
        a->written += put;
        data += put;
        len -= (size_t)put;
    }
    return true;
}

static size_t take_body(char *data, size_t size, size_t count, void *arg)
{
    struct attempt *a = arg;
    size_t len = size * count;
    long status = 0;
    (void)curl_easy_getinfo(a->curl, CURLINFO_RESPONSE_CODE, &status);
    if (a->call->to >= 0 && status == 200) {
        return write_all(a, data, len) ? len : 0;
    }
    buf_put(&a->answer, (struct str){data, len});
    return a->answer.failed ? 0 : len;
}

static void add_header(struct attempt *a, const char *line)
{
    a->headers = curl_slist_append(a->headers, line);
    assert(a->headers != NULL);
}

static void set_url(struct attempt *a)
{
    const struct s3_place *place = &a->link->place;
    const struct s3_call *call = a->call;
    const char *url =
        call->key.len == 0
            ? mem_printf(a->ctx, STR_FMT "/" STR_FMT "?" STR_FMT, STR_ARG(place->endpoint),
                         STR_ARG(place->bucket), STR_ARG(call->query))
            : mem_printf(a->ctx, STR_FMT "/" STR_FMT "/" STR_FMT STR_FMT, STR_ARG(place->endpoint),
                         STR_ARG(place->bucket), STR_ARG(place->prefix), STR_ARG(call->key));
    (void)curl_easy_setopt(a->curl, CURLOPT_URL, url);
}

static void set_method(struct attempt *a)
{
    CURL *curl = a->curl;
    switch (a->call->method) {
    case S3_GET:
        (void)curl_easy_setopt(curl, CURLOPT_HTTPGET, 1L);
        return;
    case S3_HEAD:
        (void)curl_easy_setopt(curl, CURLOPT_NOBODY, 1L);
        return;
    case S3_DELETE:
        (void)curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, "DELETE");
        return;
    case S3_PUT:
        (void)curl_easy_setopt(curl, CURLOPT_UPLOAD, 1L);
        (void)curl_easy_setopt(curl, CURLOPT_INFILESIZE_LARGE, (curl_off_t)a->call->size);
        (void)curl_easy_setopt(curl, CURLOPT_READFUNCTION, give_body);
        (void)curl_easy_setopt(curl, CURLOPT_READDATA, a);
        (void)curl_easy_setopt(curl, CURLOPT_SEEKFUNCTION, seek_body);
        (void)curl_easy_setopt(curl, CURLOPT_SEEKDATA, a);
        return;
    }
}

static void set_headers(struct attempt *a)
{
    const struct s3_call *call = a->call;
    bool body = call->method == S3_PUT && call->copy_from.len == 0;
    char hash[2 * HASH_SIZE + 1];
    blob_hash_text(body ? call->hash : hash_sha256(STR("")), hash);
    add_header(a, mem_printf(a->ctx, "x-amz-content-sha256: %s", hash));
    if (body) {
        add_header(a, "Content-Type: application/octet-stream");
    }
    if (call->copy_from.len > 0) {
        add_header(a, mem_printf(a->ctx, "x-amz-copy-source: /" STR_FMT "/" STR_FMT STR_FMT,
                                 STR_ARG(a->link->place.bucket), STR_ARG(a->link->place.prefix),
                                 STR_ARG(call->copy_from)));
    }
    (void)curl_easy_setopt(a->curl, CURLOPT_HTTPHEADER, a->headers);
}

static void set_limits(struct attempt *a)
{
    CURL *curl = a->curl;
    (void)curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    (void)curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
    (void)curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L);
    (void)curl_easy_setopt(curl, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    (void)curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, (long)CONNECT_WAIT_MS);
    (void)curl_easy_setopt(curl, CURLOPT_LOW_SPEED_LIMIT, (long)SLOWEST_BYTES_S);
    (void)curl_easy_setopt(curl, CURLOPT_LOW_SPEED_TIME, (long)a->link->place.wait_s);
    (void)curl_easy_setopt(curl, CURLOPT_TCP_KEEPALIVE, 1L);
    (void)curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take_body);
    (void)curl_easy_setopt(curl, CURLOPT_WRITEDATA, a);
    (void)curl_easy_setopt(curl, CURLOPT_AWS_SIGV4, a->link->signature);
    (void)curl_easy_setopt(curl, CURLOPT_USERNAME, a->link->access_key);
    (void)curl_easy_setopt(curl, CURLOPT_PASSWORD, a->link->secret_key);
}

static void attempt_run(struct attempt *a)
{
    buf_init(&a->answer, a->ctx, ANSWER_MAX);
    (void)crypto_hash_sha256_init(&a->sum);
    a->sent = 0;
    a->written = 0;
    a->disk_error = 0;
    a->headers = NULL;
    a->status = 0;
    set_limits(a);
    set_url(a);
    set_method(a);
    set_headers(a);
    a->code = curl_easy_perform(a->curl);
    (void)curl_easy_getinfo(a->curl, CURLINFO_RESPONSE_CODE, &a->status);
    curl_slist_free_all(a->headers);
}

// --- what came of it ----------------------------------------------------------------------------

enum outcome { DONE, AGAIN, REFUSED };

// "Copied" may turn into an error after its head was sent.
static bool is_error_body(const struct attempt *a)
{
    struct str body = {a->answer.data, a->answer.len};
    return a->call->copy_from.len > 0 && str_find(body, STR("<Error>")) >= 0;
}

// Something else on the way that answers 200 to everything has stored nothing.
static bool is_put_done(const struct attempt *a)
{
    struct curl_header *tag = NULL;
    return a->call->method != S3_PUT || a->call->copy_from.len > 0 ||
           curl_easy_header(a->curl, "ETag", 0, CURLH_HEADER, -1, &tag) == CURLHE_OK;
}

static enum outcome outcome_of(const struct attempt *a, struct str word)
{
    bool bodyless = a->call->method == S3_HEAD || a->call->method == S3_DELETE;
    if (a->disk_error != 0) {
        return REFUSED;
    }
    if (a->code != CURLE_OK) {
        return AGAIN;
    }
    switch (a->status) {
    case 200:
        return is_error_body(a) || !is_put_done(a) ? AGAIN : DONE;
    case 204:
        return DONE;
    case 404:  // a missing bucket and a wrong address are no missing object
        return bodyless || str_eq_c(word, "NoSuchKey") ? DONE : REFUSED;
    case 408:
    case 429:
    case 500:
    case 502:
    case 503:
    case 504:
        return AGAIN;
    default:
        return REFUSED;
    }
}

static const char *method_name(enum s3_method method)
{
    switch (method) {
    case S3_GET:
        return "GET";
    case S3_HEAD:
        return "HEAD";
    case S3_PUT:
        return "PUT";
    case S3_DELETE:
        break;
    }
    return "DELETE";
}

static bool explain(const struct attempt *a, struct str word, struct error *err)
{
    const char *method = method_name(a->call->method);
    const char *key = str_cstr(a->ctx, a->call->key);
    if (a->disk_error != 0) {
        errno = a->disk_error;
        return blob_fail("a copy of a file out of S3", err);
    }
    if (a->code != CURLE_OK) {
        (void)error_wait(err, ERR_BUSY, REST_MOST_S,
                         "The server's store of files does not answer. Please try again in a "
                         "moment.");
        return error_detail(err, "S3 " STR_FMT ": %s %s: %s", STR_ARG(a->link->place.endpoint),
                            method, key, curl_easy_strerror(a->code));
    }
    if (a->status == 507) {
        (void)error_set(err, ERR_NO_SPACE,
                        "The server's store of files is full, so the file was not stored. Please "
                        "tell the administrator.");
    } else if (a->status >= 500 || a->status == 429 || a->status == 408) {
        (void)error_wait(err, ERR_BUSY, REST_MOST_S,
                         "The server's store of files has trouble. Please try again in a moment.");
    } else {
        (void)error_set(err, ERR_BUSY,
                        "The server's store of files refuses what this desk asks. Please tell the "
                        "administrator to look at the settings blobs, blobs_access_key and "
                        "blobs_secret_key, and at the log.");
    }
    return error_detail(err, "S3 " STR_FMT ": %s %s: %ld " STR_FMT,
                        STR_ARG(a->link->place.endpoint), method, key, a->status,
                        STR_ARG(str_none(word) ? STR("") : str_one_line(a->ctx, word, 60)));
}

static void result_of(mem_ctx *ctx, struct attempt *a, struct s3_result *ret)
{
    *ret = (struct s3_result){.status = a->status, .size = a->written, .answer = STR("")};
    if (a->call->method == S3_HEAD) {
        curl_off_t length = 0;
        (void)curl_easy_getinfo(a->curl, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &length);
        ret->size = length;
    }
    (void)crypto_hash_sha256_final(&a->sum, ret->hash.bytes);
    if (a->answer.len > 0) {
        ret->answer = str_dup(ctx, buf_str(&a->answer));
    }
}

static int64_t rest_s(const struct s3_link *link)
{
    return link->place.wait_s < REST_MOST_S ? link->place.wait_s : REST_MOST_S;
}

static bool rests(const struct s3_link *link, struct error *err)
{
    if (clock_monotonic_us() >= atomic_load(&link->rests_until)) {
        return false;
    }
    (void)error_wait(err, ERR_BUSY, REST_MOST_S,
                     "The server's store of files does not answer. Please try again in a moment.");
    (void)error_detail(err, "S3 " STR_FMT ": not asked, it was silent a moment ago",
                       STR_ARG(link->place.endpoint));
    return true;
}

static void pause_before(int attempt)
{
    int64_t ms = (int64_t)FIRST_PAUSE_MS << attempt;
    ms = ms / 2 + (int64_t)random_below((uint64_t)ms);
    const struct timespec span = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};
    (void)nanosleep(&span, NULL);
}

bool s3_call(mem_ctx *ctx, struct s3_link *link, const struct s3_call *call, struct s3_result *ret,
             struct error *err)
{
    if (rests(link, err)) {
        return false;
    }
    struct attempt a = {.link = link, .call = call, .curl = handle_take(link)};
    int64_t end = clock_monotonic_us() + 2 * link->place.wait_s * 1000000;
    enum outcome outcome = AGAIN;
    for (int i = 0; outcome == AGAIN; i++) {
        a.ctx = mem_ctx_new(NULL, "s3");
        attempt_run(&a);
        struct str word = s3_element(a.ctx, (struct str){a.answer.data, a.answer.len}, "Code");
        outcome = outcome_of(&a, word);
        bool last = i + 1 == ATTEMPTS || clock_monotonic_us() >= end;
        if (outcome == DONE) {
            result_of(ctx, &a, ret);
        } else if (outcome == REFUSED || last) {
            (void)explain(&a, word, err);
            outcome = REFUSED;
        }
        mem_free(a.ctx);
        if (outcome == AGAIN) {
            curl_easy_reset(a.curl);
            pause_before(i);
        }
    }
    if (outcome == REFUSED && a.code != CURLE_OK && a.disk_error == 0) {
        atomic_store(&link->rests_until, clock_monotonic_us() + rest_s(link) * 1000000);
    }
    handle_give(link, a.curl);
    return outcome == DONE;
}
