// SPDX-License-Identifier: GPL-3.0-or-later
//
// lmtp_load HOST PORT CLIENTS SECONDS RECIPIENT FILE...: delivers the mails in turn over that many
// LMTP connections. Each gets a Message-ID of its own in front, so the files must have none.
// At least one each. Prints messages= errors= seconds= rate= p50_us= p99_us=. Only 250 after the
// data counts.
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bench.h"

struct run {
    struct sockaddr_in address;
    const char *recipient;
    char **mails;
    size_t mail_count;
    double end;
    atomic_long next;
};

struct client {
    struct run *run;
    pthread_t thread;
    int fd;
    char in[4096];
    size_t in_size;
    long messages;
    long errors;
    struct samples samples;
};

static void send_all(const struct client *client, const char *bytes, size_t size)
{
    while (size > 0) {
        ssize_t sent = send(client->fd, bytes, size, MSG_NOSIGNAL);
        if (sent <= 0) {
            die("lmtp_load: send: %s", strerror(errno));
        }
        bytes += sent;
        size -= (size_t)sent;
    }
}

// The code of the next reply, the last of its lines.
static long read_reply(struct client *client)
{
    for (;;) {
        char *end = memmem(client->in, client->in_size, "\r\n", 2);
        if (end == NULL) {
            ssize_t got = recv(client->fd, client->in + client->in_size,
                               sizeof(client->in) - client->in_size, 0);
            if (got <= 0) {
                die("lmtp_load: the server hung up");
            }
            client->in_size += (size_t)got;
            continue;
        }
        bool last = client->in[3] != '-';
        long code = strtol(client->in, NULL, 10);
        size_t used = (size_t)(end - client->in) + 2;
        memmove(client->in, client->in + used, client->in_size - used);
        client->in_size -= used;
        if (last) {
            return code;
        }
    }
}

static void expect(struct client *client, long wanted)
{
    long code = read_reply(client);
    if (code != wanted) {
        die("lmtp_load: %ld instead of %ld", code, wanted);
    }
}

// Line ends become CR LF and leading dots are doubled, once for all.
static char *stuffed(const char *mail)
{
    char *out = must(malloc(strlen(mail) * 2 + 8));
    size_t size = 0;
    bool line_start = true;
    for (const char *at = mail; *at != '\0'; at++) {
        if (line_start && *at == '.') {
            out[size++] = '.';
        }
        line_start = *at == '\n';
        if (line_start) {
            out[size++] = '\r';
        }
        if (*at != '\r') {
            out[size++] = *at;
        }
    }
    memcpy(out + size, line_start ? ".\r\n" : "\r\n.\r\n", line_start ? 4 : 6);
    return out;
}

static void deliver(struct client *client)
{
    struct run *run = client->run;
    long number = atomic_fetch_add(&run->next, 1);
    const char *mail = run->mails[(size_t)number % run->mail_count];
    char text[600];
    double begun = now_s();
    int size =
        snprintf(text, sizeof(text), "MAIL FROM:<bench@example.net>\r\nRCPT TO:<%s>\r\nDATA\r\n",
                 run->recipient);
    send_all(client, text, (size_t)size);
    expect(client, 250);
    expect(client, 250);
    expect(client, 354);
    size = snprintf(text, sizeof(text), "Message-ID: <%ld.%d.%.0f@bench.example>\r\n", number,
                    (int)getpid(), begun * 1e6);
    send_all(client, text, (size_t)size);
    send_all(client, mail, strlen(mail));
    if (read_reply(client) == 250) {
        client->messages++;
    } else {
        client->errors++;
    }
    samples_add(&client->samples, now_s() - begun);
}

static void *work(void *cls)
{
    struct client *client = cls;
    client->fd = socket(AF_INET, SOCK_STREAM, 0);
    if (connect(client->fd, (struct sockaddr *)&client->run->address,
                sizeof(client->run->address)) != 0) {
        die("lmtp_load: cannot connect: %s", strerror(errno));
    }
    int on = 1;
    (void)setsockopt(client->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    expect(client, 220);
    send_all(client, "LHLO bench.example\r\n", 20);
    expect(client, 250);
    do {
        deliver(client);
    } while (now_s() < client->run->end);
    close(client->fd);
    return NULL;
}

int main(int argc, char **argv)
{
    if (argc < 7) {
        die("lmtp_load HOST PORT CLIENTS SECONDS RECIPIENT FILE...");
    }
    struct run run = {.recipient = argv[5], .mail_count = (size_t)(argc - 6)};
    run.address.sin_family = AF_INET;
    run.address.sin_port = htons((uint16_t)strtoul(argv[2], NULL, 10));
    if (inet_pton(AF_INET, argv[1], &run.address.sin_addr) != 1) {
        die("lmtp_load: HOST must be an IPv4 address");
    }
    run.mails = must(calloc(run.mail_count, sizeof(char *)));
    for (size_t i = 0; i < run.mail_count; i++) {
        size_t size = 0;
        char *mail = read_file(argv[6 + i], &size);
        run.mails[i] = stuffed(mail);
        free(mail);
    }
    size_t clients = strtoul(argv[3], NULL, 10);
    struct client *all = must(calloc(clients, sizeof(*all)));
    double begun = now_s();
    run.end = begun + strtod(argv[4], NULL);
    for (size_t i = 0; i < clients; i++) {
        all[i].run = &run;
        (void)pthread_create(&all[i].thread, NULL, work, &all[i]);
    }
    struct samples samples = {0};
    long messages = 0;
    long errors = 0;
    for (size_t i = 0; i < clients; i++) {
        (void)pthread_join(all[i].thread, NULL);
        messages += all[i].messages;
        errors += all[i].errors;
        for (size_t k = 0; k < all[i].samples.count; k++) {
            samples_add(&samples, all[i].samples.us[k] / 1e6);
        }
    }
    double seconds = now_s() - begun;
    printf("messages=%ld errors=%ld seconds=%.3f rate=%.1f p50_us=%u p99_us=%u\n", messages, errors,
           seconds, (double)messages / seconds, samples_percentile(&samples, 0.5),
           samples_percentile(&samples, 0.99));
    return 0;
}
