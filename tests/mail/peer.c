// SPDX-License-Identifier: GPL-3.0-or-later
//
// The mail part of the program by itself, for tests against real mail servers.
//
//   mail_peer receive FOLDER ADDRESS MAX_BYTES   an LMTP server; prints "ready PORT", writes each
//       message to FOLDER/N.eml and its envelope, one address a line, sender first, to
//       FOLDER/N.txt; ends on SIGTERM. Local parts decide: "unknown" is refused at RCPT, "never"
//       after the message, "later" is put off the first two times.
//   mail_peer send URL FROM TO SUBJECT NAME      sends a mail with every kind of part, its text
//   from
//       standard input; prints "sent", "temporary" or "permanent", and the server's words.
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/random.h"
#include "mail/compose.h"
#include "mail/ids.h"
#include "mail/lmtp.h"
#include "mail/smtp.h"

static const struct str SECRET = STR_INIT("a secret of thirty-two bytes, yes");

// --- receiving --------------------------------------------------------------------------------

struct box {
    pthread_mutex_t lock;
    const char *folder;
    int count;
    int put_off;
};

static struct lmtp_answer take_rcpt(void *env, mem_ctx *ctx, struct str address)
{
    (void)env;
    (void)ctx;
    bool unknown = str_starts(address, STR("unknown@"));
    return (struct lmtp_answer){.verdict = unknown ? LMTP_REFUSED : LMTP_ACCEPTED};
}

static bool write_file(const char *path, struct str bytes)
{
    FILE *file = fopen(path, "wb");
    bool good = file != NULL && fwrite(bytes.ptr, 1, bytes.len, file) == bytes.len &&
                fflush(file) == 0 && fsync(fileno(file)) == 0;
    return (file == NULL || fclose(file) == 0) && good;
}

static bool keep(struct box *box, mem_ctx *ctx, const struct lmtp_envelope *envelope,
                 struct str raw)
{
    struct buf lines;
    buf_init(&lines, ctx, 1 << 20);
    buf_put(&lines, envelope->mail_from);
    for (size_t i = 0; i < envelope->rcpt_count; i++) {
        buf_put_char(&lines, '\n');
        buf_put(&lines, envelope->rcpts[i]);
    }
    int number = ++box->count;
    return write_file(mem_printf(ctx, "%s/%d.eml", box->folder, number), raw) &&
           write_file(mem_printf(ctx, "%s/%d.txt", box->folder, number), buf_str(&lines));
}

static void take_message(void *env, mem_ctx *ctx, const struct lmtp_envelope *envelope,
                         struct str raw, struct lmtp_answer *answers)
{
    struct box *box = env;
    pthread_mutex_lock(&box->lock);
    bool any = false;
    for (size_t i = 0; i < envelope->rcpt_count; i++) {
        bool later = str_starts(envelope->rcpts[i], STR("later@")) && box->put_off++ < 2;
        bool never = str_starts(envelope->rcpts[i], STR("never@"));
        answers[i].verdict = later ? LMTP_TRY_LATER : never ? LMTP_REFUSED : LMTP_ACCEPTED;
        any = any || answers[i].verdict == LMTP_ACCEPTED;
    }
    if (any && !keep(box, ctx, envelope, raw)) {
        for (size_t i = 0; i < envelope->rcpt_count; i++) {
            answers[i].verdict = LMTP_TRY_LATER;
        }
    }
    pthread_mutex_unlock(&box->lock);
}

static int receive(mem_ctx *ctx, char **args)
{
    struct box box = {.folder = args[0]};
    pthread_mutex_init(&box.lock, NULL);
    struct str listen = str_c(args[1]);
    const struct lmtp_options options = {.listen = &listen,
                                         .listen_count = 1,
                                         .host_name = STR("desk.example"),
                                         .spill_folder = str_c(args[0]),
                                         .acceptor = {&box, take_rcpt, take_message},
                                         .max_message = strtoll(args[2], NULL, 10)};
    sigset_t ends;
    sigemptyset(&ends);
    sigaddset(&ends, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &ends, NULL);
    struct lmtp_server *server = NULL;
    struct error err = {0};
    if (!lmtp_server_start(ctx, &options, &server, &err)) {
        fprintf(stderr, "%s\n", err.message);
        return 1;
    }
    printf("ready %d\n", lmtp_server_port(server, 0));
    fflush(stdout);
    int signal_number = 0;
    sigwait(&ends, &signal_number);
    lmtp_server_stop(server, 10000);
    return 0;
}

// --- sending ----------------------------------------------------------------------------------

static struct str standard_input(mem_ctx *ctx)
{
    struct buf text;
    buf_init(&text, ctx, 1 << 24);
    char part[4096];
    size_t got = 0;
    while ((got = fread(part, 1, sizeof part, stdin)) > 0) {
        buf_put(&text, (struct str){part, got});
    }
    return buf_str(&text);
}

static struct composed compose(mem_ctx *ctx, char **args)
{
    struct compose_address to = {str_c(args[4]), str_c(args[2])};
    struct str text = standard_input(ctx);
    struct buf html;
    buf_init(&html, ctx, text.len * 6 + 200);
    buf_put_c(&html, "<!DOCTYPE html><html><body><p>");
    buf_put_html_text(&html, text);
    buf_put_c(&html, "</p><img src=\"cid:logo@desk\" alt=\"\"></body></html>");
    const struct compose_file files[] = {
        {STR("Gr\xc3\xb6\xc3\x9f"
             "e.bin"),
         STR("application/x-thing"), STR_NONE, STR("\0\1\xff.\r\n")},
        {STR("logo.png"), STR("image/png"), STR("logo@desk"), STR("\x89PNG")},
    };
    struct compose_mail mail = {
        .from = {compose_from_name(ctx, str_c(args[4]), STR("Support")), str_c(args[1])},
        .reply_to = mail_reply_address(ctx, SECRET, str_c(args[1]), (struct ticket_id){42},
                                       (struct user_id){7}),
        .to = &to,
        .to_count = 1,
        .subject = str_c(args[3]),
        .message_id = mail_message_id(ctx, SECRET, (struct ticket_id){42}, (struct comment_id){1},
                                      STR("desk.example")),
        .date = 1795399261000,
        .loop_mark = mail_loop_mark(ctx, SECRET),
        .text = text,
        .html = {buf_str(&html)},
        .files = files,
        .file_count = 2,
    };
    struct composed composed;
    struct error err = {0};
    if (!mail_compose(ctx, &mail, &composed, &err)) {
        fprintf(stderr, "%s\n", err.message);
        exit(1);
    }
    return composed;
}

static int send_mail(mem_ctx *ctx, char **args)
{
    struct smtp_config config;
    struct error err = {0};
    if (!smtp_config_parse(ctx, str_c(args[0]), &config, &err) || !smtp_check(&config, &err)) {
        printf("temporary\n%s\n", err.message);
        return 0;
    }
    struct composed composed = compose(ctx, args);
    struct str rcpt;
    bool utf8 = false;
    if (!compose_address_wire(ctx, str_c(args[2]), &rcpt, &utf8)) {
        return 1;
    }
    const struct smtp_letter letter = {
        .mail_from = str_c(args[1]), .rcpts = &rcpt, .rcpt_count = 1, .raw = composed.raw};
    struct smtp_result result = smtp_send(smtp_client_new(ctx, NULL), ctx, &config, &letter);
    static const char *const WORDS[] = {"temporary", "sent", "permanent"};
    printf("%s\n%.*s\n", WORDS[result.outcome], STR_ARG(result.text));
    return 0;
}

int main(int argc, char **argv)
{
    random_init();
    mem_ctx *ctx = mem_ctx_new(NULL, "peer");
    int code = 64;
    if (argc == 5 && strcmp(argv[1], "receive") == 0) {
        code = receive(ctx, argv + 2);
    } else if (argc == 7 && strcmp(argv[1], "send") == 0) {
        code = send_mail(ctx, argv + 2);
    }
    mem_free(ctx);
    return code;
}
