// SPDX-License-Identifier: GPL-3.0-or-later
//
// load [-c CONNECTIONS] [-s SECONDS] [-H 'NAME: VALUE']... [-m METHOD] [-b BODYFILE] HOST PORT
// PATH...
//
// Asks for the paths in turn over that many kept-alive connections, one request under way on each,
// from one thread. Prints one line: requests= errors= seconds= rate= p50_us= p99_us= bytes=. An
// answer other than 2xx counts as an error.
//
// load --hold N ... HOST PORT PATH opens N connections, waits until each has its answer's head,
// prints held=N, and keeps them open until standard input ends; then prints closed=N, how many the
// server gave up meanwhile.
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bench.h"

#define MAX_PATHS 4096
#define MAX_HEADERS 8192

struct options {
    int connections;
    double seconds;
    char headers[MAX_HEADERS];
    const char *method;
    char *body;
    size_t body_size;
    bool hold;
    struct sockaddr_in address;
    const char *host;
    char *requests[MAX_PATHS];
    size_t request_sizes[MAX_PATHS];
    size_t request_count;
};

struct connection {
    int fd;
    double started;
    size_t sent;
    size_t request;
    char *in;
    size_t in_size;
    size_t in_capacity;
    bool answered;
};

struct load {
    struct options *options;
    int epoll;
    size_t next;
    long requests;
    long errors;
    double bytes;
    struct samples samples;
};

static void prepare_requests(struct options *options, char **paths, int count)
{
    for (int i = 0; i < count && i < MAX_PATHS; i++) {
        char *request = NULL;
        int head = asprintf(&request, "%s %s HTTP/1.1\r\nHost: %s\r\n%s", options->method, paths[i],
                            options->host, options->headers);
        if (head < 0) {
            die("out of memory");
        }
        size_t room = (size_t)head + options->body_size + 100;
        request = must(realloc(request, room));
        size_t size = (size_t)head;
        if (options->body != NULL) {
            size += (size_t)snprintf(request + size, room - size, "Content-Length: %zu\r\n",
                                     options->body_size);
        }
        size += (size_t)snprintf(request + size, room - size, "\r\n");
        if (options->body != NULL) {
            memcpy(request + size, options->body, options->body_size);
            size += options->body_size;
        }
        options->requests[options->request_count] = request;
        options->request_sizes[options->request_count++] = size;
    }
}

static int open_connection(const struct options *options)
{
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    if (fd < 0) {
        die("socket: %s", strerror(errno));
    }
    if (connect(fd, (const struct sockaddr *)&options->address, sizeof(options->address)) != 0) {
        die("cannot connect: %s", strerror(errno));
    }
    int on = 1;
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    (void)fcntl(fd, F_SETFL, O_NONBLOCK);
    return fd;
}

static void watch(const struct load *load, struct connection *c, uint32_t events, int how)
{
    struct epoll_event event = {.events = events, .data.ptr = c};
    if (epoll_ctl(load->epoll, how, c->fd, &event) != 0) {
        die("epoll_ctl: %s", strerror(errno));
    }
}

static void send_more(struct load *load, struct connection *c)
{
    const struct options *options = load->options;
    const char *request = options->requests[c->request];
    size_t size = options->request_sizes[c->request];
    while (c->sent < size) {
        ssize_t sent = send(c->fd, request + c->sent, size - c->sent, MSG_NOSIGNAL);
        if (sent < 0) {
            if (errno == EAGAIN) {
                watch(load, c, EPOLLIN | EPOLLOUT, EPOLL_CTL_MOD);
                return;
            }
            die("send: %s", strerror(errno));
        }
        c->sent += (size_t)sent;
    }
    watch(load, c, EPOLLIN, EPOLL_CTL_MOD);
}

static void start_request(struct load *load, struct connection *c)
{
    c->request = load->next++ % load->options->request_count;
    c->sent = 0;
    c->in_size = 0;
    c->answered = false;
    c->started = now_s();
    send_more(load, c);
}

static void reopen(struct load *load, struct connection *c)
{
    close(c->fd);
    c->fd = open_connection(load->options);
    watch(load, c, EPOLLIN, EPOLL_CTL_ADD);
    start_request(load, c);
}

// The size of the whole answer once its head is there, 0 before; SIZE_MAX while a chunked body has
// not ended.
static size_t answer_size(const struct connection *c)
{
    const char *end = memmem(c->in, c->in_size, "\r\n\r\n", 4);
    if (end == NULL) {
        return 0;
    }
    size_t head = (size_t)(end - c->in) + 4;
    const char *length = strcasestr(c->in, "\r\ncontent-length:");
    if (length != NULL && length < end) {
        return head + strtoul(length + 17, NULL, 10);
    }
    if (strncmp(c->in + 9, "204", 3) == 0 || strncmp(c->in + 9, "304", 3) == 0) {
        return head;
    }
    bool ended = c->in_size >= head + 5 && memcmp(c->in + c->in_size - 5, "0\r\n\r\n", 5) == 0;
    return ended ? c->in_size : SIZE_MAX;
}

static void finish_answer(struct load *load, struct connection *c)
{
    load->requests++;
    load->bytes += (double)c->in_size;
    load->errors += c->in[9] != '2';
    samples_add(&load->samples, now_s() - c->started);
    bool closing = strcasestr(c->in, "\r\nconnection: close") != NULL;
    if (closing) {
        reopen(load, c);
    } else {
        start_request(load, c);
    }
}

// False when the server closed the connection.
static bool receive(struct connection *c)
{
    for (;;) {
        if (c->in_capacity - c->in_size < 4096) {
            c->in_capacity = c->in_capacity == 0 ? 16384 : c->in_capacity * 2;
            c->in = must(realloc(c->in, c->in_capacity));
        }
        ssize_t got = recv(c->fd, c->in + c->in_size, c->in_capacity - c->in_size - 1, 0);
        if (got > 0) {
            c->in_size += (size_t)got;
            c->in[c->in_size] = '\0';
        } else {
            return got < 0 && errno == EAGAIN;
        }
    }
}

static struct connection *open_all(struct load *load)
{
    struct connection *all =
        must(calloc((size_t)load->options->connections, sizeof(struct connection)));
    for (int i = 0; i < load->options->connections; i++) {
        all[i].fd = open_connection(load->options);
        watch(load, &all[i], EPOLLIN, EPOLL_CTL_ADD);
        start_request(load, &all[i]);
    }
    return all;
}

static void run_load(struct load *load)
{
    struct epoll_event events[256];
    double begun = now_s();
    double end = begun + load->options->seconds;
    (void)open_all(load);
    while (now_s() < end) {
        int count = epoll_wait(load->epoll, events, 256, 100);
        for (int i = 0; i < count; i++) {
            struct connection *c = events[i].data.ptr;
            if (events[i].events & EPOLLOUT) {
                send_more(load, c);
            }
            bool open = receive(c);
            size_t size = c->in_size == 0 ? 0 : answer_size(c);
            if (size > 0 && c->in_size >= size) {
                finish_answer(load, c);
            } else if (!open) {
                load->errors++;
                reopen(load, c);
            }
        }
    }
    double seconds = now_s() - begun;
    printf("requests=%ld errors=%ld seconds=%.3f rate=%.1f p50_us=%u p99_us=%u bytes=%.0f\n",
           load->requests, load->errors, seconds, (double)load->requests / seconds,
           samples_percentile(&load->samples, 0.5), samples_percentile(&load->samples, 0.99),
           load->bytes / (load->requests > 0 ? (double)load->requests : 1));
}

// Reads what there is; true when this connection has just got the head of its answer.
static bool hold_event(struct connection *c, int *closed)
{
    if (c->fd < 0) {
        return false;
    }
    if (!receive(c)) {
        close(c->fd);
        c->fd = -1;
        (*closed)++;
        return false;
    }
    bool now = !c->answered && answer_size(c) > 0;
    if (now && c->in[9] != '2') {
        die("the answer is %.60s", c->in);
    }
    c->answered = c->answered || now;
    if (c->answered) {
        c->in_size = 0;
    }
    return now;
}

static void run_hold(struct load *load)
{
    struct epoll_event events[256];
    int held = 0;
    int closed = 0;
    (void)open_all(load);
    struct epoll_event input = {.events = EPOLLIN, .data.ptr = NULL};
    (void)epoll_ctl(load->epoll, EPOLL_CTL_ADD, STDIN_FILENO, &input);
    for (bool going = true; going;) {
        int count = epoll_wait(load->epoll, events, 256, -1);
        for (int i = 0; i < count; i++) {
            struct connection *c = events[i].data.ptr;
            if (c == NULL) {
                char byte;
                going = going && read(STDIN_FILENO, &byte, 1) > 0;
            } else if (hold_event(c, &closed) && ++held == load->options->connections) {
                printf("held=%d\n", held);
                (void)fflush(stdout);
            }
        }
    }
    printf("closed=%d\n", closed);
}

static void add_header(struct options *options, const char *header)
{
    size_t used = strlen(options->headers);
    (void)snprintf(options->headers + used, MAX_HEADERS - used, "%s\r\n", header);
}

static int read_options(struct options *options, int argc, char **argv)
{
    static const struct option names[] = {{"hold", required_argument, NULL, 'h'}, {0}};
    int letter;
    while ((letter = getopt_long(argc, argv, "c:s:H:m:b:", names, NULL)) != -1) {
        switch (letter) {
        case 'c':
            options->connections = (int)strtol(optarg, NULL, 10);
            break;
        case 's':
            options->seconds = strtod(optarg, NULL);
            break;
        case 'H':
            add_header(options, optarg);
            break;
        case 'm':
            options->method = optarg;
            break;
        case 'b':
            options->body = read_file(optarg, &options->body_size);
            break;
        case 'h':
            options->hold = true;
            options->connections = (int)strtol(optarg, NULL, 10);
            break;
        default:
            die("load: see the head of bench/load.c");
        }
    }
    if (argc - optind < 3) {
        die("load: HOST PORT PATH... are missing");
    }
    return optind;
}

int main(int argc, char **argv)
{
    static struct options options = {.connections = 8, .seconds = 5, .method = "GET"};
    int at = read_options(&options, argc, argv);
    struct rlimit files = {0};
    (void)getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    (void)setrlimit(RLIMIT_NOFILE, &files);
    options.host = argv[at];
    options.address.sin_family = AF_INET;
    options.address.sin_port = htons((uint16_t)strtoul(argv[at + 1], NULL, 10));
    if (inet_pton(AF_INET, options.host, &options.address.sin_addr) != 1) {
        die("load: HOST must be an IPv4 address");
    }
    prepare_requests(&options, argv + at + 2, argc - at - 2);
    struct load load = {.options = &options, .epoll = epoll_create1(0)};
    if (options.hold) {
        run_hold(&load);
    } else {
        run_load(&load);
    }
    return 0;
}
