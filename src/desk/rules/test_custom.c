// SPDX-License-Identifier: GPL-3.0-or-later
//
// Conditions on what administrators defined, three ways as in test_rules.c: as a filter of the
// database, in memory, and by a slow and simple reading.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/random.h"
#include "base/words.h"
#include "desk/rules/rules.h"
#include "desk/test_world.h"

#define TICKETS 120
#define ROUNDS 600
#define TODAY "2026-03-10"

static void must(bool fine, const struct error *err)
{
    if (!fine) {
        fail_msg("%s: %s (%s)", err->field, err->message, err->detail);
    }
}

// A field, the values that tickets get, the operators and what conditions compare with.
struct kind {
    const char *doc;
    const char *values[6];
    const char *ops[12];
    const char *wanted[6];
};

static const struct kind KINDS[] = {
    {"{\"type\":\"text\",\"title\":\"Text\"}",
     {"Blue paper", "blue", "50% off", "a_b", NULL},
     {"is", "is_not", "present", "not_present", "includes_string", "not_includes_string", NULL},
     {"blue", "BLUE", "%", "_", "paper", NULL}},
    {"{\"type\":\"tagger\",\"title\":\"Site\",\"custom_field_options\":["
     "{\"name\":\"Oslo\",\"value\":\"oslo\"},{\"name\":\"Rome\",\"value\":\"rome\"}]}",
     {"oslo", "rome", NULL},
     {"is", "is_not", "includes", "not_includes", "present", "not_present", NULL},
     {"oslo", "Rome", NULL}},
    {"{\"type\":\"multiselect\",\"title\":\"Kit\",\"custom_field_options\":["
     "{\"name\":\"M\",\"value\":\"mouse\"},{\"name\":\"P\",\"value\":\"mousepad\"},"
     "{\"name\":\"D\",\"value\":\"dock\"}]}",
     {"mouse", "dock mouse", "mousepad", "dock mousepad", NULL},
     {"includes", "not_includes", "is", "present", NULL},
     {"mouse", "dock", NULL}},
    {"{\"type\":\"checkbox\",\"title\":\"Loud\"}",
     {"true", "false", NULL},
     {"is", "is_not", NULL},
     {"true", "false", NULL}},
    {"{\"type\":\"integer\",\"title\":\"Floor\"}",
     {"9", "10", "-3", "100", NULL},
     {"is", "is_not", "less_than", "less_than_equal", "greater_than", "greater_than_equal",
      "not_present", NULL},
     {"9", "10", "99", NULL}},
    {"{\"type\":\"decimal\",\"title\":\"Price\"}",
     {"9.5", "10", "-3.25", "1000", NULL},
     {"is", "less_than", "greater_than", "present", NULL},
     {"9.50", "10.0", "-4", NULL}},
    {"{\"type\":\"date\",\"title\":\"Due\"}",
     {"2026-03-10", "2026-03-01", "2026-03-17", "2025-12-31", NULL},
     {"is", "is_not", "less_than", "greater_than_equal", "within_previous_n_days",
      "within_next_n_days", NULL},
     {"2026-03-10", "2026-03-01", NULL}},
};
enum { KIND_COUNT = sizeof KINDS / sizeof *KINDS };

struct made {
    struct world *w;
    struct rule_defined defined;
    int64_t ids[KIND_COUNT];
    int64_t held;  // a custom status of the category "hold"
    struct str values[TICKETS][KIND_COUNT];
    struct ticket_id tickets[TICKETS];
};

static struct str pick(const char *const *words)
{
    size_t count = 0;
    while (words[count] != NULL) {
        count++;
    }
    return str_c(words[random_below(count)]);
}

static bool define(struct db *tx, void *arg, struct error *err)
{
    struct made *m = arg;
    struct record record;
    struct jr_value doc;
    for (int i = 0; i < KIND_COUNT; i++) {
        if (!jr_parse(m->w->ctx, str_c(KINDS[i].doc), &doc, err) ||
            !record_create(tx, m->w->ctx, record_kind(STR("ticket_fields")), doc, 1, &record,
                           err)) {
            return false;
        }
        m->ids[i] = record.id;
    }
    bool made =
        jr_parse(m->w->ctx, STR("{\"status_category\":\"hold\",\"agent_label\":\"With vendor\"}"),
                 &doc, err) &&
        record_create(tx, m->w->ctx, record_kind(STR("custom_statuses")), doc, 1, &record, err);
    m->held = record.id;
    return made && rule_defined_load(tx, m->w->ctx, &m->defined, err);
}

static void make_tickets(struct made *m)
{
    struct actor admin = world_actor(&m->w->admin);
    for (int i = 0; i < TICKETS; i++) {
        struct new_comment comment = {.body = STR("Help"), .is_public = true, .quoted_from = -1};
        struct ticket_field_change fields[KIND_COUNT];
        struct ticket_change change = {.comment = &comment,
                                       .set = SET_STATUS,
                                       .status = random_below(2) == 0 ? STATUS_HOLD : STATUS_OPEN,
                                       .fields = fields};
        struct ticket_outcome outcome;
        struct error err;
        for (int k = 0; k < KIND_COUNT; k++) {
            m->values[i][k] = random_below(3) == 0 ? STR_NONE : pick(KINDS[k].values);
            if (!str_none(m->values[i][k])) {
                fields[change.field_count++] =
                    (struct ticket_field_change){m->ids[k], m->values[i][k], STR_NONE};
            }
        }
        if (change.status == STATUS_HOLD && random_below(2) == 0) {
            change.set |= SET_CUSTOM_STATUS;
            change.custom_status = m->held;
        }
        must(ticket_apply_run(&m->w->desk->tickets, m->w->app.db, m->w->ctx, &admin, &change,
                              &outcome, &err),
             &err);
        m->tickets[i] = outcome.after.id;
    }
}

static bool compares(double a, struct str op, double b)
{
    return str_eq_c(op, "less_than")            ? a < b
           : str_eq_c(op, "less_than_equal")    ? a <= b
           : str_eq_c(op, "greater_than")       ? a > b
           : str_eq_c(op, "greater_than_equal") ? a >= b
           : str_eq_c(op, "is")                 ? !(a < b) && !(a > b)
                                                : a < b || a > b;
}

// Days since some day, good for the few dates above.
static double day_number(struct str day)
{
    int64_t at = 0;
    assert_true(time_parse_iso(day, &at));
    int64_t day_of_time = at / DAYS_MS;
    return (double)day_of_time;
}

static bool holds(mem_ctx *ctx, int kind, struct str value, struct str op, struct str wanted)
{
    bool none = str_none(value);
    double number = 0;
    double other = 0;
    bool negative = str_eq_c(op, "is_not") || str_starts(op, STR("not_"));
    if (str_eq_c(op, "present") || str_eq_c(op, "not_present")) {
        return none == negative;
    }
    if (kind == 3) {
        return (str_eq_c(value, "true") == str_eq_c(wanted, "true")) != negative;
    }
    if (none) {
        return negative;
    }
    if (kind >= 4) {
        if (str_ends(op, STR("n_days"))) {
            double far = day_number(value) - day_number(STR(TODAY));
            assert_true(str_to_f64(wanted, &other));
            return str_starts(op, STR("within_previous")) ? far <= 0 && far >= -other
                                                          : far >= 0 && far <= other;
        }
        if (kind == 6) {
            return compares(day_number(value), op, day_number(wanted));
        }
        assert_true(str_to_f64(value, &number) && str_to_f64(wanted, &other));
        return compares(number, op, other);
    }
    wanted = kind == 0 ? wanted : str_lower(ctx, wanted);
    bool found = kind == 2                              ? words_has(value, wanted)
                 : str_ends(op, STR("includes_string")) ? str_ifind(value, wanted) >= 0
                                                        : str_eq(value, wanted);
    return found != negative;
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

// One condition, all three ways, on every ticket.
static void compare_ways(struct made *m, struct db *db, const struct rule_term *term, int kind)
{
    struct world *w = m->w;
    struct actor tom = world_actor(&w->tom);
    struct conditions conditions;
    struct problems problems;
    struct ticket *found = NULL;
    size_t count = 0;
    struct error err;
    bool exact = false;
    int64_t now = clock_now(&w->clock);
    problems_init(&problems, w->ctx);
    if (!conditions_compile(w->ctx, RULE_VIEW, &m->defined, term, 1, &conditions, &problems)) {
        fail_msg("%.*s", STR_ARG(problems.items[0].message));
    }
    struct ticket_query query = conditions_filter(w->ctx, &conditions, &tom, now, &exact);
    query.limit = 1000;
    assert_true(exact);
    must(tickets_find(db, w->ctx, &tom, &query, &found, &count, &err), &err);
    for (int i = 0; i < TICKETS; i++) {
        struct ticket ticket;
        bool memory = false;
        must(ticket_load(db, w->ctx, &tom, m->tickets[i], &ticket, &err), &err);
        struct rule_facts facts = {
            .db = db, .ctx = w->ctx, .ticket = &ticket, .actor = &tom, .now = now};
        must(conditions_match(&facts, &conditions, &memory, &err), &err);
        bool filtered = among(found, count, m->tickets[i]);
        bool expected = kind < 0
                            ? filtered
                            : holds(w->ctx, kind, m->values[i][kind], term->op, term->values[0]);
        if (memory != expected || filtered != expected) {
            fail_msg("“%.*s” %.*s “%.*s”: reference %d, memory %d, filter %d",
                     STR_ARG(kind < 0 ? STR("") : m->values[i][kind]), STR_ARG(term->op),
                     STR_ARG(term->values[0]), expected, memory, filtered);
        }
    }
}

static struct made *make(struct world *w)
{
    struct made *m = mem_new(w->ctx, struct made);
    struct error err;
    m->w = w;
    int64_t now = 0;
    assert_true(time_parse_iso(STR(TODAY "T15:00:00Z"), &now));
    clock_freeze(&w->clock, now);
    must(db_tx_run(w->app.db, "define", define, m, &err), &err);
    make_tickets(m);
    return m;
}

static void fields_agree_three_ways(void **state)
{
    struct made *m = make(*state);
    struct db *db = NULL;
    struct error err;
    must(db_read_begin(m->w->app.db, &db, &err), &err);
    for (int round = 0; round < ROUNDS; round++) {
        int kind = (int)random_below(KIND_COUNT);
        struct str op = pick(KINDS[kind].ops);
        struct str value = str_ends(op, STR("n_days")) ? STR("9") : pick(KINDS[kind].wanted);
        struct rule_term term = {
            .place = PLACE_ALL,
            .field = str_printf(m->w->ctx, "custom_fields_%lld", (long long)m->ids[kind]),
            .op = op,
            .values = &value,
            .count = 1};
        compare_ways(m, db, &term, kind);
    }
    db_read_end(db);
}

static void statuses_and_forms_agree(void **state)
{
    struct made *m = make(*state);
    struct db *db = NULL;
    struct error err;
    // 404 is the default one of "hold" (desk/records/schema), 201 the default form, 301 the brand.
    struct str values[] = {str_printf(m->w->ctx, "%lld", (long long)m->held), STR("404"),
                           STR("402"), STR("401 404")};
    static const char *const OPS[] = {"is", "is_not", "includes", "not_includes", NULL};
    must(db_read_begin(m->w->app.db, &db, &err), &err);
    for (size_t i = 0; i < 4; i++) {
        for (int k = 0; OPS[k] != NULL; k++) {
            struct rule_term term = {
                PLACE_ALL, STR("custom_status_id"), str_c(OPS[k]), &values[i], 1, false};
            compare_ways(m, db, &term, -1);
        }
    }
    struct str form = STR("201");
    struct rule_term term = {PLACE_ALL, STR("ticket_form_id"), STR("is"), &form, 1, false};
    compare_ways(m, db, &term, -1);
    db_read_end(db);
}

static void what_nobody_defined_is_refused(void **state)
{
    struct made *m = make(*state);
    static const struct {
        const char *field;
        const char *op;
        const char *value;
    } WRONG[] = {
        {"custom_fields_424242", "is", "x"},       {"custom_fields_", "is", "x"},
        {"requester.custom_fields.no", "is", "x"}, {"custom_status_id", "is", "999"},
        {"ticket_form_id", "is", "soon"},          {"custom_fields", "is", "x"},
    };
    for (size_t i = 0; i < sizeof WRONG / sizeof *WRONG; i++) {
        struct str value = str_c(WRONG[i].value);
        struct rule_term term = {PLACE_ALL, str_c(WRONG[i].field), str_c(WRONG[i].op), &value, 1,
                                 false};
        struct conditions ignored;
        struct problems problems;
        problems_init(&problems, m->w->ctx);
        assert_false(conditions_compile(m->w->ctx, RULE_TRIGGER, &m->defined, &term, 1, &ignored,
                                        &problems));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)
        TEST(fields_agree_three_ways),
        TEST(statuses_and_forms_agree),
        TEST(what_nobody_defined_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
