// SPDX-License-Identifier: GPL-3.0-or-later
#include "mail/imap_stream.h"

#include <errno.h>
#include <gnutls/gnutls.h>
#include <gnutls/x509.h>
#include <libetpan/libetpan.h>
#include <netdb.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"

#define BUFFER_BYTES 65536
#define PRIORITIES "NORMAL:-VERS-TLS1.0:-VERS-TLS1.1"

struct imap_stream {
    struct imap_stream_options options;
    const char *host;
    int fd;
    gnutls_session_t tls;
    gnutls_certificate_credentials_t credentials;
    int64_t deadline_us;
    bool failed;
    struct error why;
    mailstream *etpan;
};

static bool fail(struct imap_stream *s, const char *what)
{
    if (!s->failed) {
        s->failed = true;
        (void)error_set(&s->why, ERR_UNAVAILABLE, "%s:%d: %s", s->host, s->options.port, what);
    }
    return false;
}

// --- waiting ------------------------------------------------------------------------------------

// *ret: 1 when the socket is ready, 0 when the time is over, -1 when we are asked to stop.
static int wait_for(const struct imap_stream *s, short events, int64_t until_us)
{
    for (;;) {
        struct pollfd fds[2] = {{.fd = s->fd, .events = events},
                                {.fd = s->options.stop_fd, .events = POLLIN}};
        int64_t left_ms = (until_us - clock_monotonic_us() + 999) / 1000;
        if (left_ms < 0) {
            left_ms = 0;
        }
        int ready = poll(fds, 2, left_ms > 60000 ? 60000 : (int)left_ms);
        if (ready < 0 && errno != EINTR) {
            return 0;
        }
        if (ready > 0 && (fds[1].revents & POLLIN) != 0) {
            return -1;
        }
        if (ready > 0 && fds[0].revents != 0) {
            return 1;
        }
        if (clock_monotonic_us() >= until_us) {
            return 0;
        }
    }
}

static bool wait_ready(struct imap_stream *s, short events)
{
    int64_t until = clock_monotonic_us() + s->options.answer_timeout_ms * 1000;
    bool drips = s->deadline_us != 0 && s->deadline_us < until;
    switch (wait_for(s, events, drips ? s->deadline_us : until)) {
    case 1:
        return true;
    case 0:
        return fail(s, drips ? "the server is too slow." : "the server does not answer any more.");
    default:
        return fail(s, "stopped.");
    }
}

enum imap_wait imap_stream_wait(struct imap_stream *s, int64_t ms)
{
    bool held = s->etpan->read_buffer_len > 0 ||
                (s->tls != NULL && gnutls_record_check_pending(s->tls) > 0);
    if (held || s->failed) {
        return IMAP_WAIT_DATA;
    }
    int ready = wait_for(s, POLLIN, clock_monotonic_us() + ms * 1000);
    return ready > 0 ? IMAP_WAIT_DATA : ready == 0 ? IMAP_WAIT_TIMEOUT : IMAP_WAIT_STOPPED;
}

// --- connecting ---------------------------------------------------------------------------------

static int connect_one(struct imap_stream *s, const struct addrinfo *info, int64_t until_us)
{
    int trouble = 0;
    socklen_t len = sizeof trouble;
    s->fd = socket(info->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (s->fd < 0) {
        return errno;
    }
    if (connect(s->fd, info->ai_addr, info->ai_addrlen) == 0) {
        return 0;
    }
    if (errno != EINPROGRESS) {
        return errno;
    }
    int ready = wait_for(s, POLLOUT, until_us);
    if (ready <= 0) {
        return ready == 0 ? ETIMEDOUT : ECANCELED;
    }
    return getsockopt(s->fd, SOL_SOCKET, SO_ERROR, &trouble, &len) == 0 ? trouble : errno;
}

static bool connect_any(struct imap_stream *s, const struct addrinfo *found)
{
    int64_t until = clock_monotonic_us() + s->options.connect_timeout_ms * 1000;
    int trouble = ENOENT;
    for (const struct addrinfo *info = found; info != NULL; info = info->ai_next) {
        trouble = connect_one(s, info, until);
        if (trouble == 0) {
            return true;
        }
        if (s->fd >= 0) {
            (void)close(s->fd);
            s->fd = -1;
        }
    }
    return fail(s, trouble == ECONNREFUSED ? "nobody listens there. Check host and port."
                   : trouble == ETIMEDOUT
                       ? "no answer. Check host and port, and whether a firewall is between."
                       : strerror(trouble));
}

static void stream_close(void *handle)
{
    struct imap_stream *s = handle;
    if (s->tls != NULL) {
        gnutls_deinit(s->tls);
    }
    if (s->credentials != NULL) {
        gnutls_certificate_free_credentials(s->credentials);
    }
    if (s->fd >= 0) {
        (void)close(s->fd);
    }
}

bool imap_stream_open(mem_ctx *ctx, const struct imap_stream_options *options,
                      struct imap_stream **ret, struct error *err)
{
    char port[16];
    struct imap_stream *s = mem_new(ctx, struct imap_stream);
    const struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_ADDRCONFIG};
    struct addrinfo *found = NULL;
    s->options = *options;
    s->host = str_cstr(s, options->host);
    s->fd = -1;
    mem_on_free(s, stream_close, s);
    (void)snprintf(port, sizeof port, "%d", options->port);
    if (getaddrinfo(s->host, port, &hints, &found) != 0) {
        return error_set(err, ERR_UNAVAILABLE,
                         "The name %s is not known. Check the host, and this machine's name "
                         "service.",
                         s->host);
    }
    bool connected = connect_any(s, found);
    freeaddrinfo(found);
    if (!connected) {
        *err = s->why;
        return false;
    }
    *ret = s;
    return true;
}

// --- TLS ----------------------------------------------------------------------------------------

static bool fail_tls(struct imap_stream *s, const char *what, int code, struct error *err)
{
    char text[300];
    (void)snprintf(text, sizeof text, "%s: %s.", what, gnutls_strerror(code));
    (void)fail(s, text);
    *err = s->why;
    return false;
}

static bool handshake(struct imap_stream *s, struct error *err)
{
    for (;;) {
        int code = gnutls_handshake(s->tls);
        if (code == GNUTLS_E_SUCCESS) {
            return true;
        }
        if (code == GNUTLS_E_CERTIFICATE_VERIFICATION_ERROR) {
            return false;
        }
        if (gnutls_error_is_fatal(code)) {
            return fail_tls(s, "TLS did not come about", code, err);
        }
        if (code != GNUTLS_E_AGAIN) {
            continue;
        }
        if (!wait_ready(s, gnutls_record_get_direction(s->tls) == 0 ? POLLIN : POLLOUT)) {
            *err = s->why;
            return false;
        }
    }
}

static bool bad_certificate(struct imap_stream *s, struct error *err)
{
    gnutls_datum_t words = {NULL, 0};
    char text[400];
    unsigned status = gnutls_session_get_verify_cert_status(s->tls);
    (void)gnutls_certificate_verification_status_print(status, GNUTLS_CRT_X509, &words, 0);
    (void)snprintf(text, sizeof text,
                   "the certificate is not trusted: %sUse the host's name that the certificate "
                   "is for, or give the authority's certificate.",
                   words.data == NULL ? "" : (const char *)words.data);
    gnutls_free(words.data);
    (void)fail(s, text);
    *err = s->why;
    return false;
}

static int trust(struct imap_stream *s)
{
    gnutls_datum_t ca = {(unsigned char *)(uintptr_t)s->options.ca.ptr,
                         (unsigned)s->options.ca.len};
    return ca.size > 0
               ? gnutls_certificate_set_x509_trust_mem(s->credentials, &ca, GNUTLS_X509_FMT_PEM)
               : gnutls_certificate_set_x509_system_trust(s->credentials);
}

bool imap_stream_tls(struct imap_stream *s, struct error *err)
{
    // What came in the clear must not count as said under TLS.
    if (s->etpan != NULL && s->etpan->read_buffer_len > 0) {
        (void)fail(s, "the server said more than it was asked before TLS began.");
        *err = s->why;
        return false;
    }
    int code = gnutls_certificate_allocate_credentials(&s->credentials);
    code = code < 0 ? code : trust(s);
    code = code < 0 ? code : gnutls_init(&s->tls, GNUTLS_CLIENT | GNUTLS_NONBLOCK);
    code = code < 0 ? code : gnutls_priority_set_direct(s->tls, PRIORITIES, NULL);
    code = code < 0 ? code : gnutls_credentials_set(s->tls, GNUTLS_CRD_CERTIFICATE, s->credentials);
    if (code < 0) {
        return fail_tls(s, "TLS cannot begin", code, err);
    }
    if (!str_empty(s->options.host) && str_find_char(s->options.host, ':') < 0) {
        (void)gnutls_server_name_set(s->tls, GNUTLS_NAME_DNS, s->host, s->options.host.len);
    }
    gnutls_session_set_verify_cert(s->tls, s->host, 0);
    gnutls_transport_set_int(s->tls, s->fd);
    if (handshake(s, err)) {
        return true;
    }
    return s->failed ? false : bad_certificate(s, err);
}

// --- for libetpan -------------------------------------------------------------------------------

static ssize_t read_once(struct imap_stream *s, void *to, size_t most, bool *ret_again)
{
    ssize_t got = s->tls != NULL ? gnutls_record_recv(s->tls, to, most) : recv(s->fd, to, most, 0);
    if (s->tls != NULL) {
        *ret_again = got == GNUTLS_E_AGAIN || got == GNUTLS_E_INTERRUPTED;
    } else {
        *ret_again = got < 0 && (errno == EAGAIN || errno == EINTR);
    }
    return got;
}

static ssize_t etpan_read(mailstream_low *low, void *to, size_t most)
{
    struct imap_stream *s = low->data;
    bool again = true;
    while (!s->failed) {
        ssize_t got = read_once(s, to, most, &again);
        if (got > 0) {
            return got;
        }
        if (!again) {
            (void)fail(s, "the connection broke off.");
        } else if (!wait_ready(s, POLLIN)) {
            break;
        }
    }
    return -1;
}

static ssize_t etpan_write(mailstream_low *low, const void *bytes, size_t count)
{
    struct imap_stream *s = low->data;
    while (!s->failed) {
        ssize_t sent = s->tls != NULL ? gnutls_record_send(s->tls, bytes, count)
                                      : send(s->fd, bytes, count, MSG_NOSIGNAL);
        bool again = s->tls != NULL ? sent == GNUTLS_E_AGAIN || sent == GNUTLS_E_INTERRUPTED
                                    : sent < 0 && (errno == EAGAIN || errno == EINTR);
        if (sent > 0) {
            return sent;
        }
        if (!again) {
            (void)fail(s, "the connection broke off.");
        } else if (!wait_ready(s, POLLOUT)) {
            break;
        }
    }
    return -1;
}

static int etpan_close(mailstream_low *low)
{
    struct imap_stream *s = low->data;
    s->etpan = NULL;
    return 0;
}

static int etpan_fd(mailstream_low *low)
{
    const struct imap_stream *s = low->data;
    return s->fd;
}

static void etpan_free(mailstream_low *low)
{
    free(low);
}

mailstream *imap_stream_etpan(struct imap_stream *s)
{
    static mailstream_low_driver driver = {.mailstream_read = etpan_read,
                                           .mailstream_write = etpan_write,
                                           .mailstream_close = etpan_close,
                                           .mailstream_get_fd = etpan_fd,
                                           .mailstream_free = etpan_free};
    s->etpan = mailstream_new(mailstream_low_new(s, &driver), BUFFER_BYTES);
    return s->etpan;
}

void imap_stream_deadline(struct imap_stream *s, int64_t at_us)
{
    s->deadline_us = at_us;
}

bool imap_stream_failed(const struct imap_stream *s, struct error *err)
{
    if (s->failed) {
        *err = s->why;
    }
    return s->failed;
}
