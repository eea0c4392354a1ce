// SPDX-License-Identifier: GPL-3.0-or-later
#include "http/connections.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/clock.h"

#define BACKLOG 4096
#define ACCEPT_AT_ONCE 64
#define SWEEP_MS 1000
#define TALLY_BUCKETS 1024
#define OUT_OF_FILES_PAUSE_MS 50

struct connection {
    struct book *book;
    int fd;
    bool counted;
    struct address peer;
    _Atomic int64_t deadline_ms;  // of clock_monotonic_us() / 1000; 0: none
    struct connection *next;
    struct connection **link;  // what points here
};

// How many connections an address has.
struct tally {
    struct address address;
    unsigned count;
    struct tally *next;
};

struct listener {
    int fd;
    int port;
    const char *path;  // of a local socket
};

struct book {
    struct book_options options;
    struct listener listeners[LISTEN_MAX];
    size_t listener_count;
    int epoll;
    int wake;
    pthread_t thread;
    bool started;
    _Atomic bool ending;
    int64_t swept_ms;             // used by its thread only
    pthread_mutex_t accept_lock;  // from accepting to handing over; listeners are closed under it
    pthread_mutex_t lock;         // guards what follows
    struct connection *all;
    struct tally *tallies[TALLY_BUCKETS];
    struct book_stats stats;
};

static int64_t now_ms(void)
{
    return clock_monotonic_us() / 1000;
}

// --- the book -----------------------------------------------------------------------------------

static struct address address_of(const struct sockaddr *peer)
{
    struct address address = {.bytes = {[10] = 0xff, [11] = 0xff}};
    if (peer != NULL && peer->sa_family == AF_INET) {
        const struct sockaddr_in *in = (const struct sockaddr_in *)(const void *)peer;
        memcpy(address.bytes + 12, &in->sin_addr, 4);
        return address;
    }
    if (peer != NULL && peer->sa_family == AF_INET6) {
        const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)(const void *)peer;
        memcpy(address.bytes, &in6->sin6_addr, 16);
        return address;
    }
    return (struct address){.local_socket = true};
}

static bool is_counted(const struct book *book, const struct address *peer)
{
    return book->options.per_address > 0 && !address_is_loopback(peer) &&
           !address_matches(peer, book->options.trusted.items, book->options.trusted.count);
}

static struct tally **tally_find_locked(struct book *book, const struct address *group)
{
    struct str key = {(const char *)group->bytes, sizeof group->bytes};
    struct tally **link = &book->tallies[str_hash(key) % TALLY_BUCKETS];
    while (*link != NULL &&
           memcmp((*link)->address.bytes, group->bytes, sizeof group->bytes) != 0) {
        link = &(*link)->next;
    }
    return link;
}

bool book_has_room(struct book *book, const struct address *peer)
{
    if (!is_counted(book, peer)) {
        return true;
    }
    struct address group = address_group(peer);
    (void)pthread_mutex_lock(&book->lock);
    const struct tally *tally = *tally_find_locked(book, &group);
    bool room = tally == NULL || tally->count < book->options.per_address;
    book->stats.refused += room ? 0 : 1;
    (void)pthread_mutex_unlock(&book->lock);
    return room;
}

static void tally_change_locked(struct book *book, const struct address *peer, bool more)
{
    struct address group = address_group(peer);
    struct tally **link = tally_find_locked(book, &group);
    if (*link == NULL) {
        struct tally *tally = mem_new(NULL, struct tally);
        tally->address = group;
        *link = tally;
    }
    (*link)->count += more ? 1u : -1u;
    if ((*link)->count == 0) {
        struct tally *empty = *link;
        *link = empty->next;
        mem_free(empty);
    }
}

struct connection *connection_begin(struct book *book, int fd, const struct sockaddr *peer)
{
    struct connection *connection = mem_new(NULL, struct connection);
    connection->book = book;
    connection->fd = fd;
    connection->peer = address_of(peer);
    connection->counted = is_counted(book, &connection->peer);
    (void)pthread_mutex_lock(&book->lock);
    connection->next = book->all;
    connection->link = &book->all;
    if (connection->next != NULL) {
        connection->next->link = &connection->next;
    }
    book->all = connection;
    book->stats.open++;
    if (connection->counted) {
        tally_change_locked(book, &connection->peer, true);
    }
    (void)pthread_mutex_unlock(&book->lock);
    return connection;
}

void connection_end(struct connection *connection)
{
    struct book *book = connection->book;
    (void)pthread_mutex_lock(&book->lock);
    *connection->link = connection->next;
    if (connection->next != NULL) {
        connection->next->link = connection->link;
    }
    book->stats.open--;
    if (connection->counted) {
        tally_change_locked(book, &connection->peer, false);
    }
    (void)pthread_mutex_unlock(&book->lock);
    mem_free(connection);
}

void connection_deadline(struct connection *connection, int64_t ms)
{
    atomic_store_explicit(&connection->deadline_ms, ms == 0 ? 0 : now_ms() + ms,
                          memory_order_relaxed);
}

const struct address *connection_peer(const struct connection *connection)
{
    return &connection->peer;
}

// Only ends the conversation: the worker then closes the socket, so its number cannot have been
// given to another connection meanwhile.
static void end_slow_ones(struct book *book)
{
    int64_t now = now_ms();
    (void)pthread_mutex_lock(&book->lock);
    for (struct connection *c = book->all; c != NULL; c = c->next) {
        int64_t deadline = atomic_load_explicit(&c->deadline_ms, memory_order_relaxed);
        if (deadline != 0 && deadline < now) {
            atomic_store_explicit(&c->deadline_ms, 0, memory_order_relaxed);
            (void)shutdown(c->fd, SHUT_RDWR);
            book->stats.timed_out++;
        }
    }
    (void)pthread_mutex_unlock(&book->lock);
}

struct book_stats book_stats(struct book *book)
{
    (void)pthread_mutex_lock(&book->lock);
    struct book_stats stats = book->stats;
    (void)pthread_mutex_unlock(&book->lock);
    return stats;
}

// --- accepting ----------------------------------------------------------------------------------

static void hand_over(struct book *book, int fd, const struct sockaddr *peer, socklen_t size)
{
    struct address address = address_of(peer);
    if (!book_has_room(book, &address)) {
        (void)close(fd);
        return;
    }
    (void)pthread_mutex_lock(&book->lock);
    book->stats.accepted++;
    (void)pthread_mutex_unlock(&book->lock);
    book->options.take(book->options.env, fd, peer, size);
}

// False when this program may open no more files for now.
static bool accept_some(struct book *book, const struct listener *listener)
{
    for (int i = 0; i < ACCEPT_AT_ONCE; i++) {
        struct sockaddr_storage peer = {0};
        socklen_t size = sizeof peer;
        int why = 0;
        (void)pthread_mutex_lock(&book->accept_lock);
        int fd = listener->fd < 0 ? -1
                                  : accept4(listener->fd, (struct sockaddr *)&peer, &size,
                                            SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd >= 0) {
            hand_over(book, fd, (struct sockaddr *)&peer, size);
        } else {
            why = listener->fd < 0 ? EAGAIN : errno;
        }
        (void)pthread_mutex_unlock(&book->accept_lock);
        if (why == EMFILE || why == ENFILE || why == ENOMEM || why == ENOBUFS) {
            return false;
        }
        if (why == EAGAIN) {
            return true;
        }
    }
    return true;
}

static void *run(void *arg)
{
    struct book *book = arg;
    while (!atomic_load(&book->ending)) {
        struct epoll_event events[LISTEN_MAX + 1];
        int count = epoll_wait(book->epoll, events, LISTEN_MAX + 1, SWEEP_MS);
        for (int i = 0; i < count; i++) {
            const struct listener *listener = events[i].data.ptr;
            if (listener != NULL && !accept_some(book, listener)) {
                (void)poll(NULL, 0, OUT_OF_FILES_PAUSE_MS);
            }
        }
        if (now_ms() - book->swept_ms >= SWEEP_MS) {
            book->swept_ms = now_ms();
            end_slow_ones(book);
            book->options.tick(book->options.env);
        }
    }
    return NULL;
}

// --- listening ----------------------------------------------------------------------------------

static bool cannot(struct str listen, const char *why, struct error *err)
{
    return error_set(err, ERR_UNAVAILABLE,
                     "Cannot listen on %.*s: %s. Is another server running there? Choose another "
                     "with --listen.",
                     STR_ARG(listen), why);
}

static bool keep(struct book *book, int fd, const char *path)
{
    struct sockaddr_storage bound = {0};
    socklen_t size = sizeof bound;
    struct listener *listener = &book->listeners[book->listener_count];
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = listener};
    *listener = (struct listener){.fd = fd, .path = path};
    if (getsockname(fd, (struct sockaddr *)&bound, &size) == 0 && bound.ss_family != AF_UNIX) {
        struct sockaddr_in6 in6;  // the port stands at the same place for both families
        memcpy(&in6, &bound, sizeof in6);
        listener->port = ntohs(in6.sin6_port);
    }
    book->listener_count++;
    return epoll_ctl(book->epoll, EPOLL_CTL_ADD, fd, &event) == 0;
}

static int bind_one(const struct addrinfo *found)
{
    int on = 1;
    int fd = socket(found->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0) {
        return -1;
    }
    (void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (found->ai_family == AF_INET6) {
        (void)setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
    }
    if (bind(fd, found->ai_addr, found->ai_addrlen) != 0 || listen(fd, BACKLOG) != 0) {
        int why = errno;
        (void)close(fd);
        errno = why;
        return -1;
    }
    return fd;
}

// "HOST:PORT" in two; brackets around an IPv6 address go.
static bool split_listen(mem_ctx *ctx, struct str text, const char **ret_host,
                         const char **ret_port)
{
    size_t colon = text.len;
    while (colon > 0 && text.ptr[colon - 1] != ':') {
        colon--;
    }
    if (colon == 0) {
        return false;
    }
    struct str host = str_sub(text, 0, colon - 1);
    if (str_starts(host, STR("[")) && str_ends(host, STR("]"))) {
        host = str_sub(host, 1, host.len - 2);
    }
    *ret_host = str_cstr(ctx, host);
    *ret_port = str_cstr(ctx, str_from(text, colon));
    return true;
}

static bool listen_network(struct book *book, struct str text, struct error *err)
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE | AI_NUMERICSERV};
    struct addrinfo *found = NULL;
    const char *host = NULL;
    const char *port = NULL;
    if (!split_listen(book, text, &host, &port)) {
        return error_set(err, ERR_INVALID,
                         "Cannot listen on \"%.*s\": write HOST:PORT, such as localhost:8080, "
                         "[::1]:8080 or *:80, or the path of a socket.",
                         STR_ARG(text));
    }
    bool any = host[0] == '\0' || strcmp(host, "*") == 0;
    // By its address: a bare machine may have nothing that resolves the name.
    if (strcmp(host, "localhost") == 0) {
        host = "127.0.0.1";
    }
    hints.ai_family = any ? AF_INET : AF_UNSPEC;
    int failed = getaddrinfo(any ? NULL : host, port, &hints, &found);
    if (failed != 0) {
        return error_set(err, ERR_INVALID, "Cannot listen on \"%.*s\": %s.", STR_ARG(text),
                         gai_strerror(failed));
    }
    int fd = bind_one(found);
    int why = errno;
    freeaddrinfo(found);
    return (fd >= 0 && keep(book, fd, NULL)) || cannot(text, strerror(why), err);
}

static bool somebody_listens(const struct sockaddr_un *address)
{
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool alive = fd >= 0 &&
                 connect(fd, (const struct sockaddr *)(const void *)address, sizeof *address) == 0;
    if (fd >= 0) {
        (void)close(fd);
    }
    return alive;
}

// Whoever may write to the socket's file may connect: its owner and group.
static bool listen_local(struct book *book, struct str text, struct error *err)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (text.len >= sizeof address.sun_path) {
        return cannot(text, "the path is too long", err);
    }
    memcpy(address.sun_path, text.ptr, text.len);
    if (somebody_listens(&address)) {
        return cannot(text, strerror(EADDRINUSE), err);
    }
    (void)unlink(address.sun_path);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    bool ok = fd >= 0 && bind(fd, (struct sockaddr *)(void *)&address, sizeof address) == 0 &&
              chmod(address.sun_path, S_IRUSR | S_IWUSR | S_IRGRP | S_IWGRP) == 0 &&
              listen(fd, BACKLOG) == 0;
    int why = errno;
    if (!ok && fd >= 0) {
        (void)close(fd);
    }
    return (ok && keep(book, fd, str_cstr(book, text))) || cannot(text, strerror(why), err);
}

static bool listen_all(struct book *book, struct error *err)
{
    const struct book_options *o = &book->options;
    if (o->listen_count > LISTEN_MAX) {
        return error_set(err, ERR_INVALID, "At most %d addresses to listen on.", LISTEN_MAX);
    }
    for (size_t i = 0; i < o->listen_count; i++) {
        bool local = str_starts(o->listen[i], STR("/"));
        bool ok =
            local ? listen_local(book, o->listen[i], err) : listen_network(book, o->listen[i], err);
        if (!ok) {
            return false;
        }
    }
    return true;
}

static void book_destroy(void *handle)
{
    struct book *book = handle;
    book_stop_accepting(book);
    (void)close(book->wake);
    (void)close(book->epoll);
    (void)pthread_mutex_destroy(&book->accept_lock);
    (void)pthread_mutex_destroy(&book->lock);
}

bool book_open(mem_ctx *ctx, const struct book_options *options, struct book **ret,
               struct error *err)
{
    struct book *book = mem_new(ctx, struct book);
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = NULL};
    book->options = *options;
    book->epoll = epoll_create1(EPOLL_CLOEXEC);
    book->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    (void)pthread_mutex_init(&book->accept_lock, NULL);
    (void)pthread_mutex_init(&book->lock, NULL);
    mem_on_free(book, book_destroy, book);
    if (book->epoll < 0 || book->wake < 0 ||
        epoll_ctl(book->epoll, EPOLL_CTL_ADD, book->wake, &event) != 0) {
        (void)error_internal(err, "epoll: %s", strerror(errno));
        mem_free(book);
        return false;
    }
    if (!listen_all(book, err)) {
        mem_free(book);
        return false;
    }
    *ret = book;
    return true;
}

bool book_start(struct book *book, struct error *err)
{
    int failed = pthread_create(&book->thread, NULL, run, book);
    if (failed != 0) {
        return error_internal(err, "pthread_create: %s", strerror(failed));
    }
    book->started = true;
    return true;
}

int book_port(const struct book *book, size_t index)
{
    return book->listeners[index].port;
}

void book_stop_accepting(struct book *book)
{
    (void)pthread_mutex_lock(&book->accept_lock);
    for (size_t i = 0; i < book->listener_count; i++) {
        struct listener *listener = &book->listeners[i];
        if (listener->fd >= 0) {
            (void)epoll_ctl(book->epoll, EPOLL_CTL_DEL, listener->fd, NULL);
            (void)close(listener->fd);
            listener->fd = -1;
            if (listener->path != NULL) {
                (void)unlink(listener->path);
            }
        }
    }
    (void)pthread_mutex_unlock(&book->accept_lock);
}

void book_close(struct book *book)
{
    uint64_t one = 1;
    book_stop_accepting(book);
    if (book->started) {
        atomic_store(&book->ending, true);
        ssize_t woken = write(book->wake, &one, sizeof one);
        (void)woken;
        (void)pthread_join(book->thread, NULL);
        book->started = false;
    }
}
