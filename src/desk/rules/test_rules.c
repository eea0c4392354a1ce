// SPDX-License-Identifier: GPL-3.0-or-later
//
// Conditions three ways: as a filter of the database, tested in memory, and by a slow and simple
// reading of the terms as they were written. All three must agree on every ticket. And who may see
// and change which rule.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/random.h"
#include "base/words.h"
#include "desk/rules/rules.h"
#include "desk/test_world.h"

#define TICKETS 150
#define ROUNDS 400

static void must(bool fine, const struct error *err)
{
    if (!fine) {
        fail_msg("%s: %s (%s)", err->field, err->message, err->detail);
    }
}

// --- the slow reference -------------------------------------------------------------------------

static int rank(const char *const *words, struct str word)
{
    for (int i = 0; words[i] != NULL; i++) {
        if (str_eq_c(word, words[i])) {
            return i;
        }
    }
    return -1;
}

static const char *const STATUSES[] = {"new", "open", "pending", "hold", "solved", "closed", NULL};
static const char *const PRIORITIES[] = {"", "low", "normal", "high", "urgent", NULL};
static const char *const TYPES[] = {"", "question", "incident", "problem", "task", NULL};

static bool compare(int64_t a, struct str op, int64_t b)
{
    return str_eq_c(op, "is")             ? a == b
           : str_eq_c(op, "is_not")       ? a != b
           : str_eq_c(op, "less_than")    ? a < b
           : str_eq_c(op, "greater_than") ? a > b
                                          : false;
}

static bool contains_word(mem_ctx *ctx, struct str text, struct str word)
{
    char *copy = mem_text_n(ctx, str_lower(ctx, text).ptr, text.len);
    for (char *c = copy; *c != '\0'; c++) {
        *c = (*c >= 'a' && *c <= 'z') || (*c >= '0' && *c <= '9') ? *c : ' ';
    }
    return words_has(words_normalise(ctx, str_c(copy)), word);
}

static bool any_word(mem_ctx *ctx, const struct ticket *t, const struct rule_term *term, bool tags)
{
    struct str rest = term->values[0];
    struct str word;
    while (words_next(&rest, &word)) {
        if (tags ? words_has(t->tags, word) : contains_word(ctx, t->subject, word)) {
            return true;
        }
    }
    return false;
}

static bool hours(const struct rule_term *term, int64_t since, int64_t now)
{
    int64_t wanted = 0;
    assert_true(str_to_i64(term->values[0], &wanted));
    double passed = (double)(now - since) / (double)HOURS_MS;
    return str_eq_c(term->op, "is") ? passed >= (double)wanted && passed < (double)wanted + 1
           : str_eq_c(term->op, "less_than") ? passed < (double)wanted
                                             : passed > (double)wanted;
}

static int64_t person(const struct rule_term *term, const struct actor *actor)
{
    int64_t id = 0;
    if (str_eq_c(term->values[0], "current_user")) {
        return actor->user.v;
    }
    assert_true(str_empty(term->values[0]) || str_to_i64(term->values[0], &id));
    return id;
}

static bool holds(mem_ctx *ctx, const struct ticket *t, const struct rule_term *term,
                  const struct actor *actor, int64_t now)
{
    struct str value = term->values[0];
    struct str field = term->field;
    bool positive = str_eq_c(term->op, "includes") || str_eq_c(term->op, "is");
    if (str_eq_c(field, "status")) {
        return compare((int64_t)t->status, term->op, rank(STATUSES, value));
    }
    if (str_eq_c(field, "priority")) {
        return compare((int64_t)t->priority, term->op, rank(PRIORITIES, value));
    }
    if (str_eq_c(field, "type")) {
        return compare((int64_t)t->type, term->op, rank(TYPES, value));
    }
    if (str_eq_c(field, "assignee_id")) {
        return compare(t->assignee.v, term->op, person(term, actor));
    }
    if (str_eq_c(field, "requester_id")) {
        return compare(t->requester.v, term->op, person(term, actor));
    }
    if (str_eq_c(field, "current_tags")) {
        return any_word(ctx, t, term, true) == positive;
    }
    if (str_eq_c(field, "subject_includes_word")) {
        return any_word(ctx, t, term, false) == positive;
    }
    if (str_eq_c(field, "updated_at")) {
        return hours(term, t->updated_at, now);
    }
    assert_true(str_eq_c(field, "OPEN"));
    return t->status == STATUS_OPEN && hours(term, t->status_updated_at, now);
}

static bool reference(mem_ctx *ctx, const struct ticket *t, const struct rule_term *terms,
                      size_t count, const struct actor *actor, int64_t now)
{
    bool all = true;
    bool any = false;
    bool has_any = false;
    for (size_t i = 0; i < count; i++) {
        bool one = holds(ctx, t, &terms[i], actor, now);
        if (terms[i].place == PLACE_ALL) {
            all = all && one;
        } else {
            has_any = true;
            any = any || one;
        }
    }
    return all && (any || !has_any);
}

// --- chance -------------------------------------------------------------------------------------

static struct str pick(const char *const *words)
{
    size_t count = 0;
    while (words[count] != NULL) {
        count++;
    }
    return str_c(words[random_below(count)]);
}

static const char *const SUBJECTS[] = {"Printer prints blank",
                                       "The printer's on fire!",
                                       "Re: VPN (slow)",
                                       "blueprinter, broken",
                                       "New phone, please",
                                       "slow_laptop / dock",
                                       NULL};
static const char *const TAGS[] = {"", "vpn", "vip urgent", "vpn printer", "hardware", NULL};

static struct rule_term random_term(struct world *w)
{
    static const char *const FIELDS[] = {"status",
                                         "priority",
                                         "type",
                                         "assignee_id",
                                         "requester_id",
                                         "current_tags",
                                         "subject_includes_word",
                                         "updated_at",
                                         "OPEN",
                                         NULL};
    static const char *const EQUAL[] = {"is", "is_not", NULL};
    static const char *const ORDERED[] = {"is", "is_not", "less_than", "greater_than", NULL};
    static const char *const CONTAIN[] = {"includes", "not_includes", NULL};
    static const char *const SPAN[] = {"is", "less_than", "greater_than", NULL};
    static const char *const WORDS[] = {"printer", "slow", "printer vpn", "phone", "nothing", NULL};
    static const char *const HOURS[] = {"0", "1", "2", "5", "24", NULL};
    const char *const PEOPLE[] = {"", "current_user",
                                  mem_printf(w->ctx, "%lld", (long long)w->tom.id.v),
                                  mem_printf(w->ctx, "%lld", (long long)w->admin.id.v), NULL};
    struct str *value = mem_new(w->ctx, struct str);
    struct rule_term term = {.place = random_below(3) == 0 ? PLACE_ANY : PLACE_ALL,
                             .field = pick(FIELDS),
                             .values = value,
                             .count = 1};
    struct str f = term.field;
    if (str_eq_c(f, "status")) {
        term.op = pick(ORDERED);
        *value = pick(STATUSES);
    } else if (str_eq_c(f, "priority")) {
        term.op = pick(ORDERED);
        *value = pick(PRIORITIES);
    } else if (str_eq_c(f, "type")) {
        term.op = pick(EQUAL);
        *value = pick(TYPES);
    } else if (str_eq_c(f, "assignee_id") || str_eq_c(f, "requester_id")) {
        term.op = pick(EQUAL);
        *value = pick(PEOPLE);
    } else if (str_eq_c(f, "current_tags")) {
        term.op = pick(CONTAIN);
        *value = pick(TAGS + 1);
    } else if (str_eq_c(f, "subject_includes_word")) {
        term.op = pick(CONTAIN);
        *value = pick(WORDS);
    } else {
        term.op = pick(SPAN);
        *value = pick(HOURS);
    }
    return term;
}

static void random_tickets(struct world *w)
{
    struct actor admin = world_actor(&w->admin);
    for (int i = 0; i < TICKETS; i++) {
        struct new_comment comment = {.body = STR("Help"), .is_public = true, .quoted_from = -1};
        struct ticket_change change = {
            .comment = &comment,
            .set = SET_SUBJECT | SET_PRIORITY | SET_TYPE | SET_TAGS | SET_STATUS | SET_ASSIGNEE,
            .subject = pick(SUBJECTS),
            .priority = (enum ticket_priority)random_below(5),
            .type = (enum ticket_type)random_below(5),
            .status = (enum ticket_status)random_below(6),
            .assignee = random_below(3) == 0   ? w->tom.id
                        : random_below(2) == 0 ? w->admin.id
                                               : (struct user_id){0},
            .tags = pick(TAGS),
        };
        struct ticket_outcome outcome;
        struct error err;
        clock_freeze(&w->clock, clock_now(&w->clock) + (int64_t)random_below(30) * MINUTES_MS);
        must(
            ticket_apply_run(&w->desk->tickets, w->app.db, w->ctx, &admin, &change, &outcome, &err),
            &err);
    }
}

static bool among(const struct ticket *list, size_t count, struct ticket_id id)
{
    for (size_t i = 0; i < count; i++) {
        if (list[i].id.v == id.v) {
            return true;
        }
    }
    return false;
}

static void filter_memory_and_reference_agree(void **state)
{
    struct world *w = *state;
    struct actor tom = world_actor(&w->tom);
    struct db *db = NULL;
    struct error err;
    struct ticket *all = NULL;
    size_t all_count = 0;
    size_t matched = 0;
    struct ticket_query everything = {.sort = TC_ID, .limit = 1000};
    random_tickets(w);
    int64_t now = clock_now(&w->clock);
    static const struct rule_defined nothing = {0};
    must(db_read_begin(w->app.db, &db, &err), &err);
    must(tickets_find(db, w->ctx, &tom, &everything, &all, &all_count, &err), &err);
    assert_int_equal(all_count, TICKETS);
    for (int round = 0; round < ROUNDS; round++) {
        struct rule_term terms[6];
        size_t count = 1 + random_below(6);
        struct conditions conditions;
        struct problems problems;
        problems_init(&problems, w->ctx);
        for (size_t i = 0; i < count; i++) {
            terms[i] = random_term(w);
        }
        if (!conditions_compile(w->ctx, RULE_VIEW, &nothing, terms, count, &conditions,
                                &problems)) {
            fail_msg("%.*s", STR_ARG(problems.items[0].message));
        }
        bool exact = false;
        struct ticket_query query = conditions_filter(w->ctx, &conditions, &tom, now, &exact);
        struct ticket *found = NULL;
        size_t found_count = 0;
        query.limit = 1000;
        assert_true(exact);
        must(tickets_find(db, w->ctx, &tom, &query, &found, &found_count, &err), &err);
        matched += found_count;
        for (size_t i = 0; i < all_count; i++) {
            struct rule_facts facts = {
                .db = db, .ctx = w->ctx, .ticket = &all[i], .actor = &tom, .now = now};
            bool memory = false;
            must(conditions_match(&facts, &conditions, &memory, &err), &err);
            bool expected = reference(w->ctx, &all[i], terms, count, &tom, now);
            bool filtered = among(found, found_count, all[i].id);
            if (memory != expected || filtered != expected) {
                fail_msg("round %d, ticket %lld “%.*s”: reference %d, memory %d, filter %d; first "
                         "term %.*s %.*s %.*s",
                         round, (long long)all[i].id.v, STR_ARG(all[i].subject), expected, memory,
                         filtered, STR_ARG(terms[0].field), STR_ARG(terms[0].op),
                         STR_ARG(terms[0].values[0]));
            }
        }
    }
    db_read_end(db);
    assert_in_range(matched, ROUNDS, (size_t)ROUNDS * TICKETS / 2);
}

// --- pages of a grouped list --------------------------------------------------------------------

static void a_grouped_list_is_paged_without_loss(void **state)
{
    struct world *w = *state;
    struct actor tom = world_actor(&w->tom);
    struct db *db = NULL;
    struct error err;
    static const enum ticket_column SORTS[] = {TC_UPDATED, TC_DUE, TC_ASSIGNEE, TC_SUBJECT};
    random_tickets(w);
    must(db_read_begin(w->app.db, &db, &err), &err);
    for (int mode = 0; mode < 16; mode++) {
        struct ticket_query query = {.sort = SORTS[mode / 4],
                                     .descending = (mode & 1) != 0,
                                     .grouped = true,
                                     .group = TC_PRIORITY,
                                     .group_descending = (mode & 2) != 0,
                                     .limit = 1000};
        struct ticket *whole = NULL;
        size_t whole_count = 0;
        must(tickets_find(db, w->ctx, &tom, &query, &whole, &whole_count, &err), &err);
        assert_int_equal(whole_count, TICKETS);
        query.limit = 7;
        for (size_t at = 0; at < TICKETS;) {
            struct ticket *page = NULL;
            size_t count = 0;
            must(tickets_find(db, w->ctx, &tom, &query, &page, &count, &err), &err);
            assert_in_range(count, 1, 7);
            for (size_t i = 0; i < count; i++) {
                assert_int_equal(page[i].id.v, whole[at++].id.v);
            }
            const struct ticket *last = &page[count - 1];
            query.after_id = last->id;
            query.after_value = ticket_sort_value(last, query.sort);
            query.after_group = ticket_sort_value(last, query.group);
            query.after_text = last->subject;
        }
    }
    db_read_end(db);
}

// --- who may ------------------------------------------------------------------------------------

struct writing {
    struct world *w;
    const struct actor *actor;
    struct rule_id id;
    struct rule_change change;
    struct rule after;
    bool remove;
};

static bool write_tx(struct db *tx, void *arg, struct error *err)
{
    struct writing *s = arg;
    struct rules *room = s->w->desk->rules;
    if (s->remove) {
        return rule_delete(room, tx, s->w->ctx, s->actor, s->change.values.kind, s->id, err);
    }
    return s->id.v == 0
               ? rule_create(room, tx, s->w->ctx, s->actor, &s->change, &s->after, err)
               : rule_update(room, tx, s->w->ctx, s->actor, s->id, &s->change, &s->after, err);
}

static const struct str OPEN_VALUE[] = {STR_INIT("open")};
static const struct rule_term OPEN_TERM = {.place = PLACE_ALL,
                                           .field = STR_INIT("status"),
                                           .op = STR_INIT("is"),
                                           .values = OPEN_VALUE,
                                           .count = 1};

static struct writing new_view(struct world *w, const struct actor *actor, const char *title)
{
    return (struct writing){.w = w,
                            .actor = actor,
                            .change = {.set = RULE_TITLE | RULE_CONDITIONS | RULE_AUDIENCE,
                                       .values = {.kind = RULE_VIEW,
                                                  .title = str_c(title),
                                                  .audience = AUDIENCE_PERSON,
                                                  .owner = actor->user,
                                                  .terms = &OPEN_TERM,
                                                  .term_count = 1}}};
}

static enum error_code result(struct writing *s)
{
    struct error err = {0};
    return db_tx_run(s->w->app.db, "test", write_tx, s, &err) ? ERR_OK : err.code;
}

static void open_ticket(struct world *w)
{
    struct actor admin = world_actor(&w->admin);
    struct new_comment comment = {.body = STR("Help"), .is_public = true, .quoted_from = -1};
    struct ticket_change change = {.comment = &comment,
                                   .set = SET_SUBJECT | SET_STATUS,
                                   .subject = STR("Paper"),
                                   .status = STATUS_OPEN};
    struct ticket_outcome outcome;
    struct error err;
    must(ticket_apply_run(&w->desk->tickets, w->app.db, w->ctx, &admin, &change, &outcome, &err),
         &err);
}

struct counting {
    struct world *w;
    const struct actor *actor;
    struct rule_id id;
    int64_t count;
};

static bool count_view(struct db *db, void *arg, struct error *err)
{
    struct counting *c = arg;
    const struct rule_book *book = NULL;
    return rules_read(c->w->desk->rules, db, c->w->ctx, &book, err) &&
           view_count(c->w->desk->rules, db, c->w->ctx, rule_in_book(book, RULE_VIEW, c->id),
                      c->actor, &c->count, err);
}

static int64_t counted(struct counting *c)
{
    struct error err;
    must(db_read(c->w->app.db, count_view, c, &err), &err);
    return c->count;
}

// Counts are kept while nothing changes, and never longer.
static void a_view_s_count_follows_each_change(void **state)
{
    struct world *w = *state;
    struct actor tom = world_actor(&w->tom);
    struct writing mine = new_view(w, &tom, "My open ones");
    assert_int_equal(result(&mine), ERR_OK);
    struct counting c = {.w = w, .actor = &tom, .id = mine.after.id};
    int64_t before = counted(&c);
    for (int i = 1; i <= 3; i++) {
        open_ticket(w);
        assert_int_equal(counted(&c), before + i);
        assert_int_equal(counted(&c), before + i);
    }
}

static void own_views_are_one_s_own(void **state)
{
    struct world *w = *state;
    struct user other = world_person(w, "lena@desk.example", ROLE_AGENT);
    struct actor tom = world_actor(&w->tom);
    struct actor lena = world_actor(&other);
    struct actor admin = world_actor(&w->admin);
    struct writing mine = new_view(w, &tom, "My open ones");
    assert_int_equal(result(&mine), ERR_OK);
    // Somebody else's is not there, not even for an administrator.
    struct writing theirs = mine;
    theirs.id = mine.after.id;
    theirs.change.set = RULE_TITLE;
    theirs.actor = &lena;
    assert_int_equal(result(&theirs), ERR_NOT_FOUND);
    theirs.actor = &admin;
    assert_int_equal(result(&theirs), ERR_NOT_FOUND);
    theirs.remove = true;
    assert_int_equal(result(&theirs), ERR_NOT_FOUND);
    theirs.actor = &tom;
    assert_int_equal(result(&theirs), ERR_OK);
    // What everybody uses is the administrators'.
    struct writing shared = new_view(w, &tom, "Everybody's");
    shared.change.values.audience = AUDIENCE_ALL;
    assert_int_equal(result(&shared), ERR_FORBIDDEN);
    shared.actor = &admin;
    assert_int_equal(result(&shared), ERR_OK);
    // Nor may one's own be handed to everybody.
    struct writing again = new_view(w, &tom, "Mine");
    assert_int_equal(result(&again), ERR_OK);
    again.id = again.after.id;
    again.change.set = RULE_AUDIENCE;
    again.change.values.audience = AUDIENCE_ALL;
    assert_int_equal(result(&again), ERR_FORBIDDEN);
    again.change.values.audience = AUDIENCE_PERSON;
    again.change.values.owner = lena.user;
    assert_int_equal(result(&again), ERR_FORBIDDEN);
}

static void wrong_conditions_are_refused(void **state)
{
    struct world *w = *state;
    struct actor admin = world_actor(&w->admin);
    static const struct str NONSENSE[] = {STR_INIT("nonsense")};
    static const struct rule_term WRONG[] = {
        {PLACE_ALL, STR_INIT("status"), STR_INIT("is"), NONSENSE, 1, false},
        {PLACE_ALL, STR_INIT("colour"), STR_INIT("is"), NONSENSE, 1, false},
        {PLACE_ALL, STR_INIT("status"), STR_INIT("smells"), OPEN_VALUE, 1, false},
        {PLACE_ALL, STR_INIT("status"), STR_INIT("changed"), OPEN_VALUE, 1, false},
        {PLACE_ALL, STR_INIT("assignee_id"), STR_INIT("is"), NONSENSE, 1, false},
        {PLACE_ALL, STR_INIT("updated_at"), STR_INIT("is"), NONSENSE, 1, false},
        {PLACE_ALL, STR_INIT("current_tags"), STR_INIT("includes"), NULL, 0, false},
        {PLACE_ANY, STR_INIT("status"), STR_INIT("is"), OPEN_VALUE, 1, false},
    };
    for (size_t i = 0; i < sizeof WRONG / sizeof *WRONG; i++) {
        struct writing view = new_view(w, &admin, "x");
        view.change.values.terms = &WRONG[i];
        if (result(&view) != ERR_INVALID) {
            fail_msg("term %zu was taken", i);
        }
    }
    struct writing blank = new_view(w, &admin, "  ");
    assert_int_equal(result(&blank), ERR_INVALID);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)
        TEST(filter_memory_and_reference_agree),  TEST(a_grouped_list_is_paged_without_loss),
        TEST(a_view_s_count_follows_each_change), TEST(own_views_are_one_s_own),
        TEST(wrong_conditions_are_refused),
#undef TEST
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
