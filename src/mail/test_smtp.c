// SPDX-License-Identifier: GPL-3.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "mail/smtp.h"

// A mail server that follows a script: rules of "beginning of the command" and answer, first match.
// The greeting is the command "", the message's end ".". The answer "hang" says nothing, "drop"
// hangs up.
struct rule {
    const char *command;
    const char *answer;
};

struct fake {
    mem_ctx *ctx;
    const struct rule *rules;
    int listener;
    int port;
    pthread_t thread;
    atomic_bool stop;
    int connections;
    atomic_bool *stops;  // set when a message is there, whose answer then takes its time
    struct buf heard;    // all that clients sent
};

static const char *usual_answer(struct str command)
{
    static const struct rule USUAL[] = {{"EHLO", "250-fake\r\n250 8BITMIME"},
                                        {"DATA", "354 go on"},
                                        {"QUIT", "221 bye"},
                                        {"", "250 2.0.0 fine"}};
    if (command.len == 0) {
        return "220 fake ESMTP";
    }
    size_t i = 0;
    while (!str_istarts(command, str_c(USUAL[i].command))) {
        i++;
    }
    return USUAL[i].answer;
}

// False: hang up.
static bool answer(struct fake *fake, int fd, struct str command)
{
    const char *text = NULL;
    for (const struct rule *rule = fake->rules; rule != NULL && rule->command != NULL; rule++) {
        bool greeting = rule->command[0] == '\0';
        if (greeting ? command.len == 0 : str_istarts(command, str_c(rule->command))) {
            text = rule->answer;
            break;
        }
    }
    text = text == NULL ? usual_answer(command) : text;
    if (fake->stops != NULL && str_eq_c(command, ".")) {
        atomic_store(fake->stops, true);
        (void)usleep(1500000);
    }
    if (strcmp(text, "drop") == 0) {
        return false;
    }
    if (strcmp(text, "hang") == 0) {
        return true;
    }
    struct str line = str_printf(fake->ctx, "%s\r\n", text);
    (void)send(fd, line.ptr, line.len, MSG_NOSIGNAL);
    return !str_istarts(command, STR("QUIT")) && !str_starts(line, STR("421")) &&
           str_find(line, STR("\n421")) < 0;
}

static bool read_line(int fd, char *line, size_t room, size_t *ret_len)
{
    size_t len = 0;
    while (len < room && recv(fd, line + len, 1, 0) == 1) {
        len++;
        if (len >= 2 && line[len - 2] == '\r' && line[len - 1] == '\n') {
            *ret_len = len;
            return true;
        }
    }
    return false;
}

static bool has_rule(const struct fake *fake, const char *command)
{
    for (const struct rule *rule = fake->rules; rule != NULL && rule->command != NULL; rule++) {
        if (strcmp(rule->command, command) == 0) {
            return true;
        }
    }
    return false;
}

static void serve(struct fake *fake, int fd)
{
    char line[2048];
    size_t len = 0;
    bool in_data = false;
    bool open = answer(fake, fd, STR(""));
    while (open && read_line(fd, line, sizeof line, &len)) {
        struct str text = {line, len};
        buf_put(&fake->heard, text);
        if (in_data) {
            in_data = !str_eq_c(text, ".\r\n");
            open = in_data || answer(fake, fd, STR("."));
            continue;
        }
        open = answer(fake, fd, str_trim(text));
        in_data = open && str_istarts(text, STR("DATA")) && !has_rule(fake, "DATA");
    }
    close(fd);
}

static void *fake_run(void *arg)
{
    struct fake *fake = arg;
    for (;;) {
        int fd = accept(fake->listener, NULL, NULL);
        if (atomic_load(&fake->stop)) {
            close(fd);
            return NULL;
        }
        fake->connections++;
        serve(fake, fd);
    }
}

static struct fake *fake_start(const struct rule *rules)
{
    mem_ctx *ctx = mem_ctx_new(NULL, "fake server");
    struct fake *fake = mem_new(ctx, struct fake);
    *fake = (struct fake){.ctx = ctx, .rules = rules, .listener = socket(AF_INET, SOCK_STREAM, 0)};
    buf_init(&fake->heard, ctx, 1 << 22);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof address;
    assert_int_equal(bind(fake->listener, (struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(listen(fake->listener, 8), 0);
    assert_int_equal(getsockname(fake->listener, (struct sockaddr *)&address, &len), 0);
    fake->port = ntohs(address.sin_port);
    assert_int_equal(pthread_create(&fake->thread, NULL, fake_run, fake), 0);
    return fake;
}

// The client must have hung up before.
static void fake_end(struct fake *fake)
{
    atomic_store(&fake->stop, true);
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons((uint16_t)fake->port),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    (void)connect(fd, (struct sockaddr *)&address, sizeof address);
    pthread_join(fake->thread, NULL);
    close(fd);
    close(fake->listener);
    mem_free(fake->ctx);
}

static struct smtp_config config_for(const struct fake *fake)
{
    return (struct smtp_config){.host = STR("127.0.0.1"),
                                .port = fake->port,
                                .security = SMTP_TLS_IF_OFFERED,
                                .connect_timeout_ms = 5000,
                                .answer_timeout_ms = 5000};
}

static const struct str RCPTS[] = {STR_INIT("anna@example.org"), STR_INIT("no@example.org"),
                                   STR_INIT("later@example.org")};

static struct smtp_letter letter_to(size_t rcpts)
{
    return (struct smtp_letter){.mail_from = STR("bounce@desk.example"),
                                .rcpts = RCPTS,
                                .rcpt_count = rcpts,
                                .raw = STR("Subject: x\r\n\r\nhello\r\n.\r\n..x\r\n")};
}

struct expectation {
    struct rule rules[3];
    size_t rcpts;
    enum smtp_outcome outcome;
    const char *text;
    enum smtp_outcome each[3];
};

static const struct expectation EXPECTATIONS[] = {
    {{{NULL, NULL}}, 3, SMTP_SENT, "250 2.0.0 fine", {SMTP_SENT, SMTP_SENT, SMTP_SENT}},
    // One refused, one put off, one taken: each known by itself.
    {{{"RCPT TO:<no@", "550-5.1.1 no\r\n550 5.1.1 such person"},
      {"RCPT TO:<later@", "450 4.2.1 full"}},
     3,
     SMTP_TEMPORARY,
     "550 5.1.1 no 5.1.1 such person",
     {SMTP_SENT, SMTP_PERMANENT, SMTP_TEMPORARY}},
    {{{"RCPT", "550 5.7.1 go away"}},
     2,
     SMTP_PERMANENT,
     "550 5.7.1 go away",
     {SMTP_PERMANENT, SMTP_PERMANENT, 0}},
    {{{"MAIL", "553 5.1.8 not you"}}, 1, SMTP_PERMANENT, "553 5.1.8 not you", {SMTP_PERMANENT}},
    {{{"MAIL", "451 4.3.0 busy"}}, 1, SMTP_TEMPORARY, "451 4.3.0 busy", {SMTP_TEMPORARY}},
    {{{"DATA", "452 4.3.1 full"}}, 1, SMTP_TEMPORARY, "452 4.3.1 full", {SMTP_TEMPORARY}},
    {{{".", "554 5.6.0 spam"}}, 1, SMTP_PERMANENT, "554 5.6.0 spam", {SMTP_PERMANENT}},
    {{{".", "451 4.3.0 later"}}, 1, SMTP_TEMPORARY, "451 4.3.0 later", {SMTP_TEMPORARY}},
    // What lies before MAIL is for the administrator to mend: the mail waits.
    {{{"", "554 no mail here"}}, 1, SMTP_TEMPORARY, "554 no mail here", {SMTP_TEMPORARY}},
    {{{"EHLO", "550 no"}, {"HELO", "550 no"}}, 1, SMTP_TEMPORARY, "550 no", {SMTP_TEMPORARY}},
    {{{"MAIL", "421 4.3.2 closing"}}, 1, SMTP_TEMPORARY, "421 4.3.2 closing", {SMTP_TEMPORARY}},
    {{{"", "drop"}}, 1, SMTP_TEMPORARY, NULL, {SMTP_TEMPORARY}},
    {{{"DATA", "drop"}}, 1, SMTP_TEMPORARY, NULL, {SMTP_TEMPORARY}},
    {{{".", "drop"}}, 1, SMTP_TEMPORARY, NULL, {SMTP_TEMPORARY}},
};

static void outcomes_by_what_the_server_says(void **state UNUSED)
{
    for (size_t i = 0; i < sizeof EXPECTATIONS / sizeof EXPECTATIONS[0]; i++) {
        const struct expectation *expected = &EXPECTATIONS[i];
        mem_ctx *ctx = mem_ctx_new(NULL, "test");
        struct fake *fake = fake_start(expected->rules);
        struct smtp_config config = config_for(fake);
        struct smtp_client *client = smtp_client_new(ctx, NULL);
        struct smtp_letter letter = letter_to(expected->rcpts);
        struct smtp_result result = smtp_send(client, ctx, &config, &letter);
        if (expected->text != NULL) {
            assert_string_equal(result.text.ptr, expected->text);
        }
        assert_true(result.text.len > 0);
        assert_int_equal(result.outcome, expected->outcome);
        for (size_t j = 0; j < expected->rcpts; j++) {
            assert_int_equal(result.rcpts[j].outcome, expected->each[j]);
        }
        mem_free(ctx);
        fake_end(fake);
    }
}

static void connections_are_kept_and_the_message_is_whole(void **state UNUSED)
{
    mem_ctx *ctx = mem_ctx_new(NULL, "test");
    struct fake *fake = fake_start(NULL);
    struct smtp_config config = config_for(fake);
    config.hello = STR("desk.example");
    struct smtp_client *client = smtp_client_new(ctx, NULL);
    for (int i = 0; i < 3; i++) {
        mem_ctx *each = mem_ctx_new(ctx, "mail");
        struct smtp_letter letter = letter_to(1);
        letter.mail_from = i == 1 ? STR("") : letter.mail_from;
        assert_int_equal(smtp_send(client, each, &config, &letter).outcome, SMTP_SENT);
        mem_free(each);
    }
    mem_free(ctx);
    assert_int_equal(fake->connections, 1);
    struct str heard = buf_str(&fake->heard);
    assert_true(str_starts(heard, STR("EHLO desk.example\r\nMAIL FROM:<bounce@desk.example>")));
    assert_true(str_find(heard, STR("MAIL FROM:<>")) > 0);
    assert_true(str_find(heard, STR("DATA\r\nSubject: x\r\n\r\nhello\r\n..\r\n...x\r\n.\r\n")) > 0);
    fake_end(fake);
}

static void a_connection_given_up_by_the_server_is_renewed(void **state UNUSED)
{
    mem_ctx *ctx = mem_ctx_new(NULL, "test");
    // Closes after each message, as a server with a short idle timeout does.
    const struct rule rules[] = {{".", "250 2.0.0 fine\r\n421 4.4.2 idle"}, {NULL, NULL}};
    struct fake *fake = fake_start(rules);
    struct smtp_config config = config_for(fake);
    struct smtp_client *client = smtp_client_new(ctx, NULL);
    for (int i = 0; i < 2; i++) {
        struct smtp_letter letter = letter_to(1);
        assert_int_equal(smtp_send(client, ctx, &config, &letter).outcome, SMTP_SENT);
    }
    mem_free(ctx);
    fake_end(fake);
}

static void silent_servers_are_not_waited_for(void **state UNUSED)
{
    static const struct rule SILENT[][2] = {
        {{"", "hang"}, {NULL, NULL}},
        {{"MAIL", "hang"}, {NULL, NULL}},
        {{".", "hang"}, {NULL, NULL}},
    };
    for (size_t i = 0; i < sizeof SILENT / sizeof SILENT[0]; i++) {
        mem_ctx *ctx = mem_ctx_new(NULL, "test");
        struct fake *fake = fake_start(SILENT[i]);
        struct smtp_config config = config_for(fake);
        config.connect_timeout_ms = 1000;
        config.answer_timeout_ms = 1000;
        struct smtp_client *client = smtp_client_new(ctx, NULL);
        struct smtp_letter letter = letter_to(1);
        int64_t start = clock_monotonic_us();
        struct smtp_result result = smtp_send(client, ctx, &config, &letter);
        assert_true(clock_monotonic_us() - start < 10000000);
        assert_int_equal(result.outcome, SMTP_TEMPORARY);
        mem_free(ctx);
        fake_end(fake);
    }
}

static void nobody_listening_is_temporary_and_cancelling_ends_it(void **state UNUSED)
{
    mem_ctx *ctx = mem_ctx_new(NULL, "test");
    struct fake *fake = fake_start(NULL);
    struct smtp_config config = config_for(fake);
    fake_end(fake);
    struct smtp_letter letter = letter_to(2);
    struct smtp_result result = smtp_send(smtp_client_new(ctx, NULL), ctx, &config, &letter);
    assert_int_equal(result.outcome, SMTP_TEMPORARY);
    assert_int_equal(result.rcpts[1].outcome, SMTP_TEMPORARY);
    const struct rule hang[] = {{"", "hang"}, {NULL, NULL}};
    fake = fake_start(hang);
    config = config_for(fake);
    config.answer_timeout_ms = config.connect_timeout_ms = 60000;
    atomic_bool cancel = true;
    int64_t start = clock_monotonic_us();
    result = smtp_send(smtp_client_new(ctx, &cancel), ctx, &config, &letter);
    assert_true(clock_monotonic_us() - start < 10000000);
    assert_int_equal(result.outcome, SMTP_CUT);
    mem_free(ctx);
    fake_end(fake);
}

// Otherwise it would be sent once more, and its reader would have it twice.
static void the_answer_to_a_whole_message_is_waited_for_when_stopping(void **state UNUSED)
{
    mem_ctx *ctx = mem_ctx_new(NULL, "test");
    struct fake *fake = fake_start(NULL);
    struct smtp_config config = config_for(fake);
    atomic_bool cancel = false;
    fake->stops = &cancel;
    struct smtp_letter letter = letter_to(1);
    struct smtp_result result = smtp_send(smtp_client_new(ctx, &cancel), ctx, &config, &letter);
    assert_true(atomic_load(&cancel));
    assert_int_equal(result.outcome, SMTP_SENT);
    mem_free(ctx);
    fake_end(fake);
}

static void envelopes_cannot_carry_commands(void **state UNUSED)
{
    mem_ctx *ctx = mem_ctx_new(NULL, "test");
    struct fake *fake = fake_start(NULL);
    struct smtp_config config = config_for(fake);
    struct smtp_client *client = smtp_client_new(ctx, NULL);
    static const struct str EVIL[] = {STR_INIT("a@b>\r\nRCPT TO:<evil@x"), STR_INIT("a@b c"),
                                      STR_INIT("a\n@b"), STR_INIT("")};
    for (size_t i = 0; i < sizeof EVIL / sizeof EVIL[0]; i++) {
        struct smtp_letter letter = letter_to(1);
        letter.rcpts = &EVIL[i];
        struct smtp_result result = smtp_send(client, ctx, &config, &letter);
        assert_int_equal(result.outcome, SMTP_PERMANENT);
        if (EVIL[i].len > 0) {
            letter = letter_to(1);
            letter.mail_from = EVIL[i];
            assert_int_equal(smtp_send(client, ctx, &config, &letter).outcome, SMTP_PERMANENT);
        }
    }
    assert_int_equal(fake->connections, 0);
    mem_free(ctx);
    fake_end(fake);
}

static void tls_required_does_not_go_without(void **state UNUSED)
{
    mem_ctx *ctx = mem_ctx_new(NULL, "test");
    struct fake *fake = fake_start(NULL);
    struct smtp_config config = config_for(fake);
    config.security = SMTP_TLS_REQUIRED;
    struct smtp_letter letter = letter_to(1);
    struct smtp_result result = smtp_send(smtp_client_new(ctx, NULL), ctx, &config, &letter);
    assert_int_equal(result.outcome, SMTP_TEMPORARY);
    assert_true(str_find(buf_str(&fake->heard), STR("MAIL FROM")) < 0);
    mem_free(ctx);
    fake_end(fake);
}

static void checking_a_server(void **state UNUSED)
{
    struct error err = {0};
    struct fake *fake = fake_start(NULL);
    struct smtp_config config = config_for(fake);
    assert_true(smtp_check(&config, &err));
    fake_end(fake);
    const struct rule closed[] = {{"", "554 closed today"}, {NULL, NULL}};
    fake = fake_start(closed);
    config = config_for(fake);
    assert_false(smtp_check(&config, &err));
    assert_non_null(strstr(err.message, "554 closed today"));
    fake_end(fake);
}

static void addresses_of_servers(void **state UNUSED)
{
    static const struct {
        const char *url;
        const char *host;
        int port;
        enum smtp_security security;
        const char *user;
        const char *password;
    } GOOD[] = {
        {"smtp://localhost", "localhost", 25, SMTP_TLS_IF_OFFERED, "", ""},
        {"smtp://mail.example.org:2525?tls=never", "mail.example.org", 2525, SMTP_TLS_NEVER, "",
         ""},
        {"smtps://u%40x:p%3A%2F@m", "m", 465, SMTP_TLS_AT_ONCE, "u@x", "p:/"},
        {"smtp://u:p@m", "m", 587, SMTP_TLS_REQUIRED, "u", "p"},
        {"smtp://u:p@m:26?tls=offered&hello=desk.example", "m", 26, SMTP_TLS_IF_OFFERED, "u", "p"},
        {"smtp://[::1]:25", "[::1]", 25, SMTP_TLS_IF_OFFERED, "", ""},
    };
    mem_ctx *ctx = mem_ctx_new(NULL, "test");
    struct smtp_config config;
    struct error err;
    for (size_t i = 0; i < sizeof GOOD / sizeof GOOD[0]; i++) {
        assert_true(smtp_config_parse(ctx, str_c(GOOD[i].url), &config, &err));
        assert_true(str_eq_c(config.host, GOOD[i].host));
        assert_int_equal(config.port, GOOD[i].port);
        assert_int_equal(config.security, GOOD[i].security);
        assert_true(str_eq_c(config.user, GOOD[i].user));
        assert_true(str_eq_c(config.password, GOOD[i].password));
    }
    static const char *const BAD[] = {"",
                                      "localhost",
                                      "http://x",
                                      "smtp://",
                                      "smtp://x:99999",
                                      "smtp://x?tls=maybe",
                                      "smtps://x?tls=never",
                                      "smtp://x?y=z",
                                      "smtp://x y",
                                      "smtp://x\r\n"};
    for (size_t i = 0; i < sizeof BAD / sizeof BAD[0]; i++) {
        assert_false(smtp_config_parse(ctx, str_c(BAD[i]), &config, &err));
        assert_int_equal(err.code, ERR_INVALID);
    }
    mem_free(ctx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(outcomes_by_what_the_server_says),
        cmocka_unit_test(connections_are_kept_and_the_message_is_whole),
        cmocka_unit_test(a_connection_given_up_by_the_server_is_renewed),
        cmocka_unit_test(silent_servers_are_not_waited_for),
        cmocka_unit_test(nobody_listening_is_temporary_and_cancelling_ends_it),
        cmocka_unit_test(the_answer_to_a_whole_message_is_waited_for_when_stopping),
        cmocka_unit_test(envelopes_cannot_carry_commands),
        cmocka_unit_test(tls_required_does_not_go_without),
        cmocka_unit_test(checking_a_server),
        cmocka_unit_test(addresses_of_servers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
