// SPDX-License-Identifier: GPL-3.0-or-later
//
// libmicrohttpd calls us several times for one request: first with its line (uri_begin), then with
// its headers, then with pieces of the body, then once more to be answered. An answer queued at
// the headers' call makes it close the connection, so even a GET is answered at the second; it is
// queued at the first on purpose where the connection must not be used any more.
#include "http/server.h"

#include <errno.h>
#include <microhttpd.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include "base/clock.h"
#include "base/random.h"
#include "http/connections.h"
#include "http/multipart.h"
#include "http/spool.h"
#include "live/live.h"

#define PARAMS_MAX 200
#define FORM_FIELDS_MAX 2000
#define FIELD_BYTES_MAX ((size_t)8 << 20)
#define REQUEST_POOL_BYTES ((size_t)64 << 10)
#define PAGE_BYTES ((size_t)12 << 10)  // at first; most pages fit
#define SHELF_PLACES 64
#define CONNECTION_BYTES ((size_t)16 << 10)
#define LIVE_BLOCK_BYTES 256
// A body over its limit is read to its end and thrown away up to here, because a browser shows an
// answer only after it has sent everything; beyond it the connection is dropped.
#define DISCARD_MAX ((int64_t)64 << 20)
#define SLOWEST_BYTES_PER_MS 2
// GnuTLS' words: what is thought safe, and nothing older than TLS 1.2 (RFC 8996).
#define TLS_PRIORITIES "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2:%SERVER_PRECEDENCE"
#define HEAD_TIMEOUT_S 20
#define SLOW_TIMEOUT_S 60
#define FILES_BESIDE_CONNECTIONS 512

// Memory of finished requests, for the next ones.
struct shelf {
    pthread_mutex_t lock;  // guards what follows
    mem_ctx *pools[SHELF_PLACES];
    size_t count;
};

struct http_server {
    struct http_server_options options;
    struct shelf shelf;
    char run[13];  // of this start, in the ids of requests
    struct address_rule *trusted;
    struct book *book;
    struct MHD_Daemon *daemon;
    int64_t idle_ms;
    int64_t slow_ms;
    _Atomic uint64_t requests;
    _Atomic int64_t under_way;
    _Atomic bool draining;
};

enum body_kind { BODY_NONE, BODY_MEMORY, BODY_MULTIPART, BODY_STREAM };

// What is needed from a request's first byte until its answer is sent.
struct reading {
    struct http_request request;
    struct http_response response;
    struct str uri;
    bool failed;
    bool last;  // the connection cannot be used after this
    struct error why;
    int64_t began_us;
    int64_t body_limit;
    int64_t body_size;
    enum body_kind kind;
    struct buf body;
    struct multipart *multipart;
    struct spool spool;
};

// One request. Ten thousand of them wait as live pages, so what they do not need is gone by then.
struct exchange {
    struct http_server *server;
    struct MHD_Connection *mhd;
    struct connection *connection;
    struct reading *r;
    mem_ctx *ctx;  // r and all that belongs to the request; NULL once a live answer was begun
    struct live_subscription *live;
    bool begun;
};

static mem_ctx *shelf_take(struct shelf *shelf)
{
    (void)pthread_mutex_lock(&shelf->lock);
    mem_ctx *ctx = shelf->count > 0 ? shelf->pools[--shelf->count] : NULL;
    (void)pthread_mutex_unlock(&shelf->lock);
    return ctx != NULL ? ctx : mem_ctx_pool("request", REQUEST_POOL_BYTES);
}

static void shelf_give(struct shelf *shelf, mem_ctx *ctx)
{
    mem_ctx_clear(ctx);
    (void)pthread_mutex_lock(&shelf->lock);
    bool room = shelf->count < SHELF_PLACES;
    if (room) {
        shelf->pools[shelf->count++] = ctx;
    }
    (void)pthread_mutex_unlock(&shelf->lock);
    if (!room) {
        mem_free(ctx);
    }
}

static void shelf_empty(void *handle)
{
    struct shelf *shelf = handle;
    while (shelf->count > 0) {
        mem_free(shelf->pools[--shelf->count]);
    }
    (void)pthread_mutex_destroy(&shelf->lock);
}

static void *uri_begin(void *cls, const char *uri, struct MHD_Connection *mhd)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    struct exchange *x = mem_new(NULL, struct exchange);
    x->server = cls;
    x->mhd = mhd;
    x->connection = info->socket_context;
    x->ctx = shelf_take(&x->server->shelf);
    x->r = mem_new(x->ctx, struct reading);
    x->r->request.ctx = x->ctx;
    x->r->response.file = -1;
    x->r->uri = str_dup(x->ctx, str_c(uri));
    x->r->began_us = clock_monotonic_us();
    return x;
}

static void fail(struct reading *r, enum error_code code, const char *message)
{
    if (!r->failed) {
        r->failed = true;
        (void)error_set(&r->why, code, "%s", message);
    }
}

// --- reading the head ---------------------------------------------------------------------------

static enum MHD_Result add_header(void *cls, enum MHD_ValueKind kind, const char *key,
                                  size_t key_size, const char *value, size_t value_size)
{
    (void)kind;
    struct exchange *x = cls;
    struct str text = {value == NULL ? "" : value, value == NULL ? 0 : value_size};
    http_pairs_add(x->ctx, &x->r->request.headers, (struct str){key, key_size},
                   str_utf8_mend(x->ctx, text));
    return MHD_YES;
}

static void read_target(struct exchange *x)
{
    struct reading *r = x->r;
    struct http_request *request = &r->request;
    struct str path;
    struct str query;
    struct error err;
    str_cut(r->uri, '?', &path, &query);
    request->query = str_none(query) ? STR("") : query;
    request->path = STR("/");
    if (!http_path_normalise(x->ctx, path, &request->path)) {
        fail(r, ERR_BAD_REQUEST, "This address is not well formed.");
    }
    if (!http_parse_query(x->ctx, request->query, PARAMS_MAX, &request->params, &err)) {
        fail(r, err.code, err.message);
    }
}

// Also says whether an answer is due at once, because the rest of the request shall not be read.
static bool announced_too_large(struct exchange *x)
{
    struct reading *r = x->r;
    int64_t announced = 0;
    bool known = str_to_i64(http_header(&r->request, "Content-Length"), &announced);
    int64_t limit = r->body_limit < 0 ? 0 : r->body_limit;
    if (!known || announced <= limit) {
        return false;
    }
    if (r->body_limit >= 0) {
        fail(r, ERR_TOO_LARGE, "What you sent is larger than allowed here.");
    }
    bool waits = str_ieq_c(http_header(&r->request, "Expect"), "100-continue");
    return waits || announced > limit + DISCARD_MAX;
}

static void prepare_body(struct exchange *x)
{
    struct reading *r = x->r;
    const struct http_server_options *o = &x->server->options;
    struct str type = http_header(&r->request, "Content-Type");
    bool stream = false;
    r->body_limit = o->app.body_limit(o->app.env, r->request.method, r->request.path, &stream);
    bool has_body = !str_none(http_header(&r->request, "Content-Length")) ||
                    !str_none(http_header(&r->request, "Transfer-Encoding"));
    if (!has_body || r->failed) {
        return;
    }
    if (announced_too_large(x)) {
        r->last = true;
        return;
    }
    connection_deadline(x->connection, x->server->slow_ms);
    if (r->failed || r->body_limit < 0) {
        return;
    }
    if (str_istarts(type, STR("multipart/form-data"))) {
        struct multipart_limits limits = {FORM_FIELDS_MAX, FIELD_BYTES_MAX, o->memory_file_bytes,
                                          o->tmp_folder};
        r->kind = BODY_MULTIPART;
        r->failed = !multipart_begin(&r->request, type, &limits, &r->multipart, &r->why);
        return;
    }
    r->kind = stream ? BODY_STREAM : BODY_MEMORY;
    spool_init(&r->spool, x->ctx, o->memory_file_bytes, o->tmp_folder);
    buf_init(&r->body, x->ctx, (size_t)r->body_limit);
}

static void read_head(struct exchange *x, const char *method)
{
    struct reading *r = x->r;
    struct http_request *request = &r->request;
    struct address_rules trusted = {x->server->trusted, x->server->options.trusted_proxy_count};
    bool tls = x->server->options.tls_certificate != NULL;
    (void)MHD_get_connection_values_n(x->mhd, MHD_HEADER_KIND, add_header, x);
    if (!http_head_check(&request->headers, &r->why)) {
        r->failed = true;
        r->last = true;
    }
    struct error err;
    if (!http_read_origin(request, connection_peer(x->connection), tls, trusted, &err)) {
        fail(r, err.code, err.message);
    }
    if (!http_method_parse(str_c(method), &request->method)) {
        request->method = HTTP_GET;
        fail(r, ERR_BAD_REQUEST, "This method is not known here.");
    }
    http_parse_cookies(x->ctx, http_header(request, "Cookie"), &request->cookies);
    read_target(x);
}

static void begin(struct exchange *x, const char *method)
{
    struct http_server *server = x->server;
    uint64_t number = atomic_fetch_add_explicit(&server->requests, 1, memory_order_relaxed);
    // Unique over all runs and servers, and not more: nothing trusts it.
    (void)snprintf(x->r->request.id, sizeof x->r->request.id, "%s-%llx", server->run,
                   (unsigned long long)number);
    x->begun = true;
    (void)atomic_fetch_add(&server->under_way, 1);
    connection_deadline(x->connection, 0);
    read_head(x, method);
    prepare_body(x);
}

// --- reading the body ---------------------------------------------------------------------------

// False when so much is sent over the limit that the connection is dropped.
static bool feed(struct exchange *x, struct str bytes)
{
    struct reading *r = x->r;
    int64_t limit = r->body_limit < 0 ? 0 : r->body_limit;
    int64_t spent_ms = (clock_monotonic_us() - r->began_us) / 1000;
    r->body_size += (int64_t)bytes.len;
    int64_t left_ms = x->server->slow_ms + r->body_size / SLOWEST_BYTES_PER_MS - spent_ms;
    connection_deadline(x->connection, left_ms > 0 ? left_ms : 1);
    if (r->body_size > limit && !r->failed && r->body_limit >= 0) {
        fail(r, ERR_TOO_LARGE, "What you sent is larger than allowed here.");
    }
    if (r->failed || r->body_limit < 0) {
        return r->body_size <= limit + DISCARD_MAX;
    }
    if (r->kind == BODY_MULTIPART) {
        r->failed = !multipart_feed(r->multipart, bytes, &r->why);
    } else if (r->kind == BODY_STREAM) {
        r->failed = !spool_put(&r->spool, bytes, &r->why);
    } else {
        buf_put(&r->body, bytes);
    }
    return true;
}

static void finish_body(struct exchange *x)
{
    struct reading *r = x->r;
    struct http_request *request = &r->request;
    struct str type = http_header(request, "Content-Type");
    if (r->failed || r->body_limit < 0) {
        return;
    }
    if (r->kind == BODY_MULTIPART) {
        r->failed = !multipart_end(r->multipart, &r->why);
    } else if (r->kind == BODY_STREAM) {
        request->raw = mem_new(x->ctx, struct http_file);
        request->raw->type = str_none(type) ? STR("") : type;
        request->raw->name = STR("");
        spool_finish(&r->spool, request->raw);
    } else if (r->kind == BODY_MEMORY) {
        request->body = buf_str(&r->body);
        if (str_istarts(type, STR("application/x-www-form-urlencoded"))) {
            r->failed =
                !http_parse_query(x->ctx, request->body, FORM_FIELDS_MAX, &request->form, &r->why);
        }
    }
}

// --- answering ----------------------------------------------------------------------------------

static void live_pause(void *arg)
{
    struct exchange *x = arg;
    MHD_suspend_connection(x->mhd);
}

static void live_wake(void *arg)
{
    struct exchange *x = arg;
    MHD_resume_connection(x->mhd);
}

static ssize_t live_read(void *cls, uint64_t pos, char *out, size_t max)
{
    (void)pos;
    struct exchange *x = cls;
    size_t len = 0;
    switch (live_take(x->live, out, max, &len, live_pause, live_wake, x)) {
    case LIVE_DATA:
        return (ssize_t)len;
    case LIVE_WAIT:
        return 0;
    case LIVE_END:
        break;
    }
    return MHD_CONTENT_READER_END_OF_STREAM;
}

static struct MHD_Response *make_response(struct exchange *x, int64_t *ret_size)
{
    struct http_response *response = &x->r->response;
    if (response->live != NULL) {
        x->live = response->live;
        return MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, LIVE_BLOCK_BYTES, live_read, x,
                                                 NULL);
    }
    if (response->file >= 0) {
        int fd = response->file;
        response->file = -1;
        *ret_size = response->file_size;
        return MHD_create_response_from_fd_at_offset64((uint64_t)response->file_size, fd,
                                                       (uint64_t)response->file_offset);
    }
    struct str body =
        str_none(response->static_body) ? buf_str(&response->body) : response->static_body;
    *ret_size = (int64_t)body.len;
    // The bytes live until the exchange ends, which is after they were sent.
    return MHD_create_response_from_buffer(body.len, (void *)(uintptr_t)body.ptr,
                                           MHD_RESPMEM_PERSISTENT);
}

static void give_back(struct exchange *x)
{
    if (x->ctx != NULL) {
        shelf_give(&x->server->shelf, x->ctx);
        x->ctx = NULL;
        x->r = NULL;
    }
}

static enum MHD_Result queue(struct exchange *x)
{
    struct reading *r = x->r;
    int64_t size = 0;
    struct MHD_Response *mhd = make_response(x, &size);
    if (mhd == NULL) {
        return MHD_NO;
    }
    for (size_t i = 0; i < r->response.headers.count; i++) {
        const struct http_pair *header = &r->response.headers.items[i];
        (void)MHD_add_response_header(mhd, header->name.ptr, header->value.ptr);
    }
    if (r->last || atomic_load(&x->server->draining)) {
        (void)MHD_add_response_header(mhd, MHD_HTTP_HEADER_CONNECTION, "close");
    }
    connection_deadline(x->connection,
                        x->live != NULL ? 0 : x->server->slow_ms + size / SLOWEST_BYTES_PER_MS);
    enum MHD_Result queued = MHD_queue_response(x->mhd, (unsigned)r->response.status, mhd);
    MHD_destroy_response(mhd);
    if (x->live != NULL) {
        give_back(x);
    }
    return queued;
}

// A HEAD has nothing to listen with.
static void drop_live_of_head(struct reading *r)
{
    if (r->request.method == HTTP_HEAD && r->response.live != NULL) {
        live_unsubscribe(r->response.live);
        r->response.live = NULL;
    }
}

static enum MHD_Result answer(struct exchange *x)
{
    struct reading *r = x->r;
    const struct http_app *app = &x->server->options.app;
    connection_deadline(x->connection, 0);
    http_response_init(&r->response, x->ctx);
    (void)buf_reserve(&r->response.body, PAGE_BYTES);
    finish_body(x);
    if (r->failed) {
        r->response.status = error_http_status(r->why.code);
        app->refuse(app->env, &r->request, &r->why, &r->response);
    } else {
        app->handle(app->env, &r->request, &r->response);
    }
    drop_live_of_head(r);
    return queue(x);
}

static enum MHD_Result on_access(void *cls, struct MHD_Connection *mhd, const char *url,
                                 const char *method, const char *version, const char *upload_data,
                                 size_t *upload_size, void **con_cls)
{
    (void)cls;
    (void)mhd;
    (void)url;
    (void)version;
    struct exchange *x = *con_cls;
    if (!x->begun) {
        begin(x, method);
        return x->r->last ? answer(x) : MHD_YES;
    }
    if (*upload_size > 0) {
        bool goes_on = feed(x, (struct str){upload_data, *upload_size});
        *upload_size = 0;
        return goes_on ? MHD_YES : MHD_NO;
    }
    return answer(x);
}

static void on_completed(void *cls, struct MHD_Connection *mhd, void **con_cls,
                         enum MHD_RequestTerminationCode code)
{
    (void)mhd;
    (void)code;
    struct http_server *server = cls;
    struct exchange *x = *con_cls;
    if (x == NULL) {
        return;
    }
    *con_cls = NULL;
    connection_deadline(x->connection, server->idle_ms);
    if (x->live != NULL) {
        live_unsubscribe(x->live);
    }
    if (x->r != NULL) {
        http_response_cut(&x->r->response, 0);
    }
    if (x->begun) {
        (void)atomic_fetch_sub(&server->under_way, 1);
    }
    give_back(x);
    mem_free(x);
}

static void on_connection(void *cls, struct MHD_Connection *mhd, void **socket_context,
                          enum MHD_ConnectionNotificationCode code)
{
    struct http_server *server = cls;
    if (code == MHD_CONNECTION_NOTIFY_CLOSED) {
        connection_end(*socket_context);
        return;
    }
    int fd = MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd;
    const struct sockaddr *peer =
        MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_CLIENT_ADDRESS)->client_addr;
    struct connection *connection = connection_begin(server->book, fd, peer);
    connection_deadline(connection, server->idle_ms);
    *socket_context = connection;
}

// Paths are decoded by http_path_normalise(); libmicrohttpd must leave them alone.
static size_t no_unescape(void *cls, struct MHD_Connection *mhd, char *text)
{
    (void)cls;
    (void)mhd;
    return strlen(text);
}

// --- start and stop -----------------------------------------------------------------------------

static void take_connection(void *env, int fd, const struct sockaddr *peer, unsigned peer_size)
{
    struct http_server *server = env;
    // It closes the socket itself where it cannot take it.
    (void)MHD_add_connection(server->daemon, fd, peer, peer_size);
}

static void tick(void *env)
{
    struct http_server *server = env;
    if (server->options.live != NULL) {
        live_beat(server->options.live);
    }
}

static void raise_file_limit(unsigned connections)
{
    struct rlimit limit;
    rlim_t wanted = (rlim_t)connections + FILES_BESIDE_CONNECTIONS;
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < wanted) {
        limit.rlim_cur = wanted < limit.rlim_max ? wanted : limit.rlim_max;
        (void)setrlimit(RLIMIT_NOFILE, &limit);
    }
}

static bool read_trusted(struct http_server *server, struct error *err)
{
    const struct http_server_options *o = &server->options;
    server->trusted = mem_array(server, struct address_rule, o->trusted_proxy_count + 1);
    for (size_t i = 0; i < o->trusted_proxy_count; i++) {
        if (!address_rule_parse(o->trusted_proxies[i], &server->trusted[i], err)) {
            return false;
        }
    }
    return true;
}

static bool start_daemon(struct http_server *server, struct error *err)
{
    const struct http_server_options *o = &server->options;
    unsigned flags = MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME |
                     MHD_USE_NO_LISTEN_SOCKET | MHD_USE_ITC;
    struct MHD_OptionItem tls[] = {
        {MHD_OPTION_HTTPS_MEM_CERT, 0, (void *)(uintptr_t)o->tls_certificate},
        {MHD_OPTION_HTTPS_MEM_KEY, 0, (void *)(uintptr_t)o->tls_key},
        {MHD_OPTION_HTTPS_PRIORITIES, 0, (void *)(uintptr_t)TLS_PRIORITIES},
        {MHD_OPTION_END, 0, NULL},
    };
    struct MHD_OptionItem none[] = {{MHD_OPTION_END, 0, NULL}};
    flags |= o->tls_certificate != NULL ? (unsigned)MHD_USE_TLS : 0u;
    server->daemon = MHD_start_daemon(
        flags, 0, NULL, NULL, on_access, server, MHD_OPTION_THREAD_POOL_SIZE,
        (unsigned)(o->threads < 2 ? 2 : o->threads), MHD_OPTION_CONNECTION_LIMIT,
        o->max_connections, MHD_OPTION_CONNECTION_TIMEOUT, o->idle_timeout_s,
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, CONNECTION_BYTES, MHD_OPTION_URI_LOG_CALLBACK,
        uri_begin, server, MHD_OPTION_UNESCAPE_CALLBACK, no_unescape, NULL,
        MHD_OPTION_NOTIFY_COMPLETED, on_completed, server, MHD_OPTION_NOTIFY_CONNECTION,
        on_connection, server, MHD_OPTION_STRICT_FOR_CLIENT, 1, MHD_OPTION_ARRAY,
        o->tls_certificate != NULL ? tls : none, MHD_OPTION_END);
    if (server->daemon == NULL && o->tls_certificate != NULL) {
        return error_set(err, ERR_UNAVAILABLE,
                         "HTTPS cannot be served: the certificate and its key must be PEM files "
                         "and belong together.");
    }
    return server->daemon != NULL || error_internal(err, "MHD_start_daemon: %s", strerror(errno));
}

static bool start(struct http_server *server, struct error *err)
{
    const struct http_server_options *o = &server->options;
    raise_file_limit(o->max_connections);
    if (o->tmp_folder != NULL) {
        spool_sweep(o->tmp_folder);
    }
    if (!read_trusted(server, err)) {
        return false;
    }
    struct book_options book = {
        .listen = o->listen,
        .listen_count = o->listen_count,
        .per_address = o->max_connections_per_address,
        .trusted = {server->trusted, o->trusted_proxy_count},
        .take = take_connection,
        .tick = tick,
        .env = server,
    };
    return book_open(server, &book, &server->book, err) && start_daemon(server, err) &&
           book_start(server->book, err);
}

bool http_server_start(mem_ctx *ctx, const struct http_server_options *options,
                       struct http_server **ret, struct error *err)
{
    struct http_server *server = mem_new(ctx, struct http_server);
    unsigned head = options->head_timeout_s == 0 ? HEAD_TIMEOUT_S : options->head_timeout_s;
    unsigned slow = options->slow_timeout_s == 0 ? SLOW_TIMEOUT_S : options->slow_timeout_s;
    unsigned char run[6];
    random_bytes(run, sizeof run);
    struct str text = hex_encode(server, (struct str){(const char *)run, sizeof run});
    memcpy(server->run, text.ptr, sizeof server->run - 1);
    server->options = *options;
    (void)pthread_mutex_init(&server->shelf.lock, NULL);
    mem_on_free(server, shelf_empty, &server->shelf);
    server->idle_ms = ((int64_t)options->idle_timeout_s + head) * 1000;
    server->slow_ms = (int64_t)slow * 1000;
    if (!start(server, err)) {
        http_server_stop(server, 0);
        mem_free(server);
        return false;
    }
    *ret = server;
    return true;
}

int http_server_port(const struct http_server *server, size_t index)
{
    return book_port(server->book, index);
}

void http_server_drain(struct http_server *server)
{
    atomic_store(&server->draining, true);
}

void http_server_stop(struct http_server *server, int64_t grace_ms)
{
    int64_t until = clock_monotonic_us() + grace_ms * 1000;
    http_server_drain(server);
    if (server->book != NULL) {
        book_stop_accepting(server->book);
    }
    if (server->options.live != NULL) {
        live_close(server->options.live);
    }
    while (atomic_load(&server->under_way) > 0 && clock_monotonic_us() < until) {
        struct timespec pause = {.tv_nsec = 5000000};
        (void)nanosleep(&pause, NULL);
    }
    if (server->daemon != NULL) {
        MHD_stop_daemon(server->daemon);
        server->daemon = NULL;
    }
    if (server->book != NULL) {
        book_close(server->book);
    }
}

struct http_stats http_server_stats(const struct http_server *server)
{
    struct book_stats book = book_stats(server->book);
    return (struct http_stats){
        .requests = atomic_load(&server->requests),
        .under_way = (uint64_t)atomic_load(&server->under_way),
        .connections = book.open,
        .accepted = book.accepted,
        .refused = book.refused,
        .timed_out = book.timed_out,
    };
}
