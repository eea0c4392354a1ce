// SPDX-License-Identifier: GPL-3.0-or-later
//
// Triggers and automations at work: in order, once each, to an end, as a slow and simple reading of
// them would do it; what they may not do; what placeholders say to whom.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/random.h"
#include "base/words.h"
#include "desk/rules/acting.h"
#include "desk/rules/macros.h"
#include "desk/rules/placeholders.h"
#include "desk/test_world.h"
#include "mail/outbox.h"

static void must(bool fine, const struct error *err)
{
    if (!fine) {
        fail_msg("%s: %s (%s)", err->field, err->message, err->detail);
    }
}

// --- making rules and changes -------------------------------------------------------------------

struct draft_rule {
    struct world *w;
    struct rule_change change;
    struct rule_term terms[12];
    struct rule after;
    struct rule_id id;
};

static struct draft_rule draft(struct world *w, enum rule_kind kind, const char *title)
{
    return (struct draft_rule){.w = w,
                               .change = {.set = RULE_TITLE | RULE_CONDITIONS | RULE_ACTIONS,
                                          .values = {.kind = kind, .title = str_c(title)}}};
}

static void add(struct draft_rule *d, enum rule_place place, const char *field, const char *op,
                const char *value)
{
    struct str *values = mem_new(d->w->ctx, struct str);
    *values = str_c(mem_text(d->w->ctx, value));
    d->terms[d->change.values.term_count++] =
        (struct rule_term){.place = place,
                           .field = str_c(mem_text(d->w->ctx, field)),
                           .op = op == NULL ? STR_NONE : str_c(mem_text(d->w->ctx, op)),
                           .values = values,
                           .count = 1};
}

static void add_mail(struct draft_rule *d, const char *to, const char *subject, const char *text)
{
    struct str *values = mem_array(d->w->ctx, struct str, 3);
    values[0] = str_c(mem_text(d->w->ctx, to));
    values[1] = str_c(subject);
    values[2] = str_c(text);
    d->terms[d->change.values.term_count++] = (struct rule_term){.place = PLACE_ACTION,
                                                                 .field = STR("notification_user"),
                                                                 .op = STR_NONE,
                                                                 .values = values,
                                                                 .count = 3,
                                                                 .list = true};
}

static bool create_tx(struct db *tx, void *arg, struct error *err)
{
    struct draft_rule *d = arg;
    struct actor admin = world_actor(&d->w->admin);
    d->change.values.terms = d->terms;
    return rule_create(d->w->desk->rules, tx, d->w->ctx, &admin, &d->change, &d->after, err);
}

static struct rule_id save(struct draft_rule *d)
{
    struct error err;
    must(db_tx_run(d->w->app.db, "test", create_tx, d, &err), &err);
    return d->after.id;
}

static enum error_code refused(struct draft_rule *d)
{
    struct error err = {0};
    return db_tx_run(d->w->app.db, "test", create_tx, d, &err) ? ERR_OK : err.code;
}

static bool delete_tx(struct db *tx, void *arg, struct error *err)
{
    struct draft_rule *d = arg;
    struct actor admin = world_actor(&d->w->admin);
    return rule_delete(d->w->desk->rules, tx, d->w->ctx, &admin, RULE_TRIGGER, d->id, err);
}

static struct ticket_outcome change_as(struct world *w, const struct actor *actor,
                                       const struct ticket_change *change)
{
    struct ticket_outcome outcome;
    struct error err;
    must(ticket_apply_run(&w->desk->tickets, w->app.db, w->ctx, actor, change, &outcome, &err),
         &err);
    return outcome;
}

static struct ticket_outcome ask(struct world *w, const char *subject, const char *tags)
{
    struct actor tom = world_actor(&w->tom);
    struct new_comment comment = {.body = STR("Help"), .is_public = true, .quoted_from = -1};
    struct ticket_change change = {.comment = &comment,
                                   .set = SET_SUBJECT | SET_TAGS,
                                   .subject = str_c(subject),
                                   .tags = str_c(tags)};
    return change_as(w, &tom, &change);
}

static struct ticket_outcome retag(struct world *w, struct ticket_id id, const char *tag)
{
    struct actor tom = world_actor(&w->tom);
    struct ticket_change change = {.ticket = id, .add_tags = str_c(tag)};
    return change_as(w, &tom, &change);
}

// --- the reference: tags only, read from the terms every time -----------------------------------

static bool tags_hold(const struct draft_rule *d, struct str tags)
{
    bool any = false;
    bool has_any = false;
    for (size_t i = 0; i < d->change.values.term_count; i++) {
        const struct rule_term *term = &d->terms[i];
        if (term->place == PLACE_ACTION) {
            continue;
        }
        bool in = words_has(tags, term->values[0]);
        bool holds = str_eq_c(term->op, "includes") ? in : !in;
        if (term->place == PLACE_ALL && !holds) {
            return false;
        }
        has_any = has_any || term->place == PLACE_ANY;
        any = any || (term->place == PLACE_ANY && holds);
    }
    return any || !has_any;
}

static struct str tags_do(mem_ctx *ctx, const struct draft_rule *d, struct str tags)
{
    for (size_t i = 0; i < d->change.values.term_count; i++) {
        const struct rule_term *term = &d->terms[i];
        if (str_eq_c(term->field, "current_tags") && term->place == PLACE_ACTION) {
            tags = words_combine(ctx, tags, term->values[0], STR(""));
        } else if (str_eq_c(term->field, "remove_tags")) {
            tags = words_combine(ctx, tags, STR(""), term->values[0]);
        }
    }
    return tags;
}

// Restart from the first after each that changed something; each once.
static struct str reference(mem_ctx *ctx, struct draft_rule *list, size_t count, struct str tags)
{
    bool *fired = mem_array(ctx, bool, count);
    for (size_t i = 0; i < count;) {
        if (fired[i] || !tags_hold(&list[i], tags)) {
            i++;
            continue;
        }
        struct str after = tags_do(ctx, &list[i], tags);
        fired[i] = true;
        i = str_eq(after, tags) ? i + 1 : 0;
        tags = after;
    }
    return tags;
}

static const char *const TAGS[] = {"a", "b", "c", "d", "e", "f", "g", "h"};

static const char *tag(void)
{
    return TAGS[random_below(8)];
}

// One that is not among these; NULL when all are.
static const char *tag_beside(struct str tags)
{
    size_t count = sizeof TAGS / sizeof *TAGS;
    size_t first = random_below(count);
    for (size_t i = 0; i < count; i++) {
        const char *one = TAGS[(first + i) % count];
        if (!words_has(tags, str_c(one))) {
            return one;
        }
    }
    return NULL;
}

static struct draft_rule random_trigger(struct world *w, int number)
{
    struct draft_rule d = draft(w, RULE_TRIGGER, mem_printf(w->ctx, "r%d", number));
    size_t conditions = 1 + random_below(3);
    size_t actions = 1 + random_below(2);
    for (size_t i = 0; i < conditions; i++) {
        add(&d, random_below(3) == 0 ? PLACE_ANY : PLACE_ALL, "current_tags",
            random_below(3) == 0 ? "not_includes" : "includes", tag());
    }
    // Adding before removing or the other way round in one rule would mean different things.
    const char *field = random_below(3) == 0 ? "remove_tags" : "current_tags";
    for (size_t i = 0; i < actions; i++) {
        add(&d, PLACE_ACTION, field, NULL, tag());
    }
    return d;
}

static void rules_end_and_do_what_the_reference_does(void **state)
{
    struct world *w = *state;
    enum { RULES = 20, ROUNDS = 5 };
    size_t moved = 0;
    for (int round = 0; round < ROUNDS; round++) {
        struct draft_rule *list = mem_array(w->ctx, struct draft_rule, RULES);
        for (int i = 0; i < RULES; i++) {
            list[i] = random_trigger(w, i);
            list[i].id = save(&list[i]);
        }
        for (int k = 0; k < 6; k++) {
            const char *first = mem_printf(w->ctx, "%s %s", tag(), tag());
            struct ticket ticket = ask(w, "Help", first).after;
            struct str expected =
                reference(w->ctx, list, RULES, tags_normalise(w->ctx, str_c(first)));
            assert_string_equal(str_cstr(w->ctx, ticket.tags), str_cstr(w->ctx, expected));
            const char *more = tag_beside(ticket.tags);
            if (more != NULL) {
                expected = reference(w->ctx, list, RULES,
                                     words_combine(w->ctx, ticket.tags, str_c(more), STR("")));
                struct ticket_outcome next = retag(w, ticket.id, more);
                assert_string_equal(str_cstr(w->ctx, next.after.tags), str_cstr(w->ctx, expected));
                // What the caller is given is what stands in the database.
                struct ticket stored = world_ticket(w, ticket.id.v);
                assert_string_equal(str_cstr(w->ctx, stored.tags), str_cstr(w->ctx, expected));
                assert_int_equal(stored.version, next.after.version);
                moved++;
            }
        }
        for (int i = 0; i < RULES; i++) {
            struct error err;
            must(db_tx_run(w->app.db, "test", delete_tx, &list[i], &err), &err);
        }
    }
    assert_true(moved > ROUNDS);
}

static void two_rules_that_undo_each_other_end(void **state)
{
    struct world *w = *state;
    struct draft_rule on = draft(w, RULE_TRIGGER, "on");
    add(&on, PLACE_ALL, "current_tags", "not_includes", "light");
    add(&on, PLACE_ACTION, "current_tags", NULL, "light");
    struct draft_rule off = draft(w, RULE_TRIGGER, "off");
    add(&off, PLACE_ALL, "current_tags", "includes", "light");
    add(&off, PLACE_ACTION, "remove_tags", NULL, "light");
    (void)save(&on);
    (void)save(&off);
    struct ticket_outcome outcome = ask(w, "Help", "x");
    assert_string_equal(str_cstr(w->ctx, outcome.after.tags), "x");
}

// --- one audit, the rule's mark, the change before ----------------------------------------------

static void what_a_trigger_does_stands_in_the_change_s_audit(void **state)
{
    struct world *w = *state;
    struct draft_rule d = draft(w, RULE_TRIGGER, "Urgent burns");
    add(&d, PLACE_ALL, "update_type", "is", "Create");
    add(&d, PLACE_ALL, "subject_includes_word", "includes", "fire");
    add(&d, PLACE_ACTION, "priority", NULL, "urgent");
    add(&d, PLACE_ACTION, "comment_value", NULL, "Seen by a rule: {{ticket.title}}");
    struct rule_id rule = save(&d);
    struct ticket_outcome outcome = ask(w, "Fire in the hall", "");
    assert_int_equal(outcome.after.priority, PRIORITY_URGENT);
    struct db *db = NULL;
    struct error err;
    struct ticket_audit *audits = NULL;
    struct ticket_event *events = NULL;
    struct ticket_comment *comments = NULL;
    size_t audit_count = 0;
    size_t event_count = 0;
    size_t comment_count = 0;
    struct actor tom = world_actor(&w->tom);
    must(db_read_begin(w->app.db, &db, &err), &err);
    must(ticket_audits(db, w->ctx, outcome.after.id, &audits, &audit_count, &events, &event_count,
                       &err),
         &err);
    must(ticket_comments(db, w->ctx, &tom, outcome.after.id, &comments, &comment_count, &err),
         &err);
    db_read_end(db);
    assert_int_equal(audit_count, 1);
    size_t by_rule = 0;
    for (size_t i = 0; i < event_count; i++) {
        by_rule += events[i].rule.v == rule.v ? 1 : 0;
    }
    assert_int_equal(by_rule, 2);
    assert_int_equal(comment_count, 2);
    assert_false(comments[1].is_public);
    assert_string_equal(str_cstr(w->ctx, comments[1].body), "Seen by a rule: Fire in the hall");
    // A later change of something else does not fire it.
    struct ticket_outcome later = retag(w, outcome.after.id, "x");
    assert_int_equal(later.after.comment_count, 2);
}

static void changed_speaks_of_the_whole_change(void **state)
{
    struct world *w = *state;
    struct draft_rule first = draft(w, RULE_TRIGGER, "first");
    add(&first, PLACE_ALL, "current_tags", "includes", "go");
    add(&first, PLACE_ACTION, "priority", NULL, "high");
    struct draft_rule second = draft(w, RULE_TRIGGER, "second");
    add(&second, PLACE_ALL, "priority", "value", "high");
    add(&second, PLACE_ALL, "priority", "value_previous", "");
    add(&second, PLACE_ACTION, "current_tags", NULL, "seen");
    // It stands before the one that makes it true.
    second.change.set |= RULE_POSITION;
    second.change.values.position = 1;
    first.change.set |= RULE_POSITION;
    first.change.values.position = 2;
    (void)save(&second);
    (void)save(&first);
    struct ticket_id id = ask(w, "Help", "").after.id;
    struct ticket_outcome outcome = retag(w, id, "go");
    assert_string_equal(str_cstr(w->ctx, outcome.after.tags), "go seen");
    // Next time the priority does not change.
    outcome = retag(w, id, "again");
    assert_string_equal(str_cstr(w->ctx, outcome.after.tags), "again go seen");
}

static void a_rule_that_cannot_work_harms_nothing(void **state)
{
    struct world *w = *state;
    struct draft_rule broken = draft(w, RULE_TRIGGER, "To nowhere");
    add(&broken, PLACE_ALL, "update_type", "is", "Create");
    add(&broken, PLACE_ACTION, "priority", NULL, "high");
    add(&broken, PLACE_ACTION, "group_id", NULL, "987654321");
    struct draft_rule fine = draft(w, RULE_TRIGGER, "fine");
    add(&fine, PLACE_ALL, "update_type", "is", "Create");
    add(&fine, PLACE_ACTION, "current_tags", NULL, "fine");
    (void)save(&broken);
    (void)save(&fine);
    struct ticket_outcome outcome = ask(w, "Help", "");
    assert_int_equal(outcome.after.priority, PRIORITY_NONE);
    assert_string_equal(str_cstr(w->ctx, outcome.after.tags), "fine");
    struct str page;
    char path[64];
    (void)snprintf(path, sizeof path, "/tickets/%lld", (long long)outcome.after.id.v);
    assert_int_equal(world_get(w, &w->tom, path, &page), 200);
    assert_true(str_find(page, STR("To nowhere")) > 0);
}

static void imports_and_closed_tickets_are_left_alone(void **state)
{
    struct world *w = *state;
    struct actor admin = world_actor(&w->admin);
    struct draft_rule d = draft(w, RULE_TRIGGER, "all");
    add(&d, PLACE_ALL, "current_tags", "not_includes", "touched");
    add(&d, PLACE_ACTION, "current_tags", NULL, "touched");
    (void)save(&d);
    struct new_comment comment = {.body = STR("Old"), .is_public = true, .quoted_from = -1};
    struct ticket_change import = {.comment = &comment, .import = true};
    assert_string_equal(str_cstr(w->ctx, change_as(w, &admin, &import).after.tags), "");
    assert_string_equal(str_cstr(w->ctx, ask(w, "x", "").after.tags), "touched");
}

// --- mails --------------------------------------------------------------------------------------

static size_t rule_mails(struct world *w, struct ticket_id id, struct outmail **ret)
{
    struct db *db = NULL;
    struct error err;
    size_t count = 0;
    size_t by_rule = 0;
    must(db_read_begin(w->app.db, &db, &err), &err);
    must(mail_outbox_of_ticket(db, w->ctx, id, 100, ret, &count, &err), &err);
    db_read_end(db);
    for (size_t i = 0; i < count; i++) {
        if (str_eq_c((*ret)[i].kind, "rule")) {
            (*ret)[by_rule++] = (*ret)[i];
        }
    }
    return by_rule;
}

static void mails_say_to_requesters_only_what_they_may_read(void **state)
{
    struct world *w = *state;
    struct user ana = world_person(w, "ana@customer.example", ROLE_END_USER);
    struct actor tom = world_actor(&w->tom);
    struct draft_rule d = draft(w, RULE_TRIGGER, "Tell");
    add(&d, PLACE_ALL, "current_tags", "includes", "tell");
    add_mail(&d, "requester_id", "About {{ticket.title}}", "Last: {{ticket.latest_comment}}");
    add_mail(&d, "assignee_id", "About {{ticket.title}}", "Last: {{ticket.latest_comment}}");
    (void)save(&d);
    struct new_comment first = {.body = STR("It burns"), .is_public = true, .quoted_from = -1};
    struct ticket_change create = {.comment = &first,
                                   .set = SET_SUBJECT | SET_REQUESTER | SET_ASSIGNEE,
                                   .subject = STR("Fire"),
                                   .requester = ana.id,
                                   .assignee = w->admin.id};
    struct ticket_id id = change_as(w, &tom, &create).after.id;
    struct new_comment note = {.body = STR("She is difficult"), .quoted_from = -1};
    struct ticket_change inside = {.ticket = id, .comment = &note, .add_tags = STR("tell")};
    (void)change_as(w, &tom, &inside);
    struct outmail *mails = NULL;
    assert_int_equal(rule_mails(w, id, &mails), 2);
    for (size_t i = 0; i < 2; i++) {
        bool to_ana = str_eq_c(mails[i].address, "ana@customer.example");
        assert_true(to_ana || str_eq_c(mails[i].address, "ada@desk.example"));
        assert_int_equal(str_find(mails[i].payload, STR("difficult")) >= 0, !to_ana);
        assert_int_equal(str_find(mails[i].payload, STR("It burns")) >= 0, to_ana);
        assert_true(str_starts(mails[i].payload, STR("About Fire\n")));
        assert_true(mails[i].automatic);
    }
}

// --- automations --------------------------------------------------------------------------------

static void run_automations(struct world *w)
{
    struct error err;
    must(automations_run(w->desk, w->ctx, &err), &err);
}

static void an_automation_acts_when_its_time_has_come_and_once(void **state)
{
    struct world *w = *state;
    struct actor tom = world_actor(&w->tom);
    struct draft_rule d = draft(w, RULE_AUTOMATION, "Nudge");
    add(&d, PLACE_ALL, "PENDING", "greater_than", "24");
    add(&d, PLACE_ALL, "current_tags", "not_includes", "nudged");
    add(&d, PLACE_ACTION, "current_tags", NULL, "nudged");
    add(&d, PLACE_ACTION, "comment_value", NULL, "Still waiting");
    (void)save(&d);
    struct ticket_id id = ask(w, "Help", "").after.id;
    struct ticket_change wait = {.ticket = id, .set = SET_STATUS, .status = STATUS_PENDING};
    (void)change_as(w, &tom, &wait);
    run_automations(w);
    assert_string_equal(str_cstr(w->ctx, world_ticket(w, id.v).tags), "");
    clock_freeze(&w->clock, clock_now(&w->clock) + 25 * HOURS_MS);
    run_automations(w);
    assert_string_equal(str_cstr(w->ctx, world_ticket(w, id.v).tags), "nudged");
    int64_t version = world_ticket(w, id.v).version;
    clock_freeze(&w->clock, clock_now(&w->clock) + 25 * HOURS_MS);
    run_automations(w);
    assert_int_equal(world_ticket(w, id.v).version, version);
}

static void solved_tickets_are_put_away_after_four_days(void **state)
{
    struct world *w = *state;
    struct actor tom = world_actor(&w->tom);
    struct ticket_id id = ask(w, "Help", "").after.id;
    struct ticket_change solve = {.ticket = id, .set = SET_STATUS, .status = STATUS_SOLVED};
    (void)change_as(w, &tom, &solve);
    clock_freeze(&w->clock, clock_now(&w->clock) + 95 * HOURS_MS);
    run_automations(w);
    assert_int_equal(world_ticket(w, id.v).status, STATUS_SOLVED);
    clock_freeze(&w->clock, clock_now(&w->clock) + 2 * HOURS_MS);
    run_automations(w);
    assert_int_equal(world_ticket(w, id.v).status, STATUS_CLOSED);
}

// More tickets than one page; one of them cannot be done, and is not tried each hour.
static void a_turn_reaches_every_ticket(void **state)
{
    struct world *w = *state;
    struct draft_rule d = draft(w, RULE_AUTOMATION, "Old");
    add(&d, PLACE_ALL, "NEW", "greater_than", "1");
    add(&d, PLACE_ALL, "group_id", "is", "");
    add(&d, PLACE_ACTION, "group_id", NULL, "987654321");
    (void)save(&d);
    struct draft_rule tags = draft(w, RULE_AUTOMATION, "Tag");
    add(&tags, PLACE_ALL, "NEW", "greater_than", "1");
    add(&tags, PLACE_ALL, "current_tags", "not_includes", "old");
    add(&tags, PLACE_ACTION, "current_tags", NULL, "old");
    (void)save(&tags);
    for (int i = 0; i < 120; i++) {
        (void)ask(w, "Help", "");
    }
    clock_freeze(&w->clock, clock_now(&w->clock) + 2 * HOURS_MS);
    run_automations(w);
    int64_t versions = 0;
    for (int i = 1; i <= 120; i++) {
        struct ticket t = world_ticket(w, i);
        assert_string_equal(str_cstr(w->ctx, t.tags), "old");
        versions += t.version;
    }
    run_automations(w);
    for (int i = 1; i <= 120; i++) {
        versions -= world_ticket(w, i).version;
    }
    assert_int_equal(versions, 0);
}

static void an_automation_that_would_run_for_ever_is_refused(void **state)
{
    struct world *w = *state;
    struct draft_rule no_time = draft(w, RULE_AUTOMATION, "x");
    add(&no_time, PLACE_ALL, "status", "is", "open");
    add(&no_time, PLACE_ACTION, "status", NULL, "solved");
    assert_int_equal(refused(&no_time), ERR_INVALID);
    struct draft_rule for_ever = draft(w, RULE_AUTOMATION, "x");
    add(&for_ever, PLACE_ALL, "OPEN", "greater_than", "1");
    add(&for_ever, PLACE_ACTION, "current_tags", NULL, "again");
    assert_int_equal(refused(&for_ever), ERR_INVALID);
    add(&for_ever, PLACE_ALL, "current_tags", "not_includes", "again");
    assert_int_equal(refused(&for_ever), ERR_OK);
    struct draft_rule bare = draft(w, RULE_TRIGGER, "x");
    add(&bare, PLACE_ALL, "status", "is", "open");
    assert_int_equal(refused(&bare), ERR_INVALID);
}

// --- placeholders -------------------------------------------------------------------------------

static const char *filled(struct world *w, const struct ticket *ticket,
                          enum placeholder_place place, const char *text)
{
    struct actor tom = world_actor(&w->tom);
    struct error err;
    struct db *db = NULL;
    struct str result = STR("");
    must(db_read_begin(w->app.db, &db, &err), &err);
    struct placeholder_facts facts = {.db = db,
                                      .ctx = w->ctx,
                                      .ticket = ticket,
                                      .actor = &tom,
                                      .public_url = STR("https://help.example"),
                                      .desk_name = STR("Desk"),
                                      .place = place};
    must(placeholders_fill(&facts, str_c(text), &result, &err), &err);
    db_read_end(db);
    return str_cstr(w->ctx, result);
}

static void placeholders_are_filled_and_escaped(void **state)
{
    struct world *w = *state;
    struct ticket t = ask(w, "<b>\"Fire\"</b>", "b a").after;
    assert_string_equal(filled(w, &t, INTO_TEXT, "#{{ticket.id}} {{ ticket.title }}!"),
                        "#1 <b>\"Fire\"</b>!");
    assert_string_equal(filled(w, &t, INTO_HTML, "<p>{{ticket.title}}</p>"),
                        "<p>&lt;b&gt;&quot;Fire&quot;&lt;/b&gt;</p>");
    assert_string_equal(filled(w, &t, INTO_JSON, "{\"t\":\"{{ticket.title}}\"}"),
                        "{\"t\":\"<b>\\\"Fire\\\"<\\/b>\"}");
    assert_string_equal(filled(w, &t, INTO_TEXT, "{{ticket.requester.email | upcase}}"),
                        "TOM@DESK.EXAMPLE");
    assert_string_equal(filled(w, &t, INTO_TEXT,
                               "[{{nothing.here}}][{{ticket.priority | default: "
                               "'none'}}]"),
                        "[][none]");
    assert_string_equal(filled(w, &t, INTO_TEXT,
                               "{% if ticket.priority == 'urgent' %}now{% elsif ticket.tags "
                               "contains 'a' %}soon{% else %}later{% endif %}."),
                        "soon.");
    assert_string_equal(filled(w, &t, INTO_TEXT,
                               "{% for c in ticket.comments %}<{{c.author.email}}: "
                               "{{c.value}}>{% endfor %}"),
                        "<tom@desk.example: Help>");
    assert_string_equal(filled(w, &t, INTO_TEXT, "{% for x in ticket.tags %}{{x}},{% endfor %}"),
                        "a,b,");
    assert_string_equal(filled(w, &t, INTO_TEXT, "{{ticket.link}} {{ticket.created_at}}"),
                        "https://help.example/tickets/1 November 23, 2026");
    // What is not well formed stays or goes, and never hangs.
    assert_string_equal(filled(w, &t, INTO_TEXT, "a {{ticket.id"), "a {{ticket.id");
    assert_string_equal(filled(w, &t, INTO_TEXT, "{% if %}x{% endif %}{% endfor %}y"), "y");
    assert_string_equal(filled(w, &t, INTO_TEXT, "{% for %}x{% endfor %}z"), "z");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)
        TEST(rules_end_and_do_what_the_reference_does),
        TEST(two_rules_that_undo_each_other_end),
        TEST(what_a_trigger_does_stands_in_the_change_s_audit),
        TEST(changed_speaks_of_the_whole_change),
        TEST(a_rule_that_cannot_work_harms_nothing),
        TEST(imports_and_closed_tickets_are_left_alone),
        TEST(mails_say_to_requesters_only_what_they_may_read),
        TEST(an_automation_acts_when_its_time_has_come_and_once),
        TEST(solved_tickets_are_put_away_after_four_days),
        TEST(a_turn_reaches_every_ticket),
        TEST(an_automation_that_would_run_for_ever_is_refused),
        TEST(placeholders_are_filled_and_escaped),
#undef TEST
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
