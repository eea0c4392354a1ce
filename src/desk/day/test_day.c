// SPDX-License-Identifier: GPL-3.0-or-later
//
// What happens to deleted tickets and redacted words as rows; the pages are tested from outside.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "blob/blob.h"
#include "desk/day/day.h"
#include "desk/test_world.h"
#include "mail/spool.h"

struct doing {
    struct world *w;
    struct actor actor;
    struct ticket_id ticket;
    struct comment_place place;
    struct str words;
    bool suspend;
};

static struct ticket_id asked(struct world *w, const char *text)
{
    static int number;
    number++;
    const char *raw = mem_printf(w->ctx,
                                 "From: Ana Ruiz <ana@example.com>\nTo: support@desk.example\n"
                                 "Subject: Card 4111\nMessage-ID: <d%d@example.com>\n\n%s\n",
                                 number, text);
    assert_int_equal(world_mail(w, "support@desk.example", raw), INTAKE_TAKEN);
    return (struct ticket_id){world_count(w)};
}

static struct doing doing(struct world *w, const struct user *user, struct ticket_id ticket)
{
    return (struct doing){.w = w, .actor = world_actor(user), .ticket = ticket};
}

static bool spam_tx(struct db *tx, void *arg, struct error *err)
{
    struct doing *d = arg;
    return day_mark_spam(d->w->desk, tx, d->w->ctx, &d->actor, d->ticket, d->suspend, err);
}

static bool restore_tx(struct db *tx, void *arg, struct error *err)
{
    struct doing *d = arg;
    return day_restore(d->w->desk, tx, d->w->ctx, &d->actor, d->ticket, err);
}

static bool redact_tx(struct db *tx, void *arg, struct error *err)
{
    struct doing *d = arg;
    return comment_redact(&d->w->desk->tickets, tx, d->w->ctx, &d->actor, &d->place, d->words, err);
}

static void run(struct doing *d, db_fn *fn)
{
    struct error err = {0};
    if (!db_tx_run(d->w->app.db, "test", fn, d, &err)) {
        fail_msg("%s (%s)", err.message, err.detail);
    }
}

static struct ticket_comment first_comment(struct world *w, struct ticket_id ticket)
{
    struct actor actor = world_actor(&w->admin);
    struct ticket_comment *list = NULL;
    struct db *db = NULL;
    struct error err;
    size_t count = 0;
    assert_true(db_read_begin(w->app.db, &db, &err));
    assert_true(ticket_comments(db, w->ctx, &actor, ticket, &list, &count, &err));
    db_read_end(db);
    assert_true(count > 0);
    return list[0];
}

// The mail as it came; absent when its content is gone.
static struct str raw_of(struct world *w, struct mail_id id)
{
    struct mail_record record;
    struct db *db = NULL;
    struct error err;
    struct str raw = STR_NONE;
    assert_true(db_read_begin(w->app.db, &db, &err));
    assert_true(mail_spool_get(db, w->ctx, id, &record, &err));
    if (!mail_spool_raw(db, w->app.blobs, w->ctx, &record, &raw, &err)) {
        assert_int_equal(err.code, ERR_GONE);
        assert_true(record.size == 0 && record.subject.len == 0);
        raw = STR_NONE;
    }
    db_read_end(db);
    return raw;
}

// Deleted ones too.
static struct ticket ticket_of(struct world *w, struct ticket_id id)
{
    struct actor actor = world_actor(&w->admin);
    struct ticket_condition one = {.column = TC_ID, .numbers = &id.v, .count = 1};
    struct ticket_query query = {.all = &one, .all_count = 1, .also_deleted = true, .limit = 1};
    struct ticket *list = NULL;
    struct db *db = NULL;
    struct error err;
    size_t count = 0;
    assert_true(db_read_begin(w->app.db, &db, &err));
    assert_true(tickets_find(db, w->ctx, &actor, &query, &list, &count, &err));
    db_read_end(db);
    assert_int_equal(count, 1);
    return list[0];
}

static struct user requester(struct world *w, struct ticket_id ticket)
{
    struct user user;
    struct db *db = NULL;
    struct error err;
    bool found = false;
    assert_true(db_read_begin(w->app.db, &db, &err));
    assert_true(user_find(db, w->ctx, ticket_of(w, ticket).requester, &user, &found, &err));
    db_read_end(db);
    assert_true(found);
    return user;
}

static void redaction_takes_the_raw_mail_and_the_subject(void **state)
{
    struct world *w = *state;
    struct doing d = doing(w, &w->tom, asked(w, "My card is 4111, thanks"));
    struct ticket_comment comment = first_comment(w, d.ticket);
    assert_true(str_find(raw_of(w, comment.mail), STR("4111")) >= 0);
    d.place = (struct comment_place){.ticket = d.ticket, .comment = comment.id};
    d.words = STR("4111");
    run(&d, redact_tx);
    assert_true(str_none(raw_of(w, comment.mail)));
    assert_true(str_find(first_comment(w, d.ticket).body, STR("4111")) < 0);
    assert_true(str_eq_c(ticket_of(w, d.ticket).subject, "Card ▇▇▇▇"));
}

static void spam_suspends_only_when_asked(void **state)
{
    struct world *w = *state;
    struct doing d = doing(w, &w->tom, asked(w, "Buy now"));
    run(&d, spam_tx);
    assert_true(ticket_of(w, d.ticket).deleted_at != 0);
    assert_false(requester(w, d.ticket).suspended);
    run(&d, restore_tx);
    assert_true(ticket_of(w, d.ticket).deleted_at == 0);
    assert_int_equal(ticket_of(w, d.ticket).tags.len, 0);
    d.suspend = true;
    run(&d, spam_tx);
    assert_true(requester(w, d.ticket).suspended);
}

static void purge(struct world *w)
{
    struct error err = {0};
    assert_true(day_purge(w->desk, w->ctx, &err));
}

static void deleted_tickets_end_after_thirty_days(void **state)
{
    struct world *w = *state;
    struct doing d = doing(w, &w->tom, asked(w, "Words that nobody needs"));
    struct doing kept = doing(w, &w->tom, asked(w, "Words that somebody needs"));
    struct mail_id mail = first_comment(w, d.ticket).mail;
    int64_t begin = clock_now(&w->clock);
    run(&d, spam_tx);
    clock_freeze(&w->clock, begin + TICKET_RESTORE_MS);
    run(&kept, spam_tx);
    purge(w);
    assert_true(ticket_of(w, d.ticket).purged_at == 0);
    clock_freeze(&w->clock, begin + TICKET_RESTORE_MS + 1);
    purge(w);
    assert_true(ticket_of(w, d.ticket).purged_at != 0);
    assert_true(ticket_of(w, kept.ticket).purged_at == 0);
    assert_true(str_none(raw_of(w, mail)));
    struct error err = {0};
    assert_false(db_tx_run(w->app.db, "test", restore_tx, &d, &err));
    assert_int_equal(err.code, ERR_NOT_FOUND);
    run(&kept, restore_tx);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(redaction_takes_the_raw_mail_and_the_subject, world_setup,
                                        world_teardown),
        cmocka_unit_test_setup_teardown(spam_suspends_only_when_asked, world_setup, world_teardown),
        cmocka_unit_test_setup_teardown(deleted_tickets_end_after_thirty_days, world_setup,
                                        world_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
