// SPDX-License-Identifier: GPL-3.0-or-later
//
// The server over real sockets, with a small application behind it.
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <arpa/inet.h>
#include <cmocka.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "base/clock.h"
#include "base/random.h"
#include "http/connections.h"
#include "http/server.h"
#include "live/live.h"

#define BODY_LIMIT 100000

struct fixture {
    mem_ctx *ctx;
    char folder[40];
    struct live_hub *hub;
    struct http_server *server;
    struct http_server_options options;
    struct str listen[3];
    _Atomic int in_slow;
};

// --- the application ----------------------------------------------------------------------------

static int64_t body_limit(void *env, enum http_method method, struct str path, bool *ret_stream)
{
    (void)env;
    *ret_stream = str_eq_c(path, "/upload");
    return str_eq_c(path, "/nowhere") ? -1 : method == HTTP_POST ? BODY_LIMIT : 0;
}

static void send_file(struct http_response *response)
{
    response->file = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
    response->file_offset = 1;
    response->file_size = 3;
}

static void echo(const struct http_request *request, struct http_response *response)
{
    struct buf *out = &response->body;
    buf_printf(out, "%s " STR_FMT " host=" STR_FMT " peer=" STR_FMT " body=" STR_FMT,
               http_method_word(request->method), STR_ARG(request->path), STR_ARG(request->host),
               STR_ARG(request->peer), STR_ARG(request->body));
    for (size_t i = 0; i < request->form.count; i++) {
        buf_printf(out, " " STR_FMT "=" STR_FMT, STR_ARG(request->form.items[i].name),
                   STR_ARG(request->form.items[i].value));
    }
    for (size_t i = 0; i < request->files.count; i++) {
        buf_printf(out, " file:" STR_FMT ":%lld:%d", STR_ARG(request->files.items[i].name),
                   (long long)request->files.items[i].size,
                   request->files.items[i].tmp_path != NULL);
    }
    if (request->raw != NULL) {
        buf_printf(out, " raw:%lld:%d", (long long)request->raw->size,
                   request->raw->tmp_path != NULL);
    }
}

static void handle(void *env, const struct http_request *request, struct http_response *response)
{
    struct fixture *f = env;
    http_set_header_c(response, "Content-Type", "text/plain");
    if (str_eq_c(request->path, "/live")) {
        response->live = live_subscribe(f->hub, http_param(request, "topics"), false);
    } else if (str_eq_c(request->path, "/file")) {
        send_file(response);
    } else if (str_eq_c(request->path, "/slow")) {
        struct timespec pause = {.tv_nsec = 300000000};
        (void)atomic_fetch_add(&f->in_slow, 1);
        (void)nanosleep(&pause, NULL);
        buf_put_c(&response->body, "slow but whole");
    } else if (str_eq_c(request->path, "/nowhere")) {
        response->status = 404;
    } else {
        echo(request, response);
    }
}

static void refuse(void *env, const struct http_request *request, const struct error *why,
                   struct http_response *response)
{
    (void)env;
    (void)request;
    buf_printf(&response->body, "refused: %s", why->message);
}

// --- the fixture --------------------------------------------------------------------------------

static void start(struct fixture *f)
{
    struct error err;
    f->options.listen = f->listen;
    f->options.listen_count = f->options.listen_count == 0 ? 1 : f->options.listen_count;
    assert_true(http_server_start(f->ctx, &f->options, &f->server, &err));
}

static int set_up(void **state)
{
    struct fixture *f = mem_new(NULL, struct fixture);
    random_init();
    f->ctx = mem_ctx_new(f, "test");
    f->hub = live_hub_new(f->ctx);
    (void)snprintf(f->folder, sizeof f->folder, "/tmp/steward-test-XXXXXX");
    assert_non_null(mkdtemp(f->folder));
    f->listen[0] = STR("127.0.0.1:0");
    f->options = (struct http_server_options){
        .threads = 2,
        .max_connections = 1000,
        .idle_timeout_s = 10,
        .memory_file_bytes = 1000,
        .tmp_folder = f->folder,
        .app = {f, body_limit, handle, refuse},
        .live = f->hub,
    };
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    if (f->server != NULL) {
        http_server_stop(f->server, 2000);
        assert_int_equal(http_server_stats(f->server).under_way, 0);
        assert_int_equal(http_server_stats(f->server).connections, 0);
    }
    mem_free(f->ctx);
    assert_int_equal(rmdir(f->folder), 0);
    mem_free(f);
    return 0;
}

// --- a client -----------------------------------------------------------------------------------

static int dial(const struct fixture *f)
{
    struct sockaddr_in to = {.sin_family = AF_INET,
                             .sin_port = htons((uint16_t)http_server_port(f->server, 0)),
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(fd >= 0);
    assert_int_equal(connect(fd, (struct sockaddr *)(void *)&to, sizeof to), 0);
    return fd;
}

static void say(int fd, struct str text)
{
    while (text.len > 0) {
        ssize_t sent = send(fd, text.ptr, text.len, MSG_NOSIGNAL);
        if (sent < 0) {
            return;
        }
        text = str_from(text, (size_t)sent);
    }
}

static bool readable(int fd, int ms)
{
    struct pollfd poll_fd = {.fd = fd, .events = POLLIN};
    return poll(&poll_fd, 1, ms) > 0;
}

// Reads until `enough` stands in what came, the connection ends, or three seconds passed.
static const char *hear(mem_ctx *ctx, int fd, const char *enough)
{
    struct buf in;
    buf_init(&in, ctx, 1 << 20);
    while (str_find(buf_str(&in), str_c(enough)) < 0 && readable(fd, 3000)) {
        char piece[4096];
        ssize_t got = recv(fd, piece, sizeof piece, 0);
        if (got <= 0) {
            break;
        }
        buf_put(&in, (struct str){piece, (size_t)got});
    }
    return buf_str(&in).ptr;
}

static const char *ask(const struct fixture *f, int fd, const char *request, const char *enough)
{
    say(fd, str_c(request));
    return hear(f->ctx, fd, enough);
}

static bool ended(int fd)
{
    char byte;
    return readable(fd, 3000) && recv(fd, &byte, 1, 0) <= 0;
}

#define ASSERT_HAS(text, part) assert_non_null(strstr((text), (part)))
#define ASSERT_LACKS(text, part) assert_null(strstr((text), (part)))

// --- requests -----------------------------------------------------------------------------------

static void test_keep_alive(void **state)
{
    struct fixture *f = *state;
    start(f);
    int fd = dial(f);
    for (int i = 0; i < 3; i++) {
        const char *answer = ask(f, fd, "GET /a%20b?x=1 HTTP/1.1\r\nHost: desk:1\r\n\r\n", "body=");
        ASSERT_HAS(answer, "HTTP/1.1 200 OK");
        ASSERT_HAS(answer, "GET /a b host=desk:1 peer=127.0.0.1 body=");
        ASSERT_LACKS(answer, "Connection: close");
    }
    (void)close(fd);
}

static void test_pipelining(void **state)
{
    struct fixture *f = *state;
    start(f);
    int fd = dial(f);
    const char *answer = ask(f, fd,
                             "GET /1 HTTP/1.1\r\nHost: a\r\n\r\nGET /2 HTTP/1.1\r\nHost: a\r\n\r\n"
                             "GET /3 HTTP/1.1\r\nHost: a\r\n\r\n",
                             "GET /3");
    ASSERT_HAS(answer, "GET /1 host");
    ASSERT_HAS(answer, "GET /2 host");
    (void)close(fd);
}

static void test_head(void **state)
{
    struct fixture *f = *state;
    start(f);
    int fd = dial(f);
    const char *answer = ask(f, fd, "HEAD /x HTTP/1.1\r\nHost: a\r\n\r\n", "\r\n\r\n");
    ASSERT_HAS(answer, "Content-Length: 3");
    ASSERT_LACKS(answer, "body=");
    answer = ask(f, fd, "HEAD /live?topics=a HTTP/1.1\r\nHost: a\r\n\r\n", "\r\n\r\n");
    ASSERT_HAS(answer, "200 OK");
    assert_int_equal(live_count(f->hub), 0);
    (void)close(fd);
}

static void test_bodies(void **state)
{
    struct fixture *f = *state;
    start(f);
    int fd = dial(f);
    const char *answer =
        ask(f, fd, "POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello", "body=hello");
    ASSERT_HAS(answer, "POST /x");
    answer = ask(f, fd,
                 "POST /x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
                 "3\r\nhel\r\n2\r\nlo\r\n0\r\n\r\n",
                 "body=hello");
    ASSERT_HAS(answer, "body=hello");
    answer = ask(f, fd,
                 "POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 11\r\n"
                 "Content-Type: application/x-www-form-urlencoded\r\n\r\na=1&b=%41+c",
                 "b=A c");
    ASSERT_HAS(answer, " a=1 b=A c");
    (void)close(fd);
}

static void test_files(void **state)
{
    struct fixture *f = *state;
    struct buf body;
    struct buf request;
    start(f);
    buf_init(&body, f->ctx, 100000);
    buf_init(&request, f->ctx, 100000);
    buf_put_c(&body, "--B\r\nContent-Disposition: form-data; name=\"t\"\r\n\r\ntext\r\n--B\r\n"
                     "Content-Disposition: form-data; name=\"f\"; filename=\"x.txt\"\r\n\r\n");
    for (int i = 0; i < 5000; i++) {
        buf_put_c(&body, "0123456789");
    }
    buf_put_c(&body, "\r\n--B--\r\n");
    buf_printf(&request,
               "POST /x HTTP/1.1\r\nHost: a\r\nContent-Type: multipart/form-data; boundary=B\r\n"
               "Content-Length: %zu\r\n\r\n",
               body.len);
    buf_put(&request, buf_str(&body));
    int fd = dial(f);
    const char *answer = ask(f, fd, buf_str(&request).ptr, "file:");
    ASSERT_HAS(answer, " t=text file:x.txt:50000:1");
    buf_reset(&request);
    buf_put_c(&request, "POST /upload HTTP/1.1\r\nHost: a\r\nContent-Length: 50000\r\n\r\n");
    buf_put(&request, str_sub(buf_str(&body), 0, 50000));
    answer = ask(f, fd, buf_str(&request).ptr, "raw:");
    ASSERT_HAS(answer, "raw:50000:1");
    answer = ask(f, fd, "GET /file HTTP/1.1\r\nHost: a\r\n\r\n", "ELF");
    ASSERT_HAS(answer, "Content-Length: 3");
    ASSERT_HAS(answer, "\r\n\r\nELF");
    (void)close(fd);
}

// --- limits -------------------------------------------------------------------------------------

static void test_too_large(void **state)
{
    struct fixture *f = *state;
    struct buf body;
    start(f);
    int fd = dial(f);
    buf_init(&body, f->ctx, 300000);
    for (int i = 0; i < 20000; i++) {
        buf_put_c(&body, "0123456789");
    }
    // Read to its end, so that the answer is seen and the connection lives on.
    say(fd, STR("POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 200000\r\n\r\n"));
    say(fd, buf_str(&body));
    const char *answer = hear(f->ctx, fd, "refused");
    ASSERT_HAS(answer, " 413 ");
    ASSERT_LACKS(answer, "Connection: close");
    say(fd, STR("POST /x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n30d40\r\n"));
    say(fd, buf_str(&body));
    answer = ask(f, fd, "\r\n0\r\n\r\n", "refused");
    ASSERT_HAS(answer, " 413 ");
    (void)close(fd);
    // Announced: the body is not even asked for.
    fd = dial(f);
    answer = ask(f, fd,
                 "POST /x HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\n"
                 "Content-Length: 200000\r\n\r\n",
                 "refused");
    ASSERT_HAS(answer, "HTTP/1.1 413");
    ASSERT_LACKS(answer, "100 Continue");
    assert_true(ended(fd));
    (void)close(fd);
    fd = dial(f);
    answer = ask(f, fd, "POST /x HTTP/1.1\r\nHost: a\r\nContent-Length: 900000000000\r\n\r\n",
                 "refused");
    ASSERT_HAS(answer, "HTTP/1.1 413");
    assert_true(ended(fd));
    (void)close(fd);
}

static void test_long_heads(void **state)
{
    struct fixture *f = *state;
    struct buf line;
    start(f);
    buf_init(&line, f->ctx, 100000);
    buf_put_c(&line, "GET /");
    for (int i = 0; i < 40000; i++) {
        buf_put_char(&line, 'x');
    }
    int fd = dial(f);
    const char *answer = ask(f, fd, buf_str(&line).ptr, "\r\n\r\n");
    ASSERT_HAS(answer, " 414 ");
    (void)close(fd);
    fd = dial(f);
    say(fd, STR("GET / HTTP/1.1\r\nHost: a\r\nX: "));
    answer = ask(f, fd, buf_str(&line).ptr, "\r\n\r\n");
    ASSERT_HAS(answer, " 431 ");
    (void)close(fd);
    // What nearly fills the connection's memory is still answered.
    fd = dial(f);
    say(fd, STR("GET / HTTP/1.1\r\nHost: a\r\nX: "));
    say(fd, str_sub(buf_str(&line), 0, 12000));
    answer = ask(f, fd, "\r\n\r\n", "body=");
    ASSERT_HAS(answer, " 200 ");
    (void)close(fd);
}

static void test_refused(void **state)
{
    static const char *const BAD[] = {
        "GET /a/../b HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET /a%00 HTTP/1.1\r\nHost: a\r\n\r\n",
        "BREW /pot HTTP/1.1\r\nHost: a\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a b\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n"
        "0\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nxx",
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Type: multipart/form-data\r\n"
        "Content-Length: 1\r\n\r\nx",
        "no http at all\r\n\r\n",
    };
    struct fixture *f = *state;
    start(f);
    for (size_t i = 0; i < sizeof BAD / sizeof *BAD; i++) {
        int fd = dial(f);
        const char *answer = ask(f, fd, BAD[i], "\r\n\r\n");
        ASSERT_HAS(answer, " 400 ");
        (void)close(fd);
    }
}

static void test_unknown_path(void **state)
{
    struct fixture *f = *state;
    start(f);
    int fd = dial(f);
    const char *answer =
        ask(f, fd, "POST /nowhere HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc", "\r\n\r\n");
    ASSERT_HAS(answer, " 404 ");
    ASSERT_HAS(ask(f, fd, "GET / HTTP/1.1\r\nHost: a\r\n\r\n", "body="), " 200 ");
    (void)close(fd);
}

// One byte now and then is not enough, neither for the head nor for the body.
static void test_drip(void **state)
{
    struct fixture *f = *state;
    f->options.idle_timeout_s = 1;
    f->options.head_timeout_s = 1;
    f->options.slow_timeout_s = 1;
    start(f);
    int head = dial(f);
    int body = dial(f);
    say(head, STR("GET / HT"));
    say(body, STR("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\n"));
    int64_t began = clock_monotonic_us();
    bool head_ended = false;
    bool body_ended = false;
    while (!(head_ended && body_ended) && clock_monotonic_us() - began < 8000000) {
        say(head, STR("x"));
        say(body, STR("x"));
        head_ended = head_ended || (readable(head, 100) && ended(head));
        body_ended = body_ended || (readable(body, 100) && ended(body));
    }
    assert_true(head_ended);
    assert_true(body_ended);
    assert_true(http_server_stats(f->server).timed_out >= 2);
    (void)close(head);
    (void)close(body);
}

static void test_per_address(void **state)
{
    struct fixture *f = *state;
    struct error err;
    struct book *book = NULL;
    struct address_rule trusted;
    assert_true(address_rule_parse(STR("192.0.2.9"), &trusted, &err));
    struct book_options options = {.per_address = 2, .trusted = {&trusted, 1}};
    assert_true(book_open(f->ctx, &options, &book, &err));
    struct sockaddr_in from = {.sin_family = AF_INET};
    struct address address;
    struct connection *open[2];
    (void)inet_pton(AF_INET, "192.0.2.1", &from.sin_addr);
    assert_true(address_parse(STR("192.0.2.1"), &address));
    for (int i = 0; i < 2; i++) {
        assert_true(book_has_room(book, &address));
        open[i] = connection_begin(book, -1, (struct sockaddr *)(void *)&from);
    }
    assert_false(book_has_room(book, &address));
    connection_end(open[0]);
    assert_true(book_has_room(book, &address));
    connection_end(open[1]);
    assert_int_equal(book_stats(book).refused, 1);
    (void)inet_pton(AF_INET, "192.0.2.9", &from.sin_addr);
    assert_true(address_parse(STR("192.0.2.9"), &address));
    for (int i = 0; i < 2; i++) {
        open[i] = connection_begin(book, -1, (struct sockaddr *)(void *)&from);
    }
    assert_true(book_has_room(book, &address));
    connection_end(open[0]);
    connection_end(open[1]);
    book_close(book);
}

// --- listening ----------------------------------------------------------------------------------

static void test_several_listeners(void **state)
{
    struct fixture *f = *state;
    struct sockaddr_un to = {.sun_family = AF_UNIX};
    (void)snprintf(to.sun_path, sizeof to.sun_path, "%s/sock", f->folder);
    f->listen[1] = str_c(to.sun_path);
    f->listen[2] = STR("[::1]:0");
    f->options.listen_count = 2;
    struct sockaddr_in6 probe = {.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT};
    int fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd >= 0 && bind(fd, (struct sockaddr *)(void *)&probe, sizeof probe) == 0) {
        f->options.listen_count = 3;
    }
    (void)close(fd);
    start(f);
    fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(connect(fd, (struct sockaddr *)(void *)&to, sizeof to), 0);
    ASSERT_HAS(ask(f, fd, "GET / HTTP/1.1\r\nHost: a\r\n\r\n", "body="), "peer=unix");
    (void)close(fd);
    if (f->options.listen_count == 3) {
        probe.sin6_port = htons((uint16_t)http_server_port(f->server, 2));
        fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
        assert_int_equal(connect(fd, (struct sockaddr *)(void *)&probe, sizeof probe), 0);
        ASSERT_HAS(ask(f, fd, "GET / HTTP/1.1\r\nHost: [::1]\r\n\r\n", "body="), "peer=::1");
        (void)close(fd);
    }
}

static void test_cannot_listen(void **state)
{
    struct fixture *f = *state;
    struct http_server *other = NULL;
    struct error err;
    start(f);
    struct http_server_options options = f->options;
    struct str taken = str_printf(f->ctx, "127.0.0.1:%d", http_server_port(f->server, 0));
    static const struct str BAD[] = {STR_INIT("8080"), STR_INIT("host:port"),
                                     STR_INIT("/nonexistent/folder/sock")};
    options.live = NULL;
    options.listen_count = 1;
    options.listen = &taken;
    assert_false(http_server_start(f->ctx, &options, &other, &err));
    assert_int_equal(err.code, ERR_UNAVAILABLE);
    for (size_t i = 0; i < sizeof BAD / sizeof *BAD; i++) {
        options.listen = &BAD[i];
        assert_false(http_server_start(f->ctx, &options, &other, &err));
    }
    options.listen = f->listen;
    options.tls_certificate = "no certificate";
    options.tls_key = "no key";
    assert_false(http_server_start(f->ctx, &options, &other, &err));
    assert_int_equal(err.code, ERR_UNAVAILABLE);
}

// --- live ---------------------------------------------------------------------------------------

static void test_live(void **state)
{
    struct fixture *f = *state;
    int fds[60];
    start(f);
    for (int i = 0; i < 60; i++) {
        fds[i] = dial(f);
        const char *answer =
            ask(f, fds[i], "GET /live?topics=a HTTP/1.1\r\nHost: a\r\n\r\n", ": here");
        ASSERT_HAS(answer, "Transfer-Encoding: chunked");
    }
    assert_int_equal(live_count(f->hub), 60);
    for (int round = 0; round < 3; round++) {
        live_publish(f->hub, STR("a"));
        for (int i = 0; i < 60; i++) {
            ASSERT_HAS(hear(f->ctx, fds[i], "data: a"), "event: change\ndata: a");
        }
    }
    // Two threads answer others meanwhile.
    int fd = dial(f);
    ASSERT_HAS(ask(f, fd, "GET / HTTP/1.1\r\nHost: a\r\n\r\n", "body="), " 200 ");
    (void)close(fd);
    // A page that went away is noticed when something is said to it.
    for (int i = 0; i < 30; i++) {
        (void)close(fds[i]);
    }
    for (int i = 0; i < 200 && live_count(f->hub) > 30; i++) {
        struct timespec pause = {.tv_nsec = 10000000};
        live_publish(f->hub, STR("a"));
        (void)nanosleep(&pause, NULL);
    }
    assert_int_equal(live_count(f->hub), 30);
    http_server_stop(f->server, 2000);
    for (int i = 30; i < 60; i++) {
        while (!ended(fds[i])) {
        }
        (void)close(fds[i]);
    }
    assert_int_equal(live_count(f->hub), 0);
}

// --- stopping -----------------------------------------------------------------------------------

static void *stop_it(void *arg)
{
    struct fixture *f = arg;
    http_server_stop(f->server, 5000);
    return NULL;
}

static void test_graceful_stop(void **state)
{
    struct fixture *f = *state;
    pthread_t stopper;
    start(f);
    int fd = dial(f);
    int idle = dial(f);
    ASSERT_HAS(ask(f, idle, "GET / HTTP/1.1\r\nHost: a\r\n\r\n", "body="), " 200 ");
    say(fd, STR("GET /slow HTTP/1.1\r\nHost: a\r\n\r\n"));
    while (atomic_load(&f->in_slow) == 0) {
        struct timespec pause = {.tv_nsec = 1000000};
        (void)nanosleep(&pause, NULL);
    }
    assert_int_equal(pthread_create(&stopper, NULL, stop_it, f), 0);
    const char *answer = hear(f->ctx, fd, "whole");
    ASSERT_HAS(answer, "slow but whole");
    ASSERT_HAS(answer, "Connection: close");
    assert_int_equal(pthread_join(stopper, NULL), 0);
    assert_true(ended(idle));
    (void)close(fd);
    (void)close(idle);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_keep_alive, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_pipelining, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_head, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_bodies, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_files, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_too_large, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_long_heads, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_unknown_path, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_drip, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_per_address, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_several_listeners, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_cannot_listen, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_live, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_graceful_stop, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
