// SPDX-License-Identifier: GPL-3.0-or-later
//
// The sending job from the outbox row to its outcome, with a mail server that is a thread.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/random.h"
#include "mail/mailer.h"
#include "migrations.h"

#define NOW INT64_C(1795399261000)

struct world {
    mem_ctx *ctx;
    mem_ctx *open;
    const char *folder;
    struct db_store *store;
    struct clock clock;
    struct mailer *mailer;
    atomic_bool stopping;
    int listener;
    int port;
    pthread_t server;
    const char *rcpt_answer;
    struct buf heard;
    // What hooks saw.
    enum error_code compose_error;
    bool unwanted;
    bool no_server;
    int settled;
    enum outmail_state last_state;
    char last_text[200];
    struct outmail mail;
};

// --- the mail server: one connection after another --------------------------------------------

static void say(int fd, const char *line)
{
    (void)send(fd, line, strlen(line), MSG_NOSIGNAL);
    (void)send(fd, "\r\n", 2, MSG_NOSIGNAL);
}

static bool read_line(int fd, char *line, size_t room)
{
    size_t len = 0;
    while (len + 1 < room && recv(fd, line + len, 1, 0) == 1) {
        if (line[len++] == '\n') {
            line[len] = '\0';
            return true;
        }
    }
    return false;
}

static void serve(struct world *w, int fd)
{
    char line[2048];
    bool in_data = false;
    say(fd, "220 fake");
    while (read_line(fd, line, sizeof line)) {
        buf_put_c(&w->heard, line);
        if (in_data) {
            in_data = strcmp(line, ".\r\n") != 0;
            if (!in_data) {
                say(fd, "250 2.0.0 taken");
            }
        } else if (strncmp(line, "DATA", 4) == 0) {
            in_data = true;
            say(fd, "354 go on");
        } else {
            say(fd, strncmp(line, "RCPT", 4) == 0 ? w->rcpt_answer : "250 fine");
        }
    }
    close(fd);
}

static void *server_run(void *arg)
{
    struct world *w = arg;
    for (int fd = accept(w->listener, NULL, NULL); fd >= 0; fd = accept(w->listener, NULL, NULL)) {
        serve(w, fd);
    }
    return NULL;
}

// --- hooks ------------------------------------------------------------------------------------

static bool hook_server(void *env, mem_ctx *ctx UNUSED, struct smtp_config *ret, struct error *err)
{
    struct world *w = env;
    if (w->no_server) {
        return error_set(err, ERR_UNAVAILABLE, "No mail server is set.");
    }
    *ret = (struct smtp_config){.host = STR("127.0.0.1"),
                                .port = w->port,
                                .connect_timeout_ms = 5000,
                                .answer_timeout_ms = 5000};
    return true;
}

static bool hook_compose(void *env, mem_ctx *ctx, const struct outmail *mail, struct composed *ret,
                         bool *ret_unwanted, struct error *err)
{
    struct world *w = env;
    *ret_unwanted = w->unwanted;
    if (w->compose_error != ERR_OK) {
        return error_set(err, w->compose_error, "Composing failed.");
    }
    struct compose_address to = {STR("Anna"), mail->address};
    const struct compose_mail compose = {.from = {STR("Desk"), STR("support@desk.example")},
                                         .to = &to,
                                         .to_count = 1,
                                         .subject = STR("Printer"),
                                         .message_id = mail->message_id,
                                         .date = NOW,
                                         .text = mail->payload};
    return mail_compose(ctx, &compose, ret, err);
}

static bool hook_settled(void *env, struct db *tx UNUSED, const struct outmail *mail UNUSED,
                         enum outmail_state state, struct str text, struct error *err UNUSED)
{
    struct world *w = env;
    w->settled++;
    w->last_state = state;
    struct str clipped = str_sub(text, 0, sizeof w->last_text - 1);
    memcpy(w->last_text, clipped.ptr, clipped.len);
    w->last_text[clipped.len] = '\0';
    return true;
}

// --- the world --------------------------------------------------------------------------------

static bool put(struct db *tx, void *arg, struct error *err)
{
    struct world *w = arg;
    w->mail = (struct outmail){.ticket = {42},
                               .kind = STR("reply"),
                               .address = STR("anna@m\xc3\xbcnchen.example"),
                               .envelope_from = STR("support+b@desk.example"),
                               .message_id = STR("<t42.c1@desk.example>"),
                               .payload = STR("Use water.\n"),
                               .send_at = NOW,
                               .created_at = NOW};
    return mail_outbox_put(tx, &w->mail, &w->mail.id, err);
}

static bool get(struct db *db, void *arg, struct error *err)
{
    struct world *w = arg;
    bool found = false;
    return mail_outbox_get(db, w->ctx, w->mail.id, &found, &w->mail, err) && found;
}

static int setup(void **state)
{
    random_init();
    mem_ctx *ctx = mem_ctx_new(NULL, "test");
    struct world *w = mem_new(ctx, struct world);
    w->ctx = ctx;
    w->folder = mkdtemp(mem_text(ctx, "/tmp/steward-mailer-XXXXXX"));
    w->rcpt_answer = "250 fine";
    buf_init(&w->heard, ctx, 1 << 20);
    clock_init(&w->clock);
    clock_freeze(&w->clock, NOW);
    const struct db_options options = {.url = mem_printf(ctx, "sqlite:%s/steward.db", w->folder),
                                       .migrations = MIGRATIONS,
                                       .migration_count = MIGRATION_COUNT};
    struct error err = {0};
    w->open = mem_ctx_new(ctx, "open");
    assert_true(db_open(w->open, &options, &w->store, &err));
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof address;
    w->listener = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(bind(w->listener, (struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(listen(w->listener, 8), 0);
    assert_int_equal(getsockname(w->listener, (struct sockaddr *)&address, &len), 0);
    w->port = ntohs(address.sin_port);
    assert_int_equal(pthread_create(&w->server, NULL, server_run, w), 0);
    const struct mailer_hooks hooks = {w, hook_server, hook_compose, hook_settled};
    w->mailer = mailer_new(w->open, w->store, &w->clock, &hooks, &w->stopping);
    assert_true(db_tx_run(w->store, "put", put, w, &err));
    *state = w;
    return 0;
}

static int teardown(void **state)
{
    struct world *w = *state;
    mem_free(w->open);
    shutdown(w->listener, SHUT_RDWR);
    pthread_join(w->server, NULL);
    close(w->listener);
    static const char *const NAMES[] = {"steward.db", "steward.db-wal", "steward.db-shm"};
    for (size_t i = 0; i < 3; i++) {
        (void)unlink(mem_printf(w->ctx, "%s/%s", w->folder, NAMES[i]));
    }
    (void)rmdir(w->folder);
    mem_free(w->ctx);
    return 0;
}

// Runs the job once and reads the row.
static void run_job(struct world *w)
{
    struct error err = {0};
    const struct job job = {.payload = str_printf(w->ctx, "%lld", (long long)w->mail.id.v)};
    if (!mailer_run_job(w->mailer, w->ctx, &job, &err) || !db_read(w->store, get, w, &err)) {
        fail_msg("%s (%s)", err.message, err.detail);
    }
}

// --- tests ------------------------------------------------------------------------------------

static void a_mail_is_sent_once(void **state)
{
    struct world *w = *state;
    run_job(w);
    assert_int_equal(w->mail.state, OUTMAIL_SENT);
    assert_int_equal(w->mail.sent_at, NOW);
    assert_int_equal(w->settled, 1);
    assert_int_equal(w->last_state, OUTMAIL_SENT);
    assert_string_equal(w->last_text, "250 2.0.0 taken");
    struct str heard = buf_str(&w->heard);
    assert_true(str_find(heard, STR("MAIL FROM:<support+b@desk.example>")) >= 0);
    assert_true(str_find(heard, STR("RCPT TO:<anna@xn--mnchen-3ya.example>")) >= 0);
    assert_true(str_find(heard, STR("Message-Id: <t42.c1@desk.example>\r\n")) >= 0);
    size_t before = w->heard.len;
    run_job(w);
    assert_int_equal(w->heard.len, before);
    assert_int_equal(w->settled, 1);
}

static void a_refusal_fails_and_is_told(void **state)
{
    struct world *w = *state;
    w->rcpt_answer = "550 5.1.1 no such person";
    run_job(w);
    assert_int_equal(w->mail.state, OUTMAIL_FAILED);
    assert_int_equal(w->last_state, OUTMAIL_FAILED);
    assert_string_equal(w->last_text, "550 5.1.1 no such person");
}

static void temporary_trouble_waits(void **state)
{
    struct world *w = *state;
    w->rcpt_answer = "450 4.2.0 greylisted";
    run_job(w);
    assert_int_equal(w->mail.state, OUTMAIL_WAITING);
    assert_int_equal(w->settled, 0);
    assert_true(str_eq_c(w->mail.last_error, "450 4.2.0 greylisted"));
    w->rcpt_answer = "250 fine";
    run_job(w);
    assert_int_equal(w->mail.state, OUTMAIL_WAITING);
    clock_freeze(&w->clock, NOW + MINUTES_MS);
    w->no_server = true;
    run_job(w);
    assert_int_equal(w->mail.state, OUTMAIL_WAITING);
    assert_true(str_eq_c(w->mail.last_error, "No mail server is set."));
    w->no_server = false;
    clock_freeze(&w->clock, NOW + 10 * MINUTES_MS);
    run_job(w);
    assert_int_equal(w->mail.state, OUTMAIL_SENT);
    assert_int_equal(w->mail.attempts, 3);
}

static void what_stopping_cuts_short_is_sent_by_whoever_runs_next(void **state)
{
    struct world *w = *state;
    atomic_store(&w->stopping, true);
    run_job(w);
    assert_int_equal(w->mail.state, OUTMAIL_WAITING);
    assert_int_equal(w->mail.send_at, NOW);
    atomic_store(&w->stopping, false);
    run_job(w);
    assert_int_equal(w->mail.state, OUTMAIL_SENT);
    assert_int_equal(w->mail.interrupted, 0);
}

static void what_cannot_be_composed(void **state)
{
    struct world *w = *state;
    w->compose_error = ERR_BUSY;
    run_job(w);
    assert_int_equal(w->mail.state, OUTMAIL_WAITING);
    w->compose_error = ERR_INVALID;
    clock_freeze(&w->clock, NOW + MINUTES_MS);
    run_job(w);
    assert_int_equal(w->mail.state, OUTMAIL_FAILED);
    assert_int_equal(w->settled, 1);
    assert_int_equal(w->heard.len, 0);
}

static void what_nobody_wants_any_more(void **state)
{
    struct world *w = *state;
    w->compose_error = ERR_GONE;
    w->unwanted = true;
    run_job(w);
    assert_int_equal(w->mail.state, OUTMAIL_CANCELLED);
    assert_int_equal(w->settled, 0);
    assert_int_equal(w->heard.len, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_mail_is_sent_once, setup, teardown),
        cmocka_unit_test_setup_teardown(a_refusal_fails_and_is_told, setup, teardown),
        cmocka_unit_test_setup_teardown(temporary_trouble_waits, setup, teardown),
        cmocka_unit_test_setup_teardown(what_stopping_cuts_short_is_sent_by_whoever_runs_next,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(what_cannot_be_composed, setup, teardown),
        cmocka_unit_test_setup_teardown(what_nobody_wants_any_more, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
