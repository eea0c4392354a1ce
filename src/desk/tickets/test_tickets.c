// SPDX-License-Identifier: GPL-3.0-or-later
//
// The room's rules over a real SQLite file; the people room is played by three functions below.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/random.h"
#include "desk/people/people.h"
#include "desk/tickets/tickets.h"
#include "migrations.h"

enum { ANA = 1001, BOB = 1002, TOM = 2001, LENA = 2002, RAJ = 2003, PAULA = 2004 };
enum { GROUP_WORKPLACE = 11, GROUP_NETWORK = 12 };

bool user_find(struct db *db, mem_ctx *ctx, struct user_id id, struct user *ret, bool *ret_found,
               struct error *err)
{
    (void)db;
    (void)ctx;
    (void)err;
    *ret = (struct user){.id = id,
                         .name = STR("Somebody"),
                         .role = id.v >= PAULA ? ROLE_LIGHT_AGENT
                                 : id.v >= TOM ? ROLE_AGENT
                                               : ROLE_END_USER,
                         .default_group = {id.v == RAJ ? GROUP_NETWORK : GROUP_WORKPLACE},
                         .active = true};
    *ret_found = id.v >= ANA && id.v <= PAULA;
    return true;
}

bool group_exists(struct db *db, struct group_id id, bool *ret, struct error *err)
{
    (void)db;
    (void)err;
    *ret = id.v == GROUP_WORKPLACE || id.v == GROUP_NETWORK;
    return true;
}

bool group_has_member(struct db *db, struct group_id group, struct user_id user, bool *ret,
                      struct error *err)
{
    (void)db;
    (void)err;
    *ret = (user.v == RAJ) == (group.v == GROUP_NETWORK);
    return true;
}

struct fixture {
    mem_ctx *ctx;
    char folder[64];
    struct db_store *store;
    struct clock clock;
    struct tickets room;
    struct actor ana, bob, tom, lena, paula, admin, restricted;
};

static struct actor actor(int64_t id, enum role role)
{
    return (struct actor){.user = {id},
                          .role = role,
                          .scope = SCOPE_ALL,
                          .name = STR("x"),
                          .address = STR_NONE,
                          .channel = CHANNEL_WEB};
}

static int setup(void **state)
{
    static const struct group_id NETWORK[] = {{GROUP_NETWORK}};
    struct error err;
    random_init();
    struct fixture *f = calloc(1, sizeof *f);
    f->ctx = mem_ctx_new(NULL, "test");
    (void)snprintf(f->folder, sizeof f->folder, "/tmp/steward-tickets-XXXXXX");
    assert_non_null(mkdtemp(f->folder));
    struct db_options options = {.url = mem_printf(f->ctx, "sqlite:%s/t.db", f->folder),
                                 .migrations = MIGRATIONS,
                                 .migration_count = MIGRATION_COUNT};
    if (!db_open(f->ctx, &options, &f->store, &err)) {
        fail_msg("%s (%s)", err.message, err.detail);
    }
    clock_init(&f->clock);
    clock_freeze(&f->clock, time_from_civil(2026, 11, 23, 9, 0, 0));
    f->room.clock = &f->clock;
    f->ana = actor(ANA, ROLE_END_USER);
    f->bob = actor(BOB, ROLE_END_USER);
    f->tom = actor(TOM, ROLE_AGENT);
    f->lena = actor(LENA, ROLE_AGENT);
    f->paula = actor(PAULA, ROLE_LIGHT_AGENT);
    f->admin = actor(TOM, ROLE_ADMIN);
    f->restricted = actor(RAJ, ROLE_AGENT);
    f->restricted.scope = SCOPE_GROUPS;
    f->restricted.groups = NETWORK;
    f->restricted.group_count = 1;
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    mem_free(f->ctx);
    char command[128];
    static const char *const NAMES[] = {"t.db", "t.db-wal", "t.db-shm"};
    for (size_t i = 0; i < 3; i++) {
        (void)snprintf(command, sizeof command, "%s/%s", f->folder, NAMES[i]);
        (void)unlink(command);
    }
    (void)rmdir(f->folder);
    free(f);
    return 0;
}

static struct new_comment says(const char *text, bool is_public)
{
    return (struct new_comment){.body = str_c(text), .is_public = is_public, .quoted_from = -1};
}

static struct ticket_outcome must(struct fixture *f, const struct actor *who,
                                  const struct ticket_change *change)
{
    struct ticket_outcome outcome;
    struct error err;
    clock_freeze(&f->clock, clock_now(&f->clock) + MINUTES_MS);
    if (!ticket_apply_run(&f->room, f->store, f->ctx, who, change, &outcome, &err)) {
        fail_msg("%s: %s (%s)", err.field, err.message, err.detail);
    }
    return outcome;
}

static struct error must_not(struct fixture *f, const struct actor *who,
                             const struct ticket_change *change)
{
    struct ticket_outcome outcome;
    struct error err = {0};
    if (ticket_apply_run(&f->room, f->store, f->ctx, who, change, &outcome, &err)) {
        fail_msg("was allowed");
    }
    return err;
}

static struct ticket_outcome ask(struct fixture *f, const struct actor *who, const char *text)
{
    struct new_comment comment = says(text, true);
    struct ticket_change change = {
        .comment = &comment, .set = SET_SUBJECT, .subject = str_c("Printer prints blank")};
    return must(f, who, &change);
}

static void numbers_count_from_one(void **state)
{
    struct fixture *f = *state;
    struct ticket_outcome first = ask(f, &f->ana, "It prints empty pages");
    struct ticket_outcome second = ask(f, &f->bob, "Mine too");
    assert_int_equal(first.after.id.v, 1);
    assert_int_equal(second.after.id.v, 2);
    assert_int_equal(first.after.status, STATUS_NEW);
    assert_int_equal(first.after.requester.v, ANA);
    assert_true(first.after.is_public);
    assert_true(first.comment.v != 0 && first.audit.v != 0);
}

static void a_failed_creation_takes_no_number(void **state)
{
    struct fixture *f = *state;
    struct new_comment comment = says("x", true);
    struct ticket_change change = {.comment = &comment, .set = SET_ASSIGNEE, .assignee = {ANA}};
    assert_string_equal(must_not(f, &f->tom, &change).field, "assignee");
    assert_int_equal(ask(f, &f->ana, "Help").after.id.v, 1);
}

static void an_empty_request_is_refused(void **state)
{
    struct fixture *f = *state;
    struct new_comment comment = says("  \n", true);
    struct ticket_change change = {.comment = &comment};
    struct error err = must_not(f, &f->ana, &change);
    assert_int_equal(err.code, ERR_INVALID);
    assert_string_equal(err.field, "base");
    assert_string_equal(err.word, "BlankValue");
    change.comment = NULL;
    assert_string_equal(must_not(f, &f->ana, &change).word, "BlankValue");
}

static void steward_is_the_first_assignee_and_stays(void **state)
{
    struct fixture *f = *state;
    struct ticket_id id = ask(f, &f->ana, "Help").after.id;
    struct ticket_change take = {.ticket = id, .set = SET_ASSIGNEE, .assignee = {TOM}};
    struct ticket_outcome taken = must(f, &f->tom, &take);
    assert_int_equal(taken.after.status, STATUS_OPEN);
    assert_int_equal(taken.after.steward.v, TOM);
    assert_int_equal(taken.after.group.v, GROUP_WORKPLACE);
    take.assignee.v = RAJ;
    struct ticket_outcome passed = must(f, &f->tom, &take);
    assert_int_equal(passed.after.assignee.v, RAJ);
    assert_int_equal(passed.after.steward.v, TOM);
    assert_int_equal(passed.after.group.v, GROUP_NETWORK);
}

static void assignee_must_belong_to_a_given_group(void **state)
{
    struct fixture *f = *state;
    struct ticket_id id = ask(f, &f->ana, "Help").after.id;
    struct ticket_change both = {
        .ticket = id, .set = SET_ASSIGNEE | SET_GROUP, .assignee = {TOM}, .group = {GROUP_NETWORK}};
    assert_string_equal(must_not(f, &f->tom, &both).field, "assignee");
    struct ticket_change take = {.ticket = id, .set = SET_ASSIGNEE, .assignee = {TOM}};
    (void)must(f, &f->tom, &take);
    struct ticket_change move = {.ticket = id, .set = SET_GROUP, .group = {GROUP_NETWORK}};
    assert_int_equal(must(f, &f->tom, &move).after.assignee.v, 0);
}

static void replies_wake_and_machines_do_not(void **state)
{
    struct fixture *f = *state;
    struct ticket_id id = ask(f, &f->ana, "Help").after.id;
    struct new_comment answer = says("Done?", true);
    struct ticket_change solve = {
        .ticket = id, .comment = &answer, .set = SET_STATUS, .status = STATUS_SOLVED};
    struct ticket_outcome solved = must(f, &f->tom, &solve);
    assert_int_equal(solved.after.assignee.v, TOM);
    assert_true(solved.after.solved_at != 0);
    struct new_comment away = says("I am away until Monday", true);
    struct ticket_change machine = {.ticket = id, .comment = &away, .by_machine = true};
    assert_int_equal(must(f, &f->ana, &machine).after.status, STATUS_SOLVED);
    struct new_comment reply = says("It came back", true);
    struct ticket_change human = {.ticket = id, .comment = &reply};
    struct ticket_outcome woken = must(f, &f->ana, &human);
    assert_int_equal(woken.after.status, STATUS_OPEN);
    assert_int_equal(woken.after.solved_at, 0);
    assert_int_equal(woken.after.comment_count, 4);
}

static void strangers_find_nothing(void **state)
{
    struct fixture *f = *state;
    struct ticket_id id = ask(f, &f->ana, "Help").after.id;
    struct new_comment comment = says("Let me in", true);
    struct ticket_change change = {.ticket = id, .comment = &comment};
    assert_int_equal(must_not(f, &f->bob, &change).code, ERR_NOT_FOUND);
    struct db *db = NULL;
    struct error err;
    struct ticket ticket;
    assert_true(db_read_begin(f->store, &db, &err));
    assert_false(ticket_load(db, f->ctx, &f->bob, id, &ticket, &err));
    assert_int_equal(err.code, ERR_NOT_FOUND);
    assert_false(ticket_load(db, f->ctx, &f->restricted, id, &ticket, &err));
    assert_int_equal(err.code, ERR_NOT_FOUND);
    assert_true(ticket_load(db, f->ctx, &f->ana, id, &ticket, &err));
    db_read_end(db);
}

static void end_users_change_no_fields(void **state)
{
    struct fixture *f = *state;
    struct ticket_id id = ask(f, &f->ana, "Help").after.id;
    struct ticket_change change = {.ticket = id, .set = SET_PRIORITY, .priority = PRIORITY_URGENT};
    assert_int_equal(must_not(f, &f->ana, &change).code, ERR_FORBIDDEN);
    struct new_comment note = says("psst", false);
    struct ticket_change internal = {.ticket = id, .comment = &note};
    assert_int_equal(must_not(f, &f->ana, &internal).code, ERR_FORBIDDEN);
    struct ticket_change solved = {.ticket = id, .set = SET_STATUS, .status = STATUS_SOLVED};
    assert_int_equal(must(f, &f->ana, &solved).after.status, STATUS_SOLVED);
    struct new_comment for_bob = says("for him", true);
    struct ticket_change other = {.comment = &for_bob, .set = SET_REQUESTER, .requester = {BOB}};
    assert_int_equal(must_not(f, &f->ana, &other).code, ERR_FORBIDDEN);
}

static void light_agents_write_notes_only(void **state)
{
    struct fixture *f = *state;
    struct ticket_id id = ask(f, &f->ana, "Help").after.id;
    struct new_comment reply = says("Hello", true);
    struct ticket_change change = {.ticket = id, .comment = &reply};
    assert_int_equal(must_not(f, &f->paula, &change).code, ERR_FORBIDDEN);
    reply.is_public = false;
    (void)must(f, &f->paula, &change);
    struct ticket_change fields = {.ticket = id, .set = SET_STATUS, .status = STATUS_SOLVED};
    assert_int_equal(must_not(f, &f->paula, &fields).code, ERR_FORBIDDEN);
}

static void internal_notes_stay_inside(void **state)
{
    struct fixture *f = *state;
    struct ticket_id id = ask(f, &f->ana, "Help").after.id;
    struct new_comment note = says("The xylophone vendor is late", false);
    struct ticket_change change = {.ticket = id, .comment = &note};
    (void)must(f, &f->tom, &change);
    struct db *db = NULL;
    struct error err;
    struct ticket_comment *comments = NULL;
    struct ticket_hit *hits = NULL;
    size_t count = 0;
    assert_true(db_read_begin(f->store, &db, &err));
    assert_true(ticket_comments(db, f->ctx, &f->ana, id, &comments, &count, &err));
    assert_int_equal(count, 1);
    assert_true(ticket_comments(db, f->ctx, &f->tom, id, &comments, &count, &err));
    assert_int_equal(count, 2);
    assert_true(tickets_search(db, f->ctx, &f->ana, STR("xylophone"), 10, &hits, &count, &err));
    assert_int_equal(count, 0);
    assert_true(tickets_search(db, f->ctx, &f->tom, STR("xylo*"), 10, &hits, &count, &err));
    assert_int_equal(count, 1);
    db_read_end(db);
}

static void every_change_is_an_audit(void **state)
{
    struct fixture *f = *state;
    struct ticket_id id = ask(f, &f->ana, "Help").after.id;
    struct ticket_change change = {.ticket = id,
                                   .set = SET_PRIORITY | SET_TAGS,
                                   .priority = PRIORITY_HIGH,
                                   .tags = STR("Printer  alpha,printer")};
    assert_true(str_eq_c(must(f, &f->tom, &change).after.tags, "alpha printer"));
    // The same again changes nothing: no audit, no new time.
    assert_int_equal(must(f, &f->tom, &change).audit.v, 0);
    struct db *db = NULL;
    struct error err;
    struct ticket_audit *audits = NULL;
    struct ticket_event *events = NULL;
    size_t count = 0;
    size_t event_count = 0;
    struct ticket_id untagged = ask(f, &f->ana, "No tags").after.id;
    struct ticket_change urgent = {
        .ticket = untagged, .set = SET_PRIORITY, .priority = PRIORITY_URGENT};
    (void)must(f, &f->tom, &urgent);
    assert_true(db_read_begin(f->store, &db, &err));
    assert_true(ticket_audits(db, f->ctx, untagged, &audits, &count, &events, &event_count, &err));
    // No tags before and none after is no change of tags.
    assert_true(str_eq_c(events[event_count - 1].field, "priority"));
    assert_true(ticket_audits(db, f->ctx, id, &audits, &count, &events, &event_count, &err));
    assert_int_equal(count, 2);
    assert_true(str_eq_c(events[0].kind, "Comment"));
    assert_true(str_eq_c(events[event_count - 1].field, "tags"));
    assert_true(str_eq_c(events[event_count - 2].field, "priority"));
    assert_true(str_none(events[event_count - 2].previous));
    db_read_end(db);
}

static void a_stale_version_conflicts(void **state)
{
    struct fixture *f = *state;
    struct ticket_outcome made = ask(f, &f->ana, "Help");
    struct ticket_change change = {.ticket = made.after.id,
                                   .expect_version = made.after.version,
                                   .set = SET_PRIORITY,
                                   .priority = PRIORITY_HIGH};
    (void)must(f, &f->tom, &change);
    change.priority = PRIORITY_LOW;
    assert_int_equal(must_not(f, &f->lena, &change).code, ERR_CONFLICT);
}

static void closed_tickets_want_a_follow_up(void **state)
{
    struct fixture *f = *state;
    struct ticket_id id = ask(f, &f->ana, "Help").after.id;
    struct ticket_change close = {.ticket = id, .set = SET_STATUS, .status = STATUS_CLOSED};
    (void)must(f, &f->tom, &close);
    struct new_comment reply = says("Again", true);
    struct ticket_change change = {.ticket = id, .comment = &reply};
    assert_int_equal(must_not(f, &f->ana, &change).code, ERR_GONE);
}

static void lists_page_by_key_without_gap_or_double(void **state)
{
    struct fixture *f = *state;
    for (int i = 0; i < 25; i++) {
        (void)ask(f, i % 2 == 0 ? &f->ana : &f->bob, "Help");
    }
    struct ticket_query query = {.sort = TC_UPDATED, .descending = true, .limit = 10};
    struct db *db = NULL;
    struct error err;
    int64_t expect = 25;
    assert_true(db_read_begin(f->store, &db, &err));
    for (;;) {
        struct ticket *rows = NULL;
        size_t count = 0;
        assert_true(tickets_find(db, f->ctx, &f->tom, &query, &rows, &count, &err));
        for (size_t i = 0; i < count; i++) {
            assert_int_equal(rows[i].id.v, expect--);
        }
        if (count < 10) {
            break;
        }
        query.after_id = rows[count - 1].id;
        query.after_value = ticket_sort_value(&rows[count - 1], query.sort);
    }
    assert_int_equal(expect, 0);
    int64_t count = 0;
    struct ticket_query all = {.sort = TC_ID};
    assert_true(tickets_count(db, f->ctx, &f->ana, &all, 100, &count, &err));
    assert_int_equal(count, 13);
    assert_true(tickets_count(db, f->ctx, &f->tom, &all, 7, &count, &err));
    assert_int_equal(count, 7);
    db_read_end(db);
}

static void search_words_cannot_break_the_engine(void **state)
{
    struct fixture *f = *state;
    static const char *const WORDS[] = {"\"",
                                        "a\"b",
                                        "NOT",
                                        "AND OR",
                                        "*",
                                        "-",
                                        "--x",
                                        "a*b*",
                                        "(",
                                        "col:x",
                                        "subject:blank",
                                        "'; DROP TABLE ticket; --",
                                        "\"unclosed phrase",
                                        "-only -negatives",
                                        "NEAR(a b)",
                                        "^a"};
    (void)ask(f, &f->ana, "It's a \"blank\" page");
    struct db *db = NULL;
    struct error err;
    assert_true(db_read_begin(f->store, &db, &err));
    for (size_t i = 0; i < sizeof WORDS / sizeof *WORDS; i++) {
        struct ticket_hit *hits = NULL;
        size_t count = 0;
        if (!tickets_search(db, f->ctx, &f->tom, str_c(WORDS[i]), 10, &hits, &count, &err)) {
            fail_msg("%s: %s", WORDS[i], err.detail);
        }
    }
    struct ticket_hit *hits = NULL;
    size_t count = 0;
    assert_true(
        tickets_search(db, f->ctx, &f->tom, STR("blank -printer"), 10, &hits, &count, &err));
    assert_int_equal(count, 0);
    assert_true(
        tickets_search(db, f->ctx, &f->tom, STR("\"blank page\""), 10, &hits, &count, &err));
    assert_int_equal(count, 1);
    assert_true(str_find(hits[0].snippet.markup, STR("<mark>")) >= 0);
    db_read_end(db);
}

static void uploads_belong_to_their_maker_and_are_used_once(void **state);

struct upload_job {
    struct fixture *f;
    const struct actor *who;
    struct str token;
    struct attachment file;
};

static bool add_upload(struct db *tx, void *arg, struct error *err)
{
    struct upload_job *job = arg;
    struct new_file file = {.hash = STR("00ff"),
                            .file_name = STR("a.txt"),
                            .content_type = STR("text/plain"),
                            .size = 3,
                            .content_id = STR_NONE};
    return upload_add(tx, job->f->ctx, job->who, job->token, &file, clock_now(&job->f->clock),
                      &job->token, &job->file, err);
}

static void uploads_belong_to_their_maker_and_are_used_once(void **state)
{
    struct fixture *f = *state;
    struct error err;
    struct upload_job job = {.f = f, .who = &f->ana, .token = STR_NONE};
    assert_true(db_tx_run(f->store, "upload", add_upload, &job, &err));
    struct new_comment theirs = says("With file", true);
    theirs.uploads = &job.token;
    theirs.upload_count = 1;
    struct ticket_change by_bob = {.comment = &theirs};
    assert_string_equal(must_not(f, &f->bob, &by_bob).field, "uploads");
    struct ticket_id id = must(f, &f->ana, &by_bob).after.id;
    assert_string_equal(must_not(f, &f->ana, &by_bob).field, "uploads");
    struct db *db = NULL;
    struct attachment file;
    assert_true(db_read_begin(f->store, &db, &err));
    assert_true(attachment_load(db, f->ctx, &f->ana, job.file.id, &file, &err));
    assert_int_equal(file.ticket.v, id.v);
    assert_false(attachment_load(db, f->ctx, &f->bob, job.file.id, &file, &err));
    db_read_end(db);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        CASE(numbers_count_from_one),
        CASE(a_failed_creation_takes_no_number),
        CASE(an_empty_request_is_refused),
        CASE(steward_is_the_first_assignee_and_stays),
        CASE(assignee_must_belong_to_a_given_group),
        CASE(replies_wake_and_machines_do_not),
        CASE(strangers_find_nothing),
        CASE(end_users_change_no_fields),
        CASE(light_agents_write_notes_only),
        CASE(internal_notes_stay_inside),
        CASE(every_change_is_an_audit),
        CASE(a_stale_version_conflicts),
        CASE(closed_tickets_want_a_follow_up),
        CASE(lists_page_by_key_without_gap_or_double),
        CASE(search_words_cannot_break_the_engine),
        CASE(uploads_belong_to_their_maker_and_are_used_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
