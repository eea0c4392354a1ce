// SPDX-License-Identifier: GPL-3.0-or-later
//
// HTTPS with a certificate made here.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <arpa/inet.h>
#include <cmocka.h>
#include <gnutls/gnutls.h>
#include <gnutls/x509.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "base/random.h"
#include "http/server.h"

static int64_t body_limit(void *env, enum http_method method, struct str path, bool *ret_stream)
{
    (void)env;
    (void)method;
    (void)path;
    *ret_stream = false;
    return 100;
}

static void handle(void *env, const struct http_request *request, struct http_response *response)
{
    (void)env;
    buf_printf(&response->body, "by " STR_FMT, STR_ARG(request->scheme));
}

static void refuse(void *env, const struct http_request *request, const struct error *why,
                   struct http_response *response)
{
    (void)env;
    (void)request;
    (void)why;
    (void)response;
}

static const char *pem(mem_ctx *ctx, gnutls_datum_t *datum)
{
    const char *text = mem_text_n(ctx, (const char *)datum->data, datum->size);
    gnutls_free(datum->data);
    return text;
}

static void make_certificate(mem_ctx *ctx, const char **ret_certificate, const char **ret_key)
{
    gnutls_x509_privkey_t key;
    gnutls_x509_crt_t certificate;
    gnutls_datum_t out;
    assert_int_equal(gnutls_x509_privkey_init(&key), 0);
    assert_int_equal(gnutls_x509_privkey_generate(
                         key, GNUTLS_PK_ECDSA, GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1), 0),
                     0);
    assert_int_equal(gnutls_x509_crt_init(&certificate), 0);
    assert_int_equal(gnutls_x509_crt_set_version(certificate, 3), 0);
    assert_int_equal(gnutls_x509_crt_set_serial(certificate, "\1", 1), 0);
    assert_int_equal(gnutls_x509_crt_set_dn(certificate, "CN=desk.test", NULL), 0);
    assert_int_equal(gnutls_x509_crt_set_activation_time(certificate, time(NULL) - 60), 0);
    assert_int_equal(gnutls_x509_crt_set_expiration_time(certificate, time(NULL) + 3600), 0);
    assert_int_equal(gnutls_x509_crt_set_key(certificate, key), 0);
    assert_int_equal(gnutls_x509_crt_sign2(certificate, certificate, key, GNUTLS_DIG_SHA256, 0), 0);
    assert_int_equal(gnutls_x509_privkey_export2(key, GNUTLS_X509_FMT_PEM, &out), 0);
    *ret_key = pem(ctx, &out);
    assert_int_equal(gnutls_x509_crt_export2(certificate, GNUTLS_X509_FMT_PEM, &out), 0);
    *ret_certificate = pem(ctx, &out);
    gnutls_x509_privkey_deinit(key);
    gnutls_x509_crt_deinit(certificate);
}

static int dial(int port)
{
    struct sockaddr_in to = {.sin_family = AF_INET,
                             .sin_port = htons((uint16_t)port),
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct timeval patience = {.tv_sec = 3};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(connect(fd, (struct sockaddr *)(void *)&to, sizeof to), 0);
    assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience), 0);
    return fd;
}

static void ask(int fd, const char *priority, char *answer, size_t size, bool *ret_agreed)
{
    static const char REQUEST[] = "GET / HTTP/1.1\r\nHost: desk.test\r\n\r\n";
    gnutls_session_t session;
    gnutls_certificate_credentials_t credentials;
    size_t len = 0;
    assert_int_equal(gnutls_certificate_allocate_credentials(&credentials), 0);
    assert_int_equal(gnutls_init(&session, GNUTLS_CLIENT), 0);
    assert_int_equal(gnutls_priority_set_direct(session, priority, NULL), 0);
    assert_int_equal(gnutls_credentials_set(session, GNUTLS_CRD_CERTIFICATE, credentials), 0);
    gnutls_transport_set_int(session, fd);
    int result = 0;
    do {
        result = gnutls_handshake(session);
    } while (result < 0 && !gnutls_error_is_fatal(result) && result != GNUTLS_E_AGAIN);
    *ret_agreed = result == 0;
    if (result == 0) {
        assert_int_equal(gnutls_record_send(session, REQUEST, sizeof REQUEST - 1),
                         sizeof REQUEST - 1);
    }
    while (result >= 0 && len + 1 < size && strstr(answer, "by https") == NULL) {
        ssize_t got = gnutls_record_recv(session, answer + len, size - 1 - len);
        result = got > 0 ? 0 : -1;
        len += got > 0 ? (size_t)got : 0;
        answer[len] = '\0';
    }
    gnutls_deinit(session);
    gnutls_certificate_free_credentials(credentials);
}

static void test_https(void **state)
{
    (void)state;
    static const struct str LISTEN = STR_INIT("127.0.0.1:0");
    mem_ctx *ctx = mem_ctx_new(NULL, "test");
    struct http_server *server = NULL;
    struct error err;
    char answer[4096] = "";
    bool agreed = false;
    struct http_server_options options = {.listen = &LISTEN,
                                          .listen_count = 1,
                                          .threads = 2,
                                          .max_connections = 100,
                                          .idle_timeout_s = 5,
                                          .app = {NULL, body_limit, handle, refuse}};
    random_init();
    make_certificate(ctx, &options.tls_certificate, &options.tls_key);
    assert_true(http_server_start(ctx, &options, &server, &err));
    int fd = dial(http_server_port(server, 0));
    ask(fd, "NORMAL", answer, sizeof answer, &agreed);
    assert_true(agreed);
    assert_non_null(strstr(answer, "by https"));
    (void)close(fd);
    // What is broken is not spoken.
    fd = dial(http_server_port(server, 0));
    ask(fd, "NORMAL:-VERS-ALL:+VERS-TLS1.1:%COMPAT", answer, sizeof answer, &agreed);
    assert_false(agreed);
    (void)close(fd);
    http_server_stop(server, 1000);
    mem_free(ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_https)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
