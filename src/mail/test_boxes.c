// SPDX-License-Identifier: GPL-3.0-or-later
//
// Spool and outbox on a real database. Each test's body is one transaction.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/random.h"
#include "jobs/jobs.h"
#include "mail/outbox.h"
#include "mail/spool.h"
#include "migrations.h"

#define NOW INT64_C(1795399261000)

// Bodies run on the database's own thread, where cmocka's asserts cannot jump.
#define TRY(call)                                                                                  \
    do {                                                                                           \
        if (!(call)) {                                                                             \
            return error_detail(err, " at line %d: %s", __LINE__, #call);                          \
        }                                                                                          \
    } while (0)
#define CHECK(condition)                                                                           \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            return error_internal(err, "line %d: %s", __LINE__, #condition);                       \
        }                                                                                          \
    } while (0)

static int remove_entry(const char *path, const struct stat *st UNUSED, int type UNUSED,
                        struct FTW *ftw UNUSED)
{
    return remove(path);
}

struct world {
    struct blob_store *blobs;
    struct str large;
    struct str blob;  // of `large`
};

static void remove_tree(const char *path)
{
    (void)nftw(path, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
}

static void run(db_fn *body)
{
    struct world world = {0};
    mem_ctx *ctx = mem_ctx_new(NULL, "test");
    char *folder = mem_text(ctx, "/tmp/steward-mail-XXXXXX");
    assert_non_null(mkdtemp(folder));
    const struct db_options options = {.url = mem_printf(ctx, "sqlite:%s/steward.db", folder),
                                       .migrations = MIGRATIONS,
                                       .migration_count = MIGRATION_COUNT};
    mem_ctx *open = mem_ctx_new(ctx, "open");
    struct db_store *store = NULL;
    struct error err = {0};
    char *large = mem_array(ctx, char, MAIL_RAW_IN_ROW);
    memset(large, 'x', MAIL_RAW_IN_ROW);
    world.large = (struct str){large, MAIL_RAW_IN_ROW};
    if (!db_open(open, &options, &store, &err) ||
        !blob_store_open(open, &(struct blob_place){.url = mem_printf(ctx, "file:%s", folder)},
                         &world.blobs, &err) ||
        !mail_spool_prepare(ctx, world.blobs, world.large, &world.blob, &err) ||
        !db_tx_run(store, "test", body, &world, &err)) {
        fail_msg("%s (%s)", err.message, err.detail);
    }
    mem_free(open);
    remove_tree(folder);
    mem_free(ctx);
}

// --- the spool --------------------------------------------------------------------------------

static struct mail_arrival arrival(const char *message_id, const char *raw)
{
    return (struct mail_arrival){.mailbox = STR("support@desk.example"),
                                 .recipient = STR("support+x@desk.example"),
                                 .envelope_from = STR("anna@example.org"),
                                 .received_at = NOW,
                                 .message_id = str_c(message_id),
                                 .sender = STR("Anna <anna@example.org>"),
                                 .subject = STR("Printer\r\non fire"),
                                 .raw = str_c(raw)};
}

static bool once_for_each_mailbox(struct db *tx, void *arg, struct error *err)
{
    struct world *w = arg;
    mem_ctx *ctx = db_tx_ctx(tx);
    struct mail_arrival mail = arrival("<a@x>", "Subject: Printer\r\n\r\nhelp\r\n");
    struct mail_spooled first;
    struct mail_spooled again;
    TRY(mail_spool_put(tx, &mail, &first, err));
    CHECK(!first.duplicate && first.id.v > 0 && first.state == MAIL_NEW);
    TRY(mail_spool_done(tx, first.id, (struct ticket_id){42}, (struct comment_id){7}, NOW, err));
    mail.raw = STR("came by another way");
    mail.mailbox = STR("SUPPORT@desk.example");
    TRY(mail_spool_put(tx, &mail, &again, err));
    CHECK(again.duplicate && again.id.v == first.id.v && again.state == MAIL_DONE);
    CHECK(again.ticket.v == 42 && again.comment.v == 7);
    mail.mailbox = STR("sales@desk.example");
    TRY(mail_spool_put(tx, &mail, &again, err));
    CHECK(!again.duplicate);
    // Without a Message-ID the content decides.
    struct mail_arrival nameless = arrival("", "one");
    TRY(mail_spool_put(tx, &nameless, &again, err));
    CHECK(!again.duplicate);
    TRY(mail_spool_put(tx, &nameless, &again, err));
    CHECK(again.duplicate);
    nameless.raw = STR("two");
    TRY(mail_spool_put(tx, &nameless, &again, err));
    CHECK(!again.duplicate);
    struct str raw;
    struct mail_record record;
    TRY(mail_spool_get(tx, ctx, first.id, &record, err));
    TRY(mail_spool_raw(tx, w->blobs, ctx, &record, &raw, err));
    CHECK(str_eq_c(raw, "Subject: Printer\r\n\r\nhelp\r\n"));
    CHECK(str_eq_c(record.subject, "Printer on fire") && record.attempts == 1);
    CHECK(record.size == 26 && str_none(record.blob));
    return true;
}

static bool large_mails_name_their_blob(struct db *tx, void *arg, struct error *err)
{
    struct world *w = arg;
    mem_ctx *ctx = db_tx_ctx(tx);
    struct mail_arrival mail = arrival("<big@x>", "");
    mail.raw = w->large;
    mail.blob = w->blob;
    mail.state = MAIL_QUARANTINED;
    mail.reason = STR("It could not be read.");
    struct mail_spooled put;
    TRY(mail_spool_put(tx, &mail, &put, err));
    struct str raw;
    struct mail_record record;
    TRY(mail_spool_get(tx, ctx, put.id, &record, err));
    CHECK(str_eq(record.blob, w->blob) && str_eq_c(record.reason, "It could not be read."));
    TRY(mail_spool_raw(tx, w->blobs, ctx, &record, &raw, err));
    CHECK(str_eq(raw, w->large));
    struct str blob;
    TRY(mail_spool_delete(tx, ctx, put.id, NOW, &blob, err));
    CHECK(str_eq(blob, w->blob));
    TRY(mail_spool_get(tx, ctx, put.id, &record, err));
    CHECK(record.state == MAIL_DROPPED && str_none(record.blob));
    struct error gone = {0};
    CHECK(!mail_spool_raw(tx, w->blobs, ctx, &record, &raw, &gone) && gone.code == ERR_GONE);
    return true;
}

static bool quarantine_is_listed_and_decided_once(struct db *tx, void *arg UNUSED,
                                                  struct error *err)
{
    mem_ctx *ctx = db_tx_ctx(tx);
    struct mail_spooled put[5];
    for (int i = 0; i < 5; i++) {
        struct mail_arrival mail = arrival(mem_printf(ctx, "<%d@x>", i), "raw");
        TRY(mail_spool_put(tx, &mail, &put[i], err));
        TRY(mail_spool_quarantine(tx, put[i].id, STR("Nobody knows this address."), err));
    }
    struct mail_record *records = NULL;
    size_t count = 0;
    int64_t waiting = 0;
    TRY(mail_spool_list(tx, ctx, MAIL_QUARANTINED, (struct mail_id){0}, 3, &records, &count, err));
    CHECK(count == 3 && records[0].id.v == put[4].id.v && records[2].id.v == put[2].id.v);
    TRY(mail_spool_list(tx, ctx, MAIL_QUARANTINED, records[2].id, 3, &records, &count, err));
    CHECK(count == 2 && records[0].id.v == put[1].id.v);
    TRY(mail_spool_count(tx, MAIL_QUARANTINED, &waiting, err));
    CHECK(waiting == 5);
    TRY(mail_spool_release(tx, put[0].id, err));
    struct error conflict = {0};
    CHECK(!mail_spool_release(tx, put[0].id, &conflict) && conflict.code == ERR_CONFLICT);
    struct str blob;
    CHECK(!mail_spool_delete(tx, ctx, put[0].id, NOW, &blob, &conflict));
    TRY(mail_spool_delete(tx, ctx, put[1].id, NOW, &blob, err));
    CHECK(str_none(blob));
    TRY(mail_spool_drop(tx, put[2].id, STR("Our own mail."), NOW, err));
    TRY(mail_spool_count(tx, MAIL_QUARANTINED, &waiting, err));
    CHECK(waiting == 2);
    TRY(mail_spool_count(tx, MAIL_NEW, &waiting, err));
    CHECK(waiting == 1);
    CHECK(!mail_spool_drop(tx, (struct mail_id){1}, STR(""), NOW, &conflict));
    CHECK(conflict.code == ERR_NOT_FOUND);
    return true;
}

static bool answers_find_their_ticket(struct db *tx, void *arg UNUSED, struct error *err)
{
    mem_ctx *ctx = db_tx_ctx(tx);
    static const int64_t TICKETS[] = {1, 2, 2};
    for (int i = 0; i < 3; i++) {
        struct mail_arrival mail = arrival(mem_printf(ctx, "<%d@x>", i), "raw");
        struct mail_spooled put;
        TRY(mail_spool_put(tx, &mail, &put, err));
        TRY(mail_spool_done(tx, put.id, (struct ticket_id){TICKETS[i]}, (struct comment_id){i + 1},
                            NOW, err));
    }
    struct mail_arrival unplaced = arrival("<9@x>", "raw");
    struct mail_spooled put;
    TRY(mail_spool_put(tx, &unplaced, &put, err));
    const struct str asked[] = {STR("<9@x>"), STR("<8@x>"), STR("<2@x>"), STR("<0@x>")};
    struct ticket_id ticket = {9};
    TRY(mail_spool_ticket_of(tx, ctx, asked, 4, &ticket, err));
    CHECK(ticket.v == 2);
    TRY(mail_spool_ticket_of(tx, ctx, asked + 3, 1, &ticket, err));
    CHECK(ticket.v == 1);
    TRY(mail_spool_ticket_of(tx, ctx, asked, 2, &ticket, err));
    CHECK(ticket.v == 0);
    TRY(mail_spool_ticket_of(tx, ctx, NULL, 0, &ticket, err));
    CHECK(ticket.v == 0);
    struct str *ids = NULL;
    size_t count = 0;
    TRY(mail_spool_ids_of(tx, ctx, (struct ticket_id){2}, 10, &ids, &count, err));
    CHECK(count == 2 && str_eq_c(ids[0], "<1@x>") && str_eq_c(ids[1], "<2@x>"));
    return true;
}

// --- the outbox -------------------------------------------------------------------------------

static struct outmail letter(int64_t comment)
{
    return (struct outmail){.ticket = {42},
                            .comment = {comment},
                            .user = {5},
                            .kind = STR("reply"),
                            .address = STR("Anna@Example.org"),
                            .envelope_from = STR("support+b@desk.example"),
                            .message_id = STR("<t42@desk.example>"),
                            .payload = STR("{}"),
                            .send_at = NOW,
                            .created_at = NOW};
}

// Asking for the job again keeps the one that waits, so the count of jobs tells whether it is
// there.
static bool job_waits(struct db *tx, struct outmail_id id, int64_t at, struct error *err)
{
    struct job_counts before;
    struct job_counts after;
    mem_ctx *ctx = db_tx_ctx(tx);
    const struct job_new job = {.kind = MAIL_SEND_JOB,
                                .payload = str_printf(ctx, "%lld", (long long)id.v),
                                .run_at = at,
                                .unique_key =
                                    str_printf(ctx, MAIL_SEND_JOB ":%lld", (long long)id.v)};
    TRY(jobs_count(tx, ctx, NOW, &before, err));
    TRY(jobs_add(tx, &job, NULL, err));
    TRY(jobs_count(tx, ctx, NOW, &after, err));
    CHECK(before.waiting == after.waiting);
    return true;
}

static bool a_mail_leaves(struct db *tx, void *arg UNUSED, struct error *err)
{
    mem_ctx *ctx = db_tx_ctx(tx);
    struct outmail mail = letter(1);
    mail.send_at = NOW + 10;
    TRY(mail_outbox_put(tx, &mail, &mail.id, err));
    bool claimed = true;
    struct outmail held;
    TRY(mail_outbox_claim(tx, ctx, mail.id, NOW, &claimed, &held, err));
    CHECK(!claimed);
    TRY(job_waits(tx, mail.id, NOW + 10, err));
    int64_t waiting = 0;
    int64_t oldest_at = 0;
    TRY(mail_outbox_queue(tx, &waiting, &oldest_at, err));
    CHECK(waiting == 1 && oldest_at == NOW + 10);
    TRY(mail_outbox_claim(tx, ctx, mail.id, NOW + 10, &claimed, &held, err));
    CHECK(claimed && held.state == OUTMAIL_SENDING && held.attempts == 1);
    CHECK(str_eq_c(held.address, "Anna@Example.org") && str_eq_c(held.payload, "{}"));
    CHECK(held.ticket.v == 42 && held.user.v == 5 && !held.automatic);
    enum outmail_state state = OUTMAIL_WAITING;
    TRY(mail_outbox_settle(tx, &mail, SMTP_SENT, STR("250 fine"), NOW + 30, &state, err));
    CHECK(state == OUTMAIL_SENT);
    TRY(mail_outbox_claim(tx, ctx, mail.id, NOW + 40, &claimed, &held, err));
    CHECK(!claimed);
    bool found = false;
    TRY(mail_outbox_get(tx, ctx, mail.id, &found, &held, err));
    CHECK(found && held.state == OUTMAIL_SENT && held.sent_at == NOW + 30);
    TRY(mail_outbox_bounced(tx, mail.id, STR("no such user"), &found, err));
    CHECK(found);
    struct outmail *failed = NULL;
    size_t count = 0;
    TRY(mail_outbox_failed(tx, ctx, (struct outmail_id){0}, 10, &failed, &count, err));
    CHECK(count == 1 && str_eq_c(failed[0].last_error, "no such user"));
    TRY(mail_outbox_of_ticket(tx, ctx, (struct ticket_id){42}, 10, &failed, &count, err));
    CHECK(count == 1 && failed[0].state == OUTMAIL_FAILED);
    return true;
}

static bool temporary_failures_wait_and_end(struct db *tx, void *arg UNUSED, struct error *err)
{
    mem_ctx *ctx = db_tx_ctx(tx);
    struct outmail mail = letter(1);
    TRY(mail_outbox_put(tx, &mail, &mail.id, err));
    int64_t now = NOW;
    int attempts = 0;
    bool claimed = false;
    struct outmail held;
    enum outmail_state state = OUTMAIL_WAITING;
    for (; state == OUTMAIL_WAITING; attempts++) {
        TRY(mail_outbox_claim(tx, ctx, mail.id, now, &claimed, &held, err));
        CHECK(claimed && held.attempts == attempts + 1);
        TRY(mail_outbox_settle(tx, &held, SMTP_TEMPORARY, STR("451 later"), now, &state, err));
        TRY(mail_outbox_claim(tx, ctx, mail.id, now, &claimed, &held, err));
        CHECK(!claimed);
        bool found = false;
        TRY(mail_outbox_get(tx, ctx, mail.id, &found, &held, err));
        CHECK(held.state == state && (state == OUTMAIL_FAILED || held.send_at > now));
        now = held.send_at;
    }
    CHECK(attempts == 13 && now - NOW > 47 * HOURS_MS && now - NOW < 72 * HOURS_MS);
    bool found = false;
    TRY(mail_outbox_get(tx, ctx, mail.id, &found, &held, err));
    CHECK(held.state == OUTMAIL_FAILED && str_eq_c(held.last_error, "451 later"));
    bool waiting = false;
    TRY(mail_outbox_again(tx, mail.id, now, &waiting, err));
    CHECK(waiting);
    TRY(mail_outbox_claim(tx, ctx, mail.id, now, &claimed, &held, err));
    CHECK(claimed && held.attempts == 1);
    TRY(mail_outbox_settle(tx, &held, SMTP_PERMANENT, STR("550 no"), now, &state, err));
    CHECK(state == OUTMAIL_FAILED);
    TRY(mail_outbox_get(tx, ctx, mail.id, &found, &held, err));
    CHECK(held.state == OUTMAIL_FAILED);
    return true;
}

static bool a_vanished_sender_costs_one_copy_at_most(struct db *tx, void *arg UNUSED,
                                                     struct error *err)
{
    mem_ctx *ctx = db_tx_ctx(tx);
    struct outmail mail = letter(1);
    TRY(mail_outbox_put(tx, &mail, &mail.id, err));
    bool claimed = false;
    struct outmail held;
    for (int i = 0; i < 2; i++) {
        TRY(mail_outbox_claim(tx, ctx, mail.id, NOW, &claimed, &held, err));
        CHECK(claimed && held.interrupted == i);
        CHECK(str_eq_c(held.message_id, "<t42@desk.example>"));
    }
    TRY(mail_outbox_claim(tx, ctx, mail.id, NOW, &claimed, &held, err));
    CHECK(!claimed);
    bool found = false;
    TRY(mail_outbox_get(tx, ctx, mail.id, &found, &held, err));
    CHECK(found && held.state == OUTMAIL_FAILED && held.last_error.len > 0);
    return true;
}

static bool undo_takes_back_what_has_not_left(struct db *tx, void *arg UNUSED, struct error *err)
{
    mem_ctx *ctx = db_tx_ctx(tx);
    struct outmail mail[3] = {letter(1), letter(1), letter(2)};
    for (int i = 0; i < 3; i++) {
        TRY(mail_outbox_put(tx, &mail[i], &mail[i].id, err));
    }
    int64_t count = 0;
    int64_t left = 0;
    bool done = false;
    struct outmail held;
    TRY(mail_outbox_claim(tx, ctx, mail[0].id, NOW, &done, &held, err));
    TRY(mail_outbox_cancel_comment(tx, (struct comment_id){1}, &count, &left, err));
    CHECK(count == 1 && left == 1);
    struct job_counts jobs;
    TRY(jobs_count(tx, ctx, NOW, &jobs, err));
    CHECK(jobs.waiting == 2);
    TRY(mail_outbox_claim(tx, ctx, mail[1].id, NOW, &done, &held, err));
    CHECK(!done);
    TRY(mail_outbox_cancel(tx, mail[2].id, &done, err));
    CHECK(done);
    TRY(mail_outbox_cancel(tx, mail[2].id, &done, err));
    CHECK(!done);
    return true;
}

static bool put_automatic(struct db *tx, const char *address, int64_t ticket, int64_t at,
                          struct error *err)
{
    struct outmail mail = letter(0);
    mail.automatic = true;
    mail.ticket.v = ticket;
    mail.address = str_c(address);
    mail.created_at = at;
    return mail_outbox_put(tx, &mail, &mail.id, err);
}

static bool loops_run_into_caps(struct db *tx, void *arg UNUSED, struct error *err)
{
    bool allowed = false;
    int64_t now = NOW;
    int sent = 0;
    // As fast as two machines answer each other: a mail each 20 seconds for 10 hours.
    for (int i = 0; i < 1800; i++, now += 20000) {
        TRY(mail_auto_allowed(tx, STR("robot@example.org"), (struct ticket_id){1}, now, &allowed,
                              err));
        if (allowed) {
            TRY(put_automatic(tx, "Robot@example.org", 1, now, err));
            sent++;
        }
        CHECK(i != 29 || sent == 10);
        CHECK(i != 89 || sent == 15);
        CHECK(i != 179 || sent == 25);
        CHECK(i != 539 || sent == 50);
    }
    CHECK(sent == 100);
    // Another ticket is another matter, until the address has had its fill.
    TRY(mail_auto_allowed(tx, STR("robot@example.org"), (struct ticket_id){2}, now, &allowed, err));
    CHECK(allowed);
    for (int i = 0; i < 30; i++) {
        TRY(put_automatic(tx, "robot@example.org", 100 + i, now, err));
    }
    TRY(mail_auto_allowed(tx, STR("robot@example.org"), (struct ticket_id){3}, now, &allowed, err));
    CHECK(!allowed);
    TRY(mail_auto_allowed(tx, STR("anna@example.org"), (struct ticket_id){3}, now, &allowed, err));
    CHECK(allowed);
    return true;
}

static void robots_get_no_automatic_mail(void **state UNUSED)
{
    static const char *const BAD[] = {
        "MAILER-DAEMON@x", "postmaster@x", "noreply@x", "No-Reply+abc@x",
        "root@x",          "@x",           "",          "abc"};
    for (size_t i = 0; i < sizeof BAD / sizeof BAD[0]; i++) {
        assert_false(mail_auto_address(str_c(BAD[i])));
    }
    assert_true(mail_auto_address(STR("anna@x")));
    assert_true(mail_auto_address(STR("roots@x")));
}

static void spool_test(void **state UNUSED)
{
    run(once_for_each_mailbox);
    run(large_mails_name_their_blob);
    run(quarantine_is_listed_and_decided_once);
    run(answers_find_their_ticket);
}

static void outbox_test(void **state UNUSED)
{
    run(a_mail_leaves);
    run(temporary_failures_wait_and_end);
    run(a_vanished_sender_costs_one_copy_at_most);
    run(undo_takes_back_what_has_not_left);
    run(loops_run_into_caps);
}

int main(void)
{
    random_init();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(spool_test),
        cmocka_unit_test(outbox_test),
        cmocka_unit_test(robots_get_no_automatic_mail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
