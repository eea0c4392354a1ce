// SPDX-License-Identifier: GPL-3.0-or-later
#include "mail/lmtp.h"

#include <arpa/inet.h>
#include <assert.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/clock.h"
#include "mail/lmtp_listen.h"
#include "mail/spill.h"

enum {
    READ_BYTES = 64 * 1024,
    TURN_BYTES = 1024 * 1024,  // then others get their turn
    LISTENERS_MAX = 16,
    KEEPER_TICK_MS = 250,
};

#define WRITE_TIMEOUT_US INT64_C(60000000)
#define DATA_GRACE_US INT64_C(60000000)
#define WAKE_UP UINT64_MAX

// Room for one connection. Whoever holds the lock may use everything in it; a worker holds it for
// a turn, deliveries included. It is never freed while the server runs, so a late epoll event
// finds it and sees by the generation that its connection is gone.
struct place {
    pthread_mutex_t lock;
    uint32_t generation;
    int fd;  // -1 when free
    mem_ctx *mem;
    struct lmtp_session *session;
    struct spill *spill;
    uint64_t progress;        // when the deadline was last moved
    int64_t deadline_us;      // monotonic
    int64_t useful_us;        // connected or last message completed
    int64_t data_started_us;  // 0 outside of a message
    int64_t data_bytes;
    int64_t blocked_since_us;  // the peer does not take our output; 0 when it does
};

struct lmtp_server {
    struct lmtp_options options;
    struct lmtp_limits limits;
    struct lmtp_listener listeners[LISTENERS_MAX];
    size_t listener_count;
    struct place *places;
    int epoll_fd;
    int keeper_wake;
    int workers_wake;
    pthread_t keeper;
    bool keeper_started;
    pthread_t *workers;
    size_t worker_count;  // started
    atomic_bool stopping;
    atomic_bool quit;
    _Atomic int64_t grace_ms;
    _Atomic uint64_t connections, open, turned_away, evicted, timed_out;
    _Atomic uint64_t messages, accepted, refused, put_off;
};

// --- one connection, its lock held ------------------------------------------------------------

static void place_arm(struct lmtp_server *server, struct place *place, int operation)
{
    bool output = lmtp_session_output(place->session).len > 0;
    uint64_t index = (uint64_t)(place - server->places);
    struct epoll_event event = {.events = (output ? EPOLLOUT : EPOLLIN) | EPOLLONESHOT,
                                .data.u64 = (uint64_t)place->generation << 32 | index};
    int armed = epoll_ctl(server->epoll_fd, operation, place->fd, &event);
    assert(armed == 0);
}

static void place_close(struct lmtp_server *server, struct place *place)
{
    close(place->fd);
    place->fd = -1;
    place->generation++;
    mem_free(place->mem);
    place->mem = NULL;
    place->session = NULL;
    place->spill = NULL;
    atomic_fetch_sub(&server->open, 1);
}

// False when the connection is broken.
static bool place_flush(struct place *place)
{
    struct str out = lmtp_session_output(place->session);
    while (out.len > 0) {
        ssize_t sent = send(place->fd, out.ptr, out.len, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (sent < 0 && errno == EINTR) {
            continue;
        }
        if (sent < 0) {
            return errno == EAGAIN || errno == EWOULDBLOCK;
        }
        lmtp_session_sent(place->session, (size_t)sent);
        out = lmtp_session_output(place->session);
    }
    return true;
}

static void place_shut(struct lmtp_server *server, struct place *place, const char *reason)
{
    lmtp_session_shut(place->session, reason);
    (void)place_flush(place);
    place_close(server, place);
}

static void place_new_deadline(const struct lmtp_server *server, struct place *place)
{
    int64_t now = clock_monotonic_us();
    bool blocked = lmtp_session_output(place->session).len > 0;
    if (!blocked) {
        place->blocked_since_us = 0;
    } else if (place->blocked_since_us == 0) {
        place->blocked_since_us = now;
        place->deadline_us = now + WRITE_TIMEOUT_US;
    }
    if (blocked) {
        return;
    }
    int64_t silence = now + server->options.command_timeout_ms * 1000;
    if (lmtp_session_receiving(place->session)) {
        if (place->data_started_us == 0) {
            place->data_started_us = now;
            place->data_bytes = 0;
        }
        int64_t slow = place->data_started_us + DATA_GRACE_US +
                       place->data_bytes * 1000000 / server->options.min_bytes_per_second;
        place->deadline_us = slow < silence ? slow : silence;
        return;
    }
    bool moved = lmtp_session_progress(place->session) != place->progress;
    if (moved || place->data_started_us != 0) {
        place->data_started_us = 0;
        place->progress = lmtp_session_progress(place->session);
        place->deadline_us = silence;
    }
}

static void ask_rcpt(struct lmtp_server *server, struct place *place)
{
    mem_ctx *ctx = mem_ctx_new(NULL, "lmtp rcpt");
    const struct lmtp_acceptor *acceptor = &server->options.acceptor;
    struct lmtp_answer answer =
        acceptor->rcpt(acceptor->env, ctx, lmtp_session_rcpt(place->session));
    lmtp_session_rcpt_answer(place->session, answer);
    mem_free(ctx);
}

static void count_answers(struct lmtp_server *server, const struct lmtp_answer *answers, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        switch (answers[i].verdict) {
        case LMTP_ACCEPTED:
            atomic_fetch_add(&server->accepted, 1);
            break;
        case LMTP_REFUSED:
            atomic_fetch_add(&server->refused, 1);
            break;
        case LMTP_TRY_LATER:
            atomic_fetch_add(&server->put_off, 1);
            break;
        }
    }
}

static void deliver(struct lmtp_server *server, struct place *place)
{
    mem_ctx *ctx = mem_ctx_new(NULL, "lmtp deliver");
    struct lmtp_envelope envelope = lmtp_session_envelope(place->session);
    struct lmtp_answer *answers = mem_array(ctx, struct lmtp_answer, envelope.rcpt_count);
    const struct lmtp_acceptor *acceptor = &server->options.acceptor;
    struct str raw;
    struct error err;
    if (spill_read(place->spill, &raw, &err)) {
        acceptor->deliver(acceptor->env, ctx, &envelope, raw, answers);
    }
    atomic_fetch_add(&server->messages, 1);
    count_answers(server, answers, envelope.rcpt_count);
    spill_reset(place->spill);
    lmtp_session_delivered(place->session, answers);
    place->useful_us = clock_monotonic_us();
    mem_free(ctx);
}

// Carries the conversation on with what was read. False when it is over.
static bool place_converse(struct lmtp_server *server, struct place *place, struct str input)
{
    for (;;) {
        switch (lmtp_session_run(place->session, &input)) {
        case LMTP_WANT_INPUT:
            return true;
        case LMTP_WANT_CLOSE:
            return false;
        case LMTP_WANT_RCPT:
            ask_rcpt(server, place);
            break;
        case LMTP_HAS_DATA:
            spill_put(place->spill, lmtp_session_data(place->session));
            break;
        case LMTP_DROP_DATA:
            spill_reset(place->spill);
            break;
        case LMTP_WANT_DELIVERY:
            deliver(server, place);
            break;
        }
    }
}

// Reads and answers until nothing is there or the turn is over. False: hang up.
static bool place_turn(struct lmtp_server *server, struct place *place, char *buffer)
{
    if (!place_flush(place)) {
        return false;
    }
    size_t taken = 0;
    while (taken < TURN_BYTES && lmtp_session_output(place->session).len == 0) {
        ssize_t got = recv(place->fd, buffer, READ_BYTES, MSG_DONTWAIT);
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
            return true;
        }
        if (got <= 0) {
            return false;
        }
        taken += (size_t)got;
        place->data_bytes += got;
        bool goes_on = place_converse(server, place, (struct str){buffer, (size_t)got});
        if (!place_flush(place) || !goes_on) {
            return false;
        }
    }
    return true;
}

static void place_serve(struct lmtp_server *server, struct place *place, char *buffer)
{
    if (!place_turn(server, place, buffer)) {
        place_close(server, place);
        return;
    }
    if (atomic_load(&server->stopping) && !lmtp_session_receiving(place->session)) {
        place_shut(server, place, "Shutting down");
        return;
    }
    place_new_deadline(server, place);
    place_arm(server, place, EPOLL_CTL_MOD);
}

// --- workers ----------------------------------------------------------------------------------

static void *worker_run(void *arg)
{
    struct lmtp_server *server = arg;
    mem_ctx *mem = mem_ctx_new(NULL, "lmtp worker");
    char *buffer = mem_array(mem, char, READ_BYTES);
    while (!atomic_load(&server->quit)) {
        struct epoll_event event;
        int ready = epoll_wait(server->epoll_fd, &event, 1, -1);
        if (ready != 1 || event.data.u64 == WAKE_UP) {
            continue;
        }
        struct place *place = &server->places[event.data.u64 & UINT32_MAX];
        pthread_mutex_lock(&place->lock);
        if (place->fd >= 0 && place->generation == (uint32_t)(event.data.u64 >> 32)) {
            place_serve(server, place, buffer);
        }
        pthread_mutex_unlock(&place->lock);
    }
    mem_free(mem);
    return NULL;
}

// --- the keeper -------------------------------------------------------------------------------

static struct str peer_name(mem_ctx *ctx, const struct sockaddr_storage *address)
{
    char text[INET6_ADDRSTRLEN] = "";
    if (address->ss_family == AF_INET) {
        const struct sockaddr_in *in = (const struct sockaddr_in *)address;
        (void)inet_ntop(AF_INET, &in->sin_addr, text, sizeof text);
    } else if (address->ss_family == AF_INET6) {
        const struct sockaddr_in6 *in = (const struct sockaddr_in6 *)address;
        (void)inet_ntop(AF_INET6, &in->sin6_addr, text, sizeof text);
    }
    return str_dup(ctx, text[0] == '\0' ? STR("unix") : str_c(text));
}

static void place_open(struct lmtp_server *server, struct place *place, int fd,
                       const struct sockaddr_storage *address)
{
    int on = 1;
    if (address->ss_family != AF_UNIX) {
        (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        (void)setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
    }
    int64_t now = clock_monotonic_us();
    place->fd = fd;
    place->mem = mem_ctx_new(NULL, "lmtp connection");
    place->session = lmtp_session_new(place->mem, &server->limits, peer_name(place->mem, address));
    place->spill = spill_new(place->mem, server->options.spill_folder);
    place->progress = 0;
    place->deadline_us = now + server->options.command_timeout_ms * 1000;
    place->useful_us = now;
    place->data_started_us = 0;
    place->blocked_since_us = 0;
    atomic_fetch_add(&server->connections, 1);
    atomic_fetch_add(&server->open, 1);
    place_arm(server, place, EPOLL_CTL_ADD);
}

// A free place, its lock held, or NULL.
static struct place *place_free(struct lmtp_server *server)
{
    for (size_t i = 0; i < server->options.max_connections; i++) {
        struct place *place = &server->places[i];
        if (pthread_mutex_trylock(&place->lock) == 0) {
            if (place->fd < 0) {
                return place;
            }
            pthread_mutex_unlock(&place->lock);
        }
    }
    return NULL;
}

// The place of the connection that has been of no use for longest, its lock held, or NULL.
static struct place *place_of_least_use(struct lmtp_server *server)
{
    struct place *least = NULL;
    int64_t before = clock_monotonic_us() - server->options.evict_after_ms * 1000;
    for (size_t i = 0; i < server->options.max_connections; i++) {
        struct place *place = &server->places[i];
        if (pthread_mutex_trylock(&place->lock) != 0) {
            continue;
        }
        if (place->fd >= 0 && place->useful_us < before &&
            !lmtp_session_receiving(place->session)) {
            if (least != NULL) {
                pthread_mutex_unlock(&least->lock);
            }
            least = place;
            before = place->useful_us;
        } else {
            pthread_mutex_unlock(&place->lock);
        }
    }
    return least;
}

static struct place *place_make_room(struct lmtp_server *server)
{
    struct place *place = place_of_least_use(server);
    if (place != NULL) {
        atomic_fetch_add(&server->evicted, 1);
        place_shut(server, place, "Making room for others");
    }
    return place;
}

// False when no connection waits, or none can be taken now for want of descriptors.
static bool accept_one(struct lmtp_server *server, int listener)
{
    struct sockaddr_storage address = {0};
    socklen_t len = sizeof address;
    int fd = accept4(listener, (struct sockaddr *)&address, &len, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0) {
        return errno == EINTR || errno == ECONNABORTED;
    }
    struct place *place = place_free(server);
    if (place == NULL) {
        place = place_make_room(server);
    }
    if (place == NULL) {
        static const struct str BUSY = STR_INIT("421 4.3.2 Too many connections, try later\r\n");
        (void)send(fd, BUSY.ptr, BUSY.len, MSG_NOSIGNAL | MSG_DONTWAIT);
        close(fd);
        atomic_fetch_add(&server->turned_away, 1);
        return true;
    }
    place_open(server, place, fd, &address);
    pthread_mutex_unlock(&place->lock);
    return true;
}

static void enforce_deadlines(struct lmtp_server *server)
{
    int64_t now = clock_monotonic_us();
    for (size_t i = 0; i < server->options.max_connections; i++) {
        struct place *place = &server->places[i];
        if (pthread_mutex_trylock(&place->lock) != 0) {
            continue;
        }
        if (place->fd >= 0 && now > place->deadline_us) {
            atomic_fetch_add(&server->timed_out, 1);
            place_shut(server, place, "Too slow");
        }
        pthread_mutex_unlock(&place->lock);
    }
}

static void keeper_serve(struct lmtp_server *server)
{
    struct pollfd polled[LISTENERS_MAX + 1] = {{.fd = server->keeper_wake, .events = POLLIN}};
    for (size_t i = 0; i < server->listener_count; i++) {
        polled[i + 1] = (struct pollfd){.fd = server->listeners[i].fd, .events = POLLIN};
    }
    int64_t next_look = 0;
    bool starved = false;
    while (!atomic_load(&server->stopping)) {
        // Without descriptors left, a listener stays readable: wait a tick instead of spinning.
        (void)poll(polled, starved ? 1 : (nfds_t)server->listener_count + 1, KEEPER_TICK_MS);
        starved = false;
        for (size_t i = 0; i < server->listener_count; i++) {
            while (!atomic_load(&server->stopping) && accept_one(server, polled[i + 1].fd)) {
            }
            starved = starved || errno == EMFILE || errno == ENFILE;
        }
        if (clock_monotonic_us() >= next_look) {
            enforce_deadlines(server);
            next_look = clock_monotonic_us() + KEEPER_TICK_MS * 1000;
        }
    }
}

static void close_idle(struct lmtp_server *server)
{
    for (size_t i = 0; i < server->options.max_connections; i++) {
        struct place *place = &server->places[i];
        if (pthread_mutex_trylock(&place->lock) == 0) {
            if (place->fd >= 0 && !lmtp_session_receiving(place->session)) {
                place_shut(server, place, "Shutting down");
            }
            pthread_mutex_unlock(&place->lock);
        }
    }
}

static void *keeper_run(void *arg)
{
    struct lmtp_server *server = arg;
    keeper_serve(server);
    for (size_t i = 0; i < server->listener_count; i++) {
        lmtp_listener_close(&server->listeners[i]);
    }
    int64_t end = clock_monotonic_us() + atomic_load(&server->grace_ms) * 1000;
    close_idle(server);
    while (atomic_load(&server->open) > 0 && clock_monotonic_us() < end) {
        enforce_deadlines(server);
        (void)poll(NULL, 0, 10);
        close_idle(server);
    }
    return NULL;
}

// --- start and stop ---------------------------------------------------------------------------

static int64_t or_default(int64_t value, int64_t otherwise)
{
    return value > 0 ? value : otherwise;
}

static void take_options(struct lmtp_server *server, const struct lmtp_options *options)
{
    struct lmtp_options *o = &server->options;
    *o = *options;
    o->host_name = str_dup(server, options->host_name);
    o->spill_folder = str_dup(server, options->spill_folder);
    o->max_message = or_default(o->max_message, INT64_C(64) << 20);
    o->max_rcpts = (size_t)or_default((int64_t)o->max_rcpts, 1000);
    o->max_connections = (size_t)or_default((int64_t)o->max_connections, 256);
    o->workers = (size_t)or_default((int64_t)o->workers, 16);
    o->command_timeout_ms = or_default(o->command_timeout_ms, 5 * MINUTES_MS);
    o->min_bytes_per_second = or_default(o->min_bytes_per_second, 1024);
    o->evict_after_ms = or_default(o->evict_after_ms, 10 * SECONDS_MS);
    o->unix_mode = o->unix_mode > 0 ? o->unix_mode : 0666;
    server->limits = (struct lmtp_limits){
        .host_name = o->host_name, .max_message = o->max_message, .max_rcpts = o->max_rcpts};
}

static void wake(int event_fd)
{
    uint64_t one = 1;
    ssize_t written = write(event_fd, &one, sizeof one);
    assert(written == sizeof one);
}

void lmtp_server_stop(struct lmtp_server *server, int64_t grace_ms)
{
    if (atomic_load(&server->quit)) {
        return;
    }
    atomic_store(&server->grace_ms, grace_ms);
    atomic_store(&server->stopping, true);
    wake(server->keeper_wake);
    if (server->keeper_started) {
        pthread_join(server->keeper, NULL);
    }
    atomic_store(&server->quit, true);
    wake(server->workers_wake);
    for (size_t i = 0; i < server->worker_count; i++) {
        pthread_join(server->workers[i], NULL);
    }
    for (size_t i = 0; i < server->options.max_connections; i++) {
        if (server->places[i].fd >= 0) {
            (void)place_flush(&server->places[i]);
            place_close(server, &server->places[i]);
        }
        pthread_mutex_destroy(&server->places[i].lock);
    }
    close(server->epoll_fd);
    close(server->keeper_wake);
    close(server->workers_wake);
}

static void stop_at_once(void *handle)
{
    lmtp_server_stop(handle, 0);
}

static void prepare(struct lmtp_server *server)
{
    server->places = mem_array(server, struct place, server->options.max_connections);
    for (size_t i = 0; i < server->options.max_connections; i++) {
        server->places[i].fd = -1;
        pthread_mutex_init(&server->places[i].lock, NULL);
    }
    server->workers = mem_array(server, pthread_t, server->options.workers);
    server->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    server->keeper_wake = eventfd(0, EFD_CLOEXEC);
    server->workers_wake = eventfd(0, EFD_CLOEXEC);
    // Level triggered and never read: once set, every worker sees it.
    struct epoll_event event = {.events = EPOLLIN, .data.u64 = WAKE_UP};
    (void)epoll_ctl(server->epoll_fd, EPOLL_CTL_ADD, server->workers_wake, &event);
}

// Signals stay with the thread that started the server.
static bool start_threads(struct lmtp_server *server)
{
    sigset_t all;
    sigset_t before;
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, &before);
    bool started = true;
    while (started && server->worker_count < server->options.workers) {
        started =
            pthread_create(&server->workers[server->worker_count], NULL, worker_run, server) == 0;
        server->worker_count += started ? 1 : 0;
    }
    server->keeper_started =
        started && pthread_create(&server->keeper, NULL, keeper_run, server) == 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return server->keeper_started;
}

bool lmtp_server_start(mem_ctx *ctx, const struct lmtp_options *options, struct lmtp_server **ret,
                       struct error *err)
{
    struct lmtp_server *server = mem_new(ctx, struct lmtp_server);
    if (options->listen_count > LISTENERS_MAX) {
        return error_set(err, ERR_INVALID, "At most %d LMTP addresses can be listened on.",
                         LISTENERS_MAX);
    }
    take_options(server, options);
    for (size_t i = 0; i < options->listen_count; i++) {
        if (!lmtp_listen(server, options->listen[i], server->options.unix_mode,
                         &server->listeners[i], err)) {
            for (size_t j = 0; j < i; j++) {
                lmtp_listener_close(&server->listeners[j]);
            }
            mem_free(server);
            return false;
        }
        server->listener_count++;
    }
    prepare(server);
    mem_on_free(server, stop_at_once, server);
    if (!start_threads(server)) {
        for (size_t i = 0; i < server->listener_count; i++) {
            lmtp_listener_close(&server->listeners[i]);
        }
        mem_free(server);
        return error_set(err, ERR_UNAVAILABLE, "Cannot start the threads that take mail.");
    }
    *ret = server;
    return true;
}

int lmtp_server_port(const struct lmtp_server *server, size_t index)
{
    assert(index < server->listener_count);
    return server->listeners[index].port;
}

struct lmtp_stats lmtp_server_stats(const struct lmtp_server *server)
{
    return (struct lmtp_stats){.connections = atomic_load(&server->connections),
                               .open = atomic_load(&server->open),
                               .turned_away = atomic_load(&server->turned_away),
                               .evicted = atomic_load(&server->evicted),
                               .timed_out = atomic_load(&server->timed_out),
                               .messages = atomic_load(&server->messages),
                               .accepted = atomic_load(&server->accepted),
                               .refused = atomic_load(&server->refused),
                               .put_off = atomic_load(&server->put_off)};
}
