// SPDX-License-Identifier: GPL-3.0-or-later
#include "mail/lmtp_listen.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

enum { BACKLOG = 512 };

static bool fail(struct error *err, struct str where, const char *what, const char *reason)
{
    return error_set(err, ERR_UNAVAILABLE, "Cannot listen for LMTP on " STR_FMT ": %s: %s.",
                     STR_ARG(where), what, reason);
}

// --- socket files -----------------------------------------------------------------------------

// A file that nobody answers on is left over from a process that was killed.
static bool remove_stale(const struct sockaddr_un *address)
{
    struct stat st;
    if (lstat(address->sun_path, &st) != 0) {
        return errno == ENOENT;
    }
    if (!S_ISSOCK(st.st_mode)) {
        errno = EEXIST;
        return false;
    }
    int probe = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int connected = connect(probe, (const struct sockaddr *)address, sizeof *address);
    close(probe);
    if (connected == 0) {
        errno = EADDRINUSE;
        return false;
    }
    return unlink(address->sun_path) == 0 || errno == ENOENT;
}

static bool listen_unix(mem_ctx *ctx, struct str path, int mode, struct lmtp_listener *ret,
                        struct error *err)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (path.len >= sizeof address.sun_path) {
        return fail(err, path, "the path", "too long for a socket file");
    }
    memcpy(address.sun_path, path.ptr, path.len);
    if (!remove_stale(&address)) {
        return fail(err, path, "the socket file", strerror(errno));
    }
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof address) != 0 ||
        chmod(address.sun_path, (mode_t)mode) != 0 || listen(fd, BACKLOG) != 0) {
        int reason = errno;
        if (fd >= 0) {
            close(fd);
        }
        return fail(err, path, "bind", strerror(reason));
    }
    *ret = (struct lmtp_listener){.fd = fd, .unix_path = str_cstr(ctx, path)};
    return true;
}

// --- TCP --------------------------------------------------------------------------------------

static int port_of(int fd)
{
    union {
        struct sockaddr any;
        struct sockaddr_in v4;
        struct sockaddr_in6 v6;
    } address = {.v6 = {.sin6_port = 0}};
    socklen_t len = sizeof address;
    if (getsockname(fd, &address.any, &len) != 0) {
        return 0;
    }
    return ntohs(address.any.sa_family == AF_INET6 ? address.v6.sin6_port : address.v4.sin_port);
}

static int bind_tcp(const struct addrinfo *info)
{
    int fd = socket(info->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    int on = 1;
    if (fd < 0) {
        return -1;
    }
    (void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(fd, info->ai_addr, info->ai_addrlen) == 0 && listen(fd, BACKLOG) == 0) {
        return fd;
    }
    int reason = errno;
    close(fd);
    errno = reason;
    return -1;
}

static bool listen_tcp(mem_ctx *ctx, struct str where, struct lmtp_listener *ret, struct error *err)
{
    size_t colon = where.len;
    while (colon > 0 && where.ptr[colon - 1] != ':') {
        colon--;
    }
    if (colon == 0) {
        return fail(err, where, "the address", "wanted is HOST:PORT or /path");
    }
    struct str host = str_sub(where, 0, colon - 1);
    if (host.len >= 2 && host.ptr[0] == '[' && host.ptr[host.len - 1] == ']') {
        host = str_sub(host, 1, host.len - 2);
    }
    const struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE};
    struct addrinfo *found = NULL;
    const char *port = str_cstr(ctx, str_from(where, colon));
    int looked_up = getaddrinfo(host.len == 0 ? NULL : str_cstr(ctx, host), port, &hints, &found);
    // A bare machine may have nothing that resolves the name.
    if (looked_up != 0 && str_eq_c(host, "localhost")) {
        looked_up = getaddrinfo("127.0.0.1", port, &hints, &found);
    }
    if (looked_up != 0) {
        return fail(err, where, "the address", gai_strerror(looked_up));
    }
    int fd = -1;
    for (const struct addrinfo *info = found; info != NULL && fd < 0; info = info->ai_next) {
        fd = bind_tcp(info);
    }
    int reason = errno;
    freeaddrinfo(found);
    if (fd < 0) {
        return fail(err, where, "bind", strerror(reason));
    }
    *ret = (struct lmtp_listener){.fd = fd, .port = port_of(fd)};
    return true;
}

bool lmtp_listen(mem_ctx *ctx, struct str where, int unix_mode, struct lmtp_listener *ret,
                 struct error *err)
{
    if (str_starts(where, STR("unix:"))) {
        where = str_from(where, 5);
    }
    if (where.len > 0 && where.ptr[0] == '/') {
        return listen_unix(ctx, where, unix_mode, ret, err);
    }
    return listen_tcp(ctx, where, ret, err);
}

void lmtp_listener_close(struct lmtp_listener *listener)
{
    if (listener->fd >= 0) {
        close(listener->fd);
        listener->fd = -1;
        if (listener->unix_path != NULL) {
            unlink(listener->unix_path);
        }
    }
}
