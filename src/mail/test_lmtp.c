// SPDX-License-Identifier: GPL-3.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/random.h"
#include "mail/lmtp.h"

// An acceptor that remembers what it was given and can be made to wait.
struct box {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    int delivered;
    int inside;  // deliveries under way
    bool hold;
    size_t last_size;
    struct hash last_hash;
};

static struct lmtp_answer box_rcpt(void *env UNUSED, mem_ctx *ctx UNUSED, struct str address)
{
    bool ours = str_ends(address, STR("@desk.example"));
    return (struct lmtp_answer){.verdict = ours ? LMTP_ACCEPTED : LMTP_REFUSED};
}

static void box_deliver(void *env, mem_ctx *ctx UNUSED, const struct lmtp_envelope *envelope,
                        struct str raw, struct lmtp_answer *answers)
{
    struct box *box = env;
    struct hash hash = hash_sha256(raw);
    pthread_mutex_lock(&box->lock);
    box->inside++;
    pthread_cond_broadcast(&box->changed);
    while (box->hold) {
        pthread_cond_wait(&box->changed, &box->lock);
    }
    box->inside--;
    box->delivered++;
    box->last_size = raw.len;
    box->last_hash = hash;
    pthread_mutex_unlock(&box->lock);
    for (size_t i = 0; i < envelope->rcpt_count; i++) {
        answers[i].verdict = LMTP_ACCEPTED;
    }
}

static void box_hold(struct box *box, bool hold)
{
    pthread_mutex_lock(&box->lock);
    box->hold = hold;
    pthread_cond_broadcast(&box->changed);
    pthread_mutex_unlock(&box->lock);
}

static void box_wait_inside(struct box *box, int count)
{
    pthread_mutex_lock(&box->lock);
    while (box->inside < count) {
        pthread_cond_wait(&box->changed, &box->lock);
    }
    pthread_mutex_unlock(&box->lock);
}

struct bench {
    mem_ctx *ctx;
    struct box box;
    struct lmtp_server *server;
    struct str unix_path;
    struct str folder;
};

static struct bench *bench_start(struct lmtp_options options)
{
    mem_ctx *ctx = mem_ctx_new(NULL, "test");
    struct bench *bench = mem_new(ctx, struct bench);
    bench->ctx = ctx;
    pthread_mutex_init(&bench->box.lock, NULL);
    pthread_cond_init(&bench->box.changed, NULL);
    char *folder = mem_text(ctx, "/tmp/steward-lmtp-XXXXXX");
    assert_non_null(mkdtemp(folder));
    bench->folder = str_c(folder);
    bench->unix_path = str_printf(ctx, "%s/lmtp.sock", folder);
    struct str listen[] = {STR("127.0.0.1:0"), bench->unix_path};
    options.listen = listen;
    options.listen_count = 2;
    options.host_name = STR("desk.example");
    options.spill_folder = bench->folder;
    options.acceptor = (struct lmtp_acceptor){&bench->box, box_rcpt, box_deliver};
    struct error err;
    assert_true(lmtp_server_start(ctx, &options, &bench->server, &err));
    return bench;
}

static void bench_end(struct bench *bench)
{
    lmtp_server_stop(bench->server, 0);
    assert_int_equal(rmdir(bench->folder.ptr), 0);
    mem_free(bench->ctx);
}

// --- a blocking client ------------------------------------------------------------------------

static int client_open(const struct bench *bench, bool over_unix)
{
    int fd = socket(over_unix ? AF_UNIX : AF_INET, SOCK_STREAM, 0);
    struct timeval patience = {.tv_sec = 20};
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    if (over_unix) {
        struct sockaddr_un address = {.sun_family = AF_UNIX};
        memcpy(address.sun_path, bench->unix_path.ptr, bench->unix_path.len);
        assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof address), 0);
        return fd;
    }
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons((uint16_t)lmtp_server_port(bench->server, 0)),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof address), 0);
    return fd;
}

static void say(int fd, struct str text)
{
    while (text.len > 0) {
        ssize_t sent = send(fd, text.ptr, text.len, MSG_NOSIGNAL);
        assert_true(sent > 0);
        text = str_from(text, (size_t)sent);
    }
}

// Reads until a line begins with `code` and a space, or the end: "" then.
static struct str hear(mem_ctx *ctx, int fd, const char *code)
{
    struct buf line;
    buf_init(&line, ctx, 1024);
    char c;
    while (recv(fd, &c, 1, 0) == 1) {
        buf_put_char(&line, c);
        if (c == '\n') {
            struct str text = buf_str(&line);
            if (str_starts(text, str_c(code)) && text.ptr[3] == ' ') {
                return text;
            }
            buf_reset(&line);
        }
    }
    return STR("");
}

#define ENVELOPE "LHLO c\r\nMAIL FROM:<a@x>\r\nRCPT TO:<s@desk.example>\r\nDATA\r\n"

// --- tests ------------------------------------------------------------------------------------

static void mails_over_tcp_and_socket_file(void **state UNUSED)
{
    struct bench *bench = bench_start((struct lmtp_options){0});
    for (int over_unix = 0; over_unix < 2; over_unix++) {
        int fd = client_open(bench, over_unix == 1);
        say(fd, STR("LHLO c\r\nMAIL FROM:<>\r\nRCPT TO:<s@elsewhere>\r\n"));
        assert_false(str_empty(hear(bench->ctx, fd, "550")));
        say(fd, STR("RSET\r\n" ENVELOPE));
        assert_false(str_empty(hear(bench->ctx, fd, "354")));
        say(fd, STR("Subject: x\r\n\r\nhello\r\n.\r\nQUIT\r\n"));
        assert_string_equal(hear(bench->ctx, fd, "250").ptr, "250 2.0.0 Safe here\r\n");
        assert_false(str_empty(hear(bench->ctx, fd, "221")));
        close(fd);
    }
    assert_int_equal(bench->box.delivered, 2);
    struct lmtp_stats stats = lmtp_server_stats(bench->server);
    assert_int_equal(stats.messages, 2);
    assert_int_equal(stats.accepted, 2);
    bench_end(bench);
}

static void large_messages_spill_and_arrive_whole(void **state UNUSED)
{
    struct bench *bench = bench_start((struct lmtp_options){0});
    struct buf body;
    buf_init(&body, bench->ctx, 8 << 20);
    while (body.len < (5 << 20)) {
        buf_printf(&body, "line %zu of a long message\r\n", body.len);
    }
    int fd = client_open(bench, false);
    say(fd, STR(ENVELOPE));
    assert_false(str_empty(hear(bench->ctx, fd, "354")));
    say(fd, buf_str(&body));
    say(fd, STR(".\r\n"));
    assert_false(str_empty(hear(bench->ctx, fd, "250")));
    assert_int_equal(bench->box.last_size, body.len);
    struct hash wanted = hash_sha256(buf_str(&body));
    assert_memory_equal(&bench->box.last_hash, &wanted, sizeof wanted);
    close(fd);
    bench_end(bench);
}

static void several_deliver_at_once(void **state UNUSED)
{
    struct bench *bench = bench_start((struct lmtp_options){.workers = 4});
    box_hold(&bench->box, true);
    int fds[4];
    for (int i = 0; i < 4; i++) {
        fds[i] = client_open(bench, true);
        say(fds[i], STR(ENVELOPE "x\r\n.\r\n"));
    }
    box_wait_inside(&bench->box, 4);
    box_hold(&bench->box, false);
    for (int i = 0; i < 4; i++) {
        assert_false(str_empty(hear(bench->ctx, fds[i], "354")));
        assert_false(str_empty(hear(bench->ctx, fds[i], "250")));
        close(fds[i]);
    }
    bench_end(bench);
}

static void idle_connections_cost_no_thread(void **state UNUSED)
{
    struct bench *bench = bench_start((struct lmtp_options){.workers = 2, .max_connections = 200});
    int idle[150];
    for (int i = 0; i < 150; i++) {
        idle[i] = client_open(bench, i % 2 == 0);
        say(idle[i], STR("LHLO c\r\nMAIL FROM:<a@x>\r\nRC"));
    }
    int fd = client_open(bench, false);
    say(fd, STR(ENVELOPE "x\r\n.\r\n"));
    assert_false(str_empty(hear(bench->ctx, fd, "354")));
    assert_false(str_empty(hear(bench->ctx, fd, "250")));
    close(fd);
    for (int i = 0; i < 150; i++) {
        close(idle[i]);
    }
    bench_end(bench);
}

static void too_many_are_told_so_and_the_useless_make_room(void **state UNUSED)
{
    struct bench *bench =
        bench_start((struct lmtp_options){.max_connections = 2, .evict_after_ms = 300});
    int first = client_open(bench, false);
    assert_false(str_empty(hear(bench->ctx, first, "220")));
    int second = client_open(bench, false);
    say(second, STR(ENVELOPE));
    assert_false(str_empty(hear(bench->ctx, second, "354")));
    int third = client_open(bench, false);
    assert_string_equal(hear(bench->ctx, third, "421").ptr,
                        "421 4.3.2 Too many connections, try later\r\n");
    close(third);
    // Once the first has been of no use for long enough it gives way; the second is in a message.
    int64_t until = clock_monotonic_us() + 10000000;
    struct str greeting = STR("");
    while (str_empty(greeting) && clock_monotonic_us() < until) {
        int fourth = client_open(bench, false);
        greeting = hear(bench->ctx, fourth, "220");
        close(fourth);
    }
    assert_false(str_empty(greeting));
    assert_string_equal(hear(bench->ctx, first, "421").ptr, "421 4.3.2 Making room for others\r\n");
    close(first);
    say(second, STR("x\r\n.\r\n"));
    assert_false(str_empty(hear(bench->ctx, second, "250")));
    close(second);
    bench_end(bench);
}

static void dripping_does_not_move_the_deadline(void **state UNUSED)
{
    struct bench *bench = bench_start((struct lmtp_options){.command_timeout_ms = 600});
    int fd = client_open(bench, false);
    assert_false(str_empty(hear(bench->ctx, fd, "220")));
    int64_t start = clock_monotonic_us();
    char c;
    while (recv(fd, &c, 1, MSG_DONTWAIT) != 1) {
        (void)send(fd, "x", 1, MSG_NOSIGNAL);
        usleep(20000);
        assert_true(clock_monotonic_us() - start < 10000000);
    }
    assert_int_equal(c, '4');
    assert_true(clock_monotonic_us() - start >= 500000);
    close(fd);
    bench_end(bench);
}

struct stopper {
    struct bench *bench;
    atomic_bool done;
};

static void *stop_gracefully(void *arg)
{
    struct stopper *stopper = arg;
    lmtp_server_stop(stopper->bench->server, 20000);
    atomic_store(&stopper->done, true);
    return NULL;
}

static void stopping_lets_messages_finish(void **state UNUSED)
{
    struct bench *bench = bench_start((struct lmtp_options){0});
    int idle = client_open(bench, true);
    assert_false(str_empty(hear(bench->ctx, idle, "220")));
    int receiving = client_open(bench, true);
    say(receiving, STR(ENVELOPE "half\r\n"));
    assert_false(str_empty(hear(bench->ctx, receiving, "354")));
    box_hold(&bench->box, true);
    int delivering = client_open(bench, true);
    say(delivering, STR(ENVELOPE "x\r\n.\r\n"));
    box_wait_inside(&bench->box, 1);
    struct stopper stopper = {.bench = bench};
    pthread_t thread;
    pthread_create(&thread, NULL, stop_gracefully, &stopper);
    assert_string_equal(hear(bench->ctx, idle, "421").ptr, "421 4.3.2 Shutting down\r\n");
    assert_false(atomic_load(&stopper.done));
    box_hold(&bench->box, false);
    assert_false(str_empty(hear(bench->ctx, delivering, "354")));
    assert_string_equal(hear(bench->ctx, delivering, "250").ptr, "250 2.0.0 Safe here\r\n");
    say(receiving, STR("other half\r\n.\r\n"));
    assert_false(str_empty(hear(bench->ctx, receiving, "250")));
    pthread_join(thread, NULL);
    assert_int_equal(bench->box.delivered, 2);
    close(idle);
    close(receiving);
    close(delivering);
    bench_end(bench);
}

static void addresses_that_cannot_be_had(void **state UNUSED)
{
    struct bench *bench = bench_start((struct lmtp_options){0});
    struct str taken = str_printf(bench->ctx, "127.0.0.1:%d", lmtp_server_port(bench->server, 0));
    struct str wrong[] = {taken, bench->unix_path, STR("nonsense"), bench->folder,
                          STR("unix:/nonexistent/folder/sock")};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        struct lmtp_options options = {.listen = &wrong[i],
                                       .listen_count = 1,
                                       .host_name = STR("d"),
                                       .spill_folder = bench->folder};
        struct lmtp_server *server = NULL;
        struct error err;
        assert_false(lmtp_server_start(bench->ctx, &options, &server, &err));
        assert_int_equal(err.code, ERR_UNAVAILABLE);
    }
    bench_end(bench);
}

static void socket_files_left_over_are_replaced(void **state UNUSED)
{
    char folder[] = "/tmp/steward-lmtp-XXXXXX";
    assert_non_null(mkdtemp(folder));
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    (void)snprintf(address.sun_path, sizeof address.sun_path, "%s/s", folder);
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof address), 0);
    close(fd);
    mem_ctx *ctx = mem_ctx_new(NULL, "test");
    struct str where = str_c(address.sun_path);
    struct lmtp_options options = {
        .listen = &where, .listen_count = 1, .host_name = STR("d"), .spill_folder = str_c(folder)};
    struct lmtp_server *server = NULL;
    struct error err;
    assert_true(lmtp_server_start(ctx, &options, &server, &err));
    struct stat st;
    assert_int_equal(stat(address.sun_path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0666);
    mem_free(ctx);  // also stops it
    assert_int_equal(rmdir(folder), 0);
}

int main(void)
{
    random_init();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(mails_over_tcp_and_socket_file),
        cmocka_unit_test(large_messages_spill_and_arrive_whole),
        cmocka_unit_test(several_deliver_at_once),
        cmocka_unit_test(idle_connections_cost_no_thread),
        cmocka_unit_test(too_many_are_told_so_and_the_useless_make_room),
        cmocka_unit_test(dripping_does_not_move_the_deadline),
        cmocka_unit_test(stopping_lets_messages_finish),
        cmocka_unit_test(addresses_that_cannot_be_had),
        cmocka_unit_test(socket_files_left_over_are_replaced),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
