// SPDX-License-Identifier: GPL-3.0-or-later
//
// What mails become: the rules of threading, of strangers, of machines, and of what is answered.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "desk/test_world.h"
#include "mail/ids.h"
#include "mail/outbox.h"
#include "mail/spool.h"

#define SUPPORT "support@desk.example"

static const char FIRST[] = "From: Ana Ruiz <ana@example.org>\n"
                            "To: support@desk.example\n"
                            "Cc: Bea <bea@example.org>\n"
                            "Subject: Printer prints blank\n"
                            "Message-ID: <first@example.org>\n"
                            "\n"
                            "Help, only white pages.\n";

static const char *mail_from(struct world *w, const char *from, const char *headers)
{
    return mem_printf(w->ctx,
                      "From: %s\nTo: support@desk.example\nSubject: Re: Printer\n%s\nMore of it.\n",
                      from, headers);
}

static size_t mails_out(struct world *w, int64_t ticket, struct outmail **ret)
{
    struct error err;
    struct db *db = NULL;
    size_t count = 0;
    assert_true(db_read_begin(w->app.db, &db, &err));
    assert_true(
        mail_outbox_of_ticket(db, w->ctx, (struct ticket_id){ticket}, 100, ret, &count, &err));
    db_read_end(db);
    return count;
}

static int64_t waiting(struct world *w)
{
    struct error err;
    struct db *db = NULL;
    int64_t count = 0;
    assert_true(db_read_begin(w->app.db, &db, &err));
    assert_true(mail_spool_count(db, MAIL_QUARANTINED, &count, &err));
    db_read_end(db);
    return count;
}

static struct ticket_comment last_comment(struct world *w, int64_t ticket, size_t *ret_count)
{
    struct error err;
    struct db *db = NULL;
    struct ticket_comment *comments = NULL;
    struct actor system = actor_system(CHANNEL_SYSTEM);
    assert_true(db_read_begin(w->app.db, &db, &err));
    assert_true(ticket_comments(db, w->ctx, &system, (struct ticket_id){ticket}, &comments,
                                ret_count, &err));
    db_read_end(db);
    assert_true(*ret_count > 0);
    return comments[*ret_count - 1];
}

static void a_mail_becomes_a_ticket_and_is_acknowledged_once(void **state)
{
    struct world *w = *state;
    struct outmail *mails = NULL;
    assert_int_equal(world_mail(w, SUPPORT, FIRST), INTAKE_TAKEN);
    struct ticket ticket = world_ticket(w, 1);
    assert_true(str_eq_c(ticket.subject, "Printer prints blank"));
    assert_true(str_eq_c(ticket.channel, "email"));
    assert_true(str_eq_c(ticket.recipient, SUPPORT));
    assert_int_equal(mails_out(w, 1, &mails), 1);
    assert_true(str_eq_c(mails[0].kind, "received"));
    assert_true(mails[0].automatic);
    // The same message again is the same message.
    assert_int_equal(world_mail(w, SUPPORT, FIRST), INTAKE_TAKEN);
    assert_int_equal(world_count(w), 1);
    assert_int_equal(mails_out(w, 1, &mails), 1);
}

static void other_peoples_mailboxes_are_refused(void **state)
{
    struct world *w = *state;
    assert_int_equal(world_mail(w, "someone@else.example", FIRST), INTAKE_REFUSED);
    assert_int_equal(world_count(w), 0);
}

static void replies_join_by_known_message_id(void **state)
{
    struct world *w = *state;
    size_t count = 0;
    (void)world_mail(w, SUPPORT, FIRST);
    (void)world_mail(w, SUPPORT,
                     mail_from(w, "ana@example.org",
                               "References: <first@example.org>\n"
                               "Message-ID: <second@example.org>\n"));
    assert_int_equal(world_count(w), 1);
    assert_true(str_none(last_comment(w, 1, &count).stranger));
    // Somebody unknown who answers it is let in, and marked.
    (void)world_mail(w, SUPPORT,
                     mail_from(w, "zoe@example.net",
                               "In-Reply-To: <second@example.org>\n"
                               "Message-ID: <third@example.org>\n"));
    assert_int_equal(world_count(w), 1);
    assert_true(str_eq_c(last_comment(w, 1, &count).stranger, "reference"));
    assert_int_equal(count, 3);
}

static void a_token_proves_and_a_forged_one_does_not(void **state)
{
    struct world *w = *state;
    size_t count = 0;
    (void)world_mail(w, SUPPORT, FIRST);
    struct ticket ticket = world_ticket(w, 1);
    struct str address =
        mail_reply_address(w->ctx, w->app.secret, STR(SUPPORT), ticket.id, ticket.requester);
    (void)world_mail(w, address.ptr,
                     mail_from(w, "new@example.net", "Message-ID: <x@example.net>\n"));
    assert_int_equal(world_count(w), 1);
    assert_true(str_eq_c(last_comment(w, 1, &count).stranger, "token"));
    char *forged = mem_text(w->ctx, address.ptr);
    char *plus = forged;
    while (*plus != '+') {
        plus++;
    }
    plus[3] = plus[3] == 'a' ? 'b' : 'a';
    (void)world_mail(w, forged, mail_from(w, "evil@example.net", "Message-ID: <y@example.net>\n"));
    assert_int_equal(world_count(w), 2);
}

static void a_subject_tag_is_believed_from_participants_only(void **state)
{
    struct world *w = *state;
    size_t count = 0;
    (void)world_mail(w, SUPPORT, FIRST);
    (void)world_mail(w, SUPPORT,
                     "From: evil@example.net\nTo: support@desk.example\n"
                     "Subject: Re: Printer [#1]\nMessage-ID: <e@example.net>\n\nlet me in\n");
    assert_int_equal(world_count(w), 2);
    (void)world_mail(w, SUPPORT,
                     "From: ana@example.org\nTo: support@desk.example\n"
                     "Subject: Re: Printer [#1]\nMessage-ID: <f@example.org>\n\nstill white\n");
    assert_int_equal(world_count(w), 2);
    (void)last_comment(w, 1, &count);
    assert_int_equal(count, 2);
}

static void forged_staff_stay_internal(void **state)
{
    struct world *w = *state;
    size_t count = 0;
    struct outmail *mails = NULL;
    (void)world_mail(w, SUPPORT, FIRST);
    (void)world_mail(w, SUPPORT,
                     mail_from(w, "Tom <tom@desk.example>",
                               "In-Reply-To: <first@example.org>\n"
                               "Message-ID: <t@desk.example>\n"));
    struct ticket_comment comment = last_comment(w, 1, &count);
    assert_int_equal(count, 2);
    assert_false(comment.is_public);
    assert_true(str_eq_c(comment.stranger, "unproven"));
    // Nothing but the acknowledgement left.
    assert_int_equal(mails_out(w, 1, &mails), 1);
}

static void machines_wake_nothing_and_get_no_answer(void **state)
{
    struct world *w = *state;
    struct error err;
    struct outmail *mails = NULL;
    struct ticket_outcome outcome;
    struct actor tom = world_actor(&w->tom);
    (void)world_mail(w, SUPPORT, FIRST);
    struct ticket_change solve = {.ticket = {1}, .set = SET_STATUS, .status = STATUS_SOLVED};
    assert_true(
        ticket_apply_run(&w->desk->tickets, w->app.db, w->ctx, &tom, &solve, &outcome, &err));
    (void)world_mail(w, SUPPORT,
                     mail_from(w, "ana@example.org",
                               "In-Reply-To: <first@example.org>\n"
                               "Auto-Submitted: auto-replied\n"
                               "Message-ID: <a@example.org>\n"));
    assert_int_equal(world_ticket(w, 1).status, STATUS_SOLVED);
    (void)world_mail(w, SUPPORT,
                     mail_from(w, "ana@example.org",
                               "In-Reply-To: <first@example.org>\n"
                               "Message-ID: <b@example.org>\n"));
    assert_int_equal(world_ticket(w, 1).status, STATUS_OPEN);
    (void)world_mail(w, SUPPORT,
                     "From: news@example.com\nTo: support@desk.example\nSubject: Offers\n"
                     "Precedence: bulk\nMessage-ID: <n@example.com>\n\nBuy now\n");
    assert_int_equal(mails_out(w, 2, &mails), 0);
}

static void what_cannot_be_placed_waits_with_a_reason(void **state)
{
    struct world *w = *state;
    assert_int_equal(world_mail(w, SUPPORT, "Subject: nobody\nMessage-ID: <q@x.example>\n\nhi\n"),
                     INTAKE_TAKEN);
    assert_int_equal(world_mail(w, SUPPORT,
                                mail_from(w, "ana@example.org",
                                          "Auto-Submitted: auto-replied\n"
                                          "Message-ID: <o@example.org>\n")),
                     INTAKE_TAKEN);
    assert_int_equal(
        world_mail(w, SUPPORT, mail_from(w, "support@desk.example", "Message-ID: <s@x.example>\n")),
        INTAKE_TAKEN);
    assert_int_equal(world_count(w), 0);
    assert_int_equal(waiting(w), 3);
}

static void closed_tickets_get_a_follow_up(void **state)
{
    struct world *w = *state;
    struct error err;
    struct ticket_outcome outcome;
    struct actor tom = world_actor(&w->tom);
    (void)world_mail(w, SUPPORT, FIRST);
    struct ticket_change close = {.ticket = {1}, .set = SET_STATUS, .status = STATUS_CLOSED};
    assert_true(
        ticket_apply_run(&w->desk->tickets, w->app.db, w->ctx, &tom, &close, &outcome, &err));
    (void)world_mail(w, SUPPORT,
                     mail_from(w, "ana@example.org",
                               "In-Reply-To: <first@example.org>\n"
                               "Message-ID: <again@example.org>\n"));
    assert_int_equal(world_count(w), 2);
    assert_int_equal(world_ticket(w, 2).followup_of.v, 1);
}

static void replies_of_staff_go_to_everybody_and_notes_to_nobody(void **state)
{
    struct world *w = *state;
    struct error err;
    struct outmail *mails = NULL;
    struct ticket_outcome outcome;
    struct actor tom = world_actor(&w->tom);
    (void)world_mail(w, SUPPORT, FIRST);
    struct new_comment note = {
        .body = STR("vendor is late"), .quoted_from = -1, .stranger = STR_NONE};
    struct ticket_change internal = {.ticket = {1}, .comment = &note};
    assert_true(
        ticket_apply_run(&w->desk->tickets, w->app.db, w->ctx, &tom, &internal, &outcome, &err));
    assert_int_equal(mails_out(w, 1, &mails), 1);
    struct new_comment reply = {.body = STR("On my way"),
                                .is_public = true,
                                .quoted_from = -1,
                                .stranger = STR_NONE,
                                .held_until = clock_now(&w->clock) + 10 * SECONDS_MS};
    struct ticket_change public = {.ticket = {1}, .comment = &reply};
    assert_true(
        ticket_apply_run(&w->desk->tickets, w->app.db, w->ctx, &tom, &public, &outcome, &err));
    // The requester and Bea, who is in copy.
    assert_int_equal(mails_out(w, 1, &mails), 3);
    assert_true(str_eq_c(mails[0].kind, "reply"));
    assert_true(mails[0].send_at > clock_now(&w->clock));
}

struct undo {
    struct world *w;
    struct comment_id comment;
    const struct user *by;
};

static bool undo_in_tx(struct db *tx, void *arg, struct error *err)
{
    struct undo *undo = arg;
    struct ticket_id ticket;
    struct actor actor = world_actor(undo->by);
    return channels_undo_reply(undo->w->desk, tx, undo->w->ctx, &actor, undo->comment, &ticket,
                               err);
}

static void a_reply_can_be_taken_back_by_its_author(void **state)
{
    struct world *w = *state;
    struct error err;
    struct outmail *mails = NULL;
    struct ticket_outcome outcome;
    struct actor tom = world_actor(&w->tom);
    size_t count = 0;
    (void)world_mail(w, SUPPORT, FIRST);
    struct new_comment reply = {.body = STR("Oops"),
                                .is_public = true,
                                .quoted_from = -1,
                                .stranger = STR_NONE,
                                .held_until = clock_now(&w->clock) + 10 * SECONDS_MS};
    struct ticket_change change = {
        .ticket = {1}, .set = SET_STATUS, .status = STATUS_PENDING, .comment = &reply};
    assert_true(
        ticket_apply_run(&w->desk->tickets, w->app.db, w->ctx, &tom, &change, &outcome, &err));
    struct undo undo = {w, outcome.comment, &w->admin};
    assert_false(db_tx_run(w->app.db, "undo", undo_in_tx, &undo, &err));
    assert_int_equal(err.code, ERR_FORBIDDEN);
    undo.by = &w->tom;
    assert_true(db_tx_run(w->app.db, "undo", undo_in_tx, &undo, &err));
    assert_true(last_comment(w, 1, &count).withdrawn);
    assert_true(mails_out(w, 1, &mails) >= 2);
    assert_int_equal(mails[0].state, OUTMAIL_CANCELLED);
    assert_int_equal(world_ticket(w, 1).status, STATUS_OPEN);
}

static struct ticket_comment *seen_by_ana(struct world *w, size_t *ret_count)
{
    struct ticket_comment *comments = NULL;
    struct error err;
    struct actor ana = {.user = world_ticket(w, 1).requester, .role = ROLE_END_USER};
    struct db *db = NULL;
    assert_true(db_read_begin(w->app.db, &db, &err));
    assert_true(
        ticket_comments(db, w->ctx, &ana, (struct ticket_id){1}, &comments, ret_count, &err));
    db_read_end(db);
    return comments;
}

static void what_can_be_taken_back_is_not_shown_yet(void **state)
{
    struct world *w = *state;
    struct error err;
    struct ticket_outcome outcome;
    struct actor tom = world_actor(&w->tom);
    size_t count = 0;
    (void)world_mail(w, SUPPORT, FIRST);
    struct new_comment reply = {.body = STR("On my way"),
                                .is_public = true,
                                .quoted_from = -1,
                                .stranger = STR_NONE,
                                .held_until = clock_now(&w->clock) + 10 * SECONDS_MS};
    struct ticket_change change = {.ticket = {1}, .comment = &reply};
    assert_true(
        ticket_apply_run(&w->desk->tickets, w->app.db, w->ctx, &tom, &change, &outcome, &err));
    (void)seen_by_ana(w, &count);
    assert_int_equal(count, 1);
    struct job job = {.kind = STR(REPLY_RELEASE_JOB),
                      .payload = str_printf(w->ctx, "%lld", (long long)outcome.comment.v)};
    for (int i = 0; i < 2; i++) {
        assert_true(channels_release_job(w->desk, w->ctx, &job, &err));
        assert_int_equal(seen_by_ana(w, &count)[1].id.v, outcome.comment.v);
        assert_int_equal(count, 2);
    }
    struct undo undo = {w, outcome.comment, &w->tom};
    assert_false(db_tx_run(w->app.db, "undo", undo_in_tx, &undo, &err));
    assert_int_equal(err.code, ERR_CONFLICT);
}

// --- forwarded by agents ------------------------------------------------------------------------

static enum intake_result forward_mail(struct world *w, const char *envelope, const char *raw)
{
    struct error err;
    const struct letter letter = {
        .envelope_from = str_c(envelope), .recipient = STR(SUPPORT), .raw = str_c(raw)};
    return intake_letter(w->desk, w->ctx, &letter, &err);
}

#define FORWARDED(from, more)                                                                      \
    "From: " from "\nTo: support@desk.example\nSubject: WG: Broken screen\n" more                  \
    "\nHe writes like this every week.\n\n---------- Forwarded message ---------\n"                \
    "From: *Carl Client* <carl@client.example>\nDate: Fri, Nov 20, 2026 at 8:00 AM\n"              \
    "Subject: Broken screen\nTo: Tom <tom@desk.example>\n\nMy screen is broken.\n"

static struct user requester_of(struct world *w, int64_t ticket)
{
    struct error err;
    struct db *db = NULL;
    struct user user = {0};
    bool found = false;
    assert_true(db_read_begin(w->app.db, &db, &err));
    assert_true(user_find(db, w->ctx, world_ticket(w, ticket).requester, &user, &found, &err));
    db_read_end(db);
    assert_true(found);
    return user;
}

static void what_an_agent_forwards_is_the_senders_request(void **state)
{
    struct world *w = *state;
    struct outmail *mails = NULL;
    size_t count = 0;
    struct user tom = world_person(w, "verified@desk.example", ROLE_AGENT);
    assert_int_equal(forward_mail(w, tom.email.ptr, FORWARDED("Tom <verified@desk.example>", "")),
                     INTAKE_TAKEN);
    struct ticket ticket = world_ticket(w, 1);
    assert_true(str_eq_c(ticket.subject, "Broken screen"));
    assert_true(str_eq_c(requester_of(w, 1).email, "carl@client.example"));
    assert_true(str_eq_c(requester_of(w, 1).name, "Carl Client"));
    assert_int_equal(ticket.submitter.v, tom.id.v);
    // The agent's own words are a note; the requester reads theirs only, and is the one who hears.
    struct ticket_comment note = last_comment(w, 1, &count);
    assert_int_equal(count, 2);
    assert_false(note.is_public);
    assert_int_equal(note.author.v, tom.id.v);
    assert_true(str_find(note.body, STR("every week")) >= 0);
    assert_true(str_find(note.body, STR("verified@desk.example")) >= 0);
    assert_int_equal(mails_out(w, 1, &mails), 1);
    assert_true(str_eq_c(mails[0].address, "carl@client.example"));
}

static void the_forwarders_words_are_not_in_the_request(void **state)
{
    struct world *w = *state;
    struct error err;
    struct db *db = NULL;
    struct ticket_comment *comments = NULL;
    size_t count = 0;
    struct actor system = actor_system(CHANNEL_SYSTEM);
    (void)world_person(w, "verified@desk.example", ROLE_AGENT);
    assert_int_equal(
        forward_mail(w, "verified@desk.example", FORWARDED("Tom <verified@desk.example>", "")),
        INTAKE_TAKEN);
    assert_true(db_read_begin(w->app.db, &db, &err));
    assert_true(
        ticket_comments(db, w->ctx, &system, (struct ticket_id){1}, &comments, &count, &err));
    db_read_end(db);
    assert_true(str_eq_c(str_trim(comments[0].body), "My screen is broken."));
    assert_true(comments[0].is_public);
}

static void strangers_forward_in_their_own_name(void **state)
{
    struct world *w = *state;
    static const struct {
        const char *envelope, *raw, *requester;
    } CASES[] = {
        // An end user.
        {"eve@evil.example", FORWARDED("Eve <eve@evil.example>", ""), "eve@evil.example"},
        // The agent's address in From, somebody else's envelope.
        {"eve@evil.example", FORWARDED("Tom <verified@desk.example>", "Message-ID: <1@x>\n"),
         "verified@desk.example"},
        // No envelope at all, handed over.
        {"", FORWARDED("Tom <verified@desk.example>", "Message-ID: <2@x>\n"),
         "verified@desk.example"},
        // Our mail server says that it is forged.
        {"verified@desk.example",
         FORWARDED("Tom <verified@desk.example>",
                   "Message-ID: <3@x>\nAuthentication-Results: mx; spf=pass; dmarc=fail\n"),
         "verified@desk.example"},
        // A machine.
        {"verified@desk.example",
         FORWARDED("Tom <verified@desk.example>", "Message-ID: <4@x>\nPrecedence: bulk\n"),
         "verified@desk.example"},
    };
    (void)world_person(w, "verified@desk.example", ROLE_AGENT);
    for (size_t i = 0; i < sizeof CASES / sizeof *CASES; i++) {
        assert_int_equal(forward_mail(w, CASES[i].envelope, CASES[i].raw), INTAKE_TAKEN);
        assert_true(str_eq_c(requester_of(w, (int64_t)i + 1).email, CASES[i].requester));
    }
}

static void forwarding_can_be_switched_off_and_staff_speak_for_themselves(void **state)
{
    struct world *w = *state;
    (void)world_person(w, "verified@desk.example", ROLE_AGENT);
    (void)world_person(w, "carl@client.example", ROLE_AGENT);
    assert_int_equal(forward_mail(w, "verified@desk.example",
                                  FORWARDED("Tom <verified@desk.example>", "Message-ID: <1@x>\n")),
                     INTAKE_TAKEN);
    assert_true(str_eq_c(requester_of(w, 1).email, "verified@desk.example"));
    w->config.agent_forwarding = 0;
    assert_int_equal(
        forward_mail(w, "verified@desk.example",
                     "From: Tom <verified@desk.example>\nSubject: Fwd: x\n\n"
                     "---------- Forwarded message ---------\nFrom: Dan <dan@client.example>\n"
                     "Date: Fri\nSubject: x\nTo: Tom\n\nHello.\n"),
        INTAKE_TAKEN);
    assert_true(str_eq_c(requester_of(w, 2).email, "verified@desk.example"));
}

static void forwarded_as_an_attachment(void **state)
{
    struct world *w = *state;
    size_t count = 0;
    (void)world_person(w, "verified@desk.example", ROLE_AGENT);
    assert_int_equal(
        forward_mail(w, "verified@desk.example",
                     "From: Tom <verified@desk.example>\nSubject: FW: Screen\nMIME-Version: 1.0\n"
                     "Content-Type: multipart/mixed; boundary=b\n\n--b\n"
                     "Content-Type: text/plain\n\nSee below.\n--b\n"
                     "Content-Type: message/rfc822\n\nFrom: Carl <carl@client.example>\n"
                     "Subject: Screen\n\nIt is dark.\n--b--\n"),
        INTAKE_TAKEN);
    assert_true(str_eq_c(requester_of(w, 1).email, "carl@client.example"));
    assert_true(str_find(last_comment(w, 1, &count).body, STR("See below.")) >= 0);
    assert_int_equal(count, 2);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)
    const struct CMUnitTest tests[] = {
        CASE(what_an_agent_forwards_is_the_senders_request),
        CASE(the_forwarders_words_are_not_in_the_request),
        CASE(strangers_forward_in_their_own_name),
        CASE(forwarding_can_be_switched_off_and_staff_speak_for_themselves),
        CASE(forwarded_as_an_attachment),
        CASE(a_mail_becomes_a_ticket_and_is_acknowledged_once),
        CASE(other_peoples_mailboxes_are_refused),
        CASE(replies_join_by_known_message_id),
        CASE(a_token_proves_and_a_forged_one_does_not),
        CASE(a_subject_tag_is_believed_from_participants_only),
        CASE(forged_staff_stay_internal),
        CASE(machines_wake_nothing_and_get_no_answer),
        CASE(what_cannot_be_placed_waits_with_a_reason),
        CASE(closed_tickets_get_a_follow_up),
        CASE(replies_of_staff_go_to_everybody_and_notes_to_nobody),
        CASE(a_reply_can_be_taken_back_by_its_author),
        CASE(what_can_be_taken_back_is_not_shown_yet),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
