// SPDX-License-Identifier: GPL-3.0-or-later
//
// libmicrohttpd calls us several times for one request: first with its line (uri_begin), then with
// its headers, then with pieces of the body, then once more to be answered. An answer queued at
// the headers' call would make it close the connection, so even a GET is answered at the second.
#include "http/server.h"

#include <arpa/inet.h>
#include <assert.h>
#include <errno.h>
#include <microhttpd.h>
#include <netdb.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <zlib.h>

#include "base/clock.h"
#include "base/random.h"
#include "http/multipart.h"
#include "live/live.h"

#define LISTEN_MAX 8
#define PARAMS_MAX 200
#define FORM_FIELDS_MAX 2000
#define FIELD_BYTES_MAX ((size_t)8 << 20)
#define GZIP_FROM_BYTES 1024
#define CONNECTION_BYTES ((size_t)16 << 10)

struct http_server {
    struct http_server_options options;
    struct MHD_Daemon *daemons[LISTEN_MAX];
    int ports[LISTEN_MAX];
    size_t daemon_count;
    _Atomic uint64_t requests;
    _Atomic int64_t under_way;
    _Atomic bool stopping;
};

enum body_kind { BODY_NONE, BODY_MEMORY, BODY_MULTIPART, BODY_STREAM };

// One request from its first byte to its last.
struct exchange {
    struct http_server *server;
    mem_ctx *ctx;
    struct MHD_Connection *connection;
    struct http_request request;
    struct http_response response;
    struct str uri;
    bool begun;
    bool failed;
    struct error why;
    int64_t body_limit;
    int64_t body_size;
    enum body_kind kind;
    struct buf body;
    struct multipart *multipart;
    struct spool spool;
    struct live_subscription *live;
};

static void *uri_begin(void *cls, const char *uri, struct MHD_Connection *connection)
{
    struct http_server *server = cls;
    mem_ctx *ctx = mem_check_(talloc_pool(NULL, 16 * 1024));
    struct exchange *x = mem_new(ctx, struct exchange);
    x->server = server;
    x->ctx = ctx;
    x->connection = connection;
    x->uri = str_dup(ctx, str_c(uri));
    return x;
}

static bool fail(struct exchange *x, enum error_code code, const char *message)
{
    if (!x->failed) {
        x->failed = true;
        (void)error_set(&x->why, code, "%s", message);
    }
    return false;
}

// --- reading the head ---------------------------------------------------------------------------

static enum MHD_Result add_header(void *cls, enum MHD_ValueKind kind, const char *key,
                                  size_t key_size, const char *value, size_t value_size)
{
    (void)kind;
    struct exchange *x = cls;
    struct str text = {value == NULL ? "" : value, value == NULL ? 0 : value_size};
    http_pairs_add(x->ctx, &x->request.headers, (struct str){key, key_size},
                   str_utf8_mend(x->ctx, text));
    return MHD_YES;
}

static struct str peer_address(struct exchange *x)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(x->connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
    char text[INET6_ADDRSTRLEN] = "";
    if (info == NULL || info->client_addr == NULL) {
        return STR("");
    }
    if (info->client_addr->sa_family == AF_INET) {
        const struct sockaddr_in *in = (const struct sockaddr_in *)(const void *)info->client_addr;
        (void)inet_ntop(AF_INET, &in->sin_addr, text, sizeof text);
    } else if (info->client_addr->sa_family == AF_INET6) {
        const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)(const void *)info->client_addr;
        (void)inet_ntop(AF_INET6, &in6->sin6_addr, text, sizeof text);
    }
    struct str address = str_dup(x->ctx, str_c(text));
    return str_starts(address, STR("::ffff:")) ? str_from(address, 7) : address;
}

static bool is_trusted(const struct http_server *server, struct str peer)
{
    for (size_t i = 0; i < server->options.trusted_proxy_count; i++) {
        if (str_eq(server->options.trusted_proxies[i], peer)) {
            return true;
        }
    }
    return false;
}

// The last address in X-Forwarded-For that no proxy of ours wrote itself.
static struct str forwarded_peer(const struct exchange *x, struct str peer)
{
    struct str rest = http_header(&x->request, "X-Forwarded-For");
    struct str part;
    struct str found = peer;
    while (str_next(&rest, ',', &part)) {
        part = str_trim(part);
        if (part.len > 0 && part.len < INET6_ADDRSTRLEN && !is_trusted(x->server, part)) {
            found = part;
        }
    }
    return found;
}

static void read_origin(struct exchange *x)
{
    struct http_request *request = &x->request;
    struct str peer = peer_address(x);
    struct str host = http_header(request, "Host");
    request->scheme = x->server->options.tls_certificate != NULL ? STR("https") : STR("http");
    request->peer = peer;
    if (is_trusted(x->server, peer)) {
        struct str proto = http_header(request, "X-Forwarded-Proto");
        struct str forwarded = http_header(request, "X-Forwarded-Host");
        request->peer = forwarded_peer(x, peer);
        if (str_eq_c(proto, "https") || str_eq_c(proto, "http")) {
            request->scheme = proto;
        }
        host = str_none(forwarded) ? host : forwarded;
    }
    request->host = http_host_valid(host) ? host : STR("localhost");
}

static void read_target(struct exchange *x)
{
    struct str path;
    struct str query;
    struct error err;
    str_cut(x->uri, '?', &path, &query);
    x->request.query = str_none(query) ? STR("") : query;
    x->request.path = STR("/");
    if (!http_path_normalise(x->ctx, path, &x->request.path)) {
        (void)fail(x, ERR_BAD_REQUEST, "This address is not well formed.");
    }
    if (!http_parse_query(x->ctx, x->request.query, PARAMS_MAX, &x->request.params, &err)) {
        (void)fail(x, err.code, err.message);
    }
}

static void prepare_body(struct exchange *x)
{
    struct str type = http_header(&x->request, "Content-Type");
    struct str length = http_header(&x->request, "Content-Length");
    int64_t announced = 0;
    bool stream = false;
    const struct http_app *app = &x->server->options.app;
    x->body_limit = app->body_limit(app->env, x->request.method, x->request.path, &stream);
    bool has_body = !str_none(length) || !str_none(http_header(&x->request, "Transfer-Encoding"));
    if (!has_body || x->failed) {
        return;
    }
    if (str_to_i64(length, &announced) && x->body_limit >= 0 && announced > x->body_limit) {
        (void)fail(x, ERR_TOO_LARGE, "What you sent is larger than allowed here.");
        return;
    }
    if (str_istarts(type, STR("multipart/form-data"))) {
        struct multipart_limits limits = {FORM_FIELDS_MAX, FIELD_BYTES_MAX,
                                          x->server->options.memory_file_bytes,
                                          x->server->options.tmp_folder};
        x->kind = BODY_MULTIPART;
        if (!multipart_begin(&x->request, type, &limits, &x->multipart, &x->why)) {
            x->failed = true;
        }
        return;
    }
    x->kind = stream ? BODY_STREAM : BODY_MEMORY;
    spool_init(&x->spool, x->ctx, x->server->options.memory_file_bytes,
               x->server->options.tmp_folder);
    buf_init(&x->body, x->ctx, x->body_limit > 0 ? (size_t)x->body_limit : 0);
}

static void begin(struct exchange *x, const char *method)
{
    struct http_request *request = &x->request;
    unsigned char id[9];
    x->begun = true;
    request->ctx = x->ctx;
    random_bytes(id, sizeof id);
    struct str token = base64url_encode(x->ctx, (struct str){(const char *)id, sizeof id});
    memcpy(request->id, token.ptr, token.len);
    (void)atomic_fetch_add(&x->server->requests, 1);
    (void)atomic_fetch_add(&x->server->under_way, 1);
    (void)MHD_get_connection_values_n(x->connection, MHD_HEADER_KIND, add_header, x);
    if (!http_method_parse(str_c(method), &request->method)) {
        request->method = HTTP_GET;
        (void)fail(x, ERR_BAD_REQUEST, "This method is not known here.");
    }
    http_parse_cookies(x->ctx, http_header(request, "Cookie"), &request->cookies);
    read_origin(x);
    read_target(x);
    prepare_body(x);
}

// --- reading the body ---------------------------------------------------------------------------

static void feed(struct exchange *x, struct str bytes)
{
    x->body_size += (int64_t)bytes.len;
    if (x->failed || x->body_limit < 0) {
        return;
    }
    if (x->body_size > x->body_limit) {
        (void)fail(x, ERR_TOO_LARGE, "What you sent is larger than allowed here.");
    } else if (x->kind == BODY_MULTIPART) {
        x->failed = !multipart_feed(x->multipart, bytes, &x->why);
    } else if (x->kind == BODY_STREAM) {
        x->failed = !spool_put(&x->spool, bytes, &x->why);
    } else {
        buf_put(&x->body, bytes);
    }
}

static void finish_body(struct exchange *x)
{
    struct http_request *request = &x->request;
    struct str type = http_header(request, "Content-Type");
    if (x->failed || x->body_limit < 0) {
        return;
    }
    if (x->kind == BODY_MULTIPART) {
        x->failed = !multipart_end(x->multipart, &x->why);
    } else if (x->kind == BODY_STREAM) {
        request->raw = mem_new(x->ctx, struct http_file);
        request->raw->type = str_none(type) ? STR("") : type;
        request->raw->name = STR("");
        spool_finish(&x->spool, request->raw);
    } else if (x->kind == BODY_MEMORY) {
        request->body = buf_str(&x->body);
        if (str_istarts(type, STR("application/x-www-form-urlencoded"))) {
            x->failed = !http_parse_query(x->ctx, request->body, FORM_FIELDS_MAX, &request->form,
                                          &x->why);
        }
    }
}

// --- answering ----------------------------------------------------------------------------------

static bool wants_gzip(const struct exchange *x, struct str body)
{
    struct str accept = http_header(&x->request, "Accept-Encoding");
    struct str type = http_response_header(&x->response, "Content-Type");
    bool text = str_starts(type, STR("text/")) || str_starts(type, STR("application/json"));
    return body.len >= GZIP_FROM_BYTES && text && str_find(accept, STR("gzip")) >= 0 &&
           str_none(http_response_header(&x->response, "Content-Encoding"));
}

static bool gzip(mem_ctx *ctx, struct str body, struct str *ret)
{
    z_stream z = {0};
    if (body.len > UINT32_MAX / 2 ||
        deflateInit2(&z, 1, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) != Z_OK) {
        return false;
    }
    uLong room = deflateBound(&z, (uLong)body.len);
    char *out = mem_array(ctx, char, room);
    z.next_in = (Bytef *)(uintptr_t)body.ptr;
    z.avail_in = (uInt)body.len;
    z.next_out = (Bytef *)out;
    z.avail_out = (uInt)room;
    bool done = deflate(&z, Z_FINISH) == Z_STREAM_END;
    *ret = (struct str){out, z.total_out};
    (void)deflateEnd(&z);
    return done;
}

static void live_pause(void *arg)
{
    struct exchange *x = arg;
    MHD_suspend_connection(x->connection);
}

static void live_wake(void *arg)
{
    struct exchange *x = arg;
    MHD_resume_connection(x->connection);
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

static struct MHD_Response *make_response(struct exchange *x)
{
    struct http_response *response = &x->response;
    if (response->live != NULL) {
        x->live = response->live;
        return MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, 1024, live_read, x, NULL);
    }
    if (response->file >= 0) {
        return MHD_create_response_from_fd64((uint64_t)response->file_size, response->file);
    }
    struct str body = str_none(response->static_body) ? buf_str(&response->body)
                                                      : response->static_body;
    struct str packed;
    if (str_none(response->static_body) && wants_gzip(x, body) && gzip(x->ctx, body, &packed)) {
        body = packed;
        http_set_header(response, "Content-Encoding", STR("gzip"));
        http_set_header(response, "Vary", STR("Accept-Encoding"));
    }
    // The bytes live until the exchange ends, which is after they were sent.
    return MHD_create_response_from_buffer(body.len, (void *)(uintptr_t)body.ptr,
                                           MHD_RESPMEM_PERSISTENT);
}

static enum MHD_Result queue(struct exchange *x)
{
    struct MHD_Response *mhd = make_response(x);
    if (mhd == NULL) {
        return MHD_NO;
    }
    for (size_t i = 0; i < x->response.headers.count; i++) {
        const struct http_pair *header = &x->response.headers.items[i];
        (void)MHD_add_response_header(mhd, str_cstr(x->ctx, header->name),
                                      str_cstr(x->ctx, header->value));
    }
    if (atomic_load(&x->server->stopping)) {
        (void)MHD_add_response_header(mhd, MHD_HTTP_HEADER_CONNECTION, "close");
    }
    enum MHD_Result queued =
        MHD_queue_response(x->connection, (unsigned)x->response.status, mhd);
    MHD_destroy_response(mhd);
    return queued;
}

static enum MHD_Result answer(struct exchange *x)
{
    const struct http_app *app = &x->server->options.app;
    http_response_init(&x->response, x->ctx);
    finish_body(x);
    if (x->failed) {
        x->response.status = error_http_status(x->why.code);
        app->refuse(app->env, &x->request, &x->why, &x->response);
    } else {
        app->handle(app->env, &x->request, &x->response);
    }
    return queue(x);
}

static enum MHD_Result on_access(void *cls, struct MHD_Connection *connection, const char *url,
                                 const char *method, const char *version, const char *upload_data,
                                 size_t *upload_size, void **con_cls)
{
    (void)cls;
    (void)connection;
    (void)url;
    (void)version;
    struct exchange *x = *con_cls;
    if (!x->begun) {
        begin(x, method);
        return MHD_YES;
    }
    if (*upload_size > 0) {
        feed(x, (struct str){upload_data, *upload_size});
        *upload_size = 0;
        return MHD_YES;
    }
    return answer(x);
}

static void on_completed(void *cls, struct MHD_Connection *connection, void **con_cls,
                         enum MHD_RequestTerminationCode code)
{
    (void)cls;
    (void)connection;
    (void)code;
    struct exchange *x = *con_cls;
    if (x == NULL) {
        return;
    }
    if (x->begun) {
        (void)atomic_fetch_sub(&x->server->under_way, 1);
    }
    if (x->live != NULL) {
        live_unsubscribe(x->live);
    }
    *con_cls = NULL;
    mem_free(x->ctx);
}

// Paths are decoded by http_path_normalise(); libmicrohttpd must leave them alone.
static size_t no_unescape(void *cls, struct MHD_Connection *connection, char *text)
{
    (void)cls;
    (void)connection;
    return strlen(text);
}

// --- start and stop -----------------------------------------------------------------------------

static bool resolve(struct str listen, struct sockaddr_storage *ret, bool *ret_v6,
                    struct error *err)
{
    char text[300];
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE | AI_NUMERICSERV};
    struct addrinfo *found = NULL;
    ptrdiff_t colon = -1;
    for (size_t i = 0; i < listen.len; i++) {
        colon = listen.ptr[i] == ':' ? (ptrdiff_t)i : colon;
    }
    if (colon < 0 || listen.len >= sizeof text) {
        return error_set(err, ERR_INVALID, "Cannot listen on \"%.*s\": write HOST:PORT, such as "
                                           "localhost:8080 or [::1]:8080.",
                         STR_ARG(listen));
    }
    (void)snprintf(text, sizeof text, "%.*s", STR_ARG(listen));
    text[colon] = '\0';
    char *host = text;
    size_t host_len = strlen(host);
    if (host_len > 1 && host[0] == '[' && host[host_len - 1] == ']') {
        host[host_len - 1] = '\0';
        host++;
    }
    bool any = host[0] == '\0' || strcmp(host, "*") == 0;
    if (strcmp(host, "localhost") == 0) {
        hints.ai_family = AF_INET;
    }
    int failed = getaddrinfo(any ? NULL : host, text + colon + 1, &hints, &found);
    if (failed != 0 || found == NULL) {
        return error_set(err, ERR_INVALID, "Cannot listen on \"%.*s\": %s", STR_ARG(listen),
                         gai_strerror(failed));
    }
    memcpy(ret, found->ai_addr, found->ai_addrlen);
    *ret_v6 = found->ai_family == AF_INET6;
    freeaddrinfo(found);
    return true;
}

static bool start_one(struct http_server *server, struct str listen, struct error *err)
{
    const struct http_server_options *o = &server->options;
    struct sockaddr_storage address = {0};
    bool v6 = false;
    if (!resolve(listen, &address, &v6, err)) {
        return false;
    }
    unsigned flags = MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME;
    flags |= v6 ? (unsigned)MHD_USE_IPv6 : 0u;
    flags |= o->tls_certificate != NULL ? (unsigned)MHD_USE_TLS : 0u;
    struct MHD_OptionItem tls[] = {
        {MHD_OPTION_HTTPS_MEM_CERT, 0, (void *)(uintptr_t)o->tls_certificate},
        {MHD_OPTION_HTTPS_MEM_KEY, 0, (void *)(uintptr_t)o->tls_key},
        {MHD_OPTION_END, 0, NULL},
    };
    struct MHD_OptionItem none[] = {{MHD_OPTION_END, 0, NULL}};
    struct MHD_Daemon *daemon = MHD_start_daemon(
        flags, 0, NULL, NULL, on_access, server, MHD_OPTION_SOCK_ADDR, &address,
        MHD_OPTION_THREAD_POOL_SIZE, (unsigned)o->threads, MHD_OPTION_CONNECTION_LIMIT,
        o->max_connections, MHD_OPTION_CONNECTION_TIMEOUT, o->idle_timeout_s,
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, CONNECTION_BYTES, MHD_OPTION_URI_LOG_CALLBACK,
        uri_begin, server, MHD_OPTION_UNESCAPE_CALLBACK, no_unescape, NULL,
        MHD_OPTION_NOTIFY_COMPLETED, on_completed, server, MHD_OPTION_LISTENING_ADDRESS_REUSE, 1u,
        MHD_OPTION_ARRAY, o->tls_certificate != NULL ? tls : none, MHD_OPTION_END);
    if (daemon == NULL) {
        return error_set(err, ERR_UNAVAILABLE, "Cannot listen on %.*s: %s. Is another server "
                                               "running there? Choose another with --listen.",
                         STR_ARG(listen), strerror(errno));
    }
    const union MHD_DaemonInfo *info = MHD_get_daemon_info(daemon, MHD_DAEMON_INFO_BIND_PORT);
    server->ports[server->daemon_count] = info == NULL ? 0 : info->port;
    server->daemons[server->daemon_count++] = daemon;
    return true;
}

bool http_server_start(mem_ctx *ctx, const struct http_server_options *options,
                       struct http_server **ret, struct error *err)
{
    struct http_server *server = mem_new(ctx, struct http_server);
    server->options = *options;
    for (size_t i = 0; i < options->listen_count && i < LISTEN_MAX; i++) {
        if (!start_one(server, options->listen[i], err)) {
            http_server_stop(server, 0);
            mem_free(server);
            return false;
        }
    }
    *ret = server;
    return true;
}

int http_server_port(const struct http_server *server, size_t index)
{
    return server->ports[index];
}

void http_server_stop(struct http_server *server, int64_t grace_ms)
{
    atomic_store(&server->stopping, true);
    for (size_t i = 0; i < server->daemon_count; i++) {
        MHD_socket listening = MHD_quiesce_daemon(server->daemons[i]);
        if (listening != MHD_INVALID_SOCKET) {
            (void)close(listening);
        }
    }
    if (server->options.live != NULL) {
        live_close(server->options.live);
    }
    int64_t until = clock_monotonic_us() + grace_ms * 1000;
    while (atomic_load(&server->under_way) > 0 && clock_monotonic_us() < until) {
        struct timespec pause = {.tv_nsec = 5000000};
        (void)nanosleep(&pause, NULL);
    }
    for (size_t i = 0; i < server->daemon_count; i++) {
        MHD_stop_daemon(server->daemons[i]);
    }
    server->daemon_count = 0;
}

struct http_stats http_server_stats(const struct http_server *server)
{
    return (struct http_stats){atomic_load(&server->requests),
                               (uint64_t)atomic_load(&server->under_way)};
}
