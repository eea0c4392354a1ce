// SPDX-License-Identifier: GPL-3.0-or-later
// clang-format off
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
// clang-format on

#include "base/clock.h"
#include "desk/tickets/search_query.h"

static struct search_query parse(void **state, const char *text)
{
    struct search_query query;
    search_parse(*state, str_c(text), &query);
    return query;
}

static void check(const struct search_term *term, const char *key, enum search_op op,
                  const char *value, bool negative)
{
    assert_true(str_eq_c(term->key, key));
    assert_int_equal(term->op, op);
    assert_true(str_eq_c(term->value, value));
    assert_int_equal(term->negative, negative);
}

static void words_and_phrases(void **state)
{
    struct search_query q = parse(state, "printer \"on fire\" -paper blan* http://x.org/a:b");
    assert_int_equal(q.count, 5);
    check(&q.terms[0], "", SEARCH_IS, "printer", false);
    check(&q.terms[1], "", SEARCH_IS, "on fire", false);
    assert_true(q.terms[1].quoted);
    check(&q.terms[2], "", SEARCH_IS, "paper", true);
    check(&q.terms[3], "", SEARCH_IS, "blan*", false);
    check(&q.terms[4], "", SEARCH_IS, "http://x.org/a:b", false);
    assert_int_equal(q.types, SEARCH_ALL);
}

static void fields(void **state)
{
    struct search_query q =
        parse(state, "Status<solved priority>=high -tags:\"a b\" created:>2days "
                     "requester:ana@example.org type:ticket order_by:created "
                     "sort:asc");
    assert_int_equal(q.count, 5);
    check(&q.terms[0], "status", SEARCH_LESS, "solved", false);
    check(&q.terms[1], "priority", SEARCH_GREATER_EQUAL, "high", false);
    check(&q.terms[2], "tags", SEARCH_IS, "a b", true);
    check(&q.terms[3], "created", SEARCH_GREATER, "2days", false);
    check(&q.terms[4], "requester", SEARCH_IS, "ana@example.org", false);
    assert_int_equal(q.types, SEARCH_TICKETS);
    assert_true(str_eq_c(q.order_by, "created"));
    assert_true(q.ascending);
}

static void types(void **state)
{
    assert_int_equal(parse(state, "type:user type:group").types, SEARCH_USERS | SEARCH_GROUPS);
    assert_int_equal(parse(state, "-type:user").types, SEARCH_ALL & ~SEARCH_USERS);
    assert_int_equal(parse(state, "type:topic").types, 0);
    assert_int_equal(parse(state, "").count, 0);
    assert_int_equal(parse(state, "- : \"\" key:").count, 2);
}

static void times(void **state)
{
    (void)state;
    int64_t now = time_from_civil(2024, 5, 31, 12, 0, 0);
    int64_t from = 0;
    int64_t to = 0;
    assert_true(search_time(STR("2024-05-01"), now, &from, &to));
    assert_int_equal(from, time_from_civil(2024, 5, 1, 0, 0, 0));
    assert_int_equal(to - from, DAYS_MS);
    assert_true(search_time(STR("2024-05-01T10:00:00Z"), now, &from, &to));
    assert_int_equal(to - from, SECONDS_MS);
    assert_true(search_time(STR("4hours"), now, &from, &to));
    assert_int_equal(from, now - 4 * HOURS_MS);
    assert_true(search_time(STR("1month"), now, &from, &to));
    assert_int_equal(from, time_from_civil(2024, 4, 28, 12, 0, 0));
    assert_true(search_time(STR("1years"), now, &from, &to));
    assert_int_equal(from, time_from_civil(2023, 5, 28, 12, 0, 0));
    assert_false(search_time(STR("soon"), now, &from, &to));
    assert_false(search_time(STR("9999999days"), now, &from, &to));
}

static int setup(void **state)
{
    *state = mem_ctx_new(NULL, "test");
    return 0;
}

static int teardown(void **state)
{
    mem_free(*state);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_and_phrases),
        cmocka_unit_test(fields),
        cmocka_unit_test(types),
        cmocka_unit_test(times),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
