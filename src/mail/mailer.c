// SPDX-License-Identifier: GPL-3.0-or-later
#include "mail/mailer.h"

#include <pthread.h>

enum { CLIENTS_KEPT = 8 };

struct mailer {
    struct db_store *db;
    struct clock *clock;
    struct mailer_hooks hooks;
    const atomic_bool *cancel;
    pthread_mutex_t lock;
    struct smtp_client *idle[CLIENTS_KEPT];  // by `lock`
    size_t idle_count;
};

// --- connections ------------------------------------------------------------------------------

static void close_all(void *handle)
{
    struct mailer *mailer = handle;
    for (size_t i = 0; i < mailer->idle_count; i++) {
        mem_free(mailer->idle[i]);
    }
    pthread_mutex_destroy(&mailer->lock);
}

struct mailer *mailer_new(mem_ctx *ctx, struct db_store *db, struct clock *clock,
                          const struct mailer_hooks *hooks, const atomic_bool *cancel)
{
    struct mailer *mailer = mem_new(ctx, struct mailer);
    mailer->db = db;
    mailer->clock = clock;
    mailer->hooks = *hooks;
    mailer->cancel = cancel;
    pthread_mutex_init(&mailer->lock, NULL);
    mem_on_free(mailer, close_all, mailer);
    return mailer;
}

// Clients hang on no context of the mailer's: threads may not share one.
static struct smtp_client *client_take(struct mailer *mailer)
{
    struct smtp_client *client = NULL;
    pthread_mutex_lock(&mailer->lock);
    if (mailer->idle_count > 0) {
        client = mailer->idle[--mailer->idle_count];
    }
    pthread_mutex_unlock(&mailer->lock);
    return client != NULL ? client : smtp_client_new(NULL, mailer->cancel);
}

static void client_give(struct mailer *mailer, struct smtp_client *client)
{
    pthread_mutex_lock(&mailer->lock);
    bool kept = mailer->idle_count < CLIENTS_KEPT;
    if (kept) {
        mailer->idle[mailer->idle_count++] = client;
    }
    pthread_mutex_unlock(&mailer->lock);
    if (!kept) {
        mem_free(client);
    }
}

// --- the steps --------------------------------------------------------------------------------

struct sending {
    struct mailer *mailer;
    mem_ctx *ctx;
    struct outmail_id id;
    int64_t now;
    bool claimed;
    struct outmail mail;
    enum smtp_outcome outcome;
    struct str text;
    bool unwanted;
};

static bool claim(struct db *tx, void *arg, struct error *err)
{
    struct sending *sending = arg;
    return mail_outbox_claim(tx, sending->ctx, sending->id, sending->now, &sending->claimed,
                             &sending->mail, err);
}

static bool settle(struct db *tx, void *arg, struct error *err)
{
    struct sending *sending = arg;
    const struct mailer_hooks *hooks = &sending->mailer->hooks;
    enum outmail_state state = OUTMAIL_WAITING;
    if (sending->unwanted) {
        return mail_outbox_drop(tx, sending->id, sending->text, sending->now, err);
    }
    if (!mail_outbox_settle(tx, &sending->mail, sending->outcome, sending->text, sending->now,
                            &state, err)) {
        return false;
    }
    return state == OUTMAIL_WAITING || hooks->settled == NULL ||
           hooks->settled(hooks->env, tx, &sending->mail, state, sending->text, err);
}

static bool never_sendable(enum error_code code)
{
    return code == ERR_INVALID || code == ERR_FORBIDDEN || code == ERR_NOT_FOUND ||
           code == ERR_GONE || code == ERR_TOO_LARGE;
}

static void not_composed(struct sending *sending, const struct error *err)
{
    sending->outcome = never_sendable(err->code) ? SMTP_PERMANENT : SMTP_TEMPORARY;
    sending->text = str_dup(sending->ctx, str_c(err->message));
}

static void send_it(struct sending *sending)
{
    struct mailer *mailer = sending->mailer;
    const struct mailer_hooks *hooks = &mailer->hooks;
    struct smtp_config server;
    struct composed composed;
    struct error err = {0};
    if (!hooks->compose(hooks->env, sending->ctx, &sending->mail, &composed, &sending->unwanted,
                        &err)) {
        not_composed(sending, &err);
        return;
    }
    if (!hooks->server(hooks->env, sending->ctx, &server, &err)) {
        sending->outcome = SMTP_TEMPORARY;
        sending->text = str_dup(sending->ctx, str_c(err.message));
        return;
    }
    struct str rcpt;
    bool utf8 = false;
    if (!compose_address_wire(sending->ctx, sending->mail.address, &rcpt, &utf8)) {
        sending->outcome = SMTP_PERMANENT;
        sending->text = STR("This is no mail address.");
        return;
    }
    const struct smtp_letter letter = {.mail_from = sending->mail.envelope_from,
                                       .rcpts = &rcpt,
                                       .rcpt_count = 1,
                                       .raw = composed.raw};
    struct smtp_client *client = client_take(mailer);
    struct smtp_result result = smtp_send(client, sending->ctx, &server, &letter);
    client_give(mailer, client);
    sending->outcome = result.outcome;
    sending->text = result.text;
}

bool mailer_run_job(struct mailer *mailer, mem_ctx *ctx, const struct job *job, struct error *err)
{
    struct sending sending = {.mailer = mailer, .ctx = ctx, .now = clock_now(mailer->clock)};
    if (!str_to_i64(job->payload, &sending.id.v)) {
        return error_set(err, ERR_INVALID, "The job names no mail.");
    }
    if (!db_tx_run(mailer->db, "mail.claim", claim, &sending, err)) {
        return false;
    }
    if (!sending.claimed) {
        return true;
    }
    send_it(&sending);
    sending.now = clock_now(mailer->clock);
    return db_tx_run(mailer->db, "mail.settle", settle, &sending, err);
}
