// SPDX-License-Identifier: GPL-3.0-or-later
#include "mail/outbox.h"

#include <assert.h>

#include "base/clock.h"
#include "jobs/jobs.h"
#include "mail/queries.h"

enum { ERROR_MAX = 500 };

static const struct str STATES[] = {[OUTMAIL_WAITING] = STR_INIT("waiting"),
                                    [OUTMAIL_SENDING] = STR_INIT("sending"),
                                    [OUTMAIL_SENT] = STR_INIT("sent"),
                                    [OUTMAIL_FAILED] = STR_INIT("failed"),
                                    [OUTMAIL_CANCELLED] = STR_INIT("cancelled")};

static enum outmail_state state_of(struct str word)
{
    for (size_t i = 0; i < sizeof STATES / sizeof STATES[0]; i++) {
        if (str_eq(STATES[i], word)) {
            return (enum outmail_state)i;
        }
    }
    assert(false);  // the table allows no other
    return OUTMAIL_WAITING;
}

static struct outmail outmail_of(const struct mail_out_row *row)
{
    return (struct outmail){.id = row->id,
                            .ticket = row->ticket_id,
                            .comment = row->comment_id,
                            .user = row->user_id,
                            .kind = row->kind,
                            .automatic = row->automatic,
                            .address = row->address,
                            .envelope_from = row->envelope_from,
                            .message_id = row->message_id,
                            .payload = row->payload,
                            .send_at = row->send_at,
                            .created_at = row->created_at,
                            .state = state_of(row->state),
                            .attempts = row->attempts,
                            .interrupted = row->interrupted,
                            .last_error = row->last_error,
                            .sent_at = row->sent_at.set ? row->sent_at.v : 0};
}

static struct outmail *outmails_of(mem_ctx *ctx, const struct mail_out_row *rows, size_t count)
{
    struct outmail *mails = mem_array(ctx, struct outmail, count);
    for (size_t i = 0; i < count; i++) {
        mails[i] = outmail_of(&rows[i]);
    }
    return mails;
}

// --- putting ----------------------------------------------------------------------------------

struct outmail_id mail_outbox_new_id(struct db *tx)
{
    return (struct outmail_id){db_next_id(tx)};
}

static struct str job_key(struct db *tx, struct outmail_id id)
{
    return str_printf(db_tx_ctx(tx), MAIL_SEND_JOB ":%lld", (long long)id.v);
}

static bool add_job(struct db *tx, struct outmail_id id, int64_t now, int64_t run_at,
                    struct error *err)
{
    const struct job_new job = {.kind = MAIL_SEND_JOB,
                                .payload = str_printf(db_tx_ctx(tx), "%lld", (long long)id.v),
                                .now = now,
                                .run_at = run_at,
                                .unique_key = job_key(tx, id)};
    return jobs_add(tx, &job, NULL, err);
}

bool mail_outbox_put(struct db *tx, const struct outmail *mail, struct outmail_id *ret_id,
                     struct error *err)
{
    struct outmail_id id = mail->id.v == 0 ? mail_outbox_new_id(tx) : mail->id;
    const struct mail_out_insert_in in = {.id = id,
                                          .ticket_id = mail->ticket,
                                          .comment_id = mail->comment,
                                          .user_id = mail->user,
                                          .kind = mail->kind,
                                          .automatic = mail->automatic,
                                          .address = mail->address,
                                          .envelope_from = mail->envelope_from,
                                          .message_id = mail->message_id,
                                          .payload = mail->payload,
                                          .send_at = mail->send_at,
                                          .created_at = mail->created_at};
    if (!mail_out_insert(tx, &in, err) || !add_job(tx, id, mail->created_at, mail->send_at, err)) {
        return false;
    }
    *ret_id = id;
    return true;
}

// --- sending ----------------------------------------------------------------------------------

bool mail_outbox_claim(struct db *tx, mem_ctx *ctx, struct outmail_id id, int64_t now,
                       bool *ret_claimed, struct outmail *ret, struct error *err)
{
    int64_t changes = 0;
    bool found = false;
    struct outmail mail = {0};
    if (!mail_out_claim(tx, id, now, &changes, err) ||
        (changes == 1 && !mail_outbox_get(tx, ctx, id, &found, &mail, err))) {
        return false;
    }
    if (found && mail.interrupted >= 2) {
        struct str why = STR("Sending was interrupted twice; nobody knows whether it arrived.");
        if (!mail_out_settle(tx, id, STATES[OUTMAIL_FAILED], now, why, (struct db_opt_i64){0},
                             &changes, err)) {
            return false;
        }
        found = false;
    }
    *ret_claimed = found;
    *ret = mail;
    return true;
}

// Milliseconds to wait after that many attempts, 0 for giving up.
static int64_t delay_after(int64_t attempts)
{
    static const int64_t MINUTES[] = {1, 5, 15, 30, 60, 120, 240, 480, 480, 480, 480, 480};
    int64_t count = sizeof MINUTES / sizeof MINUTES[0];
    return attempts >= 1 && attempts <= count ? MINUTES[attempts - 1] * MINUTES_MS : 0;
}

bool mail_outbox_settle(struct db *tx, const struct outmail *mail, enum smtp_outcome outcome,
                        struct str text, int64_t now, enum outmail_state *ret_state,
                        struct error *err)
{
    bool sent = outcome == SMTP_SENT;
    int64_t wait = outcome == SMTP_TEMPORARY ? delay_after(mail->attempts) : 0;
    bool again = wait > 0 || outcome == SMTP_CUT;
    enum outmail_state state = sent ? OUTMAIL_SENT : again ? OUTMAIL_WAITING : OUTMAIL_FAILED;
    struct str trouble = sent ? STR("") : str_utf8_clip(text, ERROR_MAX);
    int64_t changes = 0;
    if (!mail_out_settle(tx, mail->id, STATES[state], now + wait, trouble,
                         (struct db_opt_i64){sent, now}, &changes, err)) {
        return false;
    }
    // A bounce may have come while the sender waited for the server's answer.
    if (changes == 0) {
        *ret_state = OUTMAIL_FAILED;
        return true;
    }
    *ret_state = state;
    return !again || add_job(tx, mail->id, now, now + wait, err);
}

bool mail_outbox_drop(struct db *tx, struct outmail_id id, struct str why, int64_t now,
                      struct error *err)
{
    int64_t changes = 0;
    return mail_out_settle(tx, id, STATES[OUTMAIL_CANCELLED], now, str_utf8_clip(why, ERROR_MAX),
                           (struct db_opt_i64){0}, &changes, err);
}

bool mail_outbox_bounced(struct db *tx, struct outmail_id id, struct str text, bool *ret_found,
                         struct error *err)
{
    int64_t changes = 0;
    if (!mail_out_bounced(tx, id, str_utf8_clip(text, ERROR_MAX), &changes, err)) {
        return false;
    }
    *ret_found = changes == 1;
    return true;
}

// --- taking back ------------------------------------------------------------------------------

bool mail_outbox_cancel_comment(struct db *tx, struct comment_id comment, int64_t *ret_count,
                                int64_t *ret_left, struct error *err)
{
    mem_ctx *ctx = db_tx_ctx(tx);
    struct mail_out_count_left_row left;
    struct mail_out_cancel_comment_row *rows = NULL;
    size_t count = 0;
    if (!mail_out_cancel_comment(tx, ctx, comment, &rows, &count, err) ||
        !mail_out_count_left(tx, ctx, comment, &left, err)) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        if (!jobs_cancel_key(tx, job_key(tx, rows[i].id), err)) {
            return false;
        }
    }
    *ret_count = (int64_t)count;
    *ret_left = left.count;
    return true;
}

bool mail_outbox_cancel(struct db *tx, struct outmail_id id, bool *ret_cancelled, struct error *err)
{
    int64_t changes = 0;
    if (!mail_out_cancel(tx, id, &changes, err) ||
        (changes == 1 && !jobs_cancel_key(tx, job_key(tx, id), err))) {
        return false;
    }
    *ret_cancelled = changes == 1;
    return true;
}

bool mail_outbox_scrub_ticket(struct db *tx, struct ticket_id ticket, struct error *err)
{
    struct mail_out_of_ticket_waiting_row *rows = NULL;
    size_t count = 0;
    bool ignored = false;
    if (!mail_out_of_ticket_waiting(tx, db_tx_ctx(tx), ticket, &rows, &count, err)) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        if (!mail_outbox_cancel(tx, rows[i].id, &ignored, err)) {
            return false;
        }
    }
    return mail_out_scrub_ticket(tx, ticket, err);
}

bool mail_outbox_scrub(struct db *tx, struct outmail_id id, struct error *err)
{
    bool ignored = false;
    return mail_outbox_cancel(tx, id, &ignored, err) && mail_out_scrub(tx, id, err);
}

bool mail_outbox_blacken(struct db *tx, struct ticket_id ticket, struct str text, struct str black,
                         struct error *err)
{
    return mail_out_blacken(tx, ticket, text, black, err);
}

bool mail_outbox_again(struct db *tx, struct outmail_id id, int64_t now, bool *ret_waiting,
                       struct error *err)
{
    int64_t changes = 0;
    if (!mail_out_again(tx, id, now, &changes, err) ||
        (changes == 1 && !add_job(tx, id, now, now, err))) {
        return false;
    }
    *ret_waiting = changes == 1;
    return true;
}

// --- looking ----------------------------------------------------------------------------------

bool mail_outbox_get(struct db *db, mem_ctx *ctx, struct outmail_id id, bool *ret_found,
                     struct outmail *ret, struct error *err)
{
    struct mail_out_row row;
    bool found = false;
    if (!mail_out_by_id(db, ctx, id, &row, &found, err)) {
        return false;
    }
    *ret_found = found;
    if (found) {
        *ret = outmail_of(&row);
    }
    return true;
}

bool mail_outbox_queue(struct db *db, int64_t *ret_count, int64_t *ret_oldest_at, struct error *err)
{
    mem_ctx *ctx = mem_ctx_new(NULL, "mail queue");
    struct mail_out_queue_row row;
    bool read = mail_out_queue(db, ctx, &row, err);
    if (read) {
        *ret_count = row.count;
        *ret_oldest_at = row.oldest_at.set ? row.oldest_at.v : 0;
    }
    mem_free(ctx);
    return read;
}

bool mail_outbox_of_ticket(struct db *db, mem_ctx *ctx, struct ticket_id ticket, int64_t most,
                           struct outmail **ret, size_t *ret_count, struct error *err)
{
    struct mail_out_row *rows = NULL;
    size_t count = 0;
    if (!mail_out_of_ticket(db, ctx, ticket, most, &rows, &count, err)) {
        return false;
    }
    *ret = outmails_of(ctx, rows, count);
    *ret_count = count;
    return true;
}

bool mail_outbox_failed(struct db *db, mem_ctx *ctx, struct outmail_id before, int64_t most,
                        struct outmail **ret, size_t *ret_count, struct error *err)
{
    struct mail_out_row *rows = NULL;
    size_t count = 0;
    struct outmail_id end = {before.v == 0 ? INT64_MAX : before.v};
    if (!mail_out_failed(db, ctx, end, most, &rows, &count, err)) {
        return false;
    }
    *ret = outmails_of(ctx, rows, count);
    *ret_count = count;
    return true;
}

// --- caps on automatic mail -------------------------------------------------------------------

static const struct cap {
    int64_t minutes;
    int64_t about_ticket;
    int64_t over_all;
} CAPS[] = {{10, 10, 30}, {30, 15, 60}, {60, 25, 120}, {180, 50, 240}, {600, 100, 360}};

enum { CAP_COUNT = sizeof CAPS / sizeof CAPS[0] };

bool mail_auto_address(struct str address)
{
    static const char *const ROBOTS[] = {
        "mailer-daemon", "postmaster", "abuse",    "root",       "noreply",
        "no-reply",      "no_reply",   "no.reply", "donotreply", "do-not-reply",
        "do_not_reply",  "bounce",     "bounces"};
    struct str local;
    struct str domain;
    struct str base;
    struct str detail;
    str_cut(address, '@', &local, &domain);
    str_cut(local, '+', &base, &detail);
    for (size_t i = 0; i < sizeof ROBOTS / sizeof ROBOTS[0]; i++) {
        if (str_ieq_c(base, ROBOTS[i])) {
            return false;
        }
    }
    return base.len > 0 && domain.len > 0;
}

static bool within_caps(const struct mail_out_automatic_times_row *rows, size_t count,
                        struct ticket_id ticket, int64_t now)
{
    for (size_t i = 0; i < CAP_COUNT; i++) {
        int64_t about_ticket = 0;
        int64_t over_all = 0;
        for (size_t j = 0; j < count; j++) {
            bool recent = rows[j].created_at > now - CAPS[i].minutes * MINUTES_MS;
            over_all += recent;
            about_ticket += recent && rows[j].ticket_id.v == ticket.v;
        }
        if (over_all >= CAPS[i].over_all || about_ticket >= CAPS[i].about_ticket) {
            return false;
        }
    }
    return true;
}

bool mail_auto_allowed(struct db *db, struct str address, struct ticket_id ticket, int64_t now,
                       bool *ret_allowed, struct error *err)
{
    if (!mail_auto_address(address)) {
        *ret_allowed = false;
        return true;
    }
    const struct cap *widest = &CAPS[CAP_COUNT - 1];
    mem_ctx *ctx = mem_ctx_new(NULL, "mail caps");
    struct mail_out_automatic_times_row *rows = NULL;
    size_t count = 0;
    bool read = mail_out_automatic_times(db, ctx, str_lower(ctx, address),
                                         now - widest->minutes * MINUTES_MS, widest->over_all,
                                         &rows, &count, err);
    if (read) {
        *ret_allowed = within_caps(rows, count, ticket, now);
    }
    mem_free(ctx);
    return read;
}
